"""The targets, each met or missed, by how much and why.

All are ratios in one run. The noise is the quartiles of the ratio of the hand-written gradient with
itself. A bound that is missed by no more than the noise, and by no more than 5 %, is met, for equal
is no slower; within a larger noise the run is inconclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.speed.gradients.contenders import COMPILED, EAGER, HAND_WRITTEN, HIPS, JIT, LIMIT
from benchmarks.speed.gradients.measurement import LARGE, SMALL
from benchmarks.speed.gradients.page.reading import Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.speed.clock import Ratio

FASTER, PRODUCTS, EXCESS = 8.0, 1.15, 1.25  # than eager, × the matrix products, × what must exist
EQUAL = 1.05  # what is called equal, where the noise explains it
MET, MISSED, NOISY = "met", "**missed**", "noise: inconclusive"


@dataclass(frozen=True)
class Target:
    """A ratio that was wanted, and what it is; the reason, where it was missed."""

    case: str
    wanted: str
    got: str
    outcome: str
    why: str


def targets(record: Mapping[str, Any]) -> Iterator[Target]:
    """Yield every target of which there is a measurement."""
    for row in rows(record, "examples"):
        if row.case.what != "descent":
            yield from _example(row)
    for row in rows(record, "networks"):
        if (row.case.sizes, row.case.batch) in {SMALL, LARGE}:
            yield from _network(row)
    for measured in record.get("memory", ()):
        yield from _memory(measured)
    if "command" in record:
        yield _command(record["command"])


def _example(row: Row) -> Iterator[Target]:
    """Yield the targets of an example."""
    name = f"{row.case.name}, {row.case.what}"
    share = f" {_share(row)}" if row.case.what == "gradient" else ""
    faster = row.ratio(EAGER)
    yield Target(
        name,
        f"PyTorch eager takes {FASTER:g} times as long, or more",
        f"{faster.middle:.1f} times",
        _outcome(faster.middle >= FASTER),
        f"{row.median(HAND_WRITTEN) * 1e6:.1f} µs hand-written against "
        f"{row.median(EAGER) * 1e6:.0f}.{share}",
    )
    own = row.ratio(JIT)
    yield Target(
        name,
        "faster than jax.jit",
        f"jax.jit takes {own.middle:.2f} times as long",
        NOISY
        if 1 / _spread(row.noise) < own.middle < _spread(row.noise)
        else _outcome(own.middle > 1),
        f"{row.median(HAND_WRITTEN) * 1e6:.1f} µs hand-written, "
        f"{row.median(JIT) * 1e6:.1f} µs for one "
        f"call of a compiled function.{share}",
    )


def _share(row: Row) -> str:
    """Return how much of an example's time its NumPy calls take."""
    return (
        f"The NumPy calls that it cannot do without take {1 / row.to_the_limit.middle:.0%} of its "
        "time: each allocates and dispatches for two numbers."
    )


def _network(row: Row) -> Iterator[Target]:
    """Yield the targets of a network, of each kernel of OpenBLAS that was tried."""
    name = f"{row.case.name}, {row.case.dtype}, {_threads(row.threads)}"
    for actual in [contender for contender in row.seconds if contender.startswith(HAND_WRITTEN)]:
        kernel = actual.removeprefix(HAND_WRITTEN)
        if kernel and not kernel.endswith("kernel"):
            continue
        for other in (EAGER, COMPILED, JIT):
            if other in row.seconds:
                yield _no_slower(row, name + kernel, actual, other)
        limit = LIMIT + kernel
        if limit in row.seconds:
            times = row.ratio(actual, limit)
            yield Target(
                name + kernel,
                f"at most {PRODUCTS:g} times its own matrix products",
                f"{times.middle:.3f} times",
                # The whole is never faster than its part.
                NOISY if times.middle * EQUAL < 1 else _outcome(times.middle <= PRODUCTS),
                "the rest is what moves through memory between the products: biases, ReLU and its "
                "slope, the softmax, and new memory for every gradient.",
            )


def _no_slower(row: Row, name: str, actual: str, other: str) -> Target:
    """Return the target to be no slower than another."""
    times = row.ratio(actual, other)
    products = row.ratio(actual.replace(HAND_WRITTEN, LIMIT), other)
    why = (
        f"even its matrix products alone, through OpenBLAS, take {products.middle:.2f} times as "
        f"long as all of {other}, whose own library multiplies faster here."
        if products.middle > 1
        else f"its matrix products alone take {products.middle:.2f} times as long as all of "
        f"{other}; what stands between them makes the difference."
    )
    return Target(
        name, f"no slower than {other}", f"{times.middle:.2f} times as long",
        _not_above(times.middle, _spread(row.noise)), why,
    )  # fmt: skip


def _outcome(met: bool) -> str:  # noqa: FBT001 - the only argument
    """Return what a target is that was met, or was not."""
    return MET if met else MISSED


def _not_above(middle: float, noise: float) -> str:
    """Return the outcome of a ratio that should not be above 1, where noise explains so much."""
    if middle <= max(1.0, min(noise, EQUAL)):
        return MET
    return NOISY if middle <= noise else MISSED


def _spread(noise: Ratio) -> float:
    """Return the ratio that noise alone explains, whichever of the two runs came out slower."""
    return max(noise.high, 1 / noise.low)


def _memory(measured: Mapping[str, Any]) -> Iterator[Target]:
    """Yield the targets of the memory of a training step."""
    taken = {name: max(one["first"], one["later"]) for name, one in measured["bytes"].items()}
    case, actual, must = measured["case"], taken[HAND_WRITTEN], measured["must exist"]
    name = f"memory, {'-'.join(map(str, case['sizes']))}, batch {case['batch']}, {case['dtype']}"
    both = {n: one for n, one in measured["bytes"].items() if n not in {HAND_WRITTEN, HIPS}}
    others = {n: min(one["first"], one["later"]) for n, one in both.items()}  # at their best
    least = min(others, key=lambda n: others[n])
    yield Target(
        name,
        "below both frameworks",
        f"{actual / 1e6:.0f} MB, {least} {others[least] / 1e6:.0f} MB",
        _outcome(actual < others[least]),
        f"{least} gives its memory back sooner.",
    )
    yield Target(
        name,
        f"at most {EXCESS - 1:.0%} above the arrays that must exist",
        f"{actual / must - 1:.0%} above {must / 1e6:.0f} MB",
        _outcome(actual <= EXCESS * must),
        "the rest is the buffers of OpenBLAS and the mask of a ReLU.",
    )


def _command(record: Mapping[str, Any]) -> Target:
    """Return the target of the whole command."""
    (_, middle, _), (low, _, high) = (
        record["ratios"]["crosscheck"],
        record["ratios"]["import again"],
    )
    return Target(
        "`crosscheck`, whole command",
        "no slower than importing both frameworks in one process",
        f"{middle:.2f} times as long",
        _not_above(middle, max(high, 1 / low)),
        "its two processes import side by side, and need two cores that are free.",
    )


def _threads(n: int) -> str:
    """Return a number of threads in words."""
    return f"{n} thread{'s' * (n != 1)}"
