"""What mistakes make of the program of a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from cnnlab.exercises.residual.programs import BlockProgram, Conv, Norm

Change: TypeAlias = Callable[[BlockProgram], Iterator[BlockProgram]]
"""From a program to what a mistake makes of it, in all the ways in which it can be made; none if it cannot."""


# ReLU and batch norm


def _relus(program: BlockProgram) -> list[int]:
    return [index for index, word in enumerate(program.path) if word == "relu"]


def _dropped(program: BlockProgram, index: int) -> BlockProgram:
    """A program without one word of its path."""
    branch = program.branch - (index < program.branch)
    return program.changed(path=program.path[:index] + program.path[index + 1 :], branch=branch)


def no_relu(program: BlockProgram) -> Iterator[BlockProgram]:
    """No ReLU anywhere."""
    path = tuple(word for word in program.path if word != "relu")
    yield program.changed(path=path, after=(), branch=sum(word != "relu" for word in program.path[: program.branch]))


def no_inner_relus(program: BlockProgram) -> Iterator[BlockProgram]:
    """No ReLU on the path."""
    for bare in no_relu(program):
        yield bare.changed(after=program.after)


def without_relu(number: int) -> Change:
    """The ReLU of this number on the path is missing."""

    def change(program: BlockProgram) -> Iterator[BlockProgram]:
        indices = _relus(program)
        if number < len(indices):
            yield _dropped(program, indices[number])

    return change


def no_last_relu(program: BlockProgram) -> Iterator[BlockProgram]:
    """Nothing follows the addition, or the last batch norm."""
    if program.after:
        yield program.changed(after=())


def reordered(program: BlockProgram, order: str) -> BlockProgram:
    """The same layers in another order around each convolution: c, n and r for convolution, norm and ReLU."""
    path: list[str] = []
    layers = dict(program.layers)
    for name in program.convolutions:
        norm, layer = f"n{name[1:]}", layers[name]
        assert isinstance(layer, Conv)
        size = layer.inputs if order.index("n") < order.index("c") else layer.outputs
        there = layers.get(norm)
        layers[norm] = replace(there, size=size) if isinstance(there, Norm) else Norm(size)
        path += [{"c": name, "n": norm, "r": "relu"}[letter] for letter in order]
    return program.changed(path=tuple(path), layers=layers, branch=0)


def _ends(program: BlockProgram) -> Iterator[BlockProgram]:
    """A path that ends with ReLU, as it is, and with that ReLU after the addition, or nowhere."""
    yield program.changed(after=())
    yield program.changed(path=program.path[:-1], after=("relu",))
    yield program.changed(path=program.path[:-1], after=())


def norm_after_relu(program: BlockProgram) -> Iterator[BlockProgram]:
    """Convolution, ReLU, batch norm."""
    swapped = list(program.path)
    for index in _relus(program):
        if index and swapped[index - 1].startswith("n"):
            swapped[index - 1 : index + 1] = ["relu", swapped[index - 1]]
    yield program.changed(path=tuple(swapped))
    if program.after and program.path and program.path[-1].startswith("n"):
        yield program.changed(path=(*program.path[:-1], "relu", program.path[-1]), after=())
    everywhere = reordered(program, "crn")
    yield everywhere.changed(after=())
    yield everywhere


def pre_activation(program: BlockProgram) -> Iterator[BlockProgram]:
    """Batch norm, ReLU, convolution."""
    for after in ((), ("relu",)):
        yield reordered(program, "nrc").changed(after=after)


def norm_before_convolution(program: BlockProgram) -> Iterator[BlockProgram]:
    """Batch norm, convolution, ReLU."""
    yield from _ends(reordered(program, "ncr"))


def post_activation(program: BlockProgram) -> Iterator[BlockProgram]:
    """Convolution, batch norm, ReLU."""
    yield from _ends(reordered(program, "cnr"))


def relu_before_norm(program: BlockProgram) -> Iterator[BlockProgram]:
    """ReLU, batch norm, convolution."""
    turned = reordered(program, "rnc").changed(branch=program.branch)
    yield turned
    yield program.changed(path=program.path[:2] + turned.path[2:])
    yield program.changed(path=turned.path[:2] + program.path[2:])


def _norms(program: BlockProgram) -> list[int]:
    return [index for index, word in enumerate(program.path) if word.startswith("n")]


def norm_not_called(program: BlockProgram) -> Iterator[BlockProgram]:
    """A batch norm of the path, or all, never run."""
    for index in _norms(program):
        yield _dropped(program, index)
    bare = program
    for index in reversed(_norms(program)):
        bare = _dropped(bare, index)
    yield bare


def norm_missing(program: BlockProgram) -> Iterator[BlockProgram]:
    """A batch norm of the path, or all, is not there."""
    for bare in norm_not_called(program):
        used = {*bare.path, *bare.shortcut, *bare.after}
        unused = {name for name in program.path if name.startswith("n")} - used
        yield bare.changed(layers={name: layer for name, layer in program.layers.items() if name not in unused})


def norm_shared(program: BlockProgram) -> Iterator[BlockProgram]:
    """One batch norm stands for another one, which is there or not."""
    norms = [name for name, layer in program.layers.items() if isinstance(layer, Norm)]
    for name in norms:
        for other in norms:
            if name != other and program.layers[name] == program.layers[other]:
                yield from _in_place_of(program, name, other)
    if len(norms) > 2:
        same = tuple(norms[0] if word in norms else word for word in program.path)
        kept = {name: layer for name, layer in program.layers.items() if name not in norms[1:]}
        yield program.changed(path=same, layers=kept)


def convolution_shared(program: BlockProgram) -> Iterator[BlockProgram]:
    """One convolution stands for another one, which is there or not."""
    names = program.convolutions
    for name in names:
        for other in names:
            if name != other and program.layers[name].holds == program.layers[other].holds:
                yield from _in_place_of(program, name, other)


def wrong_convolution(program: BlockProgram) -> Iterator[BlockProgram]:
    """A convolution reads a number of channels that it is not made for."""
    for name in program.convolutions:
        for other in program.convolutions:
            if name != other and program.layers[name].holds != program.layers[other].holds:
                yield program.changed(path=tuple(name if word == other else word for word in program.path))


def _in_place_of(program: BlockProgram, name: str, other: str) -> Iterator[BlockProgram]:
    """A layer in the place of another one, which is there or not."""
    path, shortcut = (
        tuple(name if word == other else word for word in words) for words in (program.path, program.shortcut)
    )
    twice = program.changed(path=path, shortcut=shortcut)
    yield twice
    yield twice.changed(layers={key: layer for key, layer in program.layers.items() if key != other})


def convolution_not_called(program: BlockProgram) -> Iterator[BlockProgram]:
    """A convolution of the path never runs, with or without the batch norm and the ReLU that follow it."""
    for name in program.convolutions[1:]:
        index = program.path.index(name)
        for length in (1, 2, 3):
            yield program.changed(path=program.path[:index] + program.path[index + length :])


def other_eps(program: BlockProgram) -> Iterator[BlockProgram]:
    """Batch norms with another eps."""
    norms = [name for name, layer in program.layers.items() if isinstance(layer, Norm)]
    for some in (norms, *([name] for name in norms)):
        for eps in (0.1, 1e-3, 1e-4, 1e-6, 1e-8):
            yield program.relaid(some, eps=eps)


def statistics(which: str) -> Change:
    """Batch norms that use one kind of statistics in both modes."""

    def change(program: BlockProgram) -> Iterator[BlockProgram]:
        norms = [name for name, layer in program.layers.items() if isinstance(layer, Norm)]
        for some in (norms, *([name] for name in norms)):
            yield program.relaid(some, statistics=which)

    return change


# Convolutions


def with_bias(program: BlockProgram) -> Iterator[BlockProgram]:
    """Convolutions have a bias: all, those of the path, or one of these."""
    path = list(program.convolutions)
    yield program.relaid(bias=True)
    if "p" in program.layers:
        yield program.relaid(path, bias=True)
    for name in path:
        yield program.relaid([name], bias=True)


def no_padding(program: BlockProgram) -> Iterator[BlockProgram]:
    """The 3 x 3 convolutions, or one of them, lack their padding."""
    names = [name for name in program.convolutions if _conv(program, name).kernel == 3]
    for some in (names, *([name] for name in names)):
        yield program.relaid(some, padding=0)


def needless_padding(program: BlockProgram) -> Iterator[BlockProgram]:
    """1 x 1 convolutions, or one of them, have a padding of 1."""
    names = [name for name, layer in program.layers.items() if isinstance(layer, Conv) and layer.kernel == 1]
    for some in (names, *([name] for name in names)):
        if some:
            yield program.relaid(some, padding=1)


def stride_in(number: int) -> Change:
    """The convolution of this number on the path has the stride, and no other does."""

    def change(program: BlockProgram) -> Iterator[BlockProgram]:
        stride = _stride(program)
        if stride > 1 and number < len(program.convolutions):
            unmoved = program.relaid(program.convolutions, stride=1)
            moved = unmoved.relaid([program.convolutions[number]], stride=stride)
            if moved.layers != program.layers:
                yield moved

    return change


def stride_twice(program: BlockProgram) -> Iterator[BlockProgram]:
    """A second convolution of the path has the stride as well."""
    stride = _stride(program)
    for name in program.convolutions if stride > 1 else ():
        if _conv(program, name).stride == 1:
            yield program.relaid([name], stride=stride)
    if stride > 1:
        yield program.relaid(program.convolutions, stride=stride)


def stride_forgotten(program: BlockProgram) -> Iterator[BlockProgram]:
    """No convolution has the stride."""
    if _stride(program) > 1:
        yield program.relaid(stride=1)


def stride_in_shortcut_only(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection has the stride, and the path does not."""
    if _stride(program) > 1 and "p" in program.layers:
        yield program.relaid(program.convolutions, stride=1)


def stride_in_path_only(program: BlockProgram) -> Iterator[BlockProgram]:
    """The path has the stride, and the projection does not."""
    if _stride(program) > 1 and "p" in program.layers:
        yield program.relaid(["p"], stride=1)


def projection_stride_of_its_own(program: BlockProgram) -> Iterator[BlockProgram]:
    """The projection has a stride of 2 whatever the block's is."""
    if "p" in program.layers and _conv(program, "p").stride != 2:
        yield program.relaid(["p"], stride=2)


def second_reads_inputs(program: BlockProgram) -> Iterator[BlockProgram]:
    """The second convolution reads as many channels as the first one."""
    if len(program.convolutions) > 1:
        first, second = program.convolutions[:2]
        if _conv(program, first).inputs != _conv(program, second).inputs:
            yield program.relaid([second], inputs=_conv(program, first).inputs)


def fixed_stride(program: BlockProgram) -> Iterator[BlockProgram]:
    """The stride is 2 whatever was asked for."""
    if program.convolutions and _stride(program) != 2:
        first = max(program.convolutions, key=lambda name: (_conv(program, name).stride, _conv(program, name).kernel))
        yield program.relaid([first, *(["p"] if "p" in program.layers else [])], stride=2)


def _conv(program: BlockProgram, name: str) -> Conv:
    layer = program.layers[name]
    assert isinstance(layer, Conv)
    return layer


def _stride(program: BlockProgram) -> int:
    return max((_conv(program, name).stride for name in program.convolutions), default=1)


# The shortcut


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


def other_activation(program: BlockProgram) -> Iterator[BlockProgram]:
    """Another activation in place of ReLU."""
    for other in ("leaky_relu", "gelu", "relu6", "sigmoid", "tanh"):
        words = (tuple(other if word == "relu" else word for word in one) for one in (program.path, program.after))
        path, after = words
        yield program.changed(path=path, after=after)
        yield program.changed(after=after)
        for index in _relus(program):
            yield program.changed(path=(*program.path[:index], other, *program.path[index + 1 :]))


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
        first, last = _conv(program, program.convolutions[0]), _conv(program, program.convolutions[-1])
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
        outputs = _conv(program, "p").outputs
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
    if "p" in program.shortcut and _conv(program, "p").stride == 2:
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


def kernel(size: int, numbers: tuple[int, ...]) -> Change:
    """Convolutions of these numbers on the path have another kernel."""

    def change(program: BlockProgram) -> Iterator[BlockProgram]:
        names = [program.convolutions[number] for number in numbers if number < len(program.convolutions)]
        if names and any(_conv(program, name).kernel != size for name in names):
            yield program.relaid(names, kernel=size)

    return change


def norms_of_another_size(program: BlockProgram) -> Iterator[BlockProgram]:
    """A batch norm has as many channels as its convolution reads, or returns, whichever is wrong."""
    for name, layer in program.layers.items():
        norm_name = "np" if name == "p" else f"n{name[1:]}"
        norm = program.layers.get(norm_name)
        if isinstance(layer, Conv) and isinstance(norm, Norm) and layer.inputs != layer.outputs:
            yield program.relaid([norm_name], size=layer.inputs + layer.outputs - norm.size)


def with_shortcut(program: BlockProgram) -> Iterator[BlockProgram]:
    """There is a shortcut, before or after the last ReLU."""
    yield program.changed(join=("add",))
    yield program.changed(path=(*program.path, "relu"), join=("add",), after=())


def added_early(program: BlockProgram) -> Iterator[BlockProgram]:
    """The shortcut is added before the last layers of the path."""
    if program.join:
        for index in range(max(1, program.branch), len(program.path)):
            yield program.changed(path=program.path[:index], after=(*program.path[index:], *program.after))


# More about convolutions and the path


def channels_change_late(program: BlockProgram) -> Iterator[BlockProgram]:
    """The second of two convolutions changes the number of channels, and the first one does not."""
    if program.path[:2] == ("c1", "n1") and len(program.convolutions) == 2:
        inputs = _conv(program, "c1").inputs
        yield program.relaid(["c1"], outputs=inputs).relaid(["n1"], size=inputs).relaid(["c2"], inputs=inputs)


def second_repeated(program: BlockProgram) -> Iterator[BlockProgram]:
    """The second convolution and what follows it run twice, one after the other."""
    if program.path[-2:] == ("c2", "n2"):
        yield program.changed(path=(*program.path, "relu", "c2", "n2"))
        yield program.changed(path=(*program.path, "c2", "n2"))


def channels_swapped(program: BlockProgram) -> Iterator[BlockProgram]:
    """A convolution reads as many channels as it should return, and returns as many as it should read."""
    for name, layer in program.layers.items():
        if isinstance(layer, Conv) and layer.inputs != layer.outputs:
            yield program.relaid([name], inputs=layer.outputs, outputs=layer.inputs)


def stride_as_padding(program: BlockProgram) -> Iterator[BlockProgram]:
    """The convolution that has the stride has it as its padding, and a stride of 1."""
    stride = _stride(program)
    for name in program.convolutions:
        if _conv(program, name).stride == stride > 1:
            yield program.relaid([name], stride=1, padding=stride)


def path_pools(program: BlockProgram) -> Iterator[BlockProgram]:
    """A pool of 2 x 2 stands on the path in place of the stride."""
    if _stride(program) == 2:
        unmoved = program.relaid(program.convolutions, stride=1)
        for kind in ("max_pool", "pool"):
            for index in range(len(program.path) + 1):
                yield unmoved.changed(path=(*program.path[:index], kind, *program.path[index:]))
            if not program.join:
                yield unmoved.changed(after=(*program.after, kind))


def input_returned(program: BlockProgram) -> Iterator[BlockProgram]:
    """Nothing happens to the input."""
    yield program.changed(path=(), shortcut=(), join=(), after=(), branch=0)


def second_convolution_early(program: BlockProgram) -> Iterator[BlockProgram]:
    """The second convolution comes before its batch norm and ReLU."""
    if program.path[-3:] == ("n2", "relu", "c2"):
        yield program.changed(path=(*program.path[:-3], "c2", "n2", "relu"))
        yield program.changed(path=(*program.path[:-3], "c2", "n2"))


def front_skipped(program: BlockProgram) -> Iterator[BlockProgram]:
    """The path begins with its first convolution, while a projection may read what should come before it."""
    if program.path[:2] == ("n1", "relu"):
        bare = program.changed(path=program.path[2:], branch=0)
        yield bare
        if program.shortcut:
            yield bare.changed(shortcut=(*program.path[:2], *program.shortcut))
