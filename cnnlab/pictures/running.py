"""Draws running averages against the number of training steps."""

from collections.abc import Mapping

from torch import Tensor

from cnnlab import plots


def statistics(curves: Mapping[str, tuple[Tensor, Tensor]], mean: float, var: float) -> None:
    """Draw running means and running variances, with a line at the true values.

    Args:
        curves: by the rule in words, the running mean and the running variance after each step.
        mean: the true mean.
        var: the true variance.
    """
    _, axes = plots.figure(1, 2, height=2.9)
    for place, (ax, what, truth) in enumerate(
        zip(axes, ("running mean", "running variance"), (mean, var), strict=True)
    ):
        values = {name: curve[place] for name, curve in curves.items()}
        steps = range(1, len(next(iter(values.values()))) + 1)
        ax.axhline(truth, color="black", linewidth=0.8)
        plots.lines(ax, steps, values, xlabel="training step", ylabel=what)
    axes[0].legend(title="weight of the new value", loc="lower right")
    axes[1].get_legend().remove()
