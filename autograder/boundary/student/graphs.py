"""The student's part of a gradient. Runs in the student's process: **it may lie**, and give wrong gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Graph:
    """The results of one request that can be differentiated, and the leaves that they were computed from."""

    outputs: list[Tensor]
    leaves: list[Tensor]

    def backward(self, grads: Sequence[Tensor | None], wanted: Iterable[int]) -> list[Tensor | None]:
        """The gradients of the wanted leaves, for the gradients of the outputs; ``None`` stands for zero."""
        pairs = [(out, grad) for out, grad in zip(self.outputs, grads, strict=True) if grad is not None]
        leaves = {index: self.leaves[index] for index in wanted if self.leaves[index].requires_grad}
        found: dict[int, Tensor | None] = {}
        if leaves and pairs:
            outputs, given = zip(*pairs, strict=True)
            # The test may go backward again, through other results of the same call.
            gradients = torch.autograd.grad(outputs, list(leaves.values()), given, retain_graph=True, allow_unused=True)
            found = dict(zip(leaves, gradients, strict=True))
        return [found.get(index) for index in wanted]


def leaves_of(outputs: Iterable[Tensor]) -> list[Tensor]:
    """The tensors that require gradients and that the outputs were computed from, each once."""
    waiting: list[Any] = [output.grad_fn for output in outputs]
    seen = set()
    leaves = []
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node.name() == "torch::autograd::AccumulateGrad":
            leaves.append(node.variable)
        waiting.extend(following for following, _ in node.next_functions)
    return leaves
