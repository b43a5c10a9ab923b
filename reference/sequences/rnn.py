"""The recurrent network of Elman: one step, and a whole sequence by backpropagation through time.

    h(t) = tanh(x(t)·Wx + h(t−1)·Wh + b)
    dh(t) = dout(t) + δ(t+1)·Whᵀ               δ(t) = dh(t) (1 − h(t)²)
    grad_Wx = Σ x(t)ᵀ·δ(t)                     grad_X(t) = δ(t)·Wxᵀ
    grad_Wh = Σ h(t−1)ᵀ·δ(t)                   grad_b = Σ δ(t) over time and the batch
    grad_h0 = δ(1)·Whᵀ

X: (N, T, D), h0: (N, H), Wx: (D, H), Wh: (H, H), b: (H,); out: (N, T, H), the states h(1), …, h(T).
The derivation: P. Werbos, Backpropagation through time: what it does and how to do it (1990).

The usual mistake: δ(t+1)·Whᵀ is left out, and the gradient does not go back in time.

>>> main()
out =
[[[ 0.2636 -0.8996  0.3364]
  [ 0.9929 -0.0017 -0.8989]
  [ 0.1656  0.932  -0.7372]]]
X =
[[[ 0.2624  1.3331]
  [ 0.1242 -0.0548]
  [-0.1488 -0.0968]]]
h0 = [[ 0.6264 -0.7795 -0.0605]]
Wx =
[[ 0.925  -0.3328 -1.2879]
 [-0.4487 -0.1713  0.5322]]
Wh =
[[ 0.0938  0.2282  0.3704]
 [-0.1899  0.1102  0.1647]
 [ 0.2786 -0.2798 -0.6596]]
b = [ 0.9281  0.1326 -0.3742]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[1.0, -0.5], [0.5, 2.0], [-1.0, 0.25]]],
    h0=[[0.1, -0.2, 0.3]],
    Wx=[[0.5, -1.0, 0.25], [1.0, 0.5, -0.5]],
    Wh=[[0.5, 0.1, -0.2], [-0.3, 0.4, 0.6], [0.2, -0.5, 0.3]],
    b=[0.1, 0.0, -0.1],
)
DATA = arrays()
DOUT = frozen([[[1.0, 0.0, -1.0], [0.5, -0.5, 0.0], [0.0, 2.0, 1.0]]])


@checked(params={"X": "N T D", "h0": "N H", "Wx": "D H", "Wh": "H H", "b": "H"})
def forward(
    X: Array, h0: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """Return the states and the residuals."""
    Z = X @ Wx + b  # (N, T, H): the part that no state is needed for
    h = np.empty((Z.shape[1] + 1, *h0.shape), Z.dtype)  # (T + 1, N, H)
    h[0] = h0
    for t in range(len(h) - 1):
        h[t + 1] = step(Z[:, t], h[t], Wh)
    return h[1:].swapaxes(0, 1), (X, h, Wx, Wh)


def step(z: Array, h: Array, Wh: Array) -> Array:
    """Return the next state, from z = x·Wx + b and the last state."""
    return np.tanh(z + h @ Wh)


def backward(dout: Array, X: Array, h: Array, Wx: Array, Wh: Array) -> Grads:
    """Return the gradients by X, h0, Wx, Wh and b."""
    delta = np.empty_like(h[1:])  # (T, N, H)
    dh = np.zeros_like(h[0])  # d loss / d h(t) through h(t+1)
    for t in reversed(range(len(delta))):
        delta[t], dh = step_backward(dout[:, t] + dh, h[t + 1], Wh)
    return {
        "X": (delta @ Wx.T).swapaxes(0, 1),  # (N, T, D)
        "h0": dh,
        "Wx": np.tensordot(X.swapaxes(0, 1), delta, axes=((0, 1), (0, 1))),
        "Wh": np.tensordot(h[:-1], delta, axes=((0, 1), (0, 1))),
        "b": delta.sum(axis=(0, 1)),
    }


def step_backward(dh: Array, h: Array, Wh: Array) -> tuple[Array, Array]:
    """Return δ = d loss / d z of a step to the state h, and d loss / d (the state before it)."""
    delta = dh * (1 - h**2)
    return delta, delta @ Wh.T


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
