"""What a course asks of the process that all others are forked from, in a form that crosses to it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.settings import FILE, Forbidden, Settings


@dataclass(frozen=True)
class Preparation:
    """What is imported and set up once.

    Attributes:
        root: the folder that the course's own package lies in.
        package: that package; empty if there is none. All its modules are imported.
        imports: other modules.
        sentences: modules and packages whose sentences students may read when a hidden test fails.
        questions: what tests may ask of a student's object: by name the function that answers.
        forbids: what an exercise may forbid.
    """

    root: Path
    package: str = ""
    imports: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    questions: Mapping[str, str] = field(default_factory=dict)
    forbids: Mapping[str, Forbidden] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, settings: Settings) -> Preparation:
        """What a course's settings say."""
        return cls(root, settings.package, settings.imports, settings.sentences, settings.questions, settings.forbids)

    def as_text(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_text(cls, line: str) -> Preparation:
        """The inverse of ``as_text``."""
        fields = json.loads(line)
        forbids = {name: Forbidden(**values) for name, values in fields.pop("forbids").items()}
        return cls(Path(fields.pop("root")), **fields, forbids=forbids)

    def question_functions(self) -> dict[str, Callable[..., Any]]:
        """The functions that answer tests' questions, imported, by name."""
        functions = {}
        for name, path in self.questions.items():
            with setting(f"the question {name!r}"):
                functions[name] = imported_object(path.replace(":", "."))
        return functions


@contextmanager
def setting(name: str) -> Iterator[None]:
    """Whatever fails within is told as a mistake in a setting.

    Raises:
        CourseError: with the setting's name and what is wrong.
    """
    try:
        yield
    except Exception as error:
        raise CourseError(f"{FILE}: {name}: {type(error).__name__}: {error}.") from None


def imported_object(name: str) -> Any:
    """What a dotted name stands for.

    Raises:
        ImportError: if there is no such module, or nothing of that name in it.
    """
    module, _, attribute = name.rpartition(".")
    if not module:
        raise ImportError(f"{name} names no module")
    try:
        return getattr(importlib.import_module(module), attribute)
    except AttributeError:
        raise ImportError(f"{module} has no {attribute}") from None
