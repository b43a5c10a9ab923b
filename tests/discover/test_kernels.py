"""Backward passes for PyTorch and JAX, judged against autograd of their own forward pass."""

from __future__ import annotations

import pickle
from types import ModuleType
from typing import Any

import jax
import numpy as np
import pytest
import torch

from crosscheck.discover.jobs import How, Job
from crosscheck.discover.kernels import judge_function
from crosscheck.discover.recorder import Recorder
from crosscheck.discover.results import RIGHT, UNKNOWN, WRONG
from crosscheck.discover.settings import Settings
from crosscheck.discover.subjects import judged

X = torch.tensor([0.3, -1.2, 0.7], dtype=torch.float64)


class Cube(torch.autograd.Function):
    factor = 3.0

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @classmethod
    def slope(cls, x: Any) -> Any:
        return cls.factor * x**2

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * Cube.slope(ctx.saved_tensors[0])


class Wrong(Cube):
    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * 2 * ctx.saved_tensors[0] ** 2


class Rounded(Cube):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:  # noqa: ARG004 - nothing is kept
        return torch.round(x), x.new_zeros(1)

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:  # type: ignore[override] # noqa: ARG004
        return grad


class Detached(Cube):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x.detach() ** 2


class Outside(Cube):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return torch.from_numpy(x.detach().numpy() ** 3)


@pytest.mark.parametrize(
    ("function", "verdict"),
    [(Cube, RIGHT), (Wrong, WRONG), (Rounded, UNKNOWN), (Detached, UNKNOWN), (Outside, UNKNOWN)],
)
def test_a_function_is_judged_by_its_own_forward_pass(function: Any, verdict: str) -> None:
    assert judge_function(function, [X]).verdict == verdict


def square(x: Any) -> Any:
    return x**2


RULE: Any = jax.custom_vjp(square)
RULE.defvjp(lambda x: (x**2, x), lambda x, g: (2 * x * g,))
HOW = How(60.0)


def test_both_are_found_and_their_arguments_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(__name__)
    monkeypatch.setattr(Cube, "__module__", __name__)
    vars(module).update(Cube=Cube, rule=RULE)
    recorder = Recorder(Settings((__name__,)))
    recorder.take(module)
    apply: Any = Cube.apply
    apply(X)
    square(np.ones(2))
    found = {c.pair.kind: c for c in recorder.finish() if c.calls}
    call = found["torch"].calls[0]
    torch_job = Job(__name__, "Cube", "backward", ("forward",), "torch", (), b"", HOW)
    assert judged(torch_job, "forward", call.stored, HOW).verdict == RIGHT
    jax_job = Job(__name__, "", "RULE", ("RULE",), "jax", (), b"", HOW)
    stored = pickle.dumps(((np.array([0.5, 2.0]),), {}))
    assert judged(jax_job, "RULE", stored, HOW).verdict == RIGHT
