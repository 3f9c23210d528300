"""Makes ``digits.npz`` from scikit-learn's copy of the digits: the pixels, the labels and one fixed split.

It was run once; the course needs only its result. scikit-learn is no dependency, so to run it again:

    pip install --target /some/folder scikit-learn
    PYTHONPATH=/some/folder python data/make_digits.py

Contents of the file: ``images`` uint8 (1797, 8, 8) with 0 to 16; ``labels`` uint8 (1797,); ``train`` (1300,) and
``test`` (497,), the indices that the stratified split gives.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

TARGET = Path(__file__).with_name("digits.npz")


def main() -> None:
    """Write the file; the same versions of NumPy and scikit-learn give the same bytes."""
    source = load_digits()
    train, test = train_test_split(np.arange(len(source.target)), test_size=497, random_state=0, stratify=source.target)
    np.savez_compressed(
        TARGET,
        images=source.images.astype(np.uint8),
        labels=source.target.astype(np.uint8),
        train=train.astype(np.int16),
        test=test.astype(np.int16),
    )


if __name__ == "__main__":
    main()
