"""Draws what depends on the number of examples in a batch."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from cnnlab import plots


def accuracies(
    sizes: Sequence[int], curves: Mapping[str, Sequence[float]], apart: Mapping[str, tuple[int, float]]
) -> None:
    """Draw test accuracy against the size of the test batches, with a line at guessing among ten classes.

    Args:
        sizes: of the batches.
        curves: by name, an accuracy for each size.
        apart: by name, a size and an accuracy that belong to no curve.
    """
    _, ax = plots.figure()
    plots.lines(ax, sizes, curves, xlabel="images per test batch", ylabel="test accuracy")
    for place, (name, (size, accuracy)) in enumerate(apart.items(), len(curves)):
        ax.plot(size, accuracy, plots.MARKERS[place], color=plots.COLORS[place], label=name)
    ax.axhline(0.1, color="black", linewidth=0.8)
    ax.text(120, 0.12, "guessing", fontsize=9)
    _powers_of_two(ax, sizes)
    ax.set_ylim(0, 1.03)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.2))


def spreads(sizes: Sequence[int], curves: Mapping[str, Sequence[float]]) -> None:
    """Draw the spread of one image's activations against the batch size, with 1 / sqrt(N) for comparison.

    Args:
        sizes: of the batches.
        curves: by name, a spread for each size.
    """
    _, ax = plots.figure()
    plots.lines(ax, sizes, curves, xlabel="batch size $N$", ylabel="spread of one image's activations")
    root = [size**-0.5 for size in sizes]
    ax.plot(sizes, root, color="#777777", linestyle=":", marker="", label="$1 / \\sqrt{N}$")
    ax.set(xscale="log", yscale="log", xticks=sizes)
    ax.set_xticklabels(sizes)
    ax.minorticks_off()
    ax.legend(loc="lower left")


def errors(panels: Mapping[str, tuple[Sequence[int], Mapping[str, Sequence[float]], str, str]]) -> None:
    """Draw errors against batch size, one plot beside the other.

    Args:
        panels: by title, the sizes, by name an error for each of them, and the labels of the two axes.
    """
    _, axes = plots.figure(1, len(panels), height=3.2)
    for ax, (title, (sizes, curves, xlabel, ylabel)) in zip(axes, panels.items(), strict=True):
        plots.lines(ax, sizes, curves, xlabel=xlabel, ylabel=ylabel)
        _powers_of_two(ax, sizes)
        ax.set_ylim(0)
        ax.set_title(title)


def _powers_of_two(ax: Axes, sizes: Sequence[int]) -> None:
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [str(size) for size in sizes])
