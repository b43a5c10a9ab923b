"""JAX: the losses of `crosscheck.examples.rebuilt` through `jax.grad`, compiled; x64 must be on."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import jax as framework

from benchmarks.speed.gradients.cases import RATE
from crosscheck.examples.rebuilt import Training
from crosscheck.examples.rebuilt.jax_grad import document as jax_grad

if TYPE_CHECKING:
    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job

jax: Any = framework  # parts of it have no types


def job(case: Case) -> Job:
    """One compiled call for each gradient or step, and its result awaited."""
    params, data, gradient, step, trained = _functions(case)
    if case.what == "gradient":
        compiled = jax.jit(gradient)
        return lambda: jax.block_until_ready(compiled(params, data))
    one = jax.jit(step)

    def descent() -> Any:
        moved = params
        for _ in range(trained.steps):
            moved = one(moved, data)
        return jax.block_until_ready(moved)

    if case.what == "descent":
        return descent
    if case.what == "update":
        return lambda: jax.block_until_ready(one(params, data))
    state = [params]
    donated = jax.jit(step, donate_argnums=0)

    def training() -> Any:
        state[0] = jax.block_until_ready(donated(state[0], data))
        return state[0]

    return training


def scanned(case: Case) -> Job:
    """All steps in one compiled call: possible where only the last step counts."""
    params, data, _, step, trained = _functions(case)

    def all_steps(params: Any, data: Any) -> Any:
        return jax.lax.fori_loop(0, trained.steps, lambda _, moved: step(moved, data), params)

    compiled = jax.jit(all_steps)
    return lambda: jax.block_until_ready(compiled(params, data))


def _functions(case: Case) -> tuple[Any, Any, Any, Any, Training]:
    """Return parameters and data as JAX's arrays, the gradient, one step, and how it is trained."""
    loss = functools.partial(getattr(jax_grad, case.example), **case.options)
    params, data = jax.tree.map(jax.numpy.asarray, case.point())
    trained = jax_grad.TRAINING.get(case.example) or Training(tuple(params), RATE, steps=1)

    def gradient(params: Any, data: Any) -> Any:
        return jax.grad(lambda params: loss(**params, **data))(params)

    def step(params: Any, data: Any) -> Any:
        grads = gradient(params, data)
        return {
            name: p - trained.learning_rate * grads[name] if name in trained.updated else p
            for name, p in params.items()
        }

    return params, data, gradient, step, trained
