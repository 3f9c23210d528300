"""Whatever can be read as a notebook is read; whatever cannot gets a sentence that says why."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.submissions import reading
from autograder.submissions.files import Unreadable
from autograder.submissions.outputs import without_outputs
from autograder.submissions.reading import read_notebook
from tests.submissions.handouts import Handout, MakeFolder, Students


def as_bytes(cells: Any, **rest: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **rest}).encode()


def sources(content: bytes) -> list[str]:
    return [cell.source for cell in read_notebook(content, "norm.ipynb")[0].cells]


def problems(content: bytes) -> tuple[str, ...]:
    return read_notebook(content, "norm.ipynb")[1]


def test_a_released_notebook_is_a_valid_notebook_and_nothing_is_unusual(handout: Handout) -> None:
    notebook, found = read_notebook(handout.bytes(), "norm.ipynb")
    nbformat.validate(notebook)
    assert not found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "norm.ipynb is empty."),
        (b" \n\n", "norm.ipynb is empty."),
        (b"\0" * 512, "norm.ipynb is empty."),
        (b"[1, 2]", "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b'{"a": 1}', "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b'{"cells": {}}', "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b'{"worksheets": 3}', "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b"[" * 100_000, "norm.ipynb is not a notebook: its JSON is nested too deeply."),
        (b"%PDF-1.7 \xff\xfe\x00", "norm.ipynb is not a notebook: it is a PDF. Hand in the file that ends in .ipynb."),
        (
            b"# %% [markdown]\nimport torch",
            "norm.ipynb is not a notebook: it is a script. Hand in the file that ends in .ipynb.",
        ),
    ],
)
def test_what_is_no_notebook_gets_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        read_notebook(content, "norm.ipynb")
    assert str(error.value) == reason


SAVE_AGAIN = "Open your own copy in Jupyter, check that your work is there, save it, and hand that file in"
CUT_OFF = (
    f"it was cut off when it was saved, copied or sent. {SAVE_AGAIN}; if it does not open, take an earlier version"
)
CONFLICT = b'{\n "cells": [\n<<<<<<< HEAD\n  {"cell_type": "code"}\n=======\n  {}\n>>>>>>> theirs\n ]\n}\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not json", f"it is not JSON (line 1: Expecting value). {SAVE_AGAIN}."),
        (b'{"cells": [', f"The file ends in the middle of the notebook: {CUT_OFF}"),
        (b'{"cells": [{"source": ["x = 1\\n', f"The file ends in the middle of a cell's text: {CUT_OFF}"),
        (b'{"cells": [{"outputs": [{"text": "22', f"The file ends in the middle of a cell's outputs: {CUT_OFF}"),
        (b'{"cells": [{"outputs": []}, {"source": "a"', f"The file ends in the middle of a cell's text: {CUT_OFF}"),
        (b'{"cells": []\0\0\0', f"The file ends in the middle of the notebook: {CUT_OFF}"),
        (CONFLICT, "Line 3 is a mark of a merge conflict (<<<<<<<). Settle the conflict in Git, so that one of"),
        (b'{\n "cells": [],\n}', "(line 3: Expecting property name"),
        (b'{\n "cells": [\n  {} {}\n ]}', f"Put that line right, which says {{}} {{}} now. {SAVE_AGAIN}."),
    ],
)
def test_of_what_is_damaged_it_is_said_where_and_how_it_is_repaired(content: bytes, says: str) -> None:
    with pytest.raises(Unreadable) as error:
        read_notebook(content, "norm.ipynb")
    assert str(error.value).startswith("norm.ipynb is not a notebook: it is not JSON (line ")
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (b"\n}\n", "1 character: }"),
        (b"\0" * 512, "512 null characters"),
        (b"\n\n" + b"\0" * 3, "3 null characters"),
        (b'\n{"cells": []}', '13 characters: {"cells": []}'),
        (b' ],\n "metadata": {}\n}', '20 characters: ], "metadata": {} }'),
    ],
)
def test_what_follows_the_end_of_a_notebook_is_left_out_and_said_so(handout: Handout, rest: bytes, said: str) -> None:
    content = handout.bytes()
    assert sources(content + rest) == sources(content)
    assert problems(content + rest) == (
        f"norm.ipynb goes on after the end of the notebook ({said}); what stands there was left out.",
    )


@pytest.mark.parametrize("blank", [b"\n", b"\r\n \t\n", b"\xef\xbb\xbf"])
def test_blanks_around_a_notebook_are_ordinary(handout: Handout, blank: bytes) -> None:
    after = b"" if blank.startswith(b"\xef") else blank
    assert not problems(blank + handout.bytes() + after)


OUTPUTS: list[Any] = [
    [],
    [{"output_type": "stream", "name": "stdout", "text": "x" * 22_000_000}],
    [{"output_type": "stream", "text": ["a line\n"] * 300_000}],
    [{"data": {"image/png": "iVBOR" * 5_000_000, "text/plain": ['"\\"[]{}']}, "metadata": {"outputs": [[]]}}],
    [{"data": {"application/vnd.plotly.v1+json": {"z": [[1.5] * 1000] * 500}}}] * 2,
    [{"text": 'a quote " and a backslash \\'}, {"text": "\ud800"}],
]


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("indent", [None, 1])
def test_outputs_of_any_size_are_left_out_before_anything_else(outputs: Any, indent: int | None) -> None:
    text = 'print("outputs": [])  # "outputs": [{'
    cells = [{"cell_type": "code", "outputs": outputs, "source": text}, {"cell_type": "code", "source": "x = 1"}]
    content = json.dumps({"cells": cells, "metadata": {"widgets": {"state": "x" * 1000}}}, indent=indent).encode()
    assert len(without_outputs(content)) < max(1000, len(content) // 100 if indent is None else len(content))
    assert sources(content) == [text, "x = 1"]
    assert not problems(content)


@pytest.mark.parametrize("chance", range(200))
def test_outputs_are_left_out_exactly(chance: int) -> None:
    draw = random.Random(chance)
    value = {"cells": [random_value(draw, 0) for _ in range(4)], "outputs": random_value(draw, 0)}
    content = json.dumps(value, indent=draw.choice([None, 1]), ensure_ascii=draw.choice([True, False])).encode()
    assert json.loads(without_outputs(content)) == emptied(value)
    assert without_outputs(content).count(b"\n") == content.count(b"\n")


def random_value(draw: random.Random, depth: int) -> Any:
    """A value of JSON with quotes, brackets and keys named outputs anywhere."""
    kind = draw.randrange(3 if depth > 4 else 6)
    if kind < 3:
        return draw.choice(["outputs", '"outputs": [', "\\", '\\"', "]}", "é", 1, None, -1.5, True, "widgets"])
    if kind == 3:
        return [random_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    keys = ["outputs", "widgets", "a", '"', "outputs\\", "[", "source"]
    return {draw.choice(keys): random_value(draw, depth + 1) for _ in range(draw.randrange(4))}


def emptied(value: Any) -> Any:
    """The value with empty lists and objects for outputs and widgets."""
    if isinstance(value, list):
        return [emptied(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: type(one)() if key in ("outputs", "widgets") and isinstance(one, list | dict) else emptied(one)
        for key, one in value.items()
    }


def test_the_limit_is_on_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 2**20)
    outputs = {"cell_type": "code", "source": "x", "outputs": [{"text": "x" * 2**22}]}
    assert sources(as_bytes([outputs])) == ["x"]
    with pytest.raises(Unreadable, match=r"norm\.ipynb has 4 MB besides outputs, more than 1 MB, and was not read"):
        read_notebook(as_bytes([{"cell_type": "markdown", "source": "x" * 2**22}]), "norm.ipynb")


def test_values_without_end_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_PARTS", 1000)
    with pytest.raises(Unreadable, match="more than 1,000 values besides outputs"):
        read_notebook(as_bytes([], extra=[[]] * 2000), "norm.ipynb")


@pytest.mark.parametrize(
    ("info", "version"),
    [
        ({"name": "python", "version": "3.12.4"}, "3.12.4"),
        ({"name": "python", "version": "3.13.0rc1"}, "3.13.0rc1"),
        ({"version": "3.12"}, "3.12"),
        ({"name": "python", "version": "<b>3.12</b>"}, ""),
        ({"name": "python", "version": 3.12}, ""),
        ({"name": "R", "version": "4.3.1"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_version_of_python_that_a_notebook_states_is_kept(handout: Handout, info: Any, version: str) -> None:
    handout.data["metadata"]["language_info"] = info
    notebook, _ = read_notebook(handout.bytes(), "norm.ipynb")
    nbformat.validate(notebook)
    assert notebook.metadata.get("language_info", {}).get("version", "") == version
    assert handout.align().python == version


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_ordinary_with_or_without_a_mark(encoding: str) -> None:
    content = as_bytes([{"cell_type": "markdown", "source": "é"}]).decode().encode(encoding)
    assert sources(content) == ["é"]
    assert not problems(content)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "norm.ipynb is encoded in UTF-16, not UTF-8; it was read all the same."),
        ("utf-16-le", "norm.ipynb is encoded in UTF-16-LE, not UTF-8; it was read all the same."),
        ("latin-1", "norm.ipynb is not UTF-8; it was read as Windows-1252."),
    ],
)
def test_other_encodings_are_read_and_said_so(encoding: str, said: str) -> None:
    text = json.dumps({"cells": [{"cell_type": "markdown", "source": "é"}]}, ensure_ascii=False)
    assert sources(text.encode(encoding)) == ["é"]
    assert problems(text.encode(encoding)) == (said,)


def test_a_cells_lines_are_put_together() -> None:
    assert sources(as_bytes([{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}])) == ["a = 1\nb = 2"]


def test_formats_before_four_are_read() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Title"},
        {"cell_type": "code", "input": ["x = 1"], "language": "python", "outputs": []},
    ]
    old = json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}).encode()
    assert sources(old) == ["## Title", "x = 1"]
    assert not problems(old)


def test_cells_without_ids_get_the_same_ids_every_time(handout: Handout) -> None:
    content = handout.without_ids().bytes()
    first, second = (read_notebook(content, "norm.ipynb")[0] for _ in range(2))
    nbformat.validate(first)
    assert first == second


def test_ids_that_are_doubled_or_invalid_are_replaced() -> None:
    cells = [{"cell_type": "code", "id": id, "source": ""} for id in ("a", "a", "no spaces", 7, "x" * 65)]
    notebook, _ = read_notebook(as_bytes(cells), "norm.ipynb")
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == 5


def test_outputs_attachments_and_unknown_metadata_are_left_behind() -> None:
    cell = {
        "cell_type": "code",
        "source": "1",
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "secret" * 1000}],
        "metadata": {"colab": {"secret": 1}, "nbgrader": {"grade_id": "f", "cells": ["secret"]}, "tags": ["t", 3]},
        "attachments": {"secret.png": {}},
    }
    notebook, _ = read_notebook(as_bytes([cell], metadata={"widgets": "secret"}), "norm.ipynb")
    assert "secret" not in json.dumps(notebook)
    assert notebook.cells[0].metadata == {"nbgrader": {"grade_id": "f"}, "tags": ["t"]}


def test_cells_that_are_none_are_left_out_and_counted() -> None:
    content = as_bytes([None, "text", 3, {"cell_type": "code", "source": "x"}])
    assert sources(content) == ["x"]
    assert problems(content) == ("norm.ipynb has damaged cells: 3 could not be read.",)


@pytest.mark.parametrize("source", [None, 7, {"a": 1}, ["x", 7], "\ud800"])
def test_cells_with_a_damaged_source_are_read_as_far_as_possible(source: Any) -> None:
    content = as_bytes([{"cell_type": "code", "source": source}])
    assert all(isinstance(text, str) and text.encode("utf-8") is not None for text in sources(content))
    assert problems(content) == ("norm.ipynb has damaged cells: 1 were read in part.",)


def test_a_cell_of_unknown_type_is_text_that_does_not_run() -> None:
    notebook, _ = read_notebook(as_bytes([{"cell_type": ["code"], "source": "x"}]), "norm.ipynb")
    assert notebook.cells[0].cell_type == "markdown"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1" * 10_000, "1." + "1" * 10_000, "1e99999"])
def test_numbers_of_any_kind_are_no_obstacle(number: str) -> None:
    content = b'{"cells": [{"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"points": %s}}}]}'
    assert sources(content % number.encode()) == ["x"]


def test_of_keys_given_twice_the_last_counts_as_in_jupyter() -> None:
    assert sources(b'{"cells": [], "cells": [{"cell_type": "code", "source": "a", "source": "b"}]}') == ["b"]


def test_a_notebook_of_too_many_cells_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_CELLS", 10)
    with pytest.raises(Unreadable, match="has 11 cells, more than 10"):
        read_notebook(as_bytes([{}] * 11), "norm.ipynb")


@pytest.mark.parametrize("name", ["python3", "conda-env-cnn-py", "my-kernel"])
def test_a_python_kernel_of_any_name_is_ordinary(handout: Handout, name: str) -> None:
    handout.data["metadata"]["kernelspec"] = {"name": name, "language": "python"}
    assert not problems(handout.bytes())


@pytest.mark.parametrize("kernel", [{"name": "ir", "language": "R"}, {"name": "ir"}])
def test_a_kernel_of_another_language_is_ignored_and_said_so(handout: Handout, kernel: dict[str, str]) -> None:
    handout.data["metadata"]["kernelspec"] = kernel
    assert problems(handout.bytes()) == ("The notebook asks for the kernel ir; it was run with Python.",)


def test_a_large_file_is_refused_by_its_size_alone(
    students: Students, folder: MakeFolder, nb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder({"alice.ipynb": nb, "bob.ipynb": b""})
    with (root / "bob.ipynb").open("wb") as stream:
        stream.truncate(300 * 2**20)
    opened = []
    open_any = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *mode: opened.append(path.name) or open_any(path, *mode))
    bob = students(root)["bob"]
    assert bob.notebook is None
    assert bob.problems == ("bob.ipynb has 300 MB, more than 256 MB, and was not read.",)
    assert opened == ["alice.ipynb"]


def test_bytes_of_no_encoding_after_the_notebook_change_nothing_in_it() -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": "γ é"}
    content = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False)
    for behind in (b"\n\xff\xfe\x93", b"\xc3", b"\0" * 512 + b"\xff"):
        notebook, problems = read_notebook(content.encode() + behind, "x.ipynb")
        assert notebook.cells[0].source == "γ é"
        assert "after the end of the notebook" in problems[0]
    assert read_notebook(bytes(512) + content.encode(), "x.ipynb")[0].cells[0].source == "γ é"
