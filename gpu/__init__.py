"""Runs the notebooks on a GPU and measures networks of full size there: ``make gpu``, or ``python -m gpu`` in the root.

Needs torch, NumPy, Matplotlib, nbformat, nbclient and ipykernel and nothing else of the course's environment, since GPU
machines often come with a torch of their own and without a network.
"""
