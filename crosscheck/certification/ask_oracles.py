"""What the hand and the oracles say at a given point, and at points drawn around it."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification import framework_loss
from crosscheck.core.evidence import Evidence, requests
from crosscheck.core.sampling import around
from crosscheck.core.types import Point
from crosscheck.frameworks import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from crosscheck.certification.user_loss import Written
    from crosscheck.core.types import Hand, Oracle, Quantities, Request


TRIES = 20  # a loss may not be finite everywhere around the given point


def gathered(  # noqa: PLR0913, PLR0917 - what is certified, and how hard
    written: Written,
    points: int,
    seed: int,
    oracles: Sequence[str],
    rebuilt: Mapping[str, Callable[..., Any]],
) -> tuple[Evidence, dict[str, str]]:
    """Return what hand and oracles say at the given point and at `points` around it, and who cannot."""
    from crosscheck.ir.run import prepare

    hands = _around(written, points, seed)
    where = tuple(point for point, _ in hands)
    asked = requests(written.gradient_name, where)
    available: dict[str, Oracle] = {}
    unavailable: dict[str, str] = {}
    traced: list[str] = []
    for oracle in oracles:
        framework = FRAMEWORKS[oracle]
        name = framework.name
        if not framework.is_installed:
            unavailable[name] = framework.missing
        elif oracle in rebuilt:
            available[name] = functools.partial(
                framework_loss.ask, oracle, rebuilt[oracle], written
            )
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


def _around(written: Written, count: int, seed: int) -> list[tuple[Point, Hand]]:
    """Return the given point and points around it, exact in float32, with the hand's numbers.

    The loss is finite at each; a drawn point where it is not is drawn again.
    """
    given = written.given
    loss = written.loss_at(given)
    if not np.isfinite(loss):
        msg = f"{written.name} is {loss} at params; a gradient needs a finite loss"
        raise ValueError(msg)
    found = [(given, written.with_gradient(loss, given))]
    for point in islice(around(given, seed), TRIES * count):
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
