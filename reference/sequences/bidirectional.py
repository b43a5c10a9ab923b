"""A bidirectional network: one reads the sequence as it is, the other from its end.

    out(t) = [h(t) k(t)]            h: `rnn` over x(1), …, x(T)       with V, U, b
                                    k: `rnn` over x(T), …, x(1)       with Vr, Ur, br
    the first half of dout goes to h, the second, reversed in time, to k
    grad_X = what h says + what k says, reversed in time again

X: (N, T, D), V and Vr: (D, H), U and Ur: (H, H), b and br: (H,); out: (N, T, 2 H). Both start at
zero. The derivation: M. Schuster and K. Paliwal, Bidirectional recurrent neural networks (1997).

The usual mistake: the gradient of the reversed half is not turned back before it is added.

>>> main()
out =
[[[-0.3799  0.05    0.9726  0.7715]
  [ 0.9835 -0.4366 -0.8798  0.9879]]]
X =
[[[ 0.9717  1.5816 -0.3588]
  [ 0.4639 -0.2014 -0.2489]]]
V =
[[ 0.8362 -0.3687]
 [-0.3813 -0.7262]
 [ 1.6397  0.072 ]]
U =
[[-0.0062  0.1538]
 [ 0.0008 -0.0202]]
b = [ 0.8444 -0.5711]
Vr =
[[ 0.0046  0.8314]
 [ 0.262  -0.3182]
 [-0.2257  1.576 ]]
Ur =
[[ 0.0476 -0.7124]
 [-0.0535  0.7999]]
br = [0.0633 0.853 ]
"""

from __future__ import annotations

from inspect import unwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.sequences import rnn

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[1.0, -0.5, 2.0], [0.5, 2.0, -1.0]]],
    V=[[0.5, -1.0], [1.0, 0.5], [-0.25, 0.75]],
    U=[[0.5, 0.1], [-0.3, 0.4]],
    b=[0.1, -0.2],
    Vr=[[0.25, 0.5], [-0.5, 1.0], [0.5, 0.0]],
    Ur=[[-0.5, 0.3], [0.2, 1.0]],
    br=[0.0, 0.3],
)
DATA = arrays()
DOUT = frozen([[[1.0, 0.0, -1.0, 2.0], [0.5, -0.5, 0.25, 1.0]]])


@checked(
    params={"X": "N T D", "V": "D H", "U": "H H", "b": "H", "Vr": "D H", "Ur": "H H", "br": "H"}
)
def forward(  # noqa: PLR0913, PLR0917 - the network as it is
    X: Array, V: Array, U: Array, b: Array, Vr: Array, Ur: Array, br: Array
) -> tuple[Array, tuple[Any, Any]]:
    """Return the states of both and the residuals."""
    start = np.zeros((len(X), len(b)), X.dtype)
    h, ahead = unwrap(rnn.forward)(X, start, V, U, b)
    k, back = unwrap(rnn.forward)(X[:, ::-1], start, Vr, Ur, br)
    return np.concatenate([h, k[:, ::-1]], axis=2), (ahead, back)


def backward(dout: Array, ahead: Any, back: Any) -> Grads:
    """Return the gradients by X and by the parameters of both."""
    dh, dk = np.split(dout, 2, axis=2)
    one, other = rnn.backward(dh, *ahead), rnn.backward(dk[:, ::-1], *back)
    return {
        "X": one["X"] + other["X"][:, ::-1],
        "V": one["Wx"],
        "U": one["Wh"],
        "b": one["b"],
        "Vr": other["Wx"],
        "Ur": other["Wh"],
        "br": other["b"],
    }


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
