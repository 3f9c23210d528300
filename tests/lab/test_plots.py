"""One look for every figure."""

import io
from collections.abc import Iterator

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from cnnlab import plots


@pytest.fixture(autouse=True)
def fresh_style() -> Iterator[None]:
    """The course's style, on no screen, and nothing of it afterwards."""
    matplotlib.use("agg")
    with matplotlib.rc_context():
        plots.style()
        yield
    plt.close("all")


@pytest.fixture
def ax() -> Axes:
    axes: Axes = plots.figure()[1]
    return axes


def png() -> bytes:
    file = io.BytesIO()
    plt.gcf().savefig(file, format="png", bbox_inches="tight")
    return file.getvalue()


def luminance(color: str) -> float:
    """Relative luminance as WCAG defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


class TestLines:
    def test_differ_in_colour_marker_and_line_style(self, ax: Axes) -> None:
        plots.lines(ax, [1, 2], {name: [1, 2] for name in "ABCDEFG"}, xlabel="step", ylabel="loss (nats)")
        for looks in ([line.get_color() for line in ax.lines], [line.get_marker() for line in ax.lines]):
            assert len(set(looks)) == 7
        assert len({str(line._dash_pattern) for line in ax.lines}) == 7  # type: ignore[attr-defined]

    def test_stand_out_from_white(self) -> None:
        assert all(1.05 / (luminance(color) + 0.05) > 2 for color in plots.COLORS)

    def test_run_through_the_median_of_runs_in_a_band_of_all_of_them(self, ax: Axes) -> None:
        plots.lines(ax, [1, 2], {"runs": [[0, 1], [4, 3], [9, 2]]}, xlabel="step", ylabel="loss (nats)")
        assert list(ax.lines[0].get_ydata()) == [4, 2]  # type: ignore[arg-type]
        assert ax.collections[0].get_datalim(ax.transData).get_points().tolist() == [[1, 0], [2, 9]]

    def test_may_come_as_tensors(self, ax: Axes) -> None:
        plots.lines(
            ax, torch.arange(3), {"loss": torch.ones(3, requires_grad=True)}, xlabel="step", ylabel="loss (nats)"
        )
        assert list(ax.lines[0].get_ydata()) == [1, 1, 1]  # type: ignore[arg-type]

    def test_leave_a_gap_where_training_diverged(self, ax: Axes) -> None:
        plots.lines(ax, [1, 2, 3], {"loss": [1, float("nan"), 3]}, xlabel="step", ylabel="loss (nats)")
        assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, True, False]  # type: ignore[arg-type]

    def test_are_named_in_a_legend_if_there_are_several(self, ax: Axes) -> None:
        plots.lines(ax, [1], {"one": [1]}, xlabel="step", ylabel="loss (nats)")
        assert ax.get_legend() is None
        plots.lines(ax, [1], {"one": [1], "two": [2]}, xlabel="step", ylabel="loss (nats)")
        assert ax.get_legend() is not None

    def test_carry_few_markers_however_many_points_they_have(self, ax: Axes) -> None:
        plots.lines(ax, range(1000), {"loss": range(1000)}, xlabel="step", ylabel="loss (nats)")
        assert 1000 / ax.lines[0].get_markevery() <= 12  # type: ignore[operator]

    @pytest.mark.parametrize("labels", [{"xlabel": "", "ylabel": "loss"}, {"xlabel": "step", "ylabel": " "}])
    def test_need_both_axes_labelled(self, ax: Axes, labels: dict[str, str]) -> None:
        with pytest.raises(ValueError, match="need a label"):
            plots.lines(ax, [1], {"loss": [1]}, **labels)


class TestBars:
    def test_stand_side_by_side_around_their_name(self, ax: Axes) -> None:
        plots.bars(ax, ["2", "4"], {"BN": [57, 5], "LN": [3, 4]}, xlabel="batch size", ylabel="test error (%)")
        middles = sorted(bar.get_x() + bar.get_width() / 2 for bar in ax.patches)  # type: ignore[attr-defined]
        assert middles == pytest.approx([-0.2, 0.2, 0.8, 1.2])

    def test_differ_in_hatching_too(self, ax: Axes) -> None:
        plots.bars(ax, ["2"], {"BN": [57], "LN": [3]}, xlabel="batch size", ylabel="test error (%)")
        assert len({bar.get_hatch() for bar in ax.patches}) == 2

    def test_show_their_heights_when_asked(self, ax: Axes) -> None:
        plots.bars(ax, ["2"], {"BN": [57.04]}, xlabel="batch size", ylabel="test error (%)", digits=1)
        assert [text.get_text() for text in ax.texts] == ["57.0"]


class TestFigure:
    def test_fits_the_page_whatever_it_holds(self) -> None:
        for rows, columns in [(1, 1), (1, 3), (2, 2)]:
            drawn, _ = plots.figure(rows, columns)
            assert drawn.get_figwidth() * drawn.dpi <= 720

    def test_is_the_same_file_every_time_and_small(self) -> None:
        files = []
        for _ in range(2):
            _, ax = plots.figure()
            plots.lines(ax, range(20), {"a": range(20), "b": range(20, 0, -1)}, xlabel="step", ylabel="loss (nats)")
            files.append(png())
        assert files[0] == files[1]
        assert len(files[0]) < 60_000


class TestShow:
    def test_writes_the_caption(self, capsys: pytest.CaptureFixture[str]) -> None:
        plots.figure()
        plots.show("Only batch norm still learns at 0.3.")
        assert capsys.readouterr().out == "Only batch norm still learns at 0.3.\n"

    def test_leaves_no_figure_open(self) -> None:
        plots.figure()
        plots.show("Only batch norm still learns at 0.3.")
        assert plt.get_fignums() == []

    @pytest.mark.parametrize("caption", ["", " ", ".", "Figure", "no full stop"])
    def test_refuses_what_is_no_sentence(self, caption: str) -> None:
        with pytest.raises(ValueError, match="one sentence"):
            plots.show(caption)
