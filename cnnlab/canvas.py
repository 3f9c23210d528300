"""Digits somewhere on a canvas: the course's digits enlarged, turned and moved, among pieces of other digits.

On the digits themselves, upright and in the middle, a linear model does nearly as well as anything. Here where a stroke
lies says nothing, so that it matters whether a network shares weights between places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.data import Dataset, digits
from cnnlab.training import generator


@dataclass(frozen=True)
class Design:
    """How digits are put on canvases.

    Attributes:
        side: of a canvas, in pixels.
        smallest: the least side of a digit's square, in pixels.
        largest: the greatest.
        turn: how far a digit is turned at most, in degrees, to either side.
        pieces: how many pieces of other digits lie around.
        piece: the side of a piece among the 8 x 8 pixels of the digit that it is cut from.
        noise: the standard deviation of the noise on every pixel; a stroke is about 1.
    """

    side: int = 32
    smallest: float = 14.0
    largest: float = 22.0
    turn: float = 15.0
    pieces: int = 4
    piece: int = 4
    noise: float = 0.1


DESIGN = Design()


def canvas_digits(
    train: int = 4000, test: int = 1000, *, seed: int = 0, dtype: torch.dtype = torch.float32, design: Design = DESIGN
) -> Dataset:
    """Digits on canvases with clutter. No digit that is trained on is tested on, nor is a piece of one.

    Args:
        train: how many images to train on.
        test: how many to test on.
        seed: chooses digits, places and clutter; the same seed gives the same images.
        dtype: of the images; they are drawn in float32.
        design: how they are drawn.

    Returns:
        Images of shape (N, 1, side, side), standardised by the mean and standard deviation of the training images.
    """
    source, numbers = digits(torch.float32), generator(seed)
    blank = source.train_x.min()
    ink = source.train_x.max() - blank
    train_x, train_y = _drawn((source.train_x - blank) / ink, source.train_y, train, design, numbers)
    test_x, test_y = _drawn((source.test_x - blank) / ink, source.test_y, test, design, numbers)
    mean, deviation = train_x.mean(), train_x.std(correction=0)
    images = ((x - mean).div(deviation).to(dtype) for x in (train_x, test_x))
    return Dataset(next(images), train_y, next(images), test_y)


def _drawn(x: Tensor, y: Tensor, n: int, design: Design, numbers: torch.Generator) -> tuple[Tensor, Tensor]:
    """Canvases and labels: every digit about as often as any other."""
    chosen = torch.cat([torch.randperm(len(x), generator=numbers) for _ in range(math.ceil(n / len(x)))])[:n]
    size = _between(design.smallest, design.largest, n, numbers)
    # A digit's square stays on the canvas.
    reach = (design.side - size) / design.side
    place = reach[:, None] * _between(-1, 1, (n, 2), numbers)
    turn = _between(-design.turn, design.turn, n, numbers)
    canvas = _put(x[chosen], design.side, size, place, turn)
    for _ in range(design.pieces):
        canvas = torch.maximum(canvas, _clutter(x, n, design, size, place, numbers))
    canvas = canvas + design.noise * torch.randn(canvas.shape, generator=numbers)
    return canvas, y[chosen]


def _clutter(x: Tensor, n: int, design: Design, size: Tensor, place: Tensor, numbers: torch.Generator) -> Tensor:
    """A piece of a digit on each canvas, opposite to where its digit lies or beside it, never in its middle."""
    chosen = torch.randint(len(x), (n,), generator=numbers)
    corner = torch.randint(x.shape[-1] - design.piece + 1, (n, 2), generator=numbers)
    span = torch.arange(design.piece)
    rows, columns = (corner[:, axis, None] + span for axis in (0, 1))
    pieces = x[chosen[:, None, None], 0, rows[:, :, None], columns[:, None, :]][:, None]
    scale = _between(design.smallest, design.largest, n, numbers) * design.piece / x.shape[-1]
    spot = _between(-1, 1, (n, 2), numbers) * (1 - scale / design.side)[:, None]
    # What would lie on the digit moves to the other side of the canvas.
    away = (spot - place).abs().amax(dim=1) < (size + scale) / (2 * design.side) * 1.2
    spot = torch.where(away[:, None], -spot.sign() * (1 - scale / design.side)[:, None], spot)
    return _put(pieces, design.side, scale, spot, _between(-180, 180, n, numbers))


def _put(images: Tensor, side: int, size: Tensor, place: Tensor, degrees: Tensor) -> Tensor:
    """Square images enlarged to `size` pixels, turned, and centred at `place`: -1 to 1 along each axis."""
    shrink = side / size
    angle = torch.deg2rad(degrees)
    cos, sin = shrink * angle.cos(), shrink * angle.sin()
    x, y = place[:, 0], place[:, 1]
    theta = torch.stack(
        [torch.stack([cos, sin, -cos * x - sin * y], dim=1), torch.stack([-sin, cos, sin * x - cos * y], dim=1)], dim=1
    )
    grid = F.affine_grid(theta, [len(images), 1, side, side], align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _between(low: float, high: float, shape: int | tuple[int, ...], numbers: torch.Generator) -> Tensor:
    sizes = (shape,) if isinstance(shape, int) else shape
    return low + (high - low) * torch.rand(sizes, generator=numbers)
