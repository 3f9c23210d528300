"""Which mechanisms stand between a student's process and everything else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mechanisms:
    """The mechanisms in force; `probe` finds out which a system offers.

    Attributes:
        namespaces: process ids, network, mounts and IPC of its own; a tree of files with its scratch folder in memory.
        user_namespace: whether these need a user namespace, as an ordinary user's do.
        separate_user: a user id of its own for each submission.
        landlock: the Landlock version; 0 without.
        seccomp: the filter of system calls.
        control_group: the group in which submissions' groups are made; empty without.
    """

    namespaces: bool = False
    user_namespace: bool = False
    separate_user: bool = False
    landlock: int = 0
    seccomp: bool = False
    control_group: str = ""

    @property
    def any(self) -> bool:
        """Whether anything at all is in force."""
        return self != NONE

    @property
    def alone(self) -> bool:
        """Whether a submission must do with one process, since nothing tells its processes from the grader's."""
        return self.seccomp and not (self.namespaces or self.separate_user)

    @property
    def counts_processes(self) -> bool:
        """Whether the kernel's limit on processes counts those of one submission alone."""
        return self.separate_user or self.user_namespace


NONE = Mechanisms()
