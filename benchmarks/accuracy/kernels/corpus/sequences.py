"""A linear recurrence, and a causal convolution of each channel: parts of state space models."""

from __future__ import annotations

from typing import Any

from benchmarks.accuracy.kernels.kernel import COMMON, Kernel


def scan(xp: Any, a: Any, b: Any) -> Any:
    """Return every state of h = a·h + b; time is the first axis."""
    gates = xp.sigmoid(a)
    states = [b[0]]
    for t in range(1, b.shape[0]):
        states.append(gates[t] * states[-1] + b[t])
    return xp.stack(states)


def scan_forward(xp: Any, a: Any, b: Any) -> Any:
    states = scan(xp, xp.wide(a), xp.wide(b))
    return xp.as_like(states, a), (a, b, states)


def scan_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    a, b, states = saved
    gates, g = xp.sigmoid(xp.wide(a)), xp.wide(g)
    carried = 0 * g[0]
    da, db = [], []
    for t in reversed(range(b.shape[0])):
        total = g[t] + carried
        before = states[t - 1] if t else 0 * g[0]
        if wrong == "state of now":
            before = states[t]
        slope = 1 if wrong == "sigmoid not differentiated" else 1 - gates[t]
        da.append(total * before * gates[t] * slope)
        db.append(total)
        carried = 0 * total if wrong == "state not carried" else gates[t] * total
    return xp.as_like(xp.stack(da[::-1]), a), xp.as_like(xp.stack(db[::-1]), b)


def causal_convolution(xp: Any, x: Any, w: Any) -> Any:
    """Return Σ w[j]·x[t − j]: time is the first axis, and each channel has a kernel of its own."""
    out = 0 * x
    for j in range(w.shape[0]):
        out = out + w[j] * _late(xp, x, j)
    return out


def _late(xp: Any, x: Any, j: int) -> Any:
    """Return x later by j steps, with zeros before."""
    return xp.concatenate((0 * x[:j], x[: x.shape[0] - j]), 0) if j else x


def _early(xp: Any, x: Any, j: int) -> Any:
    """Return x earlier by j steps, with zeros behind."""
    return xp.concatenate((x[j:], 0 * x[:j]), 0) if j else x


def convolution_forward(xp: Any, x: Any, w: Any) -> Any:
    return xp.as_like(causal_convolution(xp, xp.wide(x), xp.wide(w)), x), (x, w)


def convolution_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    x, w = saved
    wide, g = xp.wide(x), xp.wide(g)
    dx, dw = 0 * wide, []
    for j in range(w.shape[0]):
        moved = _late(xp, g, j) if wrong == "not flipped" else _early(xp, g, j)
        dx = dx + xp.wide(w[j]) * moved
        beside = wide if wrong == "not shifted" else _late(xp, wide, j)
        dw.append(xp.sum(g * beside, axis=0))
    return xp.as_like(dx, x), xp.as_like(xp.stack(dw), w)


SEQUENCES = [
    Kernel(
        "scan",
        scan,
        scan_forward,
        scan_backward,
        lambda rng: [*rng.standard_normal((2, 5, 4))],
        (*COMMON, "swapped", "state of now", "sigmoid not differentiated", "state not carried"),
    ),
    Kernel(
        "causal_convolution",
        causal_convolution,
        convolution_forward,
        convolution_backward,
        lambda rng: [rng.standard_normal((6, 4)), rng.standard_normal((3, 4))],
        (*COMMON, "not flipped", "not shifted"),
    ),
]
