"""Each mistake that a chapter's checks know has an id of its own there."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator

import pytest

import cnnlab.exercises
from coursekit.checks import Mistake

CHAPTERS = [module.name for module in pkgutil.iter_modules(cnnlab.exercises.__path__) if module.ispkg]


def mistakes_of(chapter: str) -> Iterator[Mistake]:
    """The mistakes that the modules of a chapter's checks define or use."""
    package = importlib.import_module(f"cnnlab.exercises.{chapter}")
    names = [f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)]
    for module in (package, *map(importlib.import_module, names)):
        yield from (value for value in vars(module).values() if isinstance(value, Mistake))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_two_mistakes_of_a_chapter_share_an_id(chapter: str) -> None:
    by_id = defaultdict(set)
    for mistake in mistakes_of(chapter):
        by_id[mistake.id].add(mistake.says)
    assert by_id
    assert {name: said for name, said in by_id.items() if len(said) > 1} == {}
