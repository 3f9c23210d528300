# %% [markdown]
# # VGG: a network from three rules
#
# AlexNet and ZFNet were found by trial and error: each layer had its own kernel, its own stride, its own number of
# filters, and nobody could say why 11 and not 9. In 2014 Karen Simonyan and Andrew Zisserman did the opposite. They
# fixed everything by rule and changed one thing only, the **depth**. This chapter writes their rules as code, asks of
# each rule what it is good for, and ends as a detective story: one of the lecture's slides has lost a layer, and you
# will find out which.
#
# **After this chapter you can**
#
# * write a whole family of networks as a few lines of rules;
# * compute how much of the image an output sees, and measure it on a real network without being fooled;
# * say what a stack of small convolutions saves against one large one, what it costs, and when it does not train;
# * explain why halving the maps and doubling the channels keeps the work the same, and where VGG stops doing so;
# * compare two networks fairly, and trace a wrong total back to the layer that is missing from it.
#
# **You need** convolutions and pools, memory, parameters and multiply-adds of a layer (chapter 2), batch norm as an
# idea (chapter 1). **Time**: about 150 minutes. **Points**: 41 (exercises 30, quiz 8, a written question 3).
# **Slides**: from *VGG: Deeper Networks, Regular Design* to *AlexNet vs VGG-16: Much bigger network!*
#
# Work from top to bottom. Each exercise is followed by a visible test that names your mistake; hidden tests with other
# inputs decide the marks. Experiments use real layers of torch and tables that come with the course, so most of them
# run before you have solved anything.

# %% given="setup"
import random
from collections import Counter
from copy import deepcopy
from itertools import pairwise

import torch
from matplotlib.patches import Rectangle
from torch import nn
from torch.nn import functional as F
from torch.utils.benchmark import Timer

import cnnlab
from cnnlab import data, plots, training
from coursekit.checks import expect_close, expect_equal, expect_raises, expect_shape, expect_true
from coursekit.seeds import grading_seed
from cnnlab.layers import LayerError, check_layers
from cnnlab.measure import measure, receptive_field_by_gradient
from cnnlab.quiz import explain, expect_answer
from cnnlab.tables import show, table

torch.set_num_threads(1)
plots.style()


# %% [markdown]
# The next cell holds machinery of the tests. It is folded; you need not read it.


# %% given="test_helpers" folded="true"
def conv(name, kernel=3, stride=1, padding=1, filters=8):
    """A convolution as a layer dict."""
    window = {"kernel": kernel, "stride": stride, "padding": padding}
    return {"name": name, "type": "conv", "filters": filters, **window}


def pool(name, kernel=2, stride=2, padding=0):
    """A pool as a layer dict."""
    return {"name": name, "type": "pool", "kernel": kernel, "stride": stride, "padding": padding}


def real_cost(model, shape):
    """Numbers put out, parameters and multiply-adds of a model's convolutions, measured on the meta device."""
    rows = [row for row in measure(model.to("meta"), shape) if row.kind == "conv"]
    outputs = sum(torch.Size(row.shape).numel() for row in rows)
    return outputs, sum(row.params for row in rows), sum(row.macs for row in rows)


def expect_same(argument, copy, what):
    """Check that a function left an argument as it was."""
    expect_true(argument == copy, what=f"{what} stays as it is", likely="it was written into; work on a copy")


def slips_in_names(names):
    """The lists of names that common slips give, by the clause that names the slip."""
    numbers = {name: name[4:].split("_") for name in names if name.startswith("conv")}

    def renamed(function):
        return [function(*numbers[name]) if name in numbers else name for name in names]

    return {
        "pools are layers too, and belong in the list": [name for name in names if not name.startswith("pool")],
        "flatten is a layer of the list": [name for name in names if name != "flatten"],
        "the fully-connected layers are missing": [
            [name for name in names if not name.startswith("fc")],
            [name for name in names if name[:2] not in ("fc", "fl")],
        ],
        "the fully-connected layers are numbered on from the five stages: fc6, fc7, fc8": [
            [f"fc{int(name[2:]) - first}" if name.startswith("fc") else name for name in names] for first in (5, 6)
        ],
        "convolutions are named conv1_1, with an underscore": [
            renamed(lambda stage, place: f"conv{stage}-{place}"),
            renamed(lambda stage, place: f"conv{stage}.{place}"),
        ],
        "the numbers in a name start at 1": [
            renamed(lambda stage, place: f"conv{stage}_{int(place) - 1}"),
            renamed(lambda stage, place: f"conv{int(stage) - 1}_{int(place) - 1}"),
        ],
        "the numbers within a stage start again at 1 in each stage": [
            f"conv{numbers[name][0]}_{list(numbers).index(name) + 1}" if name in numbers else name for name in names
        ],
    }


LAYER_SLIPS = {
    ("conv", "filters"): {
        "there is no doubling after pool4; the slide's rule goes one pool too far, and VGG stops at 512": 1024,
        "the filters double from stage to stage, starting with 64": [3, 6, 12, 24, 32, 48],
    },
    ("conv", "padding"): {"without padding every convolution would shrink the maps by 2; rule 1 says padding 1": 0},
    ("conv", "kernel"): {"1 x 1 belongs to the paper's configuration C, which no rule here makes": 1},
    ("pool", "kernel"): {"overlapping pools of 3 are AlexNet's; VGG's are 2 wide": 3},
    ("pool", "stride"): {"a pool that does not step does not halve": 1},
    ("pool", "padding"): {"the pools have no padding": 1},
}


def check_network(got, expected, depth, slips):
    """Compare the layer dicts of a VGG with those expected: first the names, then each layer.

    Args:
        slips: from the clause that names a mistake to the list of names that it gives.
    """
    section = "Three rules"
    listed = isinstance(got, (list, tuple)) and all(isinstance(layer, dict) and "name" in layer for layer in got)
    expect_true(
        listed,
        what="the result is a list of dicts, each of them with a name",
        likely="the return is missing" if got is None else "each layer is a dict such as those of AlexNet above",
        reread=section,
    )
    kinds = {str(layer.get("type")) for layer in got}
    expect_true(
        kinds <= {"conv", "pool", "flatten", "linear"},
        what="the list holds convolutions, pools, flatten and fully-connected layers only",
        likely=f"there are layers of type {', '.join(sorted(kinds))}; what has no weights and keeps the shape is left out",
        reread=section,
    )
    names = [layer["name"] for layer in expected]
    what = f"the list of names of VGG-{depth}'s layers"
    slips = slips_in_names(names) | slips
    expect_equal([layer["name"] for layer in got], names, what=what, mistakes=slips, reread=section)
    problem = ""
    try:
        check_layers(got)
    except LayerError as error:
        problem = str(error)
    expect_true(not problem, what="the result is written as cnnlab.layers says", likely=problem, reread=section)
    for layer, right in zip(got, expected, strict=True):
        expect_equal(layer["type"], right["type"], what=f"type of {right['name']} in VGG-{depth}", reread=section)
        for key, value in right.items():
            slip = LAYER_SLIPS.get((right["type"], key), {})
            what = f"{key} of {right['name']} in VGG-{depth}"
            expect_equal(layer[key], value, what=what, mistakes=slip, reread=section)


# %% [markdown]
# ## Three rules
#
# What does a deep network gain by being deeper? AlexNet and ZFNet cannot say, since they differ in too much else. An
# experiment needs everything else to stay put, and so VGG (named after Oxford's Visual Geometry Group) has **design
# rules** (Simonyan & Zisserman, 2015; lecture, *VGG: Deeper Networks, Regular Design*):
#
# 1. every convolution is 3 × 3 with stride 1 and padding 1, so that it keeps the size of the maps;
# 2. every pool is a max pool of 2 × 2 with stride 2, so that it halves them;
# 3. after a pool the number of channels doubles.
#
# Pools cut the network into five **stages**. Within a stage all maps have the same size and all convolutions the same
# number of filters. The head is AlexNet's: `flatten`, two fully-connected layers of 4096, and one of 1000 for the
# classes. Depth counts layers *with weights*, so three of them are always in the head:
#
# | stage | maps | filters | VGG-11 | VGG-13 | VGG-16 | VGG-19 |
# |---|---|---|---|---|---|---|
# | 1 | 224 × 224 | 64 | 1 | 2 | 2 | 2 |
# | 2 | 112 × 112 | 128 | 1 | 2 | 2 | 2 |
# | 3 | 56 × 56 | 256 | 2 | 2 | 3 | 4 |
# | 4 | 28 × 28 | 512 | 2 | 2 | 3 | 4 |
# | 5 | 14 × 14 | 512 | 2 | 2 | 3 | 4 |
# | convolutions in all | | | 8 | 10 | 13 | 16 |
#
# These are the paper's configurations A, B, D and E. (C has 16 layers too, but three of them are 1 × 1, and it did
# worse than D.) A layer is named by its stage and its place in it: `conv3_2` is the second convolution of stage 3.

# %% figure="three_networks" alt="Three columns of boxes, one box per layer from the image at the bottom to the classes at the top. AlexNet has eight coloured boxes of many kinds: 11 by 11, 5 by 5 and 3 by 3 convolutions. VGG-16 and VGG-19 are twice as high and repeat one box, a 3 by 3 convolution, in five stages that end with a pool." folded="true"
kinds = {
    "conv": {"color": plots.COLORS[5]},
    "odd": {"color": plots.COLORS[1], "hatch": "//"},
    "pool": {"color": plots.COLORS[4], "hatch": ".."},
    "fc": {"color": plots.COLORS[2], "hatch": "xx"},
}
head = [("fc 4096", "fc"), ("fc 4096", "fc"), ("fc 1000", "fc")]
columns = {
    "AlexNet": [
        *(("11×11, 64, stride 4", "odd"), ("pool 3×3, stride 2", "pool")),
        *(("5×5, 192", "odd"), ("pool 3×3, stride 2", "pool")),
        *(("3×3, 384", "conv"), ("3×3, 256", "conv"), ("3×3, 256", "conv"), ("pool 3×3, stride 2", "pool")),
        *head,
    ],
}
for name, numbers in {"VGG-16": (2, 2, 3, 3, 3), "VGG-19": (2, 2, 4, 4, 4)}.items():
    columns[name] = []
    for filters, number in zip((64, 128, 256, 512, 512), numbers, strict=True):
        columns[name] += [(f"3×3, {filters}", "conv")] * number + [("pool 2×2, stride 2", "pool")]
    columns[name] += head
figure, ax = plots.figure(height=5.4)
for place, boxes in enumerate(columns.values()):
    for height, (label, kind) in enumerate(boxes):
        _ = ax.bar(place, 0.86, 0.8, bottom=height, edgecolor="black", linewidth=0.5, alpha=0.75, **kinds[kind])
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
        _ = ax.text(place, height + 0.43, label, ha="center", va="center", fontsize=7, bbox=box)
ax.set_xticks(range(3), columns)
ax.set(ylabel="layers, from the image upwards", xlabel="network", ylim=(-0.3, 24.3))
ax.grid(visible=False)
plots.show("AlexNet is a list of decisions; VGG-16 and VGG-19 are one decision, repeated.")

# %% [markdown]
# > **On the slide.** Two of the lecture's lines do not describe VGG.
# >
# > *"Stage 3: conv-conv-pool."* It is conv-conv-**conv**-[conv]-pool, as in stages 4 and 5. Count: with two
# > convolutions in stage 3, "VGG-16" would have 2 + 2 + 2 + 3 + 3 = 12 convolutions and 15 layers with weights, and
# > "VGG-19" 17. Keep this slip in mind; it has consequences.
# >
# > *"After pool, double #channels."* Not after `pool4`: the filters are 64, 128, 256, 512, **512**. The paper says
# > it as it is: doubled after each max pool "until it reaches 512" (section 2.1).
#
# The table's four columns as data, and, in the format of `cnnlab.layers` that chapter 2 uses, the lecture's AlexNet for
# comparison:

# %% given="architectures"
STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # convolutions, by depth
ALEXNET = [
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

# %% [markdown]
# **Worked example.** VGG-11 begins like this: `conv1_1` with 64 filters, `pool1`, `conv2_1` with 128, `pool2`,
# `conv3_1` and `conv3_2` with 256 each, `pool3`. As data the first two are
#
# ```python
# {"name": "conv1_1", "type": "conv", "filters": 64, "kernel": 3, "stride": 1, "padding": 1}
# {"name": "pool1", "type": "pool", "kernel": 2, "stride": 2, "padding": 0}
# ```
#
# ### Exercise: `vgg_layers` (4 points, about 12 minutes)
#
# Write the rules, not the lists. Typing out 25 dicts for VGG-19 is how layers get lost.
#
# <details><summary>Hint 1: what differs between the four</summary>
#
# Five numbers, the convolutions of each stage, and they stand in `STAGES`. All else is a rule.
# </details>
#
# <details><summary>Hint 2: the loops</summary>
#
# One loop over the stages, `enumerate(..., start=1)`, and inside it one over the places in the stage. After the inner
# loop comes the pool. An f-string makes the names.
# </details>
#
# <details><summary>Hint 3: the filters</summary>
#
# Either a tuple of five numbers beside the other, or the smaller one of 512 and 64 doubled stage by stage.
# </details>


# %% exercise="vgg_layers"
def vgg_layers(depth):
    """The layers of a VGG network as data.

    Args:
        depth: layers with weights: 11, 13, 16 or 19.

    Returns:
        List of layer dicts as cnnlab.layers describes them, in order: five stages, each with its convolutions conv1_1,
        conv1_2, ... (stage, then place in it, both from 1) and then its pool pool1 ... pool5; then flatten and the
        fully-connected layers fc6 and fc7 with 4096 outputs and fc8 with 1000.

    Raises:
        ValueError: if the depth is another number.
    """
    ### BEGIN SOLUTION
    if depth not in STAGES:
        raise ValueError(f"there is no VGG-{depth}; take one of {', '.join(map(str, STAGES))}")
    layers = []
    for stage, number in enumerate(STAGES[depth], start=1):
        window = {"filters": min(64 * 2 ** (stage - 1), 512), "kernel": 3, "stride": 1, "padding": 1}
        layers += [{"name": f"conv{stage}_{place}", "type": "conv", **window} for place in range(1, number + 1)]
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    heads = {"fc6": 4096, "fc7": 4096, "fc8": 1000}
    return layers + [{"name": name, "type": "linear", "out_features": number} for name, number in heads.items()]
    ### END SOLUTION


# %% test="vgg_layers" points=1
expected = []
for row in table("vgg16_layers"):
    name = row["name"]
    if name.startswith("conv"):
        expected.append(conv(name, filters=row["out_channels"]))
    elif name.startswith("pool"):
        expected.append(pool(name))
    elif name == "flatten":
        expected.append({"name": name, "type": "flatten"})
    else:
        expected.append({"name": name, "type": "linear", "out_features": row["out_channels"]})
names = [layer["name"] for layer in expected]
slips = {
    "stage 3 has three convolutions; two are what the slide prints, and make a network of 15 layers": [
        name for name in names if name != "conv3_3"
    ],
    "this is VGG-13": [name for name in names if name not in ("conv3_3", "conv4_3", "conv5_3")],
}
check_network(vgg_layers(16), expected, 16, slips)
expect_raises(ValueError, vgg_layers, 15, what="a depth of 15", reread="Three rules")


# %% hidden_test="vgg_layers" points=3
def published(depth, numbers=None):
    """A VGG written down, with other numbers of convolutions if so asked."""
    layers = []
    for stage, number in enumerate(numbers or STAGES[depth], 1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        layers += [conv(f"conv{stage}_{place + 1}", filters=filters) for place in range(number)] + [
            pool(f"pool{stage}")
        ]
    layers.append({"name": "flatten", "type": "flatten"})
    return layers + [{"name": f"fc{n}", "type": "linear", "out_features": 1000 if n == 8 else 4096} for n in (6, 7, 8)]


for depth, numbers in STAGES.items():
    slips = {
        "stage 3 has as many convolutions as stage 4; two are what the slide prints": [
            layer["name"] for layer in published(depth, (*numbers[:2], 2, *numbers[3:]))
        ],
        "VGG-19 has four convolutions in its last three stages, not three": [
            layer["name"] for layer in published(depth, (*numbers[:2], 3, 3, 3))
        ],
        "stages 1 and 2 of VGG-11 have one convolution": [
            layer["name"] for layer in published(depth, (2, 2, *numbers[2:]))
        ],
        **{f"this is VGG-{other}": [layer["name"] for layer in published(other)] for other in STAGES if other != depth},
    }
    check_network(vgg_layers(depth), published(depth), depth, slips)
for depth in (0, 8, 12, 14, 15, 17, 18, 20, 34):
    expect_raises(ValueError, vgg_layers, depth, what=f"a depth of {depth}", reread="Three rules")
expect_equal(
    [sum(layer["type"] in ("conv", "linear") for layer in vgg_layers(depth)) for depth in STAGES],
    list(STAGES),
    what="the number of layers with weights of the four networks",
    reread="Three rules",
)

# %% [markdown]
# ## Rule 1: what does a stack see?
#
# A 3 × 3 kernel looks at three pixels in each direction. AlexNet's first layer looked at eleven. How can a network of
# tiny windows see anything larger than a freckle? By stacking. The part of the *image* that an output depends on is its
# **receptive field**, and it grows with every layer.

# %% figure="two_small_windows" alt="Two diagrams of rows of pixels. Left: one output pixel is connected to five input pixels by a single convolution of size 5. Right: one output pixel is connected to three pixels in the middle row, and these to five pixels in the input row, by two convolutions of size 3." folded="true"
figure, axes = plots.figure(1, 2, height=2.5, sharey=True)
for ax, kernels in zip(axes, ((5,), (3, 3)), strict=True):
    heights = [0, 2] if len(kernels) == 1 else [0, 1, 2]
    wanted = [{4}]
    for kernel in reversed(kernels):
        half = kernel // 2
        wanted.insert(0, {pixel + step for pixel in wanted[0] for step in range(-half, half + 1)})
    for level, height in enumerate(heights):
        for pixel in range(9):
            seen = pixel in wanted[level]
            color = plots.COLORS[level % 3] if seen else "#EEEEEE"
            _ = ax.add_patch(Rectangle((pixel + 0.08, height), 0.84, 0.34, facecolor=color, edgecolor="black"))
    for level, kernel in enumerate(kernels):
        for pixel in wanted[level + 1]:
            for step in range(-(kernel // 2), kernel // 2 + 1):
                ends = [heights[level] + 0.34, heights[level + 1]]
                _ = ax.plot([pixel + step + 0.5, pixel + 0.5], ends, color="#666666", marker="", linestyle="-", lw=0.8)
    title = "one convolution of 5" if len(kernels) == 1 else "two convolutions of 3"
    ax.set(xlim=(0, 9), ylim=(-0.15, 2.5), xlabel="position (pixels)", title=title, xticks=[0.5, 4.5, 8.5])
    ax.set_xticklabels(["0", "4", "8"])
    ax.set_yticks([0.17, 2.17], ["input", "output"])
    ax.grid(visible=False)
axes[0].set_ylabel("layer")
plots.show("Two convolutions of 3, one on top of the other, see the same five pixels as a single convolution of 5.")

# %% [markdown]
# The lecture has the sentence: two 3 × 3 have the same receptive field as one 5 × 5. And three have that of a 7 × 7:
# each further layer adds $K - 1 = 2$ pixels.
#
# That is for stride 1. Behind a layer with stride 2, neighbouring outputs stand for places that are *two* input pixels
# apart, and a window over three of them reaches twice as far. Call this distance the **jump**: 1 at the image,
# multiplied by the stride of every layer passed. Layer $l$ then adds its $K_l - 1$ steps, each as wide as the jump
# *before* it:
#
# $$R = 1 + \sum_l (K_l - 1) \cdot j_l, \qquad j_l = S_1 S_2 \cdots S_{l-1} .$$
#
# Pools have windows and strides like convolutions, and count. Padding does not: it decides how many outputs there are
# and where they sit, not how far each one looks. (At the border a part of the field lies in the padding; we count it,
# as if the image went on.) A field is measured from its first to its last pixel, even if a stride larger than a kernel
# leaves gaps.
#
# **Worked example.** The first layers of AlexNet:
#
# | layer | kernel | stride | jump before | adds | receptive field |
# |---|---|---|---|---|---|
# | `conv1` | 11 | 4 | 1 | 10 · 1 | 11 |
# | `pool1` | 3 | 2 | 4 | 2 · 4 | 19 |
# | `conv2` | 5 | 1 | 8 | 4 · 8 | 51 |
# | `pool2` | 3 | 2 | 8 | 2 · 8 | 67 |
#
# ### Exercise: `receptive_field` (5 points, about 12 minutes)
#
# <details><summary>Hint 1: two variables</summary>
#
# Walk along the layers with two numbers, the field so far and the jump so far. Which of them must be brought up to date
# first?
# </details>
#
# <details><summary>Hint 2: layers without a window</summary>
#
# `flatten` and fully-connected layers have no key `"kernel"`: skip them. For no layers at all the answer is 1, since a
# pixel sees itself.
# </details>


# %% exercise="receptive_field"
def receptive_field(layers):
    """The side of the square of input pixels that one output of the last convolution or pool depends on.

    Args:
        layers: list of layer dicts, as cnnlab.layers describes them, possibly empty; stays as it is. Convolutions and pools
            count; layers without a kernel (flatten, linear) are passed over.

    Returns:
        Pixels from the first to the last that are looked at, in one direction, an int; 1 if no layer has a kernel. Pixels
        in the padding count as well: the image is taken to go on beyond its border.
    """
    ### BEGIN SOLUTION
    field = jump = 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field
    ### END SOLUTION


# %% test="receptive_field" points=2
section = "Rule 1: what does a stack see?"
expect_equal(
    receptive_field([conv("a", 5, padding=1)]),
    5,
    what="the receptive field of one 5 x 5 convolution",
    mistakes={
        "the field of a single pixel, before any layer, is 1": 4,
        "a layer adds its kernel less one: the first of its pixels was seen already": 6,
        "padding does not count: it moves the outputs, and none of them looks further": [3, 7],
        "the layer was passed over; what it is says its type, not its name": 1,
    },
    reread=section,
)
expect_equal(
    receptive_field([conv("a"), conv("b")]),
    5,
    what="the receptive field of two 3 x 3 convolutions",
    mistakes={
        "a layer adds its kernel less one: neighbouring windows overlap": [6, 7],
        "fields do not multiply": 9,
        "only the last layer was looked at": 3,
        "padding does not count: it moves the outputs, and none of them looks further": [1, 13],
    },
    reread=section,
)
expect_equal(
    receptive_field([conv("a", stride=2), conv("b", stride=2), conv("c")]),
    15,
    what="the receptive field of three 3 x 3 convolutions with strides 2, 2, 1",
    mistakes={
        "the strides are ignored; behind a stride of 2 a step is two input pixels wide": 7,
        "the jump is the product of all strides before a layer, not the last one alone": 11,
        "strides multiply along the way; they do not add up": [13, 17],
        "a layer's own stride must not widen its own steps: first the field, then the jump": 21,
        "the layers were walked backwards, or (R - 1) * S + K from first to last; that formula runs from last to first": 9,
    },
    reread=section,
)
expect_equal(
    receptive_field([conv("a"), pool("p"), conv("b"), conv("c")]),
    12,
    what="the receptive field of 3 x 3 convolution, 2 x 2 pool with stride 2, and two more 3 x 3 convolutions",
    mistakes={
        "pools are left out; they have a window and a stride": 7,
        "the pool's stride is ignored": 8,
        "the pool's stride counts, but its window is left out": 11,
        "a layer's own stride must not widen its own steps: first the field, then the jump": 13,
    },
    reread=section,
)
expect_equal(receptive_field([]), 1, what="the receptive field without any layer", reread=section)
given = deepcopy(ALEXNET)
expect_equal(
    receptive_field(given),
    195,
    what="the receptive field of AlexNet's pool5, from the list of all its layers",
    mistakes={
        "pools are left out; they have a window and a stride": 51,
        "a fully-connected layer sees all of the image, but was to be passed over": [224, 227],
        "padding does not count": [163, 227, 237],
    },
    reread=section,
)
expect_same(given, ALEXNET, "the list of layers")


# %% hidden_test="receptive_field" points=3
def seen_from_one_output(layers):
    """The receptive field, by walking back from an output at 0 to the first and the last pixel that it needs."""
    first = last = 0
    for layer in reversed([layer for layer in layers if "kernel" in layer]):
        first = first * layer["stride"] - layer["padding"]
        last = last * layer["stride"] - layer["padding"] + layer["kernel"] - 1
    return last - first + 1


def torch_windows(layers):
    """The convolutions and pools of a list of layers as modules with one channel."""
    made = {"conv": lambda *window: nn.Conv2d(1, 1, *window), "pool": nn.MaxPool2d}
    windows = [layer for layer in layers if "kernel" in layer]
    return nn.Sequential(*(made[w["type"]](w["kernel"], w["stride"], w["padding"]) for w in windows))


def field_slips(layers):
    """What common mistakes give, by the clause that names them."""
    windows = [layer for layer in layers if "kernel" in layer]
    strides = [1, *(layer["stride"] for layer in windows)]
    steps = [layer["kernel"] - 1 for layer in windows]

    def field(jumps, steps=steps):
        return 1 + sum(step * jump for step, jump in zip(steps, jumps, strict=False))

    jumps, added = [1], [1]
    for stride in strides[1:]:
        jumps.append(jumps[-1] * stride)
        added.append(added[-1] + stride)
    without_pools = [layer for layer in windows if layer["type"] != "pool"]
    still = [step if layer["type"] == "conv" else 0 for step, layer in zip(steps, windows, strict=True)]
    backwards = 1
    for layer in windows:
        backwards = (backwards - 1) * layer["stride"] + layer["kernel"]
    return {
        "the strides are ignored; behind a stride of 2 a step is two input pixels wide": field([1] * len(steps)),
        "the jump is the product of all strides before a layer, not the last one alone": field(strides),
        "a layer's own stride must not widen its own steps: first the field, then the jump": field(jumps[1:]),
        "strides multiply along the way; they do not add up": field(added),
        "pools are left out; they have a window and a stride": seen_from_one_output(without_pools),
        "the pool's stride counts, but its window is left out": field(jumps, still),
        "a layer adds its kernel less one": [
            field(jumps, [s + 1 for s in steps]),
            field(jumps, [s + 1 for s in steps]) - 1,
        ],
        "the field before any layer is 1": field(jumps) - 1,
        "padding does not count": [
            field(jumps, [s - 2 * layer["padding"] for s, layer in zip(steps, windows, strict=True)]),
            field(jumps, [s + 2 * layer["padding"] for s, layer in zip(steps, windows, strict=True)]),
        ],
        "the layers were walked backwards, or (R - 1) * S + K from first to last; that formula runs from last to first": [
            backwards
        ],
        "the image is taken to go on beyond its border; a field may be larger than it": min(field(jumps), 224),
    }


def random_windows(rng, number):
    """Convolutions and pools with kernels up to 5 and strides up to 3."""
    layers = []
    for place in range(number):
        kernel = rng.randint(1, 5)
        make = pool if place and rng.random() < 0.4 else conv
        layers.append(make(f"layer{place}", kernel, rng.randint(1, 3), rng.randint(0, kernel // 2)))
    return layers


section = "Rule 1: what does a stack see?"
rng = random.Random(grading_seed() + 60)
networks = [
    [layer for s, n in enumerate(numbers) for layer in [*(conv(f"conv{s}_{k}") for k in range(n)), pool(f"pool{s}")]]
    for numbers in STAGES.values()
]
networks += [random_windows(rng, rng.randint(2, 7)) for _ in range(8)]
networks += [[conv("one", 1, 3, 0), conv("two", 1, 2, 0), pool("three", 3, 2, 1)], [conv("far", 4, 3, 2), *networks[4]]]
networks += [[{"name": "flatten", "type": "flatten"}, {"name": "fc", "type": "linear", "out_features": 3}]]
networks[0] += networks[-1]
for layers in networks:
    right = seen_from_one_output(layers)
    windows = ", ".join(f"{w['type']} {w['kernel']}/{w['stride']}" for w in layers if "kernel" in w) or "no windows"
    what = f"the receptive field of {windows}"
    given = deepcopy(layers)
    expect_equal(receptive_field(given), right, what=what, mistakes=field_slips(layers), reread=section)
    expect_same(given, layers, "the list of layers")
small = [*random_windows(random.Random(grading_seed() + 61), 2), conv("last", 3, 1, 1)]
measured = receptive_field_by_gradient(torch_windows(small), (1, *[9 * seen_from_one_output(small)] * 2))
expect_equal(receptive_field(small), measured, what="the receptive field that a backward pass measures", reread=section)

# %% [markdown]
# ### Measure it, and mind the trap
#
# A formula should be checked against the thing itself. An output depends on an input pixel when its gradient with
# respect to that pixel is not zero. So: pass an image forward, take one output at the centre, run backward, and see
# where the gradient of the image is not zero. We give all weights the same positive value, so that paths cannot cancel,
# and the picture shows how many *paths* lead from each pixel to the output.
#
# **Predict first.** The four networks below are a 5 × 5 convolution, two 3 × 3, the convolutions and pools of VGG-16
# with average pools, and the same with its own max pools. Will all pixels of a field be equally bright? And will the
# two VGGs measure the same?


# %% experiment="field_by_gradient" alt="Four maps of the gradient of the central output with respect to the image. A 5 by 5 convolution gives an even square. Two 3 by 3 convolutions give a square of the same size that is brightest in the middle. VGG-16 with average pools gives a large soft blob that fills a square of 212 pixels, which is drawn dashed. With max pools only scattered pixels stand out, and the edge of that square stays dark." folded="true"
def vgg16_windows(pool):
    """VGG-16's convolutions and pools, with two channels, all weights alike, and the given kind of pool."""
    modules, channels = [], 1
    for row in table("vgg16_layers"):
        if row["name"].startswith("conv"):
            modules.append(nn.Conv2d(channels, 2, 3, padding=1, bias=False))
            channels = 2
        elif row["name"].startswith("pool"):
            modules.append(pool(2))
    return nn.Sequential(*modules)


def gradient_of_the_centre(model, size):
    """The gradient of the central output with respect to a random image of size x size pixels."""
    model = model.double()
    with torch.no_grad():
        for weight in model.parameters():
            _ = weight.fill_(1 / weight[0].numel())
    image = torch.rand(1, 1, size, size, generator=training.generator(0), dtype=torch.float64, requires_grad=True)
    output = model(image)
    output[0, 0, output.shape[2] // 2, output.shape[3] // 2].backward()
    return image.grad[0, 0]


def extent(gradient):
    """Pixels from the first to the last row in which something is not zero."""
    rows = gradient.any(dim=1).nonzero()
    return int(rows.max() - rows.min()) + 1


models = {
    "one 5×5": (nn.Conv2d(1, 1, 5, padding=2, bias=False), 11),
    "two 3×3": (nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(2))), 11),
    "VGG-16, average pools": (vgg16_windows(nn.AvgPool2d), 288),
    "VGG-16, max pools": (vgg16_windows(nn.MaxPool2d), 288),
}
figure, axes = plots.figure(1, 4, height=2.25)
fields = {}
for ax, (name, (model, size)) in zip(axes, models.items(), strict=True):
    gradient = gradient_of_the_centre(model, size)
    fields[name] = extent(gradient)
    brightness = (gradient / gradient.max()) ** (1 if size == 11 else 0.3)
    _ = ax.imshow(brightness, vmin=0, vmax=1, extent=(0, size, size, 0))
    side = 5 if size == 11 else 212
    corner = size // 2 - side // 2
    _ = ax.add_patch(
        Rectangle((corner, corner), side, side, fill=False, edgecolor="white", linestyle="--", linewidth=1)
    )
    ax.set(xlabel="pixels", xticks=[0, size], yticks=[0, size])
    ax.set_title(name, fontsize=8)
    ax.grid(visible=False)
axes[0].set_ylabel("pixels")
print(", ".join(f"{name}: {field}" for name, field in list(fields.items())[:3]))
print("with max pools the measured field is smaller:", fields["VGG-16, max pools"] < 212)
plots.show(
    "How strongly the central output depends on each pixel, and the field by formula (dashed): equal fields are not seen equally, and "
    "max pools hide part of the field."
)

# %% [markdown]
# Two lessons. The first is the **trap**: with max pools the measurement came out too small. A max pool passes the
# gradient on to one pixel of its window, the largest, and nothing to the others. That is no property of the
# architecture: with another image, other pixels would win. The receptive field asks which pixels *could* matter, so
# measure with average pools (or over many images). `receptive_field_by_gradient` in `cnnlab.measure` does this, and
# gives what your function does:

# %% experiment="fields_of_networks"
thin = vgg16_windows(nn.MaxPool2d)
print("VGG-16, measured by gradient:", receptive_field_by_gradient(thin, (1, 288, 288)))
for depth in (11, 13, 16, 19):
    print(f"VGG-{depth}, by your function: {receptive_field(vgg_layers(depth))}")
print("AlexNet, by your function:", receptive_field(ALEXNET))

# %% [markdown]
# The second is in the brightness. In the two 3 × 3 the middle pixel has nine paths to the output and a corner only one.
# Over many layers the field becomes a soft blob with faint edges (fainter than drawn: the brightness of both VGGs is
# raised to a power of 0.3, or nothing but the middle would show): an output of VGG-16 *may* look at 212 of 224 pixels,
# and looks mostly at the middle of them. Luo et al. (2016) call the bright part the *effective* receptive field and
# show that, for stacked convolutions, it grows only with the square root of the depth. How a trained network uses its
# field is an empirical question; the formula gives the most that is possible.

# %% [markdown]
# ## Rule 1: what does a stack cost?
#
# If two 3 × 3 see what one 5 × 5 sees, which should we take? Let all of them go from $C$ channels to $C$, on maps of
# $H \times W$, without bias. A 5 × 5 convolution has $25\,C^2$ weights, each used at $HW$ places: $25\,C^2 HW$
# multiply-adds. Two 3 × 3 have $2 \cdot 9\,C^2 = 18\,C^2$ weights and $18\,C^2HW$ multiply-adds, **28 % less** of both.
# For a field of 7 × 7 it is $49\,C^2$ against $3 \cdot 9\,C^2 = 27\,C^2$; as the paper puts it, the large one needs 81
# % more (Simonyan & Zisserman, 2015, section 2.3). In general a field of $2n + 1$ costs $(2n+1)^2$ in one piece and
# $9n$ in $n$ pieces.
#
# And the stack does something that the single layer cannot: there is a ReLU between its convolutions. Without it, two
# convolutions would just be *one* 5 × 5 convolution with fewer free weights.
#
# **Worked example.** $C = 64$ on maps of 56 × 56. One 5 × 5: $25 \cdot 64^2 = 102{,}400$ weights, times 3136 places
# 321,126,400 MACs. Two 3 × 3: $18 \cdot 64^2 = 73{,}728$ weights and 231,211,008 MACs. With biases, one has 64 more and
# the other 128; multiply-adds stay as they are.
#
# > **On the slide.** All four numbers are right: $25\,C^2$, $18\,C^2$, $25\,C^2HW$, $18\,C^2HW$ (lecture, *VGG: Deeper
# > Networks, Regular Design*; its "FLOPs" are multiply-adds). What it does not say: the stack puts out *two* sets of
# > maps, $2\,CHW$ numbers, where the single layer puts out one, and in training all of them are kept for the backward
# > pass. Depth is paid for in memory.
#
# ### Exercise: `stack_cost` (3 points, about 8 minutes)
#
# <details><summary>Hint 1: one layer first</summary>
#
# Weights of one layer: output channels × input channels × kernel × kernel. Here both numbers of channels are the same.
# </details>
#
# <details><summary>Hint 2: biases</summary>
#
# One per filter and layer. They are parameters, but no multiply-adds.
# </details>


# %% exercise="stack_cost"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    """What a stack of equal convolutions costs, one on top of the other.

    Each goes from `channels` to `channels` channels with stride 1 and a padding that keeps the maps at height x width.

    Args:
        kernel: side of each square kernel.
        depth: how many convolutions, at least 1.
        channels: of the input and of every output.
        height: of the maps, in pixels.
        width: of the maps, in pixels.
        bias: whether each filter has a bias.

    Returns:
        Tuple (params, macs) of two ints: parameters of all layers together, with biases if there are any; multiply-adds
        for one image, in which biases never count.
    """
    ### BEGIN SOLUTION
    weights = depth * kernel**2 * channels**2
    biases = depth * channels if bias else 0
    return weights + biases, weights * height * width
    ### END SOLUTION


# %% test="stack_cost" points=1
section = "Rule 1: what does a stack cost?"
expect_equal(
    stack_cost(3, 2, 64, 56, 56),
    (73_728, 231_211_008),
    what="the parameters and multiply-adds of two 3 x 3 convolutions with 64 channels on 56 x 56",
    mistakes={
        "the depth is forgotten; there are several layers": (36_864, 115_605_504),
        "a kernel has K * K weights, not K": (24_576, 77_070_336),
        "each filter reads all channels: C * C, not C": (1_152, 3_612_672),
        "the biases were counted although bias=False": [(73_856, 231_211_008), (73_856, 231_612_416)],
        "multiplication and addition were counted apart (FLOP); a MAC is both": (73_728, 462_422_016),
        "parameters come first, then multiply-adds": (231_211_008, 73_728),
        "one side of the maps is missing; there are height * width places": (73_728, 4_128_768),
        "this is one convolution with the field of the stack; two small ones are asked for": (102_400, 321_126_400),
        "the places are missing; each weight is used at every one of them": (73_728, 73_728),
        "the maps shrank; the padding keeps them at height x width": (73_728, 207_175_680),
    },
    reread=section,
)
expect_equal(
    stack_cost(5, 1, 3, 4, 7, bias=True),
    (228, 6_300),
    what="the parameters and multiply-adds of one 5 x 5 convolution with bias, 3 channels, on 4 x 7",
    mistakes={
        "the maps were taken to be square": [(228, 3_600), (228, 11_025)],
        "bias=True is not heeded": (225, 6_300),
        "biases are no multiply-adds": [(228, 6_384), (228, 6_303)],
    },
    reread=section,
)

# %% hidden_test="stack_cost" points=2
rng = random.Random(grading_seed() + 62)
for bias in (False, True, False, True):
    kernel, depth, channels = rng.choice([1, 3, 5, 7]), rng.randint(2, 4), rng.randint(2, 40)
    height, width = rng.sample(range(2, 30), 2)
    stack = [nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=bias) for _ in range(depth)]
    _, params, macs = real_cost(nn.Sequential(*stack), (channels, height, width))
    weights, biases = macs // (height * width), depth * channels
    with_bias = biases if bias else 0
    expect_equal(
        stack_cost(kernel, depth, channels, height, width, bias),
        (params, macs),
        what=f"(params, macs) for kernel {kernel}, depth {depth}, {channels} channels, {height} x {width}, bias={bias}",
        mistakes={
            "the depth is forgotten; there are several layers": [
                (params // depth, macs // depth),
                (params // depth, macs),
                (weights // depth + with_bias, macs // depth),
            ],
            "a kernel has K * K weights, not K": (weights // kernel + with_bias, macs // kernel),
            "each filter reads all channels: C * C, not C": (weights // channels + with_bias, macs // channels),
            "bias=True is not heeded": (weights, macs) if bias else [],
            "the biases were counted although bias=False": [] if bias else (weights + biases, macs),
            "the biases of one layer only were counted; each has its own": (weights + channels, macs) if bias else [],
            "there is one bias per filter, not one per layer": (weights + depth, macs) if bias else [],
            "biases are no multiply-adds": (params, params * height * width) if bias else [],
            "multiplication and addition were counted apart (FLOP); a MAC is both": (params, 2 * macs),
            "parameters come first, then multiply-adds": (macs, params),
            "the maps were taken to be square": [(params, weights * height**2), (params, weights * width**2)],
            "the layers stand one on top of the other: their weights add up, they do not multiply": (
                (weights // depth) ** depth + with_bias,
                (weights // depth) ** depth * height * width,
            ),
        },
        reread="Rule 1: what does a stack cost?",
    )
channels, height = 64 * rng.randint(2, 8), rng.randint(5, 20)
params = 49 * channels**2
macs = params * height * 2 * height
expect_equal(
    stack_cost(7, 1, channels, height, 2 * height),
    (params, macs),
    what=f"the cost of one 7 x 7 with {channels} channels on {height} x {2 * height}, bias left out",
    mistakes={"where bias is left out, there are no biases": (params + channels, macs)},
    reread="Rule 1: what does a stack cost?",
)

# %% [markdown]
# ### One 5 × 5 or two 3 × 3?
#
# First the counts, measured on real layers:

# %% experiment="stacks_counted"
channels, size = 64, 56
rows = []
for kernel, depth in ((5, 1), (3, 2), (7, 1), (3, 3)):
    layers = [nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False) for _ in range(depth)]
    outputs, params, macs = real_cost(nn.Sequential(*layers), (channels, size, size))
    rows.append(
        {
            "stack": f"{depth} × {kernel}×{kernel}",
            "field": kernel if depth == 1 else 2 * depth + 1,
            "weights / C²": params // channels**2,
            "weights": params,
            "MACs": macs,
            "numbers put out": outputs,
        }
    )
show(rows)

# %% [markdown]
# Counts are exact. "Is faster" and "learns better" are claims of another kind, and need a stopwatch and training runs.
#
# **Predict first.** (1) Does the time of two 3 × 3 fall to 0.72 of that of one 5 × 5, for every number of channels? (2)
# Take a small network with two blocks, each of them either one 5 × 5 or two 3 × 3 with a ReLU behind every convolution,
# and train both for the same number of steps on the digits of chapter 1. Which will be more accurate, and does it
# matter whether there is batch norm?

# %% experiment="one_large_or_two_small" alt="Left: time of two 3 by 3 convolutions divided by that of one 5 by 5, against the number of channels; the ratio is above 1 for few channels, and for many it lies on either side of the dashed line at 0.72. Right: test accuracy of three pairs of networks: with batch norm both reach about 0.98; without batch norm and with torch's own initial weights the 5 by 5 reaches about 0.35 and the 3 by 3 stays near 0.1, which is guessing; with He's initial weights both reach about 0.9." folded="true"
device = cnnlab.device()
BLOCKS = {"one 5×5": (5, 1), "two 3×3": (3, 2)}


def block(kernel, depth, channels, batch_norm=False):
    """A stack of convolutions of one size, each followed by ReLU, with batch norm between if asked for."""
    layers = []
    for _ in range(depth):
        layers.append(nn.Conv2d(channels, channels, kernel, padding=kernel // 2))
        layers += [nn.BatchNorm2d(channels), nn.ReLU()] if batch_norm else [nn.ReLU()]
    return layers


def seconds(cases):
    """The shortest of 15 times of each case, in turns so that a busy machine is fair to all.

    Args:
        cases: lists of modules that run one after the other, each with channels and size of the image that they read.
    """
    timers = []
    for modules, channels, size in cases:
        x = torch.randn(1, channels, size, size, device=device)
        timers.append(Timer("model(x)", globals={"model": nn.Sequential(*modules).to(device), "x": x}))
    with torch.no_grad():
        return [min(times) for times in zip(*([t.timeit(1).mean for t in timers] for _ in range(15)), strict=True)]


def accuracy_of(kernel, depth, batch_norm, he, seed):
    """The test accuracy on the digits after 100 steps."""
    _ = torch.manual_seed(seed)
    stem = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16) if batch_norm else nn.Identity(), nn.ReLU()]
    blocks = [block(kernel, depth, 16, batch_norm) for _ in range(2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
    network = nn.Sequential(*stem, *blocks[0], nn.MaxPool2d(2), *blocks[1], *head)
    for module in network.modules():
        if he and isinstance(module, nn.Conv2d):
            _ = nn.init.kaiming_normal_(module.weight)
            _ = nn.init.zeros_(module.bias)
    network.to(memory_format=torch.channels_last)
    options = {"steps": 100, "batch_size": 64, "learning_rate": 0.05, "schedule": "cosine", "seed": seed}
    _ = training.train(network, digits.train_x, digits.train_y, **options)
    return training.accuracy(network.eval(), digits.test_x, digits.test_y)


digits = data.digits(torch.float32)
settings = {"batch norm": (True, False), "none, torch's\nstart": (False, False), "none, He's\nstart": (False, True)}
runs = {
    name: torch.tensor([[accuracy_of(*stack, *how, seed) for seed in range(3)] for how in settings.values()])
    for name, stack in BLOCKS.items()
}
sizes = {16: 32, 64: 56, 128: 28, 256: 14, 512: 7}
ratios = []
for channels, size in sizes.items():
    large, small = seconds([(block(*stack, channels), channels, size) for stack in BLOCKS.values()])
    ratios.append(small / large)

figure, axes = plots.figure(1, 2, height=3.1)
labels = [f"{channels}\n{size}²" for channels, size in sizes.items()]
_ = axes[0].plot(range(len(sizes)), ratios, color=plots.COLORS[0], marker="o", linestyle="-")
_ = axes[0].axhline(0.72, color=plots.COLORS[1], linestyle="--", marker="")
_ = axes[0].text(4.1, 0.05, "dashed: 0.72, the ratio of MACs", fontsize=8, ha="right")
axes[0].set_xticks(range(len(sizes)), labels)
axes[0].set(xlabel="channels and maps", ylabel="time of two 3×3 / one 5×5", ylim=(0, max(*ratios, 1.2) * 1.05))
plots.bars(
    axes[1],
    list(settings),
    {name: values.mean(dim=1) for name, values in runs.items()},
    xlabel="batch norm and initial weights",
    ylabel="test accuracy after 100 steps",
)
for index, values in enumerate(runs.values()):
    for place, seeds in enumerate(values):
        _ = axes[1].plot([place + 0.4 * (index - 0.5)] * 3, seeds, "_", color="black", linestyle="", markersize=9)
axes[1].legend(loc="upper center", fontsize=8, framealpha=0.95)
axes[1].set_ylim(0, 1.28)
large, small = runs["one 5×5"], runs["two 3×3"]
print("with batch norm every network above 0.95:", bool((large[0] > 0.95).all() and (small[0] > 0.95).all()))
print("without it, torch's start: two 3×3 below 0.2 on every seed:", bool((small[1] < 0.2).all()), end="; ")
print("one 5×5 better on every seed:", bool((large[1] > small[1]).all()))
print("without it, He's start: every network above 0.7:", bool((large[2] > 0.7).all() and (small[2] > 0.7).all()))
plots.show(
    "Left: how much time two small convolutions save depends on the number of channels, and for few they save none. Right: they are "
    "harder to train than a large one unless batch norm or the initial weights help (bars: mean, ticks: three seeds)."
)

# %% [markdown]
# So much for "fewer parameters and less computation", which is exact. The rest depends:
#
# * **Time.** A second layer writes and reads its maps once more. With few channels this traffic outweighs the saved
#   multiply-adds, and two 3 × 3 with 16 channels can take *longer* than one 5 × 5 (about 1.2 times as long when this
#   chapter was written, on one core of a server). With more channels the stack was faster, at 0.5 to 0.9 of the time,
#   but not in step with 0.72: libraries have other algorithms for other kernels, and on small maps loading the weights
#   takes the time. It is chapter 2's lesson again: a count of operations is a hint about time.
# * **Accuracy.** With batch norm there is no difference here: digits are too easy to need more. Without it, the
#   stack did not learn *at all* from torch's default initial weights, while the 5 × 5 got somewhere. It has twice as
#   many layers, each shrinks its signal, and gradients hardly reach the first one. He's initialization, which keeps the
#   scale of activations from layer to layer (He et al., 2015), makes both trainable.
#
# That was no problem of toy networks. VGG was built before batch norm, and its authors could not train the deep ones
# from scratch either: they trained VGG-11 first and started the deeper ones from its layers. Only later did they find
# that Glorot's initialization makes that unnecessary (Simonyan & Zisserman, 2015, section 3.1). On ImageNet, once
# trained, depth won: they replaced each pair of 3 × 3 in VGG-13 by one 5 × 5, and the top-1 error rose by 7 % (section
# 4.1). That stacks of small kernels are *better* is therefore an observation, on large images and with care for
# training. That they are *cheaper* is arithmetic.

# %% [markdown]
# ## Rules 2 and 3: equal work on every stage
#
# Why should channels double where maps halve? Follow a convolution across a pool, as the lecture does. Before it, maps
# of $2H \times 2W$ with $C$ channels; after it, $H \times W$ with $2C$:
#
# | 3 × 3 convolution | $C \to C$ on $2H \times 2W$ | $2C \to 2C$ on $H \times W$ |
# |---|---|---|
# | numbers put out | $4\,HWC$ | $2\,HWC$ |
# | weights | $9\,C^2$ | $36\,C^2$ |
# | multiply-adds | $36\,HWC^2$ | $36\,HWC^2$ |
#
# A quarter of the places, four times the weights: the work stays **the same**, while memory halves and parameters
# quadruple. So each stage can do as much as the one before it, on a coarser image in more words. Had the channels
# not doubled, later stages would compute next to nothing; had they quadrupled, next to everything.
#
# **Worked example.** From stage 2 to stage 3 of VGG: 128 channels on 112 × 112 become 256 on 56 × 56. Numbers put out:
# $128 \cdot 112^2 = 1{,}605{,}632$, then $256 \cdot 56^2 = 802{,}816$. Weights: $9 \cdot 128^2 = 147{,}456$, then
# $9 \cdot 256^2 = 589{,}824$. Their products with the places, $112^2$ and $56^2$, are both 1,849,688,064.
#
# ### Exercise: `stage_costs` (4 points, about 10 minutes)
#
# <details><summary>Hint 1: one function for both</summary>
#
# An inner function that takes channels and size and returns one dict is called twice, with different arguments.
# </details>
#
# <details><summary>Hint 2: whole numbers</summary>
#
# `size / 2` is a float, and everything computed from it will be, too. `//` divides whole numbers.
# </details>


# %% exercise="stage_costs"
def stage_costs(channels, size):
    """What a 3 x 3 convolution costs at a stage and at the next, by rules 2 and 3.

    At this stage it goes from `channels` to `channels` channels on maps of size x size. At the next one maps have half the
    side and twice the channels, and it goes from 2 * channels to 2 * channels. (That VGG stops doubling after pool4 is
    not looked at here.) Stride 1, padding 1, no bias.

    Args:
        channels: of this stage.
        size: side of this stage's maps in pixels, even.

    Returns:
        A pair of dicts (this stage, next stage), each with three ints:
        memory: numbers that the convolution puts out (elements, not bytes);
        params: its weights;
        macs: its multiply-adds for one image.
    """

    ### BEGIN SOLUTION
    def costs(channels, size):
        weights = 9 * channels**2
        return {"memory": channels * size**2, "params": weights, "macs": weights * size**2}

    return costs(channels, size), costs(2 * channels, size // 2)
    ### END SOLUTION


# %% given="check_of_stage_costs" folded="true"
def check_stages(got, expected, mistakes, channels, size):
    """Compare a pair of dicts with the one expected.

    Args:
        mistakes: for this stage and the next, by key, from the clause that names a mistake to the value that it gives.
    """
    section = "Rules 2 and 3: equal work on every stage"
    paired = isinstance(got, (tuple, list)) and len(got) == 2 and all(isinstance(part, dict) for part in got)
    expect_true(
        paired and all(sorted(part) == ["macs", "memory", "params"] for part in got),
        what="the result is a pair of dicts with the keys memory, params and macs",
        likely="see the docstring's Returns",
        reread=section,
    )
    expect_true(
        not (got[0] == expected[1] and got[1] == expected[0]),
        what="this stage comes first, the next one second",
        likely="the two dicts are in the wrong order",
        reread=section,
    )
    for part, right, slips, name in zip(got, expected, mistakes, ("this stage", "the next stage"), strict=True):
        for key, value in right.items():
            what = f"{key} of {name} for {channels} channels on {size} x {size}"
            expect_equal(part[key], value, what=what, mistakes=slips.get(key), reread=section)


# %% test="stage_costs" points=1
here = {"memory": 3_211_264, "params": 36_864, "macs": 1_849_688_064}
after = {"memory": 1_605_632, "params": 147_456, "macs": 1_849_688_064}
shared = {
    "memory": {
        "these are KiB or bytes; numbers are asked for": [12_544, 12_544.0, 6_272, 6_272.0, 12_845_056],
        "this counts the input as well; only what the layer puts out": 6_422_528,
        "the channels are missing; each map has that many numbers": 50_176,
    },
    "params": {
        "biases are counted; there are none": [36_928, 147_584],
        "a kernel has 3 * 3 weights, not 3": [12_288, 49_152],
        "each filter reads all channels": [576, 1_152],
    },
    "macs": {
        "multiplication and addition were counted apart (FLOP); a MAC is both": 3_699_376_128,
        "a kernel has 3 * 3 weights, not 3": 616_562_688,
        "one side of the maps is missing": [8_257_536, 16_515_072],
        "biases are no multiply-adds": [1_852_899_328, 1_851_293_696],
    },
}
next_too = {
    "memory": {"the maps did not halve": 6_422_528, "the channels did not double": 802_816},
    "params": {
        "the channels did not double": 36_864,
        "this is the first convolution of the stage, from C to 2C; from 2C to 2C is asked for": 73_728,
    },
    "macs": {
        "the maps did not halve": 7_398_752_256,
        "the channels did not double": 462_422_016,
        "this is the first convolution of the stage, from C to 2C; from 2C to 2C is asked for": 924_844_032,
    },
}
check_stages(
    stage_costs(64, 224), (here, after), (shared, {key: next_too[key] | shared[key] for key in shared}), 64, 224
)


# %% hidden_test="stage_costs" points=3
def real_stage(c_in, c_out, size, bias=False):
    """Memory, parameters and multiply-adds of a real convolution."""
    layer = nn.Conv2d(c_in, c_out, 3, padding=1, bias=bias)
    return dict(zip(("memory", "params", "macs"), real_cost(layer, (c_in, size, size)), strict=True))


rng = random.Random(grading_seed() + 63)
stages = [(128, 112), (256, 56), (300, 10), (512, 28), (1, 2)] + [
    (rng.randint(2, 700), 2 * rng.randint(2, 60)) for _ in range(4)
]
for channels, size in stages:
    here, after = real_stage(channels, channels, size), real_stage(2 * channels, 2 * channels, size // 2)
    mistakes = []
    for c, s, right in ((channels, size, here), (2 * channels, size // 2, after)):
        wrong = {
            "multiplication and addition were counted apart (FLOP); a MAC is both": {"macs": 2 * right["macs"]},
            "biases are counted; there are none": {"params": right["params"] + c},
            "biases are no multiply-adds": {"macs": right["macs"] + c * s * s},
            "a kernel has 3 * 3 weights, not 3": {"params": right["params"] // 3, "macs": right["macs"] // 3},
            "each filter reads all channels": {"params": 9 * c, "macs": 9 * c * s * s},
            "these are KiB or bytes; numbers are asked for": {"memory": [4 * right["memory"], right["memory"] / 256]},
            "one side of the maps is missing": {"memory": c * s, "macs": right["params"] * s},
        }
        if s != size:
            wrong["the channels did not double"] = real_stage(channels, channels, s)
            wrong["there is no doubling beyond 512 in VGG, but the docstring leaves that out"] = real_stage(512, 512, s)
            wrong["the maps did not halve"] = real_stage(c, c, size)
            wrong["this is the first convolution of the stage, from C to 2C; from 2C to 2C is asked for"] = real_stage(
                channels, c, s
            )
        mistakes.append(
            {key: {clause: values[key] for clause, values in wrong.items() if key in values} for key in right}
        )
    check_stages(stage_costs(channels, size), (here, after), mistakes, channels, size)

# %% [markdown]
# Now the real network. On the left, the multiply-adds of VGG-16's thirteen convolutions. On the right, the time of one
# $C \to C$ convolution of each stage on this machine.
#
# **Predict first.** Which of the thirteen bars will not have the same height, and why?

# %% experiment="equal_work" alt="Left: multiply-adds of the thirteen convolutions of VGG-16. conv1_2, conv2_2, conv3_2, conv3_3, conv4_2 and conv4_3 have 1.85 billion each; the first convolutions of stages 2, 3 and 4 half of that; conv1_1 almost nothing; the three of stage 5 a quarter. Right: measured time of one convolution per stage, similar for stages 1 to 4 and about a quarter for stage 5." folded="true"
convs = [row for row in table("vgg16_layers") if row["name"].startswith("conv")]
alike = [row["in_channels"] == row["out_channels"] for row in convs]
figure, axes = plots.figure(1, 2, height=3.1, width=6.4, gridspec_kw={"width_ratios": [1.7, 1]})
for same, color, hatch, label in ((True, 0, "", "C → C"), (False, 4, "//", "more channels")):
    _ = axes[0].bar(
        [place for place, equal in enumerate(alike) if equal == same],
        [row["macs"] / 1e9 for row, equal in zip(convs, alike, strict=True) if equal == same],
        color=plots.COLORS[color],
        hatch=hatch,
        edgecolor="white",
        label=label,
    )
axes[0].set_xticks(range(len(convs)), [row["name"] for row in convs], rotation=90, fontsize=8)
axes[0].set(xlabel="convolution", ylabel="multiply-adds (G)", ylim=(0, 2.4))
axes[0].grid(axis="x", visible=False)
axes[0].legend(ncols=2, loc="upper right")
last = {row["name"][:5]: row for row in convs}
shapes = [(row["out_channels"], row["in_size"]) for row in last.values()]
times = [1000 * t for t in seconds([([nn.Conv2d(c, c, 3, padding=1)], c, size) for c, size in shapes])]
_ = axes[1].plot(range(1, 6), times, color=plots.COLORS[1], marker="s", linestyle="-")
axes[1].set(xlabel="stage", ylabel="time of one C → C layer (ms)", ylim=(0, 1.3 * max(times)))
axes[1].set_xticks(range(1, 6))
macs = {row["name"]: row["macs"] for row in convs}
print("C → C convolutions of stages 1 to 4 cost the same:", len({macs[f"conv{s}_2"] for s in (1, 2, 3, 4)}) == 1)
print("one of stage 5 costs a quarter:", macs["conv4_2"] == 4 * macs["conv5_2"])
print("billions of MACs per stage:", [round(sum(m for n, m in macs.items() if n[4] == s) / 1e9, 2) for s in "12345"])
plots.show(
    "Equal work holds for C → C convolutions of stages 1 to 4, in counts exactly and in time roughly; stage 5 does a quarter."
)

# %% [markdown]
# > **On the slide.** *"Conv layers at each spatial resolution take the same amount of computation!"* True per $C \to C$
# > layer, in stages 1 to 4. The first layer of stages 2, 3 and 4 goes from $C$ to $2C$ and costs half; `conv1_1` reads
# > 3 channels and costs 5 %. And where the doubling stops, the rule stops: behind `pool4` a quarter of the places meets
# > *the same* weights, so stage 5 costs a quarter per layer. Whole stages of VGG-16 cost 1.94, 2.77, 4.62, 4.62 and
# > 1.39 billion. "Memory" on this slide is numbers, not KB as in the tables around it.
#
# Why did the authors stop at 512? The paper does not say. A further doubling would have quadrupled the weights of stage
# 5 to 9.4 million a layer, and doubled what `fc6` reads, already the heaviest thing in the network; a plausible reason,
# but a guess. Halve-and-double itself outlived VGG: ResNets do the same from stage to stage.

# %% [markdown]
# ## The network
#
# From data to a module it is a short way, because there is one kind of convolution and one kind of pool. ReLU stands
# behind every convolution and behind `fc6` and `fc7`, not behind `fc8`. As in chapter 2, an adaptive average pool (to
# 7 × 7 here) lets the network read images of other sizes, and a `width` scales all channels, so that
# behaviour can be tested on a tiny copy and size on torch's meta device.
#
# With `batch_norm=True` a batch norm follows every convolution and comes **before** its ReLU (chapter 1; that is also
# what torchvision's `vgg16_bn` does). The convolutions keep their biases, although the mean that batch norm subtracts
# takes them out again. The head gets no batch norm.
#
# **Worked example.** The parameters of `fc6` and of all convolutions of VGG-16. `fc6` reads
# $512 \cdot 7 \cdot 7 = 25{,}088$ numbers and has $25{,}088 \cdot 4096 + 4096 = 102{,}764{,}544$ parameters. All
# thirteen convolutions together have 14,714,688. Three quarters of this "deep convolutional network" are one matrix.
#
# ### Exercise: `VGG` (6 points, about 25 minutes)
#
# `STAGES` says how many convolutions there are. You may also build it from your `vgg_layers`; then a mistake there
# shows here as well.
#
# <details><summary>Hint 1: a list that becomes a Sequential</summary>
#
# Walk along the stages with the number of channels so far, append modules to a list, and make `nn.Sequential(*modules)`
# of it. A plain list as an attribute would hide its layers from `parameters()`.
# </details>
#
# <details><summary>Hint 2: filters</summary>
#
# `zip((1, 2, 4, 8, 8), STAGES[depth])` gives, stage by stage, the multiple of the width and the number of convolutions.
# </details>
#
# <details><summary>Hint 3: new objects</summary>
#
# Every convolution must be a new `nn.Conv2d`. `[nn.Conv2d(c, c, 3)] * 2` is *one* layer in two places, with one set of
# weights.
# </details>


# %% exercise="VGG" forbids="published"
class VGG(nn.Module):
    """A VGG network with all of its layers scaled by a width.

    Five stages as in vgg_layers(depth), with width * (1, 2, 4, 8, 8) filters: 3 x 3 convolutions with padding 1 and bias,
    each followed by ReLU, and then a max pool of 2 x 2 with stride 2. An adaptive average pool to 7 x 7, flatten, and the
    fully-connected layers fc6 and fc7 (64 * width outputs each, followed by ReLU) and fc8 (num_classes outputs, no ReLU),
    all with bias. With batch_norm, an nn.BatchNorm2d with its default settings stands between each convolution and its
    ReLU. The layers are nn.Conv2d, nn.BatchNorm2d and nn.Linear; there are no other parameters or buffers. Dropout behind
    fc6 and fc7 is optional and must do nothing in evaluation mode. Names of inner modules, and the order in which they
    are defined, are up to you; all parameters have their shapes from the start.
    """

    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        """Args: depth: 11, 13, 16 or 19; any other raises ValueError. num_classes: outputs of fc8. width: filters of
        conv1_1; 64 gives the published network. batch_norm: whether the convolutions have batch norm."""
        super().__init__()
        ### BEGIN SOLUTION
        if depth not in STAGES:
            raise ValueError(f"there is no VGG-{depth}")
        modules, channels = [], 3
        for factor, number in zip((1, 2, 4, 8, 8), STAGES[depth], strict=True):
            for _ in range(number):
                modules.append(nn.Conv2d(channels, factor * width, 3, padding=1))
                channels = factor * width
                modules += [nn.BatchNorm2d(channels), nn.ReLU()] if batch_norm else [nn.ReLU()]
            modules.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*modules)
        self.pool = nn.AdaptiveAvgPool2d(7)
        hidden = 64 * width
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(49 * channels, hidden),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(hidden, num_classes),
        )
        ### END SOLUTION

    def forward(self, x):
        """Scores of the classes, shape (N, num_classes), for images x of shape (N, 3, H, W), H and W at least 32."""
        ### BEGIN SOLUTION
        return self.classifier(self.pool(self.features(x)))
        ### END SOLUTION


# %% given="check_of_the_network" folded="true"
def weight_shapes(filters, num_classes, width):
    """By layer, the shape of its weight; `filters` holds those of each convolution at width 64, by name."""
    shapes, channels = {}, 3
    for name, number in filters.items():
        shapes[name] = (number * width // 64, channels, 3, 3)
        channels = number * width // 64
    hidden = 64 * width
    return shapes | {"fc6": (hidden, 49 * channels), "fc7": (hidden, hidden), "fc8": (num_classes, hidden)}


def check_parameters(model, shapes, batch_norm, case):
    """Check that a model has the parameters and buffers that it should, whatever their names and order."""
    section = "The network"
    got = Counter(tuple(parameter.shape) for parameter in model.parameters())
    right = Counter(shapes.values())
    expect_true(
        got,
        what=f"{case} has parameters",
        likely="its layers are no attributes, or stand in a plain list; use nn.Sequential or nn.ModuleList",
        reread=section,
    )
    widest = max(shape[0] for shape in shapes.values() if len(shape) == 4)
    for layer, shape in shapes.items():
        if got[shape] == right[shape]:
            continue
        likely = f"there are {got[shape]} of this shape; compare the layers with the docstring"
        if len(shape) == 4 and any(len(other) == 4 and other[0] == 2 * widest for other in got):
            likely = "the channels double after pool4 too; VGG stops at 8 * width"
        elif len(shape) == 4 and got[shape] < right[shape]:
            likely += "; a convolution is missing, or one object stands at two places and shares its weights"
        elif layer == "fc6":
            likely = "fc6 reads 7 * 7 numbers of each of the last stage's maps, and puts out 64 * width"
        expect_true(
            False,
            what=f"{case} has {right[shape]} weights of shape {shape}, as {layer} has",
            likely=likely,
            reread=section,
        )
    expect_equal(
        sum(number for shape, number in got.items() if len(shape) > 1),
        len(shapes),
        what=f"the number of weights (convolutions and fully-connected layers) of {case}",
        reread=section,
    )
    convs = [shape[0] for shape in shapes.values() if len(shape) == 4]
    heads = [shape[0] for shape in shapes.values() if len(shape) == 2]
    expect_equal(
        sorted(number for shape, count in got.items() if len(shape) == 1 for number in [shape[0]] * count),
        sorted((3 if batch_norm else 1) * convs + heads),
        what=f"the list of lengths of all vectors of {case} (biases; scale and shift of batch norms)",
        mistakes={
            "the convolutions have no biases; they keep them, with batch norm too": sorted(
                2 * batch_norm * convs + heads
            ),
            "the fully-connected layers have no biases": sorted((3 if batch_norm else 1) * convs),
            "there are no biases": sorted(2 * batch_norm * convs),
            "batch_norm=True is not heeded, or affine=False takes scale and shift away": sorted(convs + heads),
            "batch norm stands before the convolution, over its input channels; it comes behind": (
                sorted(convs + heads + 2 * [3, *convs[:-1]])
            ),
            "there is batch norm without being asked for": sorted(3 * convs + heads),
            "the head gets no batch norm": sorted(3 * (convs + heads[:2]) + heads[2:]),
        },
        reread=section,
    )
    expect_equal(
        sum(name.endswith("running_mean") for name in model.state_dict()),
        len(convs) * batch_norm,
        what=f"the number of running means of {case}",
        reread=section,
    )


def load_values(model, value):
    """Put values into a float64 model in evaluation mode.

    Tensors of one shape all get the same values, so that it does not matter which of them belongs to which layer.

    Args:
        value: from what a tensor is (weight, bias, running_mean, running_var) and its shape to its values.
    """
    state = {}
    for name, tensor in model.state_dict().items():
        kind = name.rsplit(".", 1)[-1]
        expect_true(
            kind in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"),
            what="the layers are nn.Conv2d, nn.BatchNorm2d and nn.Linear",
            likely=f"state_dict() lists {name!r}",
        )
        state[name] = tensor if kind == "num_batches_tracked" else value(kind, tuple(tensor.shape))
    model.double()
    model.load_state_dict(state)
    model.eval()


def waves(kind, shape):
    """Values made of sines, the same everywhere and always."""
    steps = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    if kind == "bias":
        return 0.3 * torch.cos(steps + shape[0])
    if kind == "running_mean":
        return 0.2 * torch.sin(2 * steps + 1)
    if len(shape) == 1:
        return 1 + 0.4 * torch.sin(steps + (3 if kind == "weight" else 0))
    size = (6 / torch.Size(shape[1:]).numel()) ** 0.5
    return size * torch.sin((1.3 + 0.13 * len(shape) + 0.013 * shape[0]) * steps + shape[1]).view(shape)


def wave_image(size):
    """An image made of sines, shape (1, 3, size, size)."""
    y = torch.arange(size, dtype=torch.float64)
    channels = [torch.sin((c + 1) * 0.3 * y[:, None] + 0.71 * y + c) * torch.cos(0.13 * (c + 1) * y) for c in range(3)]
    return torch.stack(channels)[None]


def scores(model, x):
    """What a model makes of images in evaluation mode, the same twice."""
    section = "The network"
    try:
        with torch.no_grad():
            y, again = model(x), model(x)
        expect_true(
            isinstance(y, torch.Tensor),
            what="forward returns one tensor, the scores",
            likely="forward ends without a return statement" if y is None else "something else is returned",
            reread=section,
        )
    except RuntimeError as error:
        likely = f"the adaptive average pool to 7 x 7 is missing, or flatten stands in the wrong place ({error})"
        expect_true(False, what=f"the network takes images of shape {tuple(x.shape)}", likely=likely, reread=section)
    expect_true(
        torch.equal(y, again),
        what="two passes in evaluation mode give the same",
        likely="F.dropout needs training=self.training; nn.Dropout heeds the mode by itself",
        reread=section,
    )
    return y


# %% test="VGG" points=2
section = "The network"
filters = {row["name"]: row["out_channels"] for row in table("vgg16_layers") if row["name"].startswith("conv")}
model = VGG(16, num_classes=5, width=1)
check_parameters(model, weight_shapes(filters, 5, 1), False, "VGG(16, num_classes=5, width=1)")
load_values(model, waves)
y = scores(model, wave_image(64))
expect_shape(y, (1, 5), what="the scores of 5 classes for one image", reread=section)
expect_close(
    y[0],
    (0.213262, 0.182066, 0.298715, -0.075044, -0.286431),
    what="the scores for an image of 64 x 64, with weights and biases made of sines",
    rtol=0,
    atol=2e-6,
    mistakes={
        "there is no ReLU": (-1.525611, 1.223388, 0.065599, -0.674906, 1.082666),
        "ReLU is missing behind the convolutions": (1.610755, 0.001473, -0.756782, 2.104381, -3.358191),
        "ReLU is missing behind fc6 and fc7": (0.148288, 0.204708, 0.320812, -0.139533, -0.186404),
        "ReLU is missing behind fc6": (0.155062, 0.233931, 0.258697, -0.051126, -0.291708),
        "ReLU is missing behind fc7": (0.173531, 0.202997, 0.298808, -0.096153, -0.246551),
        "there is a ReLU only at the end of each stage; every convolution has one": (
            1.125092,
            -0.020766,
            -0.229004,
            1.127148,
            -2.035347,
        ),
        "there is a ReLU behind fc8; scores may be negative": (0.213262, 0.182066, 0.298715, 0.000000, 0.000000),
        "softmax belongs to the loss; return the scores": [
            (0.226514, 0.219556, 0.246721, 0.169779, 0.137430),
            (-1.484950, -1.516146, -1.399498, -1.773256, -1.984643),
        ],
        "the pools take the average; take the maximum": (0.184832, 0.200298, 0.292619, -0.081732, -0.267670),
        "a pool stands in front of each stage; it belongs at the end": (
            0.191010,
            0.196850,
            0.292971,
            -0.078951,
            -0.273289,
        ),
        "pool5 is missing": (0.197845, 0.190634, 0.297907, -0.082082, -0.272296),
        "the adaptive pool takes the maximum; take the average": (0.181742, 0.200217, 0.295862, -0.087793, -0.259436),
    },
    reread=section,
)
model = VGG(16, num_classes=5, width=1, batch_norm=True)
check_parameters(model, weight_shapes(filters, 5, 1), True, "VGG(16, num_classes=5, width=1, batch_norm=True)")
load_values(model, waves)
expect_close(
    scores(model, wave_image(64))[0],
    (0.178518, 0.208496, 0.283406, -0.072485, -0.275969),
    what="the scores with batch norm, its parameters and running statistics made of sines",
    rtol=0,
    atol=2e-6,
    mistakes={
        "there is no ReLU": (2.366696, -2.597385, 3.408828, -3.185327, 2.493510),
        "ReLU is missing behind the convolutions": (1.296617, 0.419702, -1.234660, 2.591126, -3.802079),
        "there is a ReLU only at the end of each stage; every convolution has one": (
            -3.841691,
            4.705744,
            -4.212983,
            3.945244,
            -3.388096,
        ),
        "the pools take the average; take the maximum": (0.174641, 0.208980, 0.286369, -0.078578, -0.267393),
        "batch norm stands behind ReLU; it comes before": (-0.012639, 0.392347, 0.126400, 0.040994, -0.333862),
        "batch norm is there, but forward passes it by": (0.213262, 0.182066, 0.298715, -0.075044, -0.286431),
    },
    reread=section,
)
expect_raises(ValueError, VGG, 15, num_classes=5, width=1, what="a VGG of depth 15", reread=section)

# %% hidden_test="VGG" points=4
section = "The network"


def plan_of(depth):
    """Names in order, and filters at width 64, of the convolutions and pools of a VGG."""
    steps = []
    for stage, number in enumerate(STAGES[depth], 1):
        steps += [(f"conv{stage}_{k}", (64, 128, 256, 512, 512)[stage - 1]) for k in range(1, number + 1)]
        steps.append((f"pool{stage}", 0))
    return steps


def forward_pass(
    value,
    steps,
    x,
    num_classes,
    width,
    norm="",
    bare=(),
    relu=F.relu,
    pool=F.max_pool2d,
    adaptive=F.adaptive_avg_pool2d,
):
    """VGG's scores, with options that stand for mistakes.

    Args:
        norm: empty, "before ReLU" or "behind ReLU".
        bare: names of layers without ReLU.
    """

    def normalize(x):
        rest = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(x, *(value(kind, (x.shape[1],)) for kind in rest))

    for name, filters in steps:
        if name.startswith("pool"):
            x = pool(x, 2)
            continue
        shape = (filters * width // 64, x.shape[1], 3, 3)
        x = F.conv2d(x, value("weight", shape), value("bias", shape[:1]), padding=1)
        x = normalize(x) if norm == "before ReLU" else x
        x = x if name in bare else relu(x)
        x = normalize(x) if norm == "behind ReLU" else x
    x = adaptive(x, 7).flatten(1)
    for name, outputs in (("fc6", 64 * width), ("fc7", 64 * width), ("fc8", num_classes)):
        x = F.linear(x, value("weight", (outputs, x.shape[1])), value("bias", (outputs,)))
        x = x if name in (*bare, "fc8") else relu(x)
    return x


def network_mistakes(value, steps, x, num_classes, width, norm):
    """What common mistakes give for the scores, by the clause that names them."""
    convs = [name for name, filters in steps if filters]

    def wrong(steps=steps, norm=norm, **options):
        return forward_pass(value, steps, x, num_classes, width, norm, **options)

    early = sorted(steps, key=lambda step: (step[0][4], step[1] > 0))
    one_late = [step for step in steps if step[0] != "pool5"]
    right = wrong()
    return {
        "there is no ReLU": wrong(relu=lambda x: x),
        "ReLU is missing behind the convolutions": wrong(bare=convs),
        "ReLU is missing behind fc6 and fc7": wrong(bare=("fc6", "fc7")),
        "ReLU is missing behind fc6": wrong(bare=("fc6",)),
        "ReLU is missing behind fc7": wrong(bare=("fc7",)),
        "there is a ReLU only at the end of each stage; every convolution has one": wrong(
            bare=[a[0] for a, b in pairwise(steps) if a[1] and b[1]]
        ),
        "there is a ReLU behind fc8; scores may be negative": right.relu(),
        "softmax belongs to the loss; return the scores": [right.softmax(1), right.log_softmax(1)],
        "the pools take the average; take the maximum": wrong(pool=F.avg_pool2d),
        "a pool stands in front of each stage; it belongs at the end": wrong(early),
        "pool5 is missing": wrong(one_late),
        "the adaptive pool takes the maximum; take the average": wrong(adaptive=F.adaptive_max_pool2d),
        **(
            {
                "batch norm stands behind ReLU; it comes before": wrong(norm="behind ReLU"),
                "batch norm is there, but forward passes it by": wrong(norm=""),
            }
            if norm
            else {}
        ),
    }


def check_running_statistics(model, value, x, width):
    """Check that a pass in training mode moves the statistics of the batch norm behind conv1_1 as it should."""
    maps = F.conv2d(x, value("weight", (width, 3, 3, 3)), value("bias", (width,)), padding=1)
    before = value("running_mean", (width,)), value("running_var", (width,))
    batch = maps.mean(dim=(0, 2, 3)), maps.var(dim=(0, 2, 3))
    model.train()
    with torch.no_grad():
        _ = model(x)
    state = model.state_dict()
    norms = [name.removesuffix("running_mean") for name in state if name.endswith("running_mean")]
    moved = [(state[f"{norm}running_mean"], state[f"{norm}running_var"]) for norm in norms]
    moved = [pair for pair in moved if len(pair[0]) == width]
    expect_true(
        not any(torch.equal(mean, before[0]) for mean, _ in moved),
        what="a pass in training mode moves the running means",
        likely="F.batch_norm needs training=self.training; nn.BatchNorm2d heeds the mode by itself",
        reread="The network",
    )
    right = [0.9 * old + 0.1 * new for old, new in zip(before, batch, strict=True)]
    expect_true(
        any(all(map(torch.allclose, pair, right)) for pair in moved),
        what="a pass in training mode moves running mean and variance behind conv1_1 a tenth of the way to the batch's",
        likely="this is no nn.BatchNorm2d with its default settings (momentum 0.1), or it does not stand right behind conv1_1",
        reread="The network",
    )


generator = torch.Generator().manual_seed(grading_seed() + 64)
drawn = {}


def random_values(kind, shape):
    """Random values, the same for every tensor of a kind and shape."""
    if (kind, shape) not in drawn:
        values = torch.randn(shape, generator=generator, dtype=torch.float64)
        if len(shape) > 1:
            values = values * (2 / values[0].numel()) ** 0.5
        elif kind in ("weight", "running_var"):
            values = 0.6 + values.abs()
        else:
            values = 0.3 * values
        drawn[kind, shape] = values
    return drawn[kind, shape]


rng = random.Random(grading_seed() + 67)
plain, normed = rng.sample([11, 13, 16, 19], 4), rng.sample([11, 13, 16, 19], 3)
sides = [rng.randint(33, 45), rng.randint(64, 70), rng.randint(90, 100)]
cases = [
    *((1, (32, 32), False), (2, (64, 64), False), (1, (224, 224), False), (1, (sides[1], sides[2]), False)),
    *((2, (48, 64), True), (1, (64, 64), True), (3, (sides[0], 36), True)),
]
for depth, (width, size, batch_norm) in zip(plain + normed, cases, strict=True):
    num_classes = rng.randint(2, 8)
    drawn.clear()
    case = f"VGG({depth}, num_classes={num_classes}, width={width}, batch_norm={batch_norm})"
    model = VGG(depth, num_classes=num_classes, width=width, batch_norm=batch_norm)
    steps = plan_of(depth)
    check_parameters(model, weight_shapes({n: f for n, f in steps if f}, num_classes, width), batch_norm, case)
    load_values(model, random_values)
    x = torch.randn(2, 3, *size, generator=generator, dtype=torch.float64)
    norm = "before ReLU" if batch_norm else ""
    expect_close(
        scores(model, x),
        forward_pass(random_values, steps, x, num_classes, width, norm),
        what=f"the scores of {case} for 2 images of {size[0]} x {size[1]}",
        mistakes=network_mistakes(random_values, steps, x, num_classes, width, norm),
        reread=section,
    )
    y = model(x)
    expect_true(y.requires_grad, what="gradients flow through the network", likely="forward runs under torch.no_grad()")
    y.square().sum().backward()
    expect_true(
        all(parameter.grad is not None for parameter in model.parameters()),
        what=f"a gradient reaches every parameter of {case}",
        likely="a layer is defined but not used in forward, or something was detached or does not require gradients",
        reread=section,
    )
    if batch_norm:
        check_running_statistics(model, random_values, x, width)
for depth in (12, 18):
    expect_raises(ValueError, VGG, depth, width=1, what=f"a VGG of depth {depth}", reread=section)
with torch.device("meta"):
    full = VGG()
full.to("meta")
expect_equal(
    sum(parameter.numel() for parameter in full.parameters()),
    138_357_544,
    what="the number of parameters of VGG()",
    mistakes={
        "this is a network with two convolutions in stage 3, as the slide prints": 137_767_464,
        "these are the weights without biases": 138_344_128,
        "there is batch norm without being asked for": 138_365_992,
        "this is another depth; VGG() has 16 layers": [132_863_336, 133_047_848, 143_667_240],
        "num_classes is 1000 where it is left out": 134_301_514,
        "width is 64 where it is left out": [35_617_672, 9_418_936, 97_996],
    },
    reread=section,
)
with torch.no_grad():
    y = full(torch.empty(2, 3, 224, 224, device="meta"))
expect_shape(y, (2, 1000), what="the scores of VGG() for 2 images", reread=section)

# %% [markdown]
# A table is a claim, a network that runs is evidence. `measure` runs your network on the meta device and notes what its
# layers put out, hold and compute:

# %% experiment="network_measured"
with torch.device("meta"):
    networks = {depth: VGG(depth) for depth in (11, 13, 16, 19)}
rows = []
for depth, network in networks.items():
    layers = [row for row in measure(network, (3, 224, 224)) if row.kind in ("conv", "linear")]
    rows.append(
        {
            "network": f"VGG-{depth}",
            "layers with weights": len(layers),
            "parameters": sum(row.params for row in layers),
            "multiply-adds": sum(row.macs for row in layers),
            "activations, MiB": sum(row.kib for row in layers) / 1024,
            "share of the parameters in fc6": f"{100 * layers[-3].params / sum(row.params for row in layers):.0f} %",
        }
    )
show(rows)

# %% [markdown]
# 138,357,544 parameters, the lecture's 138 M. From VGG-11 to VGG-19 the multiply-adds grow by a factor of 2.6, and
# the parameters by only 8 %: depth is nearly free in parameters, because the head has most of them anyway.

# %% [markdown]
# ## AlexNet against VGG-16
#
# The lecture ends this part with three bar charts: memory, parameters, operations of AlexNet and VGG-16 side by side
# (lecture, *AlexNet vs VGG-16: Much bigger network!*). To draw them we need totals that can be compared, so both must
# sum the same rows. The lecture sums convolutions and fully-connected layers, and leaves pools and `flatten` out. Here
# are the two tables:


# %% given="cost_tables"
def cost_table(name):
    """What each layer of a network costs: rows with name, out_channels, out_size, kib, params (with biases) and macs."""
    keys = ("name", "out_channels", "out_size", "kib", "macs")
    return [{key: row[key] for key in keys} | {"params": row["weights"] + row["biases"]} for row in table(name)]


ALEXNET_TABLE, VGG16_TABLE = cost_table("alexnet_layers"), cost_table("vgg16_layers")

# %% [markdown]
# And one more habit: form a **ratio from the unrounded numbers**, and round it at the end. $1 / 0.7$ is 1.43, but if
# the 0.7 was a 0.749, you wanted 1.34.
#
# **Worked example.** A network *a* with totals of 2.04 and 0.65, a network *b* with 13.55 and 13.64. Ratios:
# $13.55 / 2.04 = 6.6$ and $13.64 / 0.65 = 21.0$. From numbers rounded to one decimal, as they stand on a slide, you
# would get $13.6 / 2.0 = 6.8$ and $13.6 / 0.7 = 19.4$.
#
# ### Exercise: `compare_networks` (3 points, about 8 minutes)
#
# <details><summary>Hint 1: which rows</summary>
#
# `name.startswith(("conv", "fc"))` takes a tuple of beginnings.
# </details>
#
# <details><summary>Hint 2: b over a</summary>
#
# The ratio says how many times as large *b* is: AlexNet first, VGG second gives a number above 1.
# </details>


# %% exercise="compare_networks"
def compare_networks(table_a, table_b):
    """Totals of two networks, and how many times as large the second one is.

    Args:
        table_a, table_b: lists of rows, dicts with at least the keys name, kib, params and macs; they stay as they are. Only
            rows whose name starts with "conv" or "fc" count. No total of table_a is 0.

    Returns:
        {"kib": (a, b, ratio), "params": (a, b, ratio), "macs": (a, b, ratio)}: the totals of table_a and table_b in the
        units of the tables, not rounded, and the unrounded b / a.
    """

    ### BEGIN SOLUTION
    def total(rows, key):
        return sum(row[key] for row in rows if row["name"].startswith(("conv", "fc")))

    totals = {key: (total(table_a, key), total(table_b, key)) for key in ("kib", "params", "macs")}
    return {key: (a, b, b / a) for key, (a, b) in totals.items()}
    ### END SOLUTION


# %% given="check_of_comparison" folded="true"
def check_comparison(got, expected, mistakes):
    """Compare totals and ratios with those expected.

    Args:
        mistakes: by key, then by place (0, 1, 2 for a, b and ratio), from the clause that names a mistake to its value.
    """
    section = "AlexNet against VGG-16"
    expect_true(
        isinstance(got, dict) and sorted(got) == ["kib", "macs", "params"],
        what='the result is a dict with the keys "kib", "params" and "macs"',
        likely="see the docstring's Returns",
        reread=section,
    )
    for key, right in expected.items():
        expect_true(
            isinstance(got[key], (tuple, list)) and len(got[key]) == 3,
            what=f'under "{key}" there are three numbers, (a, b, ratio)',
            likely="see the docstring's Returns",
            reread=section,
        )
        for place, name in enumerate(("the total of table_a", "the total of table_b", "the ratio b / a")):
            compare = expect_equal if isinstance(right[place], int) else expect_close
            slips = mistakes.get(key, {}).get(place)
            compare(got[key][place], right[place], what=f'{name} under "{key}"', mistakes=slips, reread=section)


# %% test="compare_networks" points=1
given = deepcopy((ALEXNET_TABLE, VGG16_TABLE))
result = compare_networks(*given)
pools = "pools and flatten do not count here"
missing = "this is the slide's, from a sum without one convolution of stage 3"
upside_down = "the ratio is b / a, not a / b"
rounded = "the ratio is of rounded numbers; divide first, round last"
check_comparison(
    result,
    {
        "kib": (1958.15625, 52955.90625, 27.0437592),
        "params": (61_100_840, 138_357_544, 2.26441378),
        "macs": (716_767_232, 15_470_264_320, 21.5833870),
    }
    | {key: (*pair, pair[1] / pair[0]) for key, pair in [("kib", (1958.15625, 52955.90625))]}
    | {"params": (61_100_840, 138_357_544, 138_357_544 / 61_100_840)}
    | {"macs": (716_767_232, 15_470_264_320, 15_470_264_320 / 716_767_232)},
    {
        "kib": {
            0: {pools: [2339.15625, 2303.15625], "these are MiB; keep the tables' KiB": 1958.15625 / 1024},
            1: {missing: [48.6, 49_819.90625, 49_766.4], pools: [59_031.90625, 58_933.90625]},
            2: {
                missing: [25, 25.0, 25.4, 49_819.90625 / 1958.15625],
                upside_down: 1958.15625 / 52955.90625,
                rounded: 51.7 / 1.9,
            },
        },
        "params": {
            0: {"these are M; leave the totals as they are": [61, 61.1]},
            1: {missing: 137_767_464},
            2: {upside_down: 61_100_840 / 138_357_544, rounded: [138 / 61, 2.3, 2.26]},
        },
        "macs": {
            0: {"these are G; leave the totals as they are": [0.7, 0.717, 0.716767232]},
            1: {missing: [13.6, 13_620_576_256, 13_600_000_000]},
            2: {
                "this is the slide's 13.6 / 0.7: one convolution of stage 3 is left out, and both numbers are rounded": [
                    19.4,
                    13.6 / 0.7,
                ],
                upside_down: 716_767_232 / 15_470_264_320,
                rounded: [15.5 / 0.7, 15.47 / 0.72, 21.6, 22],
            },
        },
    },
)
expect_same(given[0], ALEXNET_TABLE, "table_a")
expect_same(given[1], VGG16_TABLE, "table_b")


# %% hidden_test="compare_networks" points=2
def random_table(rng, names):
    """Rows with these names and random costs, pools and flatten included."""
    rows = [{"name": name, "kib": rng.uniform(1, 900), "macs": rng.randint(1, 10**9)} for name in names]
    return [row | {"params": rng.randint(1, 10**7), "out_size": 7, "source": "drawn"} for row in rows]


rng = random.Random(grading_seed() + 65)
plain = ["conv1", "pool1", "conv2", "pool2", "flatten", "fc6", "fc7"]
staged = ["conv1_1", f"conv{rng.randint(1, 9)}_2", "pool1", "conv10_3", "concat1", "deconv1", "flatten", "fc16", "fc"]
for names_a, names_b in ((plain, staged), (staged, plain), (["fc1"], ["conv", "dropout1"]), (plain, plain[:3])):
    tables = random_table(rng, names_a), random_table(rng, names_b)
    given = deepcopy(tables)
    expected, mistakes = {}, {}
    for key in ("kib", "params", "macs"):
        counted = [
            [row[key] for row in rows if row["name"][:4] == "conv" or row["name"][:2] == "fc"] for rows in tables
        ]
        a, b = map(sum, counted)
        expected[key] = (a, b, b / a)
        mistakes[key] = {
            place: {
                "pools, flatten and the like do not count here": sum(row[key] for row in tables[place]),
                "fully-connected layers count too": sum(row[key] for row in tables[place] if row["name"][0] == "c"),
                "convolutions count too": sum(row[key] for row in tables[place] if row["name"][0] == "f"),
                "the largest was taken; sum them": max(counted[place]),
                "it was rounded": [round(right), round(right, 1), round(right, 2), right / 1e6, round(right / 1e6, 1)],
                "the tables are swapped": (b, a)[place],
            }
            for place, right in enumerate((a, b))
        }
        mistakes[key][2] = {
            "the ratio is b / a, not a / b": a / b,
            "the ratio was rounded": [round(b / a), round(b / a, 1), round(b / a, 2)],
            "the ratio is of rounded numbers; divide first, round last": [
                round(b / scale, d) / round(a / scale, d)
                for scale in (1, 1e6, 1e9, 1024)
                for d in (0, 1, 2)
                if round(a / scale, d)
            ],
            "this is a difference; divide": b - a,
            "this is a percentage; return the ratio": [100 * b / a, b / a - 1],
        }
    check_comparison(compare_networks(*given), expected, mistakes)
    expect_same(given[0], tables[0], "table_a")
    expect_same(given[1], tables[1], "table_b")

# %% experiment="three_bars" alt="Three bar charts of AlexNet and VGG-16, each bar split into convolutions and fully-connected layers. Memory 1.9 against 51.7 MiB, nearly all in convolutions; parameters 61 against 138 million, mostly in fully-connected layers; multiply-adds 0.7 against 15.5 billion, nearly all in convolutions." folded="true"
bills = {"memory (MiB)": ("kib", 1024), "parameters (M)": ("params", 1e6), "multiply-adds (G)": ("macs", 1e9)}
totals = {
    key: [
        [sum(row[key] for row in rows if row["name"].startswith(kind)) for kind in ("conv", "fc")]
        for rows in (ALEXNET_TABLE, VGG16_TABLE)
    ]
    for key, _ in bills.values()
}
figure, axes = plots.figure(1, 3, height=3.0)
for ax, (label, (key, unit)) in zip(axes, bills.items(), strict=True):
    conv_part, fc_part = (torch.tensor(part) / unit for part in zip(*totals[key], strict=True))
    style = {"edgecolor": "white", "width": 0.6}
    _ = ax.bar(range(2), conv_part, color=plots.COLORS[0], label="convolutions", **style)
    _ = ax.bar(range(2), fc_part, bottom=conv_part, color=plots.COLORS[1], hatch="//", label="fully connected", **style)
    for place, whole in enumerate(conv_part + fc_part):
        _ = ax.text(place, whole, f"{whole:.1f}", ha="center", va="bottom", fontsize=9)
    ax.set_xticks(range(2), ["AlexNet", "VGG-16"])
    ax.set(ylabel=label, xlabel="network", ylim=(0, 1.15 * float((conv_part + fc_part).max())))
    ax.grid(axis="x", visible=False)
handles = axes[0].get_legend_handles_labels()
_ = figure.legend(*handles, loc="outside upper center", ncols=2)
show(
    [
        {"bill": label, "AlexNet": sum(totals[key][0]) / unit, "VGG-16": sum(totals[key][1]) / unit}
        | {"VGG-16 / AlexNet": sum(totals[key][1]) / sum(totals[key][0]), "on the slide": slide}
        for (label, (key, unit)), slide in zip(bills.items(), ("48.6, 25x", "138, 2.3x", "13.6, 19.4x"), strict=True)
    ]
)
plots.show(
    "VGG-16 has twice AlexNet's parameters, but over twenty times its memory and its work, and those are in the convolutions."
)

# %% [markdown]
# > **On the slide.** It says 48.6 MB and 25x, 13.6 GFLOP and 19.4x. Right are **51.7 MiB and 27.0x**, **15.5 G and
# > 21.6x**. The parameters, 138 M and 2.3x, are right. And even granting 13.6 and 0.7, their quotient is not the ratio:
# > unrounded it would be 19.0.
#
# Memory and operations both too small, parameters right. Nobody miscounts like that at random. Something has been left
# out.

# %% [markdown]
# ## The missing layer
#
# Here is a case for a detective. The slide's total is 13.6 G multiply-adds; the network has 15.47 G. The difference,
# 1.87 G, looks familiar: a $C \to C$ convolution costs 1.85 G in stages 1 to 4. The slide rounds to one decimal, so its
# true sum lies within 0.05 G of what is printed.
#
# **Hypothesis**: one convolution was forgotten. Forget a layer from the middle of a list, and the next one must still
# fit: the channels that it reads must be those that are there. So only convolutions with *equal input and output
# channels* can go missing without anyone noticing. Which of these, left out, gives the printed total?
#
# **Worked example.** For VGG-11, whose total is 7.609 G, someone claims 7.15 G. The first suspect, `conv3_2` (256 to
# 256 channels at 56 × 56), costs 1.850 G: 5.76 G would be left, no. `conv4_2` costs the same, no. `conv5_1` goes from
# 512 to 512 channels at 14 × 14 and costs 0.462 G: 7.147 G are left, within 0.05 G of the claim. So does `conv5_2`. The
# suspects are `conv5_1` and `conv5_2`. Note that `conv5_1` is the first of its stage and yet a suspect, since nothing
# doubles there, while `conv4_1` is not one: it goes from 256 to 512.
#
# ### Exercise: `missing_layers` (5 points, about 15 minutes)
#
# Walk along `STAGES`, or use your `vgg_layers`; then a mistake there shows here as well.
#
# <details><summary>Hint 1: two passes</summary>
#
# First walk along the stages and note for each convolution its multiply-adds; with those of the three fully-connected
# layers their sum is the total of the whole network. Then go through the convolutions and test each.
# </details>
#
# <details><summary>Hint 2: what to carry along</summary>
#
# Channels and size, starting with 3 and 224. Each pool halves the size; a convolution changes the channels; `fc6` reads
# 25,088 numbers.
# </details>
#
# <details><summary>Hint 3: the test</summary>
#
# `abs(total - macs - claimed_macs) <= 0.05e9`, in multiply-adds, not in billions.
# </details>


# %% exercise="missing_layers"
def missing_layers(depth, claimed_macs):
    """Convolutions of a VGG that may have been left out of a claimed total.

    Args:
        depth: 11, 13, 16 or 19.
        claimed_macs: a total of multiply-adds for one image of 224 x 224, such as 13.6e9.

    Returns:
        List of names, in the order of the network: of those convolutions whose input and output channels are equal, each
        without which the network's multiply-adds differ from the claim by at most 0.05e9. The network's multiply-adds
        are those of all its convolutions and fully-connected layers (1000 classes); biases, ReLU and pools cost none. The
        list is empty if no single convolution explains the claim.

    Raises:
        ValueError: if there is no VGG of this depth.
    """
    ### BEGIN SOLUTION
    if depth not in STAGES:
        raise ValueError(f"there is no VGG-{depth}")
    total = 25088 * 4096 + 4096 * 4096 + 4096 * 1000
    suspects, channels, size = {}, 3, 224
    for stage, number in enumerate(STAGES[depth], start=1):
        filters = min(64 * 2 ** (stage - 1), 512)
        for place in range(1, number + 1):
            macs = filters * channels * 3**2 * size**2
            total += macs
            if filters == channels:
                suspects[f"conv{stage}_{place}"] = macs
            channels = filters
        size //= 2
    return [name for name, macs in suspects.items() if abs(total - macs - claimed_macs) <= 0.05e9]
    ### END SOLUTION


# %% test="missing_layers" points=2
section = "The missing layer"
expect_equal(
    missing_layers(11, 7.15e9),
    ["conv5_1", "conv5_2"],
    what="the suspects of the worked example, missing_layers(11, 7.15e9)",
    mistakes={
        "conv5_1 is the first of its stage, but its input and output channels are equal": ["conv5_2"],
        "nothing fits: compare multiply-adds, not billions; in both directions; with the fully-connected layers in the total": [
            []
        ],
        "the order is that of the network": ["conv5_2", "conv5_1"],
        "all those that do not fit were returned": [["conv1_1", "conv2_1", "conv3_1", "conv3_2", "conv4_1", "conv4_2"]],
    },
    reread=section,
)
expect_equal(
    missing_layers(16, 13.6e9),
    ["conv1_2", "conv2_2", "conv3_2", "conv3_3", "conv4_2", "conv4_3"],
    what="the suspects for the slide's 13.6 G, missing_layers(16, 13.6e9)",
    mistakes={
        "nothing was found: the total is that of the whole network at 224 x 224, fully-connected layers included": [[]],
        "memory and parameters narrow it down later; by multiply-adds alone six cost the same": ["conv3_2", "conv3_3"],
        "only the first that fits was returned; several may": ["conv1_2"],
        "the order is that of the network": ["conv4_3", "conv4_2", "conv3_3", "conv3_2", "conv2_2", "conv1_2"],
    },
    reread=section,
)
expect_equal(
    missing_layers(16, 14.55e9),
    [],
    what="the suspects for a claim of 14.55 G, missing_layers(16, 14.55e9)",
    mistakes={
        "the first convolutions of stages 2 to 4 have more output than input channels; they cannot go missing": [
            ["conv2_1", "conv3_1", "conv4_1"]
        ],
        "the tolerance is 0.05e9, not 5 % and not 0.5e9": [
            ["conv5_1", "conv5_2", "conv5_3"],
            ["conv2_1", "conv3_1", "conv4_1", "conv5_1", "conv5_2", "conv5_3"],
        ],
    },
    reread=section,
)
expect_raises(ValueError, missing_layers, 17, 13.6e9, what="missing_layers(17, 13.6e9)", reread=section)


# %% hidden_test="missing_layers" points=3
def convolutions(depth, numbers):
    """By name, input channels, output channels and measured multiply-adds of each convolution of a VGG."""
    found, channels, size = {}, 3, 224
    for stage, number in enumerate(numbers, 1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            layer = nn.Conv2d(channels, filters, 3, padding=1)
            found[f"conv{stage}_{place}"] = (channels, filters, real_cost(layer, (channels, size, size))[2])
            channels = filters
        size //= 2
    return found


HEAD = 123_633_664
NEAR = 0.05e9
rng = random.Random(grading_seed() + 66)
for depth, numbers in STAGES.items():
    convs = convolutions(depth, numbers)
    total = HEAD + sum(macs for _, _, macs in convs.values())
    heavy, light, first = convs["conv4_2"][2], convs["conv5_2"][2], convs["conv4_1"][2]
    claims = [total - cost for cost in (heavy, light, first, 0, 0.02e9, 2 * light, heavy + light, -total)]
    claims += [total - heavy - 0.03e9, total - heavy + 0.03e9, total - heavy - 0.0485e9, total - heavy + 0.0485e9]
    claims += [total - light - 0.0515e9, total - light + 0.0485e9]
    claims += [total - heavy + rng.uniform(-0.07e9, 0.07e9), total - light + rng.uniform(-0.04e9, 0.04e9)]
    for claim in claims:

        def left_out(total=total, near=NEAR, first_too=False, factor=1, claim=claim, convs=convs, one_sided=0):
            """The convolutions that explain the claim, with options that stand for mistakes."""
            found = []
            for name, (c_in, c_out, macs) in convs.items():
                difference = factor * (total - macs) - claim
                if (first_too or c_in == c_out) and abs(difference) <= near and difference * one_sided >= 0:
                    found.append(name)
            return found

        right = left_out()
        places = sum(c_out * 224**2 // 4 ** (int(name[4]) - 1) for name, (_, c_out, _) in convs.items())
        expect_equal(
            missing_layers(depth, claim),
            right,
            what=f"missing_layers({depth}, {claim / 1e9:.4f}e9)",
            mistakes={
                "biases and pools cost no multiply-adds": [
                    left_out(total + extra) for extra in (places, 6_122_000, places + 9_192)
                ],
                "the tolerance is 0.05e9, and no more": [
                    left_out(near=near) for near in (0.05 * claim, 0.05 * total, 0.5e9, 0.1e9)
                ],
                "the total must hold fc8 as well, with 1000 outputs": [
                    left_out(total - missing) for missing in (4_096_000, 4096 * 990)
                ],
                "the tolerance is 0.05e9, on both sides of the claim": [
                    *(left_out(near=near) for near in (0.025e9, 0.005e9, 0.05)),
                    *(left_out(one_sided=side) for side in (1, -1)),
                ],
                "the total must hold the fully-connected layers as well": [left_out(total - HEAD)],
                "only convolutions with equal input and output channels can go missing": [left_out(first_too=True)],
                "conv5_1 is the first of its stage, but its input and output channels are equal": [
                    [name for name in right if name != "conv5_1"]
                ],
                "multiplication and addition were counted apart (FLOP); a MAC is both": [left_out(factor=2)],
                "only the first that fits was returned; several may": [right[:1]],
                "the order is that of the network": [right[::-1]],
                "a fully-connected layer is no convolution": [[*right, "fc7"], ["fc7"]],
            },
            reread="The missing layer",
        )
for depth in (8, 15, 18):
    expect_raises(ValueError, missing_layers, depth, 15.5e9, what=f"missing_layers({depth}, 15.5e9)")

# %% [markdown]
# Six suspects, and multiply-adds cannot tell them apart: that stages do equal work is just what makes the clue useless.
# But memory and parameters do *not* stay equal from stage to stage, and the lecture printed those as well: 48.6 MB
# here, and a few slides on, for the part of VGG-16 from 224 × 224 down to 28 × 28, 42.9 MB, 1.1 M parameters and 7485 M
# multiply-adds (lecture, *GoogLeNet: Aggressive Stem*; convolutions only). Question each suspect with all five numbers:

# %% experiment="lineup" alt="Memory against multiply-adds of VGG-16 with one convolution left out, one point per convolution. The six suspects lie on a horizontal line at 13.6 billion. The slide's point, a star at 48.6 MiB and 13.6 billion, coincides with conv3_2 and conv3_3 and with no other." folded="true"
by_name = {row["name"]: row for row in VGG16_TABLE}
weighty = [row for row in VGG16_TABLE if row["params"]]
early = [row for row in weighty if row["name"][:5] in ("conv1", "conv2", "conv3")]


def total_without(rows, key, name):
    """The sum over rows, less the one of this name."""
    return sum(row[key] for row in rows if row["name"] != name)


suspects = [name for name, row in by_name.items() if row["macs"] == by_name["conv1_2"]["macs"]]
show(
    [
        {
            "left out": name or "nothing",
            "memory, MiB": total_without(weighty, "kib", name) / 1024,
            "G MACs": total_without(weighty, "macs", name) / 1e9,
            "to 28 × 28: MiB": total_without(early, "kib", name) / 1024,
            "to 28 × 28: M parameters": total_without(early, "params", name) / 1e6,
            "to 28 × 28: M MACs": f"{total_without(early, 'macs', name) / 1e6:.0f}",
            "parameters, M": total_without(weighty, "params", name) / 1e6,
        }
        for name in ["", *suspects]
    ]
    + [
        {
            "left out": "the slides print",
            "memory, MiB": "48.6",
            "G MACs": "13.6",
            "to 28 × 28: MiB": "42.9",
            "to 28 × 28: M parameters": "1.1",
            "to 28 × 28: M MACs": "7485",
            "parameters, M": "138",
        }
    ]
)
figure, ax = plots.figure(height=3.4)
points = {}
for row in weighty:
    if row["name"].startswith("conv"):
        place = (total_without(weighty, "kib", row["name"]) / 1024, total_without(weighty, "macs", row["name"]) / 1e9)
        points.setdefault(place, []).append(row["name"])
for place, names in points.items():
    suspicious = names[0] in suspects
    _ = ax.plot(*place, marker="o" if suspicious else "^", color=plots.COLORS[0 if suspicious else 3], linestyle="")
    _ = ax.annotate("\n".join(names), place, xytext=(0, 8), textcoords="offset points", fontsize=8, ha="center")
_ = ax.plot(48.6, 13.6, marker="*", color=plots.COLORS[1], markersize=15, linestyle="", zorder=1)
_ = ax.annotate("the slide", (48.6, 13.6), xytext=(0, -16), textcoords="offset points", fontsize=9, ha="center")
ax.set(xlabel="memory without the layer (MiB)", ylabel="multiply-adds without it (G)", ylim=(13.2, 15.9), xlim=(38, 53))
plots.show("Six convolutions explain the slide's operations, but only conv3_2 or conv3_3 explain its memory as well.")

# %% [markdown]
# Case closed. Only `conv3_2` or `conv3_3` gives all of them: 42.875, 1.145 and 7485 are the slide's 42.9, 1.1 and 7485,
# and 13.62 its 13.6. (48.65 would round to 48.7; it is 48.6 if cut off, or if the 0.035 MiB of the fully-connected
# layers are not in it.) Between the two nothing can decide, since they are alike in every respect. The culprit had been
# named on another slide all along, *"Stage 3: conv-conv-pool"*.
#
# And the 138 M? Without `conv3_3` it would be 137.8 M, which rounds to 138 as well. The one number that looked like
# proof that the totals were right was right by luck. One forgotten row spoiled five totals on the lecture's slides and
# every ratio formed from them; a number from elsewhere (15.47, in torchvision's documentation) or half an hour of
# counting brings it to light.

# %% experiment="errata"
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
        for row in table("lecture_errata")
        if row["topic"] == "03-vgg"
    ]
)

# %% [markdown]
# ## Did depth pay?
#
# That was the question. Since everything else stayed put, the answer can be read off. These are the errors of
# torchvision's networks on ImageNet's validation images, one crop each, and their costs:

# %% experiment="depth" alt="Top-1 error on ImageNet against depth. Without batch norm it falls from 31.0 percent at 11 layers to 27.6 at 19; with batch norm from 29.6 to 25.8. Both curves fall steeply from 13 to 16 and less from 16 to 19." folded="true"
variants = table("vgg_variants")
figure, ax = plots.figure(height=3.0)
curves = {
    name: [row["top1_error"] for row in variants if row["batch_norm"] == norm]
    for name, norm in (("no batch norm", "no"), ("batch norm", "yes"))
}
plots.lines(ax, [11, 13, 16, 19], curves, xlabel="depth (layers with weights)", ylabel="top-1 error (%)")
ax.set_xticks([11, 13, 16, 19])
ax.set_ylim(24, 32)
show(
    [
        {
            "network": f"VGG-{row['depth']}",
            "sees, pixels": row["receptive_field"],
            "parameters": row["params"],
            "G MACs": row["macs"] / 1e9,
            "top-1 error, %": row["top1_error"],
            "top-5 error, %": row["top5_error"],
            "top-1 with batch norm, %": batch_norm["top1_error"],
        }
        for row, batch_norm in zip(variants[:4], variants[4:], strict=True)
    ]
)
plots.show("Every step in depth lowers the error, the last one least, and batch norm helps at every depth.")

# %% [markdown]
# Depth paid: 3.4 points of top-1 error from 11 to 19 layers, at hardly more parameters. It is paid for in time, 2.6
# times the multiply-adds, and the last step, from 16 to 19, buys 0.8 points for 27 % more work. The paper says that the
# error "saturates" at 19 layers on its data (section 4.1). In 2014 an average of seven networks came second in the
# challenge with 7.3 % top-5 error, behind GoogLeNet with 6.7 % (Table 7), of which the next chapter tells.
#
# What is established? That *these* networks improve with depth up to 19 layers, all else equal. What remained open in
# 2014: whether deeper would still be better if only it could be trained. The chapter on residual networks answers that.
#
# And the price? 138 million parameters, three quarters of them in one matrix; 52 MiB of activations per image for the
# forward pass alone. VGG is the last network of this course that is built without thought for the bill. From here on
# architectures get *better and cheaper*.

# %% [markdown]
# ## Quiz
#
# Eight questions, one point each. Write your letter between the quotes and run the cell below it: it says why that is
# right or wrong. You may change your mind.

# %% [markdown] quiz="field_after_a_pool" points=1
# **A 3 × 3 convolution, a 2 × 2 pool with stride 2, and two more 3 × 3 convolutions, all with stride 1 and padding 1
# where not said otherwise. How large is the receptive field?**
#
# - A. 7
#   - Why: That leaves the pool out altogether. It has a window of 2, and its stride widens all later steps.
# - B. 8
#   - Why: You counted the pool's window, but not its stride. Behind it, a step to the neighbour is two input pixels
#     wide.
# - C. 10
#   - Why: Each of the two last convolutions adds 2 steps of 2 pixels, 8 in all; you counted one of them as if it stood
#     before the pool.
# - D. (right) 12
#   - Why: 3 after the convolution, 4 after the pool, then twice 2 steps of 2 pixels each make 8 and 12. Padding
#     plays no part.

# %% [markdown] quiz="layers_on_the_slide" points=1
# **How many layers with weights would the lecture's "VGG16" have if its stages were conv-conv, conv-conv, conv-conv,
# conv-conv-conv, conv-conv-conv, as printed?**
#
# - A. 12
#   - Why: 12 convolutions it would be; the three fully-connected layers have weights as well.
# - B. (right) 15
#   - Why: 2 + 2 + 2 + 3 + 3 = 12 convolutions and 3 fully-connected layers. Whoever counts to 16 knows that one
#     is missing.
# - C. 16
#   - Why: That is the true network, with three convolutions in stage 3.
# - D. 20
#   - Why: Pools have no weights, so they are not counted in a network's depth.

# %% [markdown] quiz="seven_by_seven" points=1
# **You replace one 7 × 7 convolution from C to C channels by three 3 × 3. What changes?**
#
# - A. (right) Weights and multiply-adds fall to 27/49, and activations to be kept triple.
#   - Why: 27 C² in place of 49 C², each used at as many places as before; but three layers put out maps where
#     one did.
# - B. Weights fall to 27/49, multiply-adds stay.
#   - Why: Multiply-adds are weights times places, and the places stay. Both fall alike.
# - C. Weights and multiply-adds fall to 9/49.
#   - Why: That is one 3 × 3. Three are needed for the same receptive field.
# - D. The receptive field becomes 9 × 9.
#   - Why: Each 3 × 3 adds 2 to the field of 1, so three make 7. 9 would be the sum of the kernels.

# %% [markdown] quiz="stage_five" points=1
# **Why does `conv5_2` compute a quarter of what `conv4_2` computes?**
#
# - A. It has half the channels.
#   - Why: Both have 512 in and out. It is the maps that shrank.
# - B. It has a quarter of the weights.
#   - Why: Both have 9 · 512² weights. If the rule had gone on, conv5_2 would have four times as many.
# - C. (right) Maps halved in both directions behind pool4, and channels did not double.
#   - Why: The same weights are used at 14² places in place of 28². To keep the work equal, the weights would
#     have to quadruple.
# - D. The fully-connected layers take over a part of its work.
#   - Why: They come later and compute 0.12 G. What a layer computes depends on its own weights and places.

# %% [markdown] quiz="max_pool_trap" points=1
# **You measure VGG-16's receptive field by the gradient of one output for one random image, and get 196 in place of
# 212. What is the explanation?**
#
# - A. The formula gives an upper bound that no network reaches.
#   - Why: With average pools in place of max pools the same measurement gives exactly 212.
# - B. (right) A max pool passes its gradient on to one pixel of each window, so pixels at the edge were not reached this time.
#   - Why: With another image other pixels win. The field is the set of all pixels that can matter; average pools
#     reach them all.
# - C. Padding cuts the field off at the border.
#   - Why: The image was large enough that the field of the central output did not touch the border.
# - D. ReLU sets gradients to zero, which makes the field smaller for good.
#   - Why: A ReLU can block paths for one image, as a max pool does, but not for good: the field is about what is
#     possible.

# %% [markdown] quiz="without_batch_norm" points=1
# **Without batch norm and with torch's default initial weights, the network of 3 × 3 stacks did not learn in 100 steps,
# while that of 5 × 5 convolutions began to. What does this show?**
#
# - A. 3 × 3 stacks compute less, so they can represent less.
#   - Why: With batch norm, or with He's initial weights, the same stacks learned as well as the 5 × 5. They can
#     represent what is needed.
# - B. Their receptive field is smaller.
#   - Why: It is the same: that was how the two were matched.
# - C. (right) Twice as many layers are harder to train when each of them shrinks the signal.
#   - Why: It is a matter of optimization, not of what the network can express, and initialization or
#     normalization repairs it.
# - D. The learning rate was chosen for the 5 × 5.
#   - Why: It may not have been the best for either, but with He's initial weights the same rate trained both. The
#     signal is what was missing.

# %% [markdown] quiz="smaller_head" points=1
# **You replace VGG-16's head by global average pooling to 512 numbers and a single layer from 512 to 1000. About how
# many parameters are left?**
#
# - A. 36 million
#   - Why: Did you take fc6 alone away? fc7 and the old fc8 go too.
# - B. 124 million
#   - Why: That is what the old head had. It is gone.
# - C. 138 million
#   - Why: Global average pooling has no parameters, and the new layer has 0.5 million, where fc6 alone had 103 million.
# - D. (right) 15 million
#   - Why: 14.7 million in the convolutions and 0.5 million in the new layer. This is what GoogLeNet does in the
#     next chapter.

# %% [markdown] quiz="fair_totals" points=1
# **A slide compares two networks: "7.5 MB, pools counted" against "42.9 MB, convolutions only, one of them forgotten".
# What must be done before a ratio means anything?**
#
# - A. Nothing; a ratio cancels such differences.
#   - Why: It would if both were off by the same factor. Here one total holds rows that the other leaves out.
# - B. Round both to whole numbers.
#   - Why: Rounding before dividing adds an error and repairs none.
# - C. (right) Sum the same rows for both, all of them, and divide unrounded.
#   - Why: Both with pools it is 51.3 / 7.46 = 6.9, convolutions only 45.9 / 6.1 = 7.5; the slide's mixture gives
#     5.7.
# - D. Convert MB to MiB.
#   - Why: If both are in the same unit, the unit cancels. What is summed does not.

# %% [markdown] written="lost_and_found" points=3
# ## A written question (3 points)
#
# A report on image classifiers says in a table: *"VGG-19: 143.7 M parameters, 17.8 GMACs at 224 × 224."* A colleague
# has read this chapter, subtracts from 19.63 and says: "They forgot a convolution, so their network is not VGG-19, and
# their accuracy is not to be trusted."
#
# Is the colleague right? Answer in about 150 words: which layers can have been left out of the sum of multiply-adds;
# what the number of parameters says about it; what you conclude about the *network* that was trained; and which one
# further number you would ask the authors for, and why.
#
# ### BEGIN SOLUTION
# 19.63 − 17.8 = 1.83 G, which is within rounding a C → C convolution of stages 1 to 4 (1.85 G; 17.78 would be left).
# Suspects are eight: conv1_2, conv2_2, conv3_2 to conv3_4, conv4_2 to conv4_4; conv5 (0.46 G) and the first
# convolutions of stages 2 to 4 (0.92 G) are too cheap.
#
# But 143.7 M is the number of parameters of the whole VGG-19 (143,667,240). Had the network lacked the layer, it would
# be 143.63 M at most (conv1_2 missing), 143.1 M for stage 3, 141.3 M for stage 4: all of these print differently with
# one decimal. So parameters and multiply-adds were counted over different lists of layers: the slip is in the sum, not
# in the network. The parameters were probably read off the real model, the multiply-adds summed by hand. The accuracy
# is not touched by this.
#
# I would ask for the memory of activations (or the table per layer): it differs from stage to stage, 12.25 MiB for
# conv1_2, 6.1, 3.1, 1.5, and so tells which stage has lost a row, as it did for the lecture's VGG-16.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: the suspects by multiply-adds: a C → C convolution of stages 1 to 4 (1.85 G), with the reason why stage 5 and
# first convolutions of a stage are out. Naming the eight is not necessary; naming only stage 3 is not enough.
# 1 point: uses the parameters: 143.7 M fits the whole network only (any omission would print as 143.6 M or less), so
# that the sum is wrong and not the network; the colleague's conclusion on accuracy does not follow.
# 1 point: asks for a quantity that differs between stages (memory of activations, a table per layer, the cost down to
# some stage) and says why multiply-adds cannot decide. "The code" or "the weights" without a reason: no point.
# ### END MARK SCHEME

# %% [markdown]
# ## What to take away
#
# * VGG is three rules: 3 × 3 convolutions, 2 × 2 pools, channels doubled up to 512. What is left to choose is the
#   depth.
# * $R = 1 + \sum (K_l - 1) \cdot j_l$: strides multiply, pools count, padding does not. It is what an output *can* see;
#   what it does see is concentrated in the middle.
# * Measure fields with average pools. A gradient through max pools shows one image's winners.
# * $n$ stacked 3 × 3 cost $9n$ where one kernel costs $(2n+1)^2$. They need more memory, save less time than
#   operations, and are harder to train without normalization or careful initial weights.
# * Half the size and twice the channels keep the work equal, halve memory, quadruple weights.
# * VGG-16: 51.7 MiB, 138.4 M, 15.5 GMACs; 27, 2.3 and 21.6 times AlexNet's.
# * A wrong total is evidence. Quantities that differ between layers tell which row is missing; those that are equal
#   cannot.
#
# ## Further reading
#
# * K. Simonyan, A. Zisserman: *Very Deep Convolutional Networks for Large-Scale Image Recognition*,
#   [arXiv:1409.1556](https://arxiv.org/abs/1409.1556), ICLR 2015. Section 2 is this chapter in three pages.
# * W. Luo, Y. Li, R. Urtasun, R. Zemel: *Understanding the Effective Receptive Field in Deep Convolutional Neural
#   Networks*, [arXiv:1701.04128](https://arxiv.org/abs/1701.04128), NeurIPS 2016.
# * A. Araujo, W. Norris, J. Sim: *Computing Receptive Fields of Convolutional Neural Networks*, Distill, 2019:
#   formulas, also for networks with branches.
# * K. He, X. Zhang, S. Ren, J. Sun: *Delving Deep into Rectifiers*,
#   [arXiv:1502.01852](https://arxiv.org/abs/1502.01852), ICCV 2015: initial weights with which a plain network of 30
#   layers trains.
# * X. Glorot, Y. Bengio: *Understanding the Difficulty of Training Deep Feedforward Neural Networks*, AISTATS 2010.
# * X. Ding et al.: *RepVGG: Making VGG-style ConvNets Great Again*,
#   [arXiv:2101.03697](https://arxiv.org/abs/2101.03697), CVPR 2021: plain 3 × 3 stacks, seven years later.
