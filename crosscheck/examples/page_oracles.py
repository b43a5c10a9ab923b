"""The pages under PyTorch and JAX: each twin is run and differentiated at every point."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.examples.page_points import split
from crosscheck.examples.pages import outputs, updates
from crosscheck.ir.jax_backend import QUICK_COMPILATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.core.types import Point, Quantities, Request

# A page is compiled for each shape, and run a dozen times: without fusion that takes a third.
COMPILATION = {**QUICK_COMPILATION, "xla_cpu_use_fusion_emitters": False}


def is_page(name: str) -> bool:
    """Return whether a request is about a page: those have their group before the name."""
    return "." in name


def _twin(framework: str, name: str) -> Callable[..., Any]:
    """Return the twin of a page, such as "layers.affine"."""
    group, _, page = name.partition(".")
    module = import_module(f"crosscheck.examples.rebuilt.{framework}.{group}")
    twin: Callable[..., Any] = getattr(module, page)
    return twin


def pytorch(request: Request) -> list[Quantities]:
    """Answer one request about a page by PyTorch autograd or torch.optim."""
    twin = functools.partial(_twin("torch_autograd", request.example), **dict(request.options))
    return [_pytorch(twin, point.cast(request.dtype)) for point in request.points]


def _pytorch(twin: Callable[..., Any], point: Point) -> Quantities:
    import torch

    given, douts = split(point.data)
    params = {k: torch.tensor(a, requires_grad=True) for k, a in point.params.items()}
    with torch.enable_grad():
        out = twin(**params, **{name: torch.tensor(array) for name, array in given.items()})
    if isinstance(out, dict):
        return updates({name: steps.detach().numpy() for name, steps in out.items()})
    outs = out if isinstance(out, tuple) else (out,)
    values = tuple(array.detach().numpy() for array in outs)
    done = outputs(values if isinstance(out, tuple) else values[0], douts)
    if not _fit(values, douts):
        return done
    cotangents = [torch.tensor(dout) for dout in douts] or [torch.ones_like(out)]
    grads = torch.autograd.grad(
        outs, tuple(params.values()), cotangents, allow_unused=True, materialize_grads=True
    )
    return done | {f"grad {k}": grad.numpy() for k, grad in zip(params, grads, strict=True)}


def jax(request: Request) -> list[Quantities]:
    """Answer one request about a page by jax.vjp or by the twin alone; JAX must be pinned."""
    run = _compiled(request.example, request.options)
    return [_jax(run, point.cast(request.dtype)) for point in request.points]


def _jax(run: Callable[..., Any], point: Point) -> Quantities:
    given, douts = split(point.data)
    out, grads = run(dict(point.params), given, douts)
    if isinstance(out, dict):
        return updates(out)
    values = tuple(map(np.asarray, out)) if isinstance(out, tuple) else np.asarray(out)
    return outputs(values, douts) | {f"grad {name}": np.asarray(g) for name, g in grads.items()}


@functools.cache
def _compiled(name: str, options: tuple[tuple[str, Any], ...]) -> Callable[..., Any]:
    """Return a compiled function: params, data, upstream gradients -> outputs, gradients."""
    import jax as framework

    twin = functools.partial(_twin("jax_grad", name), **dict(options))

    @functools.partial(framework.jit, compiler_options=COMPILATION)
    def run(params: dict[str, Any], given: dict[str, Any], douts: list[Any]) -> tuple[Any, Any]:
        out, vjp = framework.vjp(lambda params: twin(**params, **given), params)
        outs = out if isinstance(out, tuple) else (out,)
        if isinstance(out, dict) or not _fit(outs, douts):
            return out, {}
        cotangents = tuple(douts) or (framework.numpy.ones((), out.dtype),)
        return out, vjp(cotangents if isinstance(out, tuple) else cotangents[0])[0]

    return run


def _fit(outs: tuple[Any, ...], douts: list[Any]) -> bool:
    """Return whether the upstream gradients, from hand-written outputs, have the true shapes."""
    expected = [dout.shape for dout in douts] or [()]
    return [tuple(out.shape) for out in outs] == expected
