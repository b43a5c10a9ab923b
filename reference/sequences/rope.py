"""Rotary positions: each pair of columns is turned by an angle that grows with the position.

    a, b = x[2 i], x[2 i + 1]              the angle φ = t / base^(2 i / D)
    out[2 i] = a cos φ − b sin φ           out[2 i + 1] = a sin φ + b cos φ

    grad_X is dout turned back, by −φ: the transpose of a rotation is its inverse

X: (N, T, D) with an even D. Applied to queries and keys, their products depend on the distance of
two positions alone. The derivation: J. Su et al., RoFormer: enhanced transformer with rotary
position embedding (2021), section 3.2.

The usual mistake: dout is turned forward once more.

>>> main()
out =
[[[ 1.     -0.5     2.      0.    ]
  [-1.4128  1.5013 -1.0149  1.4899]
  [-0.9093 -0.4161  0.5399 -1.9896]]]
X =
[[[ 1.     -2.      0.5     1.    ]
  [ 1.1116  0.1196 -1.      0.01  ]
  [-0.8323 -1.8186  0.9898 -0.5199]]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[[1.0, -0.5, 2.0, 0.0], [0.5, 2.0, -1.0, 1.5], [0.0, 1.0, 0.5, -2.0]]])
DATA = arrays()
DOUT = frozen([[[1.0, -2.0, 0.5, 1.0], [0.5, 1.0, -1.0, 0.0], [2.0, 0.0, 1.0, -0.5]]])
OPTIONS = ({"base": 100.0},)


def even(X: Array, base: float = 10_000.0) -> None:  # noqa: ARG001 - the arguments of forward
    """Raise ValueError where the columns form no pairs."""
    if X.shape[2] % 2:
        msg = f"forward: X has shape {X.shape}; pass an even number of columns: pairs are turned"
        raise ValueError(msg)


@checked(params={"X": "N T D"}, further=even)
def forward(X: Array, base: float = 10_000.0) -> tuple[Array, tuple[Array]]:
    """Return the output and the residuals."""
    frequency = base ** (-np.arange(0, X.shape[2], 2) / X.shape[2])  # (D / 2,)
    angle = np.arange(X.shape[1])[:, np.newaxis] * frequency  # (T, D / 2)
    return turned(X, angle), (angle,)


def backward(dout: Array, angle: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": turned(dout, -angle)}


def turned(X: Array, angle: Array) -> Array:
    """Return each pair of columns turned by its angle."""
    cos, sin = np.cos(angle).astype(X.dtype), np.sin(angle).astype(X.dtype)
    a, b = X[..., 0::2], X[..., 1::2]
    out = np.empty_like(X)
    out[..., 0::2] = a * cos - b * sin
    out[..., 1::2] = a * sin + b * cos
    return out


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
