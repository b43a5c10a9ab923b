"""The layers as a JAX user writes them: jax.nn and jax.numpy."""

import jax.numpy as jnp
from jax import Array


def affine(X: Array, W: Array, b: Array) -> Array:
    return jnp.dot(X, W) + b
