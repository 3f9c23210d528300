"""``python -m gpu``; ``--help`` lists the options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from cnnlab.published import NAMES
from gpu.machine import describe
from gpu.networks import Setting, measured, prediction
from gpu.notebooks import executed, notebooks
from gpu.report import Report

ROOT = Path(__file__).parents[1]
NO_GPU = "There is no CUDA GPU here, so nothing was run."


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run what the command line asks for.

    Returns:
        The exit code: 0, or 1 if a notebook failed or a network could not be measured.
    """
    asked = _parser().parse_args(arguments)
    if asked.device == "cuda" and not torch.cuda.is_available():
        print(NO_GPU)
        return 0
    if asked.device == "cpu":
        torch.set_num_threads(1)  # as in the notebooks
    report = Report(asked.output, describe(asked.device))
    for path in notebooks(root, asked.topics):
        report.add_notebook(executed(path, asked.device, asked.timeout, beside_cpu=asked.device != "cpu"))
    predict = prediction(root)
    setting = Setting(torch.device(asked.device), asked.batch, asked.size, asked.width)
    for name in asked.networks:
        report.add_network(measured(name, setting, predict))
    report.finish()
    return 1 if report.problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gpu", description=sys.modules["gpu"].__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu rehearses without a GPU")
    parser.add_argument("--output", type=Path, default=Path("gpu-results"), help="the folder for tables (%(default)s)")
    parser.add_argument(
        "--topics", nargs="*", metavar="TOPIC", help="beginnings of names, such as 03; all by default, none if empty"
    )
    parser.add_argument("--timeout", type=int, default=300, help="seconds that a cell may take (%(default)s)")
    known = f"{', '.join(NAMES)}; all by default"
    parser.add_argument("--networks", nargs="*", default=list(NAMES), choices=NAMES, metavar="NETWORK", help=known)
    parser.add_argument("--batch", type=int, default=32, help="images in a batch (%(default)s)")
    parser.add_argument("--size", type=int, default=224, help="side of the images in pixels (%(default)s)")
    parser.add_argument("--width", type=int, default=64, help="64 is the published width (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
