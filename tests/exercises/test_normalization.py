"""The steps of a normalization name mistakes, one or two at once, whatever they are made in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from cnnlab.exercises import normalization as check
from cnnlab.exercises.normalization.steps import keeping, shared
from coursekit.exercises import AnswerFailed


def told(check_: Callable[[Any], None], answer: Callable[..., Any]) -> list[str]:
    """The lines that a student is told of an answer, without those that compare and say where to re-read."""
    with pytest.raises(AnswerFailed) as caught:
        check_(answer)
    return [line for line in str(caught.value).splitlines() if not line.startswith(("Compared", "Re-read"))]


def test_values_that_share_a_key_share_mean_and_variance() -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = shared(x, keeping(0, 1))
    var, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
    torch.testing.assert_close(found.mean, mean.expand(x.shape))
    torch.testing.assert_close(found.var, var.expand(x.shape))
    assert found.count == 20


def test_a_right_answer_passes(capsys: pytest.CaptureFixture[str]) -> None:
    check.layer_norm(lambda x, gamma, beta, eps=1e-5: F.layer_norm(x, x.shape[1:], gamma, beta, eps))
    assert capsys.readouterr().out == "✓ layer_norm: 10 checks passed\n"


def test_a_wrong_variance_and_a_missing_shift_are_two_sentences() -> None:
    def answer(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
        mean, var = x.mean(0), x.var(0)
        return gamma * (x - mean) / torch.sqrt(var + eps), mean, var

    first, second = told(check.batchnorm_train, answer)
    assert first.startswith("The variance was divided by N − 1")
    assert second == "Also: beta is not used."


def test_both_wrong_signs_of_a_gradient_name_their_paths() -> None:
    def answer(dy: Any, x: Any, gamma: Any, eps: float = 1e-5) -> Any:
        std = torch.sqrt(x.var(0, correction=0) + eps)
        x_hat = (x - x.mean(0)) / std
        dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
        return gamma / std * (dy + dbeta / len(x) + x_hat * dgamma / len(x)), dgamma, dbeta

    assert told(check.batchnorm_backward, answer) == [
        "A sign is wrong: the path through the mean is subtracted.",
        "Also: a sign is wrong: the path through the variance is subtracted.",
    ]


@pytest.mark.parametrize("axes", [(0,), (1, 2), (0, 1, 3)])
def test_any_wrong_axes_are_named(axes: tuple[int, ...]) -> None:
    def answer(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
        var, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
        return gamma[:, None, None] * (x - mean) / torch.sqrt(var + eps) + beta[:, None, None]

    (line,) = told(check.instance_norm, answer)
    assert line.startswith("The means run over other axes than asked for")
