"""The lecture's tables: how they are read, and that AlexNet's are what real layers give."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnlab.measure import measure
from cnnlab.tables import show, table
from coursekit.errors import DataError


class TestReading:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A data folder with one table."""
        (tmp_path / "digits.npz").touch()
        (tmp_path / "nets.csv").write_text('name,layers,error,note\na,8,16.4,"x, y"\nb,,9,\n', encoding="utf-8")
        monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
        return tmp_path

    def test_makes_numbers_of_columns_of_numbers_and_none_of_empty_cells(self) -> None:
        assert table("nets") == [
            {"name": "a", "layers": 8, "error": 16.4, "note": "x, y"},
            {"name": "b", "layers": None, "error": 9.0, "note": None},
        ]

    def test_says_which_table_is_missing(self, folder: Path) -> None:
        with pytest.raises(DataError, match=r"cars\.csv does not exist"):
            table("cars")


class TestShowing:
    def test_writes_numbers_to_the_right_with_commas_and_as_many_decimals_as_asked_for(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        show([{"net": "a|b", "MACs": 1234567, "GiB": 0.5}, {"net": True, "MACs": None, "GiB": 1000.25}], digits=1)
        assert capsys.readouterr().out.splitlines() == [
            "| net | MACs | GiB |",
            "| :-- | --: | --: |",
            "| a\\|b | 1,234,567 | 0.5 |",
            "| yes |  | 1,000.2 |",
        ]


def alexnet(filters: tuple[int, ...], padding: int, groups: int = 1) -> nn.Sequential:
    """An AlexNet of torch's layers on the meta device."""
    one, two, three, four, five = filters
    with torch.device("meta"):
        return nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(3, one, 11, 4, padding),
                pool1=nn.MaxPool2d(3, 2),
                conv2=nn.Conv2d(one, two, 5, 1, 2, groups=groups),
                pool2=nn.MaxPool2d(3, 2),
                conv3=nn.Conv2d(two, three, 3, 1, 1),
                conv4=nn.Conv2d(three, four, 3, 1, 1, groups=groups),
                conv5=nn.Conv2d(four, five, 3, 1, 1, groups=groups),
                pool5=nn.MaxPool2d(3, 2),
                flatten=nn.Flatten(),
                fc6=nn.Linear(36 * five, 4096),
                fc7=nn.Linear(4096, 4096),
                fc8=nn.Linear(4096, 1000),
            )
        )


def test_the_layers_of_alexnet_are_what_real_ones_measure() -> None:
    shape: tuple[int, ...] = (3, 227, 227)
    measured = measure(alexnet((64, 192, 384, 256, 256), 2), shape)
    for row, layer in zip(table("alexnet_layers"), measured, strict=True):
        assert (row["in_channels"], row["in_size"]) == (shape[0], (*shape, 1)[1])
        shape = layer.shape
        assert (row["out_channels"], row["out_size"]) == (shape[0], (*shape, 1)[1])
        assert (row["name"], row["kib"], row["macs"]) == (layer.name, layer.kib, layer.macs)
        assert row["weights"] + row["biases"] == layer.params
        if layer.kind == "pool":
            assert row["pool_ops"] == 3 * 3 * torch.empty(shape, device="meta").numel()


@pytest.mark.parametrize("row", table("alexnet_variants"), ids=lambda row: row["variant"])
def test_the_variants_of_alexnet_are_what_real_ones_measure(row: dict[str, Any]) -> None:
    filters = tuple(map(int, row["filters"].split("-")))
    rows = measure(alexnet(filters, row["padding"], row["groups"]), (3, row["input_px"], row["input_px"]))
    kib = sum(layer.kib for layer in rows if layer.kind in ("conv", "linear"))
    assert rows[0].shape[1] == row["conv1_size"]
    assert sum(layer.params for layer in rows) == row["params"]
    assert sum(layer.macs for layer in rows) == row["macs"]
    assert kib * 1024 / 4 == row["outputs"]
