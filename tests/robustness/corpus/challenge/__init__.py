"""Networks for a design challenge that try to be taken for better than they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.sources.release import release
from tests.robustness.corpus.case import Case, CaseKind, read_catalogue
from tests.robustness.corpus.small_topic import SmallTopic

NAME = "02-challenge"

HONEST = """\
class MyNet(nn.Sequential):
    def __init__(self, num_classes=10):
        super().__init__(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, num_classes))"""

_SOURCE: Any = assemble(NAME, parse(Path(__file__).with_name("topic.py"), forbids=("autograd", "published")))[0]
CHALLENGE = SmallTopic(NAME, "challenge", _SOURCE, release(_SOURCE), {"MyNet": HONEST}, {"MyNet": 4.0})


def networks() -> list[Case]:
    """The submissions, in the order of the catalogue."""
    return list(read_catalogue(Path(__file__).with_name("networks.py"), CaseKind.DISHONEST, CHALLENGE))
