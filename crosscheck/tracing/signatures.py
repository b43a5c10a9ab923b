"""The parameters of NumPy's functions; before NumPy 2.4 those written in C do not tell theirs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

# As NumPy 2.4 has them.
BEFORE_2_4: dict[str, Callable[..., Any]] = {
    "bincount": lambda x, /, weights=None, minlength=0: None,
    "concatenate": lambda arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind": None,
    "copyto": lambda dst, src, casting="same_kind", where=True: None,
    "dot": lambda a, b, out=None: None,
    "empty_like": (
        lambda prototype, /, dtype=None, order="K", subok=True, shape=None, *, device=None: None
    ),
    "inner": lambda a, b, /: None,
    "lexsort": lambda keys, axis=-1: None,
    "putmask": lambda a, /, mask, values: None,
    "vdot": lambda a, b, /: None,
    "where": lambda condition, x=None, y=None, /: None,
}


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature; a function that has none and is not listed takes any arguments."""
    try:
        return inspect.signature(function)
    except ValueError:
        return inspect.signature(BEFORE_2_4.get(function.__name__, _any))


def _any(*args: Any, **kwargs: Any) -> None: ...
