"""Derivatives in modules and classes: found by name and place, and the calls that they got."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from crosscheck.discover.names import Pair, looks_like_one, pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosscheck.discover.settings import Settings


@dataclass(frozen=True)
class Place:
    """Where a function is defined."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Call:
    """A call of one of the functions of a candidate.

    Attributes:
        function: its name.
        stored: a copy of what it was given.
        shapes: of what it was given.

    """

    function: str
    stored: bytes
    shapes: str = ""


@dataclass
class Candidate:
    """A derivative, what it may be the derivative of, and calls of either.

    Attributes:
        module: where its namespace is.
        owner: the class that has both, "" for a module.
        pair: the names.
        place: of the derivative.
        calls: those that were kept.
        problem: why a call could not be kept, "" if all were.
        functions: the functions of a module that cannot be imported elsewhere, stored.

    """

    module: str
    owner: str
    pair: Pair
    place: Place
    calls: list[Call] = field(default_factory=list)
    problem: str = ""
    functions: bytes = b""

    @property
    def key(self) -> tuple[str, ...]:
        """What two records of the same candidate have in common."""
        return self.module, self.owner, self.pair.derivative, self.pair.kind, *self.pair.functions

    @property
    def name(self) -> str:
        """The name of the derivative, with its class and its module."""
        return f"{self.module}:{self.qualname}"

    @property
    def qualname(self) -> str:
        """The name of the derivative, with its class."""
        return f"{self.owner}.{self.pair.derivative}".lstrip(".")


def place_of(function: Any) -> Place:
    """Return where a function is defined; where nothing is known, "" and line 0."""
    function = inspect.unwrap(getattr(function, "func", function))
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        return Place("", 0)
    return Place(code.co_filename, code.co_firstlineno)


def namespaces(module: ModuleType) -> Iterator[tuple[type | None, Mapping[str, Any]]]:
    """Yield a module's own functions by name, and those of each class that it defines."""
    own = {
        name: value
        for name, value in list(vars(module).items())
        if getattr(value, "__module__", None) == module.__name__
    }
    yield None, {name: value for name, value in own.items() if plain(value) is not None}
    for value in own.values():
        if isinstance(value, type):
            yield value, methods(value)


def methods(kind: type) -> dict[str, Any]:
    """Return the functions of a class by name, inherited ones too."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__[:-1]):
        found |= dict(vars(base))
    return {name: value for name, value in found.items() if plain(value) is not None}


def plain(value: Any) -> FunctionType | None:
    """Return the function that is defined: a method's, a JAX function's with a rule of its own."""
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if type(value).__name__ in {"custom_vjp", "custom_jvp"}:
        value = getattr(value, "fun", None)
    return value if isinstance(value, FunctionType) else None


def found_in(
    module: ModuleType, settings: Settings
) -> Iterator[tuple[type | None, Pair, Mapping[str, Any]]]:
    """Yield the pairs of a module and of its classes, with the namespace of each."""
    for kind, names in namespaces(module):
        if kind is not None and is_autograd(kind):
            yield kind, Pair("backward", ("forward",), "torch"), names
            continue
        for name, value in names.items():
            if type(value).__name__ in {"custom_vjp", "custom_jvp"}:
                yield kind, Pair(name, (name,), "jax"), names
        for pair in (*pairs(names, settings.pairs), *_flagged(names)):
            if f"{module.__name__}:{_qualified(kind, pair.derivative)}" not in settings.skip:
                yield kind, pair, names


def unpaired(module: ModuleType, settings: Settings) -> Iterator[tuple[str, FunctionType]]:
    """Yield functions that are named like derivatives, and of which nothing is known."""
    for kind, names in namespaces(module):
        known = {p.derivative for p in (*pairs(names, settings.pairs), *_flagged(names))}
        for name in set(names) - known:
            function = plain(names[name])
            own = function is not None and function.__module__ == module.__name__
            if own and looks_like_one(name) and (kind is None or name in vars(kind)):
                assert function is not None  # noqa: S101 - for the type checker
                yield f"{module.__name__}:{_qualified(kind, name)}", function


def is_autograd(kind: type) -> bool:
    """Return whether a class is a torch.autograd.Function with passes of its own."""
    torch: Any = sys.modules.get("torch")
    function = getattr(getattr(torch, "autograd", None), "Function", None)
    return function is not None and kind is not function and issubclass(kind, function)


def _flagged(names: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield the functions that return a gradient as well where an argument says so."""
    from crosscheck.discover.names import FLAGS

    for name, value in names.items():
        function = plain(value)
        if function is not None:
            code = function.__code__
            arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            flags = [argument for argument in arguments if FLAGS.match(argument)]
            if len(flags) == 1:
                yield Pair(name, (name,), f"flag {flags[0]}")


def _qualified(kind: type | None, name: str) -> str:
    return name if kind is None else f"{kind.__qualname__}.{name}"
