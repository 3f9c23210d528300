"""Pictures pasted into text are kept as far as they are pictures, and what is left out is said."""

from __future__ import annotations

import base64
from typing import Any

import nbformat
import pytest

from autograder.submissions import pictures
from autograder.submissions.compare import is_attempted
from autograder.submissions.pictures import with_pictures_in
from autograder.submissions.reading import read_notebook
from tests.submissions.handouts import RELEASED, Handout

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 and so on").decode()
GIF = base64.b64encode(b"GIF89a and so on").decode()
WEBP = base64.b64encode(b"RIFF\x00\x00\x00\x00WEBPVP8 and so on").decode()
SVG = base64.b64encode(b"<svg onload='alert(1)'></svg>").decode()


def read(handout: Handout, source: str, attachments: Any = None) -> tuple[Any, tuple[str, ...]]:
    """The written answer's clean cell, and the problems."""
    handout.write("why", source)
    if attachments is not None:
        handout.cell("why")["attachments"] = attachments
    notebook, problems = read_notebook(handout.bytes(), "norm.ipynb")
    nbformat.validate(notebook)
    return next(cell for cell in notebook.cells if cell.id == "why"), problems


@pytest.mark.parametrize(
    ("kind", "data"), [("png", PNG), ("jpeg", JPEG), ("gif", GIF), ("webp", WEBP), ("png", [PNG[:20], PNG[20:]])]
)
@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("![photo.png](attachment:photo.png)", "photo.png"),
        ("My sketch: ![a sketch](attachment:my%20sketch.png) done", "my sketch.png"),
        ('<img src="attachment:photo.png" width="200" alt="x">', "photo.png"),
        ("![](attachment:c7f1-22.png)", "c7f1-22.png"),
    ],
)
def test_an_attached_picture_is_kept(handout: Handout, kind: str, data: Any, source: str, name: str) -> None:
    cell, problems = read(handout, source, {name: {f"image/{kind}": data}})
    ((kept, bundle),) = cell.attachments.items()
    assert f"attachment:{kept}" in cell.source
    assert bundle == {f"image/{kind}": "".join(data)}
    assert not problems


def test_an_answer_that_is_a_picture_is_an_attempt(handout: Handout) -> None:
    cell, _ = read(handout, "![photo.png](attachment:photo.png)", {"photo.png": {"image/png": PNG}})
    assert is_attempted(RELEASED.by_id["why"], cell.source)
    (name,) = handout.align().pictures
    assert handout.align().answer("why") == f"![photo.png](attachment:{name})"


def test_a_picture_written_into_the_text_is_kept_as_an_attached_one(handout: Handout) -> None:
    cell, problems = read(handout, f"![image.png](data:image/png;base64,{PNG}) and more")
    (name,) = cell.attachments
    assert cell.source == f"![image.png](attachment:{name}) and more"
    assert not problems


def test_pictures_of_one_name_in_several_cells_stay_apart(handout: Handout) -> None:
    handout.insert("why", "![](attachment:image.png)", "markdown", attachments={"image.png": {"image/gif": GIF}})
    read(handout, "![](attachment:image.png)", {"image.png": {"image/png": PNG}})
    assert len(handout.align().pictures) == 2


@pytest.mark.parametrize("data", [SVG, "?", "", None, 3, [None], "iVBOR" * 3, base64.b64encode(b"<html>").decode()])
@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml", "text/html"])
def test_what_is_no_picture_is_left_out_and_said_so(handout: Handout, data: Any, kind: str) -> None:
    cell, problems = read(handout, "![x](attachment:x.png)", {"x.png": {kind: data}})
    assert "attachments" not in cell
    assert cell.source == "![x](attachment:left-out)"
    assert problems == ("Left out of the text: 1 picture (no PNG, JPEG, GIF or WebP).",)


@pytest.mark.parametrize("attachments", [None, {}, [], "x", {"y.png": {"image/png": PNG}}, {"x.png2": {}}, {"": {}}])
def test_a_picture_that_is_not_in_the_file_is_said_to_be_missing(handout: Handout, attachments: Any) -> None:
    cell, problems = read(handout, "![x](attachment:x.png)", attachments)
    assert "attachments" not in cell
    assert problems == ("Left out of the text: 1 picture (not in the file).",)


def test_a_picture_that_is_too_large_is_left_out(handout: Handout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURE_BYTES", 2**20)
    large = base64.b64encode(base64.b64decode(PNG) + bytes(2**20)).decode()
    _, problems = read(handout, "![x](attachment:x.png)", {"x.png": {"image/png": large}})
    assert problems == ("Left out of the text: 1 picture (larger than 1 MB).",)


def test_pictures_beyond_a_number_are_left_out(handout: Handout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURES", 2)
    text = "".join(f"![](data:image/gif;base64,{base64.b64encode(b'GIF89a%d' % n).decode()})" for n in range(4))
    cell, problems = read(handout, text)
    assert len(cell.attachments) == 2
    assert problems == ("Left out of the text: 2 pictures (beyond the 2 pictures and 24 MB that are kept).",)


def test_pictures_of_code_cells_and_pictures_that_no_text_shows_are_left_behind(handout: Handout) -> None:
    handout.cell("scale")["attachments"] = {"x.png": {"image/png": PNG}}
    cell, problems = read(handout, "Mine.", {"x.png": {"image/png": PNG}})
    assert "attachments" not in cell
    assert not handout.align().pictures
    assert not problems


def test_pictures_are_written_into_a_text_for_a_page() -> None:
    held = {"a-1.png": {"image/png": PNG}}
    text = "![a](attachment:a-1.png) ![b](attachment:other.png)"
    assert with_pictures_in(text, held) == f"![a](data:image/png;base64,{PNG}) ![b](#missing-picture)"
