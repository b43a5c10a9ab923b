"""What is measured again before a mistake is called one: noise nearby, and short lines.

Both cost more than all else, so they are measured where they decide, and once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.residuals import ShortLine, inside, residuals
from crosscheck.core.sampling import line, nearby
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import U32
from crosscheck.errors import OracleUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosscheck.core.residuals import Part
    from crosscheck.core.types import Array, Dtype, HandWritten, Oracle, Quantities

FINE, LONG = 2.0**-32, 2.0**-9  # steps of a short line, relative to each entry


@dataclass(frozen=True)
class CloserLook:
    """What the oracles and the hand-written code do near the points of an evidence.

    Attributes:
        name: what is judged.
        oracles: whom to ask.
        rerun: the hand-written code itself, to be run again in either precision.
        follow: told of points so near to another that the loss takes the same course.
        noises: by the id of a point, which stays alive beside it, the noise of each entry.
        lines: by the id of a point and the step of the line.

    """

    name: str
    oracles: Mapping[str, Oracle]
    rerun: Callable[[Point, Dtype], HandWritten]
    follow: Callable[[Point, tuple[Point, ...]], None]
    noises: dict[int, tuple[Point, dict[str, Array]]] = field(default_factory=dict)
    lines: dict[tuple[int, float], tuple[Point, ShortLine]] = field(default_factory=dict)

    def noise(self, point: Point, quantity: str, part: Part) -> float:
        """Return the largest float32 noise of a quantity near a point, the code's own included.

        nan where it cannot be measured any more: an oracle is gone.
        """
        if id(point) not in self.noises:
            self.noises[id(point)] = point, self._noises(point)
        found = self.noises[id(point)][1].get(quantity)
        return nan if found is None else norm(inside(found, part))

    def _noises(self, point: Point) -> dict[str, Array]:
        near = nearby(point)
        asked = [Request(self.name, near, "float64"), Request(self.name, near, "float32")]
        try:
            results = [ask(asked) for ask in self.oracles.values()]
        except OracleUnavailableError:
            return {}
        found: dict[str, Array] = {}
        for double, single in results:
            for one, other in zip(double, single, strict=True):
                for quantity, exact in one.items():
                    with np.errstate(invalid="ignore"):  # both infinite
                        rounding = np.abs(other[quantity] - exact)
                    _larger(found, quantity, np.maximum(rounding, U32 * np.abs(exact)))
        for at in near:
            known = {q: own for q, own in self._own_noise(at).items() if _fits(found, q, own)}
            for quantity, own in known.items():
                _larger(found, quantity, own)
        return found

    def _own_noise(self, point: Point) -> Quantities:
        """Return what float32 rounding does to each hand-written quantity at a point.

        Nothing where the code does not run in float32; 0 where it computes in float64 all the same.
        """
        with np.errstate(all="ignore"):  # what overflows is noise without bound
            single = self.rerun(point, "float32").quantities
            double = self.rerun(point, "float64").quantities
            return {
                quantity: np.abs(single[quantity].astype(np.float64) - double[quantity])
                for quantity in single.keys() & double.keys()
                if single[quantity].shape == double[quantity].shape
            }

    def short_line(self, point: Point, step: float) -> ShortLine:
        """Return what the residuals do along a short line through a point; empty if unknown."""
        if (id(point), step) not in self.lines:
            self.lines[id(point), step] = point, self._along(point, step)
        return self.lines[id(point), step][1]

    def jitter(self, quantity: str, part: Part) -> float:
        """Return the largest jitter of a quantity's residual on any line so far; 0 without one.

        How a computation rounds is its own; a single line may be smooth by luck.
        """
        known = [found[quantity].jitter for _, found in self.lines.values() if quantity in found]
        return max_or_nan(0.0, *(norm(inside(jitter, part)) for jitter in known))

    def _along(self, point: Point, step: float) -> ShortLine:
        where = line(point, step)
        self.follow(point, where)
        with np.errstate(all="ignore"):
            actual = [self.rerun(at, "float64").quantities for at in where]
        try:
            asked = [Request(self.name, where, "float64")]
            oracles = {name: ask(asked)[0] for name, ask in self.oracles.items()}
        except OracleUnavailableError:
            return {}
        quantities = set.intersection(*(set(found) for found in actual))
        return {
            quantity: residuals(
                [found[quantity] for found in actual],
                [[found[quantity] for found in results] for results in oracles.values()],
            )
            for quantity in quantities
            if all(
                quantity in found and found[quantity].shape == own[quantity].shape
                for results in (actual, *oracles.values())
                for own, found in zip(actual, results, strict=True)
            )
        }


def _fits(found: dict[str, Array], quantity: str, noise: Array) -> bool:
    """Return whether a noise is that of the oracles' quantity, of the same shape."""
    return quantity in found and found[quantity].shape == noise.shape


def _larger(found: dict[str, Array], quantity: str, noise: Array) -> None:
    """Keep the larger noise of each entry; nan stays."""
    before = found.get(quantity)
    found[quantity] = noise if before is None else np.maximum(before, noise)
