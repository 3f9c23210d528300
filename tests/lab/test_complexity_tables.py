"""The tables of the chapter on complexity: what can be computed is computed again, and they agree with each other."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

from cnnlab.published import Network, cost_table
from cnnlab.tables import table
from tests.lab import make_networks

PLANS = {
    "AlexNet": make_networks.alexnet,
    **{f"VGG-{depth}": lambda depth=depth: make_networks.vgg(depth) for depth in make_networks.VGGS},
    **{f"ResNet-{depth}": lambda depth=depth: make_networks.resnet(depth) for depth in make_networks.RESNETS},
}
MODELS = table("torchvision_models")
COMPUTED = [row for row in MODELS if row["network"] in PLANS]


@pytest.mark.parametrize("row", COMPUTED, ids=lambda row: f"{row['network']} {row['weights']}")
def test_the_costs_of_torchvisions_models_are_those_of_real_layers(row: dict[str, Any]) -> None:
    rows = [dict.fromkeys(make_networks.COLUMNS) | layer for layer in PLANS[row["network"]]()]
    with torch.device("meta"):
        model = Network(rows, width=64)
    layers = cost_table(model, (3, row["input_px"], row["input_px"]))
    outputs = sum(layer["outputs"] for layer in layers if layer["kind"] in ("conv", "linear"))
    costs = sum(layer["params"] for layer in layers), sum(layer["macs"] for layer in layers), outputs
    assert costs == (row["params"], row["macs"], row["outputs"])


def test_most_of_the_lectures_networks_are_computed() -> None:
    lecture = {row["network"] for row in MODELS if row["year"] <= 2015}
    assert lecture - set(PLANS) == {"GoogLeNet", "Inception-v3"}


def test_other_weights_of_a_network_cost_the_same() -> None:
    for row in MODELS:
        alike = [other for other in MODELS if other["network"] == row["network"]]
        assert {(other["params"], other["macs"], other["outputs"]) for other in alike} == {
            (row["params"], row["macs"], row["outputs"])
        }


def test_five_guesses_are_right_more_often_than_one() -> None:
    assert all(50 < row["top1"] < row["top5"] < 100 for row in MODELS)


def test_the_errors_of_vgg_are_the_same_in_both_tables() -> None:
    errors = {f"VGG-{row['depth']}": row["top1_error"] for row in table("vgg_variants") if row["batch_norm"] == "no"}
    accuracies = {row["network"]: row["top1"] for row in MODELS if row["network"] in errors}
    assert {name: round(100 - accuracy, 3) for name, accuracy in accuracies.items()} == errors


def test_the_winners_errors_fall_from_year_to_year() -> None:
    winners = [row for row in table("ilsvrc_winners") if row["place"] == 1]
    assert [row["year"] for row in winners] == list(range(2010, 2018))
    assert all(later["top5_error"] < earlier["top5_error"] for earlier, later in pairwise(winners))


def test_more_networks_and_more_crops_lower_the_error_of_googlenet() -> None:
    errors = {
        (row["networks"], int(row["crops"])): row["top5_error"]
        for row in table("evaluation_protocols")
        if row["network"] == "GoogLeNet"
    }
    for (networks, crops), error in errors.items():
        assert all(e >= error for (n, c), e in errors.items() if n <= networks and c <= crops)
    (winner,) = [row for row in table("ilsvrc_winners") if row["network"] == "GoogLeNet"]
    assert errors[7, 144] == winner["top5_error"]


@pytest.mark.parametrize("name", ["ilsvrc_winners", "evaluation_protocols", "torchvision_models", "published_networks"])
def test_every_row_names_its_source(name: str) -> None:
    assert all(row["source"] for row in table(name))
