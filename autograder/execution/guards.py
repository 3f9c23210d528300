"""What an exercise may forbid its answer: a closed set, since each needs a guard that notices it while code runs."""

from __future__ import annotations

AUTOGRAD = "autograd"
PUBLISHED = "published"

_SENTENCES = {
    AUTOGRAD: "{0} is to be worked out by hand: its answer may not use autograd or torch's own backward functions. "
    "Comparing with autograd is fine below the answer or in another cell.",
    PUBLISHED: "{0} is to be built layer by layer: its answer may not use a network that `cnnlab.published` builds.",
}
GUARDS = tuple(_SENTENCES)


def sentence(exercise: str, used: str) -> str:
    """What whoever used a forbidden thing is told."""
    return _SENTENCES[used].format(exercise)
