"""The campaign's networks, and some whose loss gives room for further mistakes."""

from __future__ import annotations

from benchmarks.accuracy.networks import architectures
from benchmarks.accuracy.networks.architectures import Architecture, Net
from benchmarks.accuracy.networks.zoo import embedded, penalised

SPREAD = (0.5, 1.5)  # in a network that is saturated the certificate itself cannot tell
NETWORKS: tuple[Architecture, ...] = (
    *architectures.ARCHITECTURES,
    *(
        Architecture(
            "weight decay",
            penalised,
            {"W1": (3, 4), "b1": (4,), "W2": (4, 3), "b2": (3,)},
            {"X": (n, 3), "Y": (n, 3)},
            {"activation": activation, "cost": cost},
        )
        for n, activation, cost in (
            (5, "tanh", "squared"),
            (4, "relu", "logarithm"),
            (3, "gelu", "logarithm"),
        )
    ),
    *(
        Architecture(
            "rnn on a layer",
            embedded,
            {"We": (2, 4), "Wx": (4, 3), "Wh": (3, 3), "b": (3,), "V": (3, 2)},
            {"X": (n, steps, 2), "Y": (n, 2)},
            {"activation": activation},
        )
        for steps, n, activation in ((4, 3, "tanh"), (6, 2, "sigmoid"))
    ),
)


def draw(seed: int, index: int) -> Net:
    """Return network `index` of a seed: always the same."""
    return architectures.draw(seed, index, SPREAD, NETWORKS)
