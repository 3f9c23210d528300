"""What a cell's text is as Python: magics, shell lines and help stand where IPython sees them, and nowhere else."""

from __future__ import annotations

import ast

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from autograder.submissions.cells import MAX_PARSED, MAX_REWRITTEN, parse, python_of
from autograder.submissions.compare import defines, definition, same_code

ANSWER = "def scale(x, factor):\n    return x * factor"
LIKE_IPYTHON = [
    "!pip install -q \\\n    einops\nx = 1\n",
    "!pip install \\\n  a \\\n  b\n\ny = 2",
    "gpus = !nvidia-smi\n",
    "gpus: list = !nvidia-smi -L \\\n  --all\nx = gpus",
    "table['a'] = !ls -l\nhome = %env HOME\n",
    "if torch.cuda.is_available():\n    !nvidia-smi\n    cwd = %pwd\n    %cd ..\nelse:\n    x = 1\n",
    "scale?\n",
    "?scale",
    "??scale\nmodel.layers[0]??\n%timeit?\n",
    "?",
    "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\nimport torch\n",
    "def f():\n    '''\n    %matplotlib is a magic\n    !ls is none here\n    '''\n    return 1\n!ls\n",
    'text = """\n!pip install x\n%time\nwhat?\n"""\n!ls\n',
    "x = (100\n%7)\n!ls\n",
    "x = 100 \\\n  % 7\n!ls\n",
    "y = [\n    1,  # why?\n]\n# really?\n!ls",
    '!echo """ \'\nx = 1\n',
    "f = '%s' % 3\ng = x == 3 != 4\nh(a='!', b=2)\n!ls",
    ">>> x = 1\n>>> for i in x:\n...     pass\n",
    "In [1]: x = 3\nIn [2]: !ls\n",
    "    x = 1\n    !ls\n",
    "\n\n    x = 1\n\n    !ls\n",
    "/print 1 2\n,print a b\n;print a b\n",
    "%timeit scale(\n",
    "f(x)?",
    "a = b = !ls\n",
    "%%time?\nx = 1\n",
]


def dumped(code: str) -> str:
    try:
        return ast.dump(ast.parse(code))
    except SyntaxError:
        return "no Python"


@pytest.mark.parametrize("code", LIKE_IPYTHON)
def test_lines_of_ipythons_own_are_rewritten_as_ipython_does_and_stay_in_their_lines(code: str) -> None:
    python = python_of(code)
    assert dumped(python) == dumped(TransformerManager().transform_cell(code))
    assert python.count("\n") == code.count("\n")


@pytest.mark.parametrize(
    "above",
    [
        "!pip install -q \\\n    einops\n",
        "gpus = !nvidia-smi\n",
        "scale?\n",
        "%%time\n",
        "\n\n%%time\n%%capture out\n",
        "%%wandb\n",
        "%%memit -r 3\n",
        "%%capture --no-stderr logs\n!pip install x\n",
        "%time y = 3\n",
        "%reload_ext lab_black\n",
        '"""Run\n!pip install x\nfirst?"""\n!ls\n',
    ],
)
def test_what_stands_above_an_answer_hides_nothing_of_it(above: str) -> None:
    assert defines(above + ANSWER, "scale")
    assert definition(above + ANSWER + "\n\nscale?", "scale") == ANSWER


@pytest.mark.parametrize("line", ["%time", "!pip install \\\n  einops", "scale?", "    \n!ls"])
def test_lines_of_magic_make_no_difference_to_what_a_cell_says(line: str) -> None:
    assert same_code(f"{line}\n{ANSWER}", ANSWER)
    assert not same_code(f"out = !ls\n{ANSWER}", ANSWER)


@pytest.mark.parametrize(
    "magic",
    ["writefile norms.py", "file norms.py", "bash", "sh", "script python", "html", "timeit", "python", "sx", "!", "js"],
)
def test_a_cell_magic_that_does_something_else_with_its_cell_binds_nothing(magic: str) -> None:
    assert not defines(f"%%{magic}\n{ANSWER}", "scale")
    assert parse(f"%%{magic}\n{ANSWER}") is not None


def test_a_cell_magic_binds_what_it_captures_outputs_in() -> None:
    assert defines("%%capture logs\nx = 1", "logs")
    assert defines("%%bash --out listing --err problems\nls", "listing")
    assert defines("%%bash --out listing --err problems\nls", "problems")


def test_a_timed_statement_binds_what_it_binds_without_the_magic() -> None:
    assert defines("%time model = train()", "model")
    assert not defines("%timeit model = train()", "model")


def test_a_magic_alone_in_its_cell_needs_no_sign() -> None:
    assert parse("pip install einops") is not None
    assert parse("pip install einops\nx = 1") is None


def test_python_stays_as_it_is() -> None:
    code = "x = 'a'\r\ny = '''\n%time\n'''\n"
    assert python_of(code) == code


def test_a_helper_in_a_long_cell_is_understood() -> None:
    table = "TABLE = [\n" + "    0.125, 0.25, 0.5,\n" * 15_000 + "]\n"
    assert 300_000 < len(table) < MAX_PARSED
    assert definition(f"{table}{ANSWER}\n!ls", "scale") == ANSWER


@pytest.mark.parametrize("digits", ["0x" + "f" * 5_000, "0b" + "1" * 100_000, "0o" + "7" * 6_000])
def test_a_number_of_thousands_of_digits_can_be_dumped_and_written_again(digits: str) -> None:
    tree = parse(f"x = {digits}")
    assert tree is not None
    assert ast.dump(tree)
    namespace: dict[str, int] = {}
    exec(ast.unparse(tree), namespace)
    assert namespace["x"] == int(digits, 0)
    assert same_code(f"x = {digits}", f"x = ({digits})")


@pytest.mark.parametrize("code", ["1" * 5_000, "'\ud83d'", "x = 1\x00", "(" * 500, "%%time\n" * 5_000 + "x", "!" * 9])
def test_what_cannot_be_parsed_is_none_or_a_tree_and_never_an_error(code: str) -> None:
    assert parse(code) is None or parse(code)
    assert python_of(code).count("\n") == code.count("\n")


def test_more_lines_than_ipython_would_rewrite_are_left() -> None:
    assert parse("!ls\n" * MAX_REWRITTEN) is not None
    assert parse("!ls\n" * (MAX_REWRITTEN + 1)) is None
