"""A transformer block, pre-norm: attention, then two layers at each position, both added to X.

    Y = X + attention(norm₁(X))       the page `multi_head_attention`; norm: `layer_norm`
    out = Y + relu(norm₂(Y)·W1 + b1)·W2 + b2

    through a sum X + f(X):   grad_X = dout + what comes back through f

X: (N, T, D), γ and β: (D,), Wq, Wk, Wv: (D, A), Wo: (A, D), W1: (D, F), W2: (F, D). The derivation:
R. Xiong et al., On layer normalization in the transformer architecture (2020), section 3.

The usual mistake: the gradient of a sum goes through f alone, and the direct path is forgotten.

>>> main()
out =
[[[2.3014 2.4487 3.676 ]
  [3.0166 1.8251 3.2829]]]
X =
[[[ 7.1615 -0.886  -6.7756]
  [ 2.2178 -0.18   -1.5378]]]
W2 =
[[ 0.2433  0.4866 -0.4866]
 [ 0.      0.      0.    ]
 [ 1.0164 -2.0328  0.5082]
 [ 2.3258 -0.6031 -1.3674]]
b2 = [ 1.5 -1.  -0.5]
W1 =
[[ 0.9152  0.      1.083  -2.8311]
 [ 2.3752  0.     -3.1891  2.2524]
 [-0.8639  0.      0.0683  0.9275]]
b1 = [ 1.25  0.   -1.25  0.5 ]
gamma2 = [-0.9341  0.1645 -2.5823]
beta2 = [ 2.     -0.0625 -1.125 ]
Wq =
[[ 0.      0.    ]
 [ 0.0978 -0.2367]
 [ 0.1406 -0.3405]]
Wk =
[[-0.02    0.0514]
 [ 0.1552 -0.3994]
 [ 0.2904 -0.7474]]
Wv =
[[ 1.2563 -0.2703]
 [-3.3233  0.6807]
 [-9.0089  1.8891]]
Wo =
[[-0.2107 -0.024   0.3653]
 [-8.3849 -0.7499 10.7512]]
b = [ 5.7311  0.4497 -6.1807]
gamma1 = [ 1.277  -6.0975 -2.7781]
beta1 = [ 9.4472  5.4917 -4.2732]
"""

from __future__ import annotations

from inspect import unwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.layers import layer_norm
from reference.sequences import multi_head_attention
from reference.sequences.multi_head_attention import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[1.0, -0.5, 2.0], [0.5, 2.0, -1.0]]],
    gamma1=[1.0, 0.5, -1.0],
    beta1=[0.0, 0.1, -0.2],
    Wq=[[0.5, -1.0], [1.0, 0.5], [-0.25, 0.75]],
    Wk=[[0.25, 0.5], [-0.5, 1.0], [0.5, 0.0]],
    Wv=[[1.0, 0.0], [0.5, -0.5], [0.0, 2.0]],
    Wo=[[1.0, 0.5, -0.5], [0.0, -1.0, 0.25]],
    b=[0.1, 0.0, -0.1],
    gamma2=[1.0, 2.0, 0.5],
    beta2=[0.3, 0.0, 0.0],
    W1=[[1.0, 0.5, -0.5, 0.25], [0.0, -1.0, 0.25, 0.5], [0.5, 0.5, 1.0, -1.0]],
    b1=[0.1, -0.1, 0.0, 0.2],
    W2=[[0.5, 1.0, 0.0], [-1.0, 0.5, 0.25], [0.0, 0.5, -0.5], [1.0, 0.0, 2.0]],
    b2=[0.0, 0.1, 0.2],
)
DATA = arrays()
DOUT = frozen([[[1.0, -2.0, 0.5], [0.5, 1.0, -1.0]]])
OPTIONS = ({"heads": 3},)
SHAPES = {
    "gamma1": "D",
    "beta1": "D",
    "Wq": "D A",
    "Wk": "D A",
    "Wv": "D A",
    "Wo": "A D",
    "b": "D",
    "gamma2": "D",
    "beta2": "D",
    "W1": "D F",
    "b1": "F",
    "W2": "F D",
    "b2": "D",
}
ATTENTION = ("Wq", "Wk", "Wv", "Wo", "b")


def sample(
    rng: np.random.Generator, shapes: Mapping[str, str] | None = None, **lengths: Any
) -> dict[str, Array]:
    """Return random inputs of three columns or more: of two, a norm leaves the signs alone."""
    size = {**lengths, "D": lengths["D"] + 2}
    return {
        name: rng.standard_normal([size[letter] for letter in letters.split()])
        for name, letters in (shapes or {"X": "N T D", **SHAPES}).items()
    }


@checked(params={"X": "N T D", **SHAPES}, further=settings)
def forward(
    X: Array,
    heads: int = 2,
    causal: bool = True,  # noqa: FBT001, FBT002 - an option of the layer
    **params: Array,
) -> tuple[Array, tuple[Any, ...]]:
    """Return the output and the residuals."""
    A, norm1 = norm(X, params["gamma1"], params["beta1"])
    weights = {name: params[name] for name in ATTENTION}
    attended, attention = unwrap(multi_head_attention.forward)(
        A, **weights, heads=heads, causal=causal
    )
    Y = X + attended
    B, norm2 = norm(Y, params["gamma2"], params["beta2"])
    hidden = np.maximum(0, B @ params["W1"] + params["b1"])  # (N, T, F)
    out = Y + hidden @ params["W2"] + params["b2"]
    return out, (norm1, attention, norm2, B, hidden, params["W1"], params["W2"])


def backward(  # noqa: PLR0913, PLR0917 - dout and the residuals
    dout: Array,
    norm1: Any,
    attention: Any,
    norm2: Any,
    B: Array,
    hidden: Array,
    W1: Array,
    W2: Array,
) -> Grads:
    """Return the gradients by X and the parameters."""
    grads = {"W2": rows(hidden).T @ rows(dout), "b2": dout.sum(axis=(0, 1))}
    delta = dout @ W2.T  # (N, T, F)
    delta *= hidden > 0
    grads |= {"W1": rows(B).T @ rows(delta), "b1": delta.sum(axis=(0, 1))}
    through, grads["gamma2"], grads["beta2"] = norm_backward(delta @ W1.T, norm2)
    dY = dout + through
    inner = multi_head_attention.backward(dY, *attention)
    grads |= {name: inner[name] for name in ATTENTION}
    through, grads["gamma1"], grads["beta1"] = norm_backward(inner["X"], norm1)
    return {"X": dY + through, **grads}


def norm(X: Array, gamma: Array, beta: Array) -> tuple[Array, Any]:
    """Return the layer norm of each position, and its residuals."""
    out, residuals = unwrap(layer_norm.forward)(rows(X), gamma, beta)
    return out.reshape(X.shape), residuals


def norm_backward(dout: Array, residuals: Any) -> tuple[Array, Array, Array]:
    """Return the gradients of a norm by X, γ and β."""
    grads = layer_norm.backward(rows(dout), *residuals)
    return grads["X"].reshape(dout.shape), grads["gamma"], grads["beta"]


def rows(X: Array) -> Array:
    """Return (N, T, D) as (N T, D)."""
    return X.reshape(-1, X.shape[-1])


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
