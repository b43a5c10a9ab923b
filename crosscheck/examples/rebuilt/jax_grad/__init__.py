"""The twins in JAX, one module for each group of pages: forward passes, for jax.vjp."""
