"""What a cell of the student's own sets costs nothing in any topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nbformat.v4 import new_code_cell

from autograder.verdicts.model import Result
from tests.topics.conftest import TOPICS

Grade = Callable[..., Result]

EVERYTHING = """\
import random, sys, warnings
import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.use_deterministic_algorithms(True)
torch.set_num_threads(16)
torch.manual_seed(1)
random.seed(1)
np.seterr(all="raise")
torch.autograd.set_detect_anomaly(True)
torch.set_flush_denormal(True)
torch.set_float32_matmul_precision("medium")
hooks = torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x * 0)
hooks.__enter__()
torch.nn.modules.module.register_module_forward_hook(lambda module, given, result: None)
autocast = torch.autocast("cpu", torch.bfloat16)
autocast.__enter__()
torch.set_grad_enabled(False)
inference = torch.inference_mode()
inference.__enter__()
torch.set_default_device("meta")
warnings.simplefilter("error")
sys.setrecursionlimit(100)
"""
SETTINGS = {
    "default dtype": "import torch\ntorch.set_default_dtype(torch.float64)",
    "default device": "import torch\ntorch.set_default_device('meta')",
    "recursion limit": "import sys\nsys.setrecursionlimit(60)",
}
WITH_NETWORKS = [topic for topic in TOPICS if topic.name.startswith(("02", "05"))] or TOPICS


def full_marks(topic: Any, grade: Grade, setting: str) -> bool:
    """Whether the model solutions get all marks after a cell of one's own before the first exercise."""
    m = topic.material
    notebook = m.notebook(m.answers)
    first = [cell.id for cell in notebook.cells].index(next(iter(m.coded)))
    notebook.cells.insert(first, new_code_cell(setting))
    result = grade(topic, notebook)
    assert {e.id: e.message for e in result.exercises if 0 < e.max_score != e.score and e.id in m.coded} == {}
    return bool(result.score == m.points() and result.problems == ())


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("network", WITH_NETWORKS, ids=[topic.name for topic in WITH_NETWORKS])
def test_what_a_cell_sets_costs_no_network_a_mark(network: Any, grade: Grade, setting: str) -> None:
    assert full_marks(network, grade, setting)


def test_a_cell_that_sets_everything_costs_nothing(topic: Any, grade: Grade) -> None:
    assert full_marks(topic, grade, EVERYTHING)
