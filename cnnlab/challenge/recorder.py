"""Notes the operators that torch executes while a module runs. Works where the module is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from cnnlab.challenge.operators import BATCH_NORM, FULL, OPERATORS
from cnnlab.challenge.program import IMAGE, MAX_INT, MAX_STEPS, SETTINGS, Reference, Step
from cnnlab.challenge.refusal import Refused

_READS_A_NUMBER = "aten._local_scalar_dense.default"
# What they hold is not set yet; noted as zeros.
_UNSET = {"aten.empty.memory_format", "aten.empty_like.default", "aten.new_empty.default"}
_OF_IN_PLACE = {"aten.bernoulli_.float": "aten.bernoulli.p"}
_HINTS = {
    "gt ge lt le eq ne where masked_fill": "a comparison, a mask or an if on a tensor; relu and clamp are fine",
    "index gather index_select embedding take": "indexing with a list or a tensor; slices are fine",
    "sort topk argmax argmin median kthvalue": "sorting or searching; amax and softmax are fine",
    "rand randn uniform normal normal_functional": "random numbers of a given size; rand_like and randn_like are fine",
    "mv dot vdot _trilinear _cdist_forward": "a product that torch does not count; matmul of two matrices is fine",
    "_to_copy": "a change of dtype or device; everything is computed as it comes",
}
# Steps that nothing depends on are left out later.
_MOST = 20 * MAX_STEPS


class Leaves:
    """The tensors that a network reads and does not compute, each once.

    Args:
        named: the module's parameters and buffers, each of which is itself; other tensors are one if they are equal.
    """

    def __init__(self, named: Sequence[Tensor]) -> None:
        self.tensors: list[Tensor] = []
        self._named = {id(tensor): tensor for tensor in named}
        self._indices: dict[Any, int] = {}

    def has(self, tensor: Tensor) -> bool:
        """Whether a tensor is one of the module's parameters and buffers."""
        return id(tensor) in self._named

    def reference(self, tensor: Tensor) -> Reference:
        """The leaf for a tensor, a new one if there is none yet."""
        own = self.has(tensor)
        key = id(tensor) if own else (tensor.shape, tensor.detach().numpy().tobytes())
        if key not in self._indices:
            self._indices[key] = len(self.tensors)
            self.tensors.append(tensor if own else tensor.detach().clone())
        return "leaf", self._indices[key], 0


class Recorder(TorchDispatchMode):
    """Notes what is done to an image: operators that work on it, on a parameter, or on what came of either.

    What depends on none of them is a constant, and how it was made is left out.

    Attributes:
        steps: what was noted.
        refusal: why it is no network; kept, since the module may catch what is raised.
    """

    def __init__(self, image: Tensor, parameters: Iterator[nn.Parameter], leaves: Leaves) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.refusal: Refused | None = None
        self._leaves = leaves
        # With the tensors, since an id is a tensor's own only while the tensor lives.
        self._known: dict[int, tuple[Tensor, Reference]] = {id(image): (image, IMAGE)}
        self._parameters = {id(parameter) for parameter in parameters}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: to skip its compiler here, torch would first import it, which takes seconds."""
        return False

    def reference(self, tensor: Tensor) -> Reference | None:
        """What stands for a tensor; ``None`` for a constant."""
        if id(tensor) in self._parameters:
            return self._leaves.reference(tensor)
        return self._known[id(tensor)][1] if id(tensor) in self._known else None

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operator and note it."""
        name, kwargs = str(operator), kwargs or {}
        if name == _READS_A_NUMBER:
            raise self._refused(
                "What the network does depends on a number that it reads out of a tensor, so that it has no fixed "
                "steps to count.",
                "an if on a tensor, float(), int() or .item(), or a batch norm with momentum=None",
            )
        matters = torch.Tag.nondeterministic_seeded in operator.tags
        matters |= any(self.reference(tensor) for tensor in _tensors((*args, *kwargs.values())))
        if operator._schema.is_mutable:
            return self._in_place(operator, args, kwargs, matters)
        if matters and name not in OPERATORS and name not in _UNSET:
            raise self._unknown(name)
        result = operator(*args, **kwargs)
        if name in _UNSET:
            self._note(FULL, [IMAGE, list(result.shape), 0.0], {}, result.zero_())
        elif matters:
            self._note(name, args, kwargs, result)
        return result

    def _in_place(self, operator: Any, args: Sequence[Any], kwargs: dict[str, Any], matters: bool) -> Any:
        """Run an operator that changes its first argument; torch's own code uses some on tensors that it just made."""
        name, target = str(operator), args[0]
        result = operator(*args, **kwargs)
        if matters and self.reference(target) != IMAGE:
            new = _OF_IN_PLACE.get(name, name.replace("_.", "."))
            if new not in OPERATORS or id(target) not in self._known or self._is_shared(target):
                raise self._unknown(name)
            # What is left out means something else to another operator.
            left_out = operator._schema.arguments[len(args) :]
            defaults = [each.default_value for each in left_out if not each.kwarg_only]
            self._note(new, [*args, *defaults], kwargs, result)
        return result

    def _is_shared(self, tensor: Tensor) -> bool:
        """Whether another tensor would change with this one."""
        place = tensor.untyped_storage().data_ptr()
        others = (known for known, _ in self._known.values() if known is not tensor)
        return any(other.untyped_storage().data_ptr() == place for other in others)

    def _note(self, name: str, args: Sequence[Any], kwargs: dict[str, Any], result: Any) -> None:
        """Note a step, and what stands for its results from now on."""
        if not torch.is_grad_enabled():
            raise self._refused(
                "A part of the network records no gradients, so that it would not be trained as it is written.",
                "torch.no_grad() in forward; to stop a gradient, use detach()",
            )
        if len(self.steps) >= _MOST:
            raise self._refused(f"The network takes far more than the {MAX_STEPS} steps that are allowed.")
        arguments = [self._argument(value) for value in args]
        if name == BATCH_NORM:
            arguments[3:5] = [None if value is None else self._running(value) for value in args[3:5]]
        keywords = {key: self._argument(value) for key, value in kwargs.items() if key not in SETTINGS}
        self.steps.append(Step(name, arguments, keywords))
        for part, tensor in enumerate([result] if isinstance(result, Tensor) else result):
            self._known[id(tensor)] = (tensor, ("step", len(self.steps) - 1, part))

    def _argument(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self.reference(value) or self._constant(value)
        if isinstance(value, list):
            return [self._argument(item) for item in value]
        return max(-MAX_INT, min(value, MAX_INT)) if type(value) is int else value

    def _constant(self, tensor: Tensor) -> Reference:
        """What stands for a constant: a leaf; where its elements are all equal, a step that fills one in."""
        if not tensor.is_floating_point():
            raise self._refused(
                "The network reads a table of whole numbers or truth values; it may read floating-point numbers only.",
                "indexing with a list or a tensor, or a mask; slices are fine",
            )
        first = tensor.flatten()[:1]
        if not (tensor == first).all():
            return self._leaves.reference(tensor)
        self.steps.append(Step(FULL, [IMAGE, list(tensor.shape), float(first)], {}))
        return "step", len(self.steps) - 1, 0

    def _running(self, tensor: Tensor) -> Reference:
        """What stands for a running statistic, which is a tensor of its own whatever it holds."""
        if not self._leaves.has(tensor):
            raise self._refused(
                "The network keeps running statistics elsewhere than in the buffers of a batch norm.",
                "track_running_stats=True of a norm other than batch norm",
            )
        return self._leaves.reference(tensor)

    def _unknown(self, name: str) -> Refused:
        word = name.split(".")[1].rstrip("_")
        hint = next((hint for words, hint in _HINTS.items() if word in words.split()), "")
        return self._refused(f"The network uses {name}, which no network of the challenge may use.", hint)

    def _refused(self, reason: str, likely: str = "") -> Refused:
        self.refusal = self.refusal or Refused(reason, likely)
        return self.refusal


def _tensors(values: Sequence[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
