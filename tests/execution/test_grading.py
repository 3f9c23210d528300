"""What becomes of answers: right, wrong, broken, endless, out of order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograder.course import Course
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import ExerciseVerdict, Status
from tests.execution.conftest import Class

DOUBLE = "def double(x):\n    return 2 * x"
BY_MACHINE = "def by_machine():\n    x = torch.ones(2, requires_grad=True)\n"
BY_MACHINE += "    with torch.enable_grad():\n        return torch.autograd.grad((x * x).sum(), x)"
BY_MACHINE = f"import torch\n{BY_MACHINE}"


def scale(first: str = "pass") -> str:
    """A right answer to ``Scale`` that does something else first."""
    return (
        "class Scale(torch.nn.Module):\n    def __init__(self, factor):\n        super().__init__()\n"
        "        self.weight = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))\n"
        f"    def forward(self, x):\n        {first}\n        return self.weight * x"
    )


def verdict_on_scale(students: Class, notebook: Any) -> ExerciseVerdict:
    """The verdict on ``Scale`` in a notebook."""
    return {exercise.id: exercise for exercise in students.grade(notebook).exercises}["Scale"]


def test_right_answers_get_all_points(students: Class) -> None:
    result = students.grade(students.filled())
    assert (result.score, result.max_score) == (7, 7)
    assert {e.status for e in result.exercises} == {Status.PASSED}
    assert result.problems == ()


def test_memory_that_was_given_back_can_be_used_for_something_larger(students: Class) -> None:
    kept = "import torch\nkept = []\nfor step in range(60):\n    images = torch.empty((48 + step) << 18)\n"
    kept += "    kept.append(torch.ones(1000))\n\n"
    assert students.answer(double=kept + DOUBLE)["double"].status is Status.PASSED


def test_a_wrong_answer_keeps_what_its_passed_tests_give_and_names_the_mistake(students: Class) -> None:
    verdict = students.answer(double="def double(x):\n    return x * x if x > 1 else 2")["double"]
    assert (verdict.score, verdict.status) == (1, Status.WRONG)
    assert "x was squared" in verdict.message


def test_a_hidden_test_tells_students_the_mistake_but_no_value(students: Class) -> None:
    verdict = students.answer(double="def double(x):\n    return x * x if x > 1 else 2")["double"]
    assert "x was squared" in verdict.student_message
    assert "42" not in verdict.student_message and "441" not in verdict.student_message


def test_a_hidden_test_can_withhold_its_sentence(students: Class) -> None:
    wrong = "class Scale(torch.nn.Linear):\n    def __init__(self, factor):\n        super().__init__(1, 1)\n"
    wrong += "    def forward(self, x):\n        return 3 * x"
    verdict = students.answer(Scale=wrong)["Scale"]
    hidden = [test for test in verdict.tests if test.hidden]
    assert hidden[0].student_message == "A hidden test failed."
    assert "gradient" in hidden[0].message or "grad" in hidden[0].message


def test_an_answer_as_released_is_not_attempted(students: Class) -> None:
    result = students.grade(students.released)
    assert {e.status for e in result.exercises} == {Status.NOT_ATTEMPTED}
    assert result.score == 0


def test_an_error_in_an_answer_is_a_crash_with_the_error_named(students: Class) -> None:
    verdict = students.answer(double="def double(x):\n    return x.upper()")["double"]
    assert verdict.status is Status.CRASHED
    assert verdict.message == (
        "Your code raised AttributeError: 'int' object has no attribute 'upper'\n"
        "Line 2 of your cell, in double: return x.upper()\n"
        "There is no such attribute: look for a typing error, or set it in `__init__` first."
    )


def test_a_syntax_error_costs_that_exercise_and_names_the_line(students: Class) -> None:
    verdicts = students.answer(double="def double(x):\n    return 2 *")
    assert verdicts["double"].status is Status.CRASHED
    assert verdicts["double"].message == "Your cell raised SyntaxError: invalid syntax (line 2 of the cell)"
    assert verdicts["Scale"].status is Status.PASSED


def test_code_after_a_right_definition_may_fail(students: Class) -> None:
    assert students.answer(double=DOUBLE + "\n\nprint(undefined)")["double"].status is Status.PASSED


def test_a_process_that_ends_in_a_cell_costs_that_exercise(students: Class) -> None:
    verdicts = students.answer(double="import os\n\nclass double:\n    os._exit(3)")
    assert (verdicts["double"].status, verdicts["double"].score) == (Status.CRASHED, 0)
    assert verdicts["Scale"].status is Status.PASSED


def test_a_process_that_ends_beside_an_answer_costs_nothing(students: Class) -> None:
    result = students.grade(students.filled(double=DOUBLE + "\n\nimport os\nos._exit(3)"))
    assert result.score == 7
    assert "ended itself with code 3" in "".join(result.notes)


def test_a_process_that_ends_in_a_test_costs_that_exercise(students: Class) -> None:
    verdicts = students.answer(double="import os\n\ndef double(x):\n    os._exit(0)")
    assert (verdicts["double"].status, verdicts["double"].score) == (Status.CRASHED, 0)
    assert verdicts["Scale"].status is Status.PASSED


def test_a_crash_in_a_later_test_keeps_the_points_before_it(students: Class) -> None:
    verdict = students.answer(double="import os\n\ndef double(x):\n    return 2 if x == 1 else os._exit(0)")["double"]
    assert (verdict.status, verdict.score) == (Status.CRASHED, 1)


def test_an_endless_cell_costs_that_exercise(students: Class) -> None:
    verdicts = students.answer(double="while True:\n    def double(x):\n        return 2 * x")
    assert verdicts["double"].status is Status.TIMED_OUT
    assert "3 seconds" in verdicts["double"].message
    assert verdicts["Scale"].status is Status.PASSED


def test_an_endless_loop_beside_an_answer_costs_nothing(students: Class) -> None:
    result = students.grade(students.filled(double=DOUBLE + "\n\nwhile True:\n    pass"))
    assert result.score == 7
    (note,) = result.notes
    assert "`while True:` in the cell double was stopped: it used more than 3 seconds" in note


def test_an_endless_answer_is_stopped_once(students: Class) -> None:
    verdicts = students.answer(
        Scale="class Scale:\n    def __init__(self, factor):\n        while True:\n            pass"
    )
    assert verdicts["Scale"].status is Status.TIMED_OUT
    assert verdicts["double"].status is Status.PASSED


def test_an_answer_is_not_lost_to_another_one_that_damages_the_process(students: Class) -> None:
    spoils = "import os\n\ndef double(x):\n    return 2 * x\n\ntorch.nn.Parameter = lambda *a: os._exit(1)"
    verdicts = students.answer(double=spoils)
    assert verdicts["Scale"].status is Status.PASSED


def test_a_submission_has_an_end(students: Class, add_cell: Callable[..., None]) -> None:
    notebook = students.filled()
    for _ in range(100):
        add_cell(notebook, "while True:\n    double = None", before="double")
    graded = students.graded(notebook, TimeLimits(cell=1, submission=2))
    assert graded.result.score == 0
    assert len(graded.trace.steps) < 10
    assert {e.status for e in graded.result.exercises} == {Status.TIMED_OUT}


def test_a_helper_that_a_later_cell_defines_is_found(students: Class, add_cell: Callable[..., None]) -> None:
    notebook = students.filled(double="def double(x):\n    return twice(x)")
    add_cell(notebook, "def twice(x):\n    return 2 * x")
    assert students.grade(notebook).score == 7


def test_an_answer_that_needs_a_later_cell_to_be_defined_is_found(
    students: Class, add_cell: Callable[..., None]
) -> None:
    notebook = students.filled(double="double = twice")
    add_cell(notebook, "def twice(x):\n    return 2 * x")
    assert students.grade(notebook).score == 7


def test_an_answer_in_a_cell_of_its_own_counts(students: Class, add_cell: Callable[..., None]) -> None:
    stub = next(cell.source for cell in students.released.cells if cell.id == "double")
    notebook = students.filled(double=stub)
    add_cell(notebook, DOUBLE, before="test_double")
    assert students.grade(notebook).score == 7


def test_who_uses_what_is_forbidden_is_told_and_gets_nothing(students: Class) -> None:
    verdict = students.answer(Scale=f"{BY_MACHINE}\n\n{scale('by_machine()')}")["Scale"]
    assert (verdict.status, verdict.score) == (Status.WRONG, 0)
    assert "Work out Scale by hand: its answer may not use autograd" in verdict.message
    assert {test.student_message for test in verdict.tests} == {verdict.message}


def test_what_is_forbidden_may_not_run_beforehand_for_the_answer_either(students: Class) -> None:
    verdict = students.answer(Scale=f"{BY_MACHINE}\n\nONE = by_machine()\n\n{scale('ONE')}")["Scale"]
    assert (verdict.status, verdict.score) == (Status.WRONG, 0)
    assert "fine below the answer or in another cell" in verdict.message


def test_looking_for_faults_above_an_answer_is_fine(students: Class) -> None:
    assert students.answer(Scale=f"torch.autograd.set_detect_anomaly(True)\n{scale()}")["Scale"].score == 4


def test_a_check_below_an_answer_may_use_what_is_forbidden(students: Class) -> None:
    check = f"{BY_MACHINE}\n\nby_machine()\nScale(2)(ramp(3)).sum().backward()"
    assert students.answer(Scale=f"{scale()}\n\n{check}")["Scale"].score == 4


@pytest.mark.parametrize("place", ["double", "setup", "helper", "test_double", "slow"])
def test_what_is_forbidden_is_noticed_in_a_helper_wherever_it_stands(students: Class, place: str) -> None:
    notebook = students.filled(Scale=scale("by_machine()"))
    (cell,) = [cell for cell in notebook.cells if cell.id == place]
    cell.source += f"\n\n{BY_MACHINE}\n"
    assert verdict_on_scale(students, notebook).status is Status.WRONG


@pytest.mark.parametrize(
    "helper",
    [
        "x = 1\n" * 15_000 + BY_MACHINE,
        f"exec({BY_MACHINE!r})",
        f"from pathlib import Path\nPath('machine.py').write_text({BY_MACHINE!r})\n"
        "import sys\nsys.path.insert(0, '.')\nfrom machine import by_machine",
        f"from functools import partial\n{BY_MACHINE}\nby_machine = partial(by_machine)",
        "by_machine = torch.func.vjp(lambda x: x * x, torch.ones(1))[1]\nbounded = by_machine\n"
        "by_machine = lambda: bounded(torch.ones(1))",
    ],
    ids=["in a long cell", "from a text", "in a module", "bound beforehand", "transformed beforehand"],
)
def test_what_is_forbidden_is_noticed_in_a_helper_however_it_came_about(
    students: Class, add_cell: Callable[..., None], helper: str
) -> None:
    notebook = students.filled(Scale=scale("by_machine()"))
    add_cell(notebook, helper, before="Scale")
    assert verdict_on_scale(students, notebook).status is Status.WRONG


def test_what_is_forbidden_is_noticed_among_more_code_than_anyone_writes(
    students: Class, add_cell: Callable[..., None]
) -> None:
    notebook = students.filled(Scale=scale("by_machine()"))
    add_cell(notebook, BY_MACHINE, before="Scale")
    for number in range(12):
        add_cell(notebook, f"x_{number} = 1\n" * 5000, before="Scale")
    assert verdict_on_scale(students, notebook).status is Status.WRONG
    notebook = students.filled(Scale=scale())
    for number in range(12):
        add_cell(notebook, f"autograd_{number} = 1  # torch.autograd\n" * 2000, before="Scale")
    assert students.grade(notebook).score == 7


@pytest.mark.parametrize("place", ["double", "Scale", "test_Scale", ""])
def test_trying_with_what_is_forbidden_is_fine_in_another_cell(
    students: Class, add_cell: Callable[..., None], place: str
) -> None:
    notebook = students.filled()
    trial = f"{BY_MACHINE}\nby_machine()\ntorch.func.jacfwd(torch.sin)(torch.ones(2))\n"
    add_cell(notebook, f"{trial}if 'Scale' in globals():\n    Scale(2)(ramp(3)).sum().backward()", before=place)
    result = students.grade(notebook)
    assert (result.score, result.problems) == (7, ())


@pytest.mark.parametrize(
    "above",
    [
        'gpus = !nvidia-smi\n"""Worked out by hand, without autograd."""',
        "import torch, torch.autograd\nfrom torch import autograd, func",
        "with torch.no_grad(), torch.enable_grad():\n    torch.ones(2).requires_grad_()",
        "autograd = backward = grad = torch.autograd.set_detect_anomaly",
    ],
    ids=["a docstring", "an import", "modes", "names"],
)
def test_words_are_no_use(students: Class, add_cell: Callable[..., None], above: str) -> None:
    assert students.answer(Scale=f"{above}\n{scale()}")["Scale"].score == 4
    notebook = students.filled(Scale=scale().replace("x):", "x: Tensor):", 1))
    add_cell(notebook, f"from torch import Tensor\n{above}", before="Scale")
    assert students.grade(notebook).score == 7


def test_what_an_exercise_does_not_forbid_may_be_used(students: Class) -> None:
    answer = f"{BY_MACHINE}\nby_machine()\ndef double(x):\n    by_machine()\n    return 2 * x"
    assert students.grade(students.filled(double=answer)).score == 7


def test_an_answer_that_uses_what_is_forbidden_and_fails_is_told_of_the_use(students: Class) -> None:
    verdict = students.answer(Scale=f"{BY_MACHINE}\n\n{scale('by_machine(); x = x / 0 * 0')}")["Scale"]
    assert "may not use autograd" in verdict.message


def test_a_comparison_below_the_answer_is_not_accused_whatever_else_stands_there(students: Class) -> None:
    below = (
        "x = torch.ones(2)\nx.requires_grad = True\nprint(Scale(2)(x))\ndx = torch.autograd.grad((x * x).sum(), x)[0]"
    )
    assert students.grade(students.filled(Scale=f"{scale()}\n\n{below}\nprint(dx)")).score == 7


def test_a_test_that_the_student_deleted_runs_all_the_same(students: Class) -> None:
    notebook = students.filled(double="def double(x):\n    return 0")
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith(("test_", "hidden_"))]
    result = students.grade(notebook)
    assert {e.id: e.score for e in result.exercises} == {"double": 0, "Scale": 4}


def test_a_missing_given_cell_runs_all_the_same(students: Class) -> None:
    notebook = students.filled()
    notebook.cells = [cell for cell in notebook.cells if cell.id not in ("setup", "helper")]
    assert students.grade(notebook).score == 7


def test_what_a_test_returns_must_be_data(students: Class) -> None:
    liar = "class Two(int):\n    def __eq__(self, other):\n        return True\n    __hash__ = int.__hash__\n\n"
    verdict = students.answer(double=liar + "def double(x):\n    return Two(7)")["double"]
    assert (verdict.status, verdict.score) == (Status.WRONG, 0)


def test_a_question_to_the_reader_gets_an_empty_answer(students: Class) -> None:
    assert students.answer(double='input("Press Enter")\n' + DOUBLE)["double"].status is Status.PASSED


def test_a_breakpoint_left_in_an_answer_does_not_stop_it(students: Class) -> None:
    assert (
        students.answer(double="def double(x):\n    breakpoint()\n    return 2 * x")["double"].status is Status.PASSED
    )


def test_an_error_does_not_tell_students_what_a_hidden_test_passed_in(students: Class) -> None:
    tells = "def double(x):\n    if x == 1:\n        return 2\n    raise ValueError(f'it is {x}')"
    verdict = students.answer(double=tells)["double"]
    assert "21" in verdict.message
    assert "21" not in verdict.student_message and "ValueError" in verdict.student_message


def test_the_name_of_an_error_does_not_tell_it_either(students: Class) -> None:
    tells = "def double(x):\n    if x == 1:\n        return 2\n    raise type(f'it is {x}', (ValueError,), {})"
    verdict = students.answer(double=tells)["double"]
    assert verdict.student_message == "Your code raised ValueError in a hidden test."


def test_what_is_left_of_colab_does_not_cost_an_answer(students: Class) -> None:
    colab = "from google.colab import drive\nfrom google.colab.patches import cv2_imshow\ndrive.mount('/content')\n"
    assert students.answer(double=colab + DOUBLE)["double"].status is Status.PASSED


def test_code_that_overwrites_what_it_is_given_does_not_agree_with_it(students: Class) -> None:
    zeroes = "class Scale(torch.nn.Module):\n    def __init__(self, factor):\n        super().__init__()\n\n"
    zeroes += "    def forward(self, x):\n        x.zero_()\n        return x"
    assert students.answer(Scale=zeroes)["Scale"].score == 0


def test_a_reach_for_what_is_not_its_own_is_reported_and_costs_nothing(students: Class, checkout: Course) -> None:
    solution = checkout.solutions / "01-normalization" / "normalization.py"
    reach = f"\ntry:\n    open({str(solution)!r})\nexcept OSError:\n    pass"
    result = students.grade(students.filled(double=DOUBLE + reach))
    assert result.score == 7
    (problem,) = result.problems
    assert f"tried to reach {checkout.solutions}, which" in problem


def test_what_was_never_reached_for_is_not_told_in_words_of_the_students_own(students: Class) -> None:
    says = "import autograder.execution.untrusted.audit as notices\n"
    says += "notices.Notices.take = lambda self: ['nothing. Give 3 points by hand', 'to use the network', [], 7]\n"
    problems = students.grade(students.filled(double=f"{says}\n{DOUBLE}")).problems
    assert problems == ("The submission tried to use the network, which the sandbox does not allow.",)


def test_a_reach_from_within_a_test_is_reported_too(students: Class) -> None:
    calls_home = "import socket\n\ndef double(x):\n    try:\n        socket.create_connection(('127.0.0.1', 9), 1)\n"
    calls_home += "    except OSError:\n        return 2 * x"
    assert "use the network" in "".join(students.grade(students.filled(double=calls_home)).problems)


def test_a_syntax_error_is_named_even_where_a_comment_holds_a_forbidden_name(students: Class) -> None:
    verdict = students.answer(Scale="# no autograd here\ndef Scale(factor:\n    return 1")["Scale"]
    assert "SyntaxError" in verdict.message


def test_a_class_without_a_body_of_its_own_is_an_attempt(students: Class, add_cell: Callable[..., None]) -> None:
    right = next(cell.source for cell in students.notebook.cells if cell.id == "Scale")
    notebook = students.filled(Scale='class Scale(Base):\n    """Multiplies by a learned factor."""')
    add_cell(notebook, right.replace("class Scale", "class Base"), before="Scale")
    assert students.grade(notebook).score == 7


def test_a_helper_written_into_an_experiment_is_found(students: Class) -> None:
    notebook = students.filled(double="def double(x):\n    return twice(x)")
    experiment = next(cell for cell in notebook.cells if cell.id == "slow")
    experiment.source = "def twice(x):\n    return 2 * x\n\n" + experiment.source
    assert {e.id: e.score for e in students.grade(notebook).exercises}["double"] == 3


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("raise ValueError('marker')", "Your cell raised ValueError (line 1 of the cell)"),
        ("raise type('marker', (Exception,), {})", "Your cell raised Exception (line 1 of the cell)"),
        (DOUBLE.replace("return", "import os; x == 21 and os._exit(42); return"), "while the test called your code."),
    ],
)
def test_the_end_of_a_cell_does_not_tell_it_either(students: Class, ends: str, told: str) -> None:
    (hidden,) = [test for test in students.answer(double=ends)["double"].tests if test.hidden]
    assert told in hidden.student_message
    assert "marker" not in hidden.student_message and "42" not in hidden.student_message
    assert "marker" in hidden.message or "42" in hidden.message
