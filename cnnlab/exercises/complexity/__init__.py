"""The visible checks of "Comparing complexity", by what they are about.

Each ``check.NAME(NAME)`` of the notebook is the function NAME of one of these modules. What they compare with is known
because of how an example was made (errors, fronts), or measured on torch's own layers (memory, limits).
"""

from cnnlab.exercises.complexity.batches import largest_batch
from cnnlab.exercises.complexity.errors import topk_error
from cnnlab.exercises.complexity.fronts import pareto_front
from cnnlab.exercises.complexity.limits import arithmetic_intensity, roofline_seconds
from cnnlab.exercises.complexity.memory import predict_memory
from cnnlab.exercises.complexity.networks import MyNet, MyNet_trained

__all__ = [
    "MyNet",
    "MyNet_trained",
    "arithmetic_intensity",
    "largest_batch",
    "pareto_front",
    "predict_memory",
    "roofline_seconds",
    "topk_error",
]
