"""Runs a forked process that can do no harm, and says what confines it. Imports only the standard library.

``require(probe(hidden, readable))`` gives the `Mechanisms` that work on this system, or refuses;
``spawn(run, mechanisms=...)`` forks a process that they confine and returns a `Process`, with which it is ended and
asked how it ended; ``examine(mechanisms)`` tries every forbidden thing from inside.

Each mechanism is a module named after the kernel's interface: `namespaces` and `mounts`, `identity`, `landlock`,
`seccomp`, `capabilities`, `limits`, `cgroup`. `seccomp` says which calls are allowed, `bpf` assembles the filter,
`calls` has their numbers. `enter` puts all in force in order; `supervisor` watches what no single one can see.
`selftest` tries what `escapes` and `exhaustion` list. README.md says what is promised and what is not.
"""
