# %% [markdown]
# # GoogLeNet: more for less
#
# **The winner of the ImageNet challenge of 2014 has 22 layers, a twentieth of VGG-16's parameters and a tenth of its
# multiply-adds, and made fewer mistakes. What did it leave out?**
#
# VGG came second, with the depth that you know from the last chapter and costs to match: 138 million parameters and 15.5
# billion multiply-adds per image. This chapter takes the winner apart. Of each of its ideas it asks three questions: what
# does it save, when you count? Does the clock agree? And was it needed?
#
# * **Afterwards you can** compare a stem that shrinks images fast with VGG's first stages; build an Inception module and
#   say what each of its six convolutions is for; compute what 1 × 1 bottlenecks save, and say what else decides about
#   time; replace a heavy head by global average pooling, and say what that changes; build GoogLeNet with its auxiliary
#   classifiers, and judge from experiments when these help.
# * **You need** memory, parameters and multiply-adds of a layer (chapter 2), VGG-16 (chapter 3), batch norm (chapter 1).
# * **Time** about 2½ hours. Running everything takes less than a minute on one CPU core.
# * **Points** 47: exercises 36, quiz 8, a written question 3. A check below each exercise names your mistake; hidden
#   tests with other inputs decide the marks. Experiments that measure *your* modules need them solved.
# * **Slides** "GoogLeNet: Focus on Efficiency" to "GoogLeNet: Auxiliary Classifiers". A note marked **On the slide** says
#   what a slide prints and what is right.

# %% given="setup"
import torch
from torch import nn

from cnnlab import plots
from cnnlab.exercises import inception as check
from cnnlab.quiz import explain

torch.set_num_threads(1)
plots.style()

# %% [markdown]
# ## Focus on efficiency
#
# The authors of GoogLeNet (the capital L bows to LeNet) worked to a budget: 1.5 billion multiply-adds per image, so that
# the result would be of use outside a competition (Szegedy et al., 2015, section 1). Depth had to be paid for by savings
# elsewhere. The lecture sums it up as *reduce parameter count, memory usage, and computation*, and names four means:
#
# * a **stem** that shrinks the image early;
# * **Inception modules**, whose 1 × 1 convolutions make the input of expensive ones narrow;
# * **global average pooling** in place of fully-connected layers;
# * **auxiliary classifiers**, which save nothing: they are there to make the deep network trainable.

# %% experiment="three_networks"
from cnnlab.tables import show, table

alexnet = table("alexnet_variants")[0]
vgg16 = table("vgg_variants")[2]
googlenet = table("googlenet_variants")[0]
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
        for name, depth, row in (
            ("AlexNet", 8, alexnet),
            ("VGG-16", 16, vgg16),
            ("GoogLeNet", 22, googlenet),
        )
    ]
)

# %% [markdown]
# GoogLeNet takes more than twice AlexNet's multiply-adds, but a tenth of VGG's, and its parameters take 27 MiB, where
# VGG's take 528. (The paper speaks of twelve times fewer parameters than AlexNet. Counted, it is a factor of 8.7.)
#
# ## An aggressive stem
#
# VGG computes on maps of 224 × 224, then of 112 × 112, then of 56 × 56: VGG-16 has seven layers with weights before its
# third pool brings the maps to 28 × 28. GoogLeNet is there after three, since it begins with two strides of 2:

# %% given="stem"
STEM = [
    {"name": "conv1", "type": "conv", "filters": 64, "kernel": 7, "stride": 2, "padding": 3},
    {"name": "pool1", "type": "pool", "kernel": 3, "stride": 2, "padding": 1},
    {"name": "conv2_reduce", "type": "conv", "filters": 64, "kernel": 1, "stride": 1, "padding": 0},
    {"name": "conv2", "type": "conv", "filters": 192, "kernel": 3, "stride": 1, "padding": 1},
    {"name": "pool2", "type": "pool", "kernel": 3, "stride": 2, "padding": 1},
]

# %% [markdown]
# (The paper's pools round up and have no padding. With padding 1 and rounding down, as here and on the slide, sizes are
# the same.) The slide has a table of the stem. Work it out yourself: one of its cells and one of its sums are wrong.
#
# **Worked example.** `conv1` reads 3 × 224 × 224. Its output is
# $\lfloor (224 + 2 \cdot 3 - 7)/2 \rfloor + 1 = \lfloor 111.5 \rfloor + 1 = 112$ pixels wide, which makes
# $64 \cdot 112^2 = 802{,}816$ numbers, or $802{,}816 \cdot 4 / 1024 = 3136$ KiB. It has $64 \cdot 3 \cdot 7^2 = 9408$
# weights and 64 biases, 9472 parameters, and uses each weight at $112^2$ positions:
# $9408 \cdot 12{,}544 = 118{,}013{,}952$ multiply-adds.
#
# ### Exercise: `stem_table` (4 points, about 12 minutes)
#
# Your function may use `STEM`, and your `layer_table` of chapter 2 if you paste it into a cell.
#
# <details><summary>Hint 1: what to carry along</summary>
#
# The channels and the size of the maps, starting with 3 and 224. A convolution changes both, a pool only the size.
# </details>
#
# <details><summary>Hint 2: the order within a layer</summary>
#
# First the new size. Then the weights: filters × *old* channels × kernel². Then the channels. Multiply-adds are weights ×
# new size². For a pool, weights and biases are 0.
# </details>


# %% exercise="stem_table"
def stem_table():
    """Work out what each of the five layers of STEM returns and costs, for one image in float32.

    Returns:
        List of five dicts for an image of 3 x 224 x 224, one per layer and in order, with the keys
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


# %% test="stem_table" points=1
check.stem_table(stem_table)

# %% hidden_test="stem_table" points=3
import hidden

hidden.stem_table(stem_table)

# %% [markdown]
# Now the lecture's comparison, with VGG-16 from 224 × 224 down to its third pool. A ratio needs the same rows on both
# sides: pools counted for both, or for neither.

# %% experiment="stem_against_vgg" uses="stem_table" folded="true"
rows = stem_table()
vgg_rows = table("vgg16_layers")[:10]
sides = {
    "stem": [(row["name"], row["kib"], row["params"], row["macs"]) for row in rows],
    "VGG-16": [
        (row["name"], row["kib"], row["weights"] + row["biases"], row["macs"]) for row in vgg_rows
    ],
}


def stem_sum(side, column, pools):
    """The sum of one column over the rows of a side, with or without pools."""
    return sum(row[column] for row in sides[side] if pools or not row[0].startswith("pool"))


costs = {
    "memory with pools, MiB": (1, True, 1024, "7.5; 42.9 without pools; 5.7x"),
    "memory without pools, MiB": (1, False, 1024, ""),
    "parameters, thousands": (2, True, 1e3, "124; 1100; 8.9x"),
    "multiply-adds, millions": (3, True, 1e6, "418; 7485; 17.8x"),
}
show(
    [
        {
            "from 224 × 224 to 28 × 28": name,
            "stem": stem_sum("stem", column, pools) / unit,
            "VGG-16": stem_sum("VGG-16", column, pools) / unit,
            "VGG-16 / stem": stem_sum("VGG-16", column, pools) / stem_sum("stem", column, pools),
            "on the slide": slide,
        }
        for name, (column, pools, unit, slide) in costs.items()
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
mflop = sum(row["slide_mflop"] for row in slide_rows)
print("the slide's five MFLOP cells add up to", mflop, "and not to 418")

# %% [markdown]
# > **On the slide.** Only two of the nine numbers in this comparison are correct, 7.5 MB and 124 K. `conv1` takes
# > **3136** KiB; the slide prints 3316, five times. Its five MFLOP cells add up to **481**, not 418 (478 without the
# > comparisons of pools): digits changed places again. All of VGG's numbers lack the convolution that you traced in
# > chapter 3; 45.9 MiB, 1.7 M and 9335 M are right for convolutions. And the ratio of memory counts pools for the stem
# > only. The right ratios are **6.9, 13.9 and 19.5**.
#
# So the true comparison is *better* for GoogLeNet than the one printed. And the reason given for it, "in VGG-16, most of
# the compute was at the start"? That depends on where the start ends.
#
# **Predict first.** Which share of VGG-16's multiply-adds is spent on maps larger than 28 × 28? Larger than 56 × 56?

# %% prediction="above_28"
above_28 = ""  # "30 %", "60 %" or "90 %"

# %% experiment="where_vgg_computes" uses="stem_table" alt="Two step curves from the image to the last layer, for VGG-16 and GoogLeNet's stem: side of the maps against multiply-adds spent so far, on a logarithmic axis. The stem is at 56 pixels after 0.12 billion and at 28 after 0.48 billion; VGG-16 leaves 224 pixels after 1.9 billion, reaches 56 after 4.7 and 28 after 9.3 billion." folded="true"
from cnnlab.pictures import costs as cost_pictures
from coursekit.predictions import show_prediction

whole = [row for row in table("vgg16_layers") if not row["name"].startswith(("pool", "flatten"))]
total = {key: sum(row[key] for row in whole) for key in ("macs", "kib")}
shares = {}
for side in (56, 28):
    above = [row for row in whole if row["out_size"] > side]
    shares[side] = {key: sum(row[key] for row in above) / total[key] for key in total}
    macs, kib = (f"{shares[side][key]:.0%}" for key in ("macs", "kib"))
    print(f"VGG-16 above {side} × {side}: {macs} of its multiply-adds, {kib} of its memory")
show_prediction(above_28, f"{100 * shares[28]['macs']:.0f} %")
cost_pictures.sides_by_cost({"GoogLeNet's stem": stem_table(), "VGG-16": vgg_rows})
plots.show(
    "The stem brings the maps to 28 × 28 with a twentieth of the multiply-adds that VGG-16 "
    "spends on the way."
)

# %% [markdown]
# > **On the slide.** "Most of the compute was at the start" holds if the start is everything above 28 × 28, 60 % of the
# > multiply-adds. In its first two stages VGG-16 does 30 % of its work. What does sit at the start is *memory*: 71 % of
# > what its convolutions return.
#
# What does the stem give away? Detail: after three layers with weights, adjacent outputs are eight pixels apart, and each
# sees 27 × 27 pixels. That photographs of 224 × 224 survive this is an empirical fact about ImageNet. Images of 32 × 32
# would be down to 4 × 4 after the same stem, which is why networks for small images do without it.

# %% [markdown] quiz="stem_share" points=1
# **Which layer of the stem does most of its multiply-adds?**
#
# - A. the 7 × 7 convolution, because of its kernel
#   - Why: 118 of 478 million. It reads only three channels, and that counts as much as the kernel.
# - B. the 1 × 1 convolution
#   - Why: 13 million; it reads 64 channels, but through a kernel of one.
# - C. (right) the 3 × 3 convolution
#   - Why: 347 of 478 million. 9 · 64 weights per filter and 192 filters, against 49 · 3 and 64 in the 7 × 7, which has four times as many positions.
# - D. the pools, which look at nine pixels each
#   - Why: They compare and do not multiply; counted the slide's way, that is 3 million operations.

# %% [markdown]
# ## The Inception module
#
# How large should a kernel be? VGG's answer is 3 × 3, everywhere. But a nose may fill five pixels of a map and an eye
# three, and the next image shows the same face from farther away. GoogLeNet's answer is not to choose: let several
# kernels look at the *same* maps in parallel, put their outputs side by side, and leave it to the next layer's weights
# what to use. The slides call this a "local unit with parallel branches"; the network repeats it nine times.
#
# One of the branches is a 1 × 1 convolution, which sees no neighbours at all. At each pixel it makes new channels out of
# the old ones, each a weighted sum: a fully-connected layer over the *channels*, with the same weights at every pixel
# (Lin et al., 2014). It is the cheapest way to change the number of channels.

# %% experiment="one_by_one"
from torch.nn import functional as F
from cnnlab import training

maps = torch.randn(2, 6, 5, 5, generator=training.generator(0), dtype=torch.float64)
conv = nn.Conv2d(6, 3, 1).double()
as_linear = F.linear(maps.movedim(1, -1), conv.weight[:, :, 0, 0], conv.bias).movedim(-1, 1)
same = torch.allclose(conv(maps), as_linear)
print("1 x 1 convolution = linear layer over channels, pixel by pixel:", same)

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

# %% [markdown]
# That is what the module's other 1 × 1 convolutions are for. Before the 3 × 3 and before the 5 × 5 they *reduce* the
# channels, so that the expensive kernel has less to read; after the pool they *project* what the pool returns to fewer
# channels. Here is the network's first module, 3a, drawn from its numbers. The wider a box, the more channels.

# %% figure="module" alt="Diagram of Inception module 3a. At the bottom a wide box, the input with 192 channels. Four branches rise from it: a 1 by 1 convolution with 64 filters; a 1 by 1 with 96 and above it a 3 by 3 with 128; a 1 by 1 with 16 and above it a 5 by 5 with 32; a 3 by 3 max pool that keeps 192 channels and above it a 1 by 1 with 32. At the top they are concatenated to 256 channels."
from cnnlab.pictures import branches

branches.draw_module(c_in=192, size=28, c1=64, c2=(96, 128), c3=(16, 32), c4=32)
plots.show(
    "Module 3a: four branches read the same maps; 1 × 1 convolutions make the input of the 3 × 3 "
    "and 5 × 5 narrow before the work is done (the width of a box shows its channels; the ReLU "
    "after every convolution is left out)."
)

# %% [markdown]
# **Worked example.** Channels through 3a: the 1 × 1 makes 64 of 192. The second branch: 192 → 96 → 128; its 3 × 3 has
# padding 1 and keeps the 28 × 28. The third: 192 → 16 → 32, the 5 × 5 with padding 2. The fourth: the pool has *stride 1*
# and padding 1, and keeps both 192 and 28 × 28; the projection makes 32 of 192. All four are 28 × 28, so they can be
# joined along the channels: 64 + 128 + 32 + 32 = 256, which module 3b reads.
#
# > **On the slide.** "Uses 1×1 'bottleneck' layers to reduce channel dimension before expensive conv" fits two of the
# > four 1 × 1 convolutions. The one after the pool keeps the output narrow. The first is a branch of its own.
#
# ### Exercise: `Inception` (8 points, about 25 minutes)
#
# <details><summary>Hint 1: what the branches share</summary>
#
# Only the input. All four start from the same `x`, so do not overwrite it; `torch.cat` along axis 1 joins them.
# </details>
#
# <details><summary>Hint 2: a branch</summary>
#
# `nn.Sequential` of convolution, ReLU, convolution, ReLU. A small function can return `[nn.Conv2d(...), nn.ReLU()]`.
# </details>
#
# <details><summary>Hint 3: sizes that do not fit</summary>
#
# The padding that keeps a size is `kernel // 2`. And `nn.MaxPool2d(3, padding=1)` has a stride of 3: unless you say
# otherwise, a pool's stride is its window.
# </details>


# %% exercise="Inception"
class Inception(nn.Module):
    """Build an Inception module: four branches that read the same maps, joined along the channels.

    The branches, in the order of the output's channels:
    1. a 1 x 1 convolution with c1 filters;
    2. a 1 x 1 convolution with c2[0] filters, then a 3 x 3 convolution with c2[1];
    3. a 1 x 1 convolution with c3[0] filters, then a 5 x 5 convolution with c3[1];
    4. a 3 x 3 max pool with stride 1 and torch's padding of 1 (what lies outside is never the
       maximum), then a 1 x 1 convolution with c4 filters.
    Convolutions have stride 1, the padding that keeps the size, and a bias; a ReLU follows each of
    the six, and each is a layer of its own. There is no batch norm, and no other parameter.

    Names of inner modules, and the order in which they are defined, are up to you; all parameters
    have their shapes from the start.
    """

    def __init__(self, in_channels, c1, c2, c3, c4):
        """Make the layers.

        Args:
            in_channels: of the input.
            c1: filters of the first branch, an int.
            c2: filters of the second branch, a pair of ints (reduce, out).
            c3: filters of the third branch, a pair of ints (reduce, out).
            c4: filters of the fourth branch, an int.
        """
        super().__init__()
        ### BEGIN SOLUTION

        def conv(inputs, outputs, kernel):
            return [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU()]

        pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.branches = nn.ModuleList(
            [
                nn.Sequential(*conv(in_channels, c1, 1)),
                nn.Sequential(*conv(in_channels, c2[0], 1), *conv(*c2, 3)),
                nn.Sequential(*conv(in_channels, c3[0], 1), *conv(*c3, 5)),
                nn.Sequential(pool, *conv(in_channels, c4, 1)),
            ]
        )
        ### END SOLUTION

    def forward(self, x):
        """Run all branches.

        Args:
            x: maps, shape (N, in_channels, H, W); stays as it is.

        Returns:
            Maps of shape (N, c1 + c2[1] + c3[1] + c4, H, W).
        """
        ### BEGIN SOLUTION
        return torch.cat([branch(x) for branch in self.branches], dim=1)
        ### END SOLUTION


# %% test="Inception" points=2
check.Inception(Inception)

# %% hidden_test="Inception" points=5
import hidden

hidden.inception(Inception)

# %% hidden_test="Inception" points=1
import hidden

hidden.inception_properties(Inception)

# %% [markdown]
# ### Your module, drawn from its own code
#
# The picture above was drawn from numbers. This one is read off *your* code: it runs your module 3a once and follows
# autograd's record from the output back to the input. A missing ReLU or a pool with another stride shows at once.

# %% experiment="drawn_from_code" uses="Inception" alt="A graph read from the code of module 3a, from the input at the bottom to the concatenation at the top. Four columns: 1 by 1 convolution, ReLU; 1 by 1, ReLU, 3 by 3, ReLU; 1 by 1, ReLU, 5 by 5, ReLU; max pool, 1 by 1, ReLU."
image = torch.zeros(1, 192, 5, 5, requires_grad=True)
branches.draw_graph(Inception(192, 64, (96, 128), (16, 32), 32)(image), image)
plots.show(
    "What your module really does, from the input (bottom) to the output (top), as autograd saw it."
)

# %% [markdown] quiz="pool_branch_stride" points=1
# **Someone writes `nn.MaxPool2d(3, padding=1)` into the pool branch. What happens for maps of 28 × 28?**
#
# - A. nothing special; the padding keeps the size
#   - Why: It would with stride 1. Left out, the stride is the window, 3.
# - B. the branch returns 14 × 14, and `torch.cat` fills the rest with zeros
#   - Why: The stride is 3, not 2, and cat fills nothing up.
# - C. the module works, with a quarter of the pool's maps missing
#   - Why: Maps of different sizes cannot be concatenated along the channels.
# - D. (right) the branch returns 10 × 10, and `torch.cat` raises an error
#   - Why: A pool's stride is its window unless you say otherwise: (28 + 2 − 3) // 3 + 1 = 10.

# %% [markdown]
# ## What the bottlenecks save
#
# The first idea was simpler: the *naive* module puts 1 × 1, 3 × 3 and 5 × 5 convolutions and the pool side by side, all
# of them on the full input, and concatenates (Szegedy et al., 2015, Figure 2a). Two things are wrong with it.
#
# It is expensive. In 3a the 5 × 5 would have $25 \cdot 192 \cdot 32 = 153{,}600$ weights. Through a reduction to 16
# channels it takes $192 \cdot 16 + 25 \cdot 16 \cdot 32 = 15{,}872$, a tenth. In general $K^2 C c$ weights from $C$ to
# $c$ channels become $r\,(C + K^2 c)$ through $r$.
#
# And its output keeps growing. The pool hands on all channels that it reads, and those of the convolutions come on top:
# 192 → 416 in 3a, and every further module adds to it. The projection prevents this.
#
# **Worked example.** A small module: 10 channels on 4 × 4, `c1=2`, `c2=(3, 4)`, `c3=(1, 2)`, `c4=2`. The 1 × 1
# convolutions that read the input have $10 \cdot (2 + 3 + 1 + 2) = 80$ weights, the 3 × 3 has $9 \cdot 3 \cdot 4 = 108$,
# the 5 × 5 $25 \cdot 1 \cdot 2 = 50$: 238 weights at 16 positions, 3808 multiply-adds. Naive: $10 \cdot 2 = 20$ in the
# 1 × 1, $9 \cdot 10 \cdot 4 = 360$ in the 3 × 3, $25 \cdot 10 \cdot 2 = 500$ in the 5 × 5 and none in the pool branch:
# 880 at 16 positions, 14,080.
#
# ### Exercise: `inception_macs` (5 points, about 12 minutes)
#
# <details><summary>Hint 1: weights first</summary>
#
# All convolutions of the module return maps of one size. So add up the weights, and multiply by the positions once.
# </details>
#
# <details><summary>Hint 2: what goes without bottlenecks</summary>
#
# Three of the four 1 × 1 convolutions: both reductions and the projection. The 1 × 1 branch stays. `c2[0]`, `c3[0]` and
# `c4` play no part then.
# </details>


# %% exercise="inception_macs"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    """Count the multiply-adds of an Inception module for one image.

    Args:
        in_channels: of the input.
        size: side of the input's maps, and of all others, in pixels.
        c1: filters of the 1 x 1 branch, as for Inception.
        c2: pair (reduce, out) of the 3 x 3 branch.
        c3: pair (reduce, out) of the 5 x 5 branch.
        c4: filters of the projection.
        bottleneck: False for the naive module, which lacks all three 1 x 1 convolutions that only
            change the number of channels: 3 x 3 and 5 x 5 read the input, and the pool branch ends
            with the pool. Output channels of the 1 x 1, 3 x 3 and 5 x 5 stay as they are.

    Returns:
        The multiply-adds of all its convolutions, an int. Biases, ReLU, pool and concatenation cost
        none.
    """
    ### BEGIN SOLUTION
    if bottleneck:
        ones = in_channels * (c1 + c2[0] + c3[0] + c4)
        weights = ones + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2
    ### END SOLUTION


# %% test="inception_macs" points=1
check.inception_macs(inception_macs)

# %% hidden_test="inception_macs" points=3.5
import hidden

hidden.inception_macs(inception_macs)

# %% hidden_test="inception_macs" points=0.5
import hidden

hidden.inception_macs_default(inception_macs)

# %% [markdown]
# ### Saved: operations. And time?
#
# Here are all nine modules of GoogLeNet, by your function. Channels are those of the paper's Table 1:

# %% given="modules"
# c1, c2, c3, c4 by module; maps are 28 x 28 in stage 3, 14 x 14 in stage 4, 7 x 7 in stage 5
MODULES = {
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

# %% experiment="bottlenecks_counted" uses="inception_macs"
rows, inputs = [], 192
for name, (c1, c2, c3, c4) in MODULES.items():
    size = {"3": 28, "4": 14, "5": 7}[name[0]]
    lean, naive = (
        inception_macs(inputs, size, c1, c2, c3, c4, bottleneck) for bottleneck in (True, False)
    )
    channels = {
        "reads": inputs,
        "returns": c1 + c2[1] + c3[1] + c4,
        "naive it would": c1 + c2[1] + c3[1] + inputs,
    }
    macs = {"M MACs": lean / 1e6, "naive": naive / 1e6, "naive / lean": naive / lean}
    rows.append({"module": name, **channels, **macs})
    inputs = channels["returns"]
lean, naive = (sum(row[key] for row in rows) for key in ("M MACs", "naive"))
sums = {"M MACs": lean, "naive": naive, "naive / lean": naive / lean}
show([*rows, dict.fromkeys(rows[0]) | {"module": "all", **sums}])

# %% [markdown]
# 1.10 billion in place of 3.88: without its bottlenecks GoogLeNet would overshoot its budget by far, even if every module
# read only as many channels as it does now.
#
# **Predict first.** Module 3a keeps 42 % of the naive form's multiply-adds. How much of its *time* does it keep,
# on a CPU in torch's default memory layout? Think of everything in it that takes time.

# %% prediction="time_kept_by_3a"
time_kept_by_3a = ""  # "less than 42 %", "about 42 %" or "more than 50 %"


# %% experiment="bottlenecks_timed" uses="inception_macs" alt="Two plots of stacked bars for modules 3a, 3b, 4d and 5b, time relative to the naive module; left in torch's default memory layout, right with channels last. Each module has two bars, naive and with bottlenecks, made of convolutions and pool. Bottlenecks shrink the part of the convolutions to about a third to six tenths. In the default layout the pool, the same in both, is the larger part of 3a; in the other layout it nearly vanishes." folded="true"
import cnnlab
from torch.utils.benchmark import Timer


def convolutions_of(c_in, c1, c2, c3, c4, bottleneck):
    """The convolutions of a module as (inputs, outputs, kernel)."""
    if bottleneck:
        threes_and_fives = [(c_in, c2[0], 1), (*c2, 3), (c_in, c3[0], 1), (*c3, 5)]
        return [(c_in, c1, 1), *threes_and_fives, (c_in, c4, 1)]
    return [(c_in, c1, 1), (c_in, c2[1], 3), (c_in, c3[1], 5)]


def shortest_times(layers, size, layout, device):
    """The shortest of 8 times of each layer; in turns, so that a busy machine is fair to all."""
    timers = []
    for layer, c_in in layers:
        x = torch.randn(1, c_in, size, size, device=device).to(memory_format=layout)
        names = {"layer": layer.to(device, memory_format=layout), "x": x}
        timers.append(Timer("layer(x)", globals=names))
    with torch.no_grad():
        rounds = [[timer.timeit(1).mean for timer in timers] for _ in range(8)]
    return [min(times) for times in zip(*rounds, strict=True)]


device = cnnlab.device()
layouts = {"torch's default layout": torch.contiguous_format, "channels last": torch.channels_last}
chosen = {"3a": (192, 28), "3b": (256, 28), "4d": (512, 14), "5b": (832, 7)}
seconds, left = {}, {}
for name, (c_in, size) in chosen.items():
    naive, lean = (
        convolutions_of(c_in, *MODULES[name], bottleneck) for bottleneck in (False, True)
    )
    layers = [(nn.Conv2d(i, o, kernel, padding=kernel // 2), i) for i, o, kernel in naive + lean]
    layers.append((nn.MaxPool2d(3, 1, 1), c_in))
    for title, layout in layouts.items():
        *convs, pool = shortest_times(layers, size, layout, device)
        seconds[title, name] = [(sum(convs[:3]), pool), (sum(convs[3:]), pool)]
    macs = [inception_macs(c_in, size, *MODULES[name], bottleneck) for bottleneck in (True, False)]
    left[name] = macs[0] / macs[1]
before, after = map(sum, seconds["torch's default layout", "3a"])
kinds = {0.5: "more than 50 %", 0.38: "about 42 %", 0: "less than 42 %"}
show_prediction(time_kept_by_3a, next(kinds[kept] for kept in kinds if after > kept * before))
cost_pictures.times_of_modules(seconds, left)
plots.show(
    "The time of four modules in both forms, relative to the naive one, and what it is spent on "
    "(black bars: the share of the multiply-adds that is left)."
)

# %% [markdown]
# Operations fall by the same factor on every machine; time does not. The convolutions kept the count's promise in some
# of our runs and fell short of it in others (on one core of servers, with one image): two layers stand where one was,
# and each moves its maps. But a module has a max pool, too, which multiplies nothing and is in no table, and in torch's
# default layout, where each channel lies in memory as a piece, it took *longer than all six convolutions of 3a
# together*. Put the channels last in memory, so that the values of a pixel lie side by side, and the same pool takes a
# tenth of its time. On a GPU it looks different again. It is chapter 2's lesson: a count of operations is a hint about
# time, and what is not counted may be what you wait for.
#
# And what do bottlenecks cost in accuracy? Squeezing 192 channels into 16 before the 5 × 5 means that its kernels only
# see 16 combinations of the input. The authors' hunch is that a short vector can hold most of what there is to say about
# a patch of an image (Szegedy et al., 2015, section 4). The paper reports no experiment with and without; that GoogLeNet
# won is evidence for the whole, not for this part.

# %% [markdown] quiz="bottleneck_ratio" points=1
# **A 5 × 5 convolution from 256 to 64 channels gets a reduction to 32 before it. By what factor do the weights fall?**
#
# - A. (right) about 7
#   - Why: 25 · 256 · 64 = 409,600 become 256 · 32 + 25 · 32 · 64 = 59,392.
# - B. 8, since 256 / 32 = 8
#   - Why: The 5 × 5 itself falls by 8, but the reduction has weights of its own, 8192.
# - C. 2, since 64 / 32 = 2
#   - Why: The reduction changes what the 5 × 5 reads, from 256 to 32, not what it returns.
# - D. 25, since the kernel becomes 1 × 1
#   - Why: The 5 × 5 is still there, after the 1 × 1.

# %% [markdown]
# ## Global average pooling
#
# VGG-16 keeps 89 % of its parameters in its three fully-connected layers (lecture, *GoogLeNet: Global Average Pooling*).
# They must be that large because each of 4096 outputs has a weight of its own for every pixel of every map. But does a
# cat in the left half need other weights than a cat in the right half?
#
# **Global average pooling** says no. It makes one number of each map,
#
# $$\bar x_c = \frac{1}{HW} \sum_{i=1}^{H} \sum_{j=1}^{W} x_{cij},$$
#
# and a single fully-connected layer turns the $C$ means into scores (Lin et al., 2014, took even that away). Positions
# are forgotten, and the size of the image no longer matters.
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
# It leaves two axes of size 1. Take away only those two: with a single image, `squeeze()` takes the batch axis, too.
# </details>


# %% exercise="global_average_pool"
def global_average_pool(x):
    """Average each map.

    Args:
        x: maps, shape (N, C, H, W); H and W may differ, any of the four may be 1. Stays as it is.

    Returns:
        Shape (N, C), of the dtype of x.
    """
    ### BEGIN SOLUTION
    return x.mean(dim=(2, 3))
    ### END SOLUTION


# %% test="global_average_pool" points=0.5
check.global_average_pool(global_average_pool)

# %% hidden_test="global_average_pool" points=1.5
import hidden

hidden.global_average_pool(global_average_pool)

# %% [markdown]
# What is saved can be counted. Take the maps that reach the head, $C$ channels of $S \times S$, and count both heads for
# them: VGG's `flatten` and three fully-connected layers, with 4096, 4096 and one output per class; or pool and one layer.
#
# **Worked example.** For 8 channels of 2 × 2 and 10 classes. VGG's head: $8 \cdot 2 \cdot 2 = 32$ numbers come in,
# $32 \cdot 4096 + 4096 = 135{,}168$ parameters; then $4096 \cdot 4096 + 4096 = 16{,}781{,}312$; then
# $4096 \cdot 10 + 10 = 40{,}970$: together 16,957,450. Pooled: $8 \cdot 10 + 10 = 90$.
#
# > **On the slide.** The two slides on global average pooling show the first rows of the *stem's* table again (with
# > 3316), where the head's belong: average pool, 1024 numbers, 4 KiB, no parameters; fully connected, 1000 numbers,
# > 1,025,000 parameters, 1.0 M multiply-adds. VGG's three rows beside it are right, without biases as always.
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
    """Count the parameters of a network's head, which turns maps into scores of classes.

    Args:
        kind: "gap" for global average pooling and one fully-connected layer; "fc" for VGG's flatten
            and three fully-connected layers, with 4096, 4096 and num_classes outputs.
        channels: of the maps.
        size: side of the maps in pixels.
        num_classes: how many scores.

    Returns:
        The number of parameters with all biases, an int.

    Raises:
        ValueError: if kind is another.
    """
    ### BEGIN SOLUTION
    from itertools import pairwise

    if kind == "gap":
        widths = [channels, num_classes]
    elif kind == "fc":
        widths = [channels * size**2, 4096, 4096, num_classes]
    else:
        raise ValueError(f'kind is {kind!r}, but it must be "gap" or "fc"')
    return sum(inputs * outputs + outputs for inputs, outputs in pairwise(widths))
    ### END SOLUTION


# %% test="head_params" points=0.5
check.head_params(head_params)

# %% hidden_test="head_params" points=2
import hidden

hidden.head_params(head_params)

# %% hidden_test="head_params" points=0.5
import hidden

hidden.head_params_contract(head_params)

# %% [markdown]
# 123.6 million against 1.0 million, 121 times fewer. In the paper the change even *raised* accuracy, by 0.6 points top-1,
# with dropout still before the last layer (Szegedy et al., 2015, section 5). Fewer parameters, better result: a head that
# can learn positions will learn them, whether they matter or not.
#
# That can be tested. Train two networks on the digits: the same four 3 × 3 convolutions with batch norm, then either your
# global average pool and one layer, or `flatten`, a hidden layer of 128 and the last layer. Test both on the test digits
# as they are, and on the same digits moved by one pixel in each direction. Neither has seen moved digits in training.
#
# **Predict first.** Which is better on moved digits?

# %% prediction="better_when_moved"
better_when_moved = ""  # "pooled", "fully connected" or "equal"


# %% experiment="moved_by_one_pixel" uses="global_average_pool" alt="Bars with ticks for three seeds. On test digits in place both heads reach about 0.98. On digits moved by one pixel the pooled head falls to about 0.8, the fully-connected one to about 0.65." folded="true"
import cnnlab
from cnnlab import data, training
from cnnlab.pictures import panels


class WithHead(nn.Module):
    """Four 3 x 3 convolutions with batch norm, and a head: pooled, or fully connected."""

    def __init__(self, pooled):
        super().__init__()
        layers, channels = [], 1
        for place in range(4):
            conv = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(16), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if place == 1 else []
            channels = 16
        self.features, self.pooled = nn.Sequential(*layers), pooled
        hidden_layer = [nn.Flatten(), nn.Linear(16 * 4 * 4, 128), nn.ReLU(), nn.Linear(128, 10)]
        self.head = nn.Linear(16, 10) if pooled else nn.Sequential(*hidden_layer)

    def forward(self, x):
        maps = self.features(x)
        return self.head(global_average_pool(maps) if self.pooled else maps)


def moved(images, down, right):
    """Images moved by so many pixels; the background fills what becomes free."""
    padded = F.pad(images, (1, 1, 1, 1), value=images.min().item())
    return padded[:, :, 1 - down : 9 - down, 1 - right : 9 - right]


device = cnnlab.device()
digits = data.digits(torch.float32).to(device)
schedule = {"steps": 150, "batch_size": 64, "learning_rate": 0.05, "schedule": "cosine"}
shifts = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
accuracies = {}
for name, pooled in {"global average pool": True, "fully connected": False}.items():
    runs = []
    for seed in range(3):
        _ = torch.manual_seed(seed)
        network = WithHead(pooled).to(device, memory_format=torch.channels_last)
        _ = training.train(network, digits.train_x, digits.train_y, **schedule, seed=seed)
        _ = network.eval()
        scores = [
            training.accuracy(network, moved(digits.test_x, *shift), digits.test_y)
            for shift in shifts
        ]
        runs.append((scores[0], sum(scores[1:]) / 4))
    accuracies[name] = torch.tensor(runs)
    params = sum(parameter.numel() for parameter in network.head.parameters())
    print(f"{name}: {params:,} parameters in the head")
pooled, connected = accuracies.values()
good = bool((pooled[:, 0] > 0.95).all() and (connected[:, 0] > 0.95).all())
print("in place, both above 0.95 on every seed:", good)
better = bool(pooled[:, 1].min() > connected[:, 1].max())
worse = bool(pooled[:, 1].max() < connected[:, 1].min())
print("moved, one head is better on every seed:", better or worse)
show_prediction(better_when_moved, "pooled" if better else "fully connected" if worse else "equal")
panels.bars_with_runs(
    accuracies, ["as they are", "moved by one pixel"], xlabel="test digits", ylabel="test accuracy"
)
plots.show("Both heads, in place and moved by a single pixel (bars: mean, ticks: seeds).")

# %% [markdown] quiz="moved_digits" points=1
# **The pooled network lost accuracy when digits moved by one pixel. Why, if an average does not care about positions?**
#
# - A. It had too few parameters to learn the digits.
#   - Why: In place it was as accurate as the other. The number of parameters does not explain the loss.
# - B. Convolutions do not care about shifts, so the head must be to blame.
#   - Why: The head is the part that really does not care. Look at what comes before it.
# - C. (right) The pool with stride 2 and the zero padding before it do care about positions.
#   - Why: After a shift by one, the pool groups other pixels; and zero padding marks the border. What reaches the average is therefore not just the old maps, moved.
# - D. Test digits differ from training digits.
#   - Why: They do in both conditions, in place as well as moved.

# %% [markdown]
# In place there is no difference to speak of. Moved by one pixel, the pooled head loses about 0.15 and the
# fully-connected one twice as much. The average does not care where in a map something is; the hidden layer has learned
# where. Why does the pooled one lose anything at all? The layers *before* the pool are not indifferent to shifts: the max
# pool with stride 2 groups other pixels after a step of one, and zero padding tells the convolutions where the border is.
#
# What is gained is also what is given up: where classes *differ* by position (is the mark above or below the line?), a
# global average throws away the difference. For photographs of one object, that seldom hurts.

# %% [markdown] quiz="larger_images_later" points=1
# **GoogLeNet was trained on 224 × 224 and now gets images of 448 × 448. What must change before it can run?**
#
# - A. the last layer, which gets four times as many inputs
#   - Why: It gets one number per channel, 1024, whatever the size of the maps.
# - B. (right) nothing
#   - Why: Convolutions and pools take any size, and the global average pool makes 1024 numbers of maps of 14 × 14 as of 7 × 7. Whether it is still accurate is another question.
# - C. the stem, which must shrink the image twice as much
#   - Why: It can stay as it is; all maps are twice as large, and that is all.
# - D. everything: a network is built for one size
#   - Why: VGG's flatten is, since fc6 has a weight for each pixel of the maps. Here no layer has.

# %% [markdown]
# ## Auxiliary classifiers
#
# GoogLeNet has 22 layers with weights from the image to the scores, and it was built before batch norm. On its way back
# the gradient passes through all of them, and the authors worried whether enough of it would reach the first (Szegedy et
# al., 2015, section 5). Their remedy: two small classifiers, attached half-way, which are trained to classify as well.
# Each sends gradients into the network from where it sits, so that no layer is far from a loss.
#
# > **On the slide.** "Training using loss at the end of the network didn't work well: network is too deep, gradients
# > don't propagate cleanly." The paper says less: that it *was a concern*. It reports no run that failed.
#
# Was the concern justified? Take an untrained plain network of 20 convolutions, 3 × 3 with 16 channels and ReLU (a max
# pool after the fifth, a global average pool and a layer with 10 outputs at the end). Compute the loss of a batch of
# digits, go backward, and note the size of each layer's gradient. Then once more with four auxiliary heads, after layers
# 3, 7, 11 and 15, whose losses are added: more heads than GoogLeNet had, and at full weight. Then with batch norm
# instead. And all of it for two kinds of initial weights: torch's default, which shrinks the signal in each layer, and
# He's, which keeps its size (He et al., 2015).
#
# **Predict first.** With torch's weights and a single loss, the gradient of layer 1 is some hundred million times smaller
# than that of layer 20. Which of the two remedies is still needed with He's weights?

# %% prediction="needed_with_he"
needed_with_he = ""  # "heads", "batch norm" or "neither"


# %% experiment="gradients_at_depth" uses="global_average_pool" alt="Two plots of the gradient's norm against the layer, on logarithmic axes. With torch's initial weights and one loss it falls from about 0.01 at layer 20 to about 1e-10 at layer 1; with four heads it saws between 1e-4 and 0.1 and is about 0.001 at layer 1; with batch norm it rises from 0.2 to about 1 at layer 1. With He's initial weights all three curves stay between 0.003 and 2." folded="true"
class PlainNet(nn.Module):
    """Twenty 3 x 3 convolutions, with an exit after the last, and one after each layer in heads."""

    def __init__(self, heads=(), he=False, batch_norm=False, channels=16, depth=20):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(channels if k else 1, channels, 3, padding=1) for k in range(depth)
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(channels) if batch_norm else nn.Identity() for _ in range(depth)
        )
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
SETTINGS = {
    "one loss": {},
    "four auxiliary heads": {"heads": HEADS},
    "batch norm, one loss": {"batch_norm": True},
}
STARTS = {"torch's initial weights": False, "He's initial weights": True}
exact = data.digits()
norms = {}
for start, he in STARTS.items():
    norms[start] = {}
    for name, setting in SETTINGS.items():
        runs = []
        for seed in range(3):
            _ = torch.manual_seed(seed)
            network = PlainNet(he=he, **setting).double()
            loss_of_all(network(exact.train_x[:128]), exact.train_y[:128]).backward()
            runs.append([torch.linalg.vector_norm(c.weight.grad).item() for c in network.convs])
        norms[start][name] = torch.tensor(runs)
first, first_he = ({name: runs[:, 0] for name, runs in norms[s].items()} for s in STARTS)
print("torch's weights, layer 1, on every seed:")
print("  one loss below 1e-7:", bool((first["one loss"] < 1e-7).all()), end="; ")
print("with heads above 1e-4:", bool((first["four auxiliary heads"] > 1e-4).all()), end="; ")
print("with batch norm above 0.1:", bool((first["batch norm, one loss"] > 0.1).all()))
neither = all(bool((norm > 1e-3).all()) for norm in first_he.values())
print("He's weights: layer 1 above 1e-3 on every seed, for all three:", neither)
enough = bool((first_he["one loss"] > 1e-3).all())
show_prediction(needed_with_he, "neither" if enough else "heads or batch norm")
axes = panels.curves_in_panels(
    norms, range(1, 21), xlabel="layer", ylabel="norm of the gradient", height=3.3
)
for ax in axes:
    ax.set_yscale("log")
    ax.set_xticks([1, 5, 10, 15, 20])
_ = axes[0].legend(loc="lower right", fontsize=8)
plots.show(
    "How much gradient each layer gets, by initial weights and remedy (lines: median, bands: three "
    "seeds)."
)

# %% [markdown]
# Now that is a vanishing gradient: with shrinking initial weights, layer 1 gets a hundred-millionth of what layer 20
# gets. Follow the curve with heads from right to left: it falls, and jumps up at layers 15, 11, 7 and 3, where another
# loss comes in. Batch norm prevents the fall, since it brings each layer's outputs back to size; with it, gradients even
# grow towards the image (chapter 5 returns to this). But He initialization alone fixes it too. The problem is a property
# of deep networks *with such initial weights*, not of depth.
#
# The head that the paper attaches (section 5), to maps of 14 × 14:
#
# | layer | returns |
# |---|---|
# | average pool 5 × 5, stride 3 | 4 × 4, as many channels |
# | convolution 1 × 1, 128 filters, ReLU | 128 × 4 × 4 |
# | flatten | 2048 |
# | fully connected, ReLU | 1024 |
# | (dropout, 70 %) | |
# | fully connected | the classes |
#
# **Worked example.** The head at 4a reads 512 channels. Its convolution has $512 \cdot 128 + 128 = 65{,}664$ parameters,
# the first fully-connected layer $2048 \cdot 1024 + 1024 = 2{,}098{,}176$, the last
# $1024 \cdot 1000 + 1000 = 1{,}025{,}000$: 3,188,840 in all. Two such heads are nearly as heavy as the network that they
# help to train. That is no loss: after training they are thrown away.
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
    """Build a small classifier for maps of 14 x 14, as GoogLeNet attaches it half-way.

    An average pool of 5 x 5 with stride 3, without padding; a 1 x 1 convolution with 128 filters
    and ReLU; flatten; a fully-connected layer with 1024 outputs and ReLU; a fully-connected layer
    with num_classes outputs, without ReLU. All three layers with weights have biases; there are no
    other parameters. Dropout before the last layer is optional and must do nothing in evaluation
    mode.

    Names of inner modules, and the order in which they are defined, are up to you; all parameters
    have their shapes from the start.
    """

    def __init__(self, in_channels, num_classes):
        """Make the layers.

        Args:
            in_channels: of the maps.
            num_classes: how many scores.
        """
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
        """Classify.

        Args:
            x: maps, shape (N, in_channels, 14, 14).

        Returns:
            Scores of the classes, shape (N, num_classes).
        """
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


# %% test="AuxiliaryHead" points=1
check.AuxiliaryHead(AuxiliaryHead)

# %% hidden_test="AuxiliaryHead" points=3.5
import hidden

hidden.auxiliary_head(AuxiliaryHead)

# %% hidden_test="AuxiliaryHead" points=0.5
import hidden

hidden.auxiliary_head_properties(AuxiliaryHead)

# %% [markdown]
# ## The whole network
#
# You have all the parts:
#
# stem (28 × 28) → 3a → 3b → pool (14 × 14) → 4a → 4b → 4c → 4d → 4e → pool (7 × 7) → 5a → 5b → global average pool → fc
#
# The auxiliary heads read what 4a and 4d return, and exist for training only. So a GoogLeNet with heads has two modes,
# like batch norm: in training it returns three sets of scores, for a loss such as
#
# $$L = L_{\text{main}} + 0.3\,(L_{4a} + L_{4d}),$$
#
# and in evaluation only the scores that count. The weight 0.3 is the paper's; it belongs to the loss, not to the network.
#
# As in chapter 2, two things differ from the original: its local response normalizations are left out, and a `width`
# scales channels, so that a small copy can be tested by value. Each channel count $c$ of stem and modules becomes
# `c * width // 64`, rounded down. A module then *reads* what its predecessor really returns, the sum of four rounded
# numbers: for `width=10`, 4a returns 30 + 32 + 7 + 10 = 79 channels, not `512 * 10 // 64 = 80`. Heads are not scaled.
#
# **Worked example.** At `width=64` 5b returns $384 + 384 + 128 + 128 = 1024$ channels, so the last layer has
# $1024 \cdot 1000 + 1000 = 1{,}025{,}000$ parameters, 15 % of the network. VGG-16's last three had 89 %.
#
# ### Exercise: `GoogLeNet` (9 points, about 30 minutes)
#
# You may use your `Inception`, `AuxiliaryHead` and `global_average_pool`; then a mistake there shows here as well.
#
# <details><summary>Hint 1: a loop instead of nine lines</summary>
#
# Go through `MODULES.items()` with the number of channels so far. An `nn.ModuleDict` keeps modules by name; `forward` can
# go through it in the same order, with a pool before 4a and 5a and a head after 4a and 4d.
# </details>
#
# <details><summary>Hint 2: channels</summary>
#
# Scale first, then add: after a module, `channels = c1 + c2[1] + c3[1] + c4` of the *scaled* numbers.
# </details>
#
# <details><summary>Hint 3: two ways to return</summary>
#
# `self.training` says which mode it is. Make heads in `__init__` only if `aux` is true, and use them in `forward` only if
# there are any *and* the network is in training mode.
# </details>


# %% exercise="GoogLeNet" forbids="published"
class GoogLeNet(nn.Module):
    """Build GoogLeNet as published, without local response normalization, at any width.

    The five layers of STEM; the modules 3a, 3b; a pool; 4a to 4e; a pool; 5a, 5b, with the channels
    of MODULES; global average pooling; a fully-connected layer with num_classes outputs. All four
    pools outside the modules are max pools of 3 x 3 with stride 2 and padding 1, which round down.
    Each convolution has a bias and a ReLU after it, the last layer a bias and no ReLU. Every
    channel count c of STEM and MODULES becomes c * width // 64; what a layer reads is what the
    layer before it returns.

    With aux, two auxiliary heads, as AuxiliaryHead describes them and with its 128 and 1024
    whatever the width, read the outputs of 4a and of 4d. There are no other parameters, no buffers,
    and without aux no heads. Dropout before the last layer, here and in the heads, is optional and
    must do nothing in evaluation mode.

    Names of inner modules, and the order in which they are defined, are up to you; all parameters
    have their shapes from the start.
    """

    def __init__(self, num_classes=1000, aux=False, width=64):
        """Make the layers.

        Args:
            num_classes: how many scores.
            aux: whether there are auxiliary heads.
            width: at least 4; 64 gives the published network.
        """
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
        """Classify.

        Args:
            x: images, shape (N, 3, H, W), H and W at least 32.

        Returns:
            In evaluation mode, and in training mode without aux: the scores, shape
            (N, num_classes). In training mode with aux, for which H = W = 224: a tuple
            (scores, scores of the head at 4a, scores of the head at 4d).
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


# %% test="GoogLeNet" points=2
check.GoogLeNet(GoogLeNet)

# %% hidden_test="GoogLeNet" points=3
import hidden

hidden.googlenet(GoogLeNet)

# %% hidden_test="GoogLeNet" points=3
import hidden

hidden.googlenet_with_heads(GoogLeNet)

# %% hidden_test="GoogLeNet" points=1
import hidden

hidden.googlenet_properties(GoogLeNet)

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

# %% [markdown]
# ### At full size: three networks called GoogLeNet
#
# The paper's Table 1 lists parameters and operations of each module. Below they stand beside what `measure` finds when it
# runs *your* `Inception` of the same channels. (The paper's K is 1024 weights, no biases; its ops are multiply-adds.)

# %% experiment="table_of_the_paper" uses="Inception" folded="true"
from cnnlab.measure import measure


def percent_off(printed, counted):
    """By how many percent a printed number differs from the counted one."""
    return round(100 * (printed / counted - 1), 1) + 0.0


rows, inputs, published = [], 192, {row["module"]: row for row in table("googlenet_table1")}
for name, channels in MODULES.items():
    paper = published[name]
    with torch.device("meta"):
        layers = measure(Inception(inputs, *channels), (inputs, *2 * [paper["out_size"]]))
    weights = sum(row.params - row.shape[0] for row in layers if row.kind == "conv") / 1024
    macs = sum(row.macs for row in layers) / 1e6
    rows.append(
        {
            "module": name,
            "K weights": weights,
            "the paper's": paper["paper_params_k"],
            "off by %": percent_off(paper["paper_params_k"], weights),
            "M MACs": macs,
            "the paper's ops": paper["paper_ops_m"],
            "ops off by %": percent_off(paper["paper_ops_m"], macs),
        }
    )
    c1, c2, c3, c4 = channels
    inputs = c1 + c2[1] + c3[1] + c4
show(rows, digits=1)
others = [published[name] for name in ("conv1", "conv2", "linear")]
printed = [(row["module"], row["paper_params_k"], row["paper_ops_m"]) for row in others]
counted = [
    (row["module"], round(row["weights"] / 1024, 1), round(row["macs"] / 1e6)) for row in others
]
print("the paper's other rows (K, M):", printed)
print("counted:", counted)

# %% [markdown]
# Operations agree, apart from 5a. Parameters do not, in six of nine modules: 4a, 4c, 4d, 4e, 5a and 5b are off by one to
# seven percent. And the paper's first row gives `conv1` 2.7 K weights and 34 M operations, where 7 × 7 × 3 × 64 makes
# 9.2 K and 118 M. The paper does not say whether table or description is at fault. Now all of it, and two namesakes:

# %% experiment="three_googlenets" uses="GoogLeNet" folded="true"
with torch.device("meta"):
    network, with_heads = GoogLeNet(), GoogLeNet(aux=True)
layers = [row for row in measure(network, (3, 224, 224)) if row.kind in ("conv", "linear")]
params = sum(row.params for row in layers)
yours = {
    "variant": "yours",
    "third_kernel": 5,
    "batch_norm": "no",
    "params": params,
    "aux_params": sum(parameter.numel() for parameter in with_heads.parameters()) - params,
    "macs": sum(row.macs for row in layers),
}
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
        for row in [yours, *table("googlenet_variants")]
    ]
)
paper = table("googlenet_table1")
k_weights, m_ops = (sum(row[key] for row in paper) for key in ("paper_params_k", "paper_ops_m"))
print(f"the paper's columns add up to {k_weights:.1f} K weights and {m_ops} M operations")

# %% [markdown] quiz="same_number" points=1
# **The paper's budget is 1.5 billion multiply-adds, torchvision's GoogLeNet takes 1.498. What does this show?**
#
# - A. torchvision's network is the paper's.
#   - Why: It has batch norm and a 3 × 3 where the paper has a 5 × 5; its parameters differ, too.
# - B. The paper's table is right.
#   - Why: Counted, the network described takes 1.583 billion. The table's sum is low because of its first row.
# - C. Batch norm costs no operations at test time.
#   - Why: True if it is folded, but no explanation: the paper's network without batch norm takes 1.583 billion.
# - D. (right) Nothing: two deviations happen to lead to the same number.
#   - Why: The smaller kernel makes torchvision's cheaper, and a slip in a table made the paper's look cheaper. A number that fits confirms a claim only if it was made the same way.

# %% [markdown]
# * **The paper's**, which you built: 5 × 5 kernels, biases, no batch norm. 6,998,552 parameters, 1.583 G multiply-adds.
#   (Its own columns add up to 6.96 million and 1.502 G.)
# * **torchvision's** `googlenet`: batch norm after every convolution, and a 3 × 3 where the third branch should have its
#   5 × 5. That was a slip, taken over from an implementation in TensorFlow; when it was noticed, trained weights were
#   already in use, so it stayed, with a comment (pytorch/vision, issue 906). 6,624,904 parameters, 1.498 G.
# * The same with the right kernel: batch norm has 7,280 parameters more than the paper's biases.
#
# If you read "1.5 billion" in the paper and 1.498 G in torchvision's documentation, you may take one for a confirmation
# of the other. It is a coincidence: the paper's sum is low because of its first row, torchvision's because of its kernel.
# Heads invite slips as well: torchvision returned its two in the wrong order until a user noticed in 2024
# (pytorch/vision, issue 8736). The tests above would have caught it.
#
# Where do the parameters and the work sit now?

# %% experiment="where_it_sits" alt="Two bar charts over stem, nine modules and last layer of GoogLeNet. Parameters grow from almost nothing in the stem to 1.4 million in 5b; the last layer has 1.0 million. Multiply-adds are highest in the stem, with 0.48 billion, and in 3b, with 0.30 billion; the last layer has almost none."
from cnnlab.pictures import costs as cost_pictures

paper = table("googlenet_table1")
modules = {row["module"]: [row] for row in paper[2:-1]}
parts = {"stem": paper[:2], **modules, "fc": paper[-1:]}
heights = {
    "parameters (M)": [
        sum(r["weights"] + r["biases"] for r in some) / 1e6 for some in parts.values()
    ],
    "multiply-adds (G)": [sum(r["macs"] for r in some) / 1e9 for some in parts.values()],
}
cost_pictures.bars_by_part(heights, list(parts), xlabel="part of GoogLeNet")
plots.show(
    "No part is far heavier than the others: the largest share of the parameters is 21 %, of the "
    "multiply-adds 30 %."
)

# %% [markdown]
# In VGG, one matrix held three quarters of all parameters. Here cost is spread evenly.

# %% [markdown]
# ## Do the heads help?
#
# A gradient that arrives is not yet a network that learns. Train the plain networks of 20 layers for 200 steps, with and
# without the four heads, for three ways to start: torch's initial weights, He's, and batch norm. The curves show the loss
# of the *last* layer alone, the one that counts.
#
# **Predict first.** Which of the three gains most from heads?

# %% prediction="gains_most"
gains_most = ""  # "torch's weights", "He's weights" or "batch norm"


# %% experiment="heads_in_training" uses="global_average_pool" alt="Three plots of the last layer's training loss over 200 steps. With torch's initial weights the network without heads stays at 2.30; with heads it falls to about 1.5. With He's initial weights both fall below 0.5, the one without heads a little faster. With batch norm both fall below 0.5 and stay close." folded="true"
PAIRS = {"torch's weights": {}, "He's weights": {"he": True}, "batch norm": {"batch_norm": True}}
images = data.digits(torch.float32).to(device)
schedule = {"steps": 200, "batch_size": 64, "learning_rate": 3e-3, "schedule": "cosine"}
final, curves = {}, {}
for start, setting in PAIRS.items():
    curves[start] = {}
    for name, where in (("without heads", ()), ("with heads", HEADS)):
        _ = torch.manual_seed(0)
        network = PlainNet(where, **setting).to(device, memory_format=torch.channels_last)
        losses = []

        def loss(scores, labels, losses=losses):
            losses.append(F.cross_entropy(scores[-1], labels).item())
            return loss_of_all(scores, labels)

        options = {"loss": loss, "optimizer": torch.optim.Adam, **schedule}
        _ = training.train(network, images.train_x, images.train_y, **options)
        curves[start][name] = torch.tensor(losses).view(-1, 10).mean(1)
        final[start, name] = sum(losses[-20:]) / 20
axes = panels.curves_in_panels(
    curves, range(5, 205, 10), xlabel="step", ylabel="loss of the last layer", height=2.8
)
_ = axes[0].legend(loc="lower left")
_ = axes[0].set_ylim(0, 2.6)
stuck, helped = (final["torch's weights", name] for name in ("without heads", "with heads"))
print("torch's weights: stuck without heads:", stuck > 2.29, end=" ")
print("- learns with heads:", helped < 2.1, "- but little:", helped > 1)
print("He's weights learn without heads:", final["He's weights", "without heads"] < 0.8)
print("batch norm learns without heads:", final["batch norm", "without heads"] < 0.8)
gain = {start: final[start, "without heads"] - final[start, "with heads"] for start in PAIRS}
show_prediction(gains_most, max(gain, key=gain.get))
plots.show("Training with and without heads, for three ways to start.")

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
# * *It depends on the recipe.* With GoogLeNet's two heads at weight 0.3, one of five seeds stayed stuck; with SGD in
#   place of Adam even four heads left the network stuck, at two learning rates and on three seeds.
#
# On the real network there is a later verdict by the same first author. Inception-v3 has batch norm, and with it heads
# "did not result in improved convergence early in the training"; near the end the network with heads came out slightly
# ahead, and removing the lower of two changed nothing. Heads act as a *regularizer* (Szegedy et al., 2016, section 4).
#
# > **On the slide.** "With BatchNorm, we no longer need to use this trick." Not needed to train, that is right. Still
# > used, though: Inception-v3 has batch norm *and* one auxiliary classifier, 3.3 million parameters in torchvision's.
#
# A better answer came a year later: give the gradient a way around the layers. That is the next chapter.

# %% [markdown]
# ## What did it buy?
#
# GoogLeNet won the challenge of 2014 with 6.67 % top-5 error; VGG had 7.3 %. But *one* GoogLeNet did not do that:

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
# line, the victory to the last. To compare networks by accuracy and cost, take both from the same line.
#
# Here are the slides' numbers of this part once more, with what is right and why:

# %% experiment="errata"
columns = ("what", "slide", "right", "verdict", "cause")
errata = [row for row in table("lecture_errata") if row["topic"] == "04-inception"]
show([{column: row[column] for column in columns} for row in errata])

# %% [markdown] written="three_choices" points=3
# ## A written question (3 points)
#
# A colleague classifies microscope images of 64 × 64 pixels by *where* in the cell a bright spot lies (centre, upper
# edge, lower edge …). She takes a network of 22 layers as in this chapter, with batch norm, and justifies: "GoogLeNet's
# stem, because it saves work; global average pooling, because it saves parameters; two auxiliary heads, because otherwise
# the gradient vanishes."
#
# Judge the three choices in about 150 words. For each: does the reason hold here, what does it cost here, and what would
# you do instead or measure before you decide?
#
# ### BEGIN SOLUTION
# Stem: it does save work, but it shrinks 64 × 64 to 8 × 8 before the first module, and the pools after it to 4 × 4 and
# 2 × 2. A spot of a few pixels and its position are gone early. I would leave out one or both strides of 2, or the stem
# altogether: small images are cheap anyway.
#
# Global average pooling: it saves the parameters, but averages over positions, and here the position is the class. (Zero
# padding lets a little of it through.) Use flatten and a small layer, or pool to a coarse grid, for instance 4 × 4, and
# compare both on validation images.
#
# Heads: with batch norm the gradient does not vanish; in the experiment it stayed near its size over 20 layers, and heads
# brought no reliable gain. They cost parameters and time in training only. They might act as a regularizer, as in
# Inception-v3. Train with and without, on several seeds, and keep them only if the difference exceeds that
# between the seeds themselves.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: the stem loses resolution (64 to 8 at its end, with numbers or in words) that small images and small objects
# cannot spare; a remedy.
# 1 point: global average pooling discards position, and position is the class here; a remedy (flatten, coarser pooling,
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
#   expensive ones and after the pool: 1.1 G multiply-adds in all nine modules, and 3.9 G without. How much time that
#   saves depends on things that no table counts, such as the pool and the layout in memory.
# * A global average pool has no parameters and takes any size. It replaced 99 % of VGG's head, and gave up positions.
# * Gradients vanish in deep plain networks *with shrinking initial weights*. Auxiliary heads help there, in part. He's
#   initial weights or batch norm help more, and then heads are no longer needed to train.
# * GoogLeNet has 6,998,552 parameters and takes 1.58 G multiply-adds. torchvision's network of this name is another one.
# * 6.67 % is the error of seven networks and 144 crops; one network and one crop have 10.07 %.
#
# ## Further reading
#
# * C. Szegedy et al.: *Going Deeper with Convolutions*, [arXiv:1409.4842](https://arxiv.org/abs/1409.4842), CVPR 2015.
# * M. Lin, Q. Chen, S. Yan: *Network In Network*, [arXiv:1312.4400](https://arxiv.org/abs/1312.4400), ICLR 2014: 1 × 1
#   convolutions and global average pooling.
# * C. Szegedy et al.: *Rethinking the Inception Architecture for Computer Vision*,
#   [arXiv:1512.00567](https://arxiv.org/abs/1512.00567), CVPR 2016: cheaper kernels, and what heads are good for.
# * C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi: *Inception-v4, Inception-ResNet and the Impact of Residual Connections
#   on Learning*, [arXiv:1602.07261](https://arxiv.org/abs/1602.07261), 2016.
# * C.-Y. Lee et al.: *Deeply-Supervised Nets*, [arXiv:1409.5185](https://arxiv.org/abs/1409.5185), AISTATS 2015: a loss
#   for every layer, invented at the same time.
# * K. He et al.: *Delving Deep into Rectifiers*, [arXiv:1502.01852](https://arxiv.org/abs/1502.01852), ICCV 2015: the
#   initial weights used here.
# * R. Zhang: *Making Convolutional Networks Shift-Invariant Again*, [arXiv:1904.11486](https://arxiv.org/abs/1904.11486),
#   ICML 2019: why pools with a stride care about one pixel.
