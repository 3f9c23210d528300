"""One set of pins: lock, twin, conda's file, Makefile, package metadata and the contributors' table agree."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
NAME = "cnn-architectures-course"


def requirement_lines(name: str) -> list[str]:
    """The requirements in a file, one text each, without comments and hashes."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.removesuffix(" \\") for line in lines if line and not line.startswith((" ", "#"))]


def pins(name: str) -> dict[str, Version]:
    """Package -> version pinned by a requirements file."""
    return {canonicalize_name(r.name): pinned_version(r) for r in map(Requirement, requirement_lines(name))}


def pinned_version(requirement: Requirement) -> Version:
    """The one version that a requirement allows."""
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not a pin"
    return Version(specifier.version)


def project() -> dict[str, object]:
    """The table ``[project]`` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> list[Requirement]:
    """The dependencies in the package's metadata."""
    return [Requirement(text) for text in project()["dependencies"]]


def makefile_torch() -> Version:
    """The torch that ``make setup`` installs."""
    return Version(re.search(r"^TORCH := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1])


def conda() -> tuple[list[str], list[str]]:
    """Conda's own requirements in environment.yml, and those it hands to pip."""
    *own, pip = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    return own, pip["pip"]


def imported_packages(folder: str) -> Iterator[str]:
    """Distributions, beside the standard library and the project, that the modules in a folder import.

    A file of cells (``# %%``) holds what students might write, which need not be there.
    """
    providers = metadata.packages_distributions()
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).rglob("*.py"))]
    for text in texts:
        for node in ast.walk(ast.parse("" if re.search(r"^# %% ", text, re.MULTILINE) else text)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names:
                yield from (canonicalize_name(provider) for provider in providers.get(top, []))


def test_the_lock_and_its_unhashed_twin_hold_the_same_requirements():
    assert requirement_lines("requirements.lock") == requirement_lines("requirements.txt")


def test_every_locked_package_is_pinned_and_hashed():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]

    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert len(pins("requirements.lock")) == len(entries)


@pytest.mark.parametrize("name", ["requirements.in", "requirements.txt", "requirements.lock"])
def test_torch_and_its_gpu_packages_stay_out_of_the_requirements(name: str):
    assert [package for package in pins(name) if re.match(r"torch|triton|nvidia|cuda", package)] == []


def test_every_direct_dependency_is_locked_at_its_pin():
    direct, locked = pins("requirements.in"), pins("requirements.lock")

    assert direct == {package: locked.get(package) for package in direct}


def test_what_torch_itself_needs_is_locked_too():
    wanted = [Requirement(text) for text in metadata.requires("torch")]
    on_any_cpu = {
        canonicalize_name(r.name)
        for r in wanted
        if not re.match(r"triton|nvidia|cuda", r.name) and not (r.marker and "extra" in str(r.marker))
    }

    assert on_any_cpu <= set(pins("requirements.lock"))


def test_gradescope_installs_the_same_torch():
    setup = (ROOT / "autograder" / "gradescope" / "setup.sh").read_text(encoding="utf-8")
    assert re.findall(r"torch==(\S+)", setup) == [str(makefile_torch())]


def test_make_and_conda_install_the_same_torch():
    _, pip = conda()

    assert pip[0] == f"torch=={makefile_torch()}"


def test_conda_installs_the_twin_and_then_the_project():
    _, pip = conda()

    assert pip[1:] == ["-r requirements.txt", "-e ."]


def test_conda_installs_a_python_that_the_project_supports():
    own, _ = conda()
    (python,) = [text.partition("=")[2] for text in own if text.startswith("python=")]

    assert Requirement(f"python{project()['requires-python']}").specifier.contains(python)


def test_the_package_accepts_the_locked_releases():
    tested = pins("requirements.lock") | {"torch": makefile_torch()}

    assert [r for r in declared() if not r.specifier.contains(tested[canonicalize_name(r.name)])] == []


def test_what_the_packages_import_is_declared_by_the_package():
    imported = {*imported_packages("autograder"), *imported_packages("cnnlab")}

    assert imported - {canonicalize_name(r.name) for r in declared()} - {NAME} == set()


def test_what_the_tests_import_is_a_direct_dependency():
    direct = {*pins("requirements.in"), "torch", NAME}

    assert set(imported_packages("tests")) - direct == set()


def test_everything_that_the_package_declares_is_a_direct_dependency():
    assert {canonicalize_name(r.name) for r in declared()} <= {*pins("requirements.in"), "torch"}


def test_what_is_installed_is_what_is_locked():
    here = [r for r in map(Requirement, requirement_lines("requirements.lock")) if not r.marker or r.marker.evaluate()]

    assert {r.name: metadata.version(r.name) for r in here} == {r.name: str(pinned_version(r)) for r in here}
    assert Version(metadata.version("torch")).base_version == str(makefile_torch())


def test_contributors_are_told_what_each_direct_dependency_is_for():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z0-9-]+)` \| \S.* \|$", text, re.MULTILINE)

    assert sorted(explained) == sorted([*pins("requirements.in"), "torch"])
