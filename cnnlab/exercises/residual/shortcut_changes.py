"""What mistakes in the shortcut of a block, and in where it joins the path, make of its program."""

from __future__ import annotations

from collections.abc import Iterator

from cnnlab.exercises.residual.block_changes import Change, conv_of
from cnnlab.exercises.residual.programs import BlockProgram, Conv, Norm


def no_shortcut(program: BlockProgram) -> Iterator[BlockProgram]:
    """Nothing is added to what the path gives."""
    if program.join:
        for after in dict.fromkeys((program.after, ())):
            yield program.changed(join=(), after=after, branch=0)


def joined(*joins: str) -> Change:
    """Something else than an addition."""

    def change(program: BlockProgram) -> Iterator[BlockProgram]:
        if program.join:
            yield program.changed(join=joins)
            if program.after:
                yield program.changed(join=joins, after=())

    return change


def relu_before_addition(program: BlockProgram) -> Iterator[BlockProgram]:
    """ReLU on the path in place of the one after the addition."""
    if program.path:
        yield program.changed(path=(*program.path, "relu"), after=())


def relu_before_addition_too(program: BlockProgram) -> Iterator[BlockProgram]:
    """A ReLU at the end of the path as well."""
    yield program.changed(path=(*program.path, "relu"))


def relu_after_addition(program: BlockProgram) -> Iterator[BlockProgram]:
    """A ReLU after the addition, where there should be none."""
    yield program.changed(after=("relu",))


def relu_on_shortcut(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shortcut has a ReLU of its own."""
    if program.join:
        yield program.changed(shortcut=(*program.shortcut, "relu"))
        if program.shortcut:
            yield program.changed(shortcut=("relu", *program.shortcut))


def added_twice(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shortcut is added twice."""
    if program.join:
        yield program.changed(join=("add", "x", *program.shortcut, "add"))


def path_left_out(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shortcut alone."""
    for after in dict.fromkeys((program.after, ())):
        yield program.changed(path=program.shortcut, join=(), after=after, branch=0)


def sum_normalized(program: BlockProgram) -> Iterator[BlockProgram]:
    """The last batch norm follows the addition."""
    if program.join and program.path and program.path[-1].startswith("n"):
        yield program.changed(path=program.path[:-1], after=(program.path[-1], *program.after))


def late_shortcut(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shortcut begins after the first convolution, or after its norm or ReLU, without a projection."""
    if program.join and program.convolutions:
        begin = program.path.index(program.convolutions[0]) + 1
        for branch in range(begin, min(begin + 3, len(program.path))):
            yield program.changed(shortcut=(), branch=branch)


def projection_of_path(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection reads what a layer of the path returns."""
    if program.shortcut and program.convolutions:
        begin = program.path.index(program.convolutions[0]) + 1
        for branch in range(begin, len(program.path) + 1):
            yield program.changed(branch=branch)


def path_doubled(program: BlockProgram) -> Iterator[BlockProgram]:
    """The path's output is added to itself."""
    if program.join and program.path:
        yield program.changed(shortcut=(), branch=len(program.path))


def relu_at_input(program: BlockProgram) -> Iterator[BlockProgram]:
    """A ReLU before everything, for the path and the shortcut, or for the path alone."""
    path = ("relu", *program.path)
    yield program.changed(path=path, branch=max(1, program.branch + 1))
    yield program.changed(path=path, branch=program.branch and program.branch + 1)


def not_projected(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shape changes, and the shortcut has no projection."""
    if "p" in program.layers:
        bare = program.changed(
            shortcut=(), layers={name: layer for name, layer in program.layers.items() if name not in ("p", "np")}
        )
        yield bare
        yield bare.changed(join=(), branch=0)


def projection_not_called(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shape changes, and the block's input is added while the projection never runs."""
    if program.shortcut:
        yield program.changed(shortcut=(), branch=0)


def always_projected(with_norm: bool) -> Change:
    """The shape stays, and the shortcut has a projection all the same."""

    def change(program: BlockProgram) -> Iterator[BlockProgram]:
        if "p" in program.layers or not program.join or not program.convolutions:
            return
        first, last = conv_of(program, program.convolutions[0]), conv_of(program, program.convolutions[-1])
        layers: dict[str, Conv | Norm] = {**program.layers, "p": Conv(first.inputs, last.outputs, 1)}
        if with_norm:
            layers["np"] = Norm(last.outputs)
        shortcut = ("p", "np") if with_norm else ("p",)
        for branch in (0, 0 if with_norm else 2):
            yield program.changed(shortcut=shortcut, layers=layers, branch=branch)

    return change


def projection_without_norm(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection has no batch norm."""
    if "np" in program.layers:
        layers = {name: layer for name, layer in program.layers.items() if name != "np"}
        yield program.changed(shortcut=tuple(word for word in program.shortcut if word != "np"), layers=layers)


def projection_norm_not_called(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection's batch norm never runs."""
    if "np" in program.shortcut:
        yield program.changed(shortcut=tuple(word for word in program.shortcut if word != "np"))


def projection_with_norm(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection has a batch norm, and should have none."""
    if "p" in program.layers and "np" not in program.layers:
        outputs = conv_of(program, "p").outputs
        layers = {**program.layers, "np": Norm(outputs)}
        yield program.changed(shortcut=("p", "np"), layers=layers)
        yield program.changed(shortcut=("p", "np"), layers=layers, branch=0)


def projection_with_bias(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection has a bias."""
    if "p" in program.layers:
        yield program.relaid(["p"], bias=True)


def projection_of_3x3(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection has a kernel of 3 x 3."""
    if "p" in program.layers:
        yield program.relaid(["p"], kernel=3)


def projection_pools(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection pools in place of having the stride."""
    if "p" in program.shortcut and conv_of(program, "p").stride == 2:
        unmoved = program.relaid(["p"], stride=1)
        index = program.shortcut.index("p")
        yield unmoved.changed(shortcut=(*program.shortcut[:index], "pool", *program.shortcut[index:]))
        yield unmoved.changed(shortcut=(*program.shortcut, "pool"))


def shortcut_from_front(words: int) -> Change:
    """The shortcut carries what these first words of the path give, and not the block's input."""

    def change(program: BlockProgram) -> Iterator[BlockProgram]:
        if program.join and program.branch != words and not (words == 2 and program.shortcut):
            yield program.changed(branch=words)

    return change


def with_shortcut(program: BlockProgram) -> Iterator[BlockProgram]:
    """There is a shortcut, before or after the last ReLU."""
    yield program.changed(join=("add",))
    yield program.changed(path=(*program.path, "relu"), join=("add",), after=())


def added_early(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shortcut is added before the last layers of the path."""
    if program.join:
        for index in range(max(1, program.branch), len(program.path)):
            yield program.changed(path=program.path[:index], after=(*program.path[index:], *program.after))
