"""How every network of the challenge is trained and tested."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cnnlab import data, training
from cnnlab.challenge.program import BATCH, RecordedNetwork
from cnnlab.challenge.refusal import Refused, first_line
from cnnlab.challenge.running import Rebuilt

EPOCHS = 20
LEARNING_RATE = 0.01
WEIGHT_DECAY = 0.01


def accuracy_reached(network: RecordedNetwork, seed: int, *, epochs: int = EPOCHS, progress: bool = False) -> float:
    """Train a network from scratch on the digits, and return the share of the test images that it gets right.

    AdamW for 20 passes over the 1300 training images in batches of 64, with a learning rate that falls from 0.01 to 0
    along half a cosine, and cross-entropy, in float32 on one thread. Test images go through it one by one.

    Args:
        network: what to train.
        seed: decides everything that is drawn.
        epochs: passes over the training images.
        progress: whether to print a line ten times on the way.

    Raises:
        Refused: if there is nothing to train.
    """
    source = training.generator(seed)
    digits = disguised(data.digits(torch.float32), source)
    rebuilt = Rebuilt(network, source)
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            training.train(
                rebuilt,
                digits.train_x,
                digits.train_y,
                steps=epochs * (len(digits.train_x) // BATCH),
                batch_size=BATCH,
                learning_rate=LEARNING_RATE,
                weight_decay=WEIGHT_DECAY,
                schedule="cosine",
                seed=seed,
                optimizer=torch.optim.AdamW,
                progress=progress,
            )
        except (RuntimeError, ValueError) as error:
            raise Refused(f"The network cannot be trained: {first_line(error)}") from None
        return training.accuracy(rebuilt.eval(), digits.test_x, digits.test_y, batch_size=1)


def disguised(digits: data.Dataset, source: torch.Generator) -> data.Dataset:
    """The same task in another guise: classes renumbered, and all images mirrored or turned alike.

    A network that learns from scratch does not notice. What somebody knew of single images beforehand is in the wrong
    place, and says the wrong class.
    """
    names = torch.randperm(10, generator=source)
    turned, *mirrored = torch.randint(2, (3,), generator=source).tolist()
    axes = [axis for axis, chosen in zip((-2, -1), mirrored, strict=True) if chosen]

    def seen(images: torch.Tensor) -> torch.Tensor:
        return (images.mT if turned else images).flip(axes).contiguous()

    return data.Dataset(seen(digits.train_x), names[digits.train_y], seen(digits.test_x), names[digits.test_y])


@contextmanager
def _one_thread() -> Iterator[None]:
    """With more threads, sums are rounded otherwise, and networks this small are no faster."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
