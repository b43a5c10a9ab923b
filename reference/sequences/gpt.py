"""A small GPT: tokens in, the cross-entropy of the next token out, and every gradient by hand.

    X(0) = E[tokens] + P[positions]            X(l) = block l of X(l − 1)       l = 1, …, L
    Z = norm(X(L))·Eᵀ                          loss = cross-entropy of softmax(Z) at the targets

    grad_E = dZᵀ·norm(X(L))                    from the output, and from the input: the sum of
             + Σ dX(0)[n, t] in row tokens[n, t]   dX(0) over all places of a token
    grad_P[t] = Σ dX(0)[n, t] over the batch   the page `learned_positions`

tokens and targets: (N, T) integers below V; E: (V, D), one table for input and output; P: (M, D),
M ≥ T; gamma, beta: (D,) of the last norm. The parameters of the blocks stand in one array each,
with the layers along its first axis: Wq is (L, D, A).
A block is the page `transformer_block`, the loss
`softmax_cross_entropy`. The source: A. Radford et al., Language models are unsupervised multitask
learners (2019), section 2.3; the shared table: O. Press and L. Wolf, Using the output embedding to
improve language models (2017).

The usual mistake: E is used twice, and gets one of its two gradients.

>>> main()
loss = 1.7994
E =
[[-0.0608 -0.1329  0.1323  0.1866 -0.0884 -0.0367]
 [ 0.2869 -0.0577  0.0937 -0.2609  0.1766 -0.2386]
 [-0.0908  0.1726 -0.137  -0.0646  0.0108  0.109 ]
 [-0.2115 -0.178   0.0385  0.1592 -0.0531  0.245 ]
 [ 0.0496  0.0579 -0.1154 -0.0002  0.1089 -0.1008]]
gamma = [ 0.097  -0.011   0.0263  0.1161  0.001  -0.0014]
"""

from __future__ import annotations

from inspect import unwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import frozen, report, whole
from reference.losses import softmax_cross_entropy
from reference.sequences import learned_positions, multi_head_attention, transformer_block
from reference.sequences.transformer_block import norm, norm_backward, rows

if TYPE_CHECKING:
    from reference.example import Array, Grads

SHAPES = {
    "E": "V D",
    "P": "M D",
    **{name: f"L {shape}" for name, shape in transformer_block.SHAPES.items()},
    "gamma": "D",
    "beta": "D",
}
SIZE = {"V": 5, "M": 4, "D": 6, "A": 4, "F": 8, "L": 2}  # of the page's own numbers


def initial(rng: np.random.Generator, size: dict[str, int]) -> dict[str, Array]:
    """Return parameters for the start of a training: small, and the norms at 1 and 0."""
    params: dict[str, Array] = {}
    for name, shape in SHAPES.items():
        lengths = [size[letter] for letter in shape.split()]
        if name.startswith("gamma"):
            params[name] = np.ones(lengths)
        else:
            params[name] = 0.2 * rng.standard_normal(lengths) * (not name.startswith("b"))
    return params


PARAMS = {name: frozen(array) for name, array in initial(np.random.default_rng(0), SIZE).items()}
DATA = whole(tokens=[[0, 1, 2], [3, 1, 4]], targets=[[1, 2, 3], [1, 4, 0]])
OPTIONS = ({"heads": 1},)


def sample(rng: np.random.Generator, **lengths: Any) -> dict[str, Any]:
    """Return random tokens, targets and parameters, of three layers at most."""
    lengths["L"] = min(lengths["L"], 3)
    tokens, targets = rng.integers(lengths["V"], size=(2, lengths["N"], lengths["T"]))
    params = transformer_block.sample(rng, SHAPES, **lengths)
    return {"tokens": tokens, "targets": targets, **params}


def settings(tokens: Any, targets: Any, heads: int = 2, **params: Array) -> None:
    """Raise ValueError for tokens without a row, too few positions, and uneven heads."""
    for name, labels in (("tokens", tokens), ("targets", targets)):
        if labels.min() < 0 or labels.max() >= len(params["E"]):
            msg = f"forward: {name} are {labels}; pass 0 to {len(params['E']) - 1}, rows of E"
            raise ValueError(msg)
    if len(params["P"]) < tokens.shape[1]:
        msg = f"forward: P has {len(params['P'])} rows; pass {tokens.shape[1]} or more, one a token"
        raise ValueError(msg)
    multi_head_attention.settings(params["Wq"][0], heads)


@checked(params=SHAPES, labels={"tokens": "N T", "targets": "N T"}, further=settings)
def forward(
    tokens: Any, targets: Any, heads: int = 2, **params: Array
) -> tuple[Array, tuple[Any, ...]]:
    """Return the loss and the residuals."""
    E = params["E"]
    X, positions = unwrap(learned_positions.forward)(E[tokens], params["P"])
    blocks = []
    for layer in range(len(params["Wq"])):
        own = {name: params[name][layer] for name in transformer_block.SHAPES}
        X, residuals = unwrap(transformer_block.forward)(X, heads=heads, **own)
        blocks.append(residuals)
    H, last = norm(X, params["gamma"], params["beta"])
    H = rows(H)  # (N T, D)
    every = np.ones(len(H), H.dtype)
    loss, outcome = unwrap(softmax_cross_entropy.forward)(H @ E.T, targets.ravel(), every)
    return loss, (tokens, positions, blocks, last, H, outcome, E)


def backward(  # noqa: PLR0913, PLR0917 - the residuals
    tokens: Any, positions: Any, blocks: list[Any], last: Any, H: Array, outcome: Any, E: Array
) -> Grads:
    """Return the gradients by all parameters."""
    dZ = softmax_cross_entropy.backward(*outcome)["Z"]  # (N T, V)
    grad_E = dZ.T @ H
    dX, grad_gamma, grad_beta = norm_backward((dZ @ E).reshape(*tokens.shape, -1), last)
    layers: list[Grads] = []
    for residuals in reversed(blocks):
        grads = transformer_block.backward(dX, *residuals)
        dX = grads.pop("X")
        layers.insert(0, grads)
    below = learned_positions.backward(dX, *positions)
    np.add.at(grad_E, tokens, below["X"])  # a token that occurs twice is added twice
    return {
        "E": grad_E,
        "P": below["P"],
        **{name: np.stack([layer[name] for layer in layers]) for name in transformer_block.SHAPES},
        "gamma": grad_gamma,
        "beta": grad_beta,
    }


def main() -> None:
    """Print the loss and two of the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    grads = backward(*residuals)
    report(loss=loss, E=grads["E"], gamma=grads["gamma"])


if __name__ == "__main__":
    main()
