"""Hypotheses on a gradient as a whole, whatever it was computed from."""

from __future__ import annotations

import functools
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_cotangent
from crosscheck.diagnosis.hypotheses.paths import SCALED, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Change, Run
    from crosscheck.diagnosis.source_steps import Step

    Turn = Callable[[Array], Array]

TURNED = Kind("turned", "{detail}", implies=frozenset({"operand"}))
ABSOLUTE = Kind("absolute value", "absolute value of the gradient")
DECAY = Kind("weight decay", "{size:g} times the parameter added, as by weight decay")
LOGARITHM = Kind(
    "derivative by the logarithm",
    "multiplied by the parameter: this is the derivative with respect to its logarithm",
    "divide by the parameter",
)
NO_LOGARITHM = Kind(
    "derivative by the exponential",
    "divided by the parameter: this is the derivative with respect to its exponential",
    "multiply by the derivative of the logarithm's argument",
)
RETURNED = Kind(
    "gradient of another value",
    "gradient with respect to {other} returned instead of its own",
)
EXCHANGED = Kind("gradients exchanged", "exchanged with the gradient of the other one of these two")
CLIPPED = Kind("clipped on the way", "upstream gradient clipped to ±{detail} here")
BOUNDS = (0.01, 0.1, 0.5, 1.0, 5.0, 10.0)  # at which gradients are usually clipped


def whole(run: Run, wrong: Sequence[int]) -> Iterator[Hypothesis]:
    """Yield what may have been done to the gradients of the `wrong` leaves, numbers of nodes."""
    together = [tuple(wrong)] if len(wrong) > 1 else []
    for nodes in [*together, *((n,) for n in wrong)]:
        yield Hypothesis(SCALED, nodes, _scaled(nodes), sized=True)
        yield Hypothesis(DECAY, nodes, _decayed(nodes), sized=True, positive=True)
        yield Hypothesis(ABSOLUTE, nodes, _each(nodes, np.abs))
        for kind, power in ((LOGARITHM, 1), (NO_LOGARITHM, -1)):
            if all(np.ptp(run.values[n]) for n in nodes):  # else it is a factor
                yield Hypothesis(kind, nodes, _weighted(nodes, power))
        alike = len({run.values[n].shape for n in nodes}) == 1
        for detail, turn in _turns(run.values[nodes[0]].shape).items() if alike else ():
            yield Hypothesis(TURNED, nodes, _each(nodes, turn), detail=detail)


def clipped(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a cotangent that is clipped at one of the usual bounds."""
    for step in steps:
        # a constant that is clipped is multiplied
        for bound in BOUNDS if np.ptp(np.abs([run.cotangent(n) for n in step.nodes])) else ():
            change = _each(step.nodes, functools.partial(np.clip, a_min=-bound, a_max=bound))
            yield Hypothesis(CLIPPED, step.nodes, change, detail=f"{bound:g}")


def returned(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a parameter for which the gradient with respect to another value is returned."""
    others = [n for step in steps for n in step.nodes]
    for leaf in run.leaves.values():
        shape = run.values[leaf].shape
        for other in (*run.leaves.values(), *others):
            if run.tracked[leaf] and run.tracked[other] and shape == run.values[other].shape != ():
                change = on_cotangent([leaf], functools.partial(_of_another, other))
                yield Hypothesis(RETURNED, (leaf, other), always(change))

    for one, other in combinations(run.leaves.values(), 2):
        if run.values[one].shape == run.values[other].shape:
            pair = {one: other, other: one}
            change = on_cotangent(pair, functools.partial(_exchanged, pair))
            yield Hypothesis(EXCHANGED, (one, other), always(change))


def _exchanged(pair: Mapping[int, int], run: Run, n: int, cotangent: Array) -> Array:
    return run.cotangent(pair[n])


def _of_another(other: int, run: Run, n: int, cotangent: Array) -> Array:
    return run.cotangent(other)


def _scaled(nodes: tuple[int, ...]) -> Callable[[float], Change]:
    return lambda size: on_cotangent(nodes, lambda run, n, cotangent: times(cotangent, 1 + size))


def _decayed(nodes: tuple[int, ...]) -> Callable[[float], Change]:
    return lambda size: on_cotangent(
        nodes, lambda run, n, cotangent: cotangent + times(run.values[n], size)
    )


def _weighted(nodes: tuple[int, ...], power: int) -> Callable[[float], Change]:
    return always(on_cotangent(nodes, lambda run, n, cotangent: cotangent * run.values[n] ** power))


def _each(nodes: tuple[int, ...], turn: Turn) -> Callable[[float], Change]:
    return always(on_cotangent(nodes, lambda run, n, cotangent: turn(cotangent)))


def _turns(shape: tuple[int, ...]) -> dict[str, Turn]:
    """Return the distinct rearrangements of an array, by name."""
    found: dict[str, Turn] = {}
    ndim = len(shape)
    if ndim == 2:  # noqa: PLR2004
        found["transposed"] = np.transpose
        found["reshaped instead of transposed"] = lambda a: a.T.reshape(a.shape)
        found |= _parts_of_a_square() if shape[0] == shape[1] else {}
    elif ndim > 2:  # noqa: PLR2004
        for order in list(permutations(range(ndim)))[1:]:
            found[f"axes in the order {order}"] = functools.partial(np.transpose, axes=order)
        found["flipped along the last two axes"] = lambda a: a[..., ::-1, ::-1]
    for axis in range(ndim):
        found[f"flipped along axis {axis}"] = functools.partial(np.flip, axis=axis)
    for shift in (1, -1):
        found[f"rolled by {shift}"] = functools.partial(np.roll, shift=shift)
        for axis in range(ndim if ndim > 1 else 0):
            found[f"rolled by {shift} along axis {axis}"] = functools.partial(
                np.roll, shift=shift, axis=axis
            )
    numbers = 1.0 + np.arange(np.prod(shape, dtype=int)).reshape(shape)
    layouts = {_layout(numbers): ""}
    for name, turn in found.items():
        layouts.setdefault(_layout(turn(numbers)), name)
    return {name: found[name] for name in layouts.values() if name}


def _parts_of_a_square() -> dict[str, Turn]:
    """Return what may be made of a gradient with respect to a square matrix."""
    return {
        "the diagonal alone": lambda a: a * np.eye(len(a), dtype=a.dtype),
        "the diagonal set to zero": lambda a: a - a * np.eye(len(a), dtype=a.dtype),
        "the lower triangle alone": np.tril,
        "the upper triangle alone": np.triu,
        "symmetrised, as for a symmetric matrix": lambda a: (a + a.T) / a.dtype.type(2),
        "its transpose added, as for a symmetric matrix": lambda a: a + a.T,
        "its transpose added but for the diagonal, as for a symmetric matrix": lambda a: (
            a + a.T - a * np.eye(len(a), dtype=a.dtype)
        ),
    }


def _layout(numbers: Array) -> tuple[tuple[int, ...], bytes]:
    return numbers.shape, numbers.tobytes()
