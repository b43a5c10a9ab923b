"""Beyond the document: the network of example 4 grown up, to any depth and any batch.

    r0 = X
    zk = r(k−1)·Wk + bk       grad_Wk = r(k−1)ᵀ·δk,   grad_bk = Σ δk over the batch
    rk = f(zk)                δ(k−1) = (δk·Wkᵀ) f'(z(k−1))

and at the last of L layers, for a batch of N, one of

    loss = ½ Σ (rL − Y)² / N                          δL = (rL − Y) f'(zL) / N
    loss = −Σ Y log rL / N,   rL = softmax(zL)        δL = (rL − Y) / N

f is one of the document's two activations. Both know their slope from what they return, so rk is
computed in zk's own memory and zk is not kept. What is written in place is always an array of this
pass: nobody else has seen it.

Two layers and a batch of one are example 4:

>>> from reference import relu_network
>>> X, y = relu_network.DATA["X"], relu_network.DATA["y"]
>>> loss, residuals = forward(X[np.newaxis], y[np.newaxis], **relu_network.PARAMS)
>>> backward(*residuals)["W1"]
array([[-0.044  , -0.0528 ],
       [-0.0704 , -0.08448]])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked

if TYPE_CHECKING:
    from collections.abc import Collection

    from reference.example import Array, Data, Grads, Params

SQUARED_ERROR, CROSS_ENTROPY = "squared error", "cross-entropy"


def relu(z: Array) -> None:
    """Turn z into max(0, z), entry by entry, in place."""
    np.maximum(z, np.zeros(z.shape[1], z.dtype), out=z)  # a row of zeros is faster than one zero


def through_relu(delta: Array, r: Array) -> None:
    """Multiply δ by relu'(z) in place: 1 where r > 0, else 0."""
    delta *= r > 0


def sigmoid(z: Array) -> None:
    """Turn z into σ(z) = 1 / (1 + e⁻ᶻ), entry by entry, in place."""
    np.negative(z, out=z)
    with np.errstate(over="ignore"):  # 1 / (1 + inf) is the 0 that it should be
        np.exp(z, out=z)
    z += 1
    np.reciprocal(z, out=z)


def through_sigmoid(delta: Array, r: Array) -> None:
    """Multiply δ by σ'(z) = r (1 − r) in place."""
    delta *= r
    delta *= 1 - r


ACTIVATIONS = {"relu": (relu, through_relu), "sigmoid": (sigmoid, through_sigmoid)}


def squared_error(r: Array, Y: Array) -> Array:
    """Return ½ Σ (r − Y)²."""
    away = r - Y
    return np.asarray(0.5 * np.vdot(away, away))


def cross_entropy(z: Array, Y: Array) -> Array:
    """Return −Σ Y log softmax(z), and turn z into softmax(z) in place.

    log softmax(z) = z − log Σ eᶻ in each row, and a row of Y has the sum 1.
    """
    z -= z.max(axis=1, keepdims=True)  # the softmax stays, and eᶻ is at most 1
    aimed = np.vdot(Y, z)
    np.exp(z, out=z)
    total = z.sum(axis=1, keepdims=True)
    z /= total
    return np.asarray(np.log(total).sum() - aimed)


LOSSES = {SQUARED_ERROR: squared_error, CROSS_ENTROPY: cross_entropy}


def layers(names: Collection[str]) -> dict[str, str]:
    """Return the shape of every parameter of a network with parameters of these names."""
    depth = range(1, len(names) // 2 + 1)
    shapes = {f"W{k}": f"n{k - 1} n{k}" for k in depth} | {f"b{k}": f"n{k}" for k in depth}
    if not names or shapes.keys() != set(names):
        msg = (
            f"forward: the parameters are {sorted(names)}; pass W1 and b1, W2 and b2, … to the last"
        )
        raise TypeError(msg)
    return shapes


def batch(names: Collection[str]) -> dict[str, str]:
    """Return the shapes of the data of such a network."""
    return {"X": "N n0", "Y": f"N n{len(names) // 2}"}


def options(Y: Array, activation: str = "relu", loss: str = SQUARED_ERROR, **_: Array) -> None:
    """Raise ValueError for what is not there, and for rows of Y that make δL another."""
    for argument, name, table in (
        ("activation", activation, ACTIVATIONS),
        ("loss", loss, LOSSES),
    ):
        if name not in table:
            msg = f"forward: {argument} is {name!r}; pass one of {sorted(table)}"
            raise ValueError(msg)
    off = np.abs(Y.sum(axis=1) - 1)
    if loss == CROSS_ENTROPY and off.max() > Y.shape[1] * np.finfo(Y.dtype).eps:
        row = int(off.argmax())
        msg = f"forward: row {row} of Y has the sum {Y[row].sum():g}; pass rows with the sum 1"
        raise ValueError(msg)


@checked(params=layers, data=batch, further=options)
def forward(
    X: Array, Y: Array, activation: str = "relu", loss: str = SQUARED_ERROR, **params: Array
) -> tuple[Array, tuple[list[Array], Array, Params, str, str]]:
    """Return the loss and the residuals. The parameters are W1, b1, … WL, bL.

    X is (N, n0), Wk is (n(k−1), nk) and bk is (nk,); Y is (N, nL), and for the cross-entropy each
    of its rows has the sum 1. float32 stays float32.
    """
    f, _ = ACTIVATIONS[activation]
    depth = len(params) // 2
    r = [X]
    for k in range(1, depth + 1):
        z = r[-1] @ params[f"W{k}"]  # (N, nk)
        z += params[f"b{k}"]
        if k < depth or loss == SQUARED_ERROR:
            f(z)
        r.append(z)
    total = np.asarray(LOSSES[loss](r[-1], Y) / len(X))  # ()
    return total, (r, Y, params, activation, loss)


def backward(r: list[Array], Y: Array, params: Params, activation: str, loss: str) -> Grads:
    """Return d loss / d parameter for every Wk and bk."""
    _, through = ACTIVATIONS[activation]
    grads: Grads = {}
    delta = r[-1] - Y  # (N, nL)   d loss / d zL
    if loss == SQUARED_ERROR:
        through(delta, r[-1])
    delta /= len(Y)
    for k in range(len(r) - 1, 0, -1):
        grads[f"W{k}"] = r[k - 1].T @ delta  # (n(k−1), nk)
        grads[f"b{k}"] = delta.sum(axis=0)  # (nk,)
        if k > 1:
            delta = delta @ params[f"W{k}"].T  # (N, n(k−1))
            through(delta, r[k - 1])
    return grads


def step(params: Params, data: Data, learning_rate: float) -> tuple[Array, Params]:
    """Return the loss, and the parameters after one step, every one of them moved.

    The old parameters stay as they are. The new ones take the memory of the gradient.
    """
    loss, residuals = forward(**params, **data)
    moved = backward(*residuals)
    for name, grad in moved.items():
        np.multiply(grad, learning_rate, out=grad)
        np.subtract(params[name], grad, out=grad)
    return loss, moved
