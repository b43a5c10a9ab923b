"""Signatures of NumPy's functions, those that are written in C included."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

# Before NumPy 2.4 these do not tell their signature.
_IN_C: dict[Any, Callable[..., Any]] = {
    np.bincount: lambda x, /, weights=None, minlength=0: None,
    np.concatenate: lambda arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind": None,
    np.copyto: lambda dst, src, casting="same_kind", where=True: None,
    np.dot: lambda a, b, out=None: None,
    np.empty_like: lambda prototype, /, dtype=None, order="K", subok=True, shape=None, **_: None,
    np.inner: lambda a, b, /: None,
    np.putmask: lambda a, /, mask, values: None,
    np.vdot: lambda a, b, /: None,
    np.where: lambda condition, x=None, y=None, /: None,
}


@functools.cache
def signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of one of NumPy's functions, or of a rule for one; asked for once."""
    try:
        return inspect.signature(function)
    except ValueError:
        return inspect.signature(_IN_C.get(function, lambda *args, **kwargs: None))
