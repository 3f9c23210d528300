"""Notices what a submission reaches for that the sandbox keeps from it, so that the instructor can be told.

Runs in the student's process, which can silence it: what it reports is worth a look, what it does not report proves
nothing. Nothing is stopped here; ``sandbox`` does that.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from typing import Any

from autograder.execution.incidents import NETWORK, SIGNALS, to_reach

LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
INTERNET = (socket.AF_INET, socket.AF_INET6)
FILES = ("open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.mkdir", "os.chmod", "os.link", "os.symlink")
MOST_NOTICES = 20


class Notices:
    """What was reached for since it was last asked.

    Args:
        hidden: folders and files that are none of a submission's business.
    """

    def __init__(self, hidden: Sequence[str]) -> None:
        self._hidden = tuple(hidden)
        self._seen: dict[str, None] = {}
        sys.addaudithook(self._hear)

    def take(self) -> list[str]:
        """What was reached for, each thing once, as the end of a sentence."""
        seen, self._seen = list(self._seen), {}
        return seen

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        notice = self._notice(event, arguments)
        if notice and len(self._seen) < MOST_NOTICES:
            self._seen[notice] = None

    def _notice(self, event: str, arguments: tuple[Any, ...]) -> str:
        # Sockets of the Unix family are what a submission's own workers talk through.
        if event in LOOKUPS or (event == "socket.__new__" and arguments[1] in INTERNET):
            return NETWORK
        if event in ("os.kill", "os.killpg") and arguments[0] in (-1, 1, os.getppid()):
            return SIGNALS
        if event in FILES and isinstance(arguments[0], str | bytes):
            path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 - resolve() would look at the disk
            reached = (place for place in self._hidden if path == place or path.startswith(place + os.sep))
            return next(map(to_reach, reached), "")
        return ""
