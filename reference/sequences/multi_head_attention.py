"""Multi-head self-attention: several attentions side by side, each in its own columns.

    Q, K, V = X·Wq, X·Wk, X·Wv        each head takes A / heads of their A columns
    out = [attention of each head]·Wo + b

    grad_Wo = headsᵀ·dout             dheads = dout·Woᵀ, to the heads column by column
    grad_Wq = Xᵀ·dQ, …                grad_X = dQ·Wqᵀ + dK·Wkᵀ + dV·Wvᵀ

X: (N, T, D), Wq, Wk, Wv: (D, A), Wo: (A, D), b: (D,); out: (N, T, D). The attention is the page
`attention`. The derivation: A. Vaswani et al., Attention is all you need (2017), section 3.2.2.

The usual mistake: X feeds queries, keys and values, and one of the three gradients is left out.

>>> main()
out =
[[[ 1.4561  1.0465 -0.8701]
  [ 0.8506 -1.2432 -0.0707]]]
X =
[[[10.2108 -1.7633 -6.0905]
  [-5.6199  0.3818  5.345 ]]]
Wq =
[[  0.0824  -5.6577]
 [ -0.0467  13.4371]
 [  0.1697 -20.745 ]]
Wk =
[[-0.0083  0.7072]
 [ 0.0417 -3.5361]
 [-0.05    4.2433]]
Wv =
[[ 1.3504  0.425 ]
 [-1.1272  1.8124]
 [ 3.1027 -0.9499]]
Wo =
[[ 1.7313 -1.9615 -0.0725]
 [ 0.4408  2.3554 -1.8027]]
b = [ 1.5 -1.  -0.5]
"""

from __future__ import annotations

from inspect import unwrap
from typing import TYPE_CHECKING, Any

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.sequences import attention

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[1.0, -0.5, 2.0], [0.5, 2.0, -1.0]]],
    Wq=[[0.5, -1.0], [1.0, 0.5], [-0.25, 0.75]],
    Wk=[[0.25, 0.5], [-0.5, 1.0], [0.5, 0.0]],
    Wv=[[1.0, 0.0], [0.5, -0.5], [0.0, 2.0]],
    Wo=[[1.0, 0.5, -0.5], [0.0, -1.0, 0.25]],
    b=[0.1, 0.0, -0.1],
)
DATA = arrays()
DOUT = frozen([[[1.0, -2.0, 0.5], [0.5, 1.0, -1.0]]])
OPTIONS = ({"causal": True}, {"heads": 1}, {"heads": 3, "causal": True})
SHAPES = {"X": "N T D", "Wq": "D A", "Wk": "D A", "Wv": "D A", "Wo": "A D", "b": "D"}


def settings(Wq: Array, heads: int = 2, **_: Any) -> None:
    """Raise ValueError for heads that do not share the columns evenly."""
    if heads < 1 or Wq.shape[1] % heads:
        msg = f"forward: heads is {heads}; pass a divisor of {Wq.shape[1]}, the columns of Wq"
        raise ValueError(msg)


@checked(params=SHAPES, further=settings)
def forward(  # noqa: PLR0913, PLR0917 - the layer as it is
    X: Array,
    Wq: Array,
    Wk: Array,
    Wv: Array,
    Wo: Array,
    b: Array,
    heads: int = 2,
    causal: bool = False,  # noqa: FBT001, FBT002 - an option of the layer
) -> tuple[Array, tuple[Any, ...]]:
    """Return the output and the residuals."""
    Q, K, V = (split(X @ W, heads) for W in (Wq, Wk, Wv))
    each, attended = unwrap(attention.forward)(Q, K, V, causal)
    H = joined(each)  # (N, T, A)
    return H @ Wo + b, (X, Wq, Wk, Wv, Wo, H, attended, heads)


def backward(  # noqa: PLR0913, PLR0917 - dout and the residuals
    dout: Array,
    X: Array,
    Wq: Array,
    Wk: Array,
    Wv: Array,
    Wo: Array,
    H: Array,
    attended: Any,
    heads: int,
) -> Grads:
    """Return the gradients by X and the parameters."""
    inner = attention.backward(split(dout @ Wo.T, heads), *attended)
    dQ, dK, dV = (joined(inner[name]) for name in "QKV")  # (N, T, A) each
    rows = X.reshape(-1, X.shape[2]).T  # (D, N T)
    return {
        "X": dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T,
        **{
            f"W{x}": rows @ d.reshape(-1, d.shape[2])
            for x, d in zip("qkv", (dQ, dK, dV), strict=True)
        },
        "Wo": H.reshape(-1, H.shape[2]).T @ dout.reshape(-1, dout.shape[2]),
        "b": dout.sum(axis=(0, 1)),
    }


def split(X: Array, heads: int) -> Array:
    """Return (N, T, A) as (N, heads, T, A / heads)."""
    return X.reshape(*X.shape[:2], heads, -1).swapaxes(1, 2)


def joined(X: Array) -> Array:
    """Return (N, heads, T, A / heads) as (N, T, A)."""
    return X.swapaxes(1, 2).reshape(len(X), X.shape[2], -1)


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
