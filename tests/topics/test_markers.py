"""Nothing that a student wrote comes back in a hidden test's sentence, whatever the way it takes.

For each topic and each way, every answer is made to give a marker to the tests. The marker is put together when the
code runs, so that it stands on a page only if a sentence brought it there. Visible tests may quote, and are left out.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from autograder.course import TopicPair
from autograder.execution.processes import Zygote
from autograder.gradescope.results import as_results
from autograder.reports.feedback import feedback_page
from autograder.reports.gradebook import Standing
from autograder.submissions.shown import Shown
from autograder.topics import CellKind
from tests.topics.conftest import grade_in, without

MARKER = "zqxwvk"
MAKE_MARKER = 'MARK = "".join(("zq", "xw", "vk"))\n'

FUNCTIONS = {
    "the text and the class of an error": """
def answer(*args, **kwargs):
    raise type(MARK, (ValueError,), {"__doc__": MARK})(MARK, MARK)
""",
    "an error on the second call": """
calls = []
def answer(*args, **kwargs):
    calls.append(1)
    if len(calls) > 1:
        raise RuntimeError(f"Kernel size {MARK}")
    return right(*args, **kwargs)
""",
    "a string": """
def answer(*args, **kwargs):
    return MARK
""",
    "an object": """
def answer(*args, **kwargs):
    return Named()
""",
    "a class": """
def answer(*args, **kwargs):
    return Named
""",
    "keys": """
def answer(*args, **kwargs):
    return renamed(right(*args, **kwargs))
""",
    "one thing more": """
def answer(*args, **kwargs):
    result = right(*args, **kwargs)
    if isinstance(result, dict):
        return result | {MARK: 1}
    return [*result, MARK] if isinstance(result, list) else (result, MARK)
""",
    "values": """
def answer(*args, **kwargs):
    return respelt(right(*args, **kwargs))
""",
}
HELPERS = """
Named = type(MARK, (), {"__repr__": lambda self: MARK, "__str__": lambda self: MARK, "__doc__": MARK, MARK: MARK})

def renamed(value):
    if isinstance(value, dict):
        return {MARK + str(key): item for key, item in value.items()}
    return [renamed(item) for item in value] if isinstance(value, (list, tuple)) else {MARK: value}

def respelt(value):
    if isinstance(value, dict):
        return {key: respelt(item) for key, item in value.items()}
    return [respelt(item) for item in value] if isinstance(value, (list, tuple)) else MARK
"""
MODULES = {
    "the text and the class of an error": "raise type(MARK, (ValueError,), {})(MARK, MARK)",
    "an error on the second call": 'raise RuntimeError(f"Kernel size {MARK}")',
    "a string": "return MARK",
    "an object": "return Named()",
    "a class": "return Named",
    "keys": "return {MARK: super().forward(*args)}",
    "one thing more": "return super().forward(*args), MARK",
    "values": "return super().forward(*args) + 1",
}
# Parameters and buffers that should not be there, and the right ones under other names.
NAMES = {
    "keys": "self.register_buffer(MARK, torch.zeros(3))",
    "one thing more": "self.add_module(MARK, torch.nn.Conv2d(3, 7, 2))",
    "values": "self.register_parameter(MARK, torch.nn.Parameter(torch.zeros(5)))",
}


def spoiled(exercise: str, source: str, way: str) -> str:
    """A right answer that gives the marker away in some way."""
    start = f"{source}\n\nimport torch\n{MAKE_MARKER}{HELPERS}\nright = {exercise}\n"
    if f"class {exercise}" not in source:
        return f"{start}{FUNCTIONS[way]}\nanswer.__name__ = answer.__qualname__ = MARK\n{exercise} = answer\n"
    return f"""{start}
class {exercise}(right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        {NAMES.get(way, "pass")}

    def forward(self, *args):
        {MODULES[way]}

    def extra_repr(self):
        return MARK

{exercise}.__name__ = {exercise}.__qualname__ = MARK
"""


def spoiled_notebook(topic: Any, way: str) -> Any:
    """The topic's notebook with all answers spoiled; those of the quiz hold the marker."""
    m = topic.material
    coded = {name: spoiled(name, m.answers[name], way) for name in m.coded}
    quiz = {e.id: f"{MAKE_MARKER}{e.id} = MARK" for e in m.topic.exercises if e.answer.kind is CellKind.QUIZ}
    return m.notebook({**m.answers, **coded, **quiz})


@pytest.mark.parametrize("way", FUNCTIONS)
def test_a_hidden_test_gives_nothing_back(topic: Any, way: str, zygote: Zygote) -> None:
    notebook = spoiled_notebook(topic, way)
    source, released = topic.pair.source, topic.pair.released
    visible = {cell.id for cell in source.cells if cell.kind is CellKind.TEST}
    source, released = without(source, visible), without(released, visible)
    notebook.cells = [cell for cell in notebook.cells if cell.id not in visible]
    graded = grade_in(zygote, TopicPair(source, released), notebook)
    result, alignment = graded.result, graded.alignment
    tests = [test for exercise in result.exercises for test in exercise.tests]
    assert any(MARKER in test.message.lower() for test in tests)
    assert {test.student_message for test in tests if MARKER in test.student_message.lower()} == set()
    scores = {test.test: test.score for test in tests}
    page = feedback_page(
        source, result, Shown.of(source, alignment), Standing(result.score, result.max_score, scores=scores)
    )
    assert MARKER not in page.lower()
    assert MARKER not in json.dumps(as_results(result, 1.0, finished=True)).lower()
