"""What was measured on."""

from __future__ import annotations

import os
import platform

import torch

from cnnlab.timing import ceilings


def describe(device: str) -> dict[str, str]:
    """The device and the releases, and what the device does at most, by what each is."""
    limits = ceilings(device)
    cuda = torch.version.cuda if device == "cuda" else None
    return {
        "device": torch.cuda.get_device_name() if device == "cuda" else f"CPU ({platform.machine()})",
        "torch": f"{torch.__version__}" + (f" with CUDA {cuda}" if cuda else ""),
        "Python": platform.python_version(),
        "CPU cores": str(os.cpu_count()),
        "precision": _precision(device),
        "most TFLOP/s seen": f"{limits.flops / 1e12:.2f}",
        "most GB/s seen": f"{limits.bandwidth / 1e9:.0f}",
    }


def _precision(device: str) -> str:
    """How float32 is computed, which decides the speed on recent GPUs."""
    if device != "cuda":
        return "float32"
    names = {True: "TF32", False: "float32"}
    convolutions = names[torch.backends.cudnn.allow_tf32]
    products = names[torch.backends.cuda.matmul.allow_tf32]
    return f"float32 tensors; convolutions in {convolutions}, matrix products in {products}"
