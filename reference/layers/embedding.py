"""The embedding: a row of a table for each index.

    out[i] = W[indices[i]]        grad_W[v] = Σ dout[i] over all i with indices[i] = v

W: (V, D), indices: (N,) integers from 0 to V − 1, out: (N, D). The derivation: Y. Bengio,
R. Ducharme, P. Vincent and C. Jauvin, A neural probabilistic language model (2003).

The usual mistake: grad_W[indices] += dout adds once where an index stands twice; np.add.at adds
each.

>>> main()
out =
[[ 0.25  0.75]
 [ 0.5  -1.  ]
 [ 0.25  0.75]
 [ 0.25  0.75]]
W =
[[ 0.5   0.25]
 [ 0.    0.  ]
 [ 4.1  -2.8 ]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report, whole

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(W=[[0.5, -1.0], [1.5, 0.0], [0.25, 0.75]])
DATA = whole(indices=[2, 0, 2, 2])
DOUT = frozen([[1.0, -2.0], [0.5, 0.25], [3.0, -1.0], [0.1, 0.2]])


def sample(rng: np.random.Generator, N: int, V: int, **_: Any) -> dict[str, Any]:
    """Return random indices; the last is that of the first, for a row may be taken twice."""
    indices = rng.integers(V, size=N)
    indices[-1] = indices[0]
    return {"indices": indices}


def options(W: Array, indices: Any) -> None:
    """Raise ValueError for an index without a row."""
    wrong = (indices < 0) | (indices >= len(W))
    if wrong.any():
        at = int(wrong.argmax())
        msg = f"forward: indices[{at}] is {indices[at]}; pass 0 to {len(W) - 1}, a row of W"
        raise ValueError(msg)


@checked(params={"W": "V D"}, labels={"indices": "N"}, further=options)
def forward(W: Array, indices: Any) -> tuple[Array, tuple[Any, int]]:
    """Return the output and the residuals."""
    return W[indices], (indices, len(W))


def backward(dout: Array, indices: Any, V: int) -> Grads:
    """Return the gradient by W."""
    grad_W = np.zeros((V, dout.shape[1]), dout.dtype)
    np.add.at(grad_W, indices, dout)  # a row that was taken twice gets both
    return {"W": grad_W}  # (V, D)


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
