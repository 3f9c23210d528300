"""The checks of ``deepen``: a deeper plain network that computes what one of 8 layers does."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import Answer, drawing, expect_accepted, expect_refusals
from cnnlab.exercises.residual.programs import distance, fill, random_values
from cnnlab.exercises.residual.state_dicts import TENSORS_CHANGED, changed, expect_dict, expect_kept, expect_tensor
from cnnlab.plain_net import PlainNet
from coursekit.checks import Mistake, Mistakes, expect_close, expect_equal, expect_true, together
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

DEEPEN = "A good solution exists"

REFUSES_RIGHT_DEPTH = Mistake(
    "refuses_right_depth", "a right depth is refused; all depths 6n + 2 with n = 1, 2, 3, ... are right, 8 among them"
)
NAMES_MISSING = Mistake(
    "names_missing",
    "names of the deeper network's state dict are missing: keep all of the old layers, fc too, and add (depth - 2) / 3 "
    "- 2 new ones to each stage, each with its norm and running statistics",
)
NAMES_TOO_MANY = Mistake(
    "names_too_many",
    "there are names that the deeper network does not have: each stage has (depth - 2) / 3 layers",
)
NAMES_WRONG = Mistake(
    "names_wrong",
    "there are names that no layer has: a convolution has a weight; a norm has weight, bias, running_mean and "
    "running_var",
)
FIXED_WIDTHS = Mistake(
    "fixed_widths",
    "the sizes are those of a width of 8; other networks have other widths, so take the old tensors' sizes",
)
SIZE_OF_FIRST = Mistake(
    "size_of_first",
    "the size is that of a stage's first convolution, which may change the number of channels; added ones keep it",
)
OTHER_SIZE = Mistake(
    "other_size", "a new tensor has another shape than the one of the same kind in the stage's last old layer"
)
IN_FLOAT32 = Mistake(
    "in_float32",
    "new tensors were made in torch's float32, which rounds 1 - 1e-5 to another number; take the dtype of the old ones",
)
ALWAYS_FLOAT64 = Mistake("always_float64", "new tensors get the dtype of the old ones, whatever it is")
KERNEL_OF_ZEROS = Mistake(
    "kernel_of_zeros",
    "the kernel of an added layer is 0, and a plain network passes on nothing but what its kernels read",
)
KERNEL_MIXES = Mistake(
    "kernel_mixes",
    "an added convolution does not pass on what it reads: output channel o takes input channel o, in the middle",
)
NORM_CHANGES = Mistake(
    "norm_changes",
    "an added norm changes what it reads; look at its running statistics, scale and shift",
)
NORM_ADDS = Mistake(
    "norm_adds",
    "an added norm shifts what it reads; with a running mean and a shift of 0 it would not",
)
IDENTITY_UP_TO_EPS = Mistake(
    "identity_up_to_eps",
    "an added norm is the identity up to eps only: it divides by the root of running_var + eps",
)
OLD_LAYER_MOVED = Mistake(
    "old_layer_moved", "the added layers are the identity, so an old layer has been moved or changed"
)


@visible_check
def deepen(answer: Answer) -> None:
    """Check that a deeper network computes what one of 8 layers does, and that other depths are refused."""
    rng = random.Random(grading_seed() + 509)
    check_deepened(answer, 14, grading_seed() + 507)
    check_deepened(answer, 6 * rng.randint(5, 9) + 2, grading_seed() + 508, width=2)
    check_deepened(answer, 8, grading_seed() + 508, width=3, in_channels=2, num_classes=4)
    check_deepen_contract(answer, (2, 10, rng.choice([9, 12, 13, 21])), grading_seed() + 506)


def check_deepened(function: Answer, depth: int, seed: int, **shape: int) -> None:
    """Deepen a random plain network of 8 layers, and compare the scores of both.

    Args:
        function: the student's.
        depth: of the deeper network.
        seed: decides all values.
        shape: arguments of both networks.
    """
    generator = drawing(seed)
    shallow, deeper = PlainNet(8, **shape).eval(), PlainNet(depth, **shape).double().eval()
    given = fill(shallow, random_values(generator))
    tensors = {name: tensor.clone() for name, tensor in given.items()}
    with expect_accepted(f"deepen with depth={depth}", likely=REFUSES_RIGHT_DEPTH):
        got = function(dict(tensors), depth)
    _check_deep_state(got, given, deeper, depth)
    deeper.load_state_dict({**deeper.state_dict(), **got})
    x = torch.randn(3, shape.get("in_channels", 1), 8, 12, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        scores, right = deeper(x), shallow(x)
    apart = distance(scores, right) > 1e-9 * float(right.abs().max())
    added = [layer for layer in deeper.layers if layer not in shallow.layers]
    expect_close(
        scores,
        right,
        what=f"the scores of the network of {depth} layers, compared with those of the one of 8,",
        rtol=0,
        atol=1e-9 * min(1.0, float(right.abs().max())),
        mistakes={_cause(got, added, changed(tensors, given)): scores} if apart else {},
        reread=DEEPEN,
    )


def _cause(got: Mapping[str, Tensor], added: Sequence[str], in_place: bool) -> Mistake:
    """Why the deeper network computes something else."""
    found = mistake_in_added_layers(got, added)
    return TENSORS_CHANGED if in_place and found is OLD_LAYER_MOVED else found


def _check_deep_state(got: Any, given: Mapping[str, Tensor], deeper: PlainNet, depth: int) -> None:
    """Check the names, shapes and dtypes of a state dict."""
    expect_dict(got, reread=DEEPEN)
    wanted = {name: tensor for name, tensor in deeper.state_dict().items() if "num_batches" not in name}
    lacking, extra = [name for name in wanted if name not in got], set(got) - set(deeper.state_dict())
    layers = {name.partition(".")[0] for name in wanted}
    known = all(str(name).partition(".")[0] in layers for name in extra)
    with together():
        expect_true(
            not lacking,
            what=f"the result for depth {depth} has all names of PlainNet({depth})'s state dict ({len(lacking)} are "
            f"missing, the first {lacking[:1]})",
            likely=NAMES_WRONG if extra and known else NAMES_MISSING,
            reread=DEEPEN,
        )
        expect_true(
            not extra,
            what=f"the result for depth {depth} has no names but those of PlainNet({depth})'s state dict (it has "
            f"{sorted(map(str, extra))[:1]})",
            likely=NAMES_WRONG if known else NAMES_TOO_MANY,
            reread=DEEPEN,
        )
    narrow = PlainNet(depth).state_dict()
    for name, right in wanted.items():
        what = f"{name} in the result for depth {depth}"
        wrong = {} if name in given else _other_shapes(name, got[name], given, narrow)
        expect_tensor(got[name], tuple(right.shape), what=what, mistakes=wrong, reread=DEEPEN)
        expect_true(
            got[name].dtype == given["fc.weight"].dtype,
            what=f"{name} has the dtype of the network that was given, {given['fc.weight'].dtype}",
            likely=ALWAYS_FLOAT64 if got[name].dtype == torch.float64 else IN_FLOAT32,
            reread=DEEPEN,
        )


def _other_shapes(name: str, came: Any, given: Mapping[str, Tensor], narrow: Mapping[str, Tensor]) -> Mistakes:
    """From mistakes to the shape that each gives a new tensor."""
    stage, kind = name.partition("_")[0], name.partition(".")[2]
    shapes: dict[Mistake | str, Any] = {FIXED_WIDTHS: tuple(narrow[name].shape)}
    first = given.get(f"{stage}_1.{kind}")
    if first is not None:
        shapes[SIZE_OF_FIRST] = tuple(first.shape)
    if isinstance(came, Tensor):
        shapes[OTHER_SIZE] = tuple(came.shape)
    return shapes


def mistake_in_added_layers(got: Mapping[str, Tensor], added: Sequence[str]) -> Mistake:
    """What keeps added layers from being the identity, found by passing something through them."""
    kinds = ("running_mean", "running_var", "weight", "bias")
    for layer in added:
        kernel = got[f"conv{layer}.weight"]
        probe = torch.rand(1, kernel.shape[1], 5, 5, generator=drawing(0), dtype=torch.float64)
        read = F.conv2d(probe, kernel.double(), padding=1)
        if not read.any():
            return KERNEL_OF_ZEROS
        if distance(read, probe) > 1e-12:
            return KERNEL_MIXES
        mean, variance, scale, shift = (got[f"norm{layer}.{kind}"].double() for kind in kinds)
        if F.batch_norm(torch.zeros_like(read), mean, variance, scale, shift).abs().max() > 1e-12:
            return NORM_ADDS
        apart = distance(F.batch_norm(read, mean, variance, scale, shift), probe)
        if apart > 1e-3:
            return NORM_CHANGES
        if apart > 1e-12:
            return IDENTITY_UP_TO_EPS
    return OLD_LAYER_MOVED


def check_deepen_contract(function: Answer, refused: Sequence[int], seed: int) -> None:
    """Check that the argument stays as it is, that float32 stays float32, and that other depths are refused."""
    check_deepened(function, 14, seed, width=2)
    given = fill(PlainNet(8, width=2), random_values(drawing(seed)))
    tensors = dict(given)
    copies = {name: tensor.clone() for name, tensor in given.items()}
    single = PlainNet(8, width=2).state_dict()
    with together():
        function(given, 14)
        expect_kept(given, tensors, copies, reread=DEEPEN)
        dtypes = {str(tensor.dtype) for name, tensor in function(single, 14).items() if "num_batches" not in name}
        expect_equal(
            sorted(dtypes),
            ["torch.float32"],
            what="the list of dtypes in the result for a network in float32",
            mistakes={ALWAYS_FLOAT64: [["torch.float32", "torch.float64"]]},
            reread=DEEPEN,
        )
        small = PlainNet(8, width=1).state_dict()
        expect_refusals(function, {f"a depth of {depth}": (small, depth) for depth in refused}, reread=DEEPEN)
