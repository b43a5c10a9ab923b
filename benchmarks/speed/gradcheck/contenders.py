"""Four ways to check one hand-written NumPy gradient.

Each takes a case and a hand-written gradient, and returns whether it rejects it. All run the same
NumPy functions: `torch.autograd.Function` and `jax.custom_vjp` wrap them, at their checkers'
defaults.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from benchmarks.speed.gradcheck.network import Case, loss

if TYPE_CHECKING:
    from collections.abc import Callable

    Gradient = Callable[..., dict[str, Any]]


def certify(case: Case, gradient: Gradient) -> bool:
    """crosscheck.certify at its defaults, but without a diagnosis: none of the others has one."""
    from crosscheck import certify as run
    from crosscheck.core.verdict import Verdict

    certificate = run(loss, gradient, case.params, case.data, diagnose=0)
    return certificate.verdict is Verdict.DISAGREE


def gradcheck(case: Case, gradient: Gradient, *, fast: bool) -> bool:
    """torch.autograd.gradcheck: central differences of every entry, or along one direction."""
    import torch

    class UserLoss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.save_for_backward(*tensors)
            return torch.tensor(loss(**_arrays(case, tensors), **case.data))

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            grads = gradient(**_arrays(case, ctx.saved_tensors), **case.data)
            return tuple(upstream * torch.from_numpy(grads[name]) for name in case.params)

    torch.manual_seed(0)  # of the fast mode's direction
    tensors = [torch.tensor(a, requires_grad=True) for a in case.params.values()]
    # mypy: torch.autograd.gradcheck is the function, and its module by the same name
    check: Any = torch.autograd.gradcheck
    # A failure of the fast mode runs the slow one for its message: hours at a million.
    module: Any = importlib.import_module("torch.autograd.gradcheck")
    with mock.patch.object(module, "_run_slow_mode_and_get_error", return_value="not run"):
        return not check(UserLoss.apply, tensors, fast_mode=fast, raise_exception=False)


def check_grads(case: Case, gradient: Gradient) -> bool:
    """jax.test_util.check_grads, reverse mode, first order: one random direction."""
    import jax.test_util

    untyped: Any = jax  # parts of it are
    scalar = untyped.ShapeDtypeStruct((), np.float64)
    shapes = {name: untyped.ShapeDtypeStruct(a.shape, a.dtype) for name, a in case.params.items()}

    def value(params: Any) -> Any:
        return np.asarray(loss(**{k: np.asarray(v) for k, v in params.items()}, **case.data))

    def grads(params: Any) -> Any:
        return gradient(**{k: np.asarray(v) for k, v in params.items()}, **case.data)

    @jax.custom_vjp
    def written(params: Any) -> Any:
        return jax.pure_callback(value, scalar, params)

    def forward(params: Any) -> Any:
        return written(params), params

    def backward(params: Any, upstream: Any) -> Any:
        hand_written = jax.pure_callback(grads, shapes, params)
        return (jax.tree.map(lambda g: upstream * g, hand_written),)

    written.defvjp(forward, backward)
    # Not the context manager, which holds for one thread: JAX may call back from another.
    before = jax.config.values["jax_enable_x64"]
    untyped.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX's own signature
    try:
        params = {name: jax.numpy.array(a) for name, a in case.params.items()}
        untyped.test_util.check_grads(written, (params,), order=1, modes=("rev",))
    except AssertionError:
        return True
    finally:
        untyped.config.update("jax_enable_x64", before)
    return False


def check_grad(case: Case, gradient: Gradient, *, direction: str) -> bool:
    """scipy.optimize.check_grad: forward differences of every entry, or along one direction.

    It returns an error and leaves it to the user what is too much. Here: twice the error of the
    right gradient, which no reader has.
    """
    from scipy.optimize import check_grad as check

    start = np.concatenate([a.ravel() for a in case.params.values()])
    ends = np.cumsum([a.size for a in case.params.values()])[:-1]

    def unflat(x: Any) -> dict[str, Any]:
        parts = zip(case.params.items(), np.split(x, ends), strict=True)
        return {name: part.reshape(a.shape) for (name, a), part in parts}

    def value(x: Any) -> Any:
        return loss(**unflat(x), **case.data)

    def flat(x: Any) -> Any:
        grads = gradient(**unflat(x), **case.data)
        return np.concatenate([grads[name].ravel() for name in case.params])

    error = check(value, flat, start, direction=direction, rng=0)
    key = case.size, direction
    if key not in _RIGHT:  # the first call has the right gradient
        _RIGHT[key] = error
    return bool(error > 2 * _RIGHT[key])


_RIGHT: dict[tuple[int, str], float] = {}

CONTENDERS: dict[str, Callable[[Case, Gradient], bool]] = {
    "crosscheck.certify": certify,
    "gradcheck, slow": functools.partial(gradcheck, fast=False),
    "gradcheck, fast_mode": functools.partial(gradcheck, fast=True),
    "jax check_grads": check_grads,
    "scipy check_grad, all": functools.partial(check_grad, direction="all"),
    "scipy check_grad, random": functools.partial(check_grad, direction="random"),
}
# One evaluation of the loss for every parameter, or two: not at a million.
EACH_ENTRY = {"gradcheck, slow", "scipy check_grad, all"}


def _arrays(case: Case, tensors: Any) -> dict[str, Any]:
    """Return a torch function's arguments as NumPy arrays by name."""
    return {name: t.detach().numpy() for name, t in zip(case.params, tensors, strict=True)}
