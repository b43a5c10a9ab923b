"""One correct network under the rule, and wrong gradients of it judged by the same oracles."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.points import nearby
from crosscheck.quantities import Point, Request, named
from crosscheck.verdict import Judgement, Verdict, float32_noise, judge, max_or_nan, norm
from crosscheck.written import Written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.campaign.architectures import Net
    from crosscheck.quantities import Quantities
    from reference.example import Array, Grads

ORACLES = ("torch", "jax")
# The noise nearby exceeds the noise here by less than this, as good as always: what disagrees even
# so is spared the measurement at eight points, which costs more than all the rest.
MARGIN = 64


@dataclass(frozen=True)
class Trial:
    """A network and what the oracles said of it; asked once, whoever's gradient is judged."""

    net: Net
    hand: Quantities
    double: Mapping[str, Quantities]
    single: Mapping[str, Quantities]
    written: Written

    def judgement(self, quantity: str, hand: Array) -> Judgement:
        """Return the verdict on one quantity by hand, measured nearby before DISAGREE is said."""
        oracles = {name: said[quantity] for name, said in self.double.items()}
        noise, scale = _noise(self.single, self.double, quantity), self._scale(quantity)
        return judge(hand, oracles, noise, scale, lambda: self._nearby[quantity])

    def judgement_of_mistake(self, quantity: str, hand: Array) -> Judgement:
        """Return the same for a gradient known to be wrong, at a lower cost."""
        oracles = {name: said[quantity] for name, said in self.double.items()}
        noise, scale = _noise(self.single, self.double, quantity), self._scale(quantity)
        quick = judge(hand, oracles, noise, scale, lambda: MARGIN * noise)
        return quick if quick.verdict is Verdict.DISAGREE else self.judgement(quantity, hand)

    def _scale(self, quantity: str) -> float:
        """Return the size under the tolerance's floor: all gradients share the largest."""
        kin = "grad " if quantity.startswith("grad ") else quantity
        said = [answers for answers in self.double.values()]
        return max_or_nan(*(norm(a) for s in said for name, a in s.items() if name.startswith(kin)))

    @functools.cached_property
    def _nearby(self) -> dict[str, float]:
        """The largest float32 noise of every quantity at the points nearby."""
        near = nearby(Point(self.net.params, {}))
        double, single = _answers(self.written, near)
        return {
            quantity: max_or_nan(
                *(
                    _noise(
                        {name: said[k] for name, said in single.items()},
                        {name: said[k] for name, said in double.items()},
                        quantity,
                    )
                    for k in range(len(near))
                )
            )
            for quantity in self.hand
        }


def trial(net: Net) -> Trial:
    """Run a network by hand and by both oracles, in both precisions."""
    module = net.architecture.module
    written = Written(module.loss, module.gradient, net.params, net.data)
    point = Point(net.params, {})
    double, single = _answers(written, (point,))
    return Trial(
        net,
        written.quantities(point),
        {name: said[0] for name, said in double.items()},
        {name: said[0] for name, said in single.items()},
        written,
    )


def gradients(grads: Grads) -> Quantities:
    """Return a gradient under the names that are judged."""
    quantities = named(next(iter(grads.values())), grads, {})
    del quantities["loss"]
    return quantities


def _answers(
    written: Written, points: tuple[Point, ...]
) -> tuple[dict[str, list[Quantities]], dict[str, list[Quantities]]]:
    """Return what the oracles say at some points, in float64 and in float32."""
    asked = [Request(written.name, points, "float64"), Request(written.name, points, "float32")]
    answers = {name: written.ask(name, asked) for name in ORACLES}
    return {n: a[0] for n, a in answers.items()}, {n: a[1] for n, a in answers.items()}


def _noise(
    single: Mapping[str, Quantities], double: Mapping[str, Quantities], quantity: str
) -> float:
    """Return the float32 noise of one quantity at one point."""
    return float32_noise(
        {name: said[quantity] for name, said in single.items()},
        {name: said[quantity] for name, said in double.items()},
    )
