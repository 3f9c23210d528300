"""The zip that Gradescope runs."""
