"""``torch.manual_seed`` in a test seeds the student's code, and nothing comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from autograder.boundary.grader import Remote

Start = Callable[..., Remote]

ANSWERS = """
def noise(n):
    return torch.rand(n)

def reseed():
    torch.manual_seed(99)
"""


@pytest.fixture(autouse=True)
def _own_generator() -> Any:
    with torch.random.fork_rng(devices=[]):
        yield


def test_the_students_code_draws_what_it_draws_in_one_process(process: Start) -> None:
    noise = process(ANSWERS).name("noise")
    torch.manual_seed(3)
    there = [noise(3), noise(3)]
    torch.manual_seed(3)
    torch.testing.assert_close(there, [torch.rand(3), torch.rand(3)])


def test_seeding_again_draws_the_same_again(process: Start) -> None:
    noise = process(ANSWERS).name("noise")
    torch.manual_seed(3)
    first = noise(3)
    torch.manual_seed(3)
    assert torch.equal(noise(3), first)


def test_the_test_does_not_draw_the_students_numbers(process: Start) -> None:
    noise = process(ANSWERS).name("noise")
    torch.manual_seed(3)
    assert not torch.equal(noise(3), torch.rand(3))


def test_the_test_draws_the_same_numbers_each_time(process: Start) -> None:
    noise = process(ANSWERS).name("noise")

    def drawn() -> torch.Tensor:
        torch.manual_seed(3)
        noise(5)
        return torch.rand(3)

    assert torch.equal(drawn(), drawn())


def test_the_students_code_cannot_seed_the_test(process: Start) -> None:
    student = process(ANSWERS)
    state = torch.get_rng_state()
    student.name("reseed")()
    student.name("noise")(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_without_a_seed_in_the_test_the_students_code_keeps_its_own(process: Start) -> None:
    student = process(ANSWERS)
    torch.rand(1)
    student.name("reseed")()
    torch.rand(1)
    expected = torch.rand(3, generator=torch.Generator().manual_seed(99))
    assert torch.equal(student.name("noise")(3), expected)
