"""Leftovers of other places in a student's cells that must not cost an answer: magics, installs, Colab."""

from __future__ import annotations

import builtins
import getpass
import pdb
import re
import sys
from collections.abc import Callable
from types import ModuleType

INSTALLS = r"[!%]\s*(?:pip3?|conda|mamba|uv|apt|apt-get|sudo|wget|curl|git)\b"
SWITCHES = r"%(?:matplotlib|load_ext|autoreload|cd)\b"
SKIPPED_LINE = re.compile(rf"^(?P<indent>[ \t]*)(?:{INSTALLS}|{SWITCHES}).*$", re.MULTILINE)


def without_noise(source: str) -> str:
    """A cell's text with lines that install, download or switch the plotting backend replaced by ``pass``."""
    return SKIPPED_LINE.sub(r"\g<indent>pass", source)


MOST_PROMPTS = 100
COLAB_PARTS = ("auth", "data_table", "drive", "files", "output", "patches", "userdata", "widgets")


def offer_colab() -> None:
    """Make ``google.colab`` importable, so that a forgotten import or drive mount says what it is and goes on."""
    google = sys.modules.setdefault("google", ModuleType("google"))
    colab = google.__dict__["colab"] = _absent("google.colab")
    for part in COLAB_PARTS:
        colab.__dict__[part] = _absent(f"google.colab.{part}")


def _absent(name: str) -> ModuleType:
    """A module whose every function says that it does nothing here."""
    module = sys.modules[name] = ModuleType(name)

    def lookup(attribute: str) -> Callable[..., None]:
        if attribute.startswith("__"):
            raise AttributeError(attribute)

        def missing(*_: object, **__: object) -> None:
            print(f"{name}.{attribute} does nothing here: grading has no Colab and no network.")

        return missing

    module.__dict__.update(__getattr__=lookup, __path__=[])
    return module


def answer_prompts() -> None:
    """Answer what code asks its reader with an empty line, since nobody is there, and let no debugger wait."""
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
