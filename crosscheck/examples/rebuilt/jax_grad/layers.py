"""The layers as a JAX user writes them: jax.nn and jax.numpy."""

import jax
import jax.numpy as jnp
from jax import Array


def affine(X: Array, W: Array, b: Array) -> Array:
    return jnp.dot(X, W) + b


def bias(X: Array, b: Array) -> Array:
    return X + b


def embedding(W: Array, indices: Array) -> Array:
    return jnp.take(W, indices, axis=0)


def dropout(X: Array, mask: Array, rate: float = 0.5) -> Array:
    return jnp.where(mask, X / (1 - rate), 0)


def batch_norm(
    X: Array,
    gamma: Array,
    beta: Array,
    mean: Array,
    variance: Array,
    mode: str = "train",
    epsilon: float = 1e-5,
) -> Array:
    if mode == "train":
        mean = jnp.mean(X, axis=0)
        variance = jnp.mean(jnp.square(X), axis=0) - jnp.square(mean)
    return (X - mean) * jax.lax.rsqrt(variance + epsilon) * gamma + beta


def layer_norm(X: Array, gamma: Array, beta: Array, epsilon: float = 1e-5) -> Array:
    return jax.nn.standardize(X, axis=-1, epsilon=epsilon) * gamma + beta


def group_norm(
    X: Array, gamma: Array, beta: Array, groups: int = 2, epsilon: float = 1e-5
) -> Array:
    batch, channels, pixels = X.shape
    grouped = jnp.reshape(X, (batch, groups, channels // groups, pixels))
    normal = jax.nn.standardize(grouped, axis=(2, 3), epsilon=epsilon)
    return jnp.einsum("ncl,c->ncl", jnp.reshape(normal, X.shape), gamma) + beta[None, :, None]


def rms_norm(X: Array, gamma: Array, epsilon: float = 1e-5) -> Array:
    return X * jax.lax.rsqrt(jnp.mean(jnp.square(X), axis=-1, keepdims=True) + epsilon) * gamma


def weight_decay(W: Array, rate: float = 0.01) -> Array:
    return jnp.vdot(W, W) * rate / 2


def residual(X: Array, W: Array, b: Array) -> Array:
    return jax.nn.relu(jnp.dot(X, W) + b) + X
