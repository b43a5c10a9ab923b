"""What is compared: the same named quantities, by everybody, at the same points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.floating[Any]]
    Mask: TypeAlias = npt.NDArray[np.bool]
    Places: TypeAlias = npt.NDArray[np.intp]  # of entries, in a flattened array
    Params: TypeAlias = Mapping[str, Array]  # what is learned, by name
    Data: TypeAlias = Mapping[str, Array]  # what is given, by name
    Grads: TypeAlias = dict[str, Array]  # d loss / d parameter, under the parameter's name
    Given: TypeAlias = dict[str, Any]  # a layer's inputs by name
    Quantities: TypeAlias = dict[str, Array]
    Oracle: TypeAlias = Callable[[Sequence["Request"]], list[list[Quantities]]]

Dtype: TypeAlias = Literal["float32", "float64"]


class Point(NamedTuple):
    """Where a loss is evaluated: its parameters and its data by name, float64 arrays.

    Data may be integers and booleans, too, labels and masks; no precision changes them.
    """

    params: Params
    data: Data

    def cast(self, dtype: Dtype) -> Point:
        """Return the point with every array of floats rounded to `dtype`."""

        def rounded(array: Array) -> Array:
            return array.astype(dtype) if array.dtype.kind == "f" else array

        return Point(*({name: rounded(a) for name, a in arrays.items()} for arrays in self))

    def representable(self) -> Point:
        """Return the nearest point that float32 represents: both precisions see the same."""
        return self.cast("float32").cast("float64")

    @property
    def is_representable(self) -> bool:
        """Whether float32 represents every float exactly."""
        arrays = [array for side in self for array in side.values() if array.dtype.kind == "f"]
        return all(np.array_equal(a, a.astype(np.float32)) for a in arrays)


class Request(NamedTuple):
    """What an oracle is asked: the quantities of one example at some points, in one precision.

    `options` are the keyword arguments of a page beside its inputs, sorted by name.
    """

    example: str
    points: tuple[Point, ...]
    dtype: Dtype
    options: tuple[tuple[str, Any], ...] = ()


def named(loss: Array, grads: Mapping[str, Array], trajectory: Mapping[str, Array]) -> Quantities:
    """Return results under the names that hand-written code and oracles share.

    `loss`, shape (); `grad W` for each gradient, shape of W; `step W` for each parameter of a
    trained example, shape (steps, *shape of W): the parameter after every step.
    """
    return {
        "loss": np.asarray(loss),
        **{f"grad {name}": np.asarray(grad) for name, grad in grads.items()},
        **{f"step {name}": np.asarray(steps) for name, steps in trajectory.items()},
    }


class HandWritten(NamedTuple):
    """What the hand-written code computed at a point, and what it raised before the rest."""

    quantities: Quantities
    raised: str = ""
