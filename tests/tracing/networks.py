"""Dense networks: activations, losses, normalisations, penalties, optimisers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.tracing import layers
from tests.tracing.layers import Affine, Network, Relu, sigmoid, softmax

Function = Callable[..., Any]

ACTIVATIONS: dict[str, Function] = {
    "sigmoid": sigmoid,
    "sigmoid by masks": layers.stable_sigmoid,
    "tanh": np.tanh,
    "relu by maximum": lambda z: np.maximum(0, z),
    "relu by where": lambda z: np.where(z > 0, z, 0.0),
    "relu by mask": lambda z: z * (z > 0),
    "leaky relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    "softplus": lambda z: np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0),
    "swish": lambda z: z * sigmoid(z),
    "gelu by tanh": lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "hard tanh": lambda z: np.clip(z, -1, 1),
    "selu": lambda z: 1.0507 * np.where(z > 0, z, 1.6733 * np.expm1(z)),
    "softmax": softmax,
    "log softmax": lambda z: (
        z
        - z.max(1, keepdims=True)
        - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True))
    ),
    "maxout": lambda z: np.maximum(z, z[:, ::-1]),
}
LOSSES: dict[str, Function] = {
    "mean squared error": lambda z, Y, y: np.mean((z - Y) ** 2),
    "half squared error": lambda z, Y, y: 0.5 * ((Y - z) ** 2).sum() / len(Y),
    "absolute error": lambda z, Y, y: np.abs(z - Y).mean(),
    "huber": lambda z, Y, y: np.where(
        np.abs(z - Y) < 1, 0.5 * (z - Y) ** 2, np.abs(z - Y) - 0.5
    ).sum(),
    "softmax and cross entropy": lambda z, Y, y: layers.cross_entropy(softmax(z), y),
    "cross entropy of one-hot": lambda z, Y, y: -np.sum(np.eye(3)[y] * np.log(softmax(z))) / len(y),
    "binary cross entropy": lambda z, Y, y: (
        -np.mean((y == 1) * np.log(sigmoid(z[:, 0])) + (y != 1) * np.log(1 - sigmoid(z[:, 0])))
    ),
    "hinge": lambda z, Y, y: np.maximum(0, z - z[np.arange(6), y][:, None] + 1).sum() / 6 - 1,
    "Kullback-Leibler": lambda z, Y, y: np.sum(
        softmax(Y) * (np.log(softmax(Y)) - np.log(softmax(z)))
    ),
    "cosine distance": lambda z, Y, y: 1 - (z * Y).sum() / (np.linalg.norm(z) * np.linalg.norm(Y)),
    "float of the loss": lambda z, Y, y: float(np.mean((z - Y) ** 2)),
    "item of the loss": lambda z, Y, y: np.mean((z - Y) ** 2).item(),
    "loss of shape (1, 1)": lambda z, Y, y: np.sum((z - Y) ** 2, keepdims=True),
}


def with_activation(activation: Function) -> Function:
    """Two layers; the weights of the sum keep softmax from a constant."""

    def loss(X: Any, W1: Any, b1: Any) -> Any:
        r = activation(X @ W1 + b1)
        return np.sum(r * np.cos(np.arange(r.size)).reshape(r.shape))

    return loss


def with_loss(error: Function) -> Function:
    """Two layers before a loss."""

    def loss(X: Any, Y: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        return error(np.tanh(X @ W1 + b1) @ W2 + b2, Y, y)

    return loss


def weight_decay(X: Any, Y: Any, W1: Any, W2: Any) -> Any:
    """L2 and L1 penalties."""
    loss = np.mean((sigmoid(X.dot(W1)).dot(W2) - Y) ** 2)
    for W in [W1, W2]:
        loss += 0.5 * 1e-2 * np.sum(W**2) + 1e-3 * np.abs(W).sum()
    return loss


def residual(X: Any, S: Any, b1: Any) -> Any:
    """A skip connection around two layers."""
    h = X + np.maximum(X @ S, 0) @ S.T
    return ((h + b1[:4]) ** 2).mean()


def batchnorm(X: Any, W1: Any, gamma: Any, beta: Any) -> Any:
    """Statistics over the batch."""
    z = X @ W1
    mu, var = z.mean(axis=0), z.var(axis=0)
    return np.sum(np.sin(gamma * (z - mu) / np.sqrt(var + 1e-5) + beta))


def batchnorm_with_running_mean(X: Any, W1: Any, gamma: Any, beta: Any) -> Any:
    """The running statistics are updated and not used."""
    running = {"mean": np.zeros(5), "var": np.ones(5)}
    z = X @ W1
    mu, var = np.mean(z, axis=0), np.var(z, axis=0)
    running["mean"] = 0.9 * running["mean"] + 0.1 * mu
    running["var"] *= 0.9
    running["var"] += 0.1 * var
    return np.sum(np.cos((z - mu) / np.sqrt(var + 1e-5) * gamma + beta) ** 2)


def layernorm(X: Any, W1: Any, gamma: Any, beta: Any) -> Any:
    """Statistics over the features."""
    z = X @ W1
    centred = z - z.mean(axis=-1, keepdims=True)
    xhat = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return np.sum((gamma * xhat + beta) ** 3)


def rmsnorm(X: Any, W1: Any, gamma: Any) -> Any:
    """Root mean square over the features."""
    z = X @ W1
    return np.sum(np.tanh(z / np.sqrt(np.mean(np.square(z), -1, keepdims=True) + 1e-6) * gamma))


def dropout(X: Any, W1: Any, W2: Any, seed: Any) -> Any:
    """NumPy's own random numbers."""
    np.random.seed(seed)
    h = np.tanh(X @ W1)
    h *= (np.random.rand(*h.shape) < 0.7) / 0.7
    return np.mean((h @ W2) ** 2)


def dropout_by_generator(X: Any, W1: Any, seed: Any) -> Any:
    """A generator made inside."""
    rng = np.random.default_rng(seed)
    h = np.maximum(X @ W1 + 0.01 * rng.normal(size=(6, 5)), 0)
    keep = rng.binomial(1, 0.5, size=h.shape).astype(h.dtype)
    return np.sum(h * keep / 0.5)


def variational(X: Any, W1: Any, seed: Any) -> Any:
    """The reparametrised sample and the divergence."""
    mu, logvar = np.hsplit((X @ W1)[:, :4], 2)
    z = mu + np.exp(0.5 * logvar) * np.random.default_rng(seed).standard_normal(mu.shape)
    return np.sum(z**2) - 0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))


def layers_as_objects(X: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """Classes that keep their inputs."""
    network = Network(one=Affine(W1, b1), relu=Relu(), two=Affine(W2, b2))
    return layers.cross_entropy(softmax(network(X)), y)


def unrolled_descent(X: Any, W1: Any, s: Any) -> Any:
    """The loss after two steps of gradient descent by hand, in place."""
    W = W1.copy()
    for _ in range(2):
        W -= s * (X.T @ np.tanh(X @ W)) / len(X)
    return np.mean(np.tanh(X @ W) ** 2)


def adam_step(W1: Any, s: Any) -> Any:
    """An optimiser with state in dicts."""
    params, m, v = {"W": W1 + 0}, {"W": np.zeros_like(W1)}, {"W": np.zeros(W1.shape)}
    for t in range(1, 4):
        for key, value in params.items():
            grad = 2 * value
            m[key] += (1 - 0.9) * (grad - m[key])
            v[key] += (1 - 0.99) * (grad**2 - v[key])
            step = s * np.sqrt(1 - 0.99**t) / (1 - 0.9**t)
            params[key] -= step * m[key] / (np.sqrt(v[key]) + 1e-7)
    return np.sum(params["W"] ** 3)


NAMED = (
    weight_decay,
    residual,
    batchnorm,
    batchnorm_with_running_mean,
    layernorm,
    rmsnorm,
    dropout,
    dropout_by_generator,
    variational,
    layers_as_objects,
    unrolled_descent,
    adam_step,
)
NETWORKS: dict[str, Function] = {
    **{f"activation: {name}": with_activation(f) for name, f in ACTIVATIONS.items()},
    **{f"loss: {name}": with_loss(f) for name, f in LOSSES.items()},
    **{f.__name__.replace("_", " "): f for f in NAMED},
}
