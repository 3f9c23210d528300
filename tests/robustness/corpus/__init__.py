"""Submissions for testing the grader: what each tries, its code, and the marks that it deserves."""

from __future__ import annotations

from pathlib import Path

from tests.robustness.corpus import structures
from tests.robustness.corpus.case import Case, CaseKind, OwnCell, read_catalogue

__all__ = ["Case", "CaseKind", "OwnCell", "cases"]


def cases(kind: CaseKind | None = None) -> list[Case]:
    """All submissions, or those of one kind, in the order of the catalogues."""
    if kind is None:
        return [case for each in CaseKind for case in cases(each)]
    catalogues = sorted(Path(__file__).with_name(str(kind)).glob("*.*py"))
    written = [case for catalogue in catalogues for case in read_catalogue(catalogue, kind)]
    return [*written, *(case for case in structures.CASES if case.kind is kind)]
