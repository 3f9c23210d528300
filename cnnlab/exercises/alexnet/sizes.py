"""Output sizes of convolutions and pools: compared with torch's, with what common mistakes give."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations, product
from typing import NamedTuple, TypeAlias

import torch
from torch import nn
from torch.nn import functional as F

from cnnlab.exercises.cases import Case, Causes, Wrong, expect_cases
from cnnlab.exercises.common import MOST_MISTAKES, Answer
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
FIRST_WINDOW_TWICE = Mistake("first_window_twice", "every result is one too large; the starting position counts once")
PADDING_TAKEN_OFF = Mistake("padding_taken_off", "the padding was taken off the size; it makes the input larger")
KERNEL_HALVED = Mistake("kernel_halved", "half of the kernel was taken off the size; the whole kernel has to fit")
ROOM_TOO_LARGE = Mistake("room_too_large", "before the division, the room of the window is one pixel too large")
ROOM_TOO_SMALL = Mistake("room_too_small", "before the division, the room of the window is one pixel too small")
KERNEL_AND_STRIDE_SWAPPED = Mistake("kernel_and_stride_swapped", "kernel and stride are swapped")
SIZE_KEPT = Mistake("size_kept", "this is the size of the input; count the positions of the window")
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
FIT_WITH_ONE_PADDING = Mistake(
    "fit_with_one_padding",
    "the kernel was compared with the size and the padding on one side; the padding goes on both",
)
PERFECT_FIT_REFUSED = Mistake(
    "perfect_fit_refused", "a kernel that fills the padded input exactly was refused; it fits, in one position"
)
LONG_STRIDE_REFUSED = Mistake(
    "long_stride_refused", "a stride may be larger than the kernel; some pixels are then left out"
)
PARTIAL_STEP_REFUSED = Mistake(
    "partial_step_refused", "an input was refused because the last step is a partial one; round down instead"
)
WIDE_PADDING_REFUSED = Mistake(
    "wide_padding_refused", "a wide padding was refused; only pools may refuse it, a convolution takes any padding"
)
FITTING_REFUSED = Mistake("fitting_refused", "an input that the kernel fits into was refused; test for the rest only")


# By the mistake in it, what is added to the number of windows.
COUNTS: tuple[tuple[Causes, int], ...] = (((), 0), ((NO_FIRST_WINDOW,), -1), ((FIRST_WINDOW_TWICE,), 1))


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
    Window(5, 8, 1, 2),
    Window(6, 7, 1, 2),
    Window(7, 7, 2, 0),
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
    cases, fitting, refused = [], list(windows), set()
    for window in fitting:
        left_out = window[2:] == (1, 0)
        try:
            came = answer(*window[:2]) if left_out else answer(*window)
        except ValueError:
            refused.add(window)
            continue
        what = f"the output size for {window}" + (" (both left out)" if left_out else "")
        right = positions(window, window.padding, window.padding)
        cases.append(Case(what, came, right, size_mistakes(window, right), _traits(window)))
    causes = _refusals(fitting, refused, OF_CONVOLUTIONS)
    expect_cases(cases, reread=SIZE, also=causes)
    _expect_none_refused(fitting, refused, causes, "kernel", SIZE)


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


def _traits(window: Window) -> tuple[str, ...]:
    """What sets a window apart from others."""
    whole = positions(window, window.padding, window.padding + 1) == positions(window, window.padding, window.padding)
    return (
        "with padding" if window.padding else "without padding",
        "with a stride of 1" if window.stride == 1 else "with a stride above 1",
        "where a step is left over" if window.stride > 1 and whole else "where no step is left over",
    )


def _paddings(window: Window) -> list[tuple[Causes, tuple[int, int]]]:
    """Pixels of padding on the left and the right, by the mistake in them."""
    pad = window.padding
    return [
        ((), (pad, pad)),
        ((PADDING_ON_ONE_SIDE,), (pad, 0)),
        ((NO_PADDING,), (0, 0)),
        ((PADDING_TAKEN_OFF,), (-pad, -pad)),
        ((ROOM_TOO_LARGE,), (pad, pad + 1)),
        ((ROOM_TOO_SMALL,), (pad, pad - 1)),
        ((KERNEL_HALVED,), (pad, pad + window.kernel - window.kernel // 2)),
    ]


def _strides(window: Window, of_kernel: Mistake | None = None) -> list[tuple[Causes, int]]:
    """The stride, by the mistake in it."""
    return [((), window.stride), ((NO_STRIDE,), 1), *([((of_kernel,), window.kernel)] if of_kernel else [])]


def _few(wrong: Wrong) -> Wrong:
    """Without what is right, and what takes so many mistakes that it may fit by chance."""
    return {causes: values for causes, values in wrong.items() if 0 < len(causes) <= MOST_MISTAKES}


def size_mistakes(window: Window, right: int) -> Wrong:
    """What common mistakes give for a window without ceil mode, alone and two at a time."""
    pad, stride = window.padding, window.stride
    roundings: dict[Causes, list[int]] = {
        (): [0],
        (ROUNDED_UP,): [stride - 1],
        (ROUNDED_TO_NEAREST,): [stride // 2, (stride - 1) // 2],
    }
    wrong: Wrong = {}
    for (padding, (left, beyond)), (step, each) in product(_paddings(window), _strides(window)):
        for (rounding, rooms), (count, more) in product(roundings.items(), COUNTS):
            fitting = [
                positions(window, left, beyond + room, each) for room in rooms if positions(window, left, beyond)
            ]
            # Without its padding, a window may not fit; what a formula gives then depends on how it is written.
            wrong[(*padding, *step, *rounding, *count)] = [places + more for places in fitting]
    wrong = _few(wrong)
    default = window[2:] == (1, 0)
    swapped = window._replace(kernel=stride, stride=window.kernel)
    return {
        **wrong,
        (ONE_ADDED_TOO_EARLY,): positions(window, pad, pad + 1) - 1,
        (NO_KERNEL,): [positions(window._replace(kernel=stride), pad, pad) + more for more in (0, 1)],
        (SIZE_KEPT,): window.size,
        (KERNEL_AND_STRIDE_SWAPPED,): positions(swapped, pad, pad),
        (NO_PARENTHESES,): [value for same, values in WITHOUT_PARENTHESES if same == window for value in values],
        (DEFAULT_PADDING,): [positions(window, p, p) for p in (1, window.kernel // 2)] if default else right,
        (DEFAULT_STRIDE,): [positions(window, 0, 0, s) for s in (2, window.kernel)] if default else right,
    }


# Refusals

Rules: TypeAlias = tuple[tuple[Mistake, Callable[[Window], object]], ...]
"""Mistakes, and which windows that fit they refuse; one mistake may be made in several ways."""

OF_ALL_WINDOWS: Rules = (
    (PERFECT_FIT_REFUSED, lambda w: positions(w, w.padding, w.padding, 1) == 1),
    (FIT_WITHOUT_PADDING, lambda w: w.kernel > w.size),
    (FIT_WITHOUT_PADDING, lambda w: w.kernel >= w.size),
    (FIT_WITH_ONE_PADDING, lambda w: not positions(w, w.padding, 0)),
    (FIT_WITH_ONE_PADDING, lambda w: positions(w, w.padding, 0, 1) <= 1),
    (LONG_STRIDE_REFUSED, lambda w: w.stride > w.kernel),
    (LONG_STRIDE_REFUSED, lambda w: w.stride >= w.kernel),
    (PARTIAL_STEP_REFUSED, lambda w: (positions(w, w.padding, w.padding, 1) - 1) % w.stride),
)
OF_CONVOLUTIONS: Rules = (
    *OF_ALL_WINDOWS,
    (WIDE_PADDING_REFUSED, lambda w: 2 * w.padding > w.kernel),
    (WIDE_PADDING_REFUSED, lambda w: 2 * w.padding >= w.kernel),
    (WIDE_PADDING_REFUSED, lambda w: w.padding > w.kernel),
    (WIDE_PADDING_REFUSED, lambda w: w.padding >= w.kernel),
)


def _refusals(windows: Sequence[Window], refused: Collection[Window], rules: Rules) -> tuple[Mistake, ...]:
    """The fewest mistakes, two at most, that refuse these windows and no others; without such, a weaker statement."""
    ruled = [(mistake, {window for window in windows if rule(window)}) for mistake, rule in rules]
    for count in (1, 2):
        for several in combinations(ruled, count):
            if refused and set().union(*(which for _, which in several)) == set(refused):
                return tuple(dict.fromkeys(mistake for mistake, _ in several))
    return (FITTING_REFUSED,) if refused else ()


def _expect_none_refused(
    windows: Sequence[Window], refused: Collection[Window], causes: Sequence[Mistake], name: str, reread: str
) -> None:
    """Check that no window that fits was refused."""
    first = next((window for window in windows if window in refused), None)
    with together():
        for cause in causes:
            expect_true(first is None, what=f"the {name} fits: {first}", likely=cause, reread=reread)


# Pooling

DOWN_IN_CEIL_MODE = Mistake("down_in_ceil_mode", "it was rounded down, but ceil_mode is on", POOLING)
UP_IN_FLOOR_MODE = Mistake("up_in_floor_mode", "it was rounded up, but ceil_mode is off", POOLING)
LAST_WINDOW_KEPT = Mistake(
    "last_window_kept", "the last window starts in the right padding, or beyond it; it is dropped", POOLING
)
COMPARED_WITH_SIZE = Mistake(
    "last_window_dropped", "a window was dropped that starts inside the input; compare with size + padding", POOLING
)
LIMIT_BEYOND_SIZE = Mistake(
    "limit_beyond_size",
    "a window was dropped that starts before size + padding; compare with that, not with size",
    POOLING,
)
LIMIT_LESS_PADDING = Mistake(
    "limit_less_padding", "the padding was taken off the limit; compare with size + padding", POOLING
)
LIMIT_KEPT = Mistake(
    "limit_kept",
    "a window is kept that starts in the right padding: its first pixel may not lie on the padding's edge either (>=)",
    POOLING,
)
LIMIT_BEYOND_PADDING = Mistake(
    "limit_beyond_padding",
    "a window is kept that starts in the right padding: the limit is size + padding, with the padding on one side only",
    POOLING,
)
COUNT_FOR_START = Mistake(
    "count_for_start",
    "the number of windows was multiplied by the stride; the last one starts one stride earlier, so take 1 off first",
    POOLING,
)
TWO_DROPPED = Mistake("two_dropped", "two windows are dropped where one starts in the right padding; drop one", POOLING)
ALWAYS_DROPPED = Mistake(
    "always_dropped", "in ceil mode a window is always dropped; drop it only if it starts in the right padding", POOLING
)
ADDED_FOR_ROUNDING = Mistake(
    "added_for_rounding", "ceil mode always adds a window, even where no step is left over; round up instead", POOLING
)
MODES_SWAPPED = Mistake(
    "modes_swapped", "the two modes are swapped: ceil_mode=True rounds down, and False rounds up", POOLING
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
    Window(3, 6, 1, 2),
    Window(4, 4, 3, 0),
    Window(112, 3, 2, 0),
    Window(6, 2, 2, 1),
    Window(5, 2, 2, 1),
    Window(5, 4, 4, 2),
    Window(6, 1, 4, 0),
    Window(8, 5, 2, 1),
    Window(4, 5, 5, 2),
)
OF_POOLS: Rules = (
    *OF_ALL_WINDOWS,
    (HALF_PADDING_REFUSED, lambda w: 2 * w.padding == w.kernel),
    (HALF_PADDING_REFUSED, lambda w: w.padding >= w.kernel // 2),
    (HALF_PADDING_REFUSED, lambda w: w.padding and w.padding >= w.kernel // 2),
)
# What comes of some of these without parentheses, whichever of them are left out, rounded down or up.
POOLS_WITHOUT_PARENTHESES = (
    (Window(56, 3, 2, 0), (56, 55.5, 55, 54)),
    (Window(6, 2, 2, 1), (8, 8.0, 7, 6)),
    (Window(6, 1, 4, 0), (7, 6.75, 6, 5)),
    (Window(112, 3, 2, 0), (112, 111.5, 111, 110)),
)


def pool_sizes(answer: Answer, windows: Iterable[Window]) -> None:
    """Compare output sizes of pools with those of torch in both modes; padding and ceil mode are left out where off."""
    cases, fitting, refused = [], list(windows), set()
    for window in fitting:
        for ceil_mode in (False, True):
            given = [*window, True] if ceil_mode else [*window] if window.padding else [*window[:3]]
            try:
                came = answer(*given)
            except ValueError:
                refused.add(window)
                continue
            what = f"the output size for {window}" + (", ceil mode" if ceil_mode else "")
            where = ("in ceil mode" if ceil_mode else "in floor mode", *_traits(window))
            right = _pooled(window, ceil_mode)
            wrong = _pool_mistakes(window, ceil_mode)
            cases.append(Case(what, came, right, wrong | _in_one_mode(wrong, ceil_mode, right), where))
    causes = _refusals(fitting, refused, OF_POOLS)
    expect_cases(cases, reread=POOLING, also=causes)
    _expect_none_refused(fitting, refused, causes, "window", POOLING)


def _pooled(window: Window, ceil_mode: bool) -> int:
    """The side of what torch's pool returns."""
    size, kernel, stride, padding = window
    pool = nn.MaxPool2d((1, kernel), (1, stride), (0, padding), ceil_mode=ceil_mode)
    return int(pool(torch.empty(1, 1, 1, size, device="meta")).shape[-1])


def _pool_mistakes(window: Window, ceil_mode: bool) -> Wrong:
    """What common mistakes give, alone and two at a time."""
    wrong: Wrong = {}
    for (padding, (left, beyond)), (step, stride) in product(_paddings(window), _strides(window, STRIDE_IS_KERNEL)):
        stepped = window._replace(stride=stride)
        down, up = (positions(stepped, left, beyond + more) for more in (0, stride - 1))
        limits = {window.padding, left} if padding else set()
        cut = [min(up, _starts(stepped, limit)) for limit in limits] or [_pooled(stepped, True)]
        endings = _in_ceil_mode(stepped, down, up, cut) if ceil_mode else _in_floor_mode(down, up, cut)
        for (ending, values), (count, more) in product(endings.items(), COUNTS):
            # Where a window more or less is counted, another one may be the last.
            given = [*values, up] if count and ceil_mode and not ending else values
            # Without its padding, a window may not fit; what a formula gives then depends on how it is written.
            wrong[(*padding, *step, *ending, *count)] = [value + more for value in given] if down else []
    return {
        **_few(wrong),
        (SIZE_KEPT,): window.size,
        (NO_PARENTHESES,): [value for same, values in POOLS_WITHOUT_PARENTHESES if same == window for value in values],
    }


def _starts(window: Window, left: int) -> int:
    """How many windows start inside the input or this padding on its left, however far they stick out."""
    return positions(window._replace(kernel=1), left, 0)


def _in_one_mode(wrong: Wrong, ceil_mode: bool, right: int) -> Wrong:
    """The same mistakes, each made in one of the two modes only."""
    single = [(causes[0], values) for causes, values in wrong.items() if len(causes) == 1]
    return {
        (Mistake(f"{cause.id}_{mode}_only", f"in {mode} mode only: {cause.says}", cause.section, -1),): values
        if ceil_mode == (mode == "ceil")
        else right
        for mode in ("ceil", "floor")
        for cause, values in single
    }


def _in_floor_mode(down: int, up: int, cut: list[int]) -> Wrong:
    """By mistake, how many windows are left of those that fit and of those that may stick out."""
    in_ceil_mode = {causes: [down] for causes in _in_ceil_mode(Window(1, 1), 1, 1, [1])}
    return in_ceil_mode | {
        (UP_IN_FLOOR_MODE,): cut,
        (UP_IN_FLOOR_MODE, LAST_WINDOW_KEPT): [up],
        (MODES_SWAPPED,): [*cut, up],
    }


def _in_ceil_mode(window: Window, down: int, up: int, cut: list[int]) -> Wrong:
    """By mistake, how many windows are left of those that fit and of those that may stick out."""
    size, stride, pad = window.size, window.stride, window.padding
    last = (up - 1) * stride
    return {
        (): cut,
        (DOWN_IN_CEIL_MODE,): [down],
        (UP_IN_FLOOR_MODE,): cut,
        (UP_IN_FLOOR_MODE, LAST_WINDOW_KEPT): [up],
        (MODES_SWAPPED,): [down],
        (LAST_WINDOW_KEPT,): [up],
        (LIMIT_KEPT,): [up - (last > size + pad)],
        (LIMIT_BEYOND_PADDING,): [up - (last >= size + 2 * pad)],
        (COMPARED_WITH_SIZE,): [up - (last >= size)],
        (LIMIT_BEYOND_SIZE,): [up - (last > size)],
        (LIMIT_LESS_PADDING,): [up - (last >= size - pad)],
        (COUNT_FOR_START,): [up - (last + stride >= size + pad)],
        (TWO_DROPPED,): [value - (value != up) for value in cut],
        (ALWAYS_DROPPED,): [up - 1],
        (ADDED_FOR_ROUNDING,): [down + 1, min(down + 1, _starts(window, pad))],
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
