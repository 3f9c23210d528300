"""The hidden tests of the topic: longer texts, and what a function must do beyond the right values."""

from __future__ import annotations

import random
from collections.abc import Callable

from coursekit.checks import expect_equal, expect_true
from coursekit.seeds import grading_seed
from wordlab.exercises import compare_counts, compare_ranks


def word_counts(answer: Callable[[str], dict[str, int]]) -> None:
    """Compare the counts of a longer text."""
    compare_counts(answer, random.Random(grading_seed() + 1), words=9)


def word_counts_without_letters(answer: Callable[[str], dict[str, int]]) -> None:
    """A text without letters holds no words; who returns nothing else must count others rightly."""
    compare_counts(answer, random.Random(grading_seed() + 2), words=5)
    expect_equal(answer("1, 2, 3!"), {}, what="the word counts of a text without letters")


def most_common(answer: Callable[[dict[str, int], int], list[str]]) -> None:
    """Compare the ranks of other words."""
    compare_ranks(answer, random.Random(grading_seed() + 1))


def most_common_contract(answer: Callable[[dict[str, int], int], list[str]]) -> None:
    """Fewer words than asked for, and a dict that stays as it is."""
    compare_ranks(answer, random.Random(grading_seed() + 2))
    given = {"cow": 1, "ant": 2, "bee": 1}
    expect_equal(answer(given, 20), ["ant", "bee", "cow"], what="the most common words when there are fewer")
    expect_true(given == {"cow": 1, "ant": 2, "bee": 1}, what="the counts are not changed")
