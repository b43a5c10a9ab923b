"""The limit: the part of the hand-written gradient that it cannot do without.

Of a network its matrix products alone, into arrays that are there already. Of an example its
NumPy calls alone, one after the other: no function, no dict, no name for what is passed on.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job


def job(case: Case) -> Job:
    """Return the job of the limit; only a gradient has one."""
    return products(case) if case.sizes else _calls(case)


def products(case: Case) -> Job:
    """Return the products of forward and backward pass, at the network's own numbers."""
    params, data = case.point()
    pairs = list(itertools.pairwise(case.sizes))
    weights = [params[f"W{k}"] for k in range(1, len(pairs) + 1)]
    ins = [data["X"], *(np.zeros((case.batch, m), case.dtype) for _, m in pairs[:-1])]
    deltas = [np.ones((case.batch, m), case.dtype) for _, m in pairs]
    outs = [*ins[1:], np.empty_like(deltas[-1])]
    grads = {f"W{k}": np.empty_like(W) for k, W in enumerate(weights, start=1)}
    # Of the layers' sizes, and bounded however often it runs.
    scaled = [W / np.linalg.norm(W) for W in weights]

    def once() -> dict[str, Any]:
        for r, W, out in zip(ins, scaled, outs, strict=True):
            np.matmul(r, W, out=out)
        for k in range(len(pairs), 0, -1):
            np.matmul(ins[k - 1].T, deltas[k - 1], out=grads[f"W{k}"])
            if k > 1:
                np.matmul(deltas[k - 1], scaled[k - 1].T, out=deltas[k - 2])
        return {}

    return once


def _sigmoid_neuron(W: Any, X: Any, y: Any) -> Any:
    r = 1 / (1 + np.exp(-(X @ W)))
    return 0.5 * (y - r) ** 2, (r - y) * r * (1 - r) * X


def _relu_network(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:  # noqa: PLR0913, PLR0917 - as it is
    z1 = X @ W1 + b1
    r1 = np.maximum(0, z1)
    z2 = r1 @ W2 + b2
    r2 = np.maximum(0, z2)
    delta2 = (r2 - y) * (z2 > 0)
    delta1 = (W2 @ delta2) * (z1 > 0)
    loss = 0.5 * ((r2 - y) ** 2).sum()
    return loss, r1[:, np.newaxis] * delta2, X[:, np.newaxis] * delta1


CALLS: dict[str, Callable[..., Any]] = {
    "square": lambda x: (x**2, 2 * x),
    "chain_rule": lambda x: (2 * x**2, 2 * (2 * x)),
    "sigmoid_neuron": _sigmoid_neuron,
    "relu_network": _relu_network,
    "numerical_gradient": lambda x: (x**2, 2 * x),
    "guess_number": lambda guess, target: (0.5 * (target - guess) ** 2, guess - target),
}


def _calls(case: Case) -> Job:
    params, data = case.point()
    arrays, calls = [*params.values(), *data.values()], CALLS[case.example]

    def once() -> dict[str, Any]:
        calls(*arrays)
        return {}

    return once
