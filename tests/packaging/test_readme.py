"""The README tells the truth about commands, topics and files."""

from __future__ import annotations

import re
import shlex
import subprocess
import zipfile
from pathlib import Path

import click
import pytest

from autograder.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = main.list_commands(click.Context(main))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def code_blocks(text: str) -> list[str]:
    """The fenced blocks of a Markdown text."""
    return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_first_thing_in_the_readme_is_what_ci_runs():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    first = re.findall(r"^make \w+", code_blocks(README)[0], re.MULTILINE)

    assert first == ["make grade", "make test"]
    assert [command for command in first if f"\n{command}\n" not in ci] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/grading.md"])
def test_every_make_target_named_exists(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= TARGETS


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/grading.md"])
def test_every_autograder_command_named_exists(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")

    assert set(re.findall(r"(?:^|`)autograder ([a-z]+)", text, re.MULTILINE)) <= set(COMMANDS)


def test_every_autograder_command_is_in_the_readme():
    assert [command for command in COMMANDS if f"autograder {command}" not in README] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/grading.md"])
def test_every_link_to_a_file_leads_somewhere(name: str):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))

    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_the_table_of_topics_lists_the_folders_of_solutions():
    rows = re.findall(r"^\| \[(\d\d-[a-z-]+)\]\(notebooks/(\S+?)\)", README, re.MULTILINE)
    folders = sorted(path.name for path in (ROOT / "solutions").glob("[0-9][0-9]-*"))

    assert [name for name, _ in rows] == folders
    assert [link for name, link in rows if not link.startswith(f"{name}/")] == []


def test_what_is_handed_out_holds_no_answers_and_no_marks(tmp_path: Path):
    packages = {f"{name}/x.py" for name in ("autograder", "cnnlab", "coursekit", "sandbox")}
    handed_out = {"Makefile", "course.toml", "notebooks/01-x/x.ipynb", "data/x.csv", *packages}
    kept = {"solutions/01-x/x.py", "tests/test_x.py", "data/sample-class/marks.csv"}
    for name in {*handed_out, *kept}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    author = ["-c", "user.name=author", "-c", "user.email=author@localhost"]
    (packing,) = re.findall(r"^git archive .*", README, re.MULTILINE)
    for command in (["git", "init", "-q"], ["git", "add", "."], ["git", *author, "commit", "-qm", "x"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    (tmp_path / "gradebook.db").touch()

    subprocess.run(shlex.split(packing), cwd=tmp_path, check=True)

    with zipfile.ZipFile(tmp_path / "course.zip") as packed:
        assert {name for name in packed.namelist() if not name.endswith("/")} == handed_out


def test_the_readme_stays_short():
    assert len(README.splitlines()) < 150
