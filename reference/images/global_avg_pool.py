"""Global average pooling: one number a channel, the mean of its image.

    out = Σ X / (H W)    over height and width
    grad_X = dout / (H W)    at every place

X: (N, C, H, W), out and dout: (N, C). The derivation: M. Lin, Q. Chen and S. Yan, Network in
network (2014), section 3.2.

The usual mistake: dout is handed on undivided, H W times too large.

>>> main()
out = [[0.5833 1.    ]]
X =
[[[[ 0.5   0.5   0.5 ]
   [ 0.5   0.5   0.5 ]]
<BLANKLINE>
  [[-0.25 -0.25 -0.25]
   [-0.25 -0.25 -0.25]]]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[[[1.0, 2.0, 0.0], [0.5, -1.0, 1.0]], [[2.0, 0.0, -0.5], [1.5, 3.0, 0.0]]]])
DATA = arrays()
DOUT = frozen([[3.0, -1.5]])


@checked(params={"X": "N C H W"})
def forward(X: Array) -> tuple[Array, tuple[tuple[int, ...]]]:
    """Return the output and the residuals."""
    out = X.mean(axis=(2, 3))  # (N, C)
    return out, (X.shape,)


def backward(dout: Array, shape: tuple[int, ...]) -> Grads:
    """Return the gradient by X."""
    share = dout / (shape[2] * shape[3])
    return {"X": np.broadcast_to(share[:, :, np.newaxis, np.newaxis], shape).copy()}


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
