"""Carries ``torch.manual_seed`` of a test over to the student's process.

In one process, a test that seeds torch seeds the student's code with it. Here only the seed travels, never a
generator's state, and never back: a state that the student chose could make the test's inputs anything.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Seeds:
    """Notices that the test seeded torch's generator."""

    def __init__(self) -> None:
        self._state: Tensor | None = None

    def settle(self) -> None:
        """What the generator was seeded with so far is nothing that a test did."""
        self._state = torch.default_generator.get_state()

    def news(self) -> int | None:
        """The seed, if the generator was seeded since the last time and nothing was drawn from it yet.

        The test's own generator then goes on from another seed: it would draw the student's numbers again.
        """
        state = torch.default_generator.get_state()
        if self._state is not None and torch.equal(state, self._state):
            return None
        seed = torch.initial_seed()
        is_fresh = torch.equal(state, torch.Generator().manual_seed(seed).get_state())
        if is_fresh:
            torch.default_generator.manual_seed(_following(seed))
            state = torch.default_generator.get_state()
        self._state = state
        return seed if is_fresh else None


def _following(seed: int) -> int:
    """Another seed, the same one each time: Knuth's multiplicative congruential step."""
    return (seed * 6364136223846793005 + 1442695040888963407) % 2**63
