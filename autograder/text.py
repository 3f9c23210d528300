"""Text from submissions made safe to show: nothing in it can steer a terminal, a page or a spreadsheet."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

# With these, text becomes a formula in a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# Cc: terminal escapes; Cf: direction overrides that make text read as another; Cs: halves that no encoding can write.
STEERING = {"Cc", "Cf", "Cs"}
KEPT = {"\n", "\t", "\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}", "\N{SOFT HYPHEN}"}


def visible(text: str) -> str:
    """The text with characters that are not seen, but act, replaced; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    steering = {ord(character): "\N{REPLACEMENT CHARACTER}" for character in set(unified) if _steers(character)}
    return unified.translate(steering) if steering else unified


def one_line(text: str) -> str:
    """The visible text with every run of white space as one space."""
    return " ".join(visible(text).split())


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of the text, and a word on how many are left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n… ({len(text) - limit:,} more characters are not shown)"


def some(names: Sequence[str], count: int = 5) -> str:
    """The first of some names, and how many more there are."""
    rest = f" and {len(names) - count} more" if len(names) > count else ""
    return f"{', '.join(names[:count])}{rest}"


def duration(time: timedelta) -> str:
    """A duration to the minute: ``2 days 3 h``, ``45 min``."""
    minutes = max(1, math.ceil(time.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = (f"{days} day{'' if days == 1 else 's'}" if days else "", f"{hours} h" if hours else "")
    return " ".join(filter(None, (*parts, f"{minutes} min" if minutes and not days else "")))


def points(amount: float) -> str:
    """Points as people write them: ``3``, ``2.5``, ``0.67``."""
    return f"{amount:.2f}".rstrip("0").rstrip(".")


def amount(score: float, max_score: float) -> str:
    """Points of those that can be had: ``2.5 of 3 points``."""
    return f"{points(score)} of {points(max_score)} point{'' if max_score == 1 else 's'}"


def _steers(character: str) -> bool:
    return character not in KEPT and unicodedata.category(character) in STEERING
