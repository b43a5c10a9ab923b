"""RMSNorm, LayerNorm, GroupNorm, and RMSNorm of a sum, which returns the sum as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.accuracy.kernels.kernel import COMMON, Kernel

if TYPE_CHECKING:
    import numpy as np

EPS = 1e-6
GROUPS = 2


def rms_norm(xp: Any, x: Any, w: Any) -> Any:
    return x / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + EPS) * w


def rms_forward(xp: Any, x: Any, w: Any) -> Any:
    wide = xp.wide(x)
    r = 1 / xp.sqrt(xp.mean(wide * wide, axis=-1, keepdims=True) + EPS)
    return xp.as_like(wide * r * xp.wide(w), x), (x, w, r)


def rms_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    x, w, r = saved
    g, n = xp.wide(g), xp.wide(x) * r
    gw = g if wrong == "weight left out" else g * xp.wide(w)
    mean = xp.mean(gw * n, axis=-1, keepdims=True)
    dx = r * (gw - (0 if wrong == "mean left out" else n * mean))
    dw = xp.sum(g * (xp.wide(x) if wrong == "not normalised" else n), axis=0)
    return xp.as_like(dx, x), xp.as_like(dw, w)


def added_rms_norm(xp: Any, x: Any, residual: Any, w: Any) -> Any:
    s = x + residual
    return rms_norm(xp, s, w), s


def added_rms_forward(xp: Any, x: Any, residual: Any, w: Any) -> Any:
    s = x + residual
    out, saved = rms_forward(xp, s, w)
    return (out, s), saved


def added_rms_backward(xp: Any, wrong: str, saved: Any, g: Any, gs: Any) -> Any:
    ds, dw = rms_backward(xp, wrong, saved, g)
    if wrong != "second output ignored":
        ds = xp.as_like(xp.wide(ds) + xp.wide(gs), ds)
    return ds, ds, dw


def layer_norm(xp: Any, x: Any, w: Any, b: Any) -> Any:
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    return centred / xp.sqrt(xp.mean(centred**2, axis=-1, keepdims=True) + EPS) * w + b


def layer_forward(xp: Any, x: Any, w: Any, b: Any) -> Any:
    wide = xp.wide(x)
    centred = wide - xp.mean(wide, axis=-1, keepdims=True)
    r = 1 / xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + EPS)
    return xp.as_like(centred * r * xp.wide(w) + xp.wide(b), x), (x, w, centred * r, r)


def layer_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    x, w, n, r = saved
    g = xp.wide(g)
    gw = g * xp.wide(w)
    first = 0 if wrong == "mean left out" else xp.mean(gw, axis=-1, keepdims=True)
    second = 0 if wrong == "variance left out" else n * xp.mean(gw * n, axis=-1, keepdims=True)
    dx, dw, db = (gw - first - second) * r, xp.sum(g * n, axis=0), xp.sum(g, axis=0)
    if wrong == "weight and bias swapped":
        dw, db = db, dw
    return xp.as_like(dx, x), xp.as_like(dw, w), xp.as_like(db, w)


def group_norm(xp: Any, x: Any, w: Any, b: Any) -> Any:
    rows, columns = x.shape
    parts = x.reshape(rows, GROUPS, columns // GROUPS)
    centred = parts - xp.mean(parts, axis=-1, keepdims=True)
    n = centred / xp.sqrt(xp.mean(centred**2, axis=-1, keepdims=True) + EPS)
    return n.reshape(rows, columns) * w + b


def group_forward(xp: Any, x: Any, w: Any, b: Any) -> Any:
    rows, columns = x.shape
    parts = xp.wide(x).reshape(rows, GROUPS, columns // GROUPS)
    centred = parts - xp.mean(parts, axis=-1, keepdims=True)
    r = 1 / xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + EPS)
    n = centred * r
    out = n.reshape(rows, columns) * xp.wide(w) + xp.wide(b)
    return xp.as_like(out, x), (x, w, n, r)


def group_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    x, w, n, r = saved
    g = xp.wide(g)
    gw = (g * xp.wide(w)).reshape(n.shape)
    size = x.shape[-1] if wrong == "whole row counted" else n.shape[-1]
    sums = [xp.sum(each, axis=-1, keepdims=True) for each in (gw, gw * n)]
    dx = r * (gw - (sums[0] + n * sums[1]) / size)
    if wrong == "one mean for all groups":
        dx = r * (gw - xp.mean(gw) - n * sums[1] / size)
    dw, db = xp.sum(g * n.reshape(x.shape), axis=0), xp.sum(g, axis=0)
    return xp.as_like(dx.reshape(x.shape), x), xp.as_like(dw, w), xp.as_like(db, w)


def _rows(count: int) -> Any:
    def inputs(rng: np.random.Generator) -> list[Any]:
        return [rng.standard_normal((4, 8)), *(rng.standard_normal(8) for _ in range(count))]

    return inputs


def _added(rng: np.random.Generator) -> list[Any]:
    return [*rng.standard_normal((2, 4, 8)), rng.standard_normal(8)]


NORMS = [
    Kernel(
        "rms_norm",
        rms_norm,
        rms_forward,
        rms_backward,
        _rows(1),
        (*COMMON, "weight left out", "mean left out", "not normalised"),
    ),
    Kernel(
        "added_rms_norm",
        added_rms_norm,
        added_rms_forward,
        added_rms_backward,
        _added,
        (*COMMON, "weight left out", "mean left out", "second output ignored"),
    ),
    Kernel(
        "layer_norm",
        layer_norm,
        layer_forward,
        layer_backward,
        _rows(2),
        (*COMMON, "mean left out", "variance left out", "weight and bias swapped"),
    ),
    Kernel(
        "group_norm",
        group_norm,
        group_forward,
        group_backward,
        _rows(2),
        (*COMMON, "whole row counted", "one mean for all groups"),
    ),
]
