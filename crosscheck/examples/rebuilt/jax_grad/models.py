"""The models as a JAX user writes them: scans, scipy's densities, grad within the loss."""

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import logsumexp, xlogy
from jax.scipy.stats import norm


def logistic_regression(w: Array, b: Array, X: Array, y: Array, decay: float = 0.0) -> Array:
    margin = jnp.where(y == 1, 1, -1) * (X @ w + b)
    return jnp.mean(jax.nn.softplus(-margin)) + 0.5 * decay * jnp.sum(w**2)


def matrix_factorisation(P: Array, Q: Array, R: Array, M: Array, decay: float = 0.0) -> Array:
    error = jnp.where(M > 0, R - jnp.inner(P, Q), 0)
    return jnp.sum(error**2) / 2 + decay / 2 * (jnp.sum(P**2) + jnp.sum(Q**2))


def gaussian_mixture(a: Array, mu: Array, s: Array, X: Array) -> Array:
    def log_density(x: Array) -> Array:
        each = norm.logpdf(x, mu, jnp.exp(s)[:, None]).sum(axis=1)
        return logsumexp(jax.nn.log_softmax(a) + each)

    return -jnp.mean(jax.vmap(log_density)(X))


def crf_forward(E: Array, A: Array, y: Array) -> Array:
    def onward(alpha: Array, scores: Array) -> tuple[Array, None]:
        return logsumexp(alpha[:, None] + A, axis=0) + scores, None

    alpha, _ = jax.lax.scan(onward, E[0], E[1:])
    steps = jnp.take_along_axis(E, y[:, None], axis=1)
    return logsumexp(alpha) - jnp.sum(steps) - jnp.sum(A[y[:-1], y[1:]])


def tsne(Y: Array, P: Array) -> Array:
    squares = jnp.sum((Y[:, None] - Y) ** 2, axis=-1)
    log_w = jnp.where(jnp.eye(len(Y), dtype=bool), -jnp.inf, -jnp.log1p(squares))
    log_sum = logsumexp(log_w)
    return jnp.sum(xlogy(P, P)) + jnp.sum(P * jnp.log1p(squares)) + jnp.sum(P) * log_sum


def physics_loss(w: Array, b: Array, v: Array, x: Array) -> Array:
    def u(at: Array) -> Array:
        return jnp.dot(v, jnp.tanh(w * at + b))

    residual = jax.vmap(lambda at: jax.grad(u)(at) + u(at))(x)
    return jnp.mean(residual**2) / 2
