"""Wrong gradients of one network: what can be done to any gradient, and the planted mistakes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.accuracy.networks.mistakes import MISTAKES, planted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.accuracy.networks.architectures import Net
    from reference.example import Array, Grads

    Change = Callable[[Array, np.random.Generator], Array]


class Mutant(NamedTuple):
    """A wrong gradient and the kind of its mistake."""

    kind: str
    grads: Grads


def one_entry(array: Array, rng: np.random.Generator) -> Array:
    """Return the array with one entry, drawn at random, off by 1e-5 of itself."""
    wrong = array.copy()
    wrong.reshape(-1)[rng.integers(array.size)] *= 1 + 1e-5
    return wrong


# What can be done to one parameter's gradient, whatever the network.
CHANGES: dict[str, Change] = {
    "×2": lambda g, _: 2 * g,
    "×½": lambda g, _: g / 2,
    "sign": lambda g, _: -g,
    "1/N": lambda g, _: g / 3,
    "one entry × (1+1e-5)": one_entry,
    "zero": lambda g, _: 0 * g,
    "learning rate inside": lambda g, _: 0.01 * g,
    "clipped": lambda g, _: np.clip(g, -0.5 * np.max(np.abs(g)), 0.5 * np.max(np.abs(g))),
    "absolute value": lambda g, _: np.abs(g),
    "rolled by one": lambda g, _: np.roll(g, 1),
    "rounded to float32": lambda g, _: g.astype(np.float32).astype(np.float64),
}

DECAYED = "weight decay added"


def mutants(net: Net, correct: Mapping[str, Array], seed: int) -> Iterator[Mutant]:
    """Yield every wrong gradient of a network; each generic one spoils one parameter's."""
    rng = np.random.default_rng([seed, net.index, 1])
    names = list(correct)
    for kind, change in CHANGES.items():
        name = names[rng.integers(len(names))]
        yield Mutant(kind, {**correct, name: change(correct[name], rng)})
    name = names[rng.integers(len(names))]
    decayed = correct[name] + 0.01 * net.params[name]
    yield Mutant(DECAYED, {**correct, name: decayed})
    square = [name for name in names if is_square(correct[name])]
    for name in square:
        yield Mutant("gradient transposed", {**correct, name: correct[name].T})
    for kind, gradient in _planted(net):
        yield from _ran(kind, gradient, net.params, net.data)


def is_square(array: Array) -> bool:
    """Return whether an array is a square matrix: its transpose has the same shape."""
    return array.ndim == 2 and array.shape == array.T.shape  # noqa: PLR2004


def _planted(net: Net) -> Iterator[tuple[str, Callable[..., Grads]]]:
    """Yield the mistakes that can be made in this network."""
    module = net.architecture.module
    for mistake in MISTAKES[module]:
        if mistake.cost in {"", net.data.get("cost")}:
            yield mistake.kind, planted(module, mistake)


def _ran(
    kind: str, gradient: Callable[..., Grads], params: Mapping[str, Array], data: Mapping[str, Any]
) -> Iterator[Mutant]:
    """Yield what a wrong gradient computes, unless its shapes stop it here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no rows
        try:
            yield Mutant(kind, gradient(**params, **data))
        except ValueError as error:
            if "dimension" not in str(error) and "broadcast" not in str(error):
                raise
