"""Torch's classes for ``isinstance``, without importing torch: until torch is imported, nothing is a tensor."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Size, Tensor
    from torch.nn import Module
else:

    class _OfTorch(type):
        def __instancecheck__(cls, value):
            return isinstance(value, getattr(sys.modules.get(cls.home), cls.__name__, ()))

    class Size(metaclass=_OfTorch):
        home = "torch"

    class Tensor(metaclass=_OfTorch):
        home = "torch"

    class Module(metaclass=_OfTorch):
        home = "torch.nn"


__all__ = ["Module", "Size", "Tensor"]
