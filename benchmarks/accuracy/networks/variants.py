"""Networks as people write them: in float32, with hidden data, rare branches or a structure.

Data stand in closures, globals and objects; parameters are definite, triangular or probabilities.

Half of the campaign's networks are of these variants; they are judged by a whole certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy.networks import architectures
from benchmarks.accuracy.networks.architectures import Architecture
from benchmarks.accuracy.networks.zoo import branching, structured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.accuracy.networks.architectures import Net

    Function = Callable[..., Any]

SPREAD = (0.5, 1.5)
VARIANTS = ("float32", "float32", "branches", "closures", "structured")
PERIOD = 10  # of so many networks the last are variants, in their order
HELD: dict[int, Mapping[str, Any]] = {}  # the data of functions that read a global

BRANCHING = tuple(
    Architecture(
        "branches",
        branching,
        {"W1": (3, 4), "b1": (4,), "W2": (4, 2), "b2": (2,)},
        {"X": (n, 3), "Y": (n, 2)},
        {"top": top, "delta": delta},
    )
    for n, top, delta in ((4, 1.5, 1.0), (5, 6.0, 2.5), (3, 20.0, 30.0))
)
STRUCTURED = tuple(
    Architecture(
        "structured",
        structured,
        {"S": (d, d), "L": (d, d), "P": (n, 3)},
        {"X": (n, d), "Y": (n, 3)},
        {},
    )
    for d, n in ((2, 4), (3, 5))
)


@dataclass(frozen=True)
class Variant:
    """A network of a variant: `build` makes a function of the parameters from one of the zoo's."""

    kind: str
    net: Net
    build: Callable[[Function], Function]
    precision: float  # the relative error up to which a gradient of this variant is right


def kind_of(index: int) -> str:
    """Return the variant of a network's number; "" for a plain one."""
    place = index % PERIOD - (PERIOD - len(VARIANTS))
    return VARIANTS[place] if place >= 0 else ""


def draw(seed: int, index: int) -> Variant:
    """Return network `index` of a seed as its variant: always the same."""
    kind = kind_of(index)
    among = {"branches": BRANCHING, "structured": STRUCTURED}.get(kind)
    # not every tenth of the architectures: all of them in turn
    number = index // PERIOD * len(VARIANTS) + index % PERIOD
    net = replace(architectures.draw(seed, number, SPREAD, among), index=index)
    if kind == "structured":
        net = replace(net, params=structured.placed(dict(net.params)))
    build = _float32 if kind == "float32" else _hidden
    return Variant(kind, net, build(net), 1e-4 if kind == "float32" else 1e-9)


def _float32(net: Net) -> Callable[[Function], Function]:
    """Return what casts everything to float32 inside."""

    def build(function: Function) -> Function:
        data = {name: _single(value) for name, value in net.data.items()}
        return lambda **params: function(**{k: _single(v) for k, v in params.items()}, **data)

    return build


def _single(value: Any) -> Any:
    """Return a float array in float32, and anything else as it is."""
    is_float = hasattr(value, "dtype") and np.issubdtype(value.dtype, np.floating)
    return value.astype(np.float32) if is_float else value


@dataclass
class Held:
    """A model that keeps its data."""

    function: Function
    data: Mapping[str, Any]

    def run(self, **params: Any) -> Any:
        """Return the function of parameters and data."""
        return self.function(**params, **self.data)


def _hidden(net: Net) -> Callable[[Function], Function]:
    """Return what keeps the data in a closure, in a global or in an object."""
    where = net.index // PERIOD % 3
    if where == 0:
        return lambda function: lambda **params: function(**params, **net.data)
    if where == 1:
        HELD[net.index] = net.data
        return lambda function: lambda **params: function(**params, **HELD[net.index])
    return lambda function: Held(function, net.data).run
