"""The hand-written results and the oracles', at the given point and at points around it."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification import framework_loss
from crosscheck.certification.constants import constants
from crosscheck.certification.coverage import Coverage, cover, random_ways
from crosscheck.certification.side_effects import attempt
from crosscheck.certification.structures import have, structured_ways
from crosscheck.core.evidence import Evidence, requests
from crosscheck.core.sampling import around
from crosscheck.errors import DomainError
from crosscheck.frameworks import ORACLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from crosscheck.certification.structures import Structure
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.types import HandWritten, Oracle, Point, Quantities, Request
    from crosscheck.ir.recording import Recording


GENERIC = 4  # one sampled point of so many is not exact in float32
TRIES = 20  # a loss may not be finite everywhere around the given point


def ask_oracles(  # noqa: PLR0913, PLR0917 - what is certified, and how hard
    user_loss: UserLoss,
    points: int,
    seed: int,
    oracles: Sequence[str],
    rebuilt: Mapping[str, Callable[..., Any]],
    sampled: Iterator[Point] | None = None,
    structures: Mapping[str, Structure] | None = None,
) -> tuple[Evidence, dict[str, str], Coverage]:
    """Return the evidence at the given point and at `points` around it, and who cannot answer.

    `sampled` yields the points around it; by default they are general. `structures` are kept by
    points that are sought to cover a branch.
    """
    from crosscheck.ir.run import prepare

    general = sampled is None
    actuals = _around(user_loss, points, sampled or around(user_loss.given, seed), general=general)
    available: dict[str, Oracle] = {}
    unavailable: dict[str, str] = {}
    traced: list[str] = []
    keys: list[str] = []  # of their frameworks
    for oracle in oracles:
        framework = ORACLES[oracle]
        name = framework.name
        if not framework.is_installed:
            unavailable[name] = framework.missing
        elif oracle in rebuilt:
            available[name] = functools.partial(
                framework_loss.ask, oracle, rebuilt[oracle], user_loss
            )
        else:
            prepare(oracle)
            available[name] = functools.partial(user_loss.ask, oracle)
            traced.append(name)
            keys.append(oracle)
    coverage = Coverage()
    if traced and (general or structures):
        recordings = [(point, user_loss.recorded(point)) for point, _ in actuals]
        ways = functools.partial(structured_ways, structures) if structures else random_ways
        coverage = cover(
            recordings, functools.partial(_recorded, user_loss, structures or {}), ways
        )
        actuals += [(p, user_loss.with_gradient(user_loss.loss_at(p), p)) for p in coverage.added]
    where = tuple(point for point, _ in actuals)
    asked = requests(user_loss.gradient_name, where)
    for point in (point for request in asked for point in request.points if traced):
        user_loss.recorded(point)
    results = _results(available, traced, asked)
    evidence = Evidence(
        user_loss.gradient_name,
        where,
        [actual for _, actual in actuals],
        {oracle: double for oracle, (double, _) in results.items()},
        {oracle: single for oracle, (_, single) in results.items()},
        available,
        user_loss.attempt,
        user_loss.unit(),
        len(coverage.added),
        user_loss.precision if traced else "float64",
        user_loss.follow if traced else lambda *_: None,
        functools.partial(constants, user_loss, keys[0]) if keys else lambda _: 1.0,
    )
    return evidence, unavailable, coverage


def _recorded(
    user_loss: UserLoss, structures: Mapping[str, Structure], point: Point
) -> Recording | None:
    """Return the recording at a point, if loss and gradient can be evaluated there.

    None also where it does not have its structures.
    """
    if not have(structures, point):
        return None

    def recording() -> Recording | None:
        loss = user_loss.loss_at(point)
        user_loss.with_gradient(loss, point)
        return user_loss.recorded(point) if np.isfinite(loss) else None

    with np.errstate(all="ignore"):
        found: Recording | None = attempt(recording)[0]
    return found


def _results(
    oracles: Mapping[str, Oracle], traced: Collection[str], asked: Sequence[Request]
) -> dict[str, list[list[Quantities]]]:
    """Return the oracles' results; those that run recordings run side by side.

    No code of the user's runs in another thread than the caller's. One alone needs no thread: in a
    browser there is none.
    """
    if len(traced) <= 1:
        return {name: ask(asked) for name, ask in oracles.items()}
    with ThreadPoolExecutor() as pool:
        waiting = {name: pool.submit(copy_context().run, oracles[name], asked) for name in traced}
        return {
            name: waiting[name].result() if name in waiting else ask(asked)
            for name, ask in oracles.items()
        }


def _around(
    user_loss: UserLoss, count: int, points: Iterator[Point], *, general: bool
) -> list[tuple[Point, HandWritten]]:
    """Return the given point and points around it, each with its hand-written results.

    The loss is finite at each: a sampled point where it is not is left out. Most general points are
    rounded to float32; that would spoil a structure.
    """
    given = user_loss.given
    loss = user_loss.loss_at(given)
    if not np.isfinite(loss):
        msg = f"{user_loss.name} is {loss} at params; a gradient needs a finite loss"
        raise ValueError(msg)
    found = [(given, user_loss.with_gradient(loss, given))]
    generic = max(1, count // GENERIC) if general else count
    why = "not finite"
    for sampled in islice(points, TRIES * count):
        point = sampled if len(found) <= generic else sampled.representable()
        try:
            with np.errstate(all="ignore"):
                loss = user_loss.loss_at(point)
                if np.isfinite(loss):
                    found.append((point, user_loss.with_gradient(loss, point)))
        except Exception as error:  # noqa: BLE001 - outside of the domain of the loss
            why = f"{type(error).__name__}: {error}"
        if len(found) > count:
            return found
    tried = f"{len(found) - 1} of {TRIES * count} points around params"
    msg = f"{user_loss.name} can be evaluated at only {tried}: {why}"
    raise DomainError(msg)
