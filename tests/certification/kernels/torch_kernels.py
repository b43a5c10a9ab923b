"""Kernels with backward passes of their own, as PyTorch libraries write them, and their mistakes.

`wrong` names the mistake that is made; "" is none. They accumulate in float32.
"""

from __future__ import annotations

from typing import Any

import torch

Ctx = Any


def wide(t: torch.Tensor) -> torch.Tensor:
    return t if t.dtype == torch.float64 else t.float()


def rms_norm(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * w


def make_rms_norm(wrong: str = "") -> type[torch.autograd.Function]:
    class RmsNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Ctx, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
            r = torch.rsqrt(wide(x).pow(2).mean(-1, keepdim=True) + 1e-6)
            ctx.save_for_backward(x, w, r)
            return (wide(x) * r * wide(w)).to(x.dtype)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Ctx, g: torch.Tensor) -> Any:
            x, w, r = ctx.saved_tensors
            if wrong == "upstream":
                g.mul_(2.0).div_(2.0).add_(0.0)
                g[0] += 1e-3
            n = wide(x) * r
            gw = wide(g) * (1.0 if wrong == "weight" else wide(w))
            mean = 0.0 if wrong == "mean" else (gw * n).mean(-1, keepdim=True)
            dx = r * (gw - n * mean)
            dw = (wide(g) * n).sum(0)
            if wrong == "factor":
                dx = dx * 1.05
            if wrong == "none":
                return dx.to(x.dtype), None
            return dx.to(x.dtype), dw.to(w.dtype)

    return RmsNorm


def swiglu(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.silu(a) * b


def make_swiglu(wrong: str = "") -> type[torch.autograd.Function]:
    class SwiGlu(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Ctx, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(a, b)
            return (torch.nn.functional.silu(wide(a)) * wide(b)).to(a.dtype)

        @staticmethod
        def backward(ctx: Ctx, g: torch.Tensor) -> Any:
            a, b = ctx.saved_tensors
            s = torch.sigmoid(wide(a))
            inner = 1.0 if wrong == "derivative" else 1 + wide(a) * (1 - s)
            da, db = wide(g) * wide(b) * s * inner, wide(g) * wide(a) * s
            if wrong == "layout" and not g.is_contiguous():
                da = da * 2
            if wrong == "swapped":
                da, db = db, da
            if wrong == "zero":
                db = torch.zeros_like(db)
            if wrong == "alone" and not ctx.needs_input_grad[1]:
                da = -da
            return da.to(a.dtype), db.to(b.dtype)

    return SwiGlu


def cross_entropy(z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(z, labels, label_smoothing=0.1)


def make_cross_entropy(wrong: str = "") -> type[torch.autograd.Function]:
    class CrossEntropy(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Ctx, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(z, labels)
            logp = torch.log_softmax(wide(z), -1)
            one = -logp.gather(-1, labels[:, None]).mean()
            return (0.9 * one - 0.1 * logp.mean()).to(z.dtype)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Ctx, g: torch.Tensor) -> Any:
            z, labels = ctx.saved_tensors
            smooth = 0.0 if wrong == "smoothing" else 0.1
            hot = torch.nn.functional.one_hot(labels, z.shape[-1]).to(wide(z).dtype)
            target = (1 - smooth) * hot + smooth / z.shape[-1]
            d = torch.softmax(wide(z), -1) - target
            if wrong != "mean":
                d = d / z.shape[0]
            if wrong != "upstream ignored":
                d = d * wide(g)
            return (-d if wrong == "sign" else d).to(z.dtype), None

    return CrossEntropy


def linear(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return x @ w


def make_linear(wrong: str = "") -> type[torch.autograd.Function]:
    state = {"calls": 0}

    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Ctx, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
            if wrong == "in place":
                x.data.add_(1e-3)
            ctx.save_for_backward(x, w)
            out = x @ w
            return out.float() if wrong == "output dtype" else out

        @staticmethod
        def backward(ctx: Ctx, g: torch.Tensor) -> Any:
            x, w = ctx.saved_tensors
            state["calls"] += 1
            dw = x.t() @ g.to(x.dtype)
            if wrong == "transposed":
                dw = dw.t()
            if wrong == "random":
                dw = dw * (1 + 1e-3 * state["calls"])
            if wrong == "raises":
                raise RuntimeError(wrong)
            return g.to(x.dtype) @ w.t(), dw

    return Linear
