"""What an exercise may forbid its answer: a closed set, since each needs a guard that notices it while code runs."""

from __future__ import annotations

AUTOGRAD = "autograd"
PUBLISHED = "published"

_SENTENCES = {
    AUTOGRAD: "Work out {0} by hand: its answer may not use autograd or torch's own backward functions. "
    "Comparing with autograd is fine below the answer or in another cell.",
    PUBLISHED: "Build {0} layer by layer, without the networks of `cnnlab.published`. "
    "Comparing with one is fine below the answer or in another cell.",
}
GUARDS = tuple(_SENTENCES)


def sentence(exercise: str, used: str) -> str:
    """What whoever used a forbidden thing is told."""
    return _SENTENCES[used].format(exercise)
