"""What every normalization promises beside its values: arguments untouched, a default of eps, gradients, the dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from cnnlab.exercises.common import (
    along_channels,
    expect_default,
    expect_gradients,
    expect_untouched,
)
from cnnlab.exercises.normalization.steps import (
    CUT_OFF,
    FIXED,
    MEAN_CUT_OFF,
    VARIANCE_CUT_OFF,
    Key,
    shared,
)
from coursekit.checks import Mistake, expect_close, together

BACKWARD = "Backpropagation through a batch"
DEFAULT_EPS = 1e-5
OTHER_DEFAULT = Mistake(
    "other_default_of_eps", "the default of eps is another number; it is eps=1e-5 in the first line"
)


def expect_properties(
    call: Callable[..., Sequence[Any]],
    reference: Callable[[Tensor, Tensor, Tensor, float], Sequence[Tensor]],
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    *,
    key: Key,
    names: Sequence[str] = ("the output",),
    reread: str,
) -> None:
    """Check what all normalizations promise: arguments untouched, the default of eps, gradients, and the dtype.

    Args:
        call: the student's function; the output is the first of the values that it returns.
        reference: the same from torch.
        x: the input.
        gamma: the scale, shape (C,).
        beta: the shift, shape (C,).
        key: which values share a mean.
        names: what the values are called.
        reread: where to re-read.
    """
    case, eps = f"for x of shape {tuple(x.shape)}", 0.1
    arguments = [t.clone() for t in (x, gamma, beta)]
    call(*arguments, eps)
    small = 0.1 * x  # of which any eps shows
    with together():
        expect_untouched(arguments, (x, gamma, beta))
        with expect_default("eps"):
            by_default = call(small.clone(), gamma.clone(), beta.clone())
        of_small = partial(reference, small, gamma, beta)
        expect_by_default(by_default[:1], lambda eps: of_small(eps)[:1], [f"{names[0]} {case}"], reread=reread)
        came = call(x.float(), gamma.float(), beta.float(), eps)
        expect_float32(came, reference(x, gamma, beta, eps), names, reread=reread)
        leaves = {"x": x.clone(), "gamma": gamma.clone(), "beta": beta.clone()}
        x, gamma, beta = (leaf.requires_grad_() for leaf in leaves.values())
        expect_gradients(
            call(x, gamma, beta, eps)[0],
            reference(x, gamma, beta, eps)[0],
            leaves,
            mistakes=dict(cut_off(x, gamma, beta, eps, key)),
            reread=BACKWARD,
        )


def expect_by_default(
    came: Sequence[Any], right: Callable[[float], Sequence[Tensor]], names: Sequence[str], *, reread: str
) -> None:
    """Compare values that came of a call that leaves eps out.

    Args:
        came: the values.
        right: the right ones for an eps.
        names: what the values are called.
        reread: where to re-read.
    """
    others = [right(number) for number in FIXED]
    for place, (got, expected, name) in enumerate(zip(came, right(DEFAULT_EPS), names, strict=True)):
        expect_close(
            got,
            expected,
            what=f"{name} with eps left out, which is 1e-5 then",
            mistakes={OTHER_DEFAULT: [values[place] for values in others]},
            reread=reread,
        )


def expect_float32(
    came: Sequence[Any], right: Sequence[Tensor], names: Sequence[str], *, rtol: float = 1e-3, reread: str
) -> None:
    """Compare values that came of float32 arguments with the right ones of float64, up to what float32 loses."""
    for got, expected, name in zip(came, right, names, strict=True):
        what = f"{name} for float32 arguments"
        expect_close(got, expected.float(), what=what, rtol=rtol, atol=rtol / 10, reread=reread)


def cut_off(x: Tensor, gamma: Tensor, beta: Tensor, eps: float, key: Key) -> Iterator[tuple[Mistake, Tensor]]:
    """Outputs through which no gradient reaches the mean, the variance, or both."""
    found = shared(x, key)
    mean, var, fixed_mean, fixed_var = found.mean, found.var, found.mean.detach(), found.var.detach()
    cut = {CUT_OFF: (fixed_mean, fixed_var), MEAN_CUT_OFF: (fixed_mean, var), VARIANCE_CUT_OFF: (mean, fixed_var)}
    for mistake, (m, v) in cut.items():
        yield mistake, along_channels(gamma, x) * (x - m) / (v + eps).sqrt() + along_channels(beta, x)
