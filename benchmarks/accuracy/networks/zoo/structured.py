"""Parameters that live on a structure: a covariance S, a triangular L, probabilities P."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def loss(S: Array, L: Array, P: Array, X: Array, Y: Array) -> Scalar:
    """Return a Gaussian's log density, a quadratic form, and a cross-entropy, added."""
    scaled = X @ np.tril(L)
    density = 0.5 * np.linalg.slogdet(S)[1] + 0.5 * np.mean(np.sum(scaled @ S * scaled, axis=1))
    return density - np.sum(Y * np.log(P / np.sum(P, axis=1, keepdims=True)))


def gradient(S: Array, L: Array, P: Array, X: Array, Y: Array) -> Grads:
    """Return the derivative of the loss by every parameter, each taken as general."""
    scaled = X @ np.tril(L)
    dS = 0.5 * np.linalg.inv(S).T + 0.5 * scaled.T @ scaled / len(X)
    dscaled = 0.5 * scaled @ (S + S.T) / len(X)
    dP = -Y / P + np.sum(Y, axis=1, keepdims=True) / np.sum(P, axis=1, keepdims=True)
    return {"S": dS, "L": np.tril(X.T @ dscaled), "P": dP}


def placed(params: Grads) -> Grads:
    """Return general parameters, put on their structures: definite, triangular, row-stochastic."""
    S, L, P = (params[name] for name in "SLP")
    weights = np.exp(P / (1 + np.max(np.abs(P))))
    return {
        "S": S @ S.T + np.eye(len(S)),
        "L": np.tril(L) + 2 * np.eye(len(L)),
        "P": weights / weights.sum(axis=1, keepdims=True),
    }
