"""The hand-written results and the oracles', at the given point and at points around it."""

from __future__ import annotations

import contextlib
import functools
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from crosscheck.certification import framework_loss
from crosscheck.certification.constants import constants
from crosscheck.certification.coverage import Coverage, cover, random_ways
from crosscheck.certification.side_effects import attempt
from crosscheck.certification.structures import have, structured_ways
from crosscheck.core.evidence import Evidence, requests
from crosscheck.core.sampling import around
from crosscheck.core.watch import TimeLimitError, check, say, watched
from crosscheck.errors import DomainError
from crosscheck.frameworks import ORACLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from crosscheck.certification.structures import Structure
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.types import HandWritten, Oracle, Point, Quantities, Request
    from crosscheck.ir.recording import Recording

    Results: TypeAlias = list[list[Quantities]]  # at a point and its twin in float64, in float32

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
    coverage, wanted = Coverage(), len(actuals)
    results: dict[str, list[Results]] = {}
    with _Answers(user_loss.gradient_name, available, traced) as answers:
        with contextlib.suppress(TimeLimitError):
            recordings = []
            for point, _ in actuals:
                recordings += [(point, user_loss.recorded(point))] if traced else []
                answers.ask(point, user_loss)
            if traced and (general or structures):
                ways = functools.partial(structured_ways, structures) if structures else random_ways
                works = functools.partial(_recorded, user_loss, structures or {})
                coverage = cover(recordings, works, ways)
                for p in coverage.added:
                    actuals.append((p, user_loss.with_gradient(user_loss.loss_at(p), p)))
                    answers.ask(p, user_loss)
        results = answers.results()
    complete = min((len(each) for each in results.values()), default=len(actuals))
    if complete < len(actuals):
        complete, coverage = min(complete, wanted - 1), Coverage()
    evidence = Evidence(
        user_loss.gradient_name,
        tuple(point for point, _ in actuals[:complete]),
        [actual for _, actual in actuals[:complete]],
        {oracle: _double(each[:complete]) for oracle, each in results.items()},
        {oracle: [single for _, (single,) in each[:complete]] for oracle, each in results.items()},
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


class _Answers:
    """The oracles' results, asked for point by point; those that run recordings run side by side.

    No code of the user's runs in another thread than the caller's, and one oracle alone needs no
    thread: in a browser there is none. Whatever ends the caller ends the others at their next piece
    of work.
    """

    def __init__(self, name: str, oracles: Mapping[str, Oracle], traced: Collection[str]) -> None:
        self.name, self.oracles, self.traced = name, oracles, traced
        apart = traced if len(traced) > 1 else ()
        self.pools = {oracle: ThreadPoolExecutor(1) for oracle in apart}
        self.waiting: dict[str, list[Callable[[], Results]]] = {oracle: [] for oracle in oracles}

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what is not done; it is not needed any more."""
        with watched() as watch:
            watch.stopped = True
            for pool in self.pools.values():
                pool.shutdown(cancel_futures=True)
            watch.stopped = False

    def ask(self, point: Point, user_loss: UserLoss) -> None:
        """Ask everybody about a point, in both precisions."""
        asked = requests(self.name, (point,))
        for request in asked if self.traced else ():
            for other in request.points:
                user_loss.recorded(other)
        for oracle, ask in self.oracles.items():
            call: Callable[[], Results] = functools.partial(_in_time, ask, asked)
            if oracle in self.pools:
                call = self.pools[oracle].submit(copy_context().run, call).result
            self.waiting[oracle].append(call)

    def results(self) -> dict[str, list[Results]]:
        """Return each oracle's results at the first points, as many as there was time for."""
        found: dict[str, list[Results]] = {oracle: [] for oracle in self.oracles}
        for oracle, waiting in self.waiting.items():
            with contextlib.suppress(TimeLimitError):
                for number, result in enumerate(waiting):
                    say(f"{self.name}: {number} of {len(waiting)} points, {oracle}")
                    found[oracle].append(result())
        return found


def _in_time(ask: Oracle, asked: Sequence[Request]) -> Results:
    """Return an oracle's results; raise TimeLimitError where there is no time for them."""
    check()
    return ask(asked)


def _double(results: Sequence[Results]) -> list[Quantities]:
    """Return the results in float64: at the points, and then at the rounded twins of some."""
    twins = [twin for double, _ in results for twin in double[1:]]
    return [double[0] for double, _ in results] + twins


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
        check(f"{user_loss.gradient_name}: {len(found)} of {count + 1} points, NumPy")
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
