"""The VJP of every primitive, in NumPy: what a hypothesis changes.

A VJP takes the cotangent ȳ of a primitive's output and returns that of one of its inputs. An
elementwise primitive has its partial derivatives; each other one a function of `(k, ȳ, y, xs,
static)`, k being the number of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from crosscheck.ir.linalg_vjps import LINALG
from crosscheck.ir.partials import PARTIALS, partial, special
from crosscheck.ir.unbroadcast import unbroadcast

Array = Any  # of float32 or float64, whichever the program runs in
Vjp = Callable[[int, Array, Array, Sequence[Array], tuple[Any, ...]], Array]


def vjp(
    operation: str, k: int, ybar: Array, y: Array, xs: Sequence[Array], static: tuple[Any, ...]
) -> Array:
    """Return the cotangent of input k; raise KeyError for a primitive that is not here."""
    if operation in PARTIALS:
        xbar = unbroadcast(ybar * partial(operation, k, y, xs), np.shape(xs[k]))
    else:
        xbar = VJPS[operation](k, ybar, y, xs, static)
    # of a real number: dL = Re(x̄ dx) = Re(x̄) dx
    return xbar if np.iscomplexobj(xs[k]) or not np.iscomplexobj(xbar) else xbar.real


def _matmul(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    a, b = xs
    if b.ndim == 1:  # a vector is a column on the right and a row on the left
        b, ybar = b[:, None], np.expand_dims(ybar, -1)
    if a.ndim == 1:
        a, ybar = a[None], np.expand_dims(ybar, -2)
    if k == 0:
        return unbroadcast(ybar @ np.swapaxes(b, -1, -2), a.shape).reshape(xs[0].shape)
    return unbroadcast(np.swapaxes(a, -1, -2) @ ybar, b.shape).reshape(xs[1].shape)


def _einsum(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: tuple[Any, ...]) -> Array:
    inputs, output = explicit(static[0], [np.ndim(x) for x in xs])
    own = inputs[k]
    others = [(inputs[i], x) for i, x in enumerate(xs) if i != k]
    known = set(output).union(*(letters for letters, _ in others))
    distinct = "".join(dict.fromkeys(own))
    reachable = "".join(letter for letter in distinct if letter in known)
    subscripts = ",".join([output, *(letters for letters, _ in others)])
    part = np.einsum(f"{subscripts}->{reachable}", ybar, *(x for _, x in others))
    sizes = dict(zip(own, xs[k].shape, strict=True))
    part = part.reshape([sizes[letter] if letter in known else 1 for letter in distinct])
    part = np.broadcast_to(part, [sizes[letter] for letter in distinct])
    out = np.zeros(xs[k].shape, part.dtype)
    # a letter twice is a diagonal, which einsum gives as a view to write into
    np.einsum(f"{own}->{distinct}", out)[...] = part
    return out


def explicit(subscripts: str, dimensions: Sequence[int]) -> tuple[list[str], str]:
    """Return the letters of every input and of the output, an ellipsis spelled out."""
    left, arrow, right = subscripts.partition("->")
    inputs = left.split(",")
    spare = [c for c in "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in left]
    counts = [n - len(s.replace("...", "")) for s, n in zip(inputs, dimensions, strict=True)]
    batch = "".join(
        spare[: max((c for c, s in zip(counts, inputs, strict=True) if "..." in s), default=0)]
    )
    if not arrow:
        once = sorted(c for c in set(left) - set(",.") if left.count(c) == 1)
        right = ("..." if "..." in left else "") + "".join(once)
    named = [
        s.replace("...", batch[len(batch) - c :] if c else "")
        for s, c in zip(inputs, counts, strict=True)
    ]
    return named, right.replace("...", batch)


def _gather(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    x, index = xs
    if np.iscomplexobj(ybar):
        return _gather(k, ybar.real, y, xs, static) + 1j * _gather(k, ybar.imag, y, xs, static)
    flat = np.bincount(index.reshape(-1), ybar.reshape(-1), x.size)
    return flat.astype(ybar.dtype).reshape(x.shape)


def _put(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    x, index, v = xs
    if k == 2:  # noqa: PLR2004 - the values
        return ybar[index].reshape(v.shape)
    kept = ybar.copy()
    kept[index] = 0.0
    return kept.reshape(x.shape)


def _put_add(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    return ybar.reshape(xs[0].shape) if k == 0 else ybar[xs[1]].reshape(xs[2].shape)


def _join(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    start = sum(x.size for x in xs[:k])
    return ybar[start : start + xs[k].size].reshape(xs[k].shape)


def spread(ybar: Array, x: Array, axes: Sequence[int]) -> Array:
    """Return what was summed up over the axes, back at every entry of x."""
    return np.broadcast_to(np.expand_dims(ybar, tuple(axes)), x.shape)


def _extreme(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    (x,), (axes,) = xs, static
    attained = x == spread(y, x, axes)
    shares = attained / np.sum(attained, axis=axes, keepdims=True)
    return spread(ybar, x, axes) * shares.astype(x.dtype)


def _prod(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    (x,), (axes,) = xs, static
    rest = tuple(axis for axis in range(x.ndim) if axis not in axes)
    rows = np.transpose(x, (*rest, *axes)).reshape(*(x.shape[a] for a in rest), -1)
    ones = np.ones_like(rows[..., :1])
    # the product of all others, where one of them may be zero
    before = np.cumprod(np.concatenate([ones, rows[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, rows[..., :0:-1]], -1), -1)[..., ::-1]
    others = (before * after).reshape([x.shape[a] for a in (*rest, *axes)])
    return spread(ybar, x, axes) * np.transpose(others, np.argsort((*rest, *axes)))


def _reversed_sum(array: Array, axis: int) -> Array:
    return np.flip(np.cumsum(np.flip(array, axis), axis), axis)


def _cumprod(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    return _reversed_sum(ybar * y, static[0]) / xs[0]


def _fft(operation: str) -> Vjp:
    """Of a linear function with a symmetric matrix: the same function of the cotangent."""

    def rule(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
        n, axis, norm = static
        length = xs[0].shape[axis]
        whole = getattr(np.fft, operation)(_resized(ybar, n, axis), n, axis, norm)
        return _resized(whole, length, axis)

    return rule


def _irfft(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return each frequency's share: all but the first and the middle one count twice."""
    n, axis, norm = static
    length = n // 2 + 1
    twice = np.full(length, 2.0)
    twice[0] = 1.0
    if n % 2 == 0:
        twice[-1] = 1.0
    turned = {"backward": "forward", None: "forward", "forward": "backward"}.get(norm, norm)
    spectrum = np.moveaxis(np.conj(np.fft.rfft(ybar, n, axis, turned)), axis, -1) * twice
    return _resized(np.moveaxis(spectrum, -1, axis), xs[0].shape[axis], axis)


def _resized(x: Array, length: int, axis: int) -> Array:
    """Cut off at a length, or filled up with zeros."""
    rows = np.moveaxis(x, axis, 0)[:length]
    filled = np.concatenate([rows, np.zeros((length - len(rows), *rows.shape[1:]), rows.dtype)])
    return np.moveaxis(filled, 0, axis)


VJPS: dict[str, Vjp] = {
    "real": lambda k, ybar, y, xs, static: ybar + 0j,
    "imag": lambda k, ybar, y, xs, static: -1j * ybar,
    "conj": lambda k, ybar, y, xs, static: np.conj(ybar),
    "fft": _fft("fft"),
    "ifft": _fft("ifft"),
    "rfft": _fft("fft"),
    "irfft": _irfft,
    "matmul": _matmul,
    "einsum": _einsum,
    "gather": _gather,
    "put": _put,
    "put_add": _put_add,
    "join": _join,
    "max": _extreme,
    "min": _extreme,
    "prod": _prod,
    "sum": lambda k, ybar, y, xs, static: spread(ybar, xs[0], static[0]),
    "cumsum": lambda k, ybar, y, xs, static: _reversed_sum(ybar, static[0]),
    "cumprod": _cumprod,
    "polygamma": lambda k, ybar, y, xs, static: ybar * special("polygamma", static[0] + 1, xs[0]),
    "reshape": lambda k, ybar, y, xs, static: ybar.reshape(xs[0].shape),
    "broadcast": lambda k, ybar, y, xs, static: unbroadcast(ybar, xs[0].shape),
    "transpose": lambda k, ybar, y, xs, static: np.transpose(ybar, np.argsort(static[0])),
    **LINALG,
}
