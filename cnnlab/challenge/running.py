"""Runs programs: with values, as a module to train, or without, on the device ``meta``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.challenge.operators import OPERATORS
from cnnlab.challenge.program import Leaf, Program, RecordedNetwork, Reference, Step
from cnnlab.challenge.refusal import Refused, first_line

Watch = Callable[[Step, Sequence[Tensor], Sequence[Tensor]], None]


def run(program: Program, images: Tensor, leaves: Sequence[Tensor | None], watch: Watch | None = None) -> Tensor:
    """Take a program's steps.

    Args:
        images: shape (N, 1, 8, 8), N being what the program was recorded for.
        leaves: a tensor for each leaf that the program reads.
        watch: is told of each step, what it read and its results.

    Raises:
        Refused: if a step cannot be taken.
    """
    results: list[Sequence[Tensor]] = []

    def value(reference: Reference) -> Tensor:
        kind, index, part = reference
        found = images if kind == "image" else leaves[index] if kind == "leaf" else results[index][part]
        if not (isinstance(found, Tensor) and found.is_floating_point()):
            raise TypeError("numbers are read that are no floating-point numbers")
        return found

    def filled_in(argument: Any) -> Any:
        if type(argument) is list:
            return [filled_in(item) for item in argument]
        return value(argument) if type(argument) is tuple else argument

    for step in program.steps:
        try:
            arguments = [filled_in(argument) for argument in step.arguments]
            result = OPERATORS[step.operator].run(*arguments, **step.keywords)
        except Exception as error:
            raise Refused(f"{step.operator} cannot be run as it was recorded: {first_line(error)}") from None
        results.append((result,) if isinstance(result, Tensor) else tuple(result))
        if watch:
            watch(step, [value(reference) for reference in step.references()], results[-1])
    try:
        return value(program.output)
    except (TypeError, IndexError):
        raise Refused("What the network returns is no tensor of floating-point numbers.") from None


class Rebuilt(nn.Module):
    """A network that was read, as a module with new values.

    Every tensor is drawn from a normal distribution with its own mean and standard deviation, so that nothing that was
    learnt elsewhere is in it. Both numbers are rounded to two digits, so that they carry no message either. Running
    means and variances of batch norms start at 0 and 1.

    Args:
        network: what to rebuild.
        generator: of the numbers.
    """

    def __init__(self, network: RecordedNetwork, generator: torch.Generator) -> None:
        super().__init__()
        self._network = network
        self._leaves: list[Tensor | None] = [None] * len(network.leaves)
        starts = network.statistics()
        for index in sorted(network.leaves_read()):
            leaf = network.leaves[index]
            if index in starts:
                self._leaves[index] = torch.full(leaf.shape, starts[index])
            elif leaf.trainable:
                self._leaves[index] = parameter = nn.Parameter(drawn(leaf, generator))
                self.register_parameter(f"leaf_{index}", parameter)
            else:
                self._leaves[index] = drawn(leaf, generator)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores, shape (N, 10), of images, shape (N, 1, 8, 8)."""
        return run(self._network.training if self.training else self._network.evaluation, images, self._leaves)


def drawn(leaf: Leaf, generator: torch.Generator) -> Tensor:
    """Values for a leaf, float32."""
    mean, deviation = (float(f"{value:.2g}") for value in (leaf.mean, leaf.deviation))
    return (mean + deviation * torch.randn(leaf.shape, generator=generator, dtype=torch.float64)).float()
