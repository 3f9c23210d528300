"""How what came differs from what should have come."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Difference:
    """A difference in words.

    Attributes:
        expected: what should have come.
        got: what came.
        likely: the likely cause, as far as the difference itself shows it; may be empty.
        detail: more on the values, such as how many differ and by how much; may be empty.
        of_values: whether ``expected`` and ``got`` hold values; else they only name types or shapes.
        place: where in a nested value, such as ``item 2``; empty for the whole.
    """

    expected: str
    got: str
    likely: str = ""
    detail: str = ""
    of_values: bool = False
    place: str = ""

    def within(self, place: str) -> Self:
        """The same difference, seen from the value that holds this one at ``place``."""
        return replace(self, place=f"{place}, {self.place}" if self.place else place)
