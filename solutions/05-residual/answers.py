# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. A cell replaces the exercise's cell; one of comments says what changes in the solution, or in the
# answer that of="…" names.

# %% wrong="no_last_relu" exercise="PlainBlock" says="the last ReLU is missing"
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


# %% wrong="no_first_relu" exercise="PlainBlock" of="no_relu" says="the first ReLU is missing"
# -         return self.bn2(self.conv2(x))
# +         return F.relu(self.bn2(self.conv2(x)))
# %% wrong="no_relu" exercise="PlainBlock" of="no_last_relu" says="there is no ReLU"
# -         x = F.relu(self.bn1(self.conv1(x)))
# +         x = self.bn1(self.conv1(x))
# %% wrong="norm_behind_relu" exercise="PlainBlock" of="no_last_relu" says="batch norm comes after ReLU"
# -         x = F.relu(self.bn1(self.conv1(x)))
# -         return self.bn2(self.conv2(x))
# +         x = self.bn1(F.relu(self.conv1(x)))
# +         return self.bn2(F.relu(self.conv2(x)))
# %% wrong="norm_before_convolution" exercise="PlainBlock" of="norm_behind_relu" says="comes before its convolution"
# -         self.bn1 = nn.BatchNorm2d(out_channels)
# +         self.bn1 = nn.BatchNorm2d(in_channels)
#
# -         x = self.bn1(F.relu(self.conv1(x)))
# -         return self.bn2(F.relu(self.conv2(x)))
# +         x = F.relu(self.conv1(self.bn1(x)))
# +         return F.relu(self.conv2(self.bn2(x)))
# %% wrong="with_bias" exercise="PlainBlock" of="stride_forgotten" says="which the batch norm after them takes out again"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
#           self.bn1 = nn.BatchNorm2d(out_channels)
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
# %% wrong="stride_in_second" exercise="PlainBlock" of="stride_forgotten" says="the second convolution has the stride"
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# %% wrong="stride_forgotten" exercise="PlainBlock" of="no_last_relu" says="no convolution has the stride"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
#
# -         return self.bn2(self.conv2(x))
# +         return F.relu(self.bn2(self.conv2(x)))
# %% wrong="no_padding" exercise="PlainBlock" of="stride_forgotten" says="lacks its padding of 1"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, bias=False)
#           self.bn1 = nn.BatchNorm2d(out_channels)
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, bias=False)
# %% wrong="one_norm_for_both" exercise="PlainBlock" of="first_norm_used_twice" says="one batch norm is used twice"
# -         self.bn2 = nn.BatchNorm2d(out_channels)
# %% wrong="one_norm_under_two_names" exercise="PlainBlock" of="no_last_relu" says="one batch norm is used twice"
# -         self.bn2 = nn.BatchNorm2d(out_channels)
# +         self.bn2 = self.bn1
#
# -         return self.bn2(self.conv2(x))
# +         return F.relu(self.bn2(self.conv2(x)))
# %% wrong="with_a_shortcut" exercise="PlainBlock" of="norm_behind_relu" says="a plain block has none"
# -         x = self.bn1(F.relu(self.conv1(x)))
# -         return self.bn2(F.relu(self.conv2(x)))
# +         out = F.relu(self.bn1(self.conv1(x)))
# +         out = self.bn2(self.conv2(out))
# +         return F.relu(out + x) if out.shape == x.shape else F.relu(out)

# %% wrong="statistics_of_the_batch_always" exercise="PlainBlock" says="statistics in evaluation mode"
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


# %% wrong="running_statistics_always" exercise="PlainBlock" of="one_norm_under_two_names" says="uses its running statistics"
# + class NeverTraining(nn.BatchNorm2d):
# +     def forward(self, x):
# +         return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias)
#   class PlainBlock(nn.Module):
#
# -         self.bn1 = nn.BatchNorm2d(out_channels)
# +         self.bn1 = NeverTraining(out_channels)
#
# -         self.bn2 = self.bn1
# +         self.bn2 = NeverTraining(out_channels)

# %% wrong="plain_list" exercise="PlainBlock" says="stand in a plain list"
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


# %% wrong="another_momentum" exercise="PlainBlock" of="one_norm_under_two_names" says="the momentum is not" keeps=2 values_right="true"
# -         self.bn1 = nn.BatchNorm2d(out_channels)
# +         self.bn1 = nn.BatchNorm2d(out_channels, momentum=0.01)
#           self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
# -         self.bn2 = self.bn1
# +         self.bn2 = nn.BatchNorm2d(out_channels, momentum=0.01)
# %% wrong="pre_activation_order" exercise="PlainBlock" of="norm_before_convolution" says="this is the pre-activation order"
# -         x = F.relu(self.conv1(self.bn1(x)))
# -         return F.relu(self.conv2(self.bn2(x)))
# +         x = self.conv1(F.relu(self.bn1(x)))
# +         return self.conv2(F.relu(self.bn2(x)))
# %% wrong="first_norm_used_twice" exercise="PlainBlock" of="no_last_relu" says="one batch norm is used twice"
# -         return self.bn2(self.conv2(x))
# +         return F.relu(self.bn1(self.conv2(x)))
# %% wrong="without_super" exercise="PlainBlock" of="stride_forgotten" says="`super().__init__()` is missing"
# -         super().__init__()
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# %% wrong="with_bias_and_no_last_relu" exercise="PlainBlock" of="with_bias" says="also: the convolutions have a bias"
# -         return F.relu(self.bn2(self.conv2(x)))
# +         return self.bn2(self.conv2(x))
# %% wrong="lazy_layers" exercise="PlainBlock" of="stride_forgotten" says="a lazy layer has no parameters"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv1 = nn.LazyConv2d(out_channels, 3, stride=stride, padding=1, bias=False)
# %% wrong="second_reads_in_channels" exercise="PlainBlock" of="one_norm_under_two_names" says="reads what the first one returns"
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
# -         self.bn2 = self.bn1
# +         self.conv2 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# +         self.bn2 = nn.BatchNorm2d(out_channels)
# %% wrong="with_dropout" exercise="PlainBlock" of="no_last_relu" says="two passes with the same input"
# -         return self.bn2(self.conv2(x))
# +         return F.relu(self.bn2(self.conv2(F.dropout(x, 0.5, self.training))))
# %% wrong="leaky_relu" exercise="PlainBlock" of="no_last_relu" says="the activation is not ReLU"
# -         x = F.relu(self.bn1(self.conv1(x)))
# -         return self.bn2(self.conv2(x))
# +         x = F.leaky_relu(self.bn1(self.conv1(x)))
# +         return F.leaky_relu(self.bn2(self.conv2(x)))
# %% wrong="convolution_dropped" exercise="PlainBlock" says="or drops what it returns"
# -         return F.relu(self.norm2(self.conv2(x)))
# +         _ = self.conv2(x)
# +         return F.relu(self.norm2(x))
# %% wrong="norm_of_in_channels" exercise="PlainBlock" says="as many channels as what it normalizes"
# -         self.norm1 = nn.BatchNorm2d(out_channels)
# +         self.norm1 = nn.BatchNorm2d(in_channels)
# %% wrong="channels_swapped" exercise="PlainBlock" says="numbers of channels the wrong way round"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
# +         self.conv1 = nn.Conv2d(out_channels, in_channels, 3, stride, 1, bias=False)
# %% wrong="stride_as_padding" exercise="PlainBlock" says="stride and padding of the first convolution are swapped"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, 1, stride, bias=False)
# %% wrong="pool_for_the_stride" exercise="PlainBlock" says="the path pools"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, 1, 1, bias=False)
# +         self.pool = nn.MaxPool2d(stride)
#
# -         return F.relu(self.norm2(self.conv2(x)))
# +         return self.pool(F.relu(self.norm2(self.conv2(x))))
# %% wrong="instance_norm" exercise="PlainBlock" says="a batch norm is missing"
# -         self.norm1 = nn.BatchNorm2d(out_channels)
# +         self.norm1 = nn.InstanceNorm2d(out_channels)
# %% wrong="input_returned" exercise="PlainBlock" says="forward returns its input"
# -         x = F.relu(self.norm1(self.conv1(x)))
# -         return F.relu(self.norm2(self.conv2(x)))
# +         y = F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))
# +         return x
# %% wrong="channels_change_late" exercise="PlainBlock" says="it returns out_channels already"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
# -         self.norm1 = nn.BatchNorm2d(out_channels)
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, in_channels, 3, stride, 1, bias=False)
# +         self.norm1 = nn.BatchNorm2d(in_channels)
# +         self.conv2 = nn.Conv2d(in_channels, out_channels, 3, 1, 1, bias=False)
# %% wrong="convolutions_mixed_up" exercise="PlainBlock" says="do layers run twice, or in the wrong order"
# -         x = F.relu(self.norm1(self.conv1(x)))
# -         return F.relu(self.norm2(self.conv2(x)))
# +         x = F.relu(self.norm1(self.conv2(x)))
# +         return F.relu(self.norm2(self.conv1(x)))
# %% wrong="second_half_twice" exercise="PlainBlock" says="the second convolution runs twice"
#           x = F.relu(self.norm1(self.conv1(x)))
# +         x = F.relu(self.norm2(self.conv2(x)))

# %% right="sequential" exercise="PlainBlock"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(
                in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False
            ),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.layers(x)


# %% right="backwards" exercise="PlainBlock"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.norm_b = nn.BatchNorm2d(out_channels)
        self.conv_b = nn.Conv2d(out_channels, out_channels, (3, 3), padding=(1, 1), bias=False)
        self.norm_a = nn.BatchNorm2d(out_channels)
        self.conv_a = nn.Conv2d(
            in_channels, out_channels, (3, 3), (stride, stride), (1, 1), bias=False
        )

    def forward(self, x):
        y = self.norm_a(self.conv_a(x)).clamp(min=0)
        y = self.norm_b(self.conv_b(y))
        return torch.maximum(y, torch.zeros_like(y))


# %% right="loop_over_lists" exercise="PlainBlock"
def half(inputs, outputs, stride):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
    )


class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        sizes = [(in_channels, stride), (out_channels, 1)]
        self.halves = nn.ModuleList([half(inputs, out_channels, step) for inputs, step in sizes])

    def forward(self, x):
        for layers in self.halves:
            x = layers(x).relu()
        return x


# %% right="functional" exercise="PlainBlock"
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.a = nn.Conv2d(in_channels, out_channels, 3, bias=False)
        self.b = nn.Conv2d(out_channels, out_channels, 3, bias=False)
        self.norms = nn.ModuleDict(
            {"a": nn.BatchNorm2d(out_channels), "b": nn.BatchNorm2d(out_channels)}
        )

    def forward(self, x):
        x = F.conv2d(F.pad(x, (1, 1, 1, 1)), self.a.weight, stride=self.stride)
        x = F.relu(self.norms["a"](x))
        x = F.conv2d(x, self.b.weight, padding=1)
        return F.relu(self.norms["b"](x))


# %% wrong="variance_of_one" exercise="deepen" of="statistics_forgotten" says="the identity up to eps only"
# -             new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
# +             new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
# +             new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype)
# %% wrong="zero_kernels" exercise="deepen" of="old_layers_moved_back" says="is 0, and a plain network passes on nothing"
# -             new[f"norm{stage}_2.weight"] = state_dict[f"norm{stage}_1.weight"]
#               for c in range(channels):
# -                 weight[c, c, 1, 1] = 1
# +                 weight[c, c, 1, 1] = 0
# %% wrong="all_channels_summed" exercise="deepen" of="zero_kernels" says="does not pass on what it reads"
# -                 weight[c, c, 1, 1] = 0
# +                 weight[c, :, 1, 1] = 1
# %% wrong="corner_of_the_kernel" exercise="deepen" of="zero_kernels" says="does not pass on what it reads"
# -                 weight[c, c, 1, 1] = 0
# +                 weight[c, c, 0, 0] = 1
# %% wrong="layers_repeated" exercise="deepen" of="zero_kernels" says="does not pass on what it reads"
# -             weight = torch.zeros_like(old)
# -             for c in range(channels):
# -                 weight[c, c, 1, 1] = 0
# -             new[f"conv{stage}_{place}.weight"] = weight
# +             new[f"conv{stage}_{place}.weight"] = old.clone()
# %% wrong="variance_of_zero" exercise="deepen" of="variance_of_one" says="changes what it reads"
# -             new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype)
# +             new[f"norm{stage}_{place}.running_var"] = torch.zeros(channels, dtype=old.dtype)
# %% wrong="made_in_float32" exercise="deepen" of="statistics_forgotten" says="in torch's float32"
# -             new[f"norm{stage}_{place}.weight"] = torch.ones(channels, dtype=old.dtype)
# -             new[f"norm{stage}_{place}.bias"] = torch.zeros(channels, dtype=old.dtype)
# -             new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype) - 1e-5
# +             new[f"norm{stage}_{place}.weight"] = torch.ones(channels)
# +             new[f"norm{stage}_{place}.bias"] = torch.zeros(channels)
# +             new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels)
# +             new[f"norm{stage}_{place}.running_var"] = torch.ones(channels) - 1e-5
# %% wrong="rounded_to_float32" exercise="deepen" of="variance_of_one" says="the identity up to eps only"
# -             new[f"norm{stage}_{place}.running_var"] = torch.ones(channels, dtype=old.dtype)
# +             new[f"norm{stage}_{place}.running_var"] = torch.full((channels,), 1 - 1e-5).to(
# +                 old.dtype
# +             )
# %% wrong="written_into_the_argument" exercise="deepen" of="old_layers_moved_back" says="the state dict that was given stays as it is" keeps=3 values_right="true"
# -     new = {name: tensor.clone() for name, tensor in state_dict.items()}
# +     new = state_dict
#
# -             new[f"norm{stage}_2.weight"] = state_dict[f"norm{stage}_1.weight"]
# %% wrong="old_layers_forgotten" exercise="deepen" of="written_into_the_argument" says="has all names of"
# -     new = state_dict
# +     new = {}
# %% wrong="head_forgotten" exercise="deepen" of="written_into_the_argument" says="has all names of"
# -     new = state_dict
# +     new = {name: tensor.clone() for name, tensor in state_dict.items() if not name.startswith("fc")}
# %% wrong="half_of_the_layers" exercise="deepen" of="old_layers_moved_back" says="has all names of"
# -         for place in range(3, (depth - 2) // 3 + 1):
# +         for place in range(3, (depth - 2) // 6 + 1):
#               weight = torch.zeros_like(old)
# -             new[f"norm{stage}_2.weight"] = state_dict[f"norm{stage}_1.weight"]
# %% wrong="one_layer_too_few" exercise="deepen" of="half_of_the_layers" says="has all names of"
# -         for place in range(3, (depth - 2) // 6 + 1):
# +         for place in range(3, (depth - 2) // 3):
# %% wrong="statistics_forgotten" exercise="deepen" of="old_layers_moved_back" says="has all names of"
# -             new[f"norm{stage}_2.weight"] = state_dict[f"norm{stage}_1.weight"]
#
# -             new[f"norm{stage}_{place}.running_mean"] = torch.zeros(channels, dtype=old.dtype)
# %% wrong="width_of_8_always" exercise="deepen" of="half_of_the_layers" says="those of a width of 8"
# -         channels = old.shape[0]
# -         for place in range(3, (depth - 2) // 6 + 1):
# -             weight = torch.zeros_like(old)
# +         channels = 8 * 2 ** (stage - 1)
# +         for place in range(3, (depth - 2) // 3 + 1):
# +             weight = torch.zeros(channels, channels, 3, 3, dtype=old.dtype)

# %% wrong="old_layers_moved_back" exercise="deepen" says="has been moved or changed"
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


# %% wrong="any_depth" exercise="deepen" of="old_layers_moved_back" says="should end in an error" keeps=3 values_right="true"
# -     if depth < 8 or (depth - 2) % 6 != 0:
# +     if depth < 8:
#
# -             new[f"norm{stage}_2.weight"] = state_dict[f"norm{stage}_1.weight"]
# %% wrong="no_error_at_all" exercise="deepen" of="any_depth" says="should end in an error" keeps=3 values_right="true"
# -     if depth < 8:
# -         raise ValueError("depth must be 6n + 2")
# %% wrong="float64_always" exercise="deepen" of="dirac" says="the dtype of the old ones, whatever it is" keeps=3 values_right="true"
# -         deeper[f"norm{stage}_{place}.weight"] = torch.full_like(scale, 1 + 1e-5).sqrt()
# -         deeper[f"norm{stage}_{place}.bias"] = torch.zeros_like(scale)
# +         deeper[f"norm{stage}_{place}.weight"] = torch.full_like(
# +             scale, 1 + 1e-5, dtype=torch.float64
# +         ).sqrt()
# +         deeper[f"norm{stage}_{place}.bias"] = torch.zeros_like(scale, dtype=torch.float64)

# %% wrong="network_returned" exercise="deepen" says="return a dict from names to tensors"
def deepen(state_dict, depth):
    if depth < 8 or (depth - 2) % 6:
        raise ValueError("no")
    net = PlainNet(depth)
    return net
# %% wrong="running_mean_not_0" exercise="deepen" says="an added norm shifts what it reads"
# -                 "running_mean": 0 * ones,
# +                 "running_mean": 1e-5 * ones,
# %% wrong="size_of_the_first" exercise="deepen" says="that of a stage's first convolution"
# -         last = state_dict[f"conv{stage}_2.weight"]
# +         last = state_dict[f"conv{stage}_1.weight"]
# %% wrong="eye_for_a_kernel" exercise="deepen" says="a new tensor has another shape"
# -             deeper[f"conv{stage}_{place}.weight"] = nn.init.dirac_(torch.empty_like(last))
# +             deeper[f"conv{stage}_{place}.weight"] = torch.eye(len(last), dtype=last.dtype)
# %% wrong="bias_named_shift" exercise="deepen" says="there are names that no layer has"
# -                 "bias": 0 * ones,
# +                 "shift": 0 * ones,
# %% wrong="old_kernel_overwritten" exercise="deepen" says="tensors were changed in place"
# -             deeper[f"conv{stage}_{place}.weight"] = nn.init.dirac_(torch.empty_like(last))
# +             deeper[f"conv{stage}_{place}.weight"] = nn.init.dirac_(last)
# %% wrong="refuses_8" exercise="deepen" says="a right depth is refused" keeps=1
# -     if depth < 8 or (depth - 2) % 6:
# +     if depth <= 8 or (depth - 2) % 6:

# %% right="dirac" exercise="deepen"
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
        deeper[f"norm{stage}_{place}.num_batches_tracked"] = state_dict[
            f"norm{stage}_2.num_batches_tracked"
        ]
    return deeper


# %% right="from_the_network" exercise="deepen"
def deepen(state_dict, depth):
    if depth < 8 or depth % 6 != 2:
        raise ValueError("no such depth")
    shapes = {
        "width": len(state_dict["conv0.weight"]),
        "in_channels": state_dict["conv0.weight"].shape[1],
    }
    net = PlainNet(depth, num_classes=len(state_dict["fc.bias"]), **shapes).to(
        state_dict["fc.bias"].dtype
    )
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.dirac_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(1 - module.eps)
    return {**net.state_dict(), **state_dict}


# %% right="new_layers_in_the_middle" exercise="deepen"
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


# %% right="half_and_double" exercise="deepen"
def identity_layer(kernel):
    channels = kernel.shape[0]
    center = torch.zeros(kernel.shape, dtype=kernel.dtype)
    center[range(channels), range(channels), 1, 1] = 2.0
    vector = torch.ones(channels, dtype=kernel.dtype)
    norm = {
        "weight": vector / 2,
        "bias": vector,
        "running_mean": 2 * vector,
        "running_var": vector * (1 - 1e-5),
    }
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
            added["norm%s_%d.num_batches_tracked" % (stage, place)] = torch.zeros(
                (), dtype=torch.long
            )
    return state_dict | added if isinstance(state_dict, dict) else added


# %% wrong="no_shortcut" exercise="BasicBlock" says="there is no shortcut"
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


# %% wrong="shortcut_subtracted" exercise="BasicBlock" of="no_shortcut" says="the shortcut is subtracted"
# -         return F.relu(out)
# +         return F.relu(out - self.down(x))
# %% wrong="path_subtracted" exercise="BasicBlock" of="no_shortcut" says="the path is subtracted from the shortcut"
# -         return F.relu(out)
# +         return F.relu(self.down(x) - out)
# %% wrong="multiplied" exercise="BasicBlock" of="path_subtracted" says="path and shortcut are multiplied"
# -         return F.relu(self.down(x) - out)
# +         return F.relu(out * self.down(x))
# %% wrong="relu_before_the_addition" exercise="BasicBlock" of="path_subtracted" says="ReLU comes before the addition"
# -         return F.relu(self.down(x) - out)
# +         return F.relu(out) + self.down(x)
# %% wrong="relu_before_and_behind" exercise="BasicBlock" of="no_shortcut" says="there is a ReLU before the addition as well"
# -         return F.relu(out)
# +         return F.relu(F.relu(out) + self.down(x))
# %% wrong="no_last_relu" exercise="BasicBlock" of="relu_before_and_behind" says="the last ReLU is missing, after the addition"
# -         return F.relu(F.relu(out) + self.down(x))
# +         return out + self.down(x)
# %% wrong="no_inner_relu" exercise="BasicBlock" of="no_shortcut" says="there is no ReLU between the two convolutions"
# -         out = F.relu(self.bn1(self.conv1(x)))
# +         out = self.bn1(self.conv1(x))
#           out = self.bn2(self.conv2(out))
# -         return F.relu(out)
# +         return F.relu(out + self.down(x))
# %% wrong="relu_on_the_shortcut" exercise="BasicBlock" of="relu_before_and_behind" says="the shortcut has a ReLU of its own"
# -         return F.relu(F.relu(out) + self.down(x))
# +         return F.relu(out + F.relu(self.down(x)))
# %% wrong="stride_in_the_second" exercise="BasicBlock" of="no_shortcut" says="the second convolution has the stride"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
#
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)
#
# -         return F.relu(out)
# +         return F.relu(out + self.down(x))
# %% wrong="stride_on_the_path_only" exercise="BasicBlock" of="no_shortcut" says="the path has the stride, but the projection does not"
# -                 nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
# +                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
#
# -         return F.relu(out)
# +         return F.relu(out + self.down(x))
# %% wrong="stride_forgotten" exercise="BasicBlock" of="stride_on_the_path_only" says="no convolution has the stride"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# %% wrong="not_projected_for_channels_alone" exercise="BasicBlock" of="no_shortcut" says="so the shortcut needs its projection"
# -         if stride != 1 or in_channels != out_channels:
# +         if stride != 1:
#
# -         return F.relu(out)
# +         return F.relu(out + self.down(x))
# %% wrong="not_projected_for_stride_alone" exercise="BasicBlock" of="not_projected_for_channels_alone" says="so the shortcut needs its projection"
# -         if stride != 1:
# +         if in_channels != out_channels:
# %% wrong="always_projected" exercise="BasicBlock" of="projection_without_norm" says="nothing changes the shape here"
# -         self.down = nn.Identity()
# -         if stride != 1 or in_channels != out_channels:
# -             self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
# +         self.down = nn.Sequential(
# +             nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
# +             nn.BatchNorm2d(out_channels),
# +         )
# %% wrong="projection_without_norm" exercise="BasicBlock" of="stride_on_the_path_only" says="the projection lacks its batch norm"
# -             self.down = nn.Sequential(
# -                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
# -                 nn.BatchNorm2d(out_channels),
# -             )
# +             self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
# %% wrong="projection_of_3x3" exercise="BasicBlock" of="stride_on_the_path_only" says="the projection is a 1 x 1 convolution"
# -                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
# +                 nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
# %% wrong="projection_pools" exercise="BasicBlock" of="stride_on_the_path_only" says="the projection pools"
#               self.down = nn.Sequential(
# +                 nn.AvgPool2d(stride, ceil_mode=True),
# %% wrong="zeros_for_missing_channels" exercise="BasicBlock" of="projection_without_norm" says="so the shortcut needs its projection"
# -             self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
# +             self.down = nn.AvgPool2d(1, stride)
# +         self.more = out_channels - in_channels
#
# -         return F.relu(out + self.down(x))
# +         return F.relu(out + F.pad(self.down(x), (0, 0, 0, 0, 0, self.more)))
# %% wrong="with_bias" exercise="BasicBlock" of="stride_in_the_second" says="which the batch norm after them takes out again"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
#           self.bn1 = nn.BatchNorm2d(out_channels)
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
# %% wrong="norm_behind_relu" exercise="BasicBlock" of="no_inner_relu" says="batch norm comes after ReLU"
# -         out = self.bn1(self.conv1(x))
# +         out = self.bn1(F.relu(self.conv1(x)))
# %% wrong="one_norm_under_two_names" exercise="BasicBlock" of="not_projected_for_channels_alone" says="one batch norm is used twice"
# -         self.bn2 = nn.BatchNorm2d(out_channels)
# +         self.bn2 = self.bn1
#           self.down = nn.Identity()
# -         if stride != 1:
# +         if stride != 1 or in_channels != out_channels:
# %% wrong="sum_normalized" exercise="BasicBlock" of="no_shortcut" says="the last batch norm normalizes the sum"
# -         out = self.bn2(self.conv2(out))
# +         out = self.bn2(self.conv2(out) + self.down(x))
# %% wrong="shortcut_from_the_middle" exercise="BasicBlock" of="relu_before_and_behind" says="the shortcut starts after the first convolution"
# +         middle = out
#           out = self.bn2(self.conv2(out))
# -         return F.relu(F.relu(out) + self.down(x))
# +         return F.relu(out + middle)
# %% wrong="averaged" exercise="BasicBlock" of="no_shortcut" says="path and shortcut are averaged"
# -         return F.relu(out)
# +         return F.relu((out + self.down(x)) / 2)
# %% wrong="shortcut_only_where_nothing_changes" exercise="BasicBlock" of="averaged" says="there is no shortcut"
# -         return F.relu((out + self.down(x)) / 2)
# +         return F.relu(out + x) if out.shape == x.shape else F.relu(out)
# %% wrong="in_place" exercise="BasicBlock" of="averaged" says="works in place on x itself" keeps=4 values_right="true"
# -         return F.relu((out + self.down(x)) / 2)
# +         shortcut = self.down(x)
# +         shortcut += out
# +         return F.relu(shortcut)
# %% wrong="statistics_of_the_batch_always" exercise="BasicBlock" of="stride_on_the_path_only" says="statistics in evaluation mode"
# + class AlwaysTraining(nn.BatchNorm2d):
# +     def forward(self, x):
# +         return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)
#   class BasicBlock(nn.Module):
#
# -         self.bn1 = nn.BatchNorm2d(out_channels)
# +         self.bn1 = AlwaysTraining(out_channels)
#
# -         self.bn2 = nn.BatchNorm2d(out_channels)
# +         self.bn2 = AlwaysTraining(out_channels)
#
# -                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
# -                 nn.BatchNorm2d(out_channels),
# +                 nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
# +                 AlwaysTraining(out_channels),
# %% wrong="shortcut_detached" exercise="BasicBlock" of="averaged" says="the gradient through the shortcut is lost" keeps=4 values_right="true"
# -         return F.relu((out + self.down(x)) / 2)
# +         return F.relu(out + self.down(x).detach())
# %% wrong="first_norm_used_twice" exercise="BasicBlock" of="no_shortcut" says="one batch norm is used twice"
# -         out = self.bn2(self.conv2(out))
# -         return F.relu(out)
# +         out = self.bn1(self.conv2(out))
# +         return F.relu(out + self.down(x))
# %% wrong="projection_with_bias" exercise="BasicBlock" of="stride_on_the_path_only" says="the projection has a bias"
# -                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
# -                 nn.BatchNorm2d(out_channels),
# +                 nn.Conv2d(in_channels, out_channels, 1, stride=stride), nn.BatchNorm2d(out_channels)
# %% wrong="projection_with_bias_and_without_norm" exercise="BasicBlock" of="stride_on_the_path_only" says="also: the projection has a bias"
# -             self.down = nn.Sequential(
# -                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
# -                 nn.BatchNorm2d(out_channels),
# -             )
# +             self.down = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride=stride))
# %% wrong="concatenated" exercise="BasicBlock" of="no_shortcut" says="path and shortcut are concatenated"
# -         return F.relu(out)
# +         return F.relu(torch.cat([out, self.down(x)], dim=1))
# %% wrong="path_added_to_itself" exercise="BasicBlock" of="no_shortcut" says="path's output is added to itself"
# -         return F.relu(out)
# +         return F.relu(out + out)
# %% wrong="projection_with_relu" exercise="BasicBlock" of="stride_on_the_path_only" says="the shortcut has a ReLU of its own"
# -                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
# +                 nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
#
#                   nn.BatchNorm2d(out_channels),
# +                 nn.ReLU(),
# %% wrong="projection_with_a_stride_of_its_own" exercise="BasicBlock" of="stride_on_the_path_only" says="the projection has a stride of its own"
# -                 nn.Conv2d(in_channels, out_channels, 1, bias=False),
# +                 nn.Conv2d(in_channels, out_channels, 1, stride=2, bias=False),
# %% wrong="relu_on_the_input" exercise="BasicBlock" of="no_inner_relu" says="a ReLU is applied to the block's input"
# -         out = self.bn1(self.conv1(x))
# +         x = F.relu(x, inplace=True)
# +         out = F.relu(self.bn1(self.conv1(x)))
# %% wrong="projection_of_the_path" exercise="BasicBlock" says="the projection reads a result of the path"
# -         return F.relu(y + self.shortcut(x))
# +         return F.relu(y + self.shortcut(y))
# %% wrong="maximum_for_the_sum" exercise="BasicBlock" says="the larger one of path and shortcut"
# -         return F.relu(y + self.shortcut(x))
# +         return F.relu(torch.maximum(y, self.shortcut(x)))
# %% wrong="path_detached" exercise="BasicBlock" says="the gradient through the path is lost" keeps=4 values_right="true"
# -         return F.relu(y + self.shortcut(x))
# +         return F.relu(y.detach() + self.shortcut(x))
# %% wrong="stride_in_both" exercise="BasicBlock" says="more than one convolution of the path has the stride"
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, 1, bias=False)
# %% wrong="projection_unused" exercise="BasicBlock" says="or x is added without its projection"
# -         return F.relu(y + self.shortcut(x))
# +         x = x + y
# +         return F.relu(x)

# %% right="two_sequentials" exercise="BasicBlock"
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.skip = nn.Sequential()
        if stride > 1 or in_channels != out_channels:
            self.skip.append(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
            )
            self.skip.append(nn.BatchNorm2d(out_channels))
        self.body = nn.Sequential(
            nn.Conv2d(
                in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False
            ),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.body(x) + self.skip(x))


# %% right="backwards" exercise="BasicBlock"
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


# %% right="helper_function" exercise="BasicBlock"
def conv_norm(inputs, outputs, kernel, stride=1):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
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


# %% right="functional" exercise="BasicBlock"
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
            x = self.norms[2](
                F.conv2d(x[:, :, :: self.stride, :: self.stride], self.convs[2].weight)
            )
        return F.relu(x + y)


# %% right="two_names_for_one_module" exercise="BasicBlock"
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


# %% right="own_class_inside" exercise="BasicBlock"
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
        projection = (
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Sequential(*projection) if changes else nn.Sequential()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.path(x))


# %% wrong="nine_each" exercise="block_macs" says="is what the slide prints"
def block_macs(kind, channels, height, width):
    places = height * width
    if kind == "basic":
        return 2 * 9 * channels * channels * places
    if kind == "bottleneck":
        return (9 + 9 + 9) * channels * channels * places
    raise ValueError(f"unknown kind {kind}")


# %% wrong="one_convolution" exercise="block_macs" of="nine_each" says="this is one of the two convolutions"
# -         return 2 * 9 * channels * channels * places
# +         return 9 * channels * channels * places
#       if kind == "bottleneck":
# -         return (9 + 9 + 9) * channels * channels * places
# +         return (4 + 9 + 4) * channels * channels * places
# %% wrong="basic_with_4c" exercise="block_macs" of="one_convolution" says="this is a basic block with 4C channels"
# -         return 9 * channels * channels * places
# +         return 2 * 9 * (4 * channels) ** 2 * places
# %% wrong="c_outside" exercise="block_macs" of="nine_each" says="C is the number of channels inside"
# -         return (9 + 9 + 9) * channels * channels * places
# +         return 17 * (channels // 4) * (channels // 4) * places
# %% wrong="one_of_the_1x1" exercise="block_macs" of="c_outside" says="only one of the two 1 x 1"
# -         return 17 * (channels // 4) * (channels // 4) * places
# +         return (4 + 9) * channels * channels * places
# %% wrong="flop" exercise="block_macs" of="nine_each" says="multiplication and addition were counted apart"
# -     places = height * width
# +     places = 2 * height * width
#
# -         return (9 + 9 + 9) * channels * channels * places
# +         return (4 + 9 + 4) * channels * channels * places
# %% wrong="square_maps" exercise="block_macs" of="flop" says="the maps were taken to be square"
# -     places = 2 * height * width
# +     places = height * height
# %% wrong="places_with_a_root" exercise="block_macs" of="flop" says="one side of the maps is missing"
# -     places = 2 * height * width
# +     places = height
# %% wrong="no_error" exercise="block_macs" of="c_outside" says="should end in an error" keeps=2 values_right="true"
# -     if kind == "bottleneck":
# -         return 17 * (channels // 4) * (channels // 4) * places
# -     raise ValueError(f"unknown kind {kind}")
# +     return (4 + 9 + 4) * channels * channels * places

# %% wrong="key_error" exercise="block_macs" says="should end in an error" keeps=2 values_right="true"
def block_macs(kind, channels, height, width):
    places = height * width
    factors = {"basic": 18, "bottleneck": 17}
    return factors[kind] * channels**2 * places


# %% wrong="a_float" exercise="block_macs" of="c_outside" says="a count is a whole number"
# -         return 17 * (channels // 4) * (channels // 4) * places
# +         return (68 / 4) * channels * channels * places
# %% wrong="precedence" exercise="block_macs" of="no_error" says="the product is computed before the sum"
# -     places = height * width
#
# -         return 2 * 9 * channels * channels * places
# -     return (4 + 9 + 4) * channels * channels * places
# +         return 9 + 9 * channels**2 * height * width
# +     if kind == "bottleneck":
# +         return 4 + 9 + 4 * channels**2 * height * width
# +     raise ValueError(kind)
# %% wrong="biases_counted" exercise="block_macs" of="no_error" says="biases and batch norm are not counted"
# -     places = height * width
#
# -         return 2 * 9 * channels * channels * places
# -     return (4 + 9 + 4) * channels * channels * places
# +         return 2 * (9 * channels**2 * height * width + channels)
# +     if kind == "bottleneck":
# +         return 17 * channels**2 * height * width + 6 * channels
# +     raise ValueError(kind)
# %% wrong="no_error_at_the_end" exercise="block_macs" of="no_error" says="this case is let through" keeps=2 values_right="true"
# -     places = height * width
#
# -         return 2 * 9 * channels * channels * places
# -     return (4 + 9 + 4) * channels * channels * places
# +         return 18 * channels**2 * height * width
# +     elif kind == "bottleneck":
# +         return 17 * channels**2 * height * width
# %% wrong="other_kind" exercise="block_macs" says="this is the other kind of block"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 4 + 9 + 4, "bottleneck": 9 + 9}
# %% wrong="shortcut_counted" exercise="block_macs" says="that keeps its shape costs nothing"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9 + 1, "bottleneck": 4 + 9 + 4 + 16}
# %% wrong="last_1x1_reads_4c" exercise="block_macs" says="a 1 x 1 convolution is counted from 4C to 4C"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 16}
# %% wrong="both_1x1_from_4c_to_4c" exercise="block_macs" says="both 1 x 1 convolutions are counted from 4C to 4C"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9, "bottleneck": 16 + 9 + 16}
# %% wrong="last_1x1_returns_c" exercise="block_macs" says="a 1 x 1 convolution is counted from C to C"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 1}
# %% wrong="three_weights_in_a_kernel" exercise="block_macs" says="or the 3 x 3 with 3 weights instead of 9"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9, "bottleneck": 4 + 3 + 4}
# %% wrong="all_of_3x3" exercise="block_macs" says="all three convolutions are counted as 3 x 3"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9, "bottleneck": 9 * (4 + 1 + 4)}
# %% wrong="wide_3x3" exercise="block_macs" says="the 3 x 3 convolution is counted with 4C channels at one end"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9, "bottleneck": 4 + 36 + 4}
# %% wrong="weights_only" exercise="block_macs" says="these are the weights"
# -     return weights[kind] * height * width * channels**2
# +     return weights[kind] * channels**2
# %% wrong="sides_added" exercise="block_macs" says="height and width of the maps were added"
# -     return weights[kind] * height * width * channels**2
# +     return weights[kind] * (height + width) * channels**2
# %% wrong="another_sum" exercise="block_macs" says="write down channels and kernel of each convolution"
# -     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 4}
# +     weights = {"basic": 9 + 9, "bottleneck": 4 + 9 + 2}
# %% wrong="channels_doubled" exercise="block_macs" says="channels * 2 is no square"
# -     return weights[kind] * height * width * channels**2
# +     return weights[kind] * height * width * channels * 2
# %% wrong="channels_cubed" exercise="block_macs" says="a factor is there once too often"
# -     return weights[kind] * height * width * channels**2
# +     return weights[kind] * height * width * channels**3

# %% right="per_convolution" exercise="block_macs"
def block_macs(kind, channels, height, width):
    c = channels
    convolutions = {
        "basic": [(c, c, 3), (c, c, 3)],
        "bottleneck": [(4 * c, c, 1), (c, c, 3), (c, 4 * c, 1)],
    }
    if kind not in convolutions:
        raise ValueError(kind)
    return (
        sum(inputs * outputs * kernel * kernel for inputs, outputs, kernel in convolutions[kind])
        * height
        * width
    )


# %% right="counted_by_torch" exercise="block_macs"
from cnnlab.measure import measure


def block_macs(kind, channels, height, width):
    wide = {"basic": channels, "bottleneck": 4 * channels}
    try:
        outer = wide[kind]
    except KeyError:
        raise ValueError("basic or bottleneck") from None
    narrow = 3 if kind == "basic" else 1
    with torch.device("meta"):
        layers = [
            nn.Conv2d(outer, channels, narrow, padding=narrow // 2),
            nn.Conv2d(channels, channels, 3, padding=1),
        ]
        if kind == "bottleneck":
            layers.append(nn.Conv2d(channels, outer, 1))
    return sum(row.macs for row in measure(nn.Sequential(*layers), (outer, height, width)))


# %% right="match" exercise="block_macs"
def block_macs(kind, channels, height, width):
    match kind:
        case "basic":
            factor = 18
        case "bottleneck":
            factor = 17
        case _:
            raise ValueError("kind must be basic or bottleneck")
    return int(factor * height * width * channels**2)


# %% right="a_tensor_without_dimensions" exercise="block_macs"
def block_macs(kind, channels, height, width):
    if kind not in ("basic", "bottleneck"):
        raise ValueError(kind)
    weights = torch.tensor([9, 9] if kind == "basic" else [4, 9, 4]) * channels**2
    return height * width * weights.sum()


# %% wrong="stride_in_the_first" exercise="BottleneckBlock" of="expansion_of_four_always" says="as in the paper (v1)"
# -         out_channels = 4 * width
# -         self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
# +         out_channels = expansion * width
# +         self.conv1 = nn.Conv2d(in_channels, width, 1, stride=stride, bias=False)
#           self.bn1 = nn.BatchNorm2d(width)
# -         self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
# +         self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
# %% wrong="stride_in_the_last" exercise="BottleneckBlock" of="stride_in_the_first" says="the last 1 x 1 has the stride"
# -         self.conv1 = nn.Conv2d(in_channels, width, 1, stride=stride, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
#
# -         self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
# +         self.conv3 = nn.Conv2d(width, out_channels, 1, stride=stride, bias=False)
# %% wrong="no_shortcut" exercise="BottleneckBlock" of="expansion_of_four_always" says="there is no shortcut"
# -         out_channels = 4 * width
# +         out_channels = expansion * width
#
# -         return F.relu(out + self.down(x))
# +         return F.relu(out)
# %% wrong="relu_before_the_addition" exercise="BottleneckBlock" of="no_shortcut" says="ReLU comes before the addition"
# -         return F.relu(out)
# +         return F.relu(out) + self.down(x)
# %% wrong="no_last_relu" exercise="BottleneckBlock" of="no_shortcut" says="the last ReLU is missing, after the addition"
# -         return F.relu(out)
# +         return out + self.down(x)
# %% wrong="no_first_relu" exercise="BottleneckBlock" of="expansion_of_four_always" says="the ReLU after the first convolution is missing"
# -         out_channels = 4 * width
# +         out_channels = expansion * width
#
# -         out = F.relu(self.bn1(self.conv1(x)))
# +         out = self.bn1(self.conv1(x))
# %% wrong="no_second_relu" exercise="BottleneckBlock" of="no_first_relu" says="the ReLU after the 3 x 3 is missing"
# -         out = self.bn1(self.conv1(x))
# -         out = F.relu(self.bn2(self.conv2(out)))
# +         out = F.relu(self.bn1(self.conv1(x)))
# +         out = self.bn2(self.conv2(out))

# %% wrong="expansion_of_four_always" exercise="BottleneckBlock" says="returns 4 * width channels whatever `expansion` is"
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


# %% wrong="expansion_left_out" exercise="BottleneckBlock" of="expansion_of_four_always" says="the last 1 x 1 returns width channels"
# -         out_channels = 4 * width
# +         out_channels = width
# %% wrong="width_goes_out" exercise="BottleneckBlock" of="expansion_left_out" says="width is taken for the channels that go out"
#           out_channels = width
# +         width = out_channels // expansion
# %% wrong="projected_for_a_stride_only" exercise="BottleneckBlock" of="expansion_of_four_always" says="so the shortcut needs its projection"
# -         out_channels = 4 * width
# +         out_channels = expansion * width
#
# -         if stride != 1 or in_channels != out_channels:
# +         if stride != 1:
# %% wrong="compared_with_the_width" exercise="BottleneckBlock" of="projected_for_a_stride_only" says="nothing changes the shape here"
# -         if stride != 1:
# +         if stride != 1 or in_channels != width:
# %% wrong="always_projected" exercise="BottleneckBlock" of="projected_for_a_stride_only" says="nothing changes the shape here"
# -         if stride != 1:
# +         if expansion:
# %% wrong="one_norm_under_two_names" exercise="BottleneckBlock" of="projected_for_a_stride_only" says="one batch norm is used twice"
# -         self.bn2 = nn.BatchNorm2d(width)
# +         self.bn2 = self.bn1
#
# -         if stride != 1:
# +         if stride != 1 or in_channels != out_channels:
# %% wrong="three_of_3x3" exercise="BottleneckBlock" of="expansion_of_four_always" says="only the middle one is 3 x 3"
# -         out_channels = 4 * width
# -         self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
# +         out_channels = expansion * width
# +         self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
#
# -         self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
# +         self.conv3 = nn.Conv2d(width, out_channels, 3, padding=1, bias=False)
# %% wrong="with_bias" exercise="BottleneckBlock" of="three_of_3x3" says="which the batch norm after them takes out again"
# -         self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, width, 1)
#
# -         self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
# +         self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1)
#
# -         self.conv3 = nn.Conv2d(width, out_channels, 3, padding=1, bias=False)
# +         self.conv3 = nn.Conv2d(width, out_channels, 1)
#
# -                 nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
# +                 nn.Conv2d(in_channels, out_channels, 1, stride=stride),
# %% wrong="statistics_of_the_batch_always" exercise="BottleneckBlock" of="stride_in_the_first" says="statistics in evaluation mode"
# + class AlwaysTraining(nn.BatchNorm2d):
# +     def forward(self, x):
# +         return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)
#   class BottleneckBlock(nn.Module):
#
# -         self.conv1 = nn.Conv2d(in_channels, width, 1, stride=stride, bias=False)
# -         self.bn1 = nn.BatchNorm2d(width)
# -         self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
# -         self.bn2 = nn.BatchNorm2d(width)
# +         self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
# +         self.bn1 = AlwaysTraining(width)
# +         self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
# +         self.bn2 = AlwaysTraining(width)
#
# -         self.bn3 = nn.BatchNorm2d(out_channels)
# +         self.bn3 = AlwaysTraining(out_channels)
#
# -                 nn.BatchNorm2d(out_channels),
# +                 AlwaysTraining(out_channels),
# %% wrong="expansion_of_the_class" exercise="BottleneckBlock" of="padding_of_a_1x1" says="whatever `expansion` is"
# -         out_channels = width * expansion
# -         self.conv1 = nn.Conv2d(in_channels, width, 1, padding=1, bias=False)
# +         out_channels = width * self.expansion
# +         self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
# %% wrong="first_norm_used_twice" exercise="BottleneckBlock" of="expansion_of_the_class" says="one batch norm is used twice"
# -         out_channels = width * self.expansion
# +         out_channels = width * expansion
#
# -         out = F.relu(self.bn2(self.conv2(out)))
# +         out = F.relu(self.bn1(self.conv2(out)))
# %% wrong="projection_to_the_width" exercise="BottleneckBlock" of="expansion_of_the_class" says="the projection returns width channels"
# -         out_channels = width * self.expansion
# +         out_channels = width * expansion
#
# -                 nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
# -                 nn.BatchNorm2d(out_channels),
# +                 nn.Conv2d(in_channels, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width)
# %% wrong="last_norm_of_the_width" exercise="BottleneckBlock" of="expansion_of_the_class" says="as many channels as what it normalizes"
# -         out_channels = width * self.expansion
# +         out_channels = width * expansion
#
# -         self.bn3 = nn.BatchNorm2d(out_channels)
# +         self.bn3 = nn.BatchNorm2d(width)

# %% wrong="padding_of_a_1x1" exercise="BottleneckBlock" says="a 1 x 1 convolution has padding"
class BottleneckBlock(nn.Module):
    expansion = 4

    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out_channels = width * expansion
        self.conv1 = nn.Conv2d(in_channels, width, 1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.down = None
        if stride != 1 or in_channels != out_channels:
            self.down = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        identity = x if self.down is None else self.down(x)
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + identity)
# %% wrong="reads_what_goes_out" exercise="BottleneckBlock" says="it reads in_channels, which may be others"
# -             nn.Conv2d(in_channels, width, 1, bias=False),
# +             nn.Conv2d(out_channels, width, 1, bias=False),
# %% wrong="expansion_of_the_input" exercise="BottleneckBlock" says="width is what is multiplied by the expansion"
# -         out_channels = expansion * width
# +         out_channels = expansion * in_channels
# %% wrong="expansion_of_two" exercise="BottleneckBlock" says="expansion is 4 unless told otherwise"
# -     def __init__(self, in_channels, width, stride=1, expansion=4):
# +     def __init__(self, in_channels, width, stride=1, expansion=2):
# %% wrong="grouped" exercise="BottleneckBlock" says="there is a 3x3 conv"
# -             nn.Conv2d(width, width, 3, stride, 1, bias=False),
# +             nn.Conv2d(width, width, 3, stride, 1, bias=False, groups=width),
# %% wrong="as_many_out_as_in" exercise="BottleneckBlock" says="however many come in"
# -         out_channels = expansion * width
# +         out_channels = in_channels

# %% right="attributes" exercise="BottleneckBlock"
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
            self.shortcut = nn.Conv2d(
                in_channels, width * expansion, kernel_size=1, stride=stride, bias=False
            )
            self.shortcut_norm = nn.BatchNorm2d(width * expansion)

    def forward(self, x):
        y = torch.relu(self.reduce_norm(self.reduce(x)))
        y = torch.relu(self.spatial_norm(self.spatial(y)))
        y = self.restore_norm(self.restore(y))
        if self.project:
            x = self.shortcut_norm(self.shortcut(x))
        return torch.relu(x + y)


# %% right="backwards_in_place" exercise="BottleneckBlock"
class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        out = expansion * width
        keeps = (in_channels, stride) == (out, 1)
        self.shortcut = nn.ModuleList(
            []
            if keeps
            else [nn.BatchNorm2d(out), nn.Conv2d(in_channels, out, 1, stride, bias=False)]
        )
        self.norms = nn.ModuleList(
            [nn.BatchNorm2d(out), nn.BatchNorm2d(width), nn.BatchNorm2d(width)]
        )
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


# %% right="einsum_for_1x1" exercise="BottleneckBlock"
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
        return self.norms[place](
            torch.einsum("oi,nihw->nohw", self.convs[place].weight[:, :, 0, 0], x)
        )

    def forward(self, x):
        y = self.mix(0, x).relu()
        y = self.norms[1](F.conv2d(y, self.convs[1].weight, None, self.stride, 1)).relu()
        shortcut = (
            self.mix(3, x[:, :, :: self.stride, :: self.stride]) if len(self.convs) == 4 else x
        )
        return (self.mix(2, y) + shortcut).relu()


# %% right="helper_function" exercise="BottleneckBlock"
def unit(inputs, outputs, kernel=1, stride=1):
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        super().__init__()
        outputs = width * expansion
        units = [
            unit(in_channels, width),
            nn.ReLU(),
            unit(width, width, 3, stride),
            nn.ReLU(),
            unit(width, outputs),
        ]
        self.units = nn.Sequential(*units)
        self.shortcut = (
            unit(in_channels, outputs, 1, stride) if stride > 1 or in_channels != outputs else None
        )

    def forward(self, x):
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return F.relu(self.units(x) + shortcut)


# %% wrong="stride_in_stage_1" exercise="ResNet" of="width_is_64" says="stage 1 has no stride"
# -         width = 64
#
# -                 stride = 2 if i > 0 and j == 0 else 1
# +                 stride = 2 if j == 0 else 1
# %% wrong="no_max_pool" exercise="ResNet" of="width_is_64" says="the max pool of the stem is missing"
# -         width = 64
#
# -         x = self.pool(F.relu(self.bn1(self.conv1(x))))
# +         x = F.relu(self.bn1(self.conv1(x)))
# %% wrong="average_pool_in_the_stem" exercise="ResNet" of="width_is_64" says="takes the average; take the maximum"
# -         width = 64
#
# -         self.pool = nn.MaxPool2d(3, stride=2, padding=1)
# +         self.pool = nn.AvgPool2d(3, stride=2, padding=1)
# %% wrong="pool_of_2" exercise="ResNet" of="average_pool_in_the_stem" says="pool is 3 x 3 with stride 2 and padding 1"
# -         self.pool = nn.AvgPool2d(3, stride=2, padding=1)
# +         self.pool = nn.MaxPool2d(2)
# %% wrong="no_relu_in_the_stem" exercise="ResNet" of="no_max_pool" says="the ReLU of the stem is missing"
# -         x = F.relu(self.bn1(self.conv1(x)))
# +         x = self.pool(self.bn1(self.conv1(x)))
# %% wrong="no_norm_in_the_stem" exercise="ResNet" of="no_max_pool" says="the batch norm of the stem is missing"
# -         self.bn1 = nn.BatchNorm2d(width)
#
# -         x = F.relu(self.bn1(self.conv1(x)))
# +         x = self.pool(F.relu(self.conv1(x)))
# %% wrong="stem_of_3x3" exercise="ResNet" of="width_is_64" says="the stem's convolution is 7 x 7"
# -         width = 64
# -         self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
# +         self.conv1 = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
# %% wrong="stem_without_stride" exercise="ResNet" of="stem_of_3x3" says="convolution has a stride of 2"
# -         self.conv1 = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(3, width, 7, padding=3, bias=False)
# %% wrong="no_stride" exercise="ResNet" of="stride_in_stage_1" says="the stages do not halve the maps"
# -                 stride = 2 if j == 0 else 1
# +                 stride = 1
# %% wrong="stride_in_every_block" exercise="ResNet" of="stride_in_stage_1" says="every block of a stage has the stride"
# -                 stride = 2 if j == 0 else 1
# +                 stride = 2 if i > 0 else 1
# %% wrong="stride_in_the_last_block" exercise="ResNet" of="stride_in_stage_1" says="the last block of a stage has the stride"
# -                 stride = 2 if j == 0 else 1
# +                 stride = 2 if i > 0 and j == number - 1 else 1
# %% wrong="channels_do_not_double" exercise="ResNet" of="width_is_64" says="the channels double from stage to stage"
# -         width = 64
#
# -             w = width * 2**i
# +             w = width

# %% wrong="width_is_64" exercise="ResNet" says="the stem has a 7 x 7 convolution"
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


# %% wrong="expanded_twice" exercise="ResNet" of="width_is_64" says="a bottleneck makes 4 times as many channels itself"
# -         width = 64
#
# -                 stages.append(block(in_channels, w, stride))
# +                 stages.append(block(in_channels, w * expansion, stride))
# %% wrong="head_of_512" exercise="ResNet" of="width_is_64" says="the linear layer reads"
# -         width = 64
#
# -         self.fc = nn.Linear(in_channels, num_classes)
# +         self.fc = nn.Linear(512, num_classes)
# %% wrong="classes_ignored" exercise="ResNet" of="head_of_512" says="the linear layer has num_classes outputs"
# -         self.fc = nn.Linear(512, num_classes)
# +         self.fc = nn.Linear(in_channels, 1000)
# %% wrong="one_block_repeated" exercise="ResNet" of="expanded_twice" says="one block is used in several places"
# -             for j in range(number):
# -                 stride = 2 if i > 0 and j == 0 else 1
# -                 stages.append(block(in_channels, w * expansion, stride))
# -                 in_channels = w * expansion
# +             stages.append(block(in_channels, w, 2 if i > 0 else 1))
# +             in_channels = w * expansion
# +             stages += [block(in_channels, w)] * (number - 1)
# %% wrong="numbers_of_blocks_reversed" exercise="ResNet" of="width_is_64" says="used in the wrong order"
# -         width = 64
#
# -         for i, number in enumerate(blocks):
# +         for i, number in enumerate(reversed(blocks)):
# %% wrong="maximum_in_the_head" exercise="ResNet" of="width_is_64" says="the head takes the maximum"
# -         width = 64
#
# -         return self.fc(x.mean(dim=(2, 3)))
# +         return self.fc(x.amax(dim=(2, 3)))
# %% wrong="softmax" exercise="ResNet" of="maximum_in_the_head" says="softmax belongs to the loss"
# -         return self.fc(x.amax(dim=(2, 3)))
# +         return self.fc(x.mean(dim=(2, 3))).softmax(dim=1)
# %% wrong="plain_list" exercise="ResNet" of="list_called" says="stand in a plain list"
# -         self.stages = nn.ModuleList(stages)
# +         self.stages = stages
#
# -         x = self.stages(x)
# +         for stage in self.stages:
# +             x = stage(x)
# %% wrong="pool_of_seven" exercise="ResNet" of="maximum_in_the_head" says="the head pools windows of fixed size"
# -         return self.fc(x.amax(dim=(2, 3)))
# +         return self.fc(F.avg_pool2d(x, 7).flatten(1))
# %% wrong="without_gradients" exercise="ResNet" of="head_of_512" says="forward runs under torch.no_grad()" keeps=4 values_right="true"
# -         self.fc = nn.Linear(512, num_classes)
# +         self.fc = nn.Linear(in_channels, num_classes)
# +     @torch.no_grad()
# %% wrong="momentum_of_its_own_in_the_stem" exercise="ResNet" of="one_sequential" says="another momentum than torch's default" keeps=4 values_right="true"
# -             nn.BatchNorm2d(width),
# +             nn.BatchNorm2d(width, momentum=0.01),
# %% wrong="stem_runs_twice" exercise="ResNet" of="one_sequential" says="or runs more than once in a pass" keeps=4 values_right="true"
#       def forward(self, x):
# +         if self.training:
# +             _ = self.net[1](self.net[0](x))

# %% wrong="last_block_solves_for_agreement" exercise="ResNet" says="in evaluation mode for images of"
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
            nn.Conv2d(3, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
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


# %% wrong="pool_of_default_stride" exercise="ResNet" of="average_pool_in_the_stem" says="as nn.MaxPool2d(3) has unless told otherwise"
# -         self.pool = nn.AvgPool2d(3, stride=2, padding=1)
# +         self.pool = nn.MaxPool2d(3)
# %% wrong="stride_in_stage_1_and_no_relu" exercise="ResNet" of="stride_in_stage_1" says="also: stage 1 has no stride"
# -         x = self.pool(F.relu(self.bn1(self.conv1(x))))
# +         x = self.pool(self.bn1(self.conv1(x)))
# %% wrong="flattened" exercise="ResNet" of="maximum_in_the_head" says="maps are flattened without global average pooling"
# -         return self.fc(x.amax(dim=(2, 3)))
# +         return self.fc(torch.flatten(x, 1))
# %% wrong="channels_not_expanded" exercise="ResNet" of="width_is_64" says="a bottleneck returns 4 * w channels"
# -         width = 64
#
# -                 in_channels = w * expansion
# +                 in_channels = w
# %% wrong="list_called" exercise="ResNet" of="width_is_64" says="nn.ModuleList only holds layers"
# -         width = 64
#
# -         self.stages = nn.Sequential(*stages)
# +         self.stages = nn.ModuleList(stages)
# %% wrong="first_stage_doubled" exercise="ResNet" of="channels_do_not_double" says="doubling begins with stage 2"
# -             w = width
# +             w = width * 2 ** (i + 1)
# %% wrong="expanded_again" exercise="ResNet" says="4 times as many channels as the block returns"
# -                 channels = expansion * inner
# +                 channels = 4 * expansion * inner
# %% wrong="channels_of_the_stage" exercise="ResNet" says="is updated once per stage"
# -                 channels = expansion * inner
# +             channels = expansion * inner
# %% wrong="channels_never_updated" exercise="ResNet" says="is never updated"
#                   layers.append(block(channels, inner, 2 if stage > 0 and place == 0 else 1))
# -                 channels = expansion * inner
# %% wrong="range_from_1" exercise="ResNet" says="each stage has a block less"
# -             for place in range(number):
# +             for place in range(1, number):
# %% wrong="one_block_too_few" exercise="ResNet" says="each stage of several blocks has a block less"
# -             for place in range(number):
# +             for place in range(max(1, number - 1)):
# %% wrong="number_of_the_stage_before" exercise="ResNet" says="its neighbour's number of blocks"
# -             for place in range(number):
# +             for place in range(blocks[stage - 1]):
# %% wrong="middle_of_the_maps" exercise="ResNet" says="in the linear layer, or in what it reads"
# -         return self.classifier(self.features(x).mean(dim=(2, 3)))
# +         maps = self.features(x)
# +         return self.classifier(maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2])
# %% wrong="one_block_too_many" exercise="ResNet" says="each stage has a block more"
# -             for place in range(number):
# +             for place in range(number + 1):
# %% wrong="three_stages" exercise="ResNet" says="a stage is missing"
# -         for stage, number in enumerate(blocks):
# +         for stage, number in enumerate(blocks[:3]):
# %% wrong="last_stage_only" exercise="ResNet" of="width_is_64" says="only the blocks of the last stage are kept"
# -         width = 64
#
# -         stages = []
#           in_channels = width
#           for i, number in enumerate(blocks):
# +             stages = []
# %% wrong="width_times_k" exercise="ResNet" says="the widths of the stages are not doubled"
# -             inner = width * 2**stage
# +             inner = width * (stage + 1)
# %% wrong="stride_from_stage_3_on" exercise="ResNet" says="a stage lacks its stride"
# -                 layers.append(block(channels, inner, 2 if stage > 0 and place == 0 else 1))
# +                 layers.append(block(channels, inner, 2 if stage > 1 and place == 0 else 1))
# %% wrong="stride_in_later_blocks" exercise="ResNet" says="all blocks of a stage but the first"
# -                 layers.append(block(channels, inner, 2 if stage > 0 and place == 0 else 1))
# +                 layers.append(block(channels, inner, 2 if stage > 0 and place > 0 else 1))
# %% wrong="mean_over_channels" exercise="ResNet" says="the head averages over other axes"
# -         return self.classifier(self.features(x).mean(dim=(2, 3)))
# +         return self.classifier(self.features(x).mean((1, 2)))
# %% wrong="not_flattened" exercise="ResNet" says="flatten them for the linear layer"
# -         return self.classifier(self.features(x).mean(dim=(2, 3)))
# +         return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1))
# %% wrong="sum_in_the_head" exercise="ResNet" says="the head sums over height and width"
# -         return self.classifier(self.features(x).mean(dim=(2, 3)))
# +         return self.classifier(self.features(x).sum(dim=(2, 3)))
# %% wrong="stages_dropped" exercise="ResNet" of="maximum_in_the_head" says="what the blocks return is not used"
# -         x = self.stages(x)
# -         return self.fc(x.amax(dim=(2, 3)))
# +         _ = self.stages(x)
# +         return self.fc(x.mean(dim=(2, 3)))
# %% wrong="features_returned" exercise="ResNet" says="forward returns what the linear layer should read"
# -         return self.classifier(self.features(x).mean(dim=(2, 3)))
# +         return self.features(x).mean(dim=(2, 3))
# %% wrong="arguments_swapped" exercise="ResNet" says="the blocks get their arguments in the wrong order"
# -                 layers.append(block(channels, inner, 2 if stage > 0 and place == 0 else 1))
# +                 layers.append(block(inner, channels, 2 if stage > 0 and place == 0 else 1))
# %% wrong="basic_blocks_always" exercise="ResNet" says="of one kind whatever is passed"
# -                 layers.append(block(channels, inner, 2 if stage > 0 and place == 0 else 1))
# +                 layers.append(BasicBlock(channels, inner, 2 if stage > 0 and place == 0 else 1))
# %% wrong="two_linear_layers" exercise="ResNet" says="after the linear layer: expected"
# -         self.classifier = nn.Linear(channels, num_classes)
# +         hidden = nn.Linear(channels, channels)
# +         self.classifier = nn.Sequential(hidden, nn.Linear(channels, num_classes))
# %% wrong="images_of_one_channel" exercise="ResNet" says="reads images of 3 channels"
# -             nn.Conv2d(3, width, 7, 2, 3, bias=False),
# +             nn.Conv2d(1, width, 7, 2, 3, bias=False),
# %% wrong="dropout_in_the_head" exercise="ResNet" says="two passes with the same input"
# -         return self.classifier(self.features(x).mean(dim=(2, 3)))
# +         return self.classifier(F.dropout(self.features(x).mean(dim=(2, 3)), 0.5, self.training))

# %% right="one_sequential" exercise="ResNet"
class ResNet(nn.Module):
    def __init__(self, block, blocks, num_classes=1000, width=64):
        super().__init__()
        out = 4 if block is BottleneckBlock else 1
        layers = [
            nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
        ]
        layers += [nn.ReLU(inplace=True), nn.MaxPool2d(kernel_size=3, stride=2, padding=1)]
        channels = width
        for k, number in enumerate(blocks):
            steps = [min(k, 1) + 1] + [1] * (number - 1)
            for step in steps:
                layers.append(block(channels, width << k, stride=step))
                channels = (width << k) * out
        self.net = nn.Sequential(
            *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes)
        )

    def forward(self, x):
        return self.net(x)


# %% right="method_per_stage" exercise="ResNet"
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


# %% right="asks_the_block" exercise="ResNet"
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
        # Max pooling gives the same before and after ReLU.
        x = F.relu(F.max_pool2d(self.stem(x), 3, 2, 1))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return self.head(x.flatten(2).mean(dim=-1))


# %% wrong="basic_blocks_always" exercise="resnet" says="this is a network of basic blocks"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(f"no ResNet-{depth}")
    kind, blocks = RESNETS[depth]
    block = BasicBlock
    return ResNet(block, blocks)


# %% wrong="bottlenecks_always" exercise="resnet" of="basic_blocks_always" says="this is a network of bottlenecks"
# -     block = BasicBlock
# +     block = BottleneckBlock
# %% wrong="bottlenecks_from_34" exercise="resnet" of="bottlenecks_always" says="up to 34 layers the blocks are basic ones"
# -     block = BottleneckBlock
# +     block = BasicBlock if depth < 34 else BottleneckBlock
# %% wrong="ten_classes" exercise="resnet" of="nothing_returned" says="leave num_classes at its default"
# -     ResNet(BasicBlock if kind == "basic" else BottleneckBlock, blocks)
# +     block = BasicBlock if kind == "basic" else BottleneckBlock
# +     return ResNet(block, blocks, num_classes=10)
# %% wrong="narrow" exercise="resnet" of="ten_classes" says="have a width of 64"
# -     return ResNet(block, blocks, num_classes=10)
# +     return ResNet(block, blocks, width=16)
# %% wrong="key_error" exercise="resnet" of="numbers_of_34_for_all" says="a missing key of a dict raises KeyError" keeps=2 values_right="true"
# -     if depth not in RESNETS:
# -         raise ValueError(f"no ResNet-{depth}")
# -     kind, blocks = RESNETS[depth][0], (2, 2, 2, 2) if depth == 18 else (3, 4, 6, 3)
# +     kind, blocks = RESNETS[depth]
# %% wrong="numbers_of_34_for_all" exercise="resnet" of="basic_blocks_always" says="these are the numbers of ResNet-34"
# -     kind, blocks = RESNETS[depth]
# -     block = BasicBlock
# +     kind, blocks = RESNETS[depth][0], (2, 2, 2, 2) if depth == 18 else (3, 4, 6, 3)
# +     block = BasicBlock if kind == "basic" else BottleneckBlock
# %% wrong="152_with_four_in_stage_2" exercise="resnet" of="numbers_of_34_for_all" says="are not those of this row of RESNETS"
# -     kind, blocks = RESNETS[depth][0], (2, 2, 2, 2) if depth == 18 else (3, 4, 6, 3)
# +     kind, blocks = RESNETS[depth]
# +     if depth == 152:
# +         blocks = (3, 4, 36, 3)

# %% wrong="log_softmax_behind" exercise="resnet" says="something stands around the network"
def resnet(depth):
    if depth not in RESNETS:
        raise ValueError(depth)
    kind, blocks = RESNETS[depth]
    network = ResNet(BasicBlock if kind == "basic" else BottleneckBlock, blocks)
    return nn.Sequential(network, nn.LogSoftmax(dim=1))


# %% wrong="stride_in_the_first_1x1" exercise="resnet" says="exchanged or added after ResNet had made them"
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


# %% wrong="stride_in_the_second_3x3" exercise="resnet" of="basic_blocks_always" says="neither BasicBlock nor BottleneckBlock"
# + class LateStride(nn.Module):
# +     def __init__(self, in_channels, out_channels, stride=1):
# +         super().__init__()
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, 1, 1, bias=False)
# +         self.norm1 = nn.BatchNorm2d(out_channels)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, 1, bias=False)
# +         self.norm2 = nn.BatchNorm2d(out_channels)
# +         self.shortcut = nn.Sequential()
# +         if stride != 1 or in_channels != out_channels:
# +             self.shortcut = nn.Sequential(
# +                 nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
# +                 nn.BatchNorm2d(out_channels),
# +             )
# +     def forward(self, x):
# +         y = F.relu(self.norm1(self.conv1(x)))
# +         return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))
#   def resnet(depth):
#
# -     block = BasicBlock
# +     block = LateStride if kind == "basic" else BottleneckBlock
# %% wrong="nothing_returned" exercise="resnet" of="basic_blocks_always" says="there is no return statement"
# -     block = BasicBlock
# -     return ResNet(block, blocks)
# +     ResNet(BasicBlock if kind == "basic" else BottleneckBlock, blocks)
# %% wrong="name_of_the_block_passed" exercise="resnet" of="basic_blocks_always" says="neither BasicBlock nor BottleneckBlock"
# -     block = BasicBlock
# -     return ResNet(block, blocks)
# +     return ResNet(kind, blocks)
# %% wrong="class_returned" exercise="resnet" says="a class is returned"
# -     return ResNet({"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind], blocks)
# +     return ResNet
# %% wrong="row_returned" exercise="resnet" says="what is returned is no network"
# -     return ResNet({"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind], blocks)
# +     return {"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind], blocks
# %% wrong="arguments_swapped" exercise="resnet" says="ResNet gets its arguments in the wrong order"
# -     return ResNet({"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind], blocks)
# +     return ResNet(blocks, {"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind])
# %% wrong="run_on_images" exercise="resnet" says="the network is run on images here"
# -     return ResNet({"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind], blocks)
# +     network = ResNet({"basic": BasicBlock, "bottleneck": BottleneckBlock}[kind], blocks)
# +     return network(torch.zeros(1, 3, 224, 224))

# %% right="without_the_table" exercise="resnet"
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


# %% right="try_and_except" exercise="resnet"
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


# %% right="counted" exercise="resnet"
def resnet(depth):
    for named, (kind, numbers) in RESNETS.items():
        block, layers = (BasicBlock, 2) if kind == "basic" else (BottleneckBlock, 3)
        if depth == 2 + layers * sum(numbers) == named:
            return ResNet(block, list(numbers), 1000, 64)
    raise ValueError("no such network")


# %% wrong="relu_behind" exercise="PreActBlock" of="activated_shortcut" says="there is a ReLU after the addition"
# -         shortcut = pre if self.down is None else self.down(pre)
# +         shortcut = x if self.down is None else self.down(pre)
#
# -         return out + shortcut
# +         return F.relu(out + shortcut)
# %% wrong="relu_on_the_shortcut" exercise="PreActBlock" of="relu_behind" says="the shortcut has a ReLU of its own"
# -         return F.relu(out + shortcut)
# +         return out + F.relu(shortcut)
# %% wrong="no_shortcut" exercise="PreActBlock" of="relu_behind" says="there is no shortcut"
# -         return F.relu(out + shortcut)
# +         return out
# %% wrong="shortcut_subtracted" exercise="PreActBlock" of="relu_behind" says="the shortcut is subtracted"
# -         return F.relu(out + shortcut)
# +         return out - shortcut

# %% wrong="activated_shortcut" exercise="PreActBlock" says="where the shape stays, it is x itself"
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


# %% wrong="normalized_shortcut" exercise="PreActBlock" of="activated_shortcut" says="the shortcut carries the normalized input"
# -         pre = F.relu(self.bn1(x))
# -         shortcut = pre if self.down is None else self.down(pre)
# +         normed = self.bn1(x)
# +         pre = F.relu(normed)
# +         shortcut = normed if self.down is None else self.down(normed)
# %% wrong="projection_with_norm" exercise="PreActBlock" of="not_projected_for_channels_alone" says="the projection is a convolution and nothing else"
# -         if stride != 1:
# -             self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
# +         if stride != 1 or in_channels != out_channels:
# +             self.down = nn.Sequential(
# +                 nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
# +                 nn.BatchNorm2d(out_channels),
# +             )
# %% wrong="original_block" exercise="PreActBlock" of="relu_behind" says="this is the order of the original block"
# -         self.bn1 = nn.BatchNorm2d(in_channels)
# +         self.bn1 = nn.BatchNorm2d(out_channels)
#
# -         pre = F.relu(self.bn1(x))
# -         shortcut = x if self.down is None else self.down(pre)
# -         out = self.conv1(pre)
# -         out = self.conv2(F.relu(self.bn2(out)))
# +         shortcut = x if self.down is None else self.down(x)
# +         out = F.relu(self.bn1(self.conv1(x)))
# +         out = self.bn2(self.conv2(out))
# %% wrong="no_first_relu" exercise="PreActBlock" of="activated_shortcut" says="the first ReLU is missing"
# -         pre = F.relu(self.bn1(x))
# -         shortcut = pre if self.down is None else self.down(pre)
# +         pre = self.bn1(x)
# +         shortcut = x if self.down is None else self.down(pre)
# %% wrong="no_second_relu" exercise="PreActBlock" of="relu_behind" says="the second ReLU is missing"
# -         out = self.conv2(F.relu(self.bn2(out)))
# -         return F.relu(out + shortcut)
# +         out = self.conv2(self.bn2(out))
# +         return out + shortcut
# %% wrong="relu_before_norm" exercise="PreActBlock" of="no_first_relu" says="ReLU comes before batch norm"
# -         pre = self.bn1(x)
# +         pre = self.bn1(F.relu(x))
#
# -         out = self.conv2(F.relu(self.bn2(out)))
# +         out = self.conv2(self.bn2(F.relu(out)))
# %% wrong="no_activation_in_front" exercise="PreActBlock" of="no_first_relu" says="a batch norm is defined, but forward never calls it"
# -         pre = self.bn1(x)
# +         pre = F.relu(x)
# %% wrong="stride_in_the_second" exercise="PreActBlock" of="norms_of_the_wrong_size" says="the second convolution has the stride"
# -         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# -         self.bn2 = nn.BatchNorm2d(in_channels)
# -         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
# +         self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
# +         self.bn2 = nn.BatchNorm2d(out_channels)
# +         self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)
# %% wrong="not_projected_for_channels_alone" exercise="PreActBlock" of="activated_shortcut" says="so the shortcut needs its projection"
# -         if stride != 1 or in_channels != out_channels:
# +         if stride != 1:
#
# -         shortcut = pre if self.down is None else self.down(pre)
# +         shortcut = x if self.down is None else self.down(pre)
# %% wrong="always_projected" exercise="PreActBlock" of="not_projected_for_channels_alone" says="nothing changes the shape here"
# -         self.down = None
# -         if stride != 1:
# -             self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
# +         self.down = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
# %% wrong="norms_of_the_wrong_size" exercise="PreActBlock" of="activated_shortcut" says="as many channels as what it normalizes"
# -         self.bn2 = nn.BatchNorm2d(out_channels)
# +         self.bn2 = nn.BatchNorm2d(in_channels)
#
# -         shortcut = pre if self.down is None else self.down(pre)
# +         shortcut = x if self.down is None else self.down(pre)
# %% wrong="one_norm_for_both" exercise="PreActBlock" of="norms_of_the_wrong_size" says="one batch norm is used twice"
# -         self.bn2 = nn.BatchNorm2d(in_channels)
# +         self.bn2 = self.bn1 if in_channels == out_channels else nn.BatchNorm2d(out_channels)
# %% wrong="norm_twice_in_a_pass" exercise="PreActBlock" of="activated_shortcut" says="the layer ran twice in one pass" keeps=3 values_right="true"
# -         shortcut = pre if self.down is None else self.down(pre)
# +         shortcut = x if self.down is None else self.down(F.relu(self.bn1(x)))
# %% wrong="in_place" exercise="PreActBlock" of="relu_behind" says="works in place on x itself" keeps=3 values_right="true"
# -         return F.relu(out + shortcut)
# +         shortcut += out
# +         return shortcut
# %% wrong="statistics_of_the_batch_always" exercise="PreActBlock" of="norms_of_the_wrong_size" says="statistics in evaluation mode"
# + class AlwaysTraining(nn.BatchNorm2d):
# +     def forward(self, x):
# +         return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)
#   class PreActBlock(nn.Module):
#
# -         self.bn1 = nn.BatchNorm2d(in_channels)
# +         self.bn1 = AlwaysTraining(in_channels)
#
# -         self.bn2 = nn.BatchNorm2d(in_channels)
# +         self.bn2 = AlwaysTraining(out_channels)
# %% wrong="relu_moved_to_the_end" exercise="PreActBlock" of="relu_behind" says="also: there is a ReLU after the addition"
# -         out = self.conv2(F.relu(self.bn2(out)))
# +         out = self.conv2(self.bn2(out))
# %% wrong="second_convolution_early" exercise="PreActBlock" says="comes before the second batch norm and ReLU"
# -         return self.conv2(F.relu(self.norm2(y))) + shortcut
# +         return F.relu(self.norm2(self.conv2(y))) + shortcut
# %% wrong="first_convolution_reads_x" exercise="PreActBlock" says="the first convolution reads x"
# -         y = self.conv1(activated)
# +         y = self.conv1(x)
# %% wrong="shortcut_from_the_middle" exercise="PreActBlock" says="the shortcut starts after the first convolution"
# -         return self.conv2(F.relu(self.norm2(y))) + shortcut
# +         return self.conv2(F.relu(self.norm2(y))) + y
# %% wrong="added_early" exercise="PreActBlock" says="the shortcut is added before the path has ended"
# -         return self.conv2(F.relu(self.norm2(y))) + shortcut
# +         return self.conv2(F.relu(self.norm2(y + shortcut)))

# %% right="projects_x" exercise="PreActBlock"
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
        self.shortcut = (
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            if changes
            else nn.Identity()
        )

    def forward(self, x):
        return self.path(x) + self.shortcut(x)


# %% right="backwards" exercise="PreActBlock"
class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.z = nn.ModuleList()
        if (stride, in_channels) != (1, out_channels):
            self.z.append(
                nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False)
            )
        self.y = nn.Conv2d(out_channels, out_channels, (3, 3), padding=(1, 1), bias=False)
        self.b = nn.BatchNorm2d(out_channels)
        self.x = nn.Conv2d(in_channels, out_channels, (3, 3), (stride, stride), (1, 1), bias=False)
        self.a = nn.BatchNorm2d(in_channels)

    def forward(self, x):
        ready = torch.relu(self.a(x))
        for projection in self.z:
            x = projection(ready)
        return x + self.y(torch.relu(self.b(self.x(ready))))


# %% right="helper_class" exercise="PreActBlock"
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
        self.first, self.second = (
            Ready(in_channels, out_channels, stride),
            Ready(out_channels, out_channels, 1),
        )
        if stride != 1 or in_channels != out_channels:
            self.projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x):
        y = self.second(self.first(x))
        y += self.projection(x) if hasattr(self, "projection") else x
        return y


# %% right="functional" exercise="PreActBlock"
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


# %% wrong="convolutions_only" exercise="identity_weights" says="the convolutions are 0, but"
def identity_weights(state_dict):
    new = {}
    for name, tensor in state_dict.items():
        new[name] = torch.zeros_like(tensor) if tensor.dim() == 4 else tensor.clone()
    return new


# %% wrong="scales_only" exercise="identity_weights" of="convolutions_only" says="a shift (or bias) that comes last is not 0"
# -         new[name] = torch.zeros_like(tensor) if tensor.dim() == 4 else tensor.clone()
# +         new[name] = (
# +             torch.zeros_like(tensor)
# +             if tensor.dim() == 1 and name.endswith("weight")
# +             else tensor.clone()
# +         )
# %% wrong="all_weights_but_no_shift" exercise="identity_weights" of="convolutions_only" says="but a shift is not"
# -         new[name] = torch.zeros_like(tensor) if tensor.dim() == 4 else tensor.clone()
# +         new[name] = torch.zeros_like(tensor) if name.endswith("weight") else tensor.clone()
# %% wrong="convolutions_and_shifts" exercise="identity_weights" of="all_weights_but_no_shift" says="in evaluation mode a batch norm subtracts its running mean"
# -         new[name] = torch.zeros_like(tensor) if name.endswith("weight") else tensor.clone()
# +         zero = tensor.dim() == 4 or name.endswith("bias")
# +         new[name] = torch.zeros_like(tensor) if zero else tensor.clone()

# %% wrong="last_layer_of_the_dict" exercise="identity_weights" says="by name or by position in the dict"
def identity_weights(state_dict):
    new = {name: tensor.clone() for name, tensor in state_dict.items()}
    last = list(state_dict)[-1].rpartition(".")[0]
    for name in new:
        if name.startswith(last) and name.endswith(("weight", "bias")):
            new[name] = torch.zeros_like(new[name])
    return new


# %% wrong="by_the_name_of_the_second_norm" exercise="identity_weights" of="all_weights_but_no_shift" says="names and positions tell nothing"
# -         new[name] = torch.zeros_like(tensor) if name.endswith("weight") else tensor.clone()
# +         last = "bn2" in name or "norm2" in name or "conv2" in name
# +         new[name] = torch.zeros_like(tensor) if last else tensor.clone()

# %% wrong="changed_in_place" exercise="identity_weights" says="the state dict that was given stays as it is"
def identity_weights(state_dict):
    new = dict(state_dict)
    for name, tensor in state_dict.items():
        new[name].zero_()
    return new


# %% wrong="dirac_kernels" exercise="identity_weights" of="all_weights_but_no_shift" says="is not 0"
# -         new[name] = torch.zeros_like(tensor) if name.endswith("weight") else tensor.clone()
# +         new[name] = torch.zeros_like(tensor)
# +         if tensor.dim() == 4:
# +             nn.init.dirac_(new[name])
# +         elif name.endswith(("weight", "running_var")):
# +             new[name] = torch.ones_like(tensor)
# %% wrong="parameters_only" exercise="identity_weights" of="convolutions_only" says="buffers have to be there as well"
# -         new[name] = torch.zeros_like(tensor) if tensor.dim() == 4 else tensor.clone()
# +         if name.endswith(("weight", "bias")):
# +             new[name] = torch.zeros_like(tensor)
# %% wrong="small_numbers" exercise="identity_weights" of="convolutions_only" says="which should be its input"
# -         new[name] = torch.zeros_like(tensor) if tensor.dim() == 4 else tensor.clone()
# +         new[name] = torch.zeros_like(tensor) if "num" in name else tensor * 1e-8
# %% wrong="statistics_reset" exercise="identity_weights" of="parameters_only" says="but a shift is not"
# -         if name.endswith(("weight", "bias")):
# +         new[name] = tensor.clone()
# +         if tensor.dim() == 4 or name.endswith("running_mean"):
# %% wrong="nothing_returned" exercise="identity_weights" of="small_numbers" says="there is no return statement"
# -         new[name] = torch.zeros_like(tensor) if "num" in name else tensor * 1e-8
# -     return new
# +         new[name] = torch.zeros_like(tensor)
# %% wrong="vectors_only" exercise="identity_weights" of="small_numbers" says="what comes last in the path is not 0"
# -         new[name] = torch.zeros_like(tensor) if "num" in name else tensor * 1e-8
# +         new[name] = torch.zeros_like(tensor) if tensor.dim() == 1 else tensor.clone()
# %% wrong="last_two_layers_of_the_dict" exercise="identity_weights" says="by name or by position in the dict"
# -     statistics = ("running_mean", "running_var", "num_batches_tracked")
# +     layers = list(dict.fromkeys(name.rpartition(".")[0] for name in state_dict))
# +     last = [f"{layer}.{kind}" for layer in layers[-2:] for kind in ("weight", "bias")]
#
# -         name: tensor.clone() if name.endswith(statistics) else torch.zeros_like(tensor)
# +         name: torch.zeros_like(tensor) if name in last else tensor.clone()
# %% wrong="shapes_lost" exercise="identity_weights" of="everything_zero" says="each tensor keeps its shape"
# -     return {name: torch.zeros(tensor.shape) for name, tensor in state_dict.items()}
# +     return {name: torch.tensor(0.0) for name in state_dict}
# %% wrong="written_into_the_argument" exercise="identity_weights" of="changed_in_place" says="entries were written into the state dict"
# -     new = dict(state_dict)
# +     new = state_dict
#
# -         new[name].zero_()
# +         new[name] = tensor * 0
# %% wrong="nan" exercise="identity_weights" of="parameters_only" says="there is NaN among the new tensors"
# -         if name.endswith(("weight", "bias")):
# -             new[name] = torch.zeros_like(tensor)
# +         new[name] = tensor.clone() if "num" in name else torch.zeros_like(tensor) / 0
# %% wrong="names_cut" exercise="identity_weights" of="nothing_returned" says="the names are cut"
# -         new[name] = torch.zeros_like(tensor)
# +         new[name.split(".")[-1]] = torch.zeros_like(tensor)
# +     return new
# %% wrong="return_in_the_loop" exercise="identity_weights" of="nothing_returned" says="a return inside the loop would end it early"
# -         new[name] = torch.zeros_like(tensor)
# +         new[name] = torch.zeros_like(tensor)
# +         return new
# %% wrong="only_what_changes" exercise="identity_weights" of="parameters_only" says="tensors are missing"
# -         if name.endswith(("weight", "bias")):
# +         if name.endswith("weight"):
# %% wrong="tiny_numbers" exercise="identity_weights" of="small_numbers" says="small numbers are not 0"
# -         new[name] = torch.zeros_like(tensor) if "num" in name else tensor * 1e-8
# +         parameter = name.endswith(("weight", "bias"))
# +         new[name] = torch.full_like(tensor, 1e-12) if parameter else tensor.clone()
# %% wrong="scales_kept" exercise="identity_weights" of="convolutions_only" says="the scale of a norm that comes last is not 0"
# -         new[name] = torch.zeros_like(tensor) if tensor.dim() == 4 else tensor.clone()
# +         scale = tensor.dim() == 1 and name.endswith("weight")
# +         new[name] = tensor.clone() if scale else torch.zeros_like(tensor)
# %% wrong="numbers" exercise="identity_weights" of="everything_zero" says="where a tensor belongs"
# -     return {name: torch.zeros(tensor.shape) for name, tensor in state_dict.items()}
# +     return {name: 0.0 for name in state_dict}

# %% right="statistics_kept" exercise="identity_weights" of="everything_zero"
# -     return {name: torch.zeros(tensor.shape) for name, tensor in state_dict.items()}
# +     keep = ("running_mean", "running_var", "num_batches_tracked")
# +     return {
# +         name: t.clone() if name.split(".")[-1] in keep else t * 0 for name, t in state_dict.items()
# +     }

# %% right="deep_copy" exercise="identity_weights"
from copy import deepcopy


def identity_weights(state_dict):
    weights = deepcopy(state_dict)
    for name in weights:
        if name.endswith("weight") or name.endswith("bias"):
            weights[name].zero_()
    return weights


# %% right="other_functions" exercise="identity_weights"
def identity_weights(state_dict):
    result = dict(state_dict)
    for name, tensor in state_dict.items():
        if tensor.is_floating_point() and "running" not in name:
            result[name] = torch.zeros(tensor.shape, dtype=tensor.dtype, device=tensor.device)
    return result


# %% right="everything_zero" exercise="identity_weights"
def identity_weights(state_dict):
    return {name: torch.zeros(tensor.shape) for name, tensor in state_dict.items()}
