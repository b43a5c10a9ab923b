"""The names that a book has defined, copied so that its cells can be run again from there."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.tracing.reachable import Randomness, Reachable, reachable
from crosscheck.tracing.source_locations import is_users

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosscheck.ir.program import Array


@dataclass(frozen=True)
class Snapshot:
    """The names at one snapshot, and the state of the random generators."""

    names: Mapping[str, Any]
    around: Reachable
    randomness: Randomness

    @staticmethod
    def of(namespace: dict[str, Any]) -> Snapshot:
        """Return a copy of the namespace as it is now."""
        found = reachable(list(namespace.values()))
        around = Reachable((namespace, *found.namespaces), found.generators)
        return Snapshot(duplicate(namespace, np.copy), around, Randomness(found.generators))

    def restore(self, namespace: dict[str, Any], array: Callable[[Array], Any] = np.copy) -> None:
        """Restore the namespace; `array` copies each array, or replaces it.

        The dict stays the same object: the globals of the book's functions.
        """
        namespace.clear()
        namespace.update(duplicate(self.names, array))
        self.randomness.restore()


def duplicate(tree: Any, array: Callable[[Array], Any]) -> Any:
    """Return a copy of arrays, containers, and instances of the book's classes.

    Two names of one thing are two names of one copy. Everything else, a function, a module, a
    figure, is shared.
    """
    done: dict[int, Any] = {}

    def copied(thing: Any) -> Any:
        if id(thing) not in done:
            done[id(thing)] = thing  # a cycle ends here
            done[id(thing)] = changed(thing)
        return done[id(thing)]

    def changed(thing: Any) -> Any:
        if type(thing) is np.ndarray:
            return array(thing)
        if type(thing) is list:
            new: list[Any] = []
            done[id(thing)] = new
            new.extend(copied(part) for part in thing)
            return new
        if isinstance(thing, dict):  # an OrderedDict, too
            done[id(thing)] = filled = copy.copy(thing)
            filled.update({key: copied(part) for key, part in thing.items()})
            return filled
        if type(thing) in {tuple, set}:
            return type(thing)(copied(part) for part in thing)
        if _is_instance(thing):
            done[id(thing)] = instance = object.__new__(type(thing))
            vars(instance).update({key: copied(part) for key, part in vars(thing).items()})
            return instance
        return thing

    return copied(tree)


def replaced(tree: Any, array: Callable[[Array], Any]) -> Any:
    """Return a tree with its arrays replaced in place; only tuples are built anew.

    Two names of one array are two names of what takes its place.
    """
    done: dict[int, tuple[Any, Any]] = {}  # both are kept, so that no id is given to another

    def change(thing: Any) -> Any:
        if id(thing) not in done:
            done[id(thing)] = thing, thing  # a cycle ends here
            done[id(thing)] = thing, changed(thing)
        return done[id(thing)][1]

    def changed(thing: Any) -> Any:
        if type(thing) is np.ndarray:
            return array(thing)
        if type(thing) is tuple:
            return tuple(map(change, thing))
        if type(thing) is list:
            thing[:] = map(change, thing)
        elif isinstance(thing, dict) or _is_instance(thing):
            names = thing if isinstance(thing, dict) else vars(thing)
            names.update({key: change(part) for key, part in names.items()})
        return thing

    return change(tree)


def _is_instance(thing: Any) -> bool:
    """Return whether it is an instance, with a dict, of a class that the book defines."""
    kind = type(thing)
    makes_itself = vars(kind).get("__new__") is not None or isinstance(thing, type)
    return hasattr(thing, "__dict__") and not makes_itself and is_users(kind.__module__)
