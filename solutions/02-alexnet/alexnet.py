# %% [markdown]
# # AlexNet: what a network costs
#
# *Which of AlexNet's layers takes the most memory, which holds the most parameters, and which takes the most work?*
#
# Three different ones, and you can tell before a single weight is trained. A convolutional network is a list of layers,
# and from that list alone three costs can be computed: how much **memory** its activations take, how many
# **parameters** it holds, and how many **operations** it performs. This chapter computes them for AlexNet, the network
# with which deep learning took over computer vision.
#
# In the ImageNet challenge a program sees a photo and names what is on it, out of 1000 classes. In 2011 the best entry
# got 25.8 % of the photos wrong, with five guesses each. In 2012 a convolutional network with eight layers of weights
# brought that to 16.4 % (Krizhevsky, Sutskever & Hinton, 2012; lecture, *AlexNet*). A year later nearly all entries
# were such networks.
#
# Hardly any part of it was new. Convolutions, pooling and backpropagation were decades old. What was new was the
# *size*: 60 million parameters, trained for five to six days on two graphics cards of 3 GB each. Whether such a network
# could be trained at all was a question of budgets, and so the lecture uses AlexNet to teach bookkeeping.
#
# * **You will** compute output sizes, memory, parameters and multiply-adds of every layer, and check them on a real
#   network; build AlexNet, and tell apart the four networks of that name; and find errors in published tables.
# * **You need** convolution, pooling and fully-connected layers as ideas, and the basics of PyTorch (`nn.Module`).
# * **Time** about 3 hours, half of it for the exercises. No GPU and no network are needed.
# * **Points** 50: exercises 39, quiz 8, a written question 3. Below each exercise, a check says what is wrong; hidden
#   tests, run when your work is graded, ask the same of other inputs.
# * **Slides** "AlexNet" (the architecture, its table, the three charts) to "ZFNet: A Bigger AlexNet". A note marked
#   **On the slide** says where a slide needs a correction.

# %% given="setup"
import torch
from torch import nn

from cnnlab import plots
from cnnlab.exercises import alexnet as check
from cnnlab.quiz import explain

torch.set_num_threads(1)
plots.style()

# %% [markdown]
# ## A network as a list
#
# We write a network down as data, one plain dict per layer, as the lecture's table does. `cnnlab.layers` documents the
# format. What has no parameters and does not change the shape (ReLU, dropout) is left out.

# %% given="architecture"
from cnnlab.layers import check_layers

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
# Read the list as a story: the image shrinks from 227 pixels to 6 while the channels grow from 3 to 256. Then a
# classifier of three fully-connected layers reads the 9216 numbers that are left.

# %% figure="shape_of_alexnet" alt="The layers of AlexNet as boxes from left to right: their height, the side of the feature maps, falls from 227 to 6, while their width, which stands for the number of channels, grows; three thin bars for the fully-connected layers follow."
from cnnlab.pictures.architecture import draw_boxes
from cnnlab.tables import show, table

draw_boxes([{"name": "image", "out_channels": 3, "out_size": 227}, *table("alexnet_layers")])
plots.show("The maps get smaller and more numerous, until a classifier reads them (not to scale).")

# %% [markdown]
# ## How large is the output?
#
# All three costs begin with the same question: how many numbers does a layer return? A convolution slides a window of
# $K$ pixels over $W$ pixels, in steps of $S$, after $P$ zeros were added on *each* side. The window may not stick out,
# so its last position lies at most $W + 2P - K$ pixels after its first one. That makes
#
# $$W' = \left\lfloor \frac{W - K + 2P}{S} \right\rfloor + 1$$
#
# positions: as many steps as fit, plus one for the starting position. The brackets round down, because a partial step
# doesn't count. The pixels left over on the right are never looked at.

# %% figure="windows" alt="Two rows of eight pixels with windows of three pixels in steps of two below them. In floor mode three windows fit and the last pixel is not covered; in ceil mode a fourth window covers it and sticks out by one pixel."
from cnnlab.pictures.sliding import draw_windows

floor = ("floor: 3 windows, pixel 7 is unseen", [0, 2, 4])
ceil = ("ceil: a 4th window sticks out", [0, 2, 4, 6])
draw_windows([floor, ceil], size=8, kernel=3)
plots.show(
    "A kernel of 3 in steps of 2 over 8 pixels: rounding down leaves the last pixel out, "
    "rounding up lets a window stick out."
)

# %% [markdown]
# **Worked example.** AlexNet's first layer has $W = 227$, $K = 11$, $S = 4$, $P = 2$ (lecture, *AlexNet*):
# $W' = \lfloor 220 / 4 \rfloor + 1 = 55 + 1 = 56$. The division comes out even, so the slide needs no brackets.
#
# > **On the slide.** 227 pixels *with* a padding of 2 is a network that nobody published. The paper prints 224 pixels,
# > but its own sizes only come out with 227 and no padding: $216 / 4 + 1 = 55$. torchvision, after Krizhevsky (2014),
# > takes 224 with padding 2, and there the brackets are needed: $\lfloor 217 / 4 \rfloor + 1 = 54 + 1 = 55$. The
# > lecture mixes the two and gets 56. From `pool1` on, all three agree on 27.
#
# ### Exercise: `conv_output_size` (3 points, about 8 minutes)
#
# A kernel that is larger than the padded input fits nowhere. torch refuses it, and so should you: with a `ValueError`.
#
# <details><summary>Hint 1: whole numbers</summary>
#
# In Python `a // b` divides and rounds down, and stays an `int` when `a` and `b` are.
# </details>
#
# <details><summary>Hint 2: when to refuse</summary>
#
# Compare the kernel with $W + 2P$, not with $W$: a kernel of 6 pixels fits into 4 pixels with padding 1.
# </details>


# %% exercise="conv_output_size" forbids="measured"
def conv_output_size(size, kernel, stride=1, padding=0):
    """Compute the side of a convolution's output.

    Args:
        size: side of the square input, in pixels.
        kernel: side of the kernel.
        stride: pixels between two positions of the kernel.
        padding: pixels of zeros on each side of the input.

    Returns:
        The side of the output, an int.

    Raises:
        ValueError: if the kernel is larger than the padded input.
    """
    ### BEGIN SOLUTION
    room = size + 2 * padding - kernel
    if room < 0:
        raise ValueError(f"a kernel of {kernel} does not fit into {size} pixels, padding {padding}")
    return room // stride + 1
    ### END SOLUTION


# %% test="conv_output_size" points=0.5
check.conv_output_size(conv_output_size)

# %% hidden_test="conv_output_size" points=2
import hidden

hidden.conv_output_size(conv_output_size)

# %% hidden_test="conv_output_size" points=0.5
import hidden

hidden.conv_output_size_errors(conv_output_size)

# %% [markdown] quiz="stem_size" points=1
# **What does a convolution with kernel 7, stride 2 and padding 3 make of 224 pixels?**
#
# - A. 111
#   - Why: The division gives 223 / 2 = 111.5, rounded down 111. Then 1 is added for the starting position.
# - B. (right) 112
#   - Why: 224 - 7 + 6 = 223 pixels of room, 111 whole steps of 2, plus the starting position: 112 (GoogLeNet, ResNet).
# - C. 113
#   - Why: That rounds 111.5 up before adding one. In a convolution the window may not stick out.
# - D. 110
#   - Why: The padding goes on both sides: 2 times 3 pixels, not 3.

# %% [markdown]
# ## Pooling
#
# A pool slides a window in the same way and takes the largest value in it, for each channel by itself. Its output size
# follows from the same formula. AlexNet's windows are 3 pixels wide and 2 apart, so that neighbours overlap; the paper
# found that this overfits slightly less (Krizhevsky et al., 2012, section 3.4). `pool1` reads 56 pixels:
# $\lfloor 53/2 \rfloor + 1 = 27$. In torch that is `nn.MaxPool2d(3, stride=2)`; left out, the stride is 3.
#
# For a convolution, rounding down is the only choice. A pool has another, since a maximum can be taken over a window
# that is cut off: in **ceil mode** torch rounds up, and the last window may stick out on the right. There is one
# exception. A window that would lie *entirely* in the padding on the right is dropped: in torch's words, the last
# window must start inside the input or the left padding. As a formula, with $W'$ windows after rounding up,
#
# $$\text{if } (W' - 1)\, S \ge W + P, \quad \text{drop one window.}$$
#
# You will need this: GoogLeNet's pools are in ceil mode, and 112 pixels become 56, not 55.
#
# **Worked example.** 5 pixels, kernel 2, stride 2, padding 1, ceil mode: $(5 - 2 + 2)/2 = 2.5$, rounded up 3, plus one
# makes 4 windows. The fourth would start $3 \cdot 2 = 6$ pixels after the first. But input and left padding end after
# $5 + 1 = 6$, so it would start in the right padding: 3 windows are left.
#
# ### Exercise: `pool_output_size` (4 points, about 12 minutes)
#
# In both modes, refuse a kernel that is larger than the padded input with a `ValueError` (torch lets some of these pass
# in ceil mode; be stricter). Also refuse a padding of more than half the kernel, as torch does.
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


# %% exercise="pool_output_size" forbids="measured"
def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    """Compute the side of a pool's output, as torch.nn.MaxPool2d has it.

    Args:
        size: side of the square input, in pixels.
        kernel: side of the window.
        stride: pixels between two windows.
        padding: pixels on each side of the input.
        ceil_mode: whether the last window may stick out on the right. One that would start in the
            right padding, or beyond it, is dropped.

    Returns:
        The side of the output, an int.

    Raises:
        ValueError: if the kernel is larger than the padded input (in either mode), or the padding
            is larger than half the kernel.
    """
    ### BEGIN SOLUTION
    room = size + 2 * padding - kernel
    if room < 0:
        raise ValueError(f"a window of {kernel} does not fit into {size} pixels, padding {padding}")
    if 2 * padding > kernel:
        raise ValueError(f"padding {padding} is more than half of a window of {kernel}")
    if not ceil_mode:
        return room // stride + 1
    windows = -(-room // stride) + 1
    return windows - 1 if (windows - 1) * stride >= size + padding else windows
    ### END SOLUTION


# %% test="pool_output_size" points=1
check.pool_output_size(pool_output_size)

# %% hidden_test="pool_output_size" points=2.5
import hidden

hidden.pool_output_size(pool_output_size)

# %% hidden_test="pool_output_size" points=0.5
import hidden

hidden.pool_output_size_errors(pool_output_size)

# %% [markdown] quiz="floor_or_ceil" points=1
# **A pool has kernel 3, stride 2 and no padding. For which inputs do floor mode and ceil mode give different sizes?**
#
# - A. For odd sizes.
#   - Why: For an odd size W the difference W - 3 is even, so 2 divides it and there is nothing to round.
# - B. (right) For even sizes.
#   - Why: Then W - 3 is odd, and ceil mode adds the window that sticks out: 56 gives 27 or 28, 112 gives 55 or 56.
# - C. For all sizes.
#   - Why: Where the stride divides W - K exactly, as for 13 or 55, both modes agree.
# - D. Only for sizes that are multiples of 4.
#   - Why: Multiples of 4 are among them, but 6 and 10 are too: what counts is whether the stride divides W - K.

# %% [markdown]
# ## The first cost: memory
#
# A layer's output has $C \cdot H \cdot W$ numbers, and each takes 4 bytes in float32. The lecture prints KB and means
# 1024 bytes, for which the proper name is **KiB**. So `conv1` takes
#
# $$64 \cdot 56 \cdot 56 \cdot 4 / 1024 = 200{,}704 \cdot 4 / 1024 = 784 \text{ KiB}.$$
#
# When is this memory needed? In training, all outputs are kept for the backward pass, one set *per image of the batch*:
# with 128 images, 784 KiB become 98 MiB. When a trained network only runs, an output can be thrown away as soon as the
# next layer is done, and only the largest pair of neighbours counts. Weights, gradients, the optimizer's state and
# scratch space come on top: this is the memory of the activations alone.
#
# > **On the slide.** The caption of the paper's Figure 2, which the lecture shows, counts **253,440** neurons in the
# > first layer. The layer has 96 maps of 55 by 55: 290,400. The caption's number is $55 \cdot 48 \cdot 96$, so one 55
# > became 48, the number of maps on each of the two cards. The slip is the paper's own. Which number did the authors
# > mean? The abstract says 650,000 neurons. With 290,400 the layers sum to 659,272; with 253,440 only to 622,312.
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
# Half precision (float16, bfloat16) takes 2 bytes per number, and so half the memory.
# </details>


# %% exercise="activation_kib"
def activation_kib(channels, height, width, bytes_per_element=4):
    """Compute the memory that an activation takes.

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


# %% test="activation_kib" points=0.5
check.activation_kib(activation_kib)

# %% hidden_test="activation_kib" points=1.5
import hidden

hidden.activation_kib(activation_kib)

# %% [markdown] quiz="first_layer_neurons" points=1
# **`conv2` of the network of 2012 returns 256 maps of 27 × 27, again half of them on each card. What would the caption
# count if the same slip had been made there?**
#
# - A. 93,312
#   - Why: That is 27 * 27 * 128, the neurons on one card. The slip at conv1 did not halve the number of maps.
# - B. 186,624
#   - Why: That is 27 * 27 * 256, the right number, which the caption has for conv2.
# - C. 4,194,304
#   - Why: That puts 128 in place of both sides; at conv1 one side stayed 55.
# - D. (right) 884,736
#   - Why: At conv1 one side became the number of maps on a card, 55 * 48 * 96. At conv2 that makes 27 * 128 * 256.

# %% [markdown]
# ## The second cost: parameters
#
# Parameters have to be stored, loaded and, in training, kept several times over (a gradient for each, and momentum). A
# filter of a convolution sees all input channels in a window of $K \times K$ pixels, and adds one bias:
#
# $$\text{conv:} \quad C_\text{out} \cdot C_\text{in} \cdot K^2 + C_\text{out}, \qquad\qquad
# \text{fully connected:} \quad D_\text{out} \cdot D_\text{in} + D_\text{out}.$$
#
# The size of the image does not appear in the first formula: the same filter serves every position. In the second one
# it hides in $D_\text{in}$: `fc6` reads $256 \cdot 6 \cdot 6 = 9216$ numbers, and has a separate weight for each of
# them and each of its 4096 outputs.
#
# **Worked example.** `conv1`: $64 \cdot 3 \cdot 11^2 + 64 = 23{,}232 + 64 = 23{,}296$. `fc6`:
# $4096 \cdot 9216 + 4096 = 37{,}748{,}736 + 4096 = 37{,}752{,}832$. That is 1600 times as many.
#
# > **On the slide.** For `fc6` the slide works out the same sum and prints 37,7**25**,832. Two digits changed places.
# > The table next to it says 37749 k, which is neither: the table counts **weights without biases** (37,748,736), while
# > the equation adds them. `fc7` and `fc8` likewise: 16777 and 4096 in the table, 16781 and 4097 with biases. In the
# > rows of the convolutions the biases are too few to show after rounding, which is why nobody noticed. In this course
# > a row of parameters always includes the biases.
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


# %% exercise="conv_params" forbids="measured"
def conv_params(in_channels, out_channels, kernel, bias=True):
    """Count the parameters of a convolution.

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
check.conv_params(conv_params)

# %% hidden_test="conv_params" points=2
import hidden

hidden.conv_params(conv_params)


# %% exercise="linear_params" forbids="measured"
def linear_params(in_features, out_features, bias=True):
    """Count the parameters of a fully-connected layer.

    Args:
        in_features: how many numbers the layer reads.
        out_features: how many it returns.
        bias: whether each output has a bias.

    Returns:
        Weights and biases, an int.
    """
    ### BEGIN SOLUTION
    return (in_features + bias) * out_features
    ### END SOLUTION


# %% test="linear_params" points=0.5
check.linear_params(linear_params)

# %% hidden_test="linear_params" points=1.5
import hidden

hidden.linear_params(linear_params)

# %% [markdown]
# ## The third cost: operations
#
# Each number that a convolution returns is a sum of $C_\text{in} K^2$ products. A product together with its addition is
# called a **multiply-add**, or MAC, and the layer performs
#
# $$\underbrace{C_\text{out} \cdot H' \cdot W'}_{\text{outputs}} \cdot
# \underbrace{C_\text{in} \cdot K^2}_{\text{MACs for each}}.$$
#
# The sizes are those of the **output**: work is done where results appear. The same product can be read in another
# order: the layer has $C_\text{out} C_\text{in} K^2$ weights, and each of them is used once at every one of the
# $H' \cdot W'$ positions. So
#
# $$\text{MACs} = \text{weights} \times \text{positions},$$
#
# and a fully-connected layer has a single position: one MAC per weight. Remember this: it will explain a stopwatch.
#
# **FLOP or MAC?** The lecture writes "FLOP (multiply + add)" and counts the pair once, as many papers do. torch's own
# counter, and everyone who compares with the peak rate of a chip, counts multiplication and addition separately. The
# two counts differ by a factor of **2** and nothing else. We always say MAC. Biases, ReLU and pooling are left out:
# they cost one operation per number where a convolution costs hundreds.
#
# **Worked example.** `conv1`: $(64 \cdot 56 \cdot 56) \cdot (3 \cdot 11^2) = 200{,}704 \cdot 363 = 72{,}855{,}552$
# MACs, or 73 M. `fc6`: $4096 \cdot 9216 = 37{,}748{,}736$, or 38 M. `pool1` looks at $3^2$ values for each of its
# $64 \cdot 27 \cdot 27$ outputs: $419{,}904$, or 0.4 M. The lecture prints 0, and rightly: these few are comparisons,
# not multiply-adds.
#
# > **On the slide.** For `conv4` the table prints **145** M, five times over. It is
# > $256 \cdot 13^2 \cdot 384 \cdot 3^2 = 149{,}520{,}384$, that is 149.5 or, rounded as the table rounds, **150** M. No
# > way of counting gives 145: it is a slip of the pen. The total of 0.7 G hides it.
#
# ### Exercises: `conv_macs` (3 points), `linear_macs` (2 points), `pool_ops` (2 points, about 10 minutes for all)
#
# <details><summary>Hint 1: check yourself</summary>
#
# MACs = weights × positions. If `conv_macs` divided by the positions does not give the weights, something is missing.
# </details>
#
# <details><summary>Hint 2: pools</summary>
#
# A pool works on each channel by itself, so there is only one number of channels, that of the output.
# </details>


# %% exercise="conv_macs" forbids="measured"
def conv_macs(in_channels, out_channels, kernel, out_height, out_width):
    """Count the multiply-adds of a convolution for one image, without those of biases.

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
check.conv_macs(conv_macs)

# %% hidden_test="conv_macs" points=2
import hidden

hidden.conv_macs(conv_macs)


# %% exercise="linear_macs"
def linear_macs(in_features, out_features):
    """Count the multiply-adds of a fully-connected layer for one image, without those of biases.

    Args:
        in_features: how many numbers the layer reads.
        out_features: how many it returns.

    Returns:
        Multiply-adds, an int.
    """
    ### BEGIN SOLUTION
    return in_features * out_features
    ### END SOLUTION


# %% test="linear_macs" points=0.5
check.linear_macs(linear_macs)

# %% hidden_test="linear_macs" points=1.5
import hidden

hidden.linear_macs(linear_macs)


# %% exercise="pool_ops" forbids="measured"
def pool_ops(channels, out_height, out_width, kernel):
    """Count the values that a pool looks at for one image: a whole window for each output.

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


# %% test="pool_ops" points=0.5
check.pool_ops(pool_ops)

# %% hidden_test="pool_ops" points=1.5
import hidden

hidden.pool_ops(pool_ops)

# %% [markdown] quiz="larger_images" points=1
# **AlexNet's convolutions get images of 454 × 454 pixels, not 227 × 227. What happens to parameters and MACs?**
#
# - A. Both become about four times as many.
#   - Why: A filter serves every position, so its weights do not multiply when there are more positions.
# - B. (right) The parameters stay, the multiply-adds become about four times as many.
#   - Why: MACs = weights × positions; there are about four times the positions, and the same weights.
# - C. Both stay.
#   - Why: The weights do. But each of them is used at every position, and there are about four times as many.
# - D. The parameters stay, the multiply-adds double.
#   - Why: Twice as high and twice as wide makes four times the positions.

# %% [markdown]
# ## The whole table
#
# Twelve rows by hand is how slips like 145 come about. Let the computer walk down the list: at each layer it knows the
# shape of the input, works out the shape of the output, writes a row, and carries the new shape on to the next layer.
#
# **Worked example.** Four layers read an image of $3 \times 12 \times 12$. Follow channels and size:
#
# | layer | channels | size | KiB | parameters | MACs |
# | --- | --- | --- | --- | --- | --- |
# | 8 filters, kernel 3, stride 1, padding 1 | 8 | 12 | 4.5 | $216 + 8 = 224$ | $216 \cdot 144 = 31{,}104$ |
# | pool, kernel 2, stride 2, padding 0 | 8 | 6 | 1.125 | 0 | 0 |
# | flatten | 288 | 1 | 1.125 | 0 | 0 |
# | fully connected, 10 outputs | 10 | 1 | 0.0390625 | $2880 + 10 = 2890$ | 2880 |
#
# ### Exercise: `layer_table` (6 points, about 20 minutes)
#
# You may call your functions from above; then a mistake in one of them shows here as well. `flatten` turns the maps
# into one row of numbers, $C \cdot H \cdot W$ channels of size 1, and its output counts like any other.
#
# <details><summary>Hint 1: what to carry along</summary>
#
# Two variables, `channels` and `size`, which start as those of the image. Each kind of layer changes one or both.
# Compute the parameters *before* you overwrite `channels`, since they need the input's, and the MACs *after* you have
# the new `size`, since they need the output's.
# </details>
#
# <details><summary>Hint 2: fewer cases than it seems</summary>
#
# After `flatten` the size is 1, so a fully-connected layer is a convolution with kernel 1 on one pixel. And for every
# layer MACs = weights × positions.
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
    """List what every layer of a network returns and costs, for one image in float32.

    Args:
        layers: list of layer dicts, as cnnlab.layers describes them; stays as it is. Pools round
            down.
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


# %% test="layer_table" points=1.5
check.layer_table(layer_table)

# %% hidden_test="layer_table" points=4
import hidden

hidden.layer_table(layer_table)

# %% hidden_test="layer_table" points=0.5
import hidden

hidden.layer_table_untouched(layer_table)

# %% [markdown]
# Here is your table beside the slide's. The last column says where they differ by more than rounding.


# %% experiment="table_beside_the_slide" uses="layer_table" folded="true"
from cnnlab.layers import output_text


def verdict(row, printed):
    """How a row of your table and the slide's row differ."""
    remarks = []
    if round(row["params"] / 1000) != printed["slide_params_k"]:
        remarks.append("slide counts no biases")
    if abs(row["macs"] / 1e6 - printed["slide_mflop"]) > 0.5:
        right = round(row["macs"] / 1e6)
        remarks.append(f"slide is wrong: {right}, not {printed['slide_mflop']}")
    return "; ".join(remarks)


rows = layer_table(ALEXNET, IMAGE)
show(
    [
        {
            "layer": row["name"],
            "output": output_text(row["out_channels"], row["out_size"]),
            "KiB": row["kib"],
            "slide, KB": printed["slide_kb"],
            "parameters": row["params"],
            "slide, k": printed["slide_params_k"],
            "MACs": row["macs"],
            "slide, M": printed["slide_mflop"],
            "": verdict(row, printed),
        }
        for row, printed in zip(rows, table("alexnet_layers"), strict=True)
    ]
)
params, macs = (sum(row[key] for row in rows) for key in ("params", "macs"))
print(f"parameters: {params:,}   multiply-adds: {macs:,}")

# %% [markdown]
# The totals are the lecture's: 61 M parameters and 0.7 G operations (lecture, *AlexNet vs VGG-16*). Its third total,
# 1.9 MB of memory, is 1958 KiB: the outputs of convolutions and fully-connected layers *only*. With pools and
# `flatten`, which its own table lists, it would be 2339 KiB. Neither is wrong, but a total has to say what it sums, and
# two totals may be compared only if they sum the same. The chapter on Inception has a slide that forgets this.

# %% [markdown] quiz="flop_or_mac" points=1
# **A paper says that AlexNet needs 1.43 GFLOPs, a website says 0.71 GMACs, the lecture 0.7 GFLOP. Who is right?**
#
# - A. The paper; the others forgot the fully-connected layers.
#   - Why: The fully-connected layers are 8 % of the operations, which is no factor of two.
# - B. The website; a FLOP count cannot be twice a MAC count.
#   - Why: It is exactly that: a multiply-add is one multiplication and one addition.
# - C. (right) All three; they count the same work in two ways, and the lecture calls a multiply-add a FLOP.
#   - Why: Ask which convention is used before you compare; published numbers disagree by a factor of 2 most often.
# - D. It depends on the hardware.
#   - Why: Counts of operations do not depend on what executes them. Times do.

# %% [markdown]
# ## Where the costs lie
#
# **Predict first.** Which row takes the most memory, which holds the most parameters, and which performs the most
# multiply-adds? Write down your guess for the parameters, then run the cell after it.

# %% prediction="most_parameters"
most_parameters = ""  # "conv1", "conv4" or "fc6"

# %% experiment="three_costs" alt="Three bar charts over the twelve layers of AlexNet. Memory is highest at conv1 and conv2 and falls; parameters are almost nothing until fc6, which has by far the most, then fc7 and fc8; multiply-adds are highest at conv2, conv4, conv3, conv5 and conv1, and low in the fully-connected layers." folded="true"
from cnnlab.pictures.architecture import draw_costs
from coursekit.predictions import show_prediction

layers = [row | {"params": row["weights"] + row["biases"]} for row in table("alexnet_layers")]
most = {key: max(layers, key=lambda row: row[key])["name"] for key in ("kib", "params", "macs")}
draw_costs(layers)
plots.show("What each layer of AlexNet costs: memory, parameters and multiply-adds.")
print(f"most memory: {most['kib']}   most parameters: {most['params']}   most MACs: {most['macs']}")
show_prediction(most_parameters, most["params"])

# %% [markdown]
# The lecture draws the same three charts and calls them interesting trends. They are more than that: they say where to
# save. To use less memory in training, change the first layers. To make the file smaller, change the fully-connected
# ones. To compute less, change the convolutions. Every architecture in the rest of this course responds to one of these
# charts: VGG makes all three costs worse and the accuracy better; GoogLeNet attacks memory with its stem, and
# parameters by dropping the fully-connected layers; the bottleneck of ResNets attacks the multiply-adds.
#
# ### Exercise: `cost_shares` (3 points, about 12 minutes)
#
# Put numbers on the charts. A row's **kind** is its name's leading letters. `conv1`, `conv3_2` and `conv2_1x1` are of
# kind `conv`, `fc6` is of kind `fc`, `flatten` of kind `flatten`.
#
# **Worked example.** `conv1`, `conv2`, `pool2` and `fc3` have 30, 10, 0 and 160 parameters, 200 in all. The shares of
# their kinds are `{"conv": 0.2, "pool": 0.0, "fc": 0.8}`: `conv` has $(30 + 10) / 200$.
#
# <details><summary>Hint 1: the kind</summary>
#
# Walk along the name as long as `character.isalpha()`. `itertools.takewhile` does that; so does `re.match`.
# </details>
#
# <details><summary>Hint 2: the sum</summary>
#
# The fraction is of the sum over **all** rows, pools and flatten too, so that the fractions of each cost sum to 1.
# </details>


# %% exercise="cost_shares"
def cost_shares(table):
    """Compute which share of memory, parameters and multiply-adds lies in which kind of layer.

    Args:
        table: list of rows, dicts with at least the keys name, kib, params and macs; stays as it
            is. The sum over all rows of each of the three is positive.

    Returns:
        {"kib": shares, "params": shares, "macs": shares}; each of the three is a dict from kind to
        a fraction between 0 and 1 of the sum over all rows. Every kind that occurs in the table is
        in all three, with 0.0 if need be. The kind of a row is its name's leading letters.
    """
    ### BEGIN SOLUTION
    from itertools import takewhile

    shares = {}
    for key in ("kib", "params", "macs"):
        total = sum(row[key] for row in table)
        shares[key] = {}
        for row in table:
            kind = "".join(takewhile(str.isalpha, row["name"]))
            shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / total
    return shares
    ### END SOLUTION


# %% test="cost_shares" points=0.5
check.cost_shares(cost_shares)

# %% hidden_test="cost_shares" points=2
import hidden

hidden.cost_shares(cost_shares)

# %% hidden_test="cost_shares" points=0.5
import hidden

hidden.cost_shares_untouched(cost_shares)

# %% experiment="shares_of_alexnet" uses="layer_table cost_shares"
shares = cost_shares(layer_table(ALEXNET, IMAGE))
rows = []
for kind in shares["kib"]:
    rows.append({"kind": kind} | {key: f"{100 * shares[key][kind]:.1f} %" for key in shares})
show(rows)

# %% [markdown]
# 82 % of the memory and 92 % of the multiply-adds lie in the convolutions, 96 % of the parameters in the
# fully-connected layers. The lecture says "most", "nearly all" and "most"; now you know how much that is.

# %% [markdown] quiz="which_savings" points=1
# **Training runs out of memory, and you trace it to activations. Going by the charts, which change helps most?**
#
# - A. Halve the outputs of fc6.
#   - Why: fc6 returns 16 KiB per image of some 2300. It would save parameters, not activations.
# - B. Halve the filters of conv4 and conv5.
#   - Why: Each returns 169 KiB. It helps, but conv1 and conv2 return eight times as much as conv4.
# - C. (right) Halve the filters of conv1.
#   - Why: conv1 alone has 784 KiB, a third of everything, and pool1 shrinks with it.
# - D. Remove the pools.
#   - Why: That would make every later map larger, and the memory with it.

# %% [markdown]
# ## From the table to a network
#
# A table is a claim; a network that runs is evidence. To get AlexNet, add ReLUs to the table: after **every**
# convolution and after `fc6` and `fc7`, but not after `fc8`, whose 1000 outputs are scores of classes and may be
# negative. (Softmax belongs to the loss, and `F.cross_entropy` has it inside.) ReLU instead of tanh was one of the
# paper's main findings: a small network with it reached 25 % training error on CIFAR-10 six times as fast (Krizhevsky
# et al., 2012, section 3.1).
#
# Three parts of the original need a word. **Local response normalization** divided each activation by its neighbours in
# other channels; VGG's authors found that it does not help (Simonyan & Zisserman, 2015, section 4.1), and it is no
# longer used. **Dropout** before `fc6` and `fc7` sets half of the inputs to 0 in training, and does nothing in
# evaluation mode. And between `pool5` and `flatten` torchvision puts an **adaptive average pool** to 6 × 6: for 224 and
# 227 pixels it changes nothing, since the maps have that size already, but with it the network can read images of other
# sizes, which a plain `flatten` could not.
#
# How do we test a network of 61 million weights? In two steps. Its *behaviour* does not depend on how many channels
# there are, so `width` scales them all, and at `width=1` a forward pass takes milliseconds. Its *size* does not depend
# on values, so at full width we build it on torch's **meta device**, where tensors have a shape but no memory.
#
# **Worked example.** A network with one convolution, for ten classes and images of any size, scaled by a width:
#
# ```python
# class Small(nn.Module):
#     def __init__(self, num_classes=10, width=8):
#         super().__init__()
#         self.maps = nn.Sequential(nn.Conv2d(3, width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
#         self.pool = nn.AdaptiveAvgPool2d(4)
#         self.scores = nn.Linear(width * 4 * 4, num_classes)
#
#     def forward(self, x):
#         return self.scores(torch.flatten(self.pool(self.maps(x)), 1))
# ```
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
from torch.nn import functional as F


class AlexNet(nn.Module):
    """AlexNet as the lecture's table has it, with all layers scaled by a width.

    conv1 to conv5 have width * (1, 3, 6, 4, 4) filters, with kernel, stride and padding as in
    ALEXNET. pool1, pool2 and pool5 are max pools of 3 with stride 2, after conv1, conv2 and conv5.
    Then come an adaptive average pool to 6 x 6, flatten, and the fully-connected layers fc6, fc7
    (64 * width outputs each) and fc8 (num_classes outputs). There is a ReLU after every convolution
    and after fc6 and fc7.

    Dropout before fc6 and fc7 is optional; in evaluation mode it must do nothing. There is no local
    response normalization. Every convolution and fully-connected layer has a bias, and there are no
    other parameters or buffers. Names of inner modules, and the order in which they are defined,
    are up to you; all parameters have their shapes from the start.
    """

    def __init__(self, num_classes=1000, width=64):
        """Build the layers for num_classes scores, with width filters in conv1."""
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
        """Return scores (N, num_classes) of images (N, 3, H, W) with H and W of at least 63."""
        ### BEGIN SOLUTION
        return self.classifier(self.pool(self.features(x)))
        ### END SOLUTION


# %% test="AlexNet" points=1.5
check.AlexNet(AlexNet)

# %% hidden_test="AlexNet" points=4
import hidden

hidden.AlexNet(AlexNet)

# %% hidden_test="AlexNet" points=0.5
import hidden

hidden.AlexNet_gradients(AlexNet)

# %% [markdown]
# Now the table can be put to the test. `measure` runs your network on the meta device with a hook on each layer, which
# notes the shape of the output, its bytes and the layer's parameters. The operations are those that torch's own
# `FlopCounterMode` sees. It knows none of your formulas.

# %% experiment="table_against_network" uses="layer_table AlexNet"
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.measure import measure

with torch.device("meta"):
    network = AlexNet()
measured = [row for row in measure(network, IMAGE) if row.kind in ("conv", "linear")]
computed = [row for row in layer_table(ALEXNET, IMAGE) if row["params"]]
keys = ("kib", "params", "macs")
show(
    [
        {
            "layer": row["name"],
            "KiB": real.kib,
            "parameters": real.params,
            "MACs": real.macs,
            "as in your table": all(row[key] == getattr(real, key) for key in keys),
        }
        for row, real in zip(computed, measured, strict=True)
    ]
)
with FlopCounterMode(display=False) as counter, torch.no_grad():
    _ = network(torch.empty(1, *IMAGE, device="meta"))
flops, macs = counter.get_total_flops(), sum(row["macs"] for row in computed)
print(f"torch counts {flops:,} operations, your table {macs:,} MACs: a factor of {flops / macs:g}")

# %% [markdown]
# Formula, hooks and counter agree to the last digit. Make this a habit: whenever you read a cost in a paper, build the
# network on the meta device and count. It takes a second, and authors miscount more often than one would think.

# %% [markdown]
# ## Four networks called AlexNet
#
# The name "AlexNet" is used for four different networks. All numbers below were computed from their layers.

# %% experiment="variants"
show(
    [
        {
            "network": row["variant"],
            "image": row["input_px"],
            "padding": row["padding"],
            "filters": row["filters"],
            "groups": row["groups"],
            "conv1 returns": row["conv1_size"],
            "parameters": row["params"],
            "MACs": row["macs"],
        }
        for row in table("alexnet_variants")
    ]
)

# %% [markdown]
# The lecture's filters, 64-192-384-256-256, are those of Krizhevsky's later paper on training with many cards (2014)
# and of torchvision. The network that won in 2012 has 96-256-384-384-256 and **groups**. It was split over two graphics
# cards, because neither had memory for all of it, and to save communication `conv2`, `conv4` and `conv5` read only the
# channels on their own card. In torch that is `nn.Conv2d(..., groups=2)`: each filter sees one half of the channels.
#
# **Worked example.** `conv2` of 2012, 96 to 256 channels with a kernel of 5. Whole, it has
# $256 \cdot 96 \cdot 25 = 614{,}400$ weights. With two groups, each filter sees 48 channels instead of 96, and there
# are $256 \cdot 48 \cdot 25 = 307{,}200$. Weights halve, and since MACs = weights × positions, so do the MACs.

# %% figure="groups" alt="Two grids of output channels against input channels. Left, one group: every output channel reads every input channel, so the grid is full. Right, two groups: only two blocks on the diagonal are filled, half of the grid."
from cnnlab.pictures.sliding import draw_groups

titles = []
for groups in (1, 2):
    conv = nn.Conv2d(96, 256, 5, padding=2, groups=groups, bias=False, device="meta")
    (row,) = measure(conv, (96, 27, 27))
    costs = f"{row.params:,} weights,\n{row.macs / 1e6:.0f} M multiply-adds"
    titles.append((groups, f"groups={groups}: {costs}"))
draw_groups(96, 256, titles)
plots.show(
    "Which output channel reads which input channel in conv2 of 2012: two groups leave out half of "
    "the pairs, and half of the cost."
)

# %% [markdown]
# Born of a lack of memory, grouped convolutions came back as a design of their own: ResNeXt is built on them, and with
# as many groups as channels they are the depthwise convolutions of networks for phones.

# %% [markdown] quiz="two_groups" points=1
# **A convolution gets groups=4, with the same channels in and out. What happens to its weights and multiply-adds?**
#
# - A. (right) Both become a quarter.
#   - Why: Each filter sees a quarter of the input channels, so it has a quarter of the weights, each used as often as
#     before.
# - B. Both stay; the work is only shared between four parts.
#   - Why: The connections between the parts are gone, and their weights with them.
# - C. The weights become a quarter, the multiply-adds stay.
#   - Why: MACs = weights × positions, and the positions have not changed.
# - D. Both become a sixteenth.
#   - Why: There are four blocks of a sixteenth of the weights each, which makes a quarter.

# %% [markdown]
# ## Does time follow the operations?
#
# The third cost is meant to say how long a network takes. Does it? `conv1` performs 73 M multiply-adds and `fc6` 38 M.
#
# **Predict first.** For one image, on the machine you are sitting at: does `fc6` take about half as long as `conv1`, or
# less, or more? And per image in a batch of 16? The experiment times each layer by itself. The layers are real here,
# with float32 weights, and no two of them are in memory at once.

# %% prediction="fc6_takes"
fc6_takes = ""  # "less than half", "half" or "more than half" of conv1's time, for one image

# %% experiment="time_against_operations" alt="Two plots of time per image against multiply-adds of AlexNet's eight layers with weights, on logarithmic axes, with a line through the convolutions. For one image the fully-connected layers lie far above the line; for a batch of 16 they come much closer to it." folded="true"
from torch.utils.benchmark import Timer

import cnnlab
from cnnlab.pictures.speed import draw_times

device = cnnlab.device()


def layer_seconds(layer, channels, size, batch):
    """The shortest time in seconds that a layer took for a batch: the least disturbed one."""
    if layer["type"] == "conv":
        window = [layer[key] for key in ("kernel", "stride", "padding")]
        module = nn.Conv2d(channels, layer["filters"], *window, device=device)
        x = torch.randn(batch, channels, size, size, device=device)
    else:
        module = nn.Linear(channels, layer["out_features"], device=device)
        x = torch.randn(batch, channels, device=device)
    timer = Timer("module(x)", globals={"module": module, "x": x})
    with torch.no_grad():
        return min(timer.blocked_autorange(min_run_time=0.3).times)


of_one_image = {}
figure, axes = plots.figure(1, 2, height=3.5, sharey=True)
for ax, batch in zip(axes, (1, 16), strict=True):
    times = {"conv": [], "linear": []}
    for layer, row in zip(ALEXNET, table("alexnet_layers"), strict=True):
        if layer["type"] in times:
            seconds = layer_seconds(layer, row["in_channels"], row["in_size"], batch) / batch
            if batch == 1:
                of_one_image[row["name"]] = seconds
            times[layer["type"]].append((row["name"], row["macs"] / 1e6, 1000 * seconds))
    draw_times(ax, f"batch of {batch}", times)
axes[0].set_ylabel("time per image (ms)")
axes[0].legend(["convolution", "fully connected"], loc="lower right")
plots.show("Time against multiply-adds, layer by layer (dashed: the convolutions' mean rate).")
ratio = of_one_image["fc6"] / of_one_image["conv1"]
outcomes = [name for most, name in ((0.4, "less than half"), (0.6, "half")) if ratio < most]
show_prediction(fc6_takes, [*outcomes, "more than half"][0])

# %% [markdown] quiz="slow_layer" points=1
# **Why does fc6, for a single image, take longer than conv1, which has twice its multiply-adds?**
#
# - A. A fully-connected layer cannot be run in parallel.
#   - Why: All of its outputs can be computed independently of each other.
# - B. It has more outputs.
#   - Why: It has 4096, conv1 has 200,704.
# - C. (right) Each of its 38 million weights has to be loaded from memory for a single multiplication.
#   - Why: conv1 uses each of its 23 thousand weights at 3136 positions. With a batch, all images share the loading.
# - D. Its biases are not counted in the multiply-adds.
#   - Why: They are 4096 additions beside 38 million multiply-adds.

# %% [markdown]
# Among the convolutions the count works: twice the multiply-adds take about twice the time. The fully-connected layers
# are off the line, for one image by a factor of ten or so. When this chapter was written, on one core of a server,
# they had 8 % of the multiply-adds and about half of the time at batch 1. Your figures will differ.
#
# The sentence MACs = weights × positions says why. `conv4` has 3.5 MB of weights and uses each of them at 169
# positions: once loaded, a weight is used 169 times. `fc6` has 151 MB and uses each weight *once*. The processor spends
# its time waiting for weights, and the time of a fully-connected layer follows its **parameters** rather than its
# operations. With 16 images each weight is used 16 times, and the layer moves towards the line. The number of
# operations per byte loaded is called arithmetic intensity, and plotting speed against it gives the *roofline model*
# (Williams, Waterman & Patterson, 2009).
#
# What is established here, and what is a hunch? That fully-connected layers at batch 1 are bound by memory follows from
# counting bytes, and you have just measured it. That "multiply-adds predict time" holds for convolutions of *this* kind
# on *this* machine; in the chapter on residual networks it fails for 1×1 convolutions. A count of operations is exact
# and portable, but only ever a hint about time.

# %% [markdown]
# ## ZFNet: more trial and error
#
# How did the authors arrive at 11×11, stride 4, 384 filters? "Trial and error", says the lecture, and shows the next
# round of it: ZFNet (Zeiler & Fergus, 2014). By making visible what the layers respond to, its authors saw that the
# first layer's coarse stride of 4 left artefacts, and took smaller kernels and steps. The lecture names two changes:
# `conv1` to 7×7 with stride 2, and `conv3`, `conv4`, `conv5` to 512, 1024, 512 filters.
#
# **Worked example.** To pool in windows of 2 first and leave `ALEXNET` as it is: copy the list, then put a changed copy
# of the dict in its place: `layers = list(ALEXNET)`, `layers[1] = {**layers[1], "kernel": 2}`.
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
    """Make AlexNet's layers ZFNet's, with the lecture's changes.

    conv1 gets kernel 7 and stride 2; conv3, conv4 and conv5 get 512, 1024 and 512 filters.

    Args:
        alexnet_layers: list of layer dicts, as cnnlab.layers describes them, with layers of these
            names among them; stays as it is, down to its dicts.

    Returns:
        A new list of layer dicts in the same order. Nothing else changes: the padding of conv1 is
        the one given, and so is the stride of conv2.
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


# %% test="zfnet_layers" points=0.5
check.zfnet_layers(zfnet_layers)

# %% hidden_test="zfnet_layers" points=2
import hidden

hidden.zfnet_layers(zfnet_layers)

# %% hidden_test="zfnet_layers" points=0.5
import hidden

hidden.zfnet_layers_untouched(zfnet_layers)

# %% [markdown]
# **Predict first** what these two changes do to the costs. Of the last three convolutions, `conv3` gets a third more
# filters, `conv4` four times and `conv5` twice as many; but most of the change comes from elsewhere.

# %% prediction="times_the_parameters"
times_the_parameters = ""  # "2", "6" or "20" (times AlexNet's)

# %% experiment="costs_of_zfnet" uses="layer_table zfnet_layers" folded="true"
alexnet, zfnet = (layer_table(layers, IMAGE) for layers in (ALEXNET, zfnet_layers(ALEXNET)))
show(
    [
        {
            "layer": a["name"],
            "AlexNet's output": output_text(a["out_channels"], a["out_size"]),
            "ZFNet's output": output_text(z["out_channels"], z["out_size"]),
            "AlexNet's parameters": a["params"],
            "ZFNet's parameters": z["params"],
            "AlexNet's MACs": a["macs"],
            "ZFNet's MACs": z["macs"],
        }
        for a, z in zip(alexnet, zfnet, strict=True)
    ]
)
growth = {}
for key in ("params", "macs"):
    total, before = sum(row[key] for row in zfnet), sum(row[key] for row in alexnet)
    growth[key] = total / before
    print(f"{key}: {total:,}, which is {growth[key]:.1f} times AlexNet's")
nearest = min(("2", "6", "20"), key=lambda times: abs(int(times) - growth["params"]))
show_prediction(times_the_parameters, nearest)

# %% [markdown]
# A network that was meant to be a little bigger holds six times the parameters and computes twelve times as much. Look
# where: every map after `conv1` is twice as wide and high, so every convolution has four times the positions, and `fc6`
# reads 86,528 numbers instead of 9216. Weights of 1.5 GB could hardly have been trained on the cards of 2013, which
# should make us suspect that the lecture's list of changes is **incomplete**. It is.
#
# > **On the slide.** ZFNet's `conv2` has stride 2 as well (Zeiler & Fergus, 2014, Fig. 3), which the slide leaves out;
# > with it `pool5` returns 6 × 6 again. The slide's "instead of 384, 384, 256 filters" are those of the network of
# > 2012; the lecture's own table has 384, 256, 256. And 512, 1024, 512 are not ZFNet's filters but those of a variant,
# > which brings one network from 16.5 % to 16.0 % top-5 error (the label is not among five guesses).
# >
# > Nor is **16.4 % → 11.7 %** what these changes brought. 16.4 is the average of five AlexNets, 11.7 the entry that won
# > in 2013 and came from Clarifai, Zeiler's company. Like for like, one network goes from 18.2 to 16.5 (validation
# > images), and an average of five from 16.4 to 15.3 (test images); ZFNet's best is 14.8, with six networks.

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
# Here is everything in this part of the lecture that does not hold, with its cause as far as it can be known:

# %% experiment="errata"
columns = ("what", "slide", "right", "unit", "verdict", "cause")
errata = [row for row in table("lecture_errata") if row["topic"] == "02-alexnet"]
show([{column: row[column] for column in columns} for row in errata])

# %% [markdown]
# An *error* is wrong however you read it. A *convention* is right once you know what is being counted, and misleads you
# if you don't. The slides are good ones, by people who know the subject, and still four numbers in a few pages are
# wrong. That is no reason to distrust slides. But a number that nobody recomputes stays wrong for years (the paper's
# 253,440 has been copied for more than a decade), and for architectures recomputing is cheap: you now have the tool.

# %% [markdown] written="slimming" points=3
# ## A written question (3 points)
#
# A colleague wants to run AlexNet on a phone, one photo at a time. The app may take 30 MB in float32, and the network
# should become clearly faster. The plan is to halve the filters of all five convolutions and leave `fc6`, `fc7` and
# `fc8` with the outputs they have. Judge this plan in about 150 words with numbers from this chapter: what does it do
# to the size, what to the time? Propose a change that meets both aims better, and say what you would measure, not
# compute, before you believe it.
#
# ### BEGIN SOLUTION
# AlexNet holds 61.1 M parameters, 244 MB. Halved filters leave about a quarter of the convolutions' 2.5 M parameters
# and halve fc6, since it reads 128 · 36 numbers: 18.9 M + 16.8 M + 4.1 M + 0.6 M ≈ 40 M, or 162 MB. That is five times
# too much; fc7 alone takes 67 MB. The multiply-adds of the convolutions fall to about a quarter, 658 M to some 180 M
# (conv1 only halves). But for a single image about half of the time goes into the fully-connected layers, which are
# bound by loading weights, and there only fc6 shrinks, by half: the time falls by half at best.
#
# Better: replace fc6 and fc7 by a global average pool and keep one layer from 256 to 1000. That leaves 2.5 M + 0.26 M
# parameters, 11 MB, and takes away the part of the time that follows parameters. The convolutions can stay. To be
# measured: the accuracy after training anew, and the time on the phone itself, since neither follows from a count.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: sees with numbers that the parameters lie in the fully-connected layers (96 %) and that the plan misses
# 30 MB; any correct estimate between 35 M and 45 M parameters (or "fc7 alone takes 67 MB") will do.
# 1 point: separates multiply-adds from time: for one image the fully-connected layers take much of the time though they
# have 8 % of the multiply-adds, because weights are loaded for a single use.
# 1 point: proposes a change that attacks the fully-connected layers (global average pooling, far fewer outputs,
# low-rank factors, fewer bits) with its effect in numbers, and names accuracy and time on the device as to be measured.
# ### END MARK SCHEME

# %% [markdown]
# ## What to take away
#
# * Output sizes: room divided by stride, rounded down, plus one. Pools can round up, but drop a window in the padding.
# * Three costs: memory $C H W$, parameters $C_\text{out} C_\text{in} K^2 + C_\text{out}$, and
#   **multiply-adds = weights × positions**.
# * In AlexNet 82 % of the memory and 92 % of the multiply-adds are in the convolutions, 96 % of the parameters in the
#   fully-connected layers.
# * Say MAC, and say what a total sums. Factors of 2, forgotten biases and pools explain most disagreements.
# * Operations are exact and portable, and only a hint about time: fully-connected layers wait for their weights.
# * Recompute what you quote. A network on the meta device costs nothing.
#
# ## Further reading
#
# * A. Krizhevsky, I. Sutskever, G. Hinton: *ImageNet Classification with Deep Convolutional Neural Networks*, NeurIPS
#   2012. Sections 3 and 4 are four pages, and still readable.
# * A. Krizhevsky: *One Weird Trick for Parallelizing Convolutional Neural Networks*,
#   [arXiv:1404.5997](https://arxiv.org/abs/1404.5997), 2014: where torchvision's filters come from, and a first
#   analysis of what convolutions and fully-connected layers cost.
# * M. Zeiler, R. Fergus: *Visualizing and Understanding Convolutional Networks*,
#   [arXiv:1311.2901](https://arxiv.org/abs/1311.2901), ECCV 2014.
# * K. Simonyan, A. Zisserman: *Very Deep Convolutional Networks for Large-Scale Image Recognition*,
#   [arXiv:1409.1556](https://arxiv.org/abs/1409.1556), ICLR 2015: the next chapter.
# * S. Williams, A. Waterman, D. Patterson: *Roofline: An Insightful Visual Performance Model …*, CACM, 2009.
