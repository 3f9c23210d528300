"""The images that the experiments train on: the digits that come with the course, and CIFAR-10 for those who want more.

Both are standardised by the mean and standard deviation of all pixels of the training images.
"""

import os
import sysconfig
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from cnnlab.download import fetch
from coursekit.errors import DataError

CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CIFAR10_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue planes, one byte each
_FOLDER = "cifar-10-batches-bin"
_TRAIN_FILES = tuple(f"{_FOLDER}/data_batch_{number}.bin" for number in range(1, 6))
_TEST_FILE = f"{_FOLDER}/test_batch.bin"


class Dataset(NamedTuple):
    """Images and labels for training and for testing.

    Attributes:
        train_x: shape (N, channels, height, width), or (N, features) where flat.
        train_y: labels 0 to 9, int64, shape (N,).
        test_x: like ``train_x``.
        test_y: like ``train_y``.
    """

    train_x: torch.Tensor
    train_y: torch.Tensor
    test_x: torch.Tensor
    test_y: torch.Tensor

    def to(self, device: torch.device | str) -> Self:
        """The same data on another device."""
        return type(self)(*(tensor.to(device) for tensor in self))


def digits(dtype: torch.dtype = torch.float64, flat: bool = False) -> Dataset:
    """1300 handwritten digits of 8 x 8 pixels to train on and 497 to test on, every class in the same share.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository;
    see ``data/README.md``.

    Args:
        dtype: of the images.
        flat: whether images come as rows of 64 features rather than as (1, 8, 8).

    Raises:
        DataError: if the file is not where the course keeps it.
    """
    path = digits_file()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, labels, train, test = (arrays[name] for name in ("images", "labels", "train", "test"))
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error):
        raise DataError(f"{path} is damaged; get it again with the course.") from None
    images = images.reshape(-1, 64) if flat else images[:, None]
    return _dataset(images[train], labels[train], images[test], labels[test], dtype)


def cifar10(
    root: Path | str = "cifar-10",
    *,
    url: str = CIFAR10_URL,
    md5: str = CIFAR10_MD5,
    dtype: torch.dtype = torch.float32,
    progress: bool = True,
) -> Dataset:
    """50000 colour photographs of 32 x 32 pixels to train on and 10000 to test on, 10 classes.

    The archive (162 MiB) is downloaded once. It is read where it lies; nothing is unpacked.

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009, the binary version.

    Args:
        root: the folder that keeps the archive.
        url: where the archive is.
        md5: its checksum.
        dtype: of the images; float32 takes 0.7 GB.
        progress: whether to print on the error stream how far a download is.

    Returns:
        Images of shape (N, 3, 32, 32); ``CIFAR10_CLASSES`` names the labels.

    Raises:
        DataError: if the archive cannot be downloaded, or holds something else.
    """
    archive = fetch(url, Path(root) / url.rsplit("/", 1)[-1], md5, progress=progress)
    try:
        records = _cifar10_records(archive)
        train = np.concatenate([records[name] for name in _TRAIN_FILES])
        test = records[_TEST_FILE]
    except (tarfile.TarError, zlib.error, OSError, EOFError, KeyError, ValueError) as error:
        raise DataError(f"{archive} is not the binary version of CIFAR-10 ({error}).") from None
    return _dataset(*_cifar10_images(train), *_cifar10_images(test), dtype)


def digits_file() -> Path:
    places = list(_digits_places())
    for place in places:
        if place.is_file():
            return place
    listed = ", ".join(str(place) for place in places)
    raise DataError(
        f"digits.npz was not found; looked at {listed}. "
        "Set the environment variable CNNLAB_DATA to the course's data folder."
    )


def _digits_places() -> Iterator[Path]:
    """Where the digits may lie: the folder named by CNNLAB_DATA, or with it unset in a checkout or an installation."""
    if named := os.environ.get("CNNLAB_DATA"):
        yield Path(named) / "digits.npz"
        return
    yield Path(__file__).resolve().parent.parent / "data" / "digits.npz"
    yield Path(sysconfig.get_path("data")) / "share" / "cnnlab" / "digits.npz"
    for folder in (here := Path.cwd(), *here.parents):
        yield folder / "data" / "digits.npz"


def _cifar10_records(archive: Path) -> dict[str, NDArray[np.uint8]]:
    """By name of its file, the records of every batch, shape (N, 3073)."""
    records = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name in (*_TRAIN_FILES, _TEST_FILE) and (file := tar.extractfile(member)):
                records[member.name] = np.frombuffer(bytearray(file.read()), np.uint8).reshape(-1, _RECORD)
    return records


def _cifar10_images(records: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def _dataset(
    train_x: NDArray[np.uint8],
    train_y: NDArray[np.uint8],
    test_x: NDArray[np.uint8],
    test_y: NDArray[np.uint8],
    dtype: torch.dtype,
) -> Dataset:
    """The tensors, standardised by the training images."""
    train, test = (torch.from_numpy(images).to(dtype) for images in (train_x, test_x))
    mean, deviation = train.mean(), train.std(correction=0)
    for images in (train, test):
        images.sub_(mean).div_(deviation)
    return Dataset(train, torch.from_numpy(train_y).long(), test, torch.from_numpy(test_y).long())
