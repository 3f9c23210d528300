"""What is read off a running network: rows, shapes, bytes, parameters, multiply-adds, and the receptive field."""

from collections import OrderedDict

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.measure import Measured, measure, receptive_field_by_gradient


def small_network() -> nn.Sequential:
    """One layer of each kind."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 4, 3, stride=2, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc2=nn.Linear(4 * 2 * 3, 5, bias=False),
        )
    )


ROWS = [
    Measured("conv1", "conv", (4, 4, 6), 0.375, 112, 2592, 3),
    Measured("relu1", "relu", (4, 4, 6), 0.375, 0, 0, 3),
    Measured("pool1", "pool", (4, 2, 3), 0.09375, 0, 0, 5),
    Measured("flatten", "flatten", (24,), 0.09375, 0, 0, None),
    Measured("fc2", "linear", (5,), 0.01953125, 120, 120, None),
]


class TestMeasure:
    def test_gives_a_row_for_each_layer_in_the_order_in_which_they_run(self) -> None:
        assert measure(small_network(), (3, 8, 12)) == ROWS

    def test_needs_no_values(self) -> None:
        assert measure(small_network().to("meta"), (3, 8, 12)) == ROWS

    def test_takes_twice_the_memory_for_numbers_of_twice_the_size(self) -> None:
        assert [row.kib for row in measure(small_network().double(), (3, 8, 12))] == [2 * row.kib for row in ROWS]

    def test_counts_a_grouped_convolution_as_what_it_is(self) -> None:
        whole, grouped = (measure(nn.Conv2d(8, 8, 3, groups=g, bias=False), (8, 5, 5))[0] for g in (1, 2))
        assert (grouped.params, grouped.macs) == (whole.params // 2, whole.macs // 2)

    def test_counts_parameters_that_are_used_twice_once_and_operations_twice(self) -> None:
        layer = nn.Linear(6, 6)
        first, second = measure(nn.Sequential(layer, layer), (6,))
        assert (first.params, second.params) == (42, 0)
        assert first.macs == second.macs == 36

    def test_calls_other_modules_by_their_class(self) -> None:
        model = nn.Sequential(nn.BatchNorm2d(2), nn.Dropout(), nn.AdaptiveAvgPool2d(1), nn.AvgPool2d(1))
        assert [row.kind for row in measure(model, (2, 3, 3))] == ["batchnorm2d", "dropout", "pool", "pool"]

    def test_leaves_the_network_as_it_was(self) -> None:
        model = nn.Sequential(nn.BatchNorm2d(2), nn.Dropout())
        model[1].eval()
        state = {name: value.clone() for name, value in model.state_dict().items()}
        measure(model, (2, 3, 3))
        assert [module.training for module in model.modules()] == [True, True, False]
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())

    def test_removes_its_hooks_from_a_network_that_fails(self) -> None:
        model = nn.Sequential(nn.Linear(3, 3))
        with pytest.raises(RuntimeError):
            measure(model, (4,))
        assert not model[0]._forward_hooks and not model[0]._forward_pre_hooks

    def test_says_that_it_cannot_see_a_functional_call(self) -> None:
        class Functional(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.inner = nn.Linear(4, 3)
                self.weight = nn.Parameter(torch.ones(2, 3))

            def forward(self, x: Tensor) -> Tensor:
                return F.linear(self.inner(x), self.weight)

        with pytest.raises(ValueError, match="6 of 18 multiply-adds happen outside of the network's layers"):
            measure(Functional(), (4,))

    def test_says_which_layer_returns_no_tensor(self) -> None:
        with pytest.raises(ValueError, match="0 returns no single tensor"):
            measure(nn.Sequential(nn.LSTM(3, 3)), (2, 3))


class TestFieldOfALayer:
    def fields(self, *layers: nn.Module, shape: tuple[int, ...] = (2, 64, 64)) -> list[int | None]:
        return [row.field for row in measure(nn.Sequential(*layers).to("meta"), shape)]

    def test_grows_with_kernels_strides_and_dilations(self) -> None:
        layers = [nn.Conv2d(2, 2, 7, 2, 3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(2, 2, 3, dilation=2, padding=2)]
        assert self.fields(*layers) == [7, 11, 27]

    def test_is_the_height_of_a_window_that_is_not_square(self) -> None:
        assert self.fields(nn.Conv2d(2, 2, (5, 3), padding=(2, 1))) == [5]

    def test_passes_through_layers_that_look_at_one_place(self) -> None:
        assert self.fields(nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True), nn.Dropout()) == [3] * 4

    def test_counts_from_the_first_to_the_last_pixel_where_a_stride_leaves_gaps(self) -> None:
        assert self.fields(nn.MaxPool2d(1, 3), nn.Conv2d(2, 2, 3)) == [1, 7]

    def test_is_unknown_behind_a_layer_that_may_look_anywhere(self) -> None:
        assert self.fields(nn.Conv2d(2, 2, 3), nn.GroupNorm(1, 2), nn.Conv2d(2, 2, 3)) == [3, None, None]

    def test_is_unknown_behind_an_addition(self) -> None:
        class Residual(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.inner, self.after = nn.Conv2d(2, 2, 3, padding=1), nn.ReLU()

            def forward(self, x: Tensor) -> Tensor:
                return self.after(x + self.inner(x))

        assert self.fields(Residual()) == [3, None]

    def test_agrees_with_a_backward_pass_through_the_network(self) -> None:
        layers = [nn.Conv2d(2, 2, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(2, 2, 5, 2), nn.AvgPool2d(3, 1, 1)]
        network = nn.Sequential(*layers)
        assert measure(network, (2, 65, 65))[-1].field == receptive_field_by_gradient(network, (2, 65, 65))


class TestReceptiveField:
    @pytest.mark.parametrize(
        ("layers", "field"),
        [
            ([nn.Conv2d(3, 2, 5)], 5),
            ([nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1)], 5),
            ([nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 3), nn.Conv2d(2, 2, 3)], 7),
            ([nn.Conv2d(3, 2, 7, 2, 3), nn.MaxPool2d(3, 2, 1)], 11),
            ([nn.Conv2d(3, 2, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3, padding=1)], 8),
        ],
    )
    def test_is_the_side_of_what_the_output_in_the_centre_sees(self, layers: list[nn.Module], field: int) -> None:
        assert receptive_field_by_gradient(nn.Sequential(*layers), (3, 41, 33)) == field

    def test_is_measured_of_a_single_max_pool_as_well(self) -> None:
        assert receptive_field_by_gradient(nn.MaxPool2d(3, 2), (3, 41, 33)) == 3

    def test_refuses_an_input_that_may_be_too_small(self) -> None:
        with pytest.raises(ValueError, match="reaches the border of the 9 pixels"):
            receptive_field_by_gradient(nn.Conv2d(3, 2, 9, padding=4), (3, 9, 9))

    def test_leaves_the_network_as_it_was(self) -> None:
        model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.MaxPool2d(2))
        state = {name: value.clone() for name, value in model.state_dict().items()}
        receptive_field_by_gradient(model, (3, 17, 17))
        assert isinstance(model[1], nn.MaxPool2d) and model.training
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
