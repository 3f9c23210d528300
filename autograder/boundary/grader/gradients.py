"""Gradients through the student's code: one node in the test's graph per answer that can be differentiated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from autograder.boundary.grader.errors import BoundaryError

if TYPE_CHECKING:
    from autograder.boundary.grader.remote import Remote


class RemoteGraph:
    """The part of a graph that lies in the student's process; it is kept there as long as this object lives."""

    def __init__(self, asker: Remote, number: int) -> None:
        self.asker = asker
        self._number = number

    def __del__(self) -> None:
        self.asker.release_graph(self._number)

    def backward(
        self, grads: Sequence[Tensor | None], sources: Sequence[Form], wanted: list[int]
    ) -> list[Tensor | None]:
        """The gradients of the sources, for the gradients of the results; ``None`` where none is wanted or due.

        Raises:
            StudentLied: if they do not fit the sources.
        """
        answer = self.asker.ask("backward", self._number, list(grads), wanted)
        if type(answer) is not list or len(answer) != len(wanted):
            raise self.asker.lied("it gave another number of gradients than it was asked for")
        found: list[Tensor | None] = [None] * len(sources)
        for index, grad in zip(wanted, answer, strict=True):
            if grad is not None and not (isinstance(grad, Tensor) and form(grad) == sources[index]):
                raise self.asker.lied("it gave a gradient that does not fit its tensor")
            found[index] = grad
        return found


@dataclass(frozen=True)
class Form:
    """What a gradient has in common with its tensor."""

    shape: torch.Size
    dtype: torch.dtype
    device: torch.device


def form(tensor: Tensor) -> Form:
    """What a gradient of this tensor must have in common with it."""
    return Form(tensor.shape, tensor.dtype, tensor.device)


class _Crossing(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, graph: RemoteGraph, results: list[Tensor], *sources: Tensor) -> tuple[Tensor, ...]:
        ctx.graph = graph
        ctx.sources = [form(source) for source in sources]
        ctx.set_materialize_grads(False)
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise BoundaryError(
                "A gradient through the student's code cannot be differentiated again: leave out create_graph."
            )
        wanted = [index for index, needed in enumerate(ctx.needs_input_grad[2:]) if needed]
        return None, None, *ctx.graph.backward(grads, ctx.sources, wanted)


def attached(graph: RemoteGraph, results: list[Tensor], sources: list[Tensor]) -> list[Tensor]:
    """The results as tensors of the test's graph, computed from the sources."""
    with torch.enable_grad():
        return list(_Crossing.apply(graph, results, *sources))
