"""Confines a student's process, and says what is in force.

``require(probe(hidden, readable))`` gives the `Walls` of this system, or refuses; ``fork_confined(run, walls=...)``
starts a process behind them and returns a `Confined`, with which it is interrupted, ended and asked how it ended;
``examine(walls)`` tries every forbidden thing from inside.

Each wall is a module named after the kernel's interface: `namespaces` and `view`, `identity`, `landlock`, `seccomp`,
`capabilities`, `limits`, `cgroup`. `enclosure` puts them up in order; `supervisor` watches what no single wall can see.
"""
