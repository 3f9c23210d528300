"""Digits on canvases: the same for the same seed, whole, anywhere, and with clutter beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from cnnlab.canvas import DESIGN, canvas_digits

BARE = replace(DESIGN, pieces=0, noise=0.0)


def test_the_same_seed_gives_the_same_images() -> None:
    one, again, other = (canvas_digits(20, 10, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.train_x, again.train_x)
    assert torch.equal(one.test_y, again.test_y)
    assert not torch.equal(one.train_x, other.train_x)


def test_images_are_standardised_by_those_trained_on() -> None:
    images = canvas_digits(300, 50).train_x
    assert images.shape == (300, 1, 32, 32)
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std(correction=0).item() == pytest.approx(1, abs=1e-5)


def test_every_class_comes_about_as_often_as_any_other() -> None:
    labels = canvas_digits(2600, 497)
    assert torch.bincount(labels.train_y).min() > 200
    assert torch.bincount(labels.test_y, minlength=10).min() > 40


def test_a_digit_lies_wholly_on_its_canvas_and_anywhere() -> None:
    images = canvas_digits(400, 1, design=replace(BARE, turn=0.0)).train_x
    ink = images - images.amin(dim=(1, 2, 3), keepdim=True)
    seen = ink.squeeze(1) > 0.5
    # What a digit weighs hardly depends on where it lies, so that nothing of it is cut off.
    columns = seen.any(dim=1).float().argmax(dim=1)
    weight = ink.sum(dim=(1, 2, 3))
    left, right = weight[columns < 4].mean(), weight[columns > 12].mean()
    assert {int(column) for column in columns} >= set(range(2, 14))
    assert left.item() > right.item()  # only small digits begin far to the right


@pytest.mark.parametrize("pieces", [0, 4])
def test_clutter_adds_ink(pieces: int) -> None:
    bare, cluttered = (canvas_digits(200, 1, design=replace(BARE, pieces=number)).train_x for number in (0, pieces))
    share = [(x > x.amin() + 0.5).float().mean().item() for x in (bare, cluttered)]
    assert (share[1] > 1.2 * share[0]) == (pieces > 0)


def test_the_dtype_is_that_asked_for() -> None:
    assert canvas_digits(4, 4, dtype=torch.float64).test_x.dtype == torch.float64
