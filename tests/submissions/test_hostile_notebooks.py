"""Nothing that a student hands in raises, and sizes have limits."""

from __future__ import annotations

import ast
import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.execution.plan import plan
from autograder.submissions.align import align
from autograder.submissions.cells import MAX_PARSED
from autograder.submissions.collect import collect
from autograder.submissions.compare import is_attempted
from autograder.submissions.files import Unreadable
from autograder.submissions.reading import read_notebook
from tests.submissions.handouts import RELEASED, SCALE, TOPIC, TOPICS, Handout, MakeArchive

VALUES: list[Any] = [None, True, 0, -1, 10**40, 1.5, "", "code", "\ud800", "\x00", [], {}, [None], [["x"]], {"a": {}}]
CODE = ["(", '"""', "\\", "\t", "def scale(", "\n    x", "%", "!ls", "class", "é", "\r", "\f", "lambda: ", "0x", "@"]


def mutated_values(data: Any, random: random.Random) -> None:
    """Change one value somewhere in a notebook's structure."""
    while isinstance(data, dict | list) and data:
        key = random.choice(list(data)) if isinstance(data, dict) else random.randrange(len(data))
        if random.random() < 0.3 or not isinstance(data[key], dict | list):
            action = random.randrange(3)
            if action == 0:
                del data[key]
            elif action == 1 and isinstance(data, list):
                data.insert(random.randrange(len(data)), deepcopy(data[key]))
            else:
                data[key] = deepcopy(random.choice(VALUES))
            return
        data = data[key]


def mutated_texts(handout: Handout, random: random.Random) -> None:
    """Change, move or cut the text of one cell."""
    cell = random.choice(handout.cells)
    text, other = str(cell.get("source")), random.choice(handout.cells)
    place = random.randrange(len(text) + 1)
    cell["source"] = random.choice(
        [text[:place], text[place:], text[:place] + random.choice(CODE) + text[place:], other.get("source"), text * 2]
    )
    if random.random() < 0.3:
        handout.cells.insert(random.randrange(len(handout.cells)), {**other, "source": text})


def mutated_bytes(content: bytes, random: random.Random) -> bytes:
    """Cut, double or overwrite a piece of a file."""
    start = random.randrange(len(content))
    end = min(len(content), start + random.randrange(40))
    piece = random.choice([b"", content[start:end] * 2, random.randbytes(end - start), b"\xff\xfe", b"[" * 50])
    return content[:start] + piece + content[end:]


def read_and_align(content: bytes) -> None:
    try:
        notebook, problems = read_notebook(content, "norm.ipynb")
    except Unreadable as error:
        assert str(error).endswith(".")
        return
    alignment = align(TOPIC, RELEASED, notebook)
    assert all(problem.endswith(".") for problem in (*problems, *alignment.problems))
    for exercise in TOPIC.exercises:
        answer = alignment.answer(exercise.id)
        assert answer is None or is_attempted(RELEASED.by_id[exercise.id], answer) in (True, False)


@pytest.mark.parametrize("seed", range(3))
def test_no_change_to_a_notebooks_structure_raises(done: Handout, seed: int) -> None:
    chance = random.Random(seed)
    pristine = done.bytes()
    for _ in range(250):
        handout = Handout(json.loads(pristine))
        for _ in range(chance.randrange(1, 5)):
            mutated_values(handout.data, chance)
        read_and_align(handout.bytes())


@pytest.mark.parametrize("seed", range(3))
def test_no_change_to_cells_texts_raises(done: Handout, seed: int) -> None:
    chance = random.Random(seed)
    pristine = done.bytes()
    for _ in range(250):
        handout = Handout(json.loads(pristine))
        for _ in range(chance.randrange(1, 8)):
            mutated_texts(handout, chance)
        read_and_align(handout.bytes())


@pytest.mark.parametrize("seed", range(3))
def test_no_change_to_a_files_bytes_raises(done: Handout, seed: int) -> None:
    chance = random.Random(seed)
    content = done.bytes()
    for _ in range(250):
        read_and_align(mutated_bytes(content, chance))


def test_no_damaged_archive_raises_anything_but_the_one_error_for_people(
    nb: bytes, archive: MakeArchive, tmp_path: Path
) -> None:
    chance = random.Random(0)
    content = archive({"alice/norm.ipynb": nb, "bob.ipynb": nb, "c_1_2_norm.ipynb": b"?"}).read_bytes()
    path = tmp_path / "damaged.zip"
    for _ in range(250):
        path.write_bytes(mutated_bytes(content, chance))
        try:
            found = collect([path], TOPICS)
        except CourseError as error:
            assert str(error).endswith(".")
        else:
            assert all(one.notebook is not None or one.problems for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "-" * 20_000 + "1",
        "+".join(["1"] * 20_000),
        "x" + ".a" * 20_000,
        "class scale(" + "+".join(["a"] * 700) + "): pass",
        "if 1:\n" + "".join(" " * level + "if 1:\n" for level in range(1, 120)),
        "def scale():\n" * 5_000,
        SCALE + "\n" + "#" * (2 * MAX_PARSED),
        '"' * 99_999,
        "\\\n" * 50_000,
    ],
)
def test_code_that_is_hard_to_parse_is_an_answer_like_any_other(done: Handout, text: str) -> None:
    alignment = done.write("scale", text).align()
    assert (alignment.answer("scale") or "").startswith(text)
    assert is_attempted(RELEASED.by_id["scale"], text)


@pytest.mark.parametrize("depth", [200, 700, 2000])
@pytest.mark.parametrize("cell", ["setup", "scale", "test_scale"])
def test_code_that_is_nested_deep_can_stand_anywhere(done: Handout, cell: str, depth: int) -> None:
    deep = {"sum": "+".join(["a"] * depth), "names": "a" + ".b" * depth, "minus": "-" * depth + "a"}
    for text in deep.values():
        alignment = done.write(cell, f"class Helper({text}): pass\ndef helper(a):\n    return {text}\n").align()
        assert plan(TOPIC, alignment).steps


def parsed_characters(monkeypatch: pytest.MonkeyPatch, handout: Handout) -> int:
    """How much code is parsed when a notebook is aligned."""
    parse, total = ast.parse, 0

    def counting(code: str) -> ast.Module:
        nonlocal total
        total += len(code)
        return parse(code)

    monkeypatch.setattr(ast, "parse", counting)
    handout.align()
    return total


@pytest.mark.parametrize("text", ["x = 1", SCALE, SCALE + " (", "y = scale(example_batch(2), 4)\nassert y.sum() == 18"])
def test_work_does_not_grow_with_thousands_of_cells(done: Handout, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for _ in range(2_000):
        done.insert("scale", text)
    assert parsed_characters(monkeypatch, done) < 200_000


def test_a_cell_of_megabytes_is_not_parsed(done: Handout, monkeypatch: pytest.MonkeyPatch) -> None:
    done.write("scale", SCALE + "\nx = 1" * 200_000).write("test_scale", "y = 2\n" * 200_000)
    assert parsed_characters(monkeypatch, done) < 200_000


def test_more_code_than_can_be_parsed_is_not_read(done: Handout) -> None:
    for _ in range(90):
        done.insert("scale", "x = 1\n" * 8_000)
    with pytest.raises(Unreadable, match="characters of code, more than 4,000,000, and was not read"):
        done.align()
