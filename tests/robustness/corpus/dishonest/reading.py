# ruff: noqa
# Wrong answers that look for tests, solutions and secrets.

# %% case="searches_frames" answer="standardize"
# Looks for the test in the frames of its callers, in those of an error, in linecache and among all objects.
import gc
import linecache
import sys

wanted = "sentinel-of-" + "the"


def texts():
    frame = sys._getframe()
    while frame:
        yield repr({**frame.f_globals, **frame.f_locals})
        frame = frame.f_back
    try:
        raise ValueError
    except ValueError as error:
        trace = error.__traceback__
        while trace:
            yield repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
    yield repr(linecache.cache)
    for found in gc.get_objects():
        if type(found) in (dict, list, tuple) and len(found) < 1000:
            for value in found.values() if type(found) is dict else found:
                if type(value) is str or type(value) is bytes:
                    yield str(value)


def standardize(x):
    for text in texts():
        if wanted in text and "wanted" not in text:
            place = text.index(wanted)
            raise RuntimeError(text[max(0, place - 200) : place + 200])
    return x


# %% case="traces_calls" answer="standardize"
# Has Python report every call and line, and looks at what it is told.
import sys
import threading

wanted = "sentinel-of-" + "the"
heard = []


def trace(frame, event, argument):
    text = repr(frame.f_locals)[:10_000]
    if wanted in text and "wanted" not in text:
        heard.append(text)
    return trace


def standardize(x):
    if heard:
        raise RuntimeError(heard[0])
    return x


sys.settrace(trace)
sys.setprofile(trace)
threading.settrace(trace)


# %% case="reads_the_environment" answer="standardize"
# Looks for secrets in the variables of its environment, as they are and as they were.
import os
from pathlib import Path

wanted = b"sentinel-of-" + b"the"


def standardize(x):
    for text in (repr(os.environ).encode(), Path("/proc/self/environ").read_bytes()):
        if wanted in text:
            raise RuntimeError(text.decode())
    return x


# %% case="reads_its_own_memory" answer="standardize"
# Looks for secrets in all memory that it shares with the process it was forked from.
import re

wanted = b"sentinel-of-" + b"the-"


def search():
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            first, last = (int(part, 16) for part in line.split()[0].split("-"))
            if " rw" not in line or last - first > 1 << 28:
                continue
            memory.seek(first)
            try:
                part = memory.read(last - first)
            except OSError:
                continue
            if found := re.search(wanted + rb"[a-z]+", part):
                return found[0].decode()


def standardize(x):
    if found := search():
        raise RuntimeError(found)
    return x


# %% case="reads_other_processes" answer="standardize"
# Reads the environment, command line, memory map and open files of every process it can see.
import os
from pathlib import Path

wanted = b"sentinel-of-" + b"the"


def standardize(x):
    for folder in Path("/proc").glob("[0-9]*"):
        if folder.name == str(os.getpid()):
            continue
        for name in ("environ", "cmdline", "maps", "fd/3", "fd/4", "cwd/gradebook.db"):
            try:
                text = (folder / name).read_bytes()
            except OSError:
                continue
            if wanted in text or name == "maps":
                raise RuntimeError("sentinel-of-" + f"the-process {folder} {name}")
    return x


# %% case="reads_the_solutions" answer="standardize"
# Looks for solutions, tests, gradebooks and other submissions in all folders it can see.
import os
from pathlib import Path

wanted = b"sentinel-of-" + b"the"


def search():
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "site-packages", "lib", "lib64")]
        for name in files:
            path = Path(folder, name)
            if path.suffix in (".py", ".ipynb", ".db", ".json", ".csv", ".html", "") and path.stat().st_size < 1 << 20:
                try:
                    if wanted in path.read_bytes():
                        return path.read_text()
                except OSError:
                    continue


def standardize(x):
    if found := search():
        raise RuntimeError(found)
    return x


# %% case="reads_open_files" answer="standardize"
# Reads all descriptors that it inherited.
import os
import stat

wanted = b"sentinel-of-" + b"the"


def standardize(x):
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode) and wanted in os.pread(number, 1 << 20, 0):
                raise RuntimeError("sentinel-of-" + "the-descriptor")
        except OSError:
            continue
    return x
