"""PyTorch: the twins of the layers, eager and compiled, and autograd."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

import torch

import reference
from benchmarks.speed.canon.layers import OPTIONS, arrays

if TYPE_CHECKING:
    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job


def eager(case: Case) -> Job:
    """The twin as it is."""
    return _job(case, _twin(case))


def compiled(case: Case) -> Job:
    """The twin through torch.compile, for these shapes: its backward pass is compiled, too."""
    return _job(case, torch.compile(_twin(case), dynamic=False))


def _twin(case: Case) -> Any:
    """Return the twin with its options."""
    group = reference.PAGES[case.example]
    module = importlib.import_module(f"crosscheck.examples.rebuilt.torch_autograd.{group}")
    return functools.partial(getattr(module, case.example), **OPTIONS.get(case.example, {}))


def _job(case: Case, twin: Any) -> Job:
    """Return forward and backward."""
    start, dout = arrays(case)
    params = {name: torch.tensor(a, requires_grad=True) for name, a in start.items()}
    leaves = tuple(params.values())
    douts = tuple(map(torch.tensor, dout if isinstance(dout, tuple) else (dout,)))

    def gradients() -> dict[str, Any]:
        out = twin(**params)
        outs = out if isinstance(out, tuple) else (out,)
        return dict(zip(params, torch.autograd.grad(outs, leaves, douts), strict=True))

    return gradients
