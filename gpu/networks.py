"""Measures networks at work on a device: images and operations per second, and peak memory beside what is predicted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import torch

from cnnlab.published import cost_table, network
from cnnlab.workload import Workload

Predict = Callable[[list[dict[str, Any]], int, bool], dict[str, float]]
EXERCISE = "predict_memory"


@dataclass(frozen=True)
class Setting:
    """What all networks of a run share."""

    device: torch.device
    batch_size: int
    size: int
    width: int


@dataclass(frozen=True)
class Figures:
    """What a network does on one way through a batch.

    Attributes:
        images_per_second: of the batch.
        tflops: 10^12 floating point operations per second, two per multiply-add.
        peak_mib: the most memory that was in use at one time.
        predicted_mib: what the chapter's formula says; None without the chapter.
    """

    images_per_second: float
    tflops: float
    peak_mib: float
    predicted_mib: float | None


@dataclass(frozen=True)
class NetworkRun:
    """How a network ran: a forward pass, and a step of training.

    Attributes:
        problem: what went wrong, one sentence; empty if nothing did. What was measured before is there.
    """

    name: str
    setting: Setting
    forward: Figures | None = None
    training: Figures | None = None
    problem: str = ""


def prediction(root: Path) -> Predict | None:
    """The function that the chapter on complexity asks for, from its notebook with solutions, if it is there."""
    for path in (root / "solutions").glob("*/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.get("id") == EXERCISE:
                names: dict[str, Predict] = {}
                exec(cell.source, names)
                return names[EXERCISE]
    return None


def measured(name: str, setting: Setting, predict: Predict | None) -> NetworkRun:
    """Measure a network; one that does not fit into memory is told so in its row."""
    figures: dict[str, Figures] = {}
    try:
        for way in ("forward", "training"):
            figures[way] = _figures(name, setting, way == "training", predict)
    except RuntimeError as error:
        return NetworkRun(name, setting, figures.get("forward"), problem=_sentence(error, way, setting))
    finally:
        if setting.device.type == "cuda":
            torch.cuda.empty_cache()
    return NetworkRun(name, setting, figures["forward"], figures["training"])


def _figures(name: str, setting: Setting, training: bool, predict: Predict | None) -> Figures:
    shape, batch = (3, setting.size, setting.size), setting.batch_size
    with setting.device:
        workload = Workload(network(name, setting.width), batch, shape)
    seconds, peak = workload.seconds(training), workload.peak_bytes(training)
    with torch.device("meta"):
        like = network(name, setting.width)
    flops = Workload(like, batch, shape).flops(training)
    rows = [row for row in cost_table(like, shape) if row["allocates"]]
    predicted = predict(rows, batch, training)["total"] if predict else None
    mib = None if predicted is None else predicted / 2**20
    return Figures(batch / seconds, flops / seconds / 1e12, peak / 2**20, mib)


def _sentence(error: RuntimeError, way: str, setting: Setting) -> str:
    if isinstance(error, torch.OutOfMemoryError):
        return f"A {way} pass with {setting.batch_size} images needs more memory than there is."
    return f"A {way} pass failed: {str(error).partition(chr(10))[0]}"
