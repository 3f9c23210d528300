"""A network as plain data, and how such data is read by someone who does not trust its writer.

It has two programs, one for training on batches of ``BATCH`` images and one for evaluation on a single image, so that
no image can tell anything about another where accuracy is measured. A program is a list of steps, each
an operator with its arguments. What an argument refers to is a tuple of three, ``(kind, index, part)``: the images
``("image", 0, 0)``, a leaf ``("leaf", 3, 0)``, or one of the results of an earlier step ``("step", 7, 0)``. Leaves are
what the network reads and does not compute: parameters, buffers and constants. None of their values is in the data,
only shape, mean and standard deviation.

What was read here is well formed, and its numbers are rounded to three digits. Whether its shapes fit, and what it
costs, shows when it runs without values (see ``weight``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from cnnlab.challenge.operators import BATCH_NORM, OPERATORS
from cnnlab.challenge.refusal import Refused

BATCH = 64
MAX_STEPS = 200
MAX_LEAVES = 1000
DIGITS = 3
MAX_DIMS = 8
# Ends of slices reach further; where they do, the end of the axis is meant.
MAX_INT = 1_000_000
MAX_WINDOW = 64
# Tensors that a step reads in one list, or puts out.
MAX_LIST = 256
_MAX_NUMEL = 2**40
_WINDOWS = {"kernel_size", "stride", "padding", "dilation", "output_padding"}
# How tensors are held is the reader's choice.
SETTINGS = {"dtype", "layout", "device", "pin_memory", "memory_format", "generator", "non_blocking"}
_WORDS = ("none", "tanh")

Reference = tuple[str, int, int]
IMAGE: Reference = ("image", 0, 0)


@dataclass(frozen=True)
class Leaf:
    """A tensor that the network reads and does not compute.

    Attributes:
        shape: its shape.
        trainable: whether training changes it.
        mean: of its elements, as the network's author chose them.
        deviation: their standard deviation.
    """

    shape: tuple[int, ...]
    trainable: bool
    mean: float
    deviation: float


@dataclass(frozen=True)
class Step:
    """An operator and its arguments: numbers, references, and lists of either."""

    operator: str
    arguments: list[Any]
    keywords: dict[str, Any]

    def references(self) -> Iterator[Reference]:
        """What it reads, in the order of its arguments."""
        for argument in (*self.arguments, *self.keywords.values()):
            for item in argument if type(argument) is list else (argument,):
                if type(item) is tuple:
                    yield item


@dataclass(frozen=True)
class Program:
    """Steps, and which of their results is the output."""

    steps: list[Step]
    output: Reference

    def leaves_read(self) -> set[int]:
        """Indices of the leaves that it reads."""
        read = [reference for step in self.steps for reference in step.references()]
        return {index for kind, index, _ in (*read, self.output) if kind == "leaf"}

    def with_steps(self, kept: Sequence[int]) -> Program:
        """The same program with these steps alone, which read no others."""
        places = {number: place for place, number in enumerate(kept)}

        def moved(value: Any) -> Any:
            if type(value) is list:
                return [moved(item) for item in value]
            return ("step", places[value[1]], value[2]) if type(value) is tuple and value[0] == "step" else value

        steps = [self.steps[number] for number in kept]
        rewritten = [Step(step.operator, moved(step.arguments), step.keywords) for step in steps]
        return Program(rewritten, moved(self.output))


@dataclass(frozen=True)
class RecordedNetwork:
    """What a network does in training and in evaluation mode, and the leaves that both read."""

    leaves: list[Leaf]
    training: Program
    evaluation: Program

    def leaves_read(self) -> set[int]:
        """Indices of the leaves that take part."""
        return self.training.leaves_read() | self.evaluation.leaves_read()

    def statistics(self) -> dict[int, float]:
        """Running means and variances of batch norms, by index among the leaves, and what each starts at.

        Raises:
            Refused: if one is used for anything else, or evaluation would change it.
        """
        starts: dict[int, float] = {}
        others = {program.output for program in (self.training, self.evaluation)}
        for program in (self.training, self.evaluation):
            for step in program.steps:
                if step.operator != BATCH_NORM:
                    others |= set(step.references())
                    continue
                others |= set(Step(BATCH_NORM, step.arguments[:3], {}).references())
                running = {start: found for start, found in enumerate(step.arguments[3:5]) if found is not None}
                if running and program is self.evaluation and step.arguments[5:6] == [True]:
                    raise Refused("In evaluation mode, a batch norm uses the batch and changes its running statistics.")
                for start, (kind, index, _) in running.items():
                    if kind != "leaf" or starts.setdefault(index, float(start)) != start:
                        raise Refused("A batch norm's running statistics are no tensors of their own.")
        if any(kind == "leaf" and index in starts for kind, index, _ in others):
            raise Refused("A batch norm's running statistics are read by other operators, too.")
        return starts


def read(data: object) -> RecordedNetwork:
    """Read a network from data of any origin.

    Raises:
        Refused: if it is no network, or larger than one may be.
    """
    match data:
        case {"refused": str() as reason}:
            said, _, likely = reason[:1000].partition(" Likely cause: ")
            raise Refused(said, likely.rstrip("."))
        case {"leaves": list() as leaves, "training": training, "evaluation": evaluation}:
            pass
        case _:
            raise Refused("What came is no network.")
    if len(leaves) > MAX_LEAVES:
        raise Refused(f"The network reads {len(leaves)} tensors; {MAX_LEAVES} are allowed.")
    found = [_leaf(leaf) for leaf in leaves]
    return RecordedNetwork(found, _program(training, len(found)), _program(evaluation, len(found)))


T = TypeVar("T")


def _parts(data: object, kind: type[T], *types: type) -> list[Any]:
    """The fields of a dataclass out of a dict, each of exactly the type given."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if type(data) is not dict or list(data) != names or [type(data[name]) for name in names] != list(types):
        raise Refused("What came is no network.")
    return [data[name] for name in names]


def _leaf(data: object) -> Leaf:
    shape, trainable, mean, deviation = _parts(data, Leaf, tuple, bool, float, float)
    if len(shape) > MAX_DIMS or not all(type(n) is int and n > 0 for n in shape) or math.prod(shape) > _MAX_NUMEL:
        raise Refused("A tensor that the network reads has no possible shape.")
    if not (math.isfinite(mean) and math.isfinite(deviation) and deviation >= 0):
        raise Refused("A tensor that the network reads holds numbers that are not finite.")
    return Leaf(shape, trainable, mean, deviation)


def _program(data: object, leaves: int) -> Program:
    steps, output = _parts(data, Program, list, tuple)
    if len(steps) > MAX_STEPS:
        raise Refused(f"The network takes {len(steps)} steps; {MAX_STEPS} are allowed.")
    found = [_step(step, leaves, number) for number, step in enumerate(steps)]
    return Program(found, _reference(output, leaves, len(steps)))


def _step(data: object, leaves: int, number: int) -> Step:
    step = Step(*_parts(data, Step, str, list, dict))
    operator = OPERATORS.get(step.operator)
    if operator is None:
        raise Refused(f"The network uses {step.operator[:80]}, which no network of the challenge may use.")
    by_position = list(zip(operator.positional.items(), step.arguments, strict=False))
    by_name = [((name, operator.named.get(name, "")), value) for name, value in step.keywords.items()]
    fitting = all(_fits(name, kind, value) for (name, kind), value in by_position + by_name)
    if not fitting or len(by_position) < len(step.arguments):
        raise Refused(f"{step.operator} has arguments that it does not take.")
    references = [_reference(reference, leaves, number) for reference in step.references()]
    if not references:
        raise Refused(f"{step.operator} reads no tensor.")
    return Step(step.operator, _rounded(step.arguments), _rounded(step.keywords))


def _reference(value: tuple[Any, ...], leaves: int, steps: int) -> Reference:
    match value:
        case ("image", 0, 0) | ("leaf" | "step", int(), int()):
            kind, index, part = value
        case _:
            raise Refused("What came is no network.")
    limits = {"image": 1, "leaf": leaves, "step": steps}
    if not (0 <= index < limits[kind] and 0 <= part < (MAX_LIST if kind == "step" else 1)):
        raise Refused("A step of the network reads what is not there.")
    return kind, index, part


def _fits(name: str, kind: str, value: Any) -> bool:
    """Whether a value may be an argument of this name and type."""
    if value is None:
        return kind.startswith("Optional[")
    if name in SETTINGS:
        return False
    if kind == "Optional[Tensor]":
        return type(value) is tuple
    match kind.removeprefix("Optional[").removesuffix("]") if kind.startswith("Optional[") else kind:
        case "Tensor":
            # Where torch takes a number in a tensor's place.
            return type(value) is tuple or _is_number(value)
        case "List[Tensor]":
            return type(value) is list and len(value) <= MAX_LIST and all(type(item) is tuple for item in value)
        case "int":
            return _is_int(name, value)
        case "List[int]":
            return type(value) is list and len(value) <= 2 * MAX_DIMS and all(_is_int(name, item) for item in value)
        case "float" | "number":
            return _is_number(value)
        case "bool":
            return type(value) is bool
        case "str":
            return type(value) is str and value in _WORDS
    return False


def _rounded(value: Any) -> Any:
    """The same with its numbers rounded, so that they say little beyond how large they are."""
    if type(value) is list:
        return [_rounded(item) for item in value]
    if type(value) is dict:
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.{DIGITS}g}") if type(value) is float else value


def _is_int(name: str, value: Any) -> bool:
    if type(value) is not int:
        return False
    return 0 <= value <= MAX_WINDOW if name in _WINDOWS else -MAX_INT <= value <= MAX_INT


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and -MAX_INT <= value <= MAX_INT)
