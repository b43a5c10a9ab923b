"""Functions of SciPy that are linear in one argument, as a rule the first.

Such a function is a matrix, and SciPy tells it: its columns are what the function makes of unit
vectors. The filters of `scipy.ndimage` mix all axes: their matrix has a column for each entry.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.pytree import leaves_of
from crosscheck.errors import LostGradientError
from crosscheck.tracing.registry import COMPOSED, register_all
from crosscheck.tracing.rules.imported import Imported
from crosscheck.tracing.signatures import signature
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array, is_tracked, plain

if TYPE_CHECKING:
    import scipy.fft  # imported by the user's code or not at all
    import scipy.integrate
    import scipy.ndimage
    import scipy.signal

LARGEST = 4096  # entries of a unit vector


def _split(
    module: str, name: str, parameter: str, args: Any, kwargs: Any
) -> tuple[Any, Any, dict[str, Any]]:
    """The function, what it is linear in, and the other arguments, which are constants."""
    function = getattr(Imported(module), name)
    bound = signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    first = parameter or next(iter(bound.arguments))
    names = [n for n in bound.arguments if n != first]
    x = as_array(bound.arguments[first])
    others = {n: plain(bound.arguments[n]) for n in names}
    if any(map(is_tracked, leaves_of([bound.arguments[n] for n in names]))) or x.size > LARGEST:
        msg = (
            f"{site()}\n{module}.{name} is traced for at most {LARGEST} entries, with constants "
            "beside them; write it with NumPy, or hand in rebuilt={…}."
        )
        raise LostGradientError(msg)
    return function, x, others


def along(module: str, name: str, parameter: str = "") -> Callable[..., Any]:
    """The rule of a function along one axis."""

    def rule(*args: Any, **kwargs: Any) -> Any:
        function, x, others = _split(module, name, parameter, args, kwargs)
        axis = others.pop("axis")
        length = x.shape[axis]
        call = functools.partial(function, **others, axis=0)

        def made(columns: Any) -> Any:
            return call(**{parameter: columns}) if parameter else call(columns)

        offset = made(np.zeros((length, 1)))
        matrix = made(np.eye(length)) - offset
        result = np.tensordot(matrix, np.moveaxis(x, axis, 0), 1)
        result = result + np.reshape(offset[..., 0], (-1, *[1] * (x.ndim - 1))[: result.ndim])
        return np.moveaxis(result, 0, axis) if matrix.ndim > 1 else result

    return rule


def everywhere(module: str, name: str) -> Callable[..., Any]:
    """The rule of a function of all axes, which keeps the shape."""

    def rule(*args: Any, **kwargs: Any) -> Any:
        function, x, others = _split(module, name, "", args, kwargs)
        others.pop("output", None)
        offset = function(np.zeros(x.shape), **others)
        units = np.eye(x.size).reshape(-1, *x.shape)
        columns = [np.ravel(function(unit, **others) - offset) for unit in units]
        return np.reshape(np.ravel(x) @ np.stack(columns), x.shape) + offset

    return rule


def _rules(rule: Any, module: str, names: str) -> dict[str, Any]:
    return {name: rule(module, name) for name in names.split()}


def _integrals(u: Any, a: Any) -> Any:
    m, t = scipy.integrate, np.cumsum([0.1, 0.2, 0.4, 0.3])
    return (
        m.simpson(u, dx=0.5) * m.simpson(a, x=t, axis=1) + m.trapezoid(a, t),
        m.cumulative_trapezoid(a, t, axis=1, initial=0) ** 2,
    )


def _transforms(q: Any, a: Any) -> Any:
    m = scipy.fft
    return (
        m.dct(q) * m.idct(q, type=3) + m.dst(q, norm="ortho") * m.idst(q),
        m.dct(a, 2, axis=0) ** 2,
    )


def _filters(q: Any, a: Any) -> Any:
    m = scipy.signal
    return (
        m.savgol_filter(q, 5, 2) ** 2 + m.detrend(q),
        m.sosfilt(np.array([[1.0, 0.5, 0, 1, -0.2, 0]]), a, axis=0) * m.detrend(a, type="constant"),
        m.filtfilt([1.0, 0.5], [1.0], q, padlen=3) ** 2,
    )


def _images(q: Any, a: Any) -> Any:
    m = scipy.ndimage
    return (
        m.gaussian_filter1d(q, 1.0) ** 2 + m.uniform_filter1d(q, 3) * m.convolve1d(q, [1.0, 2, 1]),
        m.gaussian_filter(a, 0.5) * m.uniform_filter(a, 3, mode="constant", cval=1.0),
        m.correlate1d(a, [1.0, 2.0], axis=0)
        + m.convolve(a, [[1.0, 2.0]]) * m.correlate(a, [[2.0]]),
        m.laplace(a) + m.sobel(a) ** 2 + m.prewitt(a),
    )


register_all(
    "scipy.integrate",
    COMPOSED,
    _rules(along, "scipy.integrate", "simpson trapezoid cumulative_trapezoid"),
    _integrals,
)
register_all("scipy.fft", COMPOSED, _rules(along, "scipy.fft", "dct idct dst idst"), _transforms)
register_all(
    "scipy.signal",
    COMPOSED,
    {
        **_rules(along, "scipy.signal", "savgol_filter detrend"),
        "sosfilt": along("scipy.signal", "sosfilt", "x"),
        "filtfilt": along("scipy.signal", "filtfilt", "x"),
    },
    _filters,
)
register_all(
    "scipy.ndimage",
    COMPOSED,
    {
        **_rules(
            along,
            "scipy.ndimage",
            "gaussian_filter1d uniform_filter1d convolve1d correlate1d",
        ),
        **_rules(
            everywhere,
            "scipy.ndimage",
            "gaussian_filter uniform_filter convolve correlate laplace sobel prewitt",
        ),
    },
    _images,
)
