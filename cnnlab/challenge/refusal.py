"""The error of a network that cannot take part."""

from __future__ import annotations

from coursekit.checks import CheckFailed


class Refused(CheckFailed):
    """A network that cannot take part; the text says why.

    Args:
        reason: a whole sentence.
        likely: the likely cause; may be empty.
    """

    _something = "The network cannot take part"

    def __init__(self, reason: str, likely: str = "") -> None:
        text = f"{reason.rstrip('.')}. Likely cause: {likely}" if likely else reason
        super().__init__(text.rstrip("."), problem="{what}")


def first_line(error: Exception) -> str:
    """What an error of torch says first, or what it is."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
