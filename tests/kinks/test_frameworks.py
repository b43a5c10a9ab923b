"""What each framework takes for the slope at a kink: pinned, for the installed versions.

Two correct gradients may differ there, so no verdict is ever drawn from a point on a kink. The
hand-written relu' is 0 there, as both frameworks have it for their own relu.
"""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from crosscheck.core.types import Point, Request
from crosscheck.examples.oracles import ORACLES
from crosscheck.examples.points import KINK_MARGIN, switches
from reference import relu_network
from reference.numerical_gradient import central_difference

if TYPE_CHECKING:
    from collections.abc import Callable

# name: the function in PyTorch and in JAX, where, the slope in PyTorch and in JAX
KINKS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], float, float, float]] = {
    "relu": (F.relu, jax.nn.relu, 0.0, 0.0, 0.0),
    "maximum(x, 0)": (
        lambda x: torch.maximum(x, torch.zeros_like(x)),
        lambda x: jnp.maximum(x, 0.0),
        0.0, 0.5, 0.5,
    ),
    "clamp at its bound": (lambda x: x.clamp(0.0), lambda x: jnp.clip(x, 0.0), 0.0, 1.0, 0.5),
    "where(x > 0, x, 0)": (
        lambda x: torch.where(x > 0, x, 0.0), lambda x: jnp.where(x > 0, x, 0.0), 0.0, 0.0, 0.0,
    ),
    "abs": (torch.abs, jnp.abs, 0.0, 0.0, 1.0),
    "leaky relu": (
        lambda x: F.leaky_relu(x, 0.1), lambda x: jax.nn.leaky_relu(x, 0.1), 0.0, 0.1, 1.0,
    ),
    "hardtanh at 1": (F.hardtanh, jax.nn.hard_tanh, 1.0, 0.0, 1.0),
    "norm": (
        torch.linalg.vector_norm, lambda x: jnp.linalg.norm(x[None]), 0.0, 0.0, nan,
    ),
    "where(x > 0, sqrt(x), 0)": (
        lambda x: torch.where(x > 0, x.sqrt(), 0.0),
        lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0),
        0.0, nan, nan,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("in_torch", "in_jax", "x", "torch_slope", "jax_slope"), KINKS.values(), ids=KINKS
)
def test_the_slope_at_the_kink(
    in_torch: Callable[[Any], Any],
    in_jax: Callable[[Any], Any],
    x: float,
    torch_slope: float,
    jax_slope: float,
) -> None:
    leaf = torch.tensor(x, requires_grad=True)
    (slope,) = torch.autograd.grad(in_torch(leaf), leaf)
    assert same(float(slope), torch_slope)
    assert same(float(jax.grad(in_jax)(jnp.float32(x))), jax_slope)


def same(a: float, b: float) -> bool:
    return a == pytest.approx(b) or (isnan(a) and isnan(b))


def at_the_kink() -> Point:
    """Return a network whose first hidden unit is at exactly 0, and whose second is not."""
    params = {**relu_network.PARAMS, "b1": -np.array([1.0, 0.0])}
    params["W1"] = np.array([[1.0, 0.5], [1.0, 0.5]])
    return Point(params, {"X": np.array([0.5, 0.5]), "y": np.array([2.0])})


def test_at_its_kink_the_hand_written_network_takes_the_frameworks_slope() -> None:
    point = at_the_kink()
    z1, _ = relu_network.preactivations(**point.params, **point.data)
    assert z1[0] == 0.0
    _, residuals = relu_network.forward(**point.params, **point.data)
    actual = relu_network.backward(*residuals)["b1"]
    assert actual[0] == 0.0 != actual[1]
    for oracle in ORACLES.values():
        asked = [Request("relu_network", (point,), "float64")]
        np.testing.assert_array_equal(oracle(asked)[0][0]["grad b1"], actual)


def test_at_the_kink_the_central_difference_takes_the_mean() -> None:
    assert central_difference(relu_network.relu, 0.0) == pytest.approx(0.5)


def test_no_point_near_a_kink_is_judged() -> None:
    drawn = [
        Point({**relu_network.PARAMS, "b2": np.array([b])}, relu_network.DATA)
        for b in (0.3, -2.0, 0.3)
    ]
    near = at_the_kink()
    moved = {**near.params, "b1": near.params["b1"] + KINK_MARGIN / 2}
    assert not switches(relu_network, (*drawn, Point(moved, near.data)))
