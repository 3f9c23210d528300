"""Networks of the kinds that students hand in, small and quick."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Computed(nn.Module):
    """A function of the images and of some layers, then ten scores.

    Args:
        body: maps the images and the layers to features, shape (N, ...).
        layers: its layers.
        features: how many features there are for each image.
    """

    def __init__(self, body: Callable[..., Tensor], *layers: nn.Module, features: int = 64) -> None:
        super().__init__()
        self.body, self.layers, self.head = body, nn.ModuleList(layers), nn.Linear(features, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x, *self.layers).flatten(1))


class Residual(nn.Module):
    """A block with a shortcut, ReLU in place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        y += x
        return F.relu(y, inplace=True)


class Squeeze(nn.Module):
    """Squeeze and excite."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(channels, 2), nn.Linear(2, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.up(F.silu(self.down(x.mean(dim=(2, 3))))))[:, :, None, None]


def linear() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


def conv() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(4, 10)),
    )


def _shuffled(x: Tensor) -> Tensor:
    x = torch.cat([x[:, :, ::2], x[:, :, 1::2]], dim=1).permute(0, 2, 3, 1).contiguous()
    return torch.stack([part.reshape(len(x), -1) for part in x.chunk(2, dim=1)], dim=1)


def _assigned(x: Tensor) -> Tensor:
    y = x.repeat(1, 2, 1, 1)
    y[:, 1, 2:4] = 2 * y[:, 0, 2:4]
    y[:, 0, 0] = 0
    return y


def _tokens(x: Tensor, layer: nn.Module) -> Tensor:
    return layer(x.flatten(2).transpose(1, 2).expand(-1, -1, 4))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "a linear layer": linear,
    "convolution, batch norm, pools, dropout": conv,
    "a residual block": lambda: nn.Sequential(
        nn.Conv2d(1, 3, 3, stride=2), Residual(3), nn.Flatten(), nn.Linear(27, 10)
    ),
    "depthwise separable": lambda: Computed(
        lambda x, *layers: nn.Sequential(*layers)(x),
        *(nn.Conv2d(1, 4, 1), nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.ReLU6(), Squeeze(4)),
        features=256,
    ),
    "a transposed convolution and interpolation": lambda: Computed(
        lambda x, up: F.interpolate(up(x), scale_factor=0.5, mode="bilinear"), nn.ConvTranspose2d(1, 1, 2, 2)
    ),
    "group, layer and instance norm": lambda: Computed(
        lambda x, g, n, i: n(g(x.expand(-1, 4, -1, -1))) + i(x),
        nn.GroupNorm(2, 4),
        nn.LayerNorm(8),
        nn.InstanceNorm2d(1),
        features=256,
    ),
    "norms of torch's own code": lambda: Computed(lambda x, r, n: n(r(x)), nn.RMSNorm(8), nn.LocalResponseNorm(3)),
    "slices and stacks": lambda: Computed(_shuffled),
    "assignment to slices": lambda: Computed(_assigned, features=128),
    "attention": lambda: Computed(
        lambda x, a: a(*[x.flatten(2).transpose(1, 2).expand(-1, -1, 4)] * 3)[0],
        nn.MultiheadAttention(4, 2, batch_first=True),
        features=256,
    ),
    "a transformer": lambda: Computed(
        _tokens, nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), features=256
    ),
    "einsum and standardized weights": lambda: Computed(
        lambda x, c: torch.einsum("nchw,kcij->nkhw", x, (c.weight - c.weight.mean()) / c.weight.std()),
        nn.Conv2d(1, 2, 3),
        features=128,
    ),
    "noise": lambda: Computed(lambda x: x + 0.1 * torch.randn_like(x)),
    "dropped images": lambda: Computed(lambda x: x * x.new_empty(len(x), 1, 1, 1).bernoulli_(0.9)),
    "coordinates": lambda: Computed(
        lambda x: torch.cat([x, torch.linspace(-1, 1, 8).expand(len(x), 1, 8, 8)], dim=1), features=128
    ),
    "zeros for channels": lambda: Computed(
        lambda x: torch.cat([x, torch.zeros_like(x), x.new_ones(x.shape)], 1), features=192
    ),
    "layers that wait for their input": lambda: nn.Sequential(
        nn.LazyConv2d(2, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(10)
    ),
    "float64": lambda: conv().double(),
}
