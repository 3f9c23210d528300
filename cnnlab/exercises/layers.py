"""Says where a network first differs from the one that it should be, layer by layer, and why.

Nothing here decides whether an answer is right: a network may be written in many ways. It explains a result that is
wrong, or an error of torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from torch import nn

from cnnlab.exercises.tracing import trace
from coursekit.advice import advice_on
from coursekit.calls import error_explained
from coursekit.checks import CheckFailed, Mistake
from coursekit.questions import ask

# Steps that have sizes of their own; what lies between two of them is told where values part.
_LAYERS = frozenset({"conv", "max pool", "average pool", "adaptive average pool", "linear", "cat"})
_WITH_VALUES = frozenset({"conv", "linear", "cat"})
_UNSEEN = frozenset({"dropout", "max pool"})
_CALLED = MappingProxyType(
    {
        "conv": "a convolution",
        "linear": "a linear layer",
        "cat": "torch.cat",
        "adaptive average pool": "an adaptive pool",
    }
)
_MODULES = MappingProxyType({"max pool": "nn.MaxPool2d", "average pool": "nn.AvgPool2d"})
_SAME = 1e-6


@dataclass(frozen=True)
class LayerStep:
    """One step of a forward pass.

    Attributes:
        operation: what is computed, such as ``"conv"`` or ``"ReLU"``.
        layer: the name of the module that ran it; empty for a function called in ``forward``.
        settings: kernel, stride, padding and the like.
        shape: of what it returns.
        norm: of what it returns.
    """

    operation: str
    layer: str
    settings: dict[str, Any]
    shape: tuple[int, ...]
    norm: float


def steps_of(network: Any, shape: Sequence[int]) -> list[LayerStep]:
    """The steps of a network's forward pass on one and the same input of this shape.

    A network in another process may tell anything; what cannot be read is left out.
    """
    told = ask("layers", network, trace, list(shape))
    steps = []
    for one in told if isinstance(told, list) else ():
        match one:
            case [str(operation), str(layer), dict(settings), list(sizes), float(norm)]:
                if all(isinstance(size, int) for size in sizes):
                    steps.append(LayerStep(operation, layer, settings, tuple(sizes), norm))
    return steps


@contextmanager
def layer_by_layer(
    answer: Any, reference: nn.Module, shape: Sequence[int], *, names: Sequence[str] = (), reread: str = ""
) -> Iterator[None]:
    """Within, a failure without a known cause, and an error of the answer's forward pass, say where the networks part.

    Args:
        answer: the student's network; it should hold the reference's parameters, as far as it has them.
        reference: the network that it should be.
        shape: the shape of an input of both.
        names: what to call the layers of the reference that have sizes of their own, in the order they run; by default
            the last part of their names there.
        reread: where to re-read.

    Raises:
        CheckFailed: in place of the failure or the error within.
    """
    try:
        yield
    except CheckFailed as failure:
        if failure.mistakes and failure.mistakes[0].id:
            raise
        if cause := first_difference(answer, reference, shape, names):
            failure.told_with(Mistake("layers", cause, reread), failure.also)
        raise
    except NotImplementedError:
        raise
    except Exception as error:
        cause = first_difference(answer, reference, shape, names)
        if not cause:
            raise
        if _failed_itself(cause, str(error)):
            cause = advice_on("RuntimeError", str(error)).rstrip(".")
        raise error_explained(error, Mistake("layers", cause, reread)) from None


def first_difference(answer: Any, reference: nn.Module, shape: Sequence[int], names: Sequence[str] = ()) -> str:
    """Where and how a network first differs from the one that it should be, as a clause; empty if nothing is seen."""
    came, right = steps_of(answer, shape), steps_of(reference, shape)
    sized = [step for step in right if step.operation in _LAYERS]
    called = list(names) or [step.layer.rpartition(".")[2] or step.operation for step in sized]
    mine = [step for step in came if step.operation in _LAYERS]
    return (
        _in_sizes(sized, mine, called)
        or _in_values(right, came, dict(zip(map(id, sized), called, strict=False)))
        or _in_settings(sized, mine, called)
    )


def _failed_itself(cause: str, error: str) -> bool:
    """Whether it is the layer that should run next that failed, as torch's error tells."""
    kinds = (("a convolution", "channels, but got"), ("a linear layer", "mat1 and mat2"))
    return any(f"does not run: {kind}" in cause and text in error for kind, text in kinds)


def _in_settings(right: Sequence[LayerStep], came: Sequence[LayerStep], names: Sequence[str]) -> str:
    """The first layer with another kernel, stride or padding though sizes agree; empty if there is none."""
    for name, expected, step in zip(names, right, came, strict=False):
        if because := _because(expected, step):
            return f"{name} differs: {because}"
    return ""


def _in_sizes(right: Sequence[LayerStep], came: Sequence[LayerStep], names: Sequence[str]) -> str:
    """The first layer that is missing, is another, or returns another size; empty if there is none."""
    for index, (name, expected) in enumerate(zip(names, right, strict=False)):
        if index >= len(came):
            return f"{name} does not run: {_what(expected)} is expected {_after(names, index)}" if came else ""
        step = came[index]
        if step.operation != expected.operation:
            return f"{_after(names, index)}, {_what(expected)} is expected ({name}), but {_what(step)} runs"
        if step.shape[1:] != expected.shape[1:]:
            if _same_steps(came[index:], right[index + 1 :]):
                return f"{name} is missing: {_what(expected)} is expected {_after(names, index)}"
            expected_sizes, sizes, because = _sizes(expected.shape), _sizes(step.shape), _because(expected, step)
            if because:
                return f"after {name}: expected {expected_sizes}, got {sizes}: {because}"
            return f"after {name}: expected {expected_sizes}, got {sizes}"
    if len(came) > len(right):
        return f"{_after(names, len(right))}, {_what(came[len(right)])} runs that should not be there"
    return ""


def _same_steps(steps: Sequence[LayerStep], others: Sequence[LayerStep]) -> bool:
    """Whether there are steps, and they do the same and return the same sizes."""
    came, right = ([(step.operation, step.shape[1:]) for step in one] for one in (steps, others))
    return bool(came) and came == right


def _in_values(right: Sequence[LayerStep], came: Sequence[LayerStep], names: Mapping[int, str]) -> str:
    """What lies between two layers with weights, the first of which agree, and differs; empty if nothing does."""
    expected, mine = _pieces(right), _pieces(came)
    before = "at the start"
    for index, ((between, step), (also, other)) in enumerate(zip(expected, mine, strict=False)):
        differs = step and other and abs(other.norm - step.norm) > _SAME * max(1.0, step.norm)
        if differs and not index:
            # The networks do not hold the same parameters.
            return ""
        if (differs or not step) and between != also:
            return _told_apart(before, between, also)
        if differs and step:
            sized, others = ([one for one in steps if one.operation in _LAYERS] for steps in (right, came))
            settings = _in_settings(sized, others, [names.get(id(one), one.layer) for one in sized])
            reads = ", or in what it reads: look at what stands before it, such as a pool or a mean"
            where = f"values differ first in {names.get(id(step), step.layer)}"
            return settings or where + reads * (step.operation == "linear")
        before = f"after {names.get(id(step), step.layer)}" if step else before
    return ""


def _told_apart(before: str, expected: Sequence[str], came: Sequence[str]) -> str:
    """How the operations that follow a layer differ from those that should follow it."""
    missing, extra = (Counter(one) - Counter(other) for one, other in ((expected, came), (came, expected)))
    if not extra and missing:
        return f"{_list(list(missing))} is missing {before}"
    if not missing and extra:
        return f"{_list(list(extra))} should not run {before}"
    return f"{before}, {_list(expected)} is expected, but {_list(came)} runs"


def _pieces(steps: Sequence[LayerStep]) -> list[tuple[list[str], LayerStep | None]]:
    """Each layer with weights, or that joins others, with the operations before it; at the end those after the last.

    Where pooling takes the maximum, a ReLU before it and one after it are the same.
    """
    pieces: list[tuple[list[str], LayerStep | None]] = []
    between: list[str] = []
    for step in steps:
        if step.operation in _WITH_VALUES:
            pieces.append((between, step))
            between = []
        elif step.operation not in _UNSEEN:
            between.append(step.operation)
    return [*pieces, (between, None)]


def _because(expected: LayerStep, step: LayerStep) -> str:
    """Which setting explains another size."""
    right, mine = expected.settings, step.settings
    if step.operation in _MODULES and mine.get("stride") == mine.get("kernel") != right.get("stride"):
        kernel = mine["kernel"]
        return f"`{_MODULES[step.operation]}({kernel})` has stride {kernel} unless told otherwise"
    differing = [name for name in right if mine.get(name) != right[name] and name != "out_channels"]
    if differing:
        name = differing[0]
        return f"its {name} is {mine.get(name)}, not {right[name]}"
    if mine.get("out_channels") != right.get("out_channels"):
        return f"it has {mine.get('out_channels')} filters, not {right.get('out_channels')}"
    return ""


def _after(names: Sequence[str], index: int) -> str:
    return f"after {names[index - 1]}" if index else "at the start"


def _what(step: LayerStep) -> str:
    return _CALLED.get(step.operation, f"a {step.operation}")


def _sizes(shape: Sequence[int]) -> str:
    """The sizes of one example's map: channels × height × width."""
    return " × ".join(map(str, shape[1:]))


def _list(operations: Sequence[str]) -> str:
    """Operations in the order they run."""
    return ", then ".join(operations) or "nothing"
