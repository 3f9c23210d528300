"""The error of bytes that nobody should have sent; apart from the codec, so that a channel needs no torch."""

from __future__ import annotations


class MalformedMessage(Exception):  # noqa: N818 - it reads as what happened
    """Bytes that no honest writer writes."""
