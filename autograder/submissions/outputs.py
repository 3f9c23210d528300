"""Drops the outputs from a notebook's bytes before anything else is done with them.

Outputs may be a hundred times what a student wrote. Nothing is made of them: they are passed over as text, and by the
regular expressions alone, so that 200 MB take seconds whatever is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# What nobody reads here, and what may be large: outputs, and the state of widgets.
_DROPPED = (b'"outputs"', b'"widgets"')
# Those around others; outputs have some thousands.
_MOST_BRACKETS = 5_000_000
# A string that does not end has all the rest.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_PLAIN = rb'[^"\[\]{}]++|' + _STRING
_FLAT = rb"\[(?:" + _PLAIN + rb")*+\]|\{(?:" + _PLAIN + rb")*+\}"
_KEY = re.compile(
    rb'(?:[^"]++|(?!"(?:outputs|widgets)")' + _STRING + rb')*+"(?:outputs|widgets)"(?:\s*:\s*(?=[\[{]))?', re.DOTALL
)
_UP_TO_BRACKET = re.compile(rb"(?:" + _PLAIN + rb"|" + _FLAT + rb")*+([\[\]{}])", re.DOTALL)


def without_outputs(content: bytes) -> bytes:
    """A notebook's bytes, in UTF-8 or another encoding that agrees with ASCII, with empty outputs.

    Lines keep their numbers. Outputs that do not end, or are nested without end, are left as they are.
    """
    return b"".join(_kept(content)) if any(key in content for key in _DROPPED) else content


def _kept(content: bytes) -> Iterator[bytes]:
    start = position = 0
    brackets = iter(range(_MOST_BRACKETS))
    while key := _KEY.match(content, position):
        position = key.end()
        if content[position : position + 1] not in (b"[", b"{") or content[position - 1] == ord('"'):
            continue
        if not (end := _end_of_value(content, position, brackets)):
            break
        yield content[start:position]
        yield b"[]" if content[position] == ord("[") else b"{}"
        yield b"\n" * content.count(b"\n", position, end)
        start = position = end
    yield content[start:]


def _end_of_value(content: bytes, start: int, brackets: Iterator[int]) -> int:
    """Where the list or object ends that begins at ``start``; 0 if it does not, or has more than all the brackets."""
    depth, position = 1, start + 1
    while next(brackets, None) is not None and (bracket := _UP_TO_BRACKET.match(content, position)):
        position = bracket.end()
        depth += 1 if bracket[1] in b"[{" else -1
        if not depth:
            return position
    return 0
