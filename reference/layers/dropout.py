"""Dropout, inverted: what stays is scaled up, so that nothing has to be done in prediction.

    out = X mask / (1 − rate)     grad_X = dout mask / (1 − rate)

X: any shape; mask: the same, true for what stays, drawn by the caller: the same in both passes. The
derivation: N. Srivastava et al., Dropout: a simple way to prevent neural networks from
overfitting (2014), section 10 for the scale.

The usual mistake: a mask that is drawn anew in the backward pass, or a scale in one pass alone.

>>> main()
out =
[[ 1.   0.   4. ]
 [ 0.   0.5 -1. ]]
X =
[[ 2.  0.  1.]
 [ 0.  6. -2.]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference.checks import checked
from reference.example import arrays, frozen, report, whole

if TYPE_CHECKING:
    import numpy as np

    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
DATA = whole(mask=[[True, False, True], [False, True, True]])
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])
OPTIONS = ({"rate": 0.3},)


def sample(rng: np.random.Generator, shape: tuple[int, ...], **_: Any) -> dict[str, Any]:
    """Return a mask in which about two of three entries stay."""
    return {"mask": rng.integers(3, size=shape) > 0}


def options(rate: float = 0.5, **_: Array) -> None:
    """Raise ValueError for a rate that leaves nothing."""
    if not 0 <= rate < 1:
        msg = f"forward: rate is {rate}; pass a share from 0 to below 1"
        raise ValueError(msg)


@checked(params={"X": "..."}, data={"mask": "..."}, further=options)
def forward(X: Array, mask: Array, rate: float = 0.5) -> tuple[Array, tuple[Array]]:
    """Return the output and the residuals."""
    scaled = mask / X.dtype.type(1 - rate)
    return X * scaled, (scaled,)


def backward(dout: Array, scaled: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": dout * scaled}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
