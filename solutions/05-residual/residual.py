# %% [markdown]
# # Residual networks: making depth trainable
#
# **Take a good network of 20 layers and give it 36 more. It gets worse, and not only on new images: it can no longer
# fit the ones it is trained on. How can more layers do less?**
#
# VGG had shown that depth pays, up to 19 layers; beyond that, networks failed in just this way. In 2015 Kaiming He and
# his colleagues at Microsoft asked what the added layers would have to learn for a deep network to be as good as a
# shallow one. The answer was: almost nothing. So they changed one line, after which doing almost nothing is easy to
# learn. Their networks of up to 152 layers won that year's challenge, and the line, $x + F(x)$, has been in most deep
# networks since.
#
# * **Afterwards you can** tell a network that overfits from one that cannot be trained; build plain, residual,
#   bottleneck and pre-activation blocks, and ResNet-18 to ResNet-152 from a table; say exactly which blocks can be the
#   identity, and for which inputs; separate what is proven about shortcuts, what is observed, and what is guessed.
# * **You need** batch norm in training and evaluation mode (chapter 1), multiply-adds (chapter 2), VGG's stages
#   (chapter 3).
# * **Time** about 3½ hours. **Points** 51: exercises 40, quiz 8, a written question 3. A check below each exercise says
#   what is wrong and where to re-read; hidden tests ask the same of other inputs when your work is graded.
# * **Slides** *Residual Networks* to *Improving Residual Networks: Block Design*.
#
# The experiments train networks made of *your* blocks, so solve an exercise before you run what follows it.

# %% given="setup"
import torch
from torch import nn
from torch.nn import functional as F

from cnnlab import plots
from cnnlab.exercises import residual as check

torch.set_num_threads(1)
plots.style()

# %% [markdown]
# ## Deeper, and worse
#
# Take VGG's recipe, add batch norm, and stack. A network of 56 layers was worse than one of 20, on the test set *and on
# the training set* (lecture, *Residual Networks*; He et al., 2016, Figure 1). Before believing it, build it.
#
# The networks of this chapter are made of **blocks**. A **plain block** is two steps of VGG with batch norm: a 3 × 3
# convolution, batch norm, ReLU, and the same again. The first convolution may have a stride of 2, which replaces VGG's
# pool, and may change the number of channels. The convolutions have no bias, because batch norm subtracts the mean of
# each channel and any bias with it.

# %% figure="plain_block" alt="A column of six boxes from bottom to top: convolution 3 by 3 with the stride, batch norm, ReLU, convolution 3 by 3, batch norm, ReLU, joined by arrows."
from cnnlab.pictures import shortcuts

shortcuts.plain_block()
plots.show("A plain block: convolution, batch norm, ReLU, twice; read it from the bottom up.")

# %% [markdown]
# **Worked example.** Follow single pixels through a block with one channel whose convolutions pass on what they read
# (their kernels are 1 in the middle and 0 elsewhere), in evaluation mode. Let both batch norms have running mean 1,
# running variance 1, scale 2 and shift −1, so that they compute $2(v - 1) - 1 = 2v - 3$:
#
# | $x$ | norm | ReLU | norm | ReLU |
# |--:|--:|--:|--:|--:|
# | 1 | −1 | 0 | −3 | **0** |
# | 2 | 1 | 1 | −1 | **0** |
# | 3 | 3 | 3 | 3 | **3** |
# | 4 | 5 | 5 | 7 | **7** |
#
# Its parameters: with $C$ channels in and out, two convolutions have $2 \cdot 9\,C^2$ weights and two batch norms
# $2 \cdot 2\,C$ scales and shifts; 18 + 4 = 22 for this one.
#
# ### Exercise: `PlainBlock` (3 points, about 12 minutes)
#
# <details><summary>Hint 1: which layers are needed</summary>
#
# Two `nn.Conv2d` and two `nn.BatchNorm2d`, made in `__init__`, so that each has parameters of its own. ReLU has none;
# `F.relu` in `forward` is enough.
# </details>
#
# <details><summary>Hint 2: what the second convolution reads</summary>
#
# It reads what the first one returns, `out_channels`, and has stride 1: the block halves the maps once, not twice.
# </details>


# %% exercise="PlainBlock" forbids="reference"
class PlainBlock(nn.Module):
    """Two 3 x 3 convolutions, each followed by batch norm and ReLU.

    The convolutions are nn.Conv2d with padding 1 and without bias, the first with the stride; each
    has an nn.BatchNorm2d of its own, with torch's default settings. There are no other parameters
    or buffers. Names of inner modules, and the order in which they are defined, are up to you. The
    input is not changed.
    """

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        ### END SOLUTION

    def forward(self, x):
        """Map (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        ### BEGIN SOLUTION
        x = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(x)))
        ### END SOLUTION


# %% test="PlainBlock" points=1
check.PlainBlock(PlainBlock)

# %% hidden_test="PlainBlock" points=2
import hidden

hidden.PlainBlock(PlainBlock)

# %% [markdown]
# Now the experiment, on a small scale: the digits of chapter 1, 8 × 8 pixels, and networks built like the paper's for
# CIFAR-10 (section 4.2). First a convolution, then three stages of $n$ blocks, each with half the size and twice the
# channels of the one before, then global average pooling and one linear layer: $1 + 2 \cdot 3n + 1 = 6n + 2$ layers
# with weights. The kind of block is an argument, and nothing else will change in this chapter. The weights start as He
# et al. (2015) recommend for ReLU.


# %% given="small_network"
import cnnlab


def small_network(block, depth, seed=0, width=8):
    """A network of 6n + 2 layers for 8 x 8 pixels; block gets in_channels, out_channels, stride."""
    _ = torch.manual_seed(seed)
    n = (depth - 2) // 6
    sizes = [(width, width, 1)] * n
    sizes += [(width, 2 * width, 2)] + [(2 * width, 2 * width, 1)] * (n - 1)
    sizes += [(2 * width, 4 * width, 2)] + [(4 * width, 4 * width, 1)] * (n - 1)
    front = [nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10)]
    network = nn.Sequential(*front, *(block(*size) for size in sizes), *head)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            _ = nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network.to(cnnlab.device(), memory_format=torch.channels_last)


# %% given="training_recipe"
from cnnlab import data, training
from cnnlab.quiz import explain

digits = data.digits(torch.float32).to(cnnlab.device())
RECIPE = {
    "steps": 120,
    "batch_size": 64,
    "learning_rate": 0.02,
    "weight_decay": 1e-4,
    "schedule": "cosine",
}


def trained(block, depth):
    """A trained network, its losses, and its accuracies on the training and the test images."""
    network = small_network(block, depth)
    losses = training.train(network, digits.train_x, digits.train_y, **RECIPE)
    _ = network.eval()
    sets = ((digits.train_x, digits.train_y), (digits.test_x, digits.test_y))
    return network, torch.tensor(losses), [training.accuracy(network, *images) for images in sets]


# %% [markdown]
# **Predict first.** Three plain networks, of 8, 20 and 56 layers, are trained for the same 120 steps. Which will have
# the highest loss on its *training* images? And if the deepest one is worst on the test images: what would its training
# loss tell you about the reason?


# %% prediction="highest_loss"
highest_loss = ""  # "8 layers", "20 layers" or "56 layers"

# %% experiment="plain_depths" alt="Left: training loss against step for plain networks. With 8 layers it falls to about 0.3, with 20 layers to about 0.5, with 56 layers it stays near 2. Right: accuracy on training and test images: about 0.9 or more for 8 and 20 layers, about 0.25 for 56 layers, on the training images as on the test images." uses="PlainBlock" folded="true"
from coursekit.predictions import show_prediction

plain_runs = {depth: trained(PlainBlock, depth) for depth in (8, 20, 56)}
plain_losses = {depth: run[1] for depth, run in plain_runs.items()}
final = {depth: losses[-20:].mean() for depth, losses in plain_losses.items()}
shortcuts.plain_depths(plain_losses, {depth: run[2] for depth, run in plain_runs.items()})
show_prediction(highest_loss, f"{max(final, key=final.get)} layers")
print(
    "loss of the last 20 steps, 56 layers more than twice that of 8:",
    bool(final[56] > 2 * final[8]),
)
print("56 layers know fewer than 60 % of their own training images:", plain_runs[56][2][0] < 0.6)
plots.show("Training loss of plain networks (left), and how many images each gets right (right).")

# %% [markdown]
# The first guess was **overfitting**: a larger network memorizes its training images and fails on others. Then its
# training loss would be the *lowest*. It is the highest: the deep network **underfits**. With more parameters, the same
# images and the same steps, it cannot even fit what it sees. He et al. call this **degradation**.
#
# Would another learning rate help, or more patience? When this chapter was written, 56 plain layers ended between 1.7
# and 2.2 with a quarter, four times and ten times the rate (three seeds each), and at 1.4 to 1.5 after 600 steps. Eight
# layers reached between 0.01 and 0.02 with four and with ten times the rate.
#
# On ImageNet the effect is smaller but just as clear: 18 plain layers have 27.94 % top-1 error, 34 have 28.54 % (He et
# al., 2016, Table 2), and the deeper one's training error is higher throughout (Figure 4).
#
# > **On the slide.** *"Once we have Batch Normalization, we can train networks with 10+ layers."* VGG (16 and 19
# > layers) and GoogLeNet (22) were trained without it, as the lecture itself says of GoogLeNet. With batch norm *tens*
# > of layers converge (He et al., 2016, section 1), which is not the same as being any good.

# %% [markdown] quiz="which_failure" points=1
# **A network of 110 layers has 12 % training error and 15 % test error; one of 20 layers with the same recipe has 2 %
# and 9 %. What is wrong with the deep one?**
#
# - A. It overfits: it has more parameters than the task needs.
#   - Why: Then its training error would be the lower of the two. It is six times as high.
# - B. (right) It is not trained well enough: on its training images, too, it is worse than a smaller network.
#   - Why: The larger network could reach whatever the smaller one does; training did not find it.
# - C. It is too weak to represent the task.
#   - Why: It could do what the network of 20 layers does, with identities in the added layers.
# - D. Nothing; deeper networks have a higher error by nature.
#   - Why: With shortcuts the same depth has a lower error, so it is no law of nature.

# %% [markdown]
# ## A good solution exists
#
# Is the deep network too weak? It cannot be, and the argument is the lecture's turning point: **a deeper network can do
# whatever a shallower one does.** Copy the layers of the shallow one, and let the added layers compute the identity. So
# among the weights that a plain network of 56 layers can have, there is a choice that reaches the training loss of 8
# layers. Training did not find it. Degradation is a problem of *optimization*.
#
# The best proof is to build one. How can convolution, batch norm and ReLU together be the identity,
# in evaluation mode?
#
# * **Convolution.** Each output channel reads its own input channel at the centre of the kernel: $W_{oi}$ is 1 in the
#   middle if $o = i$, and 0 everywhere else.
# * **Batch norm** computes $\gamma\,(v - \mu) / \sqrt{\sigma^2 + \varepsilon} + \beta$. Mind $\varepsilon$: with a
#   variance of 1, every added layer would divide by $\sqrt{1 + 10^{-5}}$, a little too much.
# * **ReLU** changes negative numbers only. An added layer reads the output of a ReLU, which has none.
#
# **Worked example.** What would a variance of 1 cost? Each added layer multiplies by
# $(1 + 10^{-5})^{-1/2} \approx 1 - 5 \cdot 10^{-6}$. From 8 layers to 56 there are 48 more, together a factor of
# $1 - 2.4 \cdot 10^{-4}$: hardly visible, but not the identity.
#
# In this exercise the plain network is `PlainNet(depth)`, a flat list of layers, so that everybody's state dict has the
# same names. It begins with `conv0` and `norm0`. Stage $s$ has the layers `conv{s}_1`, `norm{s}_1`, ...,
# `conv{s}_{2n}`, `norm{s}_{2n}`; `conv2_1` and `conv3_1` halve the maps and double the channels. The last layer is
# `fc`.


# %% [markdown]
# The seven layers of depth 8, and what a state dict holds of a layer:

# %% given="plain_net"
from cnnlab.plain_net import PlainNet

print(*(name for name, _ in PlainNet(8).named_children()))
print(*(name for name in PlainNet(8).state_dict() if "3_2" in name))

# %% [markdown]
# ### Exercise: `deepen` (5 points, about 20 minutes)
#
# <details><summary>Hint 1: where the new layers go</summary>
#
# Keep all of the shallow network's layers under their names. A stage of the deeper network has more of them: the new
# ones follow, `conv1_3`, `norm1_3` and so on, up to $2n$, with $n$ from the depth.
# </details>
#
# <details><summary>Hint 2: the kernel</summary>
#
# `torch.nn.init.dirac_` writes exactly this kernel into a tensor. Or set `weight[c, c, 1, 1] = 1` for each channel `c`
# of a tensor of zeros.
# </details>
#
# <details><summary>Hint 3: the variance</summary>
#
# You choose running mean, running variance, scale and shift. Which variance makes $\sqrt{\sigma^2 + \varepsilon} = 1$?
# torch's $\varepsilon$ is `1e-5`. Make new tensors in the dtype of the old ones: 0.99999 is another number in float32.
# </details>


# %% exercise="deepen"
def deepen(state_dict, depth):
    """A deeper plain network's state dict that computes what 8 layers do, in evaluation mode.

    Args:
        state_dict: of a PlainNet of depth 8, of any width, number of input channels and classes. It
            stays as it is.
        depth: of the deeper network, 6n + 2 and at least 8.

    Returns:
        A new dict that PlainNet(depth, ...).load_state_dict takes, with parameters and statistics
        of all layers, new ones in the dtype of the old ones. Scores agree to 1e-9 in float64.

    Raises:
        ValueError: if the depth is smaller than 8 or not 6n + 2.
    """
    ### BEGIN SOLUTION
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(f"a depth of {depth} is not 6n + 2 with n at least 1")
    deeper = dict(state_dict)
    for stage in (1, 2, 3):
        last = state_dict[f"conv{stage}_2.weight"]
        ones = torch.ones_like(state_dict[f"norm{stage}_2.weight"])
        for place in range(3, (depth - 2) // 3 + 1):
            deeper[f"conv{stage}_{place}.weight"] = nn.init.dirac_(torch.empty_like(last))
            norm = {
                "weight": ones,
                "bias": 0 * ones,
                "running_mean": 0 * ones,
                "running_var": (1 - 1e-5) * ones,
            }
            deeper |= {f"norm{stage}_{place}.{kind}": tensor for kind, tensor in norm.items()}
            deeper[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return deeper
    ### END SOLUTION


# %% test="deepen" points=1
check.deepen(deepen)

# %% hidden_test="deepen" points=3
import hidden

hidden.deepen(deepen)

# %% hidden_test="deepen" points=1
import hidden

hidden.deepen_contract(deepen)

# %% [markdown]
# Now the proof, on a trained network. A plain network of 8 layers learns the digits, your function turns it into one of
# 56, and both are asked for their loss on all training images.
#
# **Predict first.** How far apart will the scores of the two networks be, with 48 more layers?

# %% prediction="scores_apart"
scores_apart = ""  # "far apart", "close" or "equal up to rounding"

# %% experiment="deepened" uses="PlainBlock deepen" folded="true"
_ = torch.manual_seed(0)
shallow = PlainNet(8).to(cnnlab.device())
_ = training.train(shallow, digits.train_x, digits.train_y, **RECIPE)
shallow = shallow.to("cpu", torch.float64).eval()
deepened = PlainNet(56).double().eval()
_ = deepened.load_state_dict(deepen(shallow.state_dict(), 56))
exact = data.digits()
with torch.no_grad():
    scores, deep_scores = shallow(exact.train_x), deepened(exact.train_x)
    loss, deep_loss = (F.cross_entropy(s, exact.train_y) for s in (scores, deep_scores))
layers = sum(name.startswith(("conv", "fc")) for name, _ in deepened.named_children())
apart = float((scores - deep_scores).abs().max())
limits = {1e-12: "equal up to rounding", 1e-2: "close", float("inf"): "far apart"}
show_prediction(scores_apart, next(words for limit, words in limits.items() if apart < limit))
print("layers:", 8, "and", layers)
print("same loss:", bool((loss - deep_loss).abs() < 1e-12))
print(
    "a quarter of what 120 steps of training gave 56 layers, or less:",
    bool(deep_loss < final[56] / 4),
)

# %% [markdown]
# There it is: a plain network of 56 layers with the training loss of 8, to the last digits. Gradient descent searched a
# space that contains this network, and found something many times worse.
#
# Two caveats. First, the argument bounds the *training* error. It does not follow that the deeper network is as good on
# other images, and that is not always true (the slide's "at least as good" leaves this open). Second, our identity
# holds in evaluation mode. In training mode batch norm uses the statistics of the batch, so the added layers
# standardize their input; to be the identity they would need its standard deviation and mean as scale and shift. A
# plain layer *can* be the identity, but to get there it has to hit thousands of values, starting from random ones,
# while the layers before it change.
#
# Hence the **hypothesis** of the lecture and the paper: plain layers have trouble learning identities.

# %% [markdown] quiz="identity_layer" points=1
# **Why may the added layers of `deepen` end with a ReLU and still be the identity?**
#
# - A. (right) Their input is the output of a ReLU, so it has no negative values that a further ReLU could change.
#   - Why: ReLU(ReLU(v)) = ReLU(v). For the same reason an original residual block can be the identity.
# - B. Batch norm shifts all values above 0.
#   - Why: With mean 0, shift 0 and a factor of 1 it leaves all values where they are.
# - C. In evaluation mode ReLU is switched off.
#   - Why: ReLU does the same in both modes; dropout and batch norm do not.
# - D. They are not the identity, but the next layers make up for it.
#   - Why: The scores agree to the last digits, with the old layers unchanged.

# %% [markdown]
# ## Residual blocks
#
# Let the block learn not its output, $H(x)$, but what should be *added* to its input: $F(x) = H(x) - x$, the
# **residual**. The block then returns $F(x) + x$. To be the identity it only has to make $F$ zero, and that should be
# easy: weight decay pushes weights towards zero all the time. The connection past the layers is called a **shortcut**.
# It has no parameters.
#
# In the **basic block** of ResNet (He et al., 2016, section 3) $F$ is the plain block without its last ReLU, and that
# ReLU comes after the addition:

# %% figure="plain_and_basic" alt="Three diagrams of blocks from bottom to top. The plain block: convolution with stride, batch norm, ReLU, convolution, batch norm, ReLU. The basic block: the same, with a line that leaves before the first convolution and arrives at a plus sign between the last batch norm and the last ReLU. The basic block that changes the shape: on the line stand a 1 by 1 convolution with the stride and a batch norm."
shortcuts.plain_and_basic()
plots.show(
    "The shortcut joins after the last batch norm and before the last ReLU; "
    "where shapes differ, it projects."
)

# %% [markdown]
# An addition needs two tensors of the same shape. Where a block changes the shape, because of a stride *or* because of
# another number of channels, $x$ is **projected**: a 1 × 1 convolution with the block's stride, then batch norm. (This
# is the paper's option B. Option A, used in its networks for CIFAR-10, takes every second pixel, adds channels of
# zeros, and has no parameters.)
#
# **Worked example.** The pixels of the plain block's example, with a shortcut:
#
# | $x$ | norm | ReLU | norm: $F(x)$ | $F(x) + x$ | ReLU |
# |--:|--:|--:|--:|--:|--:|
# | −2 | −7 | 0 | −3 | −5 | **0** |
# | 1 | −1 | 0 | −3 | −2 | **0** |
# | 2 | 1 | 1 | −1 | 1 | **1** |
# | 3 | 3 | 3 | 3 | 6 | **6** |
# | 4 | 5 | 5 | 7 | 11 | **11** |
#
# Look at $x = 2$: the path takes something *away*. That is why $F$ ends with batch norm and not with a ReLU: a path
# that can only add would make activations grow from block to block (He et al., 2016b, section 4.1).
#
# ### Exercise: `BasicBlock` (6 points, about 20 minutes)
#
# <details><summary>Hint 1: two cases</summary>
#
# The shortcut is a module of its own. `nn.Identity()` (or an empty `nn.Sequential()`) is one that returns its input.
# </details>
#
# <details><summary>Hint 2: when to project</summary>
#
# Two things change the shape: `stride != 1`, and `in_channels != out_channels`. Either is enough.
# </details>
#
# <details><summary>Hint 3: forward</summary>
#
# Compute the path up to its second batch norm, add the shortcut of the block's *input*, and apply ReLU to the sum.
# Write `y = y + ...`, not `x += ...`: the caller's tensor must stay as it is.
# </details>


# %% exercise="BasicBlock" forbids="reference"
class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut: relu(path(x) + shortcut(x)).

    The path is convolution, batch norm, ReLU, convolution, batch norm; its first convolution has
    the stride. Where the block keeps the shape, the shortcut is x itself. Where it does not (the
    stride is not 1, or the numbers of channels differ), the shortcut is a 1 x 1 convolution with
    the stride, followed by batch norm. Convolutions are nn.Conv2d without bias, those of 3 x 3 with
    padding 1; each has an nn.BatchNorm2d of its own, with torch's default settings. There are no
    other parameters or buffers. Names of inner modules, and the order in which they are defined,
    are up to you. The input is not changed.
    """

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        ### END SOLUTION

    def forward(self, x):
        """Map (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        ### BEGIN SOLUTION
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return F.relu(y + self.shortcut(x))
        ### END SOLUTION


# %% test="BasicBlock" points=1
check.BasicBlock(BasicBlock)

# %% hidden_test="BasicBlock" points=4
import hidden

hidden.BasicBlock(BasicBlock)

# %% hidden_test="BasicBlock" points=1
import hidden

hidden.BasicBlock_properties(BasicBlock)

# %% [markdown]
# Now swap the block. `small_network` and the recipe stay as they are; `PlainBlock` becomes `BasicBlock`.
#
# **Predict first.** Where will the loss of 56 residual layers end, compared with that of 8?

# %% prediction="deepest_residual"
deepest_residual = ""  # "lower" or "higher" than with 8 layers

# %% experiment="residual_depths" alt="Two panels of training loss against step, on one scale. Left, plain networks: 8 layers fall to about 0.3, 20 layers to about 0.5, 56 layers stay near 2. Right, residual networks: 8 layers fall to about 0.25, and 20 and 56 layers to below 0.1." uses="PlainBlock BasicBlock" folded="true"
residual_runs = {depth: trained(BasicBlock, depth) for depth in (8, 20, 56)}
residual_losses = {depth: run[1] for depth, run in residual_runs.items()}
residual_final = {depth: losses[-20:].mean() for depth, losses in residual_losses.items()}
shortcuts.two_kinds({"plain": plain_losses, "residual": residual_losses})
better = bool(residual_final[56] < residual_final[8])
show_prediction(deepest_residual, f"{'lower' if better else 'higher'} than with 8 layers")
for depth, factor in ((20, 2), (56, 5)):
    text = f"{depth} layers, loss with shortcuts lower by a factor of {factor} or more:"
    print(text, bool(residual_final[depth] < final[depth] / factor))
print("56 residual layers better than 8, in loss:", better, end="; ")
print("test accuracy above 0.9:", residual_runs[56][2][1] > 0.9)
plots.show("Training loss of networks of plain blocks (left) and of basic blocks (right).")

# %% [markdown]
# Four other seeds gave the same, by wide margins; on digits it is not clear which of 20 and 56 residual layers is
# ahead. On larger tasks there is more to gain:

# %% experiment="published_errors" alt="Left: ImageNet top-1 error. Plain networks: 27.94 percent with 18 layers, 28.54 with 34. Residual networks: 27.88 and 25.03. Right: CIFAR-10 test error of residual networks against depth: 8.75 percent at 20 layers, 6.97 at 56, 6.61 at 110, and 7.93 at 1202."
from cnnlab.tables import table

shortcuts.published_errors(table("resnet_degradation"), table("resnet_cifar10"))
plots.show(
    "Shortcuts turn a loss of half a point into a gain of three, "
    "and make 1202 layers trainable, if not better."
)

# %% [markdown]
# (He et al., 2016, Tables 2 and 6; for 110 layers the mean of five runs.) The last point is instructive. The network of
# 1202 layers trains to an error below 0.1 % and is worse on the test set than that of 110 (section 4.2). *That* is
# overfitting, which is what the degradation of plain networks was mistaken for.

# %% [markdown] quiz="by_hand" points=1
# **A basic block that keeps its shape reads $x = 1.5$ at some position, and its path gives $F(x) = -2$ there. What does
# the block return? And a block without the last ReLU?**
#
# - A. (right) 0 and −0.5
#   - Why: The sum is −0.5. The basic block applies ReLU to it; without that ReLU it stays −0.5.
# - B. 1.5 and −0.5
#   - Why: 1.5 would be ReLU(−2) + 1.5, with the ReLU before the addition. It comes after it.
# - C. 0 and 0
#   - Why: The basic block gives 0. Without the last ReLU the sum stays as it is.
# - D. −0.5 and 1.5
#   - Why: These are the sum without the basic block's ReLU, and the input alone.

# %% [markdown]
# ## Why do shortcuts help?
#
# That they help is established; *why* is less clear. Here are three measurements.
#
# **Gradients at the start.** The usual suspect is a gradient that vanishes on its way down. But He et al. report
# "healthy norms" of gradients in their plain networks, thanks to batch norm (section 4.1). We look at the gradient with
# respect to each 3 × 3 convolution, before the first step.
#
# **Agreement of minibatches.** Stochastic gradient descent works if what is good for one batch is good for the next. We
# compare the gradients of four disjoint batches of 128 images: the mean cosine between two of them, averaged over the
# layers. 1 means the same direction, 0 that they have nothing in common.
#
# **Predict first.** In the plain network of 56 layers, will the gradient of the first layers be much smaller than
# that of the last ones, about equal, or much larger?


# %% prediction="first_gradient"
first_gradient = ""  # "much smaller", "about equal" or "much larger"


# %% experiment="gradients_at_the_start" alt="Left: norm of the gradient of each convolution, divided by that of the last one, against its position, on a logarithmic axis, before training. In the plain network of 56 layers it rises from 1 at the last layer to more than 1000 at the first; in the residual one it rises to about 15. Right: agreement of minibatch gradients against depth: from 0.5 at 8 layers it falls to about 0.02 at 56 in plain networks, and to about 0.1 in residual ones." folded="true" uses="PlainBlock BasicBlock"
def gradients(network, batch):
    """The gradient of a batch's loss with respect to each 3 x 3 convolution, flat."""
    convolutions = (module for module in network.modules() if isinstance(module, nn.Conv2d))
    weights = [module.weight for module in convolutions if module.kernel_size == (3, 3)]
    loss = F.cross_entropy(network(digits.train_x[batch]), digits.train_y[batch])
    return [gradient.flatten() for gradient in torch.autograd.grad(loss, weights)]


def agreement(batches):
    """The mean cosine between gradients of two batches, averaged over pairs, then over layers."""
    layers = [F.normalize(torch.stack(layer), dim=1) for layer in zip(*batches, strict=True)]
    pairs = len(batches) * (len(batches) - 1)
    return sum(((layer @ layer.T).sum() - len(batches)).item() / pairs for layer in layers) / len(
        layers
    )


depths, seeds = (8, 20, 56), range(3)
norms, agreements = {}, {}
for name, block in (("plain", PlainBlock), ("residual", BasicBlock)):
    agreements[name] = torch.zeros(len(seeds), len(depths))
    for index, depth in enumerate(depths):
        for seed in seeds:
            network = small_network(block, depth, seed).train()
            order = torch.randperm(len(digits.train_x), generator=training.generator(seed))
            chosen = order[:512].to(digits.train_x.device)
            batches = [gradients(network, batch) for batch in chosen.split(128)]
            norms[name, depth, seed] = torch.stack([layer.norm() for layer in batches[0]]).cpu()
            agreements[name][seed, index] = agreement(batches)

ratios = {key: layers / layers[-1] for key, layers in norms.items()}
curves = {
    name: torch.stack([ratios[name, 56, seed] for seed in seeds]) for name in ("plain", "residual")
}
shortcuts.gradients(curves, depths, agreements)
first = {name: runs[:, 1] for name, runs in curves.items()}
limits = {0.1: "much smaller", 10: "about equal", float("inf"): "much larger"}
ratio = first["plain"].median()
show_prediction(first_gradient, next(words for limit, words in limits.items() if ratio < limit))
print(
    "56 plain layers, gradient of the second layer over that of the last above 100 on every seed:",
    bool((first["plain"] > 100).all()),
)
print("56 residual layers, below 50:", bool((first["residual"] < 50).all()))
means = {name: values.mean(dim=0) for name, values in agreements.items()}
print(
    "agreement with shortcuts more than twice that without, at 20 and 56 layers:",
    bool((means["residual"][1:] > 2 * means["plain"][1:]).all()),
)
plots.show(
    "Before the first step: the norm of each convolution's gradient in networks of 56 layers, "
    "and how far gradients of two batches agree (bands: three seeds)."
)

# %% [markdown]
# They neither vanish nor stay healthy: in the plain network gradients **explode** towards the first layers, by a factor
# of about a thousand. (Theory agrees: with batch norm and without shortcuts they grow exponentially with depth,
# whatever the scale of the weights; Yang et al., 2019.) And they become noise: at 56 plain layers the gradients of two
# batches have almost nothing in common. With shortcuts the agreement falls too, but stays several times as high.
# Balduzzi et al. (2017) call this *shattered gradients*.
#
# Differentiate $y = x + F(x)$ and you get $1 + F'(x)$. The product over many blocks contains a term 1: a path along
# which the gradient arrives unchanged, apart from ReLUs and projections on the way.
#
# **The loss surface.** Go from the trained weights straight in a random direction, scaled filter by filter to the size
# of the weights (Li et al., 2018), and watch the training loss.


# %% experiment="loss_slices" alt="Two panels of training loss along random directions through the trained weights, three directions each. Left, 20 layers: both kinds of network lie in a valley, the residual one in a deeper one. Right, 56 layers: the residual network lies in a deep valley whose floor is near 0; the plain network's curves stay between 2 and 2.5 all along." uses="PlainBlock BasicBlock"
from cnnlab.loss_surface import bumps, losses_along, random_direction

images = digits.train_x[:200], digits.train_y[:200]
steps = torch.linspace(-1, 1, 21)
slices = {
    (kind, depth): [
        losses_along(runs[depth][0], random_direction(runs[depth][0], seed), steps, *images)
        for seed in range(3)
    ]
    for depth in (20, 56)
    for kind, runs in (("plain", plain_runs), ("residual", residual_runs))
}
shortcuts.loss_slices(steps, slices)
print(
    "residual slices are valleys without bumps:",
    all(bumps(s) < 1.1 for n, d in slices for s in slices[n, d] if n == "residual"),
)
print(
    "at 56 layers the plain network sits above 1.5, the residual one below 0.3:",
    slices["plain", 56][0][10] > 1.5 and slices["residual", 56][0][10] < 0.3,
)
plots.show("Residual networks lie in deep, smooth valleys; 56 plain layers lie on a plateau.")

# %% [markdown]
# Read this picture with care. The plain network of 56 layers is not at a minimum, so the right panel compares a trained
# network with one that is hardly trained. The left panel is fairer, and shows a smaller difference. And a few straight
# lines show little of a space of 70,000 dimensions, or 215,000 with 56 layers.
#
# **Facts**: deep plain networks train badly though good weights exist; shortcuts fix this; with them gradients explode
# less and agree more, and the valleys are deeper. **Interpretation**: which of these is the cause. He et al. leave it
# open: the difficulty is "unlikely to be caused by vanishing gradients", the reason "will be studied in the
# future" (section 4.1).

# %% [markdown] quiz="explode_or_vanish" points=1
# **You build a plain network of 56 layers with batch norm and He's initial weights, and look at gradients before
# training. What do you see?**
#
# - A. They vanish towards the first layers.
#   - Why: That is the textbook case, for networks without normalization and with small weights.
# - B. They have the same norm everywhere, as batch norm keeps everything at scale.
#   - Why: Batch norm keeps *activations* at scale. Gradients are another matter.
# - C. (right) They grow towards the first layers, and those of different batches hardly agree.
#   - Why: By a factor of about a thousand, with a cosine close to 0 between batches. Shortcuts reduce the one and
#     raise the other.
# - D. They are zero until the running statistics have settled.
#   - Why: In training mode batch norm uses the statistics of the batch, and gradients flow from the first step on.

# %% [markdown]
# ## Bottlenecks
#
# Shortcuts make depth possible, but depth costs computation. From ResNet-50 on, three convolutions replace the two: a
# 1 × 1 that *reduces* $4C$ channels to $C$, a 3 × 3 that works on these few, and a 1 × 1 that *restores* $4C$. Each has
# its batch norm; a ReLU follows the first two, and the addition.

# %% figure="basic_and_bottleneck" alt="Two diagrams of blocks. The basic block has two 3 by 3 convolutions from C to C channels. The bottleneck block has a 1 by 1 convolution from 4C to C, a 3 by 3 convolution from C to C and a 1 by 1 convolution from C to 4C. In both a shortcut joins before the last ReLU."
shortcuts.basic_and_bottleneck()
plots.show("The shortcut has wide maps; the expensive 3 × 3 works on a quarter of the channels.")

# %% [markdown]
# **Worked example.** A 3 × 3 convolution from $C$ to $C$ channels on maps of $H \times W$ costs
# $9 \cdot C \cdot C \cdot HW = 9\,HWC^2$ multiply-adds, so a basic block costs $18\,HWC^2$. In ResNet-34's second stage
# ($C = 128$, 28 × 28) that is $18 \cdot 784 \cdot 16{,}384 = 231{,}211{,}008$.
#
# > **On the slide.** The first slide titled *Bottleneck Block* prints $9\,HWC^2$ beside *each* of its three
# > convolutions, left over from the basic block. The next slide has other numbers; work them out before you look.
#
# ### Exercise: `block_macs` (3 points, about 8 minutes)
#
# <details><summary>Hint 1: one convolution</summary>
#
# Multiply-adds: output channels × input channels × kernel × kernel × height × width.
# </details>
#
# <details><summary>Hint 2: the bottleneck's three</summary>
#
# From $4C$ to $C$ with one weight per pair of channels, from $C$ to $C$ with nine, from $C$ to $4C$ with one.
# </details>


# %% exercise="block_macs"
def block_macs(kind, channels, height, width):
    """The multiply-adds of a residual block that keeps its shape, for one image.

    Only convolutions count; the shortcut is the input itself and costs nothing.

    Args:
        kind: "basic": two 3 x 3 convolutions from C to C channels; or "bottleneck": a 1 x 1
            convolution from 4C to C, a 3 x 3 from C to C, and a 1 x 1 from C to 4C.
        channels: C, the number of channels of the 3 x 3 convolutions.
        height: of the maps, in pixels.
        width: of the maps, in pixels.

    Returns:
        An int.

    Raises:
        ValueError: if the kind is neither.
    """
    ### BEGIN SOLUTION
    weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
    if kind not in weights:
        raise ValueError(f'kind is {kind!r}; it must be "basic" or "bottleneck"')
    return weights[kind] * height * width * channels**2
    ### END SOLUTION


# %% test="block_macs" points=1
check.block_macs(block_macs)

# %% hidden_test="block_macs" points=2
import hidden

hidden.block_macs(block_macs)

# %% [markdown]
# > **On the slide.** *"More layers, less computational cost!"* True of one block: $17\,HWC^2$ against 18, and that at
# > four times the channels outside, where a basic block would cost $288\,HWC^2$. Whether it is true of the networks,
# > you will count. It is not true of memory: a bottleneck's convolutions return $6\,HWC$ numbers, a basic block's
# > $2\,HWC$.
#
# **Where the stride goes.** When a bottleneck halves the maps, which convolution has the stride? The authors put it in
# the first 1 × 1 ("v1"), which then never looks at three of four pixels. torchvision and most others put it in the
# 3 × 3, which sees them all ("v1.5"). The parameters are the same, the costs are not. This chapter builds v1.5.
#
# **Worked example.** 256 channels in, width 64, stride 1: 256 → 64 → 64 → 256, with
# $256 \cdot 64 + 9 \cdot 64^2 + 64 \cdot 256 = 69{,}632$ weights, and the shortcut is the input itself. Width 128,
# stride 2: 256 → 128 → 128 → 512 on maps of half the size, and the shortcut projects 256 channels to 512.
#
# ### Exercise: `BottleneckBlock` (5 points, about 15 minutes)
#
# <details><summary>Hint 1: how many channels go out</summary>
#
# `expansion * width`. The third convolution makes them, and the shortcut must have as many.
# </details>
#
# <details><summary>Hint 2: a trap</summary>
#
# A block with stride 1 may still change the shape: the first one of ResNet-50 reads 64 channels and returns 256.
# </details>


# %% exercise="BottleneckBlock" forbids="reference"
class BottleneckBlock(nn.Module):
    """A 1 x 1, a 3 x 3 and a 1 x 1 convolution and a shortcut: relu(path(x) + shortcut(x)).

    The convolutions of the path go from in_channels to width, from width to width, and from width
    to expansion * width channels. Each is followed by batch norm, the first two also by ReLU. The
    3 x 3 convolution has the stride (v1.5). Where the block keeps the shape, the shortcut is x
    itself. Where it does not, it is a 1 x 1 convolution with the stride, followed by batch norm.
    Convolutions are nn.Conv2d without bias, that of 3 x 3 with padding 1; each has an
    nn.BatchNorm2d of its own, with torch's default settings. There are no other parameters or
    buffers. Names of inner modules, and the order in which they are defined, are up to you. The
    input is not changed.
    """

    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        ### BEGIN SOLUTION
        out_channels = expansion * width
        self.path = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        ### END SOLUTION

    def forward(self, x):
        """Map (N, in_channels, H, W) to (N, expansion * width, H / stride, W / stride), rounded."""
        ### BEGIN SOLUTION
        return F.relu(self.path(x) + self.shortcut(x))
        ### END SOLUTION


# %% test="BottleneckBlock" points=1
check.BottleneckBlock(BottleneckBlock)

# %% hidden_test="BottleneckBlock" points=3
import hidden

hidden.BottleneckBlock(BottleneckBlock)

# %% hidden_test="BottleneckBlock" points=1
import hidden

hidden.BottleneckBlock_properties(BottleneckBlock)

# %% [markdown]
# Operations are only a hint about time (chapter 2). Here are your two blocks on one core.
#
# **Predict first.** 17 against 18: which block takes longer, and by how much?


# %% prediction="slower_block"
slower_block = ""  # "basic" or "bottleneck"

# %% experiment="time_of_blocks" alt="Bars of the time of one basic and one bottleneck block for the four stages of a ResNet, for one image on one CPU core. Where maps are large the bottleneck takes clearly longer than the basic block, although it has fewer multiply-adds; in the last stage the two are closer." uses="BasicBlock BottleneckBlock block_macs" folded="true"
from time import process_time

from torch.utils.benchmark import Timer


def milliseconds(blocks, channels, size):
    """The shortest of 40 CPU times of each block, in turns, as is fair on a busy machine."""
    timers = []
    for block, number in zip(blocks, channels, strict=True):
        names = {"block": block.eval(), "x": torch.rand(1, number, size, size)}
        timers.append(Timer("block(x)", timer=process_time, globals=names))
    with torch.no_grad():
        rounds = [[timer.timeit(1).mean for timer in timers] for _ in range(40)]
    return [1000 * min(times) for times in zip(*rounds, strict=True)]


sizes = {64: 56, 128: 28, 256: 14, 512: 7}
times = [
    milliseconds([BasicBlock(c, c), BottleneckBlock(4 * c, c)], [c, 4 * c], size)
    for c, size in sizes.items()
]
show_prediction(slower_block)
names = ("basic, 18 HWC²", "bottleneck, 17 HWC²")
shortcuts.times(dict(zip(names, zip(*times, strict=True), strict=True)), sizes)
print("HWC² per block:", [block_macs(kind, 1, 1, 1) for kind in ("basic", "bottleneck")])
plots.show("The time of one block of each kind in the four stages of a ResNet.")

# %% [markdown]
# When this chapter was written, on one core of servers, the bottleneck took between a fifth and two thirds longer where
# maps are largest, from run to run. Only in the last stage, and not in every run, was it the faster one. Its 1 × 1
# convolutions read and write maps of $4C$ channels and do few operations per number, so they wait for memory. Other
# hardware gives another ratio.
#
# What a bottleneck buys is depth and width for the same number of operations: three layers instead of two, and $4C$
# channels between blocks. On ImageNet that is worth 1.4 points of top-5 error: 8.58 % with 34 layers, 7.14 % with 50
# (torchvision's training).

# %% [markdown] quiz="where_the_stride_is" points=1
# **You move the stride of ResNet-50's blocks from the 3 × 3 (v1.5) to the first 1 × 1 (v1). What changes?**
#
# - A. The number of parameters
#   - Why: A stride changes where a kernel is applied, not how many weights it has.
# - B. (right) Multiply-adds fall, parameters stay, and the function is another.
#   - Why: 4.09 to 3.86 G. The 1 × 1 then skips three of four pixels.
# - C. Nothing but the order of computation
#   - Why: Weights of v1 loaded into v1.5 give other outputs: the 3 × 3 sees other neighbours.
# - D. The size of the output
#   - Why: Both halve the maps once per stage.

# %% [markdown]
# ## ResNets
#
# A **residual network** is a stack of residual blocks with VGG's regularity (lecture, *Residual Networks*):
#
# * a **stem** that shrinks the image by 4 at once: a 7 × 7 convolution with 64 filters and stride 2, batch norm, ReLU,
#   and a 3 × 3 max pool with stride 2 and padding 1;
# * four **stages** of blocks, of widths 64, 128, 256, 512. The first block of stages 2, 3 and 4 halves the maps with
#   its stride, so that VGG's rule holds: half the size, twice the channels, equal work;
# * **global average pooling** and one linear layer, as in GoogLeNet.
#
# What is left to choose is the kind of block and how many of them each stage has. The lecture's table:

# %% given="architectures"
from cnnlab.tables import show, table

RESNETS = {
    row["depth"]: (row["block"], tuple(row[f"blocks{stage}"] for stage in (1, 2, 3, 4)))
    for row in table("resnet_architectures")
}

# %% experiment="table_of_the_lecture"
show(
    [
        {
            "network": f"ResNet-{row['depth']}",
            "block": row["block"],
            "blocks per stage": ", ".join(str(row[f"blocks{stage}"]) for stage in (1, 2, 3, 4)),
            "layers per stage": ", ".join(str(row[f"layers{stage}"]) for stage in (1, 2, 3, 4)),
            "G MACs on the slide": row["slide_gmacs"],
            "top-5 error on the slide, %": row["slide_top5_error"],
        }
        for row in table("resnet_architectures")
    ]
)

# %% [markdown]
# Depth counts the stem's convolution, the layers of the paths, and the linear layer:
# $1 + 2 \cdot (3 + 4 + 6 + 3) + 1 = 34$, and with three layers per block 50. Projections are not counted.
#
# > **On the slide.** *"The first block of each stage halves the resolution and doubles the number of channels"*: of
# > stages 2 to 4; stage 1 follows the max pool and does neither. *"The same aggressive stem as GoogleNet"*: only its
# > first two layers; GoogLeNet's goes on down to 28 × 28. And the first convolution returns 3136 KiB, not 3316.
#
# **Worked example.** ResNet-18 on 224 × 224. Stem: 112, then 56. Stage 1: 64 channels on 56 × 56. Stages 2, 3, 4: 128
# on 28 × 28, 256 on 14 × 14, 512 on 7 × 7. Projections: the first blocks of stages 2, 3, 4, three in all. In ResNet-50
# there are four: its stage 1 goes from 64 channels to 256.
#
# ### Exercise: `ResNet` (6 points, about 25 minutes)
#
# <details><summary>Hint 1: the channels so far</summary>
#
# Walk along the stages and keep the number of channels that the last layer returned. It begins with `width`, and after
# each block it is what that block returns.
# </details>
#
# <details><summary>Hint 2: how many channels a block returns</summary>
#
# `w` for a basic block, `4 * w` for a bottleneck: `block is BottleneckBlock` tells them apart. The linear layer reads
# what the last block returns.
# </details>
#
# <details><summary>Hint 3: new objects</summary>
#
# Append each block to a list as you make it, and make `nn.Sequential(*blocks)` at the end.
# </details>


# %% exercise="ResNet" forbids="published"
class ResNet(nn.Module):
    """A residual network, with the channels of all its layers scaled by a width.

    The stem is a 7 x 7 convolution with `width` filters, stride 2, padding 3 and no bias, then
    batch norm, ReLU, and a max pool of 3 x 3 with stride 2 and padding 1. Four stages follow. Stage
    k (k = 1, 2, 3, 4) has blocks[k - 1] blocks, made as block(in_channels, w, stride), where w is
    width * 2 ** (k - 1). The first block of stages 2, 3 and 4 has stride 2; all others have 1. The
    head is global average pooling and one nn.Linear with bias. All other settings are torch's
    defaults. Names of inner modules, and the order in which they are defined, are up to you.
    """

    def __init__(self, block, blocks, num_classes=1000, width=64):
        """Args: block: BasicBlock, which returns w channels, or BottleneckBlock, which returns
        4 * w. blocks: four ints, the number of blocks of each stage. num_classes: outputs.
        width: channels of the stem; 64 gives the published networks."""
        super().__init__()
        ### BEGIN SOLUTION
        expansion = 4 if block is BottleneckBlock else 1
        layers = [
            nn.Conv2d(3, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        ]
        channels = width
        for stage, number in enumerate(blocks):
            inner = width * 2**stage
            for place in range(number):
                layers.append(block(channels, inner, 2 if stage > 0 and place == 0 else 1))
                channels = expansion * inner
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, num_classes)
        ### END SOLUTION

    def forward(self, x):
        """Scores, shape (N, num_classes), for images of shape (N, 3, H, W), H and W at least 32."""
        ### BEGIN SOLUTION
        return self.classifier(self.features(x).mean(dim=(2, 3)))
        ### END SOLUTION


# %% test="ResNet" points=1 takes="BasicBlock BottleneckBlock"
check.ResNet(ResNet, BasicBlock, BottleneckBlock)

# %% hidden_test="ResNet" points=4 takes="BasicBlock BottleneckBlock"
import hidden

hidden.ResNet(ResNet, BasicBlock, BottleneckBlock)

# %% hidden_test="ResNet" points=1 takes="BasicBlock BottleneckBlock"
import hidden

hidden.ResNet_properties(ResNet, BasicBlock, BottleneckBlock)

# %% [markdown]
# ### Exercise: `resnet` (3 points, about 6 minutes)
#
# `RESNETS` holds the lecture's table as data: `RESNETS[50]` is `("bottleneck", (3, 4, 6, 3))`.
#
# <details><summary>Hint 1: nothing to count</summary>
#
# Unpack the row of this depth, choose the block by its first part, and call `ResNet` with its second.
# </details>
#
# <details><summary>Hint 2: other depths</summary>
#
# A missing key of a dict raises `KeyError`; the exercise asks for `ValueError`.
# </details>


# %% exercise="resnet" forbids="published"
def resnet(depth):
    """A ResNet of the lecture's table at full size: for 224 x 224 pixels and 1000 classes.

    Args:
        depth: 18, 34, 50, 101 or 152.

    Returns:
        A ResNet with the blocks that RESNETS names.

    Raises:
        ValueError: if there is no such network.
    """
    ### BEGIN SOLUTION
    if depth not in RESNETS:
        raise ValueError(f"there is no ResNet-{depth}; take one of {', '.join(map(str, RESNETS))}")
    kind, blocks = RESNETS[depth]
    return ResNet({"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind], blocks)
    ### END SOLUTION


# %% test="resnet" points=1 takes="ResNet BasicBlock BottleneckBlock"
check.resnet(resnet, ResNet, BasicBlock, BottleneckBlock)

# %% hidden_test="resnet" points=2 takes="ResNet BasicBlock BottleneckBlock"
import hidden

hidden.resnet(resnet, ResNet, BasicBlock, BottleneckBlock)

# %% [markdown]
# And now count. Your five networks run on the meta device, and `measure` puts what it finds beside the published
# numbers.
#
# **Predict first.** The lecture gives 3.6 G for 34 layers and 3.8 G for 50. Which of your two will cost more, and by
# how much?

# %% prediction="costlier"
costlier = ""  # "ResNet-34" or "ResNet-50", and by how much

# %% experiment="networks_measured" uses="BasicBlock BottleneckBlock ResNet resnet" folded="true"
from cnnlab.measure import measure

with torch.device("meta"):
    networks = {depth: resnet(depth) for depth in RESNETS}
rows, agree = [], True
for row in table("resnet_architectures"):
    layers = measure(networks[row["depth"]], (3, 224, 224))
    params = sum(p.numel() for p in networks[row["depth"]].parameters())
    weighted = [layer for layer in layers if layer.kind in ("conv", "linear")]
    macs = sum(layer.macs for layer in weighted)
    agree = agree and (params, macs) == (row["params"], row["macs"])
    in_shortcuts = 3 if row["block"] == "basic" else 4
    rows.append(
        {
            "network": f"ResNet-{row['depth']}",
            "layers without projections": len(weighted) - in_shortcuts,
            "parameters": params,
            "multiply-adds": macs,
            "v1, G": (row["macs_v1"] or row["macs"]) / 1e9,
            "the slide, G": row["slide_gmacs"],
        }
    )
show(rows)
cheap, costly = sorted(rows[1:3], key=lambda row: row["multiply-adds"])
more = round(100 * costly["multiply-adds"] / cheap["multiply-adds"] - 100)
show_prediction(costlier, f"{costly['network']}, by {more} %")
print("parameters and multiply-adds are those of torchvision's networks:", agree)

# %% [markdown]
# All numbers are accounted for. ResNet-50 costs 12 % more than ResNet-34; the slide's 3.8 and 3.6 would make it 6 %.
#
# > **On the slide.** The rows of ResNet-50, 101 and 152 mix **two networks**. The cost is the paper's, of v1: 3.86,
# > 7.57 and 11.28 G. The error beside it is torchvision's, of v1.5, and *that* network costs 4.09, 7.80 and 11.51 G.
# > (The authors' own ResNet-50 has 7.8 % top-5 error on one crop, says their repository.) VGG-16's 13.6 G beside the
# > ResNets is the error of chapter 3 again; it is 15.5 G.
# >
# > *"Swept 1st place in all ILSVRC and COCO 2015 competitions"* is corrected further down on the same slide: in all
# > five *main tracks*.

# %% experiment="accuracy_and_cost" alt="Top-1 error on ImageNet against multiply-adds. VGG with batch norm: from 29.6 percent at 7.6 billion to 25.8 at 19.6 billion. ResNets: 30.2 percent at 1.8 billion, 26.7 at 3.7, 23.9 at 4.1, 22.6 at 7.8 and 21.7 at 11.5; all of them lie to the left of VGG's curve, and all but the first below most of it."
vggs = [row for row in table("vgg_variants") if row["batch_norm"] == "yes"]
shortcuts.accuracy_and_cost({"VGG": vggs, "ResNet": table("resnet_architectures")})
plots.show(
    "ResNet-34 is as good as VGG-16 at a quarter of the cost, and deeper ResNets are better."
)

# %% [markdown]
# (Errors: torchvision's networks, one crop of 224 pixels.) The lecture calls ResNet-50 *"a great baseline architecture
# for many tasks even today"*. Trained by a newer recipe, the same network has 19.1 % top-1 error in torchvision instead
# of 23.9 %. How a network is trained matters as much as how it is built.

# %% [markdown] quiz="projections" points=1
# **In which blocks of ResNet-50 is the shortcut a projection?**
#
# - A. In the first block of stages 2, 3 and 4
#   - Why: That is ResNet-18 and ResNet-34. In ResNet-50 one more block changes its number of channels.
# - B. In all blocks
#   - Why: Where the shape stays, the input itself is added. A projection there would be expensive, and the gradient
#     would lose its term of 1.
# - C. (right) In the first block of each of the four stages
#   - Why: Stage 1 keeps the size of the maps, but goes from 64 channels to 256, and that alone needs a projection.
# - D. In none; channels of zeros are appended
#   - Why: That is the paper's option A, without parameters. ResNet-50 uses projections (option B).

# %% [markdown] quiz="cost_of_fifty" points=1
# **A bottleneck block has $17\,HWC^2$ multiply-adds, a basic block $18\,HWC^2$. Both ResNet-34 and ResNet-50 have 3, 4,
# 6 and 3 blocks. Why does ResNet-50 cost more all the same?**
#
# - A. It has 16 layers more.
#   - Why: They are in the 17 already: three layers of a bottleneck cost less than two of a basic block.
# - B. (right) 17 and 18 hold for blocks that keep their shape; the others have wide projections.
#   - Why: In stages 2, 3 and 4 the first bottleneck costs 29, not 17: its projection and its first 1 × 1 take 8 each.
#     The first basic block there costs 14. The larger linear layer adds a little.
# - C. Its maps are larger.
#   - Why: Both halve the maps at the same points, from 56 × 56 to 7 × 7.
# - D. It has more batch norms.
#   - Why: They take time, but none of the multiply-adds that are counted here.

# %% [markdown]
# ## Which blocks can be the identity?
#
# The idea was a block for which the identity is easy. Is it? The lecture says two things that contradict each other:
#
# * under *Residual Networks*: "If you set these to 0, the whole block will compute the identity function!";
# * under *Improving Residual Networks*: "ReLU **after** residual: Cannot actually learn identity function since outputs
#   are nonnegative!"
#
# Take the basic block with $F = 0$. It returns $\operatorname{ReLU}(0 + x)$. For $x \ge 0$ that *is* $x$, exactly; for
# $x < 0$ it is 0, and no weights can change that. Which case holds inside a network? There the input of every block is
# the output of a ReLU, that of the stem or of the block before, and is **never negative**. The second slide is right
# only about inputs that do not occur.
#
# And "set these to 0" needs a condition. If only the convolutions are 0, the last batch norm still acts on what it
# gets: in training mode it returns its shift $\beta$, in evaluation mode
# $-\gamma \mu / \sqrt{\sigma^2 + \varepsilon} + \beta$ with its running statistics. Scale *and* shift must be 0 as
# well.
#
# What did the authors improve, then? Their **pre-activation block** (He et al., 2016b) has batch norm and ReLU before
# each convolution, and nothing after the addition:

# %% figure="original_and_preact" alt="Two diagrams of blocks. The original block: convolution, batch norm, ReLU, convolution, batch norm, then the shortcut is added, and a ReLU follows the addition. The pre-activation block: batch norm, ReLU, convolution, batch norm, ReLU, convolution, then the shortcut is added, and nothing follows."
shortcuts.original_and_preact()
plots.show("In a pre-activation block nothing is on the shortcut's way, from block to block.")

# %% [markdown]
# Now $F = 0$ gives $x$ for *any* $x$, signed or not. That is the smaller part of the gain. The larger one: from block
# to block nothing touches the shortcut, $x_L = x_l + \sum_i F_i$, nor the gradient's term of 1. In the original network
# each block's ReLU does.
#
# **Worked example.** The same pixels, norms of $2v - 3$, convolutions that pass on:
#
# | $x$ | norm | ReLU | norm | ReLU: $F(x)$ | $F(x) + x$ |
# |--:|--:|--:|--:|--:|--:|
# | −2 | −7 | 0 | −3 | 0 | **−2** |
# | 1 | −1 | 0 | −3 | 0 | **1** |
# | 2 | 1 | 1 | −1 | 0 | **2** |
# | 3 | 3 | 3 | 3 | 3 | **6** |
# | 4 | 5 | 5 | 7 | 7 | **11** |
#
# Where the shape changes, the projection is a 1 × 1 convolution with the stride and nothing else. The authors apply it
# to the output of the first ReLU, others to $x$; both are right here.
#
# ### Exercise: `PreActBlock` (5 points, about 15 minutes)
#
# <details><summary>Hint 1: sizes</summary>
#
# The first batch norm normalizes what comes in, so it has `in_channels`; the second has `out_channels`.
# </details>
#
# <details><summary>Hint 2: what the shortcut carries</summary>
#
# `x` itself, where the shape stays: not its normalized version, and not the output of the first ReLU.
# </details>


# %% exercise="PreActBlock" forbids="reference"
class PreActBlock(nn.Module):
    """Batch norm, ReLU, 3 x 3 convolution, twice: path(x) + shortcut(x), without a last ReLU.

    The first convolution has the stride. Where the block keeps the shape, the shortcut is x itself.
    Where it does not (the stride is not 1, or the numbers of channels differ), it is a 1 x 1
    convolution with the stride, without batch norm, which is applied either to the output of the
    first ReLU or to x. Convolutions are nn.Conv2d without bias, those of 3 x 3 with padding 1; both
    batch norms are nn.BatchNorm2d with torch's default settings. There are no other parameters or
    buffers. Names of inner modules, and the order in which they are defined, are up to you. The
    input is not changed.
    """

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.projection = None
        if stride != 1 or in_channels != out_channels:
            self.projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        ### END SOLUTION

    def forward(self, x):
        """Map (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        ### BEGIN SOLUTION
        activated = F.relu(self.norm1(x))
        shortcut = x if self.projection is None else self.projection(activated)
        y = self.conv1(activated)
        return self.conv2(F.relu(self.norm2(y))) + shortcut
        ### END SOLUTION


# %% test="PreActBlock" points=1
check.PreActBlock(PreActBlock)

# %% hidden_test="PreActBlock" points=3
import hidden

hidden.PreActBlock(PreActBlock)

# %% hidden_test="PreActBlock" points=1
import hidden

hidden.PreActBlock_properties(PreActBlock)

# %% [markdown]
# ### Exercise: `identity_weights` (4 points, about 10 minutes)
#
# Now turn blocks into the identity: *any* residual block. You get only its state dict, whose layers may have any names
# and stand in any order.
#
# **Worked example.** The last convolution is 0, so its batch norm reads 0. With running mean 3, running variance 4,
# scale 2 and shift 1 it makes $2 \cdot (0 - 3) / 2 + 1 = -2$ of it. With scale 0 and shift 0 it makes 0.
#
# <details><summary>Hint 1: which tensor decides</summary>
#
# The path must give 0. In some blocks a batch norm comes last, in others a convolution. If you treat all layers alike,
# you do not need to know which.
# </details>
#
# <details><summary>Hint 2: whole numbers</summary>
#
# `num_batches_tracked` is a tensor of whole numbers; `torch.zeros_like` keeps the dtype of each tensor.
# </details>


# %% exercise="identity_weights"
def identity_weights(state_dict):
    """Weights that make a residual block the identity.

    The block returns path(x) + x, or relu(path(x) + x). Its path is made of convolutions, with or
    without bias, linear layers, normalizations with scale and shift, and activations that map 0 to
    0, in any order and with any names, and ends with a convolution, a linear layer or a
    normalization. With the new weights the block returns x, exactly, in training and in evaluation
    mode, whatever its running statistics are: for every x if there is no ReLU after the addition,
    and for every x without negative values if there is one.

    Args:
        state_dict: a dict from names to tensors: all parameters and buffers of the block. It stays
            as it is, and so do its tensors.

    Returns:
        A new dict with the same names, and tensors of the same shapes, for load_state_dict.
    """
    ### BEGIN SOLUTION
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    return {
        name: tensor.clone() if name.endswith(statistics) else torch.zeros_like(tensor)
        for name, tensor in state_dict.items()
    }
    ### END SOLUTION


# %% test="identity_weights" points=1
check.identity_weights(identity_weights)

# %% hidden_test="identity_weights" points=3
import hidden

hidden.identity_weights(identity_weights)

# %% [markdown]
# Try it on your own blocks. Each gets random weights and running statistics, then what `identity_weights` makes of
# them; fifty of a kind are stacked.
#
# **Predict first.** Which stacks return non-negative inputs exactly? And which return signed inputs, too?

# %% prediction="returns_signed"
returns_signed = ""  # "PlainBlock", "BasicBlock", "BottleneckBlock" or "PreActBlock"

# %% experiment="identities" uses="PlainBlock BasicBlock BottleneckBlock PreActBlock identity_weights" folded="true"
from cnnlab.exercises.residual import random_state

signed = torch.randn(4, 8, 6, 6, generator=training.generator(5))
inputs = {"x ≥ 0": signed.abs(), "signed x": signed}
rows = []
for block in (PlainBlock, BasicBlock, BottleneckBlock, PreActBlock):
    blocks = [block(8, 2 if block is BottleneckBlock else 8) for _ in range(50)]
    for seed, layer in enumerate(blocks):
        state = random_state(layer, training.generator(seed))
        _ = layer.load_state_dict(identity_weights(state))
    stack = nn.Sequential(*blocks)
    same = {}
    for name, x in inputs.items():
        with torch.no_grad():
            outputs = [stack.train(mode)(x) for mode in (False, True)]
        same[f"return {name}"] = all(torch.equal(output, x) for output in outputs)
    rows.append({"fifty blocks of kind": block.__name__, **same})
    if block is BasicBlock:
        print("signed x through basic blocks is relu(x):", torch.equal(outputs[0], signed.relu()))
show(rows)
signed_too = [row["fifty blocks of kind"] for row in rows if row["return signed x"]]
show_prediction(returns_signed, " and ".join(signed_too) or "none")

# %% [markdown]
# With a path of zeros a plain block returns 0, an original block $\operatorname{ReLU}(x)$, which is $x$ inside a
# network, and a pre-activation block $x$.
#
# > **On the slide.** *"Cannot actually learn identity function since outputs are nonnegative!"* It can, inside a
# > network: its inputs are not negative either. And *"if you set these to 0"* needs a batch norm that is 0, too.
#
# So the second paper did not fix an inability. It cleared the path through the network, and the deeper the network, the
# more that is worth:

# %% experiment="preactivation_errors"
show(
    [
        {
            "network": row["network"],
            "block": row["block"],
            "test crop, pixels": row["test_px"],
            "augmentation": row["augmentation"],
            "top-1 error, %": row["top1_error"],
            "top-5 error, %": row["top5_error"],
        }
        for row in table("preact_errors")
    ],
    digits=1,
)

# %% [markdown]
# (He et al., 2016b, Table 5.) With original blocks 200 layers were *worse* than 152; with pre-activation they are
# better.
#
# > **On the slide.** "ResNet-152: 21.3 vs 21.1, ResNet-200: 21.8 vs 20.7" is right, but measured on crops of 320
# > pixels, and not to be compared with errors at 224. And 1.1 points are more than a *"slight improvement"*.
#
# *"Not actually used that much in practice"*: at 152 layers it is worth 0.2 points. The idea came back in Transformers,
# which train more easily if they normalize *before* each sublayer and leave the shortcut alone (Xiong et al., 2020).
#
# Here are the slides' statements of this part again, with what is right and why. An *error* is wrong however you read
# it; a *convention* needs a word of explanation:

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
        if row["topic"] == "05-residual"
    ]
)

# %% [markdown] quiz="zero_is_not_enough" points=1
# **All convolutions of a trained basic block are set to 0, and nothing else is changed. In evaluation mode, what does
# it return for $x \ge 0$?**
#
# - A. $x$
#   - Why: Only if the last batch norm gives 0. It still subtracts its running mean, scales, and adds its shift.
# - B. 0
#   - Why: The shortcut still adds x.
# - C. (right) $\operatorname{ReLU}(x + c)$, with a constant $c$ for each channel
#   - Why: The last batch norm makes a constant of the 0: −γμ/√(σ² + ε) + β.
# - D. It depends on the batch.
#   - Why: In evaluation mode batch norm uses stored statistics, so no image depends on the others.

# %% [markdown] written="waking_up" points=3
# ## A written question (3 points)
#
# Many training recipes start each residual block like this: convolutions at random, as usual, but the scale $\gamma$ of
# the *last* batch norm of each block at 0 (Goyal et al., 2017); shifts $\beta$ are 0 anyway.
#
# In about 150 words: (a) What does a ResNet-34 with these weights compute before the first step; which of its layers
# take part? (b) A colleague says: "Then why not start with your `identity_weights`, where *all* convolutions, scales
# and shifts are 0? It is the same function." Is it? And can a block learn from there? Look at the gradients of
# $\gamma$, of $\beta$ and of the convolutions. (c) Which measurement, to be made in a minute, would settle the matter?
#
# ### BEGIN SOLUTION
# (a) Where the shape stays, a block gives ReLU(0 + x) = x, as x comes out of a ReLU. So only the stem, the three
# projections of the first blocks of stages 2, 3 and 4 (with their batch norms and ReLUs) and the linear layer take
# part: a shallow network, which has no trouble with its gradients.
#
# (b) For blocks that keep the shape it is the same function (with projections at 0, too, everything is 0). But a block
# cannot learn from there. Last batch norm: its output is γ v + β, v being its normalized input. The gradient of γ is a
# sum over gradient times v. With random convolutions v is not 0, so γ moves in the first step, and with γ different
# from 0 gradients reach the convolutions in the second. With convolutions of 0, v = 0: the gradient of γ is 0;
# convolutions get 0 because γ = 0, and because what they read is 0. Only β moves, so the path stays a constant per
# channel for ever.
#
# (c) One backward pass for each start: list the parameters whose gradient is not 0 (and again after one step). In the
# first case γ and β of the last batch norm, in the second β alone.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: (a) blocks that keep the shape are the identity *because* their input is not negative; stem, projections and
# head remain. An answer that forgets the projections, or gives no reason, earns nothing here. 1 point: (b) the gradient
# of γ is gradient times normalized input, which is 0 if the convolutions are 0; so with all zeros neither γ nor
# convolutions ever move, only β. "The gradient vanishes" without a reason: no point. 1 point: (c) a quick measurement
# that tells the two apart: gradient norms per parameter after one backward pass, or parameters that have changed after
# two steps. "Train both and compare accuracy" takes longer than a minute: no point.
# ### END MARK SCHEME

# %% [markdown]
# ## What to take away
#
# * Degradation: deeper *plain* networks are worse on their training images. A good solution exists; training misses it.
# * A residual block computes $x + F(x)$, and is the identity if $F = 0$. The shortcut is a projection exactly where the
#   shape changes.
# * Original: convolution, batch norm, ReLU, convolution, batch norm, **add**, ReLU. Pre-activation: batch norm, ReLU,
#   convolution, twice, **add**, nothing.
# * With batch norm, gradients of deep plain networks explode and shatter at the start; with shortcuts much less. That
#   this is *the* cause is plausible, not proven.
# * The original block can be the identity for inputs without negative values, and inside a network there are no others.
#   Convolutions of 0 are not enough: batch norm's scale and shift must be 0, too.
# * A bottleneck has fewer operations than a basic block, at four times the channels, and takes longer on large maps.
# * v1 and v1.5 are two networks. Don't print v1's cost beside v1.5's error.
#
# ## Further reading
#
# * K. He, X. Zhang, S. Ren, J. Sun: *Deep Residual Learning for Image Recognition*,
#   [arXiv:1512.03385](https://arxiv.org/abs/1512.03385), CVPR 2016. Section 3 is this chapter; section 4.2 its
#   experiment on CIFAR-10.
# * K. He, X. Zhang, S. Ren, J. Sun: *Identity Mappings in Deep Residual Networks*,
#   [arXiv:1603.05027](https://arxiv.org/abs/1603.05027), ECCV 2016 (cited as 2016b).
# * K. He, X. Zhang, S. Ren, J. Sun: *Delving Deep into Rectifiers*,
#   [arXiv:1502.01852](https://arxiv.org/abs/1502.01852), ICCV 2015: the initial weights used here.
# * D. Balduzzi et al.: *The Shattered Gradients Problem*, [arXiv:1702.08591](https://arxiv.org/abs/1702.08591), ICML
#   2017.
# * G. Yang et al.: *A Mean Field Theory of Batch Normalization*, [arXiv:1902.08129](https://arxiv.org/abs/1902.08129),
#   ICLR 2019.
# * H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein: *Visualizing the Loss Landscape of Neural Nets*,
#   [arXiv:1712.09913](https://arxiv.org/abs/1712.09913), NeurIPS 2018.
# * A. Veit, M. Wilber, S. Belongie: *Residual Networks Behave Like Ensembles of Relatively Shallow Networks*,
#   [arXiv:1605.06431](https://arxiv.org/abs/1605.06431), NeurIPS 2016: what happens when single blocks are removed.
# * P. Goyal et al.: *Accurate, Large Minibatch SGD*, [arXiv:1706.02677](https://arxiv.org/abs/1706.02677), 2017: the
#   last scale starts at 0.
# * R. Xiong et al.: *On Layer Normalization in the Transformer Architecture*,
#   [arXiv:2002.04745](https://arxiv.org/abs/2002.04745), ICML 2020.
