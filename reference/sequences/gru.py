"""The GRU, the gated recurrent unit: its two gates, a step, and a whole sequence.

    u = x(t)·Wx + bx                    v = h(t−1)·Wh + bh         three parts each: r, z, n
    r, z = σ(u_r + v_r), σ(u_z + v_z)   n = tanh(u_n + r v_n)
    h(t) = (1 − z) n + z h(t−1)

    dh = dout(t) + what comes from t + 1
    δ_n = dh (1 − z) (1 − n²)           δ_z = dh (h(t−1) − n) z (1 − z)
    δ_r = δ_n v_n r (1 − r)
    δu = [δ_r δ_z δ_n]                  δv = [δ_r δ_z δ_n r]
    dh(t−1) = dh z + δv·Whᵀ

From δu come the gradients by X, Wx and bx, from δv those by Wh and bh, as in `rnn`. X: (N, T, D),
h0: (N, H), Wx: (D, 3 H), Wh: (H, 3 H), bx and bh: (3 H,); out: (N, T, H). The derivation: K. Cho et
al., Learning phrase representations using RNN encoder-decoder (2014), appendix A.1, with the reset
gate r behind the product, as cuDNN has it.

The usual mistake: δ_n goes to Wh and bh without the factor r.

>>> main()
out =
[[[ 0.1392]
  [-0.1007]
  [-0.128 ]]]
X =
[[[-0.0204 -0.5919]
  [-0.1353  0.0292]
  [ 0.0488 -0.097 ]]]
h0 = [[-0.7486]]
Wx =
[[-0.2164  0.2141  0.7421]
 [ 0.0991  0.2429 -0.219 ]]
Wh = [[-0.0944  0.1075  0.2922]]
bx = [-0.1476  0.3856  1.4099]
bh = [-0.1476  0.3856  0.8187]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[1.0, -0.5], [0.5, 2.0], [-1.0, 0.25]]],
    h0=[[0.5]],
    Wx=[[0.5, -1.0, 0.25], [1.0, 0.5, -0.5]],
    Wh=[[0.5, 0.1, -2.0]],
    bx=[0.1, 1.0, -0.1],
    bh=[0.0, -0.5, 0.25],
)
DATA = arrays()
DOUT = frozen([[[1.0], [-0.5], [2.0]]])


def sample(rng: np.random.Generator, D: int, H: int, **_: Any) -> dict[str, Array]:
    """Return random weights of three parts."""
    draw, columns = rng.standard_normal, 3 * H
    return {
        "Wx": draw((D, columns)),
        "Wh": draw((H, columns)),
        "bx": draw(columns),
        "bh": draw(columns),
    }


def parts(h0: Array, Wh: Array, **_: Array) -> None:
    """Raise ValueError where there are not three parts."""
    if Wh.shape[1] != 3 * h0.shape[1]:
        columns = 3 * h0.shape[1]
        msg = f"forward: Wh has shape {Wh.shape}; pass Wx, Wh, bx and bh with {columns} columns"
        raise ValueError(msg)


@checked(
    params={"X": "N T D", "h0": "N H", "Wx": "D 3H", "Wh": "H 3H", "bx": "3H", "bh": "3H"},
    further=parts,
)
def forward(  # noqa: PLR0913, PLR0917 - the network as it is
    X: Array, h0: Array, Wx: Array, Wh: Array, bx: Array, bh: Array
) -> tuple[Array, tuple[Array, ...]]:
    """Return the states and the residuals."""
    u = X.swapaxes(0, 1) @ Wx + bx  # (T, N, 3 H)
    h = np.empty((len(u) + 1, *h0.shape), u.dtype)  # (T + 1, N, H)
    a = np.empty((4, len(u), *h0.shape), u.dtype)  # r, z, n and v_n of every step
    h[0] = h0
    for t in range(len(u)):
        h[t + 1], a[:, t] = step(u[t], h[t] @ Wh + bh, h[t])
    return h[1:].swapaxes(0, 1), (X, h, a, Wx, Wh)


def step(u: Array, v: Array, h: Array) -> tuple[Array, tuple[Array, ...]]:
    """Return the next state, with r, z, n and v_n."""
    (u_r, u_z, u_n), (v_r, v_z, v_n) = np.split(u, 3, axis=1), np.split(v, 3, axis=1)
    r, z = sigmoid(u_r + v_r), sigmoid(u_z + v_z)
    n = np.tanh(u_n + r * v_n)
    return (1 - z) * n + z * h, (r, z, n, v_n)


def sigmoid(z: Array) -> Array:
    """Return σ(z) = (1 + tanh(z / 2)) / 2, in which nothing overflows."""
    return (1 + np.tanh(z / 2)) / 2


def backward(dout: Array, X: Array, h: Array, a: Array, Wx: Array, Wh: Array) -> Grads:  # noqa: PLR0913, PLR0917 - dout and the residuals
    """Return the gradients by X, h0, Wx, Wh, bx and bh."""
    du, dv = (np.empty((*h[1:].shape[:2], Wh.shape[1]), h.dtype) for _ in "uv")  # (T, N, 3 H)
    dh = np.zeros_like(h[0])
    for t in reversed(range(len(du))):
        dh = dh + dout[:, t]
        du[t], dv[t] = step_backward(dh, h[t], a[:, t])
        dh = dh * a[1, t] + dv[t] @ Wh.T
    return {
        "X": (du @ Wx.T).swapaxes(0, 1),  # (N, T, D)
        "h0": dh,
        "Wx": np.tensordot(X.swapaxes(0, 1), du, axes=((0, 1), (0, 1))),
        "Wh": np.tensordot(h[:-1], dv, axes=((0, 1), (0, 1))),
        "bx": du.sum(axis=(0, 1)),
        "bh": dv.sum(axis=(0, 1)),
    }


def step_backward(dh: Array, h: Array, a: Array) -> tuple[Array, Array]:
    """Return δu and δv of a step from the state h."""
    r, z, n, v_n = a
    delta_n = dh * (1 - z) * (1 - n**2)
    delta_z = dh * (h - n) * z * (1 - z)
    delta_r = delta_n * v_n * r * (1 - r)
    delta_u = np.concatenate([delta_r, delta_z, delta_n], axis=1)
    delta_v = np.concatenate([delta_r, delta_z, delta_n * r], axis=1)
    return delta_u, delta_v


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
