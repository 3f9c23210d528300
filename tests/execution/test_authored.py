"""What students read of a hidden test's sentence: its author's words, kinds of things, and gaps."""

from __future__ import annotations

import pytest

from autograder.execution.authored import GAP, Authored, of_modules

SOURCE = """
case = f"Block({inputs}, stride={stride})"
what = f"the output of {case} in {mode} mode"
mode = "training"
likely = f"a layer is missing ({error})"
layers = f"missing are {dict(missing)}, or one object stands at several places"
long = "it is too long; " + f"{count} were asked for"
whole = "a depth of 8 is not 6n + 2"
sentence = "The network is over budget."
pair = f"{a} {b}"
likely += "; compare it with the docstring"
"""
AUTHORED = of_modules(["coursekit", "cnnlab.layers", "cnnlab.challenge"]) | Authored([SOURCE])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a depth of 8 is not 6n + 2", "a depth of 8 is not 6n + 2"),
        ("the output of Block(4, stride=2) in training mode", "the output of Block(…, stride=…) in training mode"),
        ("the output of MARK in MARK mode", "the output of … in … mode"),
        ("a layer is missing (MARK)", "a layer is missing (…)"),
        (
            "missing are {'MARK': 2}, or one object stands at several places",
            f"missing are {GAP}, or one object stands at several places",
        ),
        ("it is too long; 7 were asked for", f"it is too long; {GAP} were asked for"),
        (
            "a layer is missing (MARK); compare it with the docstring",
            "a layer is missing (…); compare it with the docstring",
        ),
        ("The network is over budget", "The network is over budget"),
        ("a tensor of shape (3, 4)", "a tensor of shape …"),
        ("dtype float64", "dtype float64"),
        ("ValueError", "ValueError"),
        ("an object of type MARK", "an object of type …"),
        ("an object of type int", "an object of type int"),
    ],
)
def test_an_authors_words_stay_and_all_else_is_a_gap(text: str, words: str) -> None:
    assert AUTHORED.words(text) == words


@pytest.mark.parametrize("text", ["", "MARK", "MARK training", "17", "MARK MARK MARK", "x" * 100_000])
def test_a_text_that_is_not_the_authors_is_left_out(text: str) -> None:
    assert AUTHORED.words(text) == ""


def test_no_number_comes_back_from_a_gap_though_an_author_wrote_it_somewhere() -> None:
    authored = Authored(['sizes = ("17", "18")', 'what = f"a kernel of {size} pixels"'])
    assert authored.words("a kernel of 17 pixels") == "a kernel of … pixels"


def test_code_that_cannot_be_parsed_has_no_words() -> None:
    assert Authored(["def ("]).words("def (") == ""
