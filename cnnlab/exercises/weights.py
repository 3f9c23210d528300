"""The parameters of a network whose layers nobody knows by name: whether they are the right ones, and values for them.

A network may be written in many ways. So its parameters are compared by shape, and all parameters of one shape get the
same values: it does not matter then which of them belongs to which layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from cnnlab.exercises.common import CHANGED_IN_PLACE
from coursekit.calls import error_explained
from coursekit.checks import CheckFailed, Mistake, Mistakes, expect_close, expect_equal, expect_true, together
from coursekit.failures import fail

Shape: TypeAlias = tuple[int, ...]
Values: TypeAlias = Callable[[Shape], Tensor]
"""From a shape to the values of all parameters of that shape."""

Slips: TypeAlias = Sequence[tuple[Mistake, Sequence[Shape]]]
"""Mistakes, each with the shapes of all weights that it leads to."""

LARGE = 100_000
"""Values of tensors with more elements fit into 16 bits, so that they cross to another process faster."""

PLAIN_LIST = Mistake(
    "plain_list",
    "the module has no parameters: its layers stand in a plain list or dict, where nn.Module does not see them, or are "
    "made in forward; make each an attribute in __init__, or use nn.ModuleList or nn.Sequential",
    priority=1,
)
LAZY = Mistake(
    "lazy_layers",
    "a lazy layer has no parameters before its first call; give each layer its number of inputs, as nn.Conv2d asks",
    priority=1,
)
NO_CHANNELS = Mistake(
    "no_channels", "a layer was made for 0 channels; c * (width // 64) is 0 for every width below 64", priority=1
)
BATCH_NORM = Mistake(
    "batch_norm", "there is batch norm, or another buffer; GoogLeNet is older than batch norm and has none", priority=1
)
NO_BIASES = Mistake("no_biases", "there are no biases; leave bias=False out", priority=1)
CONVS_WITHOUT_BIASES = Mistake(
    "convolutions_without_biases", "the convolutions have no biases; leave bias=False out", priority=1
)
DROPOUT_IN_EVALUATION = Mistake(
    "dropout_in_evaluation",
    "dropout goes on in evaluation mode, or a layer is made anew in forward: F.dropout needs training=self.training, "
    "nn.Dropout heeds the mode by itself",
)
UNUSED = Mistake("unused_layer", "a layer is defined but not used in forward, or something was detached on the way")
DETACHED = Mistake("detached", "forward runs under torch.no_grad(), or detaches its result")
PARTLY_DETACHED = Mistake(
    "partly_detached",
    "on one way from x to the output the gradient is cut off, as .detach(), .data or torch.no_grad() do",
)
INPUT_DETACHED = Mistake("input_detached", "the input was detached, so that layers before this one could not learn")
MOST_SHAPES = 3


# Values


def random_values(generator: torch.Generator) -> Values:
    """Random values, the same for every tensor of one shape; of a size that keeps that of the maps."""
    drawn: dict[Shape, Tensor] = {}

    def value(shape: Shape) -> Tensor:
        if shape not in drawn:
            fan_in = torch.Size(shape[1:]).numel() if len(shape) > 1 else 10
            values = (2 / fan_in) ** 0.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
            drawn[shape] = values.half().double() if values.numel() > LARGE else values
        return drawn[shape]

    return value


def load_values(model: Any, blank: Any, value: Values) -> None:
    """Make a network float64, give its parameters values, and put it into evaluation mode.

    Args:
        model: the network.
        blank: one of the same kind on the meta device, which says what there is to load.
        value: the values.
    """
    values = {name: value(tuple(tensor.shape)) for name, tensor in blank.state_dict().items()}
    model.double()
    model.load_state_dict({name: v.half() if v.numel() > LARGE else v for name, v in values.items()})
    model.eval()


class Example(Protocol):
    """An example of a network that a student wrote."""

    @property
    def called(self) -> str:
        """The call that makes it."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of the call, in order."""

    @property
    def weights(self) -> Mapping[str, Shape]:
        """From the name of each layer to the shape of its weight; each has a bias, too."""

    @property
    def slips(self) -> Slips:
        """What common mistakes make of the weights."""


def made(answer: Any, case: Example, *, reread: str, omitted: Sequence[str] = ()) -> tuple[Any, Any]:
    """A network, and one of its kind on the meta device, after checking its parameters.

    Args:
        answer: the student's class.
        case: the network.
        reread: where to re-read.
        omitted: arguments that are left out of the call, since they have their default.
    """
    given = {name: value for name, value in case.arguments.items() if name not in omitted}
    model, blank = answer(**given), on_meta(answer, case)
    right = with_biases(list(case.weights.values()))
    has = _shapes(blank, case.called, reread)
    if has != right == _shapes(model, case.called, reread):
        likely = Mistake("argument_order", f"the arguments have another order than {', '.join(case.arguments)}")
        expect_true(False, what=f"{case.called} has the layers asked for", likely=likely, reread=reread)
    slips = case.slips if has != right else ()
    check_parameters(blank, case.weights, case.called, slips=slips, reread=reread)
    return model, blank


def on_meta(answer: Any, case: Example) -> Any:
    """A network without values, made with its arguments in order."""
    return answer(*case.arguments.values()).to("meta")


# Which parameters there are


def with_biases(weights: Sequence[Shape]) -> Counter[Shape]:
    """How often each shape occurs among weights of these shapes and their biases."""
    return Counter([*weights, *((shape[0],) for shape in weights)])


def check_parameters(
    model: Any,
    layers: Mapping[str, Shape],
    case: str,
    *,
    reread: str,
    slips: Slips = (),
) -> None:
    """Check that a network has the parameters that it should, whatever their names and order, and no buffers.

    Args:
        model: the network.
        layers: from the name of each layer to the shape of its weight; each has a bias, too.
        case: what the network is called.
        reread: where to re-read.
        slips: mistakes, each with the shapes of all weights that it leads to.
    """
    what = f"the parameters of {case}"
    expect_true(not list(model.buffers()), what=f"{case} has no buffers", likely=BATCH_NORM, reread=reread)
    weights = list(layers.values())
    got, right = _shapes(model, case, reread), with_biases(weights)
    empty = [shape for shape in got if 0 in shape]
    likely = NO_CHANNELS if any(len(shape) > 1 for shape in empty) else LAZY
    expect_true(not empty, what=f"all parameters of {case} have their shapes", likely=likely, reread=reread)
    if got == right:
        expect_true(True, what=what)
        return
    wholes = [
        (PLAIN_LIST, Counter[Shape]()),
        (NO_BIASES, Counter(weights)),
        (CONVS_WITHOUT_BIASES, Counter(weights) + Counter((shape[0],) for shape in weights if len(shape) == 2)),
        *((mistake, with_biases(shapes)) for mistake, shapes in slips),
    ]
    whole = next((mistake for mistake, shapes in wholes if got == shapes), None)
    expected, came = _listed(right - got), _listed(got - right)
    with together():
        for cause in [whole] if whole else _differences(got, right, layers):
            fail(CheckFailed(f"parameters of {case}, by shape", expected, came, cause, reread, of_values=False))


def _shapes(model: Any, case: str, reread: str) -> Counter[Shape]:
    """How often each shape occurs among the parameters of a network."""
    try:
        return Counter(tuple(parameter.shape) for parameter in model.parameters())
    except (RuntimeError, TypeError, ValueError) as error:
        if "ninitialized" not in str(error):
            raise
    expect_true(False, what=f"all parameters of {case} have their shapes", likely=LAZY, reread=reread)
    raise AssertionError


def _differences(got: Counter[Shape], right: Counter[Shape], layers: Mapping[str, Shape]) -> list[Mistake]:
    """How the layers that there are differ from those that should be there, layer by layer."""
    extra = [shape for shape in (got - right).elements() if len(shape) > 1]
    found, missing = [], []
    for name, shape in _lacking(got, right, layers):
        rivals = (other for other in extra if len(other) == len(shape))
        partner = max(rivals, key=lambda other: _alike(other, shape), default=None)
        if partner is None or _alike(partner, shape) < len(shape) - 2:
            missing.append(name)
        else:
            extra.remove(partner)
            found.append(_other_layer(name, partner, shape))
    if missing:
        names = ", ".join(missing[:MOST_SHAPES]) + (" and others" if len(missing) > MOST_SHAPES else "")
        seen = "; nn.Module does not see what stands in a plain list or dict, and counts one object in two places once"
        says = f"missing among the parameters: {names}{'' if extra else seen}"
        found.append(Mistake("missing_layer", says))
    found += [Mistake("extra_layer", f"there is {_described(shape)} that should not be there") for shape in extra]
    biases = "the number of biases is wrong: each layer with weights has one, and nothing else has"
    return found or [Mistake("biases", biases)]


def _lacking(got: Counter[Shape], right: Counter[Shape], layers: Mapping[str, Shape]) -> Iterator[tuple[str, Shape]]:
    """The layers that are not there; where there are more of a shape, nobody knows which of them is meant."""
    for shape, count in (right - got).items():
        if len(shape) == 1:
            continue
        names = [name for name, weight in layers.items() if weight == shape]
        known = names if len(names) == count else [f"one of {len(names)} equal layers (such as {names[0]})"] * count
        yield from ((name, shape) for name in known)


def _listed(shapes: Counter[Shape]) -> str:
    """Some of the shapes, in words."""
    names = [f"{count} of {shape}" if count > 1 else str(shape) for shape, count in shapes.items()]
    return ", ".join(names[:MOST_SHAPES]) + (" and others" if len(names) > MOST_SHAPES else "") or "no others"


def _alike(shape: Shape, other: Shape) -> int:
    """In how many sizes two weights agree."""
    return sum(a == b for a, b in zip(shape, other, strict=True))


def _other_layer(name: str, got: Shape, right: Shape) -> Mistake:
    """What is wrong with a layer that is there, but is another one."""
    parts = []
    if got[2:] != right[2:]:
        parts.append(f"its kernel is {_times(got[2:])}, not {_times(right[2:])}")
    if got[1] != right[1]:
        of = "channels" if len(right) > 2 else "numbers"
        parts.append(f"it is made for {got[1]} {of}, and reads {right[1]}")
    if got[0] != right[0]:
        parts.append(f"it has {got[0]} outputs, not {right[0]}")
    return Mistake("another_layer", f"{name} is another layer: {', and '.join(parts)}")


def _described(shape: Shape) -> str:
    if len(shape) == 2:
        return f"a linear layer from {shape[1]} to {shape[0]} numbers"
    return f"a {_times(shape[2:])} convolution from {shape[1]} to {shape[0]} channels"


def _times(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))


# What comes out


def output_of(model: Any, x: Tensor, explain: Callable[[Exception], Mistake | None] | None = None) -> Any:
    """What a network makes of x, without recording gradients.

    Args:
        model: the network.
        x: its input.
        explain: the cause of an error that it raises; by default, and without one, the error is told as it is.
    """
    try:
        with torch.no_grad():
            return model(x)
    except NotImplementedError:
        raise
    except Exception as error:
        cause = explain(error) if explain else None
        if cause is None:
            raise
        raise error_explained(error, cause) from None


def steady_output(
    model: Any, x: Tensor, case: str, *, reread: str, explain: Callable[[Exception], Mistake | None] | None = None
) -> Any:
    """What a network makes of x in evaluation mode, after checking that it makes the same of it twice."""
    given = x.clone()
    y = output_of(model, given, explain)
    if isinstance(y, Tensor):
        expect_true(
            torch.equal(y, output_of(model, given, explain)),
            what=f"two passes of {case} in evaluation mode give the same",
            likely=DROPOUT_IN_EVALUATION if torch.equal(given, x) else CHANGED_IN_PLACE,
            reread=reread,
        )
    return y


# Gradients


def expect_gradients_and_input(
    answer: Any,
    case: Example,
    model: Any,
    x: Tensor,
    reference: Callable[[Tensor], Tensor] | None = None,
    *,
    reread: str,
) -> None:
    """Check that a network leaves x as it is, and that gradients reach all its parameters, and x.

    Args:
        answer: the student's class.
        case: the network.
        model: the network, with values.
        x: its input.
        reference: maps the input to the right output; without it, the gradient of x is not compared.
        reread: where to re-read.
    """
    expect_input_as_it_was(model, x, reread=reread)
    expect_all_reached(on_meta(answer, case), tuple(x.shape), case.called, reread=reread)
    if reference:
        expect_input_gradient(model, x, reference, case.called, reread=reread)


def expect_input_as_it_was(model: Any, x: Tensor, *, reread: str) -> None:
    """Check that a network does not change its input."""
    given = x.clone()
    output_of(model, given)
    expect_true(torch.equal(given, x), what="x stays as it is", likely=CHANGED_IN_PLACE, reread=reread)


def expect_input_gradient(
    model: Any, x: Tensor, reference: Callable[[Tensor], Tensor], case: str, *, reread: str
) -> None:
    """Compare the gradient of an input with that of a reference, which maps the input to the right output."""
    leaf, own = (x.clone().requires_grad_() for _ in range(2))
    model.requires_grad_(False)
    y, right = model(leaf), reference(own)
    model.requires_grad_(True)
    weights = torch.cos(right.detach())
    if y.requires_grad:
        (y * weights).sum().backward()
    (right * weights).sum().backward()
    expect_true(
        leaf.grad is not None, what=f"a gradient reaches x through {case}", likely=INPUT_DETACHED, reread=reread
    )
    what = f"the gradient of x through {case}"
    expect_close(leaf.grad, own.grad, what=what, mistakes={PARTLY_DETACHED: leaf.grad}, reread=reread)


def expect_all_reached(blank: Any, shape: Shape, case: str, *, reread: str) -> None:
    """Check that gradients of a network's output reach all its parameters, on the meta device, without values."""
    y = blank(torch.empty(shape, device="meta"))
    expect_true(
        isinstance(y, Tensor),
        what=f"the output of {case} is a tensor, in training mode as well",
        likely="the return is missing" if y is None else "something else came; see the docstring of forward",
        reread=reread,
    )
    number = len(list(blank.parameters()))
    expect_reached(blank, y, number, {UNUSED: list(range(number))}, f"the output of {case}", reread=reread)


def expect_reached(blank: Any, y: Tensor, number: int, mistakes: Mistakes, name: str, *, reread: str) -> None:
    """Check how many of a network's parameters an output on the meta device sends gradients to."""
    expect_true(y.requires_grad, what=f"gradients flow from {name} to the parameters", likely=DETACHED, reread=reread)
    blank.zero_grad()
    y.sum().backward()
    reached = sum(parameter.grad is not None for parameter in blank.parameters())
    what = f"the number of parameters that get a gradient from {name}"
    expect_equal(reached, number, what=what, mistakes=mistakes, reread=reread)
