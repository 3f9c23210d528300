"""A student's name can be a file's name, a database id and a cell of a spreadsheet, and belongs to one student."""

from __future__ import annotations

import unicodedata

import pytest

from autograder.submissions.names import Owner, safe_name, unique_names


@pytest.mark.parametrize("name", ["alice", "Éva Dupont", "李伟", "Ольга", "O'Brien, Pat", "a.b@example.org", "s_01-2"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("a/b\\c:d", "a_b_c_d"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("\x1b[31mred\x07", "31mred_"),
        ("=HYPERLINK(1)", "HYPERLINK(1)"),
        ("@cmd", "cmd"),
        ("-rf", "rf"),
        ("<script>", "script_"),
        ("a\u202eb\u200bc", "abc"),
        ("  two   words\n", "two words"),
        ("con", "con_"),
        ("NUL.txt", "NUL.txt_"),
        ("\ud800x", "x"),
    ],
)
def test_what_is_unsafe_is_taken_out(raw: str, safe: str) -> None:
    assert safe_name(raw) == safe


def test_very_long_names_are_cut_to_what_a_file_system_takes() -> None:
    assert len(safe_name("李" * 500).encode()) <= 200


def test_a_decomposed_name_is_the_same_as_a_composed_one() -> None:
    assert safe_name(unicodedata.normalize("NFD", "Éva")) == "Éva"


def test_two_people_of_one_name_are_told_apart_by_what_the_platform_knows() -> None:
    first, second = Owner("Li Wei", "17"), Owner("Li Wei", "23")
    assert unique_names([first, second]) == {first: "Li Wei-17", second: "Li Wei-23"}


def test_a_name_that_only_becomes_the_same_does_not_take_over_somebodys_name() -> None:
    names = unique_names([Owner("a_b"), Owner("a/b"), Owner("a:b")])
    assert names[Owner("a_b")] == "a_b"
    assert len(set(names.values())) == 3


def test_names_that_differ_in_capitals_alone_are_told_apart() -> None:
    names = unique_names([Owner("Alice"), Owner("alice")])
    assert len({name.casefold() for name in names.values()}) == 2


def test_a_name_made_to_look_like_a_distinguished_one_stays_another() -> None:
    owners = [Owner("Li Wei", "17"), Owner("Li Wei", "23"), Owner("Li Wei-17")]
    assert len(set(unique_names(owners).values())) == 3


def test_nobodys_name_depends_on_the_order_of_the_class() -> None:
    owners = [Owner("a/b"), Owner("a:b"), Owner("x")]
    assert unique_names(owners) == unique_names(owners[::-1])
