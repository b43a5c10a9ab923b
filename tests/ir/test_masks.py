"""What a mask chooses has one shape at every point, and the gradient that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.ir import jax_backend, torch_backend
from crosscheck.ir.masks import of_one_shape
from crosscheck.tracing import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.ir.program import Program

X = np.linspace(-2.0, 2.5, 12).reshape(3, 4)
Y = np.linspace(1.0, 2.0, 12).reshape(3, 4)
NUMBERS = np.linspace(0.5, 1.0, 12).reshape(3, 4)


def sigmoid(x: Any, y: Any) -> Any:
    z = np.zeros_like(x)
    z[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    z[x < 0] = np.exp(x[x < 0]) / (1 + np.exp(x[x < 0]))
    return np.sum(z * y)


def leaky(x: Any, y: Any) -> Any:
    h = x * y
    h[h < 0] *= 0.1
    return np.sum(h**2)


def relu(x: Any, y: Any) -> Any:
    h = (x @ y.T).T
    h[h <= 0] = 0.0
    return np.sum(h**3)


def places(x: Any, y: Any) -> Any:
    h = x.reshape(-1).copy()
    where = np.nonzero(h > 0)[0]
    h[where] = np.sqrt(h[where]) * y.reshape(-1)[where]
    return np.sum(h)


def scaled(x: Any, y: Any) -> Any:
    h = x.copy()
    h[x > 0] = x[x > 0] * np.sum(y) + 2.0
    h[x <= 0] = y[0, 0]
    return np.sum(h**2)


def with_numbers(x: Any, y: Any) -> Any:
    """Numbers that no parameter changes, chosen by the same mask."""
    h = y.copy()
    h[x > 0] = np.exp(x[x > 0]) * NUMBERS[x > 0]
    return np.sum(h**2)


def written_twice(x: Any, y: Any) -> Any:
    """The target of the second write is a whole array again."""
    h = x.copy()
    h[x > 0] = y[x > 0]
    h[x < 1] = np.reshape(h[x < 1] * 2, (-1,))
    return np.sum(h * y)


def summed(x: Any, y: Any) -> Any:
    """No write: the sum of as many as there are cannot be filled up."""
    return np.sum(x[x > 0] ** 2) + np.sum((y * x)[x > 1])


def mixed(x: Any, y: Any) -> Any:
    """Entries of one mask beside as many others: they are not of one mask."""
    h = x.copy()
    h[x > 0] = x[x > 0] * y.reshape(-1)[: np.sum(x > 0)]
    return np.sum(h)


def read_again(x: Any, y: Any) -> Any:
    """What a mask chose is read, joined, and written into: it has to stay as it is."""
    h = x[x > 0]
    h[0] = y[0, 0]
    return np.sum(np.concatenate([h, y[0]]) ** 2) + x[x > 0][-1]


def nothing(x: Any, y: Any) -> Any:
    h = x.copy()
    h[x > 100] = np.log(x[x > 100])
    return np.sum(h * y)


FILLED = [sigmoid, leaky, relu, places, scaled, with_numbers, written_twice]
KEPT = [summed, mixed, read_again, nothing]


def program(loss: Callable[..., Any], x: Any = X) -> tuple[Program, list[Any]]:
    recording = record(loss, {"x": x, "y": Y}, {})
    return recording.program, list(recording.leaves)


@pytest.mark.parametrize("loss", FILLED + KEPT)
def test_the_gradient_stays_as_it_is(loss: Callable[..., Any]) -> None:
    recorded, leaves = program(loss)
    value, expected = torch_backend.run(recorded, leaves)
    again, gradients = jax_backend.run(recorded, leaves)
    assert np.allclose(again, value, rtol=1e-13)
    for gradient, other in zip(gradients, expected, strict=True):
        assert np.allclose(gradient, other, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", FILLED)
def test_other_points_need_nothing_new(loss: Callable[..., Any]) -> None:
    shapes = set()
    for shift in (0.0, 0.7, -0.9):
        filled = of_one_shape(*program(loss, X + shift))
        shapes.add((filled.structure, tuple(constant.shape for constant in filled.constants)))
    assert len(shapes) == 1


@pytest.mark.parametrize("loss", KEPT)
def test_what_cannot_be_filled_up_stays(loss: Callable[..., Any]) -> None:
    recorded, leaves = program(loss)
    assert of_one_shape(recorded, leaves).same_as(recorded)


def test_a_program_without_masks_is_itself() -> None:
    recorded, leaves = program(lambda x, y: np.sum(x[1:] * y[:2]))
    assert of_one_shape(recorded, leaves) is recorded
