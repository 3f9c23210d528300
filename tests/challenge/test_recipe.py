"""How every network is trained and tested."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnlab import data, training
from cnnlab.challenge import recipe
from cnnlab.challenge.program import BATCH, read
from cnnlab.challenge.refusal import Refused
from cnnlab.challenge.running import Rebuilt
from cnnlab.challenge.trace import trace
from tests.challenge.networks import Computed, conv, linear

DIGITS = data.digits(torch.float32)


def accuracy(model: nn.Module, seed: int = 0, **options: Any) -> float:
    return recipe.accuracy_reached(read(trace(model)), seed, epochs=2, **options)


def disguised(seed: int) -> data.Dataset:
    return recipe.disguised(DIGITS, training.generator(seed))


def test_a_linear_network_learns_in_two_passes() -> None:
    assert 0.7 < accuracy(linear()) < 1


def test_the_seed_decides_the_accuracy_whatever_was_drawn_before() -> None:
    model, found = conv(), []
    for seed in (0, 0, 1):
        torch.rand(seed + len(found))
        found.append(accuracy(model, seed))
    assert found[0] == found[1] != found[2]


def test_random_numbers_elsewhere_stay_as_they_were() -> None:
    model = conv()
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    accuracy(model)
    assert torch.equal(torch.rand(1), expected)


def test_all_of_the_training_images_are_seen_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, int]] = []
    forward = Rebuilt.forward

    def watched(self: Rebuilt, images: Tensor) -> Tensor:
        seen.append((self.training, len(images)))
        return forward(self, images)

    monkeypatch.setattr(Rebuilt, "forward", watched)
    accuracy(linear())
    assert seen.count((True, BATCH)) == 2 * (1300 // BATCH)
    assert seen.count((False, 1)) == 497
    assert len(seen) == 2 * (1300 // BATCH) + 497


def test_progress_is_ten_lines_and_silence_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    accuracy(linear())
    assert capsys.readouterr().out == ""
    accuracy(linear(), progress=True)
    assert len(capsys.readouterr().out.splitlines()) == 10


@pytest.mark.parametrize(
    "model",
    [nn.Sequential(nn.AdaptiveAvgPool2d((2, 5)), nn.Flatten()), Computed(lambda x: x).requires_grad_(False)],
    ids=["no parameters", "frozen parameters"],
)
def test_what_has_nothing_to_train_is_refused(model: nn.Module) -> None:
    with pytest.raises(Refused, match="cannot be trained"):
        accuracy(model)


def test_a_network_that_stops_every_gradient_is_refused() -> None:
    with pytest.raises(Refused, match="cannot be trained"):
        accuracy(nn.Sequential(linear(), Detached()))


class Detached(nn.Module):
    """Stops gradients."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach()


class Spoilt(nn.Module):
    """Gives no numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return x / (x - x)


def test_what_is_not_a_number_is_no_better_than_a_guess() -> None:
    assert accuracy(nn.Sequential(linear(), Spoilt())) < 0.2


def test_in_disguise_classes_are_renumbered() -> None:
    names = {(int(old), int(new)) for old, new in zip(DIGITS.test_y, disguised(0).test_y, strict=True)}
    assert len(names) == len({new for _, new in names}) == 10
    assert any(old != new for old, new in names)


def test_in_disguise_every_image_is_mirrored_or_turned_alike() -> None:
    images = {tuple(disguised(seed).test_x[7].flatten().tolist()) for seed in range(60)}
    views = [view.flip(axes) for view in (DIGITS.test_x[7], DIGITS.test_x[7].mT) for axes in ([], [1], [2], [1, 2])]
    assert images == {tuple(view.flatten().tolist()) for view in views}
    for seed in range(5):
        views = [x.flip(axes) for x in (DIGITS.train_x, DIGITS.train_x.mT) for axes in ([], [2], [3], [2, 3])]
        assert sum(torch.equal(disguised(seed).train_x, view) for view in views) == 1


def test_the_disguise_is_the_same_for_training_and_testing() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    digits = disguised(2)
    training.train(model, digits.train_x, digits.train_y, steps=80, batch_size=64, learning_rate=0.05)
    assert training.accuracy(model, digits.test_x, digits.test_y) > 0.9
