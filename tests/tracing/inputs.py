"""The inputs of the corpus: a snippet names them, and gets them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.tracing import examples

# of networks, beside those of the registry's examples
SHAPES: dict[str, tuple[int, ...]] = {
    "W1": (4, 5),
    "b1": (5,),
    "W2": (5, 3),
    "b2": (3,),
    "Wx": (3, 5),
    "Wh": (5, 5),
    "Wg": (8, 20),
    "Wc": (8, 5),
    "gamma": (5,),
    "beta": (5,),
    "E": (6, 3),
    "K": (2, 2, 3, 2),
    "image": (2, 2, 6, 5),
    "plane": (6, 7),
    "kernel": (3, 2),
    "Wq": (3, 3),
    "Wk": (3, 3),
    "Wv": (3, 3),
}
DATA: dict[str, Any] = {
    "X": (6, 4),
    "Y": (6, 3),
    "X3": (6, 4, 3),
    "y": np.array([0, 2, 1, 1, 0, 2]),
    "words": np.array([1, 4, 1, 0]),
    "seed": 3,
}


def parameter(name: str) -> Any:
    """The parameter of that name."""
    value = examples.spread(name, SHAPES[name])
    return 2 * value - 1 if name.startswith(("W", "E", "K", "image", "b1", "b2", "beta")) else value


def datum(name: str) -> Any:
    """The data of that name; a shape stands for normal numbers."""
    value = DATA[name]
    return examples.generator(name).normal(size=value) if isinstance(value, tuple) else value


def inputs_of(loss: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and data that the loss names."""
    params, data = examples.inputs_of(loss)
    names = list(inspect.signature(loss).parameters)
    params |= {name: parameter(name) for name in names if name in SHAPES}
    return params, data | {name: datum(name) for name in names if name in DATA}
