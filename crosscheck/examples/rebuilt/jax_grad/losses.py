"""The losses as a JAX user writes them: jax.nn and jax.numpy."""

import jax.numpy as jnp
from jax import Array


def half_squared_error(X: Array, Y: Array) -> Array:
    return jnp.sum(jnp.square(X - Y)) / 2
