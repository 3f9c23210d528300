"""How the run of one submission went."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Trace:
    """How the run of one submission went.

    Attributes:
        seed: what the inputs of its hidden tests were drawn from.
        steps: for each cell and test in turn, its name, its seconds and how it came out.
        waited_out: what was ended before it had used its processor time, where marks depend on that: they are not
            settled.
    """

    seed: int = 0
    steps: list[tuple[str, float, str]] = field(default_factory=list)
    waited_out: list[str] = field(default_factory=list)
