"""The pullback of every primitive, by hand, in NumPy: what the diagnosis spoils on purpose.

A pullback takes the cotangent ȳ of a primitive's output and returns that of one of its inputs. An
elementwise primitive has a table of its partial derivatives; for the others the formula stands in
a function of `(k, ȳ, y, xs, static)`, k being the number of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, pi, sqrt
from typing import Any

import numpy as np

Array = Any  # of float32 or float64, whichever the program runs in
Partial = Callable[..., Array]
Pullback = Callable[[int, Array, Array, Sequence[Array], tuple[Any, ...]], Array]


def _special(name: str, *args: Array) -> Array:
    from scipy import special

    return getattr(special, name)(*args)


def _halves(x: Array, z: Array) -> Array:
    """Return the slope of maximum(x, z): ½ at a tie."""
    return np.where(x == z, 0.5, (x > z) * 1.0).astype(x.dtype)


def _normal(x: Array) -> Array:
    """Return the standard normal density."""
    return np.exp(-x * x / 2) / sqrt(2 * pi)


# Of y = f(*xs), by each of xs: functions of (y, *xs).
PARTIALS: dict[str, tuple[Partial, ...]] = {
    "add": (lambda y, a, b: 1.0, lambda y, a, b: 1.0),
    "subtract": (lambda y, a, b: 1.0, lambda y, a, b: -1.0),
    "multiply": (lambda y, a, b: b, lambda y, a, b: a),
    "divide": (lambda y, a, b: 1 / b, lambda y, a, b: -y / b),
    "power": (
        lambda y, a, b: np.where(b == 0, 0.0, b * a ** np.where(b == 0, 1.0, b - 1)),
        lambda y, a, b: np.where(y == 0, 0.0, y * np.log(np.where(a == 0, 1.0, a))),
    ),
    "exp": (lambda y, x: y,),
    "exp2": (lambda y, x: y * log(2),),
    "expm1": (lambda y, x: y + 1,),
    "log": (lambda y, x: 1 / x,),
    "log2": (lambda y, x: 1 / (x * log(2)),),
    "log10": (lambda y, x: 1 / (x * log(10)),),
    "log1p": (lambda y, x: 1 / (1 + x),),
    "sqrt": (lambda y, x: 0.5 / y,),
    "cbrt": (lambda y, x: 1 / (3 * y * y),),
    "square": (lambda y, x: 2 * x,),
    "reciprocal": (lambda y, x: -y * y,),
    "negative": (lambda y, x: -1.0,),
    "positive": (lambda y, x: 1.0,),
    "absolute": (lambda y, x: np.sign(x),),
    "sin": (lambda y, x: np.cos(x),),
    "cos": (lambda y, x: -np.sin(x),),
    "tan": (lambda y, x: 1 + y * y,),
    "sinh": (lambda y, x: np.cosh(x),),
    "cosh": (lambda y, x: np.sinh(x),),
    "tanh": (lambda y, x: 1 - y * y,),
    "arcsin": (lambda y, x: 1 / np.sqrt(1 - x * x),),
    "arccos": (lambda y, x: -1 / np.sqrt(1 - x * x),),
    "arctan": (lambda y, x: 1 / (1 + x * x),),
    "arcsinh": (lambda y, x: 1 / np.sqrt(x * x + 1),),
    "arccosh": (lambda y, x: 1 / np.sqrt(x * x - 1),),
    "arctanh": (lambda y, x: 1 / (1 - x * x),),
    "arctan2": (lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b)),
    "maximum": (lambda y, a, b: _halves(a, b), lambda y, a, b: _halves(b, a)),
    "minimum": (lambda y, a, b: _halves(b, a), lambda y, a, b: _halves(a, b)),
    "fmax": (lambda y, a, b: _halves(a, b), lambda y, a, b: _halves(b, a)),
    "fmin": (lambda y, a, b: _halves(b, a), lambda y, a, b: _halves(a, b)),
    "clip": (
        lambda y, x, low, high: ((low <= x) & (x <= high)) * 1.0,
        lambda y, x, low, high: (x < low) * 1.0,
        lambda y, x, low, high: (x > high) * 1.0,
    ),
    "where": (
        lambda y, mask, a, b: 0.0,
        lambda y, mask, a, b: mask * 1.0,
        lambda y, mask, a, b: ~mask * 1.0,
    ),
    "hypot": (lambda y, a, b: a / y, lambda y, a, b: b / y),
    "logaddexp": (lambda y, a, b: np.exp(a - y), lambda y, a, b: np.exp(b - y)),
    "logaddexp2": (lambda y, a, b: np.exp2(a - y), lambda y, a, b: np.exp2(b - y)),
    "sinc": (lambda y, x: np.where(x == 0, 0.0, (np.cos(pi * x) - y) / np.where(x == 0, 1.0, x)),),
    "erf": (lambda y, x: 2 / sqrt(pi) * np.exp(-x * x),),
    "erfc": (lambda y, x: -2 / sqrt(pi) * np.exp(-x * x),),
    "expit": (lambda y, x: y * (1 - y),),
    "logit": (lambda y, x: 1 / (x * (1 - x)),),
    "gammaln": (lambda y, x: _special("psi", x),),
    "psi": (lambda y, x: _special("polygamma", 1, x),),
    "xlogy": (lambda y, a, b: np.log(b), lambda y, a, b: a / b),
    "ndtr": (lambda y, x: _normal(x),),
    "log_ndtr": (lambda y, x: _normal(x) / np.exp(y),),
    "cast": (lambda y, x: 1.0,),
    "rounded": (lambda y, x: 1.0,),
}


def partial(operation: str, k: int, y: Array, xs: Sequence[Array]) -> Array:
    """Return ∂y/∂x_k of an elementwise primitive, of a shape that broadcasts to y's."""
    return PARTIALS[operation][k](y, *xs)


def pulled(
    operation: str, k: int, ybar: Array, y: Array, xs: Sequence[Array], static: tuple[Any, ...]
) -> Array:
    """Return the cotangent of input k; raise KeyError for a primitive that is not here."""
    if operation in PARTIALS:
        return unbroadcast(ybar * partial(operation, k, y, xs), np.shape(xs[k]))
    return PULLBACKS[operation](k, ybar, y, xs, static)


def unbroadcast(array: Array, shape: tuple[int, ...]) -> Array:
    """Return the sum over the axes along which `shape` was broadcast."""
    if np.shape(array) == shape:
        return np.asarray(array)
    extra = np.ndim(array) - len(shape)
    axes = (*range(extra), *(extra + i for i, n in enumerate(shape) if n == 1))
    return np.sum(array, axis=axes).reshape(shape)


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


def _transposed(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _solve(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    a, b = xs
    right = np.linalg.solve(_transposed(a), ybar)
    return unbroadcast(right, b.shape) if k else unbroadcast(-right @ _transposed(y), a.shape)


def _cholesky(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, symmetric; Φ takes the lower triangle, half of the diagonal."""
    lower = np.tril(_transposed(y) @ np.tril(ybar))
    phi = lower - 0.5 * lower * np.eye(y.shape[-1], dtype=y.dtype)
    inverse = np.linalg.inv(y)
    whole = _transposed(inverse) @ phi @ inverse
    return (whole + _transposed(whole)) / 2


def _eigenvalues(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    vectors = np.linalg.eigh(xs[0], static[0]).eigenvectors
    return (vectors * ybar[..., None, :]) @ _transposed(vectors)


def _singular_values(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    u, _, vt = np.linalg.svd(xs[0], full_matrices=False)
    return (u * ybar[..., None, :]) @ vt


def _inverse_gaps(squares: Array) -> Array:
    """Return 1/(s_j − s_i), 0 on the diagonal."""
    gaps = squares[..., None, :] - squares[..., :, None]
    return np.where(gaps == 0, 0.0, 1 / np.where(gaps == 0, 1.0, gaps)).astype(squares.dtype)


def _eigenvectors(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    inner = _inverse_gaps(np.linalg.eigvalsh(xs[0])) * (_transposed(y) @ ybar)
    return y @ inner @ _transposed(y)


def _qr(q: Array, r: Array, qbar: Array, rbar: Array) -> Array:
    """Return the cotangent of A = QR: (Q̄ + Q copyltu(M)) R⁻ᵀ with M = R R̄ᵀ − Q̄ᵀ Q."""
    m = r @ _transposed(rbar) - _transposed(qbar) @ q
    lower = np.tril(m)
    both = lower + _transposed(np.tril(m, -1))
    return _transposed(np.linalg.solve(r, _transposed(qbar + q @ both)))


def _qr_q(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    r = _transposed(y) @ xs[0]
    return _qr(y, r, ybar, np.zeros_like(r))


def _qr_r(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    q = _transposed(np.linalg.solve(_transposed(y), _transposed(xs[0])))
    return _qr(q, y, np.zeros_like(q), ybar)


def _svd_u(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return [U (F ∘ (UᵀŪ − ŪᵀU)) S + (1 − UUᵀ) Ū S⁻¹] Vᵀ with F = 1/(s_j² − s_i²)."""
    s = np.linalg.svdvals(xs[0])[..., None, :]
    vh = _transposed(y) @ xs[0] / _transposed(s)
    turned = _transposed(y) @ ybar
    inner = y @ (_inverse_gaps(s[..., 0, :] ** 2) * (turned - _transposed(turned))) * s
    return (inner + (ybar - y @ turned) / s) @ vh


def _svd_vh(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return that of U for the transposed matrix, transposed."""
    flipped = [_transposed(xs[0])]
    return _transposed(_svd_u(k, _transposed(ybar), _transposed(y), flipped, static))


def _pinv(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return −PᵀP̄Pᵀ + (1 − AP) P̄ᵀ PPᵀ + PᵀP P̄ᵀ (1 − PA) for P = A⁺."""
    (a,), t = xs, _transposed
    left = (t(ybar) - a @ (y @ t(ybar))) @ y @ t(y)
    right = t(y) @ y @ (t(ybar) - t(ybar) @ y @ a)
    return left + right - t(y) @ ybar @ t(y)


PULLBACKS: dict[str, Pullback] = {
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
    "reshape": lambda k, ybar, y, xs, static: ybar.reshape(xs[0].shape),
    "broadcast": lambda k, ybar, y, xs, static: unbroadcast(ybar, xs[0].shape),
    "transpose": lambda k, ybar, y, xs, static: np.transpose(ybar, np.argsort(static[0])),
    "inv": lambda k, ybar, y, xs, static: -_transposed(y) @ ybar @ _transposed(y),
    "det": lambda k, ybar, y, xs, static: (
        (ybar * y)[..., None, None] * _transposed(np.linalg.inv(xs[0]))
    ),
    "logabsdet": lambda k, ybar, y, xs, static: (
        ybar[..., None, None] * _transposed(np.linalg.inv(xs[0]))
    ),
    "solve": _solve,
    "cholesky": _cholesky,
    "eigenvalues": _eigenvalues,
    "singular_values": _singular_values,
    "eigenvectors": _eigenvectors,
    "qr_q": _qr_q,
    "qr_r": _qr_r,
    "svd_u": _svd_u,
    "svd_vh": _svd_vh,
    "pinv": _pinv,
}
