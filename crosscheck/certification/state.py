"""What functions keep outside of their arguments, put back before every call and at the end.

A layer caches its input in itself, a batch normalisation updates its running mean, a memo grows, a
dropout draws from a global generator. Every call starts from the state in which the functions were
handed over, so that all calls do the same, and that state is there again afterwards: no recorded
array stays in anybody's object.
"""

from __future__ import annotations

import copy
import types
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import blocks
from crosscheck.tracing.reachable import GENERATORS, Randomness
from crosscheck.tracing.source_locations import is_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crosscheck.core.types import Array

MOST_ENTRIES = 10**6  # of the arrays that are copied: larger ones are data sets
MOST_THINGS = 10_000


@dataclass(frozen=True)
class Kept:
    """A place that holds something: how to look at it, what was there, and how to put it back."""

    name: str
    look: Callable[[], Any]
    before: Any
    put: Callable[[Any], None]


@dataclass(frozen=True)
class State:
    """What functions may change beside their arguments, as it was."""

    kept: tuple[Kept, ...]
    randomness: Randomness

    def restore(self) -> None:
        """Put everything back."""
        for one in self.kept:
            if not _same(one.look(), one.before):
                one.put(one.before)
        self.randomness.restore()

    def changes(self) -> dict[str, Any]:
        """Return what is not as it was, by name: copies of what is there now."""
        found: dict[str, Any] = {}
        for one in self.kept:
            now = one.look()
            if isinstance(now, dict) and isinstance(one.before, dict):
                found |= {
                    f"{one.name}.{key}": copy.deepcopy(value)
                    for key, value in now.items()
                    if key not in one.before or one.before[key] is not value
                }
            elif not _same(now, one.before):
                found[one.name] = copy.deepcopy(now)
        return found

    def draws(self) -> bool:
        """Return whether a random generator has been drawn from."""
        return self.randomness.has_moved()


def state_of(*roots: Any) -> State:
    """Return the state of what functions reach: closures, globals, objects, random generators."""
    kept: list[Kept] = []
    generators: list[Any] = []
    seen: dict[int, Any] = {}
    room = MOST_ENTRIES
    waiting: list[tuple[str, Any]] = [("", root) for root in roots]
    while waiting and len(seen) < MOST_THINGS:
        name, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if isinstance(thing, GENERATORS):
            generators.append(thing)
        elif type(thing) is np.ndarray and thing.dtype != object:
            room -= thing.size
            if room > 0 and thing.flags.writeable:
                kept.append(
                    Kept(name, partial(_itself, thing), thing.copy(), partial(_fill, thing))
                )
        else:
            kept += _places(name, thing)
            waiting += _inside(name, thing)
    return State(tuple(kept), Randomness(generators))


def _places(name: str, thing: Any) -> Iterator[Kept]:
    """Yield the places of a thing whose bindings may change."""
    if type(thing) is dict:
        yield Kept(name, partial(_itself, thing), dict(thing), partial(_refill, thing))
    elif type(thing) is list:
        yield Kept(name, partial(list, thing), list(thing), partial(_relist, thing))
    elif type(thing) is set:
        yield Kept(name, partial(set, thing), set(thing), partial(_reset, thing))
    elif isinstance(thing, types.FunctionType):
        for key in _names(thing.__code__) & thing.__globals__.keys():
            look = partial(thing.__globals__.get, key)
            if _may_be_bound_anew(look()):
                yield Kept(key, look, look(), partial(thing.__globals__.__setitem__, key))
        for key, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
            look = partial(getattr, cell, "cell_contents", None)
            if _may_be_bound_anew(look()):
                yield Kept(key, look, look(), partial(setattr, cell, "cell_contents"))


def _may_be_bound_anew(value: Any) -> bool:
    """Return whether a name may be rebound by a call: modules and functions are not."""
    return not isinstance(value, types.ModuleType) and not callable(value)


def _inside(name: str, thing: Any) -> Iterator[tuple[str, Any]]:  # noqa: C901 - a kind a case
    """Yield what a thing holds, by name."""
    if isinstance(thing, dict):
        yield from ((f"{name}[{key!r}]", value) for key, value in list(thing.items()))
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from ((f"{name}[{i}]", value) for i, value in enumerate(thing))
    elif isinstance(thing, types.MethodType):
        yield from (("", thing.__func__), (type(thing.__self__).__name__, thing.__self__))
    elif isinstance(thing, partial):
        yield from (("", thing.func), ("", thing.args), ("", thing.keywords))
    elif isinstance(thing, types.FunctionType):
        if is_users(thing.__module__ or ""):
            for key in _names(thing.__code__) & thing.__globals__.keys():
                yield key, thing.__globals__[key]
            for key, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
                yield key, getattr(cell, "cell_contents", None)
            yield (
                "",
                (thing.__defaults__, thing.__kwdefaults__, getattr(thing, "__wrapped__", None)),
            )
    elif is_users(type(thing).__module__) and not isinstance(thing, type | types.ModuleType):
        if isinstance(getattr(thing, "__dict__", None), dict):
            yield name or type(thing).__name__, thing.__dict__
        yield from (("", method) for kind in type(thing).__mro__ for method in _methods(kind))


def _methods(kind: type) -> Iterator[Any]:
    """Yield the functions of a user's class."""
    if is_users(kind.__module__):
        for value in list(vars(kind).values()):
            function = getattr(value, "__func__", getattr(value, "fget", value))
            if isinstance(function, types.FunctionType):
                yield function


def _names(code: types.CodeType) -> set[str]:
    """Return the global names that a function and the functions inside of it use."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _same(now: Any, before: Any) -> bool:
    """Return whether a place holds what it held: the very things, and the same numbers."""
    if type(before) is np.ndarray and type(now) is np.ndarray:
        if now is before:
            return True
        alike = (now.dtype, now.shape) == (before.dtype, before.shape)
        return alike and all(x.tobytes() == y.tobytes() for x, y in blocks(now, before))
    if type(before) is dict and type(now) is dict:
        return len(now) == len(before) and all(
            key in before and before[key] is value for key, value in now.items()
        )
    if type(before) is list and type(now) is list:
        return len(now) == len(before) and all(a is b for a, b in zip(now, before, strict=True))
    if type(before) is set and type(now) is set:
        return now == before
    return now is before


def _itself(thing: Any) -> Any:
    return thing


def _fill(array: Array, before: Array) -> None:
    array[...] = before


def _refill(mapping: dict[Any, Any], before: dict[Any, Any]) -> None:
    mapping.clear()
    mapping.update(before)


def _relist(items: list[Any], before: list[Any]) -> None:
    items[:] = before


def _reset(items: set[Any], before: set[Any]) -> None:
    items.clear()
    items.update(before)
