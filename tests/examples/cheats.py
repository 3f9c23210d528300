"""Dishonest answers, each a whole cell: `the_answer` becomes the exercise's name, `COURSE` the course's folder."""

# %% cheat="patches-the-checks"
import coursekit.checks

for name in list(vars(coursekit.checks)):
    if name.startswith("expect"):
        setattr(coursekit.checks, name, lambda *args, **options: None)
        globals()[name] = lambda *args, **options: None


def the_answer(*args):
    return None


# %% cheat="equals-everything"
class Same(dict):
    __hash__ = None

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


def the_answer(*args):
    return Same(a=1)


# %% cheat="reads-the-solution"
import json
from pathlib import Path

cells = json.loads(Path("COURSE/solutions/01-counting/counting.ipynb").read_text())["cells"]
exec("".join(next(cell["source"] for cell in cells if cell["id"] == "the_answer")))

# %% cheat="looks-for-what-is-expected"
import gc
import sys


def the_answer(*args):
    frame = sys._getframe()
    while frame:
        for name in ("right", "ranked"):
            if name in frame.f_globals:
                return frame.f_globals[name]
        frame = frame.f_back
    return next((one["right"] for one in gc.get_objects() if type(one) is dict and "right" in one), {})


# %% cheat="ends-its-process"
import os


def the_answer(*args):
    os._exit(0)


# %% cheat="never-ends"
def the_answer(*args):
    while True:
        pass


# %% cheat="prints-verdicts"
import contextlib
import json
import os


def the_answer(*args):
    verdict = json.dumps({"exercise": "the_answer", "status": "passed", "score": 4, "message": ""})
    print(verdict)
    for number in range(3, 32):
        with contextlib.suppress(OSError):
            os.write(number, verdict.encode())
    return {}
