"""Lets a student's classes do what they should while an exercise that builds on them is checked. Runs where they are.

A right ``ResNet`` made of wrong blocks returns wrong scores. So while it is checked, the blocks do what they should,
under their own names; and while ``resnet`` is checked, ``ResNet`` notes what it was called with.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnnlab.exercises.residual.block_plans import basic_program, bottleneck_program
from cnnlab.exercises.residual.programs import BlockProgram, interpreted
from coursekit.questions import ask

_KIND, _OWN, _CALLED, _PARTS = "_stands_for", "_own_methods", "_called_with", "_parts_when_made"
_METHODS = ("__init__", "forward")
_NAMES = ("block", "blocks", "num_classes", "width")
_MOST = 100
CLASS = "class"
"""What is told of a class that was returned and not called."""
BLOCK = "block"
"""What is told of a block that was returned."""
SWAPPED = "swapped"
"""The kind of block that is noted where a block was passed as the numbers of blocks."""


@contextmanager
def standing_in(basic: Any, bottleneck: Any, network: Any = None) -> Iterator[None]:
    """Within, the student's blocks do what they should, or a network notes its arguments, whatever its blocks do.

    Args:
        basic: the student's BasicBlock.
        bottleneck: the student's BottleneckBlock.
        network: the student's ResNet, which is only made and not run; its blocks have no layers then.
    """
    taken: list[Any] = []
    hollow = network is not None
    try:
        for answer, kind in ((basic, "basic"), (bottleneck, "bottleneck"), (network, "network")):
            if answer is not None and ask("stand_in", answer, stand_in, kind, hollow) is True:
                taken.append(answer)
        yield
    finally:
        for answer in taken:
            # If the process has ended, there is nothing to give back.
            with suppress(Exception):
                ask("stand_down", answer, stand_down)


def stand_in(answer: Any, kind: str, hollow: bool = False) -> bool:
    """Have a class do what it should for a while; false if it is no class of modules.

    Args:
        answer: the student's class.
        kind: "basic", "bottleneck" or "network".
        hollow: whether a block has no layers, since it is never run.
    """
    if not (isinstance(answer, type) and issubclass(answer, nn.Module)):
        return False
    stand_down(answer)
    own = {name: answer.__dict__[name] for name in _METHODS if name in answer.__dict__}
    make = _noting(answer.__init__) if kind == "network" else _making(answer.__init__, kind, hollow)
    for name, value in ((_OWN, own), (_KIND, kind), ("__init__", make)):
        setattr(answer, name, value)
    return True


def stand_down(answer: Any) -> None:
    """Have a class do again what its author wrote."""
    if isinstance(answer, type) and _OWN in answer.__dict__:
        own: Mapping[str, Any] = answer.__dict__[_OWN]
        for name in _METHODS:
            if name in own:
                setattr(answer, name, own[name])
            elif name in answer.__dict__:
                delattr(answer, name)
        delattr(answer, _OWN)
        delattr(answer, _KIND)


def called_with(network: Any) -> list[Any] | None:
    """What a network was made with: the kind of block, the numbers of blocks, of classes, the width; if it was noted.

    The last value says whether its layers are those that it was made with. Of a class only that it is one is told.
    """
    if isinstance(network, type):
        return [CLASS]
    if _kind(type(network)) in ("basic", "bottleneck"):
        return [BLOCK]
    noted = getattr(network, "__dict__", {}).get(_CALLED)
    if noted is None:
        return None
    same = network.__dict__[_PARTS] == _parts(network) and "forward" not in network.__dict__
    return [*noted, same]


def _making(own: Callable[..., None], kind: str, hollow: bool) -> Callable[..., None]:
    """An ``__init__`` after which a block does what it should, and still has the attributes that its own one sets."""

    @functools.wraps(own)
    def make(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        try:
            own(self, *args, **kwargs)
        except Exception:
            nn.Module.__init__(self)
        own_layers = dict(self._modules)
        for held in (self._modules, self._parameters, self._buffers):
            held.clear()
        self.__dict__.update(own_layers)
        if hollow:
            return
        program = _program(kind, *args, **kwargs)
        self.add_module("layers", nn.ModuleDict({name: layer.module() for name, layer in program.layers.items()}))
        self.__dict__["forward"] = functools.partial(_forward, self, program.words)

    return make


def _program(kind: str, in_channels: int, *args: Any, **kwargs: Any) -> BlockProgram:
    """What a block made with these arguments should be."""
    names = {"out_channels": "outputs", "width": "width" if kind == "bottleneck" else "outputs"}
    kwargs = {names.get(name, name): value for name, value in kwargs.items()}
    make = bottleneck_program if kind == "bottleneck" else basic_program
    return make(in_channels, *args, **kwargs)


def _forward(block: nn.Module, words: tuple[str, ...], x: Tensor) -> Tensor:
    layers: Any = block._modules["layers"]
    return interpreted(words, x, lambda name, value: layers[name](value))


def _noting(own: Callable[..., None]) -> Callable[..., None]:
    """An ``__init__`` that notes its arguments, and makes the network without memory for its values."""

    @functools.wraps(own)
    def make(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        try:
            with torch.device("meta"):
                own(self, *args, **kwargs)
        except Exception:
            nn.Module.__init__(self)
        given = {"num_classes": 1000, "width": 64, **dict(zip(_NAMES, args, strict=False)), **kwargs}
        self.__dict__[_CALLED] = [
            _kind(given.get("block")) or (_kind(given.get("blocks")) and SWAPPED),
            _numbers(given.get("blocks")),
            given["num_classes"],
            given["width"],
        ]
        self.__dict__[_PARTS] = _parts(self)

    return make


def _kind(block: Any) -> str:
    """The kind of block that a class stands for; empty if it is none of them."""
    return str(getattr(block, _KIND, "")) if isinstance(block, type) else ""


def _numbers(blocks: Any) -> list[Any]:
    with suppress(TypeError, ValueError):
        return [int(number) for number in blocks][:_MOST]
    return []


def _parts(network: nn.Module) -> list[Any]:
    """Which modules a network is made of, and the shapes of its parameters."""
    shapes = [tuple(parameter.shape) for parameter in network.parameters() if not is_lazy(parameter)]
    return [shapes, *map(id, network.modules())]
