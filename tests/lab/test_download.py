"""Downloads, from a server on this machine that behaves as servers do."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest

from cnnlab.download import fetch
from coursekit.errors import DataError

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT).hexdigest()


@dataclass
class Server:
    """How the server behaves, and what it was asked.

    Attributes:
        content: the file it serves.
        ranges: whether it honours a Range header.
        cuts: after how many bytes to hang up, answer by answer; whole answers afterwards.
        status: an error status to answer with.
        length: whether it says how long the file is.
        asked: the Range header of every request so far, "" for none.
    """

    content: bytes = CONTENT
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    status: int = 0
    length: bool = True
    asked: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on the loopback interface."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            state.asked.append(wanted)
            start = int(re.findall(r"\d+", wanted)[0]) if wanted and state.ranges else 0
            if state.status:
                self.send_error(state.status)
            elif start >= len(state.content):
                self.send_error(416)
            else:
                self.answer(state.content[start:], start)

        def answer(self, body: bytes, start: int) -> None:
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(state.content) - 1}/{len(state.content)}")
            if state.length:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.cuts.pop(0)] if state.cuts else body)

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}/file.bin"
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the file should go, in a folder that is not there yet."""
    return tmp_path / "data" / "file.bin"


@pytest.fixture
def part(target: Path) -> Path:
    """Where an interrupted download leaves what it has."""
    target.parent.mkdir()
    return target.with_name("file.bin.part")


def get(server: Server, target: Path) -> None:
    fetch(server.url, target, MD5, timeout=5, progress=False)


def test_a_file_is_downloaded_whole(server: Server, target: Path) -> None:
    get(server, target)
    assert target.read_bytes() == CONTENT


def test_nothing_else_is_left_behind(server: Server, target: Path) -> None:
    get(server, target)
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_is_there_is_not_downloaded_again(server: Server, target: Path) -> None:
    get(server, target)
    get(server, target)
    assert len(server.asked) == 1


def test_a_file_that_is_there_but_damaged_is_replaced(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"damaged")
    get(server, target)
    assert target.read_bytes() == CONTENT


def test_a_server_that_does_not_say_the_length_is_fine(server: Server, target: Path) -> None:
    server.length = False
    get(server, target)
    assert target.read_bytes() == CONTENT


class TestResume:
    def test_a_transfer_that_is_cut_goes_on_where_it_was(self, server: Server, target: Path) -> None:
        server.cuts = [300_000, 200_000]
        get(server, target)
        assert target.read_bytes() == CONTENT
        assert server.asked == ["", "bytes=300000-", "bytes=500000-"]

    def test_a_later_call_goes_on_where_an_earlier_one_was_killed(
        self, server: Server, target: Path, part: Path
    ) -> None:
        part.write_bytes(CONTENT[:1000])
        get(server, target)
        assert target.read_bytes() == CONTENT
        assert server.asked == ["bytes=1000-"]

    def test_a_server_that_ignores_ranges_sends_it_all_again(self, server: Server, target: Path, part: Path) -> None:
        server.ranges = False
        part.write_bytes(CONTENT[:1000])
        get(server, target)
        assert target.read_bytes() == CONTENT

    def test_a_part_that_is_already_whole_needs_no_more_bytes(self, server: Server, target: Path, part: Path) -> None:
        part.write_bytes(CONTENT)
        get(server, target)
        assert target.read_bytes() == CONTENT

    @pytest.mark.parametrize("stale", [b"another file", CONTENT[:999] + b"!", CONTENT + b"more", bytes(len(CONTENT))])
    def test_a_part_of_another_file_is_thrown_away(
        self, server: Server, target: Path, part: Path, stale: bytes
    ) -> None:
        part.write_bytes(stale)
        get(server, target)
        assert target.read_bytes() == CONTENT

    def test_what_came_is_kept_for_the_next_call_when_the_line_is_too_bad(
        self, server: Server, target: Path, part: Path
    ) -> None:
        server.cuts = [1000] * 4
        with pytest.raises(DataError, match=r"file\.bin could not be downloaded: the connection was cut"):
            get(server, target)
        assert part.read_bytes() == CONTENT[:4000]
        get(server, target)
        assert target.read_bytes() == CONTENT


class TestFailure:
    def test_without_a_network_one_sentence_says_what_to_do(self, target: Path) -> None:
        with create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with pytest.raises(DataError) as caught:
            fetch(f"http://127.0.0.1:{port}/file.bin", target, MD5, timeout=5, progress=False)
        assert "there is no connection" in str(caught.value)
        assert f"save the file as {target} by other means" in str(caught.value)

    @pytest.mark.parametrize("status", [403, 404, 503])
    def test_a_refusal_is_passed_on(self, server: Server, target: Path, status: int) -> None:
        server.status = status
        with pytest.raises(DataError, match=f"the server answered {status}"):
            get(server, target)
        assert len(server.asked) == 1

    def test_another_file_is_refused_and_not_fetched_over_and_over(self, server: Server, target: Path) -> None:
        server.content = b"<html>Please log in to the network</html>"
        with pytest.raises(DataError, match="what came is not the file with MD5"):
            get(server, target)
        assert len(server.asked) == 1
        assert list(target.parent.iterdir()) == []

    def test_an_old_file_stays_until_a_right_one_is_there(self, server: Server, target: Path) -> None:
        target.parent.mkdir()
        target.write_bytes(b"old")
        server.status = 404
        with pytest.raises(DataError):
            get(server, target)
        assert target.read_bytes() == b"old"

    def test_a_folder_that_cannot_be_written_is_named(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "file.bin.part").mkdir()
        with pytest.raises(DataError, match=re.escape(str(tmp_path / "file.bin.part"))):
            get(server, tmp_path / "file.bin")


class TestProgress:
    def test_is_a_line_on_the_error_stream_for_every_tenth(
        self, server: Server, target: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fetch(server.url, target, MD5, timeout=5)
        captured = capsys.readouterr()
        assert captured.err.splitlines()[-1] == "file.bin: 100 % of 1 MiB"
        assert captured.out == ""

    def test_can_be_turned_off(self, server: Server, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
        get(server, target)
        assert capsys.readouterr().err == ""
