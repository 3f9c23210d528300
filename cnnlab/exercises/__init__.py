"""The visible checks of the course, one module per topic, and what they share.

Nothing in these modules keeps a value that could change from one check to the next.
"""
