"""Why a file is no notebook, and what its owner can do about it."""

from __future__ import annotations

import json
import re

from autograder.submissions.files import printable

_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
_OTHER_KINDS = {
    "a PDF": ("%PDF",),
    "a zip archive": ("PK\x03\x04",),
    "a picture": ("\x89PNG",),
    "a RAR archive": ("Rar!",),
    "a web page": ("<!DOCTYPE", "<!doctype", "<html"),
    "a script": ("# ---", "# %%", "#!", "import ", "from "),
}
_SAVE_AGAIN = "Open your own copy in Jupyter, check that your work is there, save it, and hand that file in"
# What the decoder says where the text is over before the notebook is, as far as it cannot mean another mistake.
_OVER = (
    "Unterminated string",
    "Expecting value",
    "Expecting ',' delimiter",
    "Expecting property name",
    "Expecting ':'",
)


def not_json(name: str, error: json.JSONDecodeError) -> str:
    """The sentence about a file that is not JSON: what is wrong, in which line, and how to repair it."""
    text = error.doc
    begins = text.lstrip("\ufeff \t\r\n\0")[:20]
    wrong = f"{name} is not a notebook: it is not JSON (line {error.lineno}: {error.msg})"
    if kind := next((kind for kind, starts in _OTHER_KINDS.items() if begins.startswith(starts)), ""):
        return f"{name} is not a notebook: it is {kind}. Hand in the file that ends in .ipynb."
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        return (
            f"{wrong}. Line {line} is a mark of a merge conflict ({conflict[1]}). Settle the conflict in Git, so that "
            "one of the two versions is left, and hand in the result."
        )
    if begins.startswith("{") and _is_over(text, error):
        return (
            f"{wrong}. The file ends in the middle of {_part(text)}: it was cut off when it was saved, copied or sent. "
            f"{_SAVE_AGAIN}; if it does not open, take an earlier version from File > Revert to Checkpoint."
        )
    lines = text.splitlines()[error.lineno - 1 : error.lineno] if begins.startswith("{") else []
    if there := printable("".join(lines).strip(), 60):
        return f"{wrong}. Put that line right, which says {there} now. {_SAVE_AGAIN}."
    return f"{wrong}. {_SAVE_AGAIN}."


def _is_over(text: str, error: json.JSONDecodeError) -> bool:
    """Whether the text ends where something more was expected."""
    if error.msg.startswith("Unterminated string") and "\n" not in text[error.pos :].rstrip():
        return True
    return error.msg.startswith(_OVER) and error.pos >= len(text.rstrip(" \t\r\n\0"))


def _part(text: str) -> str:
    """Which part of a notebook its text ends in."""
    keys = re.findall(r'"(outputs|source|metadata|attachments|cells)"\s*:', text[-200_000:])
    parts = {"outputs": "a cell's outputs", "source": "a cell's text", "attachments": "a picture"}
    return parts.get(keys[-1], "the notebook") if keys else "the notebook"
