"""What a run leaves behind: nothing."""

from __future__ import annotations

import sys
import threading
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from numpy import zeros

from crosscheck.ir.torch_backend import ONE_THREAD
from crosscheck.tracing import LostGradientError, value_and_grad

FRAMEWORKS = pytest.mark.parametrize("framework", ["torch", "jax"])
JAX_SETTINGS = ("jax_enable_x64", "jax_default_matmul_precision", "jax_default_device")


def settings() -> tuple[Any, ...]:
    """Whatever a run might leave changed, globally."""
    return (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.get_float32_matmul_precision(),
        torch.get_num_threads(),
        *(jax.config.values[name] for name in JAX_SETTINGS),
        jnp.ones(1).dtype,
        dict(vars(np)),
        np.vectorize.__call__,
        np.lib.stride_tricks.as_strided,
        np.geterr(),
        sys.stdout,
        zeros,
        globals()["np"],
    )


def broken(w: Any) -> Any:
    """Fails in the middle."""
    print(float(w[0]))
    raise ZeroDivisionError


def refused(w: Any) -> Any:
    """Loses its gradient."""
    return np.spacing(w).sum()


@FRAMEWORKS
def test_nothing_is_left_behind(framework: str) -> None:
    torch.set_float32_matmul_precision("medium")
    try:
        before = settings()
        with torch.no_grad():
            value, _ = value_and_grad(lambda w: np.sum(zeros(2) + w), framework)({"w": 1.0}, {})
        assert value == 2
        assert settings() == before
        for loss, error in [(broken, ZeroDivisionError), (refused, LostGradientError)]:
            with pytest.raises(error):
                value_and_grad(loss, framework)({"w": np.ones(2)}, {})
            assert settings() == before
    finally:
        torch.set_float32_matmul_precision("highest")


@pytest.mark.parametrize(("size", "inside"), [(10, 1), (ONE_THREAD + 1, 2)])
def test_small_programs_run_in_one_thread(
    size: int, inside: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    grad = torch.autograd.grad

    def noted(*args: Any, **kwargs: Any) -> Any:
        seen.append(torch.get_num_threads())
        return grad(*args, **kwargs)

    monkeypatch.setattr(torch.autograd, "grad", noted)
    torch.set_num_threads(2)
    try:
        value_and_grad(lambda w: np.sum(w * w), "torch")({"w": np.ones(size)}, {})
        assert seen == [inside]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_the_callers_arrays_are_not_written() -> None:
    def loss(w: Any, x: Any, n: Any) -> Any:
        x *= w
        n += 1
        w[0] = 0.0
        return np.sum(x * n) + np.sum(w)

    w, x, n = np.ones(2), np.ones(2), np.ones(2, dtype=int)
    _, gradients = value_and_grad(loss, "torch")({"w": w}, {"x": x, "n": n})
    np.testing.assert_array_equal(gradients["w"], [2.0, 3.0])
    assert w.tolist() == x.tolist() == n.tolist() == [1, 1]


def test_other_threads_see_numpy_as_it_is() -> None:
    seen: dict[str, Any] = {}
    inside, leave = threading.Event(), threading.Event()

    def slow(w: Any) -> Any:
        h = zeros(2)
        inside.set()
        assert leave.wait(30)
        h[0] = w
        return np.sum(h + np.ones(2))

    def trace() -> None:
        seen["slow"] = value_and_grad(slow, "torch")({"w": 3.0}, {})

    thread = threading.Thread(target=trace)
    thread.start()
    assert inside.wait(30)
    assert type(zeros(2)) is np.ndarray
    assert type(np.array([1.0])) is np.ndarray
    assert type(np.r_[1.0, 2.0]) is np.ndarray
    _, gradients = value_and_grad(lambda b: np.sum(zeros(2) + b), "torch")({"b": np.ones(2)}, {})
    leave.set()
    thread.join()
    assert gradients["b"].shape == (2,)
    assert seen["slow"][0] == 5
    assert seen["slow"][1]["w"] == 1
    assert type(zeros(2)) is np.ndarray
