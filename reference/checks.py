"""The door of `forward`: what comes in is real, finite, and of the shape that the formulas mean.

NumPy broadcasts `(n,)` against `(n, 1)` to `(n, n)` without a word, and PyTorch and JAX do the
same: all three then agree on a wrong loss. Only a look at the shapes finds that.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import TypeAlias

    import numpy.typing as npt

    Shapes: TypeAlias = Mapping[str, str] | Callable[[Collection[str]], Mapping[str, str]]


def checked(
    params: Shapes,
    data: Shapes | None = None,
    further: Callable[..., None] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Check and convert the arguments of a function before it runs.

    `params` and `data` give each argument its shape, in letters: `"n h"` is a matrix, `""` a
    scalar, `"..."` any shape. A letter is the same length wherever it stands, and so is `"..."`.
    Parameters must be floating, for an update truncates integers; integer data take the parameters'
    dtype. `labels` are data that stay integers: indices. What none of them names passes through,
    and so does None where it is the default. Where parameters come as `**params`, both may be
    functions of their names. `further` takes the same arguments and raises for what shapes do not
    say. The function itself, for those who have checked already, is the result's `__wrapped__`,
    and its `shapes` are those of each argument.

    Raises TypeError for what is not a real number, ValueError for nan, infinity and shapes.

    >>> @checked(params={"W": "n"}, data={"X": "n"})
    ... def forward(W, X):
    ...     return W @ X
    >>> forward(W=[0.2, 0.4], X=[[0.5], [0.8]])
    Traceback (most recent call last):
    ValueError: forward: X has shape (2, 1), expected (n,) = (2,), where n = 2 comes from W; pass \
X.reshape(2), or NumPy broadcasts it to another loss without a word
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        kinds = {p.kind: name for name, p in signature.parameters.items()}
        rest = kinds.get(inspect.Parameter.VAR_KEYWORD, "")
        whole = labels or {}
        optional = {name for name, p in signature.parameters.items() if p.default is None}

        @functools.wraps(function)
        def at_the_door(*args: npt.ArrayLike, **kwargs: npt.ArrayLike) -> Any:
            given = signature.bind(*args, **kwargs).arguments
            names = given.pop(rest, {})
            given |= names
            learned = params(names) if callable(params) else params
            shapes = {**learned, **((data(names) if callable(data) else data) or {}), **whole}
            where = function.__name__
            real = {
                name: _real(where, name, given[name])
                for name in shapes
                if name in given and not (given[name] is None and name in optional)
            }
            for name in learned.keys() & real.keys():
                _floating(where, name, real[name])
            for name in whole.keys() & real.keys():
                _whole(where, name, real[name])
            dtype = np.result_type(*(real[name] for name in learned.keys() & real.keys()))
            floats = {
                name: a if a.dtype.kind == "f" or name in whole else a.astype(dtype)
                for name, a in real.items()
            }
            _shaped(where, floats, shapes)
            arguments = {**given, **floats}
            if further is not None:
                further(**arguments)
            return function(**arguments)

        if not (callable(params) or callable(data)):
            at_the_door.shapes = {**params, **(data or {}), **whole}  # type: ignore[attr-defined]
        return at_the_door

    return decorate


def _real(where: str, name: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return `value` as an array of finite real numbers, or raise."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        msg = f"{where}: {name} is not an array: {error}; give every row the same length"
        raise ValueError(msg) from None
    if array.dtype.kind == "c":
        msg = f"{where}: {name} is complex ({array.dtype}); pass its real part, {name}.real"
        raise TypeError(msg)
    if array.dtype.kind not in "fiub":
        msg = f"{where}: {name} is {array.dtype}, not numbers; pass an array of floats"
        raise TypeError(msg)
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        at = f"[{', '.join(map(str, index))}]" if index else ""
        msg = f"{where}: {name}{at} is {array[index]}; every entry must be finite"
        raise ValueError(msg)
    return array


def _floating(where: str, name: str, array: npt.NDArray[Any]) -> None:
    """Raise unless the parameter has a floating dtype."""
    if array.dtype.kind != "f":
        msg = (
            f"{where}: {name} is {array.dtype}, and an update in place would truncate it to whole "
            f"numbers; pass {name} as floats: np.asarray({name}, dtype=float)"
        )
        raise TypeError(msg)


def _whole(where: str, name: str, array: npt.NDArray[Any]) -> None:
    """Raise unless labels are integers."""
    if array.dtype.kind not in "iu":
        msg = (
            f"{where}: {name} is {array.dtype}, and labels are indices; pass {name} as integers: "
            f"np.asarray({name}, dtype=int)"
        )
        raise TypeError(msg)


def _shaped(where: str, arrays: Mapping[str, npt.NDArray[Any]], shapes: Mapping[str, str]) -> None:
    """Raise unless every array has its shape, one length for one letter."""
    lengths: dict[str, int] = {}
    first: dict[str, str] = {}
    anywhere: tuple[str, tuple[int, ...]] | None = None  # the first of any shape
    for name, array in arrays.items():
        if shapes[name] == "...":
            anywhere = anywhere or (name, array.shape)
            if array.shape != anywhere[1]:
                raise ValueError(_other_shape(where, name, array, *anywhere))
            continue
        letters = shapes[name].split()
        bound = dict(lengths)
        fits = len(letters) == array.ndim and all(
            bound.setdefault(letter, length) == length
            for letter, length in zip(letters, array.shape, strict=True)
        )
        if not fits:
            raise ValueError(_misfit(where, name, array, letters, lengths, first))
        lengths = bound
        first = {**dict.fromkeys(letters, name), **first}


def _other_shape(
    where: str, name: str, array: npt.NDArray[Any], first: str, shape: tuple[int, ...]
) -> str:
    """Say that two arrays of any shape have not the same."""
    to = ", ".join(map(str, shape)) or "()"
    cure = f"pass {name}.reshape({to})" if np.prod(shape, dtype=int) == array.size else "pass it so"
    return (
        f"{where}: {name} has shape {array.shape}, expected {shape} like {first}; {cure}, or NumPy "
        "broadcasts it to another loss without a word"
    )


def _misfit(  # noqa: PLR0913, PLR0917 - the whole situation goes into the message
    where: str,
    name: str,
    array: npt.NDArray[Any],
    letters: list[str],
    lengths: Mapping[str, int],
    first: Mapping[str, str],
) -> str:
    """Say which shape was given, which was expected and why, and what to pass."""
    symbols = f"({', '.join(letters)}{',' if len(letters) == 1 else ''})"
    known = {letter: lengths[letter] for letter in letters if letter in lengths}
    msg = f"{where}: {name} has shape {array.shape}, expected {symbols}"
    wanted = tuple(lengths[letter] for letter in letters) if known.keys() == set(letters) else None
    if wanted:
        msg += f" = {wanted}"
    if known:
        msg += ", where " + ", ".join(f"{k} = {n} comes from {first[k]}" for k, n in known.items())
    if wanted is not None and np.prod(wanted, dtype=int) == array.size:
        to = ", ".join(map(str, wanted)) or "()"
        return (
            f"{msg}; pass {name}.reshape({to}), or NumPy broadcasts it to another loss without a "
            "word"
        )
    plural = "" if len(letters) == 1 else "s"
    lengths_too = " of these lengths" if known else ""
    return f"{msg}; pass {name} with {len(letters)} dimension{plural}{lengths_too}"
