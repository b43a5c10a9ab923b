"""The sequence layers as a PyTorch user writes them: torch and torch.nn.functional."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

# What torch.rnn_tanh, torch.lstm and torch.gru take last: biases, layers, dropout, training,
# directions, and whether the batch comes first.
ONE_WAY = (True, 1, 0.0, True, False, True)
BOTH_WAYS = (True, 1, 0.0, True, True, True)


def rnn(X: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> Tensor:
    weights = [Wx.T, Wh.T, b, torch.zeros_like(b)]
    out, _ = torch.rnn_tanh(X, h0[None], weights, *ONE_WAY)
    return out


def rnn_truncated(
    X: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor, length: int = 2
) -> Tensor:
    states, h = [], h0
    for t, x in enumerate(X.unbind(dim=1)):
        carried = h.detach() if t and t % length == 0 else h
        h = torch.rnn_tanh_cell(x, carried, Wx.T, Wh.T, b, torch.zeros_like(b))
        states.append(h)
    return torch.stack(states, dim=1)


def lstm(
    X: Tensor, h0: Tensor, c0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    weights = [Wx.T, Wh.T, b, torch.zeros_like(b)]
    out, _, c = torch.lstm(X, (h0[None], c0[None]), weights, *ONE_WAY)
    return out, c[0]


def gru(X: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> Tensor:
    out, _ = torch.gru(X, h0[None], [Wx.T, Wh.T, bx, bh], *ONE_WAY)
    return out


def bidirectional(
    X: Tensor, V: Tensor, U: Tensor, b: Tensor, Vr: Tensor, Ur: Tensor, br: Tensor
) -> Tensor:
    none = torch.zeros_like(b)
    start = X.new_zeros(2, len(X), len(b))
    weights = [V.T, U.T, b, none, Vr.T, Ur.T, br, none]
    out, _ = torch.rnn_tanh(X, start, weights, *BOTH_WAYS)
    return out


def attention(Q: Tensor, K: Tensor, V: Tensor, causal: bool = False) -> Tensor:
    return F.scaled_dot_product_attention(Q, K, V, is_causal=causal)


def multi_head_attention(
    X: Tensor,
    Wq: Tensor,
    Wk: Tensor,
    Wv: Tensor,
    Wo: Tensor,
    b: Tensor,
    heads: int = 2,
    causal: bool = False,
) -> Tensor:
    Q, K, V = (F.linear(X, W.T).view(*X.shape[:2], heads, -1).transpose(1, 2) for W in (Wq, Wk, Wv))
    each = F.scaled_dot_product_attention(Q, K, V, is_causal=causal)
    return F.linear(each.transpose(1, 2).flatten(start_dim=2), Wo.T, b)


def sinusoidal_positions(X: Tensor, base: float = 10_000.0) -> Tensor:
    _, steps, width = X.shape
    t = torch.arange(steps, dtype=torch.float64)
    powers = torch.arange(0, width, 2, dtype=torch.float64) / width
    angle = torch.outer(t, base**-powers)
    pairs = torch.stack([angle.sin(), angle.cos()], dim=2).flatten(start_dim=1)
    return X + pairs[:, :width].to(X.dtype)


def learned_positions(X: Tensor, P: Tensor) -> Tensor:
    return X + F.embedding(torch.arange(X.shape[1]), P)


def rope(X: Tensor, base: float = 10_000.0) -> Tensor:
    _, steps, width = X.shape
    powers = torch.arange(0, width, 2, dtype=torch.float64) / width
    angle = torch.outer(torch.arange(steps, dtype=torch.float64), base**-powers)
    pairs = torch.view_as_complex(X.reshape(*X.shape[:2], -1, 2))
    turned = pairs * torch.polar(torch.ones_like(angle), angle).to(pairs.dtype)
    return torch.view_as_real(turned).flatten(start_dim=2)


def transformer_block(X: Tensor, heads: int = 2, causal: bool = True, **p: Tensor) -> Tensor:
    width = X.shape[-1:]
    normed = F.layer_norm(X, width, p["gamma1"], p["beta1"])
    X = X + multi_head_attention(normed, p["Wq"], p["Wk"], p["Wv"], p["Wo"], p["b"], heads, causal)
    normed = F.layer_norm(X, width, p["gamma2"], p["beta2"])
    return X + F.linear(F.relu(F.linear(normed, p["W1"].T, p["b1"])), p["W2"].T, p["b2"])


def gpt(tokens: Tensor, targets: Tensor, heads: int = 2, **p: Any) -> Tensor:
    stacked = {name: array for name, array in p.items() if name not in {"E", "P", "gamma", "beta"}}
    X = learned_positions(F.embedding(tokens, p["E"]), p["P"])
    for layer in range(len(p["Wq"])):
        X = transformer_block(X, heads, **{name: array[layer] for name, array in stacked.items()})
    logits = F.linear(F.layer_norm(X, X.shape[-1:], p["gamma"], p["beta"]), p["E"])
    return F.cross_entropy(logits.transpose(1, 2), targets)
