"""Runs a submission: processes, order, limits and replays."""
