"""A network at work: a batch of images through it, or a whole step of training, as it is timed and its memory taken."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.memory import bytes_along, peak_bytes
from cnnlab.timing import median_seconds


class Workload:
    """A network and a batch of random images and labels.

    Training is stochastic gradient descent with momentum. Gradients are dropped before each forward pass, which is
    torch's default, and made anew by the backward pass.

    Args:
        model: puts out scores of classes, shape (N, K). On any device, ``meta`` included; it stays there.
        batch_size: how many images.
        shape: of one image.
    """

    def __init__(self, model: nn.Module, batch_size: int, shape: tuple[int, ...]) -> None:
        self.model, self.batch_size = model, batch_size
        self.device = next(model.parameters()).device
        source = torch.Generator().manual_seed(0)
        self.images = torch.empty(batch_size, *shape, device=self.device)
        if self.device.type != "meta":
            self.images.copy_(torch.rand(self.images.shape, generator=source, device="cpu"))
        self.labels = torch.zeros(batch_size, dtype=torch.long, device=self.device)
        self.optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)

    def forward(self) -> None:
        """Evaluate the batch."""
        self.model.eval()
        with torch.no_grad():
            self.model(self.images)

    def train(self) -> None:
        """One step of training on the batch."""
        self.model.train()
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(self.images), self.labels).backward()
        self.optimizer.step()

    def seconds(self, training: bool, runs: int = 5) -> float:
        """The median time of a forward pass, or of a step of training."""
        return median_seconds(self._step(training), self.device, runs)

    def flops(self, training: bool) -> int:
        """Floating point operations of convolutions and matrix products, two per multiply-add, of the whole batch."""
        with FlopCounterMode(display=False) as counter:
            self._step(training)()
        return counter.get_total_flops()

    def peak_bytes(self, training: bool) -> int:
        """The most bytes that parameters, buffers, images and all that is computed take at one time.

        The second of two steps is measured: in training, gradients and momentum are there then; a forward pass is
        measured without them.
        """
        self._prepare(training)
        return peak_bytes(self._step(training), self._tensors(), self.device)

    def bytes_along(self, training: bool) -> list[int]:
        """The bytes before and after each operator of the step that ``peak_bytes`` measures; not on CUDA."""
        self._prepare(training)
        return bytes_along(self._step(training), self._tensors())

    def _prepare(self, training: bool) -> None:
        """Run one step, with nothing left of the other way through."""
        if not training:
            self.optimizer.zero_grad()
            self.optimizer.state.clear()
        self._step(training)()

    def _step(self, training: bool) -> Any:
        return self.train if training else self.forward

    def _tensors(self) -> Iterator[Tensor]:
        """All tensors that are there before a step, one by one: a list would keep the gradients that it lets go."""
        yield from (self.images, self.labels, *self.model.buffers())
        for parameter in self.model.parameters():
            yield parameter
            if parameter.grad is not None:
                yield parameter.grad
            yield from (value for value in self.optimizer.state[parameter].values() if isinstance(value, Tensor))
