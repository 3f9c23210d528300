"""Writes the zip that Gradescope builds its image from: ``setup.sh``, ``run_autograder`` and what they need."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from autograder.atomic_files import write_bytes
from autograder.course import Course

HERE = Path(__file__).parent
SCRIPTS = ("setup.sh", "run_autograder", "Dockerfile")
EPOCH = (1980, 1, 1, 0, 0, 0)
PACKAGES = ("autograder", "cnnlab", "coursekit", "sandbox")
PACKAGED = (".py", ".json", ".jinja", ".css", ".sh")
ROOT_FILES = ("pyproject.toml", "requirements.lock", "README.md")


def write_bundle(course: Course, topic: str, path: Path) -> None:
    """Write the zip of one topic; two zips of the same files are identical.

    It holds the topic's tests and solutions, so it is for Gradescope alone.
    """
    files = {script: HERE / script for script in SCRIPTS}
    files |= {f"course/{file.relative_to(course.root).as_posix()}": file for file in _course_files(course, topic)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, _zipped(files))


def _course_files(course: Course, topic: str) -> list[Path]:
    found = [course.root / name for name in ROOT_FILES]
    for package in PACKAGES:
        found += [file for file in (course.root / package).rglob("*") if file.is_file() and _is_packaged(file)]
    found += course.data_files
    found += [*(course.solutions / topic).glob("*.ipynb"), *(course.notebooks / topic).glob("*.ipynb")]
    return sorted(found)


def _is_packaged(file: Path) -> bool:
    return file.suffix in PACKAGED or (file.parent == HERE and file.name in SCRIPTS)


def _zipped(files: dict[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name in SCRIPTS else 0o644) << 16
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()
