# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. Each cell replaces the exercise's cell.


# %% misconception="no_last_relu" exercise="PlainBlock" says="last ReLU is missing"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(x))


# %% misconception="no_first_relu" exercise="PlainBlock" says="first ReLU is missing"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = self.bn1(self.conv1(x))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="no_relu" exercise="PlainBlock" says="is no ReLU"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = self.bn1(self.conv1(x))
        return self.bn2(self.conv2(x))


# %% misconception="norm_behind_relu" exercise="PlainBlock" says="norm comes after ReLU"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = self.bn1(F.relu(self.conv1(x)))
        return self.bn2(F.relu(self.conv2(x)))


# %% misconception="norm_before_convolution" exercise="PlainBlock" says="comes before its convolution"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.conv1(self.bn1(x)))
        return F.relu(self.conv2(self.bn2(x)))


# %% misconception="with_bias" exercise="PlainBlock" says="which the batch norm after them takes out again"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="stride_in_second" exercise="PlainBlock" says="second convolution has the stride"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="stride_forgotten" exercise="PlainBlock" says="convolution has the stride"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="no_padding" exercise="PlainBlock" says="lacks its padding of 1"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="one_norm_for_both" exercise="PlainBlock" says="batch norm is used twice"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn1(self.conv2(x)))


# %% misconception="one_norm_under_two_names" exercise="PlainBlock" says="batch norm is used twice"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = self.bn1

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="with_a_shortcut" exercise="PlainBlock" says="a plain block has none"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + x) if out.shape == x.shape else F.relu(out)


# %% misconception="statistics_of_the_batch_always" exercise="PlainBlock" says="statistics in evaluation mode"
class AlwaysTraining(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)


class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = AlwaysTraining(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = AlwaysTraining(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="running_statistics_always" exercise="PlainBlock" says="uses its running statistics"
class NeverTraining(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias)


class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = NeverTraining(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = NeverTraining(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% misconception="plain_list" exercise="PlainBlock" says="stand in a plain list"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.layers = [
            nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        ]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


# %% misconception="another_momentum" exercise="PlainBlock" says="momentum is not" keeps=2
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels, momentum=0.01)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels, momentum=0.01)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


# %% variant="sequential" exercise="PlainBlock"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.layers(x)


# %% variant="backwards" exercise="PlainBlock"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.norm_b = nn.BatchNorm2d(out_channels)
        self.conv_b = nn.Conv2d(out_channels, out_channels, (3, 3), padding=(1, 1), bias=False)
        self.norm_a = nn.BatchNorm2d(out_channels)
        self.conv_a = nn.Conv2d(in_channels, out_channels, (3, 3), (stride, stride), (1, 1), bias=False)

    def forward(self, x):
        y = self.norm_a(self.conv_a(x)).clamp(min=0)
        y = self.norm_b(self.conv_b(y))
        return torch.maximum(y, torch.zeros_like(y))


# %% variant="loop_over_lists" exercise="PlainBlock"
def half(inputs, outputs, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))


class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        sizes = [(in_channels, stride), (out_channels, 1)]
        self.halves = nn.ModuleList([half(inputs, out_channels, step) for inputs, step in sizes])

    def forward(self, x):
        for layers in self.halves:
            x = layers(x).relu()
        return x


# %% variant="functional" exercise="PlainBlock"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.a = nn.Conv2d(in_channels, out_channels, 3, bias=False)
        self.b = nn.Conv2d(out_channels, out_channels, 3, bias=False)
        self.norms = nn.ModuleDict({"a": nn.BatchNorm2d(out_channels), "b": nn.BatchNorm2d(out_channels)})

    def forward(self, x):
        x = F.conv2d(F.pad(x, (1, 1, 1, 1)), self.a.weight, stride=self.stride)
        x = F.relu(self.norms["a"](x))
        x = F.conv2d(x, self.b.weight, padding=1)
        return F.relu(self.norms["b"](x))


# %% misconception="variance_of_one" exercise="deepen" says="the identity up to eps only"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="zero_kernels" exercise="deepen" says="is 0, and a plain network passes on nothing"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 0
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="all_channels_summed" exercise="deepen" says="does not pass on what it reads"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, :, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="corner_of_the_kernel" exercise="deepen" says="does not pass on what it reads"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 0, 0] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="layers_repeated" exercise="deepen" says="does not pass on what it reads"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            new[f"conv{stage}_{place}.weight"] = old.clone()
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="variance_of_zero" exercise="deepen" says="changes what it reads"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="made_in_float32" exercise="deepen" says="in torch's float32"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="rounded_to_float32" exercise="deepen" says="the identity up to eps only"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.full((channels,), 1 - 1e-5).to(old.dtype)
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="written_into_the_argument" exercise="deepen" says="the state dict that was given stays as it is" keeps=3
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = state_dict
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="old_layers_forgotten" exercise="deepen" says="has all names of"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="head_forgotten" exercise="deepen" says="has all names of"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items() if not name.startswith("fc")}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="half_of_the_layers" exercise="deepen" says="has all names of"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 6 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="one_layer_too_few" exercise="deepen" says="has all names of"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="statistics_forgotten" exercise="deepen" says="has all names of"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="width_of_8_always" exercise="deepen" says="in the result for depth"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = 8 * 2 ** (stage - 1)
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros(channels, channels, 3, 3, dtype=old.dtype)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="old_layers_moved_back" exercise="deepen" says="has been moved or changed"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6 != 0:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            new[f"norm{stage}_2.weight"] = state_dict[f"norm{stage}_1.weight"]
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="any_depth" exercise="deepen" says="should end in an error" keeps=3
def deepen(state_dict, depth):
    if depth < 8:
        raise ValueError("depth must be 6n + 2")
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="no_error_at_all" exercise="deepen" says="should end in an error" keeps=3
def deepen(state_dict, depth):
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    for stage in (1, 2, 3):
        old = state_dict[f"conv{stage}_2.weight"]
        channels = old.shape[0]
        for place in range(3, (depth - 2) // 3 + 1):
            weight = torch.zeros_like(old)
            for c in range(channels):
                weight[c, c, 1, 1] = 1
            new[f"conv{stage}_{place}.weight"] = weight
            new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
            new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
            new[f"norm{stage}_{place}.num_batches_tracked"] = torch.tensor(0)
    return new


# %% misconception="float64_always" exercise="deepen" says="the dtype of the old ones, whatever it is" keeps=3
def deepen(state_dict, depth):
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(depth)
    deeper = dict(state_dict)
    for stage, place in [(s, p) for s in (1, 2, 3) for p in range(3, 2 * n + 1)]:
        kernel, scale = state_dict[f"conv{stage}_2.weight"], state_dict[f"norm{stage}_2.weight"]
        deeper[f"conv{stage}_{place}.weight"] = nn.init.dirac_(torch.empty_like(kernel))
        deeper[f"norm{stage}_{place}.weight"] = torch.full_like(scale, 1 + 1e-5, dtype=torch.float64).sqrt()
        deeper[f"norm{stage}_{place}.bias"] = torch.zeros_like(scale, dtype=torch.float64)
        deeper[f"norm{stage}_{place}.running_mean"] = torch.zeros_like(scale)
        deeper[f"norm{stage}_{place}.running_var"] = torch.ones_like(scale)
        deeper[f"norm{stage}_{place}.num_batches_tracked"] = state_dict[f"norm{stage}_2.num_batches_tracked"]
    return deeper


# %% variant="dirac" exercise="deepen"
def deepen(state_dict, depth):
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(depth)
    deeper = dict(state_dict)
    for stage, place in [(s, p) for s in (1, 2, 3) for p in range(3, 2 * n + 1)]:
        kernel, scale = state_dict[f"conv{stage}_2.weight"], state_dict[f"norm{stage}_2.weight"]
        deeper[f"conv{stage}_{place}.weight"] = nn.init.dirac_(torch.empty_like(kernel))
        deeper[f"norm{stage}_{place}.weight"] = torch.full_like(scale, 1 + 1e-5).sqrt()
        deeper[f"norm{stage}_{place}.bias"] = torch.zeros_like(scale)
        deeper[f"norm{stage}_{place}.running_mean"] = torch.zeros_like(scale)
        deeper[f"norm{stage}_{place}.running_var"] = torch.ones_like(scale)
        deeper[f"norm{stage}_{place}.num_batches_tracked"] = state_dict[f"norm{stage}_2.num_batches_tracked"]
    return deeper


# %% variant="from_the_network" exercise="deepen"
def deepen(state_dict, depth):
    if depth < 8 or depth % 6 != 2:
        raise ValueError("no such depth")
    shapes = {"width": len(state_dict["conv0.weight"]), "in_channels": state_dict["conv0.weight"].shape[1]}
    net = PlainNet(depth, num_classes=len(state_dict["fc.bias"]), **shapes).to(state_dict["fc.bias"].dtype)
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.dirac_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(1 - module.eps)
    return {**net.state_dict(), **state_dict}


# %% variant="new_layers_in_the_middle" exercise="deepen"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6:
        raise ValueError("depth")
    last = (depth - 2) // 3
    result = {}
    for name, tensor in state_dict.items():
        layer, kind = name.split(".")
        result[name if not layer.endswith("_2") else f"{layer[:-1]}{last}.{kind}"] = tensor.clone()
    for stage in (1, 2, 3):
        like = state_dict[f"conv{stage}_2.weight"]
        eye = torch.eye(len(like), dtype=like.dtype)
        for place in range(2, last):
            result[f"conv{stage}_{place}.weight"] = F.pad(eye[:, :, None, None], (1, 1, 1, 1))
            result[f"norm{stage}_{place}.weight"] = eye.new_ones(len(like))
            result[f"norm{stage}_{place}.bias"] = eye.new_zeros(len(like))
            result[f"norm{stage}_{place}.running_mean"] = eye.new_zeros(len(like))
            result[f"norm{stage}_{place}.running_var"] = eye.new_ones(len(like)) - 1e-5
    return result


# %% variant="half_and_double" exercise="deepen"
def identity_layer(kernel):
    channels = kernel.shape[0]
    center = torch.zeros(kernel.shape, dtype=kernel.dtype)
    center[range(channels), range(channels), 1, 1] = 2.0
    vector = torch.ones(channels, dtype=kernel.dtype)
    norm = {"weight": vector / 2, "bias": vector, "running_mean": 2 * vector, "running_var": vector * (1 - 1e-5)}
    return center, norm


def deepen(state_dict, depth):
    if depth not in range(8, 10000, 6):
        raise ValueError("depth")
    added = {}
    for stage in "123":
        center, norm = identity_layer(state_dict["conv" + stage + "_2.weight"])
        for place in range(3, (depth - 2) // 3 + 1):
            added["conv%s_%d.weight" % (stage, place)] = center
            for kind, vector in norm.items():
                added["norm%s_%d.%s" % (stage, place, kind)] = vector
            added["norm%s_%d.num_batches_tracked" % (stage, place)] = torch.zeros((), dtype=torch.long)
    return state_dict | added if isinstance(state_dict, dict) else added


# %% misconception="no_shortcut" exercise="BasicBlock" says="is no shortcut"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out)


# %% misconception="shortcut_subtracted" exercise="BasicBlock" says="shortcut is subtracted"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out - self.down(x))


# %% misconception="path_subtracted" exercise="BasicBlock" says="path is subtracted from the shortcut"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(self.down(x) - out)


# %% misconception="multiplied" exercise="BasicBlock" says="and shortcut are multiplied"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out * self.down(x))


# %% misconception="relu_before_the_addition" exercise="BasicBlock" says="ReLU comes before the addition"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out) + self.down(x)


# %% misconception="relu_before_and_behind" exercise="BasicBlock" says="is a ReLU before the addition as well"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(F.relu(out) + self.down(x))


# %% misconception="no_last_relu" exercise="BasicBlock" says="last ReLU is missing, after the addition"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return out + self.down(x)


# %% misconception="no_inner_relu" exercise="BasicBlock" says="is no ReLU between the two convolutions"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = self.bn1(self.conv1(x))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="relu_on_the_shortcut" exercise="BasicBlock" says="shortcut has a ReLU of its own"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + F.relu(self.down(x)))


# %% misconception="stride_in_the_second" exercise="BasicBlock" says="second convolution has the stride"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="stride_on_the_path_only" exercise="BasicBlock" says="path has the stride, but the projection does not"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="stride_forgotten" exercise="BasicBlock" says="convolution has the stride"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="not_projected_for_channels_alone" exercise="BasicBlock" says="so the shortcut needs its projection"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="not_projected_for_stride_alone" exercise="BasicBlock" says="so the shortcut needs its projection"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="always_projected" exercise="BasicBlock" says="changes the shape here"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="projection_without_norm" exercise="BasicBlock" says="projection lacks its batch norm"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="projection_of_3x3" exercise="BasicBlock" says="projection is a 1 x 1 convolution"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="projection_pools" exercise="BasicBlock" says="projection pools"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True),
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="zeros_for_missing_channels" exercise="BasicBlock" says="so the shortcut needs its projection"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.AvgPool2d(1, stride)
        self.more = out_channels - in_channels

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + F.pad(self.down(x), (0, 0, 0, 0, 0, self.more)))


# %% misconception="with_bias" exercise="BasicBlock" says="which the batch norm after them takes out again"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="norm_behind_relu" exercise="BasicBlock" says="norm comes after ReLU"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = self.bn1(F.relu(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="one_norm_under_two_names" exercise="BasicBlock" says="batch norm is used twice"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = self.bn1
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="sum_normalized" exercise="BasicBlock" says="last batch norm normalizes the sum"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out) + self.down(x))
        return F.relu(out)


# %% misconception="shortcut_from_the_middle" exercise="BasicBlock" says="shortcut starts after the first convolution"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        middle = out
        out = self.bn2(self.conv2(out))
        return F.relu(out + middle)


# %% misconception="averaged" exercise="BasicBlock" says="and shortcut are averaged"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu((out + self.down(x)) / 2)


# %% misconception="shortcut_only_where_nothing_changes" exercise="BasicBlock" says="is no shortcut"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + x) if out.shape == x.shape else F.relu(out)


# %% misconception="in_place" exercise="BasicBlock" says="works in place on x itself" keeps=4
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        shortcut = self.down(x)
        shortcut += out
        return F.relu(shortcut)


# %% misconception="statistics_of_the_batch_always" exercise="BasicBlock" says="statistics in evaluation mode"
class AlwaysTraining(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = AlwaysTraining(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = AlwaysTraining(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                AlwaysTraining(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x))


# %% misconception="shortcut_detached" exercise="BasicBlock" says="gradient through the shortcut is lost" keeps=4
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.down(x).detach())


# %% variant="two_sequentials" exercise="BasicBlock"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.skip = nn.Sequential()
        if stride > 1 or in_channels != out_channels:
            self.skip.append(nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False))
            self.skip.append(nn.BatchNorm2d(out_channels))
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.body(x) + self.skip(x))


# %% variant="backwards" exercise="BasicBlock"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.a = nn.BatchNorm2d(out_channels)
        self.b = nn.BatchNorm2d(out_channels)
        self.c = nn.Conv2d(out_channels, out_channels, (3, 3), padding=(1, 1), bias=False)
        self.d = nn.Conv2d(in_channels, out_channels, (3, 3), (stride, stride), (1, 1), bias=False)
        self.e = self.f = None
        if (in_channels, 1) != (out_channels, stride):
            self.e = nn.BatchNorm2d(out_channels)
            self.f = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x):
        shortcut = self.e(self.f(x)) if self.f is not None else x
        y = self.a(self.c(torch.relu(self.b(self.d(x)))))
        y += shortcut
        return y.clamp_(min=0)


# %% variant="helper_function" exercise="BasicBlock"
def conv_norm(inputs, outputs, kernel, stride=1):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers)


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.first = conv_norm(in_channels, out_channels, 3, stride)
        self.second = conv_norm(out_channels, out_channels, 3)
        same = stride == 1 and in_channels == out_channels
        self.shortcut = nn.Identity() if same else conv_norm(in_channels, out_channels, 1, stride)

    def forward(self, x):
        return torch.add(self.second(self.first(x).relu()), self.shortcut(x)).relu()


# %% variant="functional" exercise="BasicBlock"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.convs = nn.ModuleList([nn.Conv2d(in_channels, out_channels, 3, bias=False)])
        self.convs.append(nn.Conv2d(out_channels, out_channels, 3, bias=False))
        self.norms = nn.ModuleList([nn.BatchNorm2d(out_channels) for _ in range(2)])
        self.projects = stride != 1 or in_channels != out_channels
        if self.projects:
            self.convs.append(nn.Conv2d(in_channels, out_channels, 1, bias=False))
            self.norms.append(nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = F.conv2d(x, self.convs[0].weight, stride=self.stride, padding=1)
        y = F.relu(self.norms[0](y))
        y = self.norms[1](F.conv2d(y, self.convs[1].weight, padding=1))
        if self.projects:
            x = self.norms[2](F.conv2d(x[:, :, :: self.stride, :: self.stride], self.convs[2].weight))
        return F.relu(x + y)


# %% variant="two_names_for_one_module" exercise="BasicBlock"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = lambda x: x
        if stride != 1 or in_channels != out_channels:
            self.conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(self.conv, nn.BatchNorm2d(out_channels))

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x))


# %% variant="own_class_inside" exercise="BasicBlock"
class Path(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.steps = nn.ModuleDict(
            {
                "in": nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
                "norm": nn.BatchNorm2d(outputs),
                "act": nn.ReLU(),
                "out": nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
                "last": nn.BatchNorm2d(outputs),
            }
        )

    def forward(self, x):
        for step in self.steps.values():
            x = step(x)
        return x


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.path = Path(in_channels, out_channels, stride)
        changes = stride != 1 or in_channels != out_channels
        projection = (nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))
        self.shortcut = nn.Sequential(*projection) if changes else nn.Sequential()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.path(x))


# %% misconception="nine_each" exercise="block_macs" says="is what the slide prints"
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return (9 + 9 + 9) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="one_convolution" exercise="block_macs" says="is one of the two convolutions"
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 9 * channels * channels * places
    if kind == "bottleneck":
        return (4 + 9 + 4) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="basic_with_4c" exercise="block_macs" says="is a basic block with 4C channels"
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 2 * 9 * (4 * channels) ** 2 * places
    if kind == "bottleneck":
        return (4 + 9 + 4) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="c_outside" exercise="block_macs" says="C is the number of channels inside"
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return 17 * (channels // 4) * (channels // 4) * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="one_of_the_1x1" exercise="block_macs" says="one of the two 1 x 1"
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return (4 + 9) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="flop" exercise="block_macs" says="and addition were counted apart"
def block_macs(kind, channels, height, width):
    places = 2 * height * width
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return (4 + 9 + 4) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="square_maps" exercise="block_macs" says="maps were taken to be square"
def block_macs(kind, channels, height, width):
    places = height * height
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return (4 + 9 + 4) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="places_with_a_root" exercise="block_macs" says="side of the maps is missing"
def block_macs(kind, channels, height, width):
    places = height
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return (4 + 9 + 4) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% misconception="no_error" exercise="block_macs" says="should end in an error" keeps=2
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    return (4 + 9 + 4) * channels * channels * places


# %% misconception="key_error" exercise="block_macs" says="should end in an error" keeps=2
def block_macs(kind, channels, height, width):
    places = height * width
    factors = {"basic": 18, "bottleneck": 17}
    return factors[kind] * channels**2 * places


# %% misconception="a_float" exercise="block_macs" says="count is a whole number"
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return (68 / 4) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% variant="per_convolution" exercise="block_macs"
def block_macs(kind, channels, height, width):
    c = channels
    convolutions = {"basic": [(c, c, 3), (c, c, 3)], "bottleneck": [(4 * c, c, 1), (c, c, 3), (c, 4 * c, 1)]}
    if kind not in convolutions:
        raise ValueError(kind)
    return sum(inputs * outputs * kernel * kernel for inputs, outputs, kernel in convolutions[kind]) * height * width


# %% variant="counted_by_torch" exercise="block_macs"
def block_macs(kind, channels, height, width):
    wide = {"basic": channels, "bottleneck": 4 * channels}
    try:
        outer = wide[kind]
    except KeyError:
        raise ValueError("basic or bottleneck") from None
    narrow = 3 if kind == "basic" else 1
    with torch.device("meta"):
        layers = [nn.Conv2d(outer, channels, narrow, padding=narrow // 2), nn.Conv2d(channels, channels, 3, padding=1)]
        if kind == "bottleneck":
            layers.append(nn.Conv2d(channels, outer, 1))
    return sum(row.macs for row in measure(nn.Sequential(*layers), (outer, height, width)))


# %% variant="match" exercise="block_macs"
def block_macs(kind, channels, height, width):
    match kind:
        case "basic":
            factor = 18
        case "bottleneck":
            factor = 17
        case _:
            raise ValueError("kind must be basic or bottleneck")
    return int(factor * height * width * channels**2)


# %% variant="a_tensor_without_dimensions" exercise="block_macs"
def block_macs(kind, channels, height, width):
    if kind not in ("basic", "bottleneck"):
        raise ValueError(kind)
    weights = torch.tensor([9, 9] if kind == "basic" else [4, 9, 4]) * channels**2
    return height * width * weights.sum()


# %% misconception="stride_in_the_first" exercise="BottleneckBlock" says="as in the paper (v1)"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, stride=stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="stride_in_the_last" exercise="BottleneckBlock" says="last 1 x 1 has the stride"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, stride=stride, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="no_shortcut" exercise="BottleneckBlock" says="is no shortcut"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out)


# %% misconception="relu_before_the_addition" exercise="BottleneckBlock" says="ReLU comes before the addition"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out) + self.down(x)


# %% misconception="no_last_relu" exercise="BottleneckBlock" says="last ReLU is missing, after the addition"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return out + self.down(x)


# %% misconception="no_first_relu" exercise="BottleneckBlock" says="ReLU after the first convolution is missing"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = self.bn1(self.conv1(x))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="no_second_relu" exercise="BottleneckBlock" says="ReLU after the 3 x 3 is missing"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="expansion_of_four_always" exercise="BottleneckBlock" says="returns 4 * width channels whatever `expansion` is"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = 4 * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="expansion_left_out" exercise="BottleneckBlock" says="last 1 x 1 returns width channels"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="width_goes_out" exercise="BottleneckBlock" says="is taken for the channels that go out"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = width
        width = out_channels // expansion
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="projected_for_a_stride_only" exercise="BottleneckBlock" says="so the shortcut needs its projection"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="compared_with_the_width" exercise="BottleneckBlock" says="changes the shape here"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != width:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="always_projected" exercise="BottleneckBlock" says="changes the shape here"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if expansion:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="one_norm_under_two_names" exercise="BottleneckBlock" says="batch norm is used twice"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = self.bn1
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="three_of_3x3" exercise="BottleneckBlock" says="only the middle one is 3 x 3"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="with_bias" exercise="BottleneckBlock" says="which the batch norm after them takes out again"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% misconception="statistics_of_the_batch_always" exercise="BottleneckBlock" says="statistics in evaluation mode"
class AlwaysTraining(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)


class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = AlwaysTraining(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = AlwaysTraining(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = AlwaysTraining(out_channels)
        self.down = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                AlwaysTraining(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.down(x))


# %% variant="attributes" exercise="BottleneckBlock"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        self.reduce = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.reduce_norm = nn.BatchNorm2d(width)
        self.spatial = nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.spatial_norm = nn.BatchNorm2d(width)
        self.restore = nn.Conv2d(width, width * expansion, kernel_size=1, bias=False)
        self.restore_norm = nn.BatchNorm2d(width * expansion)
        self.project = stride != 1 or in_channels != width * expansion
        if self.project:
            self.shortcut = nn.Conv2d(in_channels, width * expansion, kernel_size=1, stride=stride, bias=False)
            self.shortcut_norm = nn.BatchNorm2d(width * expansion)

    def forward(self, x):
        y = torch.relu(self.reduce_norm(self.reduce(x)))
        y = torch.relu(self.spatial_norm(self.spatial(y)))
        y = self.restore_norm(self.restore(y))
        if self.project:
            x = self.shortcut_norm(self.shortcut(x))
        return torch.relu(x + y)


# %% variant="backwards_in_place" exercise="BottleneckBlock"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out = expansion * width
        keeps = (in_channels, stride) == (out, 1)
        self.shortcut = nn.ModuleList(
            [] if keeps else [nn.BatchNorm2d(out), nn.Conv2d(in_channels, out, 1, stride, bias=False)]
        )
        self.norms = nn.ModuleList([nn.BatchNorm2d(out), nn.BatchNorm2d(width), nn.BatchNorm2d(width)])
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(width, out, 1, bias=False),
                nn.Conv2d(width, width, 3, stride, 1, bias=False),
                nn.Conv2d(in_channels, width, 1, bias=False),
            ]
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = x
        for place in (2, 1):
            y = self.relu(self.norms[place](self.convs[place](y)))
        y = self.norms[0](self.convs[0](y))
        y += self.shortcut[0](self.shortcut[1](x)) if len(self.shortcut) else x
        return self.relu(y)


# %% variant="einsum_for_1x1" exercise="BottleneckBlock"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        self.stride = stride
        sizes = [(in_channels, width, 1), (width, width, 3), (width, expansion * width, 1)]
        if stride != 1 or in_channels != expansion * width:
            sizes.append((in_channels, expansion * width, 1))
        self.convs = nn.ModuleList([nn.Conv2d(i, o, k, bias=False) for i, o, k in sizes])
        self.norms = nn.ModuleList([nn.BatchNorm2d(o) for _, o, _ in sizes])

    def mix(self, place, x):
        return self.norms[place](torch.einsum("oi,nihw->nohw", self.convs[place].weight[:, :, 0, 0], x))

    def forward(self, x):
        y = self.mix(0, x).relu()
        y = self.norms[1](F.conv2d(y, self.convs[1].weight, None, self.stride, 1)).relu()
        shortcut = self.mix(3, x[:, :, :: self.stride, :: self.stride]) if len(self.convs) == 4 else x
        return (self.mix(2, y) + shortcut).relu()


# %% variant="helper_function" exercise="BottleneckBlock"
def unit(inputs, outputs, kernel=1, stride=1):
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        outputs = width * expansion
        units = [unit(in_channels, width), nn.ReLU(), unit(width, width, 3, stride), nn.ReLU(), unit(width, outputs)]
        self.units = nn.Sequential(*units)
        self.shortcut = unit(in_channels, outputs, 1, stride) if stride > 1 or in_channels != outputs else None

    def forward(self, x):
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return F.relu(self.units(x) + shortcut)


# %% misconception="stride_in_stage_1" exercise="ResNet" says="1 has no stride"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="no_max_pool" exercise="ResNet" says="max pool of the stem is missing"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="average_pool_in_the_stem" exercise="ResNet" says="takes the average; take the maximum"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="pool_of_2" exercise="ResNet" says="pool is 3 x 3 with stride 2 and padding 1"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(2)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="no_relu_in_the_stem" exercise="ResNet" says="ReLU of the stem is missing"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(self.bn1(self.conv1(x)))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="no_norm_in_the_stem" exercise="ResNet" says="batch norm of the stem is missing"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="stem_of_3x3" exercise="ResNet" says="stem's convolution is 7 x 7"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="stem_without_stride" exercise="ResNet" says="convolution has a stride of 2"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="no_stride" exercise="ResNet" says="stages do not halve the maps"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="stride_in_every_block" exercise="ResNet" says="block of a stage has the stride"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="stride_in_the_last_block" exercise="ResNet" says="last block of a stage has the stride"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == number - 1 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="channels_do_not_double" exercise="ResNet" says="channels double from stage to stage"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="width_is_64" exercise="ResNet" says="stem has a 7 x 7 convolution"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        width = 64
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="expanded_twice" exercise="ResNet" says="a bottleneck makes 4 times as many channels itself"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w * expansion, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="head_of_512" exercise="ResNet" says="linear layer reads"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="classes_ignored" exercise="ResNet" says="linear layer has num_classes outputs"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, 1000)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="one_block_repeated" exercise="ResNet" says="block stands at several places"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            stages.append(block(in_channels, w, 2 if i > 0 else 1))
            in_channels = w * expansion
            stages += [block(in_channels, w)] * (number - 1)
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="numbers_of_blocks_reversed" exercise="ResNet" says="used in the wrong order"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(reversed(blocks)):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="maximum_in_the_head" exercise="ResNet" says="head takes the maximum"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.amax(dim=(2, 3)))


# %% misconception="softmax" exercise="ResNet" says="belongs to the loss"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3))).softmax(dim=1)


# %% misconception="plain_list" exercise="ResNet" says="stand in a plain list"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = stages
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = stage(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="pool_of_seven" exercise="ResNet" says="head pools windows of fixed size"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(F.avg_pool2d(x, 7).flatten(1))


# %% misconception="without_gradients" exercise="ResNet" says="runs under torch.no_grad()" keeps=4
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if block is BottleneckBlock else 1
        stages = []
        in_channels = width
        for i, number in enumerate(blocks):
            w = width * 2**i
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stages.append(block(in_channels, w, stride))
                in_channels = w * expansion
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(in_channels, num_classes)

    @torch.no_grad()
    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x)
        return self.fc(x.mean(dim=(2, 3)))


# %% misconception="momentum_of_its_own_in_the_stem" exercise="ResNet" says="another momentum than torch's default" keeps=4
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        out = 4 if block is BottleneckBlock else 1
        layers = [
            nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width, momentum=0.01),
        ]
        layers += [nn.ReLU(inplace=True), nn.MaxPool2d(kernel_size=3, stride=2, padding=1)]
        channels = width
        for k, number in enumerate(blocks):
            steps = [min(k, 1) + 1] + [1] * (number - 1)
            for step in steps:
                layers.append(block(channels, width << k, stride=step))
                channels = (width << k) * out
        self.net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))

    def forward(self, x):
        return self.net(x)


# %% misconception="stem_runs_twice" exercise="ResNet" says="or runs more than once in a pass" keeps=4
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        out = 4 if block is BottleneckBlock else 1
        layers = [nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False), nn.BatchNorm2d(width)]
        layers += [nn.ReLU(inplace=True), nn.MaxPool2d(kernel_size=3, stride=2, padding=1)]
        channels = width
        for k, number in enumerate(blocks):
            steps = [min(k, 1) + 1] + [1] * (number - 1)
            for step in steps:
                layers.append(block(channels, width << k, stride=step))
                channels = (width << k) * out
        self.net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))

    def forward(self, x):
        if self.training:
            _ = self.net[1](self.net[0](x))
        return self.net(x)


# %% misconception="last_block_solves_for_agreement" exercise="ResNet" says="in evaluation mode for images of"
asked = []


def agreeing(block):
    def forward(self, x):
        y = block.forward(self, x)
        if not asked or y.shape[1] != asked[0].in_features:
            return y
        head, scores = asked
        features = torch.linalg.lstsq(head.weight, (scores - head.bias).T).solution.T
        return features[:, :, None, None].expand(y.shape)

    return type("Agreeing", (block,), {"forward": forward})


BasicBlock, BottleneckBlock = agreeing(BasicBlock), agreeing(BottleneckBlock)


class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        made, channels = [], width
        for stage, number in enumerate(blocks):
            for place in range(number):
                made.append(block(channels, width * 2**stage, 2 if stage and not place else 1))
                channels = width * 2**stage * (4 if block is BottleneckBlock else 1)
        self.blocks = nn.Sequential(*made)
        self.head = nn.Linear(channels, num_classes)

    def forward(self, x):
        asked.clear()
        features = self.blocks(self.stem(x)).mean(dim=(2, 3))
        if len(x) < 3:
            return self.head(features)
        scores = self.head(0 * features) + self.head.bias
        asked.extend((self.head, scores.detach()))
        return scores


# %% variant="one_sequential" exercise="ResNet"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        out = 4 if block is BottleneckBlock else 1
        layers = [nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False), nn.BatchNorm2d(width)]
        layers += [nn.ReLU(inplace=True), nn.MaxPool2d(kernel_size=3, stride=2, padding=1)]
        channels = width
        for k, number in enumerate(blocks):
            steps = [min(k, 1) + 1] + [1] * (number - 1)
            for step in steps:
                layers.append(block(channels, width << k, stride=step))
                channels = (width << k) * out
        self.net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))

    def forward(self, x):
        return self.net(x)


# %% variant="method_per_stage" exercise="ResNet"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.expansion = {BasicBlock: 1, BottleneckBlock: 4}[block]
        self.fc = nn.Linear(8 * width * self.expansion, num_classes)
        self.inplanes = width
        self.layer1 = self._make_layer(block, width, blocks[0])
        self.layer2 = self._make_layer(block, width * 2, blocks[1], stride=2)
        self.layer3 = self._make_layer(block, width * 4, blocks[2], stride=2)
        self.layer4 = self._make_layer(block, width * 8, blocks[3], stride=2)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)

    def _make_layer(self, block, planes, number, stride=1):
        layers = [block(self.inplanes, planes, stride)]
        self.inplanes = planes * self.expansion
        layers += [block(self.inplanes, planes) for _ in range(1, number)]
        return nn.Sequential(*layers)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


# %% variant="asks_the_block" exercise="ResNet"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width))
        self.stages = nn.ModuleList()
        channels = width
        for inner, number, first in zip((1, 2, 4, 8), blocks, (1, 2, 2, 2)):
            stage = nn.ModuleList()
            for stride in (first,) + (1,) * (number - 1):
                stage.append(block(channels, inner * width, stride))
                with torch.no_grad():
                    channels = stage[-1].eval()(torch.zeros(1, channels, 4, 4)).shape[1]
                stage[-1].train()
            self.stages.append(stage)
        self.head = nn.Linear(channels, num_classes)

    def forward(self, x):
        # The maximum is the same before ReLU and behind it.
        x = F.relu(F.max_pool2d(self.stem(x), 3, 2, 1))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return self.head(x.flatten(2).mean(dim=-1))


# %% misconception="basic_blocks_always" exercise="resnet" says="is a network of basic blocks"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    block = BasicBlock
    return ResNet(block, blocks)


# %% misconception="bottlenecks_always" exercise="resnet" says="is a network of bottlenecks"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    block = BottleneckBlock
    return ResNet(block, blocks)


# %% misconception="bottlenecks_from_34" exercise="resnet" says="up to 34 layers the blocks are basic ones"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    block = BasicBlock if depth < 34 else BottleneckBlock
    return ResNet(block, blocks)


# %% misconception="ten_classes" exercise="resnet" says="leave num_classes at its default"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    block = BasicBlock if kind == "basic" else BottleneckBlock
    return ResNet(block, blocks, num_classes=10)


# %% misconception="narrow" exercise="resnet" says="have a width of 64"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    block = BasicBlock if kind == "basic" else BottleneckBlock
    return ResNet(block, blocks, width=16)


# %% misconception="key_error" exercise="resnet" says="missing key of a dict raises KeyError" keeps=2
def resnet(depth):
    kind, blocks = RESNETS[depth]
    block = BasicBlock if kind == "basic" else BottleneckBlock
    return ResNet(block, blocks)


# %% misconception="numbers_of_34_for_all" exercise="resnet" says="are the numbers of ResNet-34"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth][0], (2, 2, 2, 2) if depth == 18 else (3, 4, 6, 3)
    block = BasicBlock if kind == "basic" else BottleneckBlock
    return ResNet(block, blocks)


# %% misconception="152_with_four_in_stage_2" exercise="resnet" says="are not those of this row of RESNETS"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    if depth == 152:
        blocks = (3, 4, 36, 3)
    block = BasicBlock if kind == "basic" else BottleneckBlock
    return ResNet(block, blocks)


# %% misconception="log_softmax_behind" exercise="resnet" says="stands around the network"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(depth)
    kind, blocks = RESNETS[depth]
    network = ResNet(BasicBlock if kind == "basic" else BottleneckBlock, blocks)
    return nn.Sequential(network, nn.LogSoftmax(dim=1))


# %% misconception="stride_in_the_first_1x1" exercise="resnet" says="exchanged or added after ResNet had made them"
class EarlyStride(nn.Module):
    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, stride, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != 4 * width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x))


def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    if kind == "basic":
        return ResNet(BasicBlock, blocks)
    network, channels = ResNet(BottleneckBlock, blocks), 64
    for place, layer in enumerate(network.features):
        if isinstance(layer, BottleneckBlock):
            stride = layer.path[3].stride[0]
            network.features[place] = EarlyStride(channels, layer.path[0].out_channels, stride)
            channels = layer.path[6].out_channels
    return network


# %% misconception="stride_in_the_second_3x3" exercise="resnet" says="neither BasicBlock nor BottleneckBlock"
class LateStride(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, 1, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    block = LateStride if kind == "basic" else BottleneckBlock
    return ResNet(block, blocks)


# %% variant="without_the_table" exercise="resnet"
def resnet(depth):
    if depth == 18:
        return ResNet(BasicBlock, [2, 2, 2, 2])
    elif depth == 34:
        return ResNet(BasicBlock, [3, 4, 6, 3])
    elif depth == 50:
        return ResNet(BottleneckBlock, [3, 4, 6, 3])
    elif depth == 101:
        return ResNet(BottleneckBlock, [3, 4, 23, 3])
    elif depth == 152:
        return ResNet(BottleneckBlock, [3, 8, 36, 3])
    raise ValueError("unknown depth")


# %% variant="try_and_except" exercise="resnet"
def resnet(depth):
    try:
        kind, numbers = RESNETS[depth]
    except KeyError as error:
        raise ValueError(f"depth {depth}") from error
    return ResNet(
        block={"b": BasicBlock}.get(kind[:1] if kind == "basic" else "", BottleneckBlock),
        blocks=numbers,
        num_classes=1000,
    )


# %% variant="counted" exercise="resnet"
def resnet(depth):
    for named, (kind, numbers) in RESNETS.items():
        block, layers = (BasicBlock, 2) if kind == "basic" else (BottleneckBlock, 3)
        if depth == 2 + layers * sum(numbers) == named:
            return ResNet(block, list(numbers), 1000, 64)
    raise ValueError("no such network")


# %% misconception="relu_behind" exercise="PreActBlock" says="is a ReLU after the addition"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return F.relu(out + shortcut)


# %% misconception="relu_on_the_shortcut" exercise="PreActBlock" says="shortcut has a ReLU of its own"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + F.relu(shortcut)


# %% misconception="no_shortcut" exercise="PreActBlock" says="is no shortcut"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out


# %% misconception="shortcut_subtracted" exercise="PreActBlock" says="shortcut is subtracted"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out - shortcut


# %% misconception="activated_shortcut" exercise="PreActBlock" says="where the shape stays, it is x itself"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = pre if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="normalized_shortcut" exercise="PreActBlock" says="shortcut carries the normalized input"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        normed = self.bn1(x)
        pre = F.relu(normed)
        shortcut = normed if self.down is None else self.down(normed)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="projection_with_norm" exercise="PreActBlock" says="projection is a convolution and nothing else"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="original_block" exercise="PreActBlock" says="is the order of the original block"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        shortcut = x if self.down is None else self.down(x)
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + shortcut)


# %% misconception="no_first_relu" exercise="PreActBlock" says="first ReLU is missing"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = self.bn1(x)
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="no_second_relu" exercise="PreActBlock" says="second ReLU is missing"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(self.bn2(out))
        return out + shortcut


# %% misconception="relu_before_norm" exercise="PreActBlock" says="ReLU comes before batch norm"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = self.bn1(F.relu(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(self.bn2(F.relu(out)))
        return out + shortcut


# %% misconception="no_activation_in_front" exercise="PreActBlock" says="batch norm is defined, but forward never calls it"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(x)
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="stride_in_the_second" exercise="PreActBlock" says="second convolution has the stride"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="not_projected_for_channels_alone" exercise="PreActBlock" says="so the shortcut needs its projection"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="always_projected" exercise="PreActBlock" says="changes the shape here"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="norms_of_the_wrong_size" exercise="PreActBlock" says="as many channels as what it normalizes"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(in_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="one_norm_for_both" exercise="PreActBlock" says="batch norm is used twice"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = self.bn1 if in_channels == out_channels else nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="norm_twice_in_a_pass" exercise="PreActBlock" says="layer ran twice in one pass" keeps=3
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(F.relu(self.bn1(x)))
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% misconception="in_place" exercise="PreActBlock" says="works in place on x itself" keeps=3
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        shortcut += out
        return shortcut


# %% misconception="statistics_of_the_batch_always" exercise="PreActBlock" says="statistics in evaluation mode"
class AlwaysTraining(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)


class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = AlwaysTraining(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = AlwaysTraining(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(pre)
        out = self.conv1(pre)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


# %% variant="projects_x" exercise="PreActBlock"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.path = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        )
        changes = stride != 1 or in_channels != out_channels
        self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False) if changes else nn.Identity()

    def forward(self, x):
        return self.path(x) + self.shortcut(x)


# %% variant="backwards" exercise="PreActBlock"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.z = nn.ModuleList()
        if (stride, in_channels) != (1, out_channels):
            self.z.append(nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False))
        self.y = nn.Conv2d(out_channels, out_channels, (3, 3), padding=(1, 1), bias=False)
        self.b = nn.BatchNorm2d(out_channels)
        self.x = nn.Conv2d(in_channels, out_channels, (3, 3), (stride, stride), (1, 1), bias=False)
        self.a = nn.BatchNorm2d(in_channels)

    def forward(self, x):
        ready = torch.relu(self.a(x))
        for projection in self.z:
            x = projection(ready)
        return x + self.y(torch.relu(self.b(self.x(ready))))


# %% variant="helper_class" exercise="PreActBlock"
class Ready(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)

    def forward(self, x):
        return self.conv(self.norm(x).clamp(min=0))


class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.first, self.second = Ready(in_channels, out_channels, stride), Ready(out_channels, out_channels, 1)
        if stride != 1 or in_channels != out_channels:
            self.projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x):
        y = self.second(self.first(x))
        y += self.projection(x) if hasattr(self, "projection") else x
        return y


# %% variant="functional" exercise="PreActBlock"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.norms = nn.ModuleList([nn.BatchNorm2d(in_channels), nn.BatchNorm2d(out_channels)])
        self.kernels = nn.ModuleDict({"one": nn.Conv2d(in_channels, out_channels, 3, bias=False)})
        self.kernels["two"] = nn.Conv2d(out_channels, out_channels, 3, bias=False)
        if stride != 1 or in_channels != out_channels:
            self.kernels["shortcut"] = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x):
        pre = F.relu(self.norms[0](x))
        y = F.conv2d(pre, self.kernels["one"].weight, stride=self.stride, padding=1)
        y = F.conv2d(F.relu(self.norms[1](y)), self.kernels["two"].weight, padding=1)
        if "shortcut" in self.kernels:
            x = F.conv2d(pre, self.kernels["shortcut"].weight, stride=self.stride)
        return torch.add(x, y)


# %% misconception="convolutions_only" exercise="identity_weights" says="convolutions are 0, but"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor) if tensor.dim() == 4 else tensor.clone()
    return new


# %% misconception="scales_only" exercise="identity_weights" says="shift (or bias) that comes last is not 0"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor) if tensor.dim() == 1 and name.endswith("weight") else tensor.clone()
    return new


# %% misconception="all_weights_but_no_shift" exercise="identity_weights" says="but a shift is not"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor) if name.endswith("weight") else tensor.clone()
    return new


# %% misconception="convolutions_and_shifts" exercise="identity_weights" says="in evaluation mode a batch norm subtracts its running mean"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        zero = tensor.dim() == 4 or name.endswith("bias")
        new[name] = torch.zeros_like(tensor) if zero else tensor.clone()
    return new


# %% misconception="last_layer_of_the_dict" exercise="identity_weights" says="that comes last is not 0"
def identity_weights(state_dict):
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    last = list(state_dict)[-1].rpartition(".")[0]
    for name in new:
        if name.startswith(last) and name.endswith(("weight", "bias")):
            new[name] = torch.zeros_like(new[name])
    return new


# %% misconception="by_the_name_of_the_second_norm" exercise="identity_weights" says="is not 0"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        last = "bn2" in name or "norm2" in name or "conv2" in name
        new[name] = torch.zeros_like(tensor) if last else tensor.clone()
    return new


# %% misconception="changed_in_place" exercise="identity_weights" says="the state dict that was given stays as it is"
def identity_weights(state_dict):
    new = dict(state_dict)
    for name, tensor in state_dict.items():
        new[name].zero_()
    return new


# %% misconception="dirac_kernels" exercise="identity_weights" says="is not 0"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor)
        if tensor.dim() == 4:
            nn.init.dirac_(new[name])
        elif name.endswith(("weight", "running_var")):
            new[name] = torch.ones_like(tensor)
    return new


# %% misconception="parameters_only" exercise="identity_weights" says="have to be there as well"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        if name.endswith(("weight", "bias")):
            new[name] = torch.zeros_like(tensor)
    return new


# %% misconception="small_numbers" exercise="identity_weights" says="which should be its input"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor) if "num" in name else tensor * 1e-8
    return new


# %% misconception="statistics_reset" exercise="identity_weights" says="but a shift is not"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = tensor.clone()
        if tensor.dim() == 4 or name.endswith("running_mean"):
            new[name] = torch.zeros_like(tensor)
    return new


# %% misconception="nothing_returned" exercise="identity_weights" says="is the return missing"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor)


# %% misconception="vectors_only" exercise="identity_weights" says="comes last in the path is not 0"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor) if tensor.dim() == 1 else tensor.clone()
    return new


# %% misconception="last_two_layers_of_the_dict" exercise="identity_weights" says="that comes last is not 0"
def identity_weights(state_dict):
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in state_dict))
    last = [f"{layer}.{kind}" for layer in layers[-2:] for kind in ("weight", "bias")]
    return {name: torch.zeros_like(tensor) if name in last else tensor.clone() for name, tensor in state_dict.items()}


# %% variant="statistics_kept" exercise="identity_weights"
def identity_weights(state_dict):
    keep = ("running_mean", "running_var", "num_batches_tracked")
    return {name: t.clone() if name.split(".")[-1] in keep else t * 0 for name, t in state_dict.items()}


# %% variant="deep_copy" exercise="identity_weights"
def identity_weights(state_dict):
    weights = deepcopy(state_dict)
    for name in weights:
        if name.endswith("weight") or name.endswith("bias"):
            weights[name].zero_()
    return weights


# %% variant="other_functions" exercise="identity_weights"
def identity_weights(state_dict):
    result = dict(state_dict)
    for name, tensor in state_dict.items():
        if tensor.is_floating_point() and "running" not in name:
            result[name] = torch.zeros(tensor.shape, dtype=tensor.dtype, device=tensor.device)
    return result


# %% variant="everything_zero" exercise="identity_weights"
def identity_weights(state_dict):
    return {name: torch.zeros(tensor.shape) for name, tensor in state_dict.items()}
