# %% [markdown]
# # AlexNet: what a network costs
#
# *The lecture's part from "AlexNet" to "ZFNet: A Bigger AlexNet".*
#
# **After this notebook you can**
#
# * compute the output size of any convolution or pool, floor and ceil mode included;
# * compute memory, parameters and multiply-adds of every layer, and check them against a real network;
# * say where a network's memory, parameters and operations lie, and which of them its running time follows;
# * build AlexNet, and tell apart the four networks that go by this name;
# * find an error in a published table, because you can recompute it.
#
# **You need** convolution, pooling and fully-connected layers as ideas, and the basics of PyTorch (`nn.Module`). The notebook on
# normalization is not needed.
#
# **Time** about 3 hours: one to read, one and a half for the exercises, half an hour for quiz and question. Running everything
# takes less than a minute on one CPU core; no GPU and no network are needed.
#
# **Points** 50: exercises 39, quiz 8, a written question 3.
#
# **Lecture slides** "AlexNet" (the architecture, its table, the three charts), "ZFNet: A Bigger AlexNet". Where a slide needs a
# correction, a note marked **On the slide** says what it prints and what is right.
#
# **How it works.** An exercise is a cell that you complete, followed by a visible test, which tells you what is wrong and where
# to re-read. Hidden tests, run when your work is graded, ask the same of other inputs. A few cells show *your* table or network,
# and need the exercise before them; all other experiments run whether or not you have solved anything.

# %% given="setup"
import random
from copy import deepcopy
from itertools import takewhile

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.benchmark import Timer
from torch.utils.flop_counter import FlopCounterMode

import cnnlab
from cnnlab import plots
from coursekit.checks import expect_close, expect_equal, expect_raises, expect_shape, expect_true
from coursekit.seeds import grading_seed
from cnnlab.layers import LayerError, check_layers
from cnnlab.measure import measure
from cnnlab.quiz import explain, expect_answer
from cnnlab.tables import show, table

torch.set_num_threads(1)
plots.style()


# %% [markdown]
# The next cell holds machinery of the tests. It is folded; you need not read it.


# %% given="test_helpers" folded="true"
ROW_KEYS = ("name", "out_channels", "out_size", "kib", "params", "macs")


def torch_size(layer, size):
    """The side of what a layer of torch puts out for one channel of size x size pixels, found on the meta device."""
    return layer.to("meta")(torch.empty(1, 1, size, size, device="meta")).shape[-1]


def torch_macs(layer, *shape):
    """The multiply-adds that torch counts in a layer for one input of this shape."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        layer.to("meta")(torch.empty(1, *shape, device="meta"))
    return counter.get_total_flops() // 2


def held(layer):
    """The number of parameters in a layer of torch."""
    return sum(parameter.numel() for parameter in layer.parameters())


def value_of(function, *arguments, what, likely, **options):
    """What a call returns that must not be refused."""
    try:
        return function(*arguments, **options)
    except ValueError:
        expect_true(False, what=what, likely=likely)


def check_rows(got, expected, mistakes, section):
    """Compare a table row by row.

    Args:
        expected: the rows, dicts with the keys of ROW_KEYS.
        mistakes: by name of the row, then by key, what common mistakes would give.
    """
    expect_true(
        isinstance(got, (list, tuple)),
        what="the table is a list of rows",
        likely="the return is missing" if got is None else "something else than a list was returned",
        reread=section,
    )
    names = [row["name"] for row in expected]
    lacking = [key for row in got if isinstance(row, dict) for key in ROW_KEYS if key not in row]
    expect_true(
        all(isinstance(row, dict) for row in got) and not lacking,
        what=f"every row is a dict with the keys {', '.join(ROW_KEYS)}",
        likely=f"the key {lacking[0]!r} is missing or spelled differently" if lacking else "a row is no dict",
        reread=section,
    )
    expect_equal([row["name"] for row in got], names, what="the list of the rows' names", reread=section)
    for row, right in zip(got, expected, strict=True):
        for key in ROW_KEYS[1:]:
            compare = expect_close if key == "kib" else expect_equal
            likely = mistakes.get(right["name"], {}).get(key)
            compare(row[key], right[key], what=f"{key} of {right['name']}", mistakes=likely, reread=section)


def check_shares(got, expected, mistakes, names):
    """Compare shares of costs.

    Args:
        mistakes: from the clause that names a mistake to the whole result that it gives.
        names: of the rows.
    """
    section = "Where the costs lie"
    nested = isinstance(got, dict) and all(isinstance(shares, dict) for shares in got.values())
    kinds = sorted(expected["kib"])
    likely = "the keys are others" if nested else "the inner dicts are missing"
    if nested and sorted(got) == kinds:
        likely = "kinds and quantities are nested the wrong way round"
    expect_true(
        nested and sorted(got) == sorted(expected),
        what='the result is a dict with the keys "kib", "params" and "macs", each with a dict of shares',
        likely=likely,
        reread=section,
    )
    for key, shares in expected.items():
        expect_equal(
            sorted(got[key]),
            kinds,
            what=f'the list of kinds under "{key}"',
            mistakes={
                "kinds without a share are left out; list them with 0.0": [kind for kind in kinds if shares[kind]],
                "a kind is all letters that the name starts with, whatever stands behind them": [
                    sorted({name[:-1] for name in names}),
                    sorted({name.rstrip("0123456789") for name in names}),
                    sorted({name.rstrip("_0123456789") for name in names}),
                    sorted({"".join(filter(str.isalpha, name)) for name in names}),
                    sorted({name[:4] for name in names}),
                    sorted(set(names)),
                ],
                "pools and flatten are rows like any other": [
                    kind for kind in kinds if kind not in ("pool", "flatten")
                ],
            },
            reread=section,
        )
        expect_close(
            [got[key][kind] for kind in kinds],
            [shares[kind] for kind in kinds],
            what=f'the shares of {", ".join(kinds)} under "{key}"',
            mistakes={clause: tuple(wrong[key][kind] for kind in kinds) for clause, wrong in mistakes.items()},
            reread=section,
        )


# %% [markdown]
# ## Eight layers, three bills
#
# A convolutional network is a list of layers, and from that list alone, before a single weight is trained, three bills can be
# written: how much **memory** its activations take, how many **parameters** it holds, and how many **operations** it computes.
# This notebook writes them for AlexNet, the network with which deep learning took over computer vision, and finds that they are
# paid in three different places.
#
# In the ImageNet challenge a program sees a photo and names what is on it, out of 1000 classes. In 2011 the best entry
# was wrong, with five guesses, for 25.8 % of the photos. In 2012 a convolutional network with eight layers of weights
# brought that to 16.4 % (Krizhevsky, Sutskever & Hinton, 2012; lecture, *AlexNet*), and the year after nearly everybody
# used one.
#
# Hardly a part of it was new. Convolutions, pooling and backpropagation were decades old. What was new was the *size*:
# 60 million parameters, trained for five to six days on two graphics cards of 3 GB each. Whether a network of that size
# could be trained at all was a matter of budgets, and so the lecture takes AlexNet as the example on which to learn
# bookkeeping.
#
# We write a network down as data, one plain dict per layer, as the lecture's table does. `cnnlab.layers` documents the
# format; what has no parameters and does not change the shape (ReLU, dropout) is left out.

# %% given="architecture"
ALEXNET = check_layers(
    [
        {"name": "conv1", "type": "conv", "filters": 64, "kernel": 11, "stride": 4, "padding": 2},
        {"name": "pool1", "type": "pool", "kernel": 3, "stride": 2, "padding": 0},
        {"name": "conv2", "type": "conv", "filters": 192, "kernel": 5, "stride": 1, "padding": 2},
        {"name": "pool2", "type": "pool", "kernel": 3, "stride": 2, "padding": 0},
        {"name": "conv3", "type": "conv", "filters": 384, "kernel": 3, "stride": 1, "padding": 1},
        {"name": "conv4", "type": "conv", "filters": 256, "kernel": 3, "stride": 1, "padding": 1},
        {"name": "conv5", "type": "conv", "filters": 256, "kernel": 3, "stride": 1, "padding": 1},
        {"name": "pool5", "type": "pool", "kernel": 3, "stride": 2, "padding": 0},
        {"name": "flatten", "type": "flatten"},
        {"name": "fc6", "type": "linear", "out_features": 4096},
        {"name": "fc7", "type": "linear", "out_features": 4096},
        {"name": "fc8", "type": "linear", "out_features": 1000},
    ]
)
IMAGE = (3, 227, 227)  # channels, height, width

# %% [markdown]
# Read the list as a story: the image shrinks from 227 pixels to 6 while the channels grow from 3 to 256, and then a
# classifier of three fully-connected layers reads the 9216 numbers that are left.

# %% figure="shape_of_alexnet" alt="The layers of AlexNet as boxes from left to right: their height, the side of the feature maps, falls from 227 to 6, while their width, which stands for the number of channels, grows; three thin bars for the fully-connected layers follow." folded="true"
KIND_COLORS = {"conv": plots.COLORS[0], "pool": plots.COLORS[4], "flatten": plots.COLORS[3], "fc": plots.COLORS[1]}


def kind_of(name):
    """The letters that a layer's name starts with."""
    return name.rstrip("0123456789")


figure, ax = plots.figure(height=3.2)
left = 0.0
boxes = [("image", 3, 227, "#999999")]
boxes += [
    (r["name"], r["out_channels"], r["out_size"], KIND_COLORS[kind_of(r["name"])]) for r in table("alexnet_layers")
]
for name, channels, size, color in boxes:
    flat = size == 1
    width, height = (5, 2.3 * channels**0.5) if flat else (1.3 * channels**0.5, size)
    _ = ax.bar(left, height, width, bottom=-height / 2, align="edge", color=color, edgecolor="black", linewidth=0.6)
    label = f"{channels:,}" if flat else f"{channels} × {size}²"
    middle = left + width / 2
    _ = ax.text(middle, height / 2 + 6, label, ha="center", va="bottom", fontsize=8, rotation=90)
    _ = ax.text(middle, -height / 2 - 6, name, ha="center", va="top", fontsize=8, rotation=90)
    left += width + 9
ax.set(xlim=(-6, left), ylim=(-165, 190), xticks=[], yticks=[])
ax.set_xlabel(
    "layers, in order (height: side of the maps, width: root of their number;\nthin bars on the right: height is the root of the number)"
)
ax.spines[:].set_visible(False)
plots.show(
    "The feature maps get smaller and more numerous, until a classifier reads them as one row of numbers (not to scale)."
)

# %% [markdown]
# ## How large is the output?
#
# All three bills begin with the same question: how many numbers does a layer put out? A convolution slides a window of
# $K$ pixels over $W$ pixels, in steps of $S$, after $P$ zeros were put on *each* side. The window may not stick out, so
# its last start lies at most $W + 2P - K$ pixels behind its first one, and there are
#
# $$W' = \left\lfloor \frac{W - K + 2P}{S} \right\rfloor + 1$$
#
# places for it: as many steps as fit, and one for the window that has not moved yet. The brackets round down, because
# half a step is no place. What is left over on the right is never looked at.


# %% figure="windows" alt="Two rows of eight pixels with windows of three pixels in steps of two below them. In floor mode three windows fit and the last pixel is not covered; in ceil mode a fourth window covers it and sticks out by one pixel." folded="true"
def draw_windows(ax, size, kernel, starts, title):
    """Draw a row of pixels and the windows that start at the given places below it."""
    for pixel in range(size):
        _ = ax.add_patch(plt.Rectangle((pixel, 0), 1, 1, facecolor="#DDDDDD", edgecolor="black"))
        _ = ax.text(pixel + 0.5, 0.5, str(pixel), ha="center", va="center", fontsize=8)
    for index, start in enumerate(starts):
        color = plots.COLORS[index % 4]
        low = -0.7 - 0.6 * index
        fits = start + kernel <= size
        box = plt.Rectangle((start, low), kernel, 0.45, facecolor=color, edgecolor="black", hatch="" if fits else "//")
        _ = ax.add_patch(box)
    ax.set(xlim=(-0.3, size + 1.6), ylim=(-2.8, 1.3), yticks=[], xlabel="position (pixels)", title=title)
    ax.set_ylabel("windows")
    ax.grid(visible=False)


figure, axes = plots.figure(1, 2, height=2.4)
draw_windows(axes[0], 8, 3, [0, 2, 4], "floor: 3 windows, pixel 7 is unseen")
draw_windows(axes[1], 8, 3, [0, 2, 4, 6], "ceil: a 4th window sticks out")
plots.show(
    "A kernel of 3 in steps of 2 over 8 pixels: rounding down leaves the last pixel out, rounding up lets a window stick out."
)

# %% [markdown]
# **Worked example.** AlexNet's first layer has $W = 227$, $K = 11$, $S = 4$, $P = 2$ (lecture, *AlexNet*):
# $W' = \lfloor 220 / 4 \rfloor + 1 = 55 + 1 = 56$. Here the division leaves nothing over, which is why the slide can do
# without the brackets.
#
# > **On the slide.** 227 pixels *with* a padding of 2 is a network that nobody published. The paper prints 224 pixels,
# > but its own sizes only come out with 227 and no padding: $216 / 4 + 1 = 55$. torchvision, after Krizhevsky (2014),
# > takes 224 with padding 2, and there the brackets are needed: $\lfloor 217 / 4 \rfloor + 1 = 54 + 1 = 55$. The lecture
# > mixes the two and gets 56. From `pool1` on, all three agree on 27.
#
# ### Exercise: `conv_output_size` (3 points, about 8 minutes)
#
# A kernel that is larger than the padded input has no place at all. torch refuses it, and so should you: with a
# `ValueError`.
#
# <details><summary>Hint 1: whole numbers</summary>
#
# In Python `a // b` divides and rounds down, and stays an `int` when `a` and `b` are.
# </details>
#
# <details><summary>Hint 2: when to refuse</summary>
#
# Compare the kernel with $W + 2P$, not with $W$: 6 pixels of kernel fit into 4 pixels with padding 1.
# </details>


# %% exercise="conv_output_size"
def conv_output_size(size, kernel, stride=1, padding=0):
    """The side of the square that a convolution puts out.

    Args:
        size: side of the square input, in pixels.
        kernel: side of the kernel.
        stride: pixels between two places of the kernel.
        padding: pixels of zeros on each side of the input.

    Returns:
        The side of the output, an int.

    Raises:
        ValueError: if the kernel is larger than the padded input.
    """
    ### BEGIN SOLUTION
    room = size + 2 * padding - kernel
    if room < 0:
        raise ValueError(f"a kernel of {kernel} does not fit into {size} pixels with padding {padding}")
    return room // stride + 1
    ### END SOLUTION


# %% test="conv_output_size" points=1
section = "How large is the output?"
expect_equal(
    conv_output_size(27, 5, padding=2),
    27,
    what="the output size of conv2 (27 pixels, kernel 5, stride left out, padding 2)",
    mistakes={
        "the padding counts on one side only; it goes on both": 25,
        "the padding is missing": 23,
        "the window that has not moved yet is not counted; add 1": 26,
        "the size was divided by the stride; a window needs room for the whole kernel": [31, 32],
    },
    reread=section,
)
expect_equal(
    conv_output_size(10, 3),
    8,
    what="the output size for 10 pixels and kernel 3, stride and padding left out",
    mistakes={"padding is 0 where it is left out": 10, "stride is 1 where it is left out": [4, 5, 3]},
    reread=section,
)
expect_equal(
    conv_output_size(227, 11, 4, 2),
    56,
    what="the output size of the lecture's conv1 (227 pixels, kernel 11, stride 4, padding 2)",
    mistakes={
        "the padding is missing, or counts on one side only, or 1 is not added": 55,
    },
    reread=section,
)
expect_equal(
    conv_output_size(224, 11, 4, 2),
    55,
    what="the output size of torchvision's conv1 (224 pixels, kernel 11, stride 4, padding 2)",
    mistakes={
        "it was rounded up; a window that sticks out has no place": 56,
        "the padding counts on one side only, or 1 is not added": 54,
    },
    reread=section,
)
expect_equal(
    conv_output_size(224, 7, 2, 3),
    112,
    what="the output size for 224 pixels, kernel 7, stride 2, padding 3",
    mistakes={
        "it was rounded up, or to the nearest; a window that sticks out has no place": 113,
        "the padding counts on one side only, or 1 is not added": 111,
    },
    reread=section,
)
fitting = value_of(
    conv_output_size,
    *(4, 6, 1, 1),
    what="a kernel of 6 fits into 4 pixels with padding 1",
    likely="the kernel was compared with the size without its padding",
)
expect_equal(fitting, 1, what="the output size for 4 pixels, kernel 6, stride 1, padding 1", reread=section)
striding = value_of(
    conv_output_size,
    *(9, 2, 3, 0),
    what="a kernel of 2 fits into 9 pixels, in steps of 3 too",
    likely="a stride may be larger than the kernel, and leave pixels out",
)
expect_equal(striding, 3, what="the output size for 9 pixels, kernel 2, stride 3, padding 0", reread=section)
expect_raises(ValueError, conv_output_size, 4, 7, 1, 1, what="a kernel of 7 on 4 pixels with padding 1", reread=section)

# %% hidden_test="conv_output_size" points=2
rng = random.Random(grading_seed())
cases = [
    (21, 6, 1, 2),
    (30, 5, 4, 3),
    (11, 11, 2, 0),
    (9, 4, 3, 1),
    (5, 7, 1, 2),
    (8, 7, 5, 3),
    (12, 2, 5, 0),
    (3, 2, 4, 1),
]
for _ in range(6):
    kernel, padding = rng.randint(1, 9), rng.randint(0, 4)
    cases.append((rng.randint(max(1, kernel - 2 * padding), 60), kernel, rng.randint(1, 4), padding))
for size, kernel, stride, padding in cases:
    room = size - kernel + 2 * padding
    case = f"{size} pixels, kernel {kernel}, stride {stride}, padding {padding}"
    got = value_of(
        conv_output_size,
        *(size, kernel, stride, padding),
        what=f"there is a place for the kernel: {case}",
        likely="the kernel was compared with the size without its padding, or with the stride",
    )
    expect_equal(
        got,
        torch_size(nn.Conv2d(1, 1, kernel, stride, padding), size),
        what=f"the output size for {case}",
        mistakes={
            "it was rounded up; a window that sticks out has no place": -(-room // stride) + 1,
            "it was rounded to the nearest whole number": round(room / stride) + 1,
            "the padding counts on one side only; it goes on both": (room - padding) // stride + 1,
            "the padding is missing": (room - 2 * padding) // stride + 1,
            "the window that has not moved yet is not counted; add 1": room // stride,
            "the stride is missing": room + 1,
            "the size was divided by the stride; a window needs room for the whole kernel": [
                (size + 2 * padding) // stride,
                (size + 2 * padding) // stride + 1,
            ],
        },
        reread="How large is the output?",
    )
for size, kernel in ((9, 3), (14, 4)):
    expect_equal(
        conv_output_size(size, kernel),
        torch_size(nn.Conv2d(1, 1, kernel), size),
        what=f"the output size for {size} pixels and kernel {kernel}, stride and padding left out",
        mistakes={"padding is 0 where it is left out": [size - kernel + 3, size - kernel + 1 + 2 * (kernel // 2)]},
        reread="How large is the output?",
    )
for size, kernel, stride, padding in [(5, 6, 1, 0), (1, 12, 3, 5), (3, 8, 2, 2)]:
    what = f"a kernel of {kernel} on {size} pixels with padding {padding}"
    expect_raises(ValueError, conv_output_size, size, kernel, stride, padding, what=what)

# %% [markdown]
# ## Pooling
#
# A pool slides a window in the same way and takes the largest value in it, for each channel by itself; its size follows
# from the same formula. AlexNet's windows are 3 pixels wide and 2 apart, so that neighbours overlap; the paper found that
# this overfits slightly less (Krizhevsky et al., 2012, section 3.4). `pool1` reads 56 pixels:
# $\lfloor 53/2 \rfloor + 1 = 27$.
#
# For a convolution rounding down is the only choice. A pool has another, since a maximum can be taken over a window that
# is cut off: in **ceil mode** torch rounds up, and the last window may stick out on the right. There is one exception.
# A window that would lie *entirely* in the padding on the right is dropped: in torch's words, the last window must start
# inside the input or the left padding. In a formula, with $W'$ the number of windows after rounding up,
#
# $$\text{if } (W' - 1)\, S \ge W + P, \quad \text{take one window off.}$$
#
# You will need it in earnest: GoogLeNet's pools are in ceil mode, and 112 pixels become 56, not 55.
#
# **Worked example.** 5 pixels, kernel 2, stride 2, padding 1, ceil mode: $(5 - 2 + 2)/2 = 2.5$, rounded up 3, plus one
# makes 4 windows. The fourth would start $3 \cdot 2 = 6$ pixels after the first. But input and left padding end after
# $5 + 1 = 6$, so it would start in the right padding: 3 windows are left.
#
# ### Exercise: `pool_output_size` (4 points, about 12 minutes)
#
# Refuse with a `ValueError`, in both modes, a kernel larger than the padded input (torch lets some of these pass in ceil
# mode; be stricter). Refuse also a padding of more than half the kernel, as torch does: a window could lie wholly in it.
#
# <details><summary>Hint 1: rounding up</summary>
#
# `math.ceil` works, and so does `-(-a // b)`, which stays with whole numbers.
# </details>
#
# <details><summary>Hint 2: the last window</summary>
#
# Compute the number of windows, then test where the last one starts, counted from the left edge of the padding.
# </details>


# %% exercise="pool_output_size"
def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    """The side of the square that a pool puts out, as torch.nn.MaxPool2d has it.

    Args:
        size: side of the square input, in pixels.
        kernel: side of the window.
        stride: pixels between two windows.
        padding: pixels on each side of the input.
        ceil_mode: whether the last window may stick out on the right. One that would start in the right padding, or
            beyond it, is dropped.

    Returns:
        The side of the output, an int.

    Raises:
        ValueError: if the kernel is larger than the padded input (in either mode), or the padding larger than half
            the kernel.
    """
    ### BEGIN SOLUTION
    room = size + 2 * padding - kernel
    if room < 0:
        raise ValueError(f"a window of {kernel} does not fit into {size} pixels with padding {padding}")
    if 2 * padding > kernel:
        raise ValueError(f"padding {padding} is more than half of a window of {kernel}")
    if not ceil_mode:
        return room // stride + 1
    windows = -(-room // stride) + 1
    return windows - 1 if (windows - 1) * stride >= size + padding else windows
    ### END SOLUTION


# %% test="pool_output_size" points=1
section = "Pooling"
expect_equal(
    pool_output_size(56, 3, 2),
    27,
    what="the output size of pool1 (56 pixels, kernel 3, stride 2)",
    mistakes={
        "it was rounded up, but ceil_mode is off (or a padding was put on that nobody asked for)": 28,
        "the stride was taken to be the kernel": 18,
        "1 is missing for the first window": 26,
    },
    reread=section,
)
fitting = value_of(
    pool_output_size,
    *(9, 4, 1, 2),
    what="a padding of 2 will do for a window of 4 (9 pixels, stride 1)",
    likely="only more than half of the window is refused",
)
expect_equal(
    fitting,
    10,
    what="the output size for 9 pixels, kernel 4, stride 1, padding 2",
    mistakes={"the padding counts on one side only; it goes on both": 8, "the padding is missing": 6},
    reread=section,
)
fitting = value_of(
    pool_output_size,
    *(5, 6, 1, 2),
    what="a window of 6 fits into 5 pixels with padding 2 (stride 1)",
    likely="the window was compared with the size without its padding",
)
expect_equal(fitting, 4, what="the output size for 5 pixels, kernel 6, stride 1, padding 2", reread=section)
expect_equal(
    pool_output_size(112, 3, 2, ceil_mode=True),
    56,
    what="the output size for 112 pixels, kernel 3, stride 2, ceil mode",
    mistakes={"it was rounded down, but ceil_mode is on": 55},
    reread=section,
)
expect_equal(
    pool_output_size(6, 2, 2, 1, ceil_mode=True),
    4,
    what="the output size for 6 pixels, kernel 2, stride 2, padding 1, ceil mode",
    mistakes={"a window was dropped that starts inside the input; compare with size + padding": 3},
    reread=section,
)
for size, kernel, stride, padding, windows in [(5, 2, 2, 1, 3), (6, 1, 4, 0, 2)]:
    expect_equal(
        pool_output_size(size, kernel, stride, padding, ceil_mode=True),
        windows,
        what=f"the output size for {size} pixels, kernel {kernel}, stride {stride}, padding {padding}, ceil mode",
        mistakes={"the last window starts in the right padding, or beyond it; it is dropped": windows + 1},
        reread=section,
    )
expect_raises(ValueError, pool_output_size, 4, 7, 2, 1, what="a window of 7 on 4 pixels with padding 1", reread=section)
expect_raises(ValueError, pool_output_size, 10, 3, 2, 2, what="a padding of 2 for a window of 3", reread=section)

# %% hidden_test="pool_output_size" points=3
rng = random.Random(grading_seed() + 1)
cases = [
    (8, 4, 1, 2),
    (14, 3, 2, 0),
    (7, 2, 2, 1),
    (28, 3, 2, 1),
    (10, 2, 3, 1),
    (9, 1, 5, 0),
    (4, 4, 3, 2),
    (3, 2, 4, 1),
    (5, 6, 2, 3),
]
for _ in range(8):
    kernel = rng.randint(1, 6)
    padding = rng.randint(0, kernel // 2)
    cases.append((rng.randint(max(1, kernel - 2 * padding), 40), kernel, rng.randint(1, 5), padding))
for size, kernel, stride, padding in cases:
    room = size - kernel + 2 * padding
    down, up = room // stride + 1, -(-room // stride) + 1
    for ceil_mode in (False, True):
        case = f"{size} pixels, kernel {kernel}, stride {stride}, padding {padding}, ceil_mode={ceil_mode}"
        got = value_of(
            pool_output_size,
            *(size, kernel, stride, padding, ceil_mode),
            what=f"there is a place for the window: {case}",
            likely="the kernel was compared with the size without its padding, or half the kernel was taken for too much",
        )
        expect_equal(
            got,
            torch_size(nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil_mode), size),
            what=f"the output size for {case}",
            mistakes={
                "it was rounded down, but ceil_mode is on": down if ceil_mode else [],
                "it was rounded up, but ceil_mode is off": [] if ceil_mode else up,
                "the last window starts in the right padding, or beyond it; it is dropped": up if ceil_mode else [],
                "a window was dropped that starts inside the input; compare with size + padding": up - 1,
                "the padding counts on one side only; it goes on both": (room - padding) // stride + 1,
                "the padding is missing": (room - 2 * padding) // stride + 1,
                "1 is missing for the first window": room // stride,
                "the stride was taken to be the kernel": room // kernel + 1,
            },
            reread="Pooling",
        )
for size, kernel in ((14, 3), (13, 2)):
    right = torch_size(nn.MaxPool2d(kernel, 2), size)
    expect_equal(
        pool_output_size(size, kernel, 2),
        right,
        what=f"the output size for {size} pixels, kernel {kernel} and stride 2, padding and ceil_mode left out",
        mistakes={"where they are left out, padding is 0 and ceil_mode off": right + 1},
        reread="Pooling",
    )
for size, kernel, stride, padding in [(2, 3, 2, 0), (1, 6, 1, 2), (9, 3, 1, 2), (20, 4, 4, 3)]:
    for ceil_mode in (False, True):
        what = f"a window of {kernel} on {size} pixels with padding {padding} and ceil_mode={ceil_mode}"
        expect_raises(
            ValueError, pool_output_size, size, kernel, stride, padding, ceil_mode, what=what, reread="Pooling"
        )

# %% [markdown]
# ## The first bill: memory
#
# A layer's output has $C \cdot H \cdot W$ numbers, and each takes 4 bytes in float32. The lecture prints KB and means
# 1024 bytes, for which the proper name is **KiB**. So `conv1` takes
#
# $$64 \cdot 56 \cdot 56 \cdot 4 / 1024 = 200{,}704 \cdot 4 / 1024 = 784 \text{ KiB}.$$
#
# What does this bill stand for? In training, every output has to wait in memory until the backward pass comes by, and
# there is one such set *per image of the batch*: with 128 images, 784 KiB become 98 MiB. When a trained network only
# runs, an output can be thrown away as soon as the next layer is done, and it is the largest pair of neighbours that
# counts. The bill leaves out weights, gradients, the optimizer's state and scratch space. It is a bill of activations.
#
# > **On the slide.** The caption of the paper's Figure 2, which the lecture shows, counts **253,440** neurons in the first
# > layer. The layer has 96 maps of 55 by 55: 290,400. The caption's number is $55 \cdot 48 \cdot 96$, so one 55 became 48,
# > the number of maps on each of the two cards. The slip is the paper's own. How do we know which number the authors
# > meant? The abstract says 650,000 neurons. With 290,400 the layers sum to 659,272; with 253,440 only to 622,312.
#
# ### Exercise: `activation_kib` (2 points, about 4 minutes)
#
# <details><summary>Hint 1: three steps</summary>
#
# Numbers first, then bytes, then KiB. `conv1` has 200,704 numbers and 802,816 bytes.
# </details>
#
# <details><summary>Hint 2: what the last argument is for</summary>
#
# Half precision (float16, bfloat16) takes 2 bytes per number: then the bill is half as large.
# </details>


# %% exercise="activation_kib"
def activation_kib(channels, height, width, bytes_per_element=4):
    """The memory that an activation takes.

    Args:
        channels: number of feature maps.
        height: of a map, in pixels.
        width: of a map, in pixels.
        bytes_per_element: 4 for float32.

    Returns:
        KiB (1024 bytes), not rounded.
    """
    ### BEGIN SOLUTION
    return channels * height * width * bytes_per_element / 1024
    ### END SOLUTION


# %% test="activation_kib" points=1
section = "The first bill: memory"
expect_close(
    activation_kib(64, 56, 56),
    784.0,
    what="the memory of conv1's output (64 x 56 x 56) in KiB",
    mistakes={
        "1 KiB is 1024 bytes, not 1000": 802.816,
        "these are numbers; each takes bytes_per_element bytes": [196.0, 200_704],
        "these are bytes; 1 KiB is 1024 of them": 802_816,
        "bits were counted": 6272.0,
        "these are MiB": 784 / 1024,
        "the height is left out": 14.0,
    },
    reread=section,
)
expect_close(
    activation_kib(64, 27, 27),
    182.25,
    what="the memory of pool1's output (64 x 27 x 27) in KiB",
    mistakes={"it was rounded, as the slide does; return it unrounded": [182, 183]},
    reread=section,
)
expect_close(
    activation_kib(8, 6, 10, bytes_per_element=2),
    0.9375,
    what="the memory of 8 x 6 x 10 numbers of 2 bytes in KiB",
    mistakes={
        "bytes_per_element is not used": 1.875,
        "the maps were taken to be square": [8 * 36 * 2 / 1024, 8 * 100 * 2 / 1024],
        "it was rounded": [0, 1],
    },
    reread=section,
)

# %% hidden_test="activation_kib" points=1
rng = random.Random(grading_seed() + 2)
dtypes = {1: torch.int8, 2: torch.float16, 4: torch.float32, 8: torch.float64}
for size in (4, 2, 8, 1, 4):
    channels, height, width = rng.randint(2, 300), rng.randint(2, 40), rng.randint(41, 60)
    expected = torch.empty(channels, height, width, dtype=dtypes[size], device="meta").nbytes / 1024
    expect_close(
        activation_kib(channels, height, width, size),
        expected,
        what=f"the memory of {channels} x {height} x {width} numbers of {size} bytes in KiB",
        mistakes={
            "1 KiB is 1024 bytes, not 1000": expected * 1.024,
            "bytes_per_element is not used": expected * 4 / size,
            "the maps were taken to be square": [expected * height / width, expected * width / height],
            "it was rounded": [
                round(expected),
                int(expected),
                int(expected) + 1,
                round(expected, 2),
                round(expected, 1),
            ],
        },
        reread="The first bill: memory",
    )
expect_close(activation_kib(1000, 1, 1), 3.90625, what="the memory of 1000 numbers, bytes_per_element left out, in KiB")
expect_close(
    activation_kib(1, 1, 1, 1),
    1 / 1024,
    what="the memory of a single byte in KiB",
    mistakes={"it was rounded": [round(1 / 1024, digits) for digits in range(8)]},
)

# %% [markdown]
# ## The second bill: parameters
#
# Parameters have to be stored, loaded and, in training, kept several times over (a gradient each, and momentum). A filter
# of a convolution sees all input channels in a window of $K \times K$ pixels, and adds one bias:
#
# $$\text{conv:} \quad C_\text{out} \cdot C_\text{in} \cdot K^2 + C_\text{out}, \qquad\qquad
# \text{fully connected:} \quad D_\text{out} \cdot D_\text{in} + D_\text{out}.$$
#
# The size of the image is nowhere in the first formula. The same filter serves every place. In the second one it hides in
# $D_\text{in}$: `fc6` reads $256 \cdot 6 \cdot 6 = 9216$ numbers, and has a weight of its own for each of them and each of
# its 4096 outputs.
#
# **Worked example.** `conv1`: $64 \cdot 3 \cdot 11^2 + 64 = 23{,}232 + 64 = 23{,}296$. `fc6`:
# $4096 \cdot 9216 + 4096 = 37{,}748{,}736 + 4096 = 37{,}752{,}832$. One layer holds 1600 times as many parameters as the
# other.
#
# > **On the slide.** For `fc6` the slide works out the same sum and prints 37,7**25**,832. Two digits changed places. The
# > table next to it says 37749 k, which is neither: the table counts **weights without biases** (37,748,736), while the
# > equation adds them. `fc7` and `fc8` likewise: 16777 and 4096 in the table, 16781 and 4097 with biases. In the
# > convolutions' rows the biases are too few to show after rounding, which is why nobody noticed. In this course a row of
# > parameters has its biases, always.
#
# ### Exercises: `conv_params` (3 points) and `linear_params` (2 points, about 8 minutes for both)
#
# <details><summary>Hint 1: how many biases?</summary>
#
# One for each output channel (or output feature), not for each weight, not for each pixel, not for each input.
# </details>
#
# <details><summary>Hint 2: the argument bias</summary>
#
# `bias` is True or False, and in arithmetic Python takes True for 1 and False for 0. An `if` reads as well.
# </details>


# %% exercise="conv_params"
def conv_params(in_channels, out_channels, kernel, bias=True):
    """The number of parameters of a convolution.

    Args:
        in_channels: channels of the input.
        out_channels: number of filters.
        kernel: side of the square kernel.
        bias: whether each filter has a bias.

    Returns:
        Weights and biases, an int.
    """
    ### BEGIN SOLUTION
    weights = out_channels * in_channels * kernel**2
    return weights + out_channels if bias else weights
    ### END SOLUTION


# %% test="conv_params" points=1
section = "The second bill: parameters"
expect_equal(
    conv_params(3, 64, 11),
    23_296,
    what="the number of parameters of conv1 (3 to 64 channels, kernel 11)",
    mistakes={
        "the biases are missing": 23_232,
        "the biases count twice": 23_360,
        "a kernel has K * K weights per channel, not K": 2_176,
        "there is one bias per filter, that is per output channel, not per input channel": 23_235,
        "there is one bias per filter, not per pair of channels": 23_232 + 3 * 64,
        "one bias was added for the whole layer; each filter has its own": 23_233,
        "the input channels are missing; a filter sees all of them": 64 * 121 + 64,
    },
    reread=section,
)
expect_equal(
    conv_params(5, 2, 3, bias=False),
    90,
    what="the number of parameters of a convolution without biases (5 to 2 channels, kernel 3)",
    mistakes={
        "bias=False is not heeded": [92, 95],
        "the biases were taken off though they had not been added": 88,
        "a kernel has K * K weights per channel, not K": 30,
    },
    reread=section,
)

# %% hidden_test="conv_params" points=2
rng = random.Random(grading_seed() + 3)
for bias in (True, False, True):
    c_in, c_out, kernel = rng.randint(3, 40), rng.randint(41, 90), rng.randint(2, 7)
    if bias:
        c_in, c_out = rng.sample([c_in, c_out], 2)
    weights = c_in * c_out * kernel**2
    expect_equal(
        conv_params(c_in, c_out, kernel, bias),
        held(nn.Conv2d(c_in, c_out, kernel, bias=bias)),
        what=f"the number of parameters of a convolution from {c_in} to {c_out} channels, kernel {kernel}, bias={bias}",
        mistakes={
            "the biases are missing": weights if bias else [],
            "bias=False is not heeded": [] if bias else [weights + c_out],
            "the biases count twice": weights + 2 * c_out,
            "a kernel has K * K weights per channel, not K": c_in * c_out * kernel + (c_out if bias else 0),
            "there is one bias per filter, that is per output channel, not per input channel": weights + c_in,
            "there is one bias per filter, not per pair of channels": weights + c_in * c_out,
            "one bias was added for the whole layer; each filter has its own": weights + 1,
        },
        reread="The second bill: parameters",
    )
expect_equal(
    conv_params(384, 256, 3),
    884_992,
    what="the number of parameters of conv4, bias left out",
    mistakes={"where bias is left out, there are biases": 884_736},
    reread="The second bill: parameters",
)
expect_equal(conv_params(1, 1, 1), 2, what="the number of parameters of the smallest convolution")


# %% exercise="linear_params"
def linear_params(in_features, out_features, bias=True):
    """The number of parameters of a fully-connected layer.

    Args:
        in_features: numbers that the layer reads.
        out_features: numbers that it puts out.
        bias: whether each output has a bias.

    Returns:
        Weights and biases, an int.
    """
    ### BEGIN SOLUTION
    return (in_features + bias) * out_features
    ### END SOLUTION


# %% test="linear_params" points=1
expect_equal(
    linear_params(9216, 4096),
    37_752_832,
    what="the number of parameters of fc6 (9216 to 4096)",
    mistakes={
        "this is the slide's number, in which two digits changed places; 9216 * 4096 + 4096 is 37,752,832": 37_725_832,
        "the biases are missing; that is what the slide's table counts, while its equation adds them": [
            37_748_736,
            37_749,
            37_749_000,
        ],
        "there is one bias per output, not per input": 37_748_736 + 9216,
        "the biases count twice": 37_748_736 + 2 * 4096,
        "one bias was added for the whole layer; each output has its own": 37_748_737,
    },
    reread="The second bill: parameters",
)
expect_equal(
    linear_params(10, 7, bias=False),
    70,
    what="the number of parameters of a fully-connected layer without biases (10 to 7)",
    mistakes={"bias=False is not heeded": [77, 80], "the biases were taken off though they had not been added": 63},
    reread="The second bill: parameters",
)

# %% hidden_test="linear_params" points=1
rng = random.Random(grading_seed() + 4)
for bias in (True, False, True):
    d_in, d_out = rng.sample(range(3, 400), 2)
    expect_equal(
        linear_params(d_in, d_out, bias),
        held(nn.Linear(d_in, d_out, bias=bias)),
        what=f"the number of parameters of a fully-connected layer from {d_in} to {d_out}, bias={bias}",
        mistakes={
            "the biases are missing": d_in * d_out if bias else [],
            "bias=False is not heeded": [] if bias else [d_in * d_out + d_out],
            "the biases count twice": d_in * d_out + 2 * d_out,
            "there is one bias per output, not per input": d_in * d_out + d_in,
            "one bias was added for the whole layer; each output has its own": d_in * d_out + 1,
        },
        reread="The second bill: parameters",
    )
expect_equal(
    linear_params(9216, 4096),
    37_752_832,
    what="the number of parameters of fc6, bias left out",
    mistakes={
        "this is the slide's number, in which two digits changed places": 37_725_832,
        "where bias is left out, there are biases": 37_748_736,
    },
    reread="The second bill: parameters",
)

# %% [markdown]
# ## The third bill: operations
#
# Each number that a convolution puts out is a sum of $C_\text{in} K^2$ products. A product with the addition that belongs
# to it is called a **multiply-add**, or MAC, and the layer computes
#
# $$\underbrace{C_\text{out} \cdot H' \cdot W'}_{\text{numbers put out}} \cdot
# \underbrace{C_\text{in} \cdot K^2}_{\text{MACs for each}}.$$
#
# The sizes are those of the **output**: work is done where results appear. The same product can be read in another
# order: $C_\text{out} C_\text{in} K^2$ weights, each of which is used once at every one of the $H' \cdot W'$ places. So
#
# $$\text{MACs} = \text{weights} \times \text{places},$$
#
# and a fully-connected layer is the case of a single place: one MAC per weight. Keep this sentence; at the end of the
# notebook it explains a stopwatch.
#
# **FLOP or MAC?** The lecture writes "FLOP (multiply + add)" and counts the pair once, as many papers do; torch's own
# counter, and everyone who compares with the peak rate of a chip, counts multiplication and addition apart. The two
# differ by a factor of **2** and nothing else. We say MAC, and there is no doubt. Biases, ReLU and pooling are left out of
# the bill: they cost one operation per number where a convolution costs hundreds.
#
# **Worked example.** `conv1`: $(64 \cdot 56 \cdot 56) \cdot (3 \cdot 11^2) = 200{,}704 \cdot 363 = 72{,}855{,}552$ MACs,
# or 73 M. `fc6`: $4096 \cdot 9216 = 37{,}748{,}736$, or 38 M. `pool1` looks at $3^2$ values for each of its
# $64 \cdot 27 \cdot 27$ outputs: $419{,}904$, or 0.4 M. The lecture prints 0 and is right to: these are comparisons, not
# multiply-adds, and there are few of them.
#
# > **On the slide.** For `conv4` the table prints **145** M, five times over. It is
# > $256 \cdot 13^2 \cdot 384 \cdot 3^2 = 149{,}520{,}384$, that is 149.5 or, rounded as the table rounds, **150** M. No
# > way of counting gives 145: it is a slip of the pen. The total of 0.7 G hides it.
#
# ### Exercises: `conv_macs` (3 points), `linear_macs` (2 points), `pool_ops` (2 points, about 10 minutes for all)
#
# <details><summary>Hint 1: check yourself</summary>
#
# MACs = weights × places. If `conv_macs` divided by the number of places is not the number of weights, something is
# missing.
# </details>
#
# <details><summary>Hint 2: pools</summary>
#
# A pool works on each channel by itself, so there is only one number of channels, and it is that of the output.
# </details>


# %% exercise="conv_macs"
def conv_macs(in_channels, out_channels, kernel, out_height, out_width):
    """The multiply-adds of a convolution for one image; biases are not counted.

    Args:
        in_channels: channels of the input.
        out_channels: number of filters.
        kernel: side of the square kernel.
        out_height: of the output, in pixels.
        out_width: of the output, in pixels.

    Returns:
        Multiply-adds, an int.
    """
    ### BEGIN SOLUTION
    outputs = out_channels * out_height * out_width
    return outputs * in_channels * kernel**2
    ### END SOLUTION


# %% test="conv_macs" points=1
section = "The third bill: operations"
expect_equal(
    conv_macs(384, 256, 3, 13, 13),
    149_520_384,
    what="the multiply-adds of conv4 (384 to 256 channels, kernel 3, output 13 x 13)",
    mistakes={
        "this is the slide's 145 M, which is a slip: 256 * 13 * 13 * 384 * 9 = 149,520,384": [145, 145.0, 145_000_000],
        "these are M; return the number itself": [150, 149.520384, 149.5],
        "multiplication and addition were counted apart (FLOP); a MAC is both": 299_040_768,
        "a kernel takes K * K products per channel, not K": 49_840_128,
        "the biases were counted too": 149_520_384 + 256 * 13 * 13,
        "the places are missing; each weight is used at every one of them": [884_736, 884_992],
        "one side of the output is missing; there are out_height * out_width places": 11_501_568,
        "the input channels are missing": 256 * 169 * 9,
    },
    reread=section,
)
expect_equal(
    conv_macs(3, 64, 11, 56, 56),
    72_855_552,
    what="the multiply-adds of conv1 (3 to 64 channels, kernel 11, output 56 x 56)",
    reread=section,
)
expect_equal(
    conv_macs(2, 5, 3, 4, 7),
    2_520,
    what="the multiply-adds of a convolution from 2 to 5 channels, kernel 3, output 4 x 7",
    mistakes={"the output was taken to be square": [1_440, 4_410]},
    reread=section,
)

# %% hidden_test="conv_macs" points=2
rng = random.Random(grading_seed() + 5)
for kernel in (2, 3, 5, 1, 4):
    c_in, c_out = rng.sample(range(2, 40), 2)
    height, width = rng.sample(range(2, 30), 2)
    weights, places = c_in * c_out * kernel**2, height * width
    conv = nn.Conv2d(c_in, c_out, kernel)
    expect_equal(
        conv_macs(c_in, c_out, kernel, height, width),
        torch_macs(conv, c_in, height + kernel - 1, width + kernel - 1),
        what=f"the multiply-adds from {c_in} to {c_out} channels, kernel {kernel}, output {height} x {width}",
        mistakes={
            "multiplication and addition were counted apart (FLOP); a MAC is both": 2 * weights * places,
            "a kernel takes K * K products per channel, not K": weights * places // kernel,
            "the biases were counted too": (weights + c_out) * places,
            "the places are missing; each weight is used at every one of them": [weights, weights + c_out],
            "the output was taken to be square": [weights * height**2, weights * width**2],
            "one side of the output is missing; there are out_height * out_width places": [
                weights * height,
                weights * width,
            ],
        },
        reread="The third bill: operations",
    )
expect_equal(
    conv_macs(384, 256, 3, 13, 13),
    149_520_384,
    what="the multiply-adds of conv4",
    mistakes={"this is the slide's 145 M, which is a slip": [145, 145.0, 145_000_000]},
    reread="The third bill: operations",
)


# %% exercise="linear_macs"
def linear_macs(in_features, out_features):
    """The multiply-adds of a fully-connected layer for one image; biases are not counted.

    Args:
        in_features: numbers that the layer reads.
        out_features: numbers that it puts out.

    Returns:
        Multiply-adds, an int.
    """
    ### BEGIN SOLUTION
    return in_features * out_features
    ### END SOLUTION


# %% test="linear_macs" points=1
expect_equal(
    linear_macs(9216, 4096),
    37_748_736,
    what="the multiply-adds of fc6 (9216 to 4096)",
    mistakes={
        "the biases were counted too; they are additions without a product": 37_752_832,
        "multiplication and addition were counted apart (FLOP); a MAC is both": 75_497_472,
        "these are M; return the number itself": [38, 37.748736],
        "the additions are one fewer than the products, but a multiply-add is counted as one": 37_748_736 - 4096,
    },
    reread="The third bill: operations",
)

# %% hidden_test="linear_macs" points=1
rng = random.Random(grading_seed() + 6)
for _ in range(3):
    d_in, d_out = rng.sample(range(3, 500), 2)
    expect_equal(
        linear_macs(d_in, d_out),
        torch_macs(nn.Linear(d_in, d_out), d_in),
        what=f"the multiply-adds of a fully-connected layer from {d_in} to {d_out}",
        mistakes={
            "the biases were counted too; they are additions without a product": d_in * d_out + d_out,
            "multiplication and addition were counted apart (FLOP); a MAC is both": 2 * d_in * d_out,
            "the additions are one fewer than the products, but a multiply-add is counted as one": d_in * d_out - d_out,
        },
        reread="The third bill: operations",
    )


# %% exercise="pool_ops"
def pool_ops(channels, out_height, out_width, kernel):
    """The values that a pool looks at for one image, as the lecture counts them: a whole window for each output.

    Args:
        channels: of input and output.
        out_height: of the output, in pixels.
        out_width: of the output, in pixels.
        kernel: side of the square window.

    Returns:
        How many values, an int.
    """
    ### BEGIN SOLUTION
    return channels * out_height * out_width * kernel**2
    ### END SOLUTION


# %% test="pool_ops" points=1
expect_equal(
    pool_ops(64, 27, 27, 3),
    419_904,
    what="the values that pool1 looks at (64 channels, output 27 x 27, window 3)",
    mistakes={
        "the comparisons were counted, one fewer than the values; true, but the lecture counts the values": 373_248,
        "a window has K * K values, not K": 139_968,
        "the channels are missing; each is pooled": 6_561,
        "the channels count once, not squared: a pool works on each by itself": 64 * 419_904,
        "this is the number of outputs; for each a whole window is looked at": 46_656,
    },
    reread="The third bill: operations",
)
expect_equal(
    pool_ops(3, 2, 5, 4),
    480,
    what="the values that a pool looks at for 3 channels, output 2 x 5, window 4",
    mistakes={"the output was taken to be square": [192, 1_200]},
    reread="The third bill: operations",
)

# %% hidden_test="pool_ops" points=1
rng = random.Random(grading_seed() + 7)
for kernel in (2, 3, 5):
    channels = rng.randint(2, 90)
    height, width = rng.sample(range(2, 40), 2)
    outputs = channels * height * width
    expect_equal(
        pool_ops(channels, height, width, kernel),
        outputs * kernel * kernel,
        what=f"the values that a pool looks at for {channels} channels, output {height} x {width}, window {kernel}",
        mistakes={
            "the comparisons were counted, one fewer than the values": outputs * (kernel**2 - 1),
            "a window has K * K values, not K": outputs * kernel,
            "the output was taken to be square": [
                outputs * height // width * kernel**2,
                channels * height**2 * kernel**2,
            ],
            "the channels count once, not squared: a pool works on each by itself": channels * outputs * kernel**2,
            "this is the number of outputs; for each a whole window is looked at": outputs,
        },
        reread="The third bill: operations",
    )

# %% [markdown]
# ## The whole table
#
# Twelve rows by hand is how slips like 145 come about. Let the computer walk down the list: at each layer it knows the
# shape that comes in, works out the shape that goes out, writes a row, and carries the new shape on to the next layer.
#
# ### Exercise: `layer_table` (6 points, about 20 minutes)
#
# You may call your functions from above; then a mistake in one of them shows here as well. `flatten` makes one row of
# numbers of the maps, $C \cdot H \cdot W$ channels of size 1, and its output is counted like any other.
#
# <details><summary>Hint 1: what to carry along</summary>
#
# Two variables, `channels` and `size`, which start as those of the image. Each kind of layer changes one or both. Compute
# the parameters *before* you overwrite `channels`, since they need the input's, and the MACs *after* you have the new
# `size`, since they need the output's.
# </details>
#
# <details><summary>Hint 2: fewer cases than it seems</summary>
#
# After `flatten` the size is 1, and a fully-connected layer is a convolution with a kernel of 1 on one pixel. And for
# every layer MACs = weights × places.
# </details>
#
# <details><summary>Hint 3: a skeleton</summary>
#
# ```python
# rows = []
# for layer in layers:
#     params = macs = 0
#     if layer["type"] == "conv":
#         ...
#     elif layer["type"] == "pool":
#         ...
#     rows.append({"name": layer["name"], ...})
# return rows
# ```
# </details>


# %% exercise="layer_table"
def layer_table(layers, input_shape):
    """What every layer of a network puts out and costs, for one image in float32.

    Args:
        layers: list of layer dicts, as cnnlab.layers describes them; stays as it is. Pools round down.
        input_shape: (channels, height, width) of the image, which is square.

    Returns:
        List of dicts, one row per layer and in order, with the keys
        name: of the layer;
        out_channels: output channels; after flatten the number of features;
        out_size: side of the output, one int; 1 from flatten on;
        kib: memory of the output in KiB, not rounded; for every row, pools and flatten too;
        params: parameters with biases, an int; 0 for pool and flatten;
        macs: multiply-adds, an int; 0 for pool and flatten.
        Other keys are allowed.
    """
    ### BEGIN SOLUTION
    channels, size, _ = input_shape
    rows = []
    for layer in layers:
        weights = biases = 0
        if layer["type"] in ("conv", "pool"):
            size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        if layer["type"] == "flatten":
            channels, size = channels * size**2, 1
        if layer["type"] in ("conv", "linear"):
            biases = layer["filters"] if layer["type"] == "conv" else layer["out_features"]
            weights = biases * channels * layer.get("kernel", 1) ** 2
            channels = biases
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": weights + biases,
                "macs": weights * size**2,
            }
        )
    return rows
    ### END SOLUTION


# %% given="check_of_layer_table" folded="true"
def alexnet_rows():
    """The rows of the lecture's AlexNet, and by row and key what common mistakes would give."""
    expected, mistakes = [], {}
    for row in table("alexnet_layers"):
        name, kib, params = row["name"], row["kib"], row["weights"] + row["biases"]
        expected.append(
            {key: row[key] for key in ("name", "out_channels", "out_size", "kib", "macs")} | {"params": params}
        )
        mistakes[name] = {
            "kib": {
                "1 KiB is 1024 bytes, not 1000": kib * 1.024,
                "it was rounded; leave it as it is": [round(kib), round(kib, 1)],
                "these are numbers; each takes 4 bytes": [kib / 4, kib * 256],
                "pools and flatten have outputs as well": 0,
                "this is the memory of the layer's input": row["in_channels"] * row["in_size"] ** 2 / 256,
            },
            "params": {
                "the biases are missing, as in the slide's table": row["weights"],
                "the biases count twice": params + row["biases"],
            },
            "macs": {
                "multiplication and addition were counted apart (FLOP); a MAC is both": 2 * row["macs"],
                "a pool's operations are not multiply-adds; its macs are 0": row["pool_ops"],
                "the biases were counted too": row["macs"] + row["biases"] * row["out_size"] ** 2,
            },
            "out_channels": {"a pool keeps the channels": None},
            "out_size": {"the size was not carried along": row["in_size"], "it was rounded up": row["out_size"] + 1},
        }
    mistakes["conv1"]["macs"]["the size of the input was used; work is done where results appear"] = 1_197_121_728
    mistakes["conv4"]["macs"]["this is the slide's 145 M, which is a slip; it is 149,520,384"] = [145, 145_000_000]
    mistakes["conv2"]["params"]["the input channels are those of the image; carry them along"] = 3 * 192 * 25 + 192
    mistakes["fc6"]["params"]["this is the slide's number, in which two digits changed places"] = 37_725_832
    mistakes["fc6"]["params"]["flatten makes 256 * 6 * 6 numbers, not 256"] = 256 * 4096 + 4096
    return expected, mistakes


CHANGED = "a layer's dict was changed, or a layer taken out of the list; work on a copy"
SMALL = [
    {"name": "stem", "type": "conv", "filters": 3, "kernel": 3, "stride": 2, "padding": 0},
    {"name": "shrink", "type": "pool", "kernel": 2, "stride": 1, "padding": 1},
    {"name": "row", "type": "flatten"},
    {"name": "scores", "type": "linear", "out_features": 5},
]
SMALL_ROWS = [
    dict(zip(ROW_KEYS, row, strict=True))
    for row in [
        ("stem", 3, 4, 0.1875, 57, 864),
        ("shrink", 3, 5, 0.29296875, 0, 0),
        ("row", 75, 1, 0.29296875, 0, 0),
        ("scores", 5, 1, 0.01953125, 380, 375),
    ]
]


# %% test="layer_table" points=2
layers = deepcopy(ALEXNET)
check_rows(layer_table(layers, (3, 227, 227)), *alexnet_rows(), "The whole table")
expect_true(layers == ALEXNET, what="the list of layers stays as it is", likely=CHANGED)
check_rows(layer_table(SMALL, (2, 9, 9)), SMALL_ROWS, {}, "The whole table")

# %% hidden_test="layer_table" points=4
from collections import OrderedDict


def random_layers(rng, size):
    """A network of three to six convolutions and pools that fits an image, and up to three fully-connected layers."""
    layers = []
    for number in range(1, rng.randint(4, 7)):
        kernel = rng.randint(1, min(5, size))
        padding, stride = rng.randint(0, kernel // 2), rng.randint(1, 2)
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        if number > 1 and rng.random() < 0.4:
            layers.append({"name": f"pool{number}", "type": "pool", **window})
        else:
            layers.append({"name": f"conv{number}", "type": "conv", "filters": rng.randint(2, 20), **window})
        size = (size - kernel + 2 * padding) // stride + 1
    heads = rng.randint(0, 3)
    if heads:
        layers.append({"name": "flatten", "type": "flatten"})
    return layers + [{"name": f"fc{n}", "type": "linear", "out_features": rng.randint(2, 30)} for n in range(heads)]


def torch_layer(layer, channels):
    """The same layer, of torch."""
    window = [layer.get(key) for key in ("kernel", "stride", "padding")]
    if layer["type"] == "conv":
        return nn.Conv2d(channels, layer["filters"], *window)
    if layer["type"] == "pool":
        return nn.MaxPool2d(*window)
    return nn.Flatten() if layer["type"] == "flatten" else nn.Linear(channels, layer["out_features"])


def measured_rows(layers, shape):
    """What real layers on the meta device put out and cost, and what common mistakes would give."""
    expected, mistakes = [], {}
    for layer in layers:
        module = nn.Sequential(OrderedDict({layer["name"]: torch_layer(layer, shape[0])})).to("meta")
        (row,) = measure(module, shape)
        size = (*row.shape, 1)[1]
        biases = row.shape[0] if row.params else 0
        fields = (row.name, row.shape[0], size, row.kib, row.params, row.macs)
        expected.append(dict(zip(ROW_KEYS, fields, strict=True)))
        before = (*shape, 1)[1]
        mistakes[row.name] = {
            "kib": {
                "1 KiB is 1024 bytes, not 1000": row.kib * 1.024,
                "it was rounded; leave it as it is": [round(row.kib), round(row.kib, 1), round(row.kib, 2)],
                "these are numbers; each takes 4 bytes": [row.kib / 4, row.kib * 256],
                "pools and flatten have outputs as well": 0,
            },
            "params": {
                "the biases are missing": row.params - biases,
                "the biases count twice": row.params + biases,
                "a kernel has K * K weights per channel, not K": (
                    (row.params - biases) // layer.get("kernel", 1) + biases
                ),
            },
            "macs": {
                "multiplication and addition were counted apart (FLOP); a MAC is both": 2 * row.macs,
                "the size of the input was used; work is done where results appear": (row.params - biases) * before**2,
                "the biases were counted too": row.params * size**2,
                "the places are missing; each weight is used at every one of them": row.params - biases,
                "a pool's operations are not multiply-adds; its macs are 0": (
                    row.shape[0] * size**2 * layer.get("kernel", 1) ** 2
                ),
            },
            "out_size": {
                "it was rounded up": size + 1,
                "the size was not carried along": before,
                "the padding is missing": (
                    (before - layer["kernel"]) // layer["stride"] + 1 if "kernel" in layer else None
                ),
            },
            "out_channels": {"flatten makes channels * height * width numbers": shape[0]},
        }
        shape = row.shape
    return expected, mistakes


torchvision = [dict(layer) for layer in ALEXNET]
networks = [
    (torchvision, (3, 224, 224)),
    ([torchvision[0] | {"name": "first", "padding": 1}, torchvision[1] | {"padding": 1, "stride": 3}], (1, 40, 40)),
    (torchvision[8:10], (5, 3, 3)),
    ([torchvision[8], *torchvision[10:]], (4, 1, 1)),
    (
        [layer | {"kernel": 2, "stride": 2} if layer["type"] == "pool" else layer for layer in torchvision],
        (2, 131, 131),
    ),
    ([layer | {"name": f"layer{place}"} for place, layer in enumerate(torchvision)], (3, 99, 99)),
]
for k in range(4):
    rng = random.Random(grading_seed() + 20 + k)
    size = rng.randint(40, 70)
    networks.append((random_layers(rng, size), (rng.randint(1, 6), size, size)))
for layers, shape in networks:
    given = deepcopy(layers)
    check_rows(layer_table(given, shape), *measured_rows(layers, shape), "The whole table")
    expect_true(given == layers, what="the list of layers stays as it is", likely=CHANGED)

# %% [markdown]
# Here is your table beside the slide's. Where they differ by more than rounding, the last column says so.

# %% experiment="table_beside_the_slide"
rows = layer_table(ALEXNET, IMAGE)
slide = {row["name"]: row for row in table("alexnet_layers")}


def shape_text(row):
    """A row's output in words, such as 64 × 56²."""
    return f"{row['out_channels']} × {row['out_size']}²" if row["out_size"] > 1 else f"{row['out_channels']:,}"


def verdict(row):
    """How a row of the table and the slide's row differ."""
    printed = slide[row["name"]]
    remarks = []
    if round(row["params"] / 1000) != printed["slide_params_k"]:
        remarks.append("slide counts no biases")
    if abs(row["macs"] / 1e6 - printed["slide_mflop"]) > 0.5:
        remarks.append(f"slide is wrong: {round(row['macs'] / 1e6)}, not {printed['slide_mflop']}")
    return "; ".join(remarks)


show(
    [
        {
            "layer": row["name"],
            "output": shape_text(row),
            "KiB": row["kib"],
            "slide, KB": slide[row["name"]]["slide_kb"],
            "parameters": row["params"],
            "slide, k": slide[row["name"]]["slide_params_k"],
            "MACs": row["macs"],
            "slide, M": slide[row["name"]]["slide_mflop"],
            "": verdict(row),
        }
        for row in rows
    ]
)
print(f"parameters: {sum(row['params'] for row in rows):,}   multiply-adds: {sum(row['macs'] for row in rows):,}")

# %% [markdown]
# The totals are the lecture's: 61 M parameters and 0.7 G operations (lecture, *AlexNet vs VGG-16*). Its third total,
# 1.9 MB of memory, is 1958 KiB: the outputs of convolutions and fully-connected layers *only*. With pools and `flatten`,
# which its own table lists, it would be 2339 KiB. Neither is wrong, but a total has to say what it sums, and two totals
# must be compared only if they sum the same. You will meet a slide that forgets this in the notebook on Inception.

# %% [markdown]
# ## Where the costs lie
#
# **Predict before you run the next cell.** Which row takes the most memory, which holds the most parameters, which
# computes the most? Is it the same one?

# %% experiment="three_bills" alt="Three bar charts over the twelve layers of AlexNet. Memory is highest at conv1 and conv2 and falls; parameters are almost nothing until fc6, which has by far the most, then fc7 and fc8; multiply-adds are highest at conv2, conv4, conv3, conv5 and conv1, and low in the fully-connected layers." folded="true"
layers = [row | {"params": row["weights"] + row["biases"]} for row in table("alexnet_layers")]
figure, axes = plots.figure(1, 3, height=3.3, sharey=True)
bills = [("memory (KiB)", "kib", 1), ("parameters (M)", "params", 1e6), ("multiply-adds (M)", "macs", 1e6)]
hatches = {"conv": "", "pool": "..", "flatten": "xx", "fc": "//"}
for ax, (label, key, unit) in zip(axes, bills, strict=True):
    for place, row in enumerate(layers):
        kind = kind_of(row["name"])
        _ = ax.barh(
            place, row[key] / unit, color=KIND_COLORS[kind], hatch=hatches[kind], edgecolor="white", linewidth=0.5
        )
    ax.set_xlabel(label)
    ax.grid(axis="y", visible=False)
axes[0].set_yticks(range(len(layers)), [row["name"] for row in layers])
axes[0].set_ylabel("layer")
axes[0].invert_yaxis()
plots.show(
    "Three bills, paid in three places: memory in front, parameters in the first fully-connected layer, multiply-adds in the convolutions."
)

# %% [markdown]
# The lecture draws the same three charts and calls them interesting trends. They are more than that: they say where to
# save. To make a network use less memory in training, change its first layers. To make the file smaller, change the
# fully-connected ones. To make it compute less, change the convolutions. Every architecture in the rest of this course is
# an answer to one of these three charts: VGG makes all three worse and the accuracy better; GoogLeNet attacks the first
# with its stem and the second by dropping the fully-connected layers; the bottleneck of ResNets attacks the third.
#
# ### Exercise: `cost_shares` (3 points, about 12 minutes)
#
# Put numbers on the charts. A row's **kind** is what its name starts with: all letters up to the first character that is
# none. `conv1`, `conv3_2` and `conv2_1x1` are of kind `conv`, `fc6` is of kind `fc`, `flatten` of kind `flatten`.
#
# <details><summary>Hint 1: the kind</summary>
#
# Walk along the name as long as `character.isalpha()`. `takewhile`, imported above, does that; so does `re.match`.
# </details>
#
# <details><summary>Hint 2: the sum</summary>
#
# The fraction is of the sum over **all** rows, pools and flatten too, so that the fractions of each bill sum to 1.
# </details>


# %% exercise="cost_shares"
def cost_shares(table):
    """Which share of memory, parameters and multiply-adds lies in which kind of layer.

    Args:
        table: list of rows, dicts with at least the keys name, kib, params and macs; stays as it is. The sum over all
            rows of each of the three is positive.

    Returns:
        {"kib": shares, "params": shares, "macs": shares}; each of the three is a dict from kind to a fraction between 0
        and 1 of the sum over all rows. Every kind that occurs in the table is in all three, with 0.0 if need be. The
        kind of a row is the letters that its name starts with.
    """
    ### BEGIN SOLUTION
    shares = {}
    for key in ("kib", "params", "macs"):
        total = sum(row[key] for row in table)
        shares[key] = {}
        for row in table:
            kind = "".join(takewhile(str.isalpha, row["name"]))
            shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / total
    return shares
    ### END SOLUTION


# %% test="cost_shares" points=1
costs = {"conv1": (60, 20, 50), "pool1": (20, 0, 0), "conv2_1x1": (10, 30, 30), "fc13": (10, 150, 20)}
named = [{"name": name, "kib": kib, "params": p, "macs": m} for name, (kib, p, m) in costs.items()]
given = deepcopy(named)
shares = cost_shares(given)
check_shares(
    shares,
    {
        "kib": {"conv": 0.7, "pool": 0.2, "fc": 0.1},
        "params": {"conv": 0.25, "pool": 0.0, "fc": 0.75},
        "macs": {"conv": 0.8, "pool": 0.0, "fc": 0.2},
    },
    {
        "these are percent; return fractions": {
            "kib": {"conv": 70, "pool": 20, "fc": 10},
            "params": {"conv": 25, "pool": 0, "fc": 75},
            "macs": {"conv": 80, "pool": 0, "fc": 20},
        },
        "these are sums; divide by the sum over all rows": {
            "kib": {"conv": 70, "pool": 20, "fc": 10},
            "params": {"conv": 50, "pool": 0, "fc": 150},
            "macs": {"conv": 80, "pool": 0, "fc": 20},
        },
        "the last row of a kind has overwritten the others; add them up": {
            "kib": {"conv": 0.1, "pool": 0.2, "fc": 0.1},
            "params": {"conv": 0.15, "pool": 0.0, "fc": 0.75},
            "macs": {"conv": 0.3, "pool": 0.0, "fc": 0.2},
        },
        "the sum leaves the pools out": {
            "kib": {"conv": 0.875, "pool": 0.25, "fc": 0.125},
            "params": {"conv": 0.25, "pool": 0.0, "fc": 0.75},
            "macs": {"conv": 0.8, "pool": 0.0, "fc": 0.2},
        },
        "the mean over the rows of a kind was taken; sum them": {
            "kib": {"conv": 35 / 65, "pool": 20 / 65, "fc": 10 / 65},
            "params": {"conv": 25 / 175, "pool": 0.0, "fc": 150 / 175},
            "macs": {"conv": 40 / 60, "pool": 0.0, "fc": 20 / 60},
        },
    },
    list(costs),
)
expect_true(given == named, what="the table stays as it is", likely="a row was changed; work on a copy")

# %% hidden_test="cost_shares" points=2
rng = random.Random(grading_seed() + 30)
for names in (
    [row["name"] for row in table("alexnet_layers")],
    [
        "conv1_1",
        f"conv{rng.randint(2, 9)}_2",
        "pool1",
        "conv10_3",
        "conv10",
        "flatten",
        f"fc{rng.randint(10, 19)}",
        "fc",
    ],
    ["stem2", "a1", "ab1", f"a{rng.randint(2, 9)}b3", "gap", "max_pool3"],
    [f"fc{rng.randint(1, 9)}"],
):
    rows = [{"name": name, "kib": rng.uniform(1, 99), "params": rng.randint(0, 999), "macs": 0} for name in names]
    for row in rows:
        row["out_size"] = 7
    rows[0] |= {"params": rng.randint(1, 50), "macs": rng.randint(10, 20)}
    rows[-1]["macs"] += rng.randint(1, 9)
    kinds = {name: "".join(c if c.isalpha() else " " for c in name).split()[0] for name in names}

    def summed(key, rows=rows, kinds=kinds):
        return {kind: sum(row[key] for row in rows if kinds[row["name"]] == kind) for kind in kinds.values()}

    def fractions(scale=1.0, rows=rows, summed=summed):
        return {
            key: {kind: scale * value / sum(row[key] for row in rows) for kind, value in summed(key).items()}
            for key in ("kib", "params", "macs")
        }

    given = deepcopy(rows)
    mistakes = {
        "these are percent; return fractions": fractions(100.0),
        "they were rounded": {k: {kind: round(v, 2) for kind, v in s.items()} for k, s in fractions().items()},
        "these are sums; divide by the sum over all rows": {key: summed(key) for key in ("kib", "params", "macs")},
    }
    check_shares(cost_shares(given), fractions(), mistakes, names)
    expect_true(given == rows, what="the table stays as it is", likely="a row was changed; work on a copy")

# %% experiment="shares_of_alexnet"
shares = cost_shares(layer_table(ALEXNET, IMAGE))
show([{"kind": kind} | {key: f"{100 * shares[key][kind]:.1f} %" for key in shares} for kind in shares["kib"]])

# %% [markdown]
# 82 % of the memory and 92 % of the multiply-adds lie in the convolutions, 96 % of the parameters in the fully-connected
# layers. The lecture says "most", "nearly all" and "most"; now you know how much that is.

# %% [markdown]
# ## From the table to a network
#
# A table is a claim. A network that runs is evidence. AlexNet is the table with ReLU put in: behind **every** convolution
# and behind `fc6` and `fc7`, but not behind `fc8`, whose 1000 outputs are scores of classes and may be negative.
# (Softmax belongs to the loss, and `F.cross_entropy` has it inside.) ReLU rather than tanh was one of the paper's main
# findings: a small network with it reached 25 % training error on CIFAR-10 six times as fast (Krizhevsky et al., 2012,
# section 3.1).
#
# Three parts of the original need a word. **Local response normalization** divided each activation by its neighbours in
# other channels; VGG's authors found that it does not help (Simonyan & Zisserman, 2015, section 4.1), and it is not used
# any more. **Dropout** in front of `fc6` and `fc7` sets half of the inputs to 0 in training, and does nothing in
# evaluation mode. And between `pool5` and `flatten` torchvision puts an **adaptive average pool** to 6 × 6: for 224 and
# 227 pixels it changes nothing, since the maps have that size already, but it lets the network read images of other
# sizes, which a plain `flatten` would not.
#
# How do we test a network of 61 million weights? In two steps. Its *behaviour* does not depend on how many channels there
# are, so `width` scales them all, and at `width=1` a forward pass takes milliseconds. Its *size* does not depend on
# values, so at full width we build it on torch's **meta device**, where tensors have a shape and a dtype but no memory.
#
# ### Exercise: `AlexNet` (6 points, about 30 minutes)
#
# <details><summary>Hint 1: containers</summary>
#
# `nn.Sequential` runs layers one after the other. Two of them, one for the maps and one for the classifier, with the
# adaptive pool and `torch.flatten(x, 1)` between, make a readable `forward`.
# </details>
#
# <details><summary>Hint 2: dropout</summary>
#
# `nn.Dropout` knows whether the network is in training or evaluation mode. `F.dropout(x)` does not: it needs
# `training=self.training`.
# </details>
#
# <details><summary>Hint 3: what fc6 reads</summary>
#
# `4 * width` maps of 6 × 6. Write it as a product; for `width=64` it is 9216.
# </details>


# %% exercise="AlexNet" forbids="published"
class AlexNet(nn.Module):
    """AlexNet as the lecture's table has it, with all layers scaled by a width.

    conv1 to conv5 have width * (1, 3, 6, 4, 4) filters, with kernel, stride and padding as in ALEXNET; pool1, pool2 and
    pool5 are max pools of 3 with stride 2 behind conv1, conv2 and conv5. An adaptive average pool to 6 x 6, flatten, and
    the fully-connected layers fc6, fc7 (64 * width outputs each) and fc8 (num_classes outputs) follow. ReLU stands behind
    every convolution and behind fc6 and fc7. Every convolution and fully-connected layer has a bias, and there are no
    other parameters or buffers. No local response normalization. Dropout in front of fc6 and fc7 is optional; in
    evaluation mode it must do nothing. Names of inner modules, and the order in which they are defined, are up to you;
    all parameters have their shapes from the start.
    """

    def __init__(self, num_classes=1000, width=64):
        """Args: num_classes: outputs of fc8. width: filters of conv1; 64 gives the lecture's network."""
        super().__init__()
        ### BEGIN SOLUTION
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(width, 3 * width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(3 * width, 6 * width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(6 * width, 4 * width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(4 * width, 4 * width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        )
        self.pool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(),
            nn.Linear(4 * width * 6 * 6, 64 * width),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(64 * width, 64 * width),
            nn.ReLU(),
            nn.Linear(64 * width, num_classes),
        )
        ### END SOLUTION

    def forward(self, x):
        """Scores of the classes, shape (N, num_classes), for images x of shape (N, 3, H, W), H and W at least 63."""
        ### BEGIN SOLUTION
        return self.classifier(self.pool(self.features(x)))
        ### END SOLUTION


# %% given="check_of_AlexNet" folded="true"
def parameter_shapes(num_classes, width):
    """The shape of every layer's weight, by name."""
    filters = {layer["name"]: layer["filters"] * width // 64 for layer in ALEXNET if layer["type"] == "conv"}
    inputs = [3, *filters.values()]
    kernels = [layer["kernel"] for layer in ALEXNET if layer["type"] == "conv"]
    shapes = {name: (filters[name], inputs[k], kernels[k], kernels[k]) for k, name in enumerate(filters)}
    hidden = 64 * width
    return shapes | {"fc6": (hidden, 36 * inputs[-1]), "fc7": (hidden, hidden), "fc8": (num_classes, hidden)}


def find_parameters(model, num_classes, width):
    """By layer, the names of its weight and bias in state_dict(), found by shape and order.

    No two weights of AlexNet have the same shape; the biases come in the order of their weights.
    """
    section = "From the table to a network"
    state = model.state_dict()
    weights = {name: tuple(value.shape) for name, value in state.items() if value.ndim > 1}
    biases = {name: tuple(value.shape) for name, value in state.items() if value.ndim == 1}
    right = parameter_shapes(num_classes, width)
    present = list(weights.values())
    for layer, shape in right.items():
        halved = (shape[0], shape[1] // 2, *shape[2:])
        expect_true(
            present.count(shape) == 1,
            what=f"the weight of {layer} has shape {shape} for width={width} and num_classes={num_classes}",
            likely=(
                "this is the grouped convolution of the two-GPU original; leave groups out"
                if layer.startswith("conv") and halved in present
                else "the layers are no attributes of the module, or stand in a plain list; use nn.Sequential"
                if not present
                else f"the weights have the shapes {', '.join(map(str, present))}; compare them with the docstring"
            ),
            reread=section,
        )
    expect_equal(
        len(weights), len(right), what="the number of weights (convolutions and fully-connected layers)", reread=section
    )
    expect_equal(
        sorted(biases.values()),
        sorted((shape[0],) for shape in right.values()),
        what="the list of the shapes of all biases",
        mistakes={
            "no layer has a bias; leave bias=False out": [[]],
            "the convolutions have no biases; leave bias=False out": [
                sorted((right[name][0],) for name in ("fc6", "fc7", "fc8"))
            ],
            "the fully-connected layers have no biases; leave bias=False out": [
                sorted((shape[0],) for name, shape in right.items() if name.startswith("conv"))
            ],
        },
        reread=section,
    )
    others = [name for name, value in state.items() if not value.ndim]
    expect_true(
        not others,
        what="there are no parameters or buffers besides weights and biases",
        likely=f"state_dict() lists {', '.join(others)}",
        reread=section,
    )
    layer_of = {shape: layer for layer, shape in right.items()}
    names = {layer_of[weights[w]]: (w, b) for w, b in zip(weights, biases, strict=True)}
    expect_true(
        all(biases[b] == (right[layer][0],) for layer, (_, b) in names.items()),
        what="state_dict() lists the biases in the order of their weights",
        likely="use nn.Conv2d and nn.Linear, which hold both",
    )
    return names


def load_parameters(model, values, num_classes, width):
    """Put values into a model, by layer a pair (weight, bias), and make it ready to be compared."""
    names = find_parameters(model, num_classes, width)
    state = {}
    for layer, (weight, bias) in names.items():
        state[weight], state[bias] = values[layer]
    model.double()
    model.load_state_dict(state)
    model.eval()


def waves(num_classes, width):
    """Weights and biases made of sines, by layer: the same everywhere and always."""
    values = {}
    for k, (layer, shape) in enumerate(parameter_shapes(num_classes, width).items(), 1):
        size = (6 / torch.Size(shape[1:]).numel()) ** 0.5
        steps = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
        bias = 0.3 * torch.cos(torch.arange(shape[0], dtype=torch.float64) + k)
        values[layer] = (size * torch.sin((1 + 0.1 * k) * steps + k).view(shape), bias)
    return values


def wave_image(size):
    """An image made of sines, shape (1, 3, size, size)."""
    y = torch.arange(size, dtype=torch.float64)
    channels = [
        torch.sin((c + 1) * 0.05 * y[:, None] + 0.11 * y + c) * torch.cos(0.013 * (c + 1) * y) for c in range(3)
    ]
    return torch.stack(channels)[None]


def scores(model, x):
    """What a model makes of images, in evaluation mode and without gradients."""
    try:
        with torch.no_grad():
            y = model(x)
        expect_true(
            isinstance(y, torch.Tensor),
            what="forward returns one tensor, the scores",
            likely="forward ends without a return statement" if y is None else "something else is returned",
            reread="From the table to a network",
        )
        return y
    except RuntimeError as error:
        expect_true(
            False,
            what=f"the network takes images of shape {tuple(x.shape)}",
            likely=f"the adaptive average pool to 6 x 6 is missing or flatten stands in the wrong place ({error})",
            reread="From the table to a network",
        )


def check_evaluation_mode(model, x):
    """Check that two passes in evaluation mode agree."""
    expect_true(
        torch.equal(scores(model, x), scores(model, x)),
        what="two passes in evaluation mode give the same",
        likely="F.dropout needs training=self.training; nn.Dropout heeds the mode by itself",
        reread="From the table to a network",
    )


def check_gradients(model, x):
    """Check that a gradient reaches every parameter."""
    y = model(x)
    expect_true(y.requires_grad, what="gradients flow through the network", likely="forward runs under torch.no_grad()")
    y.square().sum().backward()
    expect_true(
        all(parameter.grad is not None for parameter in model.parameters()),
        what="a gradient reaches every parameter",
        likely="something went through .detach(), .data or torch.no_grad() on the way, or does not require gradients",
    )


# %% test="AlexNet" points=2
section = "From the table to a network"
model = AlexNet(num_classes=5, width=1)
load_parameters(model, waves(5, 1), 5, 1)
x = wave_image(227)
check_evaluation_mode(model, x)
y = scores(model, x)
expect_shape(y, (1, 5), what="the scores of 5 classes for one image", reread=section)
expect_close(
    y[0],
    (0.025688, -0.276929, -0.317418, 0.071553, 0.247624),
    what="the scores for an image of 227 x 227, with weights and biases made of sines",
    rtol=0,
    atol=2e-6,
    mistakes={
        "there is no ReLU": (-0.001327, -0.279804, -0.287486, 0.044069, 0.245569),
        "ReLU is missing behind the convolutions": (0.003051, -0.291926, -0.279570, 0.048161, 0.233502),
        "ReLU is missing behind conv5": (0.027617, -0.274878, -0.321427, 0.073568, 0.249589),
        "ReLU is missing behind fc6 and fc7": (0.047695, -0.287529, -0.328674, 0.093569, 0.236549),
        "ReLU is missing behind fc6": (0.027194, -0.300497, -0.295019, 0.072402, 0.224364),
        "ReLU is missing behind fc7": (0.039346, -0.242420, -0.366078, 0.086399, 0.281225),
        "there is a ReLU behind fc8; scores may be negative": (0.025688, 0.0, 0.0, 0.071553, 0.247624),
        "softmax belongs to the loss; return the scores": [
            (0.210798, 0.155755, 0.149575, 0.220692, 0.263180),
            (-1.556853, -1.859470, -1.899959, -1.510988, -1.334917),
        ],
        "the pools take the average; take the maximum": (0.026129, -0.289356, -0.305255, 0.071643, 0.235369),
        "the pools' windows are 2 pixels wide; AlexNet's are 3": (0.010319, -0.284782, -0.294084, 0.055739, 0.240330),
        "conv1 has no padding; that is the paper's network": (0.008967, -0.286102, -0.291393, 0.054330, 0.239069),
        "there is local response normalization; leave it out": (0.022578, -0.284394, -0.306736, 0.068183, 0.240360),
        "tanh stands where ReLU belongs": (0.010424, -0.278104, -0.300963, 0.056037, 0.246906),
        "flatten takes the channels last; take them first": (0.015240, -0.202566, -0.382396, 0.063096, 0.321180),
    },
    reread=section,
)
expect_close(
    scores(model, wave_image(288))[0],
    (0.015719, -0.281480, -0.302833, 0.061310, 0.243428),
    what="the scores for an image of 288 x 288, whose maps have to be averaged to 6 x 6",
    rtol=0,
    atol=2e-6,
    mistakes={
        "the adaptive pool takes the maximum; take the average": (0.007364, -0.288582, -0.287274, 0.052632, 0.236672),
        "the maps were resized or cut; an adaptive average pool was asked for": [
            (0.017735, -0.283641, -0.302657, 0.063293, 0.241241),
            (0.008683, -0.289725, -0.287434, 0.053937, 0.235508),
            (0.023966, -0.281813, -0.310742, 0.069666, 0.242862),
        ],
    },
    reread=section,
)
check_gradients(model, x)

# %% hidden_test="AlexNet" points=4
section = "From the table to a network"


def forward_pass(
    values, x, layers=ALEXNET, relu=F.relu, without_relu=(), pool=F.max_pool2d, adaptive=F.adaptive_avg_pool2d
):
    """AlexNet's scores from its weights and biases, with changes that stand for mistakes."""
    for layer in layers:
        name = layer["name"]
        if layer["type"] == "conv":
            x = F.conv2d(x, *values[name], layer["stride"], layer["padding"])
            x = x if name in without_relu else relu(x)
        elif layer["type"] == "pool":
            x = pool(x, layer["kernel"], layer["stride"], layer["padding"])
        elif layer["type"] == "flatten":
            x = adaptive(x, 6).flatten(1)
        else:
            x = F.linear(x, *values[name])
            x = x if name in (*without_relu, "fc8") else relu(x)
    return x


def with_changes(**changes):
    """AlexNet's layers with some keys changed."""
    return [layer | changes.get(layer["name"], {}) for layer in ALEXNET]


def network_mistakes(values, x):
    """What common mistakes give for the scores."""
    convs = [layer["name"] for layer in ALEXNET if layer["type"] == "conv"]
    right = forward_pass(values, x)
    return {
        "there is no ReLU": forward_pass(values, x, relu=lambda x: x),
        "ReLU is missing behind the convolutions": forward_pass(values, x, without_relu=convs),
        "ReLU is missing behind fc6 and fc7": forward_pass(values, x, without_relu=("fc6", "fc7")),
        **{
            f"ReLU is missing behind {name}": forward_pass(values, x, without_relu=(name,))
            for name in (*convs, "fc6", "fc7")
        },
        "there is a ReLU behind fc8; scores may be negative": right.relu(),
        "softmax belongs to the loss; return the scores": [right.softmax(1), right.log_softmax(1)],
        "the pools take the average; take the maximum": forward_pass(values, x, pool=F.avg_pool2d),
        "conv1 has no padding; that is the paper's network": forward_pass(
            values, x, with_changes(conv1={"padding": 0})
        ),
        "the adaptive pool takes the maximum; take the average": forward_pass(
            values, x, adaptive=F.adaptive_max_pool2d
        ),
        "the maps were resized; an adaptive average pool was asked for": [
            forward_pass(values, x, adaptive=F.interpolate),
            forward_pass(values, x, adaptive=lambda x, size: F.interpolate(x, size, mode="bilinear")),
        ],
    }


generator = torch.Generator().manual_seed(grading_seed() + 40)
rng = random.Random(grading_seed() + 41)
tall, small = (rng.choice([256, 272, 288]), 227), (rng.randint(67, 75), rng.randint(91, 103))
for width, size in [(1, (227, 227)), (2, (224, 224)), (1, tall), (1, small)]:
    num_classes = rng.randint(2, 8)
    values = {}
    for layer, shape in parameter_shapes(num_classes, width).items():
        weight = torch.randn(shape, generator=generator, dtype=torch.float64)
        bias = 0.3 * torch.randn(shape[0], generator=generator, dtype=torch.float64)
        values[layer] = (weight * (2 / weight[0].numel()) ** 0.5, bias)
    x = torch.randn(2, 3, *size, generator=generator, dtype=torch.float64)
    model = AlexNet(num_classes, width)
    load_parameters(model, values, num_classes, width)
    check_evaluation_mode(model, x)
    expect_close(
        scores(model, x),
        forward_pass(values, x),
        what=f"the scores of {num_classes} classes for 2 images of {size[0]} x {size[1]} at width={width}",
        mistakes=network_mistakes(values, x),
        reread=section,
    )
check_gradients(model, x)
with torch.device("meta"):
    full = AlexNet()
full.to("meta")
find_parameters(full, 1000, 64)
expect_equal(
    sum(parameter.numel() for parameter in full.parameters()),
    61_100_840,
    what="the number of parameters of AlexNet()",
    mistakes={
        "these are the weights without biases": 61_090_496,
        "this is the network of 2012": [60_965_224, 62_378_344],
    },
    reread=section,
)
y = scores(full, torch.empty(2, 3, 227, 227, device="meta"))
expect_shape(y, (2, 1000), what="the scores of AlexNet() for 2 images", reread=section)

# %% [markdown]
# Now the table can be put to the test. `measure` runs your network on the meta device with a hook on each layer, which
# notes the shape that comes out, its bytes and the layer's parameters; the operations are those that torch's own
# `FlopCounterMode` sees. It knows none of your formulas.

# %% experiment="table_against_network"
with torch.device("meta"):
    network = AlexNet()
measured = [row for row in measure(network, IMAGE) if row.kind in ("conv", "linear")]
computed = [row for row in layer_table(ALEXNET, IMAGE) if row["params"]]
show(
    [
        {
            "layer": row["name"],
            "KiB": real.kib,
            "parameters": real.params,
            "MACs": real.macs,
            "as in your table": (row["kib"], row["params"], row["macs"]) == (real.kib, real.params, real.macs),
        }
        for row, real in zip(computed, measured, strict=True)
    ]
)
with FlopCounterMode(display=False) as counter, torch.no_grad():
    _ = network(torch.empty(1, *IMAGE, device="meta"))
flops, macs = counter.get_total_flops(), sum(row["macs"] for row in computed)
print(f"torch counts {flops:,} operations, your table {macs:,} multiply-adds: a factor of {flops / macs:g}")

# %% [markdown]
# Formula, hooks and counter agree to the last digit. That is worth a habit: whenever you read a cost in a paper, build the
# network on the meta device and count. It takes a second, and you will find that authors miscount more often than one
# would think.

# %% [markdown]
# ## Four networks called AlexNet
#
# Who says "AlexNet" may mean any of these; each number below was computed.

# %% experiment="variants"
show(
    [
        {
            "network": row["variant"],
            "image": row["input_px"],
            "padding": row["padding"],
            "filters": row["filters"],
            "groups": row["groups"],
            "conv1 puts out": row["conv1_size"],
            "parameters": row["params"],
            "MACs": row["macs"],
        }
        for row in table("alexnet_variants")
    ]
)

# %% [markdown]
# The lecture's filters, 64-192-384-256-256, are those of Krizhevsky's later paper on training with many cards (2014) and of
# torchvision. The network that won in 2012 has 96-256-384-384-256 and **groups**. It was split over two graphics cards,
# because neither had memory for all of it, and to save communication `conv2`, `conv4` and `conv5` read only those
# channels that lie on their own card. In torch that is `nn.Conv2d(..., groups=2)`: the channels fall into two halves,
# and each filter sees one half.
#
# **Worked example.** `conv2` of 2012, 96 to 256 channels with a kernel of 5. Whole, it has
# $256 \cdot 96 \cdot 25 = 614{,}400$ weights. With two groups, each filter sees 48 channels instead of 96, and there are
# $256 \cdot 48 \cdot 25 = 307{,}200$. Weights halve, and since MACs = weights × places, so do the MACs.

# %% figure="groups" alt="Two grids of output channels against input channels. Left, one group: every output channel reads every input channel, so the grid is full. Right, two groups: only two blocks on the diagonal are filled, half of the grid." folded="true"
figure, axes = plots.figure(1, 2, height=2.7)
for ax, groups in zip(axes, (1, 2), strict=True):
    conv = nn.Conv2d(96, 256, 5, padding=2, groups=groups, bias=False, device="meta")
    (row,) = measure(conv, (96, 27, 27))
    for group in range(groups):
        corner, extent = (96 / groups * group, 256 / groups * group), (96 / groups, 256 / groups)
        style = {"facecolor": plots.COLORS[group], "hatch": plots.HATCHES[group], "edgecolor": "white"}
        _ = ax.add_patch(plt.Rectangle(corner, *extent, **style))
    ax.set(xlim=(0, 96), ylim=(256, 0), xticks=[0, 48, 96], yticks=[0, 128, 256], xlabel="input channel")
    ax.set_ylabel("output channel")
    ax.set_title(f"groups={groups}: {row.params:,} weights,\n{row.macs / 1e6:.0f} M multiply-adds")
plots.show(
    "Which output channel reads which input channel in conv2 of 2012: two groups leave half of the pairs out, and half of the cost."
)

# %% [markdown]
# Born of a lack of memory, grouped convolutions came back as a design of their own: ResNeXt is built on them, and with as
# many groups as channels they are the depthwise convolutions of networks for phones.

# %% [markdown]
# ## Does time follow the operations?
#
# The third bill is meant to say how long a network takes. Does it? `conv1` computes 73 M multiply-adds and `fc6` 38 M.
#
# **Predict.** For one image, on the machine you are sitting at: does `fc6` take about half as long as `conv1`, or less,
# or more? And for a batch of 16, per image? Write it down, then run the cell. It times each layer by itself; the layers
# are real here, with float32 weights, and no two of them are in memory at once.

# %% experiment="time_against_operations" alt="Two plots of time per image against multiply-adds of AlexNet's eight layers with weights, on logarithmic axes, with a line through the convolutions. For one image the fully-connected layers lie far above the line; for a batch of 16 they come much closer to it." folded="true"
device = cnnlab.device()


def layer_seconds(layer, channels, size, batch):
    """The shortest time in seconds that a layer of torch took for a batch, by itself and in float32: the least disturbed."""
    if layer["type"] == "conv":
        module = nn.Conv2d(
            channels, layer["filters"], layer["kernel"], layer["stride"], layer["padding"], device=device
        )
        x = torch.randn(batch, channels, size, size, device=device)
    else:
        module = nn.Linear(channels, layer["out_features"], device=device)
        x = torch.randn(batch, channels, device=device)
    with torch.no_grad():
        return min(Timer("module(x)", globals={"module": module, "x": x}).blocked_autorange(min_run_time=0.3).times)


weighty = [(layer, row) for layer, row in zip(ALEXNET, table("alexnet_layers"), strict=True) if row["weights"]]
figure, axes = plots.figure(1, 2, height=3.5, sharey=True)
for ax, batch in zip(axes, (1, 16), strict=True):
    times = {"convolution": [], "fully connected": []}
    for layer, row in weighty:
        seconds = layer_seconds(layer, row["in_channels"], row["in_size"], batch) / batch
        group = times["convolution" if layer["type"] == "conv" else "fully connected"]
        group.append((row["macs"] / 1e6, 1000 * seconds))
        above = row["name"] not in ("conv1", "conv3")
        offset, side = ((-5, 4), "right") if above else ((6, -9), "left")
        _ = ax.annotate(row["name"], group[-1], xytext=offset, textcoords="offset points", ha=side, fontsize=8)
    for index, (name, points) in enumerate(times.items()):
        _ = ax.plot(
            *zip(*points, strict=True), plots.MARKERS[index], color=plots.COLORS[index], linestyle="", label=name
        )
    macs, milliseconds = zip(*times["convolution"], strict=True)
    rate = sum(macs) / sum(milliseconds)
    _ = ax.plot([3, 300], [3 / rate, 300 / rate], color=plots.COLORS[0], marker="", linestyle="--", linewidth=1)
    ax.set(xscale="log", yscale="log", xlim=(2, 420), xlabel="multiply-adds per image (M)", title=f"batch of {batch}")
axes[0].set_ylabel("time per image (ms)")
axes[0].legend(loc="lower right")
plots.show(
    "Time follows the multiply-adds among the convolutions (dashed: their mean rate); a fully-connected layer takes far longer than they say, above all for a single image."
)

# %% [markdown]
# Among the convolutions the bill works: twice the multiply-adds, about twice the time. The fully-connected layers are off
# the line, for one image by a factor of ten or so. When this notebook was written, on one core of a server, they had 8 % of
# the multiply-adds and about half of the time at batch 1. Your figure will differ; the picture should not.
#
# The sentence MACs = weights × places says why. `conv4` has 3.5 MB of weights, and uses each of them at 169 places: once
# loaded, a weight is worked with 169 times. `fc6` has 151 MB and uses each weight *once*. The processor spends its time
# waiting for weights, and the time of a fully-connected layer follows its **parameters** rather than its operations. With
# 16 images each weight is used 16 times, and the layer moves towards the line. How many operations are done for each byte
# that is loaded is called arithmetic intensity, and drawing speed against it the *roofline model* (Williams, Waterman &
# Patterson, 2009).
#
# What is established here, and what is a hunch? That fully-connected layers at batch 1 are bound by memory follows from
# counting bytes, and you have just measured it. That "multiply-adds predict time" holds for convolutions of *this* kind on
# *this* machine; in the notebook on residual networks it fails for 1×1 convolutions. A count of operations is exact,
# portable, and only ever a hint about time.

# %% [markdown]
# ## ZFNet: more trial and error
#
# How did the authors arrive at 11×11, stride 4, 384 filters? "Trial and error", says the lecture, and shows the next
# round of it: ZFNet (Zeiler & Fergus, 2014). By making visible what the layers respond to, its authors saw that the first
# layer's coarse stride of 4 left artefacts, and took smaller kernels and steps. The lecture names two changes: `conv1` to
# 7×7 with stride 2, and `conv3`, `conv4`, `conv5` to 512, 1024, 512 filters.
#
# ### Exercise: `zfnet_layers` (3 points, about 8 minutes)
#
# <details><summary>Hint 1: copies</summary>
#
# `list(layers)` makes a new list that holds *the same* dicts; writing into one of them changes the argument too.
# `{**layer, "kernel": 7}` makes a new dict.
# </details>
#
# <details><summary>Hint 2: changes as data</summary>
#
# Write the changes as a dict from name to what is new, and build the list from it in one line.
# </details>


# %% exercise="zfnet_layers"
def zfnet_layers(alexnet_layers):
    """The layers of AlexNet with the lecture's changes: conv1 has kernel 7 and stride 2; conv3, conv4 and conv5 have 512,
    1024 and 512 filters.

    Args:
        alexnet_layers: list of layer dicts, as cnnlab.layers describes them, with layers of these names among them;
            stays as it is, down to its dicts.

    Returns:
        A new list of layer dicts in the same order. Nothing else changes: the padding of conv1 is the one given, and so
        is the stride of conv2.
    """
    ### BEGIN SOLUTION
    changes = {
        "conv1": {"kernel": 7, "stride": 2},
        "conv3": {"filters": 512},
        "conv4": {"filters": 1024},
        "conv5": {"filters": 512},
    }
    return [layer | changes.get(layer["name"], {}) for layer in alexnet_layers]
    ### END SOLUTION


# %% given="check_of_zfnet_layers" folded="true"
def check_zfnet(function, layers, expected):
    """Compare the changed layers with those expected, one by one, and check that the argument is as it was."""
    section = "ZFNet: more trial and error"
    given = deepcopy(layers)
    got = function(given)
    expect_true(
        given == layers,
        what="the argument stays as it is",
        likely="a dict in it was written into, perhaps through a copy of the list; make new dicts",
        reread=section,
    )
    problem = ""
    try:
        check_layers(got)
    except LayerError as error:
        problem = str(error)
    expect_true(not problem, what="the result is a list of layers as cnnlab.layers describes them", likely=problem)
    names = [layer["name"] for layer in expected]
    expect_equal([layer["name"] for layer in got], names, what="the list of the layers' names", reread=section)
    for layer, right, before in zip(got, expected, layers, strict=True):
        for key, value in right.items():
            stays = ", which stays as it was given" if value == before[key] else ""
            expect_equal(
                layer[key],
                value,
                what=f"{key} of {layer['name']}{stays}",
                mistakes={
                    **ZFNET_MISTAKES.get((layer["name"], key), {}),
                    "this is AlexNet's; the change is missing": before[key],
                },
                reread=section,
            )


ZFNET_MISTAKES = {
    ("conv1", "padding"): {"with a smaller kernel you took a smaller padding; leave the one given": [0, 1, 3]},
    ("conv1", "stride"): {"stride 2 is asked for, not half of the one given": [1]},
    ("conv1", "filters"): {"96 filters are the paper's; the lecture's conv1 keeps those given": [96]},
    ("conv2", "stride"): {"the paper does that too, but the lecture does not name it; leave it as given": [2]},
    ("conv2", "filters"): {"256 filters are the paper's; leave those given": [256]},
    ("conv4", "filters"): {"conv4 has 1024 filters, the most of the three": [512]},
    ("conv5", "filters"): {"conv5 has 512 filters; 1024 are those of conv4": [1024]},
}


# %% test="zfnet_layers" points=1
expected = deepcopy(ALEXNET)
expected[0] |= {"kernel": 7, "stride": 2}
for place, filters in {4: 512, 5: 1024, 6: 512}.items():
    expected[place]["filters"] = filters
check_zfnet(zfnet_layers, ALEXNET, expected)

# %% hidden_test="zfnet_layers" points=2
rng = random.Random(grading_seed() + 50)
changes = {
    "conv1": {"kernel": 7, "stride": 2},
    "conv3": {"filters": 512},
    "conv4": {"filters": 1024},
    "conv5": {"filters": 512},
}
torchvision = deepcopy(ALEXNET)
longer = [{**ALEXNET[0], "name": name} for name in ("conv0", "conv10", "conv3_2", "conv45", "xconv5")] + torchvision
narrow = [dict(layer) for layer in ALEXNET]
for layer in narrow:
    if layer["type"] == "conv":
        layer |= {"filters": rng.randint(2, 40), "kernel": 9, "stride": 3, "padding": rng.randint(4, 6)}
padded = [{**ALEXNET[0], "padding": rng.randint(4, 9)}, *deepcopy(ALEXNET[1:])]
no_pools = [deepcopy(layer) for layer in narrow if layer["type"] != "pool"]
for layers in (torchvision, longer, narrow, padded, no_pools):
    check_zfnet(zfnet_layers, layers, [layer | changes.get(layer["name"], {}) for layer in layers])

# %% [markdown]
# **Predict** what these two changes do to the three bills before you look. The filters of the last three convolutions
# double or more; but that is not where most of it comes from.

# %% experiment="bills_of_zfnet"
alexnet, zfnet = (layer_table(layers, IMAGE) for layers in (ALEXNET, zfnet_layers(ALEXNET)))
show(
    [
        {
            "layer": a["name"],
            "AlexNet puts out": shape_text(a),
            "ZFNet puts out": shape_text(z),
            "AlexNet's parameters": a["params"],
            "ZFNet's parameters": z["params"],
            "AlexNet's MACs": a["macs"],
            "ZFNet's MACs": z["macs"],
        }
        for a, z in zip(alexnet, zfnet, strict=True)
    ]
)
for key in ("params", "macs"):
    total, before = sum(row[key] for row in zfnet), sum(row[key] for row in alexnet)
    print(f"{key}: {total:,}, which is {total / before:.1f} times AlexNet's")

# %% [markdown]
# A network that was meant to be a little bigger holds six times the parameters and computes twelve times as much. Look
# where: every map behind `conv1` is twice as wide and high, so every convolution has four times the places, and `fc6`
# reads 86,528 numbers in place of 9216. Weights of 1.5 GB would hardly have been trained on the cards of 2013, which
# should make us suspect that the lecture's list of changes is **incomplete**. So it is.
#
# > **On the slide.** ZFNet's `conv2` has stride 2 as well (Zeiler & Fergus, 2014, Fig. 3), which the slide leaves out; with
# > it `pool5` puts out 6 × 6 again. The slide's "instead of 384, 384, 256 filters" are those of the network of 2012; the
# > lecture's own table has 384, 256, 256. And 512, 1024, 512 are not ZFNet's filters but those of a variant, which brings
# > one network from 16.5 % to 16.0 % top-5 error, the share of photos whose label is not among a network's five guesses.
# >
# > Nor is **16.4 % → 11.7 %** what these changes brought. 16.4 is the average of five AlexNets, 11.7 the entry that won in
# > 2013 and came from Clarifai, Zeiler's company. Like for like, one network goes from 18.2 to 16.5 (validation images),
# > and an average of five from 16.4 to 15.3 (test images); ZFNet's best is 14.8, with six networks of both kinds.

# %% experiment="errors_of_zfnet"
show(
    [
        {
            "model": row["model"],
            "networks averaged": row["networks"],
            "top-5 error, validation (%)": row["val_top5"],
            "top-5 error, test (%)": row["test_top5"],
            "source": row["source"],
        }
        for row in table("zfnet_errors")
    ],
    digits=1,
)

# %% [markdown]
# ## What the errata are
#
# You have met, in passing, everything in this part of the lecture that does not hold. Collected, with the cause of each
# as far as it can be known:

# %% experiment="errata"
errata = [row for row in table("lecture_errata") if row["topic"] == "02-alexnet"]
show(
    [
        {
            "what": row["what"],
            "slide": row["slide"],
            "right": row["right"],
            "unit": row["unit"],
            "verdict": row["verdict"],
            "cause": row["cause"],
        }
        for row in errata
    ]
)

# %% [markdown]
# An *error* is what no reading makes true; a *convention* is true once you know what is being counted, and misleads if you
# do not. The slides are good ones, by people who know the subject, and still four numbers in a few pages are wrong. The
# lesson is not to distrust slides. It is that a number which nobody recomputes stays wrong for years (the paper's
# 253,440 has been copied for more than a decade), and that for architectures recomputing is cheap: you now own the tool.

# %% [markdown]
# ## Quiz
#
# Eight questions, one point each. Write your letter between the quotes and run the cell below it: it says why that is
# right or wrong. You may change your mind.

# %% [markdown] quiz="stem_size" points=1
# **What does a convolution with kernel 7, stride 2 and padding 3 make of 224 pixels?**
#
# - A. 111
#   - Why: The division gives 223 / 2 = 111.5, rounded down 111, and then one is added for the window that has not
#     moved yet.
# - B. (right) 112
#   - Why: 224 - 7 + 6 = 223 pixels of room, 111 whole steps of 2, and one more place: 112. This is the first layer
#     of GoogLeNet and ResNet.
# - C. 113
#   - Why: That rounds 111.5 up before adding one. In a convolution the window may not stick out.
# - D. 110
#   - Why: The padding goes on both sides: 2 times 3 pixels, not 3.

# %% [markdown] quiz="floor_or_ceil" points=1
# **A pool has kernel 3, stride 2 and no padding. For which inputs do floor mode and ceil mode put out different sizes?**
#
# - A. For odd sizes.
#   - Why: For an odd size W the difference W - 3 is even, so 2 divides it and there is nothing to round.
# - B. (right) For even sizes.
#   - Why: Then W - 3 is odd, half a step is left over, and ceil mode adds the window that sticks out: 56 gives 27
#     or 28, 112 gives 55 or 56.
# - C. For all sizes.
#   - Why: Where the stride divides W - K exactly, as for 13 or 55, both modes agree.
# - D. Only for sizes that are multiples of 4.
#   - Why: Multiples of 4 are among them, but 6 and 10 are too: what counts is whether the stride divides W - K.

# %% [markdown] quiz="first_layer_neurons" points=1
# **A figure caption says that a layer of 96 maps of 55 × 55 has 253,440 neurons. What do you make of it?**
#
# - A. It is right: the border does not count.
#   - Why: Every value of every map is the output of a neuron, at the border too.
# - B. It counts those of one graphics card.
#   - Why: Half of the layer would be 48 maps, 48 * 55 * 55 = 145,200 neurons.
# - C. (right) It is a slip: 96 × 55 × 55 = 290,400.
#   - Why: 253,440 is 55 * 48 * 96. Only with 290,400 do the paper's layers sum to its "650,000 neurons".
# - D. It is in other units: thousands of 1024.
#   - Why: 290,400 / 253,440 is 1.146, not 1.024. And nobody counts neurons in units of 1024.

# %% [markdown] quiz="larger_images" points=1
# **You feed AlexNet's convolutions images of 454 × 454 pixels in place of 227 × 227. What happens to their parameters and
# multiply-adds?**
#
# - A. Both become about four times as many.
#   - Why: A filter serves every place, so its weights do not multiply when there are more places.
# - B. (right) The parameters stay, the multiply-adds become about four times as many.
#   - Why: MACs = weights × places; there are about four times the places, and the same weights.
# - C. Both stay.
#   - Why: The weights do. But each of them is used at every place of the output, and there are about four times as many.
# - D. The parameters stay, the multiply-adds double.
#   - Why: Twice as high and twice as wide makes four times the places.

# %% [markdown] quiz="which_savings" points=1
# **Training runs out of memory, and you trace it to activations. Which change helps most, going by the bills?**
#
# - A. Halve the outputs of fc6.
#   - Why: fc6 puts out 16 KiB per image of some 2300. It would save parameters, not activations.
# - B. Halve the filters of conv4 and conv5.
#   - Why: Each puts out 169 KiB. It helps, but conv1 and conv2 put out eight times as much as conv4.
# - C. (right) Halve the filters of conv1.
#   - Why: conv1 alone has 784 KiB, a third of everything, and pool1 shrinks with it.
# - D. Remove the pools.
#   - Why: That would make every later map larger, and the memory with it.

# %% [markdown] quiz="flop_or_mac" points=1
# **A paper says that AlexNet needs 1.43 GFLOPs, a website says 0.71 GMACs, the lecture 0.7 GFLOP. Who is right?**
#
# - A. The paper; the others forgot the fully-connected layers.
#   - Why: The fully-connected layers are 8 % of the operations, which is no factor of two.
# - B. The website; a FLOP count cannot be twice a MAC count.
#   - Why: It is exactly that: a multiply-add is one multiplication and one addition.
# - C. (right) All three; they count the same work in two ways, and the lecture calls a multiply-add a FLOP.
#   - Why: Ask which convention is used before you compare two costs; the factor of 2 is the most frequent
#     disagreement between published numbers.
# - D. It depends on the hardware.
#   - Why: Counts of operations do not depend on what executes them. Times do.

# %% [markdown] quiz="two_groups" points=1
# **A convolution is given groups=2, with the same input and output channels. What becomes of its weights and
# multiply-adds?**
#
# - A. (right) Both halve.
#   - Why: Each filter sees half of the input channels, so it has half of the weights, and each weight is used at as
#     many places as before.
# - B. Both stay; the work is only shared between two halves.
#   - Why: The connections between the halves are gone, and their weights with them.
# - C. The weights halve, the multiply-adds stay.
#   - Why: MACs = weights × places, and the places have not changed.
# - D. Both become a quarter.
#   - Why: There are two blocks of a quarter of the weights each, which makes a half.

# %% [markdown] quiz="slow_layer" points=1
# **Why does fc6, for a single image, take longer than conv1, which has twice its multiply-adds?**
#
# - A. A fully-connected layer cannot be run in parallel.
#   - Why: All of its outputs can be computed independently of each other.
# - B. It has more outputs.
#   - Why: It has 4096, conv1 has 200,704.
# - C. (right) Each of its 38 million weights has to be loaded from memory for a single multiplication.
#   - Why: conv1 uses each of its 23 thousand weights at 3136 places; fc6 waits for 151 MB. With a batch, all
#     images share the loading.
# - D. Its biases are not counted in the multiply-adds.
#   - Why: They are 4096 additions beside 38 million multiply-adds.

# %% [markdown] written="slimming" points=3
# ## A written question (3 points)
#
# A colleague wants to run AlexNet on a phone, one photo at a time. The app may take 30 MB in float32, and the network
# should become clearly faster. The plan is to halve the filters of all five convolutions and leave `fc6`, `fc7` and `fc8`
# with the outputs they have. Judge this plan in about 150 words with numbers from this notebook: what does it do to the
# size, what to the time? Propose a change that meets both aims better, and say what you would measure, not compute,
# before you believe in it.
#
# ### BEGIN SOLUTION
# AlexNet holds 61.1 M parameters, 244 MB. Halved filters leave about a quarter of the convolutions' 2.5 M parameters and
# halve fc6, since it reads 128 · 36 numbers: 18.9 M + 16.8 M + 4.1 M + 0.6 M ≈ 40 M, or 162 MB. That is five times too
# much; fc7 alone takes 67 MB. The multiply-adds of the convolutions fall to about a quarter, 658 M to some 180 M (conv1 only
# halves). But for a single image about half of the time goes into the fully-connected layers, which are bound by
# loading weights, and there only fc6 shrinks, by half: the time falls by half at best, and what is left is mostly fc6
# and fc7.
#
# Better: replace fc6 and fc7 by a global average pool and keep one layer from 256 to 1000. That leaves 2.5 M + 0.26 M
# parameters, 11 MB, and takes away the part of the time that follows parameters. The convolutions can stay. To be
# measured: the accuracy after training anew, and the time on the phone itself, since neither follows from a count.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: sees with numbers that the parameters lie in the fully-connected layers (96 %) and that the plan misses 30 MB;
# any correct estimate between 35 M and 45 M parameters (or "fc7 alone takes 67 MB") will do.
# 1 point: separates multiply-adds from time: for one image the fully-connected layers take much of the time though they
# have 8 % of the multiply-adds, because weights are loaded for a single use.
# 1 point: proposes a change that attacks the fully-connected layers (global average pooling, far fewer outputs,
# low-rank factors, fewer bits) with its effect in numbers, and names accuracy and time on the device as things to measure.
# ### END MARK SCHEME

# %% [markdown]
# ## What to take away
#
# * Output sizes: room divided by stride, rounded down, plus one. Pools can round up; then a window in the padding is
#   dropped.
# * Three bills: memory $C H W$, parameters $C_\text{out} C_\text{in} K^2 + C_\text{out}$, and
#   **multiply-adds = weights × places**.
# * In AlexNet 82 % of the memory and 92 % of the multiply-adds are in the convolutions, 96 % of the parameters in the
#   fully-connected layers.
# * Say MAC, and say what a total sums. Factors of 2, forgotten biases and pools explain most disagreements.
# * Operations are exact and portable, and only a hint about time: fully-connected layers wait for their weights.
# * Recompute what you quote. A network on the meta device costs nothing.
#
# ## Further reading
#
# * A. Krizhevsky, I. Sutskever, G. Hinton: *ImageNet Classification with Deep Convolutional Neural Networks*, NeurIPS
#   2012. Sections 3 and 4 are four pages and readable still.
# * A. Krizhevsky: *One Weird Trick for Parallelizing Convolutional Neural Networks*,
#   [arXiv:1404.5997](https://arxiv.org/abs/1404.5997), 2014: where torchvision's filters come from, and a first analysis
#   of what convolutions and fully-connected layers cost.
# * M. Zeiler, R. Fergus: *Visualizing and Understanding Convolutional Networks*,
#   [arXiv:1311.2901](https://arxiv.org/abs/1311.2901), ECCV 2014.
# * K. Simonyan, A. Zisserman: *Very Deep Convolutional Networks for Large-Scale Image Recognition*,
#   [arXiv:1409.1556](https://arxiv.org/abs/1409.1556), ICLR 2015: the next notebook.
# * S. Williams, A. Waterman, D. Patterson: *Roofline: An Insightful Visual Performance Model*, Communications of the ACM,
#   2009.
