"""The layers as a PyTorch user writes them: torch.nn.functional."""

import torch
from torch import Tensor
from torch.nn import functional as F


def affine(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return F.linear(X, W.T, b)


def bias(X: Tensor, b: Tensor) -> Tensor:
    return torch.add(X, b)


def embedding(W: Tensor, indices: Tensor) -> Tensor:
    return F.embedding(indices, W)


def dropout(X: Tensor, mask: Tensor, rate: float = 0.5) -> Tensor:
    return X.masked_fill(~mask, 0).div(1 - rate)


def batch_norm(
    X: Tensor,
    gamma: Tensor,
    beta: Tensor,
    mean: Tensor,
    variance: Tensor,
    mode: str = "train",
    epsilon: float = 1e-5,
) -> Tensor:
    training = mode == "train"
    running = (mean.clone(), variance.clone())  # PyTorch moves them in place
    return F.batch_norm(X, *running, gamma, beta, training=training, eps=epsilon)


def layer_norm(X: Tensor, gamma: Tensor, beta: Tensor, epsilon: float = 1e-5) -> Tensor:
    return F.layer_norm(X, gamma.shape, gamma, beta, epsilon)


def group_norm(
    X: Tensor, gamma: Tensor, beta: Tensor, groups: int = 2, epsilon: float = 1e-5
) -> Tensor:
    return F.group_norm(X, groups, gamma, beta, epsilon)


def rms_norm(X: Tensor, gamma: Tensor, epsilon: float = 1e-5) -> Tensor:
    return F.rms_norm(X, gamma.shape, gamma, epsilon)


def weight_decay(W: Tensor, rate: float = 0.01) -> Tensor:
    return W.square().sum().mul(rate).div(2)


def residual(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return F.linear(X, W.T, b).relu().add(X)
