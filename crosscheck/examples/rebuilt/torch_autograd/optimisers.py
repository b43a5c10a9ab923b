"""The optimisers as a PyTorch user calls them: torch.optim."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop, lr_scheduler


def _steps(
    w: Tensor, G: Tensor, optimiser: Callable[[list[Tensor]], Optimizer]
) -> dict[str, Tensor]:
    w = torch.nn.Parameter(w.detach().clone())
    stepping, found = optimiser([w]), []
    for g in G:
        w.grad = g
        stepping.step()
        found.append(w.detach().clone())
    return {"w": torch.stack(found)}


def sgd_step(w: Tensor, G: Tensor, rate: float = 0.1, decay: float = 0.0) -> dict[str, Tensor]:
    return _steps(w, G, lambda ps: SGD(ps, lr=rate, weight_decay=decay))


def momentum(w: Tensor, G: Tensor, rate: float = 0.1, mu: float = 0.9) -> dict[str, Tensor]:
    return _steps(w, G, lambda ps: SGD(ps, lr=rate, momentum=mu))


def nesterov(w: Tensor, G: Tensor, rate: float = 0.1, mu: float = 0.9) -> dict[str, Tensor]:
    return _steps(w, G, lambda ps: SGD(ps, lr=rate, momentum=mu, nesterov=True))


def adagrad(w: Tensor, G: Tensor, rate: float = 0.1, eps: float = 1e-10) -> dict[str, Tensor]:
    return _steps(w, G, lambda ps: Adagrad(ps, lr=rate, eps=eps))


def rmsprop(
    w: Tensor, G: Tensor, rate: float = 0.01, rho: float = 0.99, eps: float = 1e-8
) -> dict[str, Tensor]:
    return _steps(w, G, lambda ps: RMSprop(ps, lr=rate, alpha=rho, eps=eps))


def adam(
    w: Tensor,
    G: Tensor,
    rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> dict[str, Tensor]:
    return _steps(w, G, lambda ps: Adam(ps, lr=rate, betas=(beta1, beta2), eps=eps))


def adamw(
    w: Tensor,
    G: Tensor,
    rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    decay: float = 0.01,
) -> dict[str, Tensor]:
    betas = beta1, beta2
    return _steps(w, G, lambda ps: AdamW(ps, lr=rate, betas=betas, eps=eps, weight_decay=decay))


def clip_by_norm(
    w: Tensor, b: Tensor, G: Tensor, F: Tensor, rate: float = 0.1, bound: float = 1.0
) -> dict[str, Tensor]:
    both = [torch.nn.Parameter(p.detach().clone()) for p in (w, b)]
    stepping = SGD(both, lr=rate)
    found: list[list[Tensor]] = [[], []]
    for grads in zip(G, F, strict=True):
        # clip_grad_norm_ divides by norm + 1e-6.
        factor = (bound / get_total_norm(grads)).clamp(max=1.0)
        for p, g in zip(both, grads, strict=True):
            p.grad = factor * g
        stepping.step()
        for p, steps in zip(both, found, strict=True):
            steps.append(p.detach().clone())
    return {"w": torch.stack(found[0]), "b": torch.stack(found[1])}


def schedules(
    w: Tensor,
    G: Tensor,
    rate: float = 0.1,
    schedule: str = "constant",
    gamma: float = 0.5,
    every: int = 1,
) -> dict[str, Tensor]:
    w = torch.nn.Parameter(w.detach().clone())
    stepping = SGD([w], lr=rate)
    plans: dict[str, Callable[[], Any]] = {
        "constant": lambda: lr_scheduler.ConstantLR(stepping, factor=1.0),
        "step": lambda: lr_scheduler.StepLR(stepping, every, gamma),
        "exponential": lambda: lr_scheduler.ExponentialLR(stepping, gamma),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(stepping, len(G)),
        "warm-up": lambda: lr_scheduler.LinearLR(stepping, 1 / every, total_iters=every - 1),
    }
    plan = plans[schedule]()
    found = []
    for g in G:
        w.grad = g
        stepping.step()
        plan.step()
        found.append(w.detach().clone())
    return {"w": torch.stack(found)}
