"""Says where a GoogLeNet first differs from the published one, whatever its style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cnnlab import published
from cnnlab.exercises import layers
from coursekit.checks import Mistake

NETWORK = "The whole network"
POOLS = ("pool1", "pool2", "pool3", "pool4")
_SAME = 1e-6
_NAMES = MappingProxyType(
    {
        "image": "the image",
        "pool3": "the pool before 4a",
        "pool4": "the pool before 5a",
        "average": "global average pooling",
        "fc": "the last layer",
    }
)


def where_it_differs(model: Any, reference: published.Network, shape: Sequence[int]) -> Mistake | None:
    """The first layer of the reference whose output is nowhere in a network that should compute the same.

    Networks may run parallel branches in any order, and combine steps in other ways. So a layer counts as right if its
    output is found, or if that of a layer that depends on it is.
    """
    came, steps = layers.steps_of(model, shape), layers.steps_of(reference, shape)
    outputs = {step.layer.removeprefix("layers."): step for step in steps}
    places = {name: _place(step, came) for name, step in outputs.items()}
    right: set[str] = set()
    for name in reversed(reference.inputs):
        readers = (reader for reader, read in reference.inputs.items() if name in read)
        if places.get(name) is not None or any(reader in right for reader in readers):
            right.add(name)
    wrong = next((name for name in reference.inputs if name in outputs and name not in right), None)
    if wrong is None or not came:
        return None
    matched = {place for place in places.values() if place is not None}
    others = [step for place, step in enumerate(came) if place not in matched]
    return Mistake("first_difference", _said(wrong, outputs, reference.inputs[wrong], others), NETWORK)


def _place(step: layers.LayerStep, came: Sequence[layers.LayerStep]) -> int | None:
    """Where a step's output is among others."""
    for place, other in enumerate(came):
        if other.shape == step.shape and abs(other.norm - step.norm) <= _SAME * max(1.0, step.norm):
            return place
    return None


def _said(
    name: str, outputs: Mapping[str, layers.LayerStep], read: Sequence[str], others: Sequence[layers.LayerStep]
) -> str:
    """How a layer differs, as a clause."""
    step, before = outputs[name], _called(read[0])
    if name.endswith("_relu"):
        return f"a ReLU is missing after {before}, or another activation stands there"
    if name == "average":
        return "what follows 5b is not global average pooling; the last layer reads one mean per channel"
    if name.endswith("_concat"):
        return f"the four branches of {_called(name)} are right, but what torch.cat(…, dim=1) makes of them is not"
    alike = [one for one in others if _is_alike(one, step)]
    if name in POOLS:
        alike = [one for one in alike if one.shape[1] == step.shape[1]]
    if not alike and name in POOLS:
        return f"{_called(name)} is missing, or comes elsewhere; it reads what {before} returns"
    if not alike:
        return f"{_called(name)} does not run on what {before} returns"
    if alike[0].shape[1:] != step.shape[1:]:
        sizes = f"expected {_times(step.shape)}, got {_times(alike[0].shape)}"
        return f"after {_called(name)}: {sizes}{_because(step, alike[0])}"
    if alike[0].operation != step.operation:
        return f"{_called(name)} is {_kind(alike[0].operation)}, where {_kind(step.operation)} is asked for"
    joined = "; are its branches joined in the order 1 × 1, 3 × 3, 5 × 5, pool?" if read[0].endswith("_concat") else ""
    return f"{_called(name)} reads something else than what {before} returns{joined}"


def _is_alike(other: layers.LayerStep, step: layers.LayerStep) -> bool:
    """Whether a step may be meant to be another one."""
    if step.operation == "conv":
        same = ("kernel", "out_channels")
        return other.operation == "conv" and all(other.settings.get(key) == step.settings.get(key) for key in same)
    # The pools inside modules have another stride than those between them.
    inside = other.settings.get("stride") == 1
    return other.operation.split()[-1] == step.operation.split()[-1] and inside == (step.settings.get("stride") == 1)


def _called(name: str) -> str:
    """What a layer of the table is called in a sentence."""
    name = name.removesuffix("_relu").removesuffix("_concat")
    module, _, layer = name.partition("_")
    if not module[0].isdigit() or not layer:
        return _NAMES.get(name, name)
    words = {"1x1": "1 × 1", "3x3": "3 × 3", "5x5": "5 × 5"}
    kernel, _, rest = layer.partition("_")
    part = f"reduction before the {words[kernel]}" if rest else words.get(kernel, kernel)
    return f"the {part} of {module}"


def _kind(operation: str) -> str:
    return f"an {operation}" if operation[0] in "aeiou" else f"a {operation}"


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape[1:]))


def _because(right: layers.LayerStep, came: layers.LayerStep) -> str:
    """Which setting explains another size."""
    mine, wanted = came.settings, right.settings
    if came.operation == "max pool" and mine.get("stride") == mine.get("kernel") != wanted.get("stride"):
        return f": `nn.MaxPool2d({mine['kernel']})` has stride {mine['kernel']} unless told otherwise"
    for key in ("kernel", "stride", "padding", "ceil_mode"):
        if mine.get(key) != wanted.get(key):
            return f": its {key} is {mine.get(key)}, not {wanted.get(key)}"
    return ""
