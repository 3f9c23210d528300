"""The visible checks of the exercises: one module per topic, and what several of them share."""
