"""What an error in a student's code means there, and what to do about it: one sentence per kind of error."""

from __future__ import annotations

import re

NOT_INSTALLED = (
    "Where your work is graded, your code can import what the notebook imports, and files that you hand in beside it."
)
# By the error's class: a pattern in its text, and the sentence. The first that fits is told.
_ADVICE: dict[str, list[tuple[str, str]]] = {
    "RuntimeError": [
        (
            r"mat1 and mat2 shapes cannot be multiplied",
            "The input of a linear layer, or of a matrix product, has another number of features than its "
            "`in_features`: work out what the layers above return, channels × height × width after flattening.",
        ),
        (
            r"expected input\[.*\] to have \d+ channels, but got \d+ channels",
            "A convolution gets another number of channels than its `in_channels`, which must be what the layer above "
            "returns.",
        ),
        (
            r"Sizes of tensors must match except in dimension",
            "`torch.cat` joins tensors that differ in one dimension only: here height and width, or the batch, differ, "
            "so check the padding and stride of each branch, and `dim=`.",
        ),
        (
            r"The size of tensor a .* must match the size of tensor b",
            "Two tensors of different shape are combined: print both shapes just above this line.",
        ),
        (
            r"Calculated padded input size per channel|Output size is too small|output would be too small",
            "The map is smaller than the window of this layer: a stride above it is too large, or padding is missing.",
        ),
        (
            r"shape '.*' is invalid for input of size|view size is not compatible",
            "`view` or `reshape` is asked for a shape with another number of values; print the tensor's shape first.",
        ),
        (
            r"element 0 of tensors does not require grad|does not require grad and does not have a grad_fn",
            "A gradient is asked for where none was recorded: the value was computed under torch.no_grad(), or from "
            "tensors that do not require one.",
        ),
        (
            r"backward through the graph a second time",
            "The graph of this gradient was freed when it was used; compute the value again before another gradient.",
        ),
        (
            r"Can't call numpy\(\) on Tensor that requires grad",
            "NumPy records no gradients: use torch's functions throughout.",
        ),
        (
            r"output with shape .* doesn't match the broadcast shape",
            "A tensor is changed in place with one of a larger shape: print both shapes just above this line.",
        ),
        (
            r"modified by an inplace operation|a leaf Variable that requires grad is being used in an in-place",
            "A tensor that the gradient needs was changed in place (+=, or a method whose name ends in _); make a new "
            "one.",
        ),
        (
            r"running_mean should contain|weight should contain|Expected weight to be",
            "A normalization layer was made for another number of channels than it gets.",
        ),
        (
            r"expected scalar type|should be the same|must have the same dtype|same dtype, but got",
            "Tensors of different dtypes meet: make new tensors with dtype=x.dtype, and keep the dtype of the input.",
        ),
    ],
    "AttributeError": [
        (
            r"cannot assign (module|parameter|buffer)s? before Module\.__init__"
            r"|object has no attribute '_(parameters|modules|buffers)'",
            "`super().__init__()` is missing: it must be the first line of `__init__`.",
        ),
        (
            r"'NoneType' object has no attribute",
            "A function above this line returned nothing: is its `return` missing?",
        ),
        (
            r"has no attribute",
            "There is no such attribute: look for a typing error, or set it in `__init__` first.",
        ),
    ],
    "TypeError": [
        (
            r"'list' object is not callable|'ModuleList' object is not callable",
            "A list of layers cannot be called: "
            "make it `nn.Sequential(*layers)`, or call its layers one after the other.",
        ),
        (r"'(NoneType|tuple|int|float)' object is not callable", "You call something that is not a function."),
        (r"missing \d+ required positional argument", "A function is called with fewer arguments than it asks for."),
        (
            r"takes .* positional arguments? but .* (was|were) given",
            "A function is called with more arguments than it takes.",
        ),
        (r"got an unexpected keyword argument", "A function is called with an argument whose name it does not have."),
        (
            r"unsupported operand type\(s\).*NoneType",
            "A function above this line returned nothing: is its `return` missing?",
        ),
        (
            r"is not a Module subclass",
            "nn.Sequential and nn.ModuleList take layers, one argument each or a list; write `nn.Sequential(*layers)`.",
        ),
    ],
    "NotImplementedError": [
        (
            r"Module \[ModuleList\] is missing",
            "nn.ModuleList only holds layers: call them one after the other, or make it `nn.Sequential(*layers)`.",
        ),
        (
            r'missing the required "forward" function',
            "The class has no method `forward`: look for a typing error, or for lines that are indented too far.",
        ),
    ],
    "KeyError": [
        (r"", "A dictionary has no such key: list what it holds with `.keys()`, and check where the key comes from.")
    ],
    "IndexError": [
        (r"Dimension out of range", "The tensor has fewer dimensions than `dim=` asks for; print its shape."),
        (r"", "An index lies beyond the end: the last one is the length minus 1."),
    ],
    "ZeroDivisionError": [
        (r"", "Something was divided by 0: which case makes the divisor 0, and what is right there?")
    ],
    "RecursionError": [(r"", "A function calls itself without end: the case in which it stops is missing.")],
    "NameError": [
        (r"", "A name is used that no cell above defines: look for a typing error, or run the cell that defines it.")
    ],
    "UnboundLocalError": [
        (r"", "A variable is read before this function gives it a value, perhaps since a branch was not taken.")
    ],
    "ImportError": [(r"", NOT_INSTALLED)],
    "ModuleNotFoundError": [(r"", NOT_INSTALLED)],
    "ValueError": [
        (
            r"not enough values to unpack|too many values to unpack",
            "More or fewer values come back than are unpacked here.",
        ),
        (r"uninitialized parameter", "A lazy layer has no parameters before its first call: give it its sizes."),
        (
            r"(max|min)\(\).* empty",
            "The largest or smallest of nothing is asked for: treat that case first, or give `max` a `default=`.",
        ),
        (
            r"only one element tensors can be converted to Python scalars",
            "One number is asked for here, and a tensor of several was given: use torch's function of that name "
            "(torch.sqrt for math.sqrt).",
        ),
        (
            r"Expected more than 1 value per channel",
            "Batch normalization in training mode cannot take a single value per channel.",
        ),
    ],
}


def advice_on(kind: str, text: str = "") -> str:
    """What to do about an error, as a sentence; empty where its name and text say enough.

    Args:
        kind: the builtin class that the error belongs to, such as ``KeyError``.
        text: its text.
    """
    return next((advice for pattern, advice in _ADVICE.get(kind, ()) if re.search(pattern, text)), "")
