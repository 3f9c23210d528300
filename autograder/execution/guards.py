"""What an exercise may forbid its answer: a closed set, since each needs a guard that notices it while code runs."""

from __future__ import annotations

from collections.abc import Iterable

AUTOGRAD = "autograd"
PUBLISHED = "published"

_SENTENCES = {
    AUTOGRAD: "{0} is to be worked out by hand: its answer may not use autograd or torch's own backward functions. "
    "Comparing with autograd is fine below the answer or in another cell.",
    PUBLISHED: "{0} is to be built layer by layer: its answer may not use a network that `cnnlab.published` builds.",
}
GUARDS = tuple(_SENTENCES)


def guarded(forbids: Iterable[str]) -> list[str]:
    """Those of an exercise's ``forbids`` that there is a guard for; a notebook of an older build lists other words."""
    return [name for name in forbids if name in GUARDS]


def sentence(exercise: str, used: str) -> str:
    """What whoever used a forbidden thing is told."""
    return _SENTENCES[used].format(exercise)
