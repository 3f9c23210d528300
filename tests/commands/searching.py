"""An answer that looks for a text wherever a student's code could: modules, objects, memory, files of all kinds.

The text is described by a pattern that does not fit itself, so that only other copies of the text are found.
"""

import gc
import os
import re
import sys
from pathlib import Path

PATTERN = re.compile(rb"hidden-mar[k]er-[0-9]{8}")
PIECE = 1 << 24
# Folders to look through beside those that every system has.
ALSO = ()


def search(folders):
    """The places where the text is."""
    everywhere = ["/proc", "/tmp", "/var/tmp", "/dev/shm", str(Path.cwd()), str(Path.home()), *folders, *ALSO]
    everywhere += [path for path in sys.path if path and not path.startswith((sys.prefix, sys.base_prefix))]
    found = [*in_modules(), *in_objects(), *in_memory()]
    return found + [f"file {path}" for folder in dict.fromkeys(everywhere) for path in in_files(folder)]


def in_modules():
    named = ["module hidden"] if "hidden" in sys.modules else []
    return named + [f"module {name}" for name, module in list(sys.modules.items()) if fits(repr(vars(module)))]


def in_objects():
    holders = [one for one in gc.get_objects() if type(one) in (dict, list, tuple, set)]
    inner = (value for one in holders for value in list(one.values() if type(one) is dict else one))
    return ["object"] if any(type(one) in (str, bytes) and fits(one) for one in inner) else []


def in_memory():
    found = []
    with Path("/proc/self/mem").open("rb", 0) as memory:
        for line in Path("/proc/self/maps").read_text().splitlines():
            where, rights, *_ = line.split()
            # What is mapped from a file is found in the file.
            if "r" in rights and "/" not in line:
                start, end = (int(part, 16) for part in where.split("-"))
                found += [f"memory {line}" for text in pieces(memory, start, end) if PATTERN.search(text)]
    return found


def pieces(memory, start, end):
    """A range of memory in pieces that overlap."""
    while start < end:
        try:
            memory.seek(start)
            yield memory.read(min(PIECE, end - start))
        except (OSError, OverflowError):
            return
        start += PIECE - 64


def in_files(folder):
    """Files with the text; of processes their memory, environment and command line, of this one none of them."""
    own = ("self", "thread-self", str(os.getpid()))
    for place, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if not (place == "/proc" and name in own) and name not in ("task", "net")]
        for name in names:
            path = Path(place, name)
            if (folder != "/proc" or name in ("mem", "environ", "cmdline")) and fits(content(path)):
                yield path


def content(path):
    try:
        return path.read_bytes()[: 4 * PIECE] if path.is_file() else b""
    except OSError:
        return b""


def fits(text):
    return PATTERN.search(text if isinstance(text, bytes) else text.encode("utf-8", "replace")) is not None
