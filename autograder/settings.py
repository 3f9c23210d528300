"""``course.toml``: everything that ties the engine to one course. Its comments say what each setting means."""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, get_type_hints

from autograder.errors import CourseError

FILE = "course.toml"
# Who has longer, for which topic: what students must not read of each other. See `late_policy`.
EXTENSIONS = "extensions.toml"
# More than any limit can mean.
MOST = 1_000_000_000
Table = TypeVar("Table")
Texts = tuple[str, ...]
_KINDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", Texts: "a list of strings"}


@dataclass(frozen=True)
class Folders:
    """A course's folders, relative to its own.

    Attributes:
        solutions: what authors write, and its executed form.
        notebooks: what students get.
        sample_class: the marks that the sample class must get.
        data: patterns of the files that notebooks load.
    """

    solutions: str = "solutions"
    notebooks: str = "notebooks"
    sample_class: str = "data/sample-class"
    data: Texts = ("data/*.csv", "data/*.npz")


@dataclass(frozen=True)
class SubmissionLimits:
    """How much a submission may use.

    Attributes:
        cell_seconds: processor time of a cell, and of a test that does not ask for more.
        submission_seconds: of everything that marks depend on.
        rest_seconds: of everything that no mark depends on, after that.
        memory_megabytes: memory of all its processes together.
        disk_megabytes: all its files together.
        processes: processes and threads at one time.
        gradescope_cell_seconds: of a cell, and
        gradescope_submission_seconds: of a submission on Gradescope, whose machines are slow, and where nothing else
            waits.
        gradescope_clock_seconds: wall time there until grading must end by itself; Gradescope's own limit is 600.
    """

    cell_seconds: float = 20.0
    submission_seconds: float = 300.0
    rest_seconds: float = 100.0
    memory_megabytes: int = 2048
    disk_megabytes: int = 512
    processes: int = 64
    gradescope_cell_seconds: float = 60.0
    gradescope_submission_seconds: float = 480.0
    gradescope_clock_seconds: float = 540.0


@dataclass(frozen=True)
class Forbidden:
    """What an exercise may forbid its answer, under a name that ``forbids="…"`` takes.

    Attributes:
        says: what a student reads who used it; ``{0}`` stands for the exercise.
        calls: dotted names of functions, and of classes of modules whose building and calling counts.
        backward: whether computing gradients counts.
    """

    says: str
    calls: Texts = ()
    backward: bool = False


@dataclass(frozen=True)
class KindOfTest:
    """What a kind of test adds to what tests can do.

    Attributes:
        questions: what its tests ask about a student's object beside Python's own operations: a question's name, and
            the function that answers it in the student's process, as ``package.module:function``.
    """

    questions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """A course's settings.

    Attributes:
        title: the course's name for readers.
        id: nbgrader's name for it.
        package: the package of its own that notebooks import; empty if it has none.
        imports: modules to import once, before processes are forked.
        sentences: modules and packages beside ``coursekit`` whose sentences students may read when a hidden test fails.
        folders: where it keeps what.
        limits: how much a submission may use.
        private: patterns of further files that students must not read, each with what they would find there.
        forbids: what an exercise may forbid.
        tests: kinds of tests beside the ordinary ones.
    """

    title: str
    id: str
    package: str = ""
    imports: Texts = ()
    sentences: Texts = ()
    folders: Folders = field(default_factory=Folders)
    limits: SubmissionLimits = field(default_factory=SubmissionLimits)
    private: Mapping[str, str] = field(default_factory=dict)
    forbids: Mapping[str, Forbidden] = field(default_factory=dict)
    tests: Mapping[str, KindOfTest] = field(default_factory=dict)

    @property
    def questions(self) -> dict[str, str]:
        """The questions of all kinds of tests, by name."""
        return {name: function for kind in self.tests.values() for name, function in kind.questions.items()}


def read_settings(root: Path) -> Settings:
    """The settings of the course in a folder.

    Raises:
        CourseError: if they cannot be read, with the place and what belongs there.
    """
    values = dict(read_toml(root))
    # The late policy, which `late_policy` reads.
    values.pop("late", None)
    try:
        tables = {
            "folders": _table(Folders, values.pop("folders", {}), "folders"),
            "limits": _table(SubmissionLimits, values.pop("limits", {}), "limits"),
            "private": _texts(values.pop("private", {}), "private"),
            "forbids": _tables(Forbidden, values.pop("forbids", {}), "forbids"),
            "tests": _tables(KindOfTest, values.pop("tests", {}), "tests"),
        }
        settings = _table(Settings, values, "", tables)
        _check(settings)
    except WrongSettingError as wrong:
        raise CourseError(f"{root / FILE}: {wrong}.") from None
    return settings


def read_toml(root: Path, name: str = FILE) -> Mapping[str, Any]:
    """What a file of a course holds.

    Raises:
        CourseError: if there is none, or it is not TOML.
    """
    path = root / name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{root} holds no {name}, so it is not the folder of a course.") from None
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is not TOML: {error}.") from None


class WrongSettingError(Exception):
    """A setting cannot be understood; the text says which and what it must be."""


def as_table(value: Any, place: str) -> Mapping[str, Any]:
    """A value that must be a table."""
    if not isinstance(value, dict):
        raise WrongSettingError(f"{place} must be a table")
    return value


def _table(kind: type[Table], values: Any, place: str, others: Mapping[str, Any] | None = None) -> Table:
    """A dataclass filled from a table of the file.

    Args:
        others: fields that are tables of their own, already read.
    """
    values = as_table(values, place)
    hints, filled = get_type_hints(kind), dict(others or {})
    plain = {one.name: one for one in fields(kind) if one.name not in filled}  # type: ignore[arg-type]
    if unknown := sorted(values.keys() - plain.keys()):
        where = f"[{place}]" if place else "the top of the file"
        raise WrongSettingError(f"{where} has no setting {unknown[0]!r}; it has {', '.join([*plain, *filled])}")
    for name, one in plain.items():
        full = f"{place}.{name}" if place else name
        if name in values:
            filled[name] = _value(values[name], hints[name], full)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise WrongSettingError(f"{full} is missing; it must be {_KINDS[hints[name]]}")
    return kind(**filled)


def _value(value: Any, kind: Any, place: str) -> Any:
    if kind == Mapping[str, str]:
        return _texts(value, place)
    if kind == Texts and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if kind is float and type(value) is int and value < MOST:
        value = float(value)
    if type(value) is not kind or (kind in (int, float) and not 0 < value < MOST):
        raise WrongSettingError(f"{place} must be {_KINDS[kind]}{' above 0' if kind in (int, float) else ''}")
    return value


def _texts(values: Any, place: str) -> dict[str, str]:
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise WrongSettingError(f"{place} must be a table of strings")
    return values


def _tables(kind: type[Table], values: Any, place: str) -> dict[str, Table]:
    return {name: _table(kind, table, f"{place}.{name}") for name, table in as_table(values, place).items()}


def _check(settings: Settings) -> None:
    """Refuse what is well-formed and cannot be meant."""
    folders = settings.folders
    for name, path in (
        *((f"folders.{name}", getattr(folders, name)) for name in ("solutions", "notebooks", "sample_class")),
        *(("folders.data", pattern) for pattern in folders.data),
        *(("private", pattern) for pattern in settings.private),
    ):
        parts = PurePosixPath(path).parts
        if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
            raise WrongSettingError(f"{name}: {path!r} must lie in the course's folder")
        if any("**" in part and part != "**" for part in parts):
            raise WrongSettingError(f"{name}: in {path!r}, ** must stand alone between slashes")
    own = [PurePosixPath(path) for path in (folders.solutions, folders.notebooks, folders.sample_class)]
    if any(one.is_relative_to(other) for one in own for other in own if one is not other):
        raise WrongSettingError("folders: solutions, notebooks and sample_class must lie outside each other")
    if settings.package and (not settings.package.isidentifier() or keyword.iskeyword(settings.package)):
        raise WrongSettingError(f"package: {settings.package!r} cannot be the name of a package")
    if not re.fullmatch(r"[\w-][\w.-]*", settings.id):
        raise WrongSettingError(f"id: {settings.id!r} cannot be nbgrader's name for a course")
    for name, forbidden in settings.forbids.items():
        if not (forbidden.calls or forbidden.backward):
            raise WrongSettingError(f"forbids.{name} needs calls or backward, or nothing would be noticed")
        try:
            forbidden.says.format("")
        except Exception:
            raise WrongSettingError(f"forbids.{name}.says may hold {{0}}, the exercise, and no other braces") from None
    seen: set[str] = set()
    for kind, test in settings.tests.items():
        for name, function in test.questions.items():
            if name in seen:
                raise WrongSettingError(f"tests.{kind}.questions.{name}: another kind of test has this question")
            if not re.fullmatch(r"[\w.]+:\w+", function):
                raise WrongSettingError(f"the question {name!r} must name its function as package.module:function")
            seen.add(name)
