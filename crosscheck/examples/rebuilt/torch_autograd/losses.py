"""The losses as a PyTorch user writes them: torch.nn.functional."""

import torch
from torch import Tensor
from torch.nn import functional as F


def half_squared_error(X: Tensor, Y: Tensor) -> Tensor:
    return F.mse_loss(X, Y, reduction="sum").div(2)


def mean_squared_error(X: Tensor, Y: Tensor) -> Tensor:
    return F.mse_loss(X, Y)


def mean_absolute_error(X: Tensor, Y: Tensor) -> Tensor:
    return F.l1_loss(X, Y)


def huber(X: Tensor, Y: Tensor, threshold: float = 1.0) -> Tensor:
    return F.huber_loss(X, Y, delta=threshold)


def binary_cross_entropy(Z: Tensor, Y: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(Z, Y)


def softmax_cross_entropy(
    Z: Tensor, labels: Tensor, mask: Tensor, smoothing: float = 0.0
) -> Tensor:
    counted = torch.where(mask, labels, -100)
    return F.cross_entropy(Z, counted, ignore_index=-100, label_smoothing=smoothing)


def one_hot_cross_entropy(Z: Tensor, Y: Tensor) -> Tensor:
    return F.cross_entropy(Z, Y)


def hinge(Z: Tensor, Y: Tensor) -> Tensor:
    return F.relu(1 - Y * Z).mean()


def kl_divergence(Z: Tensor, P: Tensor) -> Tensor:
    return F.kl_div(F.log_softmax(Z, dim=1), P, reduction="batchmean")


def info_nce(X: Tensor, Y: Tensor, temperature: float = 1.0) -> Tensor:
    similarity = F.normalize(X) @ F.normalize(Y).T
    return F.cross_entropy(similarity / temperature, torch.arange(len(X)))


def triplet(A: Tensor, P: Tensor, N: Tensor, margin: float = 1.0) -> Tensor:
    positive, negative = (F.mse_loss(A, other, reduction="none").sum(dim=1) for other in (P, N))
    return F.relu(positive - negative + margin).mean()
