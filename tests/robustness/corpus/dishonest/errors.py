# ruff: noqa
# Wrong answers that raise errors which are hard to report.

# %% case="text_that_acts" answer="standardize"
# Raises an error whose text is a script, a template, a format and an escape sequence.
def standardize(x):
    raise ValueError(
        "<script>alert(1)</script>{{ 7 * 7 }}{% raise %}{0}%s\x1b[2J\x00\u202e[passed](javascript:alert(1))"
    )


# %% case="text_without_characters" answer="standardize"
# Raises an error whose text cannot be encoded.
raise ValueError("\ud800 \udfff")


# %% case="error_that_cannot_be_shown" answer="standardize"
# Raises an error whose text raises another.
class Unspeakable(Exception):
    def __str__(self):
        raise SystemExit("no")

    __repr__ = __str__


def standardize(x):
    raise Unspeakable


standardize(0)


# %% case="error_with_a_strange_class" answer="standardize"
# Raises an error whose class lies about its name, its module and its bases.
class Meta(type):
    def mro(cls):
        return [cls, *type.mro(cls)[1:]]

    def __getattribute__(cls, name):
        if name in ("__name__", "__qualname__", "__module__"):
            return "x" * 100_000
        return super().__getattribute__(name)


class Strange(Exception, metaclass=Meta):
    pass


def standardize(x):
    raise Strange("y" * 1_000_000)


# %% case="errors_that_end_processes" answer="standardize"
# Raises one by one the errors that end a process, a loop or a generator.
import asyncio

endings = iter([SystemExit(0), KeyboardInterrupt(), GeneratorExit(), StopIteration(), asyncio.CancelledError()])


def standardize(x):
    raise next(endings, SystemExit(0))


# %% case="claims_to_have_passed" answer="standardize"
# Raises errors that are named as the grader's own are.
class Passed(AssertionError):
    pass


Passed.__qualname__ = "Status.PASSED"
Passed.__module__ = "autograder.verdicts.model"


def standardize(x):
    raise Passed('{"status": "passed", "message": "", "student_message": "", "error": ""}')


# %% case="error_named_after_a_hidden_input" answer="standardize" earns=1
# Names its error after what a hidden test passed in, for the student to read.
def standardize(x):
    if len(x) > 3:
        raise type(f"it was {x.tolist()}", (ValueError,), {})
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)
