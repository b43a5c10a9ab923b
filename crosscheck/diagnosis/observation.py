"""The evidence of a diagnosis: the recorded loss and the actual gradients at a point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.verdict import float32_noise
from crosscheck.diagnosis.backward import run
from crosscheck.diagnosis.hypotheses.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.ir.recording import Origin, Recording


NODES = 5000  # that are recorded in a second


@dataclass(frozen=True, eq=False)
class PointData:
    """The recorded loss at a point, and what every gradient there is compared with."""

    recording: Recording

    @cached_property
    def double(self) -> Run:
        """The loss in float64."""
        return run(self.recording.program, self.recording.leaves)

    @cached_property
    def single(self) -> Run:
        """The loss in float32."""
        leaves = [leaf.astype(np.float32) for leaf in self.recording.leaves]
        return run(self.recording.program.in_precision("float32"), leaves)

    @cached_property
    def unit(self) -> float:
        """The size of what goes in, 1 or more."""
        floats = [c for c in self.recording.program.constants if c.dtype.kind == "f"]
        return max_or_nan(1.0, *map(norm, [*self.recording.leaves, *floats]))

    @cached_property
    def expected(self) -> list[Array]:
        """The correct gradient of every leaf."""
        return self._gradients(self.double)

    @cached_property
    def noise(self) -> list[float]:
        """Its float32 noise."""
        single = self._gradients(self.single)
        return [float32_noise({"": s}, {"": d}) for s, d in zip(single, self.expected, strict=True)]

    def _gradients(self, run: Run) -> list[Array]:
        leaves = enumerate(self.recording.leaves)
        return [
            run.cotangent(run.leaves[k]) if k in run.leaves else np.zeros_like(leaf)
            for k, leaf in leaves
        ]

    @cached_property
    def _catalogues(self) -> dict[int, tuple[Sequence[Origin], Catalogue]]:
        return {}

    def catalogue(self, origins: Sequence[Origin]) -> Catalogue:
        """Return the hypotheses on the loss, whose nodes come from there."""
        if id(origins) not in self._catalogues:
            self._catalogues[id(origins)] = origins, Catalogue(self.double, origins)
        return self._catalogues[id(origins)][1]


@dataclass(frozen=True)
class Observation:
    """One point: the recorded loss, and the actual gradients, by parameter."""

    data: PointData
    actual: Mapping[str, Array]

    @property
    def seconds(self) -> float:
        """About how long it takes to record the loss and to compute its gradient."""
        return len(self.data.recording.program.structure.nodes) / NODES

    @cached_property
    def by_leaf(self) -> list[Array]:
        """The actual gradients, by the leaf's number."""
        return [np.asarray(g, dtype=np.float64) for g in self.actual.values()]
