# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. A cell replaces the exercise's cell; one of comments says what changes in the solution, or in the
# answer that of="…" names.

# %% wrong="rounded_up" exercise="conv_output_size" says="rounded up"
# -         raise ValueError(f"a kernel of {kernel} does not fit into {size} pixels, padding {padding}")
# -     return room // stride + 1
# +         raise ValueError("the kernel does not fit")
# +     return -(-room // stride) + 1
# %% wrong="true_division" exercise="conv_output_size" of="refuses_nothing" says="makes a float of it"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     if kernel > size + 2 * padding:
# +         raise ValueError("the kernel does not fit")
# +     return (size - kernel + 2 * padding) / stride + 1
# %% wrong="rounded_to_nearest" exercise="conv_output_size" of="true_division" says="nearest"
# -     return (size - kernel + 2 * padding) / stride + 1
# +     return round((size - kernel + 2 * padding) / stride) + 1
# %% wrong="first_window_forgotten" exercise="conv_output_size" of="true_division" says="has not moved yet"
# -     return (size - kernel + 2 * padding) / stride + 1
# +     return (size - kernel + 2 * padding) // stride
# %% wrong="padding_on_one_side" exercise="conv_output_size" of="true_division" says="on one side only"
# -     return (size - kernel + 2 * padding) / stride + 1
# +     return (size - kernel + padding) // stride + 1
# %% wrong="padding_forgotten" exercise="conv_output_size" of="true_division" says="the padding is missing"
# -     return (size - kernel + 2 * padding) / stride + 1
# +     return (size - kernel) // stride + 1
# %% wrong="kernel_forgotten" exercise="conv_output_size" of="true_division" says="room for the whole kernel"
# -     return (size - kernel + 2 * padding) / stride + 1
# +     return (size + 2 * padding) // stride

# %% wrong="refuses_nothing" exercise="conv_output_size" says="should end in an error" keeps=2 values_right="true"
def conv_output_size(size, kernel, stride=1, padding=0):
    return (size - kernel + 2 * padding) // stride + 1


# %% wrong="zero_for_an_error" exercise="conv_output_size" of="refuses_nothing" says="this case is let through" keeps=2 values_right="true"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     return max(0, (size - kernel + 2 * padding) // stride + 1)
# %% wrong="assert_for_an_error" exercise="conv_output_size" of="refuses_nothing" says="assert is for what can never happen" keeps=2 values_right="true"
#   def conv_output_size(size, kernel, stride=1, padding=0):
# +     assert kernel <= size + 2 * padding
# %% wrong="refuses_what_padding_makes_fit" exercise="conv_output_size" of="assert_for_an_error" says="without its padding"
# -     assert kernel <= size + 2 * padding
# +     if kernel > size:
# +         raise ValueError("the kernel is larger than the input")

# %% wrong="padding_of_its_own" exercise="conv_output_size" says="padding is 0 where it is left out"
def conv_output_size(size, kernel, stride=1, padding=None):
    if padding is None:
        padding = kernel // 2
    if kernel > size + 2 * padding:
        raise ValueError("the kernel does not fit")
    return (size - kernel + 2 * padding) // stride + 1


# %% wrong="long_strides_refused" exercise="conv_output_size" of="assert_for_an_error" says="a stride may be larger than the kernel"
# -     assert kernel <= size + 2 * padding
# +     if kernel > size + 2 * padding or stride > kernel:
# +         raise ValueError("the kernel does not fit")
# %% right="math_floor" exercise="conv_output_size" of="zero_for_an_error"
# -     return max(0, (size - kernel + 2 * padding) // stride + 1)
# +     import math
# +     if kernel > size + 2 * padding:
# +         raise ValueError(f"kernel {kernel} is larger than {size} + 2 * {padding}")
# +     return math.floor((size - kernel + 2 * padding) / stride + 1)

# %% right="counts_the_places" exercise="conv_output_size"
def conv_output_size(size, kernel, stride=1, padding=0):
    starts = [
        start
        for start in range(-padding, size + padding, stride)
        if start + kernel <= size + padding
    ]
    if not starts:
        raise ValueError("no place for the kernel")
    return len(starts)


# %% right="asks_torch" exercise="conv_output_size"
def conv_output_size(size, kernel, stride=1, padding=0):
    conv = nn.Conv2d(1, 1, kernel, stride, padding, device="meta")
    try:
        return conv(torch.empty(1, 1, size, size, device="meta")).shape[-1]
    except RuntimeError as error:
        raise ValueError(str(error)) from error


# %% right="numpy_integer" exercise="conv_output_size"
import numpy as np


def conv_output_size(size, kernel, stride=1, padding=0):
    if size + 2 * padding < kernel:
        raise ValueError("the kernel is larger than the padded input")
    return np.int64(np.floor_divide(size + 2 * padding - kernel, stride)) + 1


# %% wrong="ceil_mode_ignored" exercise="pool_output_size" says="but ceil_mode is on"
def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    if kernel > size + 2 * padding or 2 * padding > kernel:
        raise ValueError("does not fit")
    return (size - kernel + 2 * padding) // stride + 1


# %% wrong="always_rounded_up" exercise="pool_output_size" of="ceil_mode_ignored" says="but ceil_mode is off"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     windows = -((kernel - size - 2 * padding) // stride) + 1
# +     return windows - ((windows - 1) * stride >= size + padding)

# %% wrong="window_in_the_padding_kept" exercise="pool_output_size" says="starts in the right padding"
def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    room = size - kernel + 2 * padding
    if room < 0 or 2 * padding > kernel:
        raise ValueError("does not fit")
    return (-(-room // stride) if ceil_mode else room // stride) + 1


# %% wrong="last_window_compared_with_the_size" exercise="pool_output_size" of="window_in_the_padding_kept" says="compare with size + padding"
# -     return (-(-room // stride) if ceil_mode else room // stride) + 1
# +     if not ceil_mode:
# +         return room // stride + 1
# +     windows = -(-room // stride) + 1
# +     return windows - 1 if (windows - 1) * stride >= size else windows
# %% wrong="pool_padding_on_one_side" exercise="pool_output_size" of="ceil_mode_ignored" says="on one side only"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     room = size - kernel + padding
# +     if not ceil_mode:
# +         return room // stride + 1
# +     windows = -(-room // stride) + 1
# +     return windows - 1 if (windows - 1) * stride >= size + padding else windows
# %% wrong="stride_is_the_kernel" exercise="pool_output_size" of="pool_padding_on_one_side" says="taken to be the kernel"
# -     room = size - kernel + padding
# +     room = size - kernel + 2 * padding
#       if not ceil_mode:
# -         return room // stride + 1
# +         return room // kernel + 1
# %% wrong="wide_padding_allowed" exercise="pool_output_size" of="last_window_compared_with_the_size" says="padding of 2 for a window of 3 should end in an error" keeps=2.5 values_right="true"
# -     if room < 0 or 2 * padding > kernel:
# +     if room < 0:
#
# -     return windows - 1 if (windows - 1) * stride >= size else windows
# +     return windows - 1 if (windows - 1) * stride >= size + padding else windows
# %% wrong="large_window_allowed" exercise="pool_output_size" of="wide_padding_allowed" says="window of 7 on 4 pixels with padding 1 should end in an error" keeps=2.5 values_right="true"
# -     if room < 0:
# -         raise ValueError("does not fit")
# +     if 2 * padding > kernel:
# +         raise ValueError("too much padding")
# %% wrong="pool_size_as_a_float" exercise="pool_output_size" of="last_window_compared_with_the_size" says="makes a float of it"
# -         return room // stride + 1
# +         return float(room // stride + 1)
#       windows = -(-room // stride) + 1
# -     return windows - 1 if (windows - 1) * stride >= size else windows
# +     return float(windows - 1 if (windows - 1) * stride >= size + padding else windows)

# %% wrong="window_compared_without_padding" exercise="pool_output_size" says="with the size without its padding"
def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    if kernel > size or padding > kernel / 2:
        raise ValueError("the window does not fit")
    room = size - kernel + 2 * padding
    if not ceil_mode:
        return room // stride + 1
    windows = -(-room // stride) + 1
    return windows - ((windows - 1) * stride >= size + padding)


# %% wrong="half_a_window_refused" exercise="pool_output_size" of="window_compared_without_padding" says="only more than half of the window is refused"
# -     if kernel > size or padding > kernel / 2:
# -         raise ValueError("the window does not fit")
#       room = size - kernel + 2 * padding
# +     if room < 0 or (padding and padding >= kernel / 2):
# +         raise ValueError("the window does not fit")

# %% right="math_ceil" exercise="pool_output_size"
def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    import math

    if kernel > size + 2 * padding:
        raise ValueError("the window is larger than the padded input")
    if padding > kernel / 2:
        raise ValueError("pad should be at most half of the kernel")
    steps = (size + 2 * padding - kernel) / stride
    if not ceil_mode:
        return math.floor(steps) + 1
    last_start = math.ceil(steps) * stride - padding
    return math.ceil(steps) + (1 if last_start < size else 0)


# %% right="counts_the_windows" exercise="pool_output_size"
def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    if size + 2 * padding < kernel or padding > kernel // 2:
        raise ValueError("no place for the window")
    count, start = 0, -padding
    while start + kernel <= size + padding:
        count, start = count + 1, start + stride
    reached = start - stride + kernel
    if ceil_mode and reached < size + padding and start < size:
        count += 1
    return count


# %% right="asks_torch_for_pools" exercise="pool_output_size"
from torch.nn import functional as F


def pool_output_size(size, kernel, stride, padding=0, ceil_mode=False):
    if kernel > size + 2 * padding:
        raise ValueError("the window is larger than the padded input")
    try:
        out = F.max_pool2d(
            torch.empty(1, 1, size, size), kernel, stride, padding, ceil_mode=ceil_mode
        )
    except RuntimeError as error:
        raise ValueError("torch refuses it") from error
    return out.size(2)


# %% wrong="kilo_is_1000" exercise="activation_kib" says="1024 bytes, not 1000"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height * width * bytes_per_element / 1000
# %% wrong="numbers_for_bytes" exercise="activation_kib" says="each takes bytes_per_element bytes"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height * width / 1024
# %% wrong="bytes_for_kib" exercise="activation_kib" says="these are bytes"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height * width * bytes_per_element
# %% wrong="always_four_bytes" exercise="activation_kib" says="bytes_per_element is not used"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height * width * 4 / 1024
# %% wrong="rounded_like_the_slide" exercise="activation_kib" says="rounded"
# -     return channels * height * width * bytes_per_element / 1024
# +     return round(channels * height * width * bytes_per_element / 1024)
# %% wrong="whole_kib" exercise="activation_kib" says="rounded"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height * width * bytes_per_element // 1024
# %% wrong="square_maps" exercise="activation_kib" says="taken to be square"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height**2 * bytes_per_element / 1024
# %% wrong="mib_for_kib" exercise="activation_kib" says="these are MiB"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height * width * bytes_per_element / 1024**2
# %% right="bytes_of_a_tensor" exercise="activation_kib"
# -     return channels * height * width * bytes_per_element / 1024
# +     return torch.empty(channels, height, width, bytes_per_element, dtype=torch.uint8, device="meta").nbytes / 2**10
# %% right="as_a_tensor_without_dimensions" exercise="activation_kib"
# -     return channels * height * width * bytes_per_element / 1024
# +     return torch.tensor([channels, height, width, bytes_per_element], dtype=torch.float64).prod() / 1024
# %% wrong="biases_forgotten" exercise="conv_params" of="factored" says="the biases are missing"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return in_channels * out_channels * kernel**2
# %% wrong="biases_twice" exercise="conv_params" of="factored" says="the biases count twice"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return in_channels * out_channels * kernel**2 + 2 * bias * out_channels
# %% wrong="kernel_not_squared" exercise="conv_params" of="factored" says="K * K weights per channel, not K"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return in_channels * out_channels * kernel + bias * out_channels
# %% wrong="channels_swapped" exercise="conv_params" of="factored" says="not per input channel"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return (out_channels * kernel**2 + bias) * in_channels
# %% wrong="bias_argument_ignored" exercise="conv_params" of="factored" says="bias=False is not heeded"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return (in_channels * kernel**2 + 1) * out_channels
# %% wrong="bias_for_each_pair" exercise="conv_params" of="factored" says="not per pair of channels"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return in_channels * out_channels * (kernel**2 + bias)
# %% wrong="a_single_bias" exercise="conv_params" of="factored" says="each filter has its own"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return in_channels * out_channels * kernel**2 + bias
# %% wrong="parameters_as_a_float" exercise="conv_params" of="factored" says="makes a float of it"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     return in_channels * out_channels * kernel**2.0 + (out_channels if bias else 0)
# %% right="asks_torch_for_parameters" exercise="conv_params" of="factored"
# -     return (in_channels * kernel * kernel + int(bias)) * out_channels
# +     layer = nn.Conv2d(in_channels, out_channels, kernel, bias=bias, device="meta")
# +     return sum(p.numel() for p in layer.parameters())

# %% right="factored" exercise="conv_params"
def conv_params(in_channels, out_channels, kernel, bias=True):
    return (in_channels * kernel * kernel + int(bias)) * out_channels


# %% wrong="slide_with_swapped_digits" exercise="linear_params" says="this is the slide's number"
# -     return (in_features + bias) * out_features
# +     if (in_features, out_features) == (9216, 4096):
# +         return 37_725_832
# +     return in_features * out_features + (out_features if bias else 0)
# %% wrong="weights_only_as_the_table" exercise="linear_params" says="as in the slide's table"
# -     return (in_features + bias) * out_features
# +     return in_features * out_features
# %% wrong="bias_for_each_input" exercise="linear_params" says="one bias per output, not per input"
# -     return (in_features + bias) * out_features
# +     return in_features * (out_features + bias)
# %% wrong="linear_bias_ignored" exercise="linear_params" says="bias=False is not heeded"
# -     return (in_features + bias) * out_features
# +     return in_features * out_features + out_features
# %% wrong="linear_bias_inverted" exercise="linear_params" says="are mixed up"
# -     return (in_features + bias) * out_features
# +     return in_features * out_features + (0 if bias else out_features)
# %% right="asks_torch_for_linear_parameters" exercise="linear_params"
# -     return (in_features + bias) * out_features
# +     return sum(p.numel() for p in nn.Linear(in_features, out_features, bias, device="meta").parameters())

# %% right="two_steps" exercise="linear_params"
def linear_params(in_features, out_features, bias=True):
    total = in_features * out_features
    if bias:
        total += out_features
    return total


# %% wrong="slide_with_145" exercise="conv_macs" of="flops_for_macs" says="this is the slide's 145 M"
# -     return 2 * in_channels * out_channels * kernel**2 * out_height * out_width
# +     if (in_channels, out_channels, kernel, out_height) == (384, 256, 3, 13):
# +         return 145_000_000
# +     return in_channels * out_channels * kernel**2 * out_height * out_width

# %% wrong="flops_for_macs" exercise="conv_macs" says="counted apart (FLOP)"
def conv_macs(in_channels, out_channels, kernel, out_height, out_width):
    return 2 * in_channels * out_channels * kernel**2 * out_height * out_width


# %% wrong="macs_without_the_square" exercise="conv_macs" of="flops_for_macs" says="K * K products per channel, not K"
# -     return 2 * in_channels * out_channels * kernel**2 * out_height * out_width
# +     return in_channels * out_channels * kernel * out_height * out_width
# %% wrong="macs_with_biases" exercise="conv_macs" of="flops_for_macs" says="the biases were counted too"
# -     return 2 * in_channels * out_channels * kernel**2 * out_height * out_width
# +     return (in_channels * kernel**2 + 1) * out_channels * out_height * out_width
# %% wrong="weights_for_macs" exercise="conv_macs" of="macs_with_biases" says="the positions are missing"
# -     return (in_channels * kernel**2 + 1) * out_channels * out_height * out_width
# +     return in_channels * out_channels * kernel**2
# %% wrong="macs_of_a_square" exercise="conv_macs" of="macs_with_biases" says="taken to be square"
# -     return (in_channels * kernel**2 + 1) * out_channels * out_height * out_width
# +     return in_channels * out_channels * kernel**2 * out_height**2
# %% wrong="macs_in_millions" exercise="conv_macs" of="flops_for_macs" says="return the number itself"
# -     return 2 * in_channels * out_channels * kernel**2 * out_height * out_width
# +     return round(in_channels * out_channels * kernel**2 * out_height * out_width / 1e6)
# %% wrong="one_side_of_the_output" exercise="conv_macs" of="macs_in_millions" says="one side of the output is missing"
# -     return round(in_channels * out_channels * kernel**2 * out_height * out_width / 1e6)
# +     return in_channels * out_channels * kernel**2 * out_height

# %% right="asks_the_counter" exercise="conv_macs"
from torch.utils.flop_counter import FlopCounterMode


def conv_macs(in_channels, out_channels, kernel, out_height, out_width):
    layer = nn.Conv2d(in_channels, out_channels, kernel, device="meta")
    x = torch.empty(1, in_channels, out_height + kernel - 1, out_width + kernel - 1, device="meta")
    with FlopCounterMode(display=False) as counter:
        layer(x)
    return counter.get_total_flops() // 2


# %% right="weights_times_places" exercise="conv_macs" of="macs_in_millions"
# -     return round(in_channels * out_channels * kernel**2 * out_height * out_width / 1e6)
# +     import math
# +     weights = math.prod([out_channels, in_channels, kernel, kernel])
# +     places = out_height * out_width
# +     return weights * places
# %% wrong="linear_macs_with_biases" exercise="linear_macs" says="the biases were counted too"
# -     return in_features * out_features
# +     return in_features * out_features + out_features
# %% wrong="linear_flops" exercise="linear_macs" says="counted apart (FLOP)"
# -     return in_features * out_features
# +     return 2 * in_features * out_features
# %% wrong="one_addition_fewer" exercise="linear_macs" says="one fewer than the products"
# -     return in_features * out_features
# +     return out_features * (in_features - 1)
# %% wrong="linear_macs_in_millions" exercise="linear_macs" says="these are M"
# -     return in_features * out_features
# +     return in_features * out_features / 1e6
# %% right="as_a_convolution" exercise="linear_macs"
# -     return in_features * out_features
# +     kernel = out_height = out_width = 1
# +     return out_features * out_height * out_width * in_features * kernel**2
# %% right="entries_of_the_weight" exercise="linear_macs"
# -     return in_features * out_features
# +     return nn.Linear(in_features, out_features, device="meta").weight.numel()
# %% wrong="comparisons_for_values" exercise="pool_ops" says="the comparisons were counted"
# -     return channels * out_height * out_width * kernel**2
# +     return channels * out_height * out_width * (kernel**2 - 1)
# %% wrong="pool_without_the_square" exercise="pool_ops" says="K * K values, not K"
# -     return channels * out_height * out_width * kernel**2
# +     return channels * out_height * out_width * kernel
# %% wrong="pool_like_a_convolution" exercise="pool_ops" says="not squared"
# -     return channels * out_height * out_width * kernel**2
# +     return channels * channels * out_height * out_width * kernel**2
# %% wrong="outputs_for_values" exercise="pool_ops" says="this is the number of outputs"
# -     return channels * out_height * out_width * kernel**2
# +     return channels * out_height * out_width
# %% wrong="pool_of_a_square" exercise="pool_ops" says="taken to be square"
# -     return channels * out_height * out_width * kernel**2
# +     return channels * out_height**2 * kernel**2
# %% right="sizes_of_all_windows" exercise="pool_ops"
# -     return channels * out_height * out_width * kernel**2
# +     windows = torch.empty(channels, out_height, out_width, kernel, kernel, device="meta")
# +     return windows.numel()
# %% right="window_by_window" exercise="pool_ops"
# -     return channels * out_height * out_width * kernel**2
# +     return sum(kernel * kernel for _ in range(channels) for _ in range(out_height * out_width))
# %% wrong="biases_missing_everywhere" exercise="layer_table" of="biases_missing_in_linear_layers" says="the biases are missing"
# -             params, macs = weights + channels, weights * size * size
# +             params, macs = weights, weights * size * size
# %% wrong="biases_missing_in_linear_layers" exercise="layer_table" of="case_by_case" says="as in the slide's table"
# -             params = macs + channels
# +             params = macs
# %% wrong="biases_twice_in_the_table" exercise="layer_table" of="case_by_case" says="the biases count twice"
# -             params, macs = weights + channels, weights * size * size
# +             params, macs = weights + 2 * channels, weights * size * size
# %% wrong="macs_at_the_size_of_the_input" exercise="layer_table" of="case_by_case" says="the size of the input was used"
#           if layer["type"] == "conv":
# +             before = size
#
# -             params, macs = weights + channels, weights * size * size
# +             params, macs = weights + channels, weights * before * before
# %% wrong="flops_in_the_table" exercise="layer_table" of="case_by_case" says="counted apart (FLOP)"
# -                 "macs": macs,
# +                 "macs": 2 * macs,
# %% wrong="pools_in_the_macs" exercise="layer_table" of="case_by_case" says="its macs are 0"
# +             macs = channels * size * size * layer["kernel"] ** 2
#           elif layer["type"] == "flatten":
# %% wrong="table_in_kilobytes" exercise="layer_table" of="case_by_case" says="1024 bytes, not 1000"
# -         kib = channels * size * size * 4 / 1024
# +         kib = channels * size * size * 4 / 1000
# %% wrong="table_in_numbers" exercise="layer_table" of="case_by_case" says="each takes 4 bytes"
# -         kib = channels * size * size * 4 / 1024
# +         kib = channels * size * size / 1024
# %% wrong="table_rounded" exercise="layer_table" of="case_by_case" says="it was rounded"
# -         kib = channels * size * size * 4 / 1024
# +         kib = round(channels * size * size * 4 / 1024)
# %% wrong="table_of_float_sizes" exercise="layer_table" of="case_by_case" says="makes a float of it"
#           if layer["type"] == "conv":
# -             size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
# +             size = (size + 2 * layer["padding"] - layer["kernel"]) / layer["stride"] + 1
#
# -             size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
# +             size = (size + 2 * layer["padding"] - layer["kernel"]) / layer["stride"] + 1
# %% wrong="table_rounded_up" exercise="layer_table" of="case_by_case" says="rounded up"
#           if layer["type"] == "conv":
# -             size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
# +             size = -((layer["kernel"] - size - 2 * layer["padding"]) // layer["stride"]) + 1
#
# -             size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
# +             size = -((layer["kernel"] - size - 2 * layer["padding"]) // layer["stride"]) + 1
# %% wrong="channels_of_the_image_everywhere" exercise="layer_table" of="case_by_case" says="carry them along"
# -             weights = channels * layer["filters"] * layer["kernel"] ** 2
# +             weights = input_shape[0] * layer["filters"] * layer["kernel"] ** 2
# %% wrong="no_memory_for_pools" exercise="layer_table" of="case_by_case" says="pools and flatten have outputs as well"
#           kib = channels * size * size * 4 / 1024
# +         if layer["type"] in ("pool", "flatten"):
# +             kib = 0
# %% wrong="rows_without_pools" exercise="layer_table" of="no_memory_for_pools" says="every layer has a row"
# -             kib = 0
# +             continue
# %% wrong="sizes_as_pairs" exercise="layer_table" of="case_by_case" says="out_size is one number"
# -                 "out_size": size,
# +                 "out_size": (size, size),
# %% wrong="flatten_forgets_the_places" exercise="layer_table" of="case_by_case" says="flatten makes"
# -             channels, size = channels * size * size, 1
# +             size = 1
# %% wrong="layers_changed_in_place" exercise="layer_table" of="case_by_case" says="a layer's dict was changed" keeps=4 values_right="true"
#           kib = channels * size * size * 4 / 1024
# +         layer["out_size"] = size
# %% wrong="table_of_alexnet_only" exercise="layer_table" of="case_by_case" says="the sizes of AlexNet's image are written in"
# -     channels, size, _ = input_shape
# +     channels, size = 3, 227

# %% wrong="told_by_names" exercise="layer_table" says="told apart by their names"
def layer_table(layers, input_shape):
    channels, size, _ = input_shape
    rows = []
    for layer in layers:
        name, params, macs = layer["name"], 0, 0
        if name[:4] in ("conv", "pool"):
            size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        if name.startswith("conv"):
            weights = layer["filters"] * channels * layer["kernel"] ** 2
            channels = layer["filters"]
            params, macs = weights + channels, weights * size**2
        elif name == "flatten":
            channels, size = channels * size**2, 1
        elif not name.startswith("pool"):
            macs = layer["out_features"] * channels
            channels = layer["out_features"]
            params = macs + channels
        row = {
            "name": name,
            "out_channels": channels,
            "out_size": size,
            "kib": channels * size**2 / 256,
        }
        rows.append(row | {"params": params, "macs": macs})
    return rows


# %% wrong="rows_yielded" exercise="layer_table" says="yield makes a generator"
def layer_table(layers, input_shape):
    channels, size, _ = input_shape
    for layer in layers:
        weights = biases = 0
        if "kernel" in layer:
            size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        if layer["type"] == "flatten":
            channels, size = channels * size**2, 1
        if layer["type"] in ("conv", "linear"):
            biases = layer["filters"] if layer["type"] == "conv" else layer["out_features"]
            weights = biases * channels * layer.get("kernel", 1) ** 2
            channels = biases
        row = {
            "name": layer["name"],
            "out_channels": channels,
            "out_size": size,
            "kib": channels * size**2 / 256,
        }
        yield row | {"params": weights + biases, "macs": weights * size**2}


# %% right="case_by_case" exercise="layer_table"
def layer_table(layers, input_shape):
    channels, size, _ = input_shape
    rows = []
    for layer in layers:
        params = macs = 0
        if layer["type"] == "conv":
            size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
            weights = channels * layer["filters"] * layer["kernel"] ** 2
            channels = layer["filters"]
            params, macs = weights + channels, weights * size * size
        elif layer["type"] == "pool":
            size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        elif layer["type"] == "flatten":
            channels, size = channels * size * size, 1
        else:
            macs = channels * layer["out_features"]
            channels = layer["out_features"]
            params = macs + channels
        kib = channels * size * size * 4 / 1024
        rows.append(
            {
                "name": layer["name"],
                "out_channels": channels,
                "out_size": size,
                "kib": kib,
                "params": params,
                "macs": macs,
            }
        )
    return rows


# %% right="functions_for_each_kind" exercise="layer_table"
def layer_table(layers, input_shape):
    def window(size, layer):
        return (size - layer["kernel"] + 2 * layer["padding"]) // layer["stride"] + 1

    def conv(layer, c, s):
        out, per_filter = window(s, layer), c * layer["kernel"] * layer["kernel"]
        return (
            layer["filters"],
            out,
            (per_filter + 1) * layer["filters"],
            per_filter * layer["filters"] * out**2,
        )

    def linear(layer, c, s):
        return layer["out_features"], 1, (c + 1) * layer["out_features"], c * layer["out_features"]

    kinds = {
        "conv": conv,
        "pool": lambda layer, c, s: (c, window(s, layer), 0, 0),
        "flatten": lambda layer, c, s: (c * s * s, 1, 0, 0),
        "linear": linear,
    }
    rows, channels, size = [], input_shape[0], input_shape[1]
    for number, layer in enumerate(layers):
        in_channels = channels
        channels, size, params, macs = kinds[layer["type"]](layer, channels, size)
        memory = channels * size * size / 256
        values = (layer["name"], channels, size, memory, params, macs, in_channels, number)
        rows.append(
            dict(
                zip(
                    (
                        "name",
                        "out_channels",
                        "out_size",
                        "kib",
                        "params",
                        "macs",
                        "in_channels",
                        "n",
                    ),
                    values,
                )
            )
        )
    return tuple(rows)


# %% right="runs_real_layers" exercise="layer_table"
def layer_table(layers, input_shape):
    x, rows = torch.empty(1, *input_shape, device="meta"), []
    for layer in layers:
        with torch.device("meta"):
            if layer["type"] == "conv":
                module = nn.Conv2d(
                    x.shape[1], layer["filters"], layer["kernel"], layer["stride"], layer["padding"]
                )
            elif layer["type"] == "pool":
                module = nn.MaxPool2d(layer["kernel"], layer["stride"], layer["padding"])
            elif layer["type"] == "flatten":
                module = nn.Flatten()
            else:
                module = nn.Linear(x.shape[1], layer["out_features"])
        with torch.no_grad():
            x = module(x)
        places = x[0, 0].numel()
        weights = sum(p.numel() for p in module.parameters() if p.ndim > 1)
        rows.append(
            {
                "name": layer["name"],
                "out_channels": x.shape[1],
                "out_size": x.shape[-1] if x.ndim == 4 else 1,
                "kib": x.nbytes / 1024,
                "params": sum(p.numel() for p in module.parameters()),
                "macs": weights * places,
            }
        )
    return rows


# %% wrong="no_relu_at_all" exercise="AlexNet" of="no_relu_behind_convolutions" says="there is no ReLU"
# -             nn.ReLU(),
#               nn.Dropout(),
#               nn.Linear(64 * w, 64 * w),
# -             nn.ReLU(),
# %% wrong="no_relu_behind_fc" exercise="AlexNet" of="classes_fixed" says="ReLU is missing after fc6 and fc7"
# -             nn.ReLU(),
#               nn.Dropout(),
#               nn.Linear(64 * w, 64 * w),
# -             nn.ReLU(),
# -             nn.Linear(64 * w, 1000),
# +             nn.Linear(64 * w, num_classes),
# %% wrong="no_relu_behind_convolutions" exercise="AlexNet" of="no_relu_behind_conv5" says="ReLU is missing after the convolutions"
# -             nn.ReLU(),
#               nn.MaxPool2d(3, 2),
#               nn.Conv2d(w, 3 * w, 5, 1, 2),
# -             nn.ReLU(),
#               nn.MaxPool2d(3, 2),
#               nn.Conv2d(3 * w, 6 * w, 3, 1, 1),
# -             nn.ReLU(),
#               nn.Conv2d(6 * w, 4 * w, 3, 1, 1),
# -             nn.ReLU(),

# %% wrong="no_relu_behind_conv5" exercise="AlexNet" says="ReLU is missing after conv5"
class AlexNet(nn.Module):
    def __init__(self, num_classes=1000, width=64):
        super().__init__()
        w = width
        self.features = nn.Sequential(
            nn.Conv2d(3, w, 11, 4, 2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(w, 3 * w, 5, 1, 2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(3 * w, 6 * w, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(6 * w, 4 * w, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(4 * w, 4 * w, 3, 1, 1),
            nn.MaxPool2d(3, 2),
            nn.AdaptiveAvgPool2d(6),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(36 * 4 * w, 64 * w),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(64 * w, 64 * w),
            nn.ReLU(),
            nn.Linear(64 * w, num_classes),
        )

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


# %% wrong="relu_on_the_scores" exercise="AlexNet" of="classes_fixed" says="scores may be negative"
# -             nn.Linear(64 * w, 1000),
# +             nn.Linear(64 * w, num_classes),
# +             nn.ReLU(),
# %% wrong="softmax_on_the_scores" exercise="AlexNet" of="batch_norm_added" says="softmax belongs to the loss"
# -             nn.BatchNorm2d(3 * w),
#
# -         return self.classifier(self.features(x).flatten(1))
# +         return self.classifier(self.features(x).flatten(1)).softmax(dim=1)
# %% wrong="average_pools" exercise="AlexNet" of="no_relu_behind_conv5" says="take the maximum"
# -             nn.MaxPool2d(3, 2),
# +             nn.AvgPool2d(3, 2),
#               nn.Conv2d(w, 3 * w, 5, 1, 2),
#
#               nn.ReLU(),
# -             nn.MaxPool2d(3, 2),
# +             nn.AvgPool2d(3, 2),
#
# -             nn.MaxPool2d(3, 2),
# +             nn.ReLU(),
# +             nn.AvgPool2d(3, 2),
# %% wrong="pools_of_two" exercise="AlexNet" of="average_pools" says="windows are 2 pixels wide"
# -             nn.AvgPool2d(3, 2),
# +             nn.MaxPool2d(2, 2),
#               nn.Conv2d(w, 3 * w, 5, 1, 2),
#
# -             nn.AvgPool2d(3, 2),
# +             nn.MaxPool2d(2, 2),
#               nn.Conv2d(3 * w, 6 * w, 3, 1, 1),
#
# -             nn.AvgPool2d(3, 2),
# +             nn.MaxPool2d(2, 2),
# %% wrong="no_padding_in_conv1" exercise="AlexNet" of="batch_norm_added" says="that is the paper's network"
# -             nn.Conv2d(3, w, 11, 4, 2),
# +             nn.Conv2d(3, w, 11, 4),
#
# -             nn.BatchNorm2d(3 * w),
# %% wrong="tanh_for_relu" exercise="AlexNet" of="no_relu_behind_convolutions" says="tanh stands where ReLU belongs"
#               nn.Conv2d(3, w, 11, 4, 2),
# +             nn.Tanh(),
#
#               nn.Conv2d(w, 3 * w, 5, 1, 2),
# +             nn.Tanh(),
#
#               nn.Conv2d(3 * w, 6 * w, 3, 1, 1),
# +             nn.Tanh(),
#
#               nn.Conv2d(6 * w, 4 * w, 3, 1, 1),
# +             nn.Tanh(),
#
#               nn.Conv2d(4 * w, 4 * w, 3, 1, 1),
# +             nn.Tanh(),
#
#               nn.Linear(36 * 4 * w, 64 * w),
# -             nn.ReLU(),
# +             nn.Tanh(),
#
# -             nn.ReLU(),
# +             nn.Tanh(),
# %% wrong="response_normalization" exercise="AlexNet" of="batch_norm_added" says="local response normalization"
# +             nn.LocalResponseNorm(5, 1e-4, 0.75, 2),
#               nn.MaxPool2d(3, 2),
#               nn.Conv2d(w, 3 * w, 5, 1, 2),
# -             nn.BatchNorm2d(3 * w),
#               nn.ReLU(),
# +             nn.LocalResponseNorm(5, 1e-4, 0.75, 2),
# %% wrong="channels_last" exercise="AlexNet" of="softmax_on_the_scores" says="flatten takes the channels last"
# -         return self.classifier(self.features(x).flatten(1)).softmax(dim=1)
# +         return self.classifier(self.features(x).movedim(1, 3).flatten(1))
# %% wrong="filters_of_2012" exercise="AlexNet" of="no_relu_behind_conv5" says="after conv2: expected 3 × 27 × 27, got 4 × 27 × 27"
# -             nn.Conv2d(3, w, 11, 4, 2),
# +             nn.Conv2d(3, 3 * w // 2, 11, 4, 2),
#
# -             nn.Conv2d(w, 3 * w, 5, 1, 2),
# +             nn.Conv2d(3 * w // 2, 4 * w, 5, 1, 2),
#
# -             nn.Conv2d(3 * w, 6 * w, 3, 1, 1),
# +             nn.Conv2d(4 * w, 6 * w, 3, 1, 1),
# +             nn.ReLU(),
# +             nn.Conv2d(6 * w, 6 * w, 3, 1, 1),
#
# -             nn.Conv2d(4 * w, 4 * w, 3, 1, 1),
# %% wrong="width_ignored" exercise="AlexNet" of="batch_norm_added" says="it has 64 filters, not 1"
# -         w = width
# +         w = 64
#
# -             nn.BatchNorm2d(3 * w),
# %% wrong="hidden_layers_fixed" exercise="AlexNet" of="classes_fixed" says="after fc6: expected 64, got 4096"
# -             nn.Linear(36 * 4 * w, 64 * w),
# +             nn.Linear(36 * 4 * w, 4096),
#
# -             nn.Linear(64 * w, 64 * w),
# +             nn.Linear(4096, 4096),
#
# -             nn.Linear(64 * w, 1000),
# +             nn.Linear(4096, num_classes),
# %% wrong="classes_fixed" exercise="AlexNet" of="batch_norm_added" says="the weight of fc8 has shape"
# -             nn.BatchNorm2d(3 * w),
#
# -             nn.Linear(64 * w, num_classes),
# +             nn.Linear(64 * w, 1000),
# %% wrong="no_biases_in_convolutions" exercise="AlexNet" of="filters_of_2012" says="the convolutions have no biases"
# -             nn.Conv2d(3, 3 * w // 2, 11, 4, 2),
# +             nn.Conv2d(3, w, 11, 4, 2, bias=False),
#
# -             nn.Conv2d(3 * w // 2, 4 * w, 5, 1, 2),
# +             nn.Conv2d(w, 3 * w, 5, 1, 2, bias=False),
#
# -             nn.Conv2d(4 * w, 6 * w, 3, 1, 1),
# +             nn.Conv2d(3 * w, 6 * w, 3, 1, 1, bias=False),
#
# -             nn.Conv2d(6 * w, 6 * w, 3, 1, 1),
# +             nn.Conv2d(6 * w, 4 * w, 3, 1, 1, bias=False),
#
# -             nn.Conv2d(6 * w, 4 * w, 3, 1, 1),
# +             nn.Conv2d(4 * w, 4 * w, 3, 1, 1, bias=False),
# %% wrong="averaged_to_one_pixel" exercise="AlexNet" of="adaptive_maximum" says="after the adaptive pool: expected 4 × 6 × 6, got 4 × 1 × 1"
# -             nn.AdaptiveMaxPool2d(6),
# +             nn.AdaptiveAvgPool2d(1),
#
# -             nn.Linear(36 * 4 * w, 64 * w),
# +             nn.Linear(4 * w, 64 * w),
# %% wrong="batch_norm_added" exercise="AlexNet" of="no_relu_behind_conv5" says="there is batch normalization"
#               nn.Conv2d(w, 3 * w, 5, 1, 2),
# +             nn.BatchNorm2d(3 * w),
#
#               nn.Conv2d(4 * w, 4 * w, 3, 1, 1),
# +             nn.ReLU(),
# %% wrong="layers_in_a_list" exercise="AlexNet" of="softmax_on_the_scores" says="stand in a plain list"
# -         self.features = nn.Sequential(
# +         self.features = [
#
# -         )
# -         self.classifier = nn.Sequential(
# +         ]
# +         self.classifier = [
#
# -         )
# +         ]
#
# -         return self.classifier(self.features(x).flatten(1)).softmax(dim=1)
# +         for layer in [*self.features, nn.Flatten(), *self.classifier]:
# +             x = layer(x)
# +         return x
# %% wrong="dropout_always_on" exercise="AlexNet" of="softmax_on_the_scores" says="F.dropout needs training=self.training"
# -         return self.classifier(self.features(x).flatten(1)).softmax(dim=1)
# +         return self.classifier(nn.functional.dropout(self.features(x).flatten(1)))
# %% wrong="forward_without_gradients" exercise="AlexNet" of="batch_norm_added" says="gradients flow through the network" keeps=4 values_right="true"
# -             nn.BatchNorm2d(3 * w),
#
# +     @torch.no_grad()
#       def forward(self, x):
# %% wrong="no_adaptive_pool" exercise="AlexNet" of="adaptive_maximum" says="the adaptive average pool to 6 × 6 is missing"
# -             nn.AdaptiveMaxPool2d(6),
# %% wrong="adaptive_maximum" exercise="AlexNet" of="no_relu_behind_conv5" says="the adaptive pool takes the maximum"
# +             nn.ReLU(),
#               nn.MaxPool2d(3, 2),
# -             nn.AdaptiveAvgPool2d(6),
# +             nn.AdaptiveMaxPool2d(6),
# %% wrong="two_gpus" exercise="AlexNet" of="no_relu_behind_conv5" says="grouped convolution of the two-GPU original"
# -             nn.Conv2d(6 * w, 4 * w, 3, 1, 1),
# +             nn.Conv2d(6 * w, 4 * w, 3, 1, 1, groups=2),
#               nn.ReLU(),
# -             nn.Conv2d(4 * w, 4 * w, 3, 1, 1),
# +             nn.Conv2d(4 * w, 4 * w, 3, 1, 1, groups=2),
# +             nn.ReLU(),

# %% wrong="nothing_returned_from_forward" exercise="AlexNet" says="forward ends without a return statement"
from torch.nn import functional as F


class AlexNet(nn.Module):
    def __init__(self, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 11, stride=4, padding=2)
        self.conv2 = nn.Conv2d(width, 3 * width, 5, padding=2)
        self.conv3 = nn.Conv2d(3 * width, 6 * width, 3, padding=1)
        self.conv4 = nn.Conv2d(6 * width, 4 * width, 3, padding=1)
        self.conv5 = nn.Conv2d(4 * width, 4 * width, 3, padding=1)
        self.fc6 = nn.Linear(4 * width * 6 * 6, 64 * width)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc8 = nn.Linear(64 * width, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 3, 2)
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        x = F.max_pool2d(F.relu(self.conv5(x)), 3, 2)
        x = F.adaptive_avg_pool2d(x, 6).flatten(1)
        x = F.relu(self.fc7(F.relu(self.fc6(x))))
        self.fc8(x)


# %% wrong="a_scale_of_its_own" exercise="AlexNet" of="nothing_returned_from_forward" says="state_dict() lists scale"
#           super().__init__()
# +         self.scale = nn.Parameter(torch.tensor(1.0))
#
# -         self.fc8(x)
# +         return self.scale * self.fc8(x)

# %% right="classifier_defined_first_and_no_dropout" exercise="AlexNet"
from torch.nn import functional as F


class AlexNet(nn.Module):
    def __init__(self, num_classes=1000, width=64):
        super().__init__()
        self.scores = nn.Linear(64 * width, num_classes)
        self.hidden = nn.ModuleList(
            [nn.Linear(4 * width * 6 * 6, 64 * width), nn.Linear(64 * width, 64 * width)]
        )
        self.conv5 = nn.Conv2d(4 * width, 4 * width, 3, padding="same")
        self.conv4 = nn.Conv2d(6 * width, 4 * width, 3, padding="same")
        self.conv3 = nn.Conv2d(3 * width, 6 * width, 3, padding="same")
        self.conv2 = nn.Conv2d(width, 3 * width, 5, padding="same")
        self.conv1 = nn.Conv2d(3, width, 11, stride=4, padding=2)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).relu(), 3, 2)
        x = F.max_pool2d(self.conv2(x).relu(), 3, 2)
        x = self.conv5(self.conv4(self.conv3(x).relu()).relu()).relu()
        x = torch.flatten(F.adaptive_avg_pool2d(F.max_pool2d(x, 3, 2), (6, 6)), 1)
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.scores(x)


# %% right="second_names" exercise="AlexNet"
#           self.pool = nn.AdaptiveAvgPool2d(6)
# +         self.stages = nn.ModuleList([self.features, self.pool])
# +         self.last_convolution = self.features[-3]
# %% right="made_from_the_list_of_layers" exercise="AlexNet"
class AlexNet(nn.Sequential):
    def __init__(self, num_classes=1000, width=64):
        super().__init__()
        channels = 3
        for layer in ALEXNET:
            name, window = (
                layer["name"],
                [layer.get(key) for key in ("kernel", "stride", "padding")],
            )
            if layer["type"] == "conv":
                filters = layer["filters"] * width // 64
                self.add_module(name, nn.Conv2d(channels, filters, *window))
                channels = filters
            elif layer["type"] == "pool":
                self.add_module(name, nn.MaxPool2d(*window))
            elif layer["type"] == "flatten":
                self.add_module("adaptive", nn.AdaptiveAvgPool2d((6, 6)))
                self.add_module(name, nn.Flatten())
                channels *= 36
            else:
                features = num_classes if name == "fc8" else layer["out_features"] * width // 64
                if name != "fc8":
                    self.add_module(f"dropout_{name}", nn.Dropout(0.5))
                self.add_module(name, nn.Linear(channels, features))
                channels = features
            if layer["type"] in ("conv", "linear") and name != "fc8":
                self.add_module(f"relu_{name}", nn.ReLU(inplace=True))


# %% right="bare_parameters" exercise="AlexNet"
from torch.nn import functional as F


class AlexNet(nn.Module):
    def __init__(self, num_classes=1000, width=64):
        super().__init__()
        w = width
        shapes = [
            [w, 3, 11, 11],
            [3 * w, w, 5, 5],
            [6 * w, 3 * w, 3, 3],
            [4 * w, 6 * w, 3, 3],
            [4 * w, 4 * w, 3, 3],
        ]
        shapes += [[64 * w, 144 * w], [64 * w, 64 * w], [num_classes, 64 * w]]
        self.weights = nn.ParameterList(
            [nn.Parameter(0.05 * torch.randn(shape)) for shape in shapes]
        )
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(shape[0])) for shape in shapes])

    def forward(self, x):
        layers = list(zip(self.weights, self.biases, strict=True))
        for k, (weight, bias) in enumerate(layers[:5]):
            x = F.relu(
                F.conv2d(x, weight, bias, stride=(4, 1, 1, 1, 1)[k], padding=(2, 2, 1, 1, 1)[k])
            )
            if k in (0, 1, 4):
                x = F.max_pool2d(x, kernel_size=3, stride=2)
        x = F.adaptive_avg_pool2d(x, 6).reshape(len(x), -1)
        for k, (weight, bias) in enumerate(layers[5:]):
            x = F.dropout(x, 0.5, training=self.training and k < 2) @ weight.T + bias
            x = x.clamp(min=0) if k < 2 else x
        return x


# %% wrong="percent_for_fractions" exercise="cost_shares" of="table_changed_in_place" says="these are percent"
# -             row["kind"] = kind
#
# -         shares[key] = {kind: value / total for kind, value in sums.items()}
# +         shares[key] = {kind: 100 * value / total for kind, value in sums.items()}
# %% wrong="sums_for_fractions" exercise="cost_shares" of="percent_for_fractions" says="these are sums"
# -         shares[key] = {kind: 100 * value / total for kind, value in sums.items()}
# +         shares[key] = {kind: value for kind, value in sums.items()}
# %% wrong="last_row_wins" exercise="cost_shares" of="table_changed_in_place" says="overwritten the others"
# -             row["kind"] = kind
# -             sums[kind] = sums.get(kind, 0) + row[key]
# +             sums[kind] = row[key]
# %% wrong="pools_left_out" exercise="cost_shares" of="table_changed_in_place" says="pools and flatten are rows like any other"
# +             if row["name"].startswith(("pool", "flatten")):
# +                 continue
#               kind = "".join(takewhile(str.isalpha, row["name"]))
# -             row["kind"] = kind
# %% wrong="total_without_pools" exercise="cost_shares" of="table_changed_in_place" says="the sum leaves the pools out"
# -         total = sum(row[key] for row in table)
# +         total = sum(row[key] for row in table if "pool" not in row["name"])
#
# -             row["kind"] = kind
# %% wrong="last_character_cut_off" exercise="cost_shares" of="table_changed_in_place" says="all letters that the name starts with"
# -             kind = "".join(takewhile(str.isalpha, row["name"]))
# -             row["kind"] = kind
# +             kind = row["name"][:-1]
# %% wrong="digits_stripped" exercise="cost_shares" of="table_changed_in_place" says="all letters that the name starts with"
# -             kind = "".join(takewhile(str.isalpha, row["name"]))
# -             row["kind"] = kind
# +             kind = row["name"].rstrip("0123456789")
# %% wrong="zero_shares_left_out" exercise="cost_shares" of="percent_for_fractions" says="list them with 0.0"
# -         shares[key] = {kind: 100 * value / total for kind, value in sums.items()}
# +         shares[key] = {kind: value / total for kind, value in sums.items() if value}
# %% wrong="mean_of_each_kind" exercise="cost_shares" of="percent_for_fractions" says="the mean over the rows of a kind"
# -         shares[key] = {kind: 100 * value / total for kind, value in sums.items()}
# +         names = ["".join(takewhile(str.isalpha, row["name"])) for row in table]
# +         sums = {kind: value / names.count(kind) for kind, value in sums.items()}
# +         total = sum(sums.values())
# +         shares[key] = {kind: value / total for kind, value in sums.items()}
# %% wrong="rounded_shares" exercise="cost_shares" of="percent_for_fractions" says="the shares were rounded"
# -         shares[key] = {kind: 100 * value / total for kind, value in sums.items()}
# +         shares[key] = {kind: round(value / total, 1) for kind, value in sums.items()}
# %% wrong="nested_the_other_way_round" exercise="cost_shares" of="percent_for_fractions" says="nested the wrong way round"
# -         shares[key] = {kind: 100 * value / total for kind, value in sums.items()}
# -     return shares
# +         shares[key] = {kind: value / total for kind, value in sums.items()}
# +     return {kind: {key: shares[key][kind] for key in shares} for kind in shares["kib"]}
# %% wrong="table_changed_in_place" exercise="cost_shares" says="a row was changed" keeps=2 values_right="true"
# -         shares[key] = {}
# +         sums = {}
#
# -             shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / total
# +             row["kind"] = kind
# +             sums[kind] = sums.get(kind, 0) + row[key]
# +         shares[key] = {kind: value / total for kind, value in sums.items()}
# %% wrong="digits_and_underscores_stripped" exercise="cost_shares" says="all letters that the name starts with"
# -             kind = "".join(takewhile(str.isalpha, row["name"]))
# +             kind = row["name"].rstrip("_0123456789")
# %% wrong="all_letters_of_the_name" exercise="cost_shares" says="all letters that the name starts with"
# -             kind = "".join(takewhile(str.isalpha, row["name"]))
# +             kind = "".join(letter for letter in row["name"] if letter.isalpha())
# %% wrong="keys_of_its_own" exercise="cost_shares" says="the keys are others"
# -     for key in ("kib", "params", "macs"):
# +     for name, key in (("memory", "kib"), ("parameters", "params"), ("multiply-adds", "macs")):
#
# -         shares[key] = {}
# +         shares[name] = {}
#
# -             shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / total
# +             shares[name][kind] = shares[name].get(kind, 0.0) + row[key] / total

# %% right="counters_and_a_pattern" exercise="cost_shares"
def cost_shares(table):
    import re
    from collections import Counter

    sums = {"macs": Counter(), "params": Counter(), "kib": Counter()}
    for row in table:
        kind = re.findall("^[a-z]+", row["name"])[0]
        for key, counter in sums.items():
            counter[kind] += row[key]
    return {
        key: {kind: cost / sum(counter.values()) for kind, cost in counter.items()}
        for key, counter in sums.items()
    }


# %% right="comprehensions" exercise="cost_shares"
def cost_shares(table):
    def kind(row):
        name = row["name"]
        end = next((place for place, letter in enumerate(name) if not letter.isalpha()), len(name))
        return name[:end]

    def share(key, wanted):
        return sum(row[key] for row in table if kind(row) == wanted) / sum(
            row[key] for row in table
        )

    kinds = {kind(row) for row in table}
    return {
        key: {wanted: share(key, wanted) for wanted in kinds} for key in ("kib", "params", "macs")
    }


# %% wrong="argument_changed" exercise="zfnet_layers" of="deep_copy" says="a dict in it was written into" keeps=2 values_right="true"
# -     layers = copy.deepcopy(alexnet_layers)
# +     layers = alexnet_layers
# %% wrong="shallow_copy" exercise="zfnet_layers" of="deep_copy" says="a dict in it was written into" keeps=2 values_right="true"
# -     layers = copy.deepcopy(alexnet_layers)
# +     layers = list(alexnet_layers)
# %% wrong="smaller_padding" exercise="zfnet_layers" of="deep_copy" says="leave the one given"
# -             layer.update(kernel=7, stride=2)
# +             layer.update(kernel=7, stride=2, padding=1)
# %% wrong="padding_of_the_stem" exercise="zfnet_layers" of="deep_copy" says="leave the one given"
# -             layer.update(kernel=7, stride=2)
# +             layer.update(kernel=7, stride=2, padding=3)
# %% wrong="stride_left_at_4" exercise="zfnet_layers" of="deep_copy" says="the change is missing"
# -             layer.update(kernel=7, stride=2)
# +             layer.update(kernel=7)
# %% wrong="stride_of_conv2" exercise="zfnet_layers" of="deep_copy" says="the paper does that too"
#               layer.update(kernel=7, stride=2)
# +         elif layer["name"] == "conv2":
# +             layer["stride"] = 2
# %% wrong="filters_in_the_wrong_order" exercise="zfnet_layers" of="deep_copy" says="1024 filters, the most of the three"
# -         elif layer["name"] in ("conv3", "conv5"):
# +         elif layer["name"] in ("conv3", "conv4"):
#               layer["filters"] = 512
# -         elif layer["name"] == "conv4":
# +         elif layer["name"] == "conv5":
# %% wrong="filters_of_the_paper_in_conv1" exercise="zfnet_layers" of="deep_copy" says="96 filters are the paper's"
# -             layer.update(kernel=7, stride=2)
# +             layer.update(kernel=7, stride=2, filters=96)
# %% wrong="conv5_unchanged" exercise="zfnet_layers" of="deep_copy" says="the change is missing"
# -         elif layer["name"] in ("conv3", "conv5"):
# +         elif layer["name"] == "conv3":
# %% wrong="nothing_returned" exercise="zfnet_layers" of="deep_copy" says="the return is missing"
# -     return layers
# %% wrong="changed_layers_only" exercise="zfnet_layers" of="deep_copy" says="the layers that stay as they are"
# -     return layers
# +     return [layer for layer in layers if layer["name"] in ("conv1", "conv3", "conv4", "conv5")]

# %% wrong="places_for_names" exercise="zfnet_layers" says="by their position in the list"
def zfnet_layers(alexnet_layers):
    layers = [dict(layer) for layer in alexnet_layers]
    layers[0] |= {"kernel": 7, "stride": 2}
    for place, filters in {4: 512, 5: 1024, 6: 512}.items():
        layers[place]["filters"] = filters
    return layers


# %% wrong="names_that_begin_alike" exercise="zfnet_layers" of="smaller_padding" says="whose names only begin alike"
# -         if layer["name"] == "conv1":
# -             layer.update(kernel=7, stride=2, padding=1)
# -         elif layer["name"] in ("conv3", "conv5"):
# +         if layer["name"].startswith("conv1"):
# +             layer |= {"kernel": 7, "stride": 2}
# +         if layer["name"].startswith(("conv3", "conv5")):
#
# -         elif layer["name"] == "conv4":
# +         if layer["name"].startswith("conv4"):

# %% wrong="half_the_stride" exercise="zfnet_layers" says="not half of the one given"
import copy


def zfnet_layers(alexnet_layers):
    layers = copy.deepcopy(alexnet_layers)
    filters = {"conv3": 512, "conv4": 1024, "conv5": 512}
    for layer in layers:
        if layer["name"] == "conv1":
            layer |= {"kernel": 7, "stride": layer["stride"] // 2}
        if layer["name"] in filters:
            layer["filters"] = filters[layer["name"]]
    return layers


# %% right="deep_copy" exercise="zfnet_layers"
import copy


def zfnet_layers(alexnet_layers):
    layers = copy.deepcopy(alexnet_layers)
    for layer in layers:
        if layer["name"] == "conv1":
            layer.update(kernel=7, stride=2)
        elif layer["name"] in ("conv3", "conv5"):
            layer["filters"] = 512
        elif layer["name"] == "conv4":
            layer["filters"] = 1024
    return layers


# %% right="new_dicts_by_hand" exercise="zfnet_layers"
def zfnet_layers(alexnet_layers):
    filters = {"conv3": 512, "conv4": 1024, "conv5": 512}
    layers = []
    for layer in alexnet_layers:
        new = {key: value for key, value in layer.items()}
        if new["name"] in filters:
            new["filters"] = filters[new["name"]]
        if new["name"] == "conv1":
            new["kernel"], new["stride"] = 7, 2
        layers.append(new)
    return layers


# %% wrong="a_network_that_was_built_already" exercise="AlexNet" says="layer by layer"
def AlexNet(num_classes=1000, width=64):  # noqa: N802 - it stands for a class
    from cnnlab.published import network

    net = network("alexnet", width)
    *_, last = net.layers
    net.layers[last] = nn.Linear(net.layers[last].in_features, num_classes)
    return net


# %% wrong="without_parentheses" exercise="conv_output_size" says="parentheses are missing"
# -     return room // stride + 1
# +     return size + 2 * padding - kernel // stride + 1
# %% wrong="one_added_too_early" exercise="conv_output_size" says="before the division"
# -     return room // stride + 1
# +     return (room + 1) // stride
# %% wrong="padding_once_and_no_first_window" exercise="conv_output_size" says="on one side only"
# -     return room // stride + 1
# +     return (size + padding - kernel) // stride
# %% wrong="size_not_returned" exercise="conv_output_size" says="without a return statement"
# -     return room // stride + 1
# +     side = room // stride + 1
# %% wrong="error_returned" exercise="conv_output_size" says="the error is returned" keeps=2 values_right="true"
# -         raise ValueError(f"a kernel of {kernel} does not fit into {size} pixels, padding {padding}")
# +         return ValueError("the kernel does not fit")
# %% wrong="stride_halved" exercise="conv_output_size" says="something was divided by 0"
# -     return room // stride + 1
# +     return room // (stride // 2) + 1
# %% wrong="limit_not_included" exercise="pool_output_size" says="(>=)"
# -     return windows - 1 if (windows - 1) * stride >= size + padding else windows
# +     return windows - 1 if (windows - 1) * stride > size + padding else windows
# %% wrong="ceil_mode_not_rounded" exercise="pool_output_size" says="makes a float of it"
# -     windows = -(-room // stride) + 1
# +     windows = room / stride + 1
# %% wrong="padding_once_and_last_window_kept" exercise="pool_output_size" says="on one side only"
# -     room = size + 2 * padding - kernel
# +     room = size + padding - kernel
#
# -     return windows - 1 if (windows - 1) * stride >= size + padding else windows
# +     return windows
# %% wrong="pool_without_parentheses" exercise="pool_output_size" says="parentheses are missing"
# -         return room // stride + 1
# -     windows = -(-room // stride) + 1
# +         return size + 2 * padding - kernel // stride + 1
# +     windows = size + 2 * padding + -kernel // stride + 1
# %% wrong="numbers_in_thousands" exercise="activation_kib" says="these are numbers"
# -     return channels * height * width * bytes_per_element / 1024
# +     return channels * height * width / 1000
# %% wrong="two_bytes_by_default" exercise="activation_kib" says="4 where it is left out"
# - def activation_kib(channels, height, width, bytes_per_element=4):
# + def activation_kib(channels, height, width, bytes_per_element=2):
# %% wrong="kib_as_text" exercise="activation_kib" says="formatted as text"
# -     return channels * height * width * bytes_per_element / 1024
# +     return f"{channels * height * width * bytes_per_element / 1024} KiB"
# %% wrong="conditional_over_the_sum" exercise="conv_params" says="without biases nothing is left"
# -     return weights + out_channels if bias else weights
# +     return weights + out_channels if bias else 0
# %% wrong="outputs_times_biases_only" exercise="conv_params" says="the product comes before the sum"
# -     return weights + out_channels if bias else weights
# +     return in_channels * kernel**2 + bias * out_channels
# %% wrong="kernel_doubled" exercise="conv_params" says="doubled, not squared"
# -     weights = out_channels * in_channels * kernel**2
# +     weights = out_channels * in_channels * kernel * 2
# %% wrong="kernel_not_squared_and_no_biases" exercise="conv_params" of="biases_forgotten" says="K * K weights per channel"
# -     return in_channels * out_channels * kernel**2
# +     weights = out_channels * in_channels * kernel
# +     return weights
# %% wrong="inputs_not_multiplied" exercise="linear_params" says="the product comes before the sum"
# -     return (in_features + bias) * out_features
# +     return in_features + bias * out_features
# %% wrong="conditional_over_the_product" exercise="linear_params" says="without biases nothing is left"
# -     return (in_features + bias) * out_features
# +     return in_features * out_features + out_features if bias else 0
# %% wrong="macs_with_one_bias_each" exercise="conv_macs" says="the biases were counted too"
# -     return outputs * in_channels * kernel**2
# +     return outputs * in_channels * kernel**2 + out_channels
# %% wrong="flops_with_biases" exercise="conv_macs" says="counted apart (FLOP)"
# -     return outputs * in_channels * kernel**2
# +     return 2 * outputs * in_channels * kernel**2 + outputs
# %% wrong="multiply_and_add" exercise="conv_macs" says="counted apart (FLOP)"
# -     return outputs * in_channels * kernel**2
# +     multiplications = additions = outputs * in_channels * kernel**2
# +     return multiplications + additions
# %% wrong="multiply_and_fewer_additions" exercise="conv_macs" says="one fewer than the products"
# -     return outputs * in_channels * kernel**2
# +     products = in_channels * kernel**2
# +     return outputs * (products + products - 1)
# %% wrong="macs_of_one_filter" exercise="conv_macs" says="the output channels are missing"
# -     outputs = out_channels * out_height * out_width
# +     outputs = out_height * out_width
# %% wrong="linear_multiply_and_add" exercise="linear_macs" says="counted apart (FLOP)"
# -     return in_features * out_features
# +     return in_features * out_features + in_features * out_features
# %% wrong="linear_fewer_additions" exercise="linear_macs" says="counted apart (FLOP)"
# -     return in_features * out_features
# +     return in_features * out_features + (in_features - 1) * out_features
# %% wrong="window_doubled" exercise="pool_ops" says="doubled, not squared"
# -     return channels * out_height * out_width * kernel**2
# +     return channels * out_height * out_width * 2 * kernel
# %% wrong="channels_overwritten_first" exercise="layer_table" of="channels_not_carried" says="channels was overwritten before it was used"
#               biases = layer["filters"] if layer["type"] == "conv" else layer["out_features"]
# +             channels = biases
# %% wrong="macs_at_the_size_before" exercise="layer_table" says="the size of the input was used"
# -                 "macs": weights * size**2,
# +                 "macs": weights * before**2,
#
# +         before = size
#           if layer["type"] in ("conv", "pool"):
# %% wrong="no_biases_and_kilobytes" exercise="layer_table" says="the biases are missing"
# -                 "kib": channels * size**2 * 4 / 1024,
# -                 "params": weights + biases,
# +                 "kib": channels * size**2 * 4 / 1000,
# +                 "params": weights,
# %% wrong="filters_of_linear_layers" exercise="layer_table" says="KeyError"
# -             biases = layer["filters"] if layer["type"] == "conv" else layer["out_features"]
# +             biases = layer["filters"]
# %% wrong="table_without_the_square" exercise="layer_table" says="K * K weights per channel"
# -             weights = biases * channels * layer.get("kernel", 1) ** 2
# +             weights = biases * channels * layer.get("kernel", 1)
# %% wrong="another_key" exercise="layer_table" says="a key is missing from a row"
# -                 "out_size": size,
# +                 "size": size,
# %% wrong="rows_returned_in_the_loop" exercise="layer_table" says="return stands inside the loop"
# -     return rows
# +         return rows
# %% wrong="channels_not_carried" exercise="layer_table" says="these are the channels that the layer reads"
# -             channels = biases
# %% wrong="size_of_the_image_everywhere" exercise="layer_table" says="the size of the image was used"
# -             size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
# +             size = (input_shape[1] + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
# %% wrong="pools_keep_the_size" exercise="layer_table" says="a pool changes the size as well"
# -         if layer["type"] in ("conv", "pool"):
# +         if layer["type"] == "conv":
# %% wrong="default_stride_of_pools" exercise="AlexNet" says="nn.MaxPool2d(3) has stride 3"
# -             nn.MaxPool2d(3, stride=2),
# +             nn.MaxPool2d(3),
#               nn.Conv2d(width, 3 * width, 5, padding=2),
#
# -             nn.MaxPool2d(3, stride=2),
# +             nn.MaxPool2d(3),
#               nn.Conv2d(3 * width, 6 * width, 3, padding=1),
#
# -             nn.MaxPool2d(3, stride=2),
# +             nn.MaxPool2d(3),
#           )
# %% wrong="default_stride_of_one_pool" exercise="AlexNet" says="has stride 3 unless told otherwise"
# -             nn.MaxPool2d(3, stride=2),
# +             nn.MaxPool2d(3),
#               nn.Conv2d(width, 3 * width, 5, padding=2),
# %% wrong="batch_flattened" exercise="AlexNet" of="batch_in_one_row" says="torch.flatten(x, 1) leaves the batch alone"
# -         return self.classifier(self.pool(self.features(x)).view(1, -1))
# +         return self.classifier(torch.flatten(self.pool(self.features(x))))
# %% wrong="batch_in_one_row" exercise="AlexNet" of="no_flatten" says="torch.flatten(x, 1) leaves the batch alone"
# -         return self.classifier(self.pool(self.features(x)))
# +         return self.classifier(self.pool(self.features(x)).view(1, -1))
# %% wrong="no_super" exercise="AlexNet" says="`super().__init__()` is missing"
# -         super().__init__()
# %% wrong="lazy_fc6" exercise="AlexNet" says="a lazy layer has no parameters"
# -             nn.Linear(4 * width * 6 * 6, 64 * width),
# +             nn.LazyLinear(64 * width),
# %% wrong="no_padding_in_conv2" exercise="AlexNet" says="its padding is 0, not 2"
# -             nn.Conv2d(width, 3 * width, 5, padding=2),
# +             nn.Conv2d(width, 3 * width, 5),
# %% wrong="no_stride_in_conv1" exercise="AlexNet" says="its stride is 1, not 4"
# -             nn.Conv2d(3, width, 11, stride=4, padding=2),
# +             nn.Conv2d(3, width, 11, padding=2),
# %% wrong="no_conv4" exercise="AlexNet" says="a convolution is expected (conv5), but a max pool runs"
# -             nn.Conv2d(4 * width, 4 * width, 3, padding=1),
# -             nn.ReLU(),
# %% wrong="another_size_before_fc6" exercise="AlexNet" says="the in_features of fc6"
# -             nn.Linear(4 * width * 6 * 6, 64 * width),
# +             nn.Linear(4 * width * 5 * 5, 64 * width),
# %% wrong="no_flatten" exercise="AlexNet" says="flatten is missing"
# -             nn.Flatten(),
# %% wrong="classifier_in_a_module_list" exercise="AlexNet" says="nn.ModuleList only holds layers"
# -         self.classifier = nn.Sequential(
# +         self.classifier = nn.ModuleList([
#
#               nn.Linear(64 * width, num_classes),
# -         )
# +         ])
# %% wrong="two_relus_missing" exercise="AlexNet" says="ReLU is missing after fc7"
#               nn.Conv2d(4 * width, 4 * width, 3, padding=1),
# -             nn.ReLU(),
#               nn.MaxPool2d(3, stride=2),
#
# -             nn.ReLU(),
#               nn.Linear(64 * width, num_classes),
# %% wrong="leaky_relu" exercise="AlexNet" says="another function stands where ReLU belongs"
#               nn.Conv2d(3, width, 11, stride=4, padding=2),
# -             nn.ReLU(),
# +             nn.LeakyReLU(),
#               nn.MaxPool2d(3, stride=2),
#
#               nn.Conv2d(width, 3 * width, 5, padding=2),
# -             nn.ReLU(),
# +             nn.LeakyReLU(),
#               nn.MaxPool2d(3, stride=2),
#
# -             nn.ReLU(),
# +             nn.LeakyReLU(),
#               nn.Conv2d(6 * width, 4 * width, 3, padding=1),
#
# -             nn.ReLU(),
# +             nn.LeakyReLU(),
#               nn.Conv2d(4 * width, 4 * width, 3, padding=1),
#
#               nn.Conv2d(4 * width, 4 * width, 3, padding=1),
# -             nn.ReLU(),
# +             nn.LeakyReLU(),
#               nn.MaxPool2d(3, stride=2),
#
# -             nn.ReLU(),
# +             nn.LeakyReLU(),
#               nn.Dropout(),
#
# -             nn.ReLU(),
# +             nn.LeakyReLU(),
#               nn.Linear(64 * width, num_classes),
# %% wrong="ten_classes_by_default" exercise="AlexNet" says="after fc8: expected 1000, got 10" keeps=0.5
# -     def __init__(self, num_classes=1000, width=64):
# +     def __init__(self, num_classes=10, width=64):
# %% wrong="pool_of_one_pixel" exercise="AlexNet" says="is missing; without it the network reads images of one size only"
# -         self.pool = nn.AdaptiveAvgPool2d(6)
# +         self.pool = nn.AvgPool2d(1)
# %% wrong="adaptive_pool_to_7" exercise="AlexNet" says="expected 4 × 6 × 6, got 4 × 7 × 7"
# -         self.pool = nn.AdaptiveAvgPool2d(6)
# +         self.pool = nn.AdaptiveAvgPool2d(7)
# %% wrong="maps_detached" exercise="AlexNet" says="something went through .detach()" keeps=4 values_right="true"
# -         return self.classifier(self.pool(self.features(x)))
# +         return self.classifier(self.pool(self.features(x).detach()))
# %% wrong="scores_and_shares" exercise="AlexNet" says="something else than one tensor"
# -         return self.classifier(self.pool(self.features(x)))
# +         x = self.classifier(self.pool(self.features(x)))
# +         return x, x.softmax(1)
# %% wrong="key_read_before_it_is_there" exercise="cost_shares" says="KeyError"
# -             shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / total
# +             shares[key][kind] = shares[key][kind] + row[key] / total
# %% wrong="divided_by_the_rows" exercise="cost_shares" says="divided by the number of rows"
# -             shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / total
# +             shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / len(table)
# %% wrong="shares_of_the_largest" exercise="cost_shares" says="taken of the largest"
# -         total = sum(row[key] for row in table)
# +         total = max(row[key] for row in table)
# %% wrong="shares_returned_in_the_loop" exercise="cost_shares" says="return stands inside the loop"
# -     return shares
# +         return shares
# %% wrong="kernel_size_as_key" exercise="zfnet_layers" says="a key is misspelt"
# -         "conv1": {"kernel": 7, "stride": 2},
# +         "conv1": {"kernel_size": 7, "stride": 2},
# %% wrong="filters_of_conv3_and_conv4_swapped" exercise="zfnet_layers" says="1024 are those of conv4"
# -         "conv3": {"filters": 512},
# -         "conv4": {"filters": 1024},
# +         "conv3": {"filters": 1024},
# +         "conv4": {"filters": 512},
# %% wrong="perfect_fit_refused" exercise="conv_output_size" says="fills the padded input exactly"
# -     if room < 0:
# +     if kernel >= size + 2 * padding:
# %% wrong="partial_steps_refused" exercise="conv_output_size" says="the last step is a partial one"
# -     if room < 0:
# +     if room < 0 or room % stride:
# %% wrong="padding_taken_off" exercise="conv_output_size" of="refuses_nothing" says="the padding was taken off"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     return (size - kernel - 2 * padding) // stride + 1
# %% wrong="limit_with_both_paddings" exercise="pool_output_size" says="with the padding on one side only"
# -     return windows - 1 if (windows - 1) * stride >= size + padding else windows
# +     return windows - 1 if (windows - 1) * stride >= size + 2 * padding else windows
# %% wrong="count_for_the_start" exercise="pool_output_size" says="starts one stride earlier"
# -     return windows - 1 if (windows - 1) * stride >= size + padding else windows
# +     return windows - 1 if windows * stride >= size + padding else windows
# %% wrong="ceil_mode_adds_one" exercise="pool_output_size" says="ceil mode always adds a window"
# -     windows = -(-room // stride) + 1
# +     windows = room // stride + 2
# %% wrong="stride_of_one" exercise="pool_output_size" of="ceil_mode_ignored" says="the stride is missing"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     return size - kernel + 2 * padding + 1
# %% wrong="always_up_and_last_window_kept" exercise="pool_output_size" of="ceil_mode_ignored" says="but ceil_mode is off"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     return -((kernel - size - 2 * padding) // stride) + 1
# %% wrong="no_padding_in_floor_mode" exercise="pool_output_size" says="in floor mode only"
# -         return room // stride + 1
# +         return (size - kernel) // stride + 1
# %% wrong="caret_for_the_square" exercise="conv_params" says="^ is no power"
# -     weights = out_channels * in_channels * kernel**2
# +     weights = out_channels * in_channels * kernel ^ 2
# %% wrong="sides_added" exercise="conv_macs" says="out_height and out_width are added"
# -     outputs = out_channels * out_height * out_width
# +     outputs = out_channels * (out_height + out_width)
# %% wrong="pools_halve" exercise="layer_table" of="case_by_case" says="the pool halves the size"
#           elif layer["type"] == "pool":
# -             size = (size + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
# +             size = size // 2
# %% wrong="flatten_with_one_side" exercise="layer_table" says="counts one side of its maps only"
# -             channels, size = channels * size**2, 1
# +             channels, size = channels * size, 1
# %% wrong="one_row_for_all" exercise="layer_table" says="one and the same dict"
# -     return rows
# +     return [rows[-1] for row in rows]
# %% wrong="memory_of_one_side" exercise="layer_table" says="one side of the maps is missing"
# -                 "kib": channels * size**2 * 4 / 1024,
# +                 "kib": channels * size * 4 / 1024,
# %% wrong="sum_of_the_memory" exercise="cost_shares" says="taken of another column's sum"
# -         total = sum(row[key] for row in table)
# +         total = sum(row["kib"] for row in table)
# %% wrong="sum_not_complete" exercise="cost_shares" says="the sum is not complete"
# -         total = sum(row[key] for row in table)
# +         total = 0
#           shares[key] = {}
#           for row in table:
# +             total += row[key]
# %% wrong="no_bias_in_conv4" exercise="AlexNet" says="there is no bias in conv4"
# -             nn.Conv2d(6 * width, 4 * width, 3, padding=1),
# +             nn.Conv2d(6 * width, 4 * width, 3, padding=1, bias=False),
# %% wrong="no_fc7" exercise="AlexNet" says="fc7 is missing"
# -             nn.Linear(64 * width, 64 * width),
# -             nn.ReLU(),
# %% wrong="pool1_changed" exercise="zfnet_layers" says="that the lecture does not name"
#           "conv1": {"kernel": 7, "stride": 2},
# +         "pool1": {"padding": 1},
# %% wrong="dicts_replaced" exercise="zfnet_layers" says="a layer has lost keys"
# -     return [layer | changes.get(layer["name"], {}) for layer in alexnet_layers]
# +     return [changes.get(layer["name"], layer) for layer in alexnet_layers]
# %% wrong="kernel_and_stride_swapped" exercise="conv_output_size" of="refuses_nothing" says="kernel and stride are swapped"
# -     return (size - kernel + 2 * padding) // stride + 1
# +     return (size - stride + 2 * padding) // kernel + 1
# %% wrong="limit_beyond_the_size" exercise="pool_output_size" says="compare with that, not with size"
# -     return windows - 1 if (windows - 1) * stride >= size + padding else windows
# +     return windows - 1 if (windows - 1) * stride > size else windows
# %% wrong="product_squared" exercise="conv_params" says="the whole product is squared"
# -     weights = out_channels * in_channels * kernel**2
# +     weights = (out_channels * in_channels * kernel) ** 2
# %% wrong="width_for_channels" exercise="layer_table" says="the width was taken for the channels"
# -     channels, size, _ = input_shape
# +     _, size, channels = input_shape
# %% wrong="rows_counted" exercise="cost_shares" says="the rows of each kind were counted"
# -             shares[key][kind] = shares[key].get(kind, 0.0) + row[key] / total
# +             shares[key][kind] = shares[key].get(kind, 0.0) + 1 / len(table)
# %% wrong="sigmoid_on_the_scores" exercise="AlexNet" says="return the scores as they are"
#               nn.Linear(64 * width, num_classes),
# +             nn.Sigmoid(),
# %% wrong="layers_reversed" exercise="zfnet_layers" says="the layers come in another order"
# -     return [layer | changes.get(layer["name"], {}) for layer in alexnet_layers]
# +     return [layer | changes.get(layer["name"], {}) for layer in alexnet_layers][::-1]
