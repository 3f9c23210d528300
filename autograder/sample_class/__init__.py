"""The sample class: one submission per thing that happens, each with the mark that it must get."""
