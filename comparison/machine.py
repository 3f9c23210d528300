"""What was measured on, and with which releases."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from comparison.graders.base import PEERS

OURS = ("torch", "ipykernel")
THEIRS = ("nbgrader", "otter-grader", "nbclient", "ipykernel", "torch")
VERSIONS = (
    "import importlib.metadata, json, sys; print(json.dumps(list(map(importlib.metadata.version, sys.argv[1:]))))"
)


def machine() -> str:
    """Processor, cores, memory, system and how busy it is, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Machine: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; load (1, 5, 15 minutes) before the first run: {load}."
    )


def releases() -> str:
    """The releases of both environments, in one line."""
    asked = subprocess.run(
        [PEERS / "bin" / "python", "-c", VERSIONS, *THEIRS], capture_output=True, text=True, check=True
    )
    theirs = ", ".join(f"{name} {number}" for name, number in zip(THEIRS, json.loads(asked.stdout), strict=True))
    ours = ", ".join(f"{name} {version(name)}" for name in OURS)
    return f"Releases: {theirs}; here: {ours}."


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
