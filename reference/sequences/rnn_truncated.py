"""Truncated backpropagation through time: the state goes on, its gradient stops every k steps.

    h(t) as in `rnn`, over all T steps
    the sequence in pieces of k steps: a piece starts from the last state of the one before, which
    counts as a given number; the gradients by Wx, Wh and b are the sums over the pieces

X: (N, T, D), h0: (N, H), Wx: (D, H), Wh: (H, H), b: (H,); out: (N, T, H). k is `length`; the last
piece may be shorter. It is not the gradient of the loss, but of a loss in which the states between
two pieces are constants. The derivation: R. Williams and J. Peng, An efficient gradient-based
algorithm for on-line training of recurrent network trajectories (1990).

The usual mistake: the pieces start from h0, or from zero, each: then the forward is truncated, too.

>>> main()
out =
[[[ 0.2636 -0.8996  0.3364]
  [ 0.9929 -0.0017 -0.8989]
  [ 0.1656  0.932  -0.7372]]]
X =
[[[ 0.3162  1.1999]
  [ 0.5035 -0.2429]
  [-0.1488 -0.0968]]]
h0 = [[ 0.5726 -0.6799 -0.0024]]
Wx =
[[ 0.8908 -0.5515 -1.1205]
 [-0.4295 -0.915   0.4461]]
Wh =
[[ 0.0906  0.1254  0.387 ]
 [-0.1838  0.4571  0.132 ]
 [ 0.2686 -0.4161 -0.6096]]
b = [ 0.8943 -0.2756 -0.2073]
"""

from __future__ import annotations

from inspect import unwrap
from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.sequences import rnn

if TYPE_CHECKING:
    from typing import Any

    from reference.example import Array, Grads

PARAMS = arrays(**rnn.PARAMS)
DATA = arrays()
DOUT = frozen(rnn.DOUT)
OPTIONS = ({"length": 1}, {"length": 3})


def settings(length: int = 2, **_: Array) -> None:
    """Raise ValueError for pieces of no step."""
    if length < 1:
        msg = f"forward: length is {length}; pass the steps of a piece, 1 or more"
        raise ValueError(msg)


@checked(params=rnn.forward.shapes, further=settings)  # type: ignore[attr-defined]
def forward(  # noqa: PLR0913, PLR0917 - the network and its setting
    X: Array, h0: Array, Wx: Array, Wh: Array, b: Array, length: int = 2
) -> tuple[Array, tuple[list[Any]]]:
    """Return the states and the residuals: those of each piece."""
    outs, pieces, h = [], [], h0
    for t in range(0, X.shape[1], length):
        out, residuals = unwrap(rnn.forward)(X[:, t : t + length], h, Wx, Wh, b)
        outs.append(out)
        pieces.append(residuals)
        h = out[:, -1]
    return np.concatenate(outs, axis=1), (pieces,)


def backward(dout: Array, pieces: list[Any]) -> Grads:
    """Return the gradients by X, h0, Wx, Wh and b."""
    starts = np.cumsum([X.shape[1] for X, *_ in pieces])[:-1]
    grads = [
        rnn.backward(part, *residuals)
        for part, residuals in zip(np.split(dout, starts, axis=1), pieces, strict=True)
    ]
    shared = {name: np.sum([grad[name] for grad in grads], axis=0) for name in ("Wx", "Wh", "b")}
    grad_X = np.concatenate([grad["X"] for grad in grads], axis=1)
    return {"X": grad_X, "h0": grads[0]["h0"], **shared}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
