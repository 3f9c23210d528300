"""The digits, and where they are looked for; CIFAR-10, read from its archive."""

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from cnnlab import data
from coursekit.errors import DataError

CHECKOUT = Path(__file__).resolve().parents[2]


class TestDigits:
    def test_have_1300_images_to_train_on_and_497_to_test_on(self) -> None:
        train_x, train_y, test_x, test_y = data.digits()
        assert train_x.shape == (1300, 1, 8, 8)
        assert test_x.shape == (497, 1, 8, 8)
        assert (train_y.shape, train_y.dtype) == ((1300,), torch.int64)
        assert (test_y.shape, test_y.dtype) == ((497,), torch.int64)

    def test_hold_every_image_once(self) -> None:
        with np.load(CHECKOUT / "data" / "digits.npz") as file:
            assert sorted([*file["train"], *file["test"]]) == list(range(1797))

    def test_have_every_class_in_the_same_share(self) -> None:
        digits = data.digits()
        shares = digits.train_y.bincount() / 1300 - digits.test_y.bincount() / 497
        assert shares.abs().max() < 0.002

    def test_are_standardised_by_the_training_images_alone(self) -> None:
        digits = data.digits()
        assert digits.train_x.mean().abs() < 1e-14
        assert (digits.train_x.square().mean() - 1).abs() < 1e-11
        assert digits.test_x.mean().abs() > 1e-4

    def test_keep_the_order_of_the_grey_levels(self) -> None:
        levels = data.digits().train_x.unique()
        assert len(levels) == 17
        torch.testing.assert_close(levels.diff(), levels.diff()[:1].expand(16))

    def test_come_flat_when_asked(self) -> None:
        assert data.digits(flat=True).train_x.equal(data.digits().train_x.flatten(1))

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_come_in_the_dtype_asked_for(self, dtype: torch.dtype) -> None:
        assert data.digits(dtype).train_x.dtype == data.digits(dtype).test_x.dtype == dtype

    def test_move_to_a_device_together(self) -> None:
        assert all(tensor.is_meta for tensor in data.digits().to("meta"))


class TestWhereTheDigitsAre:
    @pytest.fixture
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A package that is installed away from the course, and a folder of the course's to work in."""
        monkeypatch.delenv("CNNLAB_DATA", raising=False)
        monkeypatch.setattr(data, "__file__", str(tmp_path / "site-packages" / "cnnlab" / "data.py"))
        monkeypatch.setattr(data.sysconfig, "get_path", lambda name: str(tmp_path / "prefix"))
        folder = tmp_path / "course" / "notebooks" / "01-normalization"
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        return tmp_path

    @pytest.mark.parametrize("place", ["site-packages/data", "prefix/share/cnnlab", "course/data"])
    def test_is_beside_the_package_or_in_the_installation_or_above_the_working_folder(
        self, place: str, installed: Path
    ) -> None:
        (installed / place).mkdir(parents=True)
        (installed / place / "digits.npz").write_bytes((CHECKOUT / "data" / "digits.npz").read_bytes())
        assert len(data.digits().train_x) == 1300

    def test_is_the_folder_that_the_environment_names_and_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
        with pytest.raises(DataError, match="was not found; looked at"):
            data.digits()
        (tmp_path / "digits.npz").write_bytes((CHECKOUT / "data" / "digits.npz").read_bytes())
        assert len(data.digits().train_x) == 1300

    def test_is_listed_where_they_are_missing_with_what_to_do(self, installed: Path) -> None:
        with pytest.raises(DataError) as caught:
            data.digits()
        assert str(installed / "course" / "data" / "digits.npz") in str(caught.value)
        assert "Set the environment variable CNNLAB_DATA" in str(caught.value)

    def test_may_hold_a_damaged_file_which_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = (CHECKOUT / "data" / "digits.npz").read_bytes()
        monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
        for damaged in (b"", b"not a zip", whole[:1000], whole[:5000] + bytes(9000) + whole[14000:]):
            (tmp_path / "digits.npz").write_bytes(damaged)
            with pytest.raises(DataError, match="is damaged"):
                data.digits()


PER_FILE = 4


def records(number: int) -> bytes:
    """The bytes of a batch: in every plane of an image, its own grey level."""
    images = []
    for index in range(PER_FILE):
        planes = b"".join(bytes([(40 * number + 10 * index + plane) % 256]) * 1024 for plane in range(3))
        images.append(bytes([(number + index) % 10]) + planes)
    return b"".join(images)


def make_archive(path: Path, **changed: bytes) -> str:
    """A small archive in CIFAR-10's format, beside a file that leads out of it; its checksum."""
    files = {f"data_batch_{number}.bin": records(number) for number in range(1, 6)}
    files |= {"test_batch.bin": records(6), "../../evil.txt": b"evil"}
    files |= {f"{name}.bin": content for name, content in changed.items()}
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return hashlib.md5(path.read_bytes()).hexdigest()


class TestCifar10:
    def test_is_read_from_the_archive_as_images_and_labels(self, tmp_path: Path) -> None:
        md5 = make_archive(tmp_path / "small.tar.gz")
        cifar = data.cifar10(tmp_path, url="http://nowhere.invalid/small.tar.gz", md5=md5)
        assert cifar.train_x.shape == (5 * PER_FILE, 3, 32, 32)
        assert cifar.test_x.shape == (PER_FILE, 3, 32, 32)
        assert cifar.train_x.dtype == torch.float32
        assert cifar.train_y.tolist()[:6] == [1, 2, 3, 4, 2, 3]
        assert cifar.test_y.tolist() == [6, 7, 8, 9]

    def test_keeps_planes_apart_and_is_standardised(self, tmp_path: Path) -> None:
        md5 = make_archive(tmp_path / "small.tar.gz")
        cifar = data.cifar10(tmp_path, url="http://nowhere.invalid/small.tar.gz", md5=md5, dtype=torch.float64)
        assert cifar.train_x.mean().abs() < 1e-12
        levels = cifar.train_x[:2, :, 0, 0].flatten()
        steps = levels.diff() / (levels[1] - levels[0])
        torch.testing.assert_close(steps, torch.tensor([1, 1, 8, 1, 1], dtype=torch.float64))
        assert (cifar.train_x == cifar.train_x[:, :, :1, :1]).all()

    def test_unpacks_nothing(self, tmp_path: Path) -> None:
        root = tmp_path / "course" / "data" / "root"
        root.mkdir(parents=True)
        md5 = make_archive(root / "small.tar.gz")
        data.cifar10(root, url="http://nowhere.invalid/small.tar.gz", md5=md5)
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["small.tar.gz"]

    def test_has_a_name_for_every_label(self) -> None:
        assert len(set(data.CIFAR10_CLASSES)) == 10

    @pytest.mark.parametrize("change", [{"test_batch": b"too short"}, {"data_batch_3": bytes(3072)}])
    def test_says_so_when_the_archive_is_no_cifar10(self, tmp_path: Path, change: dict[str, bytes]) -> None:
        md5 = make_archive(tmp_path / "small.tar.gz", **change)
        with pytest.raises(DataError, match="is not the binary version of CIFAR-10"):
            data.cifar10(tmp_path, url="http://nowhere.invalid/small.tar.gz", md5=md5)

    @pytest.mark.parametrize("content", [b"", b"plain text", b"\x1f\x8b\x08\x00 torn gzip"])
    def test_says_so_when_the_file_is_no_archive(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "small.tar.gz").write_bytes(content)
        with pytest.raises(DataError, match="is not the binary version of CIFAR-10"):
            data.cifar10(tmp_path, url="http://nowhere.invalid/small.tar.gz", md5=hashlib.md5(content).hexdigest())
