# %% [markdown]
# # GoogLeNet: more for less
#
# In the ImageNet challenge of 2014 VGG came second, with the depth that you know from the last chapter and a bill to
# match: 138 million parameters, 15.5 billion multiply-adds an image. The winner was deeper still, made fewer mistakes,
# and had a *twentieth* of the parameters. This chapter takes GoogLeNet apart and asks of each of its ideas: what does it
# save, by count? Does the clock agree? And was it needed?
#
# **After this chapter you can**
#
# * account for a stem that shrinks images fast, and compare it fairly with VGG's first stages;
# * build an Inception module and say what each of its six convolutions is for;
# * compute what 1 × 1 bottlenecks save, and say what else decides about time;
# * replace the heavy head of a network by global average pooling, and name what else that changes;
# * build GoogLeNet with its auxiliary classifiers, and judge from experiments when such heads help;
# * tell the published network from the ones that bear its name.
#
# **You need** memory, parameters and multiply-adds of a layer (chapter 2), VGG-16 (chapter 3), batch norm as an idea
# (chapter 1). **Time**: about 150 minutes. **Points**: 47 (exercises 36, quiz 8, a written question 3).
# **Slides**: from *GoogLeNet: Focus on Efficiency* to *GoogLeNet: Auxiliary Classifiers*
#
# Work from top to bottom. Each exercise is followed by a visible test that names your mistake; hidden tests with other
# inputs decide the marks. Experiments that measure *your* modules need them solved; the others run at once.

# %% given="setup"
import random
from collections import Counter
from itertools import pairwise, permutations

import torch
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from torch import nn
from torch.nn import functional as F
from torch.utils.benchmark import Timer

import cnnlab
from cnnlab import data, plots, training
from coursekit.checks import expect_close, expect_equal, expect_raises, expect_shape, expect_true
from coursekit.seeds import grading_seed
from cnnlab.measure import measure
from cnnlab.quiz import explain, expect_answer
from cnnlab.tables import show, table

torch.set_num_threads(1)
plots.style()


# %% [markdown]
# The next cell holds machinery of the tests. It is folded; you need not read it.


# %% given="test_helpers" folded="true"
LARGE = 100_000  # Values of tensors with more elements fit into 16 bits, so that they cross to another process faster.


def with_biases(weights):
    """How often each shape occurs among weights of these shapes and their biases."""
    return Counter([*weights, *((shape[0],) for shape in weights)])


def parameter_slips(weights):
    """How often each shape would occur after slips that any network invites, by the clause that names them."""
    bare = Counter(weights) + Counter((shape[0],) for shape in weights if len(shape) == 2)
    return {
        "the layers are no attributes of the module, or stand in a plain list; use nn.Sequential or nn.ModuleList": Counter(),
        "there are no biases; leave bias=False out": Counter(weights),
        "the convolutions have no biases; leave bias=False out": bare,
    }


def check_parameters(model, layers, case, section, slips=()):
    """Check that a model has the parameters that it should, whatever their names and order, and no buffers.

    Args:
        layers: from the name of each layer to the shape of its weight; each has a bias, too.
        slips: from the clause that names a mistake to the list of shapes of the weights that it gives.
    """
    expect_true(
        not list(model.buffers()),
        what=f"{case} has no buffers",
        likely="there is batch norm; GoogLeNet is older than batch norm and has none",
        reread=section,
    )
    weights = list(layers.values())
    got, right = Counter(tuple(parameter.shape) for parameter in model.parameters()), with_biases(weights)
    known = parameter_slips(weights) | {clause: with_biases(shapes) for clause, shapes in dict(slips).items()}
    if got != right:
        fits = (clause for clause, slip in known.items() if got == slip)
        wrong = next(shape for shape in [*weights, *right, *got] if got[shape] != right[shape])
        layer = next((name for name, shape in layers.items() if shape == wrong), "biases")
        others = ", ".join(str(other) for other in sorted(got - right, key=str)[:3]) or "none"
        count = f"there are {got[wrong]} parameters of this shape, and others that should not be there: {others}"
        shared = "a layer is missing, or one object stands at two places and shares its weights"
        expect_true(
            False,
            what=f"{case} has {right[wrong]} parameters of shape {wrong} ({layer})",
            likely=next(fits, f"{count}; {shared}" if got[wrong] < right[wrong] else count),
            reread=section,
        )


def load_values(model, blank, value):
    """Make a model float64, give its tensors values, and put it into evaluation mode.

    Tensors of one shape get the same values, so that it does not matter which of them belongs to which layer.

    Args:
        blank: a model of the same kind on the meta device, which says what there is to load.
        value: from a shape to values.
    """
    values = {name: value(tuple(tensor.shape)) for name, tensor in blank.state_dict().items()}
    model.double()
    model.load_state_dict({name: v.half() if v.numel() > LARGE else v for name, v in values.items()})
    model.eval()


def waves(shape):
    """Values made of sines, the same everywhere and always."""
    steps = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    if len(shape) == 1:
        return 0.3 * torch.cos(steps + shape[0])
    size = (6 / torch.Size(shape[1:]).numel()) ** 0.5
    values = size * torch.sin((1.3 + 0.13 * len(shape) + 0.013 * shape[0]) * steps + shape[1]).view(shape)
    return values.half().double() if len(steps) > LARGE else values


def random_values(generator):
    """A function from a shape to random values, which are the same for every tensor of that shape."""
    drawn = {}

    def value(shape):
        if shape not in drawn:
            fan_in = torch.Size(shape[1:]).numel() if len(shape) > 1 else 10
            values = (2 / fan_in) ** 0.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
            drawn[shape] = values.half().double() if values.numel() > LARGE else values
        return drawn[shape]

    return value


def wave_maps(channels, size):
    """Maps made of sines, shape (1, channels, size, size), with values of both signs."""
    y = torch.arange(size, dtype=torch.float64)
    maps = [
        torch.sin((c + 1) * 0.3 * y[:, None] + 0.71 * y + c) * torch.cos(0.13 * (c + 1) * y) for c in range(channels)
    ]
    return torch.stack(maps)[None]


def cause_of(error):
    """What a RuntimeError of torch says about a network with branches."""
    text = str(error)
    if "Sizes of tensors must match except in dimension 1" in text:
        return (
            "the branches put out maps of different sizes: a padding is missing, or the pool has a stride "
            f"(that of max_pool2d is its window unless you say stride=1) ({error})"
        )
    if "Sizes of tensors must match" in text:
        return f"the branches are concatenated along another axis than the channels, which are axis 1 ({error})"
    if "Output size is too small" in text:
        return (
            f"an average pool with a fixed window needs maps of that size; global average pooling takes any ({error})"
        )
    if "mat1 and mat2" in text or "same reduction dim" in text:
        return f"the maps that reach a fully-connected layer have another size than it was made for ({error})"
    return f"a layer reads other maps than those that it was made for ({error})"


def attempt(model, x, case, section):
    """What a model makes of x; an error of torch becomes a sentence."""
    try:
        return model(x)
    except RuntimeError as error:
        what = f"{case} takes an input of shape {tuple(x.shape)}"
        expect_true(False, what=what, likely=cause_of(error), reread=section)


def output_of(model, x, case, section):
    """What a model makes of x without recording gradients."""
    with torch.no_grad():
        return attempt(model, x, case, section)


def steady_output(model, x, case, section):
    """What a model makes of x in evaluation mode, after checking that it makes the same of it twice."""
    y = output_of(model, x, case, section)
    same = isinstance(y, torch.Tensor) and torch.equal(y, output_of(model, x, case, section))
    expect_true(
        same or not isinstance(y, torch.Tensor),
        what=f"two passes of {case} in evaluation mode give the same",
        likely="F.dropout needs training=self.training; nn.Dropout heeds the mode by itself",
        reread=section,
    )
    return y


def check_outputs(outputs, n, case, section):
    """Check that three sets of scores came, as a tuple."""
    alone = isinstance(outputs, torch.Tensor)
    expect_true(
        isinstance(outputs, (tuple, list)) and len(outputs) == 3,
        what=f"in training mode {case} returns a tuple of three, (scores, of the head at 4a, of the head at 4d)",
        likely="the scores came alone: the heads are left out, or the mode is not read from self.training"
        if alone
        else f"what came is a {type(outputs).__name__}"
        + (f" of {len(outputs)}" if hasattr(outputs, "__len__") else ""),
        reread=section,
    )
    for scores, name in zip(outputs, ("the scores", "the scores at 4a", "the scores at 4d"), strict=True):
        expect_true(
            isinstance(scores, torch.Tensor) and scores.ndim == 2 and len(scores) == n,
            what=f"{name} in training mode have shape ({n}, num_classes)",
            likely="losses were returned, or the heads' outputs were scaled or summed up; return the scores of each",
            reread=section,
        )


def check_reach(blank, shape, case, section, counts=()):
    """Check that gradients reach the parameters of a model, on the meta device, where nothing has values.

    Args:
        shape: of the input.
        counts: for each output in turn, how many parameters it must reach, and by clause what mistakes reach; by default
            there is one output, which must reach all.
    """
    parameters = list(blank.parameters())
    unused = "a layer is defined but not used in forward, or something was detached on the way"
    for k, (number, mistakes) in enumerate(counts or [(len(parameters), {unused: list(range(len(parameters)))})]):
        blank.zero_grad()
        outputs = attempt(blank, torch.empty(shape, device="meta"), case, section)
        if counts:
            check_outputs(outputs, shape[0], case, section)
        y = outputs[k] if counts else outputs
        name = f"output {k} of {case}" if counts else f"the output of {case}"
        expect_true(
            isinstance(y, torch.Tensor),
            what=f"{name} is a tensor, in training mode as well",
            likely="the return is missing" if y is None else f"a {type(y).__name__} came; see the docstring of forward",
            reread=section,
        )
        expect_true(
            y.requires_grad,
            what=f"gradients flow from {name} to the parameters",
            likely="forward runs under torch.no_grad(), or detaches its result",
            reread=section,
        )
        y.sum().backward()
        reached = sum(parameter.grad is not None for parameter in parameters)
        what = f"the number of parameters that get a gradient from {name}"
        expect_equal(reached, number, what=what, mistakes=mistakes, reread=section)


def check_input_gradient(model, x, reference, case, section):
    """Compare the gradient of an input with that of a reference, which maps the input to the right output."""
    leaf, own = (x.clone().requires_grad_() for _ in range(2))
    model.requires_grad_(False)
    y, right = model(leaf), reference(own)
    if y.requires_grad:
        (y * torch.cos(right.detach())).sum().backward()
    (right * torch.cos(right.detach())).sum().backward()
    expect_true(
        leaf.grad is not None,
        what=f"a gradient reaches the input of {case}",
        likely="the input was detached, so that layers before this one could not learn",
        reread=section,
    )
    expect_close(leaf.grad, own.grad, what=f"the gradient of x through {case}", reread=section)


# %% [markdown]
# ## Focus on efficiency
#
# The authors of GoogLeNet (the capital L bows to LeNet) worked to a budget: 1.5 billion multiply-adds per image, so that
# the result would be of use outside of a competition (Szegedy et al., 2015, section 1). Depth had to be paid for by thrift
# elsewhere. The lecture sums it up, *reduce parameter count, memory usage, and computation*, and names four means:
#
# * a **stem** that shrinks the image early;
# * **Inception modules**, whose 1 × 1 convolutions make expensive ones cheap;
# * **global average pooling** in place of fully-connected layers;
# * **auxiliary classifiers**, which save nothing: they are there to make the deep result trainable.

# %% experiment="three_networks"
alexnet, vgg16, googlenet = table("alexnet_variants")[0], table("vgg_variants")[2], table("googlenet_variants")[0]
show(
    [
        {
            "network": name,
            "layers with weights, in depth": depth,
            "parameters": row["params"],
            "multiply-adds": row["macs"],
            "parameters / GoogLeNet's": row["params"] / googlenet["params"],
            "multiply-adds / GoogLeNet's": row["macs"] / googlenet["macs"],
        }
        for name, depth, row in (("AlexNet", 8, alexnet), ("VGG-16", 16, vgg16), ("GoogLeNet", 22, googlenet))
    ]
)

# %% [markdown]
# More than twice AlexNet's multiply-adds, but a tenth of VGG's; and parameters that take 27 MiB, where VGG's take 528.
# (The paper speaks of twelve times fewer parameters than AlexNet. Counted, it is a factor of 8.7.)
#
# ## An aggressive stem
#
# VGG computes on maps of 224 × 224, then of 112 × 112, then of 56 × 56: seven layers with weights before the third pool
# of VGG-16 brings the maps to 28 × 28. GoogLeNet is there after three, because its first convolution has a stride of 2
# and a pool of stride 2 follows at once:

# %% given="stem"
STEM = [
    {"name": "conv1", "type": "conv", "filters": 64, "kernel": 7, "stride": 2, "padding": 3},
    {"name": "pool1", "type": "pool", "kernel": 3, "stride": 2, "padding": 1},
    {"name": "conv2_reduce", "type": "conv", "filters": 64, "kernel": 1, "stride": 1, "padding": 0},
    {"name": "conv2", "type": "conv", "filters": 192, "kernel": 3, "stride": 1, "padding": 1},
    {"name": "pool2", "type": "pool", "kernel": 3, "stride": 2, "padding": 1},
]

# %% [markdown]
# (The paper's pools round up and have no padding; with padding 1 and rounding down, as here and on the slide, sizes
# are the same.) The slide has the stem's table. Work it out yourself, since one of its cells and one of its sums are
# wrong.
#
# **Worked example.** `conv1` reads 3 × 224 × 224. Its output is
# $\lfloor (224 + 2 \cdot 3 - 7)/2 \rfloor + 1 = \lfloor 111.5 \rfloor + 1 = 112$ pixels wide, which makes
# $64 \cdot 112^2 = 802{,}816$ numbers, $802{,}816 \cdot 4 / 1024 = 3136$ KiB. It has $64 \cdot 3 \cdot 7^2 = 9408$
# weights and 64 biases, 9472 parameters, and uses each weight at $112^2$ places:
# $9408 \cdot 12{,}544 = 118{,}013{,}952$ multiply-adds.
#
# ### Exercise: `stem_table` (4 points, about 12 minutes)
#
# Your function may use `STEM`, and your `layer_table` of chapter 2 if you paste it into a cell.
#
# <details><summary>Hint 1: what to carry along</summary>
#
# Channels and size of the maps, starting with 3 and 224. A convolution changes both, a pool only the size.
# </details>
#
# <details><summary>Hint 2: the order within a layer</summary>
#
# First the new size. Then the weights, filters × *old* channels × kernel². Then the channels. Multiply-adds are weights ×
# new size². For a pool, weights and biases are 0.
# </details>


# %% exercise="stem_table"
def stem_table():
    """What each of the five layers of STEM puts out and costs, for one image of 3 x 224 x 224 in float32.

    Returns:
        List of five dicts, one row per layer and in order, with the keys
        name: of the layer, as in STEM;
        out_channels: output channels, an int;
        out_size: side of the output in pixels, an int; sizes round down;
        kib: memory of the output in KiB (1024 bytes), not rounded; pools have outputs, too;
        params: parameters with biases, an int; 0 for a pool;
        macs: multiply-adds, an int; biases cost none; 0 for a pool.
        Other keys are allowed.
    """
    ### BEGIN SOLUTION
    channels, size = 3, 224
    rows = []
    for layer in STEM:
        size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        filters = layer.get("filters", 0)
        weights = filters * channels * layer["kernel"] ** 2
        channels = filters or channels
        kib = channels * size**2 * 4 / 1024
        costs = {"kib": kib, "params": weights + filters, "macs": weights * size**2}
        rows.append({"name": layer["name"], "out_channels": channels, "out_size": size, **costs})
    return rows
    ### END SOLUTION


# %% given="check_of_stem_table" folded="true"
def check_stem(rows, expected, mistakes):
    """Compare rows of a stem table with those expected, key by key; what is not expected is not looked at.

    Args:
        expected: a dict for each of the five rows.
        mistakes: from (name, key) to what common mistakes give, by the clause that names them.
    """
    section = "An aggressive stem"
    listed = isinstance(rows, (list, tuple)) and all(isinstance(row, dict) for row in rows)
    expect_true(
        listed,
        what="the result is a list of dicts",
        likely="the return is missing" if rows is None else "one dict per layer; see the docstring's Returns",
        reread=section,
    )
    names = [layer["name"] for layer in STEM]
    expect_equal(
        [row.get("name") for row in rows],
        names,
        what="the list of names of the rows",
        mistakes={
            "pools have a row, too": ["conv1", "conv2_reduce", "conv2"],
            "the rows of an earlier call are still there; make a new list in each": names * 2,
        },
        reread=section,
    )
    for row, right in zip(rows, expected, strict=True):
        for key, value in right.items():
            name = row["name"]
            likely = f"its keys are {', '.join(map(str, row))}"
            expect_true(key in row, what=f"the row of {name} has the key {key!r}", likely=likely, reread=section)
            compare = expect_close if key == "kib" else expect_equal
            slips = mistakes.get((name, key))
            compare(row[key], value, what=f"{key} of {name}", mistakes=slips, reread=section)


# %% test="stem_table" points=1
shapes = {"conv1": (64, 112), "pool1": (64, 56), "conv2_reduce": (64, 56), "conv2": (192, 56), "pool2": (192, 28)}
expected = [{"name": name, "out_channels": c, "out_size": size} for name, (c, size) in shapes.items()]
expected[0] |= {"kib": 3136.0, "params": 9_472, "macs": 118_013_952}
expected[1] |= {"kib": 784.0, "params": 0, "macs": 0}
no_padding = "the padding is missing; it goes on both sides"
half_a_padding = "the + 1 is missing, or the padding is counted once; it goes on both sides"
not_rounded = "sizes round down, to an int"
check_stem(
    stem_table(),
    expected,
    {
        ("conv1", "out_size"): {no_padding: 109, half_a_padding: 111, not_rounded: [112.5, 113, 112.0]},
        ("pool1", "out_size"): {
            no_padding: [55, 56.5],
            not_rounded: [56.5, 57, 56.0],
            "the size was not carried along; the pool reads maps of 112 x 112": 112,
        },
        ("pool1", "out_channels"): {"a pool keeps the channels": [0, None, 3]},
        ("pool2", "out_channels"): {"a pool keeps the channels": [0, None, 64]},
        ("conv2_reduce", "out_size"): {"the size was not carried along; pool1 puts out 56 x 56": [112, 224]},
        ("conv1", "kib"): {
            "this is the slide's 3316, in which two digits changed places": 3316,
            "1 KiB is 1024 bytes, not 1000": 3211.264,
            "these are numbers; each takes 4 bytes": [784.0, 802_816],
            "these are bytes or MiB; KiB are asked for": [3_211_264, 3.0625],
            "this is the memory of the layer's input": 588.0,
        },
        ("pool1", "kib"): {"pools have outputs as well": 0},
        ("conv1", "params"): {
            "the biases are missing": 9_408,
            "a kernel has K * K weights, not K": [1_408, 1_344],
            "each filter reads all channels that come in": [3_200, 3_136],
            "the channels that come in were overwritten before the weights were counted": [200_768, 200_704],
        },
        ("pool1", "params"): {"a pool has no parameters": [576, 36_864, 36_928]},
        ("conv1", "macs"): {
            "multiplication and addition were counted apart (FLOP); a MAC is both": 236_027_904,
            "the biases were counted too": 118_816_768,
            "the size of the input was used; work is done where results appear": 472_055_808,
            "the places are missing; each weight is used at every one of them": [9_408, 9_472],
            "one side of the maps is missing": 1_053_696,
            "these are millions; leave them as they are": [118, 118.013952],
        },
        ("pool1", "macs"): {"a pool's comparisons are not multiply-adds; its macs are 0": 1_806_336},
    },
)


# %% hidden_test="stem_table" points=3
def real_stem():
    """The rows of the stem, measured on real layers, and by name and key what common mistakes would give."""
    shape, expected, mistakes = (3, 224, 224), [], {}
    for layer in STEM:
        window = [layer[key] for key in ("kernel", "stride", "padding")]
        conv = layer["type"] == "conv"
        module = nn.Conv2d(shape[0], layer["filters"], *window) if conv else nn.MaxPool2d(*window)
        (row,) = measure(module.to("meta"), shape)
        side, before, kernel, name = row.shape[1], shape[1], layer["kernel"], layer["name"]
        biases = row.shape[0] if conv else 0
        weights = row.params - biases
        costs = {"kib": row.kib, "params": row.params, "macs": row.macs}
        expected.append({"name": name, "out_channels": row.shape[0], "out_size": side} | costs)
        mistakes[name, "out_channels"] = {"a pool keeps the channels": [0, None]}
        mistakes[name, "out_size"] = {
            "the padding is missing; it goes on both sides": (before - kernel) // layer["stride"] + 1,
            "the + 1 is missing": (before - kernel + 2 * layer["padding"]) // layer["stride"],
            "the size was not carried along": before,
            "sizes round down": side + 1,
        }
        mistakes[name, "kib"] = {
            "1 KiB is 1024 bytes, not 1000": row.kib * 1.024,
            "these are numbers; each takes 4 bytes": [row.kib / 4, row.kib * 256],
            "these are bytes or MiB; KiB are asked for": [row.kib * 1024, row.kib / 1024],
            "this is the memory of the layer's input": shape[0] * before**2 / 256,
            "pools have outputs as well": 0,
            "this is the slide's 3316, in which two digits changed places": 3316,
        }
        mistakes[name, "params"] = {
            "the biases are missing": weights,
            "a kernel has K * K weights, not K": weights // kernel + biases,
            "the channels that come in were not carried along": [3 * row.shape[0] * kernel**2 + biases],
            "each filter reads all channels that come in": weights // shape[0] + biases,
            "the channels that come in were overwritten before the weights were counted": (
                row.shape[0] ** 2 * kernel**2 + biases
            ),
            "a pool has no parameters": row.shape[0] * kernel**2,
        }
        mistakes[name, "macs"] = {
            "multiplication and addition were counted apart (FLOP); a MAC is both": 2 * row.macs,
            "the biases were counted too": row.params * side**2,
            "the size of the input was used; work is done where results appear": weights * before**2,
            "the places are missing; each weight is used at every one of them": [row.params, weights],
            "the channels that come in were not carried along": 3 * row.shape[0] * kernel**2 * side**2,
            "a pool's comparisons are not multiply-adds; its macs are 0": row.shape[0] * side**2 * kernel**2,
        }
        shape = row.shape
    return expected, mistakes


for _ in range(2):
    rows = stem_table()
    check_stem(rows, *real_stem())
expect_equal(
    (sum(row["params"] for row in rows), sum(row["macs"] for row in rows)),
    (124_416, 477_675_520),
    what="the sums over the stem, (params, macs)",
    reread="An aggressive stem",
)

# %% [markdown]
# Now the lecture's comparison, with VGG-16 from 224 × 224 down to its third pool. A ratio needs the same rows on both
# sides: pools counted for both, or for neither.

# %% experiment="stem_against_vgg"
rows = stem_table()
vgg_rows = table("vgg16_layers")[:10]
sides = {
    "stem": [(row["name"], row["kib"], row["params"], row["macs"]) for row in rows],
    "VGG-16": [(row["name"], row["kib"], row["weights"] + row["biases"], row["macs"]) for row in vgg_rows],
}


def stem_sum(side, place, pools):
    """The sum of one column over the rows of a side, with or without pools."""
    return sum(row[place] for row in sides[side] if pools or not row[0].startswith("pool"))


bills = {
    "memory with pools, MiB": (1, True, 1024, "7.5; 42.9 without pools; 5.7x"),
    "memory without pools, MiB": (1, False, 1024, ""),
    "parameters, thousands": (2, True, 1e3, "124; 1100; 8.9x"),
    "multiply-adds, millions": (3, True, 1e6, "418; 7485; 17.8x"),
}
show(
    [
        {
            "from 224 × 224 to 28 × 28": name,
            "stem": stem_sum("stem", place, pools) / unit,
            "VGG-16": stem_sum("VGG-16", place, pools) / unit,
            "VGG-16 / stem": stem_sum("VGG-16", place, pools) / stem_sum("stem", place, pools),
            "on the slide": slide,
        }
        for name, (place, pools, unit, slide) in bills.items()
    ]
)
slide_rows = table("googlenet_stem")
print(
    "the slide's KB that differ from your KiB:",
    [
        f"{row['name']}: {row['slide_kb']} for {mine['kib']:.0f}"
        for row, mine in zip(slide_rows, rows, strict=True)
        if row["slide_kb"] != round(mine["kib"])
    ],
)
print("the slide's five MFLOP cells add up to", sum(row["slide_mflop"] for row in slide_rows), "and not to 418")

# %% [markdown]
# > **On the slide.** Of the nine numbers in this comparison two hold, 7.5 MB and 124 K. `conv1` has **3136** KiB; the slide
# > prints 3316, five times. Its five MFLOP cells add up to **481**, not 418 (478 without the comparisons of pools): digits
# > changed places again. All of VGG's numbers lack the convolution that you traced in chapter 3; 45.9 MiB, 1.7 M and 9335 M
# > are right for convolutions. And the ratio of memory counts pools for the stem only. Right are **6.9, 13.9 and 19.5**
# > times.
#
# So the true comparison is *better* for GoogLeNet than the one printed. And the reason given for it, "in VGG-16, most
# of the compute was at the start"? That depends on where the start ends.
#
# **Predict first.** Which share of VGG-16's multiply-adds lies above 56 × 56? Above 28 × 28? And of its memory?

# %% experiment="where_vgg_computes" alt="Two step curves from the image to the last layer, for VGG-16 and GoogLeNet's stem: side of the maps against multiply-adds spent so far, on a logarithmic axis. The stem is at 56 pixels after 0.12 billion and at 28 after 0.48 billion; VGG-16 leaves 224 pixels after 1.9 billion, reaches 56 after 4.7 and 28 after 9.3 billion." folded="true"
whole = [row for row in table("vgg16_layers") if not row["name"].startswith(("pool", "flatten"))]
total = {key: sum(row[key] for row in whole) for key in ("macs", "kib")}
for side in (56, 28):
    above = [row for row in whole if row["out_size"] > side]
    shares = {key: sum(row[key] for row in above) / total[key] for key in total}
    print(f"VGG-16 above {side} × {side}: {shares['macs']:.0%} of its MACs, {shares['kib']:.0%} of its memory")
figure, ax = plots.figure(height=3.2)
for index, (name, layers) in enumerate({"GoogLeNet's stem": stem_table(), "VGG-16": vgg_rows}.items()):
    spent, points = 0, []
    for row in layers:
        spent += row["macs"] / 1e9
        points.append((spent, row["out_size"]))
    style = {"color": plots.COLORS[index], "marker": plots.MARKERS[index], "linestyle": plots.LINE_STYLES[index]}
    _ = ax.step(*zip(*points, strict=True), where="post", label=name, **style)
ax.set_xscale("log", base=10)
ax.set_yscale("log", base=2)
ax.set_yticks([28, 56, 112, 224], ["28", "56", "112", "224"])
ax.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10], ["0.1", "0.2", "0.5", "1", "2", "5", "10"])
ax.minorticks_off()
ax.set(xlabel="multiply-adds spent so far (G)", ylabel="side of the maps (pixels)")
_ = ax.legend()
plots.show("The stem brings the maps to 28 × 28 with a twentieth of the multiply-adds that VGG-16 spends on the way.")

# %% [markdown]
# > **On the slide.** "Most of the compute was at the start" holds if the start is everything above 28 × 28, 60 % of the
# > multiply-adds. In its first two stages VGG-16 does 30 % of its work. What does sit at the start is *memory*: 71 % of
# > what its convolutions put out.
#
# What does the stem give away? Detail: after three layers with weights, each number stands for a patch of 8 × 8 pixels.
# That photographs of 224 × 224 survive this is an empirical fact about ImageNet. Images of 32 × 32 would be down to
# 4 × 4 after the same stem, which is why networks for small images come without it.

# %% [markdown]
# ## The Inception module
#
# How large should a kernel be? VGG's answer is 3 × 3, everywhere. But a nose may fill five pixels of a map and an eye
# three, and the next image shows the same face from farther off. GoogLeNet's answer is not to choose: let several
# kernels look at the *same* maps in parallel, put their outputs side by side, and leave it to the next layer's weights
# what to use. The lecture calls this a "local unit with parallel branches" (*GoogLeNet: Inception Module*); the network
# repeats it nine times.
#
# One of the branches is a 1 × 1 convolution, which sees no neighbours at all. At each pixel it makes new channels out of
# the old ones, a weighted sum for each: a fully-connected layer over the *channels*, with the same weights at every pixel
# (Lin et al., 2014). It is the cheapest way to change how many channels there are.

# %% experiment="one_by_one"
maps = torch.randn(2, 6, 5, 5, generator=training.generator(0), dtype=torch.float64)
conv = nn.Conv2d(6, 3, 1).double()
as_linear = F.linear(maps.movedim(1, -1), conv.weight[:, :, 0, 0], conv.bias).movedim(-1, 1)
print("1 x 1 convolution = linear layer over channels, pixel by pixel:", torch.allclose(conv(maps), as_linear))

# %% [markdown]
# That is what the module's other 1 × 1 convolutions are for. In front of the 3 × 3 and of the 5 × 5 they *reduce* the
# channels, so that the expensive kernel has less to read; behind the pool they *project* what the pool puts out. Here
# is the network's first module, 3a, drawn from its numbers. The wider a box, the more channels.


# %% given="drawing" folded="true"
def draw_box(ax, x, y, width, label, kind, height=0.56):
    """A labelled box around (x, y); the kind decides its colour and hatching."""
    style = {
        "data": {"facecolor": "#E8E8E8"},
        "1×1": {"facecolor": plots.COLORS[5]},
        "wide": {"facecolor": plots.COLORS[0]},
        "pool": {"facecolor": plots.COLORS[4], "hatch": ".."},
        "relu": {"facecolor": "#FFFFFF"},
        "cat": {"facecolor": plots.COLORS[2], "hatch": "xx"},
    }[kind]
    _ = ax.bar(x, height, width, bottom=y - height / 2, edgecolor="black", linewidth=0.7, alpha=0.75, **style)
    halo = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
    _ = ax.text(x, y, label, ha="center", va="center", fontsize=7.5, bbox=halo)


def draw_arrow(ax, start, end):
    """An arrow from one point to another, behind the boxes."""
    style = {"arrowstyle": "-|>", "color": "#555555", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    _ = ax.annotate("", end, start, arrowprops=style, zorder=0)


# %% figure="module" alt="Diagram of Inception module 3a. At the bottom a wide box, the input with 192 channels. Four branches rise from it: a 1 by 1 convolution with 64 filters; a 1 by 1 with 96 and above it a 3 by 3 with 128; a 1 by 1 with 16 and above it a 5 by 5 with 32; a 3 by 3 max pool that keeps 192 channels and above it a 1 by 1 with 32. At the top they are concatenated to 256 channels." folded="true"
c_in, c1, c2, c3, c4 = 192, 64, (96, 128), (16, 32), 32
figure, ax = plots.figure(height=3.9)
columns = [
    [("1×1\n64", c1, "1×1", 2)],
    [("1×1, reduce\n96", c2[0], "1×1", 1), ("3×3\n128", c2[1], "wide", 2)],
    [("1×1, reduce\n16", c3[0], "1×1", 1), ("5×5\n32", c3[1], "wide", 2)],
    [("max pool 3×3\n192", c_in, "pool", 1), ("1×1, project\n32", c4, "1×1", 2)],
]
for place, boxes in enumerate(columns):
    x, below = 250 * place, 0.28
    for label, channels, kind, level in boxes:
        draw_arrow(ax, (x, below), (x, level - 0.3))
        draw_box(ax, x, level, channels, label, kind)
        below = level + 0.28
    draw_arrow(ax, (x, below), (x, 2.7))
draw_box(ax, 375, 0, 1000, f"input: {c_in} channels, 28 × 28", "data")
parts = [c1, c2[1], c3[1], c4]
draw_box(ax, 375, 3, 1000, f"concatenated: {' + '.join(map(str, parts))} = {sum(parts)} channels, 28 × 28", "cat")
ax.set(xlim=(-140, 890), ylim=(-0.4, 3.4), xticks=[], yticks=[])
ax.set_axis_off()
plots.show(
    "Module 3a: four branches read the same maps; 1 × 1 convolutions make the input of the 3 × 3 and 5 × 5 narrow before the work is "
    "done (boxes of layers: width for channels; ReLU behind every convolution is left out)."
)

# %% [markdown]
# **Worked example.** Channels through 3a: the 1 × 1 makes 64 of 192. The second branch: 192 → 96 → 128; its 3 × 3 has
# padding 1 and keeps the 28 × 28. The third: 192 → 16 → 32, the 5 × 5 with padding 2. The fourth: the pool has *stride 1*
# and padding 1, and keeps both 192 and 28 × 28; the projection makes 32 of 192. All four are 28 × 28, so they can be
# stacked along the channels: 64 + 128 + 32 + 32 = 256, which module 3b reads.
#
# > **On the slide.** "Uses 1×1 'bottleneck' layers to reduce channel dimension before expensive conv" fits two of the four
# > 1 × 1 convolutions. The one behind the pool comes *after*, and no expensive convolution follows: it keeps the output
# > narrow. The first is a branch of its own.
#
# ### Exercise: `Inception` (8 points, about 25 minutes)
#
# <details><summary>Hint 1: what the branches share</summary>
#
# Only the input. All four start from the same `x`, so do not overwrite it on the way; `torch.cat` along axis 1 joins them
# at the end.
# </details>
#
# <details><summary>Hint 2: a branch</summary>
#
# `nn.Sequential` of convolution, ReLU, convolution, ReLU. A small function that returns `[nn.Conv2d(...), nn.ReLU()]`
# saves writing it six times.
# </details>
#
# <details><summary>Hint 3: sizes that do not fit</summary>
#
# The padding that keeps a size is `kernel // 2`. And `nn.MaxPool2d(3, padding=1)` has a stride of 3: if you do not say
# otherwise, a pool's stride is its window.
# </details>


# %% exercise="Inception"
class Inception(nn.Module):
    """An Inception module: four branches read the same maps, and their outputs are concatenated along the channels.

    The branches, in the order of the output's channels:
    1. a 1 x 1 convolution with c1 filters;
    2. a 1 x 1 convolution with c2[0] filters, then a 3 x 3 convolution with c2[1];
    3. a 1 x 1 convolution with c3[0] filters, then a 5 x 5 convolution with c3[1];
    4. a 3 x 3 max pool with stride 1 and torch's padding of 1 (what lies outside is never the maximum), then a 1 x 1
       convolution with c4 filters.
    Convolutions have stride 1, the padding that keeps the size, and a bias; a ReLU follows each of the six. There is no
    batch norm, and there are no other parameters. Names of inner modules, and the order in which they are defined, are
    up to you; all parameters have their shapes from the start.
    """

    def __init__(self, in_channels, c1, c2, c3, c4):
        """Args: in_channels: of the input. c1, c4: filters, ints. c2, c3: pairs of ints (reduce, out)."""
        super().__init__()
        ### BEGIN SOLUTION

        def conv(inputs, outputs, kernel):
            return [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU()]

        self.branches = nn.ModuleList(
            [
                nn.Sequential(*conv(in_channels, c1, 1)),
                nn.Sequential(*conv(in_channels, c2[0], 1), *conv(*c2, 3)),
                nn.Sequential(*conv(in_channels, c3[0], 1), *conv(*c3, 5)),
                nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), *conv(in_channels, c4, 1)),
            ]
        )
        ### END SOLUTION

    def forward(self, x):
        """Maps of shape (N, c1 + c2[1] + c3[1] + c4, H, W) for x of shape (N, in_channels, H, W); x stays as it is."""
        ### BEGIN SOLUTION
        return torch.cat([branch(x) for branch in self.branches], dim=1)
        ### END SOLUTION


# %% given="check_of_modules" folded="true"
BRANCHES = ("1 x 1", "3 x 3", "5 x 5", "pool")


def module_shapes(in_channels, c1, c2, c3, c4):
    """The shapes of the six weights of an Inception module, by layer."""
    return {
        "the 1 x 1 branch": (c1, in_channels, 1, 1),
        "the reduction of the 3 x 3": (c2[0], in_channels, 1, 1),
        "the 3 x 3": (c2[1], c2[0], 3, 3),
        "the reduction of the 5 x 5": (c3[0], in_channels, 1, 1),
        "the 5 x 5": (c3[1], c3[0], 5, 5),
        "the projection of the pool branch": (c4, in_channels, 1, 1),
    }


def module_slips(in_channels, c1, c2, c3, c4):
    """The shapes of the weights that common slips give, by the clause that names them."""
    shapes = list(module_shapes(in_channels, c1, c2, c3, c4).values())
    first, reduce3, three, reduce5, five, projection = shapes
    wide = [(c2[1], in_channels, 3, 3), (c3[1], in_channels, 5, 5)]
    return {
        "the pool branch has no projection: a 1 x 1 convolution with c4 filters follows the pool": shapes[:-1],
        "the reductions are missing: a 1 x 1 convolution stands before the 3 x 3, another before the 5 x 5": [
            first,
            *wide,
            projection,
        ],
        "this is the naive module, without reductions and projection; 1 x 1 convolutions stand before 3 x 3 and 5 x 5 and after the pool": [
            first,
            *wide,
        ],
        "the third branch has a 3 x 3 in place of its 5 x 5; so has torchvision's, by mistake": [
            *shapes[:4],
            (c3[1], c3[0], 3, 3),
            projection,
        ],
        "two 3 x 3 stand in place of the 5 x 5; that is a later version of Inception": [
            *shapes[:4],
            (c3[1], c3[0], 3, 3),
            (c3[1], c3[1], 3, 3),
            projection,
        ],
        "c2 and c3 are pairs (reduce, out), the reduction first": list(
            module_shapes(in_channels, c1, c2[::-1], c3[::-1], c4).values()
        ),
        "c2 belongs to the 3 x 3 branch and c3 to the 5 x 5": list(module_shapes(in_channels, c1, c3, c2, c4).values()),
        "c1 belongs to the 1 x 1 branch and c4 to the pool": list(module_shapes(in_channels, c4, c2, c3, c1).values()),
        "3 x 3 and 5 x 5 share one reduction; each has its own": [
            first,
            reduce3,
            three,
            (c3[1], c2[0], 5, 5),
            projection,
        ],
        "the 3 x 3 and the 5 x 5 come first and the 1 x 1 behind; the reduction stands in front": [
            first,
            (c2[0], in_channels, 3, 3),
            (c2[1], c2[0], 1, 1),
            (c3[0], in_channels, 5, 5),
            (c3[1], c3[0], 1, 1),
            projection,
        ],
        "the numbers of channels are those of module 3a, whatever the arguments": list(
            module_shapes(192, 64, (96, 128), (16, 32), 32).values()
        ),
    }


def check_order(model, blank, in_channels, outputs, case):
    """Check which branch each output channel comes from.

    With all weights 0, a convolution puts out its bias; each bias gets the number of its branch's output channels.
    """
    section = "The Inception module"
    load_values(model, blank, lambda shape: torch.full(shape, shape[0] if len(shape) == 1 else 0, dtype=torch.float64))
    y = steady_output(model, torch.ones(1, in_channels, 7, 6, dtype=torch.float64), case, section)
    expect_shape(
        y,
        (1, sum(outputs), 7, 6),
        what=f"the output of {case} for an input of 7 x 6",
        mistakes={
            "the pool's maps are concatenated, in addition to their projection or in its place": [
                (1, sum(outputs) + in_channels, 7, 6),
                (1, sum(outputs[:3]) + in_channels, 7, 6),
            ],
        },
        reread=section,
    )
    orders = {names: [float(n) for n in sizes for _ in range(int(n))] for names, sizes in _orders(outputs)}
    right = orders.pop(BRANCHES)
    right_branches = [branch for branch, n in zip(BRANCHES, outputs, strict=True) for _ in range(int(n))]
    expect_equal(
        y[0, :, 0, 0].tolist(),
        right,
        what=f"the list of what {case} puts out with all weights 0 and each bias equal to its number of filters",
        mistakes={
            f"the branches are concatenated in the order {', '.join(names)}; 1 x 1, 3 x 3, 5 x 5, pool is asked for": values
            for names, values in orders.items()
        }
        | {
            "a ReLU6 stops at 6; take a ReLU, which has no upper bound": [
                [min(n, 6.0) if branch in capped else n for branch, n in zip(right_branches, right, strict=True)]
                for capped in [*({branch} for branch in BRANCHES), set(BRANCHES)]
            ]
        },
        reread=section,
    )


def _orders(outputs):
    """All orders of the four branches: their names, and their numbers of output channels."""
    for order in permutations(range(4)):
        yield tuple(BRANCHES[k] for k in order), tuple(outputs[k] for k in order)


def branch_sums(y, outputs):
    """Four numbers, one per branch: a sum over all that the branch puts out, each number weighted by a cosine."""
    parts = y.split(list(outputs), dim=1)
    sums = [(part.flatten() * torch.cos(torch.arange(part.numel(), dtype=y.dtype))).sum() for part in parts]
    return torch.stack(sums)


# %% test="Inception" points=3
section = "The Inception module"
channels = (5, 4, (3, 6), (2, 8), 7)
case = "Inception(5, 4, (3, 6), (2, 8), 7)"
model, blank = Inception(*channels), Inception(*channels).to("meta")
check_parameters(blank, module_shapes(*channels), case, section, module_slips(*channels))
check_order(model, blank, 5, (4, 6, 8, 7), case)
load_values(model, blank, waves)
x = wave_maps(5, 6) - 0.4
given = x.clone()
y = steady_output(model, given, case, section)
expect_true(torch.equal(given, x), what="x stays as it is", likely="something works in place on x", reread=section)
expect_close(
    branch_sums(y, (4, 6, 8, 7)),
    (3.503153, 1.745875, -7.395480, -1.834666),
    what="the weighted sums over the four branches for an input of 6 x 6, with weights and biases made of sines",
    rtol=0,
    atol=2e-6,
    mistakes={
        "the pool takes the average; take the maximum": [
            (3.503153, 1.745875, -7.395480, -1.888783),
            (3.503153, 1.745875, -7.395480, -4.413552),
        ],
        "the projection stands before the pool; it comes behind": [
            (3.503153, 1.745875, -7.395480, -0.824937),
            (3.503153, 1.745875, -7.395480, -1.244557),
        ],
        "the fourth branch has no pool": [(3.503153, 1.745875, -7.395480, -2.368007)],
        "the pool's border is padded with zeros, which win over negative values; use the pool's own padding": [
            (3.503153, 1.745875, -7.395480, 1.361431)
        ],
        "the pool's window is 5 x 5; take 3 x 3": [(3.503153, 1.745875, -7.395480, -1.760025)],
        "there is no ReLU behind the pool's projection, but one behind the pool": [
            (3.503153, 1.745875, -7.395480, -1.453838)
        ],
        "there is no ReLU": [(2.800321, 31.671626, -24.360485, -3.916167)],
        "ReLU is missing behind the two reductions": [(3.503153, 18.175519, -10.038040, -1.834666)],
        "ReLU stands behind the reductions only; each branch ends with one as well": [
            (2.800321, 16.127839, -16.517760, -3.916167)
        ],
        "ReLU is missing behind the pool's projection": [(3.503153, 1.745875, -7.395480, -3.916167)],
        "ReLU is missing behind the 1 x 1 branch": [(2.800321, 1.745875, -7.395480, -1.834666)],
        "ReLU is missing behind the reduction of the 3 x 3": [(3.503153, 18.175519, -7.395480, -1.834666)],
        "ReLU is missing behind the reduction of the 5 x 5": [(3.503153, 1.745875, -10.038040, -1.834666)],
        "ReLU is missing behind the 3 x 3": [(3.503153, 16.127839, -7.395480, -1.834666)],
        "ReLU is missing behind the 5 x 5": [(3.503153, 1.745875, -16.517760, -1.834666)],
        "ReLU is missing behind the 3 x 3 and the 5 x 5": [(3.503153, 16.127839, -16.517760, -1.834666)],
        "ReLU is missing behind the 1 x 1 branch and the pool's projection": [
            (2.800321, 1.745875, -7.395480, -3.916167)
        ],
        "the input goes through a ReLU first; each branch reads x as it is": [
            (0.393105, 1.769447, -1.540678, 1.044453)
        ],
        "a normalization without parameters was added; there is none": [
            (5.541290, 9.458911, -46.321579, -7.649170),
            (3.503004, 1.745474, -7.395453, -1.834399),
        ],
    },
    reread=section,
)
check_reach(blank, (1, 5, 6, 6), case, section)

# %% hidden_test="Inception" points=5
section = "The Inception module"


def convolution(value, x, filters, kernel=1, relu=True):
    """A convolution with the padding that keeps the size, and on request the ReLU behind it."""
    y = F.conv2d(x, value((filters, x.shape[1], kernel, kernel)), value((filters,)), padding=kernel // 2)
    return y.relu() if relu else y


def pool_branch(value, x, c4, relu):
    """The fourth branch."""
    return convolution(value, F.max_pool2d(x, 3, 1, 1), c4, relu=relu)


def module_branches(value, x, c1, c2, c3, c4, bare=(), fourth=pool_branch):
    """The outputs of the four branches, with options that stand for mistakes.

    Args:
        bare: which of the six convolutions have no ReLU: 1, 3, 5 and 4 (the pool's) for outputs, 30 and 50 for reductions.
    """
    return [
        convolution(value, x, c1, relu=1 not in bare),
        convolution(value, convolution(value, x, c2[0], relu=30 not in bare), c2[1], 3, relu=3 not in bare),
        convolution(value, convolution(value, x, c3[0], relu=50 not in bare), c3[1], 5, relu=5 not in bare),
        fourth(value, x, c4, 4 not in bare),
    ]


FOURTH = {
    "the pool takes the average; take the maximum": [
        lambda value, x, c4, relu: convolution(value, F.avg_pool2d(x, 3, 1, 1), c4, relu=relu),
        lambda value, x, c4, relu: convolution(value, F.avg_pool2d(x, 3, 1, 1, count_include_pad=False), c4, relu=relu),
    ],
    "the projection stands before the pool; it comes behind": [
        lambda value, x, c4, relu: F.max_pool2d(convolution(value, x, c4, relu=relu), 3, 1, 1),
        lambda value, x, c4, relu: F.max_pool2d(convolution(value, x, c4, relu=False), 3, 1, 1),
    ],
    "the fourth branch has no pool": [lambda value, x, c4, relu: convolution(value, x, c4, relu=relu)],
    "the pool's border is padded with zeros, which win over negative values; use the pool's own padding": [
        lambda value, x, c4, relu: convolution(value, F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 1), c4, relu=relu)
    ],
    "the pool's window is 5 x 5; take 3 x 3": [
        lambda value, x, c4, relu: convolution(value, F.max_pool2d(x, 5, 1, 2), c4, relu=relu)
    ],
    "there is no ReLU behind the pool's projection, but one behind the pool": [
        lambda value, x, c4, relu: convolution(value, F.max_pool2d(x, 3, 1, 1).relu(), c4, relu=False)
    ],
}
BARE = {
    "there is no ReLU": (1, 30, 3, 50, 5, 4),
    "ReLU is missing behind the two reductions": (30, 50),
    "ReLU stands behind the reductions only; each branch ends with one as well": (1, 3, 5, 4),
    "ReLU is missing behind the pool's projection": (4,),
    "ReLU is missing behind the 1 x 1 branch": (1,),
    "ReLU is missing behind the reduction of the 3 x 3": (30,),
    "ReLU is missing behind the reduction of the 5 x 5": (50,),
    "ReLU is missing behind the 3 x 3": (3,),
    "ReLU is missing behind the 5 x 5": (5,),
    "ReLU is missing behind the 3 x 3 and the 5 x 5": (3, 5),
    "ReLU is missing behind the 1 x 1 branch and the pool's projection": (1, 4),
}


def module_mistakes(value, x, channels):
    """What common mistakes give for the output, by the clause that names them."""
    right = module_branches(value, x, *channels)
    mistakes = {
        clause: [torch.cat(module_branches(value, x, *channels, fourth=way), 1) for way in ways]
        for clause, ways in FOURTH.items()
    }
    for clause, bare in BARE.items():
        mistakes[clause] = [torch.cat(module_branches(value, x, *channels, bare=bare), 1)]
    for order in permutations(range(4)):
        names = ", ".join(BRANCHES[k] for k in order)
        clause = f"the branches are concatenated in the order {names}; 1 x 1, 3 x 3, 5 x 5, pool is asked for"
        mistakes[clause] = [torch.cat([right[k] for k in order], 1)]
    y = torch.cat(right, 1)
    mistakes |= {
        "the input goes through a ReLU first; each branch reads x as it is": [
            torch.cat(module_branches(value, x.relu(), *channels), 1)
        ],
        "a normalization without parameters was added; there is none": [
            F.batch_norm(y, None, None, training=True),
            F.local_response_norm(y, 5),
        ],
        "a ReLU6 stops at 6; take a ReLU, which has no upper bound": [
            torch.cat([part.clamp(max=6) if k in capped else part for k, part in enumerate(right)], 1)
            for capped in ({0}, {1}, {2}, {3}, {0, 1, 2, 3})
        ],
    }
    if y.shape == x.shape:
        mistakes["the input is added at the end; that is a residual block"] = [y + x, (y + x).relu()]
    return mistakes


generator = torch.Generator().manual_seed(grading_seed() + 70)
rng = random.Random(grading_seed() + 70)
picked, equal = rng.sample(range(2, 12), 6), rng.randint(3, 5)
cases = [
    ((rng.randint(3, 9), picked[0], tuple(picked[1:3]), tuple(picked[3:5]), picked[5]), (2, 7, 5)),
    ((rng.randint(2, 4), 1, (rng.randint(6, 8), 2), (rng.randint(9, 11), 4), 5), (1, 1, rng.randint(7, 9))),
    ((4 * equal, equal, (equal, equal), (equal, equal), equal), (3, 5, 6)),
    ((192, 64, (96, 128), (16, 32), 32), (1, 3, rng.randint(3, 5))),
]
for channels, (n, height, width) in cases:
    value = random_values(generator)
    in_channels, c1, c2, c3, c4 = channels
    case = f"Inception{channels}"
    model, blank = Inception(in_channels=in_channels, c1=c1, c2=c2, c3=c3, c4=c4), Inception(*channels).to("meta")
    shapes = module_shapes(*channels)
    distinct = len(set(shapes.values())) == len(shapes)
    check_parameters(blank, shapes, case, section, module_slips(*channels) if distinct else ())
    check_reach(blank, (n, in_channels, height, width), case, section)
    if len({c1, c2[1], c3[1], c4}) == 4:
        check_order(model, blank, in_channels, (c1, c2[1], c3[1], c4), case)
    load_values(model, blank, value)
    x = 8 * torch.randn(n, in_channels, height, width, generator=generator, dtype=torch.float64)

    def reference(x, value=value, channels=channels[1:]):
        return torch.cat(module_branches(value, x, *channels), 1)

    given, mistakes = x.clone(), module_mistakes(value, x, (c1, c2, c3, c4))
    y = steady_output(model, given, case, section)
    what = f"the output of {case} for x of shape {tuple(x.shape)}"
    expect_close(y, reference(x), what=what, mistakes=mistakes, reread=section)
    expect_true(torch.equal(given, x), what="x stays as it is", likely="something works in place on x", reread=section)
    check_input_gradient(model, x, reference, case, section)
model.train()
what = f"the output of {case} in training mode"
expect_close(output_of(model, x, case, section), reference(x), what=what, mistakes=mistakes, reread=section)

# %% [markdown]
# ### Your module, drawn from its own code
#
# The picture above was drawn from numbers. This one is read off *your* code: it runs your module 3a once and follows
# autograd's record from the output back to the input. A missing ReLU or a pool with another stride shows at once.


# %% experiment="drawn_from_code" alt="A graph read from the code of module 3a, from the input at the bottom to the concatenation at the top. Four columns: 1 by 1 convolution, ReLU; 1 by 1, ReLU, 3 by 3, ReLU; 1 by 1, ReLU, 5 by 5, ReLU; max pool, 1 by 1, ReLU." folded="true"
def described(step):
    """Label and kind of an operation in autograd's record."""
    name = type(step).__name__.rstrip("0123456789").removesuffix("Backward")
    if name == "Convolution":
        filters, _, kernel, _ = step._saved_weight.shape
        return f"{kernel}×{kernel}\n{filters}", "1×1" if kernel == 1 else "wide"
    if name.startswith("MaxPool2D"):
        return (
            f"max pool {step._saved_kernel_size[0]}\nstride {[*step._saved_stride, *step._saved_kernel_size][0]}",
            "pool",
        )
    return {"Cat": ("concatenate", "cat"), "Relu": ("ReLU", "relu")}.get(name, (name, "data"))


def reads(step):
    """The operations whose results an operation reads; parameters are left out."""
    return [
        earlier
        for earlier, _ in step.next_functions
        if earlier is not None and not isinstance(getattr(earlier, "variable", None), nn.Parameter)
    ]


def level_of(step, known):
    """How many operations lie between the input and this one, on the longest way."""
    if step not in known:
        known[step] = 1 + max((level_of(earlier, known) for earlier in reads(step)), default=-1)
    return known[step]


def columns_of(step, column, known):
    """Note for each operation below a step the columns of the branches that use it."""
    known.setdefault(step, set()).add(column)
    for earlier in reads(step):
        columns_of(earlier, column, known)


image = torch.zeros(1, 192, 5, 5, requires_grad=True)
output = Inception(192, 64, (96, 128), (16, 32), 32)(image)
levels, columns = {}, {}
top = level_of(output.grad_fn, levels)
branches = max(map(reads, levels), key=len)
for number, branch in enumerate(branches):
    columns_of(branch, number, columns)
everywhere = range(len(branches))
middle = {step: sum(places) / len(places) for step in levels for places in [columns.get(step, everywhere)]}
spots = {step: (middle[step], levels[step]) for step in levels}
figure, ax = plots.figure(height=4.4)
for step, (x, y) in spots.items():
    is_input = getattr(step, "variable", None) is image
    label, kind = ("input", "data") if is_input else described(step)
    wide = is_input or kind == "cat"
    draw_box(ax, x, y, 3.7 if wide else 0.6, label, kind, height=0.62)
    for earlier in reads(step):
        from_x, from_y = spots[earlier]
        start_x = x if getattr(earlier, "variable", None) is image else from_x
        draw_arrow(ax, (start_x, from_y + 0.31), (from_x if wide else x, y - 0.31))
ax.set(xlim=(-0.6, 3.6), ylim=(-0.5, top + 0.5))
ax.set_axis_off()
plots.show("What your module really does, from the input (bottom) to the output (top), as autograd saw it.")

# %% [markdown]
# ## What the bottlenecks save
#
# The first idea was simpler: the *naive* module puts 1 × 1, 3 × 3 and 5 × 5 convolutions and the pool side by side, all
# of them on the full input, and concatenates (Szegedy et al., 2015, Figure 2a). Two things are wrong with it.
#
# It is dear. In 3a the 5 × 5 would have $25 \cdot 192 \cdot 32 = 153{,}600$ weights. Through a reduction to 16 channels it
# takes $192 \cdot 16 + 25 \cdot 16 \cdot 32 = 15{,}872$, a tenth. In general $K^2 C c$ weights from $C$ to $c$ channels
# become $r\,(C + K^2 c)$ through $r$.
#
# And it swells. The pool hands on all channels that it reads, and those of the convolutions come on top: 192 → 416 in 3a,
# and every further module adds to it. Against this there is the projection.
#
# **Worked example.** A small module: 10 channels on 4 × 4, `c1=2`, `c2=(3, 4)`, `c3=(1, 2)`, `c4=2`. The 1 × 1
# convolutions that read the input have $10 \cdot (2 + 3 + 1 + 2) = 80$ weights, the 3 × 3 has $9 \cdot 3 \cdot 4 = 108$,
# the 5 × 5 $25 \cdot 1 \cdot 2 = 50$: 238 weights at 16 places, 3808 multiply-adds. Naive: $10 \cdot 2 = 20$ in the
# 1 × 1, $9 \cdot 10 \cdot 4 = 360$ in the 3 × 3, $25 \cdot 10 \cdot 2 = 500$ in the 5 × 5 and none in the pool branch:
# 880 at 16 places, 14,080.
#
# ### Exercise: `inception_macs` (5 points, about 12 minutes)
#
# <details><summary>Hint 1: weights first</summary>
#
# All convolutions of the module put out maps of the same size. So add up their weights, and multiply with the places
# once.
# </details>
#
# <details><summary>Hint 2: what goes without bottlenecks</summary>
#
# Three of the four 1 × 1 convolutions: both reductions and the projection. The 1 × 1 branch stays. `c2[0]`, `c3[0]` and
# `c4` play no part then.
# </details>


# %% exercise="inception_macs"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    """Multiply-adds of an Inception module for one image.

    Args:
        in_channels: of the input.
        size: side of the input's maps, and of all others, in pixels.
        c1, c2, c3, c4: as for Inception; c2 and c3 are pairs (reduce, out).
        bottleneck: False for the naive module, which lacks all three 1 x 1 convolutions that only change the number of
            channels: 3 x 3 and 5 x 5 read the input, and the pool branch ends with the pool. Output channels of the 1 x 1,
            3 x 3 and 5 x 5 stay as they are.

    Returns:
        The multiply-adds of all its convolutions, an int. Biases, ReLU, pool and concatenation cost none.
    """
    ### BEGIN SOLUTION
    if bottleneck:
        ones = in_channels * (c1 + c2[0] + c3[0] + c4)
        weights = ones + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2
    ### END SOLUTION


# %% test="inception_macs" points=2
section = "What the bottlenecks save"
small, module_3a = (10, 4, 2, (3, 4), (1, 2), 2), (192, 28, 64, (96, 128), (16, 32), 32)
lean_mistakes = {
    "this is the naive module, without bottlenecks": [14_080, 303_464_448],
    "the reductions are missing": [3_168, 111_190_016],
    "the pool's projection is missing": [3_488, 123_232_256],
    "the 1 x 1 branch is missing": [3_488, 118_415_360],
    "behind the reductions, 3 x 3 and 5 x 5 read c2[0] and c3[0] channels, not the input's": [15_040, 325_140_480],
    "c2 and c3 are pairs (reduce, out), the reduction first": [4_128, 135_274_496],
    "c2 goes with the 3 x 3 and c3 with the 5 x 5": [6_368, 275_767_296],
    "the projection reads the pool's maps, which have as many channels as the input": [
        3_552,
        3_744,
        124_035_072,
        128_851_968,
    ],
    "multiplication and addition were counted apart (FLOP); a MAC is both": [7_616, 256_098_304],
    "the places are missing; each weight is used at every one of them": [238, 252, 163_328, 163_696],
    "one side of the maps is missing; there are size * size places": [952, 4_573_184],
    "biases cost no multiply-adds": [4_032, 3_822, 128_337_664, 128_049_520],
    "a kernel has K * K weights, not K": [2_016, 62_218_240],
    "the third branch's kernel is 5 x 5, not 3 x 3": [3_296, 121_626_624],
    "the maps keep their size; the padding sees to it": [1_712, 113_442_816],
    "the pool's comparisons are no multiply-adds": [5_248, 3_968, 129_403_904, 128_199_680],
}
naive_mistakes = {
    "without bottlenecks the pool's projection goes as well: it changes the number of channels and nothing else": [
        14_400,
        308_281_344,
    ],
    "bottleneck=False is not heeded": [3_808, 128_049_152],
    "the 1 x 1 branch is no bottleneck; it stays": [13_760, 293_830_656],
    "the reductions are gone, so 3 x 3 and 5 x 5 read all channels of the input": [
        2_848,
        3_168,
        106_373_120,
        111_190_016,
    ],
    "without bottlenecks 3 x 3 and 5 x 5 keep their output channels, c2[1] and c3[1]": [
        8_640,
        8_960,
        199_901_184,
        204_718_080,
    ],
    "c2 goes with the 3 x 3 and c3 with the 5 x 5": [19_200, 534_675_456],
    "multiplication and addition were counted apart (FLOP); a MAC is both": [28_160, 606_928_896],
    "the places are missing; each weight is used at every one of them": [880, 888, 387_072, 387_296],
    "one side of the maps is missing; there are size * size places": [3_520, 10_838_016],
    "biases cost no multiply-adds": [14_208, 14_088, 303_640_064, 303_464_672],
    "a kernel has K * K weights, not K": [3_840, 91_521_024],
    "the third branch's kernel is 5 x 5, not 3 x 3": [8_960, 226_394_112],
    "the maps keep their size; the padding sees to it": [1_760, 247_627_776],
    "the pool's comparisons are no multiply-adds": [15_520, 14_240, 304_819_200, 303_614_976],
}
for arguments, bottleneck, right in (
    (small, True, 3_808),
    (small, False, 14_080),
    (module_3a, True, 128_049_152),
    (module_3a, False, 303_464_448),
):
    expect_equal(
        inception_macs(*arguments, bottleneck=bottleneck),
        right,
        what=f"inception_macs({', '.join(map(str, arguments))}, bottleneck={bottleneck})",
        mistakes=lean_mistakes if bottleneck else naive_mistakes,
        reread=section,
    )
expect_equal(
    inception_macs(*small),
    3_808,
    what="the multiply-adds if bottleneck is left out",
    mistakes={"the default is bottleneck=True": 14_080},
    reread=section,
)

# %% hidden_test="inception_macs" points=3
section = "What the bottlenecks save"


def macs_mistakes(c_in, size, c1, c2, c3, c4, bottleneck):
    """What common mistakes give, by the clause that names them."""
    places = size**2
    if bottleneck:
        parts = [c_in * c1, c_in * c2[0], 9 * c2[0] * c2[1], c_in * c3[0], 25 * c3[0] * c3[1], c_in * c4]
        outputs = [c1, c2[0], c2[1], c3[0], c3[1], c4]
        linear = c_in * (c1 + c2[0] + c3[0] + c4) + 3 * c2[0] * c2[1] + 5 * c3[0] * c3[1]
        small, kernels = sum(parts) - 16 * c3[0] * c3[1], (1, 1, 3, 1, 5, 1)
        own = {
            "this is the naive module, without bottlenecks": c_in * (c1 + 9 * c2[1] + 25 * c3[1]) * places,
            "the reductions are missing": (sum(parts) - parts[1] - parts[3]) * places,
            "the pool's projection is missing": (sum(parts) - parts[5]) * places,
            "the 1 x 1 branch is missing": (sum(parts) - parts[0]) * places,
            "behind the reductions, 3 x 3 and 5 x 5 read c2[0] and c3[0] channels, not the input's": (
                sum(parts) - parts[2] - parts[4] + c_in * (9 * c2[1] + 25 * c3[1])
            )
            * places,
            "c2 and c3 are pairs (reduce, out), the reduction first": (
                c_in * (c1 + c2[1] + c3[1] + c4) + parts[2] + parts[4]
            )
            * places,
            "c2 goes with the 3 x 3 and c3 with the 5 x 5": (
                c_in * (c1 + c2[0] + c3[0] + c4) + 25 * c2[0] * c2[1] + 9 * c3[0] * c3[1]
            )
            * places,
            "the projection reads the pool's maps, which have as many channels as the input": [
                (sum(parts) - parts[5] + c3[1] * c4) * places,
                (sum(parts) - parts[5] + (c1 + c2[1] + c3[1]) * c4) * places,
            ],
        }
    else:
        parts = [c_in * c1, 9 * c_in * c2[1], 25 * c_in * c3[1]]
        outputs = [c1, c2[1], c3[1]]
        linear = c_in * (c1 + 3 * c2[1] + 5 * c3[1])
        small, kernels = c_in * (c1 + 9 * c2[1] + 9 * c3[1]), (1, 3, 5)
        own = {
            "without bottlenecks the pool's projection goes as well: it changes the number of channels and nothing else": (
                sum(parts) + c_in * c4
            )
            * places,
            "bottleneck=False is not heeded": (
                c_in * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
            )
            * places,
            "the 1 x 1 branch is no bottleneck; it stays": (sum(parts) - parts[0]) * places,
            "the reductions are gone, so 3 x 3 and 5 x 5 read all channels of the input": [
                (c_in * c1 + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]) * places,
                (c_in * (c1 + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]) * places,
            ],
            "without bottlenecks 3 x 3 and 5 x 5 keep their output channels, c2[1] and c3[1]": [
                c_in * (c1 + 9 * c2[0] + 25 * c3[0]) * places,
                c_in * (c1 + c4 + 9 * c2[0] + 25 * c3[0]) * places,
            ],
            "c2 goes with the 3 x 3 and c3 with the 5 x 5": c_in * (c1 + 25 * c2[1] + 9 * c3[1]) * places,
        }
    weights = sum(parts)
    return own | {
        "multiplication and addition were counted apart (FLOP); a MAC is both": 2 * weights * places,
        "the places are missing; each weight is used at every one of them": [weights, weights + sum(outputs)],
        "one side of the maps is missing; there are size * size places": weights * size,
        "biases cost no multiply-adds": [(weights + sum(outputs)) * places, weights * places + sum(outputs)],
        "a kernel has K * K weights, not K": linear * places,
        "the third branch's kernel is 5 x 5, not 3 x 3": small * places,
        "the maps keep their size; the padding sees to it": sum(
            part * max(size - kernel + 1, 0) ** 2 for part, kernel in zip(parts, kernels, strict=True)
        ),
        "the pool's comparisons are no multiply-adds": [
            (weights + 9 * c_in) * places,
            (weights + c_in) * places,
        ],
    }


def real_module_macs(c_in, size, c1, c2, c3, c4, bottleneck):
    """The multiply-adds of a module's convolutions, measured one by one on the meta device."""
    convs = [(c_in, c1, 1)]
    if bottleneck:
        convs += [(c_in, c2[0], 1), (*c2, 3), (c_in, c3[0], 1), (*c3, 5), (c_in, c4, 1)]
    else:
        convs += [(c_in, c2[1], 3), (c_in, c3[1], 5)]
    layers = [(nn.Conv2d(i, o, k, padding=k // 2, device="meta"), i) for i, o, k in convs]
    return sum(row.macs for layer, inputs in layers for row in measure(layer, (inputs, size, size)))


rng = random.Random(grading_seed() + 71)
drawn = [[rng.randint(2, 60) for _ in range(8)] for _ in range(4)]
cases = [(c_in, size, c1, (r3, o3), (r5, o5), c4) for c_in, size, c1, r3, o3, r5, o5, c4 in drawn]
cases += [
    (832, 7, 384, (192, 384), (48, 128), 128),
    (512, 14, 112, (144, 288), (32, 64), 64),
    (3, 1, 5, (7, 2), (9, 4), 6),
]
for c_in, size, c1, c2, c3, c4 in cases:
    for bottleneck in (True, False):
        expect_equal(
            inception_macs(c_in, size, c1=c1, c2=c2, c3=c3, c4=c4, bottleneck=bottleneck),
            real_module_macs(c_in, size, c1, c2, c3, c4, bottleneck),
            what=f"the multiply-adds for {c_in} channels on {size} x {size}, {c1=}, {c2=}, {c3=}, {c4=}, {bottleneck=}",
            mistakes=macs_mistakes(c_in, size, c1, c2, c3, c4, bottleneck),
            reread=section,
        )
expect_equal(inception_macs(*cases[0]), real_module_macs(*cases[0], True), what="the multiply-adds by default")

# %% [markdown]
# ### Saved: operations. And time?
#
# All nine modules of GoogLeNet, by your function. Channels are those of the paper's Table 1:

# %% given="modules"
MODULES = {  # c1, c2, c3, c4 by module; maps are 28 x 28 in stage 3, 14 x 14 in stage 4, 7 x 7 in stage 5
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}

# %% experiment="bottlenecks_counted"
rows, inputs = [], 192
for name, (c1, c2, c3, c4) in MODULES.items():
    size = {"3": 28, "4": 14, "5": 7}[name[0]]
    lean, naive = (inception_macs(inputs, size, c1, c2, c3, c4, bottleneck) for bottleneck in (True, False))
    row = {
        "module": name,
        "reads": inputs,
        "puts out": c1 + c2[1] + c3[1] + c4,
        "naive it would": c1 + c2[1] + c3[1] + inputs,
    }
    rows.append(row | {"M MACs": lean / 1e6, "naive": naive / 1e6, "naive / lean": naive / lean})
    inputs = row["puts out"]
lean, naive = (sum(row[key] for row in rows) for key in ("M MACs", "naive"))
show(
    [
        *rows,
        {
            "module": "all",
            "reads": None,
            "puts out": None,
            "naive it would": None,
            "M MACs": lean,
            "naive": naive,
            "naive / lean": naive / lean,
        },
    ]
)

# %% [markdown]
# 1.10 billion in place of 3.88: without its bottlenecks GoogLeNet would overshoot its budget by far, even if every module
# read only as many channels as it does now.
#
# **Predict first.** Module 5b saves three quarters of its multiply-adds, 3a saves 58 %. How much time does a module take,
# compared with its naive form? Count everything in it that takes time.


# %% experiment="bottlenecks_timed" alt="Two plots of stacked bars for modules 3a, 3b, 4d and 5b, time relative to the naive module; left in torch's default memory layout, right with channels last. Each module has two bars, naive and with bottlenecks, made of convolutions and pool. Bottlenecks shrink the part of the convolutions to less than half. In the default layout the pool, the same in both, is the larger part of 3a; in the other layout it nearly vanishes." folded="true"
def convolutions_of(c_in, c1, c2, c3, c4, bottleneck):
    """The convolutions of a module as (inputs, outputs, kernel)."""
    if bottleneck:
        return [(c_in, c1, 1), (c_in, c2[0], 1), (*c2, 3), (c_in, c3[0], 1), (*c3, 5), (c_in, c4, 1)]
    return [(c_in, c1, 1), (c_in, c2[1], 3), (c_in, c3[1], 5)]


def shortest_times(layers, size, layout, device):
    """The shortest of 8 times of each layer, on maps of its own; in turns, so that a busy machine is fair to all."""
    timers = []
    for layer, c_in in layers:
        x = torch.randn(1, c_in, size, size, device=device).to(memory_format=layout)
        globals_ = {"layer": layer.to(device, memory_format=layout), "x": x}
        timers.append(Timer("layer(x)", globals=globals_))
    with torch.no_grad():
        return [min(times) for times in zip(*([t.timeit(1).mean for t in timers] for _ in range(8)), strict=True)]


device = cnnlab.device()
layouts = {"torch's default layout": torch.contiguous_format, "channels last": torch.channels_last}
chosen = {"3a": (192, 28), "3b": (256, 28), "4d": (512, 14), "5b": (832, 7)}
seconds = {}
for name, (c_in, size) in chosen.items():
    naive, lean = (convolutions_of(c_in, *MODULES[name], bottleneck) for bottleneck in (False, True))
    layers = [(nn.Conv2d(i, o, kernel, padding=kernel // 2), i) for i, o, kernel in naive + lean]
    for title, layout in layouts.items():
        *convs, pool = shortest_times([*layers, (nn.MaxPool2d(3, 1, 1), c_in)], size, layout, device)
        seconds[title, name] = [(sum(convs[:3]), pool), (sum(convs[3:]), pool)]
figure, axes = plots.figure(1, 2, height=3.3, sharey=True)
for ax, title in zip(axes, layouts, strict=True):
    for place, name in enumerate(chosen):
        unit = sum(seconds[title, name][0])
        for side, (convs, pool) in enumerate(seconds[title, name]):
            style = {"width": 0.36, "edgecolor": "white", "linewidth": 0.8}
            x = place + 0.4 * (side - 0.5)
            _ = ax.bar(x, convs / unit, color=plots.COLORS[side], hatch=plots.HATCHES[side], **style)
            _ = ax.bar(x, pool / unit, bottom=convs / unit, color=plots.COLORS[4], hatch="..", **style)
        macs = [inception_macs(*chosen[name], *MODULES[name], bottleneck) for bottleneck in (False, True)]
        _ = ax.plot(place + 0.2, macs[1] / macs[0], "_", color="black", markersize=16, markeredgewidth=2)
    ax.set_xticks(range(len(chosen)), list(chosen))
    ax.set(xlabel="module", title=title)
    ax.grid(axis="x", visible=False)
axes[0].set_ylabel("time / naive module's time")
kinds = {"naive: convolutions": (0, ""), "bottlenecks: convolutions": (1, "//"), "max pool": (4, "..")}
handles = [
    Patch(facecolor=plots.COLORS[c], hatch=hatch, edgecolor="white", label=name) for name, (c, hatch) in kinds.items()
]
handles.append(Line2D([], [], color="black", linewidth=2, marker="", label="multiply-adds"))
_ = figure.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=8)
plots.show(
    "Bottlenecks cut the time of the convolutions about as the count says, or more (black bars: multiply-adds that are left); "
    "the pool, which the count does not see, stays, and how much it takes is a matter of memory layout."
)

# %% [markdown]
# Operations fall by the same factor on every machine; time does not. The convolutions kept the count's promise, or did
# better, when this chapter was written (on one core of a server, with one image): a 5 × 5 on many channels has to fetch
# megabytes of weights for few places. But a module has a max pool, too, which multiplies nothing and is in no table, and
# in torch's default layout, where each channel lies in memory as a piece, it took *longer than all six convolutions of
# 3a together*. Put the channels last in memory, so that the values of a pixel lie side by side, and the same pool takes a
# tenth of its time. On a graphics card the picture is another once more. It is chapter 2's lesson: a count of operations
# is a hint about time, and what is not counted may be what you wait for.
#
# And what do they cost in accuracy? Squeezing 192 channels into 16 before the 5 × 5 means that its kernels can only be
# made of 16 combinations of the input. The authors' hunch is that a short vector can hold most of what there is to say
# about a patch of an image (Szegedy et al., 2015, section 4). The paper reports no experiment with and without; that
# GoogLeNet won is evidence for the whole, not for this part.

# %% [markdown]
# ## Global average pooling
#
# VGG-16 keeps 89 % of its parameters in its three fully-connected layers (lecture, *GoogLeNet: Global Average Pooling*).
# They must be that large because each of 4096 outputs has a weight of its own for every place of every map. But does a
# cat in the left half need other weights than a cat in the right half?
#
# **Global average pooling** says no. It makes one number of each map,
#
# $$\bar x_c = \frac{1}{HW} \sum_{i=1}^{H} \sum_{j=1}^{W} x_{cij},$$
#
# and a single fully-connected layer turns the $C$ means into scores (Lin et al., 2014, took even that away). Places are
# forgotten, and the size of the image no longer matters.
#
# **Worked example.** A map of 2 × 3 with the numbers 1, 2, 3 and 4, 5, 9 becomes 24 / 6 = 4. An image with 1024 maps of
# 7 × 7 becomes 1024 numbers.
#
# ### Exercise: `global_average_pool` (2 points, about 3 minutes)
#
# <details><summary>Hint 1: which axes</summary>
#
# N and C stay. The other two are averaged over, and go.
# </details>
#
# <details><summary>Hint 2: if you pool with torch's layer</summary>
#
# It leaves two axes of size 1. Take away those two and no others: with a batch of one image, `squeeze()` takes the batch
# axis, too.
# </details>


# %% exercise="global_average_pool"
def global_average_pool(x):
    """The mean of each map.

    Args:
        x: maps, shape (N, C, H, W); H and W may differ, and any of the four may be 1. Stays as it is.

    Returns:
        Shape (N, C), of the dtype of x.
    """
    ### BEGIN SOLUTION
    return x.mean(dim=(2, 3))
    ### END SOLUTION


# %% test="global_average_pool" points=1
section = "Global average pooling"
small = torch.tensor([[[[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]], [[0.0, 0.0, -6.0], [0.0, 0.0, 0.0]]]], dtype=torch.float64)
expect_close(
    global_average_pool(small),
    torch.tensor([[4.0, -1.0]], dtype=torch.float64),
    what="the means of two maps of 2 x 3",
    mistakes={
        "the axes of size 1 are left over; keepdim=False, or flatten(1)": torch.tensor([[[[4.0]], [[-1.0]]]]).double(),
        "squeeze() took the batch axis away, too, or the mean was taken over it": torch.tensor(
            [4.0, -1.0], dtype=torch.float64
        ),
        "the sum was taken; take the mean": torch.tensor([[24.0, -6.0]], dtype=torch.float64),
        "the maximum was taken; take the mean": torch.tensor([[9.0, 0.0]], dtype=torch.float64),
        "the median was taken; take the mean": torch.tensor([[3.0, 0.0]], dtype=torch.float64),
        "the maps were taken to be square": [
            torch.tensor([[6.0, -1.5]], dtype=torch.float64),
            torch.tensor([[24 / 9, -6 / 9]], dtype=torch.float64),
            torch.tensor([[2.75, 0.0]], dtype=torch.float64),
        ],
        "only zeros and positive numbers were averaged": torch.tensor([[4.0, 0.0]], dtype=torch.float64),
        "the mean was taken over channels; average over places": [small.mean(axes) for axes in (1, (1, 2), (1, 3))],
        "one axis is left to average over": [small.mean(2), small.mean(3)],
    },
    reread=section,
)

# %% hidden_test="global_average_pool" points=1
section = "Global average pooling"
generator = torch.Generator().manual_seed(grading_seed() + 72)
rng = random.Random(grading_seed() + 72)
shapes = [(2, 3, rng.randint(5, 7), 4), (1, rng.randint(3, 5), 7, 7), (3, 1, 1, rng.randint(5, 7)), (1, 1, 3, 2)]
shapes += [(rng.randint(2, 4), 5, 1, 1), (1, 2, rng.randint(10, 14), 14), (rng.randint(2, 4), 3, 3, 3)]
for shape in shapes:
    x = torch.randn(shape, generator=generator, dtype=torch.float64) - 0.5
    given = x.clone()
    n, c, h, w = shape
    total = x.flatten(2).sum(2)
    right = torch.stack([row.flatten(1).sum(1) for row in x]) / (h * w)
    mistakes = {
        "the sum was taken; take the mean": total,
        "the maximum was taken; take the mean": x.amax((2, 3)),
        "the median was taken; take the mean": x.flatten(2).median(2).values,
        "the axes of size 1 are left over": right[..., None, None],
        "squeeze() takes away every axis of size 1": right.squeeze(),
        "the maps were taken to be square": [total / h**2, total / w**2],
        "it was divided by another number than that of the places": [total / (h * w * c), total / (h + w), total / c],
        "the mean was taken over channels; average over places": [x.mean(1), x.mean((1, 2)), x.mean((1, 3))],
        "the batch was averaged, too": [x.mean((0, 2, 3)), x.mean((0, 2, 3)).expand(n, c)],
        "one number came for each image": [x.mean((1, 2, 3)), x.mean((1, 2, 3))[:, None].expand(n, c)],
        "negative numbers count as well": x.relu().mean((2, 3)),
        "the size is fixed at 7 x 7": total / 49,
    }
    what = f"the means for x of shape {shape}"
    expect_close(global_average_pool(given), right, what=what, mistakes=mistakes, reread=section)
    expect_true(torch.equal(given, x), what="x stays as it is", likely="something works in place on x", reread=section)
single = torch.randn(2, 3, 4, 4, generator=generator)
expect_close(global_average_pool(single), single.mean((-1, -2)), what="the means of maps in float32", reread=section)
leaf = torch.randn(2, 3, 4, 5, generator=generator, dtype=torch.float64).requires_grad_()
result = global_average_pool(leaf)
expect_true(
    result.requires_grad,
    what="gradients flow through the pool",
    likely="it went through .detach(), .item() or NumPy",
    reread=section,
)
(result * torch.arange(6.0).view(2, 3)).sum().backward()
expect_close(
    leaf.grad,
    (torch.arange(6.0, dtype=torch.float64) / 20).view(2, 3, 1, 1).expand(2, 3, 4, 5).contiguous(),
    what="the gradient of x",
    reread=section,
)

# %% [markdown]
# What is saved can be counted. Take the maps that reach the head, $C$ channels of $S \times S$, and count both heads for
# them: VGG's `flatten` and three fully-connected layers, with 4096, 4096 and one output per class; or the pool and a
# single layer.
#
# **Worked example.** For 8 channels of 2 × 2 and 10 classes. VGG's head: $8 \cdot 2 \cdot 2 = 32$ numbers come in,
# $32 \cdot 4096 + 4096 = 135{,}168$ parameters; then $4096 \cdot 4096 + 4096 = 16{,}781{,}312$; then
# $4096 \cdot 10 + 10 = 40{,}970$: together 16,957,450. Pooled: $8 \cdot 10 + 10 = 90$.
#
# > **On the slide.** The two slides on global average pooling show the first rows of the *stem's* table again (with 3316),
# > where the head's belong: average pool, 1024 numbers, 4 KiB, no parameters; fully connected, 1000 numbers, 1,025,000
# > parameters, 1.0 M multiply-adds. VGG's three rows beside it are right, without biases as always.
#
# ### Exercise: `head_params` (3 points, about 8 minutes)
#
# <details><summary>Hint 1: one layer</summary>
#
# Inputs × outputs weights, and one bias per output.
# </details>
#
# <details><summary>Hint 2: pairs</summary>
#
# Write the numbers that flow from layer to layer as a list. Neighbours in it are the inputs and outputs of a layer.
# </details>


# %% exercise="head_params"
def head_params(kind, channels, size, num_classes):
    """Parameters of a network's head, which turns maps into scores of classes.

    Args:
        kind: "gap" for global average pooling and one fully-connected layer; "fc" for VGG's flatten and three
            fully-connected layers, with 4096, 4096 and num_classes outputs.
        channels: of the maps.
        size: side of the maps in pixels.
        num_classes: how many scores.

    Returns:
        The number of parameters with all biases, an int.

    Raises:
        ValueError: if kind is another.
    """
    ### BEGIN SOLUTION
    if kind == "gap":
        widths = [channels, num_classes]
    elif kind == "fc":
        widths = [channels * size**2, 4096, 4096, num_classes]
    else:
        raise ValueError(f'kind is {kind!r}, but it must be "gap" or "fc"')
    return sum(inputs * outputs + outputs for inputs, outputs in pairwise(widths))
    ### END SOLUTION


# %% test="head_params" points=1
section = "Global average pooling"
expect_equal(
    head_params("fc", 512, 7, 1000),
    123_642_856,
    what='the parameters of VGG-16\'s head, head_params("fc", 512, 7, 1000)',
    mistakes={
        "the biases are missing; these are the slide's numbers": 123_633_664,
        "flatten makes channels * size * size numbers": [22_980_584, 35_563_496],
        "one of the layers with 4096 outputs is missing": 106_861_544,
        "the head for pooled maps was counted": 513_000,
        "the parameters of the pooled head came on top": 124_155_856,
        "the input is counted as parameters, too": 123_667_944,
        "the last layer is missing": 119_545_856,
    },
    reread=section,
)
expect_equal(
    head_params("gap", 1024, 7, 1000),
    1_025_000,
    what='the parameters of GoogLeNet\'s head, head_params("gap", 1024, 7, 1000)',
    mistakes={
        "the biases are missing": 1_024_000,
        "pooling leaves one number per channel, whatever the size": [50_177_000, 7_169_000],
        "the pool has no parameters": [1_026_024, 1_026_000, 1_075_176],
        "the fully-connected layers of VGG were counted": 226_403_304,
        "there is one bias per output, not one per input": 1_025_024,
    },
    reread=section,
)
expect_raises(ValueError, head_params, "max", 512, 7, 1000, what='head_params("max", 512, 7, 1000)', reread=section)

# %% hidden_test="head_params" points=2
section = "Global average pooling"
rng = random.Random(grading_seed() + 73)
for channels, size, classes in [(8, 2, 10), (2048, 1, 3)] + [
    (rng.randint(2, 600), rng.randint(2, 9), rng.randint(2, 2000)) for _ in range(4)
]:
    numbers = channels * size**2
    with torch.device("meta"):
        hidden = [nn.Linear(numbers, 4096), nn.Linear(4096, 4096), nn.Linear(4096, classes)]
        single = nn.Linear(channels, classes)
    count = {
        "fc": sum(parameter.numel() for layer in hidden for parameter in layer.parameters()),
        "gap": sum(parameter.numel() for parameter in single.parameters()),
    }
    slips = {
        "fc": {
            "the biases are missing": count["fc"] - 8192 - classes,
            "one bias per layer was counted; there is one per output": count["fc"] - 8192 - classes + 3,
            "flatten makes channels * size * size numbers": [
                count["fc"] - (numbers - channels) * 4096,
                count["fc"] - (numbers - channels * size) * 4096,
            ],
            "one of the layers with 4096 outputs is missing": count["fc"] - 4096 * 4097,
            "the head for pooled maps was counted": count["gap"],
            "the number of classes is fixed at 1000": count["fc"] + (1000 - classes) * 4097,
        },
        "gap": {
            "the biases are missing": count["gap"] - classes,
            "one bias per layer was counted; there is one per output": count["gap"] - classes + 1,
            "there is one bias per output, not one per input": count["gap"] - classes + channels,
            "pooling leaves one number per channel, whatever the size": [
                numbers * classes + classes,
                channels * size * classes + classes,
            ],
            "the fully-connected layers of VGG were counted": count["fc"],
            "the number of classes is fixed at 1000": (channels + 1) * 1000,
            "the number of channels is fixed at 1024": 1025 * classes,
        },
    }
    for kind, right in count.items():
        expect_equal(
            head_params(kind, channels, size, num_classes=classes),
            right,
            what=f"head_params({kind!r}, {channels}, {size}, {classes})",
            mistakes=slips[kind],
            reread=section,
        )
for kind in ("GAP", "", "flatten", "pool"):
    expect_raises(ValueError, head_params, kind, 8, 2, 10, what=f"head_params({kind!r}, 8, 2, 10)", reread=section)

# %% [markdown]
# 123.6 million against 1.0 million, 121 times fewer. In the paper the change even *raised* accuracy, by 0.6 points top-1,
# with dropout still in front of the last layer (Szegedy et al., 2015, section 5). Fewer parameters, better result: a
# head that can learn places will learn them, whether they matter or not.
#
# That can be tested. Train two networks on the digits: the same four 3 × 3 convolutions with batch norm, then either your
# global average pool and one layer, or `flatten`, a hidden layer of 128 and the last layer. Test both on the test digits as
# they are, and on the same digits moved by one pixel, up, down, left and right. Neither has seen moved digits in training.
#
# **Predict first.** Which is better on digits in place? On moved ones? By how much?


# %% experiment="moved_by_one_pixel" alt="Bars with ticks for three seeds. On test digits in place both heads reach about 0.98. On digits moved by one pixel the pooled head falls to about 0.8, the fully-connected one to about 0.65." folded="true"
class WithHead(nn.Module):
    """Four 3 x 3 convolutions with batch norm, and a head: pooled, or fully connected."""

    def __init__(self, pooled):
        super().__init__()
        layers, channels = [], 1
        for place in range(4):
            layers += [nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if place == 1 else []
            channels = 16
        self.features, self.pooled = nn.Sequential(*layers), pooled
        hidden = [nn.Flatten(), nn.Linear(16 * 4 * 4, 128), nn.ReLU(), nn.Linear(128, 10)]
        self.head = nn.Linear(16, 10) if pooled else nn.Sequential(*hidden)

    def forward(self, x):
        maps = self.features(x)
        return self.head(global_average_pool(maps) if self.pooled else maps)


def moved(images, down, right):
    """Images moved by so many pixels; the background fills what becomes free."""
    padded = F.pad(images, (1, 1, 1, 1), value=images.min().item())
    return padded[:, :, 1 - down : 9 - down, 1 - right : 9 - right]


digits = data.digits(torch.float32).to(device)
heads = {"global average pool": True, "fully connected": False}
accuracies = {}
for name, pooled in heads.items():
    runs = []
    for seed in range(3):
        _ = torch.manual_seed(seed)
        network = WithHead(pooled).to(device, memory_format=torch.channels_last)
        options = {"steps": 150, "batch_size": 64, "learning_rate": 0.05, "schedule": "cosine", "seed": seed}
        _ = training.train(network, digits.train_x, digits.train_y, **options)
        _ = network.eval()
        shifts = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
        scores = [training.accuracy(network, moved(digits.test_x, *shift), digits.test_y) for shift in shifts]
        runs.append((scores[0], sum(scores[1:]) / 4))
    accuracies[name] = torch.tensor(runs)
    print(f"{name}: {sum(parameter.numel() for parameter in network.head.parameters()):,} parameters in the head")
pooled, connected = accuracies.values()
print("in place, both above 0.95 on every seed:", bool((pooled[:, 0] > 0.95).all() and (connected[:, 0] > 0.95).all()))
print("moved, the pooled head is better on every seed:", bool(pooled[:, 1].min() > connected[:, 1].max()))
figure, ax = plots.figure(height=3.0)
plots.bars(
    ax,
    ["as they are", "moved by one pixel"],
    {name: runs.mean(0) for name, runs in accuracies.items()},
    xlabel="test digits",
    ylabel="test accuracy",
)
for index, runs in enumerate(accuracies.values()):
    for place in (0, 1):
        _ = ax.plot([place + 0.4 * (index - 0.5)] * 3, runs[:, place], "_", color="black", linestyle="", markersize=12)
ax.set_ylim(0, 1.25)
_ = ax.legend(loc="upper right", ncols=2)
plots.show(
    "In place the heads are equally good; moved by a single pixel, the fully-connected one loses far more (bars: mean, ticks: seeds)."
)

# %% [markdown]
# In place there is no difference to speak of. Moved by one pixel, the pooled head loses about 0.15 and the fully-connected
# one twice as much. The average does not care where in a map something is; the hidden layer has learned where. Why does
# the pooled one lose anything at all? The layers *before* the pool are not indifferent to shifts: the max pool with stride
# 2 groups other pixels after a step of one, and zero padding tells the convolutions where the border is.
#
# What is gained is also what is given up: where classes *differ* by place (is the mark above or below the line?), a global
# average throws away what they differ in. For photographs of one object, that seldom hurts.

# %% [markdown]
# ## Auxiliary classifiers
#
# GoogLeNet has 22 layers with weights from the image to the scores, and it was built before batch norm. On its way back
# the gradient passes through all of them, and the authors worried whether enough of it would reach the first (Szegedy et
# al., 2015, section 5). Their remedy: two small classifiers, attached half-way, which are trained to classify as well. Each
# sends gradients into the network from where it sits, so that no layer is far from a loss.
#
# > **On the slide.** "Training using loss at the end of the network didn't work well: network is too deep, gradients don't
# > propagate cleanly." The paper says less: that propagating gradients *was a concern*. It reports no run that failed.
#
# Was the concern justified? Take an untrained plain network of 20 convolutions, 3 × 3 with 16 channels and ReLU (a max
# pool behind the fifth, a global average pool and a layer with 10 outputs at the end). Compute the loss of a batch of
# digits, go backward, and note the size of each layer's gradient. Then once more with four auxiliary heads, behind layers
# 3, 7, 11 and 15, whose losses are added: more heads than GoogLeNet had, and at full weight. Then with batch norm instead.
# And all of it for two kinds of initial weights: torch's default, which shrinks the signal in each layer, and He's, which
# keeps its size (He et al., 2015).
#
# **Predict first.** By how much does the gradient shrink from layer 20 to layer 1? Do the heads repair it? Does batch norm?
# And which of the two is needed with He's weights?


# %% experiment="gradients_at_depth" alt="Two plots of the gradient's norm against the layer, on logarithmic axes. With torch's initial weights and one loss it falls from about 0.01 at layer 20 to about 1e-10 at layer 1; with four heads it saws between 1e-4 and 0.1 and is about 0.001 at layer 1; with batch norm it rises from 0.2 to about 1 at layer 1. With He's initial weights all three curves stay between 0.003 and 2." folded="true"
class PlainNet(nn.Module):
    """Twenty 3 x 3 convolutions, with an exit behind the last and behind those layers where heads sit."""

    def __init__(self, heads=(), he=False, batch_norm=False, channels=16, depth=20):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(channels if k else 1, channels, 3, padding=1) for k in range(depth))
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) if batch_norm else nn.Identity() for _ in range(depth))
        self.exits = nn.ModuleDict({str(k): nn.Linear(channels, 10) for k in (*heads, depth)})
        for conv in self.convs if he else ():
            _ = nn.init.kaiming_normal_(conv.weight)
            _ = nn.init.zeros_(conv.bias)

    def forward(self, x):
        """The scores of each exit, the last one's last."""
        scores = []
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True), start=1):
            x = F.relu(norm(conv(x)))
            x = F.max_pool2d(x, 2) if number == 5 else x
            if str(number) in self.exits:
                scores.append(self.exits[str(number)](global_average_pool(x)))
        return scores


def loss_of_all(scores, labels):
    """The sum of the losses of all exits."""
    return sum(F.cross_entropy(some, labels) for some in scores)


HEADS = (3, 7, 11, 15)
SETTINGS = {"one loss": {}, "four auxiliary heads": {"heads": HEADS}, "batch norm, one loss": {"batch_norm": True}}
STARTS = {"torch's initial weights": False, "He's initial weights": True}
exact = data.digits()
figure, axes = plots.figure(1, 2, height=3.3, sharey=True)
for ax, (start, he) in zip(axes, STARTS.items(), strict=True):
    curves = {}
    for name, setting in SETTINGS.items():
        runs = []
        for seed in range(3):
            _ = torch.manual_seed(seed)
            network = PlainNet(he=he, **setting).double()
            loss_of_all(network(exact.train_x[:128]), exact.train_y[:128]).backward()
            runs.append([torch.linalg.vector_norm(conv.weight.grad).item() for conv in network.convs])
        curves[name] = torch.tensor(runs)
    plots.lines(ax, range(1, 21), curves, xlabel="layer", ylabel="norm of the gradient")
    ax.set_yscale("log")
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.set_title(start)
    first = {name: runs[:, 0] for name, runs in curves.items()}
    if he:
        print(
            "He's weights: layer 1 above 1e-3 on every seed, for all three:",
            all(bool((f > 1e-3).all()) for f in first.values()),
        )
        axes[1].set_ylabel("")
        axes[1].get_legend().remove()
    else:
        print("torch's weights, layer 1, on every seed:")
        print("  one loss below 1e-7:", bool((first["one loss"] < 1e-7).all()), end="; ")
        print("with heads above 1e-4:", bool((first["four auxiliary heads"] > 1e-4).all()), end="; ")
        print("with batch norm above 0.1:", bool((first["batch norm, one loss"] > 0.1).all()))
        _ = ax.legend(loc="lower right", fontsize=8)
plots.show(
    "With weights that shrink the signal, a single loss leaves nothing for layer 1; heads, batch norm or better initial weights "
    "each prevent it (lines: median, bands: three seeds)."
)

# %% [markdown]
# Now that is a vanishing gradient: with shrinking initial weights, layer 1 gets a hundred-millionth of what layer 20 gets.
# Follow the curve with heads from right to left: it falls, and jumps up at layers 15, 11, 7 and 3, where another loss comes
# in. Batch norm prevents the fall, since it brings each layer's outputs back to size; with it, gradients even grow towards
# the image, of which chapter 5 has more to say. But initial weights chosen for the purpose do it as well, alone. The problem
# is a property of deep networks *with such initial weights*, not of depth.
#
# The head that the paper attaches (section 5), to maps of 14 × 14:
#
# | layer | puts out |
# |---|---|
# | average pool 5 × 5, stride 3 | 4 × 4, as many channels |
# | convolution 1 × 1, 128 filters, ReLU | 128 × 4 × 4 |
# | flatten | 2048 |
# | fully connected, ReLU | 1024 |
# | (dropout, 70 %) | |
# | fully connected | the classes |
#
# **Worked example.** The head at 4a reads 512 channels. Its convolution has $512 \cdot 128 + 128 = 65{,}664$ parameters,
# the first fully-connected layer $2048 \cdot 1024 + 1024 = 2{,}098{,}176$, the last $1024 \cdot 1000 + 1000 =
# 1{,}025{,}000$: 3,188,840 in all. Two such heads are nearly as heavy as the network that they are to train, which is no
# loss: after training they are thrown away.
#
# ### Exercise: `AuxiliaryHead` (5 points, about 12 minutes)
#
# <details><summary>Hint 1: the pool</summary>
#
# $\lfloor (14 - 5)/3 \rfloor + 1 = 4$. Without a stride of its own, `nn.AvgPool2d(5)` would step by 5.
# </details>
#
# <details><summary>Hint 2: what the first fully-connected layer reads</summary>
#
# 128 · 4 · 4 = 2048, whatever `in_channels` is.
# </details>


# %% exercise="AuxiliaryHead"
class AuxiliaryHead(nn.Module):
    """A small classifier for maps of 14 x 14, as GoogLeNet attaches it half-way.

    An average pool of 5 x 5 with stride 3, without padding; a 1 x 1 convolution with 128 filters and ReLU; flatten; a
    fully-connected layer with 1024 outputs and ReLU; a fully-connected layer with num_classes outputs, without ReLU.
    All three layers with weights have biases; there are no other parameters. Dropout in front of the last layer is optional
    and must do nothing in evaluation mode. Names of inner modules, and the order in which they are defined, are up to you;
    all parameters have their shapes from the start.
    """

    def __init__(self, in_channels, num_classes):
        """Args: in_channels: of the maps. num_classes: how many scores."""
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.AvgPool2d(5, stride=3),
            nn.Conv2d(in_channels, 128, 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(128 * 4 * 4, 1024),
            nn.ReLU(),
            nn.Dropout(0.7),
            nn.Linear(1024, num_classes),
        )
        ### END SOLUTION

    def forward(self, x):
        """Scores of the classes, shape (N, num_classes), for maps x of shape (N, in_channels, 14, 14)."""
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


# %% given="check_of_heads" folded="true"
def head_shapes(in_channels, num_classes):
    """The shapes of the three weights of an auxiliary head, by layer."""
    return {
        "the convolution of the head": (128, in_channels, 1, 1),
        "the hidden layer of the head": (1024, 2048),
        "the last layer of the head": (num_classes, 1024),
    }


def head_slips(in_channels, num_classes):
    """The shapes of the weights that common slips give, by the clause that names them."""
    conv, hidden, last = head_shapes(in_channels, num_classes).values()
    return {
        "the average pool's stride is 3; if you do not say so, it is the window": [conv, (1024, 512), last],
        "the average pool's stride is 3, not 1": [conv, (1024, 12_800), last],
        "the average pool has no padding": [conv, (1024, 128 * 25), last],
        "the average pool comes first, and leaves 4 x 4": [conv, (1024, 128 * 196), last],
        "this is global average pooling; the head keeps maps of 4 x 4": [conv, (1024, 128), last],
        "the hidden layer with 1024 outputs is missing": [conv, (num_classes, 2048)],
        "the convolution is missing": [(1024, 16 * in_channels), last],
        "the convolution is 1 x 1, not 3 x 3": [(128, in_channels, 3, 3), hidden, last],
        "in_channels is fixed; take the argument": [(128, 512, 1, 1), hidden, last],
        "num_classes is fixed; take the argument": [conv, hidden, (1000, 1024)],
        "the convolution and the hidden layer changed sizes: 128 filters, 1024 outputs": [
            (1024, in_channels, 1, 1),
            (128, 16 * 1024),
            (num_classes, 128),
        ],
    }


# %% test="AuxiliaryHead" points=2
section = "Auxiliary classifiers"
model, blank, case = AuxiliaryHead(3, 5), AuxiliaryHead(3, 5).to("meta"), "AuxiliaryHead(3, 5)"
check_parameters(blank, head_shapes(3, 5), case, section, head_slips(3, 5))
load_values(model, blank, waves)
x = wave_maps(3, 14) + 0.2
y = steady_output(model, x, case, section)
expect_shape(
    y,
    (1, 5),
    what="the scores of 5 classes for one set of maps",
    mistakes={"the batch axis was flattened, too; flatten from axis 1 on": (5,)},
    reread=section,
)
expect_close(
    y[0],
    (0.099487, 0.299671, 0.223464, -0.057991, -0.285050),
    what="the scores, with weights and biases made of sines",
    rtol=0,
    atol=2e-6,
    mistakes={
        "there is no ReLU": (0.098309, 0.303756, 0.228748, -0.056763, -0.289100),
        "ReLU is missing behind the convolution": (0.095330, 0.297980, 0.225922, -0.053830, -0.283324),
        "ReLU is missing behind the hidden layer": (0.101093, 0.305103, 0.227319, -0.059547, -0.290470),
        "there is a ReLU behind the last layer; scores may be negative": (
            0.099487,
            0.299671,
            0.223464,
            0.000000,
            0.000000,
        ),
        "softmax belongs to the loss; return the scores": [
            (0.204554, 0.249889, 0.231553, 0.174750, 0.139254),
            (-1.586922, -1.386738, -1.462945, -1.744400, -1.971459),
        ],
        "the pool takes the maximum; take the average": (0.089826, 0.292466, 0.225882, -0.048355, -0.277781),
        "the pool adapts to 4 x 4, as torchvision's; its windows are 4 or 5 wide there, and 5 here": (
            0.097387,
            0.293285,
            0.219144,
            -0.055948,
            -0.278677,
        ),
        "the pool's windows are 3 wide; they are 5 wide with stride 3": (
            0.071417,
            0.291724,
            0.243545,
            -0.029856,
            -0.276845,
        ),
        "the maps were cut or resized; an average pool was asked for": [
            (0.104384, 0.304066, 0.222986, -0.062866, -0.289474),
            (0.102561, 0.307744, 0.228507, -0.060994, -0.293112),
        ],
        "the pool stands behind the convolution and its ReLU; it comes first": (
            0.096348,
            0.296335,
            0.223249,
            -0.054871,
            -0.281698,
        ),
        "flatten takes the channels last; take them first": (0.102379, 0.288350, 0.209190, -0.061020, -0.273822),
        "the maps go through a ReLU first; the head reads them as they are": (
            0.099762,
            0.295609,
            0.219106,
            -0.058310,
            -0.281014,
        ),
    },
    reread=section,
)
check_reach(blank, (1, 3, 14, 14), case, section)

# %% hidden_test="AuxiliaryHead" points=3
section = "Auxiliary classifiers"


def head_pass(value, x, num_classes, bare=(), pool=lambda x: F.avg_pool2d(x, 5, 3), channels_last=False):
    """The scores of a head, with options that stand for mistakes; bare: layers without ReLU, 1 and 2."""
    x = pool(x)
    x = F.conv2d(x, value((128, x.shape[1], 1, 1)), value((128,)))
    x = x if 1 in bare else x.relu()
    x = x.movedim(1, -1).flatten(1) if channels_last else x.flatten(1)
    x = F.linear(x, value((1024, 2048)), value((1024,)))
    x = x if 2 in bare else x.relu()
    return F.linear(x, value((num_classes, 1024)), value((num_classes,)))


def late_pool(value, x, num_classes, relu_last=False):
    """The scores if the pool stands behind the convolution."""
    x = F.conv2d(x, value((128, x.shape[1], 1, 1)), value((128,)))
    x = F.avg_pool2d(x, 5, 3).relu() if relu_last else F.avg_pool2d(x.relu(), 5, 3)
    x = F.linear(x.flatten(1), value((1024, 2048)), value((1024,))).relu()
    return F.linear(x, value((num_classes, 1024)), value((num_classes,)))


def head_mistakes(value, x, classes):
    """What common mistakes give for the scores, by the clause that names them."""
    right = head_pass(value, x, classes)
    return {
        "there is no ReLU": head_pass(value, x, classes, bare=(1, 2)),
        "ReLU is missing behind the convolution": head_pass(value, x, classes, bare=(1,)),
        "ReLU is missing behind the hidden layer": head_pass(value, x, classes, bare=(2,)),
        "there is a ReLU behind the last layer; scores may be negative": right.relu(),
        "softmax belongs to the loss; return the scores": [right.softmax(1), right.log_softmax(1)],
        "the pool takes the maximum; take the average": head_pass(
            value, x, classes, pool=lambda x: F.max_pool2d(x, 5, 3)
        ),
        "the pool adapts to 4 x 4, as torchvision's; its windows are 4 or 5 wide there, and 5 here": head_pass(
            value, x, classes, pool=lambda x: F.adaptive_avg_pool2d(x, 4)
        ),
        "the pool's windows are 3 wide; they are 5 wide with stride 3": head_pass(
            value, x, classes, pool=lambda x: F.avg_pool2d(x, 3, 3)
        ),
        "the maps were cut or resized; an average pool was asked for": [
            head_pass(value, x, classes, pool=lambda x: x[:, :, :4, :4]),
            head_pass(value, x, classes, pool=lambda x: F.interpolate(x, 4)),
        ],
        "the pool stands behind the convolution and its ReLU; it comes first": late_pool(value, x, classes),
        "flatten takes the channels last; take them first": head_pass(value, x, classes, channels_last=True),
        "the maps go through a ReLU first; the head reads them as they are": head_pass(value, x.relu(), classes),
    }


def dropped(values, wholes):
    """Whether values are wholes of which some were set to 0 and the others scaled alike, as dropout does."""
    kept = values.abs() > 1e-6
    factors = values[kept] / wholes[kept]
    return len(factors) > 0 and bool(factors.min() > 1 - 1e-6 and factors.max() < (1 + 1e-6) * factors.min())


generator = torch.Generator().manual_seed(grading_seed() + 74)
value, rng = random_values(generator), random.Random(grading_seed() + 74)
in_channels, classes = rng.randint(4, 20), rng.randint(6, 12)
case = f"AuxiliaryHead(in_channels={in_channels}, num_classes={classes})"
model = AuxiliaryHead(in_channels=in_channels, num_classes=classes)
blank = AuxiliaryHead(in_channels, classes).to("meta")
check_parameters(blank, head_shapes(in_channels, classes), case, section, head_slips(in_channels, classes))
check_reach(blank, (2, in_channels, 14, 14), case, section)
load_values(model, blank, value)
for n in (3, 1):
    x = 8 * torch.randn(n, in_channels, 14, 14, generator=generator, dtype=torch.float64)
    given = x.clone()
    y = steady_output(model, given, case, section)
    expect_shape(y, (n, classes), what=f"the scores of {case} for {n} sets of maps", reread=section)
    expect_close(
        y,
        head_pass(value, x, classes),
        what=f"the scores of {case} for {n} sets of maps",
        mistakes=head_mistakes(value, x, classes),
        reread=section,
    )
    expect_true(torch.equal(given, x), what="x stays as it is", likely="something works in place on x", reread=section)
check_input_gradient(model, x, lambda x: head_pass(value, x, classes), case, section)


def first_hidden(shape):
    """The same values, but for a last layer that puts out the first values that reach it, plus its bias."""
    return torch.eye(*shape, dtype=torch.float64) if shape == (classes, 1024) else value(shape)


x = 8 * torch.randn(64, in_channels, 14, 14, generator=generator, dtype=torch.float64)
load_values(model, blank, first_hidden)
_ = model.train()
y = output_of(model, x, case, section)
expect_shape(y, (64, classes), what=f"the scores of {case} in training mode for 64 sets of maps", reread=section)
right, bias = head_pass(first_hidden, x, classes), value((classes,))
likely = "a dropout stands elsewhere, or forward does something else with self.training"
if dropped(y, right):
    likely = "a dropout stands behind the last layer; it stands in front, or nowhere"
elif torch.allclose(y, bias.expand_as(y)):
    likely = "nothing reaches the last layer; the argument of nn.Dropout is the share that is dropped"
elif torch.allclose(y, right.softmax(1)) or torch.allclose(y, right.log_softmax(1)):
    likely = "softmax belongs to the loss; return the scores in both modes"
expect_true(
    dropped(y - bias, right - bias),
    what="in training mode the head does the same as in evaluation mode, but for a dropout in front of the last layer",
    likely=likely,
    reread=section,
)

# %% [markdown]
# ## The whole network
#
# All parts are there:
#
# stem (28 × 28) → 3a → 3b → pool (14 × 14) → 4a → 4b → 4c → 4d → 4e → pool (7 × 7) → 5a → 5b → global average pool → fc
#
# The auxiliary heads read what 4a and 4d put out, and exist for training only. So a GoogLeNet with heads has two modes,
# like batch norm: in training it returns three sets of scores, for a loss such as
#
# $$L = L_{\text{main}} + 0.3\,(L_{4a} + L_{4d}),$$
#
# and in evaluation the scores that count, alone. The weight 0.3 is the paper's; it belongs to the loss, not to the network.
#
# Two liberties are taken, as in chapter 2: the local response normalizations of the original are left out, and a `width`
# scales channels, so that a small copy can be tested by value. Each channel count $c$ of stem and modules becomes
# `c * width // 64`, rounded down. A module then *reads* what its predecessor really puts out, the sum of four rounded
# numbers: for `width=10`, 4a puts out 30 + 32 + 7 + 10 = 79 channels, not `512 * 10 // 64 = 80`. The heads keep their 128
# and 1024.
#
# **Worked example.** At `width=64` 5b puts out $384 + 384 + 128 + 128 = 1024$ channels, so the last layer has
# $1024 \cdot 1000 + 1000 = 1{,}025{,}000$ parameters, 15 % of the network. VGG-16's last three had 89 %.
#
# ### Exercise: `GoogLeNet` (9 points, about 30 minutes)
#
# You may use your `Inception`, `AuxiliaryHead` and `global_average_pool`; then a mistake there shows here as well.
#
# <details><summary>Hint 1: a loop instead of nine lines</summary>
#
# Go through `MODULES.items()` with the number of channels so far. An `nn.ModuleDict` keeps modules by name; `forward`
# can go through it in the same order, with a pool in front of 4a and 5a and a head behind 4a and 4d.
# </details>
#
# <details><summary>Hint 2: channels</summary>
#
# Scale first, then add: after a module, `channels = c1 + c2[1] + c3[1] + c4` of the *scaled* numbers.
# </details>
#
# <details><summary>Hint 3: two ways to return</summary>
#
# `self.training` says which mode it is. Heads must be made in `__init__` only if `aux` is true, and used in `forward` only
# if there are any *and* the network is in training mode.
# </details>


# %% exercise="GoogLeNet" forbids="published"
class GoogLeNet(nn.Module):
    """GoogLeNet as published, without local response normalization, with all channels scaled by a width.

    The five layers of STEM; the modules 3a, 3b; a pool; 4a to 4e; a pool; 5a, 5b, with the channels of MODULES; global
    average pooling; a fully-connected layer with num_classes outputs. All four pools outside of the modules are max pools
    of 3 x 3 with stride 2 and padding 1, which round down. Each convolution has a bias and a ReLU behind it, the last layer
    a bias and no ReLU. Every channel count c of STEM and MODULES becomes c * width // 64; what a layer reads is what the
    layer before it puts out.

    With aux, two auxiliary heads, as AuxiliaryHead describes them and with its 128 and 1024 whatever the width, read the
    outputs of 4a and of 4d. There are no other parameters, no buffers, and without aux no heads. Dropout in front of the
    last layer, here and in the heads, is optional and must do nothing in evaluation mode. Names of inner modules, and the
    order in which they are defined, are up to you; all parameters have their shapes from the start.
    """

    def __init__(self, num_classes=1000, aux=False, width=64):
        """Args: num_classes: how many scores. aux: whether there are auxiliary heads. width: at least 4; 64 gives the
        published network."""
        super().__init__()
        ### BEGIN SOLUTION

        def scaled(channels):
            return channels * width // 64

        layers, channels = [], 3
        for layer in STEM:
            window = (layer["kernel"], layer["stride"], layer["padding"])
            if layer["type"] == "pool":
                layers.append(nn.MaxPool2d(*window))
            else:
                filters = scaled(layer["filters"])
                layers += [nn.Conv2d(channels, filters, *window), nn.ReLU()]
                channels = filters
        self.stem = nn.Sequential(*layers)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, self.heads = nn.ModuleDict(), nn.ModuleDict()
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = scaled(c1), tuple(map(scaled, c2)), tuple(map(scaled, c3)), scaled(c4)
            self.blocks[name] = Inception(channels, c1, c2, c3, c4)
            channels = c1 + c2[1] + c3[1] + c4
            if aux and name in ("4a", "4d"):
                self.heads[name] = AuxiliaryHead(channels, num_classes)
        self.fc = nn.Sequential(nn.Dropout(0.4), nn.Linear(channels, num_classes))
        ### END SOLUTION

    def forward(self, x):
        """Scores of images x of shape (N, 3, H, W), H and W at least 32.

        In evaluation mode, and in training mode without aux: the scores, shape (N, num_classes). In training mode with
        aux, for which H = W = 224: a tuple (scores, scores of the head at 4a, scores of the head at 4d).
        """
        ### BEGIN SOLUTION
        x = self.stem(x)
        from_heads = []
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.training and name in self.heads:
                from_heads.append(self.heads[name](x))
        scores = self.fc(global_average_pool(x))
        return (scores, *from_heads) if from_heads else scores
        ### END SOLUTION


# %% given="check_of_the_network" folded="true"
def network_layers(
    num_classes, width, aux, scaled=lambda channels, width: channels * width // 64, third=5, hidden=1, summed=True
):
    """The shapes of all weights of a GoogLeNet by layer, with options that stand for mistakes.

    Args:
        scaled: what becomes of a number of channels.
        third: the kernel of the third branch.
        hidden: what the heads' 128 and 1024 are multiplied with.
        summed: whether a layer reads the sum of scaled numbers, not the scaled sum.
    """
    first, wide = scaled(64, width), scaled(192, width)
    layers = {"conv1": (first, 3, 7, 7), "conv2_reduce": (first, first, 1, 1), "conv2": (wide, first, 3, 3)}
    channels = wide
    for name, (c1, c2, c3, c4) in MODULES.items():
        total = scaled(c1 + c2[1] + c3[1] + c4, width)
        c1, c4 = scaled(c1, width), scaled(c4, width)
        c2, c3 = tuple(scaled(c, width) for c in c2), tuple(scaled(c, width) for c in c3)
        shapes = module_shapes(channels, c1, c2, c3, c4) | {"the 5 x 5": (c3[1], c3[0], third, third)}
        layers |= {f"{layer} in {name}": shape for layer, shape in shapes.items()}
        channels = c1 + c2[1] + c3[1] + c4 if summed else total
        if aux and name in ("4a", "4d"):
            filters, outputs = int(128 * hidden), int(1024 * hidden)
            layers |= {
                f"the convolution of the head at {name}": (filters, channels, 1, 1),
                f"the hidden layer of the head at {name}": (outputs, 16 * filters),
                f"the last layer of the head at {name}": (num_classes, outputs),
            }
    return layers | {"the last layer": (num_classes, channels)}


def network_slips(num_classes, width, aux):
    """The shapes of the weights that common slips give, by the clause that names them."""
    layers = network_layers(num_classes, width, aux)
    *others, last = layers.values()
    heads = "with aux=True" if aux else "without aux"
    no_reduce = [shape for name, shape in layers.items() if name != "conv2_reduce"]
    return {
        f"{heads} there {'are two auxiliary heads, made' if aux else 'are no auxiliary heads; make them only if aux is true,'} in __init__": list(
            network_layers(num_classes, width, not aux).values()
        ),
        "the width is not heeded": list(network_layers(num_classes, 64, aux).values()),
        "channels are rounded; c * width // 64 rounds down": list(
            network_layers(num_classes, width, aux, scaled=lambda c, width: round(c * width / 64)).values()
        ),
        "a module puts out the sum of four rounded numbers, which may be less than the sum, rounded": list(
            network_layers(num_classes, width, aux, summed=False).values()
        ),
        "the third branch of the modules has a 3 x 3 in place of its 5 x 5; so has torchvision's, by mistake": list(
            network_layers(num_classes, width, aux, third=3).values()
        ),
        "the heads keep their 128 and 1024 whatever the width": list(
            network_layers(num_classes, width, aux, hidden=width / 64).values()
        ),
        "conv2_reduce, the 1 x 1 convolution of the stem, is missing": no_reduce,
        "the maps were flattened; global average pooling leaves one number per channel": [
            *others,
            (num_classes, 49 * last[1]),
        ],
        "num_classes is not heeded": list(network_layers(1000, width, aux).values()),
    }


def training_outputs(model, x, case, section):
    """What a model returns in training mode; None in the place of what dropout makes random."""
    model.train()
    first, second = (output_of(model, x, case, section) for _ in range(2))
    check_outputs(first, len(x), case, section)
    if not all(map(torch.equal, first, second)):
        # In training mode itself, but not what is inside: dropout layers rest.
        model.eval()
        model.training = True
        quiet = [output_of(model, x, case, section) for _ in range(2)]
        if all(isinstance(outputs, (tuple, list)) for outputs in quiet):
            first, second = quiet
    return [one if torch.equal(one, other) else None for one, other in zip(first, second, strict=True)]


def network_reach():
    """What check_reach is to count for a GoogLeNet with heads: (right number, mistakes) for each of its three outputs.

    The stem has 6 parameters, each module 12, each head 6, the last layer 2.
    """
    up_to = {modules: 6 + 12 * modules + 6 for modules in range(10)}
    detached = "the head reads detached maps, so that it cannot help to train the network"
    elsewhere = "the maps that the head reads come from another module: 4a for the first, 4d for the second"
    return [
        (
            6 + 12 * 9 + 2,
            {"the heads take part in the scores of the last layer": [6 + 12 * 9 + 2 + n for n in (6, 12)]},
        ),
        *(
            (up_to[right], {detached: 6, elsewhere: [n for modules, n in up_to.items() if modules != right]})
            for right in (3, 6)
        ),
    ]


def check_evaluation(model, x, case, section):
    """The scores in evaluation mode, after checking that they came alone."""
    y = steady_output(model, x, case, section)
    expect_true(
        isinstance(y, torch.Tensor),
        what=f"in evaluation mode {case} returns the scores alone",
        likely="the auxiliary scores are returned as well; they are for training only, and self.training says which mode it is",
        reread=section,
    )
    return y


# %% test="GoogLeNet" points=4
section = "The whole network"
model, blank, case = GoogLeNet(5, width=10), GoogLeNet(5, width=10).to("meta"), "GoogLeNet(5, width=10)"
check_parameters(blank, network_layers(5, 10, False), case, section, network_slips(5, 10, False))
load_values(model, blank, waves)
y = check_evaluation(model, wave_maps(3, 64), case, section)
expect_shape(y, (1, 5), what="the scores of 5 classes for one image", reread=section)
expect_close(
    y[0],
    (-0.045199, 0.393406, 0.202608, -0.114595, -0.146169),
    what="the scores for an image of 64 x 64, with weights and biases made of sines",
    rtol=0,
    atol=2e-6,
    mistakes={
        "there is no ReLU": (0.886778, -1.815654, 2.496718, -1.255825, -0.773639),
        "ReLU is missing behind the convolutions of the stem": (-0.038930, 0.399787, 0.187023, -0.098214, -0.154506),
        "ReLU is missing behind conv1": (-0.046804, 0.396612, 0.199533, -0.113310, -0.144972),
        "ReLU is missing behind conv2_reduce": (-0.031730, 0.385736, 0.200340, -0.103613, -0.159939),
        "ReLU is missing behind conv2": (-0.042015, 0.392740, 0.200397, -0.110700, -0.149647),
        "ReLU is missing behind the reductions of the modules": (-0.015499, 0.384872, 0.185372, -0.080889, -0.178157),
        "ReLU is missing inside the modules": (-0.976541, 1.110845, 0.086212, -0.662050, 0.769724),
        "the pools take the average; take the maximum": (-0.027743, 0.388962, 0.191642, -0.094137, -0.165081),
        "the pools round up and have no padding, as the paper's; the docstring asks for padding 1": (
            -0.067472,
            0.389678,
            0.230326,
            -0.151346,
            -0.120217,
        ),
        "the pools' windows are 2 x 2; take 3 x 3": (-0.058542, 0.394998, 0.213627, -0.132278, -0.131364),
        "the pools lack their padding": (-0.093887, 0.402639, 0.237813, -0.175240, -0.092808),
        "the pools in front of 4a and 5a are missing": (0.022102, 0.321370, 0.240509, -0.097908, -0.208439),
        "the pool in front of 4a is missing": (-0.022476, 0.392049, 0.181868, -0.082949, -0.171645),
        "the pool in front of 5a is missing": (0.000916, 0.351922, 0.217078, -0.094242, -0.190363),
        "the pools stand in front of 4b and 5b; they belong in front of 4a and 5a": (
            -0.034423,
            0.395291,
            0.189080,
            -0.096723,
            -0.158741,
        ),
        "pool1 of the stem is missing": (-0.000719, 0.378801, 0.179459, -0.066182, -0.193722),
        "pool2 of the stem is missing": (-0.000739, 0.382840, 0.173581, -0.061637, -0.194481),
        "there is local response normalization; leave it out": (-0.045226, 0.393428, 0.202605, -0.114611, -0.146142),
        "the global pool takes the maximum; take the average": (0.028756, 0.314403, 0.244028, -0.096082, -0.214626),
        "there is a ReLU behind the last layer; scores may be negative": (
            0.000000,
            0.393406,
            0.202608,
            0.000000,
            0.000000,
        ),
        "softmax belongs to the loss; return the scores": [
            (0.176408, 0.273528, 0.226016, 0.164581, 0.159466),
            (-1.734955, -1.296350, -1.487148, -1.804352, -1.835925),
        ],
    },
    reread=section,
)
case = "GoogLeNet(num_classes=3, aux=True, width=4)"
model, blank = GoogLeNet(num_classes=3, aux=True, width=4), GoogLeNet(3, True, 4).to("meta")
check_parameters(blank, network_layers(3, 4, True), case, section, network_slips(3, 4, True))
load_values(model, blank, waves)
x = wave_maps(3, 224)
alone, outputs = check_evaluation(model, x, case, section), training_outputs(model, x, case, section)
right = (
    (-0.194656, -0.565219, 0.154107),
    (-0.285225, -0.217222, 0.108053),
    (-0.281907, -0.219815, 0.108997),
)
expect_close(
    alone[0],
    right[0],
    what=f"the scores of {case} in evaluation mode",
    rtol=0,
    atol=2e-6,
    mistakes={
        "these are the scores of a head; in evaluation mode return those of the last layer": list(right[1:]),
        "the heads' scores were added or averaged; in evaluation mode they play no part": [
            (-0.761788, -1.002255, 0.371158),
            (-0.253929, -0.334085, 0.123719),
            (-0.364796, -0.696330, 0.219223),
        ],
    },
    reread=section,
)
wrong = {
    "the order is (scores, of the head at 4a, of the head at 4d)": (
        (-0.194656, -0.565219, 0.154107),
        (-0.281907, -0.219815, 0.108997),
        (-0.285225, -0.217222, 0.108053),
    ),
    "the scores of the last layer come first": (
        (-0.285225, -0.217222, 0.108053),
        (-0.281907, -0.219815, 0.108997),
        (-0.194656, -0.565219, 0.154107),
    ),
    "the head at 4a reads the output of 4b": (
        (-0.194656, -0.565219, 0.154107),
        (-0.281196, -0.219765, 0.108205),
        (-0.281907, -0.219815, 0.108997),
    ),
    "the head at 4a reads the output of 4c": (
        (-0.194656, -0.565219, 0.154107),
        (-0.279087, -0.221691, 0.109261),
        (-0.281907, -0.219815, 0.108997),
    ),
    "the weight 0.3 belongs to the loss; return the scores as they are": (
        (-0.194656, -0.565219, 0.154107),
        (-0.085567, -0.065167, 0.032416),
        (-0.084572, -0.065944, 0.032699),
    ),
    "softmax belongs to the loss; return the scores": (
        (0.321785, 0.222143, 0.456071),
        (0.281516, 0.301326, 0.417159),
        (0.282296, 0.300380, 0.417323),
    ),
}
for k, name in enumerate(("the last layer", "the head at 4a", "the head at 4d")):
    if outputs[k] is not None:
        expect_close(
            outputs[k][0],
            right[k],
            what=f"the scores of {name} in training mode, for an image of 224 x 224",
            rtol=0,
            atol=2e-6,
            mistakes={clause: values[k] for clause, values in wrong.items()},
            reread=section,
        )

check_reach(blank.train(), (1, 3, 224, 224), case, section, network_reach())

# %% hidden_test="GoogLeNet" points=5
section = "The whole network"


def conv_relu(value, x, filters, kernel=1, stride=1, relu=True):
    """A convolution and the ReLU behind it."""
    weight, bias = value((filters, x.shape[1], kernel, kernel)), value((filters,))
    y = F.conv2d(x, weight, bias, stride, kernel // 2)
    return y.relu() if relu else y


def module_pass(value, x, c1, c2, c3, c4, bare=()):
    """The output of an Inception module; bare: what has no ReLU, "reductions" or "outputs"."""
    inner, outer = "reductions" not in bare, "outputs" not in bare
    branches = [
        conv_relu(value, x, c1, relu=outer),
        conv_relu(value, conv_relu(value, x, c2[0], relu=inner), c2[1], 3, relu=outer),
        conv_relu(value, conv_relu(value, x, c3[0], relu=inner), c3[1], 5, relu=outer),
        conv_relu(value, F.max_pool2d(x, 3, 1, 1), c4, relu=outer),
    ]
    return torch.cat(branches, 1)


def big_pool(x):
    """The pool between stages."""
    return F.max_pool2d(x, 3, 2, 1)


def trunk(value, x, width, bare=(), pool=big_pool, without=(), norm=lambda x: x, stages=("4a", "5a")):
    """The outputs of stem and modules by name, with options that stand for mistakes.

    Args:
        bare: what has no ReLU: convolutions of the stem, "reductions" or "outputs" of the modules.
        without: pools that are missing, by the layer that they stand behind.
        norm: what follows pool1 and conv2.
        stages: the modules with a pool in front.
    """

    def scaled(channels):
        return channels * width // 64

    def pooled(x, behind):
        return x if behind in without else pool(x)

    x = conv_relu(value, x, scaled(64), 7, 2, relu="conv1" not in bare)
    x = norm(pooled(x, "conv1"))
    x = conv_relu(value, x, scaled(64), relu="conv2_reduce" not in bare)
    x = norm(conv_relu(value, x, scaled(192), 3, relu="conv2" not in bare))
    x = pooled(x, "conv2")
    outputs = {}
    for name, (c1, c2, c3, c4) in MODULES.items():
        x = pooled(x, list(outputs)[-1]) if name in stages else x
        x = module_pass(value, x, scaled(c1), [*map(scaled, c2)], [*map(scaled, c3)], scaled(c4), bare)
        outputs[name] = x
    return outputs


def last_layer(value, maps, classes, average=lambda x: x.mean((2, 3))):
    """The scores made of the last maps."""
    means = average(maps)
    return F.linear(means, value((classes, means.shape[1])), value((classes,)))


def head_scores(value, x, classes):
    """The scores of an auxiliary head."""
    x = F.avg_pool2d(x, 5, 3)
    x = F.conv2d(x, value((128, x.shape[1], 1, 1)), value((128,))).relu().flatten(1)
    x = F.linear(x, value((1024, 2048)), value((1024,))).relu()
    return F.linear(x, value((classes, 1024)), value((classes,)))


def network_mistakes(value, x, classes, width):
    """What common mistakes give for the scores, by the clause that names them."""

    def wrong(average=lambda x: x.mean((2, 3)), **options):
        return last_layer(value, trunk(value, x, width, **options)["5b"], classes, average)

    stem = ("conv1", "conv2_reduce", "conv2")
    right = wrong()
    return {
        "there is no ReLU": wrong(bare=(*stem, "reductions", "outputs")),
        "ReLU is missing behind the convolutions of the stem": wrong(bare=stem),
        **{f"ReLU is missing behind {name}": wrong(bare=(name,)) for name in stem},
        "ReLU is missing behind the reductions of the modules": wrong(bare=("reductions",)),
        "ReLU is missing inside the modules": wrong(bare=("reductions", "outputs")),
        "the pools take the average; take the maximum": wrong(pool=lambda x: F.avg_pool2d(x, 3, 2, 1)),
        "the pools round up and have no padding, as the paper's; the docstring asks for padding 1": wrong(
            pool=lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)
        ),
        "the pools' windows are 2 x 2; take 3 x 3": wrong(pool=lambda x: F.max_pool2d(x, 2, 2)),
        "the pools lack their padding": wrong(pool=lambda x: F.max_pool2d(x, 3, 2) if min(x.shape[2:]) > 2 else x),
        "the pools in front of 4a and 5a are missing": wrong(without=("3b", "4e")),
        "the pool in front of 4a is missing": wrong(without=("3b",)),
        "the pool in front of 5a is missing": wrong(without=("4e",)),
        "the pools stand in front of 4b and 5b; they belong in front of 4a and 5a": wrong(stages=("4b", "5b")),
        "pool1 of the stem is missing": wrong(without=("conv1",)),
        "pool2 of the stem is missing": wrong(without=("conv2",)),
        "there is local response normalization; leave it out": wrong(norm=lambda x: F.local_response_norm(x, 5)),
        "the global pool takes the maximum; take the average": wrong(average=lambda x: x.amax((2, 3))),
        "there is a ReLU behind the last layer; scores may be negative": right.relu(),
        "softmax belongs to the loss; return the scores": [right.softmax(1), right.log_softmax(1)],
    }


generator = torch.Generator().manual_seed(grading_seed() + 75)
rng = random.Random(grading_seed() + 75)
for width, (height, wide) in ((4, (64, rng.choice([80, 96]))), (10, (rng.randint(42, 48), 32))):
    classes, value = rng.randint(3, 8), random_values(generator)
    case = f"GoogLeNet({classes}, width={width})"
    model, blank = GoogLeNet(num_classes=classes, width=width), GoogLeNet(classes, False, width).to("meta")
    check_parameters(blank, network_layers(classes, width, False), case, section, network_slips(classes, width, False))
    load_values(model, blank, value)
    x = 8 * torch.randn(2, 3, height, wide, generator=generator, dtype=torch.float64)
    given = x.clone()
    y = check_evaluation(model, given, case, section)
    expect_close(
        y,
        last_layer(value, trunk(value, x, width)["5b"], classes),
        what=f"the scores of {case} for 2 images of {height} x {wide}",
        mistakes=network_mistakes(value, x, classes, width),
        reread=section,
    )
    expect_true(torch.equal(given, x), what="x stays as it is", likely="something works in place on x", reread=section)
check_reach(blank, (2, 3, 45, 32), case, section)
_ = model.train()
expect_shape(
    output_of(model, x, case, section),
    (2, classes),
    what=f"the scores of {case}, which has no heads, in training mode",
    reread=section,
)

classes, width, value = rng.randint(3, 8), 5, random_values(generator)
case = f"GoogLeNet({classes}, aux=True, width={width})"
model, blank = GoogLeNet(classes, True, width), GoogLeNet(classes, aux=True, width=width).to("meta")
layers = network_layers(classes, width, True)
check_parameters(blank, layers, case, section, network_slips(classes, width, True))
load_values(model, blank, value)
x = torch.randn(1, 3, 224, 224, generator=generator, dtype=torch.float64)
maps = trunk(value, x, width)
right = [last_layer(value, maps["5b"], classes), *(head_scores(value, maps[name], classes) for name in ("4a", "4d"))]
expect_close(
    check_evaluation(model, x, case, section),
    right[0],
    what=f"the scores of {case} in evaluation mode",
    mistakes={
        "these are the scores of a head": right[1:],
        "the heads' scores were added; in evaluation mode they play no part": [
            sum(right),
            sum(right) / 3,
            right[0] + 0.3 * (right[1] + right[2]),
        ],
    },
    reread=section,
)
outputs = training_outputs(model, x, case, section)
for k, name in enumerate(("the last layer", "the head at 4a", "the head at 4d")):
    if outputs[k] is None:
        continue
    elsewhere = {other: head_scores(value, maps[other], classes) for other in ("4a", "4b", "4c", "4d")}
    expect_close(
        outputs[k],
        right[k],
        what=f"the scores of {name} in training mode",
        mistakes={
            "the order is (scores, of the head at 4a, of the head at 4d)": list(right),
            **{f"the head reads the output of {other}": scores for other, scores in elsewhere.items()},
            "the weight 0.3 belongs to the loss; return the scores as they are": 0.3 * right[k],
            "softmax belongs to the loss; return the scores": [right[k].softmax(1), right[k].log_softmax(1)],
        },
        reread=section,
    )
check_reach(blank.train(), (2, 3, 224, 224), case, section, network_reach())
_ = model.train()
with torch.no_grad():
    check_outputs(model(x), 1, f"{case} under torch.no_grad()", section)

with torch.device("meta"):
    full, with_heads = GoogLeNet(), GoogLeNet(aux=True)
for network, right in ((full, 6_998_552), (with_heads, 13_378_280)):
    expect_equal(
        sum(parameter.numel() for parameter in network.to("meta").parameters()),
        right,
        what=f"the number of parameters of GoogLeNet() {'with' if right > 10**7 else 'without'} heads",
        mistakes={
            "these are the weights without biases": [6_990_272, 13_367_040],
            "this is torchvision's variant": [6_624_904, 13_004_888],
            "aux is not heeded": [6_998_552, 13_378_280],
        },
        reread=section,
    )
with torch.no_grad():
    y = full.eval()(torch.empty(2, 3, 224, 224, device="meta"))
expect_shape(y, (2, 1000), what="the scores of GoogLeNet() for 2 images", reread=section)

# %% [markdown]
# ### At full size: three networks called GoogLeNet
#
# The paper's Table 1 lists parameters and operations of each module. Below they stand beside what `measure` finds when it
# runs *your* `Inception` of the same channels on the meta device. (The paper's K is 1024 weights, without biases; its ops
# are multiply-adds.)

# %% experiment="table_of_the_paper"
rows, inputs, published = [], 192, {row["module"]: row for row in table("googlenet_table1")}
for name, channels in MODULES.items():
    size = published[name]["out_size"]
    with torch.device("meta"):
        layers = measure(Inception(inputs, *channels), (inputs, size, size))
    weights = sum(row.params - row.shape[0] for row in layers if row.kind == "conv") / 1024
    macs = sum(row.macs for row in layers) / 1e6
    paper = published[name]
    rows.append(
        {
            "module": name,
            "K weights": weights,
            "the paper's": paper["paper_params_k"],
            "off by %": round(100 * (paper["paper_params_k"] / weights - 1), 1) + 0.0,
            "M MACs": macs,
            "the paper's ops": paper["paper_ops_m"],
            "ops off by %": round(100 * (paper["paper_ops_m"] / macs - 1), 1) + 0.0,
        }
    )
    c1, c2, c3, c4 = channels
    inputs = c1 + c2[1] + c3[1] + c4
show(rows, digits=1)
stem_rows = [published[name] for name in ("conv1", "conv2", "linear")]
print(
    "the paper's other rows (K, M):", [(row["module"], row["paper_params_k"], row["paper_ops_m"]) for row in stem_rows]
)
print("counted:", [(row["module"], round(row["weights"] / 1024, 1), round(row["macs"] / 1e6)) for row in stem_rows])

# %% [markdown]
# Operations agree, apart from 5a. Parameters do not, in six of nine modules: 4a, 4c, 4d, 4e, 5a and 5b are off by one to
# seven percent. And the paper's first row gives `conv1` 2.7 K weights and 34 M operations, where 7 × 7 × 3 × 64 makes 9.2 K
# and 118 M. Which is at fault, table or description, the paper does not say. Now the whole network, and two others of its
# name:

# %% experiment="three_googlenets"
with torch.device("meta"):
    network, with_heads = GoogLeNet(), GoogLeNet(aux=True)
layers = [row for row in measure(network, (3, 224, 224)) if row.kind in ("conv", "linear")]
params = sum(row.params for row in layers)
heads = sum(parameter.numel() for parameter in with_heads.parameters()) - params
yours = {"variant": "yours", "third_kernel": 5, "batch_norm": "no", "params": params, "aux_params": heads}
show(
    [
        {
            "network": row["variant"],
            "third branch": f"{row['third_kernel']} × {row['third_kernel']}",
            "batch norm": row["batch_norm"],
            "parameters": row["params"],
            "in the heads": row["aux_params"],
            "multiply-adds": row["macs"],
        }
        for row in [yours | {"macs": sum(row.macs for row in layers)}, *table("googlenet_variants")]
    ]
)
paper = table("googlenet_table1")
sums = [sum(row[key] for row in paper) for key in ("paper_params_k", "paper_ops_m")]
print(f"the columns of the paper's Table 1 add up to {sums[0]:.1f} K weights and {sums[1]} M operations")

# %% [markdown]
# * **The paper's**, which you built: 5 × 5 kernels, biases, no batch norm. 6,998,552 parameters, 1.583 G multiply-adds.
#   (Its own columns add up to 6.96 million and 1.502 G.)
# * **torchvision's** `googlenet`: batch norm behind every convolution, and a 3 × 3 where the third branch should have its
#   5 × 5. That was a slip, taken over from an implementation in TensorFlow; when it was noticed, trained weights were
#   already in use, so it stayed, with a comment (pytorch/vision, issue 906). 6,624,904 parameters, 1.498 G.
# * The same with the kernel put right: batch norm has 7,280 parameters more than the paper's biases.
#
# Whoever reads "1.5 billion" in the paper and 1.498 G in torchvision's documentation may take one for a confirmation of the
# other. It is a coincidence: the paper's sum is low because of its first row, torchvision's because of its kernel. Heads
# invite slips as well: torchvision returned its two in the wrong order until a user noticed in 2024 (pytorch/vision, issue
# 8736). The tests above would have told.
#
# Where do the parameters and the work sit now?

# %% experiment="where_it_sits" alt="Two bar charts over stem, nine modules and last layer of GoogLeNet. Parameters grow from almost nothing in the stem to 1.4 million in 5b; the last layer has 1.0 million. Multiply-adds are highest in the stem, with 0.48 billion, and in 3b, with 0.30 billion; the last layer has almost none." folded="true"
paper = table("googlenet_table1")
parts = {"stem": paper[:2], **{row["module"]: [row] for row in paper[2:-1]}, "fc": paper[-1:]}
figure, axes = plots.figure(1, 2, height=2.8)
bills = (("parameters (M)", ("weights", "biases"), 1e6), ("multiply-adds (G)", ("macs",), 1e9))
for index, (ax, (label, keys, unit)) in enumerate(zip(axes, bills, strict=True)):
    heights = [sum(row[key] for row in rows for key in keys) / unit for rows in parts.values()]
    style = {"color": plots.COLORS[index], "hatch": plots.HATCHES[index], "edgecolor": "white"}
    _ = ax.bar(range(len(parts)), heights, **style)
    ax.set_xticks(range(len(parts)), list(parts), rotation=90)
    ax.set(xlabel="part of GoogLeNet", ylabel=label)
    ax.grid(axis="x", visible=False)
plots.show(
    "No part is far heavier than the others: the largest share of the parameters is 21 %, of the multiply-adds 30 %."
)

# %% [markdown]
# In VGG, one matrix held three quarters of all parameters. An even bill is what a budget looks like.
#
# ## Do the heads help?
#
# A gradient that arrives is not yet a network that learns. Train the plain networks of 20 layers for 200 steps, with and
# without the four heads, for three ways to start: torch's initial weights, He's, and batch norm. The curves show the loss
# of the *last* layer alone, the one that counts.
#
# **Predict first.** Which of the six learn? Which of the three pairs gains most from heads?


# %% experiment="heads_in_training" alt="Three plots of the last layer's training loss over 200 steps. With torch's initial weights the network without heads stays at 2.30; with heads it falls to about 1.5. With He's initial weights both fall below 0.5. With batch norm both fall below 0.5. In the last two plots the curves with and without heads cross." folded="true"
PAIRS = {"torch's weights": {}, "He's weights": {"he": True}, "batch norm": {"batch_norm": True}}
images = data.digits(torch.float32).to(device)
final, curves = {}, {}
for start, setting in PAIRS.items():
    for name, where in (("without heads", ()), ("with heads", HEADS)):
        _ = torch.manual_seed(0)
        network = PlainNet(where, **setting).to(device, memory_format=torch.channels_last)
        losses = []

        def loss(scores, labels, losses=losses):
            losses.append(F.cross_entropy(scores[-1], labels).item())
            return loss_of_all(scores, labels)

        options = {"steps": 200, "batch_size": 64, "learning_rate": 3e-3, "schedule": "cosine"}
        _ = training.train(network, images.train_x, images.train_y, loss=loss, optimizer=torch.optim.Adam, **options)
        curves[start, name] = torch.tensor(losses).view(-1, 10).mean(1)
        final[start, name] = sum(losses[-20:]) / 20
figure, axes = plots.figure(1, 3, height=2.8, sharey=True)
for ax, start in zip(axes, PAIRS, strict=True):
    shown = {name: curves[start, name] for name in ("without heads", "with heads")}
    plots.lines(ax, range(5, 205, 10), shown, xlabel="step", ylabel="loss of the last layer")
    ax.set_title(start)
    if ax is not axes[0]:
        ax.get_legend().remove()
        ax.set_ylabel("")
axes[0].legend(loc="lower left")
axes[0].set_ylim(0, 2.6)
stuck, helped = (final["torch's weights", name] for name in ("without heads", "with heads"))
print(
    "torch's weights: stuck without heads:",
    stuck > 2.29,
    "- learns with heads:",
    helped < 2.1,
    "- but little:",
    helped > 1,
)
print("He's weights learn without heads:", final["He's weights", "without heads"] < 0.8)
print("batch norm learns without heads:", final["batch norm", "without heads"] < 0.8)
plots.show(
    "Heads set a stuck network in motion; better initial weights or batch norm do far more, and what heads add then is small."
)

# %% [markdown]
# What can be said with confidence, and what cannot? (Losses are those of five seeds, when this chapter was written.)
#
# * *Without heads the first network is stuck, with them it is not.* 2.30, which is guessing, against 1.5 to 1.7, on every
#   seed: the lecture's claim in its purest form.
# * *It is a partial cure.* He's initial weights alone, or batch norm alone, came to between 0.02 and 0.51. Gradients that
#   come in from the side train the layers below a head; they do not make the signal that runs *forward* any larger.
# * *Where training works anyway, heads change little, and not always for the better.* With He's weights they lowered the
#   loss on two seeds and raised it on three. With batch norm they lowered it on all five here, from 0.43 to 0.29 on
#   average; in a network without the pool and with two heads at weight 0.3, they raised it on four.
# * *It depends on the recipe.* With GoogLeNet's two heads at weight 0.3, one of five seeds stayed stuck; with SGD in place
#   of Adam even four heads left the network stuck, at two learning rates and on three seeds.
#
# On the real thing there is a later verdict by the same first author. Inception-v3 has batch norm, and with it heads "did
# not result in improved convergence early in the training"; near the end the network with heads came out slightly ahead,
# and removing the lower of two changed nothing. The authors conclude that heads act as a *regularizer* (Szegedy et al.,
# 2016, section 4).
#
# > **On the slide.** "With BatchNorm, we no longer need to use this trick." Not needed to train, that is right. Still
# > used, though: Inception-v3 has batch norm *and* one auxiliary classifier, 3.3 million parameters in torchvision's.
#
# A better answer to the same problem came a year later: give the gradient a way around the layers. That is the next
# chapter.

# %% [markdown]
# ## What did it buy?
#
# GoogLeNet won the challenge of 2014 with 6.67 % top-5 error, before VGG with 7.3 %. That number was not made by *a*
# GoogLeNet, however:

# %% experiment="models_and_crops"
show(
    [
        {
            "networks averaged": row["models"],
            "crops per image": row["crops"],
            "passes per image": row["models"] * row["crops"],
            "G multiply-adds per image": row["models"] * row["crops"] * googlenet["macs"] / 1e9,
            "top-5 error, %": row["top5_error"],
        }
        for row in table("googlenet_crops")
    ]
)

# %% [markdown]
# One network and one look at the image: 10.07 %. The winning number takes seven networks and 144 crops, 1.6 *trillion*
# multiply-adds for one answer (Szegedy et al., 2015, Table 3, validation images). The efficiency belongs to the first
# line, the victory to the last. Whoever compares networks by accuracy and cost must take both from the same line.
#
# Here are the slides' numbers of this part once more, with what is right and why:

# %% experiment="errata"
show(
    [
        {
            "what": row["what"],
            "slide": row["slide"],
            "right": row["right"],
            "verdict": row["verdict"],
            "cause": row["cause"],
        }
        for row in table("lecture_errata")
        if row["topic"] == "04-inception"
    ]
)

# %% [markdown]
# ## Quiz
#
# Eight questions, one point each. Write your letter between the quotes and run the cell below it: it says why that is
# right or wrong. You may change your mind.

# %% [markdown] quiz="stem_share" points=1
# **Which layer of the stem does most of its multiply-adds?**
#
# - A. the 7 × 7 convolution, because of its kernel
#   - Why: 118 of 478 million. It reads only three channels, and that counts as much as the kernel.
# - B. the 1 × 1 convolution
#   - Why: 13 million; it reads 64 channels, but through a kernel of one.
# - C. (right) the 3 × 3 convolution
#   - Why: 347 of 478 million. 9 · 64 weights per filter and 192 filters, against 49 · 3 and 64 in the 7 × 7, which
#     has four times as many places.
# - D. the pools, which look at nine places each
#   - Why: They compare and do not multiply; counted the slide's way, that is 3 million operations.

# %% [markdown] quiz="one_by_one_conv" points=1
# **What can a 1 × 1 convolution with 16 filters do to maps of 192 × 28 × 28?**
#
# - A. shrink them to 192 × 14 × 14
#   - Why: That takes a stride. A kernel of 1 with stride 1 keeps height and width.
# - B. (right) make 16 channels of them, each a weighted sum of the 192 at the same pixel
#   - Why: A fully-connected layer over channels, the same at each pixel, with 192 · 16 weights and 16 biases.
# - C. nothing, since a kernel of one pixel has a single weight
#   - Why: It has one weight per input channel and filter: 3072.
# - D. choose the 16 most important channels
#   - Why: It mixes channels with learned weights; picking 16 of them would be a very special case.

# %% [markdown] quiz="pool_branch_stride" points=1
# **Someone writes `nn.MaxPool2d(3, padding=1)` into the pool branch. What happens for maps of 28 × 28?**
#
# - A. nothing special; the padding keeps the size
#   - Why: It would with stride 1. Left out, the stride is the window, 3.
# - B. the branch puts out 14 × 14, and `torch.cat` fills the rest with zeros
#   - Why: The stride is 3, not 2, and cat fills nothing up.
# - C. the module works, with a quarter of the pool's maps missing
#   - Why: Maps of different sizes cannot be concatenated along the channels.
# - D. (right) the branch puts out 10 × 10, and `torch.cat` raises an error
#   - Why: A pool's stride is its window unless you say otherwise: (28 + 2 − 3) // 3 + 1 = 10.

# %% [markdown] quiz="bottleneck_ratio" points=1
# **A 5 × 5 convolution from 256 to 64 channels gets a reduction to 32 in front. By what factor do the weights fall?**
#
# - A. (right) about 7
#   - Why: 25 · 256 · 64 = 409,600 become 256 · 32 + 25 · 32 · 64 = 59,392.
# - B. 8, since 256 / 32 = 8
#   - Why: The 5 × 5 itself falls by 8, but the reduction has weights of its own, 8192.
# - C. 2, since 64 / 32 = 2
#   - Why: The reduction changes what the 5 × 5 reads, from 256 to 32, not what it puts out.
# - D. 25, since the kernel becomes 1 × 1
#   - Why: The 5 × 5 is still there, behind the 1 × 1.

# %% [markdown] quiz="larger_images_later" points=1
# **GoogLeNet was trained on 224 × 224 and now gets images of 448 × 448. What must change before it can run?**
#
# - A. the last layer, which gets four times as many inputs
#   - Why: It gets one number per channel, 1024, whatever the size of the maps.
# - B. (right) nothing
#   - Why: Convolutions and pools take any size, and the global average pool makes 1024 numbers of maps of 14 × 14
#     as of 7 × 7. Whether it is still accurate is another question.
# - C. the stem, which must shrink the image twice as much
#   - Why: It could stay as it is; all maps are twice as large, and that is all.
# - D. everything: a network is built for one size
#   - Why: VGG's flatten is, since fc6 has a weight for each place. Here no layer has.

# %% [markdown] quiz="moved_digits" points=1
# **The pooled network lost accuracy, too, when digits moved by one pixel. Why, if an average does not care about places?**
#
# - A. It had too few parameters to learn the digits.
#   - Why: In place it was as accurate as the other. The number of parameters does not explain the loss.
# - B. Convolutions do not care about shifts, so the head must be to blame.
#   - Why: The head is the part that really does not care. Look at what stands before it.
# - C. (right) The pool with stride 2 and the zero padding before it do care about places.
#   - Why: After a shift by one, the pool groups other pixels; and zero padding marks the border. What reaches the
#     average is therefore not just the old maps, moved.
# - D. Test digits differ from training digits.
#   - Why: They do in both conditions, in place as well as moved.

# %% [markdown] quiz="reach_of_a_head" points=1
# **In training, which parts of GoogLeNet does the loss of the head at 4a send gradients to?**
#
# - A. (right) its own layers, 4a, 3b, 3a and the stem
#   - Why: Gradients flow backward from where the head reads. What comes after 4a has no part in the head's scores.
# - B. its own layers alone
#   - Why: Then it could not help to train the network. That is what happens if the maps that it reads are detached.
# - C. all parts
#   - Why: 4b and later modules do not enter the head's scores, so the loss does not depend on their weights.
# - D. all parts after 4a
#   - Why: The other way round: gradients flow backward, from 4a towards the image.

# %% [markdown] quiz="same_number" points=1
# **The paper's budget is 1.5 billion multiply-adds, and torchvision's GoogLeNet takes 1.498 billion. What does this show?**
#
# - A. torchvision's network is the paper's.
#   - Why: It has batch norm and a 3 × 3 where the paper has a 5 × 5; its parameters differ, too.
# - B. The paper's table is right.
#   - Why: Counted, the network described takes 1.583 billion. The table's sum is low because of its first row.
# - C. Batch norm costs no operations at test time.
#   - Why: True if it is folded, but no explanation: the paper's network without batch norm takes 1.583 billion.
# - D. (right) Nothing: two deviations happen to lead to the same number.
#   - Why: The smaller kernel makes torchvision's cheaper, and a slip in a table made the paper's look cheaper. A
#     number that fits confirms a claim only if it was made the same way.

# %% [markdown] written="three_choices" points=3
# ## A written question (3 points)
#
# A colleague classifies microscope images of 64 × 64 pixels by *where* in the cell a bright spot lies (centre, upper edge,
# lower edge …). She takes a network of 22 layers as in this chapter, with batch norm, and justifies: "GoogLeNet's stem,
# because it saves work; global average pooling, because it saves parameters; two auxiliary heads, because otherwise the
# gradient vanishes."
#
# Judge the three choices in about 150 words. For each: does the reason hold here, what does it cost here, and what would
# you do instead or measure before you decide?
#
# ### BEGIN SOLUTION
# Stem: it does save work, but it shrinks 64 × 64 to 8 × 8 before the first module, and the pools behind it to 4 × 4 and
# 2 × 2. A spot of a few pixels and its place are gone early. I would leave out one or both strides of 2, or the stem
# altogether: small images are cheap anyway.
#
# Global average pooling: it saves the parameters, but averages over places, and here the place is the class. (Zero
# padding lets a little of it through.) Use flatten and a small layer, or pool to a coarse grid, for instance 4 × 4, and
# compare both on validation images.
#
# Heads: with batch norm the gradient does not vanish; in the experiment it stayed near its size over 20 layers, and heads
# brought no reliable gain. They cost parameters and time in training only. They might act as a regularizer, as in
# Inception-v3. Train with and without, on several seeds, and keep them only if the difference is larger than between seeds.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: the stem loses resolution (64 to 8 at its end, with numbers or in words) that small images and small objects
# cannot spare; a remedy.
# 1 point: global average pooling discards place, and place is the class here; a remedy (flatten, coarser pooling,
# coordinates as channels). Naming parameters alone is not enough.
# 1 point: with batch norm (or good initial weights) the reason given for heads does not hold; a fair comparison or the
# role as regularizer is named. "Heads never help" without a reason: no point.
# ### END MARK SCHEME

# %% [markdown]
# ## What to take away
#
# * A stem that halves the image three times in three layers with weights costs 0.48 G multiply-adds where VGG-16 spends
#   9.3 G. What it pays with is detail.
# * An Inception module looks at the same maps with several kernels at once. 1 × 1 convolutions reduce channels before the
#   dear ones and behind the pool: 1.1 G multiply-adds in all nine modules, and 3.9 G without. What the clock saves depends
#   on things that no table counts, such as the pool and the layout in memory.
# * A global average pool has no parameters and takes any size. It gave away 99 % of VGG's head and, with it, knowledge of
#   places.
# * Gradients vanish in deep plain networks *with shrinking initial weights*. Auxiliary heads help there, in part. He's
#   initial weights or batch norm help more, and then heads are no longer needed to train.
# * GoogLeNet has 6,998,552 parameters and takes 1.58 G multiply-adds. torchvision's network of this name is another one.
# * 6.67 % is the error of seven networks and 144 crops; one network and one crop have 10.07 %.
#
# ## Further reading
#
# * C. Szegedy et al.: *Going Deeper with Convolutions*, [arXiv:1409.4842](https://arxiv.org/abs/1409.4842), CVPR 2015.
#   Sections 4 and 5 are this chapter.
# * M. Lin, Q. Chen, S. Yan: *Network In Network*, [arXiv:1312.4400](https://arxiv.org/abs/1312.4400), ICLR 2014: 1 × 1
#   convolutions and global average pooling.
# * C. Szegedy et al.: *Rethinking the Inception Architecture for Computer Vision*,
#   [arXiv:1512.00567](https://arxiv.org/abs/1512.00567), CVPR 2016: cheaper kernels, and what heads are good for.
# * C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi: *Inception-v4, Inception-ResNet and the Impact of Residual Connections on
#   Learning*, [arXiv:1602.07261](https://arxiv.org/abs/1602.07261), 2016.
# * C.-Y. Lee et al.: *Deeply-Supervised Nets*, [arXiv:1409.5185](https://arxiv.org/abs/1409.5185), AISTATS 2015: a loss for
#   every layer, invented at the same time.
# * K. He et al.: *Delving Deep into Rectifiers*, [arXiv:1502.01852](https://arxiv.org/abs/1502.01852), ICCV 2015: the initial
#   weights used here.
# * R. Zhang: *Making Convolutional Networks Shift-Invariant Again*,
#   [arXiv:1904.11486](https://arxiv.org/abs/1904.11486), ICML 2019: why pools with a stride care about one pixel.
