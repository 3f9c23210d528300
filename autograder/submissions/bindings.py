"""The names to which code gives a meaning, however it does so."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.submissions.cells import parse

# Stands for names that the text does not show: of `from norms import *`, of `exec(text)`.
ANY = "*"

_Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_NAMESPACES = ("globals", "locals", "vars")
# Magics that run a file, or bring in a whole library, in the notebook's namespace.
_BINDING_MAGICS = ("pylab", "rerun", "run", "store")


def bound_names(statement: ast.stmt) -> set[str]:
    """The names that a statement binds in its own namespace; `ANY` for those that its text does not tell.

    All ways of binding count, in every block of the statement: definitions, imports, targets of any kind, ``for``,
    ``with``, ``except``, ``match``, the walrus, entries of ``globals()``, and the text of an ``exec``. What happens in
    functions and classes when they are called or made binds nothing here.
    """
    names: set[str] = set()
    for node in _in_this_scope(statement):
        names.update(_bound_by(node))
    return names


def _in_this_scope(statement: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a statement that run in its own namespace."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, _Function | ast.Lambda):
            arguments = node.args
            todo += [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
            todo += node.decorator_list if isinstance(node, _Function) else []
        elif isinstance(node, ast.ClassDef):
            todo += [*node.decorator_list, *node.bases, *node.keywords]
        elif isinstance(node, Comprehension):
            # Its targets are its own; a walrus in it is not.
            todo += [child for child in ast.walk(node) if isinstance(child, ast.NamedExpr)]
        elif isinstance(node, ast.Delete) or (isinstance(node, ast.AnnAssign) and node.value is None):
            pass
        else:
            todo += ast.iter_child_nodes(node)


def _bound_by(node: ast.AST) -> Iterator[str]:
    """The names that one part of a statement binds, its own parts aside."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import():
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        case ast.ImportFrom():
            yield from (alias.asname or alias.name for alias in node.names)
        case ast.Name(ctx=ast.Store()):
            yield node.id
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            yield from [node.name] if node.name else []
        case ast.MatchMapping():
            yield from [node.rest] if node.rest else []
        case ast.Subscript(ctx=ast.Store()) if _is_namespace(node.value):
            yield _text(node.slice)
        case ast.Call():
            yield from _bound_by_call(node)


def _bound_by_call(call: ast.Call) -> Iterator[str]:
    function, first = call.func, call.args[0] if call.args else None
    match function:
        case ast.Name("exec"):
            yield from _names_in_text(first)
        case ast.Name("setattr") if len(call.args) > 1 and _is_own_module(first):
            yield _text(call.args[1])
        case ast.Attribute(attr="update" | "push" | "setdefault" | "__setitem__") if _is_namespace(function.value):
            if isinstance(first, ast.Dict):
                yield from (_text(key) for key in first.keys)
            elif first is not None:
                yield _text(first)
            yield from (keyword.arg or ANY for keyword in call.keywords)
        case ast.Attribute(attr="run_cell") if _is_shell(function.value):
            yield from _names_in_text(first)
        case ast.Attribute(attr="run_line_magic") if _is_shell(function.value):
            yield from [ANY] if _text(first) in (ANY, *_BINDING_MAGICS) else []


def _names_in_text(code: ast.expr | None) -> set[str]:
    """What running a text binds."""
    value = code.value if isinstance(code, ast.Constant) else None
    tree = parse(value) if isinstance(value, str) else None
    return {ANY} if tree is None else {name for statement in tree.body for name in bound_names(statement)}


def _is_namespace(node: ast.expr) -> bool:
    """Whether an expression is the notebook's namespace: ``globals()``, ``get_ipython().user_ns``, the shell itself."""
    if isinstance(node, ast.Attribute):
        return (node.attr == "user_ns" and _is_shell(node.value)) or (
            node.attr == "__dict__" and _is_own_module(node.value)
        )
    named = isinstance(node, ast.Call) and not node.args and getattr(node.func, "id", "") in _NAMESPACES
    return named or _is_shell(node)


def _is_shell(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "get_ipython"


def _is_own_module(node: ast.expr | None) -> bool:
    """Whether an expression is the notebook's own module, as ``sys.modules[__name__]`` is."""
    parts = list(ast.walk(node)) if node else []
    return any(getattr(part, "id", "") in ("__name__", "__main__") for part in parts) or any(
        isinstance(part, ast.Constant) and part.value == "__main__" for part in parts
    )


def _text(node: ast.expr | None) -> str:
    """The name that a constant gives; `ANY` if it is worked out."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ANY
