"""The losses as a JAX user writes them: jax.nn and jax.numpy."""

import jax
import jax.numpy as jnp
from jax import Array


def half_squared_error(X: Array, Y: Array) -> Array:
    return jnp.sum(jnp.square(X - Y)) / 2


def mean_squared_error(X: Array, Y: Array) -> Array:
    return jnp.mean(jnp.square(X - Y))


def mean_absolute_error(X: Array, Y: Array) -> Array:
    return jnp.mean(jnp.abs(Y - X))


def huber(X: Array, Y: Array, threshold: float = 1.0) -> Array:
    error = jnp.abs(X - Y)
    quadratic = jnp.minimum(error, threshold)
    return jnp.mean(jnp.square(quadratic) / 2 + threshold * (error - quadratic))


def binary_cross_entropy(Z: Array, Y: Array) -> Array:
    return -jnp.mean(Y * jax.nn.log_sigmoid(Z) + (1 - Y) * jax.nn.log_sigmoid(-Z))


def softmax_cross_entropy(Z: Array, labels: Array, mask: Array, smoothing: float = 0.0) -> Array:
    classes = Z.shape[1]
    target = jax.nn.one_hot(labels, classes, dtype=Z.dtype) * (1 - smoothing) + smoothing / classes
    return jnp.mean(-jnp.vecdot(target, jax.nn.log_softmax(Z)), where=mask)


def one_hot_cross_entropy(Z: Array, Y: Array) -> Array:
    return jnp.mean(jnp.sum(Y, axis=1) * jax.nn.logsumexp(Z, axis=1) - jnp.vecdot(Y, Z))


def hinge(Z: Array, Y: Array) -> Array:
    return jnp.mean(jax.nn.relu(1 - Y * Z))


def kl_divergence(Z: Array, P: Array) -> Array:
    relative = jax.scipy.special.xlogy(P, P) - P * jax.nn.log_softmax(Z, axis=1)
    return jnp.mean(jnp.sum(relative, axis=1))


def info_nce(X: Array, Y: Array, temperature: float = 1.0) -> Array:
    U, V = (z / jnp.linalg.norm(z, axis=1, keepdims=True) for z in (X, Y))
    S = jnp.einsum("id,jd->ij", U, V) / temperature
    return jnp.mean(jax.nn.logsumexp(S, axis=1) - jnp.diagonal(S))


def triplet(A: Array, P: Array, N: Array, margin: float = 1.0) -> Array:
    distance = jnp.sum(jnp.square(A - P) - jnp.square(A - N), axis=1)
    return jnp.mean(jnp.maximum(distance + margin, 0))
