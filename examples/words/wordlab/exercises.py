"""The visible checks of the exercises; ``check.word_counts??`` shows one in a notebook."""

from __future__ import annotations

import random
from collections.abc import Callable

from coursekit.checks import Mistake, expect_equal
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

WHITE_SPACE = Mistake("white_space", "words were split at white space alone", section="What is a word?")
CAPITALS = Mistake("capitals", "capital letters were kept", section="What is a word?")
ONCE = Mistake("once", "each word was counted once")
AS_COUNTED = Mistake("as_counted", "words of equal count are in the order of the dict")
REVERSED = Mistake("reversed", "words of equal count are in reverse order")
RAREST = Mistake("rarest", "the rarest words come first")


@visible_check
def word_counts(answer: Callable[[str], dict[str, int]]) -> None:
    """Compare the counts of a short text."""
    compare_counts(answer, random.Random(grading_seed()), words=4)


@visible_check
def most_common(answer: Callable[[dict[str, int], int], list[str]]) -> None:
    """Compare the most frequent of a few words."""
    compare_ranks(answer, random.Random(grading_seed()))


def compare_counts(answer: Callable[[str], dict[str, int]], numbers: random.Random, words: int) -> None:
    """Compare the counts of a text that is drawn: made-up words in any case, with marks and blanks between them."""
    made_up = ["".join(numbers.choices("aeioubcd", k=numbers.randint(1, 3))) for _ in range(words)]
    drawn = numbers.choices(made_up, k=3 * words)
    # One word comes in two forms, so that whoever keeps capital letters counts it as two.
    drawn += [drawn[0], drawn[0].upper()]
    text = "".join(word + numbers.choice([" ", ", ", "'", "-", ".\n"]) for word in drawn)
    text += "'" + drawn[1]
    lowered, kept = text.lower().split(), "".join(c if c.isalpha() else " " for c in text).split()
    all_words = [word.lower() for word in kept]
    right = {word: all_words.count(word) for word in all_words}
    expect_equal(
        answer(text),
        right,
        what=f"the word counts of {text!r}",
        mistakes={
            WHITE_SPACE: {word: lowered.count(word) for word in lowered},
            CAPITALS: {word: kept.count(word) for word in kept},
            ONCE: dict.fromkeys(right, 1),
        },
    )


def compare_ranks(answer: Callable[[dict[str, int], int], list[str]], numbers: random.Random) -> None:
    """Compare the ranks of nine words with three counts.

    Words of equal count come as second, third, first of the alphabet: neither its order nor its reverse, so that each
    mistake shows in every draw.
    """
    names = numbers.sample(["ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay"], 9)
    counts = {}
    for group, count in enumerate(numbers.sample(range(1, 7), 3)):
        first, second, third = sorted(names[3 * group : 3 * group + 3])
        counts |= {second: count, third: count, first: count}
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    mistakes = {
        AS_COUNTED: sorted(counts, key=counts.__getitem__, reverse=True)[:6],
        REVERSED: sorted(counts, key=lambda word: (counts[word], word))[::-1][:6],
        RAREST: sorted(counts, key=lambda word: (counts[word], word))[:6],
    }
    expect_equal(answer(dict(counts), 6), ranked[:6], what=f"the six most common words of {counts}", mistakes=mistakes)
