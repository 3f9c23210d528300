"""Refuses modules of tests that keep what a student's code could change: ``hidden`` and a topic's visible checks."""

from __future__ import annotations

import json
from collections.abc import Iterator

from autograder.course import Course
from autograder.errors import CourseError
from autograder.execution.hidden_module import NAME
from autograder.execution.meter import Limit
from autograder.execution.plan import Plan
from autograder.execution.processes import ProcessPair, Zygote
from autograder.execution.session import setup_request
from autograder.sources.fingerprint import modules_behind
from autograder.topics import Topic

# In the course's package, the module of what tests are made of, or a package of such modules.
CHECKS = "exercises"
SECONDS = 60.0
WAY_OUT = (
    "A student's code that gets it as an argument could change it, and with it what later tests expect. Keep a tuple, "
    "a frozenset or a MappingProxyType of plain values, or make it anew in a function."
)


def check_immutable(course: Course, topic: Topic, todo: Plan, zygote: Zygote) -> None:
    """Look at the modules as they are in the process of the tests.

    Raises:
        CourseError: if a value in one of them can change; each with file and line.
    """
    modules = {name: (file, text) for name, file, text in _modules_of_tests(course, topic)}
    if not modules:
        return
    pair = ProcessPair(zygote, seed=0)
    try:
        pair.grader.channel.send(json.dumps(setup_request(todo)).encode())
        texts = {name: text for name, (_, text) in modules.items()}
        found = pair.grader.ask({"modules": texts}, Limit.of(SECONDS))["changeable"]
    finally:
        pair.end()
    if found:
        places = "\n".join(f"{modules[name][0]}:{line}: {what}." for name, line, what in found)
        raise CourseError(f"{places}\n{WAY_OUT}")


def _modules_of_tests(course: Course, topic: Topic) -> Iterator[tuple[str, str, str]]:
    """The name, the file and the text of each module."""
    code = [cell.source for cell in topic.cells if cell.cell_type == "code"]
    if topic.hidden:
        yield NAME, topic.hidden.file, topic.hidden.text
        code.append(topic.hidden.text)
    for path in modules_behind(course, code):
        file = path.relative_to(course.root) if path.is_relative_to(course.root) else path
        if file.with_suffix("").parts[:2] == (course.settings.package, CHECKS):
            module = file.parent if file.name == "__init__.py" else file.with_suffix("")
            yield ".".join(module.parts), file.as_posix(), path.read_text(encoding="utf-8")
