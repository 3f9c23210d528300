"""The plain network with names."""

from __future__ import annotations

import pytest
import torch

from cnnlab.plain_net import PlainNet


@pytest.mark.parametrize("depth", [8, 14, 56])
def test_it_has_as_many_layers_as_it_says(depth: int) -> None:
    names = [name for name, _ in PlainNet(depth, width=1).named_children()]
    assert sum(name.startswith(("conv", "fc")) for name in names) == depth


def test_two_stages_halve_the_maps() -> None:
    with torch.device("meta"):
        scores = PlainNet(8, width=2, in_channels=3, num_classes=5)(torch.empty(4, 3, 8, 8))
    assert scores.shape == (4, 5)


@pytest.mark.parametrize("depth", [2, 7, 10, -4])
def test_other_depths_are_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="6n"):
        PlainNet(depth)
