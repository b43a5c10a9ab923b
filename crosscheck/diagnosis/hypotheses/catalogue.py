"""All hypotheses on a program, the commonest mistakes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from crosscheck.diagnosis import source_steps
from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses import (
    activations,
    layout,
    loss_variants,
    normalisation,
    paths,
    products,
    recurrence,
    slopes,
    softmax,
    sums,
    upstream,
    whole_gradient,
    windows,
)
from crosscheck.diagnosis.hypotheses.base import Hypothesis, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Gradients, Run
    from crosscheck.diagnosis.source_steps import Step
    from crosscheck.ir.recording import Origin

Source: TypeAlias = "Callable[[Run, Sequence[Step]], Iterator[Hypothesis]]"

SMALL = 3000  # entries: gradients of so many are remembered


def _everywhere(source: Source) -> Source:
    """Return a source with hypotheses of a mistake at all places at once, too."""
    return lambda run, steps: together(source(run, steps))


SOURCES: tuple[Source, ...] = (
    paths.factors,
    upstream.ignored,
    _everywhere(activations.activations),
    _everywhere(activations.assignments),
    products.operands,
    _everywhere(products.updated),
    _everywhere(sums.rows),
    _everywhere(sums.broadcasts),
    sums.spreads,
    _everywhere(slopes.slopes),
    _everywhere(softmax.closed_softmax),
    _everywhere(softmax.closed_sigmoid),
    _everywhere(normalisation.closed_normalisation),
    sums.maxima,
    recurrence.recurrences,
    recurrence.gates,
    recurrence.gates_of_a_function,
    paths.iterations,
    paths.uses,
    paths.unused,
    windows.overlaps,
    windows.crops,
    windows.strides,
    loss_variants.variants,
    loss_variants.rounded,
    products.themselves,
    products.exchanged,
    layout.rearranged,
    recurrence.stale,
    whole_gradient.returned,
    activations.elsewhere,
    slopes.elsewhere,
    sums.upstreams,
    whole_gradient.clipped,
    recurrence.cuts,  # many, and slow, in a long loop
)


# These look at steps that are no expression of the user's, too: a layer's output times `dout`.
OF_ALL_STEPS = {paths.factors, upstream.ignored, layout.rearranged}


class Catalogue:
    """The hypotheses on one run, each made when it is first asked for, and kept.

    `steps`: the user's. `failed`: the sources and hypotheses that raised something.
    """

    def __init__(self, run: Run, origins: Sequence[Origin]) -> None:
        """Begin with none."""
        self.run = run
        self.steps = source_steps.steps(run, origins)
        self.failed: set[object] = set()
        self._made: list[Hypothesis] = []
        self._source = self._make()
        self._whole: dict[tuple[int, ...], list[Hypothesis]] = {}
        self._once: dict[Hypothesis, Gradients] = {}

    def hypotheses(self, wrong: Sequence[int]) -> Iterator[Hypothesis]:
        """Yield the hypotheses on the gradients of the `wrong` leaves, and then all others."""
        nodes = tuple(self.run.leaves[k] for k in wrong)
        if nodes not in self._whole:
            self._whole[nodes] = list(whole_gradient.whole(self.run, nodes))
        yield from self._whole[nodes]
        k = 0
        while k < len(self._made) or self._makes_another():
            yield self._made[k]
            k += 1

    def _makes_another(self) -> bool:
        found = next(self._source, None)
        if found is not None:
            self._made.append(found)
        return found is not None

    def _make(self) -> Iterator[Hypothesis]:
        own = [step for step in self.steps if step.place] or self.steps
        for source in SOURCES:
            steps = self.steps if source in OF_ALL_STEPS else own
            try:
                yield from source(self.run, steps)
            except Exception:  # noqa: BLE001 - the others can still be tried
                self.failed.add(source)

    def once(self, hypothesis: Hypothesis) -> Gradients:
        """Return the gradients under a hypothesis of size 1; small ones are kept."""
        if hypothesis in self._once:
            return self._once[hypothesis]
        found = hypothesis.gradients(self.run, Change(), 1.0)
        if sum(gradient.size for gradient in found.values()) <= SMALL:
            self._once[hypothesis] = found
        return found
