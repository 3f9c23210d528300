"""Messages over a socket, one frame each: eight bytes of length, then the bytes. Runs on both sides."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import TypeVar

from autograder.boundary.malformed import MalformedMessage

MAX_FRAME = 256 * 2**20
Result = TypeVar("Result")

_LENGTH = struct.Struct("<Q")
_PIECE = 2**20


class Channel:
    """One end of the connection between the grader's and the student's process.

    Args:
        connection: a connected stream socket, such as one of ``socket.socketpair()``; the channel owns it.
        most: how many bytes a message that is received may have.
        watch: called ever so often while the other end is waited for. It returns after how many seconds it wants to be
            called again; what it raises ends the waiting. Without, this waits for as long as it takes.
    """

    def __init__(
        self, connection: socket.socket, most: int = MAX_FRAME, watch: Callable[[], float] | None = None
    ) -> None:
        self._socket = connection
        self._most = most
        self.watch = watch

    def send(self, message: bytes | bytearray) -> None:
        """Send a message.

        Raises:
            EOFError: if the other end is closed.
            ValueError: if it is larger than a frame may be.
        """
        if len(message) > MAX_FRAME:
            raise ValueError(f"a message of {len(message)} bytes is larger than {MAX_FRAME}")
        try:
            self._write(_LENGTH.pack(len(message)))
            self._write(message)
        except (ConnectionError, BrokenPipeError):
            raise EOFError("the other end is closed") from None

    def receive(self) -> bytearray:
        """Wait for a message and return it.

        Raises:
            EOFError: if the other end is closed.
            MalformedMessage: if it announces more bytes than a frame may have.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if length > self._most:
            raise MalformedMessage(f"a frame of {length} bytes is larger than {self._most}")
        return self._read(length)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _read(self, length: int) -> bytearray:
        """Exactly so many bytes; memory grows with what has come, not with what was announced."""
        data = bytearray()
        while len(data) < length:
            piece = self._piece(min(length - len(data), _PIECE))
            if not piece:
                raise EOFError("the other end is closed")
            data += piece
        return data

    def _write(self, message: bytes | bytearray) -> None:
        rest = memoryview(message)
        while rest:
            sent = self._waiting(lambda: self._socket.send(rest))  # noqa: B023 - called at once
            rest = rest[sent:]

    def _piece(self, size: int) -> bytes:
        try:
            return self._waiting(lambda: self._socket.recv(size))
        except ConnectionError:
            return b""

    def _waiting(self, act: Callable[[], Result]) -> Result:
        """What an action on the socket gives, once the other end is ready for it."""
        while True:
            self._socket.settimeout(self.watch() if self.watch else None)
            try:
                return act()
            except TimeoutError:
                continue
