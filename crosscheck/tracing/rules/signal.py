"""`scipy.signal`: convolutions and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from crosscheck.errors import LostGradientError
from crosscheck.tracing.registry import COMPOSED, register_all
from crosscheck.tracing.rules.imported import Imported
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array

if TYPE_CHECKING:
    import scipy.signal  # imported by the user's code or not at all

scipy_linalg: Any = Imported("scipy.linalg")
PADDING = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}


def _full(a: Any, v: Any, axes: tuple[int, ...]) -> Any:
    """The whole convolution along some axes; along the others both are broadcast."""
    lengths = [np.shape(v)[k] for k in axes]
    width = [(0, 0)] * np.ndim(a)
    for k, length in zip(axes, lengths, strict=True):
        width[k] = (length - 1, length - 1)
    return _slid(np.pad(a, width), v, axes)


def _slid(padded: Any, v: Any, axes: tuple[int, ...]) -> Any:
    """The sums of products with `v` reversed, where it lies inside."""
    lengths = [np.shape(v)[k] for k in axes]
    windows = sliding_window_view(padded, lengths, axis=axes)
    others = [k for k in range(np.ndim(v)) if k not in axes]
    kernel = np.transpose(np.flip(v, axes), (*others, *axes))
    for k in axes:
        kernel = np.expand_dims(kernel, k)
    return np.sum(windows * kernel, axis=tuple(range(-len(axes), 0)))


def _cropped(full: Any, shape: Any, wanted: Any, axes: tuple[int, ...]) -> Any:
    """The middle of `full`."""
    key = [slice(None)] * len(shape)
    for k in axes:
        start = (np.shape(full)[k] - wanted[k]) // 2
        key[k] = slice(start, start + wanted[k])
    return full[tuple(key)]


def convolve(in1: Any, in2: Any, mode: str = "full", method: Any = "auto") -> Any:
    """A sum of products of one array and another that is reversed."""
    return fftconvolve(in1, in2, mode)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The same along some axes."""
    a, v = as_array(in1), as_array(in2)
    along = normalize_axis_tuple(range(a.ndim) if axes is None else axes, a.ndim)
    full = _full(a, v, along)
    if mode == "full":
        return full
    wanted = list(a.shape)
    if mode == "valid":
        for k in along:
            wanted[k] = abs(a.shape[k] - v.shape[k]) + 1
    return _cropped(full, a.shape, wanted, along)


def correlate(in1: Any, in2: Any, mode: str = "full", method: Any = "auto") -> Any:
    """A sum of products of one array and another."""
    a, v = as_array(in1), as_array(in2)
    if mode == "valid" and any(n < m for n, m in zip(a.shape, v.shape, strict=True)):
        return np.flip(fftconvolve(v, np.flip(a), mode))
    return fftconvolve(a, np.flip(v), mode)


def convolve2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0
) -> Any:
    """A sum of products of one matrix and another that is reversed, with an edge as asked."""
    a, v = as_array(in1), as_array(in2)
    if mode == "valid":
        return fftconvolve(a, v, mode)
    filled = {"constant_values": fillvalue} if boundary == "fill" else {}
    edges = [(n - 1, n - 1) for n in v.shape]
    padded: Any = np.pad(a, edges, mode=PADDING[boundary], **filled)  # type: ignore[call-overload]
    full = _slid(padded, v, (0, 1))
    return full if mode == "full" else _cropped(full, a.shape, a.shape, (0, 1))


def correlate2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0
) -> Any:
    """A sum of products of one matrix and another, with an edge as asked."""
    a, v = as_array(in1), as_array(in2)
    if mode == "valid":
        return correlate(a, v, mode)
    if mode == "same" and any(n % 2 == 0 for n in v.shape):
        msg = (
            f"{site()}\nscipy.signal.correlate2d with mode='same' is traced for a second matrix "
            "of odd lengths; use mode='full' and a slice."
        )
        raise LostGradientError(msg)
    return convolve2d(a, np.flip(v), mode, boundary, fillvalue)


def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A filter of numerator `b` and denominator `a`: the y of a ∗ y = b ∗ x."""
    if zi is not None:
        msg = f"{site()}\nscipy.signal.lfilter with zi is not traced; write the filter as a loop."
        raise LostGradientError(msg)
    b, a, x = as_array(b), as_array(a), as_array(x)
    rows = np.moveaxis(x, axis, 0)
    length = len(rows)

    def operator(weights: Any) -> Any:
        column = np.concatenate([np.ravel(weights), np.zeros(length)])[:length]
        return np.tril(scipy_linalg.toeplitz(column))

    columns = np.reshape(rows, (length, -1))
    filtered = np.linalg.solve(operator(a), operator(b) @ columns)
    return np.moveaxis(np.reshape(filtered, rows.shape), 0, axis)


def _signals(q: Any, k: Any, S: Any, c: Any, a: Any) -> Any:
    s = scipy.signal
    return (
        s.convolve(q, k) ** 2,
        s.convolve(q, k, mode="valid") * s.correlate(k, q, "valid") + s.convolve(k, q, "valid"),
        s.fftconvolve(q, k, mode="same") + s.correlate(q, k, mode="same"),
        s.correlate(q, k, method="direct") ** 2,
        s.convolve(S, c, "same") * s.correlate(S, S[:3, :3], mode="same"),
        s.fftconvolve(a, a[:, :2], axes=1) + s.oaconvolve(a, a[:, :2], axes=1),
    )


def _planes(S: Any, c: Any) -> Any:
    s = scipy.signal
    return (
        s.convolve2d(S, c) ** 2 + s.correlate2d(S, c),
        s.convolve2d(S, c, "same", "wrap") + s.convolve2d(S, c, mode="same", boundary="symm"),
        s.correlate2d(S, S[:3, :3], "same", fillvalue=2.0),
        s.correlate2d(S, c, "valid")[0] * s.convolve2d(S, c, "valid")[0],
    )


def _filters(u: Any, k: Any, a: Any) -> Any:
    s = scipy.signal
    return (
        s.lfilter(k, [2.0, 0.3], u) + s.lfilter([1.0], k + 1, u) ** 2,
        s.lfilter(k, [1.0], a, axis=0) ** 2,
    )


register_all(
    "scipy.signal",
    COMPOSED,
    {
        "convolve": convolve,
        "fftconvolve": fftconvolve,
        "oaconvolve": fftconvolve,
        "correlate": correlate,
    },
    _signals,
)
register_all(
    "scipy.signal", COMPOSED, {"convolve2d": convolve2d, "correlate2d": correlate2d}, _planes
)
register_all("scipy.signal", COMPOSED, {"lfilter": lfilter}, _filters)
