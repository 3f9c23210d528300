"""Networks written as lists of dicts: what is accepted, and what is said about the rest."""

from typing import Any

import pytest

from cnnlab.layers import LayerError, check_layers

CONV = {"name": "conv1", "type": "conv", "filters": 64, "kernel": 11, "stride": 4, "padding": 2}
POOL = {"name": "pool1", "type": "pool", "kernel": 3, "stride": 2, "padding": 0}
FLATTEN = {"name": "flatten", "type": "flatten"}
LINEAR = {"name": "fc6", "type": "linear", "out_features": 4096}
NETWORK = [CONV, POOL, FLATTEN, LINEAR]


@pytest.mark.parametrize("layers", [NETWORK, NETWORK[:2], NETWORK[:3], [FLATTEN, LINEAR], []])
def test_gives_back_a_network_and_each_of_its_parts(layers: list[dict[str, Any]]) -> None:
    assert check_layers(layers) is layers


def without(layer: dict[str, Any], key: str) -> dict[str, Any]:
    """A layer without one of its keys."""
    return {name: value for name, value in layer.items() if name != key}


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (None, "A network is a list of dicts, one per layer, not a NoneType."),
        ((CONV,), "not a tuple"),
        ([CONV, "pool"], "The layer at place 1 must be a dict, not a str."),
        (
            [{"name": "conv1"}],
            'one of "conv", "pool", "flatten" or "linear", not None.',
        ),
        ([CONV | {"type": "convolution"}], "not 'convolution'."),
        ([CONV | {"type": ["conv"]}], "not ['conv']."),
        ([without(CONV, "padding")], "Layer 'conv1' is of type 'conv' and lacks the key 'padding'."),
        ([without(POOL, "name")], "The layer at place 0 is of type 'pool' and lacks the key 'name'."),
        ([CONV | {"pading": 2}], "has no use for the key 'pading'."),
        ([POOL | {"filters": 64}], "Layer 'pool1' is of type 'pool' and has no use for the key 'filters'."),
        ([CONV | {"name": 1}], 'must have a text as its "name"'),
        ([CONV | {"filters": 64.0}], "must have a whole number of at least 1 as its 'filters', not 64.0."),
        ([CONV | {"stride": 0}], "a whole number of at least 1 as its 'stride', not 0."),
        ([CONV | {"padding": -1}], "a whole number of at least 0 as its 'padding', not -1."),
        ([CONV | {"kernel": True}], "as its 'kernel', not True."),
        ([CONV | {"kernel": (11, 11)}], "as its 'kernel', not (11, 11)."),
        ([CONV, CONV], "Layer 'conv1' is there 2 times; each layer needs its own name."),
        ([CONV, LINEAR], "Layer 'fc6' (linear) stands before flatten;"),
        ([FLATTEN, POOL], "Layer 'pool1' (pool) stands after flatten;"),
        ([FLATTEN, FLATTEN | {"name": "again"}], "Layer 'again' (flatten) stands after flatten;"),
    ],
)
def test_says_which_layer_is_wrong_and_how(layers: Any, says: str) -> None:
    with pytest.raises(LayerError) as caught:
        check_layers(layers)
    text = str(caught.value)
    assert says in text
    assert text.endswith(".") and "\n" not in text


def test_a_wrong_list_of_layers_is_a_wrong_value() -> None:
    with pytest.raises(ValueError):
        check_layers([CONV, CONV])
