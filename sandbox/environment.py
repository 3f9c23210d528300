"""The environment variables of the processes that grade."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def clean_environment() -> dict[str, str]:
    """The environment for the caller: students' processes inherit its memory, so it holds nothing of the user's."""
    kept = {name: os.environ[name] for name in ("MPLBACKEND", "TMPDIR") if name in os.environ}
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "Agg",
        # torch's compiler makes a folder of its own when it is imported, unless this names one.
        "TORCHINDUCTOR_CACHE_DIR": tempfile.gettempdir(),
        # glibc would give the memory of each large tensor back to the system, and have it cleared page by page again.
        # Not so for the largest: what lies between two of them would fill their place, which is lost for larger ones.
        # And 32 MiB is the most that mallopt(3) allows; older releases pass over what is larger.
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
        "MALLOC_TOP_PAD_": str(16 << 20),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        **kept,
    }


def student_environment(home: Path) -> dict[str, str]:
    """The whole environment of a student's process."""
    cache = home / ".cache"
    return {
        **clean_environment(),
        "HOME": str(home),
        "TMPDIR": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
        "XDG_CACHE_HOME": str(cache),
        # There is no network: an installation fails at once.
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # git takes a file that it may not read for an error.
        "GIT_CONFIG_NOSYSTEM": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(cache),
    }
