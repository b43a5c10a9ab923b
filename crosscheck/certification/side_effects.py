"""What a hand-written gradient does beside its numbers: faults, which fail it, and remarks."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import blocks, distance, norm
from crosscheck.core.pytree import flatten
from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.certification.state import State
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Array, Point
    from crosscheck.results import Finding

UNREADABLE = 1e6  # a factor is written as a power of ten from here on
ROUNDING = 1e-14
CALLS = 16  # in a row, of a gradient that changes its state at every call
CLOSE = 1e-9  # two orders of the same sums; a cotangent read wrongly is off by its own size


@dataclass(frozen=True)
class SideEffects:
    """What was found, in sentences: `faults` make the gradient fail, `remarks` do not."""

    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: SideEffects) -> SideEffects:
        return SideEffects(self.faults + other.faults, self.remarks + other.remarks)

    @property
    def verdict(self) -> Verdict:
        """DISAGREE where there is a fault."""
        return Verdict.DISAGREE if self.faults else Verdict.AGREE

    def text(self) -> str:
        """Return all of it in one line, the faults first."""
        return "; ".join(self.faults + self.remarks)


def side_effects(
    user_loss: UserLoss, evidence: Evidence, findings: Sequence[Finding], dtype: str = "own"
) -> SideEffects:
    """Return how the gradient treats its arguments, a second call, and float32.

    A loss that writes into its arguments is remarked on; the forward pass of a layer must not.
    """
    name, point = user_loss.gradient_name, evidence.points[0]
    before = user_loss.arguments(point)
    arguments = user_loss.arguments(point)
    user_loss.loss_of(arguments)
    by_loss = changed(before, arguments)
    arguments = user_loss.arguments(point)
    first = user_loss.gradient_at(user_loss.arguments(point))
    kept = user_loss.state.changes()
    again = user_loss.gradient_at(arguments, fresh=user_loss.state.randomness.restore)
    by_gradient = changed(before, arguments)
    anew = [] if user_loss.is_layer else _anew(kept, user_loss.state.changes())
    written = [path for path in by_gradient if path not in by_loss or not user_loss.is_layer]
    # A backward pass may train, and update what its object keeps.
    updated = [path for path in written if path in user_loss.own]
    faults = [f"{name} writes into its argument {path}" for path in written if path not in updated]
    unlike = [path for path, array in again.items() if not same(array, first[path])]
    faults += _remembers(user_loss, evidence) if not unlike else []
    faults += [
        f"{name} called twice with the same arguments returns two gradients for {path}"
        for path in unlike
    ]
    faults += _later(user_loss, point, first, anew) if not faults else []
    forward = {path: f"{user_loss.name} writes into its argument {path}" for path in by_loss}
    # Running statistics are kept among the data, and are there to be written into.
    bad = [said for path, said in forward.items() if user_loss.is_layer and path in point.params]
    remarks = [said for said in forward.values() if said not in bad]
    often = f"; called {CALLS} times, it returned the same gradient" if not faults else ""
    remarks += [f"{name} changes {path} at every call{often}" for path in anew]
    remarks += [f"{name} updates {path}" for path in updated]
    low = [
        f"{finding.quantity} is computed in {judgement.precision}, where float64 came in"
        for finding in findings
        for judgement in finding.judgements[:1]
        if judgement.precision != "float64"
    ]
    (bad if dtype == "strict" else remarks).extend(low)
    remarks += [*_in_float32(user_loss, evidence, findings), *_drifts(user_loss, point)]
    if user_loss.ignored:
        keys = ", ".join(user_loss.ignored)
        remarks.append(f"{name} returns {keys} beside the gradients; not judged")
    return SideEffects((*faults, *bad), tuple(remarks))


def _remembers(user_loss: UserLoss, evidence: Evidence) -> list[str]:
    """Return whether a gradient depends on earlier calls, of other arguments.

    It has just been called at the given point, and the state that this left stays.
    """
    point = evidence.points[1]
    call = functools.partial(user_loss.gradient_at, user_loss.arguments(point))
    found, failed = attempt(functools.partial(call, fresh=user_loss.state.randomness.restore))
    changes = sorted(user_loss.state.changes())[:3]
    if failed:
        return [f"{user_loss.gradient_name} fails after a call at another point: {failed}"]
    alone = user_loss.gradient_at(user_loss.arguments(point))
    unlike = [path for path, array in found.items() if not alike(array, alone[path])]
    kept = f" (it keeps {', '.join(changes)})" if changes else ""
    return [
        f"{user_loss.gradient_name} returns another gradient for {path} after a call at another "
        f"point than without it{kept}"
        for path in unlike
    ]


def _later(
    user_loss: UserLoss, point: Point, first: Mapping[str, Array], anew: Sequence[str]
) -> list[str]:
    """Return whether a gradient that changes its state at every call is another one later."""
    for number in range(3, CALLS + 1) if anew else ():
        arguments = user_loss.arguments(point)
        now = user_loss.gradient_at(arguments, fresh=user_loss.state.randomness.restore)
        if unlike := [path for path, array in now.items() if not same(array, first[path])]:
            said = f"called {number} times with the same arguments returns another gradient for"
            kept = f"it changes {', '.join(anew)}"
            return [f"{user_loss.gradient_name} {said} {', '.join(unlike)}; {kept}"]
    return []


def _drifts(user_loss: UserLoss, point: Point) -> list[str]:
    if user_loss.is_layer:  # whose every pass starts from the same state
        return []
    arguments = functools.partial(user_loss.arguments, point)
    return drifts(user_loss.name, user_loss.state, lambda: user_loss.loss(**arguments()))


def drifts(name: str, state: State, call: Callable[[], Any]) -> list[str]:
    """Return what every call of a function changes anew, outside of its arguments."""
    state.restore()
    call()
    first, draws = state.changes(), state.draws()
    call()
    second = state.changes()
    state.restore()
    remarks = [f"{name} changes {path} at every call" for path in _anew(first, second)]
    if draws:
        remarks.append(f"{name} draws from a random generator; every call started from its state")
    return remarks


def _anew(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return what a second call changed once more."""
    return [path for path in second if path not in first or not same(first[path], second[path])]


def _in_float32(
    user_loss: UserLoss, evidence: Evidence, findings: Sequence[Finding]
) -> tuple[str, ...]:
    """Return what becomes of float32: its dtype, and its accuracy beside the frameworks'.

    A statement, never a verdict: correct float32 code can be far noisier than a framework's.
    """
    name, point = user_loss.gradient_name, evidence.points[1]  # exact in float32
    tried = user_loss.attempt(point, "float32")
    if tried.raised:
        return (f"{name} fails in float32: {tried.raised}",)
    single = {
        quantity.removeprefix("grad "): array
        for quantity, array in tried.quantities.items()
        if quantity != "loss"
    }
    wide = [path for path, array in single.items() if array.dtype != np.float32]
    said = [f"float32 in, {single[wide[0]].dtype} out for {', '.join(wide)}"] if wide else []
    times = 0.0
    judgements = {finding.quantity: finding.judgements[1] for finding in findings}
    for path, array in single.items():
        judgement = judgements[f"grad {path}"]
        exact = evidence.actual[1].quantities[f"grad {path}"]
        if (
            judgement.verdict is Verdict.AGREE
            and judgement.noise > 0
            and array.shape == exact.shape
        ):
            times = max(times, distance(array, exact) / judgement.noise)
    if times > 16:  # noqa: PLR2004 - the rule's own factor for "more than the noise"
        by = f"{times:.0f}" if times < UNREADABLE else f"{times:.0e}"
        said.append(f"in float32 {by} times less accurate than the oracles")
    elif times and not wide:
        said.append("in float32 as accurate as the oracles")
    return tuple(said)


def changed(before: Any, after: Any) -> list[str]:
    """Return the paths at which a tree is not what it was."""
    now = flatten(after)
    return [path for path, leaf in flatten(before).items() if not same(leaf, now.get(path))]


def same(a: Any, b: Any) -> bool:
    """Return whether two leaves are the same, bit for bit where they are arrays."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        kinds_and_shapes = (a.dtype, a.shape) == (b.dtype, b.shape)
        return kinds_and_shapes and all(_bits(x) == _bits(y) for x, y in blocks(a, b))
    plain = isinstance(a, bool | int | float | str) and isinstance(b, type(a))
    return repr(a) == repr(b) if plain else type(a) is type(b)


def _bits(array: Array) -> bytes:
    """Return the bytes of an array's numbers; a longdouble has bytes that are no part of it."""
    if array.dtype.kind != "f" or array.dtype.itemsize <= np.dtype(float).itemsize:
        return bytes(array.tobytes())
    mantissa, exponent = np.frexp(array)
    high = mantissa.astype(float)
    rest = np.where(np.isfinite(mantissa), mantissa - high, 0).astype(float)
    return b"".join(part.tobytes() for part in (high, rest, exponent))


def alike(a: Any, b: Any, size: float = 0.0) -> bool:
    """Return whether two arrays are the same up to rounding, of themselves and of what went in."""
    a, b = np.asarray(a), np.asarray(b)
    tolerance = max(CLOSE * max(norm(a), norm(b)), ROUNDING * size)
    return a.shape == b.shape and distance(a, b) <= tolerance


def attempt(function: Callable[[], Any]) -> tuple[Any, str]:
    """Return what the function returns and "", or None and what it raised."""
    try:
        return function(), ""
    except Exception as error:  # noqa: BLE001 - a fault to report, not a crash
        return None, f"{type(error).__name__}: {error}"
