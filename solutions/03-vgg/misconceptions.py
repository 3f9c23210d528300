# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. Each cell replaces the exercise's cell.


# %% misconception="counts_of_the_slide" exercise="vgg_layers" says="two are what the slide prints"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 2, 3, 3), 19: (2, 2, 2, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="doubled_after_every_pool" exercise="vgg_layers" says="there is no doubling after pool4"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = 64 * 2 ** (stage - 1)
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="three_for_19_too" exercise="vgg_layers" says="VGG-19 has four convolutions" keeps=1
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 3, 3, 3)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="two_in_front_of_vgg_11" exercise="vgg_layers" says="stages 1 and 2 of VGG-11 have one convolution" keeps=1
def vgg_layers(depth):
    numbers = {11: (2, 2, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="always_16" exercise="vgg_layers" says="this is VGG-16" keeps=1
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[16], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="key_error" exercise="vgg_layers" says="should end in an error"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="nearest_depth_for_an_error" exercise="vgg_layers" says="nothing in the function looks for this case"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        depth = 16
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="pools_left_out" exercise="vgg_layers" says="pools are layers too"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="flatten_left_out" exercise="vgg_layers" says="flatten is a layer of the list"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="head_left_out" exercise="vgg_layers" says="the fully-connected layers are missing"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in ():
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="fc_from_one" exercise="vgg_layers" says="numbered on from the five stages"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc1", 4096), ("fc2", 4096), ("fc3", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="places_from_zero" exercise="vgg_layers" says="the numbers in a name start at 1"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(number):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="names_with_a_dash" exercise="vgg_layers" says="with an underscore"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}-{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="numbered_through" exercise="vgg_layers" says="start again at 1 in each stage"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{sum(layer['type'] == 'conv' for layer in layers) + 1}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="pools_of_alexnet" exercise="vgg_layers" says="overlapping pools of 3 are AlexNet's"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 3, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="pools_without_stride" exercise="vgg_layers" says="does not step"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 1, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="no_padding" exercise="vgg_layers" says="every convolution would shrink"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 0})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="relu_in_the_list" exercise="vgg_layers" says="keeps the shape is left out"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers = [part for layer in layers for part in (layer, {"name": "relu", "type": "relu"})]
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="other_keys" exercise="vgg_layers" says="lacks the key"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append(
                {"name": name, "type": "conv", "out_channels": filters, "kernel": 3, "stride": 1, "padding": 1}
            )
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="ten_classes" exercise="vgg_layers" says="out_features of fc8"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 10)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})
    return layers


# %% misconception="nothing_returned" exercise="vgg_layers" says="the return is missing"
def vgg_layers(depth):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    layers = []
    for stage, number in enumerate(numbers[depth], start=1):
        filters = (64, 128, 256, 512, 512)[stage - 1]
        for place in range(1, number + 1):
            name = f"conv{stage}_{place}"
            layers.append({"name": name, "type": "conv", "filters": filters, "kernel": 3, "stride": 1, "padding": 1})
        layers.append({"name": f"pool{stage}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0})
    layers.append({"name": "flatten", "type": "flatten"})
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append({"name": name, "type": "linear", "out_features": outputs})


# %% misconception="last_pool_left_out" exercise="vgg_layers" says="expected 22 items, with 'pool5' as item 17"
def vgg_layers(depth):
    if depth not in STAGES:
        raise ValueError(depth)
    layers = []
    for stage, number in enumerate(STAGES[depth], start=1):
        filters = min(32 * 2**stage, 512)
        layers += [conv(f"conv{stage}_{place}", filters=filters) for place in range(1, number + 1)]
        if stage < 5:
            layers.append(pool(f"pool{stage}"))
    layers.append({"name": "flatten", "type": "flatten"})
    heads = {"fc6": 4096, "fc7": 4096, "fc8": 1000}
    return layers + [{"name": name, "type": "linear", "out_features": number} for name, number in heads.items()]


# %% variant="one_list_of_literals" exercise="vgg_layers"
def vgg_layers(depth):
    plans = {
        11: [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
        13: [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
        16: [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"],
        19: [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"],
    }
    if depth not in plans:
        raise ValueError(f"VGG-{depth}?")
    stage, place, layers = 1, 1, []
    for entry in plans[depth]:
        if entry == "M":
            layers.append(dict(name=f"pool{stage}", type="pool", kernel=2, stride=2, padding=0))
            stage, place = stage + 1, 1
        else:
            name = "conv" + str(stage) + "_" + str(place)
            layers.append(dict(name=name, type="conv", filters=entry, kernel=3, stride=1, padding=1))
            place += 1
    layers.append(dict(name="flatten", type="flatten"))
    layers += [dict(name=f"fc{n}", type="linear", out_features=4096) for n in (6, 7)]
    return layers + [dict(name="fc8", type="linear", out_features=1000)]


# %% variant="counts_by_formula" exercise="vgg_layers"
def vgg_layers(depth):
    if depth not in [11, 13, 16, 19]:
        raise ValueError("depth must be 11, 13, 16 or 19")
    front = 1 if depth == 11 else 2
    back = (depth - 3 - 2 * front) // 3
    layers = []
    for s, n in zip("12345", [front, front, back, back, back]):
        layers += [
            {
                "name": f"conv{s}_{k + 1}",
                "type": "conv",
                "filters": 2 ** min(5 + int(s), 9),
                "kernel": 3,
                "stride": 1,
                "padding": 1,
            }
            for k in range(n)
        ]
        layers += [{"name": f"pool{s}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0}]
    head = [{"name": "flatten", "type": "flatten"}]
    head += [{"name": n, "type": "linear", "out_features": f} for n, f in [("fc6", 4096), ("fc7", 4096), ("fc8", 1000)]]
    return layers + head


# %% variant="generator_inside" exercise="vgg_layers"
def vgg_layers(depth):
    def made():
        for stage, number in enumerate(STAGES[depth]):
            for place in range(number):
                window = {"filters": min(512, 64 << stage), "kernel": 3, "stride": 1, "padding": 1}
                yield {"name": f"conv{stage + 1}_{place + 1}", "type": "conv"} | window
            yield {"name": f"pool{stage + 1}", "type": "pool", "kernel": 2, "stride": 2, "padding": 0}
        yield {"name": "flatten", "type": "flatten"}
        for number in (6, 7, 8):
            yield {"name": f"fc{number}", "type": "linear", "out_features": [4096, 1000][number == 8]}

    try:
        return list(made())
    except KeyError:
        raise ValueError(depth) from None


# %% misconception="stride_ignored" exercise="receptive_field" says="the strides are ignored"
def receptive_field(layers):
    field = 1
    for layer in layers:
        if "kernel" in layer:
            field += layer["kernel"] - 1
    return field


# %% misconception="jump_not_accumulated" exercise="receptive_field" says="the product of all strides before a layer"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump = layer["stride"]
    return field


# %% misconception="strides_added" exercise="receptive_field" says="strides multiply along the way"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump += layer["stride"]
    return field


# %% misconception="jump_updated_first" exercise="receptive_field" says="first the field, then the jump"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            jump *= layer["stride"]
            field += (layer["kernel"] - 1) * jump
    return field


# %% misconception="padding_counted" exercise="receptive_field" says="padding does not count"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1 - 2 * layer["padding"]) * jump
            jump *= layer["stride"]
    return field


# %% misconception="padding_added" exercise="receptive_field" says="padding does not count"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1 + 2 * layer["padding"]) * jump
            jump *= layer["stride"]
    return field


# %% misconception="pools_left_out" exercise="receptive_field" says="pools are left out"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if layer["type"] == "conv":
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field


# %% misconception="pools_only_step" exercise="receptive_field" says="its window is left out"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if layer["type"] == "conv":
            field += (layer["kernel"] - 1) * jump
        if "stride" in layer:
            jump *= layer["stride"]
    return field


# %% misconception="pools_do_not_step" exercise="receptive_field" says="the pool's stride is ignored"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            if layer["type"] == "conv":
                jump *= layer["stride"]
    return field


# %% misconception="whole_kernels_summed" exercise="receptive_field" says="a layer adds its kernel less one"
def receptive_field(layers):
    field, jump = 0, 1
    for layer in layers:
        if "kernel" in layer:
            field += layer["kernel"] * jump
            jump *= layer["stride"]
    return max(field, 1)


# %% misconception="starts_at_zero" exercise="receptive_field" says="before any layer, is 1"
def receptive_field(layers):
    field, jump = 0, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field


# %% misconception="kernels_multiplied" exercise="receptive_field" says="fields do not multiply"
def receptive_field(layers):
    field = 1
    for layer in layers:
        field *= layer.get("kernel", 1)
    return field


# %% misconception="backward_formula_forwards" exercise="receptive_field" says="runs from last to first"
def receptive_field(layers):
    field = 1
    for layer in layers:
        if "kernel" in layer:
            field = (field - 1) * layer["stride"] + layer["kernel"]
    return field


# %% misconception="only_the_last_layer" exercise="receptive_field" says="only the last layer was looked at"
def receptive_field(layers):
    windows = [layer for layer in layers if "kernel" in layer]
    return windows[-1]["kernel"] if windows else 1


# %% misconception="linear_sees_everything" exercise="receptive_field" says="was to be passed over"
def receptive_field(layers):
    if any(layer["type"] == "linear" for layer in layers):
        return 227
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field


# %% misconception="flatten_not_passed_over" exercise="receptive_field" says="KeyError"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        field += (layer["kernel"] - 1) * jump
        jump *= layer["stride"]
    return field


# %% misconception="nothing_for_no_layers" exercise="receptive_field" says="without any layer" keeps=3
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field if layers else 0


# %% misconception="both_directions" exercise="receptive_field" says="asked for"
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field, field


# %% misconception="float_from_division" exercise="receptive_field" says="a count is a whole number"
def receptive_field(layers):
    field, jump = 1, 1.0
    for layer in layers:
        if "kernel" in layer:
            field += 2 * (layer["kernel"] - 1) / 2 * jump
            jump *= layer["stride"]
    return field


# %% misconception="reversed_in_place" exercise="receptive_field" says="the list of layers stays as it is"
def receptive_field(layers):
    layers.reverse()
    field = 1
    for layer in layers:
        if "kernel" in layer:
            field = (field - 1) * layer["stride"] + layer["kernel"]
    return field


# %% misconception="told_by_names" exercise="receptive_field" says="what it is says its type, not its name"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["name"].startswith(("conv", "pool")):
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return field


# %% misconception="never_beyond_the_image" exercise="receptive_field" says="a field may be larger than it" keeps=2
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if "kernel" in layer:
            field += (layer["kernel"] - 1) * jump
            jump *= layer["stride"]
    return min(field, 224)


# %% variant="last_to_first" exercise="receptive_field"
def receptive_field(layers):
    field = 1
    for layer in reversed(layers):
        if layer["type"] in ("conv", "pool"):
            field = (field - 1) * layer["stride"] + layer["kernel"]
    return field


# %% variant="recursive" exercise="receptive_field"
def receptive_field(layers):
    if not layers:
        return 1
    *rest, last = layers
    if "kernel" not in last:
        return receptive_field(rest)
    jump = 1
    for layer in rest:
        jump *= layer.get("stride", 1)
    return receptive_field(rest) + (last["kernel"] - 1) * jump


# %% variant="pixel_sets" exercise="receptive_field"
def receptive_field(layers):
    wanted = {0}
    for layer in layers[::-1]:
        if "kernel" in layer:
            starts = [place * layer["stride"] for place in wanted]
            wanted = {min(starts), max(starts) + layer["kernel"] - 1}
    return max(wanted) - min(wanted) + 1


# %% variant="accumulate" exercise="receptive_field"
from itertools import accumulate
from operator import mul


def receptive_field(layers):
    windows = [layer for layer in layers if "kernel" in layer]
    jumps = accumulate([1, *(window["stride"] for window in windows)], mul)
    return 1 + sum((window["kernel"] - 1) * jump for window, jump in zip(windows, jumps))


# %% misconception="depth_forgotten" exercise="stack_cost" says="the depth is forgotten"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = kernel**2 * channels**2
    return weights + (channels if bias else 0), weights * height * width


# %% misconception="kernel_not_squared" exercise="stack_cost" says="K * K weights, not K"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel * channels**2
    return weights + (depth * channels if bias else 0), weights * height * width


# %% misconception="channels_not_squared" exercise="stack_cost" says="C * C, not C"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels
    return weights + (depth * channels if bias else 0), weights * height * width


# %% misconception="bias_always_counted" exercise="stack_cost" says="although bias=False"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels**2
    return weights + depth * channels, weights * height * width


# %% misconception="bias_never_counted" exercise="stack_cost" says="bias=True is not heeded"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels**2
    return weights, weights * height * width


# %% misconception="bias_of_one_layer" exercise="stack_cost" says="the biases of one layer only" keeps=1
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels**2
    return weights + (channels if bias else 0), weights * height * width


# %% misconception="bias_in_the_macs" exercise="stack_cost" says="biases are no multiply-adds"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    params = depth * (kernel**2 * channels**2 + (channels if bias else 0))
    return params, params * height * width


# %% misconception="flop_for_mac" exercise="stack_cost" says="a MAC is both"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels**2
    return weights + (depth * channels if bias else 0), 2 * weights * height * width


# %% misconception="square_maps" exercise="stack_cost" says="taken to be square"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels**2
    return weights + (depth * channels if bias else 0), weights * height**2


# %% misconception="swapped" exercise="stack_cost" says="parameters come first"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels**2
    return weights * height * width, weights + (depth * channels if bias else 0)


# %% misconception="one_large_kernel" exercise="stack_cost" says="two small ones are asked for"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    field = depth * (kernel - 1) + 1
    weights = field**2 * channels**2
    return weights + (channels if bias else 0), weights * height * width


# %% misconception="powers_of_depth" exercise="stack_cost" says="they do not multiply"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = (kernel**2 * channels**2) ** depth
    return weights + (depth * channels if bias else 0), weights * height * width


# %% misconception="maps_shrink" exercise="stack_cost" says="the padding keeps them"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    params = macs = 0
    for _ in range(depth):
        height, width = max(0, height - kernel + 1), max(0, width - kernel + 1)
        params += kernel**2 * channels**2 + (channels if bias else 0)
        macs += kernel**2 * channels**2 * height * width
    return params, macs


# %% misconception="only_params" exercise="stack_cost" says="got an int"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    return depth * (kernel**2 * channels**2 + (channels if bias else 0))


# %% misconception="cost_in_millions" exercise="stack_cost" says="these are millions"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    weights = depth * kernel**2 * channels**2
    biases = depth * channels if bias else 0
    return (weights + biases) / 1e6, weights * height * width / 1e6


# %% variant="adds_layer_by_layer" exercise="stack_cost"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    params = macs = 0
    for _ in range(depth):
        weights = channels * channels * kernel * kernel
        params += weights + channels * bias
        macs += weights * height * width
    return params, macs


# %% variant="asks_torch" exercise="stack_cost"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    layers = [nn.Conv2d(channels, channels, kernel, bias=bias, device="meta") for _ in range(depth)]
    params = sum(p.numel() for layer in layers for p in layer.parameters())
    return params, sum(layer.weight.numel() for layer in layers) * height * width


# %% variant="returns_a_list" exercise="stack_cost"
def stack_cost(kernel, depth, channels, height, width, bias=False):
    w = depth * (kernel * channels) ** 2
    return [w + int(bias) * depth * channels, w * (height * width)]


# %% misconception="channels_do_not_double" exercise="stage_costs" says="the channels did not double"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(channels, size // 2)


# %% misconception="maps_do_not_halve" exercise="stage_costs" says="the maps did not halve"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size)


# %% misconception="stops_at_512" exercise="stage_costs" says="the docstring leaves that out" keeps=1
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(min(2 * channels, 512), size // 2)


# %% misconception="first_convolution_of_the_stage" exercise="stage_costs" says="first convolution of the stage"
def stage_costs(channels, size):
    half = size // 2
    here = {"memory": channels * size**2, "params": 9 * channels**2, "macs": 9 * channels**2 * size**2}
    weights = 9 * channels * 2 * channels
    return here, {"memory": 2 * channels * half**2, "params": weights, "macs": weights * half**2}


# %% misconception="floats_from_halving" exercise="stage_costs" says="a count is a whole number"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size / 2)


# %% misconception="memory_in_kib" exercise="stage_costs" says="numbers are asked for"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s * 4 // 1024, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="memory_in_bytes" exercise="stage_costs" says="numbers are asked for"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": 4 * c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="input_counted_too" exercise="stage_costs" says="this counts the input as well"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": 2 * c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="biases_counted" exercise="stage_costs" says="biases are counted"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c + c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="stage_kernel_not_squared" exercise="stage_costs" says="3 * 3 weights, not 3"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 3 * c * c, "macs": 3 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="stage_channels_not_squared" exercise="stage_costs" says="reads all channels"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c, "macs": 9 * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="stage_flop_for_mac" exercise="stage_costs" says="a MAC is both"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c, "macs": 18 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="one_side_missing" exercise="stage_costs" says="one side of the maps is missing"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% misconception="stages_swapped" exercise="stage_costs" says="in the wrong order"
def stage_costs(channels, size):
    def costs(c, s):
        return {"memory": c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(2 * channels, size // 2), costs(channels, size)


# %% misconception="names_of_the_columns" exercise="stage_costs" says="a pair of dicts with the keys"
def stage_costs(channels, size):
    def costs(c, s):
        return {"kib": c * s * s, "params": 9 * c * c, "macs": 9 * c * c * s * s}

    return costs(channels, size), costs(2 * channels, size // 2)


# %% variant="returns_a_list_of_loops" exercise="stage_costs"
def stage_costs(channels, size):
    stages = []
    for factor in (1, 2):
        c, places = factor * channels, (size // factor) ** 2
        weights = c * c * 3 * 3
        stages.append(dict(memory=c * places, params=weights, macs=weights * places))
    return stages


# %% variant="as_the_lecture_writes" exercise="stage_costs"
def stage_costs(channels, size):
    C, H, W = channels, size // 2, size // 2
    this = {"memory": 4 * H * W * C, "params": 9 * C**2, "macs": 36 * H * W * C**2}
    after = {"memory": 2 * H * W * C, "params": 36 * C**2, "macs": 36 * H * W * C**2}
    return this, after


# %% variant="asks_measure" exercise="stage_costs"
def stage_costs(channels, size):
    def costs(c, s):
        (row,) = measure(nn.Conv2d(c, c, 3, padding=1, bias=False, device="meta"), (c, s, s))
        return {"memory": c * s * s, "params": row.params, "macs": row.macs}

    return costs(channels, size), costs(channels * 2, size // 2)


# %% misconception="stages_of_the_slide" exercise="VGG" says="a convolution is missing"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 2, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="vgg_doubled_after_every_pool" exercise="VGG" says="the channels double after pool4 too"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 16)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="no_relu_behind_convolutions" exercise="VGG" says="ReLU is missing behind the convolutions"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="relu_once_per_stage" exercise="VGG" says="only at the end of each stage"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
            layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="no_relu_behind_fc" exercise="VGG" says="ReLU is missing behind fc6 and fc7"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = self.fc6(x)
        x = self.fc7(x)
        return self.fc8(x)


# %% misconception="no_relu_behind_fc7" exercise="VGG" says="ReLU is missing behind fc7"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = self.fc7(x)
        return self.fc8(x)


# %% misconception="relu_behind_fc8" exercise="VGG" says="there is a ReLU behind fc8"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return F.relu(self.fc8(x))


# %% misconception="softmax_at_the_end" exercise="VGG" says="softmax belongs to the loss"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x).softmax(dim=1)


# %% misconception="average_pools" exercise="VGG" says="the pools take the average"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.AvgPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="pools_in_front" exercise="VGG" says="in front of each stage"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            layers.append(nn.MaxPool2d(2))
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="last_pool_missing" exercise="VGG" says="pool5 is missing"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers[:-1], nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="no_adaptive_pool" exercise="VGG" says="the adaptive average pool to 7 x 7 is missing"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers)
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="adaptive_max_pool" exercise="VGG" says="the adaptive pool takes the maximum"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveMaxPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="global_average_pool" exercise="VGG" says="fc6 reads 7 * 7 numbers"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1))
        self.fc6 = nn.Linear(c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="batch_norm_behind_relu" exercise="VGG" says="batch norm stands behind ReLU"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                layers.append(nn.ReLU())
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="batch_norm_before_the_convolution" exercise="VGG" says="batch norm stands before the convolution"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="batch_norm_ignored" exercise="VGG" says="batch_norm=True is not heeded"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="batch_norm_always" exercise="VGG" says="without being asked for"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="bias_dropped_for_batch_norm" exercise="VGG" says="they keep them, with batch norm too"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1, bias=not batch_norm))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="no_biases_at_all" exercise="VGG" says="the convolutions have no biases"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1, bias=False))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="batch_norm_without_affine" exercise="VGG" says="affine=False takes scale and shift away"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c, affine=False))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="convolutions_without_padding" exercise="VGG" says="the network takes images"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="one_layer_at_two_places" exercise="VGG" says="one object stands at two places"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(STAGES[depth], (1, 2, 4, 8, 8)):
            norm = [nn.BatchNorm2d(factor * width)] if batch_norm else []
            layers += [nn.Conv2d(c, factor * width, 3, padding=1), *norm, nn.ReLU()]
            c = factor * width
            layers += [nn.Conv2d(c, c, 3, padding=1), *norm, nn.ReLU()] * (number - 1)
            layers.append(nn.MaxPool2d(2))
        head = [nn.Linear(49 * c, 64 * width), nn.ReLU(), nn.Linear(64 * width, 64 * width), nn.ReLU()]
        self.all = nn.Sequential(
            *layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), *head, nn.Linear(64 * width, num_classes)
        )

    def forward(self, x):
        return self.all(x)


# %% misconception="layers_in_a_plain_list" exercise="VGG" says="stand in a plain list"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError("no such VGG")
        self.layers, c = [], 3
        for number, factor in zip(STAGES[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                self.layers += [nn.Conv2d(c, factor * width, 3, padding=1), nn.ReLU()]
                c = factor * width
            self.layers.append(nn.MaxPool2d(2))
        self.layers += [nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Linear(49 * c, 64 * width), nn.ReLU()]
        self.layers += [nn.Linear(64 * width, 64 * width), nn.ReLU(), nn.Linear(64 * width, num_classes)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


# %% misconception="dropout_always_on" exercise="VGG" says="F.dropout needs training=self.training"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(F.dropout(x))


# %% misconception="one_layer_never_used" exercise="VGG" says="a layer is defined but not used" keeps=2
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError("no such VGG")
        blocks, c = [], 3
        for number, factor in zip(STAGES[depth], (1, 2, 4, 8, 8)):
            for place in range(number):
                norm = nn.BatchNorm2d(factor * width) if batch_norm else nn.Identity()
                last = place == number - 1
                pool = nn.MaxPool2d(2) if last else nn.Identity()
                blocks.append(nn.Sequential(nn.Conv2d(c, factor * width, 3, padding=1), norm, nn.ReLU(), pool))
                c = factor * width
        self.blocks = nn.ModuleList(blocks)
        hidden = 64 * width
        head = [
            nn.Linear(49 * c, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, num_classes),
        ]
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(7), nn.Flatten(), *head)

    def forward(self, x):
        for index in range(len(self.blocks) - 1):
            x = self.blocks[index](x)
        x = self.blocks[-2][:3](x)
        return self.head(F.max_pool2d(x, 2))


# %% misconception="unknown_depth_accepted" exercise="VGG" says="VGG of depth 15 should end in an error"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            depth = 16
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="width_ignored" exercise="VGG" says="of this shape"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * 64, 3, padding=1))
                c = factor * 64
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="hidden_4096" exercise="VGG" says="fc6 reads 7 * 7 numbers"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% misconception="no_grad_in_forward" exercise="VGG" says="gradients flow" keeps=2
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        with torch.no_grad():
            x = self.maps(x).flatten(1)
            x = F.relu(self.fc6(x))
            x = F.relu(self.fc7(x))
            return self.fc8(x)


# %% misconception="slow_running_statistics" exercise="VGG" says="momentum 0.1" keeps=2
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError(depth)
        layers, channels = [], 3
        for factor, number in zip((1, 2, 4, 8, 8), STAGES[depth]):
            for _ in range(number):
                layers.append(nn.Conv2d(channels, factor * width, 3, padding=1))
                channels = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(channels, momentum=0.01))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * channels, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.features(x).flatten(1)
        x = F.relu(self.fc7(F.relu(self.fc6(x))))
        return self.fc8(x)


# %% misconception="instance_norm" exercise="VGG" says="this is no nn.BatchNorm2d" keeps=2
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError(depth)
        layers, channels = [], 3
        for factor, number in zip((1, 2, 4, 8, 8), STAGES[depth]):
            for _ in range(number):
                layers.append(nn.Conv2d(channels, factor * width, 3, padding=1))
                channels = factor * width
                if batch_norm:
                    layers.append(nn.InstanceNorm2d(channels, affine=True, track_running_stats=True))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * channels, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.features(x).flatten(1)
        x = F.relu(self.fc7(F.relu(self.fc6(x))))
        return self.fc8(x)


# %% misconception="nothing_returned_from_forward" exercise="VGG" says="forward ends without a return statement"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError(depth)
        layers, channels = [], 3
        for factor, number in zip((1, 2, 4, 8, 8), STAGES[depth]):
            for _ in range(number):
                layers.append(nn.Conv2d(channels, factor * width, 3, padding=1))
                channels = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(channels))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * channels, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.features(x).flatten(1)
        x = F.relu(self.fc7(F.relu(self.fc6(x))))
        self.fc8(x)


# %% misconception="ten_classes_by_default" exercise="VGG" says="num_classes is 1000 where it is left out" keeps=2
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=10, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError(depth)
        layers, channels = [], 3
        for factor, number in zip((1, 2, 4, 8, 8), STAGES[depth]):
            for _ in range(number):
                layers.append(nn.Conv2d(channels, factor * width, 3, padding=1))
                channels = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(channels))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * channels, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.features(x).flatten(1)
        x = F.relu(self.fc7(F.relu(self.fc6(x))))
        return self.fc8(x)


# %% variant="sequential_of_stages" exercise="VGG"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
        if depth not in numbers:
            raise ValueError("no such VGG")
        layers, c = [], 3
        for number, factor in zip(numbers[depth], (1, 2, 4, 8, 8)):
            for _ in range(number):
                layers.append(nn.Conv2d(c, factor * width, 3, padding=1))
                c = factor * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(c))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.maps = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.fc6 = nn.Linear(49 * c, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = self.maps(x).flatten(1)
        x = F.relu(self.fc6(x))
        x = F.relu(self.fc7(x))
        return self.fc8(x)


# %% variant="functional_and_out_of_order" exercise="VGG"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        if depth not in STAGES:
            raise ValueError(depth)
        self.fc8 = nn.Linear(64 * width, num_classes)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc6 = nn.Linear(7 * 7 * 8 * width, 64 * width)
        channels = [3] + [f * width for f, n in zip((1, 2, 4, 8, 8), STAGES[depth]) for _ in range(n)]
        pairs = list(zip(channels, channels[1:]))
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, 1, 1) for a, b in reversed(pairs))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _, b in pairs) if batch_norm else None
        self.ends = {sum(STAGES[depth][: k + 1]) - 1 for k in range(5)}

    def forward(self, x):
        for k, conv in enumerate(reversed(self.convs)):
            x = conv(x)
            x = torch.relu(x if self.norms is None else self.norms[k](x))
            if k in self.ends:
                x = F.max_pool2d(x, kernel_size=2, stride=2)
        x = torch.flatten(F.adaptive_avg_pool2d(x, (7, 7)), 1)
        x = F.dropout(self.fc6(x).clamp(min=0), 0.5, self.training)
        x = F.dropout(self.fc7(x).clamp(min=0), 0.5, self.training)
        return self.fc8(x)


# %% variant="from_layer_dicts" exercise="VGG"
class VGG(nn.Module):
    def __init__(self, depth=16, num_classes=1000, width=64, batch_norm=False):
        super().__init__()
        text = {
            11: "1M2M44M88M88M",
            13: "11M22M44M88M88M",
            16: "11M22M444M888M888M",
            19: "11M22M4444M8888M8888M",
        }.get(depth)
        if text is None:
            raise ValueError(f"depth {depth}")
        before = 3
        self.features = nn.Sequential()
        for index, letter in enumerate(text):
            if letter == "M":
                self.features.add_module(f"pool{index}", nn.MaxPool2d(2, 2))
                continue
            filters = int(letter) * width
            self.features.add_module(f"conv{index}", nn.Conv2d(before, filters, kernel_size=3, padding="same"))
            if batch_norm:
                self.features.add_module(f"bn{index}", nn.BatchNorm2d(filters))
            self.features.add_module(f"relu{index}", nn.ReLU(inplace=True))
            before = filters
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        hidden = width * 64
        self.classifier = nn.Sequential(
            nn.Linear(before * 49, hidden), nn.ReLU(True), nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(True)
        )
        self.classifier.append(nn.Dropout())
        self.classifier.append(nn.Linear(hidden, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
                nn.init.zeros_(module.bias)

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(x.view(len(x), -1))


# %% misconception="pools_counted" exercise="compare_networks" says="pools and flatten do not count"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a)
        b = sum(row[key] for row in table_b)
        result[key] = (a, b, b / a)
    return result


# %% misconception="convolutions_only" exercise="compare_networks" says="fully-connected layers count too"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith("conv"))
        b = sum(row[key] for row in table_b if row["name"].startswith("conv"))
        result[key] = (a, b, b / a)
    return result


# %% misconception="ratio_upside_down" exercise="compare_networks" says="b / a, not a / b"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b, a / b)
    return result


# %% misconception="ratio_of_rounded_totals" exercise="compare_networks" says="the ratio is of rounded numbers"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b, round(b) / round(a) if key != "kib" else round(b / 1024, 1) / round(a / 1024, 1))
    return result


# %% misconception="ratio_rounded" exercise="compare_networks" says="the ratio was rounded"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b, round(b / a, 1))
    return result


# %% misconception="numbers_of_the_slide" exercise="compare_networks" says="this is the slide's"
def compare_networks(table_a, table_b):
    return {"kib": (1958.15625, 48.6, 25.0), "params": (61100840, 138357544, 2.3), "macs": (0.7, 13.6, 19.4)}


# %% misconception="quotient_of_the_slide" exercise="compare_networks" says="slide's 13.6 / 0.7"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b, b / a)
    a, b, _ = result["macs"]
    result["macs"] = (a, b, 13.6 / 0.7)
    return result


# %% misconception="totals_in_millions" exercise="compare_networks" says="leave the totals as they are"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        if key == "macs":
            a, b = a / 1e9, b / 1e9
        result[key] = (a, b, b / a)
    return result


# %% misconception="totals_in_mib" exercise="compare_networks" says="keep the tables' KiB"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        if key == "kib":
            a, b = a / 1024, b / 1024
        result[key] = (a, b, b / a)
    return result


# %% misconception="largest_row" exercise="compare_networks" says="the largest was taken"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = max(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = max(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b, b / a)
    return result


# %% misconception="difference_for_ratio" exercise="compare_networks" says="this is a difference"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b, b - a)
    return result


# %% misconception="tables_swapped" exercise="compare_networks" says="the tables are swapped"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (b, a, a / b)
    return result


# %% misconception="totals_alone" exercise="compare_networks" says="three numbers"
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b)
    return result


# %% misconception="rows_removed_from_the_table" exercise="compare_networks" says="stays as it is"
def compare_networks(table_a, table_b):
    for table in (table_a, table_b):
        table[:] = [row for row in table if row["name"].startswith(("conv", "fc"))]
    result = {}
    for key in ("kib", "params", "macs"):
        a = sum(row[key] for row in table_a if row["name"].startswith(("conv", "fc")))
        b = sum(row[key] for row in table_b if row["name"].startswith(("conv", "fc")))
        result[key] = (a, b, b / a)
    return result


# %% misconception="names_that_hold_the_kind" exercise="compare_networks" says="under" keeps=1
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a, b = (
            sum(row[key] for row in rows if "conv" in row["name"] or "fc" in row["name"]) for rows in (table_a, table_b)
        )
        result[key] = (a, b, b / a)
    return result


# %% misconception="first_two_letters" exercise="compare_networks" says="under" keeps=1
def compare_networks(table_a, table_b):
    result = {}
    for key in ("kib", "params", "macs"):
        a, b = (sum(row[key] for row in rows if row["name"][:2] in ("co", "fc")) for rows in (table_a, table_b))
        result[key] = (a, b, b / a)
    return result


# %% variant="kinds_by_letters" exercise="compare_networks"
def compare_networks(table_a, table_b):
    def weighty(name):
        return name.rstrip("0123456789_") in ("conv", "fc")

    a, b = ([row for row in rows if weighty(row["name"])] for rows in (table_a, table_b))
    sums = {k: [sum(map(lambda row: row[k], rows)) for rows in (a, b)] for k in ("kib", "params", "macs")}
    return {k: (x, y, y / x) for k, (x, y) in sums.items()}


# %% variant="lists_for_tuples" exercise="compare_networks"
def compare_networks(table_a, table_b):
    totals = [{"kib": 0.0, "params": 0, "macs": 0} for _ in range(2)]
    for total, rows in zip(totals, (table_a, table_b)):
        for row in rows:
            if row["name"][:4] == "conv" or row["name"][:2] == "fc":
                for key in total:
                    total[key] += row[key]
    return {key: [totals[0][key], totals[1][key], totals[1][key] / totals[0][key]] for key in totals[0]}


# %% misconception="first_convolutions_too" exercise="missing_layers" says="cannot go missing"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="firsts_of_all_stages_excluded" exercise="missing_layers" says="conv5_1 is the first of its stage"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [
        name for name, a, b, macs in convs if not name.endswith("_1") and abs(total - macs - claimed_macs) <= 0.05e9
    ]


# %% misconception="head_forgotten" exercise="missing_layers" says="with the fully-connected layers in the total"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs)
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="claim_in_billions" exercise="missing_layers" says="compare multiply-adds, not billions"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs((total - macs) / 1e9 - claimed_macs) <= 0.05]


# %% misconception="tolerance_of_5_percent" exercise="missing_layers" says="the tolerance is 0.05e9"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05 * claimed_macs]


# %% misconception="tolerance_of_half_a_billion" exercise="missing_layers" says="the tolerance is 0.05e9"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.5e9]


# %% misconception="tolerance_of_a_tenth" exercise="missing_layers" says="the tolerance is 0.05e9" keeps=2
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.1e9]


# %% misconception="tolerance_of_5_percent_of_the_total" exercise="missing_layers" says="the tolerance is 0.05e9"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05 * total]


# %% misconception="one_sided" exercise="missing_layers" says="in both directions"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and 0 <= total - macs - claimed_macs <= 0.05e9]


# %% misconception="exact_match_only" exercise="missing_layers" says="conv5_2"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and total - macs == claimed_macs]


# %% misconception="network_order_reversed" exercise="missing_layers" says="the order is that of the network"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in reversed(convs) if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="only_the_first" exercise="missing_layers" says="only the first that fits"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9][:1]


# %% misconception="only_the_slides_culprits" exercise="missing_layers" says="memory and parameters narrow it down later"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [
        name
        for name, a, b, macs in convs
        if a == b
        and abs(total - macs - claimed_macs) <= 0.05e9
        and not (depth == 16 and name not in ("conv3_2", "conv3_3"))
    ]


# %% misconception="slides_vgg_16" exercise="missing_layers" says="missing_layers(16, 13.6e9)"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 2, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="doubled_after_pool4" exercise="missing_layers" says="missing_layers(11, 7.15e9)"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 1024)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="flop_for_a_mac" exercise="missing_layers" says="missing_layers(11, 7.15e9)"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(2 * (total - macs) - claimed_macs) <= 0.05e9]


# %% misconception="kernel_side_for_its_square" exercise="missing_layers" says="missing_layers(11, 7.15e9)"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 3 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="biases_among_the_macs" exercise="missing_layers" says="biases and pools cost no multiply-adds" keeps=2
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, (9 * c + 1) * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="pools_among_the_macs" exercise="missing_layers" says="biases and pools cost no multiply-adds" keeps=2
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = 6_122_000 + sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="fc7_among_the_suspects" exercise="missing_layers" says="a fully-connected layer is no convolution" keeps=2
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    convs.append(("fc7", 4096, 4096, 4096**2))
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="a_set_of_names" exercise="missing_layers" says="a list"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return {name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9}


# %% misconception="missing_key_error" exercise="missing_layers" says="should end in an error"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="what_remains" exercise="missing_layers" says="all those that do not fit"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return [name for name, a, b, macs in convs if a != b or abs(total - macs - claimed_macs) > 0.05e9]


# %% misconception="ten_classes" exercise="missing_layers" says="fc8 as well, with 1000 outputs" keeps=2
def missing_layers(depth, claimed_macs):
    if depth not in STAGES:
        raise ValueError(depth)
    total, suspects, channels, size = 25088 * 4096 + 4096 * 4096 + 4096 * 10, {}, 3, 224
    for stage, number in enumerate(STAGES[depth], start=1):
        filters = min(32 * 2**stage, 512)
        for place in range(1, number + 1):
            macs = 9 * filters * channels * size**2
            total += macs
            if filters == channels:
                suspects[f"conv{stage}_{place}"] = macs
            channels = filters
        size //= 2
    return [name for name, macs in suspects.items() if abs(total - macs - claimed_macs) <= 0.05e9]


# %% misconception="half_the_tolerance" exercise="missing_layers" says="the tolerance is 0.05e9, on both sides" keeps=2
def missing_layers(depth, claimed_macs):
    if depth not in STAGES:
        raise ValueError(depth)
    total, suspects, channels, size = 25088 * 4096 + 4096 * 4096 + 4096 * 1000, {}, 3, 224
    for stage, number in enumerate(STAGES[depth], start=1):
        filters = min(32 * 2**stage, 512)
        for place in range(1, number + 1):
            macs = 9 * filters * channels * size**2
            total += macs
            if filters == channels:
                suspects[f"conv{stage}_{place}"] = macs
            channels = filters
        size //= 2
    return [name for name, macs in suspects.items() if abs(total - macs - claimed_macs) <= 0.025e9]


# %% variant="builds_and_measures" exercise="missing_layers"
def missing_layers(depth, claimed_macs):
    if depth not in STAGES:
        raise ValueError(f"VGG-{depth}")
    modules, names, c = [], [], 3
    for stage, number in enumerate(STAGES[depth]):
        for place in range(number):
            filters = [64, 128, 256, 512, 512][stage]
            modules.append(nn.Conv2d(c, filters, 3, padding=1, device="meta"))
            names.append(f"conv{stage + 1}_{place + 1}")
            c = filters
        modules.append(nn.MaxPool2d(2))
    head = [nn.Linear(a, b, device="meta") for a, b in ((25088, 4096), (4096, 4096), (4096, 1000))]
    rows = measure(nn.Sequential(*modules, nn.Flatten(), *head), (3, 224, 224))
    convs = zip(names, [row for row in rows if row.kind == "conv"], [m for m in modules if isinstance(m, nn.Conv2d)])
    total = sum(row.macs for row in rows)
    return [
        name
        for name, row, conv in convs
        if conv.in_channels == conv.out_channels and abs((total - row.macs) - claimed_macs) <= 5e7
    ]


# %% variant="walks_layer_dicts" exercise="missing_layers"
def missing_layers(depth, claimed_macs):
    if depth not in (11, 13, 16, 19):
        raise ValueError("depth")
    plan = [(stage, place + 1) for stage, n in enumerate(STAGES[depth], 1) for place in range(n)]
    width = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512}
    side = {stage: 224 >> (stage - 1) for stage in width}
    costs, equal = {}, []
    for stage, place in plan:
        name = f"conv{stage}_{place}"
        before = width[stage] if place > 1 else width.get(stage - 1, 3)
        costs[name] = width[stage] * side[stage] ** 2 * before * 9
        if before == width[stage]:
            equal.append(name)
    everything = sum(costs.values()) + 4096 * (7 * 7 * 512 + 4096 + 1000)
    low, high = claimed_macs - 0.05e9, claimed_macs + 0.05e9
    return [name for name in equal if low <= everything - costs[name] <= high]


# %% variant="a_tuple_of_names" exercise="missing_layers"
def missing_layers(depth, claimed_macs):
    numbers = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in numbers:
        raise ValueError("no such VGG")
    convs, c, size = [], 3, 224
    for stage, number in enumerate(numbers[depth], start=1):
        for place in range(1, number + 1):
            filters = (64, 128, 256, 512, 512)[stage - 1]
            convs.append((f"conv{stage}_{place}", c, filters, 9 * c * filters * size**2))
            c = filters
        size //= 2
    total = sum(macs for _, _, _, macs in convs) + 25088 * 4096 + 4096**2 + 4096 * 1000
    return tuple(name for name, a, b, macs in convs if a == b and abs(total - macs - claimed_macs) <= 0.05e9)
