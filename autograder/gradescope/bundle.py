"""Writes the zip that Gradescope builds its image from: ``setup.sh``, ``run_autograder`` and what they need."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from autograder.atomic_files import write_bytes
from autograder.course import HIDDEN, Course
from autograder.settings import FILE

HERE = Path(__file__).parent
ENGINE = HERE.parents[1]
TEMPLATE = HERE.parent / "new_course"
SCRIPTS = ("setup.sh", "run_autograder", "Dockerfile")
EPOCH = (1980, 1, 1, 0, 0, 0)
PACKAGES = ("autograder", "coursekit", "sandbox")
PACKAGED = (".py", ".json", ".jinja", ".css", ".sh")
ROOT_FILES = ("pyproject.toml", "requirements.lock", "README.md")


def write_bundle(course: Course, topic: str, path: Path) -> None:
    """Write the zip of one topic; two zips of the same files are identical.

    It holds the topic's tests and solutions, so it is for Gradescope alone.
    """
    files = {script: HERE / script for script in SCRIPTS}
    files |= {f"course/{name}": file for name, file in sorted(_course_files(course, topic).items())}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, _zipped(files))


def _course_files(course: Course, topic: str) -> dict[str, Path]:
    """By its path in the zip's course, each file of the engine and of the course that grading a topic needs."""
    engine = [ENGINE / name for name in ROOT_FILES]
    for package in PACKAGES:
        engine += filter(_is_packaged, (ENGINE / package).rglob("*"))
    own = [course.root / FILE, *course.data_files]
    own += filter(_is_packaged, course.package_folder.rglob("*") if course.package_folder else ())
    own += [*(course.solutions / topic).glob("*.ipynb"), *(course.notebooks / topic).glob("*.ipynb")]
    own += (course.solutions / topic).glob(HIDDEN)
    placed = ((root, file) for root, files in ((ENGINE, engine), (course.root, own)) for file in files)
    return {file.relative_to(root).as_posix(): file for root, file in placed}


def _is_packaged(file: Path) -> bool:
    if not file.is_file() or TEMPLATE in file.parents:
        return False
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
