"""Output sizes of convolutions and pools: compared with torch's, with what common mistakes give."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from cnnlab.exercises.cases import Case, Wrong, expect_cases
from cnnlab.exercises.common import Answer
from coursekit.checks import Mistake, expect_raises, expect_true, together

SIZE, POOLING = "How large is the output?", "Pooling"
ROUNDED_UP = Mistake(
    "rounded_up", "the division was rounded up; a window that sticks out does not count, so round down"
)
ROUNDED_TO_NEAREST = Mistake(
    "rounded_to_nearest", "the division was rounded to the nearest whole number; a partial step never counts"
)
PADDING_ON_ONE_SIDE = Mistake("padding_on_one_side", "the padding counts on one side only; it goes on both")
NO_PADDING = Mistake("no_padding", "the padding is missing; it makes the input larger on both sides")
NO_FIRST_WINDOW = Mistake(
    "no_first_window", "the starting position is not counted: add 1 for the window that has not moved yet"
)
ONE_ADDED_TOO_EARLY = Mistake("one_added_too_early", "1 was added before the division; divide first, then add it")
NO_STRIDE = Mistake("no_stride", "the stride is missing; it divides the room that the window has to move")
NO_KERNEL = Mistake("no_kernel", "the size was divided by the stride; a window needs room for the whole kernel")
NO_PARENTHESES = Mistake(
    "no_parentheses",
    "parentheses are missing: / and // come before + and −, so only the last term was divided by the stride",
    priority=1,
)
DEFAULT_PADDING = Mistake("default_padding", "padding is 0 where it is left out")
DEFAULT_STRIDE = Mistake("default_stride", "stride is 1 where it is left out")
FIT_WITHOUT_PADDING = Mistake(
    "fit_without_padding",
    "the kernel was compared with the size without its padding; compare it with the size and the padding on both sides",
)
LONG_STRIDE_REFUSED = Mistake(
    "long_stride_refused", "a stride may be larger than the kernel; some pixels are then left out"
)
FITTING_REFUSED = Mistake("fitting_refused", "an input that the kernel fits into was refused; test for the rest only")


# Output sizes


class Window(NamedTuple):
    """A window that slides over a square input, all in pixels; the padding is on each side."""

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0

    def __str__(self) -> str:
        return f"{self.size} pixels, kernel {self.kernel}, stride {self.stride}, padding {self.padding}"


# The lecture's conv2 and conv1, torchvision's conv1, the first layer of ResNets, and kernels at their limits.
CONVOLUTIONS = (
    Window(27, 5, 1, 2),
    Window(227, 11, 4, 2),
    Window(224, 11, 4, 2),
    Window(224, 7, 2, 3),
    Window(4, 6, 1, 1),
    Window(9, 2, 3, 0),
)
# What comes of some of these without parentheses, whichever of them are left out.
WITHOUT_PARENTHESES = (
    (Window(227, 11, 4, 2), (230, 229.25, 218, 223, 222.5)),
    (Window(224, 11, 4, 2), (227, 226.25, 215, 220, 219.5)),
    (Window(224, 7, 2, 3), (228, 227.5, 221, 221.0)),
    (Window(9, 2, 3, 0), (10, 9.333333333333334, 8)),
)


def positions(window: Window, left: int, right: int, stride: int = 0) -> int:
    """How many positions a window has if these many zeros stand beside the input, counted by torch."""
    pixels = left + window.size + right
    if window.kernel > pixels:
        return 0
    row = torch.empty(1, 1, 1, pixels, device="meta")
    kernel = torch.empty(1, 1, 1, window.kernel, device="meta")
    return F.conv2d(row, kernel, stride=stride or window.stride).shape[-1]


def conv_sizes(answer: Answer, windows: Iterable[Window]) -> None:
    """Compare output sizes of convolutions with torch's; a stride of 1 with a padding of 0 is left out."""
    cases, refused = [], []
    for window in windows:
        left_out = window[2:] == (1, 0)
        try:
            came = answer(*window[:2]) if left_out else answer(*window)
        except ValueError:
            refused.append(window)
            continue
        what = f"the output size for {window}" + (" (both left out)" if left_out else "")
        right = positions(window, window.padding, window.padding)
        cases.append(Case(what, came, right, _size_mistakes(window, right)))
    expect_cases(cases, reread=SIZE, also=[_refusal(window) for window in refused])
    with together():
        for window in refused:
            expect_true(False, what=f"the kernel fits: {window}", likely=_refusal(window), reread=SIZE)


def conv_errors(answer: Answer, misfits: Iterable[Window]) -> None:
    """Check that kernels which do not fit are refused with a ValueError."""
    for window in misfits:
        what = f"a kernel of {window.kernel} on {window.size} pixels with padding {window.padding}"
        expect_raises(ValueError, answer, *window, what=what, reread=SIZE)


def drawn_windows(rng: random.Random, count: int, *, half_padding: bool = False) -> list[Window]:
    """Windows that fit; on request with no more padding than half of the kernel."""
    windows = []
    for _ in range(count):
        kernel = rng.randint(2, 7)
        padding = rng.randint(0, kernel // 2 if half_padding else 4)
        least = max(1, kernel - 2 * padding)
        windows.append(Window(rng.randint(least, 40), kernel, rng.randint(2, 5), padding))
    return windows


def drawn_misfits(rng: random.Random, count: int) -> list[Window]:
    """Windows that are larger than their padded input."""
    windows = []
    for _ in range(count):
        size, padding = rng.randint(1, 9), rng.randint(0, 3)
        windows.append(Window(size, size + 2 * padding + rng.randint(1, 3), rng.randint(1, 3), padding))
    return windows


def _refusal(window: Window) -> Mistake:
    """Why a window that fits may have been refused."""
    if window.kernel > window.size:
        return FIT_WITHOUT_PADDING
    return LONG_STRIDE_REFUSED if window.stride > window.kernel else FITTING_REFUSED


def _size_mistakes(window: Window, right: int) -> Wrong:
    """What common mistakes give, alone and two at a time."""
    pad, stride = window.padding, window.stride
    roundings = {
        (): [0],
        (ROUNDED_UP,): [stride - 1],
        (ROUNDED_TO_NEAREST,): [stride // 2, (stride - 1) // 2],
    }
    paddings = {(): (pad, pad), (PADDING_ON_ONE_SIDE,): (pad, 0), (NO_PADDING,): (0, 0)}
    counts = {(): 0, (NO_FIRST_WINDOW,): -1}
    wrong: Wrong = {
        (*padding, *rounding, *count): [positions(window, left, right + room) + more for room in rooms]
        for padding, (left, right) in paddings.items()
        for rounding, rooms in roundings.items()
        for count, more in counts.items()
    }
    del wrong[()]
    default = window[2:] == (1, 0)
    return {
        **wrong,
        (ONE_ADDED_TOO_EARLY,): positions(window, pad, pad + 1) - 1,
        (NO_STRIDE,): positions(window, pad, pad, 1),
        (NO_KERNEL,): [positions(window._replace(kernel=stride), pad, pad) + more for more in (0, 1)],
        (NO_PARENTHESES,): [value for same, values in WITHOUT_PARENTHESES if same == window for value in values],
        (DEFAULT_PADDING,): [positions(window, p, p) for p in (1, window.kernel // 2)] if default else right,
        (DEFAULT_STRIDE,): [positions(window, 0, 0, s) for s in (2, window.kernel)] if default else right,
    }


# Pooling

DOWN_IN_CEIL_MODE = Mistake("down_in_ceil_mode", "it was rounded down, but ceil_mode is on", POOLING)
UP_IN_FLOOR_MODE = Mistake("up_in_floor_mode", "it was rounded up, but ceil_mode is off", POOLING)
LAST_WINDOW_KEPT = Mistake(
    "last_window_kept", "the last window starts in the right padding, or beyond it; it is dropped", POOLING
)
LAST_WINDOW_DROPPED = Mistake(
    "last_window_dropped", "a window was dropped that starts inside the input; compare with size + padding", POOLING
)
LIMIT_KEPT = Mistake(
    "limit_kept",
    "a window is kept that starts in the right padding: its first pixel may not lie on the padding's edge either (>=)",
    POOLING,
)
STRIDE_IS_KERNEL = Mistake("stride_is_kernel", "the stride was taken to be the kernel", POOLING)
HALF_PADDING_REFUSED = Mistake(
    "half_padding_refused", "a padding of half of the window was refused; only more than half of the window is refused"
)
# The lecture's pool1, one of GoogLeNet's, and last windows at the limit, or in the padding.
POOLS = (
    Window(56, 3, 2, 0),
    Window(9, 4, 1, 2),
    Window(5, 6, 1, 2),
    Window(112, 3, 2, 0),
    Window(6, 2, 2, 1),
    Window(5, 2, 2, 1),
    Window(6, 1, 4, 0),
)
# What comes of some of these without parentheses, whichever of them are left out, rounded down or up.
POOLS_WITHOUT_PARENTHESES = (
    (Window(56, 3, 2, 0), (56, 55.5, 55, 54)),
    (Window(112, 3, 2, 0), (112, 111.5, 111, 110)),
)


def pool_sizes(answer: Answer, windows: Iterable[Window]) -> None:
    """Compare output sizes of pools with those of torch in both modes; padding and ceil mode are left out where off."""
    cases, refused = [], []
    for window in windows:
        for ceil_mode in (False, True):
            given = [*window, True] if ceil_mode else [*window] if window.padding else [*window[:3]]
            try:
                came = answer(*given)
            except ValueError:
                refused.append(window)
                continue
            right = _pooled(window, ceil_mode)
            what = f"the output size for {window}" + (", ceil mode" if ceil_mode else "")
            cases.append(Case(what, came, right, _pool_mistakes(window, ceil_mode, right)))
    expect_cases(cases, reread=POOLING, also=[_pool_refusal(window) for window in refused])
    with together():
        for window in refused:
            expect_true(False, what=f"the window fits: {window}", likely=_pool_refusal(window), reread=POOLING)


def _pooled(window: Window, ceil_mode: bool) -> int:
    """The side of what torch's pool returns."""
    size, kernel, stride, padding = window
    pool = nn.MaxPool2d((1, kernel), (1, stride), (0, padding), ceil_mode=ceil_mode)
    return int(pool(torch.empty(1, 1, 1, size, device="meta")).shape[-1])


def _pool_refusal(window: Window) -> Mistake:
    """Why a window that fits may have been refused."""
    return HALF_PADDING_REFUSED if window.kernel <= window.size and window.padding else _refusal(window)


def _pool_mistakes(window: Window, ceil_mode: bool, right: int) -> Wrong:
    """What common mistakes give, alone and two at a time."""
    pad = window.padding
    paddings = {(): (pad, pad), (PADDING_ON_ONE_SIDE,): (pad, 0), (NO_PADDING,): (0, 0)}
    counts = {(): 0, (NO_FIRST_WINDOW,): 1}
    wrong: Wrong = {}
    for padding, (left, beyond) in paddings.items():
        down = [positions(window, left, beyond)]
        # With a window beyond the last pixel, or without it.
        up = [positions(window, left, beyond + window.stride - 1) - less for less in (0, 1)]
        rounded_up = up if padding else [_pooled(window, True)]
        drops = not padding and up[0] != rounded_up[0]
        endings = {
            (): rounded_up if ceil_mode else down,
            (DOWN_IN_CEIL_MODE,): down,
            (UP_IN_FLOOR_MODE,): rounded_up,
            (LAST_WINDOW_KEPT,): up[:1] if ceil_mode else down,
            (LIMIT_KEPT,): down if not ceil_mode else up if drops else rounded_up,
            (LAST_WINDOW_DROPPED,): down if not ceil_mode else rounded_up if drops else up,
        }
        for ending, values in endings.items():
            for count, less in counts.items():
                wrong[(*padding, *ending, *count)] = [value - less for value in values]
    del wrong[()]
    kernel = window._replace(stride=window.kernel)
    return {
        **wrong,
        (STRIDE_IS_KERNEL,): [positions(kernel, pad, pad), _pooled(kernel, True)],
        (NO_PARENTHESES,): [value for same, values in POOLS_WITHOUT_PARENTHESES if same == window for value in values],
    }


def pool_errors(answer: Answer, misfits: Sequence[Window], paddings: Iterable[tuple[int, int]]) -> None:
    """Check that windows which do not fit, and kernels with too much padding, are refused in both modes."""
    for options, mode in ((), ""), ((True,), ", in ceil mode"):
        for size, kernel, stride, padding in misfits:
            what = f"a window of {kernel} on {size} pixels with padding {padding}{mode}"
            expect_raises(ValueError, answer, size, kernel, stride, padding, *options, what=what, reread=POOLING)
        for kernel, padding in paddings:
            what = f"a padding of {padding} for a window of {kernel}{mode}"
            expect_raises(ValueError, answer, 10, kernel, 2, padding, *options, what=what, reread=POOLING)
