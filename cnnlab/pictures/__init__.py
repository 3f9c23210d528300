"""The notebooks' pictures: one module per kind of picture. Each function draws; the notebook adds the caption."""
