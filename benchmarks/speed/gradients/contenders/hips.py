"""HIPS autograd: the losses in its own NumPy, which it records anew in each pass."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import autograd.numpy as np
from autograd import grad

from benchmarks.speed.gradients.cases import NETWORK, RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job


def relu_network(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:  # noqa: PLR0913, PLR0917 - as it is
    """Two ReLU layers."""
    hidden = np.maximum(0, np.dot(X, W1) + b1)
    return 0.5 * np.sum((np.maximum(0, np.dot(hidden, W2) + b2) - y) ** 2)


def network(X: Any, Y: Any, **params: Any) -> Any:
    """ReLU layers, then softmax and cross-entropy; one output has the squared error."""
    depth = len(params) // 2
    for k in range(1, depth + 1):
        X = np.dot(X, params[f"W{k}"]) + params[f"b{k}"]
        if k < depth or Y.shape[1] == 1:
            X = np.maximum(0, X)
    if Y.shape[1] == 1:
        return 0.5 * np.sum((X - Y) ** 2) / len(Y)
    X = X - np.max(X, axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(X), axis=1))) / len(Y) - np.sum(X * Y) / len(Y)


LOSSES: dict[str, Callable[..., Any]] = {
    "square": lambda x: x**2,
    "chain_rule": lambda x: 2 * x**2,
    "sigmoid_neuron": lambda W, X, y: 0.5 * (y - 1 / (1 + np.exp(-np.dot(X, W)))) ** 2,
    "relu_network": relu_network,
    "numerical_gradient": lambda x: x**2,
    "guess_number": lambda guess, target: 0.5 * (target - guess) ** 2,
    NETWORK: network,
}


def job(case: Case) -> Job:
    """Differentiate the loss by the dict of its parameters."""
    params, data = case.point()
    loss = LOSSES[case.example]
    gradient = grad(lambda params: loss(**params, **data))
    module: Any = importlib.import_module(f"reference.{case.example}")
    rate = getattr(module, "LEARNING_RATE", RATE)
    updated = ("W1", "W2") if case.example == "relu_network" else tuple(params)

    def step(params: Mapping[str, Any]) -> dict[str, Any]:
        grads = gradient(params)
        return {
            name: p - rate * grads[name] if name in updated else p for name, p in params.items()
        }

    def descent() -> Mapping[str, Any]:
        moved: Mapping[str, Any] = params
        for _ in range(module.STEPS):
            moved = step(moved)
        return moved

    state = [params]

    def training() -> Mapping[str, Any]:
        state[0] = step(state[0])
        return state[0]

    if case.what in {"descent", "training"}:
        return descent if case.what == "descent" else training
    return lambda: (gradient if case.what == "gradient" else step)(params)
