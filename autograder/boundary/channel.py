"""Messages over a socket, one frame each: eight bytes of length, then the bytes. Runs on both sides."""

from __future__ import annotations

import socket
import struct
import time

from autograder.boundary.malformed import MalformedMessage

MAX_FRAME = 256 * 2**20

_LENGTH = struct.Struct("<Q")
_PIECE = 2**20


class Channel:
    """One end of the connection between the grader's and the student's process.

    Args:
        connection: a connected stream socket, such as one of ``socket.socketpair()``; the channel owns it.
        seconds: how long one ``send`` or one ``receive`` may take in all; ``None`` for as long as it takes.
        most: how many bytes a message that is received may have.
    """

    def __init__(self, connection: socket.socket, seconds: float | None = None, most: int = MAX_FRAME) -> None:
        self._socket = connection
        self.seconds = seconds
        self._most = most

    def send(self, message: bytes | bytearray) -> None:
        """Send a message.

        Raises:
            EOFError: if the other end is closed.
            TimeoutError: if the other end does not take it in time.
            ValueError: if it is larger than a frame may be.
        """
        if len(message) > MAX_FRAME:
            raise ValueError(f"a message of {len(message)} bytes is larger than {MAX_FRAME}")
        self._socket.settimeout(self.seconds)
        try:
            self._socket.sendall(_LENGTH.pack(len(message)))
            self._socket.sendall(message)
        except (ConnectionError, BrokenPipeError):
            raise EOFError("the other end is closed") from None

    def receive(self) -> bytearray:
        """Wait for a message and return it.

        Raises:
            EOFError: if the other end is closed.
            TimeoutError: if the message is not there in time.
            MalformedMessage: if it announces more bytes than a frame may have.
        """
        deadline = None if self.seconds is None else time.monotonic() + self.seconds
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if length > self._most:
            raise MalformedMessage(f"a frame of {length} bytes is larger than {self._most}")
        return self._read(length, deadline)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _read(self, length: int, deadline: float | None) -> bytearray:
        """Exactly so many bytes; memory grows with what has come, not with what was announced."""
        data = bytearray()
        while len(data) < length:
            piece = self._piece(min(length - len(data), _PIECE), deadline)
            if not piece:
                raise EOFError("the other end is closed")
            data += piece
        return data

    def _piece(self, size: int, deadline: float | None) -> bytes:
        if deadline is not None and deadline <= time.monotonic():
            raise TimeoutError
        self._socket.settimeout(None if deadline is None else deadline - time.monotonic())
        try:
            return self._socket.recv(size)
        except ConnectionError:
            return b""
