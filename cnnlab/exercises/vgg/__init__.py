"""The visible checks of the chapter on VGG.

``check.vgg_layers(vgg_layers)`` in the notebook says what is right, or what is wrong and where. Inputs are drawn anew
when work is graded, so that only a function that computes its results passes there as well.
"""

from cnnlab.exercises.vgg.comparison import compare_networks
from cnnlab.exercises.vgg.costs import stack_cost, stage_costs
from cnnlab.exercises.vgg.fields import receptive_field
from cnnlab.exercises.vgg.layer_lists import vgg_layers
from cnnlab.exercises.vgg.network import VGG
from cnnlab.exercises.vgg.suspects import missing_layers

__all__ = [
    "VGG",
    "compare_networks",
    "missing_layers",
    "receptive_field",
    "stack_cost",
    "stage_costs",
    "vgg_layers",
]
