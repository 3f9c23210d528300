"""The settings that decide what code computes besides the code itself, and torch's defaults for them.

Each side of the boundary pins its own settings before each test: what a student's cell or an earlier test left behind
decides no mark. The tests' process never follows the student's. What is standard is what holds when this module is
imported, which is before a student's code runs.
"""

from __future__ import annotations

import dataclasses
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import _tensor_str, overrides
from torch.autograd import forward_ad
from torch.nn.modules import module as modules
from torch.optim import optimizer as optimizers
from torch.utils import _device, _python_dispatch

# What a student's code draws from where a test seeds nothing.
SEED = 0
# More threads would compute sums in another order.
THREADS = 1
_C: Any = torch._C
_LAYERS: Any = _C._functorch
_SAVING: Any = _C._autograd
_AUTOCAST_DEVICES = ("cpu", "cuda")
_PRECISIONS = (("generic", "all"), *(("mkldnn", part) for part in ("all", "conv", "rnn", "matmul")))
_HOOKS: tuple[dict[Any, Any], ...] = (
    *(value for name, value in vars(modules).items() if name.startswith("_global_") and isinstance(value, dict)),
    optimizers._global_optimizer_pre_hooks,
    optimizers._global_optimizer_post_hooks,
)
_RECURSION = sys.getrecursionlimit()
_SMALLEST_NORMAL = sys.float_info.min


class Setting(NamedTuple):
    """One setting of this process, or of the thread that runs all code here.

    Attributes:
        name: what it is.
        get: its value now.
        put: gives it a value that ``get`` returned.
    """

    name: str
    get: Callable[[], Any]
    put: Callable[[Any], object]


def pin(seed: int = SEED) -> None:
    """Put all settings to torch's defaults, and seed torch, ``random`` and NumPy."""
    _put(_STANDARD)
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


class Ground:
    """The settings that a student's cells run with, kept aside while tests call what the cells defined."""

    def __init__(self) -> None:
        self._own: list[Any] | None = None
        self._generators: Any = None

    def pin(self) -> None:
        """A test begins."""
        if self._own is None:
            self._own = [setting.get() for setting in _SETTINGS]
            self._generators = _generators()
        pin()

    def give_back(self) -> None:
        """A cell runs: it finds what the cells before it set and drew, as in one notebook."""
        sys.setrecursionlimit(max(_RECURSION, sys.getrecursionlimit()))
        if self._own is not None:
            _put(self._own)
            _put_generators(self._generators)
            self._own = None


def _put(values: list[Any]) -> None:
    for setting, value in zip(_SETTINGS, values, strict=True):
        if setting.get() != value:
            setting.put(value)


def _generators() -> Any:
    return torch.default_generator.get_state(), random.getstate(), np.random.get_state()


def _put_generators(states: Any) -> None:
    of_torch, of_python, of_numpy = states
    torch.default_generator.set_state(of_torch)
    random.setstate(of_python)
    np.random.set_state(of_numpy)


def _settings() -> Iterator[Setting]:
    """All settings. Modes come first, since they would catch what the others call."""
    yield Setting("function modes, default device", _function_modes, _put_function_modes)
    yield Setting("dispatch modes", _dispatch_modes, _put_dispatch_modes)
    yield Setting("transforms of torch.func", _LAYERS.get_dynamic_layer_stack_depth, _leave_layers)
    yield Setting("levels of forward mode", lambda: forward_ad._current_level, _leave_levels)
    # Each of the modes below is part of what inference mode sets.
    yield Setting("inference mode", torch.is_inference_mode_enabled, _put_inference)
    yield Setting("grad mode", torch.is_grad_enabled, _C._set_grad_enabled)
    yield Setting("forward grad mode", _C._is_fwd_grad_enabled, _C._set_fwd_grad_enabled)
    yield Setting("threads of backward", _C._is_multithreading_enabled, _C._set_multithreading_enabled)
    yield Setting("replay of views", _C._is_view_replay_enabled, _C._set_view_replay_enabled)
    yield Setting("hooks of saved tensors", _saved_tensors_hooks, _put_saved_tensors_hooks)
    yield Setting("hooks of all modules and optimizers", lambda: list(map(dict, _HOOKS)), _put_hooks)
    yield Setting("anomaly detection", _anomaly, lambda value: _C.set_anomaly_enabled(*value))
    yield Setting("autocast", _autocast, _put_autocast)
    yield Setting("default dtype", torch.get_default_dtype, _C._set_default_dtype)
    yield Setting("threads", torch.get_num_threads, torch.set_num_threads)
    yield Setting("flushing of denormal numbers", lambda: _SMALLEST_NORMAL / 2 == 0, torch.set_flush_denormal)
    yield Setting("deterministic mode", _deterministic, lambda value: _put_deterministic(*value))
    yield from map(_flag, ("deterministic_fill_uninitialized_memory", "mkldnn_deterministic", "mkldnn_enabled"))
    yield from map(_flag, ("nnpack_enabled", "warnAlways", "cpu_allow_fp16_reduced_precision_reduction", "qengine"))
    yield from map(_flag, ("cudnn_enabled", "cudnn_benchmark", "cudnn_deterministic"))
    yield Setting("fused attention", torch.backends.mha.get_fastpath_enabled, torch.backends.mha.set_fastpath_enabled)
    yield Setting("precision of products", _precision, lambda value: _put_precision(*value))
    yield from map(_conversion, ("overwrite_module_params_on_conversion", "swap_module_params_on_conversion"))
    yield Setting("printing of tensors", _printing, _put_printing)
    yield Setting("NumPy's errors", np.geterr, lambda value: np.seterr(**value))
    yield Setting("NumPy's handler of errors", np.geterrcall, np.seterrcall)
    yield Setting("printing of arrays", np.get_printoptions, lambda value: np.set_printoptions(**value))
    yield Setting("warnings", lambda: list(warnings.filters), _put_warnings)
    # Code that recurses deeply raises the limit on purpose; only a lower one is in the way, so none comes back.
    yield Setting("recursion", lambda: min(sys.getrecursionlimit(), _RECURSION), lambda _: _allow_recursion())


def _flag(name: str) -> Setting:
    return Setting(name, getattr(_C, f"_get_{name}"), getattr(_C, f"_set_{name}"))


def _conversion(name: str) -> Setting:
    flags: Any = torch.__future__
    return Setting(name, getattr(flags, f"get_{name}"), getattr(flags, f"set_{name}"))


_CONTEXTS: Any = torch._GLOBAL_DEVICE_CONTEXT


def _function_modes() -> tuple[Any, ...]:
    # ``torch.set_default_device`` is such a mode, which torch remembers in two more places.
    stack = overrides._get_current_function_mode_stack()
    return stack, _device.CURRENT_DEVICE, getattr(_CONTEXTS, "device_context", None)


def _put_function_modes(value: tuple[Any, ...]) -> None:
    stack, _device.CURRENT_DEVICE, _CONTEXTS.device_context = value
    while overrides._get_current_function_mode_stack():
        overrides._pop_mode()
    for mode in stack:
        overrides._push_mode(mode)


def _dispatch_modes() -> list[Any]:
    return _python_dispatch._get_current_dispatch_mode_stack()


def _put_dispatch_modes(stack: list[Any]) -> None:
    while _dispatch_modes():
        _python_dispatch._pop_mode()
    for mode in stack:
        _python_dispatch._push_mode(mode)


def _leave_layers(depth: int) -> None:
    if depth < _LAYERS.get_dynamic_layer_stack_depth():
        _LAYERS.pop_dynamic_layer_stack_and_undo_to_depth(depth)


def _leave_levels(level: int) -> None:
    while forward_ad._current_level > level:
        forward_ad.exit_dual_level()


# An inference mode ends with the object that began it.
_inferences: list[Any] = []


def _put_inference(mode: bool) -> None:
    _inferences.append(torch.inference_mode(mode))
    _inferences[-1].__enter__()


def _saved_tensors_hooks() -> tuple[list[Any], str | None]:
    hooks = []
    while (top := _SAVING._top_saved_tensors_default_hooks(True)) is not None:
        hooks.append(top)
        _SAVING._pop_saved_tensors_default_hooks()
    for pair in reversed(hooks):
        _SAVING._push_saved_tensors_default_hooks(*pair)
    return hooks[::-1], _SAVING._saved_tensors_hooks_get_disabled_error_message()


def _put_saved_tensors_hooks(value: tuple[list[Any], str | None]) -> None:
    hooks, disabled = value
    _SAVING._saved_tensors_hooks_enable()
    while _SAVING._top_saved_tensors_default_hooks(True) is not None:
        _SAVING._pop_saved_tensors_default_hooks()
    for pair in hooks:
        _SAVING._push_saved_tensors_default_hooks(*pair)
    if disabled is not None:
        _SAVING._saved_tensors_hooks_disable(disabled)


def _put_hooks(value: list[dict[Any, Any]]) -> None:
    for hooks, wanted in zip(_HOOKS, value, strict=True):
        hooks.clear()
        hooks.update(wanted)


def _anomaly() -> tuple[bool, bool]:
    return _C.is_anomaly_enabled(), _C.is_anomaly_check_nan_enabled()


def _autocast() -> tuple[Any, ...]:
    devices = [(_C.is_autocast_enabled(device), _C.get_autocast_dtype(device)) for device in _AUTOCAST_DEVICES]
    return devices, _C.is_autocast_cache_enabled()


def _put_autocast(value: tuple[Any, ...]) -> None:
    devices, cached = value
    for device, (enabled, dtype) in zip(_AUTOCAST_DEVICES, devices, strict=True):
        _C.set_autocast_enabled(device, enabled)
        _C.set_autocast_dtype(device, dtype)
    _C.set_autocast_cache_enabled(cached)
    _C.clear_autocast_cache()


def _deterministic() -> tuple[bool, bool]:
    return _C._get_deterministic_algorithms(), _C._get_deterministic_algorithms_warn_only()


def _put_deterministic(mode: bool, warn_only: bool) -> None:
    _C._set_deterministic_algorithms(mode, warn_only=warn_only)


def _precision() -> tuple[str | None, list[str]]:
    whole = None
    # torch refuses to name one for all where somebody has set both the old way and the new one.
    with suppress(RuntimeError):
        whole = _C._get_float32_matmul_precision()
    return whole, [_C._get_fp32_precision_getter(*part) for part in _PRECISIONS]


def _put_precision(whole: str | None, parts: list[str]) -> None:
    if whole is not None:
        _C._set_float32_matmul_precision(whole)
    for part, precision in zip(_PRECISIONS, parts, strict=True):
        _C._set_fp32_precision_setter(*part, precision)


def _printing() -> dict[str, Any]:
    return dataclasses.asdict(_tensor_str.PRINT_OPTS)


def _put_printing(value: dict[str, Any]) -> None:
    vars(_tensor_str.PRINT_OPTS).update(value)


_forget_filtered: Callable[[], None] = vars(warnings)["_filters_mutated"]


def _put_warnings(filters: list[Any]) -> None:
    # Python's own list, which its C code reads.
    vars(warnings)["filters"][:] = filters
    _forget_filtered()


def _allow_recursion() -> None:
    sys.setrecursionlimit(_RECURSION)


_SETTINGS = tuple(_settings())
_STANDARD = [THREADS if setting.name == "threads" else setting.get() for setting in _SETTINGS]
