# %% [markdown]
# # Small things
#
# Three exercises that are quick to grade.

# %% given="setup"
# ruff: noqa
import torch

from coursekit.checks import expect_close, expect_shape
from coursekit.seeds import grading_seed
from cnnlab.quiz import explain

# %% [markdown]
# ## Exercise: `standardize`


# %% exercise="standardize"
def standardize(x):
    """Subtract from each column of ``x``, of shape (N, D), its mean and divide by its biased standard deviation."""
    ### BEGIN SOLUTION
    # sentinel-of-the-solution
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)
    ### END SOLUTION


# %% test="standardize" points=1
x = torch.tensor([[1.0, 10.0], [3.0, 20.0], [5.0, 60.0]], dtype=torch.float64)
expect_close(standardize(x), (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False), what="the standardized batch")

# %% hidden_test="standardize" points=3
# sentinel-of-the-hidden-test
x = 3 + 2 * torch.randn(16, 5, generator=torch.Generator().manual_seed(grading_seed()), dtype=torch.float64)
y = standardize(x)
expect_shape(y, (16, 5), what="the standardized batch")
expect_close(y, (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False), what="the standardized batch")


# %% given="ramp"
def ramp(n):
    """0, 1, …, n - 1."""
    return torch.arange(n, dtype=torch.float64)


RAMP = ramp(4)

# %% [markdown]
# ## Exercise: `Affine`


# %% exercise="Affine" forbids="autograd"
class Affine(torch.nn.Module):
    """Multiplies by a learned ``factor`` and adds a learned ``shift``, two parameters of one number each."""

    ### BEGIN SOLUTION
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return self.factor * x + self.shift

    ### END SOLUTION


# %% test="Affine" points=1
expect_close(Affine(3, 1)(RAMP), 3 * RAMP + 1, what="three times a ramp, plus one")

# %% hidden_test="Affine" points=3
affine = Affine(2, 1)
loaded = {"factor": torch.tensor(-1.5, dtype=torch.float64), "shift": torch.tensor(4.0, dtype=torch.float64)}
affine.load_state_dict(loaded)
x = ramp(6).requires_grad_()
y = affine(x)
expect_close(y, -1.5 * ramp(6) + 4, what="a ramp, times the factor loaded, plus the shift loaded")
y.sum().backward()
expect_close(affine.factor.grad, 15.0, what="the gradient of the factor")
expect_close(x.grad, torch.full((6,), -1.5, dtype=torch.float64), what="the gradient of the input")

# %% experiment="figure_of_nothing"
print("an experiment, which grading leaves out")

# %% [markdown] quiz="parity" points=1
# **Twice a whole number is …**
#
# - A. odd
#   - Why: Try one.
# - B. (right) even
#   - Why: It has the factor two.
