"""The training loop that every experiment of the course uses, with nothing hidden in it."""

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import nn

Schedule = Literal["constant", "cosine"]


def generator(seed: int) -> torch.Generator:
    """A source of random numbers on the CPU, so that what it draws does not depend on the device in use."""
    return torch.Generator().manual_seed(seed)


def train(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    schedule: Schedule = "constant",
    seed: int = 0,
    loss: Callable[[Any, torch.Tensor], torch.Tensor] = F.cross_entropy,
    optimizer: Callable[..., torch.optim.Optimizer] | None = None,
    progress: bool = False,
) -> list[float]:
    """Train a model in place by stochastic gradient descent; it is left in training mode.

    Args:
        model: what to train; on the device, and of the dtype, of ``x``.
        x: examples, shape (N, ...).
        y: their labels, shape (N,).
        steps: how many batches to train on.
        batch_size: examples per batch. Each pass over the data is shuffled anew; examples left over at its end
            that do not fill a batch are skipped.
        learning_rate: that of the first step.
        momentum: of SGD.
        weight_decay: of SGD, or of ``optimizer``.
        schedule: ``"constant"``, or ``"cosine"`` for a learning rate that falls to 0 along half a cosine.
        seed: decides the order of the examples.
        loss: maps the model's output and the labels to the number to minimise.
        optimizer: takes the place of SGD, such as ``torch.optim.Adam``; called with the parameters,
            ``lr`` and ``weight_decay``.
        progress: whether to print a line ten times on the way.

    Returns:
        The loss of every step, measured before the step; NaN or infinite where training has diverged.
    """
    if optimizer is None:
        descent: torch.optim.Optimizer = torch.optim.SGD(
            model.parameters(), lr=learning_rate, momentum=momentum, weight_decay=weight_decay
        )
    else:
        descent = optimizer(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    model.train()
    losses: list[float] = []
    batches = shuffled_batches(len(x), batch_size, seed)
    for step in range(steps):
        for group in descent.param_groups:
            group["lr"] = learning_rate * _decay(schedule, step / steps)
        batch = next(batches).to(x.device)
        batch_loss = loss(model(x[batch]), y[batch])
        descent.zero_grad()
        batch_loss.backward()
        descent.step()
        losses.append(batch_loss.item())
        if progress and (step + 1) % max(1, steps // 10) == 0:
            print(f"step {step + 1} of {steps}: loss {losses[-1]:.3f}", flush=True)
    return losses


def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor, batch_size: int | None = None) -> float:
    """The share of examples whose largest output is at their label.

    Whether the model is in training or evaluation mode is left as it is: that choice, and what it does to the
    result, is the caller's.

    Args:
        model: maps (N, ...) to one output per class, shape (N, K).
        x: examples, shape (N, ...).
        y: labels, shape (N,).
        batch_size: examples per batch, taken in order; by default all at once.
    """
    right = 0
    with torch.no_grad():
        for inputs, labels in zip(x.split(batch_size or len(x)), y.split(batch_size or len(y)), strict=True):
            right += int((model(inputs).argmax(dim=1) == labels).sum())
    return right / len(x)


def shuffled_batches(n: int, batch_size: int, seed: int) -> Iterator[torch.Tensor]:
    """Batches of indices below n without end: every pass in a new random order, full batches only.

    Raises:
        ValueError: if there are fewer examples than fill one batch.
    """
    if not 1 <= batch_size <= n:
        raise ValueError(f"batch_size is {batch_size}, but it must lie between 1 and the {n} examples there are.")
    source = generator(seed)
    while True:
        order = torch.randperm(n, generator=source)
        for start in range(0, n - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def _decay(schedule: Schedule, done: float) -> float:
    """What to multiply the learning rate with when this share of the steps is done.

    Raises:
        ValueError: if there is no such schedule.
    """
    if schedule == "constant":
        return 1.0
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * done))
    raise ValueError(f'schedule is {schedule!r}, but it must be "constant" or "cosine".')
