"""PyTorch: the losses of `crosscheck/examples/rebuilt/`, eager and compiled, and autograd."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.speed.gradients.cases import RATE
from crosscheck.examples.rebuilt import Training
from crosscheck.examples.rebuilt.torch_autograd import document as torch_autograd

if TYPE_CHECKING:
    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job


def eager(case: Case) -> Job:
    """The loss as it is."""
    return _job(case, functools.partial(getattr(torch_autograd, case.example), **case.options))


def compiled(case: Case) -> Job:
    """The loss through torch.compile, for these shapes: its backward pass is compiled, too."""
    loss = functools.partial(getattr(torch_autograd, case.example), **case.options)
    torch.compiler.reset()  # or the eighth case would be one recompilation too many
    return _job(case, torch.compile(loss, fullgraph=True, dynamic=False))


def _job(case: Case, loss: Any) -> Job:
    """Return the job; a step is the plain arithmetic, which is faster than torch.optim.SGD."""
    start, given = case.point()
    params = {name: torch.tensor(a, requires_grad=True) for name, a in start.items()}
    data = {name: torch.tensor(array) for name, array in given.items()}
    known = torch_autograd.TRAINING
    trained = known.get(case.example) or Training(tuple(params), RATE, steps=1)

    def gradient(params: dict[str, Any]) -> dict[str, Any]:
        value = loss(**params, **data)
        return dict(zip(params, torch.autograd.grad(value, tuple(params.values())), strict=True))

    def step(params: dict[str, Any]) -> dict[str, Any]:
        grads = gradient(params)
        with torch.no_grad():
            return {
                name: torch.sub(p, grads[name], alpha=trained.learning_rate)
                if name in trained.updated
                else p
                for name, p in params.items()
            }

    def descent() -> dict[str, Any]:
        moved = params
        for _ in range(trained.steps):
            moved = {name: p.requires_grad_() for name, p in step(moved).items()}
        return moved

    def training() -> dict[str, Any]:
        grads = gradient(params)
        with torch.no_grad():
            for name in trained.updated:
                params[name].sub_(grads[name], alpha=trained.learning_rate)
        return params

    def numbers(result: dict[str, Any]) -> dict[str, Any]:
        return {name: tensor.detach() for name, tensor in result.items()}

    once = {
        "gradient": lambda: gradient(params),
        "update": lambda: numbers(step(params)),
        "descent": lambda: numbers(descent()),
        "training": lambda: numbers(training()),
    }
    return once[case.what]
