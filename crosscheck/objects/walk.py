"""What functions and objects hold, by path: attributes, entries, variables.

A path is a tuple of keys, starting at a root: the attributes of an object, or the variables of a
function. `("layers", 1, "W")` is what one would write as `layers[1].W`.
"""

from __future__ import annotations

import types
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from crosscheck.tracing.source_locations import is_users

if TYPE_CHECKING:
    from collections.abc import Iterator

Path: TypeAlias = tuple[Any, ...]
MOST_THINGS = 10_000
LONG = 1_000  # entries of a list of data
ATOMS = (str, bytes, int, float, complex, type(None), np.generic, types.ModuleType)


@dataclass(frozen=True)
class Found:
    """A thing, the name of the root where it was found, and its path from there.

    `start` is the object or the function that the path starts at.
    """

    root: str
    path: Path
    thing: Any
    start: Any = None

    @property
    def name(self) -> str:
        """Return the path as text, with the root: `Affine.W`."""
        return written((self.root, *self.path) if self.root else self.path)


def written(path: Path) -> str:
    """Return a path as text: `layers.1.W`."""
    return ".".join(map(str, path))


def walk(*roots: Any) -> Iterator[Found]:
    """Yield everything that is reached from functions and objects, the nearest first, once.

    What stands in long lists comes last: those are data.
    """
    seen: dict[int, Any] = {}  # the things themselves, so that no id is given to another
    waiting, last = deque(Found("", (), root) for root in roots), deque[Found]()
    while (waiting or last) and len(seen) < MOST_THINGS:
        found = (waiting or last).popleft()
        if id(found.thing) in seen or isinstance(found.thing, ATOMS):
            continue
        seen[id(found.thing)] = found.thing
        if not found.path and not isinstance(found.thing, types.MethodType | partial):
            root = type(found.thing).__name__ if is_object(found.thing) else ""
            found = Found(root, (), found.thing, found.thing)
        yield found
        inside = list(_inside(found))
        (waiting if len(inside) <= LONG else last).extend(inside)


def _inside(found: Found) -> Iterator[Found]:
    """Yield what a thing holds."""
    thing, root, path = found.thing, found.root, found.path
    if isinstance(thing, types.MethodType):
        yield Found(root, path, thing.__self__)
        yield Found("", (), thing.__func__)
    elif isinstance(thing, partial):
        yield from (Found(root, path, part) for part in (thing.func, thing.args, thing.keywords))
    else:
        for key, value in entries(thing).items():
            yield Found(root, (*path, key), value, found.start)
        yield from (Found("", (), function) for function in _functions(thing))


def _functions(thing: Any) -> Iterator[Any]:
    """Yield functions that may be run with a thing: methods, defaults, what is wrapped."""
    if isinstance(thing, types.FunctionType):
        if is_users(thing.__module__ or ""):
            yield from (thing.__defaults__, thing.__kwdefaults__)
            yield getattr(thing, "__wrapped__", None)
    elif is_object(thing):
        for kind in type(thing).__mro__:
            if is_users(kind.__module__):
                for value in list(vars(kind).values()):
                    function = getattr(value, "__func__", getattr(value, "fget", value))
                    if isinstance(function, types.FunctionType):
                        yield function


def is_object(thing: Any) -> bool:
    """Return whether a thing is an instance of a user's class."""
    return is_users(type(thing).__module__) and not isinstance(thing, type | types.FunctionType)


def entries(thing: Any) -> dict[Any, Any]:
    """Return what a thing holds by key; nothing for what is looked into no further."""
    if isinstance(thing, dict):
        held = dict(thing.items())
    elif isinstance(thing, list | tuple | deque | set | frozenset):
        held = dict(enumerate(thing))
    elif isinstance(thing, np.ndarray):
        held = dict(enumerate(thing.flat)) if thing.dtype == object else {}
    elif isinstance(thing, types.FunctionType):
        held = variables(thing)
    else:
        held = {}
    return held | attributes(thing) if is_object(thing) else held


def attributes(thing: Any) -> dict[str, Any]:
    """Return the attributes that an instance of a user's class has itself."""
    found = {
        name: getattr(thing, name)
        for kind in type(thing).__mro__
        for name in slots(kind)
        if hasattr(thing, name)
    }
    held = getattr(thing, "__dict__", None)
    return found | held if isinstance(held, dict) else found


def slots(kind: type) -> list[str]:
    """Return the names of the slots that a class declares."""
    names = vars(kind).get("__slots__", ())
    names = [names] if isinstance(names, str) else list(names)
    return [name for name in names if name not in {"__dict__", "__weakref__"}]


def variables(function: types.FunctionType) -> dict[str, Any]:
    """Return what the globals and the free variables of a user's function are bound to."""
    if not is_users(function.__module__ or ""):
        return {}
    code = function.__code__
    found = {key: function.__globals__[key] for key in names_in(code) & set(function.__globals__)}
    for key, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[key] = cell.cell_contents
        except ValueError:  # it has no value yet
            continue
    return dict(sorted(found.items()))


def names_in(code: types.CodeType) -> set[str]:
    """Return the global names that a function and the functions inside of it use."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(names_in, inner))


def follow(thing: Any, path: Path) -> Any:
    """Return what stands at a path from its start; raise KeyError if nothing does."""
    for key in path:
        thing = entries(thing)[key]
    return thing


def places(*roots: Any) -> Iterator[Found]:
    """Yield every place of everything that is held, those of one array all."""
    for found in walk(*roots):
        for key, value in entries(found.thing).items():
            yield Found(found.root, (*found.path, key), value, found.start)
