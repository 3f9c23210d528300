"""A plain network whose layers have names, so that everybody's state dict is the same."""

from __future__ import annotations

from torch import Tensor, nn


class PlainNet(nn.Module):
    """A plain network of 6n + 2 layers with names: conv0, conv1_1, ..., conv3_{2n}, each with its norm, and fc.

    Args:
        depth: 6n + 2, at least 8.
        width: the channels of the first stage; the second has twice, the third four times as many.
        in_channels: the channels of the images.
        num_classes: the number of scores.

    Raises:
        ValueError: for another depth.
    """

    def __init__(self, depth: int, width: int = 8, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        if depth < 8 or (depth - 2) % 6:
            raise ValueError(f"a depth of {depth} is not 6n + 2")
        numbers = range(1, (depth - 2) // 3 + 1)
        self.layers = ["0"] + [f"{stage}_{number}" for stage in (1, 2, 3) for number in numbers]
        channels = in_channels
        for layer in self.layers:
            outputs = width * {"0": 1, "1": 1, "2": 2, "3": 4}[layer[0]]
            stride = 2 if layer in ("2_1", "3_1") else 1
            self.add_module(f"conv{layer}", nn.Conv2d(channels, outputs, 3, stride, padding=1, bias=False))
            self.add_module(f"norm{layer}", nn.BatchNorm2d(outputs))
            channels = outputs
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes, shape (N, num_classes), for images of shape (N, in_channels, H, W)."""
        for layer in self.layers:
            convolution, norm = self.get_submodule(f"conv{layer}"), self.get_submodule(f"norm{layer}")
            x = norm(convolution(x)).relu()
        scores: Tensor = self.fc(x.mean(dim=(2, 3)))
        return scores
