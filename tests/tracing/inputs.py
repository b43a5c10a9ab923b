"""The inputs of the corpus: a snippet names them, and gets them."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

# name: shape of a parameter, between 0.2 and 0.9: inside every function's domain
SHAPES: dict[str, tuple[int, ...]] = {
    "a": (3, 4),
    "b": (3, 4),
    "c": (4, 2),
    "k": (3,),
    "m": (3,),
    "q": (7,),
    "s": (),
    "u": (5,),
    "v": (5,),
    "T": (2, 3, 4),
    "S": (4, 4),
    "P": (4, 4),
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
    "Q": (4, 3),
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
    "rows": np.array([2, 0, 2]),
    "mask": np.array([[True, False, True, True], [False, True, True, False], [True] * 4]),
    "seed": 3,
}


def generator(name: str) -> np.random.Generator:
    """Random numbers of its own for every name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def parameter(name: str) -> Any:
    """The parameter of that name; `S` is well conditioned, `P` positive definite."""
    shape, rng = SHAPES[name], generator(name)
    count = int(np.prod(shape))
    # far apart from each other: a maximum or a sorted order must not change within a difference
    places = rng.permutation(count) + rng.uniform(0.3, 0.7, count)
    value = (0.2 + 0.7 * places / count).reshape(shape)
    if name == "S":
        return value - 0.5 + 2 * np.eye(4)
    if name == "P":
        return value @ value.T + np.diag([1.0, 2.0, 3.0, 5.0])
    if name.startswith(("W", "E", "K", "Q", "image", "b1", "b2", "beta")):
        return 2 * value - 1
    return value if value.shape else float(value)


def datum(name: str) -> Any:
    """The data of that name; a shape stands for normal numbers."""
    value = DATA[name]
    return generator(name).normal(size=value) if isinstance(value, tuple) else value


def inputs_of(function: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and data that the function names."""
    names = list(inspect.signature(function).parameters)
    params = {name: parameter(name) for name in names if name in SHAPES}
    return params, {name: datum(name) for name in names if name in DATA}


def weighted(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function's results times random numbers, summed: a cotangent of ones would be blind."""

    def loss(**inputs: Any) -> Any:
        results = function(**inputs)
        total: Any = 0.0
        for number, result in enumerate(results if type(results) in {tuple, list} else [results]):
            weights = generator(f"cotangent {number}").normal(size=np.shape(result))
            total = total + np.sum(weights * result)
        return total

    return loss
