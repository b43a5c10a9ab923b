"""What a user's function can reach: namespaces, and random generators."""

from __future__ import annotations

import ctypes
import functools
import random
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from crosscheck.tracing.source_locations import is_users

GENERATORS = (np.random.Generator, np.random.RandomState)


@dataclass(frozen=True)
class Reachable:
    """Dicts and closure cells that hold names, and generators found on the way."""

    namespaces: tuple[Any, ...]
    generators: tuple[Any, ...]

    def __add__(self, other: Reachable) -> Reachable:
        """What either reaches."""
        return Reachable(self.namespaces + other.namespaces, self.generators + other.generators)


def reachable(*roots: Any) -> Reachable:
    """Walk from functions and data through globals, closures, attributes and containers."""
    seen: dict[int, Any] = {}
    namespaces: list[Any] = []
    generators: list[Any] = []
    waiting: list[Any] = list(roots)
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if isinstance(thing, GENERATORS):
            generators.append(thing)
        namespaces.extend(place for place in _namespaces(thing) if id(place) not in seen)
        waiting.extend(_next(thing))
    return Reachable(tuple(namespaces), tuple(generators))


def _namespaces(thing: Any) -> Iterable[Any]:
    if isinstance(thing, types.FunctionType) and is_users(thing.__module__ or ""):
        return (thing.__globals__, *(thing.__closure__ or ()))
    if isinstance(thing, types.ModuleType) and is_users(thing.__name__) and _uses_numpy(thing):
        return (vars(thing),)
    return ()


def _uses_numpy(module: types.ModuleType) -> bool:
    """Whether a module has NumPy, or something of NumPy's, among its names."""
    return any(
        value is np or str(getattr(value, "__module__", "")).partition(".")[0] == "numpy"
        for value in list(vars(module).values())
    )


def _content(cell: types.CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # empty
        return ()


def _function(function: types.FunctionType) -> tuple[Any, ...]:
    wrapped = vars(function).get("__wrapped__")
    return (*_namespaces(function), function.__defaults__, function.__kwdefaults__, wrapped)


# What can be reached in one step from a thing of each type.
STEPS: tuple[tuple[Any, Callable[[Any], Iterable[Any]]], ...] = (
    (types.CellType, _content),
    ((list, tuple, set, frozenset), iter),
    (dict, lambda mapping: list(mapping.values())),
    (types.MethodType, lambda method: (method.__func__, method.__self__)),
    (functools.partial, lambda partial: (partial.func, partial.args, partial.keywords)),
    ((staticmethod, classmethod), lambda method: (method.__func__,)),
    (property, lambda attribute: (attribute.fget, attribute.fset)),
    (np.vectorize, lambda vectorized: (vectorized.pyfunc,)),
    (types.FunctionType, _function),
    (types.ModuleType, _namespaces),
)


def _next(thing: Any) -> Iterable[Any]:
    """What can be reached in one step."""
    for kind, step in STEPS:
        if isinstance(thing, kind):
            return step(thing)
    if isinstance(thing, type):
        return (dict(vars(thing)), thing.__bases__) if is_users(thing.__module__) else ()
    if is_users(type(thing).__module__):
        return (type(thing), getattr(thing, "__dict__", None))
    return ()


class Randomness:
    """The state of every random generator that a run may use, to run again from the same."""

    def __init__(self, generators: Iterable[Any]) -> None:
        """Note the states: NumPy's global one, Python's, and those given."""
        self._numpy = np.random.get_state()  # noqa: NPY002  # the user may use it
        self._memory = _memory(self._numpy)
        self._python = random.getstate()
        self._own = [(generator, _state(generator)) for generator in generators]

    def has_moved(self) -> bool:
        """Whether one of the generators is in another state than it was."""
        own = [(generator, _state(generator)) for generator, _ in self._own]
        return (
            self._global_has_moved()
            or random.getstate() != self._python
            or repr(own) != repr(self._own)
        )

    def restore(self) -> None:
        """Put the states back."""
        if self._global_has_moved():
            np.random.set_state(self._numpy)  # noqa: NPY002
        random.setstate(self._python)
        for generator, state in self._own:
            if isinstance(generator, np.random.Generator):
                generator.bit_generator.state = state
            else:
                generator.set_state(state)

    def _global_has_moved(self) -> bool:
        """Whether NumPy's global generator is in another state than it was."""
        if self._memory:
            return _memory(self._numpy) != self._memory
        return repr(np.random.get_state()) != repr(self._numpy)  # noqa: NPY002


def _memory(state: Any) -> bytes:
    """Return what NumPy's global generator, in this state, has in memory; nothing if not all of it.

    It is looked at before every call of the user's functions, and to read it is a hundred times as
    fast as to ask for the state. A Mersenne Twister has 624 words and a position, and beside them
    half of a pair of normal numbers, if one has been drawn.
    """
    generator: Any = np.random.get_bit_generator()  # type: ignore[attr-defined] # the stubs lack it
    name, *_, has_normal, _ = state
    if name != "MT19937" or has_normal or not isinstance(generator, np.random.MT19937):
        return b""
    return ctypes.string_at(generator.ctypes.state_address, 625 * 4)


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return generator.get_state()
