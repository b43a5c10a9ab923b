"""The optimisers in JAX: a step as a pure function of a state, and jax.lax.scan over the steps."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array, lax


def _scan(step: Callable[..., Any], start: tuple[Array, ...], G: Array) -> dict[str, Array]:
    def keep(state: tuple[Array, ...], g: Array) -> tuple[tuple[Array, ...], Array]:
        state = step(state, g)
        return state, state[0]

    return {"w": lax.scan(keep, start, G)[1]}


def sgd_step(w: Array, G: Array, rate: float = 0.1, decay: float = 0.0) -> dict[str, Array]:
    return _scan(lambda state, g: ((1 - rate * decay) * state[0] - rate * g,), (w,), G)


def momentum(w: Array, G: Array, rate: float = 0.1, mu: float = 0.9) -> dict[str, Array]:
    def step(state: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        w, v = state
        v = g + mu * v
        return w - rate * v, v

    return _scan(step, (w, jnp.zeros_like(w)), G)


def nesterov(w: Array, G: Array, rate: float = 0.1, mu: float = 0.9) -> dict[str, Array]:
    def step(state: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        w, v = state
        v = g + mu * v
        return w - rate * g - rate * mu * v, v

    return _scan(step, (w, jnp.zeros_like(w)), G)


def adagrad(w: Array, G: Array, rate: float = 0.1, eps: float = 1e-10) -> dict[str, Array]:
    moves = rate * G / (eps + jnp.sqrt(jnp.cumsum(jnp.square(G), axis=0)))
    return {"w": w - jnp.cumsum(moves, axis=0)}


def rmsprop(
    w: Array, G: Array, rate: float = 0.01, rho: float = 0.99, eps: float = 1e-8
) -> dict[str, Array]:
    def step(state: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        w, mean = state
        mean = mean + (1 - rho) * (jnp.square(g) - mean)
        return w - rate * g / (eps + jnp.sqrt(mean)), mean

    return _scan(step, (w, jnp.zeros_like(w)), G)


def adam(
    w: Array,
    G: Array,
    rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> dict[str, Array]:
    return adamw(w, G, rate, beta1, beta2, eps, decay=0.0)


def adamw(
    w: Array,
    G: Array,
    rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    decay: float = 0.01,
) -> dict[str, Array]:
    t = jnp.arange(len(G))
    age = (t[:, None] - t)[:, :, None]  # of each gradient in each step

    def unbiased_mean(x: Array, beta: float) -> Array:
        weights = jnp.where(age < 0, 0.0, beta ** jnp.abs(age)).astype(x.dtype)
        return jnp.sum(weights * x, axis=1) / jnp.sum(weights, axis=1)

    moves = unbiased_mean(G, beta1) / (jnp.sqrt(unbiased_mean(jnp.square(G), beta2)) + eps)
    return _scan(lambda state, move: (state[0] * (1 - rate * decay) - rate * move,), (w,), moves)


def clip_by_norm(
    w: Array, b: Array, G: Array, F: Array, rate: float = 0.1, bound: float = 1.0
) -> dict[str, Array]:
    norm = jnp.linalg.norm(jnp.concatenate([G, F], axis=1), axis=1, keepdims=True)
    factor = jnp.minimum(1, bound / norm)
    return {
        "w": w - rate * jnp.cumsum(factor * G, axis=0),
        "b": b - rate * jnp.cumsum(factor * F, axis=0),
    }


def schedules(
    w: Array,
    G: Array,
    rate: float = 0.1,
    schedule: str = "constant",
    gamma: float = 0.5,
    every: int = 1,
) -> dict[str, Array]:
    t = jnp.arange(len(G), dtype=G.dtype)
    factors = {
        "constant": jnp.ones_like(t),
        "step": jnp.power(gamma, jnp.floor_divide(t, every)),
        "exponential": jnp.power(gamma, t),
        "cosine": jnp.square(jnp.cos(jnp.pi * t / (2 * len(G)))),
        "warm-up": jnp.clip((t + 1) / every, max=1),
    }
    return {"w": w - rate * jnp.cumsum(factors[schedule][:, None] * G, axis=0)}
