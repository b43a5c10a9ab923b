"""One correct network under the rule, and wrong gradients of it judged by the same oracles."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.certification.user_loss import UserLoss
from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.sampling import nearby
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import Judgement, Verdict, float32_noise, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.accuracy.networks.architectures import Net
    from crosscheck.core.types import Quantities
    from reference.example import Array

ORACLES = ("torch", "jax")
# A mistake that DISAGREEs at this many times the noise skips the measurement at eight points
# nearby, which costs more than all the rest; every so many networks it is made all the same.
MARGIN = 64
MEASURED = 20


@dataclass(frozen=True)
class Trial:
    """A network and its oracles' results: computed once, however many gradients are judged."""

    net: Net
    actual: Quantities
    double: Mapping[str, Quantities]
    single: Mapping[str, Quantities]
    user_loss: UserLoss

    def judgement(self, quantity: str, actual: Array) -> Judgement:
        """Return the verdict on a hand-written quantity; before a DISAGREE, measure nearby."""
        return self._judged(quantity, actual, lambda: self._nearby[quantity])

    def judgement_of_mistake(self, quantity: str, actual: Array) -> Judgement:
        """Return the same for a gradient known to be wrong, at a lower cost."""
        if self.net.index % MEASURED:
            noise = self._here[quantity]
            quick = self._judged(quantity, actual, lambda: MARGIN * noise)
            if quick.verdict is Verdict.DISAGREE:
                return quick
        return self.judgement(quantity, actual)

    def _judged(
        self, quantity: str, actual: Array, measure_again: Callable[[], float]
    ) -> Judgement:
        """Return the rule's verdict."""
        oracles = {name: result[quantity] for name, result in self.double.items()}
        scale = self._scales["grad" if quantity.startswith("grad ") else quantity]
        unit = max_or_nan(self.user_loss.unit(), *map(norm, self.net.params.values()))
        return judge(actual, oracles, self._here[quantity], scale, measure_again, unit)

    @functools.cached_property
    def _scales(self) -> dict[str, float]:
        """The size under the tolerance's floor: that of the loss, and the largest gradient's."""
        results = list(self.double.values())
        grads = [norm(a) for r in results for name, a in r.items() if name.startswith("grad ")]
        losses = [norm(result["loss"]) for result in results]
        return {"loss": max_or_nan(*losses), "grad": max_or_nan(*grads)}

    @functools.cached_property
    def _here(self) -> dict[str, float]:
        """The float32 noise of every quantity."""
        return {quantity: _noise(self.single, self.double, quantity) for quantity in self.actual}

    @functools.cached_property
    def _nearby(self) -> dict[str, float]:
        """The largest float32 noise of every quantity nearby, hand-written included."""
        near = nearby(Point(self.net.params, {}))
        double, single = _results(self.user_loss, near)
        own = {
            "double": [self.user_loss.attempt(point, "float64").quantities for point in near],
            "single": [self.user_loss.attempt(point, "float32").quantities for point in near],
        }
        double = {**double, "hand-written": own["double"]}
        single = {**single, "hand-written": own["single"]}
        return {
            quantity: max_or_nan(
                *(
                    _noise(
                        {name: results[k] for name, results in single.items()},
                        {name: results[k] for name, results in double.items()},
                        quantity,
                    )
                    for k in range(len(near))
                )
            )
            for quantity in self.actual
        }


def trial(net: Net) -> Trial:
    """Run a network's hand-written gradient and both oracles, in both precisions."""
    module = net.architecture.module
    user_loss = UserLoss(module.loss, module.gradient, net.params, net.data)
    point = Point(net.params, {})
    double, single = _results(user_loss, (point,))
    return Trial(
        net,
        user_loss.hand_written(point).quantities,
        {name: results[0] for name, results in double.items()},
        {name: results[0] for name, results in single.items()},
        user_loss,
    )


def _results(
    user_loss: UserLoss, points: tuple[Point, ...]
) -> tuple[dict[str, list[Quantities]], dict[str, list[Quantities]]]:
    """Return the oracles' results at some points, in float64 and in float32."""
    asked = [Request(user_loss.name, points, "float64"), Request(user_loss.name, points, "float32")]
    results = {name: user_loss.ask(name, asked) for name in ORACLES}
    return {n: r[0] for n, r in results.items()}, {n: r[1] for n, r in results.items()}


def _noise(
    single: Mapping[str, Quantities], double: Mapping[str, Quantities], quantity: str
) -> float:
    """Return the float32 noise of one quantity at one point."""
    return float32_noise(
        {name: result[quantity] for name, result in single.items()},
        {name: result[quantity] for name, result in double.items()},
    )
