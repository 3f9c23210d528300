"""How the course writes a network down as data: a list of plain dicts, one per layer, in the order they are run.

    {"name": "conv1", "type": "conv", "filters": 64, "kernel": 11, "stride": 4, "padding": 2}
    {"name": "pool1", "type": "pool", "kernel": 3, "stride": 2, "padding": 0}
    {"name": "flatten", "type": "flatten"}
    {"name": "fc6", "type": "linear", "out_features": 4096}

Every key shown is always there, and no other:

* ``name``: a text; no two layers of a network share it.
* ``type``: ``"conv"`` (a convolution with bias), ``"pool"`` (max pooling), ``"flatten"`` (a row of all numbers of an
  image), or ``"linear"`` (a fully-connected layer with bias).
* ``filters``: the output channels of a convolution. Input channels are never written: they are what the layer before
  puts out.
* ``kernel``, ``stride``, ``padding``: in pixels, the same in both directions; a padding goes on all four sides.
* ``out_features``: the outputs of a fully-connected layer.

Convolutions and pools come before ``flatten``, fully-connected layers after it. What has neither parameters nor a shape
to change (ReLU, dropout) is left out.
"""

from collections.abc import Sequence
from typing import Any

from coursekit.comparing.equality import as_integer
from coursekit.errors import OneSentence

_KEYS = {
    "conv": ("name", "type", "filters", "kernel", "stride", "padding"),
    "pool": ("name", "type", "kernel", "stride", "padding"),
    "flatten": ("name", "type"),
    "linear": ("name", "type", "out_features"),
}


class LayerError(OneSentence, ValueError):
    """A list of layers is not written as this module says; the text says where and how."""


def check_layers(layers: Any) -> list[dict[str, Any]]:
    """Check that a network is written as this module says.

    Args:
        layers: what should be a list of layer dicts.

    Returns:
        The very list.

    Raises:
        LayerError: if it is not; one sentence that names the first layer that is wrong.
    """
    if not isinstance(layers, list):
        raise LayerError(f"A network is a list of dicts, one per layer, not a {type(layers).__name__}.")
    for place, layer in enumerate(layers):
        if problem := _problem(layer):
            raise LayerError(f"{_called(layer, place)} {problem}.")
    _check_names(layers)
    _check_order(layers)
    return layers


def output_text(channels: int, size: int) -> str:
    """What a layer returns, in words: ``64 × 56²``, and after flattening ``4,096``."""
    return f"{channels} × {size}²" if size > 1 else f"{channels:,}"


def _problem(layer: Any) -> str:
    """What is wrong with a layer taken by itself, as the rest of a sentence; empty if nothing is."""
    if not isinstance(layer, dict):
        return f"must be a dict, not a {type(layer).__name__}"
    kind = layer.get("type")
    if not isinstance(kind, str) or kind not in _KEYS:
        return f'must have a "type" that is one of {_listed(_KEYS)}, not {kind!r}'
    keys = _KEYS[kind]
    for wrong, what in ((set(keys) - set(layer), "lacks"), (set(layer) - set(keys), "has no use for")):
        if wrong:
            return f"is of type {kind!r} and {what} the key {min(wrong, key=str)!r}"
    if not isinstance(layer["name"], str) or not layer["name"]:
        return 'must have a text as its "name"'
    for key in keys[2:]:
        least = 0 if key == "padding" else 1
        number = as_integer(layer[key])
        if type(number) is not int or number < least:
            return f"must have a whole number of at least {least} as its {key!r}, not {layer[key]!r}"
    return ""


def _check_names(layers: Sequence[dict[str, Any]]) -> None:
    names = [layer["name"] for layer in layers]
    for name in names:
        if names.count(name) > 1:
            raise LayerError(f"Layer {name!r} is there {names.count(name)} times; each layer needs its own name.")


def _check_order(layers: Sequence[dict[str, Any]]) -> None:
    """Convolutions and pools, then at most one flatten, then fully-connected layers."""
    flattened = False
    for layer in layers:
        if layer["type"] == "flatten" and not flattened:
            flattened = True
        elif (layer["type"] == "linear") != flattened:
            raise LayerError(
                f"Layer {layer['name']!r} ({layer['type']}) stands {'after' if flattened else 'before'} flatten; "
                "convolutions and pools come before it, fully-connected layers after it."
            )


def _called(layer: Any, place: int) -> str:
    name = layer.get("name") if isinstance(layer, dict) else None
    return f"Layer {name!r}" if isinstance(name, str) and name else f"The layer at place {place}"


def _listed(names: Any) -> str:
    quoted = [f'"{name}"' for name in names]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
