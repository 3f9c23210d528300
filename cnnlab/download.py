"""Fetches one large file: with its checksum, going on where an earlier attempt was cut off, all or nothing."""

import hashlib
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from coursekit.errors import DataError

_CHUNK = 1 << 18
_ATTEMPTS = 4


def fetch(url: str, target: Path, md5: str, *, timeout: float = 30.0, progress: bool = True) -> Path:
    """Make sure that a file is there, whole and right; nothing is downloaded where it already is.

    What an interrupted download leaves in ``NAME.part`` beside the target is gone on with, now or at the next call.

    Args:
        url: where the file is.
        target: where it should go; its folder is made if need be.
        md5: its checksum in hexadecimal.
        timeout: seconds without a byte after which the connection counts as lost.
        progress: whether to print on the error stream how far it is.

    Returns:
        The target.

    Raises:
        DataError: if the file cannot be had, or what comes is another file.
    """
    if target.is_file() and checksum(target) == md5:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    report = _printer(target.name) if progress else _silent
    failure = ""
    for _ in range(_ATTEMPTS):
        resumed = part.is_file()
        try:
            whole = _go_on(url, part, timeout, report)
        except urllib.error.HTTPError as error:
            failure = f"the server answered {error.code} {error.reason}"
            break
        except urllib.error.URLError as error:
            failure = f"there is no connection ({error.reason})"
            break
        except (OSError, HTTPException) as error:
            failure = str(error)
            continue
        if not whole:
            failure = "the connection was cut"
            continue
        if checksum(part) == md5:
            part.replace(target)
            return target
        failure = f"what came is not the file with MD5 {md5}"
        part.unlink()
        if not resumed:
            break
    raise DataError(
        f"{target.name} could not be downloaded: {failure}. Try again when {url} can be reached, "
        f"or save the file as {target} by other means."
    )


def checksum(path: Path) -> str:
    """A file's MD5 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _go_on(url: str, part: Path, timeout: float, report: Callable[[int, int], None]) -> bool:
    """Add to the part what is missing; whether it is as long as the server says the file is."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response: HTTPResponse = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return True  # there is nothing after what we have: the checksum decides whether it is the file
        raise
    with response:
        continues = response.status == HTTPStatus.PARTIAL_CONTENT
        start = have if continues else 0
        length = response.headers["Content-Length"]
        total = start + int(length) if length else 0
        with part.open("ab" if continues else "wb") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                report(file.tell(), total)
    return not total or part.stat().st_size == total


def _printer(name: str) -> Callable[[int, int], None]:
    """Prints a line at every tenth of the way."""
    printed = 0

    def report(have: int, total: int) -> None:
        nonlocal printed
        tenths = 10 * have // total if total else 0
        if tenths > printed:
            printed = tenths
            print(f"{name}: {10 * tenths} % of {total / 2**20:.0f} MiB", file=sys.stderr, flush=True)

    return report


def _silent(have: int, total: int) -> None:
    pass
