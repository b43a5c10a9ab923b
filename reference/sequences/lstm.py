"""The LSTM, long short-term memory: its four gates, a step, and a whole sequence.

    z(t) = x(t)·Wx + h(t−1)·Wh + b      i, f, o = σ(z_i), σ(z_f), σ(z_o)      g = tanh(z_g)
    c(t) = f c(t−1) + i g               h(t) = o tanh(c(t))

    dh = dout(t) + δ(t+1)·Whᵀ           dc = dh o (1 − tanh²c) + dc(t+1) f(t+1)
    δ_i = dc g i (1 − i)                δ_f = dc c(t−1) f (1 − f)
    δ_g = dc i (1 − g²)                 δ_o = dh tanh(c) o (1 − o)

and from δ = [δ_i δ_f δ_g δ_o] the gradients by X, Wx, Wh and b, as in `rnn`. X: (N, T, D), h0 and
c0: (N, H), Wx: (D, 4 H), Wh: (H, 4 H), b: (4 H,), columns in the order i, f, g, o. There are two
outputs: the states h, (N, T, H), and the last cell c(T), (N, H). The derivation: A. Graves,
Supervised sequence labelling with recurrent neural networks (2012), section 4.6.

The usual mistake: dc(t+1) f(t+1) is left out, the path through the cells that does not fade.

>>> main()
h =
[[[-0.206 ]
  [-0.3889]]]
c = [[-1.0856]]
grad_X =
[[[ 0.7518  0.1979 -0.3553]
  [ 0.1632 -0.2156  0.2505]]]
grad_h0 = [[0.1993]]
grad_c0 = [[1.2373]]
grad_Wx =
[[ 0.4239 -0.5664  0.1011  0.0297]
 [-0.4453  0.1039  0.2735  0.2087]
 [ 1.0552 -0.9734 -0.0858 -0.1392]]
grad_Wh = [[ 0.2592 -0.2469 -0.0151 -0.0304]]
grad_b = [ 0.372  -0.6062  0.1732  0.0794]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[1.0, -0.5, 2.0], [0.5, 2.0, -1.0]]],
    h0=[[0.5]],
    c0=[[-1.0]],
    Wx=[[0.5, -1.0, 0.25, 1.0], [1.0, 0.5, -0.5, 0.0], [-0.5, 0.25, 1.0, 0.75]],
    Wh=[[0.5, 0.1, -0.2, -1.0]],
    b=[0.1, 1.0, -0.1, 0.0],
)
DATA = arrays()
DOUT = (frozen([[[1.0], [-0.5]]]), frozen([[2.0]]))


def sample(rng: np.random.Generator, D: int, H: int, **_: Any) -> dict[str, Array]:
    """Return random weights of four gates."""
    draw = rng.standard_normal
    return {"Wx": draw((D, 4 * H)), "Wh": draw((H, 4 * H)), "b": draw(4 * H)}


def gates(h0: Array, Wh: Array, **_: Array) -> None:
    """Raise ValueError where there are not four gates."""
    if Wh.shape[1] != 4 * h0.shape[1]:
        msg = f"forward: Wh has shape {Wh.shape}; pass Wx, Wh and b with {4 * h0.shape[1]} columns"
        raise ValueError(msg)


@checked(
    params={"X": "N T D", "h0": "N H", "c0": "N H", "Wx": "D 4H", "Wh": "H 4H", "b": "4H"},
    further=gates,
)
def forward(  # noqa: PLR0913, PLR0917 - the network as it is
    X: Array, h0: Array, c0: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
    """Return the states with the last cell, and the residuals."""
    z = np.ascontiguousarray(X.swapaxes(0, 1)) @ Wx + b  # (T, N, 4 H)
    a = z.reshape(*z.shape[:2], 4, -1)  # (T, N, 4, H): z, then the gates
    h, c = (np.empty((len(a) + 1, *h0.shape), a.dtype) for _ in "hc")  # (T + 1, N, H)
    tanh_c = np.empty_like(c[1:])
    h[0], c[0] = h0, c0
    for t in range(len(a)):
        z[t] += h[t] @ Wh
        h[t + 1], c[t + 1], tanh_c[t] = step(a[t], c[t])
    return (h[1:].swapaxes(0, 1), c[-1]), (X, a, h, c, tanh_c, Wx, Wh)


# One tanh for all four: σ(z) = ½ tanh(½ z) + ½ for i, f and o, in which nothing overflows.
HALF = frozen([[0.5], [0.5], [1.0], [0.5]])


def step(z: Array, c: Array) -> tuple[Array, Array, Array]:
    """Return the next state, the next cell and its tanh; turn z into the gates in place."""
    half = HALF.astype(z.dtype)
    z *= half
    np.tanh(z, out=z)
    z *= half
    z += 1 - half
    i, f, g, o = z.swapaxes(0, 1)
    c = f * c + i * g
    tanh_c = np.tanh(c)
    return o * tanh_c, c, tanh_c


def backward(  # noqa: PLR0913, PLR0917 - dout and the residuals
    dout: tuple[Array, Array],
    X: Array,
    a: Array,
    h: Array,
    c: Array,
    tanh_c: Array,
    Wx: Array,
    Wh: Array,
) -> Grads:
    """Return the gradients by X, h0, c0, Wx, Wh and b."""
    slope = a * (1 - a)  # (T, N, 4, H): the derivative of every gate, for all steps at once
    slope[:, :, 2] = 1 - a[:, :, 2] ** 2
    slope_c = a[:, :, 3] * (1 - tanh_c**2)  # (T, N, H)
    delta = np.empty_like(a)
    flat = delta.reshape(*delta.shape[:2], -1)  # (T, N, 4 H)
    dh, dc = np.zeros_like(h[0]), dout[1]
    for t in reversed(range(len(a))):
        i, f, g, _ = a[t].swapaxes(0, 1)
        dh = dh + dout[0][:, t]
        dc = dc + dh * slope_c[t]
        d = delta[t]
        d[:, 0], d[:, 1], d[:, 2], d[:, 3] = dc * g, dc * c[t], dc * i, dh * tanh_c[t]
        d *= slope[t]
        dc = dc * f
        dh = flat[t] @ Wh.T
    rows = flat.reshape(-1, flat.shape[2])  # (T N, 4 H)
    return {
        "X": (flat @ Wx.T).swapaxes(0, 1),  # (N, T, D)
        "h0": dh,
        "c0": dc,
        "Wx": X.swapaxes(0, 1).reshape(len(rows), -1).T @ rows,
        "Wh": h[:-1].reshape(len(rows), -1).T @ rows,
        "b": rows.sum(axis=0),
    }


def main() -> None:
    """Print the outputs and the gradients at the page's own numbers."""
    (h, c), residuals = forward(**PARAMS)
    grads = {f"grad_{name}": grad for name, grad in backward(DOUT, *residuals).items()}
    report(h=h, c=c, **grads)


if __name__ == "__main__":
    main()
