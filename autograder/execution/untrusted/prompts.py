"""Answers what code asks its reader, since nobody is there."""

from __future__ import annotations

import builtins
import getpass
import pdb
import sys

MOST_PROMPTS = 100


def answer_prompts() -> None:
    """Answer each question with an empty line, and let no debugger wait."""
    patience = iter(range(MOST_PROMPTS))

    def nobody(prompt: object = "", *_: object, **__: object) -> str:
        print(prompt)
        if next(patience, None) is None:
            raise EOFError("nobody is here to answer")
        return ""

    def no_debugger(*_: object, **__: object) -> None:
        print("No debugger starts here: nobody is there to use it.")

    builtins.input = nobody
    getpass.getpass = nobody
    sys.breakpointhook = pdb.set_trace = no_debugger
