"""A function and its hand-written Jacobian, as a loss and its gradient: c·f(x) and Jᵀc."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.user_loss import UserLoss, call_with_note, name_of
from crosscheck.core.sampling import COTANGENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.core.types import Array


@dataclass(frozen=True)
class Projection:
    """A function, its Jacobian, and the cotangent that is drawn for it."""

    f: Callable[..., Any]
    jac: Callable[..., Any]
    x: Array
    args: tuple[Any, ...]
    cotangent: Array

    def with_cotangent(self, cotangent: Array) -> Projection:
        """Return the same with another cotangent."""
        return replace(self, cotangent=cotangent)

    def jacobian(self, x: Array) -> Any:
        """Return what the hand-written code returns at x."""
        return call_with_note(self.jac, np.array(x), *copy.deepcopy(self.args))

    def loss(self, x: Any, cotangent: Array, args: Any = ()) -> Any:
        """Return Σ cotangent · f(x)."""
        return np.sum(cotangent * stacked(call_with_note(self.f, x, *args)))

    def gradient(self, x: Array, cotangent: Array, args: Any = ()) -> Any:
        """Return Jᵀ cotangent; the Jacobian itself where its shape is another."""
        jacobian = call_with_note(self.jac, x, *args)
        if hasattr(jacobian, "rmatvec"):
            return np.reshape(jacobian.rmatvec(cotangent.reshape(-1)), x.shape)
        matrix = as_matrix(jacobian, cotangent.shape, x.shape)
        if matrix is None:
            return np.asarray(jacobian)
        return np.reshape(matrix.T @ cotangent.reshape(-1), x.shape)

    def user_loss(self) -> UserLoss:
        """Return it as what `certify` judges."""
        names = name_of(self.jac), name_of(self.f)
        data = {"cotangent": self.cotangent, **data_of(self.args)}
        return UserLoss(self.loss, self.gradient, {"x": self.x}, data, *names)


def projection(
    f: Callable[..., Any], jac: Callable[..., Any], x: Any, args: tuple[Any, ...], seed: int
) -> Projection:
    """Return a function and its Jacobian with a cotangent that suits the sizes of the rows.

    Raises:
        TypeError: f returns no floats, or x is none.

    """
    x = float_array(x)
    output = float_output(f, x, args)
    # A stream of its own: x is often drawn from default_rng(0), and a cotangent must not repeat it.
    rng = np.random.default_rng([seed, COTANGENT])
    cotangent = random_cotangent(rng, output.shape)
    one = Projection(f, jac, x, args, cotangent)
    rows = row_sizes(one.jacobian(x), output.shape, x.shape)
    return one.with_cotangent(np.asarray(cotangent / rows))


def data_of(args: tuple[Any, ...]) -> dict[str, Any]:
    """Return further arguments as the data of a loss."""
    return {"args": args} if args else {}


def float_array(x: Any) -> Array:
    """Return what is differentiated, in float64; raise TypeError unless it is floats."""
    array = np.asarray(x)
    if array.dtype.kind != "f":
        msg = f"x is {array.dtype}; a derivative needs floats: pass np.asarray(x, dtype=float)"
        raise TypeError(msg)
    return array.astype(np.float64)


def stacked(output: Any) -> Any:
    """Return an output as an array, where a function returns a list of numbers, as SciPy allows."""
    return np.stack([*map(stacked, output)]) if isinstance(output, list | tuple) else output


def float_output(f: Callable[..., Any], x: Array, args: tuple[Any, ...]) -> Array:
    """Return f(x) as an array; raise TypeError unless it is floats."""
    output = np.asarray(call_with_note(f, x.copy(), *copy.deepcopy(args)))
    if output.dtype.kind != "f":
        msg = f"{name_of(f)} returned {output.dtype} of shape {output.shape}; expected floats"
        raise TypeError(msg)
    return output


def random_cotangent(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return random numbers from ±1 to ±2: continuous, so that errors do not cancel."""
    return np.asarray(rng.choice([-1.0, 1.0], size=shape) * (1 + rng.random(shape)))


def row_sizes(jacobian: Any, output: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """Return the size of each row of the hand-written Jacobian; 1 where it is zero or unknown."""
    matrix = None if hasattr(jacobian, "rmatvec") else as_matrix(jacobian, output, shape)
    if matrix is None or not matrix.shape[1]:
        return np.ones(output)
    largest = abs(matrix).max(axis=1)
    sizes = np.asarray(getattr(largest, "toarray", lambda: largest)(), dtype=float)
    usable = np.isfinite(sizes) & (sizes > 0)
    return np.asarray(np.where(usable, sizes, 1.0).reshape(output))


def as_matrix(jacobian: Any, output: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Return a Jacobian as a matrix, dense or sparse; None where its shape is another."""
    rows, columns = int(np.prod(output, dtype=int)), int(np.prod(shape, dtype=int))
    if hasattr(jacobian, "tocsr"):
        return jacobian.tocsr() if jacobian.shape == (rows, columns) else None
    array = np.asarray(jacobian)
    if array.shape not in {(*output, *shape), (rows, columns)}:
        return None
    return array.reshape(rows, columns)
