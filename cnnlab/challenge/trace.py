"""Records a module as a network in plain data. Runs where the module is.

The module runs in each mode, on random numbers, while a ``Recorder`` notes what torch executes. What Python does in
between is not seen, so a network is recorded as it ran. Operators that work in place are noted as what they compute
(``torch.func.functionalize``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functionalize
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.parameter import is_lazy

from cnnlab.challenge.program import BATCH, Leaf, Program, RecordedNetwork
from cnnlab.challenge.recorder import Leaves, Recorder
from cnnlab.challenge.refusal import Refused, first_line
from coursekit.comparing import wording
from coursekit.questions import ask

_KEEPS = (
    "The network keeps something of the images that it sees; only torch's batch norms may do that.",
    "a buffer that forward changes, such as the running mean of a batch norm of your own",
)


def data_of(model: object) -> object:
    """A module's network as data; if the module is in another process, what that process says of it."""
    return ask("network", model, trace)


def trace(model: object) -> dict[str, Any]:
    """A module's network as data, or the reason why it has none: ``{"refused": "A sentence."}``.

    The module is left as it was. Errors of its own code are raised as they are.
    """
    try:
        return asdict(record(model)[0])
    except Refused as refusal:
        return {"refused": str(refusal)}


def record(model: object) -> tuple[RecordedNetwork, list[Tensor]]:
    """A module's network, and the tensors that its leaves stand for.

    Raises:
        Refused: if it cannot be recorded.
    """
    if not isinstance(model, nn.Module):
        raise Refused(f"The network is {wording.kind(model)}; it must be an instance of an nn.Module.")
    _set_up(model)
    tensors = [*model.parameters(), *model.buffers()]
    if any(tensor.device.type != "cpu" for tensor in tensors):
        raise Refused("The network is not on the CPU, where the challenge is held.")
    dtype = next((tensor.dtype for tensor in model.parameters()), torch.get_default_dtype())
    leaves = Leaves(tensors)
    with _left_as_it_was(model):
        training = _program(model.train(), torch.randn(BATCH, 1, 8, 8, dtype=dtype), leaves)
    # What batch norms in training did to their statistics is undone by now.
    with _left_as_it_was(model):
        evaluation = _program(model.eval(), torch.randn(1, 1, 8, 8, dtype=dtype), leaves)
    return RecordedNetwork([_leaf(tensor) for tensor in leaves.tensors], training, evaluation), leaves.tensors


def _set_up(model: nn.Module) -> None:
    """Give parameters to layers that wait for their first input, such as ``nn.LazyLinear``."""
    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        mode = model.training
        model.eval()(torch.zeros(1, 1, 8, 8))
        model.train(mode)


def _program(model: nn.Module, images: Tensor, leaves: Leaves) -> Program:
    output = model(images)
    if not isinstance(output, Tensor):
        mode = "training" if model.training else "evaluation"
        raise Refused(f"In {mode} mode the network returns {wording.kind(output)}; it must return one tensor.")
    recorder = Recorder(images, model.parameters(), leaves)
    try:
        # Attention in one piece is an operator of its own, which the challenge does not have.
        with sdpa_kernel(SDPBackend.MATH), recorder:
            output = functionalize(model)(images)
    except Exception as error:
        if recorder.refusal is None:
            raise _not_recorded(error) from None
    if recorder.refusal is not None:
        raise recorder.refusal
    result = recorder.reference(output)
    if result is None:
        raise Refused("What the network returns does not depend on the image.")
    return _without_idle_steps(Program(recorder.steps, result))


def _not_recorded(error: Exception) -> Refused:
    """What an error means that comes only while a network is recorded."""
    reason = first_line(error)
    if "mutating a non-functional tensor" in reason:
        return Refused(*_KEEPS)
    if "autograd.Function" in reason:
        return Refused("The network has a gradient of its own making (torch.autograd.Function), which is not recorded.")
    return Refused(f"The network runs, but not while it is recorded: {reason}")


def _without_idle_steps(program: Program) -> Program:
    """The same program without the steps that its output does not depend on."""
    needed = {program.output[1]} if program.output[0] == "step" else set()
    for number in range(len(program.steps) - 1, -1, -1):
        if number in needed:
            needed |= {index for kind, index, _ in program.steps[number].references() if kind == "step"}
    return program.with_steps(sorted(needed))


def _leaf(tensor: Tensor) -> Leaf:
    values = tensor.detach().double()
    trainable = isinstance(tensor, nn.Parameter) and tensor.requires_grad
    return Leaf(tuple(tensor.shape), trainable, float(values.mean()), float(values.std(correction=0)))


@contextmanager
def _left_as_it_was(model: nn.Module) -> Iterator[None]:
    """Afterwards the module's modes and buffers, and the state of the random numbers, are what they were.

    Raises:
        Refused: if a buffer was another tensor by then.
    """
    modes = {module: module.training for module in model.modules()}
    buffers = [(module, name, buffer) for module in modes for name, buffer in module._buffers.items()]
    values = [(buffer, buffer.clone()) for buffer in model.buffers()]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        try:
            yield
            if any(module._buffers[name] is not buffer for module, name, buffer in buffers):
                raise Refused(*_KEEPS)
        finally:
            for module, training in modes.items():
                module.training = training
            for module, name, buffer in buffers:
                module._buffers[name] = buffer
            with torch.no_grad():
                for buffer, value in values:
                    buffer.copy_(value)
