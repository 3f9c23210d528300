"""A student's cells beside the topic's: each answer is found, whatever happened to its cell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.submissions.align import Alignment
from autograder.topics import CellKind
from tests.submissions.handouts import SCALE, SCALE_STUB, SHIFT, TOPIC, Handout

ANSWERS = [exercise.id for exercise in TOPIC.exercises]
BETTER = "def scale(x, factor):\n    return factor * x"


def ids(alignment: Alignment) -> list[str]:
    return [aligned.cell.id if aligned.cell else "own" for aligned in alignment.cells]


def run(alignment: Alignment) -> str:
    """The code that the student's process runs, tests aside."""
    code = (a for a in alignment.cells if a.cell_type == "code" and not (a.cell and a.cell.is_test))
    return "\n".join(aligned.source for aligned in code)


def test_a_filled_in_notebook_lies_cell_by_cell_beside_its_topic(done: Handout) -> None:
    alignment = done.align()
    assert ids(alignment) == [cell.id for cell in TOPIC.cells]
    assert {name: alignment.answer(name) for name in ANSWERS} == {
        exercise.id: exercise.answer.source for exercise in TOPIC.exercises
    }
    assert not alignment.problems


def test_aligned_cells_are_those_of_the_topic_with_its_hidden_tests(done: Handout) -> None:
    hidden = next(a.cell for a in done.align().cells if a.cell and a.cell.kind is CellKind.HIDDEN_TEST)
    assert hidden is TOPIC.by_id["hidden_scale"]


def test_cells_of_the_students_own_stay_where_they_are(done: Handout) -> None:
    alignment = done.insert("setup", "def helper():\n    return 1").align()
    assert ids(alignment)[1:4] == ["setup", "own", "scale"]
    assert not alignment.problems


def test_an_answer_that_is_not_there_is_none(done: Handout) -> None:
    alignment = done.delete("scale").align()
    assert alignment.answer("scale") is None
    assert alignment.problems == ("The answer scale is missing.",)


def test_ids_are_not_needed(done: Handout) -> None:
    alignment = done.without_ids().align()
    assert set(ids(alignment)) == {cell.id for cell in TOPIC.cells}
    assert alignment.answer("scale") == SCALE
    assert alignment.answer("odd") == 'odd = "A"'
    assert alignment.answer("why") == "Because it is."


def test_nbgraders_ids_are_enough(done: Handout) -> None:
    for number, cell in enumerate(done.cells):
        cell["id"] = f"random-{number}"
        cell["metadata"]["colab"] = {"base_uri": "https://localhost"}
    alignment = done.align()
    assert ids(alignment) == [cell.id for cell in TOPIC.cells]
    assert not alignment.problems


def test_of_two_copies_the_one_with_an_answer_counts_and_the_other_does_not_run(handout: Handout) -> None:
    alignment = handout.write("scale", SCALE).copy("scale", SCALE_STUB).align()
    assert alignment.answer("scale") == SCALE
    assert "NotImplementedError" not in run(alignment).split("class Shift")[0]
    assert alignment.problems == ("The answer scale is there more than once; the one with an answer was graded.",)


def test_of_two_copies_with_answers_the_last_counts(handout: Handout) -> None:
    alignment = handout.write("scale", SCALE).copy("scale", BETTER).align()
    assert alignment.answer("scale") == BETTER
    assert SCALE not in run(alignment)
    assert alignment.problems == ("The answer scale is there more than once; the last one was graded.",)


def test_a_copy_of_the_unanswered_cell_without_ids_does_not_undo_the_answer(handout: Handout) -> None:
    alignment = handout.write("scale", SCALE).insert("test_scale", SCALE_STUB).align()
    assert SCALE_STUB not in run(alignment)
    assert alignment.answer("scale") == SCALE


def test_a_helper_split_off_an_answer_runs_before_it(done: Handout) -> None:
    helper = "import math"
    alignment = done.split("scale", helper, SCALE).align()
    assert run(alignment).index(helper) < run(alignment).index(SCALE)
    assert alignment.answer("scale") == SCALE
    assert not alignment.problems


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("as_program", ["jupyterlab", "ids on the first part", "ids on the last part"])
def test_an_answer_split_in_its_middle_is_joined(done: Handout, at: int, as_program: str) -> None:
    lines = ['def scale(x, factor):\n    """Multiply', '    by a factor."""', "    y = x * factor", "    return y"]
    first, rest = "\n".join(lines[:at]), "\n".join(lines[at:])
    if as_program == "jupyterlab":
        done.split("scale", first, rest)
    elif as_program == "ids on the first part":
        done.write("scale", first).insert("scale", rest)
    else:
        done.write("scale", rest).insert("setup", first)
    alignment = done.align()
    assert alignment.answer("scale") == "\n".join(lines)
    assert ids(alignment).count("own") == 0
    assert alignment.problems == ("The answer scale was split into several cells; they were joined.",)


def test_an_answer_that_is_no_python_is_still_the_answer(done: Handout) -> None:
    broken = "def scale(x, factor):\n    return x *"
    alignment = done.write("scale", broken).align()
    assert alignment.answer("scale") == broken
    assert alignment.answer("Shift") == SHIFT


@pytest.mark.parametrize(
    "rewrite",
    [lambda h: h, lambda h: h.write("scale", ""), lambda h: h.write("scale", "pass")],
)
def test_an_answer_in_a_cell_of_the_students_own_is_found(
    handout: Handout, rewrite: Callable[[Handout], Handout]
) -> None:
    alignment = rewrite(handout.insert("setup", f"import math\n{SCALE}")).align()
    assert alignment.answer("scale") == f"import math\n{SCALE}"
    assert SCALE_STUB not in run(alignment)
    assert alignment.problems == ("The answer scale stands in another cell than its own; it was graded.",)


def test_an_answer_typed_anew_in_the_place_of_its_cell_is_nothing_to_report(done: Handout) -> None:
    alignment = done.delete("scale").insert("setup", SCALE).align()
    assert alignment.answer("scale") == SCALE
    assert not alignment.problems


def test_an_answer_typed_anew_somewhere_else_is_found_and_said_so(done: Handout) -> None:
    alignment = done.delete("scale").insert("odd", SCALE).align()
    assert alignment.answer("scale") == SCALE
    assert alignment.problems == ("The answer scale stands in another cell than its own; it was graded.",)


def test_uses_of_an_answer_do_not_hide_its_definition(handout: Handout) -> None:
    handout.insert("setup", SCALE)
    for factor in range(20):
        handout.insert("odd", f"scale(1, {factor})")
    assert handout.align().answer("scale") == SCALE


def test_an_answer_merged_into_another_answers_cell_is_found(handout: Handout) -> None:
    alignment = handout.write("scale", f"{SCALE}\n\n\n@decorated\n{SHIFT}").delete("Shift").align()
    assert alignment.answer("Shift") == f"@decorated\n{SHIFT}"
    assert ids(alignment)[ids(alignment).index("scale") + 1] == "Shift"


def test_answers_in_each_others_cells_are_found(done: Handout) -> None:
    alignment = done.write("scale", 'odd = "A"').write("odd", SCALE).align()
    assert alignment.answer("scale") == SCALE
    assert alignment.answer("odd") == 'odd = "A"'


def test_an_answer_turned_into_text_is_graded_as_code(done: Handout) -> None:
    done.cell("scale")["cell_type"] = "markdown"
    alignment = done.align()
    assert next(a for a in alignment.cells if a.cell and a.cell.id == "scale").cell_type == "code"
    assert alignment.problems == ("The answer scale is no code cell; it was graded as one.",)


def test_a_written_answer_in_several_parts_is_shown_whole(done: Handout) -> None:
    alignment = done.split("why", "Because", "it is odd.").align()
    assert alignment.answer("why") == "Because\n\nit is odd."


@pytest.mark.parametrize("rewrite", [lambda h: h.insert("why", "Mine.", "markdown"), lambda h: h.write("why", "Mine.")])
def test_a_written_answer_below_its_cell_is_found(handout: Handout, rewrite: Callable[[Handout], Handout]) -> None:
    assert rewrite(handout).align().answer("why") == "Mine."


def test_a_written_answer_where_its_cell_was_is_found(handout: Handout) -> None:
    handout.delete("why").insert("question_why", "Mine.", "markdown")
    assert handout.align().answer("why") == "Mine."


def test_tests_stand_where_the_student_has_them_and_copies_never_count_as_own_code(done: Handout) -> None:
    alignment = done.copy("test_scale", done.cell("test_scale")["source"]).align()
    assert ids(alignment).count("test_scale") == 2


def test_a_test_rewritten_without_ids_is_known_by_its_likeness(done: Handout) -> None:
    changed = done.cell("test_scale")["source"].replace("18", "19")
    alignment = done.delete("test_scale").insert("scale", changed).align()
    assert "test_scale" in ids(alignment)
    assert "own" not in ids(alignment)


def test_code_written_where_hidden_tests_will_stand_is_the_students_own(done: Handout) -> None:
    alignment = done.write("hidden_scale", "def helper():\n    return 1").align()
    assert "def helper" in run(alignment)
    assert "hidden_scale" in ids(alignment)


def test_a_given_cell_stands_there_once(done: Handout) -> None:
    alignment = done.copy("setup", done.cell("setup")["source"]).align()
    assert ids(alignment).count("setup") == 1
    assert "own" not in ids(alignment)


def test_a_split_given_cell_is_put_together(done: Handout) -> None:
    text = done.cell("setup")["source"]
    alignment = done.split("setup", text[:25].rstrip(), text[25:].lstrip("\n")).align()
    assert next(a.source for a in alignment.cells if a.cell and a.cell.id == "setup").split() == text.split()
    assert ids(alignment).count("own") == 0


def test_cells_that_the_release_does_not_have_need_not_be_there(done: Handout) -> None:
    done.released = type(TOPIC)(
        "01-norm", "norm", tuple(c for c in done.released.cells if c.kind is not CellKind.HIDDEN_TEST)
    )
    assert not done.delete("hidden_scale").align().problems
