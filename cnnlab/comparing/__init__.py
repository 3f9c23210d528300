"""Finds how two values differ and puts it in words; ``cnnlab.checks`` is what notebooks use."""
