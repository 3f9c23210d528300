"""Drawings that are too long for a notebook's cell, one module per kind of picture."""
