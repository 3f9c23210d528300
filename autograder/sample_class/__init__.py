"""The bundled submissions: one per thing that happens, each with the mark that it must get."""
