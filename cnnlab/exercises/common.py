"""What the checks of several topics share: example inputs, and comparisons that name several mistakes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import Tensor

from coursekit.checks import Mistake, Mistakes, expect_close, expect_raises, expect_true, together
from coursekit.comparing import wording
from coursekit.comparing.closeness import Tolerance, close_difference

Answer: TypeAlias = Callable[..., Any]
"""What a student wrote; in grading, a handle to something in another process."""

Way: TypeAlias = tuple[Mistake | None, Any]
"""One way to do a step of a calculation: the mistake in it, if there is one, and what it gives."""

Step: TypeAlias = Callable[[Any], Iterable[Way]]
"""All ways to go on from what the step before gave."""

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
MOST_MISTAKES = 2
"""More mistakes in one result are not looked for: what fits then may fit by chance."""


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


def expect_refusals(
    function: Answer,
    refused: Mapping[str, Sequence[Any]],
    *,
    error: type[Exception] = ValueError,
    reread: str = "",
) -> None:
    """Check that every call with wrong arguments ends in the error that the exercise asks for.

    Call it after a check of values: a function that always raises has refused nothing.

    Args:
        function: what is called.
        refused: from what is asked for, as the subject of a sentence, to the arguments.
        error: the class of the error.
        reread: where to re-read.
    """
    with together():
        for what, arguments in refused.items():
            expect_raises(error, function, *arguments, what=what, reread=reread)


@contextmanager
def expect_accepted(what: str, *, error: type[Exception] = ValueError, likely: Mistake) -> Iterator[None]:
    """Check that a call with right arguments, made within, does not end in the error that is meant for wrong ones.

    Args:
        what: what is called, as the subject of a sentence.
        error: the class of the error.
        likely: the likely cause if it does.
    """
    try:
        yield
    except Exception as raised:
        # An error that was carried over from another process states its class itself.
        name = getattr(raised, "type_name", type(raised).__name__).rpartition(".")[2]
        expect_true(name != error.__name__, what=f"{what} returns a result and raises no error", likely=likely)
        raise


@contextmanager
def expect_default(argument: str) -> Iterator[None]:
    """Check that a call that leaves an argument out, made within, is not refused for that.

    Args:
        argument: its name.
    """
    try:
        yield
    except Exception as raised:
        missing = "required positional argument" in str(raised) and f"'{argument}'" in str(raised)
        likely = Mistake(
            "no_default", f"{argument} has no default value; the first line of the handed-out cell has one"
        )
        expect_true(not missing, what=f"the function can be called without {argument}", likely=likely)
        raise


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
    for place, name in enumerate(arguments):
        expect_close(
            came[place],
            right[place],
            what=f"the gradient of the output with respect to {name}",
            mistakes={
                **{mistake: values[place] for mistake, values in wrong.items()},
                NOT_REACHED: torch.zeros_like(right[place]),
            },
            reread=reread,
        )


# Calculations in steps


def expect_steps(
    got: Any,
    expected: Tensor,
    steps: Sequence[Step],
    *,
    what: str,
    reread: str = "",
    mistakes: Mistakes | None = None,
) -> None:
    """Compare the result of a calculation in steps; where it is wrong, name the mistake in each step.

    Each step gets what the one before gave, the first gets None, and yields all ways to go on. What several mistakes
    in a row give is thus found without being written down. A result that comes of nothing but right ways is taken to
    follow from something that was reported before, such as the student's own mean.

    Args:
        got: what the student's code returned.
        expected: what is right.
        steps: the steps; their right ways give the expected result.
        what: what is compared, as the subject of a sentence.
        reread: where to re-read.
        mistakes: from other mistakes, which no step makes, to the value, or list of values, that each gives.
    """
    found = close_difference(got, expected, Tolerance())
    made = mistakes_made(got, expected, steps) if found and isinstance(got, Tensor) else []
    if found and found.of_values and made == [()]:
        return
    # Of single mistakes, all that explain the result are handed on, and priorities decide; of several, one set is told.
    causes: dict[Mistake | str, Any] = {way[0]: got for way in made if way and (len(way) == 1 or way == made[0])}
    with together():
        expect_close(got, expected, what=what, reread=reread, mistakes=causes | dict(mistakes or {}))
        for mistake in made[0][1:] if made else ():
            expect_close(got, expected, what=what, reread=reread, mistakes={mistake: got})


def mistakes_made(got: Tensor, expected: Tensor, steps: Sequence[Step]) -> list[tuple[Mistake, ...]]:
    """The mistakes that explain a wrong result: the fewest that do, and all sets of so many.

    Args:
        got: a tensor that is not the expected one.
        expected: what is right.
        steps: as for ``expect_steps``.
    """
    for most in range(MOST_MISTAKES + 1):
        found = [
            made
            for made, value in _results(None, steps, most)
            if len(made) == most and _same(got, value) and not _same(value, expected)
        ]
        if found:
            return list(dict.fromkeys(found))
    return []


def _results(start: Any, steps: Sequence[Step], most: int) -> Iterator[tuple[tuple[Mistake, ...], Any]]:
    """What a calculation gives with so many mistakes at most, and with which."""
    if not steps:
        yield (), start
        return
    for mistake, value in steps[0](start):
        if mistake is None:
            yield from _results(value, steps[1:], most)
        elif most:
            for others, result in _results(value, steps[1:], most - 1):
                yield (mistake, *others), result


def _same(a: Tensor, b: Any) -> bool:
    """Whether a mistake gives this; NaN and infinity alone, which many mistakes give, prove none."""
    if not (isinstance(b, Tensor) and a.shape == b.shape and bool(b.isfinite().any())) or _far_apart(a, b):
        return False
    return not close_difference(a, b, Tolerance(), False)


def _far_apart(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors differ by more than any tolerance allows; nearly all that is tried does, and this is fast."""
    one, other = a.detach().double(), b.detach().double()
    difference, size = (values.abs().nan_to_num(0, 1e300) for values in (one - other, other))
    return bool(difference.max() > 0.1 * max(1.0, float(size.max())))
