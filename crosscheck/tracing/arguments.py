"""What a function is called with while it is recorded: leaves, and constants to write into."""

from __future__ import annotations

from typing import Any

import numpy as np

from crosscheck.core.pytree import tree_map
from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.session import Session


def as_leaf(value: Any, name: str) -> np.ndarray[Any, Any] | np.generic[Any]:
    """A copy of a floating-point array, or a NumPy scalar.

    Raises:
        TypeError: it is something else.

    """
    array: np.ndarray[Any, Any] = np.asarray(value)
    if array.dtype.char not in values.FLOATS:
        msg = f"{name} is {value!r} of dtype {array.dtype}; a gradient needs float32 or float64"
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
