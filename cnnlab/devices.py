"""Where tensors should live on this machine."""

import torch


def device() -> torch.device:
    """The fastest device here: ``cuda`` where there is one, else Apple's ``mps``, else ``cpu``.

    ``mps`` has no float64: on it, ask for float32 data.
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
