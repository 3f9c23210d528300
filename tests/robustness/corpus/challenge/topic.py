# %% [markdown]
# # The smallest challenge
#
# One point for staying within the budget, three for being right in nine of ten cases.

# %% given="setup"
# ruff: noqa
import torch
from torch import nn
from torch.nn import functional as F

from cnnlab import data, training
from cnnlab.challenge import MAX_MACS, MAX_PARAMS, compete, record, weigh
from coursekit.checks import expect_true
from coursekit.seeds import grading_seed

# %% [markdown]
# ## Exercise: `MyNet`


# %% exercise="MyNet"
class MyNet(nn.Module):
    """Maps images, shape (N, 1, 8, 8), to scores, shape (N, num_classes)."""

    ### BEGIN SOLUTION
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(64, num_classes)

    def forward(self, x):
        return self.layer(x.flatten(1))

    ### END SOLUTION


# %% test="MyNet" points=1
weight = weigh(MyNet())
expect_true(weight.params <= MAX_PARAMS, what="MyNet has at most 20,000 parameters")
expect_true(weight.macs <= MAX_MACS, what="MyNet takes at most 1.0 M multiply-adds")

# %% hidden_test="MyNet" points=3 seconds=60
entry = compete(MyNet(), seed=grading_seed())
expect_true(entry.accuracy >= 0.9, what="MyNet gets 90 % of the test images right")
record(entry)
