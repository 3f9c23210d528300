"""``autograder doctor``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from autograder.course import Course, find_course
from autograder.errors import CourseError
from autograder.exchange import misplaced
from autograder.grading import hidden_paths, readable_paths, required
from autograder.permissions import exposed, others_here
from autograder.reports.terminal import console
from sandbox.probe import Report, probe
from sandbox.selftest import Finding, examine


@click.command()
@click.option("--all", "show_all", is_flag=True, help="List what was stopped, too.")
def doctor(show_all: bool) -> None:
    """Say what isolates submissions here, and try whether it stops what it should.

    It also says which files other users of this machine could read (modes only, no access control lists).

    The exit code is 0 if submissions can be graded safely, whatever other users can read.
    """
    course = find_course(Path.cwd())
    hidden = hidden_paths(course)
    report = probe(tuple(hidden), tuple(readable_paths(course)))
    out = console()
    out.print(_mechanisms(report))
    out.print(_properties(report))
    findings = examine(report.mechanisms, hidden)
    open_doors = [finding.name for finding in findings if not finding.stopped]
    if show_all or open_doors:
        out.print(_findings([finding for finding in findings if show_all or not finding.stopped]))
    for sentence in (*_what_others_can_read(course), *misplaced(course)):
        click.echo(sentence)
    click.echo(f"{len(findings) - len(open_doors)} of {len(findings)} forbidden things were stopped.")
    required(report)
    if open_doors:
        raise CourseError(f"submissions could {', '.join(open_doors)}.")
    click.echo(f"Submissions are {report.level}.")


def _what_others_can_read(course: Course) -> list[str]:
    others = others_here()
    if not others.are_there:
        return ["Nobody else has an account on this machine, so no file needs to be closed to other users."]
    found = list(exposed(course, others))
    return found or ["Other users of this machine cannot read answers, marks and submissions."]


def _mechanisms(report: Report) -> Table:
    table = Table("mechanism", "in force", "stops", "", box=None, pad_edge=False)
    for mechanism in report.explained:
        table.add_row(mechanism.name, _yes(mechanism.in_force), mechanism.stops, mechanism.detail)
    return table


def _properties(report: Report) -> Table:
    table = Table("what must hold", "kept by", box=None, pad_edge=False)
    for held in report.properties:
        table.add_row(held.name, ", ".join(held.kept_by) or Text("nothing", style="red"))
    return table


def _findings(findings: list[Finding]) -> Table:
    table = Table("tried from inside a submission", "stopped", "by", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(Text(finding.name), _yes(finding.stopped), Text(finding.how))
    return table


def _yes(value: bool) -> Text:
    return Text("yes", style="green") if value else Text("NO", style="red bold")
