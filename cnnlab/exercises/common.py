"""What the checks of several topics share: example inputs, and comparisons of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from coursekit.checks import Mistake, expect_close, expect_true
from coursekit.comparing import wording

Answer: TypeAlias = Callable[..., Any]
"""What a student wrote; in grading, a handle to something in another process."""

NO_RETURN = Mistake("no_return", "there is no return statement, or it stands in one branch only")
CHANGED_IN_PLACE = Mistake(
    "changed_in_place",
    "an argument was changed in place (x -= ..., or a method whose name ends in _); make a new tensor",
)
NO_GRADIENT = Mistake(
    "no_gradient",
    "it was computed under torch.no_grad(), or went through .detach(), .data, .item() or NumPy",
)
NOT_REACHED = Mistake(
    "gradient_does_not_arrive",
    "no gradient arrives here: on the way to the output it went through .detach(), .data, .item(), .tolist() or NumPy",
)

# Example inputs


def drawing(seed: int) -> torch.Generator:
    """A source of random numbers; the same seed always gives the same ones."""
    return torch.Generator().manual_seed(seed)


def example_batch(n: int, d: int, *, seed: int = 0, size: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """A float64 batch x of shape (n, d) whose features differ in mean and scale, and gamma and beta of shape (d,).

    Args:
        n: the number of examples.
        d: the number of features.
        seed: chooses the values.
        size: a factor on x; where it is small, eps matters.
    """
    generator = drawing(seed)
    mean = torch.randn(d, generator=generator, dtype=torch.float64)
    spread = 0.2 + 2 * torch.rand(d, generator=generator, dtype=torch.float64)
    x = size * (mean + spread * torch.randn(n, d, generator=generator, dtype=torch.float64))
    return x, *scale_and_shift(d, generator)


def example_images(n: int, c: int, h: int, w: int, *, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Float64 images x of shape (n, c, h, w), and gamma and beta of shape (c,).

    Every channel of every image has a mean and a scale of its own.
    """
    generator = drawing(seed)
    mean = torch.randn(n, c, 1, 1, generator=generator, dtype=torch.float64)
    spread = 0.2 + 2 * torch.rand(n, c, 1, 1, generator=generator, dtype=torch.float64)
    x = mean + spread * torch.randn(n, c, h, w, generator=generator, dtype=torch.float64)
    return x, *scale_and_shift(c, generator)


def scale_and_shift(d: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A gamma of both signs, away from 0 and 1, and a beta; shape (d,) each."""
    sign = 1 - 2 * torch.randint(2, (d,), generator=generator)
    gamma = sign * (1.2 + torch.rand(d, generator=generator, dtype=torch.float64))
    return gamma, torch.randn(d, generator=generator, dtype=torch.float64)


def along_channels(values: Tensor, x: Tensor) -> Tensor:
    """Values of shape (C,) in a shape that broadcasts along axis 1 of x."""
    return values.view(1, -1, *[1] * (x.ndim - 2))


# What comes back, and what does not change


def returned_values(result: Any, **shapes: Sequence[int]) -> Sequence[Any]:
    """The values that a function returned, after checking that they are as many as asked for, and in order.

    Args:
        result: what the function returned.
        shapes: from the name of each value, in order, to its shape.

    Raises:
        CheckFailed: if they are not.
    """
    names = ", ".join(shapes)
    form = f"all {len(shapes)} values" if isinstance(result, tuple | list) else "a tuple"
    expect_true(
        isinstance(result, tuple | list) and len(result) == len(shapes),
        what=f"the function returns {len(shapes)} values, {names}",
        likely=NO_RETURN
        if result is None
        else Mistake("no_tuple", f"{wording.kind(result)} came; return {form}: return {names}"),
    )
    came = [tuple(value.shape) for value in result if isinstance(value, Tensor)]
    asked = [tuple(shape) for shape in shapes.values()]
    expect_true(
        came == asked or sorted(came) != sorted(asked),
        what=f"the function returns {names}, in this order",
        likely=Mistake("wrong_order", f"the results are returned in the wrong order; return {names}"),
    )
    values: Sequence[Any] = result
    return values


def expect_untouched(arguments: Iterable[Tensor], copies: Iterable[Tensor]) -> None:
    """Check that tensors still equal the copies made of them before the call."""
    expect_true(
        all(map(torch.equal, arguments, copies)),
        what="the function leaves its arguments as they are",
        likely=CHANGED_IN_PLACE,
    )


def expect_gradients(
    got: Tensor,
    expected: Tensor,
    arguments: Mapping[str, Tensor],
    *,
    mistakes: Mapping[Mistake, Tensor] | None = None,
    reread: str = "",
) -> None:
    """Check that gradients flow from an output to each argument, and that they are those of the expected output.

    Args:
        got: the output of the student's code.
        expected: the right output.
        arguments: from the name of an argument to the tensor, a leaf that requires gradients.
        mistakes: from a mistake to the output that has its gradients.
        reread: where to re-read.
    """
    weights = torch.linspace(-1, 2, expected.numel(), dtype=expected.dtype).view(expected.shape)
    leaves = list(arguments.values())

    def gradients(output: Tensor) -> tuple[Tensor, ...]:
        return torch.autograd.grad(output, leaves, weights, retain_graph=True, materialize_grads=True)

    expect_true(
        got.requires_grad,
        what="gradients flow from the output back to the arguments",
        likely=NO_GRADIENT,
        reread=reread,
    )
    if not got.requires_grad:
        return
    came, right = gradients(got), gradients(expected)
    wrong = {mistake: gradients(output) for mistake, output in (mistakes or {}).items()}
    for index, name in enumerate(arguments):
        expect_close(
            came[index],
            right[index],
            what=f"the gradient of the output with respect to {name}",
            mistakes={
                **{mistake: values[index] for mistake, values in wrong.items()},
                NOT_REACHED: torch.zeros_like(right[index]),
            },
            reread=reread,
        )
