"""Finds how two values differ and puts it in words; ``coursekit.checks`` is what notebooks use."""
