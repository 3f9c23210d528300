"""Changes to tests and given cells are reported in calm sentences; honest work and other programs' traces are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.submissions.handouts import Handout

Edit = Callable[[Handout], object]


def replaced(name: str, old: str, new: str) -> Edit:
    def edit(handout: Handout) -> None:
        assert old in handout.cell(name)["source"]
        handout.write(name, handout.cell(name)["source"].replace(old, new))

    return edit


def shuffled(name: str, after: str) -> Edit:
    def edit(handout: Handout) -> None:
        cell = handout.cell(name)
        handout.delete(name).cells.insert(handout.index(after) + 1, cell)

    return edit


def tagged(name: str, *tags: str) -> Edit:
    return lambda handout: handout.cell(name)["metadata"].update(tags=list(tags))


def marked(name: str, **values: object) -> Edit:
    return lambda handout: handout.cell(name)["metadata"]["nbgrader"].update(values)


def colab(handout: Handout) -> None:
    handout.data["metadata"]["colab"] = {"provenance": []}
    for cell in handout.cells:
        cell.pop("id")
        cell["metadata"]["colab"] = {"base_uri": "https://localhost:8080/"}
        cell["metadata"]["id"] = "MajbQ1AoVd_p"


def new_ids(handout: Handout) -> None:
    for number, cell in enumerate(handout.cells):
        cell["id"] = f"fresh-{number}"


def trailing(handout: Handout) -> None:
    for cell in handout.cells:
        cell["source"] = cell["source"].replace("\n", " \r\n") + "\r\n\r\n"


@pytest.mark.parametrize(
    "edit",
    [
        lambda handout: None,
        colab,
        new_ids,
        trailing,
        lambda handout: handout.without_ids(),
        replaced("setup", "\n\n\n", "\n\n"),
        replaced("setup", "import torch", "import torch  # the library"),
        replaced("setup", "import math", "%matplotlib widget\nimport math"),
        replaced("test_scale", '"the scaled batch"', "'the scaled batch'"),
        replaced("test_scale", "scale(example_batch(2), 3)", "scale(\n    example_batch(2), 3\n)"),
        replaced("sweep", "0.1, 0.3, 1.0", "0.2, 0.4"),
        replaced("intro", "What it is.", "My notes."),
        tagged("scale", "exercise", "my-tag"),
        tagged("sweep", "skip-execution"),
        shuffled("intro", "odd"),
        lambda handout: handout.delete("sweep").delete("intro"),
        lambda handout: handout.insert("setup", "print(scale(1, 2))").insert("odd", "x = 1").insert("odd", "x = 1"),
        lambda handout: handout.insert("intro", "My notes.", "markdown").insert("intro", "raw", "raw"),
    ],
)
def test_nothing_is_said_about_honest_work(done: Handout, handout: Handout, edit: Edit) -> None:
    for notebook in (done, handout):
        edit(notebook)
        assert not notebook.align().problems


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (replaced("test_scale", "18", "19"), "The test cell test_scale was changed; the original was run."),
        (lambda h: h.write("test_scale", "pass"), "The test cell test_scale was changed; the original was run."),
        (lambda h: h.write("test_scale", ""), "The test cell test_scale was changed; the original was run."),
        (lambda h: h.delete("test_scale"), "The test cell test_scale was deleted; the original was run."),
        (
            lambda h: h.delete("test_scale").delete("test_Shift"),
            "The test cells test_scale and test_Shift were deleted; the originals were run.",
        ),
        (
            lambda h: h.copy("test_scale", h.cell("test_scale")["source"]),
            "The test cell test_scale was copied; the original was run.",
        ),
        (
            lambda h: h.insert("odd", h.cell("test_scale")["source"]),
            "The test cell test_scale was copied; the original was run.",
        ),
        (
            lambda h: h.split("test_scale", *h.cell("test_scale")["source"].split("\n")),
            "The test cell test_scale was split; the original was run.",
        ),
        (
            lambda h: h.insert("test_scale", h.cell("test_scale")["source"].split("\n")[1]).write(
                "test_scale", h.cell("test_scale")["source"].split("\n")[0]
            ),
            "The test cell test_scale was split; the original was run.",
        ),
        (lambda h: h.write("hidden_scale", "x = 1"), "The test cell hidden_scale was changed; the original was run."),
        (replaced("setup", "ones", "zeros"), "The given cell setup was changed."),
        (lambda h: h.delete("setup"), "The given cell setup was deleted."),
        (lambda h: h.copy("setup", h.cell("setup")["source"]), "The given cell setup was copied."),
        (shuffled("test_scale", "setup"), "Cells are in another order: test_scale."),
        (tagged("test_scale", "skip-execution"), "The metadata of test_scale was changed, to no effect."),
        (marked("test_scale", points=100), "The metadata of test_scale was changed, to no effect."),
        (marked("scale", locked=True), "The metadata of scale was changed, to no effect."),
    ],
)
def test_each_change_is_one_sentence(done: Handout, edit: Edit, sentence: str) -> None:
    edit(done)
    assert done.align().problems == (sentence,)


def test_many_changes_are_still_few_sentences(done: Handout) -> None:
    done.data["cells"] = []
    problems = done.align().problems
    assert problems == (
        "The given cells setup and explain_odd were deleted.",
        "The test cells test_scale, hidden_scale and test_Shift were deleted; the originals were run.",
        "4 answers are missing: scale, Shift, odd and 1 more.",
    )
