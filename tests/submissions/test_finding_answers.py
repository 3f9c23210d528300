"""An answer is found by what its code binds, wherever it stands and however it is written."""

from __future__ import annotations

import pytest

from autograder.submissions.align import align
from autograder.submissions.beside import FileBeside
from autograder.submissions.compare import is_attempted
from autograder.submissions.definitions import MAX_CODE
from autograder.submissions.reading import read_notebook
from autograder.submissions.recognize import recognized
from autograder.topics import Topic
from autograder.verdicts.model import Status
from autograder.verdicts.scoring import EMPTY, MISSING, NOT_ATTEMPTED, not_attempted
from tests.submissions.handouts import RELEASED, SCALE, SCALE_STUB, TOPIC, Handout

WAYS = [
    SCALE,
    "scale = lambda x, factor: x * factor",
    "scale, rest = make_both()",
    "(rest, *scale), = make()",
    "scale: object = functools.partial(torch.mul)",
    "from operator import mul as scale",
    "import scale",
    "if fast():\n    from fast import scale\nelse:\n    def scale(x, factor):\n        return x * factor",
    "try:\n    import fast\n    scale = fast.scale\nexcept ImportError:\n    def scale(x, factor): return x * factor",
    "with torch.no_grad():\n    def scale(x, factor):\n        return x * factor",
    "for scale in candidates:\n    break",
    "print(scale := torch.mul)",
    "@torch.no_grad()\ndef scale(x, factor):\n    return x * factor",
    "class scale:\n    def __new__(cls, x, factor):\n        return x * factor",
    'globals()["scale"] = torch.mul',
    "globals().update(scale=torch.mul)",
    'setattr(sys.modules[__name__], "scale", torch.mul)',
    'exec("def scale(x, factor):\\n    return x * factor")',
    'exec(f"{name} = torch.mul")  # scale',
    f"%%time\n{SCALE}",
    f"!pip install \\\n    einops\n{SCALE}",
    f"    {SCALE.replace(chr(10), chr(10) + '    ')}",
]


def attempted(handout: Handout, name: str = "scale", files: tuple[FileBeside, ...] = ()) -> str | None:
    """The student's answer, if it counts as one."""
    alignment = align(TOPIC, RELEASED, read_notebook(handout.bytes(), "norm.ipynb")[0], files)
    answer = alignment.answer(name)
    return answer if answer is not None and is_attempted(RELEASED.by_id[name], answer) else None


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_in_its_cell_is_one_however_it_is_written(handout: Handout, way: str) -> None:
    assert attempted(handout.write("scale", way)) == way


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("after", ["intro", "setup", "test_scale", "sweep", "why"])
def test_an_answer_in_another_cell_is_found_though_the_stub_is_still_there(
    handout: Handout, way: str, after: str
) -> None:
    assert attempted(handout.insert(after, way)) == way


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stub_stays", [True, False])
def test_an_answer_is_found_when_ids_are_lost(handout: Handout, way: str, stub_stays: bool) -> None:
    handout.insert("scale", way)
    if not stub_stays:
        handout.delete("scale")
    assert attempted(handout.without_ids()) == way


@pytest.mark.parametrize("host", ["setup", "sweep", "test_scale", "Shift"])
def test_an_answer_written_into_another_cell_of_the_topic_is_found(handout: Handout, host: str) -> None:
    text = handout.cell(host)["source"]
    assert attempted(handout.write(host, f"{SCALE}\n\n\n{text}")) == SCALE


@pytest.mark.parametrize(
    "text",
    [
        "y = scale(3, 4)",
        "def scaled(x):\n    return scale(x, 2)",
        "print('scale = 3')",
        "model.scale = 3",
        "from torch.nn.functional import *",
        "globals()[name] = 3",
        "%%writefile answer.py\n" + SCALE,
        SCALE_STUB,
    ],
)
def test_what_does_not_bind_it_is_no_answer(handout: Handout, text: str) -> None:
    assert attempted(handout.insert("test_scale", text)) is None


def test_names_that_a_module_beside_the_notebook_brings_are_answers(handout: Handout) -> None:
    text = "from my_norms import *"
    assert attempted(handout.insert("setup", text), files=(FileBeside("my_norms.py", SCALE.encode()),)) == text
    assert attempted(handout, files=(FileBeside("my_norms.py", b"def other(): pass"),)) is None


def test_names_that_a_module_written_by_a_cell_brings_are_answers(handout: Handout) -> None:
    handout.insert("setup", "from norms import *").insert("setup", f"%%writefile norms.py\n{SCALE}")
    assert attempted(handout) == "from norms import *"


def test_importing_all_of_a_module_is_an_answer_in_the_answers_own_cell(handout: Handout) -> None:
    assert attempted(handout.write("scale", "from my_norms import *")) == "from my_norms import *"


def test_an_answer_in_syntax_of_a_newer_python_is_found(handout: Handout) -> None:
    newer = f"{SCALE}\n\nprint(f'{{shapes['in']}}')"
    assert attempted(handout.insert("setup", newer)) == newer


def test_an_answer_is_found_below_more_code_than_is_parsed(handout: Handout) -> None:
    for number in range(4):
        handout.insert("setup", f"scale_{number} = '{'x' * (MAX_CODE // 3)}'")
    assert attempted(handout.insert("setup", SCALE)) == SCALE


@pytest.mark.parametrize(
    "way", ["scale, Shift = make()", "globals().update(scale=1)", "import fast\nscale = fast.scale"]
)
def test_a_topic_is_recognized_by_exercises_that_code_speaks_of(
    handout: Handout, topics: tuple[Topic, ...], way: str
) -> None:
    del handout.data["metadata"]["course"]
    handout.write("scale", way).delete("Shift")
    notebook, _ = read_notebook(handout.without_ids().bytes(), "x.ipynb")
    found = recognized(notebook, topics)
    assert found is not None
    assert found.name == "01-norm"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, MISSING),
        ("", EMPTY),
        ("def scale(x, factor):\n    pass", EMPTY),
        (f"# mine\n{SCALE_STUB}", NOT_ATTEMPTED),
    ],
)
def test_only_what_is_as_it_was_released_is_said_to_be(answer: str | None, sentence: str) -> None:
    verdict = not_attempted(TOPIC.exercises[0], RELEASED.by_id["scale"], answer)
    assert (verdict.status, verdict.message) == (Status.NOT_ATTEMPTED, sentence)
