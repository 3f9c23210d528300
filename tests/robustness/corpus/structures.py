"""Notebooks whose structure is unusual: damaged, confusing, or changed so that tests might not run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tests.robustness.corpus.case import Case, CaseKind
from tests.robustness.corpus.small_topic import AFFINE, FULL_MARKS, RELEASED, RIGHT, STANDARDIZE, WRONG

CASES: list[Case] = []

NOTHING = dict.fromkeys(FULL_MARKS, 0.0)
WRONG_ANSWER = {"standardize": WRONG}
WITHOUT_IT = FULL_MARKS | {"standardize": 0.0}

Change = Callable[[Any], object]
Damage = Callable[[bytes], bytes]


def _notebook(
    kind: CaseKind,
    answers: Mapping[str, str] | None = None,
    earned: Mapping[str, float] = FULL_MARKS,
    problem: str = "",
) -> Callable[[Change], Change]:
    """A case whose function changes the notebook; its docstring says what it does."""

    def enter(change: Change) -> Change:
        what = change.__doc__ or ""
        CASES.append(Case(change.__name__, kind, what, answers or {}, (), earned, problem, change=change))
        return change

    return enter


def _file(earned: Mapping[str, float] = FULL_MARKS, problem: str = "") -> Callable[[Damage], Damage]:
    """A case whose function changes the bytes of the notebook's file."""

    def enter(damage: Damage) -> Damage:
        what = damage.__doc__ or ""
        CASES.append(Case(damage.__name__, CaseKind.DAMAGED, what, {}, (), earned, problem, damage=damage))
        return damage

    return enter


def _cell(notebook: Any, name: str) -> Any:
    return next(cell for cell in notebook.cells if cell.id == name)


def _place(notebook: Any, name: str) -> int:
    return [cell.id for cell in notebook.cells].index(name)


def _tests(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT, problem="The metadata of")
def tests_tagged_to_be_skipped(notebook: Any) -> None:
    """Tags the tests so that programs which run notebooks skip them or expect them to fail."""
    for cell in _tests(notebook):
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "nbval-skip", "hide-cell"]


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT, problem="were changed")
def tests_that_pass(notebook: Any) -> None:
    """Replaces the tests by ones that pass."""
    for cell in _tests(notebook):
        cell.source = "assert True"


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT, problem="The metadata of")
def tests_worth_more(notebook: Any) -> None:
    """Gives the tests more points, and unlocks them."""
    for cell in _tests(notebook):
        cell.metadata["nbgrader"] |= {"points": 1000, "locked": False}


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT, problem="were deleted")
def tests_deleted(notebook: Any) -> None:
    """Deletes the tests."""
    notebook.cells = [cell for cell in notebook.cells if cell not in _tests(notebook)]


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT, problem="was deleted")
def test_made_prose(notebook: Any) -> None:
    """Turns a test into prose."""
    place = _place(notebook, "test_standardize")
    notebook.cells[place] = new_markdown_cell(notebook.cells[place].source)


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT, problem="The given cell setup was changed")
def checks_redefined_in_a_given_cell(notebook: Any) -> None:
    """Redefines the checks at the end of a given cell."""
    _cell(notebook, "setup").source += "\n\ndef expect_close(*args, **others):\n    pass\n\nexpect_shape = expect_close"


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT, problem="was copied")
def answer_that_calls_itself_a_test(notebook: Any) -> None:
    """Adds a cell of its own that carries the name and the metadata of a test."""
    cell = new_code_cell("'passed'", metadata=deepcopy(_cell(notebook, "test_standardize").metadata))
    cell.id = "test_standardize_2"
    notebook.cells.append(cell)


@_notebook(CaseKind.DISHONEST, WRONG_ANSWER, WITHOUT_IT)
def outputs_that_say_passed(notebook: Any) -> None:
    """Hands in outputs with full marks, scripts and a forged score."""
    html = "<script>alert(1)</script><b>4 of 4 points</b>"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("execute_result", {"text/plain": "4.0", "text/html": html}, execution_count=1)]
            cell.execution_count = 1
    notebook.metadata["score"] = {"standardize": 4, "max_score": 4}
    notebook.metadata["kernelspec"] |= {"argv": ["sh", "-c", "touch /tmp/robustness-left-by-a-kernel"]}


@_notebook(CaseKind.DAMAGED, problem="split")
def test_split(notebook: Any) -> None:
    """Holds a test in two parts."""
    place = _place(notebook, "test_standardize")
    first, second = notebook.cells[place].source.split("\n", 1)
    notebook.cells[place].source = first
    notebook.cells.insert(place + 1, new_code_cell(second))


@_notebook(CaseKind.DAMAGED, problem="deleted")
def given_cells_deleted(notebook: Any) -> None:
    """Lacks the given cells."""
    notebook.cells = [cell for cell in notebook.cells if cell.id not in ("setup", "ramp")]


@_notebook(CaseKind.DAMAGED)
def prose_deleted(notebook: Any) -> None:
    """Lacks all prose."""
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]


@_notebook(CaseKind.DAMAGED, earned=FULL_MARKS | {"parity": 0.0}, problem="parity is missing")
def answer_deleted(notebook: Any) -> None:
    """Lacks the cell of an answer."""
    notebook.cells.remove(_cell(notebook, "parity"))


@_notebook(CaseKind.DAMAGED, earned=NOTHING)
def as_it_was_released(notebook: Any) -> None:
    """Answers nothing."""
    notebook.cells = deepcopy(RELEASED.cells)


@_notebook(CaseKind.DAMAGED, problem="another order")
def cells_in_reverse(notebook: Any) -> None:
    """Holds its cells in reverse order."""
    notebook.cells.reverse()


@_notebook(CaseKind.DAMAGED)
def answers_at_the_end(notebook: Any) -> None:
    """Leaves the cells of the answers as they were, and answers at the end."""
    for name, text in RIGHT.items():
        _cell(notebook, name).source = _cell(RELEASED, name).source
        notebook.cells.append(new_code_cell(text))


@_notebook(CaseKind.DAMAGED)
def answers_in_one_cell(notebook: Any) -> None:
    """Gives both definitions in the cell of the first."""
    _cell(notebook, "standardize").source = f"{STANDARDIZE}\n\n\n{AFFINE}"
    _cell(notebook, "Affine").source = _cell(RELEASED, "Affine").source


@_notebook(CaseKind.DAMAGED)
def answer_in_two_cells(notebook: Any) -> None:
    """Splits an answer: a helper in one cell, the answer in the next."""
    place = _place(notebook, "standardize")
    notebook.cells[place].source = "def centred(x):\n    return x - x.mean(dim=0)"
    answer = STANDARDIZE.replace("(x - x.mean(dim=0))", "centred(x)")
    notebook.cells.insert(place + 1, new_code_cell(answer))


@_notebook(CaseKind.DAMAGED)
def answered_twice(notebook: Any) -> None:
    """Answers wrongly first and rightly below, in a cell of its own."""
    place = _place(notebook, "standardize")
    notebook.cells[place].source = WRONG
    notebook.cells.insert(place + 1, new_code_cell(STANDARDIZE))


@_notebook(CaseKind.DAMAGED)
def names_and_metadata_lost(notebook: Any) -> None:
    """Went through a program that drops ids and metadata."""
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = {}, f"cell-{number}"


@_notebook(CaseKind.DAMAGED)
def reformatted(notebook: Any) -> None:
    """Went through a program that changes quotes, blank lines and line endings in every cell."""
    for cell in notebook.cells:
        cell.source = "\r\n" + cell.source.replace("\n", "  \r\n") + "\r\n\r\n"


@_notebook(CaseKind.DAMAGED)
def comments_in_tests(notebook: Any) -> None:
    """Has a comment added to each visible test."""
    for name in ("test_standardize", "test_Affine"):
        _cell(notebook, name).source = "# passes!\n" + _cell(notebook, name).source


@_notebook(CaseKind.DAMAGED)
def own_tests(notebook: Any) -> None:
    """Has tests of the student's own, in a cell such as earlier notebooks had for each hidden test."""
    own = "# Hidden tests run here.\nassert standardize(torch.randn(4, 2)).shape == (4, 2)"
    notebook.cells.insert(_place(notebook, "test_standardize") + 1, new_code_cell(own, id="hidden_standardize"))
    notebook.cells.append(new_code_cell("assert parity == 'B'"))


@_notebook(CaseKind.DAMAGED)
def merge_conflict(notebook: Any) -> None:
    """Has the marks of a merge conflict in a cell of the student's own."""
    notebook.cells.append(new_code_cell("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs"))


@_notebook(CaseKind.DAMAGED)
def thousands_of_cells(notebook: Any) -> None:
    """Has two thousand cells more."""
    notebook.cells += [new_code_cell("pass") for _ in range(2000)]


@_notebook(CaseKind.DAMAGED)
def long_cell(notebook: Any) -> None:
    """Has a cell of three hundred thousand characters."""
    notebook.cells.append(new_code_cell("numbers = [" + "1, " * 100_000 + "]"))


@_notebook(CaseKind.DAMAGED)
def long_output(notebook: Any) -> None:
    """Has ten million characters on one line of an output."""
    _cell(notebook, "setup").outputs = [new_output("stream", text="x" * 10_000_000)]


@_notebook(CaseKind.DAMAGED, earned=WITHOUT_IT)
def null_in_an_answer(notebook: Any) -> None:
    """Has a null character in an answer."""
    _cell(notebook, "standardize").source = "def standardize(x):\n    return '\0'"


@_notebook(CaseKind.DAMAGED, earned=WITHOUT_IT)
def deep_answer(notebook: Any) -> None:
    """Has an answer that is nested too deep to be parsed."""
    _cell(notebook, "standardize").source = f"def standardize(x):\n    return {'(' * 5000}x{')' * 5000}"


@_notebook(CaseKind.DAMAGED, earned=WITHOUT_IT, problem="was changed")
def deep_code(notebook: Any) -> None:
    """Has an answer and a helper in a test's cell that can be parsed, but are nested too deep to be walked through."""
    deep = "+".join(["x"] * 700)
    _cell(notebook, "standardize").source = f"class standardize({deep}):\n    pass"
    _cell(notebook, "test_standardize").source += f"\ndef helper(x):\n    return {deep}"


@_notebook(CaseKind.DAMAGED, problem="asks for the kernel")
def another_language(notebook: Any) -> None:
    """Says that it is written in another language."""
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}


@_file(problem="copied")
def test_copied(content: bytes) -> bytes:
    """Holds every test twice, with the same id and the same metadata."""
    notebook = json.loads(content)
    tests = [cell for cell in notebook["cells"] if cell["id"].startswith(("test_", "hidden_"))]
    notebook["cells"] += deepcopy(tests)
    return json.dumps(notebook).encode()


@_file()
def of_an_old_format(content: bytes) -> bytes:
    """Is a notebook of format 3."""
    notebook = nbformat.reads(content, as_version=4)
    return nbformat.writes(nbformat.convert(notebook, 3), version=3).encode()


@_file()
def with_a_byte_order_mark(content: bytes) -> bytes:
    """Begins with a byte order mark."""
    return b"\xef\xbb\xbf" + content


@_file(problem="Windows-1252")
def of_another_encoding(content: bytes) -> bytes:
    """Is written as Windows does, with an accent."""
    return content.replace(b"Three exercises", "Trois exercices réels".encode("cp1252"))


@_file(earned=NOTHING, problem="is not a notebook")
def cut_off(content: bytes) -> bytes:
    """Is cut off in the middle."""
    return content[: len(content) // 2]


@_file(earned=NOTHING, problem="is empty")
def empty(content: bytes) -> bytes:
    """Is empty."""
    return b""


@_file(earned=NOTHING, problem="is not a notebook")
def of_another_kind(content: bytes) -> bytes:
    """Is no notebook but an image."""
    return b"\x89PNG\r\n\x1a\n" + bytes(1000)


@_file(earned=NOTHING, problem="nested too deeply")
def nested_without_end(content: bytes) -> bytes:
    """Is JSON that is nested too deep."""
    return b'{"cells": ' + b"[" * 200_000


@_file(problem="damaged cells")
def damaged_cells(content: bytes) -> bytes:
    """Has cells that are none, and metadata of the wrong kind."""
    notebook = json.loads(content)
    notebook["cells"] += [None, 3, [], {}, {"cell_type": "quantum", "source": {"a": 1}}, {"cell_type": "code"}]
    notebook["cells"][0]["metadata"] = "none"
    return json.dumps(notebook).encode()


@_file()
def numbers_beyond_all(content: bytes) -> bytes:
    """Has numbers in its metadata that are none, or that take long to read."""
    return content.replace(b'"nbformat": 4,', b'"nbformat": 4, "x": NaN, "y": 1' + b"0" * 100_000 + b",")


@_file(problem="goes on after the end of the notebook (1 character: })")
def followed_by_a_brace(content: bytes) -> bytes:
    """Was saved over a longer file, whose last brace is still there."""
    return content + b"\n}\n"


@_file(problem="goes on after the end of the notebook (512 null characters)")
def followed_by_nulls(content: bytes) -> bytes:
    """Is followed by null bytes, as an interrupted save to a shared drive leaves them."""
    return content + bytes(512)


@_file(problem="goes on after the end of the notebook")
def followed_by_itself(content: bytes) -> bytes:
    """Is there twice, one behind the other."""
    return content + content


@_file(earned=NOTHING, problem="mark of a merge conflict")
def torn_by_a_merge(content: bytes) -> bytes:
    """Has the marks of a merge conflict in its JSON."""
    return content.replace(b' "cells": [', b'<<<<<<< HEAD\n "cells": [', 1)


@_file(problem="read in part")
def with_half_a_surrogate(content: bytes) -> bytes:
    """Has half a surrogate pair in a comment of an answer."""
    return content.replace(b"def standardize(x):", b"# \\ud83d\\ndef standardize(x):", 1)


@_notebook(CaseKind.DAMAGED)
def outputs_of_megabytes(notebook: Any) -> None:
    """Has outputs of 45 MB: a loop that printed, and a figure."""
    printed = new_output("stream", text="x" * 22_000_000)
    figure = new_output("display_data", {"image/png": "iVBOR" * 4_500_000})
    _cell(notebook, "setup").outputs = [printed, figure]


def _answered_elsewhere(name: str, what: str, text: str, answer: str = "standardize") -> None:
    """Two cases: an answer in a cell of the student's own above its stub; the same when ids and metadata are lost."""

    def change(notebook: Any) -> None:
        place = _place(notebook, answer)
        notebook.cells[place].source = _cell(RELEASED, answer).source
        notebook.cells.insert(place - 1, new_code_cell(text))

    def without_names(notebook: Any) -> None:
        change(notebook)
        names_and_metadata_lost(notebook)

    lost = f"{what}; ids are lost"
    problem = "stands in another cell than its own"
    CASES.append(Case(f"answer_{name}", CaseKind.DAMAGED, f"{what}.", {}, (), FULL_MARKS, problem, change=change))
    CASES.append(Case(f"answer_{name}_unnamed", CaseKind.DAMAGED, f"{lost}.", {}, (), FULL_MARKS, change=without_names))


_LAMBDA = "lambda x: (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)"
_INDENTED = STANDARDIZE.replace("\n", "\n    ")
_answered_elsewhere("in_a_tuple", "Answers in a tuple of assignments", f"standardize, rest = {_LAMBDA}, 1")
_answered_elsewhere("in_a_condition", "Answers below an if", f"if torch.ones(1):\n    {_INDENTED}")
_answered_elsewhere("in_a_try", "Answers in a try", f"try:\n    {_INDENTED}\nexcept ImportError:\n    pass")
_answered_elsewhere("among_globals", "Answers through globals()", f'globals()["standardize"] = {_LAMBDA}')
_answered_elsewhere("by_exec", "Answers in a text that is run", f"exec({STANDARDIZE!r})")
_answered_elsewhere("by_a_walrus", "Answers within an expression", f"print(standardize := {_LAMBDA})")
