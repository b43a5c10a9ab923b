"""A user's loss and gradient: run in NumPy, recorded for the oracles."""

from __future__ import annotations

import copy
import functools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.state import State, state_of
from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.pytree import flatten, rebuild
from crosscheck.core.sampling import COTANGENT
from crosscheck.core.types import HandWritten, Point, named
from crosscheck.core.watch import check
from crosscheck.ir.replay import replay
from crosscheck.objects.pairs import named_alike

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.core.types import Array, Dtype, Quantities, Request
    from crosscheck.diagnosis import Observation
    from crosscheck.tracing import Reachable, Recording
    from crosscheck.tracing.ties import Side

RAISED = "raised by"


def nothing(_: np.random.Generator) -> Mapping[str, Any]:
    """Return no data: none of them is random."""
    return {}


@dataclass(frozen=True)
class UserLoss:
    """A loss and its hand-written gradient, plain NumPy both, and what they are called with.

    Both get copies of everything: whatever they do to their arguments, the caller's stay.
    """

    loss: Callable[..., Any]
    gradient: Callable[..., Any]
    params: Mapping[str, Any]
    data: Mapping[str, Any]
    gradient_name: str = ""
    name: str = ""  # what the user calls the loss
    is_layer: bool = False  # the gradient runs the loss's forward pass, too
    redraw: Callable[[np.random.Generator], Mapping[str, Any]] = nothing  # random data, anew
    roots: tuple[Any, ...] = ()  # the user's own functions, where the two are made of others
    parameters: tuple[str, ...] = ()  # that were found in objects, with their gradients' places
    unjudged: tuple[str, ...] = ()  # arrays that the loss reads and that have no gradient
    own: frozenset[str] = frozenset()  # parameters that objects keep, by path
    missing: tuple[str, ...] = ()  # the names of those that should have one
    # By the id of a point, which stays alive beside them.
    losses: dict[int, tuple[Point, Array]] = field(default_factory=dict, compare=False)
    recordings: dict[int, tuple[Point, Recording]] = field(default_factory=dict, compare=False)
    ignored: dict[str, None] = field(default_factory=dict, compare=False)  # keys beside gradients

    @functools.cached_property
    def given(self) -> Point:
        """The parameters as they were given: leaves by path, in float64.

        Raises what `certify` raises for what is no parameter.
        """
        return Point(_leaves(self.params), {})

    def unit(self) -> float:
        """Return the largest number in the data, 1 or more."""
        leaves = [np.asarray(leaf) for leaf in flatten(dict(self.data)).values()]
        return max_or_nan(1.0, *(norm(leaf) for leaf in leaves if leaf.dtype.kind == "f"))

    def arguments(self, point: Point, dtype: Dtype = "float64") -> dict[str, Any]:
        """Return a copy of the parameters at a point, in their own structure, and of the data.

        In float32 every float array of the data is rounded, too.
        """
        leaves = iter([array.astype(dtype) for array in point.params.values()])
        params = rebuild(dict(self.params), leaves)
        data = copy.deepcopy(dict(self.data))
        if dtype == "float32":
            data = rebuild(data, iter([_single(leaf) for leaf in flatten(data).values()]))
        return {**params, **data}

    def loss_at(self, point: Point, dtype: Dtype = "float64") -> Array:
        """Return the loss at a point, shape (); raise if it is not one number."""
        return self.loss_of(self.arguments(point, dtype))

    def loss_of(self, arguments: Mapping[str, Any]) -> Array:
        """Return the loss of arguments, which it may write into; raise if it is not one number."""
        self.state.restore()
        result = call_with_note(self.loss, **arguments)
        value: Array = np.asarray(result)
        if value.size != 1 or value.dtype.kind != "f":
            kind = f"{value.dtype} of shape {value.shape}" if value.ndim else repr(result)
            msg = f"{self.name} returned {kind}; a loss is one float: sum or average it"
            raise ValueError(msg)
        return value.reshape(())

    def gradient_at(
        self, arguments: Mapping[str, Any], fresh: Callable[[], None] | None = None
    ) -> dict[str, Array]:
        """Return the hand-written gradient by path, as it comes; raise if names are missing.

        `fresh` is called before, by default to put back what the functions keep.
        """
        (fresh or self.state.restore)()
        result = call_with_note(self.gradient, **arguments)
        names = list(self.params)
        unknown: list[str] = []
        if isinstance(result, Mapping):
            keys = named_alike(result, names)
            by_name = {name: result[key] for name, key in keys.items()}
            unknown = [str(key) for key in result if key not in keys.values()]
        elif len(names) == 1 and not isinstance(result, Sequence):
            by_name = {names[0]: result}
        elif isinstance(result, Sequence) and len(result) == len(names):
            by_name = dict(zip(names, result, strict=True))
        else:
            count = f" of {len(result)}" if isinstance(result, Sequence) else ""
            msg = (
                f"{self.gradient_name} returned {type(result).__name__}{count}; expected a mapping "
                f"with the keys {names}, or a sequence of {len(names)} in that order"
            )
            raise TypeError(msg)
        gradients, expected = flatten(by_name), flatten(dict(self.params))
        if set(gradients) != set(expected):
            missing = sorted(set(expected) - set(gradients))
            unknown += sorted(set(gradients) - set(expected))
            msg = (
                f"{self.gradient_name} returned no gradient for {missing} and unknown ones for "
                f"{unknown}; the parameters are {sorted(expected)}"
            )
            raise ValueError(msg)
        self.ignored.update(dict.fromkeys(unknown))
        arrays = {path: _numbers(gradients[path]) for path in expected}
        for path, array in arrays.items():
            if array.dtype.kind not in "fciub":
                msg = (
                    f"{self.gradient_name} returned {gradients[path]!r} for {path}, which is "
                    f"{array.dtype}; return np.asarray({path}, dtype=float)"
                )
                raise TypeError(msg)
        return arrays

    def hand_written(self, point: Point, dtype: Dtype = "float64") -> HandWritten:
        """Return the loss and the hand-written gradients at a point."""
        return self.with_gradient(self.loss_at(point, dtype), point, dtype)

    def with_gradient(self, loss: Array, point: Point, dtype: Dtype = "float64") -> HandWritten:
        """Return the loss, just computed, and the hand-written gradients at the same point."""
        if dtype == "float64":
            self.losses[id(point)] = point, loss
        return HandWritten(named(loss, self.gradient_at(self.arguments(point, dtype)), {}))

    def attempt(self, point: Point, dtype: Dtype) -> HandWritten:
        """Return the same, or what was raised: the code need not run in float32."""
        try:
            with np.errstate(all="ignore"):
                return self.hand_written(point, dtype)
        except Exception as error:  # noqa: BLE001 - nothing is lost: it ran in float64
            return HandWritten({}, f"{type(error).__name__}: {error}")

    def ask(self, framework: str, requests: Sequence[Request]) -> list[list[Quantities]]:
        """Answer requests about the loss by a framework: the user's own loss, traced."""
        return [
            [self._answer(framework, point, request.dtype) for point in request.points]
            for request in requests
        ]

    def _answer(self, framework: str, point: Point, dtype: str) -> Quantities:
        """Return the loss and its gradients at a point, in one precision."""
        from crosscheck.tracing import differentiate

        check(f"{self.gradient_name}: {framework}, {dtype}")

        value, grads = differentiate(self.recorded(point), framework, dtype)
        return named(value, dict(zip(point.params, grads, strict=True)), {})

    def recorded(self, point: Point) -> Recording:
        """Return the traced loss at a point, traced once: for every framework and precision."""
        if id(point) not in self.recordings:
            _, first = self.recordings.get(id(self.given), (point, None))
            _, loss = self.losses.get(id(point), (point, None))
            again = replay(first, tuple(point.params.values()), loss)
            self.recordings[id(point)] = point, again or self.record(point)
        return self.recordings[id(point)][1]

    def follow(self, point: Point, near: tuple[Point, ...]) -> None:
        """Take the recording at a point for points so near that the loss does the same there."""
        recording = self.recorded(point)
        for other in near:
            leaves = tuple(other.params.values())
            self.recordings[id(other)] = other, replace(recording, leaves=leaves, is_near=True)

    @property
    def precision(self) -> str:
        """The lowest precision in which the loss computes, at the given point."""
        return self.recorded(self.given).program.precision

    def record(self, point: Point, *, origins: bool = False, side: Side = 0) -> Recording:
        """Return the loss at a point, traced."""
        from crosscheck.tracing import record

        check(f"{self.gradient_name}: recording")

        params = rebuild(dict(self.params), iter(point.params.values()))
        data = copy.deepcopy(dict(self.data))
        _, known = self.losses.get(id(point), (point, None))
        return record(
            self.loss,
            params,
            data,
            reached=self._reached,
            known=known,
            origins=origins,
            side=side,
            fresh=self.state.restore,
        )

    def read(self, point: Point, first: bool) -> Observation:  # noqa: FBT001 - explained.Read
        """Return what a diagnosis needs to know of a point; of the first one, also the lines.

        What of the data is random anyway is another at every point: its numbers explain nothing.
        """
        from crosscheck.diagnosis import Observation, PointData

        seed = zlib.crc32(b"".join(array.tobytes() for array in point.params.values()))
        drawn = {**self.data, **self.redraw(np.random.default_rng([seed, COTANGENT]))}
        other = replace(self, data=drawn, losses={}, recordings={})
        actual = other.hand_written(point).quantities
        recording = other.record(point, origins=first)
        return Observation(
            PointData(recording), {path: actual[f"grad {path}"] for path in point.params}
        )

    def kinds(self) -> dict[str, str]:
        """Return what the loss is called with, by path: dtype and shape of each array, or type."""
        return {path: _kind(leaf) for path, leaf in flatten({**self.params, **self.data}).items()}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of everything that the loss is called with, by path; the data first."""
        return {
            path: np.shape(leaf) for path, leaf in flatten({**self.data, **self.params}).items()
        }

    @functools.cached_property
    def state(self) -> State:
        """What the two functions keep outside of their arguments, as it was handed over."""
        return state_of(*(self.roots or (self.loss, self.gradient)))

    @functools.cached_property
    def _reached(self) -> Reachable:
        """What the loss reaches: its namespaces and random generators."""
        from crosscheck.tracing import reachable

        return reachable(*(self.roots or (self.loss,)))


def call_with_note(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what the user's function returns; add to what it raises which call it was."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        if not any(note.startswith(RAISED) for note in getattr(error, "__notes__", ())):
            leaves = flatten({**dict(enumerate(args)), **kwargs})
            shapes = {path: np.shape(leaf) for path, leaf in leaves.items()}
            error.add_note(f"{RAISED} {name_of(function)}, called with arrays of shapes {shapes}")
        raise


def _single(leaf: Any) -> Any:
    """Return a float array in float32, anything else as it is."""
    floats = isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
    return leaf.astype(np.float32) if floats else leaf


def _numbers(gradient: Any) -> Array:
    """Return an array of its own; numbers that NumPy holds as objects become floats."""
    array = np.array(gradient)
    if array.dtype.kind == "O" and all(isinstance(one, float | int) for one in array.flat):
        return array.astype(np.float64)
    return array


def _kind(leaf: Any) -> str:
    """Return the dtype and shape of an array, the type of anything else."""
    arrays = isinstance(leaf, np.ndarray | np.generic)
    return f"{leaf.dtype} {leaf.shape}" if arrays else type(leaf).__name__


def name_of(function: Callable[..., Any]) -> str:
    """Return what the user calls a function."""
    return str(getattr(function, "__qualname__", repr(function)))


def _leaves(params: Mapping[str, Any]) -> dict[str, Array]:
    """Return the leaves of the parameters by path, in float64; raise for what is no parameter."""
    leaves: dict[str, Array] = {}
    for path, leaf in flatten(dict(params)).items():
        array = np.asarray(leaf)
        if array.dtype.kind != "f":
            msg = (
                f"params: {path} is {array.dtype}; a gradient needs floats: pass "
                f"np.asarray({path}, dtype=float), or pass it in data if it is no parameter"
            )
            raise TypeError(msg)
        if not np.isfinite(array).all():
            index = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
            msg = f"params: {path}{index or ''} is not finite; every entry must be"
            raise ValueError(msg)
        leaves[path] = array.astype(np.float64)
    if not leaves:
        msg = "params is empty; there is nothing to differentiate"
        raise ValueError(msg)
    return leaves
