"""The models as a PyTorch user writes them: losses, distributions and derivatives by torch."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def logistic_regression(w: Tensor, b: Tensor, X: Tensor, y: Tensor, decay: float = 0.0) -> Tensor:
    fit = F.binary_cross_entropy_with_logits(torch.mv(X, w) + b, y)
    return fit + decay * w.square().sum() / 2


def matrix_factorisation(P: Tensor, Q: Tensor, R: Tensor, M: Tensor, decay: float = 0.0) -> Tensor:
    known = M.bool()
    predicted = torch.einsum("nk,lk->nl", P, Q)
    fit = F.mse_loss(predicted[known], R[known], reduction="sum")
    return (fit + decay * (P.norm() ** 2 + Q.norm() ** 2)) / 2 if decay else fit / 2


def gaussian_mixture(a: Tensor, mu: Tensor, s: Tensor, X: Tensor) -> Tensor:
    widths = s.exp()[:, None].expand_as(mu)
    points = torch.distributions.Independent(torch.distributions.Normal(mu, widths), 1)
    weights = torch.distributions.Categorical(logits=a)
    mixture: Any = torch.distributions.MixtureSameFamily(weights, points)
    loss: Tensor = -mixture.log_prob(X).mean()
    return loss


def crf_forward(E: Tensor, A: Tensor, y: Tensor) -> Tensor:
    score = E.gather(1, y[:, None]).sum() + A[y[:-1], y[1:]].sum()
    alpha = E[0]
    for step in E[1:]:
        alpha = torch.logsumexp(alpha[:, None] + A + step, dim=0)
    return torch.logsumexp(alpha, dim=0) - score


def tsne(Y: Tensor, P: Tensor) -> Tensor:
    apart = ~torch.eye(len(Y), dtype=torch.bool)
    w = (1 + (Y[:, None] - Y[None]).square().sum(-1))[apart].reciprocal()
    p = P[apart]
    return F.kl_div((w / w.sum()).log(), p, reduction="sum")


def physics_loss(w: Tensor, b: Tensor, v: Tensor, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    u = torch.tanh(torch.outer(x, w) + b) @ v
    (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    return (slope + u).square().mean() / 2
