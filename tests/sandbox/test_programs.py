"""Ordinary programs work in every situation of the grader's; only those that need children do not where it has none."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sandbox.conftest import mechanisms_in
from tests.sandbox.running import Tell, outcome
from tests.sandbox.settings import Setting

Program = Callable[[], None]


def calls_of_numpy_and_matplotlib() -> None:
    import matplotlib.pyplot as plt
    import numpy as np

    array = np.arange(1_000_000.0).reshape(1000, 1000)
    np.save("array.npy", array @ array)
    assert np.load("array.npy", mmap_mode="r").shape == (1000, 1000)
    plt.plot([1, 2])
    plt.savefig("figure.png")


def calls_of_torch() -> None:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    torch.set_num_threads(2)
    layer = torch.nn.Conv2d(1, 2, 3)
    layer(torch.ones(1, 1, 99, 99)).sum().backward()
    torch.save(layer.state_dict(), "layer.pt")
    torch.load("layer.pt", weights_only=True)
    assert [len(batch) for (batch,) in DataLoader(TensorDataset(torch.ones(6)), batch_size=3)] == [3, 3]


def workers_of_torch() -> None:
    from torch import multiprocessing, ones
    from torch.utils.data import DataLoader, TensorDataset

    multiprocessing.set_sharing_strategy("file_system")
    loader = DataLoader(TensorDataset(ones(6)), batch_size=3, num_workers=2, multiprocessing_context="fork")
    assert [len(batch) for (batch,) in loader] == [3, 3]


def databases() -> None:
    import dbm.dumb
    import sqlite3

    for mode in ("delete", "wal"):
        with sqlite3.connect(f"{mode}.db") as one, sqlite3.connect(f"{mode}.db") as other:
            one.execute(f"pragma journal_mode={mode}")
            one.execute("create table numbers (n)")
            one.executemany("insert into numbers values (?)", [(n,) for n in range(1000)])
            one.commit()
            assert other.execute("select sum(n) from numbers").fetchone() == (499_500,)
    with dbm.dumb.open("table", "c") as table:
        table["key"] = "value"


def locks_on_files_of_its_own() -> None:
    import fcntl

    from filelock import FileLock

    with FileLock("file.lock", timeout=1), open("other.lock", "w") as file:  # noqa: PTH123
        fcntl.lockf(file, fcntl.LOCK_EX)
        fcntl.flock(file, fcntl.LOCK_SH)


def archives_and_copies() -> None:
    import mmap
    import shutil
    import tempfile
    import zipfile

    folder = Path(tempfile.mkdtemp())
    (folder / "file").write_text("text" * 1000)
    shutil.copyfile(folder / "file", "again")
    Path("again").rename("renamed")
    os.link("renamed", "linked")
    Path("symbolic").symlink_to("linked")
    for kind in ("zip", "xztar", "gztar"):
        shutil.make_archive("archive", kind, folder)
    assert zipfile.ZipFile("archive.zip").read("file") == b"text" * 1000
    with Path("renamed").open("r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        view[:4] = b"TEXT"
        view.flush()
        os.ftruncate(file.fileno(), 4)
        os.fsync(file.fileno())
    with tempfile.TemporaryFile() as unnamed:
        os.posix_fallocate(unnamed.fileno(), 0, 4096)
    os.mkfifo("pipe")
    shutil.rmtree(folder)
    assert shutil.disk_usage(".").total > 0


def threads_and_waiting() -> None:
    import asyncio
    import queue
    import select
    import signal
    import socket
    import threading
    import time
    from concurrent.futures import ThreadPoolExecutor

    async def answer() -> int:
        return await asyncio.to_thread(sum, [1, 2])

    assert asyncio.run(answer()) == 3
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(abs, range(-5, 5))) == 25
    waits: queue.Queue[int] = queue.Queue()
    timer = threading.Timer(0.01, waits.put, [1])
    timer.start()
    waits.get()
    one, other = socket.socketpair()
    one.settimeout(1)
    with one, other, select.epoll() as events:
        events.register(other, select.EPOLLIN)
        one.sendmsg([b"words"])
        assert events.poll() and other.recv(5) == b"words"
    counter = os.eventfd(0)
    os.eventfd_write(counter, 3)
    assert os.eventfd_read(counter) == 3
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.sigwait([signal.SIGALRM]) if signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]) else time.sleep(0.02)


def what_python_asks_the_system() -> None:
    import getpass
    import locale
    import platform
    import resource
    import time

    locale.setlocale(locale.LC_ALL, "")
    assert platform.platform() and getpass.getuser() and os.cpu_count() and os.getloadavg()
    os.nice(1)
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    assert time.get_clock_info("monotonic").resolution and os.uname() and os.times()
    assert os.get_terminal_size is not None and not os.isatty(0) and os.urandom(4)


def children_of_python() -> None:
    import asyncio
    import multiprocessing

    context = multiprocessing.get_context("fork")
    hears, tells = context.Pipe(duplex=False)
    worker = context.Process(target=tells.send, args=["words"])
    worker.start()
    assert hears.recv() == "words"
    worker.join()

    async def shell() -> bytes:
        process = await asyncio.create_subprocess_shell("echo words", stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0]

    assert asyncio.run(shell()) == b"words\n"


def pools_of_python() -> None:
    import multiprocessing
    from multiprocessing import shared_memory

    context = multiprocessing.get_context("fork")
    lock, numbers = context.Lock(), context.Queue()

    def put() -> None:
        with lock:
            numbers.put(os.getpid())

    workers = [context.Process(target=put) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert {numbers.get() for _ in workers} == {worker.pid for worker in workers}
    for worker in workers:
        worker.join()
    with context.Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]
    memory = shared_memory.SharedMemory(create=True, size=4096)
    memory.buf[0] = 1
    memory.close()
    memory.unlink()


COMMANDS = """
set -e
mkdir -p folder/inner; echo text | tee folder/file >/dev/null; cp -a folder copy; mv copy moved; ln -s moved link
ls -la --color=always . >list; touch -d yesterday folder/file; chmod 600 folder/file; stat folder/file; du -sh .; df .
find . -name file -exec cat {} + | sort | uniq -c | sed s/t/T/ | awk '{print $1}' | head -1; wc -l list; grep -r text .
dd if=/dev/full of=zeros bs=1k count=4; tar czf all.tar.gz folder; tar xzf all.tar.gz; gzip -k zeros; xz -k list
xz -dc list.xz | cmp - list; split -b 1k zeros part-; sync; sha256sum zeros; diff zeros zeros; truncate -s 10 zeros
date; sleep 0.01; nproc; uname -a; id -u; timeout 5 true; nice true; nohup true; env | sort; tail -n1 list; mktemp
flock lock true; setsid true; mkfifo pipe; xargs echo </dev/null; seq 3 | shuf | sort -n; (sleep 0.01 & wait)
kill -0 $$; ulimit -a; rm -r folder
"""


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commands_of_the_shell() -> None:
    _run("bash", "-c", COMMANDS)


def git() -> None:
    _run("git", "init", "-q", "repository")
    Path("repository/file").write_text("text")
    for words in ("add file", "-c user.name=me -c user.email=me@here commit -qm first", "gc -q", "status", "log"):
        _run("git", "-C", "repository", *words.split())
    _run("git", "clone", "-q", "repository", "clone")


def pip_without_a_network() -> None:
    _run(sys.executable, "-c", "import sys; print(sys.version)")
    done = subprocess.run([sys.executable, "-m", "pip", "install", "nothing"], capture_output=True, text=True)
    assert "No module named pip" in done.stderr or "No matching distribution" in done.stderr, done.stderr[-400:]


def lines_of_ipython() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    assert shell.getoutput("echo words | tr a-z A-Z") == ["WORDS"]
    for cell in ("!ls", "%%bash\necho words\n", "%time sum(range(9))", "import math; math.pi"):
        assert shell.run_cell(cell).success


def terminals() -> None:
    control, terminal = os.openpty()
    subprocess.run(["stty", "rows", "20", "columns", "30"], stdin=terminal, check=True)
    assert os.get_terminal_size(terminal) == (30, 20) and os.isatty(terminal)
    os.write(control, b"words\n")
    assert subprocess.run(["head", "-n1"], stdin=terminal, stdout=subprocess.PIPE).stdout == b"words\n"


ALONE = (
    *(calls_of_numpy_and_matplotlib, calls_of_torch, databases, locks_on_files_of_its_own, archives_and_copies),
    *(threads_and_waiting, what_python_asks_the_system),
)
WITH_CHILDREN = (children_of_python, commands_of_the_shell, git, pip_without_a_network, lines_of_ipython, terminals)
# Named semaphores live in /dev/shm. Only a process with a tree of files of its own has that folder to itself.
WITH_SEMAPHORES = (pools_of_python, workers_of_torch)


def run(setting: Setting, program: Program) -> str:
    """What stopped a program; empty if nothing did."""

    def act(tell: Tell) -> None:
        sys.stdout = sys.stderr = io.StringIO()
        try:
            program()
        except BaseException as problem:
            tell(f"{type(problem).__name__}: {problem} {sys.stdout.getvalue()}".encode())
        else:
            tell(b"worked")

    told, ended = outcome(setting, act)
    return told.decode() or ended.detail


@pytest.mark.parametrize("program", ALONE, ids=lambda program: program.__name__)
def test_a_program_of_one_process_works(setting: Setting, program: Program) -> None:
    assert run(setting, program) == "worked"


@pytest.mark.parametrize("program", WITH_CHILDREN, ids=lambda program: program.__name__)
def test_a_program_with_children_works_where_it_may_have_children(setting: Setting, program: Program) -> None:
    assert (run(setting, program) == "worked") != mechanisms_in(setting).alone


@pytest.mark.parametrize("program", WITH_SEMAPHORES, ids=lambda program: program.__name__)
def test_a_program_with_semaphores_works_where_it_has_a_tree_of_files(setting: Setting, program: Program) -> None:
    assert (run(setting, program) == "worked") == mechanisms_in(setting).namespaces
