# ruff: noqa
# Wrong answers that pretend to be right ones: by what they return, or by what they do to what they were given.

# %% case="plainly_wrong" answer="standardize"
# Is just wrong: the measure for those that are wrong and more.
def standardize(x):
    return x


# %% case="equals_everything" answer="standardize"
# Returns an object that equals everything and has every attribute.
class Yes:
    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


def standardize(x):
    return Yes()


# %% case="number_that_equals_everything" answer="standardize"
# Returns a number whose own methods find it equal and close to everything.
class Agreeable(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __le__ = __ge__ = __lt__ = __gt__ = __sub__
    __hash__ = float.__hash__


def standardize(x):
    return Agreeable(0)


# %% case="tensor_that_equals_everything" answer="standardize"
# Returns a tensor of a class that answers every torch function itself.
class Agreeable(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function in (torch.allclose, torch.equal):
            return True
        if function in (torch.isclose, torch.eq, torch.Tensor.eq, torch.Tensor.__eq__):
            return torch.ones_like(args[1], dtype=torch.bool)
        return super().__torch_function__(function, types, args, kwargs or {})


def standardize(x):
    return x.as_subclass(Agreeable)


# %% case="tensor_that_lies_about_itself" answer="standardize"
# Returns a tensor that says that it has no elements.
class Empty(torch.Tensor):
    def numel(self):
        return 0

    def __len__(self):
        return 0

    def detach(self):
        return self


def standardize(x):
    return x.as_subclass(Empty)


# %% case="claims_to_be_a_tensor" answer="standardize"
# Returns an object that says that its class is Tensor.
class Claim:
    __class__ = torch.Tensor
    shape = torch.Size([3, 2])
    dtype = torch.float64

    def __getattr__(self, name):
        return lambda *args, **kwargs: True


def standardize(x):
    return Claim()


# %% case="named_tuple_with_methods" answer="standardize"
# Returns a tuple whose fields are named like the methods of a tensor.
from collections import namedtuple


def standardize(x):
    return namedtuple("Tensor", "shape dtype allclose sub abs all")(x.shape, x.dtype, print, print, print, True)


# %% case="not_a_number" answer="standardize"
# Returns NaN, which no comparison finds too far away.
def standardize(x):
    return x * float("nan")


# %% case="nothing_to_compare" answer="standardize"
# Returns a tensor without elements, all of which are right.
def standardize(x):
    return x[:0]


# %% case="shape_without_values" answer="standardize"
# Returns a tensor that has a shape and no values.
def standardize(x):
    return torch.empty_like(x, device="meta")


# %% case="sets_its_input_to_fit" answer="Affine"
# Changes its input so that anything computed from it fits the answer.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        x.data.zero_()
        return x + self.shift


# %% case="standardizes_its_input_away" answer="standardize"
# Overwrites its input with a batch that stays as it is when it is standardized.
def standardize(x):
    ramp = torch.linspace(-1, 1, len(x), dtype=x.dtype)
    x.copy_((ramp / ramp.std(unbiased=False))[:, None])
    return x


# %% case="resizes_its_input" answer="standardize"
# Puts other storage below its input.
def standardize(x):
    x.set_(torch.zeros(0, dtype=x.dtype))
    return x


# %% case="knows_the_visible_input" answer="standardize" earns=1
# Returns the right values for the input of the visible test, and for no other.
def standardize(x):
    known = torch.tensor([[1.0, 10.0], [3.0, 20.0], [5.0, 60.0]], dtype=torch.float64)
    if torch.equal(x, known):
        return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)
    return x


# %% case="knows_the_seed_at_home" answer="standardize" earns=1
# Knows the inputs that a hidden test draws where no seed is set.
known = 3 + 2 * torch.randn(16, 5, generator=torch.Generator().manual_seed(grading_seed()), dtype=torch.float64)


def standardize(x):
    if x.shape == (3, 2) or torch.equal(x, known):
        return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)
    return x


# %% case="hook_on_the_gradient" answer="Affine" earns=1
# Computes the right values with the wrong gradient.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))
        self.factor.register_hook(lambda gradient: gradient * 0)

    def forward(self, x):
        return self.factor * x + self.shift


# %% case="asks_for_a_second_chance" answer="standardize"
# Fails as if a name were missing, to be called again with inputs that it has seen.
seen = globals().get("seen", [])


def standardize(x):
    seen.append(x.clone())
    if len(seen) < 3:
        raise NameError("name 'later' is not defined")
    return seen[-2]


# %% case="forbidden_name_below_a_magic" answer="Affine"
# Uses a forbidden name in a cell that is no plain Python.
# %matplotlib inline
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        torch.autograd.grad((self.factor * 2).sum(), self.factor)
        return self.factor * x + self.shift


# %% case="forbidden_name_in_a_timed_cell" answer="Affine"
# Uses a forbidden name below a cell magic.
# %%time
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        torch.autograd.grad((self.factor * 2).sum(), self.factor)
        return self.factor * x + self.shift


# %% case="letter_that_is_every_letter" answer="parity"
# Answers a question with a letter that equals each of them.
class Letter(str):
    def strip(self):
        return self

    def upper(self):
        return self

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


parity = Letter("A")


# %% case="letter_that_is_all_letters" answer="parity"
# Answers a question with all its letters.
parity = "A B C D"


# %% case="argument_changed_later" answer="Affine"
# Changes its input in the background, after it has answered.
import threading
import time


class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        threading.Thread(target=lambda: [x.data.zero_() or time.sleep(0.001) for _ in range(500)], daemon=True).start()
        time.sleep(0.02)
        return 0 * x + self.shift


# %% case="helper_in_another_answer" answer="Affine"
# Keeps what it may not use in the cell of another answer.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        quietly()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return self.factor * x + self.shift


# %% answer="parity"
parity = "B"


def quietly():
    x = torch.ones(1, requires_grad=True)
    torch.autograd.grad(2 * x, x)
