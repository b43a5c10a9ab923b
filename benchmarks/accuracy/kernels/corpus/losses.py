"""Cross-entropy with smoothing and z-loss, fused with its linear layer, and a distillation loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.accuracy.kernels.kernel import COMMON, Kernel

SMOOTH, Z = 0.1, 0.05
CHUNK = 2  # rows of logits at a time


def _hot(xp: Any, labels: Any, like: Any) -> Any:
    return xp.as_like(labels[:, None] == _numbers(xp, labels, like.shape[-1]), like)


def _numbers(xp: Any, labels: Any, count: int) -> Any:
    return xp.constant(np.arange(count), labels)


def cross_entropy(xp: Any, z: Any, labels: Any) -> Any:
    lse = xp.logsumexp(z)
    logp = z - lse
    hot = xp.constant(np.eye(z.shape[-1]), z)[labels]
    losses = -(1 - SMOOTH) * xp.sum(hot * logp, axis=-1) - SMOOTH * xp.mean(logp, axis=-1)
    return xp.mean(losses + Z * lse[:, 0] ** 2)


def _row_losses(xp: Any, z: Any, labels: Any) -> tuple[Any, Any, Any]:
    """Return the loss of each row, its softmax and the logarithm of its sum."""
    lse = xp.logsumexp(z)
    chosen = xp.sum(_hot(xp, labels, z) * z, axis=-1)
    smooth = xp.mean(z, axis=-1)
    loss = lse[:, 0] - (1 - SMOOTH) * chosen - SMOOTH * smooth + Z * lse[:, 0] ** 2
    return loss, xp.exp(z - lse), lse


def _slope(xp: Any, wrong: str, softmax: Any, lse: Any, labels: Any) -> Any:
    """Return the derivative of each row's loss by its logits."""
    smooth = 0.0 if wrong == "smoothing left out" else SMOOTH
    target = (1 - smooth) * _hot(xp, labels, softmax) + smooth / softmax.shape[-1]
    z_loss = 0.0 if wrong == "z-loss left out" else 2 * Z * lse
    return softmax * (1 + z_loss) - target


def cross_entropy_forward(xp: Any, z: Any, labels: Any) -> Any:
    loss, softmax, lse = _row_losses(xp, xp.wide(z), labels)
    return xp.as_like(xp.mean(loss), z), (z, labels, softmax, lse)


def cross_entropy_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    z, labels, softmax, lse = saved
    d = _slope(xp, wrong, softmax, lse, labels)
    d = d if wrong == "mean left out" else d / z.shape[0]
    return [xp.as_like(d if wrong == "upstream ignored" else d * xp.wide(g), z)]


def fused_linear(xp: Any, x: Any, w: Any, labels: Any) -> Any:
    return cross_entropy(xp, x @ w, labels)


def fused_linear_forward(xp: Any, x: Any, w: Any, labels: Any) -> Any:
    """Compute loss and gradients chunk by chunk: no whole matrix of logits lives."""
    losses, parts = [], []
    for first in range(0, x.shape[0], CHUNK):
        rows, chosen = xp.wide(x[first : first + CHUNK]), labels[first : first + CHUNK]
        loss, softmax, lse = _row_losses(xp, rows @ xp.wide(w), chosen)
        losses.append(loss)
        parts += [softmax, lse]
    return xp.as_like(xp.mean(xp.concatenate(losses, 0)), x), (x, w, labels, *parts)


def fused_linear_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    x, w, labels, *parts = saved
    dx, dw = [], 0
    for number, first in enumerate(range(0, x.shape[0], CHUNK)):
        rows, chosen = xp.wide(x[first : first + CHUNK]), labels[first : first + CHUNK]
        softmax, lse = parts[2 * number : 2 * number + 2]
        count = rows.shape[0] if wrong == "mean of a chunk" else x.shape[0]
        d = _slope(xp, wrong, softmax, lse, chosen) / count
        dx.append(d @ xp.wide(w).T)
        dw = rows.T @ d if wrong == "last chunk alone" else dw + rows.T @ d
    up = xp.wide(g)
    return xp.as_like(xp.concatenate(dx, 0) * up, x), xp.as_like(dw * up, w)


def distillation(xp: Any, student: Any, teacher: Any) -> Any:
    """Return the Jensen-Shannon divergence of two softmaxes, a mean over the rows."""
    p, q = (xp.exp(z - xp.logsumexp(z)) for z in (student, teacher))
    m = 0.5 * (p + q)
    both = (xp.sum(each * (xp.log(each) - xp.log(m)), axis=-1) for each in (p, q))
    return xp.mean(0.5 * sum(both))


def distillation_forward(xp: Any, student: Any, teacher: Any) -> Any:
    logs = [xp.wide(z) - xp.logsumexp(xp.wide(z)) for z in (student, teacher)]
    p, q = (xp.exp(log) for log in logs)
    logm = xp.log(0.5 * (p + q))
    rows = sum(xp.sum(each * (log - logm), axis=-1) for each, log in zip((p, q), logs, strict=True))
    return xp.as_like(xp.mean(0.5 * rows), student), (student, *logs, logm)


def distillation_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    student, *logs, logm = saved
    found = []
    for log in logs:
        p, slope = xp.exp(log), 0.5 * (log - logm)
        mean = (
            0
            if wrong == "softmax not differentiated"
            else xp.sum(p * slope, axis=-1, keepdims=True)
        )
        d = p * (slope - mean) / student.shape[0]
        found.append(xp.as_like(d * xp.wide(g) * (2 if wrong == "half left out" else 1), student))
    return found


def _logits(rng: np.random.Generator) -> list[Any]:
    return [2 * rng.standard_normal((4, 8)), rng.integers(0, 8, 4)]


def _linear(rng: np.random.Generator) -> list[Any]:
    return [rng.standard_normal((5, 4)), rng.standard_normal((4, 8)), rng.integers(0, 8, 5)]


def _students(rng: np.random.Generator) -> list[Any]:
    return [*2 * rng.standard_normal((2, 4, 8))]


LOSSES = [
    Kernel(
        "cross_entropy",
        cross_entropy,
        cross_entropy_forward,
        cross_entropy_backward,
        _logits,
        (*COMMON, "smoothing left out", "z-loss left out", "mean left out", "upstream ignored"),
    ),
    Kernel(
        "fused_linear_cross_entropy",
        fused_linear,
        fused_linear_forward,
        fused_linear_backward,
        _linear,
        (*COMMON, "mean of a chunk", "last chunk alone", "z-loss left out"),
    ),
    Kernel(
        "distillation",
        distillation,
        distillation_forward,
        distillation_backward,
        _students,
        (*COMMON, "swapped", "softmax not differentiated", "half left out"),
    ),
]
