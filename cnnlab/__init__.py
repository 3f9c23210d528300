"""What the course's notebooks import: data, training, plots, checks and quizzes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnlab.devices import device

__all__ = ["device"]


def __getattr__(name: str) -> Any:
    """``cnnlab.device``, when it is asked for: torch takes a second to import, and a quiz needs none of it."""
    if name == "device":
        from cnnlab.devices import device

        return device
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
