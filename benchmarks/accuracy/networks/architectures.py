"""The finite list of networks, and the random numbers that fill one of them.

Few architectures, so that a framework compiles each only once; every number in them is random.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy.networks.zoo import (
    attention,
    convolution,
    dense,
    dropout,
    loops,
    normalised,
    recurrent,
    residual,
    tied,
)
from crosscheck.core.types import Point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from reference.example import Array, Params

    Shapes = Mapping[str, tuple[int, ...]]

LABELS = {"cross-entropy", "logarithm", "binary"}  # costs whose Y is no real number
SPREAD = (0.2, 4.0)  # from nearly linear to saturated


@dataclass(frozen=True)
class Architecture:
    """A module of the zoo with its shapes and settings; `family` is its row in the table."""

    family: str
    module: ModuleType
    params: Shapes
    data: Shapes
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Net:
    """A correct network with its numbers, every one of them exact in float32."""

    index: int
    architecture: Architecture
    params: Params
    data: Mapping[str, Any]


def draw(
    seed: int,
    index: int,
    spread: tuple[float, float] = SPREAD,
    among: Sequence[Architecture] | None = None,
) -> Net:
    """Return network `index` of a seed: always the same. `spread` bounds its weights' size."""
    rng = np.random.default_rng([seed, index])
    among = ARCHITECTURES if among is None else among
    architecture = among[index % len(among)]
    size = np.exp(rng.uniform(*np.log(spread)))
    params = {name: _weights(shape, size, rng) for name, shape in architecture.params.items()}
    data: dict[str, Array] = {
        name: rng.standard_normal(shape) for name, shape in architecture.data.items()
    }
    cost = architecture.settings.get("cost")
    if cost in LABELS:
        data["Y"] = _labels(data["Y"], cost)
    exact = Point(params, data).representable()
    return Net(index, architecture, exact.params, {**exact.data, **architecture.settings})


def _weights(shape: tuple[int, ...], spread: float, rng: np.random.Generator) -> Array:
    """Return entries of size spread/√n where n numbers are added up; biases smaller."""
    fan_in = int(np.prod(shape[1:] if len(shape) == 4 else shape[:-1])) or 1  # noqa: PLR2004
    return np.asarray(spread * rng.standard_normal(shape) / np.sqrt(fan_in))


def _labels(Y: Array, cost: str) -> Array:
    """Return the numbers turned into classes: one of each row, or any of them."""
    if cost == "binary":
        return (Y > 0).astype(np.float64)
    return np.where(np.max(Y, axis=-1, keepdims=True) == Y, 1.0, 0.0)


def _dense() -> list[Architecture]:
    shapes = {
        "relu": (5, 4),
        "leaky": (3, 2),
        "tanh": (1, 3),
        "sigmoid": (6, 5),
        "softplus": (2, 6),
    }
    return [
        Architecture(
            "dense",
            dense,
            {"W1": (3, k), "b1": (k,), "W2": (k, k), "b2": (k,), "W3": (k, 3), "b3": (3,)},
            {"X": (n, 3), "Y": (n, 3)},
            {"activation": activation, "cost": cost},
        )
        for (activation, (n, k)), cost in product(
            {**shapes, "gelu": (4, 4)}.items(), ("squared", "cross-entropy", "binary")
        )
    ]


def _residual() -> list[Architecture]:
    return [
        Architecture(
            "residual",
            residual,
            {"W0": (2, 4), "W1": (4, 3), "b1": (3,), "W2": (3, 4), "b2": (4,), "W3": (4, 3)},
            {"X": (n, 2), "Y": (n, 3)},
            {"activation": activation, "cost": cost},
        )
        for n, activation, cost in ((4, "relu", "cross-entropy"), (1, "gelu", "squared"))
    ]


def _dropout() -> list[Architecture]:
    shapes = {"W1": (3, 4), "b1": (4,), "W2": (4, 4), "b2": (4,), "W3": (4, 3)}
    return [
        Architecture(
            "dropout",
            dropout,
            shapes,
            {"X": (n, 3), "noise1": (n, 4), "noise2": (n, 4), "Y": (n, 3)},
            {"activation": activation, "cost": cost},
        )
        for n, activation, cost in ((5, "relu", "cross-entropy"), (3, "tanh", "squared"))
    ]


def _normalised() -> list[Architecture]:
    variants = [
        (0, 2, "relu", "squared"),  # with two rows every normalised number is ±1, nearly
        (0, 6, "tanh", "cross-entropy"),
        (0, 5, "leaky", "binary"),
        (0, 3, "sigmoid", "squared"),
        (1, 4, "relu", "cross-entropy"),
        (1, 1, "gelu", "squared"),
        (1, 3, "softplus", "binary"),
    ]
    shapes = {"W1": (3, 4), "b1": (4,), "gamma": (4,), "beta": (4,), "W2": (4, 2), "b2": (2,)}
    return [
        Architecture(
            ("batchnorm", "layernorm")[axis],
            normalised,
            shapes,
            {"X": (n, 3), "Y": (n, 2)},
            {"activation": activation, "cost": cost, "axis": axis},
        )
        for axis, n, activation, cost in variants
    ]


def _recurrent() -> list[Architecture]:
    variants = [
        (4, 2, "tanh", "squared", False),
        (6, 3, "tanh", "cross-entropy", True),
        (3, 1, "relu", "squared", True),
        (1, 2, "sigmoid", "binary", False),
        (12, 2, "tanh", "binary", False),
    ]
    return [
        Architecture(
            "rnn",
            recurrent,
            {"Wx": (2, 3), "Wh": (3, 3), "b": (3,), "V": (3, 2), "c": (2,)},
            {"X": (n, steps, 2), "Y": (steps, n, 2)},
            {"activation": activation, "cost": cost, "every": every},
        )
        for steps, n, activation, cost, every in variants
    ]


def _attention() -> list[Architecture]:
    return [
        Architecture(
            "attention",
            attention,
            {"Wq": (3, k), "Wk": (3, k), "Wv": (3, 3), "Wo": (3, 2)},
            {"X": (n, steps, 3), "Y": (n, steps, 2)},
            {"causal": causal},
        )
        for n, steps, k, causal in ((2, 4, 3, False), (1, 5, 2, True), (3, 3, 4, True))
    ]


def _tied() -> list[Architecture]:
    return [
        Architecture(
            "tied",
            tied,
            {"W": (4, 3), "b": (3,), "c": (4,)},
            {"X": (n, 4)},
            {"activation": activation},
        )
        for n, activation in ((3, "tanh"), (5, "relu"))
    ]


def _convolution() -> list[Architecture]:
    pooled = [  # image, kernel, stride, step, pooled pixels
        ((5, 6), (2, 2), 1, 1, 9, "relu"),
        ((7, 9), (3, 2), 2, 2, 1, "tanh"),
        ((6, 7), (2, 3), 1, 2, 4, "leaky"),
        ((8, 8), (2, 1), 3, 1, 2, "gelu"),
    ]
    plain = [  # image, kernel, stride, padding, output pixels
        ((4, 5), (2, 3), 1, 0, 9, "relu"),
        ((5, 4), (3, 3), 2, 1, 6, "tanh"),
        ((3, 6), (2, 2), 3, 0, 2, "softplus"),
    ]
    return [
        Architecture(
            "convolution",
            convolution,
            {"K": (2, 2, *kernel), "b": (2,), "M": (2, 2, 1, 2), "V": (2 * pixels, 2)},
            {"X": (2, 2, *image), "Y": (2, 2)},
            {"activation": activation, "stride": stride, "step": step},
        )
        for image, kernel, stride, step, pixels, activation in pooled
    ] + [
        Architecture(
            "convolution loops",
            loops,
            {"K": (2, 2, *kernel), "b": (2,), "v": (2 * pixels,)},
            {"X": (2, 2, *image), "y": (2,)},
            {"activation": activation, "stride": stride, "padding": padding},
        )
        for image, kernel, stride, padding, pixels, activation in plain
    ]


ARCHITECTURES: tuple[Architecture, ...] = (
    *_dense(),
    *_residual(),
    *_normalised(),
    *_recurrent(),
    *_attention(),
    *_tied(),
    *_convolution(),
    *_dropout(),
)
