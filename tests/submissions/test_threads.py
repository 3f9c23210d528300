"""Submissions are aligned in several threads at once."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.submissions.cells import may_be_python, parse


@pytest.fixture
def yielding_collector() -> Iterator[None]:
    """The garbage collector runs often and lets other threads go on meanwhile, as finalizers do now and then."""
    threshold = gc.get_threshold()

    def let_others_run(phase: str, info: object) -> None:
        time.sleep(0)

    gc.callbacks.append(let_others_run)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*threshold)
    gc.callbacks.remove(let_others_run)


def test_threads_that_parse_do_not_disturb_each_other(yielding_collector: None) -> None:
    codes = [f"x = {'[' * (number % 40)}{number}{']' * (number % 40)}\n" * 20 for number in range(600)]
    with ThreadPoolExecutor(4) as threads:
        assert all(tree is not None for tree in threads.map(parse, codes))


def test_threads_that_look_at_code_that_is_not_python_do_not_disturb_each_other(yielding_collector: None) -> None:
    codes = [f"x = {'[' * (number % 40)}{number}{']' * (number % 40)}\n" * 20 + "x = = 1" for number in range(600)]
    with ThreadPoolExecutor(4) as threads:
        assert not any(threads.map(may_be_python, codes))
