"""A course without torch: the package imports, and its checks work on NumPy arrays and plain values."""

import ast
import subprocess
import sys
from pathlib import Path

import coursekit

FOLDER = Path(str(coursekit.__file__)).parent
IMPORT_ALL = """
import importlib, pkgutil, sys
import coursekit
names = [module.name for module in pkgutil.walk_packages(coursekit.__path__, "coursekit.")]
for name in names:
    importlib.import_module(name)
"""
CHECKS = """
import numpy as np
from coursekit.checks import CheckFailed, expect_close, expect_equal, expect_raises, expect_shape, expect_true

X = np.array([[1.0, 2.0], [5.0, 7.0]])


def fails(words, check, *values, **options):
    try:
        check(*values, what="the result", **options)
    except CheckFailed as error:
        assert words in str(error), str(error)
    else:
        raise SystemExit(f"{check.__name__} let {values} pass")


for value in (3, 2.5, 1j, [1, 2.0], (1, [2, 3]), X, [X, 3], {"mean": X, "n": 4}):
    expect_close(value, value, what="the result")
for value in (3, "max", None, True, [1, "a"], {"a": (1, 2)}, {1, 2}, X, {"x": X}, np.array(["a", "b"])):
    expect_equal(value, value, what="the result")
expect_shape(X, (2, 2), what="the result", numpy=True)
expect_true(True, what="it holds")
expect_raises(ValueError, int, "a", what="the call")
fails("expected 3, got 4", expect_close, 4, 3)
fails("(item 1) is wrong: expected 2", expect_close, [1, 3.0], [1, 2.0])
fails("(key 'mean') is wrong: expected 0.5", expect_close, {"mean": 0.7}, {"mean": 0.5})
fails("expected 'A', got 'B'", expect_equal, "B", "A")
fails("(key 'a') is wrong: expected 1", expect_equal, {"a": 2}, {"a": 1})
fails("The result is transposed", expect_close, X.T, X)
fails("expected a NumPy array of shape (2, 2), got None.", expect_close, None, X)
fails("a NumPy array of shape (3,), got a list of 3 items", expect_shape, [1, 2, 3], (3,), numpy=True)
fails("expected ValueError, got no error but an integer", lambda what: expect_raises(ValueError, int, what=what))
"""


def python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER.parent)


def test_every_module_imports_and_checks_work_where_torch_is_not_installed() -> None:
    python("import sys\nsys.modules['torch'] = None\n" + IMPORT_ALL + CHECKS)


def test_no_module_and_no_check_imports_torch_where_it_is_installed() -> None:
    python(IMPORT_ALL + "assert len(names) > 10\n" + CHECKS + "assert 'torch' not in sys.modules")


def test_a_tensor_is_known_once_somebody_imports_torch() -> None:
    python(CHECKS + "import torch\nfails('got a tensor of shape (3,)', expect_close, torch.ones(3), X)")


def test_it_imports_nothing_of_the_engine_or_of_a_course() -> None:
    allowed = sys.stdlib_module_names | {"coursekit", "numpy"}
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "coursekit"] if isinstance(node, ast.ImportFrom) else []
            # The classes of torch are imported for type checkers only.
            others = {name.partition(".")[0] for name in names} - allowed
            assert others <= ({"torch"} if path.name == "torch_classes.py" else set()), path
