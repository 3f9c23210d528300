# %% [markdown]
# # VGG: a network from three rules
#
# **A slide of this lecture says that VGG-16 takes 13.6 billion multiply-adds per image. It takes 15.5 billion. Nobody
# mistypes 15.5 as 13.6: something has been left out. What?**
#
# You will find out at the end of this chapter, with the slide's own numbers as evidence. For that you need to know the
# network inside out, and VGG makes it easy. AlexNet and ZFNet were found by trial and error: each layer had its own
# kernel, its own stride, its own number of filters, and nobody could say why 11 and not 9. In 2014 Karen Simonyan and
# Andrew Zisserman did the opposite. They fixed everything by rule and varied one thing, the **depth**. Here you write
# their rules as code and ask what each rule buys.
#
# * **Afterwards you can** write a family of networks as a few lines of rules; compute how much of the image an output
#   sees, and measure it without being fooled; say what a stack of small convolutions saves, what it costs and when it
#   does not train; explain why halving the maps and doubling the channels keeps the work the same; compare two networks
#   fairly, and trace a wrong total back to the layer that is missing from it.
# * **You need** convolutions and pools, and memory, parameters and multiply-adds of a layer (chapter 2); batch norm as
#   an idea (chapter 1).
# * **Time** about 150 minutes. **Points** 41: exercises 30, quiz 8, a written question 3. A check below each exercise
#   says what is wrong and where to re-read; hidden tests with other inputs decide the marks.
# * **Slides** from *VGG: Deeper Networks, Regular Design* to *AlexNet vs VGG-16: Much bigger network!* A note marked
#   **On the slide** says what a slide prints and what is right.

# %% given="setup"
import torch
from torch import nn

from cnnlab import plots
from cnnlab.exercises import vgg as check
from cnnlab.quiz import explain

torch.set_num_threads(1)
plots.style()

# %% [markdown]
# ## Three rules
#
# What does a deep network gain by being deeper? AlexNet and ZFNet cannot tell us, since they differ in too many other
# ways. An experiment has to hold everything else fixed, and so VGG (named after Oxford's Visual Geometry Group) has
# **design rules** (Simonyan & Zisserman, 2015; lecture, *VGG: Deeper Networks, Regular Design*):
#
# 1. every convolution is 3 × 3 with stride 1 and padding 1, so that it keeps the size of the maps;
# 2. every pool is a max pool of 2 × 2 with stride 2, so that it halves them;
# 3. after a pool the number of channels doubles.
#
# Pools divide the network into five **stages**. Within a stage all maps have the same size and all convolutions the same
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

# %% figure="three_networks" alt="Three columns of boxes, one box per layer from the image at the bottom to the classes at the top. AlexNet has eleven boxes of many kinds: 11 by 11, 5 by 5 and 3 by 3 convolutions, pools and fully-connected layers. VGG-16 and VGG-19 are twice as high and repeat one box, a 3 by 3 convolution, in five stages that end with a pool."
from cnnlab.pictures.columns import draw_alexnet_and_vggs

draw_alexnet_and_vggs()
plots.show("AlexNet is a list of decisions; VGG-16 and VGG-19 are one decision, repeated.")

# %% [markdown]
# > **On the slide.** Two of the lecture's lines do not describe VGG.
# >
# > *"Stage 3: conv-conv-pool."* In VGG-16 and VGG-19, stage 3 is built like stages 4 and 5: go by the table above.
# >
# > *"After pool, double #channels."* Not after `pool4`: the filters are 64, 128, 256, 512, **512**. The paper has it
# > right: doubled after each max pool "until it reaches 512" (section 2.1).
#
# Here are the table's four columns as data and, for comparison, the lecture's AlexNet, in the format of `cnnlab.layers`
# that chapter 2 uses:

# %% given="architectures"
# Convolutions per stage, by depth.
STAGES = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
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
# Five numbers, the convolutions of each stage, and `STAGES` holds them. The rest is a rule.
# </details>
#
# <details><summary>Hint 2: the loops</summary>
#
# One loop over the stages, `enumerate(..., start=1)`, and inside it one over the convolutions of the stage. After the
# inner loop comes the pool. An f-string makes the names.
# </details>
#
# <details><summary>Hint 3: the filters</summary>
#
# Either a second tuple of five numbers, or 64 doubled stage by stage and capped at 512.
# </details>


# %% exercise="vgg_layers"
def vgg_layers(depth):
    """Write the layers of a VGG network as data.

    Args:
        depth: layers with weights: 11, 13, 16 or 19.

    Returns:
        List of layer dicts as cnnlab.layers describes them, in order: five stages, each with its
        convolutions conv1_1, conv1_2, ... (the stage, then the place in it, both from 1), followed
        by its pool, pool1 ... pool5; then flatten and the fully-connected layers fc6 and fc7 with
        4096 outputs and fc8 with 1000.

    Raises:
        ValueError: if the depth is another number.
    """
    ### BEGIN SOLUTION
    if depth not in STAGES:
        raise ValueError(f"there is no VGG-{depth}; take one of {', '.join(map(str, STAGES))}")
    layers = []
    for stage, number in enumerate(STAGES[depth], start=1):
        filters = min(64 * 2 ** (stage - 1), 512)
        window = {"filters": filters, "kernel": 3, "stride": 1, "padding": 1}
        for place in range(1, number + 1):
            layers.append({"name": f"conv{stage}_{place}", "type": "conv", **window})
        window = {"kernel": 2, "stride": 2, "padding": 0}
        layers.append({"name": f"pool{stage}", "type": "pool", **window})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, number in {"fc6": 4096, "fc7": 4096, "fc8": 1000}.items():
        layers.append({"name": name, "type": "linear", "out_features": number})
    return layers
    ### END SOLUTION


# %% test="vgg_layers" points=1
check.vgg_layers(vgg_layers)

# %% hidden_test="vgg_layers" points=2.5
import hidden

hidden.vgg_layers(vgg_layers)

# %% hidden_test="vgg_layers" points=0.5
import hidden

hidden.vgg_layers_contract(vgg_layers)

# %% [markdown] quiz="layers_on_the_slide" points=1
# **The slide's "conv-conv-pool" for stage 3 fits two of the paper's four networks. Suppose somebody builds all four
# with it, and everything else as in the table. How many layers with weights do the four then have?**
#
# - A. 11, 13, 13 and 16
#   - Why: One convolution less is enough to make 15 of 16. Only stage 3 changes; stages 4 and 5 keep theirs.
# - B. (right) 11, 13, 15 and 17
#   - Why: VGG-11 and VGG-13 have two there anyway. VGG-16 loses one convolution of three, VGG-19 two of four.
# - C. 11, 13, 15 and 18
#   - Why: VGG-19 has four convolutions in stage 3, so it loses two.
# - D. 8, 10, 12 and 14
#   - Why: These are the convolutions alone; the three fully-connected layers have weights as well.

# %% [markdown]
# ## Rule 1: what does a stack see?
#
# A 3 × 3 kernel looks at three pixels in each direction. AlexNet's first layer looked at eleven. How can a network of
# tiny windows see anything larger than a freckle? By stacking. The part of the *image* that an output depends on is its
# **receptive field**, and it grows with every layer.

# %% figure="two_small_windows" alt="Two diagrams of rows of pixels. Left: one output pixel is connected to five input pixels by a single convolution of size 5. Right: one output pixel is connected to three pixels in the middle row, and these to five pixels in the input row, by two convolutions of size 3."
from cnnlab.pictures.fields import draw_windows

draw_windows({"one convolution of 5": (5,), "two convolutions of 3": (3, 3)})
plots.show(
    "Two convolutions of 3, one after the other, see the same five pixels as a single one of 5."
)

# %% [markdown]
# The lecture has the sentence: two 3 × 3 have the same receptive field as one 5 × 5. And three have that of a 7 × 7:
# each further layer adds $K - 1 = 2$ pixels.
#
# That is for stride 1. After a layer with stride 2, adjacent outputs are *two* input pixels apart, and a window over
# three of them reaches twice as far. Call this distance the **jump**: it is 1 at the image and is multiplied by the
# stride of every layer passed. Layer $l$ then adds its $K_l - 1$ steps, each as wide as the jump *before* it:
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
# Walk along the layers with two numbers, the field so far and the jump so far. Which of them must be updated first?
# </details>
#
# <details><summary>Hint 2: layers without a window</summary>
#
# `flatten` and fully-connected layers have no key `"kernel"`: skip them. For no layers at all the answer is 1, since a
# pixel sees itself.
# </details>


# %% exercise="receptive_field" forbids="measured"
def receptive_field(layers):
    """Compute the side of the square of input pixels that one output of the last window depends on.

    Args:
        layers: list of layer dicts, as cnnlab.layers describes them, possibly empty; stays as it
            is. Convolutions and pools count; layers without a kernel (flatten, linear) do not.

    Returns:
        Pixels from the first to the last that are looked at, in one direction, an int; 1 if no
        layer has a kernel. Pixels in the padding count as well: the image is taken to go on beyond
        its border.
    """
    ### BEGIN SOLUTION
    field = jump = 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field
    ### END SOLUTION


# %% test="receptive_field" points=1
check.receptive_field(receptive_field)

# %% hidden_test="receptive_field" points=3
import hidden

hidden.receptive_field(receptive_field)

# %% hidden_test="receptive_field" points=1
import hidden

hidden.receptive_field_properties(receptive_field)

# %% [markdown] quiz="field_after_a_pool" points=1
# **A 3 × 3 convolution, a 2 × 2 pool with stride 2, and two more 3 × 3 convolutions, all with stride 1 and padding 1
# where not said otherwise. How large is the receptive field?**
#
# - A. 7
#   - Why: That leaves the pool out altogether. It has a window of 2, and its stride widens all later steps.
# - B. 8
#   - Why: You counted the pool's window, but not its stride. After it, a step to the neighbour is two input pixels
#     wide.
# - C. 10
#   - Why: Each of the two last convolutions adds 2 steps of 2 pixels, 8 in all; you counted one of them as if it came
#     before the pool.
# - D. (right) 12
#   - Why: 3 after the convolution, 4 after the pool, then twice 2 steps of 2 pixels each make 8 and 12. Padding
#     plays no part.

# %% [markdown]
# ### Measure it, and mind the trap
#
# A formula should be checked against the thing itself. An output depends on an input pixel when its gradient with
# respect to that pixel is not zero. So: pass an image forward, take one output at the centre, run backward, and see
# where the gradient of the image is not zero. We give all weights the same positive value, so that paths cannot cancel,
# and the picture shows how many *paths* lead from each pixel to the output.
#
# **Predict first.** The four networks below are a 5 × 5 convolution, two 3 × 3, the convolutions and pools of VGG-16
# with average pools, and the same with its own max pools. Will all pixels of a field be equally bright? And with max
# pools, will the field of VGG-16 come out as large as with average pools? Write down your guess for the second question:

# %% prediction="field_with_max_pools"
field_with_max_pools = ""  # "smaller", "equal" or "larger"

# %% experiment="field_by_gradient" alt="Four maps of the gradient of the central output with respect to the image. A 5 by 5 convolution gives an even square. Two 3 by 3 convolutions give a square of the same size that is brightest in the middle. VGG-16 with average pools gives a large soft blob that fills a square of 212 pixels, which is drawn dashed. With max pools only scattered pixels stand out, and the edge of that square stays dark." folded="true"
from cnnlab import training
from cnnlab.pictures.fields import draw_gradients
from cnnlab.tables import table
from coursekit.predictions import show_prediction


def vgg16_windows(pool):
    """VGG-16's convolutions and pools with two channels, all weights alike, this kind of pool."""
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
    image = torch.rand(1, 1, size, size, generator=training.generator(0), dtype=torch.float64)
    output = model(image.requires_grad_())
    output[0, 0, output.shape[2] // 2, output.shape[3] // 2].backward()
    return image.grad[0, 0]


def extent(gradient):
    """Pixels from the first to the last row in which something is not zero."""
    rows = gradient.any(dim=1).nonzero()
    return int(rows.max() - rows.min()) + 1


two_small = [nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(2)]
models = {
    "one 5×5": (nn.Conv2d(1, 1, 5, padding=2, bias=False), 11),
    "two 3×3": (nn.Sequential(*two_small), 11),
    "VGG-16, average pools": (vgg16_windows(nn.AvgPool2d), 288),
    "VGG-16, max pools": (vgg16_windows(nn.MaxPool2d), 288),
}
gradients = {name: gradient_of_the_centre(*model) for name, model in models.items()}
fields = {name: extent(gradient) for name, gradient in gradients.items()}
draw_gradients(gradients, {name: 5 if len(g) == 11 else 212 for name, g in gradients.items()})
print(", ".join(f"{name}: {field}" for name, field in list(fields.items())[:3]))
by_max, by_average = fields["VGG-16, max pools"], fields["VGG-16, average pools"]
print("with max pools the measured field is smaller:", by_max < by_average)
outcome = "smaller" if by_max < by_average else "larger" if by_max > by_average else "equal"
show_prediction(field_with_max_pools, outcome)
plots.show(
    "How strongly the central output depends on each pixel, and the field by formula (dashed)."
)

# %% [markdown] quiz="max_pool_trap" points=1
# **You measure VGG-16's receptive field by the gradient of one output for one random image, and get 196 instead of 212.
# What is the explanation?**
#
# - A. The formula gives an upper bound that no network reaches.
#   - Why: With average pools instead of max pools the same measurement gives exactly 212.
# - B. (right) A max pool passes its gradient on to one pixel of each window, so some at the edge were missed this time.
#   - Why: With another image other pixels win. The field is the set of all pixels that can matter; average pools
#     reach them all.
# - C. Padding cuts the field off at the border.
#   - Why: The image was large enough that the field of the central output did not touch the border.
# - D. ReLU sets gradients to zero, which makes the field smaller for good.
#   - Why: A ReLU can block paths for one image, as a max pool does, but not for good: the field is about what is
#     possible.

# %% [markdown]
# Two lessons. The first is the **trap**: with max pools the measurement came out too small. A max pool passes the
# gradient on to one pixel of its window, the largest, and nothing to the others. That is no property of the
# architecture: with another image, other pixels would win. The receptive field asks which pixels *could* matter, so
# measure with average pools (or over many images). `receptive_field_by_gradient` in `cnnlab.measure` does this, and
# agrees with your function:

# %% experiment="fields_of_networks" uses="receptive_field vgg_layers"
from cnnlab.measure import receptive_field_by_gradient

thin = vgg16_windows(nn.MaxPool2d)
print("VGG-16, measured by gradient:", receptive_field_by_gradient(thin, (1, 288, 288)))
for depth in (11, 13, 16, 19):
    print(f"VGG-{depth}, by your function: {receptive_field(vgg_layers(depth))}")
print("AlexNet, by your function:", receptive_field(ALEXNET))

# %% [markdown]
# The second is in the brightness. In the two 3 × 3 the middle pixel has nine paths to the output and a corner only one.
# Over many layers the field becomes a soft blob with faint edges (fainter than drawn: the brightness of both VGGs is
# raised to a power of 0.3, or only the middle would show). An output of VGG-16 *can* depend on 212 of 224 pixels, but
# is dominated by the centre. Luo et al. (2016) call the bright part the *effective* receptive field and show that, for
# stacked convolutions, it grows only with the square root of the depth. How a trained network uses its field is an
# empirical question; the formula gives the most that is possible.

# %% [markdown]
# ## Rule 1: what does a stack cost?
#
# If two 3 × 3 see what one 5 × 5 sees, which should we take? Let all of them go from $C$ channels to $C$, on maps of
# $H \times W$, without bias. A 5 × 5 convolution has $25\,C^2$ weights, each used at $HW$ positions: $25\,C^2 HW$
# multiply-adds. Two 3 × 3 have $2 \cdot 9\,C^2 = 18\,C^2$ weights and $18\,C^2HW$ multiply-adds, **28 % less** of both.
# For a field of 7 × 7 it is $49\,C^2$ against $3 \cdot 9\,C^2 = 27\,C^2$; in the paper's words, the large one needs 81 %
# more (Simonyan & Zisserman, 2015, section 2.3). In general a field of $2n + 1$ costs $(2n+1)^2$ in one piece and $9n$
# in $n$ pieces.
#
# And the stack does something that the single layer cannot: there is a ReLU between its convolutions. Without it, two
# convolutions would just be *one* 5 × 5 convolution with fewer free weights.
#
# **Worked example.** $C = 64$ on maps of 56 × 56. One 5 × 5: $25 \cdot 64^2 = 102{,}400$ weights, times 3136 positions
# 321,126,400 MACs. Two 3 × 3: $18 \cdot 64^2 = 73{,}728$ weights and 231,211,008 MACs. With biases, one has 64
# parameters more and the other 128; multiply-adds stay as they are.
#
# > **On the slide.** All four numbers are right: $25\,C^2$, $18\,C^2$, $25\,C^2HW$, $18\,C^2HW$ (lecture, *VGG: Deeper
# > Networks, Regular Design*; its "FLOPs" are multiply-adds). What it leaves out: the stack outputs *two* sets of maps,
# > $2\,CHW$ numbers, where the single layer outputs one, and in training all of them are kept for the backward pass.
# > Depth is paid for in memory.
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


# %% exercise="stack_cost" forbids="measured"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    """Compute what a stack of equal convolutions costs, one after the other.

    Each goes from `channels` to `channels` channels with stride 1 and a padding that keeps the
    maps at height x width.

    Args:
        kernel: side of each square kernel.
        depth: how many convolutions, at least 1.
        channels: of the input and of every output.
        height: of the maps, in pixels.
        width: of the maps, in pixels.
        bias: whether each filter has a bias.

    Returns:
        Tuple (params, macs) of two ints: parameters of all layers together, with biases if there
        are any; multiply-adds for one image, in which biases never count.
    """
    ### BEGIN SOLUTION
    weights = depth * kernel**2 * channels**2
    biases = depth * channels if bias else 0
    return weights + biases, weights * height * width
    ### END SOLUTION


# %% test="stack_cost" points=1
check.stack_cost(stack_cost)

# %% hidden_test="stack_cost" points=2
import hidden

hidden.stack_cost(stack_cost)

# %% [markdown] quiz="seven_by_seven" points=1
# **You replace one 7 × 7 convolution from C to C channels by three 3 × 3. What changes?**
#
# - A. (right) Weights and multiply-adds fall to 27/49, and three times as many activations are kept.
#   - Why: 27 C² instead of 49 C², each used at as many positions as before; but three layers output maps where one
#     did.
# - B. Weights fall to 27/49, multiply-adds stay.
#   - Why: Multiply-adds are weights times positions, and the positions stay. Both fall by the same factor.
# - C. Weights and multiply-adds fall to 9/49.
#   - Why: That is one 3 × 3. Three are needed for the same receptive field.
# - D. The receptive field becomes 9 × 9.
#   - Why: Each 3 × 3 adds 2 to the field of 1, so three make 7. 9 would be the sum of the kernels.

# %% [markdown]
# ### One 5 × 5 or two 3 × 3?
#
# First the counts, measured on real layers:

# %% experiment="stacks_counted"
from cnnlab.measure import measure
from cnnlab.tables import show

channels, size = 64, 56
rows = []
for kernel, depth in ((5, 1), (3, 2), (7, 1), (3, 3)):
    options = {"padding": kernel // 2, "bias": False, "device": "meta"}
    layers = [nn.Conv2d(channels, channels, kernel, **options) for _ in range(depth)]
    measured = measure(nn.Sequential(*layers), (channels, size, size))
    params = sum(row.params for row in measured)
    rows.append(
        {
            "stack": f"{depth} × {kernel}×{kernel}",
            "field": kernel if depth == 1 else 2 * depth + 1,
            "weights / C²": params // channels**2,
            "weights": params,
            "MACs": sum(row.macs for row in measured),
            "outputs": sum(torch.Size(row.shape).numel() for row in measured),
        }
    )
show(rows)

# %% [markdown]
# Counts are exact. "Is faster" and "learns better" are claims of another kind, and need a stopwatch and training runs.
#
# **Predict first.** (1) Does the time of two 3 × 3 fall to 0.72 of that of one 5 × 5, for every number of channels? (2)
# Take a small network with two blocks, each of them either one 5 × 5 or two 3 × 3 with a ReLU after every convolution,
# and train both for the same number of steps on the digits of chapter 1, *without* batch norm and with torch's default
# initial weights. Which one will be more accurate? And does batch norm change that?

# %% prediction="better_without_batch_norm"
better_without_batch_norm = ""  # "one 5×5", "two 3×3" or "equal"

# %% experiment="one_large_or_two_small" alt="Left: time of two 3 by 3 convolutions divided by that of one 5 by 5, against the number of channels; the ratio is above 1 for few channels, and for many it lies on either side of the dashed line at 0.72. Right: test accuracy of three pairs of networks: with batch norm both reach about 0.98; without batch norm and with torch's own initial weights the 5 by 5 reaches about 0.35 and the 3 by 3 stays near 0.1, which is guessing; with He's initial weights both reach about 0.9." folded="true"
import cnnlab
from cnnlab import data, training
from cnnlab.pictures.work import draw_ratios_and_accuracies
from cnnlab.timing import shortest_in_turns

STACKS = {"one 5×5": (5, 1), "two 3×3": (3, 2)}


def block(kernel, depth, channels, batch_norm=False):
    """A stack of convolutions of one size, each followed by ReLU, with batch norm if asked for."""
    layers = []
    for _ in range(depth):
        layers.append(nn.Conv2d(channels, channels, kernel, padding=kernel // 2))
        layers += [nn.BatchNorm2d(channels), nn.ReLU()] if batch_norm else [nn.ReLU()]
    return layers


def seconds(cases):
    """The shortest time of each case (modules in a row, channels and size of the image)."""
    device, steps = cnnlab.device(), []
    for modules, channels, size in cases:
        model = nn.Sequential(*modules).to(device)
        x = torch.randn(1, channels, size, size, device=device)
        steps.append(lambda model=model, x=x: model(x))
    with torch.no_grad():
        return shortest_in_turns(steps, device)


def accuracy_of(kernel, depth, batch_norm, he, seed):
    """The test accuracy on the digits after 100 steps."""
    _ = torch.manual_seed(seed)
    norm = nn.BatchNorm2d(16) if batch_norm else nn.Identity()
    stem = [nn.Conv2d(1, 16, 3, padding=1), norm, nn.ReLU()]
    blocks = [block(kernel, depth, 16, batch_norm) for _ in range(2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
    network = nn.Sequential(*stem, *blocks[0], nn.MaxPool2d(2), *blocks[1], *head)
    for module in network.modules():
        if he and isinstance(module, nn.Conv2d):
            _ = nn.init.kaiming_normal_(module.weight)
            _ = nn.init.zeros_(module.bias)
    network.to(memory_format=torch.channels_last)
    options = {"steps": 100, "batch_size": 64, "learning_rate": 0.05, "schedule": "cosine"}
    _ = training.train(network, digits.train_x, digits.train_y, seed=seed, **options)
    return training.accuracy(network.eval(), digits.test_x, digits.test_y)


digits = data.digits(torch.float32)
settings = {
    "batch norm": (True, False),
    "none, torch's\nstart": (False, False),
    "none, He's\nstart": (False, True),
}
large, small = (
    torch.tensor(
        [[accuracy_of(*stack, *how, seed) for seed in range(3)] for how in settings.values()]
    )
    for stack in STACKS.values()
)
ratios = {}
for channels, size in {16: 32, 64: 56, 128: 28, 256: 14, 512: 7}.items():
    times = seconds([(block(*stack, channels), channels, size) for stack in STACKS.values()])
    ratios[f"{channels}\n{size}²"] = times[1] / times[0]
draw_ratios_and_accuracies(
    ratios, 0.72, dict(zip(STACKS, (large, small), strict=True)), list(settings)
)

learned = bool((large[0] > 0.95).all() and (small[0] > 0.95).all())
print("with batch norm every network above 0.95:", learned)
stuck, better = bool((small[1] < 0.2).all()), bool((large[1] > small[1]).all())
print("without it, torch's start: two 3×3 below 0.2 on every seed:", stuck, end="; ")
print("one 5×5 better on every seed:", better)
helped = bool((large[2] > 0.7).all() and (small[2] > 0.7).all())
print("without it, He's start: every network above 0.7:", helped)
worse = bool((large[1] < small[1]).all())
outcome = "one 5×5" if better else "two 3×3" if worse else "equal"
show_prediction(better_without_batch_norm, outcome)
plots.show(
    "Left: the time of two 3 × 3 as a share of that of one 5 × 5, by channels and size of the "
    "maps. Right: test accuracy, by normalization and initial weights (bars: mean, ticks: three "
    "seeds)."
)

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

# %% [markdown]
# So much for "fewer parameters and less computation", which is exact. The rest depends:
#
# * **Time.** A second layer writes and reads its maps once more. With few channels this traffic outweighs the saved
#   multiply-adds, and two 3 × 3 with 16 channels can take *longer* than one 5 × 5 (1.2 to 1.9 times as long on one
#   core of the servers where this chapter was written). With more channels the stack was faster, at 0.5 to 0.9 of the
#   time, but the ratio did not follow 0.72: libraries have different algorithms for different kernels, and on small
#   maps loading the weights takes the time. It is chapter 2's lesson again: a count of operations is a hint about time.
# * **Accuracy.** With batch norm there is no difference here: digits are too easy to need more. Without it, the stack
#   did not learn *at all* from torch's default initial weights, while the 5 × 5 got somewhere. It has twice as many
#   layers, each shrinks its signal, and gradients hardly reach the first one. He's initialization, which keeps the
#   scale of activations from layer to layer (He et al., 2015), makes both trainable.
#
# The problem was not confined to toy networks. VGG was built before batch norm, and its authors could not train the
# deep ones from scratch either: they trained VGG-11 first and started the deeper ones from its layers. Only later did
# they find that Glorot's initialization makes that unnecessary (Simonyan & Zisserman, 2015, section 3.1). On ImageNet,
# once trained, depth won: when they replaced each pair of 3 × 3 in VGG-13 by one 5 × 5, the top-1 error rose by 7 %
# (section 4.1). So that stacks of small kernels are *better* is an observation, on large images and with care in
# training. That they are *cheaper* is arithmetic.

# %% [markdown]
# ## Rules 2 and 3: equal work on every stage
#
# Why should channels double where maps halve? Follow a convolution across a pool, as the lecture does. Before it, maps
# of $2H \times 2W$ with $C$ channels; after it, $H \times W$ with $2C$:
#
# | 3 × 3 convolution | $C \to C$ on $2H \times 2W$ | $2C \to 2C$ on $H \times W$ |
# |---|---|---|
# | outputs | $4\,HWC$ | $2\,HWC$ |
# | weights | $9\,C^2$ | $36\,C^2$ |
# | multiply-adds | $36\,HWC^2$ | $36\,HWC^2$ |
#
# A quarter of the positions, four times the weights: the work stays **the same**, while memory halves and parameters
# quadruple. So each stage can do as much as the one before it, on a coarser image with more channels. Had the channels
# not doubled, later stages would compute next to nothing; had they quadrupled, next to everything.
#
# **Worked example.** From stage 2 to stage 3 of VGG: 128 channels on 112 × 112 become 256 on 56 × 56. Outputs:
# $128 \cdot 112^2 = 1{,}605{,}632$, then $256 \cdot 56^2 = 802{,}816$. Weights: $9 \cdot 128^2 = 147{,}456$, then
# $9 \cdot 256^2 = 589{,}824$. Their products with the positions, $112^2$ and $56^2$, are both 1,849,688,064.
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


# %% exercise="stage_costs" forbids="measured"
def stage_costs(channels, size):
    """Compute what a 3 x 3 convolution costs at a stage and at the next, by rules 2 and 3.

    At this stage it goes from `channels` to `channels` channels on maps of size x size. At the
    next one maps have half the side and twice the channels, and it goes from 2 * channels to
    2 * channels. Stride 1, padding 1, no bias. (That VGG stops doubling after pool4 does not
    matter here.)

    Args:
        channels: of this stage.
        size: side of this stage's maps in pixels, even.

    Returns:
        A pair of dicts (this stage, next stage), each with three ints:
        memory: the outputs of the convolution (how many numbers, not bytes);
        params: its weights;
        macs: its multiply-adds for one image.
    """

    ### BEGIN SOLUTION
    def costs(channels, size):
        weights = 9 * channels**2
        return {"memory": channels * size**2, "params": weights, "macs": weights * size**2}

    return costs(channels, size), costs(2 * channels, size // 2)
    ### END SOLUTION


# %% test="stage_costs" points=1
check.stage_costs(stage_costs)

# %% hidden_test="stage_costs" points=3
import hidden

hidden.stage_costs(stage_costs)

# %% [markdown]
# Now the real network. The left picture will show the multiply-adds of VGG-16's thirteen convolutions, the right one
# the time of one $C \to C$ convolution of each stage on this machine.
#
# **Predict first.** How many of the thirteen bars will have the full height, and what is different about the others?

# %% prediction="bars_of_full_height"
bars_of_full_height = ""  # "all 13", "9" or "6"

# %% experiment="equal_work" alt="Left: multiply-adds of the thirteen convolutions of VGG-16. conv1_2, conv2_2, conv3_2, conv3_3, conv4_2 and conv4_3 have 1.85 billion each; the first convolutions of stages 2, 3 and 4 half of that; conv1_1 almost nothing; the three of stage 5 a quarter. Right: measured time of one convolution per stage, similar for stages 1 to 4 and a quarter to a third of that for stage 5." folded="true"
from cnnlab.pictures.work import draw_work

convs = [row for row in table("vgg16_layers") if row["name"].startswith("conv")]
last = {row["name"][:5]: (row["out_channels"], row["in_size"]) for row in convs}
times = seconds([([nn.Conv2d(c, c, 3, padding=1)], c, size) for c, size in last.values()])
draw_work(convs, [1000 * time for time in times])
macs = {row["name"]: row["macs"] for row in convs}
same = len({macs[f"conv{stage}_2"] for stage in (1, 2, 3, 4)}) == 1
print("C → C convolutions of stages 1 to 4 cost the same:", same)
print("one of stage 5 costs a quarter:", macs["conv4_2"] == 4 * macs["conv5_2"])
stages = {s: sum(number for name, number in macs.items() if name[4] == s) for s in "12345"}
print("billions of MACs per stage:", [round(number / 1e9, 2) for number in stages.values()])
show_prediction(bars_of_full_height, str(sum(m == max(macs.values()) for m in macs.values())))
plots.show(
    "Left: multiply-adds of the convolutions of VGG-16. Right: the measured time of one C → C "
    "convolution of each stage."
)

# %% [markdown] quiz="stage_five" points=1
# **Why does `conv5_2` compute a quarter of what `conv4_2` computes?**
#
# - A. It has half the channels.
#   - Why: Both have 512 in and out. It is the maps that shrank.
# - B. It has a quarter of the weights.
#   - Why: Both have 9 · 512² weights. If the rule had gone on, conv5_2 would have four times as many.
# - C. (right) Maps halved in both directions after pool4, and channels did not double.
#   - Why: The same weights apply at 14² positions instead of 28². To keep the work equal, the weights would have to
#     quadruple.
# - D. The fully-connected layers take over a part of its work.
#   - Why: They come later and compute 0.12 G. What a layer computes depends on its own weights and positions.

# %% [markdown]
# > **On the slide.** *"Conv layers at each spatial resolution take the same amount of computation!"* True per $C \to C$
# > layer, in stages 1 to 4. The first layer of stages 2, 3 and 4 goes from $C$ to $2C$ and costs half; `conv1_1` reads
# > 3 channels and costs 5 %. And where the doubling stops, the rule stops: after `pool4` the same weights apply at a
# > quarter of the positions, so stage 5 costs a quarter per layer. Whole stages of VGG-16 cost 1.94, 2.77, 4.62, 4.62
# > and 1.39 billion. "Memory" on this slide counts numbers, not KB as in the tables around it.
#
# Why did the authors stop at 512? The paper does not say. Another doubling would have quadrupled the weights of stage 5
# to 9.4 million a layer, and doubled what `fc6` reads, already the heaviest layer in the network. That is a plausible
# reason, but a guess. Halve-and-double itself outlived VGG: ResNets do the same from stage to stage.

# %% given="functional"
# For those who write ReLU or pools as functions in `forward`.
from torch.nn import functional as F

# %% [markdown]
# ## The network
#
# It is a short way from data to a module, because there is one kind of convolution and one kind of pool. A ReLU follows
# every convolution, and also `fc6` and `fc7`, but not `fc8`. As in chapter 2, an adaptive average pool (to 7 × 7 here)
# lets the network read images of other sizes, and a `width` scales all channels, so that behaviour can be tested on a
# tiny copy and size on torch's meta device.
#
# With `batch_norm=True` a batch norm follows every convolution and comes **before** its ReLU (chapter 1; that is also
# what torchvision's `vgg16_bn` does). The convolutions keep their biases, although the mean that batch norm subtracts
# removes them again. The head gets no batch norm.
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
# Every convolution must be a new `nn.Conv2d`. `[nn.Conv2d(c, c, 3)] * 2` is *one* layer at two positions, with one set
# of weights.
# </details>


# %% exercise="VGG" forbids="published"
class VGG(nn.Module):
    """Build a VGG network with all of its layers scaled by a width.

    Five stages as in vgg_layers(depth), with width * (1, 2, 4, 8, 8) filters: 3 x 3 convolutions
    with padding 1 and bias, each followed by ReLU, and then a max pool of 2 x 2 with stride 2. An
    adaptive average pool to 7 x 7, flatten, and the fully-connected layers fc6 and fc7 (64 * width
    outputs each, followed by ReLU) and fc8 (num_classes outputs, no ReLU), all with bias. With
    batch_norm, an nn.BatchNorm2d with its default settings stands between each convolution and its
    ReLU.

    The layers are nn.Conv2d, nn.BatchNorm2d and nn.Linear; there are no other parameters or
    buffers. Dropout after fc6 and fc7 is optional and must do nothing in evaluation mode. Names of
    inner modules, and the order in which they are defined, are up to you; all parameters have
    their shapes from the start.
    """

    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        """Make the layers.

        Args:
            depth: 11, 13, 16 or 19; any other raises ValueError.
            num_classes: outputs of fc8.
            width: filters of conv1_1; 64 gives the published network.
            batch_norm: whether the convolutions have batch norm.
        """
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
        """Compute the scores of the classes, shape (N, num_classes).

        Args:
            x: images of shape (N, 3, H, W), H and W at least 32.
        """
        ### BEGIN SOLUTION
        return self.classifier(self.pool(self.features(x)))
        ### END SOLUTION


# %% test="VGG" points=1
check.VGG(VGG)

# %% hidden_test="VGG" points=4
import hidden

hidden.VGG(VGG)

# %% hidden_test="VGG" points=0.5
import hidden

hidden.VGG_contract(VGG)

# %% hidden_test="VGG" points=0.5
import hidden

hidden.VGG_properties(VGG)

# %% [markdown]
# A table is a claim, a network that runs is evidence. `measure` runs your network on the meta device and notes for each
# layer its outputs, its parameters and its multiply-adds:

# %% experiment="network_measured" uses="VGG"
with torch.device("meta"):
    networks = {depth: VGG(depth) for depth in (11, 13, 16, 19)}
rows = []
for depth, network in networks.items():
    measured = measure(network, (3, 224, 224))
    layers = [row for row in measured if row.kind in ("conv", "linear")]
    params = sum(row.params for row in layers)
    rows.append(
        {
            "network": f"VGG-{depth}",
            "layers with weights": len(layers),
            "parameters": params,
            "multiply-adds": sum(row.macs for row in layers),
            "activations, MiB": sum(row.kib for row in layers) / 1024,
            "share of the parameters in fc6": f"{100 * layers[-3].params / params:.0f} %",
        }
    )
show(rows)

# %% [markdown]
# 138,357,544 parameters, the lecture's 138 M. From VGG-11 to VGG-19 the multiply-adds grow by a factor of 2.6, and the
# parameters by only 8 %: depth is nearly free in parameters, because the head has most of them anyway.

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

# %% [markdown]
# ## AlexNet against VGG-16
#
# The lecture ends this part with three bar charts: memory, parameters, operations of AlexNet and VGG-16 side by side
# (lecture, *AlexNet vs VGG-16: Much bigger network!*). To draw them we need totals that can be compared, so both must
# sum the same rows. The lecture sums convolutions and fully-connected layers, and leaves pools and `flatten` out. Here
# are the two tables:


# %% given="cost_tables"
from cnnlab.tables import table


def cost_table(name):
    """What each layer of a network costs: a row with name, kib, params (with biases) and macs."""
    keys = ("name", "out_channels", "out_size", "kib", "macs")
    return [
        {key: row[key] for key in keys} | {"params": row["weights"] + row["biases"]}
        for row in table(name)
    ]


ALEXNET_TABLE, VGG16_TABLE = cost_table("alexnet_layers"), cost_table("vgg16_layers")

# %% [markdown]
# And one more habit: **divide first, round last**. $1 / 0.7$ is 1.43, but if the 0.7 was a 0.749, you wanted 1.34.
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
    """Compute the totals of two networks, and how many times as large the second one is.

    Args:
        table_a, table_b: lists of rows, dicts with at least the keys name, kib, params and macs;
            they stay as they are. Only rows whose name starts with "conv" or "fc" count. No total
            of table_a is 0.

    Returns:
        {"kib": (a, b, ratio), "params": (a, b, ratio), "macs": (a, b, ratio)}: the totals of
        table_a and table_b in the units of the tables, not rounded, and the unrounded b / a.
    """

    ### BEGIN SOLUTION
    def total(rows, key):
        return sum(row[key] for row in rows if row["name"].startswith(("conv", "fc")))

    totals = {key: (total(table_a, key), total(table_b, key)) for key in ("kib", "params", "macs")}
    return {key: (a, b, b / a) for key, (a, b) in totals.items()}
    ### END SOLUTION


# %% test="compare_networks" points=0.5
check.compare_networks(compare_networks)

# %% hidden_test="compare_networks" points=2
import hidden

hidden.compare_networks(compare_networks)

# %% hidden_test="compare_networks" points=0.5
import hidden

hidden.compare_networks_properties(compare_networks)

# %% experiment="three_bars" alt="Three bar charts of AlexNet and VGG-16, each bar split into convolutions and fully-connected layers. Memory 1.9 against 51.7 MiB, nearly all in convolutions; parameters 61 against 138 million, mostly in fully-connected layers; multiply-adds 0.7 against 15.5 billion, nearly all in convolutions." folded="true"
from cnnlab.pictures.work import draw_totals

costs = {
    "memory (MiB)": ("kib", 1024, "48.6, 25x"),
    "parameters (M)": ("params", 1e6, "138, 2.3x"),
    "multiply-adds (G)": ("macs", 1e9, "13.6, 19.4x"),
}
parts = {
    label: [
        [
            sum(row[key] for row in rows if row["name"].startswith(kind)) / unit
            for kind in ("conv", "fc")
        ]
        for rows in (ALEXNET_TABLE, VGG16_TABLE)
    ]
    for label, (key, unit, _) in costs.items()
}
show(
    [
        {"cost": label, "AlexNet": sum(alexnet), "VGG-16": sum(vgg16)}
        | {"VGG-16 / AlexNet": sum(vgg16) / sum(alexnet), "on the slide": costs[label][2]}
        for label, (alexnet, vgg16) in parts.items()
    ]
)
draw_totals(parts, ["AlexNet", "VGG-16"])
plots.show(
    "VGG-16 has twice AlexNet's parameters, but over twenty times its memory and its work, and "
    "those are in the convolutions."
)

# %% [markdown]
# > **On the slide.** It says 48.6 MB and 25x, 13.6 GFLOP and 19.4x. The correct numbers are **51.7 MiB and 27.0x**,
# > **15.5 G and 21.6x**. The parameters, 138 M and 2.3x, are correct. And even granting 13.6 and 0.7,
# > their quotient is not the ratio: unrounded it would be 19.0.
#
# Memory and operations are both too small, and the parameters are right. Nobody miscounts like that at random:
# something has been left out.

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

# %% [markdown]
# ## The missing layer
#
# Here is a case for a detective. The slide's total is 13.6 G multiply-adds; the network has 15.47 G. The difference,
# 1.87 G, looks familiar: a $C \to C$ convolution costs 1.85 G in stages 1 to 4. The slide rounds to one decimal, so its
# true sum lies within 0.05 G of what is printed.
#
# **Hypothesis**: one convolution was forgotten. If a layer is missing from the middle of a list, the next one must
# still fit: the channels that it reads must be those that are there. So only convolutions with *equal input and output
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


# %% exercise="missing_layers" forbids="measured"
def missing_layers(depth, claimed_macs):
    """Find the convolutions of a VGG that may have been left out of a claimed total.

    Args:
        depth: 11, 13, 16 or 19.
        claimed_macs: a total of multiply-adds for one image of 224 x 224, such as 13.6e9.

    Returns:
        List of names, in the order of the network: of those convolutions whose input and output
        channels are equal, each without which the network's multiply-adds differ from the claim by
        at most 0.05e9. The network's multiply-adds are those of all its convolutions and
        fully-connected layers (1000 classes); biases, ReLU and pools cost none. The list is empty
        if no single convolution explains the claim.

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


# %% test="missing_layers" points=1
check.missing_layers(missing_layers)

# %% hidden_test="missing_layers" points=3.5
import hidden

hidden.missing_layers(missing_layers)

# %% hidden_test="missing_layers" points=0.5
import hidden

hidden.missing_layers_contract(missing_layers)

# %% [markdown]
# Six suspects, and multiply-adds cannot tell them apart: since stages do equal work, this clue is useless. But memory
# and parameters do *not* stay equal from stage to stage, and the lecture printed those as well: 48.6 MB here, and a few
# slides on, for the part of VGG-16 from 224 × 224 down to 28 × 28, 42.9 MB, 1.1 M parameters and 7485 M multiply-adds
# (lecture, *GoogLeNet: Aggressive Stem*; convolutions only). Question each suspect with all five numbers:

# %% experiment="lineup" alt="Memory against multiply-adds of VGG-16 with one convolution left out, one point per convolution. The six suspects lie on a horizontal line at 13.6 billion. The slide's point, a star at 48.6 MiB and 13.6 billion, coincides with conv3_2 and conv3_3 and with no other." folded="true"
from cnnlab.pictures.work import draw_suspects

weighty = [row for row in VGG16_TABLE if row["params"]]
early = [row for row in weighty if row["name"][:5] in ("conv1", "conv2", "conv3")]


def total_without(rows, key, name, unit):
    """The sum over rows, less the one of this name."""
    return sum(row[key] for row in rows if row["name"] != name) / unit


def testimony(name):
    """What the totals would be without a layer."""
    return {
        "left out": name or "nothing",
        "memory, MiB": total_without(weighty, "kib", name, 1024),
        "G MACs": total_without(weighty, "macs", name, 1e9),
        "to 28 × 28: MiB": total_without(early, "kib", name, 1024),
        "to 28 × 28: M parameters": total_without(early, "params", name, 1e6),
        "to 28 × 28: M MACs": f"{total_without(early, 'macs', name, 1e6):.0f}",
        "parameters, M": total_without(weighty, "params", name, 1e6),
    }


costs = {row["name"]: row["macs"] for row in VGG16_TABLE}
suspects = [name for name, macs in costs.items() if macs == costs["conv1_2"]]
rows = [testimony(name) for name in ("", *suspects)]
printed = ("the slides print", "48.6", "13.6", "42.9", "1.1", "7485", "138")
show([*rows, dict(zip(rows[0], printed, strict=True))])
convs = [testimony(name) for name in costs if name.startswith("conv")]
points = {row["left out"]: (row["memory, MiB"], row["G MACs"]) for row in convs}
draw_suspects(points, suspects)
plots.show(
    "Six convolutions explain the slide's operations, but only conv3_2 or conv3_3 explain its "
    "memory as well."
)

# %% [markdown]
# Case closed. Only `conv3_2` or `conv3_3` gives all of them: 42.875, 1.145 and 7485 are the slide's 42.9, 1.1 and 7485,
# and 13.62 its 13.6. (48.65 would round to 48.7; it is 48.6 if truncated, or if the 0.035 MiB of the fully-connected
# layers are not in it.) Nothing can decide between the two, since they are alike in every respect. The culprit had been
# named on another slide all along, *"Stage 3: conv-conv-pool"*.
#
# And the 138 M? Without `conv3_3` it would be 137.8 M, which rounds to 138 as well. The one number that looked like
# proof that the totals were right was right by luck. One forgotten row spoiled five totals on the lecture's slides and
# every ratio formed from them; a number from elsewhere (15.47, in torchvision's documentation) or half an hour of
# counting brings it to light.

# %% experiment="errata"
keys = ("what", "slide", "right", "unit", "verdict", "cause")
errata = [row for row in table("lecture_errata") if row["topic"] == "03-vgg"]
show([{key: row[key] for key in keys} for row in errata])

# %% [markdown]
# ## Did depth pay?
#
# That was the question. Since everything else stayed fixed, the answer can be read off. These are the errors of
# torchvision's networks on ImageNet's validation images, one crop each, and their costs:

# %% experiment="depth" alt="Top-1 error on ImageNet against depth. Without batch norm it falls from 31.0 percent at 11 layers to 27.6 at 19; with batch norm from 29.6 to 25.8. Both curves fall steeply from 13 to 16 and less from 16 to 19." folded="true"
variants = table("vgg_variants")
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
curves = {
    name: [row["top1_error"] for row in variants if row["batch_norm"] == norm]
    for name, norm in (("no batch norm", "no"), ("batch norm", "yes"))
}
figure, ax = plots.figure(height=3.0)
labels = {"xlabel": "depth (layers with weights)", "ylabel": "top-1 error (%)"}
plots.lines(ax, [11, 13, 16, 19], curves, **labels)
_ = ax.set(xticks=[11, 13, 16, 19], ylim=(24, 32))
plots.show(
    "Every step in depth lowers the error, the last one least, and batch norm helps at every depth."
)

# %% [markdown]
# Depth paid: 3.4 points of top-1 error from 11 to 19 layers, with hardly more parameters. The price is time, 2.6 times
# the multiply-adds, and the last step, from 16 to 19, buys 0.8 points for 27 % more work. The paper says that the error
# "saturates" at 19 layers on its data (section 4.1). In 2014 an average of seven networks came second in the challenge
# with 7.3 % top-5 error, after GoogLeNet with 6.7 % (Table 7), the subject of the next chapter.
#
# What is established? That *these* networks improve with depth up to 19 layers, all else equal. What remained open in
# 2014: whether deeper would still be better if only it could be trained. The chapter on residual networks answers that.
#
# And the cost? 138 million parameters, three quarters of them in one matrix; 52 MiB of activations per image for the
# forward pass alone. VGG is the last network of this course that was designed without regard to cost. From here on
# architectures get *better and cheaper*.

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
