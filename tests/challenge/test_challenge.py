"""What notebooks call: ``weigh``, ``compete`` and ``record``."""

from __future__ import annotations

import pytest
import torch

from cnnlab.challenge import Entry, compete, recipe, record, weigh
from coursekit import leaderboard
from coursekit.checks import CheckFailed
from coursekit.leaderboard import Value
from tests.challenge.networks import conv, linear


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pass over the data instead of all."""
    train = recipe.accuracy_reached
    monkeypatch.setattr("cnnlab.challenge.accuracy_reached", lambda *args, **options: train(*args, **options, epochs=1))


def test_an_entry_states_accuracy_and_costs() -> None:
    entry = compete(linear(), seed=0)
    assert (entry.params, entry.macs) == (650, 640)
    assert 0.5 < entry.accuracy < 1


def test_competing_leaves_the_module_as_it_was() -> None:
    model = conv()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    compete(model, seed=0)
    assert model.training
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())


def test_what_cannot_take_part_is_told_why_by_a_check() -> None:
    for call in (weigh, lambda model: compete(model, seed=0)):
        with pytest.raises(
            CheckFailed, match=r"^The network is an integer; it must be an instance of an nn\.Module\.$"
        ):
            call(3)


def test_an_entry_is_a_row_of_the_leaderboard() -> None:
    record(Entry(0.75004, 3, 4))
    accuracy, params, macs = Value("accuracy", 0.75, "desc"), Value("parameters", 3, "asc"), Value("MACs", 4, "asc")
    assert leaderboard.take() == [accuracy, params, macs]
