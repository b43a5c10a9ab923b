"""What the hand and the oracles say at a given point, and at points drawn around it."""

from __future__ import annotations

import functools
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck import handed_in
from crosscheck.evidence import Evidence, requests
from crosscheck.processes import MODULES
from crosscheck.quantities import Point
from crosscheck.verdict import norm

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from crosscheck.hand import Hand
    from crosscheck.quantities import Oracle, Quantities, Request
    from crosscheck.written import Written
    from reference.example import Array

ORACLES = {"torch": "PyTorch", "jax": "JAX"}
SPREAD = 0.1  # how far a drawn point is from the given one, relative to each parameter's size
STREAM = 1
TRIES = 20  # a loss may not be finite everywhere around the given point


def gathered(  # noqa: PLR0913, PLR0917 - what is certified, and how hard
    written: Written,
    given: Point,
    points: int,
    seed: int,
    oracles: Sequence[str],
    rebuilt: Mapping[str, Callable[..., Any]],
) -> tuple[Evidence, dict[str, str]]:
    """Return what hand and oracles say at a point and at `points` around it, and who cannot."""
    from crosscheck.tracing.gradients import prepare

    hands = _around(written, given, points, seed)
    where = tuple(point for point, _ in hands)
    asked = requests(written.gradient_name, where)
    available: dict[str, Oracle] = {}
    unavailable: dict[str, str] = {}
    traced: list[str] = []
    for oracle in oracles:
        name = ORACLES[oracle]
        module, cure = MODULES[name]
        if importlib.util.find_spec(module) is None:
            unavailable[name] = f"{name} is not installed: {cure}"
        elif oracle in rebuilt:
            available[name] = functools.partial(handed_in.ask, oracle, rebuilt[oracle], written)
        else:
            prepare(oracle)
            available[name] = functools.partial(written.ask, oracle)
            traced.append(name)
    for point in (point for request in asked for point in request.points if traced):
        written.recorded(point)
    answers = _answers(available, traced, asked)
    evidence = Evidence(
        written.gradient_name,
        where,
        [hand for _, hand in hands],
        {oracle: double for oracle, (double, _) in answers.items()},
        {oracle: single for oracle, (_, single) in answers.items()},
        available,
        written.attempt,
        written.unit(),
    )
    return evidence, unavailable


def _answers(
    oracles: Mapping[str, Oracle], traced: Collection[str], asked: Sequence[Request]
) -> dict[str, list[list[Quantities]]]:
    """Return what the oracles answer; those that run recordings answer side by side.

    No code of the reader's runs in another thread than the caller's.
    """
    with ThreadPoolExecutor() as pool:
        waiting = {name: pool.submit(copy_context().run, oracles[name], asked) for name in traced}
        return {
            name: waiting[name].result() if name in waiting else ask(asked)
            for name, ask in oracles.items()
        }


def _around(written: Written, given: Point, count: int, seed: int) -> list[tuple[Point, Hand]]:
    """Return the given point and points around it, exact in float32, with the hand's numbers.

    The loss is finite at each; a drawn point where it is not is drawn again.
    """
    loss = written.loss_at(given)
    if not np.isfinite(loss):
        msg = f"{written.name} is {loss} at params; a gradient needs a finite loss"
        raise ValueError(msg)
    found = [(given, written.with_gradient(loss, given))]
    # A stream of its own: params are often drawn from default_rng(0), too.
    rng = np.random.default_rng([seed, STREAM])
    for _ in range(TRIES * count):
        moved = {path: _moved(array, rng) for path, array in given.params.items()}
        point = Point(moved, {}).representable()
        with np.errstate(all="ignore"):
            loss = written.loss_at(point)
        if np.isfinite(loss):
            found.append((point, written.with_gradient(loss, point)))
        if len(found) > count:
            return found
    msg = (
        f"{written.name} is finite at only {len(found) - 1} of {TRIES * count} points around params"
    )
    raise ValueError(msg)


def _moved(array: Array, rng: np.random.Generator) -> Array:
    """Return the array with every entry moved by about a tenth of its largest, zeros included."""
    size = norm(array) or 1.0
    moved = rng.standard_normal(array.shape)
    moved *= SPREAD * size
    moved += array
    return moved
