"""Verdicts as gradebook, feedback pages, tables and files."""
