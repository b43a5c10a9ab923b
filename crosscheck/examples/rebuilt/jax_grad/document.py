"""The examples as a JAX user writes them: pure functions of jax.numpy, for jax.grad and jit."""

import jax
import jax.numpy as jnp
from jax import Array

from crosscheck.examples.rebuilt import Training

TRAINING = {
    "sigmoid_neuron": Training(("W",), 0.1, steps=1),
    "relu_network": Training(("W1", "W2"), 0.01, steps=1),
    "guess_number": Training(("guess",), 0.1, steps=500),
}


def square(x: Array) -> Array:
    return jnp.square(x)


def chain_rule(x: Array) -> Array:
    return 2 * jnp.square(x)


def sigmoid_neuron(W: Array, X: Array, y: Array) -> Array:
    return half_squared_error(jax.nn.sigmoid(jnp.dot(X, W)), y)


def relu_network(W1: Array, b1: Array, W2: Array, b2: Array, X: Array, y: Array) -> Array:
    for W, b in ((W1, b1), (W2, b2)):
        X = jax.nn.relu(jnp.dot(X, W) + b)
    return half_squared_error(X, y)


def multilayer_network(
    X: Array, Y: Array, activation: str = "relu", loss: str = "squared error", **params: Array
) -> Array:
    f = getattr(jax.nn, activation)
    last = len(params) // 2
    for k in range(1, last):
        X = f(X @ params[f"W{k}"] + params[f"b{k}"])
    z = X @ params[f"W{last}"] + params[f"b{last}"]
    if loss == "cross-entropy":
        return -jnp.sum(Y * jax.nn.log_softmax(z)) / len(Y)
    return half_squared_error(f(z), Y) / len(Y)


def numerical_gradient(x: Array) -> Array:
    return jnp.power(x, 2)


def guess_number(guess: Array, target: Array) -> Array:
    return half_squared_error(guess, target)


def half_squared_error(prediction: Array, y: Array) -> Array:
    return jnp.vdot(prediction - y, prediction - y) / 2
