"""The training loop that every experiment uses."""

import math

import pytest
import torch
from torch import nn

from cnnlab import training


def problem(n: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    """Two classes that a line separates."""
    x = torch.randn(n, 2, dtype=torch.float64, generator=training.generator(1))
    return x, (x[:, 0] > x[:, 1]).long()


def line() -> nn.Module:
    layer = nn.Linear(2, 2).double()
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class TestTrain:
    def test_returns_the_loss_before_every_step(self) -> None:
        losses = training.train(line(), *problem(), steps=5, batch_size=8, learning_rate=0.1)
        assert len(losses) == 5
        assert losses[0] == pytest.approx(math.log(2))

    def test_makes_the_loss_fall(self) -> None:
        losses = training.train(line(), *problem(), steps=50, batch_size=8, learning_rate=0.5)
        assert losses[-1] < 0.3 < losses[0]

    def test_gives_the_same_losses_for_the_same_seed_whatever_was_drawn_before(self) -> None:
        runs = []
        for draws in (1, 2):
            torch.rand(draws)
            runs.append(training.train(line(), *problem(), steps=9, batch_size=8, learning_rate=0.1, seed=4))
        assert runs[0] == runs[1]

    def test_takes_the_examples_in_another_order_for_another_seed(self) -> None:
        options = {"steps": 9, "batch_size": 8, "learning_rate": 0.1}
        assert training.train(line(), *problem(), seed=4, **options) != training.train(
            line(), *problem(), seed=5, **options
        )

    def test_takes_the_steps_of_plain_gradient_descent_on_the_whole_data(self) -> None:
        x, y = problem()
        model, reference = line(), line()
        training.train(model, x, y, steps=3, batch_size=len(x), learning_rate=0.2, momentum=0.0)
        for _ in range(3):
            loss = nn.functional.cross_entropy(reference(x), y)
            gradients = torch.autograd.grad(loss, list(reference.parameters()))
            with torch.no_grad():
                for parameter, gradient in zip(reference.parameters(), gradients, strict=True):
                    parameter -= 0.2 * gradient
        torch.testing.assert_close(model.state_dict(), reference.state_dict())

    def test_follows_torchs_cosine_schedule(self) -> None:
        x, y = problem()
        rates: list[float] = []

        class Recorder(torch.optim.SGD):
            def step(self, closure: object = None) -> None:  # type: ignore[override]
                rates.append(self.param_groups[0]["lr"])

        training.train(line(), x, y, steps=6, batch_size=8, learning_rate=0.1, schedule="cosine", optimizer=Recorder)
        optimizer = torch.optim.SGD(line().parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)
        expected = []
        for _ in range(6):
            expected.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        assert rates == pytest.approx(expected)

    def test_hands_weight_decay_to_the_optimizer(self) -> None:
        x, y = problem()
        given: dict[str, float] = {}

        def optimizer(parameters: object, **options: float) -> torch.optim.Optimizer:
            given.update(options)
            return torch.optim.Adam(parameters, **options)  # type: ignore[arg-type]

        training.train(line(), x, y, steps=1, batch_size=8, learning_rate=0.1, weight_decay=0.01, optimizer=optimizer)
        assert given == {"lr": 0.1, "weight_decay": 0.01}

    def test_minimises_another_loss_when_asked(self) -> None:
        losses = training.train(
            line(), *problem(), steps=1, batch_size=8, learning_rate=0.1, loss=lambda output, _: 7 + output.sum()
        )
        assert losses == [7.0]

    def test_leaves_the_model_in_training_mode(self) -> None:
        model = line().eval()
        training.train(model, *problem(), steps=1, batch_size=8, learning_rate=0.1)
        assert model.training

    def test_goes_on_when_it_diverges_so_that_the_curve_shows_it(self) -> None:
        x, y = problem()
        losses = training.train(line(), x * 1e200, y, steps=4, batch_size=8, learning_rate=1e200)
        assert len(losses) == 4
        assert not math.isfinite(losses[-1])

    def test_prints_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        training.train(line(), *problem(), steps=20, batch_size=8, learning_rate=0.1)
        captured = capsys.readouterr()
        assert captured.out + captured.err == ""

    def test_prints_ten_lines_when_asked_for_progress(self, capsys: pytest.CaptureFixture[str]) -> None:
        training.train(line(), *problem(), steps=20, batch_size=8, learning_rate=0.1, progress=True)
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 10
        assert lines[-1].startswith("step 20 of 20: loss 0.")

    @pytest.mark.parametrize("batch_size", [0, 41])
    def test_refuses_a_batch_that_cannot_be_filled(self, batch_size: int) -> None:
        with pytest.raises(ValueError, match=f"batch_size is {batch_size}, but it must lie between 1 and the 40"):
            training.train(line(), *problem(), steps=1, batch_size=batch_size, learning_rate=0.1)

    def test_refuses_an_unknown_schedule(self) -> None:
        with pytest.raises(ValueError, match="'linear', but it must be"):
            training.train(line(), *problem(), steps=1, batch_size=8, learning_rate=0.1, schedule="linear")  # type: ignore[arg-type]


class TestShuffledBatches:
    def test_show_every_example_once_before_any_comes_again(self) -> None:
        batches = training.shuffled_batches(12, 4, seed=0)
        for _ in range(3):
            assert sorted(torch.cat([next(batches) for _ in range(3)]).tolist()) == list(range(12))

    def test_are_shuffled_anew_for_every_pass(self) -> None:
        batches = training.shuffled_batches(50, 50, seed=0)
        assert next(batches).tolist() != next(batches).tolist()

    def test_are_always_full(self) -> None:
        batches = training.shuffled_batches(10, 4, seed=0)
        assert [len(next(batches)) for _ in range(5)] == [4] * 5


class Parrot(nn.Module):
    """Says class 1 in training mode and class 0 in evaluation mode, and keeps what it noticed."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.recording = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sizes.append(len(x))
        self.recording = torch.is_grad_enabled()
        return torch.tensor([0.0, 1.0] if self.training else [1.0, 0.0]).expand(len(x), 2)


class TestAccuracy:
    X, Y = torch.zeros(10, 3), torch.tensor([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])

    def test_is_the_share_of_right_labels(self) -> None:
        assert training.accuracy(Parrot().eval(), self.X, self.Y) == 0.7

    def test_leaves_the_mode_to_the_caller(self) -> None:
        model = Parrot()
        assert training.accuracy(model, self.X, self.Y) == 0.3
        assert model.training

    def test_takes_batches_in_order_with_the_rest_last(self) -> None:
        model = Parrot().eval()
        assert training.accuracy(model, self.X, self.Y, batch_size=4) == 0.7
        assert model.sizes == [4, 4, 2]

    def test_records_no_graph_for_gradients(self) -> None:
        model = Parrot()
        training.accuracy(model, self.X, self.Y)
        assert not model.recording
