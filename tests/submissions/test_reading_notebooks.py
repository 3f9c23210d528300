"""Whatever can be read as a notebook is read; whatever cannot gets a sentence that says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.submissions import reading
from autograder.submissions.files import Unreadable
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
        (b"not json", "norm.ipynb is not a notebook: it is not JSON (line 1: Expecting value)."),
        (b'{"cells": [', "norm.ipynb is not a notebook: it is not JSON (line 1: Expecting value)."),
        (b"[1, 2]", "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b'{"a": 1}', "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b'{"cells": {}}', "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b'{"worksheets": 3}', "norm.ipynb is not a notebook: it is JSON, but holds no list of cells."),
        (b"[" * 100_000, "norm.ipynb is not a notebook: its JSON is nested too deeply."),
        (b"%PDF-1.7 \xff\xfe\x00", "norm.ipynb is not a notebook: it is not JSON (line 1: Expecting value)."),
    ],
)
def test_what_is_no_notebook_gets_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        read_notebook(content, "norm.ipynb")
    assert str(error.value) == reason


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
        stream.truncate(100 * 2**20)
    opened = []
    open_any = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *mode: opened.append(path.name) or open_any(path, *mode))
    bob = students(root)["bob"]
    assert bob.notebook is None
    assert bob.problems == ("bob.ipynb has 100 MB, more than 20 MB, and was not read.",)
    assert opened == ["alice.ipynb"]
