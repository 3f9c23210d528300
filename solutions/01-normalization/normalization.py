# %% [markdown]
# # Normalization
#
# **After this notebook you can**
#
# * say why a layer's inputs should be centred and scaled, and show it on a problem small enough to draw;
# * write batch normalization from scratch: forward, backward by hand, training mode, evaluation mode;
# * fold a batch normalization into the convolution before it, and say when that is impossible;
# * tell batch, layer, instance and group normalization apart by the axes that they average over, and choose between them;
# * recognise the bug that batch normalization is famous for, a forgotten `eval()`.
#
# **You need** linear and convolutional layers, the chain rule, stochastic gradient descent, and the basics of PyTorch.
#
# **Time** about 3½ hours: one to read, two for the exercises, half an hour for quiz and question. Running everything takes
# less than a minute on one CPU core; no GPU and no network are needed.
#
# **Points** 44: exercises 32, quiz 8, a written question 4.
#
# **Lecture slides** "Batch Normalization" to "Group Normalization". A note marked **On the slide** says what a slide prints and what is right.
#
# **How it works.** An exercise is a cell that you complete, followed by a visible test, which tells you what is wrong and where
# to re-read. Hidden tests, run when your work is graded, ask the same of other inputs. PyTorch's own layers would pass too; writing
# the formulas out is what teaches you something. The experiments run whether or not you have solved the exercises.

# %% given="setup"
import operator

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from cnnlab import data, plots, training
from coursekit.checks import expect_close, expect_equal, expect_raises, expect_shape, expect_true
from coursekit.seeds import grading_seed
from coursekit.comparing import wording
from cnnlab.quiz import explain, expect_answer
from cnnlab.tables import table

torch.set_num_threads(1)
plots.style()


# %% [markdown]
# Two cells for the tests come first. You need not read them, nor the long cell between each exercise and its test.


# %% given="test_inputs" folded="true"
def example_batch(n, d, seed=0, size=1.0):
    """A float64 batch x of shape (n, d) whose features differ in mean and scale, and gamma, beta of shape (d,)."""
    generator = torch.Generator().manual_seed(seed)
    draw = {"generator": generator, "dtype": torch.float64}
    mean, spread = torch.randn(d, **draw), 0.2 + 2 * torch.rand(d, **draw)
    x = size * (mean + spread * torch.randn(n, d, **draw))
    return x, *scale_and_shift(d, generator)


def example_images(n, c, h, w, seed=0):
    """Float64 images x of shape (n, c, h, w) in which every channel of every image has a mean and scale of its own,
    and gamma, beta of shape (c,)."""
    generator = torch.Generator().manual_seed(seed)
    draw = {"generator": generator, "dtype": torch.float64}
    mean, spread = torch.randn(n, c, 1, 1, **draw), 0.2 + 2 * torch.rand(n, c, 1, 1, **draw)
    x = mean + spread * torch.randn(n, c, h, w, **draw)
    return x, *scale_and_shift(c, generator)


def scale_and_shift(d, generator):
    """A gamma of both signs, away from 0 and 1, and a beta; shape (d,) each."""
    sign = 1 - 2 * torch.randint(2, (d,), generator=generator)
    gamma = sign * (1.2 + torch.rand(d, generator=generator, dtype=torch.float64))
    return gamma, torch.randn(d, generator=generator, dtype=torch.float64)


def along_channels(values, x):
    """Values of shape (C,) in a shape that broadcasts along axis 1 of x."""
    return values.view(1, -1, *[1] * (x.ndim - 2))


# %% given="test_helpers" folded="true"
NO_EPS = 1e-30  # torch's batch norm refuses 0


def returned_values(result, **shapes):
    """The values that a function returned, after checking that it returned as many as it should, and in their order.

    Args:
        shapes: from the name of each value, in order, to its shape.
    """
    names = ", ".join(shapes)
    expect_true(
        isinstance(result, (tuple, list)) and len(result) == len(shapes),
        what=f"the function returns {len(shapes)} values, {names}",
        likely="there is no return statement, or it stands in one branch only"
        if result is None
        else f"{wording.kind(result)} came; return a tuple: return {names}",
    )
    came = [str(tuple(value.shape)) for value in result if isinstance(value, torch.Tensor)]
    asked = [str(tuple(shape)) for shape in shapes.values()]
    expect_true(
        came == asked or sorted(came) != sorted(asked),
        what=f"the function returns {names}, in this order",
        likely=f"the results are returned in the wrong order; return {names}",
    )
    return result


def expect_untouched(arguments, copies):
    """Check that tensors still equal the copies made of them before the call."""
    expect_true(
        all(map(torch.equal, arguments, copies)),
        what="the function leaves its arguments as they are",
        likely="an argument was changed in place (x -= ..., or a method whose name ends in _); make a new tensor",
    )


def expect_gradients(got, expected, arguments, mistakes=None, reread=""):
    """Check that gradients flow from an output to each argument, and that they are those of the expected output.

    Args:
        arguments: from the name of an argument to the tensor, a leaf that requires gradients.
        mistakes: from the clause that names a mistake to the output that has its gradients.
    """
    weights = torch.linspace(-1, 2, expected.numel(), dtype=expected.dtype).view(expected.shape)

    def gradients(output):
        leaves = list(arguments.values())
        return torch.autograd.grad(output, leaves, weights, retain_graph=True, materialize_grads=True)

    expect_true(
        got.requires_grad,
        what="gradients flow from the output back to the arguments",
        likely="it was computed under torch.no_grad(), or went through .detach(), .data, .item() or NumPy",
    )
    came, right = gradients(got), gradients(expected)
    wrong = {clause: gradients(output) for clause, output in (mistakes or {}).items()}
    for k, name in enumerate(arguments):
        expect_close(
            came[k],
            right[k],
            what=f"the gradient of the output with respect to {name}",
            mistakes={clause: values[k] for clause, values in wrong.items()},
            reread=reread,
        )


def common_mistakes(normalize, x, gamma, beta, eps, std, count):
    """What mistakes that all normalizations share would give, so that a failing test can name yours.

    Args:
        normalize: torch's normalization without scale and shift, called as normalize(x, eps).
        gamma, beta, std: scale, shift, and the standard deviation to divide by, in shapes that broadcast to x.
        count: how many values each mean is taken over.
    """
    right, exact = normalize(x, eps), normalize(x, NO_EPS)
    bessel = (count - 1) / count
    return {
        "the variance was divided by N - 1 (the default of torch.var and torch.std); normalization divides by N, the number of values": (
            gamma * normalize(x, eps * bessel) * bessel**0.5 + beta
        ),
        "eps is missing under the root": gamma * exact + beta,
        "eps is a fixed 1e-5; use the argument": gamma * normalize(x, 1e-5) + beta,
        "eps stands outside the root; add it to the variance, not to the standard deviation": (
            gamma * exact * std / (std + eps) + beta
        ),
        "eps stands outside the root, and the standard deviation is torch's default, with N - 1": (
            gamma * exact * std / (std / bessel**0.5 + eps) + beta
        ),
        "eps is squared; add it to the variance as it is": gamma * normalize(x, eps**2) + beta,
        "eps was added twice": gamma * normalize(x, 2 * eps) + beta,
        "you divided by the variance; divide by its square root": gamma * right / (std**2 + eps).sqrt() + beta,
        "** 1/2 is ** 1, then halved; the root is ** 0.5": [
            gamma * right * factor / (std**2 + eps).sqrt() + beta for factor in (0.5, 2)
        ],
        "gamma and beta are not used": right,
        "gamma is not used": right + beta,
        "beta is not used": gamma * right,
        "gamma and beta are swapped: gamma scales, beta shifts": beta * right + gamma,
        "beta is added before gamma multiplies; the shift comes last": gamma * (right + beta),
        "gamma and beta were applied to x before it was normalized; they come last": normalize(gamma * x + beta, eps),
    }


# %% [markdown]
# ## Why normalize?
#
# Look at a single layer $y = Wx$, as the lecture does. Two things about its inputs make $W$ hard to learn:
#
# * the inputs are not **centred**: if $x$ is always near $(3, 3)$, every weight mostly adds a constant to the output, and the
#   weights have to fight each other to cancel it;
# * the inputs have different **scales**: if the second input is four times as large as the first, the loss reacts sixteen times as strongly
#   to a step of $w_2$ as to one of $w_1$, and no single learning rate suits both.
#
# Both can be drawn. Take two inputs, two weights, and the squared error
# $L(w) = \frac{1}{2N} \sum_i \big((w - w^*)^\top x^{(i)}\big)^2$ over examples $x^{(i)}$, with optimum $w^*$. Its curvature is the matrix
# $\frac1N \sum_i x^{(i)} x^{(i)\top}$, and one number measures how hard it is for gradient descent, the matrix's *condition number*:
# largest eigenvalue over smallest. The rate
# can be no larger than the steep direction allows, and the flat direction then takes a number of steps that grows with the condition
# number (LeCun et al., 1998).
#
# **Predict first.** The same 200 points are used four times: as they are; moved to a mean of $(3, 3)$; with the second input
# multiplied by 4; with both changes. Gradient descent starts at the same place, each time with a rate that is safe, 1 over the largest
# eigenvalue, $1/\lambda_{\max}$. Which of the two changes costs more steps? And both together?


# %% experiment="why_normalize" alt="Four contour plots of a squared error over two weights. For normalized inputs the contours are circles and gradient descent reaches the optimum in a few steps. For inputs that are not centred, and for inputs of different scales, the contours are long narrow ellipses and the path first falls into the valley and then crawls along it. With both changes the ellipses are narrowest."
def descend(x, start, optimum, most=500):
    """Weights along gradient descent on the squared error, until 1 % of the starting distance is left; shape (steps + 1, 2)."""
    curvature = x.T @ x / len(x)
    rate = 1 / torch.linalg.eigvalsh(curvature)[-1]
    path = [start]
    while (path[-1] - optimum).norm() > 0.01 * (start - optimum).norm() and len(path) <= most:
        path.append(path[-1] - rate * curvature @ (path[-1] - optimum))
    return torch.stack(path)


points = torch.randn(200, 2, generator=training.generator(0), dtype=torch.float64)
points = (points - points.mean(0)) / points.std(0, correction=0)
scales = torch.tensor([1.0, 4.0], dtype=torch.float64)
inputs = {
    "normalized": points,
    "not centred": points + 3,
    "different scales": points * scales,
    "both": (points + 3) * scales,
}
optimum = torch.tensor([0.0, 0.0], dtype=torch.float64)
start = torch.tensor([-1.6, 0.9], dtype=torch.float64)
grid = torch.linspace(-2, 2, 81, dtype=torch.float64)
weights = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), dim=-1)

figure, axes = plots.figure(1, 4, height=2.3, sharex=True, sharey=True)
print(f"{'inputs':<18}condition number   steps")
for ax, (name, x) in zip(axes, inputs.items(), strict=True):
    loss = ((weights - optimum) @ x.T).square().mean(dim=-1) / 2
    path = descend(x, start, optimum)
    levels = [0.01, 0.04, 0.1, 0.2, 0.35, 0.55, 0.8]
    ax.contour(grid, grid, loss / loss.max(), levels=levels, colors="#999999", linewidths=0.8)
    ax.plot(*path.T, color=plots.COLORS[1], marker="o", markersize=3, linestyle="-", linewidth=1)
    ax.plot(*optimum, color=plots.COLORS[0], marker="*", markersize=12, linestyle="none")
    ax.set(title=name, xlabel="weight $w_1$", aspect="equal")
    ax.grid(visible=False)
    eigenvalues = torch.linalg.eigvalsh(x.T @ x / len(x))
    print(f"{name:<18}{eigenvalues[-1] / eigenvalues[0]:>16.1f}{len(path) - 1:>8}")
axes[0].set_ylabel("weight $w_2$")
plots.show(
    "Gradient descent (dots) walks straight to the optimum (star) when the inputs are normalized; otherwise it falls into a narrow "
    "valley and crawls."
)

# %% [markdown]
# Both changes hurt about equally: each turns a handful of steps into dozens, and together they cost hundreds. This is a fact about one
# linear layer. That the same holds inside a deep network, whose layers feed each other and change together, is the *conjecture*
# behind batch normalization (Ioffe & Szegedy, 2015), which experiments support
# and which we test below.
#
# For the first layer the cure is old: normalize the data set once (LeCun et al., 1998). A hidden layer's inputs change whenever an
# earlier layer learns. The idea of the lecture: **force the inputs to be "nicely scaled" at each layer**, in every step:
#
# $$\hat x = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x]}} .$$
#
# The expectation is taken over whatever the layer can see: the current batch.

# %% [markdown]
# ## Batch normalization in training
#
# Given a batch $x \in \mathbb{R}^{N \times D}$ of $N$ examples with $D$ features, batch normalization gives every feature, that
# is every column, its own mean and variance over the batch:
#
# $$\mu_j = \frac1N \sum_{i=1}^N x_{ij}, \qquad \sigma_j^2 = \frac1N \sum_{i=1}^N (x_{ij} - \mu_j)^2, \qquad
# \hat x_{ij} = \frac{x_{ij} - \mu_j}{\sqrt{\sigma_j^2 + \varepsilon}} .$$
#
# Note the $\frac1N$ in the variance. `torch.var` divides by $N - 1$ unless told otherwise, for an *unbiased*
# estimate of the population's variance. Here we want the variance of *this batch*, so that $\hat x$ has variance 1 in it.
#
# The small $\varepsilon$ (PyTorch: $10^{-5}$) keeps a feature that is constant in the batch from being divided by zero. It has a price:
# the variance of $\hat x_j$ is $\sigma_j^2 / (\sigma_j^2 + \varepsilon)$, a little less than 1, and much less for a feature that hardly varies.
#
# > **On the slide.** $\sigma_j^2$ is labelled "per-channel std" wherever a slide of this part shows it. It is the variance; the standard
# > deviation is its square root, and mixing them up gives a layer that divides by the wrong thing.
#
# **Worked example.** Four examples, two features, $\varepsilon = 0$:
#
# | | feature 1 | feature 2 |
# |---|---|---|
# | $x$ | 1, 3, 5, 7 | 10, 20, 30, 40 |
# | $\mu$ | 16 / 4 = 4 | 100 / 4 = 25 |
# | $x - \mu$ | −3, −1, 1, 3 | −15, −5, 5, 15 |
# | $\sigma^2$ | (9 + 1 + 1 + 9) / 4 = 5 | (225 + 25 + 25 + 225) / 4 = 125 |
# | $\hat x$ | (−3, −1, 1, 3) / 2.236 | (−15, −5, 5, 15) / 11.18 |
#
# Both columns of $\hat x$ are $-1.342, -0.447, 0.447, 1.342$: location and spread are gone, only the pattern remains. PyTorch agrees:

# %% experiment="by_hand"
x = torch.tensor([[1.0, 10.0], [3.0, 20.0], [5.0, 30.0], [7.0, 40.0]], dtype=torch.float64)
print(F.batch_norm(x, None, None, training=True).numpy().round(3))

# %% [markdown]
# **What if mean 0 and variance 1 is too hard a constraint?** A sigmoid fed with such inputs is almost linear, for instance (Ioffe &
# Szegedy, 2015, section 3). So the layer ends with a scale and a shift that are learned like weights,
# $\gamma, \beta \in \mathbb{R}^D$:
#
# $$y_{ij} = \gamma_j \hat x_{ij} + \beta_j .$$
#
# The network can still choose any mean and scale, but as two numbers of their own, which gradient descent can move directly.
#
# > **On the slide.** "Learning $\gamma = \sigma, \beta = \mu$ will recover the identity function (in expectation)." Up to $\varepsilon$:
# > exact is $\gamma = \sqrt{\sigma^2 + \varepsilon}$, which matters for $\sigma = 0.001$ but not for $\sigma = 5$, as the next cell shows. "In
# > expectation", because $\gamma$ and $\beta$ are constants once learned, while the batch's own $\mu$ and $\sigma$ change with every batch.

# %% experiment="almost_the_identity"
unit = torch.randn(64, 1, generator=training.generator(1), dtype=torch.float64)
unit = (unit - unit.mean()) / unit.std(correction=0)
for sigma in (5.0, 0.001):
    x = 2 + sigma * unit
    gammas = torch.tensor([[sigma], [(sigma**2 + 1e-5) ** 0.5]], dtype=torch.float64)
    as_printed, exact = (F.batch_norm(x, None, None, gamma, x.mean(0), training=True) for gamma in gammas)
    error = ((as_printed - x).norm() / (x - x.mean()).norm()).item()
    identity = torch.allclose(exact, x, rtol=0, atol=1e-12)
    print(
        f"sigma = {sigma}: with gamma = sigma off by {error:.2g} sigma; with gamma = sqrt(sigma² + eps) exact: {identity}"
    )

# %% [markdown]
# ### Exercise: `batchnorm_train` (4 points, about 10 minutes)
#
# Write the forward pass in training. Return the statistics as well; the next parts need them.
#
# <details><summary>Hint 1: which axis?</summary>
#
# Ask how many means there are. $\mu_j$ has an index $j$ only, so there is one per feature: the average runs over the examples.
# </details>
#
# <details><summary>Hint 2: shapes</summary>
#
# A tensor of shape (D,) broadcasts against (N, D) along the last axis, which is what you want here for mean, variance, gamma and beta.
# </details>
#
# <details><summary>Hint 3: the variance</summary>
#
# `torch.var` has an argument `correction` (older name: `unbiased`). Which value makes it divide by $N$? Or take the mean of the squared
# deviations yourself.
# </details>


# %% exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    """Normalize each feature over the batch, then scale and shift.

    The arguments are not changed in place, the dtype is kept, and gradients flow to x, gamma and beta.

    Args:
        x: activations, shape (N, D).
        gamma: scale, shape (D,).
        beta: shift, shape (D,).
        eps: added to the variance.

    Returns:
        Tuple (y, mean, var): the output, shape (N, D); the mean of the batch and its biased variance, shape (D,) each.
    """
    ### BEGIN SOLUTION
    mean = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    return y, mean, var
    ### END SOLUTION


# %% given="check_of_batchnorm_train" folded="true"
def check_batchnorm_train(function, x, gamma, beta, eps):
    """Compare batchnorm_train with torch's batch normalization."""
    section = "Batch normalization in training"
    n, d = x.shape
    true_var, true_mean = torch.var_mean(x, dim=0, correction=0)

    def using(mean, var):
        return F.batch_norm(x, mean.expand(d), var.expand(d), gamma, beta, training=False, eps=eps)

    mistakes = {
        "the mean was not subtracted": using(torch.zeros_like(x[0]), true_var),
        "you averaged over the features of each example (layer normalization); average over the examples": [
            F.layer_norm(x, (d,), gamma, beta, eps),
            *([using(x.mean(1), x.var(1, correction=0))] if n == d else []),
        ],
        "mean and variance are those of the whole batch; every feature needs its own": [
            using(x.mean(), x.var(correction=0)),
            using(true_mean, x.var(correction=0)),
        ],
        "the squares of x itself were averaged; the variance is about the mean": using(true_mean, x.square().mean(0)),
    } | common_mistakes(
        lambda x, eps: F.batch_norm(x, None, None, training=True, eps=eps), x, gamma, beta, eps, true_var.sqrt(), n
    )
    variance_mistakes = {
        "it was divided by N - 1 (the default of torch.var); divide by N": true_var * n / (n - 1),
        "this is the standard deviation; return its square": [true_var.sqrt(), (true_var + eps).sqrt()],
        "eps was added to it; eps belongs under the root only": true_var + eps,
        "mean and var are returned in the wrong order": true_mean,
    }

    arguments = x.clone(), gamma.clone(), beta.clone()
    y, mean, var = returned_values(function(*arguments, eps), y=(n, d), mean=(d,), var=(d,))
    case = f"for x of shape {(n, d)} and eps={eps}"
    expected = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    expect_close(y, expected, what=f"y {case}", mistakes=mistakes, reread=section)
    wrong_order = {"mean and var are returned in the wrong order": true_var}
    expect_close(mean, true_mean, what=f"mean {case}", mistakes=wrong_order, reread=section)
    expect_close(var, true_var, what=f"var {case}", mistakes=variance_mistakes, reread=section)
    expect_untouched(arguments, (x, gamma, beta))


def check_batchnorm_train_further(function, x, gamma, beta):
    """Check the default of eps, the gradients, and that float32 stays float32."""
    leaves = {"x": x.clone(), "gamma": gamma.clone(), "beta": beta.clone()}
    shapes = {"y": x.shape, "mean": gamma.shape, "var": gamma.shape}
    y = returned_values(function(*(leaf.requires_grad_() for leaf in leaves.values())), **shapes)[0]
    expected = F.batch_norm(leaves["x"], None, None, leaves["gamma"], leaves["beta"], training=True)
    expect_close(y, expected, what="y with eps left out, which is 1e-5 then", reread="Batch normalization in training")
    statistics = torch.var_mean(x, dim=0, correction=0)[::-1]
    constants = F.batch_norm(leaves["x"], *statistics, leaves["gamma"], leaves["beta"])
    cut_off = {"mean and variance were cut off (.detach() or no_grad()); they depend on x too": constants}
    expect_gradients(y, expected, leaves, mistakes=cut_off, reread="Backpropagation through a batch")
    in_float32 = returned_values(function(x.float(), gamma.float(), beta.float(), 0.1), **shapes)
    expected = F.batch_norm(x, None, None, gamma, beta, training=True, eps=0.1), *statistics
    for name, got, right in zip(shapes, in_float32, expected, strict=True):
        expect_close(got, right.float(), what=f"{name} for float32 arguments", rtol=1e-3, atol=1e-4)


# %% test="batchnorm_train" points=1
for n, d, eps in [(6, 6, 0.1), (16, 3, 1e-3), (2, 5, 0.01)]:
    check_batchnorm_train(batchnorm_train, *example_batch(n, d), eps)
check_batchnorm_train_further(batchnorm_train, *example_batch(5, 4, size=0.1))

# %% hidden_test="batchnorm_train" points=3
import random

rng = random.Random(grading_seed() + 1)
# As many examples as features, two examples, many, one feature, more features than examples.
square, eps = rng.randint(4, 7), rng.choice([0.2, 0.3, 0.4])
cases = [(square, square, eps), (2, rng.randint(3, 6), 1e-3), (rng.randint(90, 140), rng.randint(12, 18), 0.05)]
cases += [(rng.randint(6, 9), 1, 1e-4), (3, rng.randint(7, 10), rng.choice([0.5, 0.6]))]
for k, (n, d, eps) in enumerate(cases):
    check_batchnorm_train(batchnorm_train, *example_batch(n, d, seed=grading_seed() + k), eps)
check_batchnorm_train_further(batchnorm_train, *example_batch(6, 3, seed=grading_seed(), size=0.1))


# %% [markdown]
# ## Backpropagation through a batch
#
# "This is a **differentiable function**, so we can use it as an operator in our networks and backprop through it!" PyTorch does it for
# you. It is worth doing once by hand, because the output of one example depends on *all* examples of the batch, so gradients
# flow between them.
#
# **Worked example: centring.** Take the simplest part, $c_i = x_i - \mu$ with $\mu = \frac1N \sum_k x_k$, for one feature. A change of
# $x_k$ moves $c_k$ directly, and moves *every* $c_i$ through the mean
# ($\delta_{ik}$ is 1 for $i = k$, else 0):
#
# $$\frac{\partial c_i}{\partial x_k} = \delta_{ik} - \frac1N
# \quad\Rightarrow\quad
# \frac{\partial L}{\partial x_k} = \sum_i \frac{\partial L}{\partial c_i} \Big(\delta_{ik} - \frac1N\Big)
# = \frac{\partial L}{\partial c_k} - \frac1N \sum_i \frac{\partial L}{\partial c_i} .$$
#
# Two paths, two terms. In words: to go back through centring, centre the gradient. With $N = 4$ and
# $\partial L / \partial c = (1, 0, 0, 3)$, whose mean is 1, it is $(0, -1, -1, 2)$. Autograd agrees:

# %% experiment="centring_by_hand"
x = torch.tensor([1.0, 3.0, 5.0, 7.0], requires_grad=True)
centred = x - x.mean()
centred.backward(torch.tensor([1.0, 0.0, 0.0, 3.0]))
print(x.grad)

# %% [markdown]
# Batch normalization has one more path, through the variance. Write the forward pass as a chain of small steps,
#
# $$x \to \mu \to x - \mu \to \sigma^2 \to \sqrt{\sigma^2 + \varepsilon} \to \hat x \to y ,$$
#
# and go back through it step by step, adding up what arrives at $x$ on each path: directly, through $\sigma^2$, through $\mu$. The
# gradients of $\gamma$ and $\beta$ are easier, but mind that one $\gamma_j$ serves all $N$ examples.
#
# Two facts let you check any result without autograd. Adding a constant to a feature does not change $y$, so the
# gradients $\partial L / \partial x_{1j}, \dots, \partial L / \partial x_{Nj}$ of feature $j$ **sum to zero**. And where $\varepsilon$ is
# negligible, multiplying all $x_{ij} - \mu_j$ of the feature by a positive constant does not change $y$ either, so these gradients are
# **orthogonal to** $\hat x_{1j}, \dots, \hat x_{Nj}$: batch normalization removes from the gradient exactly the two directions in which
# the layer cannot change anything.
#
# ### Exercise: `batchnorm_backward` (6 points, about 30 minutes)
#
# Derive the three gradients on paper, then write them down. PyTorch's automatic differentiation is switched off in the tests, and
# its names (`backward`, `autograd`, `requires_grad` and the like) are not allowed in your cell.
#
# <details><summary>Hint 1: start at the end</summary>
#
# From $y_{ij} = \gamma_j \hat x_{ij} + \beta_j$: what multiplies $\gamma_j$, what multiplies $\beta_j$, and over which examples does each act?
# And $\partial L / \partial \hat x_{ij} = \gamma_j \, \partial L / \partial y_{ij}$.
# </details>
#
# <details><summary>Hint 2: the path through the variance</summary>
#
# $\partial \hat x_i / \partial \sigma^2 = -\frac12 (x_i - \mu)(\sigma^2 + \varepsilon)^{-3/2}$ and
# $\partial \sigma^2 / \partial x_k = \frac2N (x_k - \mu)$. Multiply, sum over $i$, and recognise $\hat x$ in the result.
# </details>
#
# <details><summary>Hint 3: the form of the answer</summary>
#
# Per feature, $\partial L / \partial x$ is a factor times ($\partial L / \partial y$ minus a constant minus a multiple of $\hat x$). The
# constant must make the sum zero; the multiple must make it orthogonal to $\hat x$ (for $\varepsilon = 0$; the same formula then holds for any
# $\varepsilon$). You have already computed both, up to $\frac1N$.
# </details>


# %% exercise="batchnorm_backward" forbids="autograd"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    """The gradients of a loss through batch normalization in training mode, from a derivation by hand.

    The arguments are not changed in place and the dtype is kept. Nothing is left to automatic differentiation.

    Args:
        dy: gradient of the loss with respect to the output y, shape (N, D).
        x: the input of the forward pass, shape (N, D).
        gamma: scale of the forward pass, shape (D,).
        eps: added to the variance in the forward pass.

    Returns:
        Tuple (dx, dgamma, dbeta): the gradients with respect to x, shape (N, D), gamma and beta, shape (D,) each.
    """
    ### BEGIN SOLUTION
    inverse_std = torch.rsqrt(x.var(dim=0, correction=0) + eps)
    x_hat = (x - x.mean(dim=0)) * inverse_std
    dgamma = (dy * x_hat).sum(dim=0)
    dbeta = dy.sum(dim=0)
    dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
    return dx, dgamma, dbeta
    ### END SOLUTION


# %% given="check_of_batchnorm_backward" folded="true"
def autograd_gradients(loss_weights, x, gamma, forward):
    """The gradients of sum(loss_weights * forward(x, gamma, beta)) with respect to x, gamma and beta, by autograd."""
    leaves = [t.clone().requires_grad_() for t in (x, gamma, torch.zeros_like(gamma))]
    return torch.autograd.grad(forward(*leaves), leaves, loss_weights)


def batchnorm_gradients(dy, x, gamma, eps):
    """The right (dx, dgamma, dbeta)."""

    def forward(x, gamma, beta):
        return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)

    return autograd_gradients(dy, x, gamma, forward)


def backward_mistakes(dy, x, gamma, eps):
    """What common mistakes would give for dx, dgamma and dbeta: one dictionary each."""
    n = len(x)
    var, mean = torch.var_mean(x, dim=0, correction=0)
    bessel = (n - 1) / n
    std, x_hat = (var + eps).sqrt(), F.batch_norm(x, None, None, training=True, eps=eps)
    dx, dgamma, dbeta = batchnorm_gradients(dy, x, gamma, eps)

    # The gradient reaches x on three paths: directly, through the mean, through the variance.
    def constant(x, gamma, beta):
        return F.batch_norm(x, mean, var, gamma, beta, eps=eps)

    def constant_variance(x, gamma, beta):
        return F.batch_norm(x - x.mean(0), torch.zeros_like(mean), var, gamma, beta, eps=eps)

    direct = autograd_gradients(dy, x, gamma, constant)[0]
    no_variance = autograd_gradients(dy, x, gamma, constant_variance)[0]
    through_mean, through_variance = no_variance - direct, dx - no_variance
    shrink = ((var + eps) / (var / bessel + eps)).sqrt()
    in_dx = {
        "mean and variance were taken for constants, but both depend on every x": direct,
        "the path through the variance is missing": no_variance,
        "the path through the mean is missing": direct + through_variance,
        "sums stand where means over the batch belong; the mean's derivative is 1/N": [
            direct + n * (through_mean + through_variance),
            direct + n * through_mean + through_variance,
            direct + through_mean + n * through_variance,
        ],
        "a sign is wrong: both the path through the mean and the one through the variance are subtracted": [
            direct - through_mean - through_variance,
            direct - through_mean + through_variance,
            direct + through_mean - through_variance,
        ],
        "gamma is missing": dx / gamma,
        "gamma is missing on the paths through mean and variance": direct + (through_mean + through_variance) / gamma,
        "a factor of the path through the variance is wrong: the root brings 1/2, the square brings 2": [
            direct + through_mean + factor * through_variance for factor in (0.5, 2)
        ],
        "the power of var + eps is wrong on the path through the variance; -3/2 needs parentheses, or write -1.5": [
            direct + through_mean + factor * through_variance for factor in (std**-3 / 2, std**2)
        ],
        "x - mean stands where the normalized x belongs, on the path through the variance": (
            direct + through_mean + std * through_variance
        ),
        "the sum over the batch is missing on the path through the variance": (
            direct * (1 - x_hat.square() / n) + through_mean
        ),
        "the factor 1 / sqrt(var + eps) is missing": dx * std,
        "dx is divided by the variance; divide by sqrt(var + eps)": dx / std,
        "eps is missing under the root": batchnorm_gradients(dy, x, gamma, NO_EPS)[0],
        "eps is a fixed 1e-5; use the argument": batchnorm_gradients(dy, x, gamma, 1e-5)[0],
        "the variance was divided by N - 1 (the default of torch.var); the forward pass divides by N": [
            shrink * (direct + through_mean) + shrink**3 * through_variance,
            batchnorm_gradients(dy, x, gamma, eps * bessel)[0] * bessel**0.5,
        ],
    }
    in_dgamma = {
        "it was averaged over the batch; every example adds to the loss, so sum": dgamma / n,
        "dy was multiplied by x; gamma multiplies the normalized x": (dy * x).sum(0),
        "dy was multiplied by x - mean, which is not yet divided by sqrt(var + eps)": dgamma * std,
        "dy was multiplied by y; gamma multiplies the normalized x": dgamma * gamma,
        "eps is missing under the root": batchnorm_gradients(dy, x, gamma, NO_EPS)[1],
        "eps is a fixed 1e-5; use the argument": batchnorm_gradients(dy, x, gamma, 1e-5)[1],
        "the variance was divided by N - 1 (the default of torch.var); the forward pass divides by N": (
            (dy * x_hat * shrink).sum(0)
        ),
        "the sum over the batch is missing": dy * x_hat,
        "dgamma and dbeta are returned in the wrong order": dbeta,
    }
    in_dbeta = {
        "it was averaged over the batch; every example adds to the loss, so sum": dbeta / n,
        "it was multiplied by gamma; beta is added after gamma has multiplied": dbeta * gamma,
        "the sum over the batch is missing": dy,
        "dgamma and dbeta are returned in the wrong order": dgamma,
    }
    return in_dx, in_dgamma, in_dbeta


def check_batchnorm_backward(function, x, gamma, eps, dy, dtype=torch.float64):
    """Compare batchnorm_backward with automatic differentiation of torch's batch normalization."""
    expected = batchnorm_gradients(dy, x, gamma, eps)
    mistakes = backward_mistakes(dy, x, gamma, eps)
    tolerance = {} if dtype == torch.float64 else {"rtol": 1e-3, "atol": 1e-4}
    copies = [t.to(dtype) for t in (dy, x, gamma)]
    arguments = [t.clone() for t in copies]
    with torch.no_grad():
        results = returned_values(function(*arguments, eps), dx=x.shape, dgamma=gamma.shape, dbeta=gamma.shape)
    # dgamma and dbeta first: dx is made of them.
    for k, name in [(2, "dbeta"), (1, "dgamma"), (0, "dx")]:
        expect_close(
            results[k],
            expected[k].to(dtype),
            what=f"{name} for x of shape {tuple(x.shape)} and eps={eps}",
            mistakes=mistakes[k],
            reread="Backpropagation through a batch",
            **tolerance,
        )
    expect_untouched(arguments, copies)


def check_default_of_eps(function, x, gamma, dy):
    """Compare batchnorm_backward with automatic differentiation when eps is left out."""
    shapes = {"dx": x.shape, "dgamma": gamma.shape, "dbeta": gamma.shape}
    with torch.no_grad():
        results = returned_values(function(dy.clone(), x.clone(), gamma.clone()), **shapes)
    for name, got, right in zip(shapes, results, batchnorm_gradients(dy, x, gamma, 1e-5), strict=True):
        expect_close(
            got, right, what=f"{name} with eps left out, which is 1e-5 then", reread="Backpropagation through a batch"
        )


# %% test="batchnorm_backward" points=2
for n, d, eps in [(6, 6, 0.1), (16, 3, 1e-3), (3, 5, 0.01)]:
    x, gamma, _ = example_batch(n, d)
    dy = example_batch(n, d, seed=1)[0]
    check_batchnorm_backward(batchnorm_backward, x, gamma, eps, dy)
check_batchnorm_backward(batchnorm_backward, x, gamma, 0.1, dy, dtype=torch.float32)
check_default_of_eps(batchnorm_backward, 0.1 * x, gamma, dy)

# %% hidden_test="batchnorm_backward" points=4
import random

rng = random.Random(grading_seed() + 2)
# As many examples as features, two examples, many, one feature, more features than examples.
square, eps = rng.randint(4, 7), rng.choice([0.2, 0.3, 0.4])
cases = [(square, square, eps), (2, rng.randint(3, 6), 0.2), (rng.randint(50, 70), rng.randint(6, 10), 0.05)]
cases += [(rng.randint(6, 9), 1, 1e-4), (3, rng.randint(7, 10), rng.choice([0.5, 0.6]))]
for k, (n, d, eps) in enumerate(cases):
    x, gamma, _ = example_batch(n, d, seed=grading_seed() + k)
    dy = example_batch(n, d, seed=grading_seed() + 100 + k)[0]
    check_batchnorm_backward(batchnorm_backward, x, gamma, eps, dy)
check_batchnorm_backward(batchnorm_backward, x, gamma, 0.1, dy, dtype=torch.float32)
check_default_of_eps(batchnorm_backward, 0.1 * x, gamma, dy)


# %% [markdown]
# ## Batch normalization at test time
#
# "**Problem:** estimates depend on minibatch; can't do this at test-time." A single image has no batch, and no
# prediction should depend on which other images are in the queue. The remedy: at test time, replace $\mu$ and $\sigma^2$ by fixed
# numbers, averages of the values seen during training. Frameworks keep them as **running averages**, updated in every training step:
#
# $$\mu_{\text{run}} \leftarrow (1 - m)\, \mu_{\text{run}} + m\, \mu, \qquad
# \sigma^2_{\text{run}} \leftarrow (1 - m)\, \sigma^2_{\text{run}} + m\, \tfrac{n}{n-1} \sigma^2 ,$$
#
# with $n$ the number of values that $\mu$ and $\sigma^2$ are taken over, here $n = N$. Five details, in which implementations differ and
# students' code goes wrong:
#
# * **Momentum.** In PyTorch $m$ = `momentum` = 0.1 is the weight of the *new* value. (In `torch.optim.SGD`, and in Keras' batch
#   normalization, "momentum" is the weight of the old one.)
# * **Start.** PyTorch starts the mean at 0 and the variance at 1.
# * **Unbiased.** The running variance estimates the variance of the *population*, so here the factor $n / (n - 1)$ is right. The batch
#   itself is still normalized with the biased variance. (The paper does the same: Ioffe & Szegedy, 2015, Algorithm 2.)
# * **A batch of one.** With $n = 1$ that factor divides by zero, and `BatchNorm1d` raises an error for a single example in training.
#   `BatchNorm2d` does not, if the image has more than one pixel: it averages over the $H \cdot W$ pixels too (next section).
# * **Not a parameter.** Running averages are changed by the forward pass, not by the optimizer; they carry no gradient, but must be saved
#   with the weights. In PyTorch this is a *buffer*.
#
# > **On the slide.** The update is printed as $\mu^{test}_j = 0$, then $\mu^{test}_j = 0.99\, \mu^{test}_j + 0.01\, \mu_j$. This is
# > `momentum=0.01` in PyTorch. Starting at 0 biases the average: after $t$ steps it has reached only $1 - 0.99^t$ of
# > the true mean. "(Similar for $\sigma$)" needs care: average the variance, not the standard deviation, and do not start it
# > at 0, or early on you divide by far too little: by about $\sigma / 10$ after the first step.
#
# **Predict first.** A feature has mean 3 and variance 4; batches hold 32 examples. After 100 steps, how close to 3 is the slide's average,
# and how close is PyTorch's default?


# %% experiment="running_averages" alt="Two plots over 500 training steps, of the running mean and of the running variance. The slide's average starts at zero and rises slowly to the true values, still a third short after 100 steps. PyTorch's default is there after about 40 steps but keeps jittering around the true value."
steps = 500
rules = {"slide: 0.01, from 0": (0.01, 0.0, 0.0), "PyTorch: 0.1, from 0 and 1": (0.1, 0.0, 1.0)}
batches = 3 + 2 * torch.randn(steps, 32, generator=training.generator(0), dtype=torch.float64)
curves = {}
for name, (m, mean, var) in rules.items():
    history = []
    for batch in batches:
        mean, var = mean + m * (batch.mean().item() - mean), var + m * (batch.var().item() - var)
        history.append((mean, var))
    curves[name] = torch.tensor(history).T

figure, axes = plots.figure(1, 2, height=2.9)
for k, (ax, what, truth) in enumerate(zip(axes, ("running mean", "running variance"), (3, 4), strict=True)):
    ax.axhline(truth, color="black", linewidth=0.8)
    plots.lines(ax, range(1, steps + 1), {n: c[k] for n, c in curves.items()}, xlabel="training step", ylabel=what)
axes[0].legend(title="weight of the new value", loc="lower right")
axes[1].get_legend().remove()
print(f"{'running mean, variance':<26}   after 40 steps   after 100")
for name, (mean, var) in curves.items():
    print(f"{name:<26}{mean[39]:>11.2f}, {var[39]:.2f}{mean[99]:>6.2f}, {var[99]:.2f}")
needed = next(t for t in range(1, steps) if 1 - 0.99**t >= 0.99)
print(f"share of the true mean, 1 - 0.99^t: {100 * (1 - 0.99**100):.0f} % after 100 steps; 99 % takes {needed} steps")
plots.show(
    "The slide's rule is smooth but takes hundreds of steps to forget its start at 0; PyTorch's default forgets within about 40 steps, "
    "but keeps jittering."
)

# %% [markdown]
# Neither is wrong: a small $m$ averages over more batches, but takes its time. Two cures for the bias are to divide
# by $1 - 0.99^t$, as Adam does with its averages, or to average over many batches after training ends, as
# the original paper did (Ioffe & Szegedy, 2015, Algorithm 2) and Wu & Johnson (2021) recommend.
#
# ## Batch normalization for convolutional networks
#
# In a convolutional network $x$ has shape $(N, C, H, W)$, and all pixels of a channel come from the same filter. They are treated alike: one
# mean and one variance per **channel**, over all $n = N \cdot H \cdot W$ values, so $\mu, \sigma, \gamma, \beta$ have shape
# $1 \times C \times 1 \times 1$. With $C = 64$ and $56 \times 56$ pixels, even a batch of two averages over 6272 values.
#
# > **On the slide.** $y = \frac{(x - \mu)}{\sigma} \gamma + \beta$, here and for the layers that follow, leaves $\varepsilon$ out. It is still there:
# > $\sigma$ stands for $\sqrt{\sigma^2 + \varepsilon}$.
#
# **Where it goes.** The slide: "Usually inserted after Fully Connected or Convolutional layers, and before nonlinearity", as the paper did
# (Ioffe & Szegedy, 2015, section 3.2): conv, batch norm, ReLU. The bias of that convolution is then useless: it shifts all values of
# a channel alike, and the mean that is subtracted takes it away again. So write `bias=False`; $\beta$ does its work.
#
# **Worked example.** A new layer with one feature and `momentum=0.5`. The first batch is $(2, 4)$: in training it is normalized with its own mean
# 3, and the running mean goes from 0 to $0.5 \cdot 0 + 0.5 \cdot 3 = 1.5$. The next batch has mean 5: the running mean becomes
# $0.5 \cdot 1.5 + 0.5 \cdot 5 = 3.25$. In evaluation mode 3.25 is subtracted from every batch, and stays as it is.
#
# ### Exercise: `BatchNorm` (8 points, about 30 minutes)
#
# Write a module that can replace `nn.BatchNorm1d` and `nn.BatchNorm2d`, with the same names for its parameters and buffers.
#
# <details><summary>Hint 1: what goes into <code>__init__</code></summary>
#
# `nn.Parameter(tensor)` for what the optimizer trains; `self.register_buffer("name", tensor)` for what is saved but not trained. Both
# are then attributes, such as `self.running_mean`.
# </details>
#
# <details><summary>Hint 2: two modes</summary>
#
# `self.training` is set by `train()` and `eval()`; nothing else tells the mode, not even whether gradients are on. The two modes differ
# in where mean and variance come from, and in the update. The rest is the same formula.
# </details>
#
# <details><summary>Hint 3: two shapes, and the update</summary>
#
# Average over every axis but axis 1, then bring statistics and parameters to shape (1, C) or (1, C, 1, 1) before you use them. Update under
# `torch.no_grad()`. The number of values per channel is `x.numel() / x.shape[1]`.
# </details>


# %% exercise="BatchNorm"
class BatchNorm(nn.Module):
    """Batch normalization for fully-connected and convolutional layers, as torch.nn.BatchNorm1d and 2d do it.

    In training mode it normalizes with the statistics of the batch and updates the running ones; in evaluation mode it
    uses the running ones and changes nothing. It has

    * parameters ``weight`` (gamma, starts at 1) and ``bias`` (beta, starts at 0), shape (C,) each;
    * buffers ``running_mean`` (starts at 0) and ``running_var`` (starts at 1), shape (C,) each, which move by
      ``running = (1 - momentum) * running + momentum * new`` and carry no gradient; ``running_var`` takes in the
      unbiased variance of the batch. A buffer ``num_batches_tracked`` may be there or not.
    """

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        """Make the parameters and buffers.

        Args:
            num_features: C.
            eps: added to the variance.
            momentum: the share of the new statistics in the running ones.
        """
        super().__init__()
        ### BEGIN SOLUTION
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        ### END SOLUTION

    def forward(self, x):
        """Normalize x of shape (N, C) or (N, C, H, W); the result has the same shape. x is not changed in place."""
        ### BEGIN SOLUTION
        axes = [axis for axis in range(x.ndim) if axis != 1]
        if self.training:
            mean, var = x.mean(dim=axes), x.var(dim=axes, correction=0)
            self._update(mean, var, count=x.numel() // x.shape[1])
        else:
            mean, var = self.running_mean, self.running_var
        scale = self.weight / torch.sqrt(var + self.eps)
        shape = (1, -1) + (1,) * (x.ndim - 2)
        return (x - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)

    @torch.no_grad()
    def _update(self, mean, var, count):
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(var * count / (count - 1), self.momentum)
        ### END SOLUTION


# %% given="check_of_BatchNorm" folded="true"
STATE_NAMES = ["weight", "bias", "running_mean", "running_var"]


def check_names(layer, channels):
    """Check which parameters and buffers a new BatchNorm has, and where they start."""
    section = "Batch normalization at test time"
    state = layer.state_dict()
    expect_equal(
        sorted(name for name in state if name != "num_batches_tracked"),
        sorted(STATE_NAMES),
        what="the list of names in state_dict()",
        mistakes={
            "the running statistics are plain attributes; use self.register_buffer": [["bias", "weight"]],
            "weight and bias are plain tensors; wrap them in nn.Parameter": [["running_mean", "running_var"]],
            "nothing is registered; use nn.Parameter and self.register_buffer": [[]],
            "the parameters are named gamma and beta; name them weight and bias, as torch does": [
                ["beta", "gamma", "running_mean", "running_var"]
            ],
        },
        reread=section,
    )
    expect_equal(
        len(list(layer.parameters())),
        2,
        what="the number of parameters",
        mistakes={
            "the running statistics are parameters, so that an optimizer would change them; make them buffers": 4,
            "weight and bias are buffers, so that no optimizer would train them; make them nn.Parameter": 0,
        },
        reread=section,
    )
    for name, start in {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}.items():
        expect_shape(state[name], (channels,), what=f"{name} of a new layer", reread=section)
        likely = {f"it starts at {1 - start}": torch.full((channels,), 1.0 - start)}
        start = torch.full((channels,), float(start))
        # A new layer has torch's default dtype, which may have been set to another.
        expect_close(
            state[name], start, what=f"{name} of a new layer", mistakes=likely, reread=section, check_dtype=False
        )


def matching_layers(module, channels, ndim, eps, momentum, seed):
    """A BatchNorm and torch's own layer, both in float64 and with the same parameters and running statistics."""
    check_names(module(channels), channels)
    generator = torch.Generator().manual_seed(seed)
    running = torch.rand(2, channels, generator=generator, dtype=torch.float64) + 0.2
    state = dict(zip(STATE_NAMES, (*scale_and_shift(channels, generator), *running), strict=True))
    mine = module(channels, eps=eps, momentum=momentum)
    reference = (nn.BatchNorm1d if ndim == 2 else nn.BatchNorm2d)(channels, eps=eps, momentum=momentum)
    for layer in (mine, reference):
        layer.double()
        layer.load_state_dict(state, strict=False)
    return mine, reference


def channel_statistics(x):
    """Biased variance and mean of each channel, and how many values they are taken over."""
    axes = [0, *range(2, x.ndim)]
    return *torch.var_mean(x, dim=axes, correction=0), x.numel() // x.shape[1]


def module_mistakes(reference, x, training):
    """What common mistakes would give for the output of the next call of reference(x)."""
    gamma, beta, mean, var = (reference.state_dict()[name].clone() for name in STATE_NAMES)
    batch_var, batch_mean, count = channel_statistics(x)
    eps, m = reference.eps, reference.momentum

    def using(mean, var):
        return F.batch_norm(x, mean.expand(len(gamma)), var.expand(len(gamma)), gamma, beta, eps=eps)

    if training:
        mistakes = {
            "the running statistics were used; in training mode take those of the batch": [
                using(mean, var),
                using(torch.lerp(mean, batch_mean, m), torch.lerp(var, batch_var * count / (count - 1), m)),
            ],
            "mean and variance are those of the whole batch; every channel needs its own": using(
                x.mean(), x.var(correction=0)
            ),
            "mean and variance were taken within each example (layer normalization); take them over the batch": (
                F.group_norm(x, 1, gamma, beta, eps)
            ),
        }
        std, normalize = batch_var.sqrt(), lambda x, eps: F.batch_norm(x, None, None, training=True, eps=eps)
    else:
        mistakes = {
            "the statistics of the batch were used; in evaluation mode take the running ones": [
                using(batch_mean, batch_var),
                using(batch_mean, batch_var * count / max(count - 1, 1)),
            ],
            "the mean is the batch's; in evaluation mode take the running one": using(batch_mean, var),
            "the variance is the batch's; in evaluation mode take the running one": using(mean, batch_var),
            "x was divided by running_var + eps, not by its root": using(mean, (var + eps) ** 2 - eps),
        }
        std, normalize, count = var.sqrt(), lambda x, eps: F.batch_norm(x, mean, var, eps=eps), 10**12
    if x.ndim == 4:
        mixed, statistics = x.reshape(-1, len(gamma)), (None, None) if training else (mean, var)
        mistakes[
            "reshape(-1, C) puts values of different channels into one column; bring axis 1 to the end before it"
        ] = F.batch_norm(mixed, *statistics, gamma, beta, training=training, eps=eps).view(x.shape)
    if training and x.ndim == 4 and len(x) > 1:
        pixels = [t.repeat_interleave(x[0, 0].numel()) for t in (gamma, beta)]
        mistakes |= {
            "mean and variance were taken within each image (instance normalization); average over the batch too": (
                F.instance_norm(x, weight=gamma, bias=beta, eps=eps)
            ),
            "every pixel has its own mean and variance; all pixels of a channel share them": F.batch_norm(
                x.flatten(1), None, None, *pixels, training=True, eps=eps
            ).view(x.shape),
        }
    gamma, beta, std = (along_channels(t, x) for t in (gamma, beta, std))
    return mistakes | common_mistakes(normalize, x, gamma, beta, eps, std, count)


def running_mistakes(old, new, momentum):
    """What common mistakes would give for a running statistic that goes from old towards new.

    Args:
        new: from the clause that names a mistake in the new value ("" for none) to the values that it gives.
    """

    def moved(value, share):
        return (1 - share) * old + share * value

    values = [value for some in new.values() for value in some]
    return {
        **{clause: [moved(value, momentum) for value in some] for clause, some in new.items() if clause},
        "momentum is the wrong way round; the new value has the weight momentum, the old one 1 - momentum": [
            moved(value, 1 - momentum) for value in values
        ],
        "it did not change; training mode moves it, with or without gradients": old,
        "it became the value of this batch; move it there by the share momentum": values,
        "momentum is a fixed 0.1; use the argument": [moved(value, 0.1) for value in values],
        "the old value keeps its full weight; multiply it by 1 - momentum": [old + momentum * v for v in values],
    }


def check_training_step(mine, reference, x):
    """Compare a step in training mode: the output, and the running statistics after it."""
    section = "Batch normalization for convolutional networks" if x.ndim == 4 else "Batch normalization in training"
    mine.train()
    reference.train()
    _, _, old_mean, old_var = (reference.state_dict()[name].clone() for name in STATE_NAMES)
    mistakes = module_mistakes(reference, x, training=True)
    given, case = x.clone(), f"for x of shape {tuple(x.shape)}"
    expect_close(
        mine(given), reference(x), what=f"the output in training mode {case}", mistakes=mistakes, reread=section
    )
    expect_untouched([given], [x])
    var, mean, count = channel_statistics(x)
    unbiased = var * count / (count - 1)
    means = {"": [mean]}
    variances = {
        "": [unbiased],
        "the biased variance went in; multiply it by n / (n - 1), n being the number of values per channel": [var],
        "in n / (n - 1), n is the batch size; count all values of a channel, N * H * W": [
            var * len(x) / max(len(x) - 1, 1)
        ],
        "in n / (n - 1), n is not the number of values per channel, N * H * W": [
            var * n / max(n - 1, 1) for n in (x.numel(), x[0, 0].numel())
        ],
        "the standard deviation went in; average the variance": [unbiased.sqrt(), var.sqrt()],
        "eps went in; it belongs under the root only": [unbiased + reference.eps, var + reference.eps],
    }
    for name, old, new in [("running_mean", old_mean, means), ("running_var", old_var, variances)]:
        expect_close(
            getattr(mine, name),
            getattr(reference, name),
            what=f"{name} after a step with momentum={reference.momentum} {case}",
            mistakes=running_mistakes(old, new, reference.momentum),
            reread="Batch normalization at test time",
        )


def check_mode(mine, reference, x):
    """Check that self.training decides in training mode, not whether gradients are recorded."""
    state = reference.state_dict()
    gamma, beta, mean, var = (state[name] for name in STATE_NAMES)
    running = F.batch_norm(x, mean, var, gamma, beta, eps=reference.eps)
    mine.train()
    reference.train()
    with torch.no_grad():
        expect_close(
            mine(x),
            reference(x),
            what="the output in training mode under torch.no_grad()",
            mistakes={"the mode was read from torch.is_grad_enabled(); self.training says which it is": running},
            reread="Batch normalization at test time",
        )


def check_switching(mine, reference, x):
    """Check each way of changing the mode: self.training follows, and the output with it."""
    gamma, beta, mean, var = (reference.state_dict()[name].clone() for name in STATE_NAMES)
    start = dict(zip(STATE_NAMES, (gamma, beta, mean, var), strict=True))
    outputs = {
        True: F.batch_norm(x, None, None, gamma, beta, training=True, eps=reference.eps),
        False: F.batch_norm(x, mean, var, gamma, beta, eps=reference.eps),
    }
    likely = (
        "train() or eval() was written anew, or the mode is kept elsewhere; nn.Module does it all, and eval() of a "
        "network calls train(False) of its layers: read self.training"
    )
    for name, arguments in [("train", [False]), ("train", [True]), ("eval", []), ("train", [])]:
        mine.load_state_dict(start, strict=False)
        getattr(mine, name)(*arguments)
        training_now = name == "train" and arguments != [False]
        call = f"{name}({', '.join(map(str, arguments))})"
        expect_close(
            mine(x),
            outputs[training_now],
            what=f"the output after {call}",
            mistakes={likely: outputs[not training_now]},
            reread="Batch normalization at test time",
        )
        expect_true(mine.training is training_now, what=f"self.training is {training_now} after {call}", likely=likely)


def check_new_layer(module, x, mode, *settings):
    """Check a layer as it is made, without a change of its dtype, with eps and momentum left out or by position.

    Args:
        mode: "train" or "eval".
        settings: eps and momentum, or nothing.
    """
    channels = x.shape[1]
    mine, other = module(channels, *settings), module(channels, *settings)
    dtype = mine.weight.dtype  # float32, unless torch's default dtype was set to another
    torch_layer = nn.BatchNorm1d if x.ndim == 2 else nn.BatchNorm2d
    reference = torch_layer(channels, *settings).to(dtype)
    eps, momentum = reference.eps, reference.momentum
    mistaken = {
        "eps and momentum changed places; the order is num_features, eps, momentum": torch_layer(
            channels, momentum, eps
        ),
        "momentum is the wrong way round; it is the share of the new value": torch_layer(channels, eps, 1 - momentum),
    }

    def results(layer):
        getattr(layer, mode)()
        return layer(x.to(dtype)), layer.running_mean, layer.running_var

    came, right = results(mine), results(reference)
    wrong = {clause: results(layer.to(dtype)) for clause, layer in mistaken.items()}
    made = f"a new BatchNorm({', '.join(map(str, (channels, *settings)))}), that is, with {eps=} and {momentum=}"
    for k, name in enumerate(("the output", "running_mean", "running_var")):
        expect_close(
            came[k],
            right[k],
            what=f"{name} of {made}, after a batch in {mode} mode",
            mistakes={clause: values[k] for clause, values in wrong.items()},
            rtol=1e-4,
            atol=1e-5,
            reread="Batch normalization at test time",
        )
    check_untouched_by_another(other, mine)


def check_untouched_by_another(layer, stepped):
    """Check that a new layer is as it was made, after another one has taken a step."""
    state, shared = layer.state_dict(), stepped.state_dict()
    for name, start in {"running_mean": 0.0, "running_var": 1.0}.items():
        expect_close(
            state[name],
            torch.full_like(state[name], start),
            what=f"{name} of a second layer, after a step of the first",
            mistakes={"both layers hold the same tensor; make a new one in __init__ for each": shared[name]},
            reread="Batch normalization at test time",
        )


def check_evaluation(mine, reference, x):
    """Compare a forward pass in evaluation mode, and check that it changes nothing."""
    mine.eval()
    reference.eval()
    mistakes = module_mistakes(reference, x, training=False)
    before = {name: getattr(mine, name).clone() for name in ("running_mean", "running_var")}
    given, what = x.clone(), f"the output in evaluation mode for x of shape {tuple(x.shape)}"
    expect_close(mine(given), reference(x), what=what, mistakes=mistakes, reread="Batch normalization at test time")
    expect_untouched([given], [x])
    for name, value in before.items():
        expect_true(
            torch.equal(getattr(mine, name), value),
            what=f"{name} stays as it is in evaluation mode",
            likely="it is updated whatever the mode; only a step in training mode may change it",
            reread="Batch normalization at test time",
        )


def check_module_gradients(mine, reference, x):
    """Compare the gradients of x, weight and bias in both modes; the running statistics carry none."""
    section = "Batch normalization at test time"
    state = {name: value.clone() for name, value in reference.state_dict().items() if name in STATE_NAMES}
    weights = torch.linspace(-1, 2, x.numel(), dtype=x.dtype).view(x.shape)
    for mode in ("train", "eval"):
        for layer in (mine, reference):
            layer.load_state_dict(state, strict=False)
            getattr(layer, mode)()
            layer.zero_grad()
        mistakes = module_mistakes(reference, x, training=mode == "train")
        leaves = [x.clone().requires_grad_() for _ in range(2)]
        got, expected = outs = mine(leaves[0]), reference(leaves[1])
        expect_close(got, expected, what=f"the output after {mode}()", mistakes=mistakes, reread=section)
        expect_true(
            got.requires_grad,
            what=f"gradients flow through the layer after {mode}()",
            likely="the output was computed under torch.no_grad(), or went through .detach() or .data",
        )
        expect_true(
            not (mine.running_mean.requires_grad or mine.running_var.requires_grad),
            what="the running statistics carry no gradient",
            likely="they were updated with tensors that require gradients; update them under torch.no_grad()",
            reread=section,
        )
        for out in outs:
            (out * weights).sum().backward()
        pairs = {
            "x": (leaves[0].grad, leaves[1].grad),
            "weight": (mine.weight.grad, reference.weight.grad),
            "bias": (mine.bias.grad, reference.bias.grad),
        }
        constants = F.batch_norm(
            leaves[1], *channel_statistics(x)[1::-1], reference.weight, reference.bias, eps=reference.eps
        )
        cut_off = "mean and variance of the batch were cut off (.detach() or no_grad()); they depend on x too"
        for name, (mine_grad, true_grad) in pairs.items():
            likely = "it was used through .detach() or .data, or does not require a gradient"
            expect_true(mine_grad is not None, what=f"a gradient reaches {name} after {mode}()", likely=likely)
            expect_close(
                mine_grad,
                true_grad,
                what=f"the gradient of {name} after {mode}()",
                mistakes={cut_off: torch.autograd.grad(constants, leaves[1], weights, retain_graph=True)[0]},
                reread="Backpropagation through a batch",
            )


def check_saving(module, mine, eps, x):
    """Check that a new layer that loads the state of a trained one computes the same, whenever it loads it."""
    section = "Batch normalization at test time"
    early, late = module(x.shape[1], eps=eps), module(x.shape[1], eps=eps)
    state = dict(mine.state_dict())
    gamma, beta, mean, var = (state[name].detach().clone() for name in STATE_NAMES)
    expected = F.batch_norm(x, mean, var, gamma, beta, eps=eps)
    mine.eval()
    expect_close(mine(x), expected, what="the output of a trained layer, compared with its state", reread=section)
    early.double()
    early.load_state_dict(state)
    early.eval()
    what = "the output of a new layer that loaded the state of a trained one"
    expect_close(early(x), expected, what=what, reread=section)

    late.double()
    late.eval()
    late(x)
    late.load_state_dict(state)
    one, zero = torch.ones_like(gamma), torch.zeros_like(gamma)
    kept = [(mean, one, gamma, beta), (mean, one, one, beta), (zero, one, gamma, beta), (zero, one, one, zero)]
    expect_close(
        late(x),
        expected,
        what=f"{what}, after eval()",
        mistakes={
            "something made of the statistics is kept from eval() on and gets stale; compute it in every forward pass": [
                F.batch_norm(x, *old, eps=eps) for old in kept
            ]
        },
        reread=section,
    )


# %% test="BatchNorm" points=1
# In training mode: the output, and the running statistics after every step.
mine, reference = matching_layers(BatchNorm, 3, ndim=2, eps=0.1, momentum=0.3, seed=0)
for n in (8, 5, 2):
    check_training_step(mine, reference, example_batch(n, 3, seed=n)[0])
mine, reference = matching_layers(BatchNorm, 3, ndim=4, eps=0.01, momentum=0.2, seed=1)
for n, h, w in [(4, 5, 2), (2, 3, 3), (1, 4, 6)]:
    check_training_step(mine, reference, example_images(n, 3, h, w, seed=n)[0])
check_mode(mine, reference, example_images(4, 3, 2, 5)[0])
for settings in [(), (0.2, 0.3)]:
    check_new_layer(BatchNorm, example_batch(6, 3, size=0.1)[0], "train", *settings)

# %% test="BatchNorm" points=1
# In evaluation mode: the output, also for a batch of one, and no update.
for ndim in (2, 4):
    mine, reference = matching_layers(BatchNorm, 3, ndim, eps=0.1, momentum=0.3, seed=2)
    for n in (6, 1):
        x = example_batch(n, 3)[0] if ndim == 2 else example_images(n, 3, 4, 2)[0]
        check_evaluation(mine, reference, x)
for settings in [(), (0.2, 0.3)]:
    check_new_layer(BatchNorm, example_batch(6, 3)[0], "eval", *settings)

# %% test="BatchNorm" points=1
# Gradients, going back and forth between the modes, saving and loading.
mine, reference = matching_layers(BatchNorm, 3, ndim=4, eps=0.1, momentum=0.3, seed=3)
x = example_images(4, 3, 2, 5)[0]
check_module_gradients(mine, reference, x)
check_switching(mine, reference, x)
check_saving(BatchNorm, mine, 0.1, x)

# %% hidden_test="BatchNorm" points=5
import random

seed = grading_seed()
rng = random.Random(seed + 3)
few, more = rng.sample(range(3, 7), 2)
settings = [(few, rng.choice([0.2, 0.3]), rng.choice([0.25, 0.35])), (1, 1e-3, rng.choice([0.6, 0.7]))]
settings += [(more, 0.05, rng.choice([0.03, 0.04]))]
for k, (channels, eps, momentum) in enumerate(settings):
    flat = matching_layers(BatchNorm, channels, 2, eps, momentum, seed + k)
    images = matching_layers(BatchNorm, channels, 4, eps, momentum, seed + k)
    for n in (3, 2, rng.randint(12, 18)):
        check_training_step(*flat, example_batch(n, channels, seed=seed + n)[0])
    side = rng.randint(3, 5)
    for n, h, w in [(3, side, side), (2, rng.randint(5, 7), 1), (1, 2, rng.randint(4, 6))]:
        check_training_step(*images, example_images(n, channels, h, w, seed=seed + n)[0])
    for n in (rng.randint(6, 9), 1):
        check_evaluation(*flat, example_batch(n, channels, seed=seed + 20)[0])
        check_evaluation(*images, example_images(n, channels, 3, 2, seed=seed + 20)[0])
    x = example_images(3, channels, 2, 4, seed=seed + 30)[0]
    check_module_gradients(*images, x)
    check_training_step(*images, x + 1)
    check_switching(*images, x)
    check_saving(BatchNorm, images[0], eps, x)
# What does not depend on the number of channels.
check_module_gradients(*flat, example_batch(5, channels, seed=seed + 30)[0])
check_mode(*flat, example_batch(4, channels, seed=seed)[0])
check_mode(*images, example_images(4, channels, 3, 2, seed=seed)[0])
for mode in ("train", "eval"):
    check_new_layer(BatchNorm, 0.1 * x, mode)
    check_new_layer(BatchNorm, x, mode, eps, momentum)


# %% [markdown]
# ### The famous bug: a forgotten `eval()`
#
# "Behaves differently during training and testing: this is **very common source of bugs!**" We train a small
# convolutional network on 1300 handwritten digits and measure its accuracy on the 497 test digits twice: properly, and without `eval()`.
#
# **Predict first.** Without `eval()`, each test batch is normalized with its own statistics. Does that matter with batches of 64? Of 2?
# Of 1? And what if the test set is sorted, so that a batch holds only one kind of digit?


# %% experiment="networks"
def initialize(network, seed, scale=1.0):
    """Draw all weights as He et al. (2015) do, times a factor; biases start at 0."""
    source = training.generator(seed)
    for layer in network.double().modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            std = scale * (2 / layer.weight[0].numel()) ** 0.5
            nn.init.normal_(layer.weight, 0, std, generator=source)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


def small_convnet(seed=0, width=16):
    """Four 3 x 3 convolutions, each with batch norm and ReLU; global average pooling; ten outputs."""
    layers, channels = [], 1
    for index in range(4):
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if index == 1 else []
        channels = width
    return initialize(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)), seed)


def perceptron(norm, hidden, seed=0, scale=1.0, width=64):
    """A fully-connected network: `hidden` times linear, normalization, ReLU; ten outputs. `norm` makes a layer, or is None."""
    layers = []
    for _ in range(hidden):
        layers += [nn.Linear(64, width), *([norm(width)] if norm else []), nn.ReLU()]
    return initialize(nn.Sequential(*layers, nn.Linear(width, 10)), seed, scale)


# %% experiment="forgotten_eval" alt="Test accuracy against the size of the test batches. With eval the accuracy is 98 percent whatever the batch. Without eval it is as good for large batches, but falls below 90 percent for batches of 4 and to chance for single images; for batches of 16 that hold one class each it is below 40 percent."
digits = data.digits()
order = torch.randperm(len(digits.test_x), generator=training.generator(0))
test_x, test_y = digits.test_x[order], digits.test_y[order]
by_class = test_y.argsort(stable=True)
network = small_convnet()
training.train(network, digits.train_x, digits.train_y, steps=150, batch_size=64, learning_rate=0.05, schedule="cosine")
trained = {name: value.clone() for name, value in network.state_dict().items()}


def accuracy_without_eval(x, y, batch_size):
    """The accuracy of the trained network in training mode, measured on a fresh copy of its state."""
    network.load_state_dict(trained)
    network.train()
    return training.accuracy(network, x, y, batch_size)


sizes = [1, 2, 4, 8, 16, 64, 497]
forgotten = [accuracy_without_eval(test_x, test_y, size) for size in sizes]
sorted_16 = accuracy_without_eval(test_x[by_class], test_y[by_class], 16)
network.eval()
damaged = training.accuracy(network, test_x, test_y)
network.load_state_dict(trained)
proper = training.accuracy(network, test_x, test_y)

figure, ax = plots.figure()
curves = {"eval() called": [proper] * len(sizes), "eval() forgotten": forgotten}
plots.lines(ax, sizes, curves, xlabel="images per test batch", ylabel="test accuracy")
ax.plot(16, sorted_16, plots.MARKERS[2], color=plots.COLORS[2], label="forgotten, batches of one class")
ax.axhline(0.1, color="black", linewidth=0.8)
ax.text(120, 0.12, "guessing", fontsize=9)
ax.set_xscale("log", base=2)
ax.set_xticks(sizes, map(str, sizes))
ax.set_ylim(0, 1.03)
ax.legend(loc="lower right", bbox_to_anchor=(1, 0.2))
print(f"eval() called: {proper:.2f}; forgotten, batches of 497: {forgotten[-1]:.2f}", end=", ")
print(f"of 2: {forgotten[1]:.2f}, of 1: {forgotten[0]:.2f}")
print(f"forgotten, batches of 16 of one class: {sorted_16:.2f}")
print(f"eval() called afterwards, on the network that was tested in training mode: {damaged:.2f}")
plots.show(
    "A forgotten eval() goes unnoticed with large mixed batches, and ruins the result for small or one-sided ones."
)

# %% [markdown]
# Read the three printed lines. With large mixed batches the bug is *invisible*, which is why it survives. With one class per
# batch the accuracy collapses: what the sevens of a batch have in common is subtracted with their mean. And it leaves
# damage: each forward pass in training mode moved the running averages towards the test data, so that even the later, proper
# measurement is worse.
#
# Make it a habit: `model.eval()` before every measurement, `model.train()` after it; and when a result looks odd, compare an
# image's prediction alone and in a batch.
#
# (You can put your own `BatchNorm` in place of `nn.BatchNorm2d` in `small_convnet` and run this again.)

# %% [markdown]
# ## Folding it into the convolution
#
# In evaluation mode all of $\mu, \sigma^2, \gamma, \beta$ are constants, so batch normalization only multiplies each channel
# by a number and adds another. A convolution also multiplies and adds; the two can be one.
#
# **Worked example**, with one weight: a layer $2x + 1$, followed by a batch normalization with $\mu = 3$, $\sigma^2 + \varepsilon = 4$,
# $\gamma = 10$, $\beta = 5$:
#
# $$10 \cdot \frac{(2x + 1) - 3}{2} + 5 \;=\; 5\,(2x - 2) + 5 \;=\; 10x - 5 .$$
#
# One layer with weight 10 and bias −5 does the same; a convolution needs one such calculation per output channel.
#
# > **On the slide.** "During testing batchnorm becomes a linear operator!" It is *affine*: a linear map plus a constant, so that
# > $f(0) \ne 0$ in general. That is why a bias appears even when the convolution had none. "Zero overhead at test-time" holds
# > when a convolution or fully-connected layer comes **directly before**. In networks where batch norm follows an
# > addition (pre-activation residual blocks, later in this course) there is none to fold into.
#
# Folding into the convolution *after* it fails with zero padding: the zeros come *after* the normalization, and no constant bias can
# stand in for a shift that is missing at the border. The experiment below shows it.
#
# ### Exercise: `fuse_conv_bn` (4 points, about 15 minutes)
#
# Compute weight and bias of the fused convolution, for any `eps`. A convolution may have no bias: then `bias` is `None`.
#
# <details><summary>Hint 1: repeat the worked example with letters</summary>
#
# For one output channel, with convolution $w * x + b$: write $\gamma \frac{(w * x + b) - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$ as
# (something) $* \, x$ + (something).
# </details>
#
# <details><summary>Hint 2: shapes</summary>
#
# There is one factor per output channel, and the output channel is axis 0 of the weight: bring the factor to shape (C_out, 1, 1, 1).
# </details>


# %% exercise="fuse_conv_bn"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    """Fold a batch normalization in evaluation mode into the convolution before it.

    The arguments are not changed in place and the dtype is kept.

    Args:
        weight: of the convolution, shape (C_out, C_in, K, K').
        bias: of the convolution, shape (C_out,), or None if it has none.
        running_mean, running_var, gamma, beta: of the batch normalization, shape (C_out,) each.
        eps: of the batch normalization.

    Returns:
        Tuple (weight, bias) of one convolution that computes the same as the two layers; shapes as above.
    """
    ### BEGIN SOLUTION
    scale = gamma / torch.sqrt(running_var + eps)
    if bias is None:
        bias = torch.zeros_like(running_mean)
    return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta
    ### END SOLUTION


# %% given="check_of_fuse_conv_bn" folded="true"
def call_fuse_conv_bn(function, bias, arguments):
    """What fuse_conv_bn returns; an error that comes of how it asks for a bias is explained."""
    try:
        return function(*arguments)
    except (TypeError, AttributeError):
        expect_true(
            bias is not None,
            what="fuse_conv_bn works for a convolution without a bias",
            likely="bias is None then, and None cannot be computed with; treat that case first",
            reread="Folding it into the convolution",
        )
        raise
    except RuntimeError as error:
        expect_true(
            "Boolean value" not in str(error),
            what="fuse_conv_bn works for a convolution with a bias",
            likely="a tensor is neither true nor false, as in `if bias` or `bias or 0`; ask `bias is None`",
            reread="Folding it into the convolution",
        )
        raise


def check_fuse_conv_bn(function, c_in, c_out, kernel, eps, with_bias, seed=0, dtype=torch.float64):
    """Compare fuse_conv_bn with torch's own fusion, and its convolution with the two layers that it replaces."""
    section = "Folding it into the convolution"
    x = example_images(2, c_in, 6, 7, seed)[0]
    gamma, beta = scale_and_shift(c_out, torch.Generator().manual_seed(seed))
    weight = example_images(c_out, c_in, *kernel, seed=seed + 1)[0]
    mean, bias, var = example_batch(3, c_out, seed=seed + 2)[0]
    var, bias = var.square() + 0.05, bias if with_bias else None
    old = torch.zeros_like(mean) if bias is None else bias

    def fused(bias=bias, mean=mean, var=var, gamma=gamma, beta=beta, eps=eps):
        parts = nn.utils.fusion.fuse_conv_bn_weights(weight, bias, mean, var, eps, gamma, beta)
        return [part.detach() for part in parts]

    one, zero = torch.ones_like(gamma), torch.zeros_like(beta)
    std = (var + eps).sqrt()
    shared = {
        "eps is missing under the root": fused(eps=NO_EPS),
        "eps is a fixed 1e-5; use the argument": fused(eps=1e-5),
        "eps stands outside the root": fused(var=(var.sqrt() + eps) ** 2, eps=NO_EPS),
        "gamma was divided by running_var + eps; divide by its root": fused(var=(var + eps) ** 2, eps=NO_EPS),
        "gamma was not used": fused(gamma=one),
        "gamma and beta are swapped": fused(gamma=beta, beta=gamma),
        "gamma was multiplied by the root of running_var + eps; divide by it": fused(var=std**-2, eps=NO_EPS),
    }
    in_weight = {clause: parts[0] for clause, parts in shared.items()} | {
        "the weight did not change; each filter must be scaled like the channel that it makes": weight,
    }
    if c_in == c_out:
        by_input = fused()[0].transpose(0, 1) * weight / weight.transpose(0, 1)
        in_weight["the input channels were scaled (axis 1); batch normalization scales the outputs (axis 0)"] = by_input
    in_bias = {
        "the bias of the convolution was scaled, but running_mean was not": fused(mean=zero)[1] - mean,
        "the bias of the convolution was lost; it is normalized like everything else": fused(bias=None)[1],
        "the bias of the convolution was added unscaled; it passes through the normalization too": (
            fused(bias=None)[1] + old
        ),
        "running_mean was not subtracted": fused(mean=zero)[1],
        "running_mean was added; subtract it": fused(mean=-mean)[1],
        "beta is missing": fused(beta=zero)[1],
        "beta was scaled too; it is added after the normalization": fused(beta=zero)[1] + beta * gamma / std,
        "the result is minus what it should be": -fused()[1],
    } | {clause: parts[1] for clause, parts in shared.items()}

    copies = [None if t is None else t.to(dtype) for t in (weight, bias, mean, var, gamma, beta)]
    arguments = [None if t is None else t.clone() for t in copies]
    shapes = {"weight": weight.shape, "bias": beta.shape}
    got = returned_values(call_fuse_conv_bn(function, bias, (*arguments, eps)), **shapes)
    expect_true(
        got[1] is not None,
        what="the fused convolution has a bias",
        likely="bias=None was returned as it came; the shift of the batch normalization must go somewhere",
        reread=section,
    )
    tolerance = {} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
    case = f"for {c_in} to {c_out} channels, {'a bias' if with_bias else 'bias=None'} and eps={eps}"
    for k, (name, mistakes) in enumerate([("weight", in_weight), ("bias", in_bias)]):
        expect_close(
            got[k],
            fused()[k].to(dtype),
            what=f"the fused {name} {case}",
            mistakes=mistakes,
            reread=section,
            **tolerance,
        )
    expect_untouched(*([t for t in ts if t is not None] for ts in (arguments, copies)))
    expect_close(
        F.conv2d(x, got[0].double(), got[1].double(), padding=1),
        F.batch_norm(F.conv2d(x, weight, bias, padding=1), mean, var, gamma, beta, eps=eps),
        what=f"the output of the fused convolution {case}",
        rtol=1e-9 if dtype == torch.float64 else 1e-4,
        atol=1e-9 if dtype == torch.float64 else 1e-4,
        reread=section,
    )
    by_default = returned_values(
        call_fuse_conv_bn(function, bias, [t if t is None else t.clone() for t in copies]), **shapes
    )
    for k, name in enumerate(shapes):
        what = f"the fused {name} for {c_in} to {c_out} channels with eps left out, which is 1e-5 then"
        expect_close(by_default[k], fused(eps=1e-5)[k].to(dtype), what=what, reread=section, **tolerance)


# %% test="fuse_conv_bn" points=1
check_fuse_conv_bn(fuse_conv_bn, 4, 4, (3, 3), eps=0.1, with_bias=True)
check_fuse_conv_bn(fuse_conv_bn, 3, 5, (3, 2), eps=0.01, with_bias=False)
check_fuse_conv_bn(fuse_conv_bn, 2, 3, (1, 1), eps=0.01, with_bias=True, dtype=torch.float32)

# %% hidden_test="fuse_conv_bn" points=3
import random

rng = random.Random(grading_seed() + 4)
same = rng.randint(2, 4)
cases = [(same, same, (3, 3)), (1, rng.randint(5, 7), (3, 3)), (rng.randint(4, 6), 2, rng.choice([(1, 3), (3, 1)]))]
cases += [(rng.randint(3, 5), 1, (2, 2))]
for k, (c_in, c_out, kernel) in enumerate(cases):
    for with_bias in (True, False):
        check_fuse_conv_bn(
            fuse_conv_bn, c_in, c_out, kernel, [0.2, 1e-3][k % 2], with_bias, seed=grading_seed() + 10 * k
        )
check_fuse_conv_bn(fuse_conv_bn, 3, 4, (3, 3), 0.05, with_bias=True, seed=grading_seed() + 50, dtype=torch.float32)


# %% [markdown]
# Does it work for a real network? We fold all four batch normalizations of the trained network with PyTorch's own function. The
# equality should be exact up to rounding, about $10^{-15}$ in float64; we ask for $10^{-12}$. Then the other order, batch norm before a
# padded convolution: for an input of zeros, a single convolution would give *its bias* at every pixel.

# %% experiment="fusion"
digits = data.digits()
network.eval()
layers = list(network)
fused = []
for layer in layers:
    if isinstance(layer, nn.BatchNorm2d):
        fused[-1] = nn.utils.fusion.fuse_conv_bn_eval(fused[-1], layer)
    else:
        fused.append(layer)
fused = nn.Sequential(*fused)
with torch.no_grad():
    before, after = network(digits.test_x), fused(digits.test_x)
left = sum(isinstance(layer, nn.BatchNorm2d) for layer in fused)
print(f"layers: {len(layers)} before, {len(fused)} after; batch norms left: {left}")
print("largest difference of the outputs below 1e-12:", (before - after).abs().max().item() < 1e-12)
print("same prediction for every test image:", torch.equal(before.argmax(1), after.argmax(1)))

with torch.no_grad():
    zeros = torch.zeros(1, 16, 8, 8, dtype=torch.float64)
    offset = layers[3](layers[1](zeros))  # a batch norm, then a convolution with zero padding
inside = offset[:, :, 1:-1, 1:-1]
one_bias = inside.mean(dim=(2, 3), keepdim=True)
print(f"batch norm before a padded convolution: inside, the offset differs by {(inside - one_bias).abs().max():.2f};")
print("at the border it differs by more than 0.1:", (offset - one_bias).abs().max().item() > 0.1)

# %% [markdown]
# ## What it buys
#
# The lecture lists five promises. You have just seen the last, zero overhead. Two more can be tested in seconds; for the other two we say
# what is known.
#
# ### "Allows higher learning rates, faster convergence"
#
# Six hidden layers of 64 units on the digits, 60 steps, eight learning rates, three seeds, with and without batch normalization.
#
# **Predict first.** What happens at large rates is easy to guess. Will batch norm also help at the *smallest* rates?

# %% experiment="learning_rate_sweep" alt="Test accuracy after 60 steps against the learning rate on a logarithmic axis. Without batch norm accuracy peaks near 0.92 at rate 0.03 and is at chance from 0.3 on. With batch norm it is lower at the smallest rates, peaks near 0.95 from 0.03 to 0.3, is still about 0.9 at 1, and fails at 3."
vectors = data.digits(flat=True)
seeds = range(3)
norms = {"batch norm": nn.BatchNorm1d, "no normalization": None}


def final_accuracy(norm, seed, learning_rate, scale=1.0):
    """The test accuracy of six hidden layers after 60 steps."""
    network = perceptron(norm, hidden=6, seed=seed, scale=scale)
    training.train(
        network, vectors.train_x, vectors.train_y, steps=60, batch_size=64, learning_rate=learning_rate, seed=seed
    )
    network.eval()
    return training.accuracy(network, vectors.test_x, vectors.test_y)


rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
sweep = {
    name: torch.tensor([[final_accuracy(norm, seed, rate) for rate in rates] for seed in seeds])
    for name, norm in norms.items()
}
figure, ax = plots.figure()
plots.lines(ax, rates, sweep, xlabel="learning rate", ylabel="test accuracy after 60 steps")
ax.set_xscale("log")
print("median of three seeds   " + "".join(f"{rate:>7}" for rate in rates[:6]))
for name, runs in sweep.items():
    print(f"{name:<24}" + "".join(f"{value:7.2f}" for value in runs.median(dim=0).values[:6]))
at_1 = {name: runs[:, rates.index(1.0)] for name, runs in sweep.items()}
print("at rate 1, every seed above 0.8 with batch norm:", bool((at_1["batch norm"] > 0.8).all()), end="; ")
print("below 0.3 without:", bool((at_1["no normalization"] < 0.3).all()))
plots.show(
    "With batch norm, rates from 0.01 to 1 work well, without it only 0.01 and 0.03; at the smallest rates batch norm is slower "
    "(lines: median, bands: all three seeds)."
)

# %% [markdown]
# The promise holds, with a footnote. Batch norm is at its best up to a rate of 0.3, ten times the plain network's best, and still
# learns at 1, where the plain network ends at guessing. In a larger trial (5 seeds) it needed about half as many steps to reach a
# loss of 0.5, each method at its best rate. But *at the same small rate* batch norm is slower; it gains by making larger rates
# possible.
#
# The original experiment has the same shape. Ioffe & Szegedy (2015, Figure 3) trained Inception on ImageNet until it reached 72.2 %,
# the best accuracy of the network without batch norm:

# %% experiment="published_speedup"
print("network        rate    steps to 72.2 %   speed-up   best accuracy")
for row in table("batchnorm_speedup"):
    steps = f"{row['steps_to_72.2'] / 1e6:.1f} million" if row["steps_to_72.2"] else "never"
    speedup = f"{row['speedup']:.1f}" if row["speedup"] else "-"
    print(f"{row['model']:<15}{row['initial_lr']:<8}{steps:>15}{speedup:>11}{row['max_acc1']:>14} %")

# %% [markdown]
# The famous 14-fold speed-up is not batch norm's alone: the rows with a rate 5 or 30 times higher also drop dropout and local
# response normalization, use less weight decay, and let the rate fall faster. Batch norm alone, second row, gives 2.3. The
# last row is a sigmoid network, which does not reach 72.2 % at all.
#
# ### "Networks become more robust to initialization"
#
# **Predict first.** Here is the same network at rate 0.03, with all initial weights multiplied by a factor from 0.01 to 10. Which factors will
# the plain network survive?

# %% experiment="initialization_sweep" alt="Test accuracy after 60 steps against a factor on the initial weights, on a logarithmic axis. Without batch norm only the factor 1 works, with 0.92; every other is at chance. With batch norm accuracy is above 0.85 from 0.01 to 3 and about 0.7 at 10."
factors = [0.01, 0.1, 0.3, 1.0, 3.0, 10.0]
sweep = {
    name: torch.tensor([[final_accuracy(norm, seed, 0.03, factor) for factor in factors] for seed in seeds])
    for name, norm in norms.items()
}
figure, ax = plots.figure()
plots.lines(
    ax,
    factors,
    sweep,
    xlabel="factor on the initial weights (1: He et al., 2015)",
    ylabel="test accuracy after 60 steps",
)
ax.set_xscale("log")
ax.set_xticks(factors, map(str, factors))
others = [k for k, factor in enumerate(factors) if factor != 1]
print("every seed above 0.5 with batch norm, at every factor:", bool((sweep["batch norm"] > 0.5).all()))
print("every seed below 0.3 without, at every factor but 1:", bool((sweep["no normalization"][:, others] < 0.3).all()))
plots.show("Without batch norm only well-chosen initial weights train at all; with it, factors from 0.01 to 10 do.")

# %% [markdown]
# For the hidden layers the reason is exact: in training mode, multiplying the weights before a batch norm by any positive factor changes
# nothing in its output (up to $\varepsilon$). (The output layer, which no norm follows, matters less.) What changes is the effective
# learning rate: larger weights need larger steps, which is why a factor of 10 is not free.
#
# ### Why does it help, and does it regularize?
#
# The paper's own explanation, a reduced "internal covariate shift", did not hold up: adding
# artificial shift after each batch norm does not slow training down (Santurkar et al., 2018). Better supported are a smoother loss
# (Santurkar et al., 2018) and the large, safe learning rates themselves (Bjorck et al., 2018).
#
# "Acts as **regularization** during training": the usual story is that companions in the batch add noise to each example. It is
# plausible and partly analysed (Luo et al., 2019). In a trial with small sets of our digits (8 seeds), test accuracy was higher with batch norm,
# but just as much when the whole set was one batch, without any noise. Do not take
# the story for proven.
#
# > **On the slide.** "Not well-understood theoretically (yet)" was fair when the lecture's sources were written. Partial answers have come since, those
# > above among them; no complete one.

# %% [markdown]
# ## Layer normalization
#
# Batch norm's troubles, two modes and dependence on the companions, come from averaging over the batch. So average over something else.
# **Layer normalization** (Ba, Kiros & Hinton, 2016) gives every *example* its own mean and variance, over its features:
#
# $$\mu_i = \frac1D \sum_{j=1}^D x_{ij}, \qquad \sigma_i^2 = \frac1D \sum_{j=1}^D (x_{ij} - \mu_i)^2, \qquad
# y_{ij} = \gamma_j \frac{x_{ij} - \mu_i}{\sqrt{\sigma_i^2 + \varepsilon}} + \beta_j .$$
#
# Only the index of the mean has changed, so $\mu, \sigma$ are now $N \times 1$. Scale and shift have *not* changed: $\gamma, \beta$ still belong
# to the features, $1 \times D$. As the slide says: "Same behavior at train and test! Used in RNNs, Transformers".
#
# It is another layer, not a cheaper batch norm. Batch norm keeps the differences between examples within a feature; layer norm removes
# from each example its overall level and contrast, and compares its features with each other, which only makes sense if
# they are comparable.
#
# **Worked example.** One example with three features, $(1, 4, 7)$: mean 4, deviations $-3, 0, 3$, variance $(9 + 0 + 9) / 3 = 6$, so
# $\hat x = (-1.22, 0, 1.22)$. With only two features there is nothing to be but $-1$ and 1: the first example of the batch from above,
# $(1, 10)$, has mean 5.5, deviations $-4.5$ and 4.5, standard deviation 4.5. Keep this in mind for the end of the notebook, where
# batch norm meets batches of two.
#
# ### Exercise: `layer_norm` (2 points, about 5 minutes)
#
# Write it for `x` of shape (N, D); the docstring states the contract.
#
# <details><summary>Hint 1: what changes?</summary>
#
# One axis, compared with `batchnorm_train`.
# </details>
#
# <details><summary>Hint 2: why does it not broadcast?</summary>
#
# A mean of shape (N,) lines up with the *last* axis of (N, D). `keepdim=True` leaves it as (N, 1).
# </details>


# %% exercise="layer_norm"
def layer_norm(x, gamma, beta, eps=1e-5):
    """Normalize each example over its features, then scale and shift.

    The arguments are not changed in place, the dtype is kept, and gradients flow to x, gamma and beta.

    Args:
        x: activations, shape (N, D).
        gamma: scale, shape (D,).
        beta: shift, shape (D,).
        eps: added to the variance.

    Returns:
        The output, shape (N, D).
    """
    ### BEGIN SOLUTION
    mean = x.mean(dim=1, keepdim=True)
    var = x.var(dim=1, correction=0, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta
    ### END SOLUTION


# %% given="check_of_norms" folded="true"
def check_norm(function, reference, x, gamma, beta, eps, std, mistakes, section, detail=""):
    """Compare layer_norm, instance_norm or group_norm with torch's own: values, gradients, float32, arguments untouched.

    Args:
        function: called as function(x, gamma, beta, eps), or without eps.
        reference: the same from torch.
        std: the standard deviations to divide by, in a shape that broadcasts to x.
        mistakes: from the clause that names a mistake to the output that it would give.
        detail: what else to say about the input.
    """
    case = f"the output for x of shape {tuple(x.shape)}{detail}"
    expected = reference(x, gamma, beta, eps)
    arguments = [x.clone(), gamma.clone(), beta.clone()]
    got = function(*arguments, eps)
    expect_close(got, expected, what=f"{case} and eps={eps}", mistakes=mistakes, reread=section)
    expect_untouched(arguments, [x, gamma, beta])
    small = 0.1 * x  # of which any eps shows
    by_default = function(small.clone(), *arguments[1:])
    what = f"{case} with eps left out, which is 1e-5 then"
    expect_close(by_default, reference(small, gamma, beta), what=what, reread=section)
    got = function(x.float(), gamma.float(), beta.float(), eps)
    expect_close(got, expected.float(), what=f"{case} in float32", rtol=1e-3, atol=1e-4, reread=section)

    leaves = dict(zip(("x", "gamma", "beta"), (t.requires_grad_() for t in arguments), strict=True))
    scale = (along_channels(gamma, x) if x.ndim == 4 else gamma) / (std**2 + eps).sqrt()
    expect_gradients(
        function(*arguments, eps),
        reference(*arguments, eps),
        leaves,
        mistakes={"mean and variance were cut off (.detach() or no_grad()); they depend on x too": leaves["x"] * scale},
        reread="Backpropagation through a batch",
    )


def check_layer_norm(function, x, gamma, beta, eps):
    """Compare layer_norm with torch's."""
    n, d = x.shape
    std = torch.std(x, 1, correction=0, keepdim=True)

    def using(mean, var):
        return gamma * F.batch_norm(x.T, mean.expand(n), var.expand(n), eps=eps).T + beta

    mistakes = {
        "you averaged over the examples (batch normalization); average over the features of each example": (
            [F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)] if n > 1 else []
        ),
        "mean and variance have shape (N,) and were broadcast along the wrong axis; keep the axis with keepdim=True": (
            [F.batch_norm(x, x.mean(1), x.var(1, correction=0), gamma, beta, eps=eps)] if n == d else []
        ),
        "one mean and variance served all examples; every example has its own": using(x.mean(), x.var(correction=0)),
        "the mean was not subtracted": using(torch.zeros_like(x[:, 0]), x.var(1, correction=0)),
        "gamma and beta were applied to the examples; they belong to the features, along axis 1": (
            [gamma[:, None] * F.layer_norm(x, (d,), eps=eps) + beta[:, None]] if n == d else []
        ),
    } | common_mistakes(lambda x, eps: F.layer_norm(x, (d,), eps=eps), x, gamma, beta, eps, std, d)

    def reference(x, gamma, beta, eps=1e-5):
        return F.layer_norm(x, (d,), gamma, beta, eps)

    check_norm(function, reference, x, gamma, beta, eps, std, mistakes, "Layer normalization")


# %% test="layer_norm" points=1
for n, d, eps in [(6, 6, 0.1), (4, 9, 1e-3), (1, 5, 0.01)]:
    check_layer_norm(layer_norm, *example_batch(n, d), eps)

# %% hidden_test="layer_norm" points=1
import random

rng = random.Random(grading_seed() + 5)
square = rng.randint(4, 7)
cases = [(square, square, 0.3), (rng.randint(3, 5), 2, 0.02), (rng.randint(20, 40), rng.randint(12, 18), 1e-3)]
cases += [(1, rng.randint(6, 9), 0.05)]
for k, (n, d, eps) in enumerate(cases):
    check_layer_norm(layer_norm, *example_batch(n, d, seed=grading_seed() + k), eps)


# %% [markdown]
# ## Instance normalization
#
# For images there is a third choice. **Instance normalization** (Ulyanov, Vedaldi & Lempitsky, 2016) lets every channel of every image have its own
# mean and variance, over its $H \cdot W$ pixels: $\mu, \sigma$ are $N \times C \times 1 \times 1$, and $\gamma, \beta$
# stay $1 \times C \times 1 \times 1$. It came from style transfer, where an image's contrast should not matter. For recognition
# it throws away too much: *how strongly* a filter responds to an image is often the very thing to know.
#
# **Worked example.** One channel of 2 × 2 pixels, $1, 3$ above $5, 7$: mean 4, variance 5, so it becomes $-1.34, -0.45$ above $0.45, 1.34$. Ten times the
# contrast, $10, 30$ above $50, 70$, becomes the same.
#
# ### Exercise: `instance_norm` (2 points, about 5 minutes)
#
# Write it for `x` of shape (N, C, H, W); `gamma` and `beta` have one entry per channel.
#
# <details><summary>Hint 1: how many means?</summary>
#
# $N \cdot C$ of them. So which axes disappear?
# </details>
#
# <details><summary>Hint 2: gamma and beta</summary>
#
# Shape (C,) would line up with the last axis, the width. Bring them to (C, 1, 1).
# </details>


# %% exercise="instance_norm"
def instance_norm(x, gamma, beta, eps=1e-5):
    """Normalize each channel of each image over its pixels, then scale and shift.

    The arguments are not changed in place, the dtype is kept, and gradients flow to x, gamma and beta.

    Args:
        x: activations, shape (N, C, H, W).
        gamma: scale, shape (C,).
        beta: shift, shape (C,).
        eps: added to the variance.

    Returns:
        The output, shape (N, C, H, W).
    """
    ### BEGIN SOLUTION
    mean = x.mean(dim=(2, 3), keepdim=True)
    var = x.var(dim=(2, 3), correction=0, keepdim=True)
    x_hat = (x - mean) / torch.sqrt(var + eps)
    return gamma[:, None, None] * x_hat + beta[:, None, None]
    ### END SOLUTION


# %% given="check_of_instance_norm" folded="true"
def wrong_axes(x, gamma, beta, eps):
    """What other normalizations of images would give."""
    c, w = x.shape[1], x.shape[3]
    column = along_channels(gamma, x), along_channels(beta, x)
    by_row, by_column = F.layer_norm(x, (w,), eps=eps), F.layer_norm(x.mT, (x.shape[2],), eps=eps).mT
    by_pixel = F.layer_norm(x.movedim(1, 3), (c,), eps=eps).movedim(3, 1)
    return {
        "you averaged over the images too (batch normalization)": (
            F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        ),
        "you averaged over all channels of an image (layer normalization)": (F.group_norm(x, 1, gamma, beta, eps)),
        "you averaged each channel of each image by itself (instance normalization)": (
            F.instance_norm(x, weight=gamma, bias=beta, eps=eps)
        ),
        "you averaged over the channels at each pixel": column[0] * by_pixel + column[1],
        "you averaged over one of the two pixel axes; take both": [
            column[0] * by_row + column[1],
            column[0] * by_column + column[1],
        ],
        "you averaged over the whole batch": (column[0] * F.layer_norm(x, x.shape, eps=eps) + column[1]),
    }


def check_instance_norm(function, x, gamma, beta, eps):
    """Compare instance_norm with torch's."""

    def normalize(x, eps):
        return F.instance_norm(x, eps=eps)

    column = along_channels(gamma, x), along_channels(beta, x)
    std = x.std((2, 3), correction=0, keepdim=True)
    mistakes = wrong_axes(x, gamma, beta, eps) | common_mistakes(normalize, x, *column, eps, std, x[0, 0].numel())
    if x.shape[1] == x.shape[3]:
        clause = "gamma and beta were broadcast along the width; they belong to the channels, shape (C, 1, 1)"
        mistakes[clause] = gamma * normalize(x, eps) + beta

    def reference(x, gamma, beta, eps=1e-5):
        return F.instance_norm(x, weight=gamma, bias=beta, eps=eps)

    check_norm(function, reference, x, gamma, beta, eps, std, mistakes, "Instance normalization")


# %% test="instance_norm" points=1
for shape, eps in [((2, 4, 3, 4), 0.1), ((3, 2, 4, 5), 1e-3), ((1, 3, 1, 6), 0.01)]:
    check_instance_norm(instance_norm, *example_images(*shape), eps)

# %% hidden_test="instance_norm" points=1
import random

rng = random.Random(grading_seed() + 6)
side, wide = rng.randint(3, 5), rng.randint(4, 6)
cases = [((2, wide, 3, wide), 0.3), ((rng.randint(3, 5), 1, 2, 3), 0.02), ((2, rng.randint(6, 9), side, side), 1e-3)]
cases += [((1, rng.randint(2, 4), 5, 2), 0.1)]
for k, (shape, eps) in enumerate(cases):
    check_instance_norm(instance_norm, *example_images(*shape, seed=grading_seed() + k), eps)


# %% [markdown]
# ## Which axes?
#
# All these layers are one formula. They differ in a single decision: **which values share a mean and a variance**. The lecture's slide
# "Comparison of Normalization Layers" shows it with a picture by Wu & He (2018, Figure 2), drawn anew below: examples behind each
# other, channels side by side, all pixels from top to bottom. Coloured cells are averaged together.


# %% figure="cubes" folded="true" alt="Four drawings of a block with axes examples, channels and pixels. Batch norm: one channel is coloured, through all examples and pixels. Layer norm: one example is coloured, through all channels and pixels. Instance norm: one channel of one example is coloured, a single column of pixels. Group norm: three neighbouring channels of one example are coloured."
def draw_block(ax, title, shared, channels=6, examples=4, pixels=5):
    """Draw a block of cells seen from the front, above and the right; shared(example, channel) says which ones are coloured."""
    slant, light, dark = (0.45, 0.38), "#F2F2F2", plots.COLORS[0]

    def cell(corners, coloured, shade):
        inside, edge = (dark, "white") if coloured else (light, "#888888")
        ax.add_patch(plt.Polygon(corners, facecolor=inside, edgecolor=edge, linewidth=0.8))
        ax.add_patch(plt.Polygon(corners, facecolor="black", alpha=shade, linewidth=0))

    def behind(x, y, depth):
        return x + slant[0] * depth, y + slant[1] * depth

    for c in range(channels):
        for p in range(pixels):
            cell([(c, p), (c + 1, p), (c + 1, p + 1), (c, p + 1)], shared(0, c), 0.0)
    for e in range(examples):
        for c in range(channels):
            top = [
                behind(c, pixels, e),
                behind(c + 1, pixels, e),
                behind(c + 1, pixels, e + 1),
                behind(c, pixels, e + 1),
            ]
            cell(top, shared(e, c), 0.08)
        for p in range(pixels):
            side = [
                behind(channels, p, e),
                behind(channels, p, e + 1),
                behind(channels, p + 1, e + 1),
                behind(channels, p + 1, e),
            ]
            cell(side, shared(e, channels - 1), 0.22)
    ax.text(channels / 2, -0.35, "channels $C$", ha="center", va="top")
    ax.text(-0.3, pixels / 2, "pixels $H, W$", ha="right", va="center", rotation=90)
    ax.text(channels + 1.25, 0.35, "examples $N$", ha="left", va="center", rotation=40, rotation_mode="anchor")
    ax.set_title(title, fontsize=11)
    ax.set(
        xlim=(-1, channels + slant[0] * examples + 0.5), ylim=(-1, pixels + slant[1] * examples + 0.1), aspect="equal"
    )
    ax.axis("off")


figure, axes = plots.figure(2, 2, height=6.0)
last = 5
draw_block(axes[0, 0], "batch norm: one of $C$ means", lambda e, c: c == last)
draw_block(axes[0, 1], "layer norm: one of $N$ means", lambda e, c: e == 0)
draw_block(axes[1, 0], "instance norm: one of $N \\cdot C$ means", lambda e, c: e == 0 and c == last)
draw_block(axes[1, 1], "group norm, 2 groups: one of $N \\cdot 2$ means", lambda e, c: e == 0 and c >= last - 2)
plots.show("Each norm averages over the coloured cells; all but batch norm stay within one example.")

# %% [markdown]
# (Papers do not agree on what "layer norm" means for images. Here, as in the picture and in Ba et al. (2016), it averages over the whole layer, channels
# *and* pixels. Transformers (Vaswani et al., 2017) normalize each position separately, which for images means over the channels of each pixel.)
#
# ### Exercise: `reduced_axes` (2 points, about 5 minutes)
#
# Say it in PyTorch's terms: for a tensor of shape $(N, C, H, W)$, over which axes does the mean run?
#
# <details><summary>Hint 1</summary>
#
# The axes are numbered 0 (N), 1 (C), 2 (H), 3 (W). In the picture, along which directions do the coloured cells extend?
# </details>
#
# <details><summary>Hint 2</summary>
#
# Axes that are averaged away are those that are missing from the shape of the mean. Batch norm's means have shape $1 \times C \times 1 \times 1$.
# </details>


# %% exercise="reduced_axes"
def reduced_axes(kind):
    """The axes over which a normalization takes its mean, for a tensor of shape (N, C, H, W).

    Args:
        kind: "batch", "layer" or "instance".

    Returns:
        The numbers of the axes, such as (0, 1) for N and C: a tuple, list or set, in any order; -1 may stand for the
        last axis.
    """
    ### BEGIN SOLUTION
    return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
    ### END SOLUTION


# %% given="check_of_reduced_axes" folded="true"
def several(value):
    """The items of whatever holds several; None for text and for what holds none."""
    try:
        return None if isinstance(value, str) else list(value)
    except TypeError:
        return None


def whole_number(value):
    """An integer of Python, NumPy or torch as Python's; None for anything else, truth values included."""
    try:
        number = operator.index(value)
    except TypeError:
        return None
    return None if isinstance(number, bool) else number


def check_reduced_axes(function, kind):
    """Check the axes of one kind of normalization by the shape of the means that they leave."""
    section = "Which axes?"
    result = function(kind)
    items = several(result)
    expect_true(
        items is not None,
        what=f'reduced_axes("{kind}") returns several axes',
        likely="there is no return for this kind"
        if result is None
        else f"{wording.kind(result)} came; return a tuple, list or set of numbers",
        reread=section,
    )
    axes = [whole_number(item) for item in items]
    expect_true(
        all(axis is not None and -4 <= axis < 4 for axis in axes) and len({axis % 4 for axis in axes}) == len(axes),
        what=f'reduced_axes("{kind}") returns different whole numbers from 0 to 3 (or from -4 to -1)',
        likely=f"{wording.show(tuple(items))} came; axes are counted from 0 for N to 3 for W, and each is given once",
        reread=section,
    )
    sizes = (2, 3, 5, 7)
    left = {"batch": (3,), "layer": (2,), "instance": (2, 3)}
    expect_equal(
        tuple(size for axis, size in enumerate(sizes) if axis not in {axis % 4 for axis in axes}),
        left[kind],
        what=f"the shape of the means that {kind} normalization takes of a tensor of shape {sizes}",
        mistakes={
            "the axes given are those that keep statistics of their own; give those that are averaged away": (
                tuple(size for size in sizes if size not in left[kind])
            ),
            "the pixel axes H and W are missing": (*left[kind], 5, 7),
            "all axes were given, which leaves one mean for everything": (),
            **{f"these are the axes of {other} normalization": left[other] for other in left if other != kind},
        },
        reread=section,
    )


# %% test="reduced_axes" points=1
check_reduced_axes(reduced_axes, "batch")

# %% hidden_test="reduced_axes" points=1
for kind in ("instance", "layer", "batch"):
    check_reduced_axes(reduced_axes, kind)


# %% [markdown]
# ## Group normalization
#
# Layer norm treats all channels of an image alike, instance norm treats each on its own. **Group normalization** (Wu & He, 2018) stands between: cut the
# $C$ channels into $G$ groups of neighbours, and let each group of each image have its own mean and variance, over $(C / G) \cdot H \cdot W$
# values. $G = 1$ is layer norm, $G = C$ is instance norm. $\gamma$ and $\beta$ still have one entry per *channel*.
#
# The thought: channels come in families, say edges of all orientations, to be compared with each other
# (Wu & He, 2018, section 3). Whether neighbouring channels *are* families after training is not known.
#
# No set of axes of $(N, C, H, W)$ describes a group: the channels must be split into two axes first.
#
# **Worked example.** Six channels in two groups: 0, 1, 2 and 3, 4, 5, never 0, 2, 4 and 1, 3, 5. `reshape(2, 3)` gives the first (a row is a
# group). Reshaping to (3, 2) and taking the *columns* gives the second, and no shape error warns you.

# %% experiment="two_reshapes"
channels = torch.arange(6)
print("neighbours: ", channels.reshape(2, 3).tolist())
print("interleaved:", channels.reshape(3, 2).T.tolist())

# %% [markdown]
# ### Exercise: `group_norm` (4 points, about 15 minutes)
#
# Write it for `x` of shape (N, C, H, W), and refuse groups that do not divide the channels.
#
# <details><summary>Hint 1: the shape to work in</summary>
#
# (N, groups, C / groups, H, W), or all of a group flattened into one axis.
# </details>
#
# <details><summary>Hint 2: after normalizing</summary>
#
# Go back to (N, C, H, W) *before* you multiply by gamma, which has one entry per channel.
# </details>
#
# <details><summary>Hint 3: groups that do not fit</summary>
#
# Test `C % groups` first, and `raise ValueError(...)` with a sentence that says what is wrong. A failing reshape raises a `RuntimeError`, and
# `assert` an `AssertionError`; neither is what was promised.
# </details>


# %% exercise="group_norm"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    """Normalize each group of neighbouring channels of each image, then scale and shift each channel.

    The arguments are not changed in place, the dtype is kept, and gradients flow to x, gamma and beta.

    Args:
        x: activations, shape (N, C, H, W).
        groups: the number of groups; the first one holds channels 0 to C / groups - 1, and so on.
        gamma: scale, shape (C,).
        beta: shift, shape (C,).
        eps: added to the variance.

    Returns:
        The output, shape (N, C, H, W).

    Raises:
        ValueError: if groups does not divide C.
    """
    ### BEGIN SOLUTION
    n, c, h, w = x.shape
    if c % groups:
        raise ValueError(f"{groups} groups do not divide {c} channels")
    grouped = x.reshape(n, groups, -1)
    mean = grouped.mean(dim=2, keepdim=True)
    var = grouped.var(dim=2, correction=0, keepdim=True)
    x_hat = ((grouped - mean) / torch.sqrt(var + eps)).reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None]
    ### END SOLUTION


# %% given="check_of_group_norm" folded="true"
def interleaved(normalize, x, groups):
    """Normalize groups of every groups-th channel instead of neighbours."""
    n, c, h, w = x.shape
    mixed = x.view(n, c // groups, groups, h, w).transpose(1, 2).reshape(x.shape)
    return normalize(mixed).view(n, groups, c // groups, h, w).transpose(1, 2).reshape(x.shape)


def scaled_per_group(x_hat, gamma, beta, groups):
    """Scale and shift with the first entries of gamma and beta, one for each group."""
    size = x_hat.shape[1] // groups
    gamma, beta = (along_channels(t[:groups].repeat_interleave(size), x_hat) for t in (gamma, beta))
    return gamma * x_hat + beta


def check_group_norm(function, x, gamma, beta, groups, eps):
    """Compare group_norm with torch's."""
    n, c, h, w = x.shape
    column = along_channels(gamma, x), along_channels(beta, x)

    def normalize(x, eps, groups=groups):
        return F.group_norm(x, groups, eps=eps)

    def scaled(x_hat):
        return column[0] * x_hat + column[1]

    in_groups = x.view(n, groups, c // groups, h, w)
    std = in_groups.std((2, 3, 4), correction=0, keepdim=True).expand(in_groups.shape).reshape(x.shape)
    over_batch = F.batch_norm(in_groups.flatten(2), None, None, training=True, eps=eps).view(x.shape)
    own_pixels = F.layer_norm(in_groups.movedim(2, 4), (c // groups,), eps=eps).movedim(4, 2).reshape(x.shape)
    mistakes = {
        "the groups are interleaved (every groups-th channel); a group holds neighbouring channels": (
            scaled(interleaved(lambda x: normalize(x, eps), x, groups))
        ),
        "groups was taken for the number of channels in a group; it is the number of groups": (
            [scaled(normalize(x, eps, c // groups))] if groups not in (1, c) else []
        ),
        "there is one gamma and beta per group; every channel has its own": (
            scaled_per_group(normalize(x, eps), gamma, beta, groups)
        ),
        "you averaged over the images too; every image has its own statistics": scaled(over_batch),
        "you averaged over the channels of a group at each pixel; average over H and W too": scaled(own_pixels),
        **wrong_axes(x, gamma, beta, eps),
    } | common_mistakes(normalize, x, *column, eps, std, x[0].numel() // groups)

    def in_given_groups(x, *rest):
        return function(x, groups, *rest)

    def reference(x, gamma, beta, eps=1e-5):
        return F.group_norm(x, groups, gamma, beta, eps)

    detail = f" in {groups} groups"
    check_norm(in_given_groups, reference, x, gamma, beta, eps, std, mistakes, "Group normalization", detail)


def check_refusal(function, c, groups):
    """Check that groups that do not divide the channels raise a ValueError."""
    x, gamma, beta = example_images(2, c, 2, groups)
    expect_raises(ValueError, function, x, groups, gamma, beta, what=f"group_norm for {c} channels in {groups} groups")


# %% test="group_norm" points=1
for shape, groups, eps in [
    ((2, 6, 3, 4), 2, 0.1),
    ((3, 8, 2, 5), 4, 1e-3),
    ((2, 4, 3, 2), 1, 0.01),
    ((2, 4, 3, 2), 4, 0.01),
]:
    check_group_norm(group_norm, *example_images(*shape), groups, eps)
check_refusal(group_norm, 6, 4)

# %% hidden_test="group_norm" points=3
import random

rng = random.Random(grading_seed() + 7)
side, few = rng.randint(3, 5), rng.randint(3, 5)
cases = [
    ((2, *rng.choice([(12, 3), (15, 3), (12, 4)])), (3, 2)),
    ((3, 8, 2), (4, 4)),
    ((1, 6, 2), (2, rng.randint(4, 6))),
]
cases += [((4, rng.randint(4, 7), 1), (side, side)), ((2, few, few), (4, 2))]
for k, ((n, channels, groups), (height, wide)) in enumerate(cases):
    shape = (n, channels, height, wide)
    check_group_norm(group_norm, *example_images(*shape, seed=grading_seed() + k), groups, [0.3, 1e-3][k % 2])
check_refusal(group_norm, rng.choice([7, 8, 10]), 3)
check_refusal(group_norm, 4, rng.choice([7, 8, 9]))


# %% [markdown]
# ## Small batches
#
# Large images, videos and 3-D scans leave room for only a few examples per GPU. What does batch norm do then?
#
# **How much do the companions matter?** Take one digit, send it through a random layer together with $N - 1$ random companions, and
# look at its normalized activations; repeat with others. The spread of the results (standard deviation over 300 batches) is the noise
# that the batch adds to this one example.
#
# **Predict first.** An average over $N$ values fluctuates like $1 / \sqrt N$. Where will the convolutional layer lie, compared with the fully-connected one? Where
# layer norm?

# %% experiment="companions" alt="Spread of one image's normalized activations against batch size, both axes logarithmic. For the fully-connected layer it falls from 0.8 at 2 examples to 0.1 at 128. For the convolutional layer it is about ten times lower: 0.06 at 2, falling slowly at first and then in parallel, to 0.01 at 128. A dotted line shows one over the square root of the batch size; it lies just below the fully-connected layer's."
flat = data.digits(flat=True).train_x
source = training.generator(0)
dense = flat @ torch.randn(64, 64, generator=source, dtype=torch.float64)
filters = torch.randn(16, 1, 3, 3, generator=source, dtype=torch.float64)
maps = F.conv2d(flat.view(-1, 1, 8, 8), filters, padding=1)


def spread(activations, normalize, size, repeats=300):
    """Standard deviation of the first example's normalized activations over random companions, averaged over its activations."""
    companions = torch.randint(1, len(activations), (repeats, size - 1), generator=source)
    first = [normalize(torch.cat([activations[:1], activations[others]]))[0] for others in companions]
    return torch.stack(first).std(dim=0).mean().item()


def batch_norm(x):
    return F.batch_norm(x, None, None, training=True)


sizes = [2, 4, 8, 16, 32, 64, 128]
curves = {
    "batch norm, fully connected": [spread(dense, batch_norm, size) for size in sizes],
    "batch norm, convolutional": [spread(maps, batch_norm, size, repeats=100) for size in sizes],
}
constant = [spread(dense, lambda x: F.layer_norm(x, (64,)), 4), spread(maps, lambda x: F.group_norm(x, 4), 4)]

figure, ax = plots.figure()
plots.lines(ax, sizes, curves, xlabel="batch size $N$", ylabel="spread of one image's activations")
ax.plot(sizes, [size**-0.5 for size in sizes], color="#777777", linestyle=":", marker="", label="$1 / \\sqrt{N}$")
ax.set(xscale="log", yscale="log", xticks=sizes)
ax.set_xticklabels(sizes)
ax.minorticks_off()
ax.legend(loc="lower left")
print(f"{'batch size':<28}" + "".join(f"{size:>7}" for size in sizes))
for name, values in curves.items():
    print(f"{name:<28}" + "".join(f"{value:7.3f}" for value in values))
print("layer norm and group norm: spread below 1e-12:", max(constant) < 1e-12)
plots.show(
    "The companions' influence falls like one over the root of the batch size, and is about ten times weaker in a convolutional layer; layer "
    "and group norm have none."
)

# %% [markdown]
# In a convolutional layer each mean runs over $N \cdot H \cdot W$ values, 128 even for a batch of two. The fully-connected layer shows
# the worst case, and for $N = 2$ it is exact: with two values, mean and standard
# deviation are $\frac{a + b}{2}$ and $\frac{|a - b|}{2}$, so the normalized values are $-1$ and $+1$ *whatever $a$ and $b$ are* (up to $\varepsilon$). All that is
# left of an image is, feature by feature, whether it lies above or below its single companion.

# %% experiment="a_batch_of_two"
pair = dense[:2]
normalized = F.batch_norm(pair, None, None, training=True, eps=1e-12)
print("first three features of two images:", pair[:, :3].numpy().round(2).tolist())
print("the same normalized:               ", normalized[:, :3].numpy().round(2).tolist())
print("all 64 are -1 and +1, up to 1e-6:", torch.allclose(normalized.abs(), torch.ones_like(normalized), atol=1e-6))

# %% [markdown]
# **What does it do to training?** Three hidden layers, three passes over the digits, batches of 2, 4, 8 and 32, with the learning
# rate in proportion to the batch size. Beside it, from the Group Norm paper: ResNet-50 on ImageNet, 2 to 32 images per GPU.

# %% experiment="small_batches" alt="Two plots of an error against batch size. Left, our fully-connected network on digits: batch norm has more than 40 percent error at batches of 2 and about 3 percent from 8 on; layer and group norm stay between 2 and 5 percent. Right, ResNet-50 on ImageNet after Wu and He 2018: batch norm rises from 23.6 percent at 32 images per GPU to 34.7 at 2, group norm stays near 24."
digits = data.digits(flat=True)
norms = {"batch norm": nn.BatchNorm1d, "group norm": lambda width: nn.GroupNorm(8, width), "layer norm": nn.LayerNorm}
sizes = [2, 4, 8, 32]


def error_after_three_passes(norm, batch_size):
    """Test error in percent of three hidden layers."""
    network = perceptron(norm, hidden=3)
    training.train(
        network,
        digits.train_x,
        digits.train_y,
        steps=3 * (len(digits.train_x) // batch_size),
        batch_size=batch_size,
        learning_rate=0.1 * batch_size / 32,
        schedule="cosine",
    )
    network.eval()
    return 100 * (1 - training.accuracy(network, digits.test_x, digits.test_y))


errors = {name: [error_after_three_passes(norm, size) for size in sizes] for name, norm in norms.items()}
rows = sorted(table("groupnorm_batch_size"), key=lambda row: row["images_per_gpu"])
images_per_gpu = [row["images_per_gpu"] for row in rows]
published = {"batch norm": [row["bn"] for row in rows], "group norm": [row["gn"] for row in rows]}
figure, axes = plots.figure(1, 2, height=3.2)
plots.lines(axes[0], sizes, errors, xlabel="batch size", ylabel="test error, %")
plots.lines(axes[1], images_per_gpu, published, xlabel="images per GPU", ylabel="top-1 error, %")
for ax, ticks, title in zip(
    axes, (sizes, images_per_gpu), ("digits, fully connected", "ImageNet, ResNet-50"), strict=True
):
    ax.set_xscale("log", base=2)
    ax.set_xticks(ticks, map(str, ticks))
    ax.set_ylim(0)
    ax.set_title(title)
at_2 = {name: values[0] for name, values in errors.items()}
print("batches of 2: batch norm above 30 % error:", at_2["batch norm"] > 30, end="; ")
print("layer and group norm below 7 %:", max(at_2["layer norm"], at_2["group norm"]) < 7)
print("batches of 8 and 32: all three below 7 %:", max(max(values[2:]) for values in errors.values()) < 7)
plots.show(
    "Batch norm breaks down at batches of two, in our extreme case far more than in the published one; layer and group norm do not care "
    "(right: Wu & He, 2018, Table 2)."
)

# %% [markdown]
# **What this experiment does not show.** It uses a *fully-connected* network on purpose. With a small convolutional network on the same digits
# the effect **does not appear**: in a trial, batch norm made 1.7 % errors at batches of 2 and as many at 32, because its means run over
# all pixels as well. ResNet-50 feels small batches all the same, with a gap of 10.6 percentage points at 2 images per GPU, probably
# because its last stage has only $7 \times 7$ pixels (the paper reports the gap; this explanation is ours).
#
# At the other end, 32 images per GPU, batch norm is the better one (23.6 % against 24.1 %). Where batches are large, and train and test
# look alike, it is still a good choice. Where batches are small, or vary, or where examples must not influence each other, take group
# norm (images) or layer norm (sequences).

# %% [markdown]
# ## Quiz
#
# Eight questions, one point each. Write your letter between the quotes and run the cell below it: it says why that is right or wrong. You may change
# your mind.

# %% [markdown] quiz="learned_values" points=1
# **A layer `nn.BatchNorm2d(64)` works on activations of shape (32, 64, 28, 28). How many numbers does it hold that gradient descent learns?**
#
# - A. 64
#   - Why: You counted one number per channel. There are two that are learned, a scale and a shift.
# - B. 256
#   - Why: You counted the running mean and the running variance as well. They are saved with the layer, but the forward pass updates them, not gradient descent.
# - C. (right) 128
#   - Why: One gamma and one beta per channel. The running statistics are another 128 numbers, but buffers, and neither batch nor image size plays a part.
# - D. 2 · 64 · 28 · 28
#   - Why: All pixels of a channel share one gamma and one beta, just as they share the filter that made them.

# %% [markdown] quiz="redundant_bias" points=1
# **Why do networks with conv–BN–ReLU blocks switch off the bias of the convolution?**
#
# - A. (right) Subtracting the mean of the channel removes any constant that was added to it
#   - Why: The bias shifts all values of a channel and their mean alike, so the difference does not change; beta then does the shifting.
# - B. Batch norm divides by the standard deviation, which removes any constant
#   - Why: Dividing changes the scale, not the shift. It is the subtraction of the mean that removes a constant.
# - C. The ReLU after it sets the bias to zero
#   - Why: A ReLU cuts off negative values; what a bias adds before it does matter. The bias is gone earlier, in the normalization.
# - D. A bias would make the running averages wrong
#   - Why: The running mean would simply contain the bias, and subtract it again. Nothing would be wrong; there would only be a useless parameter.

# %% [markdown] quiz="constant_shift" points=1
# **In training mode, the gradients of the loss with respect to the N values of one feature, at the input of a batch norm, …**
#
# - A. … are independent of each other
#   - Why: Mean and variance are shared, so every value influences every output of that feature, and the gradients are coupled.
# - B. … are the gradients at the output, times gamma divided by the standard deviation
#   - Why: That would be so in evaluation mode, where mean and variance are constants. In training the two paths through mean and variance are missing here.
# - C. … have variance 1
#   - Why: The activations are normalized, the gradients are not: their scale is that of the loss, times gamma, divided by the standard deviation.
# - D. (right) … sum to zero
#   - Why: Adding the same constant to all N values changes no output, so the loss has no slope in that direction, and that slope is the sum of the gradients.

# %% [markdown] quiz="slide_momentum" points=1
# **The slide updates the running mean by 0.99 · old + 0.01 · new, starting at 0. What is true?**
#
# - A. It is PyTorch's `momentum=0.99`, and after 100 steps the start no longer matters
#   - Why: PyTorch's momentum is the weight of the new value, so this is 0.01; and after 100 steps the start still has the weight 0.99 to the power of 100, which is 0.37.
# - B. (right) It is PyTorch's `momentum=0.01`, and after 100 steps the start still has a weight of more than a third
#   - Why: The weight of the start after t steps is 0.99 to the power of t: 0.37 after 100 steps, 0.05 after 300.
# - C. It is PyTorch's default
#   - Why: The default is momentum=0.1, that is 0.9 · old + 0.1 · new, which forgets ten times as fast.
# - D. It equals the mean over all batches so far
#   - Why: A mean over all batches would give each the same weight. Here the weight decays with age; the two agree only roughly, and not early on.

# %% [markdown] quiz="companions_at_test_time" points=1
# **A colleague's classifier gives the same image the label 3 when it is alone and 8 when it is in a batch with others. What do you look for first?**
#
# - A. Too large a learning rate
#   - Why: A bad learning rate gives bad weights, but a fixed network in evaluation mode still gives one image one answer.
# - B. A missing shuffle of the test set
#   - Why: The order of the test set cannot matter to a network in evaluation mode. That it does matter is the symptom, not the cause.
# - C. (right) A forgotten `eval()`, with a batch norm somewhere in the network
#   - Why: In training mode batch norm takes mean and variance from the batch, so the companions of an image change its activations.
# - D. Rounding errors of the GPU
#   - Why: Rounding may change the last digits, and a label only if two classes are practically tied. Look for the bug first.

# %% [markdown] quiz="foldable" points=1
# **Which of these batch norms can be folded away at test time, exactly?**
#
# - A. BN that follows the addition of a residual block
#   - Why: It would have to be folded into an addition. The shortcut's values would need scaling too, and there is no layer on it to take that up.
# - B. BN that follows a ReLU, before a convolution with zero padding
#   - Why: The shift of the batch norm would have to become a bias, but at the border part of the window is padding, which was never shifted. No single bias is right everywhere.
# - C. Any BN, since it is a linear operator in evaluation mode
#   - Why: It is affine, and each can be computed as one scale and shift per channel. To make it vanish, there must be a layer beside it that can take these up.
# - D. (right) BN that directly follows a convolution with zero padding
#   - Why: Padding happens before the convolution's sum, and batch norm scales and shifts the finished sum, so scaled filters and a new bias do the same at every pixel.

# %% [markdown] quiz="values_per_mean" points=1
# **Group norm with 8 groups on activations of shape (16, 32, 14, 14): over how many values does each mean run?**
#
# - A. 8 · 14 · 14 = 1568
#   - Why: You took 8 for the number of channels in a group. It is the number of groups; a group has 32 / 8 channels.
# - B. (right) 4 · 14 · 14 = 784
#   - Why: 32 channels in 8 groups are 4 channels each, with all their pixels, of one image. The batch size of 16 plays no part.
# - C. 16 · 4 · 14 · 14 = 12544
#   - Why: You averaged over the 16 images as well. Only batch norm does that; group norm stays within one image.
# - D. 14 · 14 = 196
#   - Why: That is instance norm, one channel at a time, the same as group norm with 32 groups.

# %% [markdown] quiz="when_layer_norm" points=1
# **You fine-tune a fully-connected network and memory allows batches of 2. Which statement is right?**
#
# - A. (right) Batch norm would give every feature the values −1 and +1; layer norm is not affected
#   - Why: Up to eps: with two values, each lies one standard deviation from their mean. Layer norm averages over the features of one example and never sees the batch.
# - B. Batch norm works if the momentum of the running averages is made smaller
#   - Why: The running averages are not used in training. What spoils training is the normalization with the statistics of two examples.
# - C. Instance norm is the natural choice here
#   - Why: Instance norm averages over pixels, and a fully-connected layer has none: each value would be normalized by itself, to zero.
# - D. Both are fine, since gamma and beta undo the normalization
#   - Why: Gamma and beta scale and shift, but cannot bring back what is lost: which of many values a feature had, beyond being the larger or the smaller of two.

# %% [markdown] written="explain_sorted_test_set" points=4
# ## Written question (4 points)
#
# A colleague writes:
#
# > My network (convolutions with batch norm) has 98 % accuracy on the test set with batches of 497. A user complained, so I tested the
# > images in the order in which they arrive, one class after the other, in batches of 16: 24 %! And it gets stranger: when I repeat the
# > first measurement properly, with `model.eval()`, it has dropped to 95 %.
#
# Explain in five to ten sentences what happened in each of the three measurements, in terms of means and variances. Then say how you would
# repair the measurement *and* the damaged network, and name one test that would have caught the mistake.
#
# ### BEGIN SOLUTION
# The network was measured in training mode, so every batch norm used mean and variance of the test batch. With 497 mixed images these
# are close to those of the training data, so the outputs hardly change and the mistake goes unnoticed (98 %). With 16 images of one class,
# the statistics are those of that class: what the images have in common is subtracted with the mean and no longer tells the class apart, so accuracy
# collapses (24 %). In training mode each forward pass also moves the running mean and variance by the share `momentum` towards the
# batch. After a pass over one-class batches they describe mostly the last classes, not the training data, so that evaluation
# mode, which uses them, is now worse than before (95 %).
#
# Repair of the measurement: call `model.eval()` before it, `model.train()` afterwards. Repair of the network: reload the saved checkpoint;
# or, without one, recompute the running statistics by passing training data (shuffled, large batches) through it in
# training mode, without changing weights. A test that would have caught it: the output for one image must be the same alone and
# within any batch; or: the `state_dict` is the same before and after a measurement.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# * 1 point: names training mode / the missing `eval()` as the cause, and that statistics came from the test batch.
# * 1 point: explains why large mixed batches hide it and one-class batches do not (statistics near to, or far from, those of training).
# * 1 point: explains the drop to 95 % by the running averages, changed during the forward passes in training mode.
# * 1 point: repairs both (`eval()`; reload, or re-estimate the running statistics) and names a sensible test. Only one of the two: no point.
#
# Full marks do not need the numbers. Length costs no points. "Overfitting", "data leakage" or "random seed" as the cause: no first point.
# ### END MARK SCHEME

# %% [markdown]
# ## What to take away
#
# * Off-centre or differently scaled inputs make a layer's loss surface long and narrow; normalization makes it round.
# * All four norms compute $\gamma \, (x - \mu) / \sqrt{\sigma^2 + \varepsilon} + \beta$ with the biased variance. They differ in which values share $\mu$ and $\sigma^2$.
# * Batch norm couples the examples of a batch, forward and backward. At test time it uses running averages: one mean, one variance, momentum 0.1 on the
#   *new* value, unbiased variance.
# * Forgetting `eval()` is invisible with large mixed batches, ruinous with small or one-sided ones, and damages the network.
# * In evaluation mode batch norm is affine and vanishes into the convolution directly before it.
# * Its proven benefits are larger learning rates and forgiving initialization. *Why* is still being worked out.
# * With few examples per batch, take layer or group norm; the more pixels a mean runs over, the later the trouble starts.
#
# ## Further reading
#
# * S. Ioffe, C. Szegedy (2015). *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift.* arXiv:1502.03167
# * J. L. Ba, J. R. Kiros, G. E. Hinton (2016). *Layer Normalization.* arXiv:1607.06450
# * D. Ulyanov, A. Vedaldi, V. Lempitsky (2016). *Instance Normalization: The Missing Ingredient for Fast Stylization.* arXiv:1607.08022
# * A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, Ł. Kaiser, I. Polosukhin (2017). *Attention Is All You Need.* arXiv:1706.03762
# * Y. Wu, K. He (2018). *Group Normalization.* arXiv:1803.08494
# * S. Santurkar, D. Tsipras, A. Ilyas, A. Madry (2018). *How Does Batch Normalization Help Optimization?* arXiv:1805.11604
# * J. Bjorck, C. Gomes, B. Selman, K. Q. Weinberger (2018). *Understanding Batch Normalization.* arXiv:1806.02375
# * P. Luo, X. Wang, W. Shao, Z. Peng (2019). *Towards Understanding Regularization in Batch Normalization.* arXiv:1809.00846
# * Y. Wu, J. Johnson (2021). *Rethinking "Batch" in BatchNorm.* arXiv:2105.07576
# * K. He, X. Zhang, S. Ren, J. Sun (2015). *Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification.* arXiv:1502.01852
# * Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller (1998). *Efficient BackProp.* In: Neural Networks: Tricks of the Trade, Springer.
