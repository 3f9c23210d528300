"""Makes a topic's source from an nbgrader assignment.

In nbgrader any test can be for any solution; here each test belongs to one exercise, named after what its answer
defines. So a solution is named after what it defines and tests use, and a test goes to the exercise that it mentions.
"""

from __future__ import annotations

import ast
import builtins
import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from autograder.errors import CourseError
from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.submissions.bindings import bound_names
from autograder.submissions.cells import python_of
from autograder.submissions.files import Unreadable
from autograder.submissions.reading import read_notebook

EDGE = re.compile(r"^([ \t]*).*\b(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)\b.*$", re.MULTILINE)
REGION = re.compile(r"^[ \t]*### BEGIN (SOLUTION|MARK SCHEME)\n(.*?)^[ \t]*### END \1$\n?", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"!\[[^\]]*\]\((?!\w+:)([^)\s]+)")
# What students get in place of a solution.
STUB = re.compile(r"YOUR (CODE|ANSWER) HERE")
PLOTTING = {"plt", "sns", "pylab"}
# Points are multiplied by this at most, so that all become whole numbers.
MOST_TIMES = 20
CODE_KINDS = {(True, True): "marked code", (True, False): "test", (False, True): "solution"}
WORTH = ("answer", "task", "marked code", "test")
IMPORTS = ast.Import | ast.ImportFrom
# Statements that test nothing by themselves.
PREPARES = IMPORTS | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign | ast.Pass


class ImportedTopic(NamedTuple):
    """How much was made, and what its author should look at."""

    exercises: int
    written: int
    points: int
    notes: list[str]


@dataclass
class _Cell:
    """A cell of the assignment.

    Attributes:
        where: the file and the cell's number, for sentences.
        kind: what nbgrader takes it for.
        text: its text, in plain Python if it is code.
        points: what it is worth.
        id: its grade_id.
        notes: what its author should look at.
        binds: names that its code defines, in order, but those that a solution imports.
        changes: names that its code sets or deletes, in functions, too.
        uses: names that its code takes from elsewhere.
    """

    where: str
    kind: str
    text: str
    points: Fraction
    id: str
    notes: list[str] = field(default_factory=list)
    binds: tuple[str, ...] = ()
    changes: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()


@dataclass
class _Piece:
    """A cell of the source, and the cell of the assignment that it is made from."""

    origin: _Cell
    text: str
    header: dict[str, Any] = field(default_factory=dict)
    markdown: bool = False
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        header = "".join(f" {key}={json.dumps(value, ensure_ascii=False)}" for key, value in self.header.items())
        lines = self.text.split("\n")
        if self.markdown:
            header, lines = f" [markdown]{header}", [f"# {line}" if line else "#" for line in lines]
        if any(line.startswith("# %%") for line in lines):
            raise CourseError(f"{self.origin.where}: a line looks like a cell header, `# %%`; change it.")
        return "\n".join([f"# %%{header}", *lines, ""])


def import_assignment(file: Path, source: Path, root: Path) -> ImportedTopic:
    """Write the source of an assignment.

    Args:
        file: the assignment, as its author wrote it.
        source: where to write; its folder is there, and named as the topic.
        root: places in the source are named from this folder on.

    Raises:
        CourseError: if the file is not one, or cannot become a topic; with the cell and what to do.
    """
    cells, notes = _read(file)
    times = math.lcm(*(cell.points.denominator for cell in cells))
    if times > MOST_TIMES:
        raise CourseError(f"{file.name}: points are whole numbers here; change those that are not, and try again.")
    if times > 1:
        notes.insert(0, f"All points were multiplied by {times} to make them whole numbers.")
    pieces = _Translation(cells, times).pieces()
    texts = [str(piece) for piece in pieces]
    source.write_text("\n".join(texts), encoding="utf-8")
    try:
        parsed = parse(source, root)
        assemble(source.parent.name, parsed)
    except CourseError as error:
        # It names a line of a source that is not kept.
        _, line, sentence = re.split(r"\.py:(\d+): ", str(error), maxsplit=1)
        ends = accumulate(text.count("\n") + 1 for text in texts)
        origin = next(piece.origin for piece, end in zip(pieces, ends, strict=True) if int(line) <= end)
        raise CourseError(f"{origin.where}: {sentence}") from None
    placed = [f"{cell.where}: {note}." for cell, piece in zip(parsed, pieces, strict=True) for note in piece.notes]
    kinds = Counter(kind for piece in pieces for kind in piece.header)
    total = sum(piece.header.get("points", 0) for piece in pieces)
    return ImportedTopic(kinds["exercise"], kinds["written"], total, [*placed, *notes])


def _read(file: Path) -> tuple[list[_Cell], list[str]]:
    """The cells of an assignment, and what to say about it as a whole."""
    try:
        notebook, problems = read_notebook(file.read_bytes(), file.name)
    except Unreadable as error:
        # What follows its first sentence is for students.
        raise CourseError(f"{str(error).split('. ')[0].rstrip('.')}.") from None
    if any("asks for the kernel" in problem for problem in problems):
        raise CourseError(f"{file.name} is not written in Python, so it cannot be imported.")
    cells, notes = [], list(problems)
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "raw":
            notes.append(f"Cell {number} is neither code nor Markdown, and was left out.")
        elif cell.source.strip():
            cells.append(_cell(f"{file.name}, cell {number}", cell))
    marked = [cell for cell in cells if cell.kind not in ("given", "prose")]
    if not marked:
        raise CourseError(f"{file.name} is not an nbgrader assignment: no cell is marked as a solution or a test.")
    if twice := [name for name, count in Counter(cell.id for cell in marked).items() if count > 1]:
        raise CourseError(f"{file.name} has several cells with the grade_id {twice[0]!r}; give each its own.")
    for cell in marked:
        if cell.kind != "test" and STUB.search(cell.text) and not REGION.search(cell.text):
            advice = "import the version in nbgrader's folder source/, not the released one"
            raise CourseError(f"{cell.where}: the solution is missing; {advice}.")
    return cells, notes


def _cell(where: str, cell: Any) -> _Cell:
    marks = cell.metadata.get("nbgrader", {})
    grade, solution, task = (bool(marks.get(key)) for key in ("grade", "solution", "task"))
    if cell.cell_type == "code":
        kind = CODE_KINDS.get((grade, solution), "given")
    else:
        kind = "task" if task else "answer" if grade or solution else "prose"
    try:
        points = Fraction(float(marks.get("points") or 0)).limit_denominator(1000)
        if points < 0:
            raise ValueError
    except (ValueError, OverflowError):
        raise CourseError(f"{where}: {marks['points']!r} is not a number of points.") from None
    text = EDGE.sub(r"\1### \2 \3", re.sub(r"\r\n?", "\n", cell.source))
    read = _Cell(where, kind, text, points if kind in WORTH else Fraction(0), str(marks.get("grade_id") or where))
    if cell.cell_type == "code":
        _read_code(read)
    else:
        pictures = dict.fromkeys(PICTURE.findall(text))
        read.notes += [f"{name} was not copied; give it to students yourself" for name in pictures]
        read.notes += ["a picture pasted into the text was left out"] * bool(cell.get("attachments"))
    return read


def _read_code(cell: _Cell) -> None:
    """Note a cell's names; magics and shell lines are rewritten in Python or commented out."""
    lines = []
    for old, new in zip_longest(cell.text.split("\n"), python_of(cell.text).split("\n"), fillvalue=""):
        if old != new:
            indent = old[: len(old) - len(old.lstrip())]
            if not new.strip() or new.lstrip().startswith("get_ipython()"):
                new = f"{indent}{'pass  ' if indent and new.strip() else ''}# Left out: {old.strip()}"
            cell.notes.append(f"`{old.strip()}` is not plain Python, and became `{new.strip()}`")
        lines.append(new)
    cell.text = "\n".join(lines)
    try:
        tree = ast.parse(cell.text)
    except SyntaxError as error:
        raise CourseError(f"{cell.where}, line {error.lineno}: this is not plain Python: {error.msg}.") from None
    kept = [one for one in tree.body if not (cell.kind == "solution" and isinstance(one, IMPORTS))]
    cell.binds = tuple(dict.fromkeys(name for one in kept for name in sorted(bound_names(one))))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    cell.changes = frozenset(node.id for node in names if not isinstance(node.ctx, ast.Load))
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    cell.uses = frozenset(node.id for node in names) - cell.changes - arguments


class _Translation:
    """From the cells of an assignment to those of a source; all points are multiplied by `times`."""

    def __init__(self, cells: list[_Cell], times: int) -> None:
        self.cells, self.times = cells, times
        self.used = frozenset[str]().union(*(cell.uses for cell in cells if cell.kind == "test"))
        self.solutions = {self._name(cell): cell for cell in cells if cell.kind == "solution"}
        self.taken, self.reached = set(self.solutions), {*dir(builtins), *self.solutions}
        self.made: list[_Piece] = []

    def pieces(self) -> list[_Piece]:
        """The cells of the source.

        Raises:
            CourseError: if one has no counterpart.
        """
        makers = {"prose": self._prose, "solution": self._exercise, "test": self._test, "given": self._given}
        for cell in self.cells:
            makers.get(cell.kind, self._question)(cell)
            self.made[-1].notes += cell.notes
        headers = [piece.header for piece in self.made]
        for name, cell in self.solutions.items():
            if not any(name in (header.get("test"), header.get("hidden_test")) for header in headers):
                raise CourseError(f"{cell.where}: no test worth points is for {name}; add one.")
        return self.made

    def _name(self, cell: _Cell) -> str:
        """The name of an exercise."""
        used = [name for name in cell.binds if name in self.used] or cell.binds
        if len(used) != 1:
            advice = "split it into a cell for each name" if used else "let it define a name that a test uses"
            raise CourseError(f"{cell.where} defines {' and '.join(used) or 'nothing'}; {advice}.")
        same = [one.where for one in self.cells if one.kind == "solution" and used[0] in one.binds]
        if len(same) > 1:
            raise CourseError(f"{same[1]} defines {used[0]}, and so does {same[0]}; choose another name.")
        return used[0]

    def _prose(self, cell: _Cell) -> None:
        self.made.append(_Piece(cell, cell.text, markdown=True))

    def _exercise(self, cell: _Cell) -> None:
        (name,) = (name for name, one in self.solutions.items() if one is cell)
        text = cell.text if "### BEGIN SOLUTION" in cell.text else _region("SOLUTION", cell.text)
        self.made.append(_Piece(cell, text, {"exercise": name}))

    def _given(self, cell: _Cell) -> None:
        """Code that students get; tests reach what it defines if it does not run an answer."""
        reached = set() if cell.uses & self.solutions.keys() else set(cell.binds)
        self.reached |= reached
        header = {"given": self._free("setup")} if reached & self.used else {}
        if PLOTTING & cell.uses:
            header = {"figure": self._free("figure"), "alt": "…", **({"needed": "true"} if header else {})}
            cell.notes.append("say in alt what the figure shows")
        self.made.append(_Piece(cell, cell.text, header))

    def _test(self, cell: _Cell) -> None:
        above = [piece.header["exercise"] for piece in self.made if "exercise" in piece.header]
        if not above:
            raise CourseError(f"{cell.where} is a test, and no solution stands above it.")
        name = next((one for one in reversed(above) if one in cell.uses), above[-1])
        self._note_names(cell)
        points = int(cell.points * self.times)
        visible, hidden, whole = _parts(cell)
        shown = 0 if not visible else points // 2 if hidden else points
        if not points:
            cell.notes.append(
                "the test is worth no points: its visible part became a given cell, its hidden part was left out"
            )
        elif visible and hidden:
            how = f"{shown} of the {points} points" if shown else "no points of its own"
            cell.notes.append(f"this test is split: its visible part has {how}, and the hidden test repeats it")
        if visible or not points:
            self.made.append(_Piece(cell, visible, {"test": name, "points": shown} if shown else {}))
        if points > shown:
            self.made.append(_Piece(cell, whole, {"hidden_test": name, "points": points - shown}))

    def _note_names(self, cell: _Cell) -> None:
        if changed := sorted(cell.changes & self.solutions.keys()):
            cell.notes.append(f"the test changes {', '.join(changed)}, but here the student's code does not see that")
        if missing := sorted(cell.uses - self.reached - set(cell.binds)):
            cell.notes.append(f"the test cannot reach {', '.join(missing)} here; define it in the test")
        if "AUTOTEST" in cell.text:
            cell.notes.append("AUTOTEST has no effect here; write out the test")

    def _question(self, cell: _Cell) -> None:
        """What a person marks; the text above it is its question."""
        above = self.made.pop() if self.made and self.made[-1].origin.kind == "prose" else _Piece(cell, "")
        regions = {name: text.strip() for name, text in REGION.findall(cell.text)}
        answer, rest = regions.get("SOLUTION", ""), REGION.sub("", cell.text).strip()
        if cell.kind == "marked code":
            answer, rest = f"```python\n{answer or rest}\n```", ""
            cell.notes.append("a person marks this code, so it became a written question, answered in Markdown")
        elif cell.kind == "answer" and not answer:
            answer, rest = rest, ""
        points = int(cell.points * self.times)
        if not points:
            raise CourseError(f"{cell.where} is marked by a person and worth no points; give it some.")
        scheme = regions.get("MARK SCHEME", "")
        lacks = [what for what, text in (("model answer", answer), ("marking scheme", scheme)) if not text]
        cell.notes += [f"it has no {' and no '.join(lacks)}; replace the dots"] * bool(lacks)
        question = "\n\n".join(filter(None, (above.text, rest))) or "**Your answer:**"
        parts = [question, _region("SOLUTION", answer or "…"), _region("MARK SCHEME", scheme or "…")]
        plain = re.sub(r"\W+", "_", cell.id, flags=re.ASCII).strip("_")[:40]
        name = self._free(plain if plain.isidentifier() and not plain.startswith("cell_") else "answer")
        self.made.append(_Piece(cell, "\n\n".join(parts), {"written": name, "points": points}, True, above.notes))

    def _free(self, name: str) -> str:
        """The name, numbered if another cell has it."""
        names = (name, *(f"{name}_{number}" for number in range(2, len(self.cells) + 3)))
        chosen = next(one for one in names if one not in self.taken)
        self.taken.add(chosen)
        return chosen


def _region(name: str, text: str) -> str:
    return f"### BEGIN {name}\n{text}\n### END {name}"


def _parts(cell: _Cell) -> tuple[str, str, str]:
    """The visible part of a test, or nothing if it tests nothing by itself; the hidden part; what hidden tests run."""
    parts: dict[bool, list[str]] = {False: [], True: []}
    hidden, whole = False, []
    for line in cell.text.split("\n"):
        if edge := EDGE.match(line):
            hidden = edge[2] == "BEGIN"
        else:
            parts[hidden].append(line)
            whole.append(line)
    if hidden:
        raise CourseError(f"{cell.where}: `### END HIDDEN TESTS` is missing.")
    visible, rest = ("\n".join(parts[one]).strip("\n") for one in (False, True))
    try:
        statements = [one for one in ast.parse(visible).body if not _is_text(one)]
    except SyntaxError:
        return "", rest, "\n".join(whole)
    tests = not rest or any(not isinstance(one, PREPARES) for one in statements)
    return visible if tests else "", rest, "\n".join(whole) if statements else rest


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
