"""Checks of GoogLeNet: its scores, those of its heads, gradients, modes and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from cnnlab.exercises.common import Answer
from cnnlab.exercises.inception.differences import NETWORK, where_it_differs
from cnnlab.exercises.inception.heads import RELU_AT_END, SOFTMAX
from cnnlab.exercises.inception.reference import Reference, known_mistakes
from cnnlab.exercises.inception.shapes import WITH_HEADS, NetworkCase
from cnnlab.exercises.weights import (
    Values,
    expect_gradients_and_input,
    expect_reached,
    load_values,
    made,
    on_meta,
    output_of,
    random_values,
    steady_output,
)
from coursekit.checks import Mistake, Mistakes, expect_close, expect_equal, expect_shape, expect_true, together
from coursekit.comparing import wording

HEADS_BY_DEFAULT = Mistake("heads_by_default", "the default is aux=False, which makes no heads", NETWORK)
AUX_NOT_HEEDED = Mistake("aux_not_heeded", "aux is not heeded", NETWORK)
TORCHVISIONS = Mistake("torchvisions", "this is torchvision's variant", NETWORK)
FIXED_WINDOW = Mistake(
    "fixed_average",
    "an average pool with a fixed window needs maps of that size; global average pooling takes any",
    NETWORK,
)
TUPLE_IN_EVALUATION = Mistake(
    "tuple_in_evaluation",
    "the auxiliary scores are returned as well; they are for training only, and self.training says which mode it is",
    NETWORK,
)
SCORES_ALONE = Mistake(
    "scores_alone",
    "one tensor came: the heads are left out, their scores are added in, or the mode is not read from self.training",
    NETWORK,
)
SCORES_COMBINED = Mistake(
    "scores_combined",
    "losses were returned, or the heads' outputs were scaled or summed up; return the scores of each",
    NETWORK,
)
SCORES_OF_A_HEAD = Mistake(
    "scores_of_a_head", "these are the scores of a head; in evaluation mode return those of the last layer", NETWORK
)
HEADS_ADDED = Mistake(
    "heads_added", "the heads' scores were added or averaged; in evaluation mode they play no part", NETWORK
)
HEADS_ORDER = Mistake("heads_order", "the order is (scores, of the head at 4a, of the head at 4d)", NETWORK)
SCORES_LAST = Mistake("scores_last", "the scores of the last layer come first", NETWORK, priority=1)
WEIGHTED = Mistake("weighted", "the weight 0.3 belongs to the loss; return the scores as they are", NETWORK)
HEADS_IN_SCORES = Mistake("heads_in_scores", "the heads take part in the scores of the last layer", NETWORK)
HEAD_READS_DETACHED = Mistake(
    "head_reads_detached", "the head reads detached maps, so that it cannot help to train the network", NETWORK
)
HEAD_ELSEWHERE = Mistake(
    "head_elsewhere",
    "the maps that the head reads come from another module: 4a for the first, 4d for the second",
    NETWORK,
)
TUPLE_WITHOUT_HEADS = Mistake(
    "tuple_without_heads", "without aux the scores come alone, in training mode as well", NETWORK
)
OUTPUTS = ("the scores", "the scores at 4a", "the scores at 4d")


def network_values(answer: Answer, case: NetworkCase, size: tuple[int, int], generator: torch.Generator) -> None:
    """Compare the scores of a network for two images in evaluation mode; where they are wrong, say where it differs."""
    value = random_values(generator)
    model = _loaded_network(answer, case, value)
    right = Reference(case, value)
    x = 8 * torch.randn(2, 3, *size, generator=generator, dtype=torch.float64)
    y = _evaluated(model, x, case, right)
    what = f"what {case.called} returns for 2 images of {size[0]} × {size[1]}"
    expect_shape(y, (2, case.classes), what=what, reread=NETWORK)
    _expect_scores(y, right.scores(x), x, model, right, what)


def _expect_scores(y: Tensor, scores: Tensor, x: Tensor, model: Any, right: Reference, what: str) -> None:
    """Compare scores; where they are wrong, name the mistakes, or say where the network first differs."""
    causes: list[Mistake] = []
    if not torch.allclose(y, scores):
        differs = partial(where_it_differs, model, right.network, tuple(x.shape))
        causes = known_mistakes(y, x, right) or [mistake for mistake in (differs(),) if mistake]
    with together():
        expect_close(y, scores, what=what, mistakes=dict.fromkeys(causes[:1], y), reread=NETWORK)
        for cause in causes[1:]:
            expect_close(y, scores, what=what, mistakes={cause: y}, reread=NETWORK)


def head_outputs(answer: Answer, case: NetworkCase, generator: torch.Generator) -> None:
    """Compare all that a network with heads returns for an image, in both modes."""
    value = random_values(generator)
    model = _loaded_network(answer, case, value)
    reference = Reference(case, value)
    x = torch.randn(1, 3, 224, 224, generator=generator, dtype=torch.float64)
    right = reference.all_scores(x)
    alone = _evaluated(model, x, case, reference)
    sums = [sum(right[1:], right[0]), sum(right[1:], right[0]) / 3, right[0] + 0.3 * (right[1] + right[2])]
    what = f"what {case.called} returns in evaluation mode"
    if any(torch.allclose(alone, wrong) for wrong in [*right[1:], *sums]):
        mistakes: Mistakes = {SCORES_OF_A_HEAD: right[1:], HEADS_ADDED: sums}
        expect_close(alone, right[0], what=what, mistakes=mistakes, reread=NETWORK)
    _expect_scores(alone, right[0], x, model, reference, what)
    outputs = _training_outputs(model, x, case)
    order = _order_of(outputs, right)
    elsewhere = {name: reference.head_at(x, name) for name in ("4b", "4c")}
    with together():
        for k, name in enumerate(OUTPUTS):
            if outputs[k] is None:
                continue
            what = f"{name} of {case.called} in training mode, for an image of 224 × 224"
            mistakes = {
                **({order: outputs[k]} if order else {}),
                WEIGHTED: 0.3 * right[k],
                SOFTMAX: [right[k].softmax(1), right[k].log_softmax(1)],
                RELU_AT_END: right[k].relu(),
                **({_read_at(k, other): scores for other, scores in elsewhere.items()} if k else {}),
                **{_scores_of(other, name): right[j] for j, other in enumerate(OUTPUTS) if j != k and not order},
            }
            expect_close(outputs[k], right[k], what=what, mistakes=mistakes, reread=NETWORK)


def _order_of(outputs: Sequence[Tensor | None], right: Sequence[Tensor]) -> Mistake | None:
    """The mistake of returning the right scores in another order, if that is what happened."""
    for mistake, order in ((HEADS_ORDER, (0, 2, 1)), (SCORES_LAST, (1, 2, 0)), (SCORES_LAST, (2, 1, 0))):
        pairs = zip(outputs, (right[k] for k in order), strict=True)
        if all(got is None or (got.shape == one.shape and torch.allclose(got, one)) for got, one in pairs):
            return mistake
    return None


def _read_at(head: int, module: str) -> Mistake:
    """The mistake of a head that reads what another module returns."""
    return Mistake("head_reads", f"the head at {WITH_HEADS[head - 1]} reads the output of {module}", NETWORK)


def _scores_of(name: str, place: str) -> Mistake:
    """The mistake of returning these scores in place of others."""
    return Mistake("scores_of_another", f"{name} came where {place} belong", NETWORK)


def network_properties(answer: Answer, case: NetworkCase, generator: torch.Generator) -> None:
    """Check an untouched input, gradients, and training mode of a network; right values first.

    Args:
        answer: the student's class.
        case: without heads.
        generator: draws the values.
    """
    network_values(answer, case, (45, 32), generator)
    model = _loaded_network(answer, case, random_values(generator))
    x = torch.randn(2, 3, 45, 32, generator=generator, dtype=torch.float64)
    model.train()
    y = output_of(model, x)
    what = f"{case.called}, which has no heads, returns its scores alone in training mode"
    expect_true(not isinstance(y, tuple | list), what=what, likely=TUPLE_WITHOUT_HEADS, reread=NETWORK)
    expect_shape(y, (2, case.classes), what=f"the scores of {case.called} in training mode", reread=NETWORK)
    expect_gradients_and_input(answer, case, model, x, reread=NETWORK)


def head_properties_in_network(answer: Answer, case: NetworkCase) -> None:
    """Check which parameters the outputs of a network with heads send gradients to, and that the mode decides alone."""
    blank = on_meta(answer, case).train()
    x = torch.empty(2, 3, 224, 224, device="meta")
    for k, (number, mistakes) in enumerate(_reach()):
        outputs = _checked_outputs(blank(x), 2, case.called)
        expect_reached(blank, outputs[k], number, mistakes, f"output {k} of {case.called}", reread=NETWORK)
    _checked_outputs(output_of(blank, x), 2, f"{case.called} under torch.no_grad()")


def full_size(answer: Answer, *, aux: bool) -> None:
    """Check the parameters and the scores' shape of the published network, on the meta device."""
    given: dict[str, Any] = {"aux": True} if aux else {}
    counts = {False: 6_998_552, True: 13_378_280}
    network = _by_name(answer, **given)
    count = _size(network)
    mistakes: Mistakes = {TORCHVISIONS: [6_624_904, 13_004_888], AUX_NOT_HEEDED: counts[not aux]}
    if count != counts[aux]:
        defaults: Mistakes = dict.fromkeys(_other_defaults(answer, given, counts[aux]), count)
        mistakes = defaults or mistakes
    what = f"the number of parameters of GoogLeNet({'aux=True' if aux else ''})"
    expect_equal(count, counts[aux], what=what, mistakes=mistakes, reread=NETWORK)
    y = output_of(network.eval(), torch.empty(2, 3, 224, 224, device="meta"))
    expect_shape(y, (2, 1000), what="what GoogLeNet() returns for 2 images", reread=NETWORK)


def _other_defaults(answer: Answer, given: Mapping[str, Any], right: int) -> list[Mistake]:
    """The argument without which the network has another size than with its default given, if there is one."""
    defaults = {"num_classes": 1000, "width": 64, "aux": False}
    wrong = [
        name
        for name, value in defaults.items()
        if name not in given and _size(_by_name(answer, **given, **{name: value})) == right
    ]
    return [Mistake("other_default", f"the default of {name} is {defaults[name]}", NETWORK) for name in wrong]


def _by_name(answer: Answer, **given: Any) -> Any:
    """A network without values."""
    with torch.device("meta"):
        return answer(**given).to("meta")


def _size(network: Any) -> int:
    """How many parameters a network has."""
    return sum(parameter.numel() for parameter in network.parameters())


def _loaded_network(answer: Answer, case: NetworkCase, value: Values) -> Any:
    """A network with the values, after checking its parameters."""
    model, blank = made(answer, case, reread=NETWORK, omitted=() if case.aux else ("aux",))
    expect_true(
        case.aux or len(list(model.parameters())) == len(list(blank.parameters())),
        what=f"GoogLeNet(num_classes={case.classes}, width={case.width}) has the layers of aux=False",
        likely=HEADS_BY_DEFAULT,
        reread=NETWORK,
    )
    load_values(model, blank, value)
    return model


def _evaluated(model: Any, x: Tensor, case: NetworkCase, right: Reference) -> Tensor:
    """The scores in evaluation mode, after checking that they came alone."""

    def explain(error: Exception) -> Mistake | None:
        if not isinstance(error, RuntimeError):
            return None
        differs = where_it_differs(model, right.network, tuple(x.shape))
        return FIXED_WINDOW if "too small" in str(error) and differs and "5b" in differs.says else differs

    y = steady_output(model, x, case.called, reread=NETWORK, explain=explain)
    what = f"in evaluation mode {case.called} returns the scores alone"
    expect_true(not isinstance(y, tuple | list), what=what, likely=TUPLE_IN_EVALUATION, reread=NETWORK)
    expect_shape(y, (len(x), case.classes), what=f"the scores of {case.called}", reread=NETWORK)
    return y


def _training_outputs(model: Any, x: Tensor, case: NetworkCase) -> list[Tensor | None]:
    """What a network returns in training mode; None in the place of what dropout makes random."""
    model.train()
    first, second = (_checked_outputs(output_of(model, x), len(x), case.called) for _ in range(2))
    if not all(map(torch.equal, first, second)):
        # In training mode itself, but not what is inside: dropout layers rest.
        model.eval()
        model.training = True
        quiet = [output_of(model, x) for _ in range(2)]
        if all(isinstance(outputs, tuple | list) for outputs in quiet):
            first, second = quiet
    return [one if torch.equal(one, other) else None for one, other in zip(first, second, strict=True)]


def _checked_outputs(outputs: Any, n: int, case: str) -> Sequence[Tensor]:
    """Three sets of scores, after checking that they came as a tuple."""
    likely: Mistake | str = f"what came is {wording.kind(outputs)}"
    if isinstance(outputs, Tensor):
        likely = SCORES_ALONE
    expect_true(
        isinstance(outputs, tuple | list) and len(outputs) == 3,
        what=f"in training mode {case} returns a tuple of three, (scores, of the head at 4a, of the head at 4d)",
        likely=likely,
        reread=NETWORK,
    )
    for scores, name in zip(outputs, OUTPUTS, strict=True):
        expect_true(
            isinstance(scores, Tensor) and scores.ndim == 2 and len(scores) == n,
            what=f"{name} in training mode have shape ({n}, num_classes)",
            likely=SCORES_COMBINED,
            reread=NETWORK,
        )
    checked: Sequence[Tensor] = outputs
    return checked


def _reach() -> list[tuple[int, Mistakes]]:
    """How many parameters each of three outputs reaches, and how many after mistakes.

    The stem has 6 parameters, each module 12, each head 6, the last layer 2.
    """
    up_to = {modules: 6 + 12 * modules + 6 for modules in range(10)}
    whole = 6 + 12 * 9 + 2
    reach: list[tuple[int, Mistakes]] = [(whole, {HEADS_IN_SCORES: [whole + 6, whole + 12]})]
    for modules in (3, 6):
        elsewhere = [count for other, count in up_to.items() if other != modules]
        reach.append((up_to[modules], {HEAD_READS_DETACHED: [6], HEAD_ELSEWHERE: elsewhere}))
    return reach
