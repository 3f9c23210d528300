"""A closed binary format for the values that cross between the two processes. Runs on both sides.

A value is one tag byte and what the tag asks for. There is None, bool, int, float, str, bytes, list, tuple,
named tuple, dict, set, frozenset, slice, Ellipsis; tensors, ``torch.Size``, dtypes, devices; NumPy arrays and
scalars of numbers; and three kinds of reference, which stand for what does not travel. Nothing else exists:
no class is looked up, no code is run. Instances of subclasses are written as what they are at base (an
``OrderedDict`` as a dict), and what is read has exactly the types above.

The reader takes bytes from anyone. It returns a value within ``CodecLimits`` or raises ``MalformedMessage``.
"""

from autograder.boundary.codec.format import (
    LIMITS,
    CodecLimits,
    NamedTuple,
    ObjectRef,
    OutputRef,
    Reference,
    TensorRef,
    Unwritable,
)
from autograder.boundary.codec.reading import Reader
from autograder.boundary.codec.writing import Writer
from autograder.boundary.malformed import MalformedMessage

__all__ = [
    "LIMITS",
    "CodecLimits",
    "MalformedMessage",
    "NamedTuple",
    "ObjectRef",
    "OutputRef",
    "Reader",
    "Reference",
    "TensorRef",
    "Unwritable",
    "Writer",
]
