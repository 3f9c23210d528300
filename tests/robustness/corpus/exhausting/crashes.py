# ruff: noqa
# Answers that end their process, or keep it from answering.

# %% case="recursion" answer="standardize"
# Calls itself without end.
import sys

sys.setrecursionlimit(1_000_000)


def standardize(x):
    return standardize(x) + 1


# %% case="segmentation_fault" answer="standardize"
# Reads where there is no memory.
import ctypes


def standardize(x):
    ctypes.string_at(8)


# %% case="abort" answer="standardize"
# Aborts.
import os

os.abort()


# %% case="listens_in" answer="standardize"
# Reads from its sockets what is meant for the code that answers, which then never hears of it.
import os
import stat
import threading


def listen():
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                threading.Thread(target=os.read, args=(int(name), 1 << 16), daemon=True).start()
        except OSError:
            continue


def standardize(x):
    listen()
    return x


# %% case="stops_itself" answer="standardize"
# Stops its process, which then neither runs nor ends.
import os
import signal


def standardize(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    os.kill(0, signal.SIGSTOP)


# %% case="crash_on_the_way" answer="standardize" earns=1
# Ends its process in the hidden test.
import os


def standardize(x):
    if len(x) > 3:
        os._exit(1)
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="crash_of_a_helper" before="standardize"
# Ends its process in a cell of its own.
import os

os._exit(1)

# %% before="ramp"
import ctypes

ctypes.string_at(8)


# %% case="two_crashes" answer="standardize"
# Ends its process in two answers; the third counts.
import os

os._exit(0)

# %% answer="parity"
parity = "b"

# %% before="Affine"
import os

os.kill(os.getpid(), 9)


# %% case="crash_that_waits" answer="standardize"
# Ends its process from a thread, when another answer is tested.
import os
import threading

threading.Timer(0.05, os._exit, [1]).start()


def standardize(x):
    return x


# %% case="shell_that_runs_nothing" answer="standardize"
# Takes the shell away that runs the next cells.
type(get_ipython()).run_cell = None


def standardize(x):
    return x
