"""The checks of ``MyNet``: what it returns, what it costs, and how accurate it becomes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnnlab import challenge
from cnnlab.challenge import Entry
from cnnlab.exercises.common import Answer, drawing
from coursekit.checks import Mistake, expect_shape, expect_true, together
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

SECTION = "A budget of your own"
VISIBLE_ACCURACY = 0.94
HARDLY, LARGE = 0.6, 1000
"""A network of so many parameters that is less accurate than that has not learned; it is not too small."""

NUM_CLASSES = Mistake("num_classes", "num_classes is not heeded")
MAPS_LEFT = Mistake("maps_left", "the maps of 1 x 1 are still there; flatten(1), or the mean over both of their axes")
SQUEEZED = Mistake("squeezed", "squeeze() drops the axis of the images, too, where there is one image")
DROPOUT = Mistake("dropout", "F.dropout needs training=self.training; nn.Dropout heeds the mode by itself")
OVER_IMAGES = Mistake(
    "over_images", "the scores of an image depend on the other images; look for a mean, softmax or index along dim=0"
)
SOFTMAX = Mistake("softmax", "softmax belongs to the loss, which applies it itself")
NO_PARAMETERS = Mistake(
    "no_parameters", "its layers are no attributes, or stand in a plain list; use nn.Sequential or nn.ModuleList"
)
PARAMETERS = Mistake(
    "too_many_parameters",
    "most parameters are in wide 3 x 3 convolutions, or in a fully-connected layer after large maps",
)
MACS = Mistake(
    "too_many_macs",
    "convolutions on 8 x 8 cost four times what they cost on 4 x 4; pool earlier, or use fewer channels",
)
NOT_TRAINED = Mistake(
    "not_trained",
    "some of its parameters are not trained: layers in a plain list are not in parameters() (nn.ModuleList and "
    "nn.Sequential register theirs), and detach() lets no gradient through",
)
RELU_LAST = Mistake("relu_last", "no score is negative; is there a ReLU after the last layer?")
ONE_VALUE = Mistake(
    "weights_of_one_value",
    "the weights of a layer are all equal, and are drawn so again: its channels, or neurons, never differ",
)
HARDLY_LEARNS = Mistake(
    "hardly_learns",
    "it hardly learns at all: look at the size of its initial weights, and for what lets no gradient through "
    "(softmax or sigmoid between layers, numbers that are rounded or cut)",
)
TOO_SMALL = Mistake(
    "too_small", "it takes more channels, another convolution, batch norm, or later pooling; see the hints"
)


@visible_check
def MyNet(answer: Answer) -> None:
    """Check the scores of your network, and that it keeps to the budget.

    Args:
        answer: your class.
    """
    expect_scores(answer, seed=grading_seed())
    expect_budget(answer)


@visible_check
def MyNet_trained(answer: Answer) -> None:
    """Train your network by the recipe, with seed 0, and check its accuracy.

    Args:
        answer: your class.
    """
    expect_accuracy(answer, challenge.compete(answer(), 0), VISIBLE_ACCURACY)


def expect_scores(answer: Answer, *, seed: int) -> None:
    """Check the scores of a network for as many classes as asked for."""
    for images, classes in ((3, 10), (2, 4)):
        model = answer(num_classes=classes)
        model.eval()
        x = torch.linspace(-1, 2, 64 * images).view(images, 1, 8, 8)
        x = x + 0.1 * torch.randn(x.shape, generator=drawing(seed))
        y, again = model(x), model(x)
        expect_shape(
            y,
            (images, classes),
            what=f"the scores of {classes} classes for {images} images",
            mistakes={NUM_CLASSES: (images, 10), MAPS_LEFT: (images, classes, 1, 1)},
            reread=SECTION,
        )
        expect_true(
            torch.equal(y, again),
            what="two passes in evaluation mode give the same scores",
            likely=DROPOUT,
            reread=SECTION,
        )
        _expect_one_by_one(model(x[-1:]), y, classes)
    untrained = not any(True for _ in passed_through(answer)[0].parameters())
    expect_true(not untrained, what="the network has parameters", likely=NO_PARAMETERS, reread=SECTION)


def _expect_one_by_one(alone: Any, scores: Tensor, classes: int) -> None:
    """Check the scores of the last image by itself, and that they are scores."""
    what = f"the scores of {classes} classes for one image"
    expect_shape(alone, (1, classes), what=what, mistakes={SQUEEZED: (classes,)}, reread=SECTION)
    expect_true(
        torch.allclose(alone, scores[-1:], rtol=1e-3, atol=1e-4),
        what="an image has the same scores by itself as in a batch with others",
        likely=OVER_IMAGES,
        reread=SECTION,
    )
    summed = scores.detach().sum(dim=1)
    expect_true(
        not torch.allclose(summed, torch.ones_like(summed), atol=1e-4) or bool((scores < 0).any()),
        what="the network returns scores, not probabilities",
        likely=SOFTMAX,
        reread=SECTION,
    )


def expect_budget(answer: Answer) -> None:
    """Check what a network costs."""
    weight = challenge.weigh(answer())
    with together():
        for what, used, most, likely in (
            ("parameters", weight.params, challenge.MAX_PARAMS, PARAMETERS),
            ("multiply-adds per image", weight.macs, challenge.MAX_MACS, MACS),
        ):
            what = f"the network has at most {most:,} {what}; it has {used:,}"
            expect_true(used <= most, what=what, likely=likely, reread=SECTION)


def passed_through(answer: Answer) -> tuple[Any, Tensor]:
    """A network through which random images went forward and a gradient went back, and its scores."""
    model = answer()
    model.eval()
    scores = model(_images())
    if scores.requires_grad:
        scores.square().sum().backward()
    return model, scores.detach()


def _images() -> Tensor:
    return torch.randn(16, 1, 8, 8, generator=drawing(0))


def expect_accuracy(answer: Answer, entry: Entry, least: float) -> None:
    """Check that a network reached an accuracy.

    Args:
        answer: the student's class.
        entry: what it reached.
        least: the accuracy that is asked for.
    """
    model, scores = passed_through(answer)
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.grad is not None)
    likely = TOO_SMALL
    if trained < entry.params:
        likely = NOT_TRAINED
    elif bool((scores == 0).any()) and bool((scores > 0).any()) and not bool((scores < 0).any()):
        likely = RELU_LAST
    elif not torch.allclose(model(_images()[-1:]).detach(), scores[-1:], rtol=1e-3, atol=1e-4):
        likely = OVER_IMAGES
    elif any(p.ndim > 1 and bool((p == p.flatten()[0]).all()) for p in model.parameters() if p.numel() > 1):
        likely = ONE_VALUE
    elif entry.accuracy < HARDLY and entry.params >= LARGE:
        likely = HARDLY_LEARNS
    expect_true(
        entry.accuracy >= least,
        what=f"trained by the recipe, the network is right for at least {100 * least:g} % of the test images; "
        f"it reaches {100 * entry.accuracy:.1f} %",
        likely=likely,
        reread=SECTION,
    )
