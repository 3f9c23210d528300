"""What one statement of a notebook takes, binds and may change, as its syntax tree shows it.

Where the tree does not show it, the statement is *unsure*: it may have any effect. What is taken for harmless is a
closed list, so that whatever is not known counts as unsure.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograder.submissions.bindings import Comprehension, bound_names

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
# A lambda is written where it is handed on, and may be called at once.
CalledLater = ast.FunctionDef | ast.AsyncFunctionDef

# Their functions change nothing but their arguments, as far as an answer can see, unless their name says so.
CALM_LIBRARIES = frozenset(
    (
        *("PIL", "cmath", "collections", "coursekit", "copy", "dataclasses", "enum", "fractions", "functools"),
        *("itertools", "json", "math", "matplotlib", "numpy", "pandas", "pprint", "random", "re", "scipy"),
        *("statistics", "string", "textwrap", "time", "torch", "tqdm", "typing"),
    )
)
CHANGES_ITS_LIBRARY = re.compile(
    r"_?(set|use|enable|disable|register|patch|reload|switch|reset|rc|style|environ|path|save|write|dump|backends|hub"
    r"|multiprocessing|distributed|library|overrides|import|push|pop|kill|exec)"
)
REACHES_EVERYTHING = frozenset(
    (
        *("exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "getattr", "__import__", "compile"),
        *("open", "breakpoint", "exit", "quit"),
    )
)
BUILTINS = (frozenset(dir(builtins)) | {"__name__"}) - REACHES_EVERYTHING
HARMLESS_DUNDERS = frozenset(("__init__", "__name__", "__qualname__", "__class__", "__doc__", "__version__", "__len__"))
CALLS_ITS_ARGUMENTS = frozenset(("filter", "iter", "map", "max", "min", "next", "sorted"))
# What draws no random numbers; everything else that is called may.
DRAWS_NOTHING = frozenset(
    (
        *("arange", "array", "as_tensor", "asarray", "compile", "device", "exp", "eye", "full", "linspace", "log"),
        *("namedtuple", "ones", "partial", "sqrt", "tensor", "zeros"),
    )
)
# What is set of tensors and layers; a library has no such attribute.
SET_OF_TENSORS = frozenset(("bias", "data", "grad", "requires_grad", "training", "weight"))
# These look up names that the code does not show.
LOOKS_UP = frozenset(("eval", "exec", "globals", "locals", "vars"))
NAMESPACES = frozenset(("__main__", "sys.modules", "sys._getframe", "inspect.currentframe", "inspect.stack"))
# Texts of which each word may be such a name.
READS_TEXT = frozenset(("eval", "query", "run_cell_magic", "run_line_magic", "system", "getoutput"))
WRITES = re.compile(r"save|write|dump|export|to_(csv|json|pickle|excel|parquet|hdf)|tofile|imsave|imwrite|mkdir")
WORD = re.compile(r"[^\W\d]\w*")
MAKES_NEW = frozenset(
    (
        *("abs", "dict", "enumerate", "float", "int", "len", "list", "range", "reversed", "round", "set", "sorted"),
        *("str", "sum", "tuple", "zip"),
    )
)
# Decorators that leave a function what it is; others may keep something, or hand it on.
PLAIN_DECORATORS = frozenset(
    ("abstractmethod", "classmethod", "inference_mode", "no_grad", "override", "property", "staticmethod", "wraps")
)


@dataclass
class Surroundings:
    """What the whole notebook says about its names, whichever scope they stand in.

    Attributes:
        imports: what names that imports bind stand for, such as ``torch.nn.functional`` for ``F``.
        classes: names of classes that the notebook defines.
        bound: all names that anything binds.
        shared: those that may mean what something else refers to, a library above all: changing it changes that.
        doubtful: those that were bound by a statement which is unsure.
        package: the course's own package, which is as calm as other libraries.
    """

    imports: dict[str, str] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    package: str = ""

    def hand_out(self, statement: Statement) -> None:
        """Take in a statement that was handed out."""
        self._define(statement.defined)
        self.shared |= statement.binds

    def take(self, statements: Sequence[Statement]) -> None:
        """Take in the student's own statements."""
        for statement in statements:
            self._define(statement.defined)
        for name, value in (binding for statement in statements for binding in statement.bindings):
            if value is None or not _is_fresh(value, self):
                self.shared.add(name)

    def _define(self, names: Names) -> None:
        self.imports |= names.imports
        self.classes |= names.classes
        self.bound |= names.bound


@dataclass(frozen=True)
class Names:
    """The names that a statement gives a meaning to, in any scope, as in ``Surroundings``."""

    imports: dict[str, str] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)


def names_defined(statement: ast.stmt) -> Names:
    """The names that a statement gives a meaning to, in any scope."""
    names = Names()
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            origins = ((a.asname or a.name.partition(".")[0], a.name if a.asname else "") for a in node.names)
            names.imports.update((name, origin or name) for name, origin in origins)
        elif isinstance(node, ast.ImportFrom):
            names.imports.update((a.asname or a.name, f"{node.module or ''}.{a.name}") for a in node.names)
        elif isinstance(node, ast.ClassDef):
            names.classes.add(node.name)
        elif isinstance(node, ast.arg):
            names.bound.add(node.arg)
        if isinstance(node, ast.stmt):
            names.bound.update(bound_names(node))
    return names


class Statement:
    """A statement of a cell's top level.

    Attributes:
        lines: those of the cell that it stands on, up to the next statement.
        binds: names that it gives a meaning to.
        takes: names of the notebook that running it looks up.
        takes_later: names that the functions which it defines look up when they are called, and names of the classes
            that its classes are made from.
    """

    def __init__(self, tree: ast.stmt, lines: range) -> None:
        self.tree, self.lines = tree, lines
        self._now, self._later = _split(tree)
        self.binds = frozenset(bound_names(tree))
        self.takes = frozenset(free_names(tree, with_functions=False))
        self.takes_later = frozenset(name for part in (*self._later, *_bases(tree)) for name in free_names(part))

    @cached_property
    def defined(self) -> Names:
        """The names that it gives a meaning to, in any scope."""
        return names_defined(self.tree)

    @cached_property
    def bindings(self) -> list[tuple[str, ast.expr | None]]:
        """Each name that it binds in any scope, with the expression that the name stands for, if there is one."""
        return list(_bindings(self.tree))

    @cached_property
    def text(self) -> str:
        """The same for statements that say the same."""
        return ast.dump(self.tree)

    def draws(self, around: Surroundings) -> bool:
        """Whether running it may draw random numbers into what it binds."""
        known = ((BUILTINS - around.bound) | DRAWS_NOTHING) - CALLS_ITS_ARGUMENTS
        return any(isinstance(node, ast.Call) and _last_word(node.func) not in known for node in self._now)

    def calls(self, around: Surroundings) -> bool:
        """Whether running it calls anything but Python's own functions."""
        known = BUILTINS - around.bound - CALLS_ITS_ARGUMENTS
        return any(isinstance(node, ast.Call) and _root(node.func) not in known for node in self._now)

    @cached_property
    def words(self) -> frozenset[str]:
        """Words of texts that may be names of the notebook: in magics, shell lines and queries."""
        calls = (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        read = (node for call in calls if _last_word(call.func) in READS_TEXT for node in ast.walk(call))
        texts = (node.value for node in read if isinstance(node, ast.Constant) and isinstance(node.value, str))
        return frozenset(word for text in texts for word in WORD.findall(text))

    def looks_names_up(self, around: Surroundings) -> bool:
        """Whether running it, or the functions that it defines, looks up names that its text does not show."""
        if not LOOKS_UP.isdisjoint((self.takes | self.takes_later) - around.bound):
            return True
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name | ast.Attribute)]
        return any(_origin(node, around) in NAMESPACES for node in nodes)

    def is_unsure(self, around: Surroundings) -> bool:
        """Whether running it may change more than what it binds and what it takes."""
        return any(_is_unsure(node, around) for node in self._now)

    def is_unsure_later(self, around: Surroundings) -> bool:
        """The same of calling the functions that it defines."""
        return any(_is_unsure(node, around) for body in self._later for node in ast.walk(body))

    def is_plain(self, around: Surroundings) -> bool:
        """Whether what it binds holds nothing that other code could change: constants, functions, libraries."""
        return _is_plain(self.tree, around)


def free_names(node: ast.AST, bound: frozenset[str] = frozenset(), *, with_functions: bool = True) -> Iterator[str]:
    """The names that code looks up outside itself: none that a function or a comprehension around it binds."""
    if isinstance(node, ast.Name):
        if node.id not in bound and not isinstance(node.ctx, ast.Store):
            yield node.id
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id not in bound:
        yield node.target.id
    inside, outside = _scope(node)
    for child in outside:
        yield from free_names(child, bound, with_functions=with_functions)
    if inside and (with_functions or not isinstance(node, CalledLater)):
        bound |= frozenset(_locals(node))
        for child in inside:
            yield from free_names(child, bound, with_functions=with_functions)


def _scope(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """The parts of a node that stand in a scope of their own, and those that do not."""
    if isinstance(node, ast.Lambda):
        return [node.body], [node.args]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return list(node.body), [*node.decorator_list, node.args, *filter(None, [node.returns])]
    if isinstance(node, Comprehension):
        first, *others = node.generators
        result = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return [*result, first.target, *first.ifs, *others], [first.iter]
    return [], list(ast.iter_child_nodes(node))


def _locals(scope: ast.AST) -> set[str]:
    """The names that a function or a comprehension binds for itself."""
    if isinstance(scope, Comprehension):
        return {name for generator in scope.generators for name in _stored(generator.target)}
    assert isinstance(scope, Function)
    body = scope.body if isinstance(scope.body, list) else []
    outer = {name for node in ast.walk(scope) if isinstance(node, ast.Global) for name in node.names}
    return {parameter.arg for parameter in _parameters(scope)} | {n for each in body for n in bound_names(each)} - outer


def _parameters(function: Function) -> list[ast.arg]:
    inner = function.args
    return [*inner.posonlyargs, *inner.args, *inner.kwonlyargs, *filter(None, (inner.vararg, inner.kwarg))]


def _split(statement: ast.stmt) -> tuple[list[ast.AST], list[ast.AST]]:
    """All nodes that run with a statement, and the bodies of functions, which run when these are called."""
    now: list[ast.AST] = []
    later: list[ast.AST] = []
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        now.append(node)
        if isinstance(node, CalledLater):
            later.append(node)
            waiting += _scope(node)[1]
        else:
            waiting += ast.iter_child_nodes(node)
    return now, later


def _bases(statement: ast.stmt) -> list[ast.AST]:
    """What the classes that a statement defines are made from."""
    classes = [node for node in ast.walk(statement) if isinstance(node, ast.ClassDef)]
    return [base for each in classes for base in (*each.bases, *each.keywords)]


def _root(node: ast.AST) -> str:
    """The name at the beginning of ``a.b[c].d``; empty where there is none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _origin(node: ast.Name | ast.Attribute, around: Surroundings) -> str:
    """What a library calls the thing that code means, such as ``sys.modules``; empty if it is no library's."""
    origin = around.imports.get(_root(node), "")
    return ".".join((origin, *_words(node)[::-1])) if origin else ""


def _is_unsure(node: ast.AST, around: Surroundings) -> bool:
    if isinstance(node, ast.Name):
        return not isinstance(node.ctx, ast.Store) and _names_unknown(node.id, around)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and bool(WRITES.match(node.func.attr))
    if isinstance(node, ast.Attribute):
        return _reaches_far(node, around) or (not isinstance(node.ctx, ast.Load) and not _is_own(node, around))
    if isinstance(node, ast.Subscript):
        return not isinstance(node.ctx, ast.Load) and _root(node) in around.imports
    if isinstance(node, ast.Import):
        return not all(_is_calm(alias.name, around) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return not all(_is_calm(f"{node.module}.{alias.name}", around) and alias.name != "*" for alias in node.names)
    return isinstance(node, ast.Global | ast.Nonlocal | ast.Await | ast.AsyncFor | ast.AsyncWith | ast.Delete)


def _is_own(target: ast.Attribute, around: Surroundings) -> bool:
    """Whether an attribute is set of an object that nothing else refers to."""
    name, inner = _root(target), any(word.startswith("__") for word in _words(target))
    is_direct = isinstance(target.value, ast.Name) or target.attr in SET_OF_TENSORS
    return is_direct and name in around.bound and name not in around.shared | around.imports.keys() and not inner


def _words(node: ast.AST) -> list[str]:
    """The attributes in ``a.b[c].d``."""
    words = []
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        words += [node.attr] if isinstance(node, ast.Attribute) else []
        node = node.value
    return words


def _last_word(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _names_unknown(name: str, around: Surroundings) -> bool:
    if name in around.imports:
        return not _is_calm(around.imports[name], around)
    return name in around.doubtful or (name not in around.bound and name not in BUILTINS)


def _is_calm(origin: str, around: Surroundings) -> bool:
    library, *parts = origin.split(".")
    return library in (*CALM_LIBRARIES, around.package) and not any(CHANGES_ITS_LIBRARY.match(part) for part in parts)


def _reaches_far(node: ast.Attribute, around: Surroundings) -> bool:
    """Whether an attribute is one of Python's own inner ones, or of a library and named like a setting."""
    if node.attr.startswith("__") and node.attr not in HARMLESS_DUNDERS:
        return True
    return _root(node) in around.imports and bool(CHANGES_ITS_LIBRARY.match(node.attr))


def _is_plain(statement: ast.stmt, around: Surroundings) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = statement.args
        defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        called = [each.func if isinstance(each, ast.Call) else each for each in statement.decorator_list]
        calm = all(_last_word(decorator) in PLAIN_DECORATORS for decorator in called)
        return calm and all(_is_constant(default, around) for default in defaults)
    if isinstance(statement, ast.ClassDef):
        return (
            not statement.decorator_list
            and not statement.keywords
            and all(_is_plain(inner, around) for inner in statement.body)
        )
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return statement.value is None or _is_constant(statement.value, around)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_constant(value: ast.expr, around: Surroundings) -> bool:
    if isinstance(value, ast.Tuple | ast.UnaryOp | ast.BinOp):
        return all(_is_constant(part, around) for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr))
    if isinstance(value, ast.Name | ast.Attribute):
        origin = _origin(value, around)
        return bool(origin) and _is_calm(origin, around)
    if isinstance(value, ast.Lambda):
        defaults = [*value.args.defaults, *filter(None, value.args.kw_defaults)]
        return all(_is_constant(default, around) for default in defaults)
    return isinstance(value, ast.Constant)


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """Each name that a statement binds in any scope, with the expression that the name stands for, if there is one.

    What methods call ``self`` is left out: it means an object of their class.
    """
    methods: set[ast.AST] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign):
            yield from ((name, node.value) for target in node.targets for name in _stored(target))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            yield from ((name, node.value) for name in _stored(node.target))
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            value = node.iter if isinstance(node.iter, ast.Call) else None
            yield from ((name, value) for name in _stored(node.target))
        elif isinstance(node, ast.ClassDef):
            methods.update(node.body)
            yield node.name, None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, None
            own = {"self"} if node in methods else set()
            yield from ((each.arg, None) for each in _parameters(node) if each.arg not in own)
        elif isinstance(node, ast.stmt):
            inner = [child for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
            yield from ((name, None) for name in bound_names(node).difference(*map(bound_names, inner)))


def _stored(target: ast.expr) -> Iterator[str]:
    yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _is_fresh(value: ast.expr, around: Surroundings) -> bool:
    """Whether an expression gives an object that nothing else refers to, a library least of all."""
    if isinstance(value, ast.Call):
        name, root = _last_word(value.func), _root(value.func)
        makes_new = root in around.classes or root in around.imports or (name == root and name in MAKES_NEW)
        handed_on = value.args if root in around.imports else [*value.args, *(each.value for each in value.keywords)]
        return makes_new and not any(_mentions_library(part, around) for part in handed_on)
    if isinstance(value, ast.List | ast.Tuple | ast.Dict | ast.Set | Comprehension):
        return not _mentions_library(value, around)
    return isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp | ast.UnaryOp | ast.Compare)


def _mentions_library(value: ast.AST, around: Surroundings) -> bool:
    """Whether an expression hands on something of a library's, rather than what calling it gives."""
    called: set[int] = set()
    for node in ast.walk(value):
        part: ast.AST | None = node.func if isinstance(node, ast.Call) else None
        while part is not None:
            called.add(id(part))
            part = part.value if isinstance(part, ast.Attribute) else None
    names = (node for node in ast.walk(value) if isinstance(node, ast.Name) and id(node) not in called)
    return any(node.id in around.imports for node in names)
