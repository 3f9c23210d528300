"""What the grader's own torch says of a module of the student's, by the names of its classes; nobody is asked."""

from __future__ import annotations

import sys
from functools import lru_cache

from torch import nn

WALKS = frozenset(
    prefix + kind for prefix in ("", "named_") for kind in ("parameters", "buffers", "modules", "children")
)
"""Methods that walk through what a module holds."""
METHODS = WALKS | {
    *("train", "eval", "requires_grad_", "zero_grad"),
    *("state_dict", "load_state_dict"),
    *("double", "float", "to"),
}
"""The methods that tests call most, and under whose names no module keeps data."""


@lru_cache(maxsize=256)
def module_class(types: tuple[str, ...]) -> type[nn.Module] | None:
    """Torch's module class among the names of a class and its bases, the most special one; ``None`` if none is."""
    for name in types:
        module, _, cls = name.rpartition(".")
        if module.startswith("torch.nn.modules."):
            found = getattr(sys.modules.get(module), cls, None)
            if isinstance(found, type) and issubclass(found, nn.Module):
                return found
    return None


def is_method(types: tuple[str, ...], name: str) -> bool:
    """Whether this name means one of these methods for objects of these classes."""
    return name in METHODS and module_class(types) is not None
