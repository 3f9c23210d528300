"""nbgrader's exchange lies outside the checkout, and whoever has none is told how to make it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from autograder.course import Course
from autograder.exchange import List, exchange_of, lacking, misplaced
from tests.reports.mini_topic import Mini
from tests.reports.nbgrader_runs import Done, run

DEFAULT = "/usr/local/share/nbgrader/exchange"


@pytest.fixture
def exchange(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the course is told to have its exchange; nothing is there yet, nor in any settings of the machine."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(elsewhere / "jupyter"))
    path = elsewhere / "exchange"
    monkeypatch.setenv("CNN_EXCHANGE", str(path))
    return path


@pytest.fixture
def course(mini: Mini, exchange: Path) -> Course:
    """A course with nbgrader's settings."""
    shutil.copy(Path(__file__).parents[2] / "nbgrader_config.py", mini.course.root)
    return mini.course


def release(course: Course) -> Done:
    """Release the topic to the exchange."""
    return run(course.root, "release_assignment", "01-mini")


def old_exchange(course: Course) -> Path:
    """An exchange in the checkout that holds what students handed in."""
    handed_in = course.root / "exchange" / "cnn-architectures" / "inbound"
    handed_in.mkdir(parents=True)
    return course.root / "exchange"


def test_unless_told_otherwise_it_is_where_students_nbgrader_looks(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CNN_EXCHANGE")
    assert exchange_of(course) == Path(DEFAULT)


def test_a_variable_names_another_folder(course: Course, exchange: Path) -> None:
    assert exchange_of(course) == exchange


def test_the_machines_settings_name_it_for_all_courses(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CNN_EXCHANGE")
    settings = course.root / "etc"
    settings.mkdir()
    (settings / "nbgrader_config.py").write_text('c = get_config()\nc.Exchange.root = "/srv/exchange"\n')
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(settings))
    assert exchange_of(course) == Path("/srv/exchange")


def test_a_topic_is_released_to_it(course: Course, exchange: Path) -> None:
    exchange.mkdir()
    done = release(course)
    assert done.returncode == 0, done.output
    assert (exchange / "cnn-architectures" / "outbound" / "01-mini" / "mini.ipynb").is_file()


def test_a_command_that_needs_one_says_how_to_make_it(course: Course, exchange: Path) -> None:
    done = release(course)
    assert done.returncode == 1
    assert f"There is no exchange at {exchange}" in done.output
    assert f"sudo install -d -m 1777 {exchange}" in done.output
    assert "Traceback" not in done.output


def test_a_command_that_needs_none_says_nothing_about_it(course: Course, exchange: Path) -> None:
    done = run(course.root, "db", "student", "add", "ada")
    assert done.returncode == 0
    assert "xchange" not in done.output
    assert not exchange.exists()


def test_the_formgrader_is_told_so_without_a_line_in_its_log(
    course: Course, exchange: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lister = List(coursedir=CourseDirectory(root=str(course.root)))
    lister.root = str(exchange)
    with pytest.raises(ExchangeError, match="There is no exchange"):
        lister.ensure_root()
    assert not caplog.records


def test_an_exchange_that_is_closed_names_the_mode(exchange: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.mkdir()
    monkeypatch.setattr("autograder.exchange.check_directory", lambda *_, **__: False)
    assert lacking(exchange) == (
        f"The exchange {exchange} is not open to you; its owner opens it: chmod 1777 {exchange}"
    )


def test_whoever_releases_is_told_that_an_old_exchange_holds_something(course: Course, exchange: Path) -> None:
    old = old_exchange(course)
    exchange.mkdir()
    assert f"What lies in {old} is not seen here." in release(course).output


def test_an_old_exchange_is_to_be_moved(course: Course, exchange: Path) -> None:
    old = old_exchange(course)
    (sentence,) = misplaced(course)
    make = f"sudo install -d -m 1777 {exchange}"
    assert sentence.endswith(f"{make} && sudo mv {old}/* {exchange}/ && rmdir {old}")


def test_an_empty_old_exchange_is_to_be_removed(course: Course) -> None:
    (course.root / "exchange").mkdir()
    (sentence,) = misplaced(course)
    assert sentence.endswith(f"remove it: rmdir {course.root / 'exchange'}")


def test_an_exchange_that_is_put_into_the_checkout_is_refused(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_EXCHANGE", str(course.root / "exchange"))
    (sentence,) = misplaced(course)
    assert "lies in the checkout" in sentence


def test_a_course_as_it_should_be_is_told_nothing(course: Course) -> None:
    assert not list(misplaced(course))
