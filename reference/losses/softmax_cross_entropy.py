"""The cross-entropy of a softmax, from labels; with label smoothing s, and a mask of rows.

    p = softmax(Z)        T = (1 − s) [one in the column of the label] + s / C
                          loss = −Σ m T log p / Σ m     the mean over the rows of the mask m
                          grad_Z = m (p − T) / Σ m

Z: (N, C), labels: (N,) integers from 0 to C − 1, mask: (N,), true for the rows that count. The
derivation: C. Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4; smoothing:
C. Szegedy et al., Rethinking the Inception architecture for computer vision (2016), section 7.

The usual mistake: the mean is taken over all N rows, those of the mask and the others.

>>> main()
loss = 0.8508
Z =
[[ 0.0584  0.013  -0.0715]
 [ 0.2454 -0.2786  0.0332]
 [ 0.      0.      0.    ]
 [-0.1321  0.01    0.1221]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report, whole

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(Z=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5], [0.1, 0.2, 0.3], [1.0, -2.0, 0.5]])
DATA = whole(labels=[2, 1, 0, 0], mask=[True, True, False, True])
OPTIONS = ({"smoothing": 0.1},)


def sample(rng: np.random.Generator, N: int, C: int, **_: Any) -> dict[str, Any]:
    """Return random labels, and a mask of at least one row."""
    mask = rng.integers(3, size=N) > 0
    mask[rng.integers(N)] = True
    return {"labels": rng.integers(C, size=N), "mask": mask}


def options(Z: Array, labels: Any, mask: Array, smoothing: float = 0.0) -> None:
    """Raise ValueError for a label without a column, an empty mask, and no share of smoothing."""
    wrong = (labels < 0) | (labels >= Z.shape[1])
    if wrong.any():
        row = int(wrong.argmax())
        msg = f"forward: labels[{row}] is {labels[row]}; pass 0 to {Z.shape[1] - 1}, a column of Z"
        raise ValueError(msg)
    if not mask.any():
        msg = "forward: mask has no row; pass a mask that is true in one row or more"
        raise ValueError(msg)
    if not 0 <= smoothing <= 1:
        msg = f"forward: smoothing is {smoothing}; pass a share from 0 to 1"
        raise ValueError(msg)


@checked(params={"Z": "N C"}, data={"mask": "N"}, labels={"labels": "N"}, further=options)
def forward(
    Z: Array, labels: Any, mask: Array, smoothing: float = 0.0
) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return the loss and the residuals."""
    Z = Z - Z.max(axis=1, keepdims=True)  # the softmax stays, and eᶻ is at most 1
    log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))  # (N, C)
    T = np.full_like(Z, smoothing / Z.shape[1])
    T[np.arange(len(Z)), labels] += 1 - smoothing
    loss = np.asarray(-(mask * (T * log_p).sum(axis=1)).sum() / mask.sum())  # ()
    return loss, (log_p, T, mask)


def backward(log_p: Array, T: Array, mask: Array) -> Grads:
    """Return d loss / d Z."""
    weight = mask / mask.sum()  # (N,)
    return {"Z": weight[:, np.newaxis] * (np.exp(log_p) - T)}  # (N, C)


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
