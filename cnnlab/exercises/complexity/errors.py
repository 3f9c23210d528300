"""The checks of ``topk_error``: images are made so that each label has a rank that is known before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnnlab.exercises.common import Answer, Step, Way, drawing, expect_accepted, expect_refusals, expect_untouched
from cnnlab.exercises.complexity.numbers import expect_numbers
from coursekit.checks import Mistake, expect_true, together
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

SECTION = "What is the error of a network?"
ENOUGH_IMAGES = 20
"""Of fewer images, most mistakes give the same share as another one."""

ONE_FOR_ALL = Mistake("mean_over_images_missing", "the mean over the images is missing")
ACCURACY = Mistake("accuracy_for_error", "this is the accuracy; the error is what is missing to 1")
COUNTED = Mistake("number_of_images", "this is the number of images; divide by N")
PERCENT = Mistake("in_percent", "a share lies between 0 and 1; percent are not asked for")
BEST_ONLY = Mistake("best_class_only", "only the best class was looked at; k classes are named")
TOO_FEW = Mistake("one_class_too_few", "one class too few is named")
TOO_MANY = Mistake("one_class_too_many", "one class too many is named")
LOWEST = Mistake("lowest_scores", "the lowest scores were taken; the highest are named")
TIMES_K = Mistake("divided_by_nk", "it was divided by N * k; each image counts once")
FIVE = Mistake("always_five", "always five were named, or five at most; use the argument k")
KTH_ALONE = Mistake("kth_class_alone", "the k-th class alone was compared; all of the first k count")
REFUSED = Mistake("right_k_refused", "a k that is allowed is refused; 1 and the number of classes are allowed, too")
OVER_IMAGES = Mistake(
    "any_over_images",
    "every error is 0: is `any` taken over the images (dim=0) instead of the k classes (dim=1), or is it cut by //?",
)
ROUNDED = Mistake("error_rounded", "the error was rounded; return it as it is")
FROM_ONE = Mistake("classes_from_one", "classes are numbered from 0, as labels are; labels and indices were one apart")
SCORES_FOR_CLASSES = Mistake(
    "scores_for_classes", "labels were compared with scores; compare them with the indices of the highest scores"
)
ALL_NAMED = Mistake(
    "missed_with_all_named",
    "labels are missed even where k is the number of classes, so that every class is named",
    priority=-1,
)
BEST_LEFT_OUT = Mistake("best_class_left_out", "the best class is left out; the first k places of an order are [:, :k]")
ALL_FOR_ANY = Mistake("all_for_any", "one of the k classes must be the label (any), not each of them (all)")
ORDER_FOR_RANKS = Mistake(
    "order_for_ranks", "argsort says which class stands at each place, not at which place a class stands"
)
BY_CLASSES = Mistake("divided_by_classes", "it was divided by the number of classes; the share is one of images")
FIRST_IMAGE = Mistake("first_image_only", "only the first image was counted: does the return stand inside the loop?")
AS_THEY_STAND = Mistake(
    "without_sorting", "the first k classes were taken as they stand; the k highest scores are asked for"
)


class Images(NamedTuple):
    """Scores of images, shape (N, K), their labels, shape (N,), and how many classes stand above each label, (N,)."""

    scores: Tensor
    labels: Tensor
    rank: Tensor


def drawn_images(n: int, classes: int, *, seed: int, dtype: torch.dtype = torch.float64) -> Images:
    """Images whose scores have both signs, and whose labels have ranks from the best class to the worst."""
    generator = drawing(seed)
    order = torch.stack([torch.randperm(classes, generator=generator) for _ in range(n)])
    falling = 0.31 * torch.arange(classes // 2, classes // 2 - classes, -1).to(dtype).expand(n, -1)
    scores = torch.zeros(n, classes, dtype=dtype).scatter_(1, order, falling)
    rank = torch.randint(classes, (n,), generator=generator)
    return Images(scores, order.gather(1, rank[:, None])[:, 0], rank)


def worked_example() -> Images:
    """The three images of the worked example."""
    scores = torch.tensor([[1.5, 4.0, 0.3, 2.2], [0.1, 0.9, 0.2, -3.0], [2.0, -1.0, 5.0, 0.5]])
    return Images(scores, torch.tensor([1, 2, 3]), torch.tensor([0, 1, 2]))


@visible_check
def topk_error(answer: Answer, sizes: Sequence[tuple[int, int]] = ((120, 9), (8, 8))) -> None:
    """Check the error, that a k out of range is refused, and that scores and labels stay as they are.

    Args:
        answer: your function.
        sizes: numbers of images and classes.
    """
    seed = grading_seed()
    for place, (n, classes) in enumerate(sizes):
        n += Random(seed + place).randint(0, 40) if n > ENOUGH_IMAGES else 0
        images = drawn_images(n, classes, seed=seed + place)
        compare_topk_error(answer, images, (3, 1, 2, 6, classes), f"{n} images and {classes} classes")
    compare_topk_error(answer, worked_example(), (1, 2, 3, 4), "the worked example")
    expect_topk_contract(answer, worked_example())


def compare_topk_error(answer: Answer, images: Images, numbers: Sequence[int], case: str) -> None:
    """Compare top-k errors for several k; a mistake is named if it explains all of them.

    Args:
        answer: the student's function.
        images: with the rank of each label.
        numbers: each k.
        case: what the images are, in words.
    """
    got, classes = [], images.scores.shape[1]
    for k in numbers:
        with expect_accepted(f"k = {k} with {classes} classes", likely=REFUSED):
            got.append(answer(images.scores.clone(), images.labels.clone(), k))
    expect_true(
        not any(isinstance(error, Tensor) and error.numel() > 1 for error in got),
        what="the result is one number for all images",
        likely=ONE_FOR_ALL,
        reread=SECTION,
    )
    what = f"the top-k error of {case} for k = {', '.join(map(str, numbers))}"
    expected = [float((images.rank >= k).double().mean()) for k in numbers]
    steps = [_missed(images, numbers), _shares(numbers, classes)] if len(images.labels) >= ENOUGH_IMAGES else []
    mistakes: dict[Mistake | str, Any] = {OVER_IMAGES: torch.zeros(len(numbers))} if steps else {}
    if any(k == classes and error != 0 for k, error in zip(numbers, got, strict=True)):
        mistakes[ALL_NAMED] = torch.tensor([float(error) for error in got])
    first = torch.tensor([float(images.rank[0] >= k) for k in numbers])
    if 0 < first.mean() < 1:
        mistakes[FIRST_IMAGE] = [first, first / len(images.labels)]
    # A mean of float32 numbers will do.
    expect_numbers(got, expected, steps, what=what, reread=SECTION, dtype=torch.float32, mistakes=mistakes)


def _missed(images: Images, numbers: Sequence[int]) -> Step:
    """Which images may be taken to be missed, a row for each k."""
    scores, place, rank = images
    last = scores.shape[1] - 1
    k = torch.tensor(numbers)[:, None]
    # How many classes stand above each class; one that does not exist stands below all.
    ranks = nn.functional.pad(scores.argsort(dim=1, descending=True).argsort(dim=1), (1, 1), value=last + 1)
    is_score = [(scores.topk(each, dim=1).values == place[:, None]).any(dim=1) for each in numbers]

    def ways(_: object) -> Iterator[Way]:
        yield None, rank >= k
        yield BEST_ONLY, rank.expand(len(k), -1) >= 1
        yield TOO_FEW, rank >= k - 1
        yield TOO_MANY, rank > k
        yield LOWEST, last - rank >= k
        yield FIVE, rank.expand(len(k), -1) >= 5
        yield FIVE, rank >= k.clamp(max=5)
        yield KTH_ALONE, rank != k - 1
        yield AS_THEY_STAND, place >= k
        for neighbour in (place, place + 2):
            yield FROM_ONE, ranks.gather(1, neighbour[:, None])[:, 0] >= k
        yield SCORES_FOR_CLASSES, ~torch.stack(is_score)
        yield BEST_LEFT_OUT, (rank == 0) | (rank > k)
        yield BEST_LEFT_OUT, (rank == 0) | (rank >= k)
        yield ALL_FOR_ANY, (rank >= k) | (k > 1)
        yield ORDER_FOR_RANKS, scores.argsort(dim=1, descending=True).gather(1, place[:, None])[:, 0] >= k

    return ways


def _shares(numbers: Sequence[int], classes: int) -> Step:
    """What may be made of the missed images, for each k."""
    k = torch.tensor(numbers)

    def ways(missed: Tensor) -> Iterator[Way]:
        n, count = missed.shape[1], missed.sum(dim=1).double()
        every: list[tuple[Mistake | None, Tensor]] = [
            (None, count / n),
            (ACCURACY, 1 - count / n),
            (COUNTED, count),
            (COUNTED, n - count),
            (PERCENT, 100 * count / n),
            (PERCENT, 100 - 100 * count / n),
            (BY_CLASSES, count / classes),
            (TIMES_K, count / (n * k)),
            (TIMES_K, 1 - (n - count) / (n * k)),
            *((ROUNDED, (count / n).round(decimals=digits)) for digits in (1, 2, 3)),
        ]
        for mistake, value in every:
            yield mistake, value.float()

    return ways


def expect_topk_contract(answer: Answer, images: Images) -> None:
    """Check that scores and labels stay as they are, and that a k out of range is refused."""
    scores, labels, classes = images.scores.clone(), images.labels.clone(), images.scores.shape[1]
    answer(scores, labels, 2)
    with together():
        expect_untouched((scores, labels), (images.scores, images.labels))
        refused = {f"k = {k} with {classes} classes": (images.scores, images.labels, k) for k in (0, classes + 1, -1)}
        expect_refusals(answer, refused, reread="its docstring")
