"""The activations as a JAX user writes them: jax.nn."""

import jax
import jax.numpy as jnp
from jax import Array


def relu(X: Array) -> Array:
    return jax.nn.relu(X)


def leaky_relu(X: Array, slope: float = 0.01) -> Array:
    return jax.nn.leaky_relu(X, negative_slope=slope)


def elu(X: Array, alpha: float = 1.0) -> Array:
    return jax.nn.elu(X, alpha)


def sigmoid(X: Array) -> Array:
    return jax.nn.sigmoid(X)


def tanh(X: Array) -> Array:
    return jnp.tanh(X)


def softplus(X: Array) -> Array:
    return jax.nn.softplus(X)


def gelu(X: Array, approximate: str = "none") -> Array:
    return jax.nn.gelu(X, approximate=approximate == "tanh")


def silu(X: Array) -> Array:
    return jax.nn.silu(X)


def softmax(X: Array, axis: int = -1) -> Array:
    return jax.nn.softmax(X, axis=axis)


def log_softmax(X: Array, axis: int = -1) -> Array:
    return jax.nn.log_softmax(X, axis=axis)


def glu(X: Array) -> Array:
    return jax.nn.glu(X, axis=1)


def swiglu(X: Array, W: Array, V: Array) -> Array:
    return jax.nn.swish(jnp.dot(X, W)) * jnp.dot(X, V)
