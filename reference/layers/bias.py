"""The bias, by itself: one number for each column, added to every row.

    out = X + b           grad_X = dout,   grad_b = Σ dout over the batch

X: (N, D), b: (D,). The derivation: M. Nielsen, Neural Networks and Deep Learning (2015), chapter 2.

The usual mistake: the mean over the batch in place of the sum; a mean belongs to the loss.

>>> main()
out =
[[ 0.6 -1.2  2.3]
 [ 1.6 -0.2 -0.2]]
X =
[[ 1.   -2.    0.5 ]
 [ 0.25  3.   -1.  ]]
b = [ 1.25  1.   -0.5 ]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]], b=[0.1, -0.2, 0.3])
DATA = arrays()
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])


@checked(params={"X": "N D", "b": "D"})
def forward(X: Array, b: Array) -> tuple[Array, tuple[()]]:
    """Return the output; the gradients need no residuals."""
    return X + b, ()


def backward(dout: Array) -> Grads:
    """Return the gradients by X and b."""
    return {"X": dout, "b": dout.sum(axis=0)}  # (N, D), (D,)


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
