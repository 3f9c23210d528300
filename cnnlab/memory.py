"""How much memory tensors take at most while something runs.

On CUDA this is what torch's allocator reports, workspaces of its libraries included. Elsewhere every operator is
watched, and the bytes of each storage count from the operator that makes it until the last tensor on it is gone. What
an operator allocates and frees inside of itself is not seen. All of that works on ``torch.device("meta")`` too, where
tensors have sizes and no values: networks of any size are followed through forward and backward pass in no memory.
"""

import gc
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_bytes(step: Callable[[], Any], holds: Iterable[Tensor], device: torch.device | str) -> int:
    """The most bytes that tensors take at one time while a function runs, those that were there before included.

    Args:
        step: what runs; its result is dropped.
        holds: what is there before and stays, such as parameters, their gradients, and the images.
        device: where it all is.
    """
    device = torch.device(device)
    if device.type == "cuda":
        gc.collect()
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        step()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before + bytes_of(holds)
    return max(bytes_along(step, holds))


def bytes_along(step: Callable[[], Any], holds: Iterable[Tensor], *, collect: bool = True) -> list[int]:
    """The bytes that tensors take before a function runs and after each operator in it; not on CUDA.

    Args:
        step: what runs; its result is dropped.
        holds: what is there before and stays.
        collect: whether garbage is collected first, which takes a tenth of a second.
    """
    if collect:
        gc.collect()
    with _Following(holds) as following:
        step()
    return following.course


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Bytes of the storages behind tensors, each counted once."""
    storages = {tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes() for tensor in tensors}
    return sum(storages.values())


class _Following(TorchDispatchMode):
    """Counts the bytes of the storages that are alive.

    Attributes:
        course: how many there were at the start and after each operator, while its inputs are still held.
    """

    def __init__(self, holds: Iterable[Tensor]) -> None:
        super().__init__()
        self._alive: set[int] = set()
        self._bytes = 0
        for tensor in holds:
            self._note(tensor)
        self.course = [self._bytes]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._note(leaf)
        self.course.append(self._bytes)
        return result

    def _note(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._alive:
            return
        self._alive.add(key)
        self._bytes += size
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self._bytes -= size
