"""The Python in a notebook's cell: magics, shell lines and help become the calls that IPython makes of them.

Where such a line stands, and how far it goes, is decided as in IPython, whose own classes rewrite it. IPython reads the
whole cell again after every line that it has rewritten; here each line is read once, so that time grows with length
alone. Line numbers stay: what took two lines leaves an empty one.
"""

from __future__ import annotations

import ast
import re
import textwrap
import threading
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from IPython.core.inputtransformer2 import (
    EscapedCommand,
    HelpEnd,
    MagicAssign,
    SystemAssign,
    classic_prompt,
    ipython_prompt,
)

# A tree takes a thousand times the memory of its text where every second character is a name of its own, as few do.
MAX_PARSED = 500_000
MAX_MARKS = 200_000
# Levels of a syntax tree. Ordinary code has twenty; what walks a tree by calling itself gives up at some 250.
MAX_DEPTH = 150
# IPython gives up on a cell with more.
MAX_REWRITTEN = 500
_MAX_NESTED = 10
# What these do with their cell is not to run it in the notebook's namespace. All others, and those of packages, do.
OTHER_CELL_MAGICS = frozenset(
    (
        *("!", "HTML", "SVG", "bash", "cmd", "code_wrap", "file", "html", "javascript", "js", "latex"),
        *("markdown", "perl", "pypy", "python", "python2", "python3", "ruby", "R", "script", "sh", "svg", "sx"),
        *("system", "timeit", "writefile"),
    )
)

_MAX_REMEMBERED = 4_000
# In Python 3.11 two threads that build syntax trees disturb each other (cpython issue 106905).
_ONE_AT_A_TIME = threading.Lock()
NEWLINE = re.compile(r"\r\n?|\n")
_MARKS = ",;\n()[]{}+-*/%@&|^~<>=.:"
# Python can show no whole number of more decimal digits than 4,300, in whatever base it was written.
_LONG_NUMBER = re.compile(r"0[xXoObB][\da-fA-F_]{3500}")
_LONG_NUMBER_BITS = 14_000

_CELL_MAGIC = re.compile(r"\s*%%(?!\w+\?)(?P<name>\S*)[ \t]*(?P<line>[^\n]*)\n?")
_CAPTURED = re.compile(r"--(?:out|err)[ =]+([^\W\d]\w*)")
_INDENTATION = re.compile(r"[ \t]*")
_ESCAPED = re.compile(r"[ \t]*[%!?,;/]")
# Alone in its cell, a magic needs no percent sign.
_AUTOMAGIC = re.compile(r"\s*(?:pip|conda|mamba|uv|cd|ls|ll|mkdir|cp|mv|rm|cat|time|timeit|load_ext|matplotlib)\s.*\s*")
_TIMED = re.compile(r"(?P<indent>[ \t]*)%time (?P<statement>[^-\s].*)")
_ASSIGNED = re.compile(r"(?P<before>[ \t]*)(?:(?P<magic>%)[ \t]*[^\W\d]|!)")
_PROMPT = re.compile(r"^(?:\s*>>>|.*In \[\d+\]:|\s*\.{3,}:)", re.MULTILINE)
_TOKEN = re.compile(r"""\#[^\n]*|\'{3}|"{3}|'|"|[([{]|[)\]}]|\\\n|\n|[=!<>+\-*/%&|^@:]=|=""")
_STRING_REST = {
    "'": re.compile(r"[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'", re.DOTALL),
    '"': re.compile(r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"', re.DOTALL),
    "'''": re.compile(r"[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+'''", re.DOTALL),
    '"""': re.compile(r'[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+"""', re.DOTALL),
}


def parse(code: str) -> ast.Module | None:
    """The syntax tree of a code cell, magics rewritten as `python_of` does; None if it is no Python, or very long.

    A tree of more than `MAX_DEPTH` levels is None, too. Integers that are too long to be shown are calls of ``int``, so
    that any tree can be dumped and turned back into text.
    """
    if _is_long(code):
        return None
    return _remembered(code) if len(code) <= _MAX_REMEMBERED else _parse(code)


def first_line(statement: ast.stmt) -> int:
    """The line on which a statement begins, its decorators included."""
    return min([statement.lineno, *(decorator.lineno for decorator in getattr(statement, "decorator_list", ()))])


def is_magic(statement: ast.stmt) -> bool:
    """Whether a statement is nothing but a magic, a shell line or a question."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    made_by = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    return isinstance(made_by, ast.Call) and getattr(made_by.func, "id", "") == "get_ipython"


def python_of(code: str) -> str:
    """A cell's text as Python, line for line; text that is Python already, or never will be, comes back as it is.

    The body of a cell magic that runs it in the notebook's namespace (``%%time``), or that IPython does not know, is
    the code; the magic's own line is empty, or sets the name that it captures outputs in. Any other cell magic becomes
    one call, and its body a string.
    """
    if _is_long(code) or _parsed(code) is not None:
        return code
    return _rewritten(code)


def may_be_python(code: str) -> bool:
    """Whether code that `parse` gives no tree of, such as very deep code, is Python all the same."""
    try:
        _tree_of(python_of(code))
    except (SyntaxError, ValueError):
        return False
    except (RecursionError, MemoryError):
        return True
    return True


def _is_long(code: str) -> bool:
    return len(code) > MAX_PARSED or sum(map(code.count, _MARKS)) > MAX_MARKS


def _parse(code: str) -> ast.Module | None:
    return _parsed(code) or (None if (python := _rewritten(code)) == code else _parsed(python))


# A class hands in the same cells again and again.
_remembered = lru_cache(maxsize=256)(_parse)


def _parsed(code: str) -> ast.Module | None:
    try:
        tree = _tree_of(code)
    # A null byte, and half a surrogate, is a ValueError; nesting that is too deep is one of the last two.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if _depth(tree) > MAX_DEPTH:
        return None
    return _LongNumbers().visit(tree) if _LONG_NUMBER.search(code) else tree


def _tree_of(code: str) -> ast.Module:
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def _depth(tree: ast.AST) -> int:
    """How many levels a syntax tree has."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


class _LongNumbers(ast.NodeTransformer):
    """Writes integers that are too long to be shown as calls that give them."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """An ordinary constant stays."""
        if not isinstance(node.value, int) or node.value.bit_length() <= _LONG_NUMBER_BITS:
            return node
        call = ast.Call(ast.Name("int", ast.Load()), [ast.Constant(hex(node.value)), ast.Constant(16)], [])
        return ast.copy_location(ast.fix_missing_locations(call), node)


def _rewritten(code: str) -> str:
    text, head = _cleaned(NEWLINE.sub("\n", code)), ""
    for _ in range(_MAX_NESTED):
        if not (magic := _CELL_MAGIC.match(text)):
            break
        name, line, body = magic["name"], magic["line"].rstrip(), text[magic.end() :]
        head += "\n" * (magic[0].count("\n") - magic[0].endswith("\n"))
        if name in OTHER_CELL_MAGICS:
            captured = dict.fromkeys(_CAPTURED.findall(line))
            # IPython gives a magic its body with a line's end.
            whole = body if body.endswith("\n") or not body else f"{body}\n"
            return head + _call_of(name, line, whole, captured) + "\n" * body.count("\n")
        captured = dict.fromkeys(word for word in line.split()[-1:] if name == "capture" and word.isidentifier())
        head += f"{_call_of(name, line, 'pass', captured) if captured else ''}\n"
        text = _cleaned(body)
    if "\n" not in text.strip() and _AUTOMAGIC.fullmatch(text):
        text = re.sub(r"(?=\S)", "%", text, count=1)
    return head + "".join(_lines_rewritten(text))


def _call_of(magic: str, line: str, body: str, captured: Iterable[str]) -> str:
    """The call that IPython makes of a cell magic, with the names that it sets."""
    sets = "".join(f"; {name} = get_ipython().user_ns.get({name!r})" for name in captured)
    return f"get_ipython().run_cell_magic({magic!r}, {line!r}, {body!r}){sets}"


def _cleaned(text: str) -> str:
    """Text without the indentation, and the prompts, that were copied along with it."""
    text = textwrap.dedent(text)
    if not _PROMPT.search(text):
        return text
    lines = [f"{line}\n" for line in text.split("\n")]
    without = ipython_prompt(classic_prompt(lines))
    return "".join(without)[:-1] if len(without) == len(lines) else text


def _lines_rewritten(text: str) -> Iterator[str]:
    """The text line by line, each of IPython's own rewritten, with empty lines for those that it took."""
    position = count = 0
    while position < len(text):
        found = _statement(text, position)
        position = found.end
        taken = text[found.start : found.end]
        if found.by is not None and count < MAX_REWRITTEN:
            count += 1
            taken = _statement_rewritten(taken, found.by, found.special - found.start)
        yield taken


def _statement_rewritten(taken: str, by: type, special: int) -> str:
    timed = _TIMED.match(taken)
    if timed and _parsed(timed["statement"]) is not None:
        return f"{timed['indent']}{timed['statement']}{taken[timed.end() :]}"
    lines = [f"{line}\n" for line in taken.removesuffix("\n").split("\n")]
    before = taken[:special]
    place = (before.count("\n") + 1, len(before) - before.rfind("\n") - 1)
    try:
        rewritten = HelpEnd(place, (len(lines), 0)).transform(lines) if by is HelpEnd else by(place).transform(lines)
    except SyntaxError:
        if by is not HelpEnd or not _ESCAPED.match(taken):
            return taken
        rewritten = EscapedCommand(place).transform(lines)
    rewritten += ["\n"] * (len(lines) - len(rewritten))
    return "".join(rewritten) if taken.endswith("\n") else "".join(rewritten).removesuffix("\n")


@dataclass(frozen=True)
class _Statement:
    """One logical line: a statement, or the head of one.

    Attributes:
        by: what rewrites it; None if it is Python as far as can be seen.
        special: where IPython's syntax begins.
    """

    start: int
    end: int
    by: type | None = None
    special: int = 0


def _statement(text: str, start: int) -> _Statement:
    """The logical line that begins at ``start``."""
    if escaped := _ESCAPED.match(text, start):
        end = _end_of_continued(text, start)
        line = text[start:end].rstrip()
        asks = line.endswith("?") and not {"#", "'", '"'} & set(line)
        return _Statement(start, end, HelpEnd if asks else EscapedCommand, escaped.end() - 1)
    depth, assigned, position, said = 0, False, start, start
    end = len(text)
    while token := _TOKEN.search(text, position):
        position, kind = token.end(), token[0]
        if rest := _STRING_REST.get(kind):
            position = said = _end_of_string(text, position, rest, whole=len(kind) == 3)
        elif kind[0] == "#":
            said = position
        elif kind in "([{":
            depth += 1
        elif kind in ")]}":
            depth = max(0, depth - 1)
        elif kind == "=" and not depth and not assigned:
            assigned = True
            if value := _ASSIGNED.match(text, position):
                by, special = (MagicAssign if value["magic"] else SystemAssign), value.end("before")
                return _Statement(start, _end_of_continued(text, special), by, special)
        elif kind == "\n" and not depth:
            end = position
            break
    line = text[said:end].rstrip()
    if line.endswith("?"):
        indented = _INDENTATION.match(text, start)
        return _Statement(start, end, HelpEnd, indented.end() if indented else start)
    return _Statement(start, end)


def _end_of_string(text: str, position: int, rest: re.Pattern[str], *, whole: bool) -> int:
    """Where a string ends whose quote stands before ``position``; one that does not end has its line, or the rest."""
    if found := rest.match(text, position):
        return found.end()
    newline = text.find("\n", position)
    return len(text) if whole or newline < 0 else newline


def _end_of_continued(text: str, position: int) -> int:
    """Where a line ends that goes on after each backslash at its end."""
    while True:
        newline = text.find("\n", position)
        if newline < 0:
            return len(text)
        position = newline + 1
        if text[newline - 1 : newline] != "\\":
            return position
