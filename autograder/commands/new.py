"""``autograder new``."""

from __future__ import annotations

import json
import re
import secrets
import shlex
import shutil
from pathlib import Path

import click

import autograder
from autograder.atomic_files import write_text
from autograder.errors import CourseError
from autograder.settings import FILE

TEMPLATE = Path(autograder.__file__).parent / "new_course"


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--title", help="The course's name for readers; default: made from the folder's name.")
def new(path: Path, title: str | None) -> None:
    """Start a course in PATH, a new or an empty folder: settings, and a first topic to build and to grade."""
    folder = path.resolve()
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")
    title = re.sub(r"[-_]+", " ", folder.name).strip() if title is None else title.strip()
    if around := [parent for parent in folder.parents if (parent / FILE).is_file()]:
        raise CourseError(f"{folder} lies in the course {around[0]}; start it somewhere else.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise CourseError(f"{folder} exists and is not an empty folder; name a new or an empty one.")
    if not folder.parent.is_dir():
        raise CourseError(f"{folder.parent} is not a folder; make it first.")
    if not name:
        raise CourseError(f"{folder.name!r} cannot become an id; use letters from a to z in the folder's name.")
    if not title or not title.isprintable():
        raise CourseError("the title must be one line of printable text.")
    _write(folder, {'"TITLE"': json.dumps(title, ensure_ascii=False), "TITLE": title, "COURSE-ID": name})
    steps = [f"Started {title} with a first topic. Next:", f"cd {shlex.quote(str(path))}", "autograder build"]
    click.echo("\n  ".join([*steps, "autograder grade"]))


def _write(folder: Path, words: dict[str, str]) -> None:
    """Fill in the template beside the folder, and move it there as a whole."""
    fresh, there = folder.with_name(f".{secrets.token_hex(8)}"), folder.exists()
    try:
        for file in (one for one in TEMPLATE.rglob("*") if one.is_file() and "__pycache__" not in one.parts):
            text = re.sub("|".join(words), lambda found: words[found[0]], file.read_text(encoding="utf-8"))
            write_text(fresh / file.relative_to(TEMPLATE), text)
        if there:
            # It may be the folder that the command runs in, so it stays.
            for path in fresh.iterdir():
                path.rename(folder / path.name)
        else:
            fresh.rename(folder)
    except BaseException:
        for path in folder.iterdir() if there else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
