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
    places, mute = _places(outputs, came), _mute(outputs, reference.inputs)
    right: set[str] = set()
    for name in reversed(reference.inputs):
        readers = (reader for reader, read in reference.inputs.items() if name in read and reader not in mute)
        if name in places or any(reader in right for reader in readers):
            right.add(name)
    wrong = next((name for name in reference.inputs if name in outputs and name not in right), None)
    if wrong is None or not came:
        return None
    read, matched = reference.inputs[wrong], set(places.values())
    # A layer runs after what it reads.
    after = max((places.get(name, 0) for name in read), default=0)
    others = [step for place, step in enumerate(came) if place >= after and place not in matched]
    shifted = sum(step.operation == "max pool" for step in came) != len([name for name in outputs if "pool" in name])
    alike = _alike(wrong, outputs[wrong], others, may_be_other_stride=not shifted)
    return Mistake("first_difference", _said(wrong, outputs[wrong], read[0], alike, read[0] in places), NETWORK)


def _alike(
    name: str, step: layers.LayerStep, others: Sequence[layers.LayerStep], *, may_be_other_stride: bool
) -> list[layers.LayerStep]:
    """The steps that may be meant to be a layer, the likeliest first."""
    alike = [one for one in others if _is_alike(one, step)]
    if name not in POOLS:
        return alike
    # Where no pool is missing, the one that runs next is meant, with whatever stride.
    following = [one for one in others[:1] if may_be_other_stride and one.operation == "max pool"]
    return [one for one in following + alike if one.shape[1] == step.shape[1]]


def _places(outputs: Mapping[str, layers.LayerStep], came: Sequence[layers.LayerStep]) -> dict[str, int]:
    """Where the outputs of layers are among other steps, each at a place of its own."""
    places: dict[str, int] = {}
    free = dict(enumerate(came))
    for name, step in outputs.items():
        same = (place for place, other in free.items() if _is_same(other, step))
        if (place := next(same, None)) is not None:
            places[name] = place
            del free[place]
    return places


def _is_same(other: layers.LayerStep, step: layers.LayerStep) -> bool:
    """Whether two steps return the same."""
    return other.shape == step.shape and abs(other.norm - step.norm) <= _SAME * max(1.0, step.norm)


def _mute(outputs: Mapping[str, layers.LayerStep], inputs: Mapping[str, Sequence[str]]) -> set[str]:
    """The layers whose output tells nothing of what comes before them: a ReLU that lets nothing through hides it."""
    mute: set[str] = set()
    for name, read in inputs.items():
        if name in outputs and (outputs[name].norm == 0 or all(before in mute for before in read)):
            mute.add(name)
    return mute


def _said(name: str, step: layers.LayerStep, read: str, alike: Sequence[layers.LayerStep], is_there: bool) -> str:
    """How a layer differs, as a clause.

    Args:
        name: of the layer.
        step: what it should do.
        read: what it should read.
        alike: what may be meant to be this layer.
        is_there: whether what it should read was found.
    """
    before = _called(read)
    if name.endswith("_relu"):
        return f"a ReLU is missing after {before}, or another activation stands there"
    if name == "average":
        return "what follows 5b is not global average pooling; the last layer reads one mean per channel"
    if name.endswith("_concat"):
        return f"the four branches of {_called(name)} are right, but what torch.cat(…, dim=1) makes of them is not"
    if not alike and name in POOLS:
        return f"{_called(name)} is missing, or comes elsewhere; it reads what {before} returns"
    if not alike:
        return f"{_called(name)} does not run on what {before} returns"
    if alike[0].shape[1:] != step.shape[1:]:
        sizes = f"expected {_times(step.shape)}, got {_times(alike[0].shape)}"
        return f"after {_called(name)}: {sizes}{_because(step, alike[0])}"
    if alike[0].operation == step.operation and (because := _because(step, alike[0])):
        return f"{_called(name)} differs{because}"
    if alike[0].operation != step.operation:
        return f"{_called(name)} is {_kind(alike[0].operation)}, where {_kind(step.operation)} is asked for"
    if read == "image":
        return f"{_called(name)} reads something else than the image"
    if not is_there and read.endswith("_concat"):
        joined = "are its branches joined in the order 1 × 1, 3 × 3, 5 × 5, pool?"
        return f"{_called(name)} reads something else than what {before} returns; {joined}"
    filters = f", with {step.settings['out_channels']} filters," if step.operation == "conv" else ""
    return f"{_called(name)}{filters} does not run on what {before} returns"


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
