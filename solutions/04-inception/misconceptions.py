# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. Each cell replaces the exercise's cell.


# %% misconception="copied_from_the_slide" exercise="stem_table" says="this is the slide's 3316"
def stem_table():
    rows = [
        ("conv1", 64, 112, 3316, 9_472, 118_013_952),
        ("pool1", 64, 56, 784, 0, 0),
        ("conv2_reduce", 64, 56, 784, 4_160, 12_845_056),
        ("conv2", 192, 56, 2352, 110_784, 346_816_512),
        ("pool2", 192, 28, 588, 0, 0),
    ]
    return [dict(zip(("name", "out_channels", "out_size", "kib", "params", "macs"), row)) for row in rows]


# %% misconception="padding_left_out" exercise="stem_table" says="the padding is missing"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="padding_counted_once" exercise="stem_table" says="or the padding is counted once"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="plus_one_forgotten" exercise="stem_table" says="the + 1 is missing"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="rounded_up" exercise="stem_table" says="sizes round down"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = -((size + 2 * p - k) // -s) + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="size_left_as_a_float" exercise="stem_table" says="sizes round down"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) / s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="always_from_224" exercise="stem_table" says="the size was not carried along"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (224 + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="pools_without_a_row" exercise="stem_table" says="pools have a row, too"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
            continue
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="pools_without_memory" exercise="stem_table" says="pools have outputs as well"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024 if layer["type"] == "conv" else 0,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="kilobytes_of_1000" exercise="stem_table" says="1 KiB is 1024 bytes"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1000,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="numbers_not_bytes" exercise="stem_table" says="each takes 4 bytes"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="bytes_not_kib" exercise="stem_table" says="these are bytes or MiB"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="memory_of_the_input" exercise="stem_table" says="memory of the layer's input"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        kib = channels * size**2 * 4 / 1024
        size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        filters = layer.get("filters", 0)
        weights = filters * channels * layer["kernel"] ** 2
        channels = filters or channels
        row = {"name": layer["name"], "out_channels": channels, "out_size": size, "kib": kib}
        rows.append(row | {"params": weights + filters, "macs": weights * size**2})
    return rows


# %% misconception="stem_without_biases" exercise="stem_table" says="the biases are missing"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="stem_kernel_not_squared" exercise="stem_table" says="a kernel has K * K weights"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="one_weight_per_filter_and_pixel" exercise="stem_table" says="reads all channels that come in"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="channels_not_carried_along" exercise="stem_table" says="the channels that come in were not carried along" keeps=1
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * 3 * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="channels_updated_too_early" exercise="stem_table" says="were overwritten before the weights"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            channels = layer["filters"]
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="pools_with_weights" exercise="stem_table" says="a pool has no parameters"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = channels * k**2
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="stem_flop_for_mac" exercise="stem_table" says="a MAC is both"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": 2 * weights * size**2,
            }
        )
    return rows


# %% misconception="biases_among_the_macs" exercise="stem_table" says="the biases were counted too"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": params * size**2,
            }
        )
    return rows


# %% misconception="macs_at_the_input" exercise="stem_table" says="work is done where results appear"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        before = size
        size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        filters = layer.get("filters", 0)
        weights = filters * channels * layer["kernel"] ** 2
        channels = filters or channels
        row = {"name": layer["name"], "out_channels": channels, "out_size": size, "kib": channels * size**2 / 256}
        rows.append(row | {"params": weights + filters, "macs": weights * before**2})
    return rows


# %% misconception="comparisons_of_pools" exercise="stem_table" says="a pool's comparisons are not multiply-adds"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2 if layer["type"] == "conv" else channels * size**2 * k**2,
            }
        )
    return rows


# %% misconception="macs_in_millions" exercise="stem_table" says="these are millions"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2 / 1e6,
            }
        )
    return rows


# %% misconception="one_list_for_all_calls" exercise="stem_table" says="the rows of an earlier call are still there" keeps=1
ROWS = []


def stem_table():
    channels, size = 3, 224
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        ROWS.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return ROWS


# %% misconception="other_names_for_the_columns" exercise="stem_table" says="has the key 'out_channels'"
def stem_table():
    channels, size, rows = 3, 224, []
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows.append(
            {
                "name": layer["name"],
                "channels": channels,
                "out_size": size,
                "memory": channels * size**2 * 4 / 1024,
                "params": params,
                "macs": weights * size**2,
            }
        )
    return rows


# %% misconception="table_as_a_dict" exercise="stem_table" says="the result is a list of dicts"
def stem_table():
    channels, size, rows = 3, 224, {}
    for layer in STEM:
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        size = (size + 2 * p - k) // s + 1
        if layer["type"] == "conv":
            weights = layer["filters"] * channels * k**2
            params = weights + layer["filters"]
            channels = layer["filters"]
        else:
            weights = params = 0
        rows[layer["name"]] = {
            "out_channels": channels,
            "out_size": size,
            "kib": channels * size**2 * 4 / 1024,
            "params": params,
            "macs": weights * size**2,
        }
    return rows


# %% variant="by_hand" exercise="stem_table"
def stem_table():
    def row(name, out_channels, out_size, weights, biases):
        kib = out_channels * out_size * out_size * 4 / 1024
        macs = weights * out_size * out_size
        return dict(
            name=name, out_channels=out_channels, out_size=out_size, kib=kib, params=weights + biases, macs=macs
        )

    return [
        row("conv1", 64, 112, 64 * 3 * 7 * 7, 64),
        row("pool1", 64, 56, 0, 0),
        row("conv2_reduce", 64, 56, 64 * 64, 64),
        row("conv2", 192, 56, 192 * 64 * 9, 192),
        row("pool2", 192, 28, 0, 0),
    ]


# %% variant="general_table_of_chapter_2" exercise="stem_table"
def table_of(layers, shape):
    c, h, w = shape
    for layer in layers:
        h, w = [(n + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1 for n in (h, w)]
        weights, biases = 0, 0
        if layer["type"] == "conv":
            weights, biases, c = layer["filters"] * c * layer["kernel"] ** 2, layer["filters"], layer["filters"]
        bytes_ = 4 * c * h * w
        yield {
            "name": layer["name"],
            "type": layer["type"],
            "out_channels": c,
            "out_size": h,
            "kib": bytes_ / 1024,
            "params": weights + biases,
            "macs": weights * h * w,
        }


def stem_table():
    return list(table_of(STEM, (3, 224, 224)))


# %% variant="real_layers_on_meta" exercise="stem_table"
def stem_table():
    x, rows = torch.empty(1, 3, 224, 224, device="meta"), []
    for layer in STEM:
        window = layer["kernel"], layer["stride"], layer["padding"]
        conv = layer["type"] == "conv"
        module = nn.Conv2d(x.shape[1], layer["filters"], *window, device="meta") if conv else nn.MaxPool2d(*window)
        x = module(x)
        weights = module.weight.numel() if conv else 0
        rows.append(
            {
                "name": layer["name"],
                "out_channels": x.size(1),
                "out_size": x.size(2),
                "kib": x.numel() * x.element_size() / 1024,
                "params": sum(p.numel() for p in module.parameters()),
                "macs": weights * x.size(2) * x.size(3),
            }
        )
    return tuple(rows)


# %% misconception="pool_branch_first" exercise="Inception" says="in the order pool, 1 x 1, 3 x 3, 5 x 5"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y4, y1, y2, y3], dim=1)


# %% misconception="largest_kernel_first" exercise="Inception" says="in the order 5 x 5, 3 x 3, 1 x 1, pool"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y3, y2, y1, y4], dim=1)


# %% misconception="three_and_five_swapped" exercise="Inception" says="in the order 1 x 1, 5 x 5, 3 x 3, pool"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y3, y2, y4], dim=1)


# %% misconception="concatenated_along_the_batch" exercise="Inception" says="along another axis than the channels"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=0)


# %% misconception="concatenated_along_the_width" exercise="Inception" says="along another axis than the channels"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=-1)


# %% misconception="cat_without_dim" exercise="Inception" says="along another axis than the channels"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4])


# %% misconception="branches_summed" exercise="Inception" says="a layer reads other maps"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return y1 + y2 + y3 + y4


# %% misconception="pool_without_projection" exercise="Inception" says="the pool branch has no projection"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = self.pool(x)
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="projection_before_the_pool" exercise="Inception" says="the projection stands before the pool"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = self.pool(F.relu(self.b4(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="pool_left_out" exercise="Inception" says="the fourth branch has no pool"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(x))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="stride_of_the_pool_is_its_window" exercise="Inception" says="the pool has a stride"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="pool_halves_the_maps" exercise="Inception" says="the pool has a stride"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="average_in_the_pool_branch" exercise="Inception" says="the pool takes the average"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.AvgPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="zeros_around_the_pool" exercise="Inception" says="padded with zeros"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 1)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="pool_of_five" exercise="Inception" says="the pool's window is 5 x 5"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="no_relu_at_all" exercise="Inception" says="there is no ReLU"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = self.b1(x)
        y2 = self.b2b(self.b2a(x))
        y3 = self.b3b(self.b3a(x))
        y4 = self.b4(self.pool(x))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="relu_once_at_the_end" exercise="Inception" says="ReLU is missing behind the two reductions"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = self.b1(x)
        y2 = self.b2b(self.b2a(x))
        y3 = self.b3b(self.b3a(x))
        y4 = self.b4(self.pool(x))
        return F.relu(torch.cat([y1, y2, y3, y4], dim=1))


# %% misconception="relu_inside_only" exercise="Inception" says="ReLU stands behind the reductions only"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = self.b1(x)
        y2 = self.b2b(F.relu(self.b2a(x)))
        y3 = self.b3b(F.relu(self.b3a(x)))
        y4 = self.b4(self.pool(x))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="no_relu_behind_the_projection" exercise="Inception" says="ReLU is missing behind the pool's projection"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = self.b4(self.pool(x))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="no_relu_behind_one_reduction" exercise="Inception" says="ReLU is missing behind the reduction of the 5 x 5"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(self.b3a(x)))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="three_for_five_as_in_torchvision" exercise="Inception" says="so has torchvision's, by mistake"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="five_without_padding" exercise="Inception" says="a padding is missing"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="five_padded_by_one" exercise="Inception" says="a padding is missing"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=1)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="naive_module" exercise="Inception" says="this is the naive module"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2 = nn.Conv2d(in_channels, c2[1], 3, padding=1)
        self.b3 = nn.Conv2d(in_channels, c3[1], 5, padding=2)

    def forward(self, x):
        convs = [F.relu(conv(x)) for conv in (self.b1, self.b2, self.b3)]
        return torch.cat([*convs, F.max_pool2d(x, 3, stride=1, padding=1)], dim=1)


# %% misconception="reductions_left_out" exercise="Inception" says="the reductions are missing"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2 = nn.Conv2d(in_channels, c2[1], 3, padding=1)
        self.b3 = nn.Conv2d(in_channels, c3[1], 5, padding=2)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, stride=1, padding=1)
        return F.relu(torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(pooled)], dim=1))


# %% misconception="pairs_the_wrong_way_round" exercise="Inception" says="pairs (reduce, out), the reduction first"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[1], 1)
        self.b2b = nn.Conv2d(c2[1], c2[0], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[1], 1)
        self.b3b = nn.Conv2d(c3[1], c3[0], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="c2_and_c3_swapped" exercise="Inception" says="c2 belongs to the 3 x 3 branch"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        c2, c3 = c3, c2
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="one_reduction_for_both" exercise="Inception" says="share one reduction"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3b = nn.Conv2d(c2[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b2a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="numbers_of_module_3a" exercise="Inception" says="those of module 3a"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        in_channels, c1, c2, c3, c4 = 192, 64, (96, 128), (16, 32), 32
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="convolutions_without_bias" exercise="Inception" says="there are no biases"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1, bias=False)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1, bias=False)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1, bias=False)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1, bias=False)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2, bias=False)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1, bias=False)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="batch_norm_added" exercise="Inception" says="there is batch norm"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()

        def conv(i, o, k):
            return [nn.Conv2d(i, o, k, padding=k // 2), nn.BatchNorm2d(o), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(in_channels, c1, 1))
        self.b2 = nn.Sequential(*conv(in_channels, c2[0], 1), *conv(c2[0], c2[1], 3))
        self.b3 = nn.Sequential(*conv(in_channels, c3[0], 1), *conv(c3[0], c3[1], 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(in_channels, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


# %% misconception="batch_norm_for_biases_as_in_torchvision" exercise="Inception" says="there is batch norm"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()

        def conv(i, o, k):
            return [nn.Conv2d(i, o, k, padding=k // 2, bias=False), nn.BatchNorm2d(o, eps=0.001), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(in_channels, c1, 1))
        self.b2 = nn.Sequential(*conv(in_channels, c2[0], 1), *conv(c2[0], c2[1], 3))
        self.b3 = nn.Sequential(*conv(in_channels, c3[0], 1), *conv(c3[0], c3[1], 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(in_channels, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


# %% misconception="batch_norm_without_parameters" exercise="Inception" says="there is batch norm"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.norm = nn.BatchNorm2d(c1 + c2[1] + c3[1] + c4, affine=False)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return self.norm(torch.cat([y1, y2, y3, y4], dim=1))


# %% misconception="branches_one_after_the_other" exercise="Inception" says="a layer reads other maps"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(y1))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="x_overwritten_on_the_way" exercise="Inception" says="a layer reads other maps"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.one = nn.Conv2d(in_channels, c1, 1)
        self.reduce3, self.three = nn.Conv2d(in_channels, c2[0], 1), nn.Conv2d(*c2, 3, padding=1)
        self.reduce5, self.five = nn.Conv2d(in_channels, c3[0], 1), nn.Conv2d(*c3, 5, padding=2)
        self.project = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        a = F.relu(self.one(x))
        x = F.relu(self.reduce3(x))
        b = F.relu(self.three(x))
        x = F.relu(self.reduce5(x))
        c = F.relu(self.five(x))
        x = F.max_pool2d(x, 3, 1, 1)
        d = F.relu(self.project(x))
        return torch.cat((a, b, c, d), 1)


# %% misconception="branches_in_a_plain_list" exercise="Inception" says="stand in a plain list"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.branches = [
            nn.Sequential(nn.Conv2d(in_channels, c1, 1), nn.ReLU()),
            nn.Sequential(nn.Conv2d(in_channels, c2[0], 1), nn.ReLU(), nn.Conv2d(*c2, 3, padding=1), nn.ReLU()),
            nn.Sequential(nn.Conv2d(in_channels, c3[0], 1), nn.ReLU(), nn.Conv2d(*c3, 5, padding=2), nn.ReLU()),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(in_channels, c4, 1), nn.ReLU()),
        ]

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


# %% misconception="relu_in_place_on_the_input" exercise="Inception" says="x stays as it is"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        x = F.relu(x, inplace=True)
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="one_branch_detached" exercise="Inception" says="something was detached on the way"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x)).detach()))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="dropout_that_never_rests" exercise="Inception" says="F.dropout needs training=self.training"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return F.dropout(torch.cat([y1, y2, y3, y4], dim=1), 0.4)


# %% misconception="residual_out_of_habit" exercise="Inception" says="the input is added at the end" keeps=3
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        y = torch.cat([y1, y2, y3, y4], dim=1)
        return y + x if y.shape == x.shape else y


# %% misconception="two_threes_for_the_five" exercise="Inception" says="two 3 x 3 stand in place of the 5 x 5"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Sequential(
            nn.Conv2d(c3[0], c3[1], 3, padding=1), nn.ReLU(), nn.Conv2d(c3[1], c3[1], 3, padding=1)
        )
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% misconception="another_order_in_training" exercise="Inception" says="in the order 1 x 1, 3 x 3, pool, 5 x 5" keeps=3
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y4, y3] if self.training else [y1, y2, y3, y4], dim=1)


# %% misconception="activations_capped" exercise="Inception" says="a ReLU6 stops at 6" keeps=3
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.b1 = nn.Conv2d(in_channels, c1, 1)
        self.b2a = nn.Conv2d(in_channels, c2[0], 1)
        self.b2b = nn.Conv2d(c2[0], c2[1], 3, padding=1)
        self.b3a = nn.Conv2d(in_channels, c3[0], 1)
        self.b3b = nn.Conv2d(c3[0], c3[1], 5, padding=2)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.b4 = nn.Conv2d(in_channels, c4, 1)

    def forward(self, x):
        y1 = F.relu6(self.b1(x))
        y2 = F.relu(self.b2b(F.relu(self.b2a(x))))
        y3 = F.relu(self.b3b(F.relu(self.b3a(x))))
        y4 = F.relu(self.b4(self.pool(x)))
        return torch.cat([y1, y2, y3, y4], dim=1)


# %% variant="functional_and_out_of_order" exercise="Inception"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.project = nn.Conv2d(in_channels, c4, kernel_size=1)
        self.five = nn.Conv2d(c3[0], c3[1], kernel_size=5, padding="same")
        self.three = nn.Conv2d(c2[0], c2[1], kernel_size=3, padding="same")
        self.reduce_five = nn.Conv2d(in_channels, c3[0], kernel_size=1)
        self.reduce_three = nn.Conv2d(in_channels, c2[0], kernel_size=1)
        self.one = nn.Conv2d(in_channels, c1, kernel_size=1)

    def forward(self, x):
        three = self.three(self.reduce_three(x).relu())
        five = self.five(self.reduce_five(x).clamp(min=0))
        pool = self.project(F.max_pool2d(x, 3, stride=1, padding=1))
        return torch.cat((self.one(x), three, five, pool), dim=-3).relu()


# %% variant="dict_of_branches" exercise="Inception"
class ConvReLU(nn.Sequential):
    def __init__(self, inputs, outputs, kernel):
        super().__init__(nn.Conv2d(inputs, outputs, kernel, 1, (kernel - 1) // 2), nn.ReLU(inplace=True))


class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.paths = nn.ModuleDict()
        self.paths["pool"] = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1), ConvReLU(in_channels, c4, 1)
        )
        for kernel, (reduce, out) in {5: c3, 3: c2}.items():
            self.paths[str(kernel)] = nn.Sequential(ConvReLU(in_channels, reduce, 1), ConvReLU(reduce, out, kernel))
        self.paths["1"] = ConvReLU(in_channels, c1, 1)

    def forward(self, x):
        return torch.concat([self.paths[name](x) for name in ("1", "3", "5", "pool")], axis=1)


# %% variant="ones_as_linear_layers_over_channels" exercise="Inception"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.ones = nn.ModuleList(nn.Conv2d(in_channels, c, 1) for c in (c1, c2[0], c3[0], c4))
        self.wide = nn.ModuleList([nn.Conv2d(*c2, 3, padding=1), nn.Conv2d(*c3, 5, padding=2)])

    @staticmethod
    def mixed(conv, x):
        y = torch.einsum("oc,nchw->nohw", conv.weight.flatten(1), x)
        return F.relu(y + conv.bias[:, None, None])

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, 1, 1)
        one, to_three, to_five, project = (self.mixed(c, y) for c, y in zip(self.ones, (x, x, x, pooled)))
        parts = [one, F.relu(self.wide[0](to_three)), F.relu(self.wide[1](to_five)), project]
        n, _, h, w = x.shape
        y = x.new_empty(n, sum(part.shape[1] for part in parts), h, w)
        start = 0
        for part in parts:
            y[:, start : start + part.shape[1]] = part
            start += part.shape[1]
        return y


# %% variant="registered_twice" exercise="Inception"
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        self.branch1 = nn.Sequential(nn.Conv2d(in_channels, c1, 1), nn.ReLU())
        self.branch2 = nn.Sequential(
            nn.Conv2d(in_channels, c2[0], 1), nn.ReLU(), nn.Conv2d(c2[0], c2[1], 3, padding=1), nn.ReLU()
        )
        self.branch3 = nn.Sequential(
            nn.Conv2d(in_channels, c3[0], 1), nn.ReLU(), nn.Conv2d(c3[0], c3[1], 5, padding=2), nn.ReLU()
        )
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(in_channels, c4, 1), nn.ReLU())
        self.all = nn.ModuleList([self.branch1, self.branch2, self.branch3, self.branch4])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.all], 1)


# %% misconception="projection_kept" exercise="inception_macs" says="the pool's projection goes as well"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1] + c4)
    return weights * size**2


# %% misconception="bottleneck_not_heeded" exercise="inception_macs" says="bottleneck=False is not heeded"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    bottleneck = True
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2


# %% misconception="naive_keeps_what_it_reads" exercise="inception_macs" says="read all channels of the input"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * c1 + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    return weights * size**2


# %% misconception="naive_puts_out_the_reductions" exercise="inception_macs" says="keep their output channels"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[0] + 25 * c3[0])
    return weights * size**2


# %% misconception="naive_without_the_one_by_one" exercise="inception_macs" says="the 1 x 1 branch is no bottleneck"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (9 * c2[1] + 25 * c3[1])
    return weights * size**2


# %% misconception="reductions_not_counted" exercise="inception_macs" says="the reductions are missing"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2


# %% misconception="projection_not_counted" exercise="inception_macs" says="the pool's projection is missing"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0]) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2


# %% misconception="wide_kernels_read_the_input" exercise="inception_macs" says="read c2[0] and c3[0] channels"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * in_channels * c2[1] + 25 * in_channels * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2


# %% misconception="pairs_swapped" exercise="inception_macs" says="pairs (reduce, out)"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[1] + c3[1] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2


# %% misconception="kernels_swapped" exercise="inception_macs" says="c2 goes with the 3 x 3"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 25 * c2[0] * c2[1] + 9 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 25 * c2[1] + 9 * c3[1])
    return weights * size**2


# %% misconception="third_kernel_of_three" exercise="inception_macs" says="the third branch's kernel is 5 x 5"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 9 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 9 * c3[1])
    return weights * size**2


# %% misconception="kernels_not_squared" exercise="inception_macs" says="a kernel has K * K weights"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 3 * c2[0] * c2[1] + 5 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 3 * c2[1] + 5 * c3[1])
    return weights * size**2


# %% misconception="operations_for_macs" exercise="inception_macs" says="a MAC is both"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return 2 * weights * size**2


# %% misconception="places_left_out" exercise="inception_macs" says="the places are missing"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights


# %% misconception="one_side_of_the_maps" exercise="inception_macs" says="there are size * size places"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size


# %% misconception="biases_counted_as_macs" exercise="inception_macs" says="biases cost no multiply-adds"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        convs = [
            (in_channels, c1, 1),
            (in_channels, c2[0], 1),
            (*c2, 3),
            (in_channels, c3[0], 1),
            (*c3, 5),
            (in_channels, c4, 1),
        ]
    else:
        convs = [(in_channels, c1, 1), (in_channels, c2[1], 3), (in_channels, c3[1], 5)]
    return sum((i * k * k + 1) * o for i, o, k in convs) * size**2


# %% misconception="comparisons_of_the_pool" exercise="inception_macs" says="the pool's comparisons are no multiply-adds"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return (weights + 9 * in_channels) * size**2


# %% misconception="maps_shrink" exercise="inception_macs" says="the maps keep their size"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        convs = [
            (in_channels, c1, 1),
            (in_channels, c2[0], 1),
            (*c2, 3),
            (in_channels, c3[0], 1),
            (*c3, 5),
            (in_channels, c4, 1),
        ]
    else:
        convs = [(in_channels, c1, 1), (in_channels, c2[1], 3), (in_channels, c3[1], 5)]
    return sum(i * o * k * k * (size - k + 1) ** 2 for i, o, k in convs)


# %% misconception="naive_by_default" exercise="inception_macs" says="the default is bottleneck=True"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=False):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights * size**2


# %% misconception="both_as_a_pair" exercise="inception_macs" says="several values are returned"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    lean = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    naive = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return lean * size**2, naive * size**2


# %% misconception="a_ratio_and_a_float" exercise="inception_macs" says="a count is a whole number"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    if bottleneck:
        weights = in_channels * (c1 + c2[0] + c3[0] + c4) + 9 * c2[0] * c2[1] + 25 * c3[0] * c3[1]
    else:
        weights = in_channels * (c1 + 9 * c2[1] + 25 * c3[1])
    return weights / 1.0 * size**2


# %% variant="list_of_convolutions" exercise="inception_macs"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    def conv(inputs, outputs, kernel):
        return inputs * outputs * kernel * kernel * size * size

    def branch(kernel, reduce, out):
        if not bottleneck:
            return conv(in_channels, out, kernel)
        return conv(in_channels, reduce, 1) + conv(reduce, out, kernel)

    total = conv(in_channels, c1, 1) + branch(3, *c2) + branch(5, *c3)
    return total + (conv(in_channels, c4, 1) if bottleneck else 0)


# %% variant="asks_real_layers" exercise="inception_macs"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    c = in_channels
    shapes = [(c1, c, 1, 1)]
    if bottleneck:
        shapes += [(c2[0], c, 1, 1), (c2[1], c2[0], 3, 3), (c3[0], c, 1, 1), (c3[1], c3[0], 5, 5), (c4, c, 1, 1)]
    else:
        shapes += [(c2[1], c, 3, 3), (c3[1], c, 5, 5)]
    return size**2 * sum(torch.Size(shape).numel() for shape in shapes)


# %% variant="measures_modules" exercise="inception_macs"
def inception_macs(in_channels, size, c1, c2, c3, c4, bottleneck=True):
    def macs(*channels_and_kernels):
        layers, inputs = [], in_channels
        for outputs, kernel in channels_and_kernels:
            layers.append(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2))
            inputs = outputs
        rows = measure(nn.Sequential(*layers).to("meta"), (in_channels, size, size))
        return sum(row.macs for row in rows)

    if bottleneck:
        return macs((c1, 1)) + macs((c2[0], 1), (c2[1], 3)) + macs((c3[0], 1), (c3[1], 5)) + macs((c4, 1))
    return macs((c1, 1)) + macs((c2[1], 3)) + macs((c3[1], 5))


# %% misconception="axes_kept" exercise="global_average_pool" says="axes of size 1 are left over"
def global_average_pool(x):
    return x.mean(dim=(2, 3), keepdim=True)


# %% misconception="adaptive_pool_not_flattened" exercise="global_average_pool" says="axes of size 1 are left over"
def global_average_pool(x):
    return F.adaptive_avg_pool2d(x, 1)


# %% misconception="squeezed_too_much" exercise="global_average_pool" says="squeeze() took the batch axis away"
def global_average_pool(x):
    return F.adaptive_avg_pool2d(x, 1).squeeze()


# %% misconception="sum_for_mean" exercise="global_average_pool" says="the sum was taken"
def global_average_pool(x):
    return x.sum(dim=(2, 3))


# %% misconception="median_for_mean" exercise="global_average_pool" says="the median was taken"
def global_average_pool(x):
    return x.flatten(2).median(dim=2).values


# %% misconception="maximum_for_mean" exercise="global_average_pool" says="the maximum was taken"
def global_average_pool(x):
    return x.amax(dim=(2, 3))


# %% misconception="divided_by_the_height_squared" exercise="global_average_pool" says="taken to be square"
def global_average_pool(x):
    return x.sum(dim=(2, 3)) / x.shape[2] ** 2


# %% misconception="divided_by_the_width_squared" exercise="global_average_pool" says="taken to be square"
def global_average_pool(x):
    return x.sum(dim=(2, 3)) / x.shape[3] ** 2


# %% misconception="mean_over_channels" exercise="global_average_pool" says="the mean was taken over channels"
def global_average_pool(x):
    return x.mean(dim=1)


# %% misconception="one_axis_only" exercise="global_average_pool" says="one axis is left"
def global_average_pool(x):
    return x.mean(dim=3)


# %% misconception="rectified_first" exercise="global_average_pool" says="only zeros and positive numbers were averaged"
def global_average_pool(x):
    return F.relu(x).mean(dim=(2, 3))


# %% misconception="always_49_places" exercise="global_average_pool" says="4"
def global_average_pool(x):
    return x.sum(dim=(2, 3)) / 49


# %% misconception="flattened_without_averaging" exercise="global_average_pool" says="expected shape"
def global_average_pool(x):
    return x.flatten(1)


# %% misconception="detached_mean" exercise="global_average_pool" says="gradients flow through the pool" keeps=1
def global_average_pool(x):
    return x.detach().mean(dim=(2, 3))


# %% misconception="numpy_mean" exercise="global_average_pool" says="NumPy"
def global_average_pool(x):
    return x.detach().numpy().mean(axis=(2, 3))


# %% misconception="x_divided_in_place" exercise="global_average_pool" says="x stays as it is" keeps=1
def global_average_pool(x):
    x /= x.shape[2] * x.shape[3]
    return x.sum(dim=(2, 3))


# %% misconception="mean_over_the_images_too" exercise="global_average_pool" says="or the mean was taken over it"
def global_average_pool(x):
    return x.mean(dim=(0, 2, 3))


# %% misconception="list_of_means" exercise="global_average_pool" says="made a list of it"
def global_average_pool(x):
    return x.mean(dim=(2, 3)).tolist()


# %% variant="torch_layer" exercise="global_average_pool"
def global_average_pool(x):
    return nn.AdaptiveAvgPool2d(1)(x).flatten(1)


# %% variant="einsum_over_places" exercise="global_average_pool"
def global_average_pool(x):
    return torch.einsum("nchw->nc", x) / (x.size(-1) * x.size(-2))


# %% variant="average_pool_of_full_size" exercise="global_average_pool"
def global_average_pool(x):
    return F.avg_pool2d(x, x.shape[2:])[:, :, 0, 0]


# %% variant="reshaped_to_rows" exercise="global_average_pool"
def global_average_pool(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h * w).mean(-1)


# %% misconception="heads_without_biases" exercise="head_params" says="the biases are missing"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes
    if kind == "fc":
        return channels * size**2 * 4096 + 4096 * 4096 + 4096 * num_classes
    raise ValueError("no such head")


# %% misconception="flatten_forgets_the_places" exercise="head_params" says="flatten makes channels * size * size numbers"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes + num_classes
    if kind == "fc":
        return channels * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * num_classes + num_classes
    raise ValueError("no such head")


# %% misconception="flatten_forgets_one_side" exercise="head_params" says="flatten makes channels * size * size numbers"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes + num_classes
    if kind == "fc":
        return channels * size * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * num_classes + num_classes
    raise ValueError("no such head")


# %% misconception="one_hidden_layer" exercise="head_params" says="one of the layers with 4096 outputs is missing"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes + num_classes
    if kind == "fc":
        return channels * size**2 * 4096 + 4096 + 4096 * num_classes + num_classes
    raise ValueError("no such head")


# %% misconception="pooled_head_reads_all_places" exercise="head_params" says="pooling leaves one number per channel"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * size**2 * num_classes + num_classes
    if kind == "fc":
        numbers = channels * size * size
        total = numbers * 4096 + 4096
        total += 4096 * 4096 + 4096
        return total + 4096 * num_classes + num_classes
    raise ValueError("no such head")


# %% misconception="pool_with_parameters" exercise="head_params" says="the pool has no parameters"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes + num_classes + channels + 1024 - channels
    if kind == "fc":
        numbers = channels * size * size
        total = numbers * 4096 + 4096
        total += 4096 * 4096 + 4096
        return total + 4096 * num_classes + num_classes
    raise ValueError("no such head")


# %% misconception="bias_per_input" exercise="head_params" says="one bias per output"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes + channels
    if kind == "fc":
        numbers = channels * size * size
        total = numbers * 4096 + 4096
        total += 4096 * 4096 + 4096
        return total + 4096 * num_classes + num_classes
    raise ValueError("no such head")


# %% misconception="always_1000_classes" exercise="head_params" says="the number of classes is fixed" keeps=1
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * 1000 + 1000
    if kind == "fc":
        return channels * size**2 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 1000 + 1000
    raise ValueError("no such head")


# %% misconception="always_1024_channels" exercise="head_params" says="the number of channels is fixed" keeps=1
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return 1024 * num_classes + num_classes
    if kind == "fc":
        numbers = channels * size * size
        total = numbers * 4096 + 4096
        total += 4096 * 4096 + 4096
        return total + 4096 * num_classes + num_classes
    raise ValueError("no such head")


# %% misconception="anything_else_is_fc" exercise="head_params" says="should end in an error"
def head_params(kind, channels, size, num_classes):
    widths = [channels, num_classes] if kind == "gap" else [channels * size**2, 4096, 4096, num_classes]
    return sum((a + 1) * b for a, b in zip(widths, widths[1:]))


# %% misconception="none_for_another_kind" exercise="head_params" says="should end in an error"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes + num_classes
    if kind == "fc":
        numbers = channels * size * size
        total = numbers * 4096 + 4096
        total += 4096 * 4096 + 4096
        return total + 4096 * num_classes + num_classes
    return None


# %% misconception="macs_of_the_head" exercise="head_params" says="the biases are missing"
def head_params(kind, channels, size, num_classes):
    if kind == "gap":
        return channels * num_classes
    if kind == "fc":
        return 4096 * (channels * size**2 + 4096 + num_classes)
    raise ValueError("no such head")


# %% misconception="capitals_accepted" exercise="head_params" says="should end in an error" keeps=1
def head_params(kind, channels, size, num_classes):
    kind = kind.lower()
    if kind not in ("gap", "fc"):
        raise ValueError(kind)
    widths = [channels, num_classes] if kind == "gap" else [channels * size**2, 4096, 4096, num_classes]
    return sum((a + 1) * b for a, b in zip(widths, widths[1:]))


# %% variant="match_statement" exercise="head_params"
def head_params(kind, channels, size, num_classes):
    match kind:
        case "gap":
            return (channels + 1) * num_classes
        case "fc":
            return (channels * size**2 + 1) * 4096 + 4097 * 4096 + 4097 * num_classes
    raise ValueError(f"unknown head {kind}")


# %% variant="real_layers" exercise="head_params"
def head_params(kind, channels, size, num_classes):
    with torch.device("meta"):
        heads = {
            "gap": lambda: [nn.Linear(channels, num_classes)],
            "fc": lambda: [nn.Linear(channels * size**2, 4096), nn.Linear(4096, 4096), nn.Linear(4096, num_classes)],
        }
        if kind not in heads:
            raise ValueError(kind)
        return sum(parameter.numel() for layer in heads[kind]() for parameter in layer.parameters())


# %% variant="dict_of_widths" exercise="head_params"
def head_params(kind, channels, size, num_classes):
    widths = {"gap": [channels], "fc": [channels * size * size, 4096, 4096]}
    try:
        chain = widths[kind] + [num_classes]
    except KeyError:
        raise ValueError(f"no head named {kind!r}") from None
    total = 0
    for k in range(1, len(chain)):
        total += chain[k - 1] * chain[k] + chain[k]
    return total


# %% misconception="pool_steps_by_its_window" exercise="AuxiliaryHead" says="the average pool's stride is 3"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(512, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="window_of_three" exercise="AuxiliaryHead" says="the pool's windows are 3 wide"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(3, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="maximum_in_the_head" exercise="AuxiliaryHead" says="the pool takes the maximum"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.MaxPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="adaptive_as_in_torchvision" exercise="AuxiliaryHead" says="the pool adapts to 4 x 4"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="global_pool_in_the_head" exercise="AuxiliaryHead" says="this is global average pooling"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(128, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="pool_behind_the_convolution" exercise="AuxiliaryHead" says="the pool stands behind the convolution"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="head_without_relu" exercise="AuxiliaryHead" says="there is no ReLU"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = self.conv(self.pool(x))
        x = self.fc1(torch.flatten(x, 1))
        return self.fc2(x)


# %% misconception="no_relu_behind_the_heads_convolution" exercise="AuxiliaryHead" says="ReLU is missing behind the convolution"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = self.conv(self.pool(x))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="no_relu_behind_the_hidden_layer" exercise="AuxiliaryHead" says="ReLU is missing behind the hidden layer"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = self.fc1(torch.flatten(x, 1))
        return self.fc2(x)


# %% misconception="relu_behind_the_scores" exercise="AuxiliaryHead" says="there is a ReLU behind the last layer"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return F.relu(self.fc2(x))


# %% misconception="softmax_in_the_head" exercise="AuxiliaryHead" says="softmax belongs to the loss"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x).softmax(dim=1)


# %% misconception="hidden_layer_missing" exercise="AuxiliaryHead" says="the hidden layer with 1024 outputs is missing"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc = nn.Linear(2048, num_classes)

    def forward(self, x):
        return self.fc(F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1))


# %% misconception="convolution_missing" exercise="AuxiliaryHead" says="the convolution is missing"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.fc1 = nn.Linear(16 * in_channels, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(F.avg_pool2d(x, 5, 3).flatten(1))))


# %% misconception="three_by_three_convolution" exercise="AuxiliaryHead" says="the convolution is 1 x 1"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 3, padding=1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="always_512_channels" exercise="AuxiliaryHead" says="in_channels is fixed"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(512, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="always_1000_scores" exercise="AuxiliaryHead" says="num_classes is fixed"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, 1000)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="head_without_biases" exercise="AuxiliaryHead" says="there are no biases"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1, bias=False)
        self.fc1 = nn.Linear(2048, 1024, bias=False)
        self.fc2 = nn.Linear(1024, num_classes, bias=False)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="convolution_without_bias" exercise="AuxiliaryHead" says="the convolutions have no biases"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1, bias=False)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="batch_norm_in_the_head" exercise="AuxiliaryHead" says="there is batch norm"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.norm = nn.BatchNorm2d(128)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(self.pool(x))))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="batch_axis_flattened_too" exercise="AuxiliaryHead" says="the batch axis was flattened, too"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(x.flatten()))
        return self.fc2(x)


# %% misconception="dropout_without_a_mode" exercise="AuxiliaryHead" says="F.dropout needs training=self.training"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(F.dropout(x, 0.7))


# %% misconception="maps_detached" exercise="AuxiliaryHead" says="a gradient reaches the input" keeps=2
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x.detach())))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% misconception="dropout_behind_the_scores" exercise="AuxiliaryHead" says="a dropout stands behind the last layer" keeps=2
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.dropout(self.fc2(x))


# %% misconception="dropout_in_front_of_the_hidden_layer" exercise="AuxiliaryHead" says="a dropout stands elsewhere" keeps=2
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(self.dropout(torch.flatten(x, 1))))
        return self.fc2(x)


# %% misconception="everything_dropped" exercise="AuxiliaryHead" says="is the share that is dropped" keeps=2
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(1.0)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(self.dropout(x))


# %% misconception="softmax_in_training_mode" exercise="AuxiliaryHead" says="return the scores in both modes" keeps=2
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        x = self.fc2(x)
        return x.softmax(dim=1) if self.training else x


# %% misconception="loss_weight_in_the_head" exercise="AuxiliaryHead" says="something else with self.training" keeps=2
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        x = self.fc2(x)
        return 0.3 * x if self.training else x


# %% misconception="channels_last_flatten" exercise="AuxiliaryHead" says="flatten takes the channels last"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(x.permute(0, 2, 3, 1).flatten(1)))
        return self.fc2(x)


# %% misconception="silent_in_evaluation" exercise="AuxiliaryHead" says="ends without a return statement"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        if self.training:
            return self.fc2(x)


# %% misconception="maps_cut_to_four" exercise="AuxiliaryHead" says="the maps were cut or resized"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(x[:, :, :4, :4]))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% variant="no_dropout" exercise="AuxiliaryHead"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# %% variant="dropout_in_front_of_the_last_relu" exercise="AuxiliaryHead"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.relu(self.conv(self.pool(x)))
        x = F.relu(self.dropout(self.fc1(torch.flatten(x, 1))))
        return self.fc2(x)


# %% variant="one_sequential" exercise="AuxiliaryHead"
class AuxiliaryHead(nn.Sequential):
    def __init__(self, in_channels, num_classes):
        super().__init__(
            nn.AvgPool2d(kernel_size=5, stride=3),
            nn.Conv2d(in_channels, 128, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(128 * 16, 1024),
            nn.ReLU(inplace=True),
            nn.Dropout(p=0.7),
            nn.Linear(1024, num_classes),
        )


# %% variant="convolution_first_then_pool" exercise="AuxiliaryHead"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.out = nn.Linear(1024, num_classes)
        self.hidden = nn.Linear(128 * 4 * 4, 1024)
        self.squeeze = nn.Conv2d(in_channels, 128, 1)

    def forward(self, x):
        # An average and a 1 x 1 convolution may change places, as long as ReLU comes after both.
        x = F.avg_pool2d(self.squeeze(x), 5, 3).relu()
        x = self.hidden(x.reshape(len(x), -1)).relu()
        return self.out(F.dropout(x, 0.7, training=self.training))


# %% variant="pool_by_unfolding" exercise="AuxiliaryHead"
class AuxiliaryHead(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 128, 1)
        self.layers = nn.ModuleList([nn.Linear(2048, 1024), nn.Linear(1024, num_classes)])

    def forward(self, x):
        windows = x.unfold(2, 5, 3).unfold(3, 5, 3)
        x = self.conv(windows.mean(dim=(-1, -2))).clamp(min=0)
        return self.layers[1](self.layers[0](x.flatten(start_dim=1)).clamp(min=0))


# %% misconception="aux_scores_in_evaluation" exercise="GoogLeNet" says="for training only"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and name == "4a":
                y1 = self.aux1(x)
            if self.aux and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux else y


# %% misconception="heads_never_used_in_training" exercise="GoogLeNet" says="the scores came alone"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return y


# %% misconception="aux_loss_added_in_evaluation" exercise="GoogLeNet" says="the heads' scores were added"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and name == "4a":
                y1 = self.aux1(x)
            if self.aux and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else (y + y1 + y2 if self.aux else y)


# %% misconception="heads_in_the_wrong_order" exercise="GoogLeNet" says="the order is (scores, of the head at 4a, of the head at 4d)"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y2, y1) if self.aux and self.training else y


# %% misconception="scores_last" exercise="GoogLeNet" says="the scores of the last layer come first"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y1, y2, y) if self.aux and self.training else y


# %% misconception="head_behind_4b" exercise="GoogLeNet" says="the head at 4a reads the output of 4b"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4b":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="weighted_by_0_3" exercise="GoogLeNet" says="the weight 0.3 belongs to the loss"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, 0.3 * y1, 0.3 * y2) if self.aux and self.training else y


# %% misconception="sum_of_all_scores" exercise="GoogLeNet" says="the scores came alone"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return y + 0.3 * (y1 + y2) if self.aux and self.training else y


# %% misconception="outputs_in_a_dict" exercise="GoogLeNet" says="what came is a dict"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return {"main": y, "4a": y1, "4d": y2} if self.aux and self.training else y


# %% misconception="heads_without_being_asked" exercise="GoogLeNet" says="without aux there are no auxiliary heads"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if name == "4a":
                self.aux1 = Head(c, num_classes)
            if name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="aux_not_heeded" exercise="GoogLeNet" says="with aux=True there are two auxiliary heads"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux = False
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="heads_scaled_by_the_width" exercise="GoogLeNet" says="the heads keep their 128 and 1024"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes, width):
        super().__init__()
        n = 128 * width // 64
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, n, 1), nn.Linear(16 * n, 8 * n), nn.Linear(8 * n, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes, width)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes, width)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="heads_read_detached_maps" exercise="GoogLeNet" says="the head reads detached maps"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x.detach())
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x.detach())
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="mode_from_grad_enabled" exercise="GoogLeNet" says="the mode is not read from self.training"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and torch.is_grad_enabled() else y


# %% misconception="width_not_heeded" exercise="GoogLeNet" says="the width is not heeded"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="channels_rounded" exercise="GoogLeNet" says="rounds down"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return round(c * width / 64)

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="sum_scaled_instead_of_parts" exercise="GoogLeNet" says="the sum of four rounded numbers"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = s({"3a": 256, "3b": 480, "4d": 528, "4e": 832, "5a": 832, "5b": 1024}.get(name, 512))
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="reduction_of_the_stem_missing" exercise="GoogLeNet" says="conv2_reduce"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(x))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="no_relu_in_the_stem" exercise="GoogLeNet" says="ReLU is missing behind the convolutions of the stem"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(self.conv1(x))
        x = self.conv2b(self.conv2a(x))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="no_relu_behind_conv2_reduce" exercise="GoogLeNet" says="ReLU is missing behind conv2_reduce"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(self.conv2a(x)))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="modules_without_relu" exercise="GoogLeNet" says="ReLU is missing inside the modules"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2)]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="no_pools_between_stages" exercise="GoogLeNet" says="the pools in front of 4a and 5a are missing"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="no_pool_before_stage_5" exercise="GoogLeNet" says="the pool in front of 5a is missing"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name == "4a":
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="pools_round_up" exercise="GoogLeNet" says="the pools round up and have no padding"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="pools_of_two" exercise="GoogLeNet" says="the pools' windows are 2 x 2"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="pools_average" exercise="GoogLeNet" says="the pools take the average"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="global_maximum" exercise="GoogLeNet" says="the global pool takes the maximum"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.amax((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="average_of_seven_by_seven" exercise="GoogLeNet" says="an average pool with a fixed window"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(F.avg_pool2d(x, 7).flatten(1))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="flattened_for_the_last_layer" exercise="GoogLeNet" says="the maps were flattened"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(49 * c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.flatten(1))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="scores_through_softmax" exercise="GoogLeNet" says="softmax belongs to the loss"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3))).softmax(1)
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="scores_through_relu" exercise="GoogLeNet" says="there is a ReLU behind the last layer"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = F.relu(self.fc(x.mean((2, 3))))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="local_response_normalization" exercise="GoogLeNet" says="there is local response normalization"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = F.local_response_norm(self.pool(F.relu(self.conv1(x))), 5)
        x = F.local_response_norm(F.relu(self.conv2b(F.relu(self.conv2a(x)))), 5)
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="torchvisions_small_kernel" exercise="GoogLeNet" says="a 3 x 3 in place of its 5 x 5"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 3))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="batch_norm_everywhere" exercise="GoogLeNet" says="there is batch norm"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.BatchNorm2d(b), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="batch_norm_for_biases" exercise="GoogLeNet" says="there is batch norm"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="one_module_for_two" exercise="GoogLeNet" says="a layer is missing, or one object stands at two places"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            if name == "4c":
                self.blocks[name].b1 = self.blocks["4b"].b4
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="dropout_at_all_times" exercise="GoogLeNet" says="F.dropout needs training=self.training"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(F.dropout(x.mean((2, 3)), 0.4))
        return (y, y1, y2) if self.aux and self.training else y


# %% variant="calls_its_parts_one_by_one" exercise="GoogLeNet"
class Module(nn.Module):
    def __init__(self, inputs, one, three, five, pool):
        super().__init__()
        self.project = nn.Conv2d(inputs, pool, 1)
        self.five = nn.Sequential(nn.Conv2d(inputs, five[0], 1), nn.ReLU(), nn.Conv2d(*five, 5, padding=2))
        self.three = nn.Sequential(nn.Conv2d(inputs, three[0], 1), nn.ReLU(), nn.Conv2d(*three, 3, padding=1))
        self.one = nn.Conv2d(inputs, one, 1)
        self.outputs = one + three[1] + five[1] + pool

    def forward(self, x):
        pooled = self.project(F.max_pool2d(x, 3, 1, 1))
        return torch.cat([self.one(x), self.three(x), self.five(x), pooled], 1).relu()


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()
        w = [c * width // 64 for c in (64, 192)]
        self.head_4d = self.head_4a = None
        inputs = w[1]
        for name, (one, three, five, pool) in MODULES.items():
            three, five = ([c * width // 64 for c in pair] for pair in (three, five))
            module = Module(inputs, one * width // 64, three, five, pool * width // 64)
            setattr(self, f"inception{name}", module)
            inputs = module.outputs
        if aux:
            self.head_4a = self.make_head(self.inception4a.outputs, num_classes)
            self.head_4d = self.make_head(self.inception4d.outputs, num_classes)
        self.fc = nn.Linear(inputs, num_classes)
        self.conv2 = nn.Conv2d(w[0], w[1], 3, 1, 1)
        self.conv2_reduce = nn.Conv2d(w[0], w[0], 1)
        self.conv1 = nn.Conv2d(3, w[0], 7, 2, 3)

    @staticmethod
    def make_head(inputs, num_classes):
        layers = [
            nn.AvgPool2d(5, 3),
            nn.Conv2d(inputs, 128, 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2048, 1024),
            nn.ReLU(),
        ]
        return nn.Sequential(*layers, nn.Dropout(0.7), nn.Linear(1024, num_classes))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, 1)
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv2_reduce(x)))), 3, 2, 1)
        x = F.max_pool2d(self.inception3b(self.inception3a(x)), 3, 2, 1)
        a = self.inception4a(x)
        d = self.inception4d(self.inception4c(self.inception4b(a)))
        x = F.max_pool2d(self.inception4e(d), 3, 2, 1)
        x = self.inception5b(self.inception5a(x))
        y = self.fc(F.dropout(x.flatten(2).mean(2), 0.4, training=self.training))
        if self.training and self.head_4a is not None:
            return y, self.head_4a(a), self.head_4d(d)
        return y


# %% variant="one_sequential_with_taps" exercise="GoogLeNet"
class Parallel(nn.ModuleList):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)


def conv(i, o, k, stride=1):
    return nn.Sequential(nn.Conv2d(i, o, k, stride, k // 2), nn.ReLU(inplace=True))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def scale(*numbers):
            return [n * width // 64 for n in numbers]

        def pool():
            return nn.MaxPool2d(3, 2, 1)

        a, b = scale(64, 192)
        layers = [conv(3, a, 7, 2), pool(), conv(a, a, 1), conv(a, b, 3), pool()]
        self.taps = {}
        for name, (c1, c2, c3, c4) in MODULES.items():
            if name in {"4a", "5a"}:
                layers.append(pool())
            one, r3, o3, r5, o5, p = scale(c1, *c2, *c3, c4)
            branches = [conv(b, one, 1), nn.Sequential(conv(b, r3, 1), conv(r3, o3, 3))]
            branches += [
                nn.Sequential(conv(b, r5, 1), conv(r5, o5, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(b, p, 1)),
            ]
            layers.append(Parallel(branches))
            b = one + o3 + o5 + p
            if aux and name in {"4a", "4d"}:
                self.taps[len(layers) - 1] = len(self.taps)
        self.layers = nn.Sequential(*layers)
        channels = [
            sum(
                branch[-1][0].out_channels if isinstance(branch[-1], nn.Sequential) else branch[0].out_channels
                for branch in self.layers[tap]
            )
            for tap in self.taps
        ]
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.AvgPool2d(5, stride=3),
                conv(c, 128, 1),
                nn.Flatten(),
                nn.Linear(2048, 1024),
                nn.ReLU(),
                nn.Linear(1024, num_classes),
            )
            for c in channels
        )
        self.out = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(b, num_classes))

    def forward(self, x):
        seen = {}
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number in self.taps:
                seen[self.taps[number]] = x
        if not (self.training and seen):
            return self.out(x)
        return [self.out(x), *(head(seen[k]) for k, head in enumerate(self.heads))]


# %% variant="parts_of_its_own_in_the_same_cell" exercise="GoogLeNet"
class MyInception(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = MyInception(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="pools_one_module_late" exercise="GoogLeNet" says="the pools stand in front of 4b and 5b"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4b", "5b"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


# %% misconception="a_tuple_without_heads" exercise="GoogLeNet" says="is a tensor, in training mode" keeps=4
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.training else y


# %% misconception="wrong_order_hidden_by_dropout" exercise="GoogLeNet" says="the order is (scores"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.dropout(F.relu(self.fc1(x)), 0.7, self.training))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y2, y1) if self.aux and self.training else y


# %% variant="dropout_by_function" exercise="GoogLeNet"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.dropout(F.relu(self.fc1(x)), 0.7, self.training))


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(F.dropout(x.mean((2, 3)), 0.4, self.training))
        return (y, y1, y2) if self.aux and self.training else y


# %% variant="a_network_inside" exercise="GoogLeNet"
class Block(nn.Module):
    def __init__(self, i, c1, c2, c3, c4):
        super().__init__()

        def conv(a, b, k):
            return [nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU()]

        self.b1 = nn.Sequential(*conv(i, c1, 1))
        self.b2 = nn.Sequential(*conv(i, c2[0], 1), *conv(*c2, 3))
        self.b3 = nn.Sequential(*conv(i, c3[0], 1), *conv(*c3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(i, c4, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)


class Head(nn.Module):
    def __init__(self, i, num_classes):
        super().__init__()
        self.conv, self.fc1, self.fc2 = nn.Conv2d(i, 128, 1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(F.dropout(F.relu(self.fc1(x)), 0.7, self.training))


class Inner(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()

        def s(c):
            return c * width // 64

        self.conv1 = nn.Conv2d(3, s(64), 7, stride=2, padding=3)
        self.conv2a = nn.Conv2d(s(64), s(64), 1)
        self.conv2b = nn.Conv2d(s(64), s(192), 3, padding=1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, c = nn.ModuleDict(), s(192)
        self.aux = aux
        for name, (c1, c2, c3, c4) in MODULES.items():
            c1, c2, c3, c4 = s(c1), (s(c2[0]), s(c2[1])), (s(c3[0]), s(c3[1])), s(c4)
            self.blocks[name] = Block(c, c1, c2, c3, c4)
            c = c1 + c2[1] + c3[1] + c4
            if aux and name == "4a":
                self.aux1 = Head(c, num_classes)
            if aux and name == "4d":
                self.aux2 = Head(c, num_classes)
        self.fc = nn.Linear(c, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2b(F.relu(self.conv2a(x))))
        x = self.pool(x)
        y1 = y2 = None
        for name, block in self.blocks.items():
            if name in ("4a", "5a"):
                x = self.pool(x)
            x = block(x)
            if self.aux and self.training and name == "4a":
                y1 = self.aux1(x)
            if self.aux and self.training and name == "4d":
                y2 = self.aux2(x)
        y = self.fc(x.mean((2, 3)))
        return (y, y1, y2) if self.aux and self.training else y


class GoogLeNet(nn.Module):
    def __init__(self, num_classes=1000, aux=False, width=64):
        super().__init__()
        self.inner = Inner(num_classes, aux, width)

    def forward(self, x):
        return self.inner(x)
