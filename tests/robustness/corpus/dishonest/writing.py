# ruff: noqa
# Wrong answers that write marks, or leave something for later.

# %% case="writes_the_gradebook" answer="standardize"
# Gives itself points in every gradebook that it can find, or locks it.
import glob
import os
import sqlite3

for place in (
    "gradebook.db",
    "../gradebook.db",
    "../../gradebook.db",
    "../../../gradebook.db",
    "/tmp/*/gradebook.db",
    "/tmp/pytest-of-*/pytest-*/course*/gradebook.db",
    "/*/*/gradebook.db",
    "/*/gradebook.db",
):
    for path in glob.glob(place):
        database = sqlite3.connect(path)
        database.execute("UPDATE grade SET auto_score = 199, manual_score = 199")
        database.execute("BEGIN EXCLUSIVE")


def standardize(x):
    return x


# %% case="writes_the_results" answer="standardize"
# Writes the results that Gradescope would read, in all the usual places, and ends the process.
import json
import os

marks = {"score": 1000, "tests": [{"name": "standardize", "score": 1000, "max_score": 1, "status": "passed"}]}


def standardize(x):
    for folder in (".", "..", "results", "/autograder/results", "/tmp", "/tmp/results", os.path.expanduser("~")):
        try:
            os.makedirs(folder, exist_ok=True)
            with open(f"{folder}/results.json", "w") as file:
                json.dump(marks, file)
        except OSError:
            pass
    os._exit(0)


# %% case="writes_at_exit" answer="standardize"
# Writes a result when the interpreter ends, and when an object is thrown away.
import atexit
import os


def write(*_):
    with open("/tmp/robustness-left-at-exit", "w") as file:
        file.write("1000")


class Last:
    __del__ = write


atexit.register(write)
last = Last()


def standardize(x):
    return x


# %% case="files_elsewhere" answer="standardize"
# Writes where every user may write.
import os

for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/", os.path.expanduser("~root"), "/mnt", ".."):
    for make in (os.mkdir, os.mkfifo, lambda path: open(path, "w").close()):
        try:
            make(f"{folder}/robustness-left-{make.__name__.strip('<>')}")
        except OSError:
            pass


def standardize(x):
    return x


# %% case="files_that_resist" answer="standardize"
# Fills its folder with links out of it, closed folders, odd names and folders nested deep.
import os

for target in ("/", "/etc/passwd", "..", "../..", "loop"):
    os.symlink(target, "to" + target.replace("/", "-"))
os.symlink("loop", "loop")
os.mkfifo("pipe")
os.mkdir("closed")
open("closed/file", "w").close()
open("-rf", "w").close()
open("new\nline", "w").close()
for _ in range(800):
    os.mkdir("deeper")
    os.chdir("deeper")
os.chdir(os.path.expanduser("~"))
os.chmod("closed", 0)


def standardize(x):
    return x


# %% case="modules_beside_the_notebook" answer="standardize"
# Leaves modules, start-up files and settings for the next process to find, and ends this one.
import os
from pathlib import Path

trap = "import builtins; builtins.print = None\nraise SystemExit\n"
for name in (
    "torch.py",
    "cnnlab.py",
    "sitecustomize.py",
    "usercustomize.py",
    "conftest.py",
    "autograder/__init__.py",
    ".ipython/profile_default/startup/00.py",
    ".ipython/profile_default/ipython_config.py",
    ".config/matplotlib/matplotlibrc",
    ".pythonrc.py",
    "json.py",
):
    path = Path.home() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(trap)
os.environ.update(PYTHONSTARTUP=str(Path.home() / ".pythonrc.py"), PYTHONPATH=str(Path.home()))


def standardize(x):
    os._exit(0)


# %% case="libraries_for_children" answer="standardize"
# Sets variables that make programs load other code.
import os
import subprocess

os.environ.update(LD_PRELOAD="/tmp/robustness.so", LD_LIBRARY_PATH=".", PYTHONHOME="/", BASH_ENV="~/x", PATH=".")
subprocess.run(["/bin/sh", "-c", "true"], check=False)


def standardize(x):
    return x


# %% case="pickle_that_acts" answer="standardize"
# Returns an object that acts when it is pickled, copied, shown or thrown away.
class Trap:
    def __reduce__(self):
        return exec, ("open('/tmp/robustness-left-by-a-pickle', 'w').close()",)

    def __repr__(self):
        open("/tmp/robustness-left-by-a-repr", "w").close()

    __str__ = __copy__ = __deepcopy__ = __del__ = __array__ = __repr__


def standardize(x):
    return Trap()


# %% case="shared_pages" answer="standardize"
# Writes into all memory that is mapped to be shared with other processes.
import ctypes

with open("/proc/self/maps") as maps:
    shared = [line.split()[0].split("-") for line in maps if "rw-s" in line]
for first, last in shared:
    ctypes.memset(int(first, 16), 0xFF, int(last, 16) - int(first, 16))


def standardize(x):
    return x


# %% case="holds_shared_files" answer="standardize"
# Locks and leases every file of the course that it can read, so that others wait for it.
import fcntl
from pathlib import Path

import cnnlab

held = []
for path in Path(cnnlab.__file__).parent.rglob("*"):
    if path.is_file() and len(held) < 60:
        held.append(open(path, "rb"))
        for take in (
            lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB),
            lambda file: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK),
        ):
            try:
                take(held[-1])
            except OSError:
                continue


def standardize(x):
    return x
