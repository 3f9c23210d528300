"""How a failed check reads, and which of several failures a student is told.

The variance was divided by N − 1 (the default of torch.var); divide by N.
Compared: var for x of shape (8, 3): expected 0.667 at [2], got 1 (3 of 3 values differ, by 0.333 at most).
Re-read: "Batch normalization in training".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from coursekit.errors import OneSentence
from coursekit.mistakes import Mistake, as_mistake, most_telling, unexplained

# From where a text has a gap on, as in "a tuple of … items" and "a module (…)".
_GAP = re.compile(r"( of( \w+)?)? ?\(?….*")
# A sentence may begin with these names as they are.
_NAMES = frozenset({"beta", "bn1", "bn2", "dbeta", "dgamma", "dx", "dy", "eps", "gamma", "nn", "self", "torch", "var"})
WRONG = "{what} is wrong"
MOST_CAUSES = 3


class CheckFailed(OneSentence, AssertionError):  # noqa: N818 - it reads as what happened
    """A check that failed; ``str()`` of it is the whole explanation: the cause, the comparison, where to re-read.

    Attributes:
        what: what was compared.
        expected: what should have come, in words; may be empty.
        got: what came, in words; may be empty.
        mistakes: the mistakes that explain it, most telling first; may be empty.
        also: causes of other failures in the same check, which these mistakes do not explain.
        reread: where to re-read; may be empty.
    """

    _something = "the result of your code"

    def __init__(
        self,
        what: str,
        expected: str = "",
        got: str = "",
        likely: str | Mistake | Sequence[Mistake] = "",
        reread: str = "",
        *,
        problem: str = WRONG,
        detail: str = "",
        of_values: bool = True,
    ) -> None:
        super().__init__(what)
        causes = [likely] if isinstance(likely, str | Mistake) else likely
        self.what, self.expected, self.got = what, expected, got
        self.mistakes = tuple(as_mistake(cause) for cause in causes if str(cause))
        self.also: tuple[Mistake, ...] = ()
        self._section, self._problem, self._detail, self._of_values = reread, problem, detail, of_values

    @property
    def likely(self) -> str:
        """The likely cause, as a clause; may be empty."""
        return self.mistakes[0].says if self.mistakes else ""

    @property
    def reread(self) -> str:
        """Where to re-read; may be empty."""
        return (self.mistakes[0].section if self.mistakes else "") or self._section

    @property
    def is_of_kind(self) -> bool:
        """Whether the type or the shape is wrong, whatever the values."""
        return not self._of_values

    def told_with(self, first: Mistake | None, also: Sequence[Mistake]) -> CheckFailed:
        """This failure, with the mistake that is told first and causes of other failures."""
        if first is not None:
            self.mistakes = (first, *(mistake for mistake in self.mistakes if mistake != first))
        self.also = tuple(also)
        return self

    def __str__(self) -> str:
        comparison = f"expected {self.expected}, got {self.got}" if self.expected else ""
        return self._explanation(comparison, self._detail, lambda text: text)

    def in_words(self, words: Callable[[str], str]) -> str:
        """The explanation made only of what `words` leaves of its parts; no values and no sizes are compared in it.

        Args:
            words: what may be read of a text; empty where nothing may.
        """
        expected, got = (_GAP.sub("", words(text)) for text in (self.expected, self.got))
        if self._of_values or not expected:
            comparison = ""
        elif expected == got:
            comparison = f"expected another {expected.removeprefix('a ')}"
        else:
            comparison = f"expected {expected}, got {got or 'something else'}"
        return self._explanation(comparison, "", words)

    def _explanation(self, comparison: str, detail: str, words: Callable[[str], str]) -> str:
        cause, reread = words(self.likely), words(self.reread)
        what = words(self.what) or self._something
        also = [told for told in (words(mistake.says) for mistake in self.also) if told]
        statement = what if cause and self._problem == WRONG else self._problem.format(what=what)
        statement += (f": {comparison}" if comparison else "") + (f" ({detail})" if detail else "")
        if cause and self._problem == WRONG:
            statement = f"Compared: {statement}" if comparison else ""
        lines = [
            _sentence(cause),
            *(f"Also: {_ended(told)}" for told in also),
            _sentence(statement),
            f"Re-read: {_ended(_quoted(reread))}" if reread else "",
        ]
        return "\n".join(filter(None, lines))


def fail(failure: CheckFailed) -> None:
    """Raise a failure; within ``together``, keep it for the end of its block.

    Raises:
        CheckFailed: outside ``together``.
    """
    found = _FOUND.get()
    if found is None:
        raise failure from None
    found.append(failure)


def failure_of(check: Callable[[], None]) -> CheckFailed | None:
    """The failure that a check ends in, kept from a block of ``together`` around it; None if it passes."""
    outer = _FOUND.set(None)
    try:
        check()
    except CheckFailed as failure:
        return failure
    finally:
        _FOUND.reset(outer)
    return None


@contextmanager
def together() -> Iterator[None]:
    """Check several things to the end before the student is told, so that two mistakes at once are both named.

    An error within the block is told only if nothing had failed before it: it may well follow from that.

    Raises:
        CheckFailed: the most telling failure, with the causes of those that it does not explain.
    """
    found: list[CheckFailed] = []
    outer = _FOUND.set(found)
    try:
        yield
    except CheckFailed as failure:
        found.append(failure)
    except Exception:
        if not found:
            raise
    finally:
        _FOUND.reset(outer)
    if found:
        fail(told_first(found))


def told_first(failures: Sequence[CheckFailed]) -> CheckFailed:
    """The failure that a student is told of several in one check, with other causes that it does not explain.

    What has a wrong type or shape comes before wrong values.
    """
    failures = [one for one in failures if one.is_of_kind] or failures
    explanations = [failure.mistakes for failure in failures]
    first = most_telling(explanations)
    chosen = next((one for one in failures if first in one.mistakes), failures[0])
    others = [explanations[place][0] for place in unexplained(explanations, first) if explanations[place]]
    # What was itself chosen among several failures brings their causes along.
    others += [mistake for failure in failures for mistake in failure.also]
    also = [mistake for mistake in dict.fromkeys(others) if mistake != first]
    return chosen.told_with(first, also[: MOST_CAUSES - 1])


# The failures of the innermost block of ``together``; None outside.
_FOUND: ContextVar[list[CheckFailed] | None] = ContextVar("found", default=None)


def _sentence(text: str) -> str:
    """A text with a capital letter, unless it begins with a name from code, and with a full stop."""
    if not text:
        return ""
    first = text.split(maxsplit=1)[0]
    is_word = (first.replace("'", "").replace("-", "").isalpha() and len(first) > 1) or first == "a"
    return _ended(text[0].upper() + text[1:] if is_word and first not in _NAMES else text)


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!", '."')) else f"{text}."


def _quoted(section: str) -> str:
    """The name of a section in quotes; a text that has quotes, or says where in words, stays as it is."""
    return section if '"' in section or section[:1].islower() else f'"{section}"'
