"""What functions keep outside of their arguments, put back before every call and at the end.

A layer caches its input in itself, a batch normalisation updates its running mean, a memo grows, a
dropout draws from a global generator. Every call starts from the state in which the functions were
handed over, so that all calls do the same, and that state is there again afterwards: no recorded
array stays in anybody's object.
"""

from __future__ import annotations

import copy
import types
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import blocks
from crosscheck.objects.walk import Found, attributes, is_object, variables, walk
from crosscheck.tracing.reachable import GENERATORS, Randomness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosscheck.core.types import Array

MOST_ENTRIES = 10**6  # of the arrays that are copied: larger ones are data sets


@dataclass(frozen=True)
class Kept:
    """A thing that holds others by key, and what it held."""

    found: Found
    before: Mapping[Any, Any]

    def now(self) -> dict[Any, Any]:
        """Return what it holds."""
        return held(self.found.thing)

    def put(self, entries: Mapping[Any, Any]) -> None:
        """Make it hold these entries."""
        fill(self.found.thing, entries)


@dataclass(frozen=True)
class State:
    """What functions may change beside their arguments, as it was."""

    kept: tuple[Kept, ...]
    arrays: tuple[tuple[Found, Array], ...]  # with a copy of what was in it
    found: tuple[Found, ...]
    randomness: Randomness

    def restore(self) -> None:
        """Put everything back."""
        for one in self.kept:
            if not _unchanged(one.now(), one.before):
                one.put(one.before)
        for array, before in self.arrays:
            if not _same(array.thing, before):
                array.thing[...] = before
        self.randomness.restore()

    def changes(self) -> dict[str, Any]:
        """Return what is not as it was, by name: copies of what is there now."""
        found: dict[str, Any] = {}
        for one in self.kept:
            for key, value in one.now().items():
                if key not in one.before or one.before[key] is not value:
                    name = Found(one.found.root, (*one.found.path, key), value).name
                    found[name] = copy.deepcopy(value)
        for array, before in self.arrays:
            if not _same(array.thing, before):
                found[array.name] = array.thing.copy()
        return found

    def draws(self) -> bool:
        """Return whether a random generator has been drawn from."""
        return self.randomness.has_moved()


def state_of(*roots: Any) -> State:
    """Return the state of what functions reach: closures, globals, objects, random generators."""
    kept: list[Kept] = []
    arrays: list[tuple[Found, Array]] = []
    everything = tuple(walk(*roots))
    room = MOST_ENTRIES
    for found in everything:
        thing = found.thing
        if type(thing) is np.ndarray and thing.dtype != object:
            room -= thing.size
            if room > 0 and thing.flags.writeable:
                arrays.append((found, thing.copy()))
        elif before := held(thing):
            kept.append(Kept(found, before))
        elif _can_hold(thing):
            kept.append(Kept(found, {}))
    generators = [found.thing for found in everything if isinstance(found.thing, GENERATORS)]
    return State(tuple(kept), tuple(arrays), everything, Randomness(generators))


def _can_hold(thing: Any) -> bool:
    return isinstance(thing, dict | list | set | deque) or is_object(thing)


def held(thing: Any) -> dict[Any, Any]:
    """Return what a thing holds by key, as far as it may be bound anew."""
    if isinstance(thing, dict):
        return dict(thing.items())
    if isinstance(thing, list | deque):
        return dict(enumerate(thing))
    if isinstance(thing, set):
        return dict.fromkeys(thing)
    if isinstance(thing, np.ndarray):
        return dict(enumerate(thing.flat)) if thing.dtype == object else {}
    if isinstance(thing, types.FunctionType):
        return {k: v for k, v in variables(thing).items() if _may_be_bound_anew(v)}
    return attributes(thing) if is_object(thing) else {}


def fill(thing: Any, entries: Mapping[Any, Any]) -> None:
    """Make a thing hold these entries, and no others."""
    if isinstance(thing, dict):
        thing.clear()
        thing.update(entries)
    elif isinstance(thing, list | deque):
        thing.clear()
        thing.extend(entries.values())
    elif isinstance(thing, set):
        thing.clear()
        thing.update(entries)
    elif isinstance(thing, np.ndarray):
        for i, value in entries.items():
            thing.flat[i] = value
    elif isinstance(thing, types.FunctionType):
        for key, value in entries.items():
            _bind(thing, key, value)
    else:
        _set_attributes(thing, entries)


def _bind(function: types.FunctionType, key: str, value: Any) -> None:
    """Bind a free variable of a function, or a global one."""
    if key in function.__code__.co_freevars:
        cells = function.__closure__ or ()
        cells[function.__code__.co_freevars.index(key)].cell_contents = value
    else:
        function.__globals__[key] = value


def _set_attributes(thing: Any, entries: Mapping[str, Any]) -> None:
    """Give an instance these attributes, and no others."""
    held = getattr(thing, "__dict__", None)
    for key in attributes(thing).keys() - entries.keys():
        if isinstance(held, dict) and key in held:
            del held[key]
        else:
            object.__delattr__(thing, key)
    for key, value in entries.items():
        if isinstance(held, dict) and not hasattr(type(thing), key):
            held[key] = value
        else:
            _set_attribute(thing, key, value)


def _set_attribute(thing: Any, key: str, value: Any) -> None:
    held = getattr(thing, "__dict__", None)
    if isinstance(held, dict) and key in held:
        held[key] = value
    else:
        object.__setattr__(thing, key, value)


def _may_be_bound_anew(value: Any) -> bool:
    """Return whether a name may be rebound by a call: modules and functions are not."""
    return not isinstance(value, types.ModuleType) and not callable(value)


def _unchanged(now: Mapping[Any, Any], before: Mapping[Any, Any]) -> bool:
    """Return whether a thing holds the very things that it held."""
    return len(now) == len(before) and all(
        key in before and before[key] is value for key, value in now.items()
    )


def _same(now: Array, before: Array) -> bool:
    """Return whether an array has the numbers that it had."""
    alike = (now.dtype, now.shape) == (before.dtype, before.shape)
    return alike and all(x.tobytes() == y.tobytes() for x, y in blocks(now, before))
