"""What a network costs is counted as it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.challenge import MAX_MACS, MAX_NUMBERS, MAX_PARAMS, Weight, compete, weigh
from coursekit.checks import CheckFailed
from tests.challenge.networks import NETWORKS, Computed, linear

CLASSES, PIXELS = 10, 64
HEAD = Weight(params=650, tensors=2, macs=640, numbers=640, steps=3)


def cost(body: Callable[..., Tensor], *layers: nn.Module, features: int = PIXELS) -> tuple[int, int, int]:
    """Parameters, multiply-adds and numbers handled before the ten scores."""
    weight = weigh(Computed(body, *layers, features=features))
    head = (features + 1) * CLASSES, features * CLASSES, features * CLASSES
    return weight.params - head[0], weight.macs - head[1], weight.numbers - head[2]


def test_a_linear_layer_costs_its_weights_and_biases() -> None:
    assert weigh(linear()) == HEAD


def test_a_convolution_costs_what_the_formula_says() -> None:
    macs = 8 * 8 * 3 * 3 * 4
    assert cost(lambda x, c: c(x), nn.Conv2d(1, 4, 3, padding=1), features=256) == (40, macs, 256)


def test_a_grouped_convolution_costs_less_and_handles_more() -> None:
    whole, grouped = (nn.Conv2d(4, 4, 3, padding=1, groups=g, bias=False) for g in (1, 4))
    spread = lambda x, c: c(x.expand(-1, 4, -1, -1))  # noqa: E731
    assert cost(spread, whole, features=256) == (144, 64 * 144, 256)
    assert cost(spread, grouped, features=256) == (36, 64 * 36, 256 * 9)


@pytest.mark.parametrize(
    "product",
    [
        lambda x, c: x[:, 0] @ c.weight.T,
        lambda x, c: F.linear(x, c.weight),
        lambda x, c: torch.einsum("nchw,kw->nkhc", x, c.weight),
    ],
    ids=["matmul", "linear", "einsum"],
)
def test_a_product_counts_however_it_is_written(product: Callable[..., Tensor]) -> None:
    assert cost(product, nn.Linear(8, 3, bias=False), features=24)[:2] == (24, 8 * 8 * 3)


def test_parameters_that_are_used_twice_count_once_and_their_work_twice() -> None:
    layer = nn.Linear(64, 64, bias=False)
    assert cost(lambda x, a: a(a(x.flatten(1))), layer)[:2] == (4096, 2 * 4096)


def test_parameters_that_the_result_does_not_depend_on_are_free() -> None:
    assert cost(lambda x, a: (a(x), x)[1], nn.Linear(8, 500)) == (0, 0, 0)


def test_parameters_that_only_training_uses_count() -> None:
    body = lambda x, a: a(x) if a.training else x  # noqa: E731
    assert cost(body, nn.Conv2d(1, 1, 3, padding=1, bias=False))[:2] == (9, 9 * 64)


def test_running_statistics_of_batch_norms_are_free_and_their_scales_are_not() -> None:
    assert cost(lambda x, b: b(x.expand(-1, 5, -1, -1)), nn.BatchNorm2d(5), features=320)[:2] == (10, 0)
    assert cost(lambda x, b: b(x), nn.BatchNorm2d(1, affine=False))[:2] == (0, 0)


def test_buffers_and_constants_count_unless_they_are_one_number() -> None:
    table = torch.randn(3, 1, 3, 3)
    assert cost(lambda x: F.conv2d(x, table, padding=1), features=192)[0] == 27
    assert cost(lambda x: F.conv2d(x, torch.ones(3, 1, 3, 3) / 9, padding=1), features=192)[0] == 0
    assert cost(lambda x: x + torch.arange(8.0))[0] == 8
    assert cost(lambda x: 0.5 * x + 3)[0] == 0


def test_the_mode_that_costs_more_counts() -> None:
    product = lambda x, a: x.flatten(1) @ (a.weight @ a.weight.T)  # noqa: E731
    # For one image, the product of the weights is as dear as for a batch.
    assert cost(product, nn.Linear(64, 64, bias=False))[1] == 64**3 + 64**2


def test_views_handle_nothing_and_other_operators_the_largest_tensor_they_touch() -> None:
    assert cost(lambda x: x[:, :, 2:6].unsqueeze(1), features=32)[2] == 0
    assert cost(lambda x: F.relu(x) + x)[2] == 2 * 64
    assert cost(lambda x: x.expand(-1, 100, -1, -1).mean(dim=1))[2] == 6400


def test_pools_handle_each_place_of_their_windows() -> None:
    assert cost(lambda x: F.max_pool2d(x, 2), features=16)[2] == 64 * 4
    assert cost(lambda x: F.avg_pool2d(x, 3, stride=1, padding=1))[2] == 64 * 9


def test_operators_that_take_long_count_fourfold() -> None:
    assert cost(lambda x: x.softmax(dim=3))[2] == 64 * 4
    assert cost(lambda x: F.adaptive_max_pool2d(x, 4), features=16)[2] == 64 * 4
    assert cost(lambda x, c: c(x.expand(-1, 2, -1, -1)), nn.Conv2d(2, 2, 1, groups=2), features=128)[2] == 128 * 4


def test_no_product_hides_in_elementwise_arithmetic() -> None:
    def hidden(x: Tensor, a: nn.Module) -> Tensor:
        return (x.flatten(1)[:, None] * a.weight).sum(dim=2)

    params, macs, numbers = cost(hidden, nn.Linear(64, 64, bias=False))
    assert (params, macs) == (4096, 0)
    assert numbers == 2 * 4096


OVER: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "parameters": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 300), nn.ReLU(), nn.Linear(300, 10)),
        f"22,510 parameters, where {MAX_PARAMS:,} are allowed",
    ),
    "multiply-adds": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 40, 3, padding=1),
            nn.Conv2d(40, 45, 3, padding=1),
            nn.Flatten(2),
            nn.Linear(64, 1),
            nn.Flatten(),
            nn.Linear(45, 10),
        ),
        f"multiply-adds, where {MAX_MACS:,} are allowed",
    ),
    "tensors": (
        lambda: Computed(
            lambda x, *a: x + torch.stack([b.weight for b in a]).sum(), *(nn.PReLU(1) for _ in range(255))
        ),
        "257 tensors of parameters, where 256 are allowed",
    ),
    "numbers": (
        lambda: Computed(
            lambda x: torch.stack([(x.expand(-1, 300, -1, -1) * k).mean(dim=1) for k in range(9)]).mean(dim=0)
        ),
        f"numbers handled for one image by all operators together, where {MAX_NUMBERS:,} are allowed",
    ),
}


@pytest.mark.parametrize(("make", "sentence"), OVER.values(), ids=OVER)
def test_over_budget_a_network_can_be_weighed_but_does_not_compete(
    make: Callable[[], nn.Module], sentence: str
) -> None:
    model = make()
    assert isinstance(weigh(model), Weight)
    with pytest.raises(CheckFailed, match=sentence):
        compete(model, seed=0)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            nn.Sequential(nn.Flatten(), nn.Linear(64, 11)),
            r"batch of 64 images .* expected shape \(64, 10\), got shape \(64, 11\)",
        ),
        (nn.Conv2d(1, 10, 8), r"expected shape \(64, 10\), got shape \(64, 10, 1, 1\)"),
        (nn.Sequential(nn.Conv2d(1, 10, 8), nn.Flatten(0)), r"got shape \(640,\)"),
    ],
    ids=["classes", "axes", "flat"],
)
def test_an_output_of_another_shape_is_refused(model: nn.Module, sentence: str) -> None:
    with pytest.raises(CheckFailed, match=sentence):
        weigh(model)


def test_an_axis_that_is_lost_with_a_single_image_is_named() -> None:
    class Squeezed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 10, 8)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x).squeeze()

    with pytest.raises(CheckFailed, match=r"squeeze\(\)(?s:.*)for one image.* got shape \(10,\)"):
        weigh(Squeezed())


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_weighing_twice_gives_the_same(make: Callable[[], nn.Module]) -> None:
    model = make()
    assert weigh(model) == weigh(model)


def test_a_network_far_beyond_the_budget_is_weighed_without_being_built() -> None:
    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide = nn.Parameter(torch.zeros(1).expand(10, 4_000_000))

        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1)[:, :1] * self.wide.sum(dim=1)

    assert weigh(Wide()).params == 40_000_000
