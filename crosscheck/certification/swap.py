"""Parameters that functions find by themselves, exchanged by identity wherever they are kept.

A network keeps its weights in attributes, in a dict, in its layers, in a closure, often one array
in several of these places. For a call at another point every reference to an array is bound to that
point's array; afterwards all of them are bound to the user's own again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.state import State, held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosscheck.certification.state import Kept
    from crosscheck.objects.walk import Path

MOST_COPIED = 10**7  # entries of an array that is no parameter: larger ones are data, and shared


@dataclass(frozen=True)
class Place:
    """A number that is kept as such: the thing that holds it, and by which key."""

    kept: Kept
    key: Any


@dataclass(frozen=True)
class Swap:
    """Parameters inside of objects, by name.

    `arrays` are the user's own arrays; `numbers` are Python's or NumPy's scalars, which have a
    place and no identity. `zeroed` are arrays that gradients are added to: they start from zero.
    """

    state: State
    arrays: Mapping[str, Any]
    numbers: Mapping[str, Place] = field(default_factory=dict)
    zeroed: tuple[Any, ...] = ()

    @cached_property
    def _others(self) -> tuple[Any, ...]:
        """The other float arrays."""
        own = {id(array) for array in (*self.arrays.values(), *self.zeroed)}
        return tuple(
            found.thing
            for found in self.state.found
            if type(found.thing) is np.ndarray
            and found.thing.dtype.kind == "f"
            and found.thing.size <= MOST_COPIED
            and id(found.thing) not in own
        )

    @cached_property
    def _holders(self) -> tuple[tuple[Kept, tuple[Any, ...]], ...]:
        """What holds one of the arrays, and by which keys."""
        ids = {id(array) for array in (*self.arrays.values(), *self._others, *self.zeroed)}
        pairs = (
            (kept, tuple(key for key, value in kept.before.items() if _refers(value, ids)))
            for kept in self.state.kept
        )
        return tuple((kept, keys) for kept, keys in pairs if keys)

    @cached_property
    def referenced(self) -> set[int]:
        """The ids of the arrays that can be exchanged."""
        found: set[int] = set()
        for kept, keys in self._holders:
            for key in keys:
                found |= _ids(kept.before[key])
        return found

    def enter(self, values: Mapping[str, Any]) -> None:
        """Start from the state as it was, with the parameters exchanged for these values."""
        self.state.restore()
        fresh = _fresh(values)
        by_id = {id(array): values[name] for name, array in self.arrays.items()}
        by_id |= {id(array): fresh(array) for array in self._others}
        by_id |= {id(array): fresh(np.zeros_like(array)) for array in self.zeroed}
        for kept, keys in self._holders:
            changed = {key: _exchanged(kept.before[key], by_id) for key in keys}
            kept.put({**held(kept.found.thing), **changed})
        for name, place in self.numbers.items():
            place.kept.put({**held(place.kept.found.thing), place.key: values[name]})

    def leave(self) -> None:
        """Put everything back."""
        self.state.restore()


def _fresh(values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Return what makes a copy of an array that is no parameter, as the parameters are.

    While a loss is recorded it is a constant that can be written into; in float32 it is rounded.
    """
    from crosscheck.tracing.session import current
    from crosscheck.tracing.values import constant_result

    if current() is not None:
        return lambda array: constant_result(np.copy(array, order="K"))
    low = any(getattr(value, "dtype", None) == np.float32 for value in values.values())
    return lambda array: array.astype(np.float32 if low else array.dtype, order="K")


def _refers(value: Any, ids: set[int]) -> bool:
    """Return whether a value is one of these arrays, or a tuple that holds one."""
    return bool(_ids(value) & ids)


def _ids(value: Any) -> set[int]:
    if isinstance(value, tuple):
        return {i for part in value for i in _ids(part)}
    return {id(value)}


def _exchanged(value: Any, by_id: Mapping[int, Any]) -> Any:
    """Return what stands for a value: its exchange, or a tuple with those of its parts."""
    if isinstance(value, tuple) and _ids(value) & by_id.keys():
        parts = [_exchanged(part, by_id) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return by_id.get(id(value), value)


def numbers_in(state: State) -> dict[Path, Place]:
    """Return the places of numbers that may be parameters: floats, and NumPy's."""
    return {
        (*kept.found.path, key): Place(kept, key)
        for kept in state.kept
        for key, value in kept.before.items()
        if isinstance(value, float | np.floating)
    }
