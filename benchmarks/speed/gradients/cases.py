"""What is computed: one of the six examples, or a network of some size, at its numbers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import reference
from reference.multilayer_network import CROSS_ENTROPY, SQUARED_ERROR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference.example import Array

NETWORK = "multilayer_network"
RATE = 0.01  # a network's learning rate; the examples have their own
ROUNDING = {"float64": 1e-10, "float32": 1e-3}  # of an array's norm: what no mistake is below


@dataclass(frozen=True)
class Case:
    """An example by its name, or the network of `sizes` units for a batch; and its dtype.

    `what` is "gradient": loss and gradients; "update": the parameters after a step; "descent":
    those after all the steps of the document; "training": a step from where the last one ended,
    with as little memory as the contender can.
    """

    example: str
    what: str = "gradient"
    sizes: tuple[int, ...] = ()
    batch: int = 1
    dtype: str = "float64"

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Case:
        """Return the case that a record of JSON is about."""
        return cls(**{**record, "sizes": tuple(record["sizes"])})

    @property
    def name(self) -> str:
        """A network by its sizes and its batch, an example by its name."""
        return (
            f"{'-'.join(map(str, self.sizes))}, batch {self.batch}" if self.sizes else self.example
        )

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
        """The arrays that must exist at one moment of a step of the network: the most.

        From the first moment to the last the parameters, the batch, its targets, and the output of
        every layer; while δ(k−1) is computed from δk, both, and the gradients from layer k on; and
        at the end δ1 and all gradients.
        """
        layers = [(n + 1) * m for n, m in itertools.pairwise(self.sizes)]
        always = sum(layers) + self.batch * (sum(self.sizes) + self.sizes[-1])
        moments = [sum(layers) + self.batch * self.sizes[1]] + [
            sum(layers[k:]) + self.batch * (self.sizes[k] + self.sizes[k + 1])
            for k in range(1, len(layers))
        ]
        return np.dtype(self.dtype).itemsize * (always + max(moments))

    def point(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return parameters and data: the document's, or random with a fixed seed."""
        if not self.sizes:
            module: Any = dict(zip(reference.NAMES, reference.EXAMPLES, strict=True))[self.example]
            return self._cast(module.PARAMS), self._cast(module.DATA)
        rng = np.random.default_rng(0)  # which leaves every unit of the smallest network active
        params = {}
        for k, (n, m) in enumerate(itertools.pairwise(self.sizes), start=1):
            params[f"W{k}"] = rng.standard_normal((n, m)) * np.sqrt(2 / n)
            params[f"b{k}"] = 0.1 + np.abs(rng.standard_normal(m))
        last = self.sizes[-1]
        labels = rng.integers(last, size=self.batch)
        data = {"X": rng.standard_normal((self.batch, self.sizes[0])), "Y": np.eye(last)[labels]}
        return self._cast(params), self._cast(data)

    @property
    def options(self) -> dict[str, str]:
        """What a network is called with beside its arrays.

        ReLU, and softmax with cross-entropy; with one output the squared error, as in example 4.
        """
        if not self.sizes:
            return {}
        loss = CROSS_ENTROPY if self.sizes[-1] > 1 else SQUARED_ERROR
        return {"activation": "relu", "loss": loss}

    def _cast(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: array.astype(self.dtype) for name, array in arrays.items()}


def digest(result: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return for each array by name its sum with random weights, always the same, and its norm."""
    rng = np.random.default_rng(0)
    numbers = {}
    for name in sorted(result):
        array = np.asarray(result[name], dtype=np.float64)
        weighted = float(np.sum(array * rng.standard_normal(array.shape)))
        numbers[name] = weighted, float(np.linalg.norm(array))
    return numbers


def differing(case: Case, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the names of the arrays whose digests are apart by more than rounding."""
    return [
        name
        for name, (weighted, norm) in one.items()
        if name not in other or not abs(other[name][0] - weighted) <= ROUNDING[case.dtype] * norm
    ]
