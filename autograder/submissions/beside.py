"""Files that a student handed in beside the notebook, as its code may import and read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HandedIn:
    """One file handed in beside the notebook.

    Attributes:
        path: where it stands below the notebook's folder, such as ``norms.py`` or ``data/table.csv``.
        content: its bytes.
    """

    path: str
    content: bytes

    @property
    def is_code(self) -> bool:
        """Whether it is a module of Python."""
        return self.path.endswith(".py")

    @property
    def text(self) -> str:
        """Its content as text; what is no UTF-8 is replaced."""
        return self.content.decode("utf-8-sig", "replace")
