"""Hypotheses on the numbers of a gradient alone, whatever they were computed from."""

from __future__ import annotations

import functools
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.verdict import U32
from crosscheck.diagnosis.hypotheses.base import Hypothesis, always, on_value
from crosscheck.diagnosis.hypotheses.paths import SCALED, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Change, Run
    from crosscheck.diagnosis.source_steps import Step

    Turn = Callable[[Array], Array]

TURNED = "turned"
ABSOLUTE = "absolute value"
DECAY = "weight decay"
CLIPPED_INSIDE = "clipped on the way"
BOUNDS = (0.01, 0.1, 0.5, 1.0, 5.0, 10.0)  # at which gradients are usually clipped


def whole(run: Run, wrong: Sequence[int]) -> Iterator[Hypothesis]:
    """Yield what may have been done to the gradients of the `wrong` leaves, numbers of nodes."""
    together = [tuple(wrong)] if len(wrong) > 1 else []
    for nodes in [*together, *((n,) for n in wrong)]:
        yield Hypothesis(SCALED, nodes, _scaled(nodes), sized=True)
        yield Hypothesis(DECAY, nodes, _decayed(nodes), sized=True)
        yield Hypothesis(ABSOLUTE, nodes, _each(nodes, np.abs))
        alike = len({run.values[n].shape for n in nodes}) == 1
        for detail, turn in _turns(run.values[nodes[0]].shape).items() if alike else ():
            yield Hypothesis(TURNED, nodes, _each(nodes, turn), detail=detail)


def clipped(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a cotangent that is clipped on its way, at one of the usual bounds."""
    for step in steps:
        # a constant that is clipped is multiplied
        for bound in BOUNDS if np.ptp(np.abs([run.cotangent(n) for n in step.nodes])) else ():
            change = _each(step.nodes, functools.partial(np.clip, a_min=-bound, a_max=bound))
            yield Hypothesis(CLIPPED_INSIDE, step.nodes, change, detail=f"{bound:g}")


def _scaled(nodes: tuple[int, ...]) -> Callable[[float], Change]:
    return lambda size: on_value(nodes, lambda run, n, cotangent: times(cotangent, 1 + size))


def _decayed(nodes: tuple[int, ...]) -> Callable[[float], Change]:
    return lambda size: on_value(
        nodes, lambda run, n, cotangent: cotangent + times(run.values[n], size)
    )


def _each(nodes: tuple[int, ...], turn: Turn) -> Callable[[float], Change]:
    return always(on_value(nodes, lambda run, n, cotangent: turn(cotangent)))


def _turns(shape: tuple[int, ...]) -> dict[str, Turn]:
    """Return the ways to turn an array over, by name; of those that do the same, the first."""
    ways: dict[str, Turn] = {}
    ndim = len(shape)
    if ndim == 2:  # noqa: PLR2004
        ways["transposed"] = np.transpose
        ways["reshaped where it should be transposed"] = lambda a: a.T.reshape(a.shape)
    elif ndim > 2:  # noqa: PLR2004
        for order in list(permutations(range(ndim)))[1:]:
            ways[f"its axes in the order {order}"] = functools.partial(np.transpose, axes=order)
        ways["flipped along its last two axes"] = lambda a: a[..., ::-1, ::-1]
    for axis in range(ndim):
        ways[f"flipped along axis {axis}"] = functools.partial(np.flip, axis=axis)
    for shift in (1, -1):
        ways[f"rolled by {shift}"] = functools.partial(np.roll, shift=shift)
        for axis in range(ndim if ndim > 1 else 0):
            ways[f"rolled by {shift} along axis {axis}"] = functools.partial(
                np.roll, shift=shift, axis=axis
            )
    numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    layouts = {_layout(numbers): ""}
    for name, turn in ways.items():
        layouts.setdefault(_layout(turn(numbers)), name)
    return {name: ways[name] for name in layouts.values() if name}


def _layout(numbers: Array) -> tuple[tuple[int, ...], bytes]:
    return numbers.shape, numbers.tobytes()


# What can be seen at a gradient, but not computed from the right one: functions of the gradient by
# hand, the right one, its float32 noise and its tolerance.


def is_rounded(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether every entry by hand is a float32 number, and is off by no more than that explains."""
    exact = np.array_equal(actual, actual.astype(np.float32))
    return exact and norm(actual - right) <= max(16 * noise, 16 * U32 * norm(right), tolerance)


def shows_rounding(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether there is something that could be rounded: zero is a float32 number."""
    return norm(actual) > 0


def is_whole(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether every entry by hand is the right one's whole part, or the nearest whole number."""
    ways = (np.trunc, np.floor, np.rint)
    return any(np.array_equal(actual, way(right)) for way in ways)


def shows_a_whole(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether more is left than zero."""
    return norm(right) > 1


def is_clipped(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether the right entries beyond the largest by hand are cut there, if there are any."""
    bound = norm(actual)
    return norm(actual - np.clip(right, -bound, bound)) <= tolerance


def shows_clipping(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether some of the right entries are beyond the largest by hand, and some within."""
    size, bound = np.abs(right), norm(actual)
    return bool((size < bound - tolerance).any() and (size > bound + tolerance).any())


def is_permuted(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether the entries are the right ones in another order."""
    return norm(np.sort(actual, axis=None) - np.sort(right, axis=None)) <= tolerance


def shows_an_order(actual: Array, right: Array, noise: float, tolerance: float) -> bool:
    """Whether the entries are more than two, can be told apart, and are in another order."""
    apart = np.diff(np.sort(right, axis=None))
    moved = norm(actual - right) > 2 * tolerance
    return moved and right.size > 2 and bool((apart > 4 * tolerance).all())  # noqa: PLR2004


# What fits at every point, and shows at one of them.
SIGHTS = {
    "rounded to float32": (is_rounded, shows_rounding),
    "rounded to whole numbers": (is_whole, shows_a_whole),
    "clipped": (is_clipped, shows_clipping),
    "permuted": (is_permuted, shows_an_order),
}
