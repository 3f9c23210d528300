# ruff: noqa
# Answers that use up something; each stops by itself, so that it does no harm where a limit fails.

# %% case="endless_loop" answer="standardize"
# Never ends.
import time


def standardize(x):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        pass


# %% case="endless_cell" answer="standardize"
# Never ends being defined, whatever signals come.
import signal
import time

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
    signal.signal(number, signal.SIG_IGN)
end = time.monotonic() + 20
while time.monotonic() < end:
    try:
        time.sleep(1)
    except BaseException:
        pass


# %% case="deadlock" answer="standardize"
# Waits for itself.
import threading

lock = threading.Lock()


def standardize(x):
    with lock:
        lock.acquire(timeout=20)


# %% case="busy_regular_expression" answer="standardize"
# Is busy where no interrupt reaches it.
import re


def standardize(x):
    re.match(r"(a+)+$", "a" * 28 + "b")


# %% case="memory" answer="standardize"
# Takes memory, piece by piece.
def standardize(x):
    pieces = []
    for _ in range(60):
        pieces.append(torch.ones(50 * 2**17, dtype=torch.float64))
    return x


# %% case="memory_at_once" answer="standardize"
# Takes memory, all at once.
def standardize(x):
    return torch.ones(3 * 2**27, dtype=torch.float64)


# %% case="memory_of_children" answer="standardize"
# Takes memory in several processes.
import os
import time


def standardize(x):
    for _ in range(6):
        if os.fork() == 0:
            piece = bytearray(os.urandom(1)) * (300 * 2**20)
            time.sleep(8)
            os._exit(0)
    time.sleep(8)
    return x


# %% case="memory_that_is_not_mapped" answer="standardize"
# Takes shared memory in several processes and lets go of its pages, so that none seems to use it.
import mmap
import os
import time


def hold():
    piece = mmap.mmap(-1, 200 * 2**20)
    for start in range(0, len(piece), 2**20):
        piece[start : start + 2**20] = b"x" * 2**20
        piece.madvise(mmap.MADV_DONTNEED, start, 2**20)
    time.sleep(8)


def standardize(x):
    for _ in range(6):
        if os.fork() == 0:
            try:
                hold()
            finally:
                os._exit(0)
    time.sleep(8)
    return x


# %% case="memory_in_sockets" answer="standardize"
# Fills sockets that nobody reads, whose buffers are no process's memory.
import os
import socket
import time


def fill():
    held = []
    for _ in range(50):
        held.append(socket.socketpair())
        for each in held[-1]:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
            each.setblocking(False)
            try:
                while True:
                    each.send(bytes(2**15))
            except BlockingIOError:
                pass
    time.sleep(8)


def standardize(x):
    for _ in range(24):
        if os.fork() == 0:
            try:
                fill()
            finally:
                os._exit(0)
    time.sleep(8)
    return x


# %% case="fork_bomb" answer="standardize"
# Forks, and its children fork.
import os
import time


def standardize(x):
    for _ in range(7):
        try:
            os.fork()
        except OSError:
            break
    time.sleep(4)
    os._exit(0)


# %% case="threads" answer="standardize"
# Starts threads without end.
import threading
import time


def standardize(x):
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(4,), daemon=True).start()
    return x


# %% case="busy_processes" answer="standardize"
# Keeps every core busy in processes of its own.
import os
import time


def standardize(x):
    for _ in range(8):
        if os.fork() == 0:
            end = time.monotonic() + 6
            while time.monotonic() < end:
                pass
            os._exit(0)
    return x


# %% case="large_file" answer="standardize"
# Writes a file without end.
def standardize(x):
    with open("large", "wb") as file:
        for _ in range(1000):
            file.write(bytes(2**20))
    return x


# %% case="many_files" answer="standardize"
# Writes files without end.
def standardize(x):
    for number in range(400_000):
        open(f"file-{number}", "w").close()
    return x


# %% case="full_disk" answer="standardize"
# Fills its folder with files of the size that is allowed.
def standardize(x):
    for number in range(20):
        with open(f"file-{number}", "wb") as file:
            file.write(bytes(50 * 2**20))
    return x


# %% case="open_files" answer="standardize"
# Opens files without end.
def standardize(x):
    files = [open("/dev/null") for _ in range(5000)]
    return x


# %% case="output" answer="standardize"
# Prints 300 MB, in lines and in one line, and past Python.
import os
import sys


def standardize(x):
    for _ in range(100):
        print("x" * 2**20)
        sys.stderr.write("y" * 2**20)
        os.write(1, b"z" * 2**20)
    return x


# %% case="output_of_programs" answer="standardize"
# Has a program print 300 MB.
import subprocess


def standardize(x):
    subprocess.run(["head", "-c", "300M", "/dev/zero"])
    get_ipython().system("head -c 100M /dev/zero")
    return x


# %% case="long_result" answer="standardize"
# Returns a list of ten million numbers.
def standardize(x):
    return [0] * 10_000_000


# %% case="large_result" answer="standardize"
# Returns more than can cross.
def standardize(x):
    return "x" * (300 * 2**20)


# %% case="large_number" answer="standardize"
# Returns a number of a million digits.
def standardize(x):
    return 1 << 4_000_000


# %% case="deep_result" answer="standardize"
# Returns a list in a list in a list.
def standardize(x):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep


# %% case="cyclic_result" answer="standardize"
# Returns a list that holds itself.
def standardize(x):
    cyclic = []
    cyclic.append(cyclic)
    return cyclic


# %% case="virtual_result" answer="standardize"
# Returns a tensor that takes no memory and has very many elements.
def standardize(x):
    return torch.zeros(1, dtype=x.dtype).expand(2**40, 5)


# %% case="endless_object" answer="standardize"
# Returns an object that has an item for every index and a length beyond all memory.
class Endless:
    def __getitem__(self, index):
        return 1.0

    def __len__(self):
        return 2**62

    def __iter__(self):
        while True:
            yield torch.ones(2**17, dtype=torch.float64)


def standardize(x):
    return Endless()


# %% case="long_error" answer="standardize"
# Raises an error with a text of 100 MB.
def standardize(x):
    raise ValueError("x" * 100 * 2**20)


# %% case="report_that_grows" answer="standardize"
# Reports on its own cell in a text that takes twenty times as much memory once it is read.
import os
import stat
import struct

text = b"[" + b"[]," * 6_000_000 + b"[]]"
for name in os.listdir("/proc/self/fd"):
    try:
        if stat.S_ISSOCK(os.stat(f"/proc/self/fd/{name}").st_mode):
            with os.fdopen(os.dup(int(name)), "wb") as socket:
                socket.write(struct.pack("<Q", len(text)) + text)
    except OSError:
        continue


def standardize(x):
    return x


# %% case="endless_helpers" before="standardize"
# Has cells of its own that never end.
import time

time.sleep(20)

# %% before="parity"
end = time.monotonic() + 20
while time.monotonic() < end:
    pass
