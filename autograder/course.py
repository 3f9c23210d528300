"""Where a course keeps its files, and which topics it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from autograder.errors import CourseError
from autograder.settings import EXTENSIONS, FILE, Settings, read_settings, read_toml
from autograder.topics import HiddenModule, Topic, discover, read_topic

# What a topic's hidden tests import, beside its source.
HIDDEN = "hidden.py"
# What grading leaves in a checkout that students must not read, and what they would read in it.
WRITTEN = {
    ".autograder": "the secret that hidden tests' inputs depend on",
    "gradebook.db*": "the marks",
    "grades.csv": "the marks",
    "nbgrader-grades.csv": "the marks",
    "marks-*.csv": "the marks",
    "results.json": "the marks",
    "submitted": "what students handed in",
    "autograded": "what students handed in",
    "feedback": "the marks",
    "feedback-*.zip": "the marks",
    "build/sample-class": "right answers",
}


@dataclass(frozen=True)
class TopicPair:
    """A topic with its tests, and as students got it."""

    source: Topic
    released: Topic


@dataclass(frozen=True)
class Course:
    """A course in its folder.

    Attributes:
        root: the folder that holds ``course.toml``.
        records: the folder that holds what grading writes; the same, but for the sample class.
    """

    root: Path
    records: Path = field(default=Path(), compare=False)

    def __post_init__(self) -> None:
        """Keep what grading writes in the course's folder by default."""
        if self.records == Path():
            object.__setattr__(self, "records", self.root)

    @cached_property
    def settings(self) -> Settings:
        """What ``course.toml`` says.

        Raises:
            CourseError: if there is no such file, or something in it cannot be understood.
        """
        return read_settings(self.root)

    @property
    def of_sample(self) -> Course:
        """The course as it grades its sample class, whose marks have nothing to do with those of a real one."""
        return replace(self, records=self.root / "build" / "sample-class")

    @property
    def solutions(self) -> Path:
        """What authors write, and its executed form."""
        return self.root / self.settings.folders.solutions

    @property
    def notebooks(self) -> Path:
        """What students get."""
        return self.root / self.settings.folders.notebooks

    @property
    def sample_class(self) -> Path:
        """The marks that the sample class must get."""
        return self.root / self.settings.folders.sample_class

    @property
    def sample_submissions(self) -> Path:
        """The submissions of the sample class, which are made when they are needed."""
        return self.root / "build" / "sample-class" / "submitted"

    @property
    def data_files(self) -> list[Path]:
        """What notebooks load."""
        return sorted(path for pattern in self.settings.folders.data for path in self.root.glob(pattern))

    @property
    def package_folder(self) -> Path | None:
        """The package of its own that notebooks import, if it has one."""
        return self.root / self.settings.package if self.settings.package else None

    @property
    def private_paths(self) -> list[Path]:
        """The paths that exist of what students must not read."""
        return [path for pattern in self.private for path in sorted(self.root.glob(pattern))]

    @property
    def private(self) -> dict[str, str]:
        """Patterns of what students must not read, and what they would read in it."""
        folders = self.settings.folders
        own = {
            folders.solutions: "the answers and the hidden tests",
            folders.sample_class: "the marks of right and wrong answers",
        }
        told = [EXTENSIONS, *([FILE] if "extensions" in str(read_toml(self.root).get("late")) else [])]
        return {**own, **self.settings.private, **WRITTEN, **dict.fromkeys(told, "who has an extension")}

    @property
    def gradebook(self) -> Path:
        """nbgrader's database."""
        return self.records / "gradebook.db"

    @property
    def grades_table(self) -> Path:
        """The marks of the class for a spreadsheet."""
        return self.records / "grades.csv"

    @property
    def backups(self) -> Path:
        """Copies of the gradebook from before it was changed."""
        return self.records / ".autograder" / "backups"

    @property
    def feedback(self) -> Path:
        """Pages for students."""
        return self.records / "feedback"

    @property
    def autograded(self) -> Path:
        """Notebooks for the person grading."""
        return self.records / "autograded"

    @property
    def submitted(self) -> Path:
        """nbgrader's folder of what was handed in."""
        return self.root / "submitted"

    @property
    def topics(self) -> list[str]:
        """The topics' names, in order."""
        return [path.name for path in discover(self.solutions)]

    def chosen(self, names: Sequence[str]) -> list[str]:
        """The topics named, or all of them; a topic may be named by its number or its word (``01``, ``normalization``).

        Raises:
            CourseError: if a name fits no topic.
        """
        return [self.topic_named(name) for name in names] if names else self.topics

    def topic_named(self, name: str) -> str:
        """The topic that ``name`` stands for."""
        for topic in self.topics:
            number, _, word = topic.partition("-")
            if name in (topic, number, word):
                return topic
        known = ", ".join(self.topics) or "none yet"
        raise CourseError(f"there is no topic {name!r}; the topics are: {known}.")

    def pairs(self) -> dict[str, TopicPair]:
        """The topics that are built, by name; one that an author has just begun stops no other.

        Raises:
            CourseError: if none is.
        """
        folders = (self.solutions, self.notebooks)
        built = [name for name in self.topics if all(any((one / name).glob("*.ipynb")) for one in folders)]
        if not built:
            raise CourseError(f"no topic of {self.root} is built; run `autograder build`.")
        return {name: TopicPair(self.source_topic(name), self.released_topic(name)) for name in built}

    def source_topic(self, topic: str) -> Topic:
        """A topic with its solutions and hidden tests."""
        read = read_topic(_notebook_in(self.solutions / topic))
        return replace(read, package=self.settings.package, hidden=self.hidden_module(topic))

    def hidden_module(self, topic: str) -> HiddenModule | None:
        """What the hidden tests of a topic import, if they import something of their own.

        Raises:
            CourseError: if it is not UTF-8.
        """
        path = self.solutions / topic / HIDDEN
        file = path.relative_to(self.root).as_posix()
        try:
            return HiddenModule(file, path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise CourseError(f"{file} is not encoded in UTF-8; save it as UTF-8.") from None

    def released_topic(self, topic: str) -> Topic:
        """A topic as students got it."""
        return replace(read_topic(_notebook_in(self.notebooks / topic)), package=self.settings.package)


def find_course(*starts: Path, fallback: Path | None = None) -> Course:
    """The course that one of some folders lies in.

    Args:
        starts: the folders, the first one first.
        fallback: a folder to try where they lie in none; an error does not speak of it.

    Raises:
        CourseError: if neither a folder nor one above it has a ``course.toml``.
    """
    for start in (*starts, *([fallback] if fallback else [])):
        for folder in (start, *start.parents):
            if (folder / FILE).is_file():
                return Course(folder)
    *others, last = dict.fromkeys(map(str, starts))
    said = f"neither {', '.join(others)} nor {last} is" if others else f"{last} is not"
    raise CourseError(f"{said} in a checkout of the course; change to the folder that holds {FILE}.")


def _notebook_in(folder: Path) -> Path:
    notebooks = sorted(folder.glob("*.ipynb"))
    if len(notebooks) != 1:
        raise CourseError(f"{folder} holds {len(notebooks)} notebooks instead of one; run `autograder build`.")
    return notebooks[0]
