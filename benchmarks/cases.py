"""What is computed: one of the six examples, or a network of some size, at its numbers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import reference
from reference.multilayer_network import CROSS_ENTROPY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference.example import Array

NETWORK = "multilayer_network"
RATE = 0.01  # a network's learning rate; the examples have their own


@dataclass(frozen=True)
class Case:
    """An example by its name, or the network of `sizes` units for a batch; and its dtype.

    `what` is "gradient": loss and gradients; "update": the parameters after a step; or "descent":
    those after all the steps of the document.
    """

    example: str
    what: str = "gradient"
    sizes: tuple[int, ...] = ()
    batch: int = 1
    dtype: str = "float64"

    @property
    def name(self) -> str:
        """A network by its sizes and its batch, an example by its name."""
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch}" if self.sizes else self.example

    @property
    def multiplications(self) -> int:
        """How many multiplications the network's matrix products have; 0 for an example.

        One product forward in each layer, one for the gradient of its weights, and in all but the
        first one more, for the layer before.
        """
        each = [self.batch * n * m for n, m in itertools.pairwise(self.sizes)]
        return 3 * sum(each) - sum(each[:1])

    @property
    def bytes(self) -> int:
        """The arrays that must exist in a step of the network.

        Parameters and their gradients, the batch and its targets, the output of every layer, and
        the derivatives by two neighbouring layers' inputs.
        """
        parameters = sum((n + 1) * m for n, m in itertools.pairwise(self.sizes))
        units = sum(self.sizes) + self.sizes[-1]
        deltas = max(map(sum, itertools.pairwise(self.sizes[1:])), default=self.sizes[-1])
        return np.dtype(self.dtype).itemsize * (2 * parameters + self.batch * (units + deltas))

    def point(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return parameters and data: the document's, or drawn, always the same."""
        if not self.sizes:
            module: Any = dict(zip(reference.NAMES, reference.EXAMPLES, strict=True))[self.example]
            return self._cast(module.PARAMS), self._cast(module.DATA)
        rng = np.random.default_rng(sum(self.sizes) + self.batch)
        params = {}
        for k, (n, m) in enumerate(itertools.pairwise(self.sizes), start=1):
            params[f"W{k}"] = rng.standard_normal((n, m)) * np.sqrt(2 / n)
            params[f"b{k}"] = 0.1 * rng.standard_normal(m)
        last = self.sizes[-1]
        labels = rng.integers(last, size=self.batch)
        data = {"X": rng.standard_normal((self.batch, self.sizes[0])), "Y": np.eye(last)[labels]}
        return self._cast(params), self._cast(data)

    @property
    def options(self) -> dict[str, str]:
        """What a network is called with beside its arrays: ReLU, and softmax with cross-entropy."""
        return {"activation": "relu", "loss": CROSS_ENTROPY} if self.sizes else {}

    def _cast(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: array.astype(self.dtype) for name, array in arrays.items()}


def digest(result: Mapping[str, Any]) -> dict[str, float]:
    """Return a number for each array by name, which two authors of the same arrays share."""
    rng = np.random.default_rng(0)
    numbers = {}
    for name in sorted(result):
        array = np.asarray(result[name], dtype=np.float64)
        numbers[name] = float(np.sum(array * rng.standard_normal(array.shape)))
    return numbers
