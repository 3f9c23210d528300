"""What a test holds in place of an object that stays in the student's process.

A handle is used as the object is: called, indexed, iterated, read and set by attribute. Data and tensors come
back as themselves, everything else as another handle; a ``Method`` and a ``Walk`` stand for one, to save questions.
What a handle says comes from the student's process and can be a lie, ``bool`` and ``repr`` and ``isinstance``
included; what decides a mark is data, compared in the grader. ``==`` and ``is`` are about identity and ask nobody:
a handle equals only itself.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from autograder.boundary.codec import ObjectRef
from autograder.boundary.grader.errors import BoundaryError, StudentError, StudentFailed
from autograder.boundary.grader.modules import WALKS, is_method, module_class

if TYPE_CHECKING:
    from autograder.boundary.grader.remote import Remote

_MAX_REPR = 2000
_READABLE_DUNDERS = frozenset({"__name__", "__qualname__", "__doc__"})


@dataclass
class Link:
    """Where a handle's object is.

    Attributes:
        asker: the student's process.
        reference: the object there.
        told: how many times the process has named it; it is kept until as many are released.
    """

    asker: Remote
    reference: ObjectRef
    told: int = 0


class Handle:
    """An object in the student's process."""

    __slots__ = ("_Handle__link", "__weakref__")
    __link: Link

    def __init__(self, link: Link) -> None:
        object.__setattr__(self, "_Handle__link", link)

    def __del__(self) -> None:
        link = self.__link
        link.asker.release(link.reference.number, link.told)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in _READABLE_DUNDERS:
            raise AttributeError(f"a handle of {remote_type(self)} has no {name}")
        if is_method(self.__link.reference.types, name):
            return Method(self, name)
        return self.__link.asker.ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__link.asker.ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self.__link.asker.ask("delattr", self, name)

    def __getitem__(self, key: Any) -> Any:
        return self.__link.asker.ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.__link.asker.ask("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        self.__link.asker.ask("delitem", self, key)

    def __len__(self) -> int:
        # Python takes only what the length of something in memory can be.
        return max(0, min(self.__link.asker.ask_for(int, "len", self), sys.maxsize))

    def __bool__(self) -> bool:
        return bool(self.__link.asker.ask_for(bool, "bool", self))

    def __contains__(self, item: Any) -> bool:
        return bool(self.__link.asker.ask_for(bool, "contains", self, item))

    def __iter__(self) -> Iterator[Any]:
        iterator = self.__link.asker.ask("iter", self)
        return _items(iterator) if isinstance(iterator, Handle) else iter(iterator)

    def __next__(self) -> Any:
        try:
            return self.__link.asker.ask("next", self)
        except StudentError as error:
            if error.type_name == "StopIteration":
                raise StopIteration from None
            raise

    def __repr__(self) -> str:
        try:
            return str(self.__link.asker.ask_for(str, "repr", self))[:_MAX_REPR]
        except (StudentError, StudentFailed):
            return f"<{remote_type(self)} in the student's process>"

    def __copy__(self) -> Any:
        return self.__link.asker.ask("copy", self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__link.asker.ask("deepcopy", self)

    def __question__(self, question: str, *arguments: Any) -> Any:
        """What the student's process answers to a question of the course's own (see ``coursekit.questions``)."""
        return self.__link.asker.ask("question", self, question, *arguments)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise BoundaryError("A handle cannot be pickled: its object is in the student's process.")

    def __told_class(self) -> type:
        """What ``isinstance`` goes by, besides the handle's own type: torch's module class that it derives from."""
        return module_class(self.__link.reference.types) or type(self)

    __class__ = property(__told_class)


class CallableHandle(Handle):
    """An object in the student's process that can be called: a function, a class, a module."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return link_of(self).asker.ask("call", self, *_sent(args, kwargs))


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A method that every module has from torch: looked up and called in one question, in place of two.

    Attributes:
        owner: the module.
        name: the method's name.
    """

    owner: Handle
    name: str

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        result = link_of(self.owner).asker.ask("method", self.owner, self.name, *_sent(args, kwargs))
        is_walk = self.name in WALKS and isinstance(result, Handle) and remote_type(result) == "generator"
        return Walk(result) if is_walk else result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.handle(), name)

    def handle(self) -> Any:
        """What the name means in the student's process, for all that is not a call: a handle, mostly."""
        return link_of(self.owner).asker.ask("getattr", self.owner, self.name)


class Walk(Iterator[Any]):
    """A walk of torch's through a module; a loop gets several items to a question.

    What such a walk gives does not depend on when it is asked for.

    Args:
        iterator: the walk in the student's process.
    """

    def __init__(self, iterator: Handle) -> None:
        self._iterator, self._more = iterator, True
        self._ahead: deque[Any] = deque()

    def __iter__(self) -> Iterator[Any]:
        while self._ahead or self._fetch():
            yield self._ahead.popleft()

    def __next__(self) -> Any:
        return self._ahead.popleft() if self._ahead else next(self._iterator)

    def handle(self) -> Handle:
        """The walk in the student's process, for the student's code to go on with.

        Raises:
            BoundaryError: if a loop was left, since items have come that the test has not seen.
        """
        if self._ahead:
            raise BoundaryError("A loop through a module that was left cannot cross: give a list of the items.")
        return self._iterator

    def _fetch(self) -> bool:
        """Ask for the next items, and say whether there are any."""
        if self._more:
            asker = link_of(self._iterator).asker
            match asker.ask("few", self._iterator):
                case (list() as items, bool() as more) if items or not more:
                    self._ahead.extend(items)
                    self._more = more
                case _:
                    raise asker.lied("it gave something else than the next items of a walk")
        return bool(self._ahead)


def _sent(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of a call as they cross: methods and walks as the handles that they stand for."""
    return tuple(map(_as_handle, args)), {key: _as_handle(value) for key, value in kwargs.items()}


def _as_handle(value: Any) -> Any:
    return value.handle() if type(value) in (Method, Walk) else value


def link_of(handle: Handle) -> Link:
    """Where a handle's object is."""
    link: Link = object.__getattribute__(handle, "_Handle__link")
    return link


def remote_type(handle: Handle) -> str:
    """The name of the class of a handle's object, such as ``__main__.Block``, as the student's process tells it."""
    types = link_of(handle).reference.types
    return types[0] if types else "object"


def new_handle(link: Link) -> Handle:
    """A handle whose own class is named as the object's class is, for sentences that name what came."""
    types = link.reference.types
    name = types[0].rpartition(".")[2] if types else ""
    return _class_named(name if name.isidentifier() else "Handle", link.reference.is_callable)(link)


@lru_cache(maxsize=256)
def _class_named(name: str, is_callable: bool) -> Callable[[Link], Handle]:
    base = CallableHandle if is_callable else Handle
    return type(name[:80], (base,), {"__slots__": (), "__module__": __name__})


def _items(iterator: Handle) -> Iterator[Any]:
    """The items one by one, each computed when it is asked for, as in one process."""
    while True:
        try:
            item = next(iterator)
        except StopIteration:
            return
        yield item
