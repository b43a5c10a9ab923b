"""The examples of the registry: their inputs, and how far their gradients are from differences.

An example names its inputs, and gets them: `lambda a, mask: np.sum(a, where=mask)`. Nothing here is
imported by what traces a user's code.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import functools
import importlib
import inspect
import io
import math
import types
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from crosscheck.core.finite_differences import slope
from crosscheck.core.types import Point
from crosscheck.tracing.record import value_and_grad
from crosscheck.tracing.registry import OPTIONAL, Entry, entries

Loss: TypeAlias = Callable[..., Any]

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
    "Q": (4, 3),
}
DATA: dict[str, Any] = {
    "rows": np.array([2, 0, 2]),
    "mask": np.array([[True, False, True, True], [False, True, True, False], [True] * 4]),
}
STEP = 7e-4
SPARSE = np.array([[1.5, 0, 0, 2, 0], [0, 0, -1, 0, 0.5], [0, 3, 0, 0, 0]])
DIRECTIONS = 3


@dataclass(frozen=True)
class Measured:
    """How far a framework's gradient of a loss is from central differences.

    `value` is the loss, `size` the sum of the gradient's absolute entries. `error` is the largest
    difference of the slopes along some directions of ±1, and `rounding` what rounding may have
    moved that slope's central difference; both relative to `size`.
    """

    value: float
    size: float
    error: float
    rounding: float


def losses() -> dict[str, tuple[Loss, tuple[Entry, ...]]]:
    """Every example as a loss, by the names of the entries that it is the example of.

    With the entries of SciPy and pandas, if they are installed.
    """
    namespace = {"__name__": "example", "__builtins__": builtins, "np": np, "io": io, "math": math}
    for module in OPTIONAL:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
            package = module.partition(".")[0]
            namespace[{"pandas": "pd"}.get(package, package)] = importlib.import_module(package)
    shared: dict[Any, list[Entry]] = {}
    for entry in entries():
        shared.setdefault(entry.example, []).append(entry)
    return {
        " ".join(entry.name for entry in users): (_loss(example, namespace), tuple(users))
        for example, users in shared.items()
    }


def _loss(example: Callable[..., Any], namespace: dict[str, Any]) -> Loss:
    """The example in a module of a user's, where `np` stands for the user's NumPy."""
    code = example.__code__
    return weighted(types.FunctionType(code, namespace, code.co_name, None, example.__closure__))


def weighted(function: Callable[..., Any]) -> Loss:
    """The function's results times random numbers, summed: ones would not see every mistake."""
    loss = functools.partial(_weighted_sum, function)
    loss.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return loss


def _weighted_sum(function: Callable[..., Any], /, **inputs: Any) -> Any:
    results = function(**inputs)
    total: Any = 0.0
    for number, result in enumerate(results if type(results) in {tuple, list} else [results]):
        weights = generator(f"upstream {number}").normal(size=np.shape(result))
        total = total + np.sum(weights * result)
    return total


def generator(name: str) -> np.random.Generator:
    """Random numbers of its own for every name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def spread(name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Different numbers between 0.2 and 0.9.

    They are far apart: a maximum or a sorted order must not change within a difference.
    """
    rng, count = generator(name), int(np.prod(shape))
    places = rng.permutation(count) + rng.uniform(0.3, 0.7, count)
    return (0.2 + 0.7 * places / count).reshape(shape)


def parameter(name: str) -> Any:
    """The parameter of that name; `S` is well conditioned, `P` positive definite."""
    value = spread(name, SHAPES[name])
    if name == "S":
        return value - 0.5 + 2 * np.eye(4)
    if name == "P":
        return value @ value.T + np.diag([1.0, 2.0, 3.0, 5.0])
    if name == "Q":
        return 2 * value - 1
    return value if value.shape else float(value)


def inputs_of(loss: Loss) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the data that a loss names."""
    names = list(inspect.signature(loss).parameters)
    params = {name: parameter(name) for name in names if name in SHAPES}
    data = {name: DATA[name] for name in names if name in DATA}
    if "sparse" in names:
        data["sparse"] = importlib.import_module("scipy.sparse").csr_array(SPARSE)
    return params, data


def measure(
    loss: Loss, params: Mapping[str, Any], data: Mapping[str, Any], framework: str
) -> Measured:
    """Differentiate a loss by a framework, and compare with central differences of fourth order.

    Raises:
        LostGradientError: the loss does what cannot be traced.

    """

    def plain(point: Point) -> Any:
        return np.asarray(
            loss(**{k: v[()] for k, v in point.params.items()}, **copy.deepcopy(dict(data)))
        ).reshape(())

    value, gradients = value_and_grad(loss, framework)(params, data)
    point = Point({name: np.asarray(v) for name, v in params.items()}, {})
    size = sum(float(np.abs(gradient).sum()) for gradient in gradients.values())
    rounding = 1e-14 * abs(float(value)) / STEP
    errors = []
    for seed in range(DIRECTIONS):
        rng = np.random.default_rng(seed)
        way = {name: rng.choice([-1.0, 1.0], np.shape(v)) for name, v in params.items()}
        along = sum(float(np.sum(gradients[name] * way[name])) for name in gradients)
        short, long = (slope(plain, point, way, step) for step in (STEP, 2 * STEP))
        errors.append(abs(along - (4 * short - long) / 3))
    return Measured(float(value), size, max(errors) / size, rounding / size)
