"""Parameters and data: nested dicts, lists, tuples and dataclasses of arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.session import Session


def tree_map(change: Callable[[Any], Any], tree: Any) -> Any:
    """Change the leaves of nested dicts, lists, tuples, named tuples and dataclasses."""

    def leaf(part: Any) -> Any:
        if not dataclasses.is_dataclass(part) or isinstance(part, type):
            return change(part)
        names = [field.name for field in dataclasses.fields(part) if field.init]
        return dataclasses.replace(
            part, **{name: tree_map(change, getattr(part, name)) for name in names}
        )

    return values.tree_map(leaf, tree)


def as_leaf(value: Any, name: str) -> np.ndarray[Any, Any] | np.generic[Any]:
    """A copy of a floating-point array, or a NumPy scalar.

    Raises:
        TypeError: it is something else.

    """
    array: np.ndarray[Any, Any] = np.asarray(value)
    if array.dtype.char not in values.FLOATS:
        msg = f"{name} is {value!r} of dtype {array.dtype}: a gradient needs float32 or float64."
        raise TypeError(msg)
    if isinstance(value, np.ndarray):
        return np.copy(value, order="K")
    scalar: np.generic[Any] = array.dtype.type(array)
    return scalar


def traced_leaves(
    tree: Any, name: str, session: Session, leaves: list[np.ndarray[Any, Any]]
) -> Any:
    """The tree with every array a leaf of the recording; `leaves` gets the arrays themselves."""

    def change(value: Any) -> Traced:
        exact = as_leaf(value, name)
        node = session.node("leaf", static=(len(leaves),))
        leaves.append(np.require(value, requirements=["A", "C", "E", "W"]))
        return values.fresh(exact, session, node)

    return tree_map(change, tree)


def traced_data(tree: Any) -> Any:
    """The tree with every float array a constant that can be written into; the caller's stay."""

    def change(value: Any) -> Any:
        if isinstance(value, np.ndarray) and type(value) is np.ndarray:
            return values.constant_result(np.copy(value, order="K"))
        return value

    return tree_map(change, tree)


def copied(tree: Any) -> Any:
    """The tree with every array copied."""
    return tree_map(lambda v: np.copy(v, order="K") if type(v) is np.ndarray else v, tree)


def filled(tree: Any, parts: list[Any]) -> Any:
    """The tree with its leaves replaced, in order."""
    remaining = iter(parts)
    return tree_map(lambda _: next(remaining), tree)
