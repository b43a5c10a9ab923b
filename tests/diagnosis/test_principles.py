"""Mistakes that are found by a principle, not by how they are written: one loss each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.diagnosis import parts
from tests.diagnosis.asking import diagnosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.diagnosis.wording import Cause

RNG = np.random.default_rng(12)
X, W, V = (RNG.standard_normal(shape) for shape in ((4, 6), (6, 8), (4, 6)))


def causes(loss: Callable[..., Any], gradient: Callable[..., Any], **params: Any) -> list[Cause]:
    """Return the causes of the only explanation."""
    found = diagnosed(loss, gradient, params)
    assert len(found.explanations) == 1, str(found)
    return list(found.explanations[0])


def heads(W: Any) -> Any:
    split = (X @ W).reshape(4, 2, 4).transpose(1, 0, 2)
    return np.sum(np.sin(split))


def wide(W: Any) -> Any:
    split = (X @ W).reshape(2, 2, 2, 2, 2).transpose(0, 3, 1, 4, 2)
    return np.sum(np.sin(split))


def moved(z: Any) -> Any:
    return np.cos(z.reshape(4, 2, 4).transpose(1, 0, 2))


def moved_far(z: Any) -> Any:
    return np.cos(z.reshape(2, 2, 2, 2, 2).transpose(0, 3, 1, 4, 2))


@pytest.mark.parametrize(
    ("loss", "undone"),
    [
        (heads, lambda z: moved(z).reshape(4, 8)),
        (heads, lambda z: moved(z).transpose(0, 2, 1).reshape(4, 8)),
        (wide, lambda z: moved_far(z).transpose(0, 2, 4, 3, 1).reshape(4, 8)),
    ],
)
def test_a_gradient_is_put_back_in_another_order(loss: Any, undone: Callable[[Any], Any]) -> None:
    (cause,) = causes(loss, lambda W: {"W": X.T @ undone(X @ W)}, W=W)
    assert cause.kind == "rearranged"
    assert ".transpose" in cause.places[0].text


def test_a_view_that_is_copied_is_put_back_in_another_order() -> None:
    def loss(W: Any) -> Any:
        return np.sum(np.sin((X @ W).reshape(4, 2, 4).transpose(1, 0, 2).reshape(4, 8)) * V[:, :1])

    def gradient(W: Any) -> Any:
        z = (X @ W).reshape(4, 2, 4).transpose(1, 0, 2).reshape(4, 8)
        return {"W": X.T @ (np.cos(z) * V[:, :1])}

    (cause,) = causes(loss, gradient, W=W)
    assert cause.kind == "rearranged"


def test_of_several_uses_one_is_kept() -> None:
    def loss(a: Any) -> Any:
        b = np.exp(a)
        return np.sum(np.sin(b)) + np.sum(b**3) + np.sum(b * V)

    (cause,) = causes(loss, lambda a: {"a": np.exp(a) * np.cos(np.exp(a))}, a=0.3 * V)
    assert cause.kind == "one use"
    assert "np.sin" in cause.places[0].text


def test_the_gradient_that_arrives_is_not_used() -> None:
    def loss(a: Any, b: Any) -> Any:
        return np.sum(np.sin(np.tanh(a) * b) ** 2)

    def gradient(a: Any, b: Any) -> Any:
        t = np.tanh(a)
        d = np.sin(2 * t * b)
        return {"a": 1 - t**2, "b": d * t}

    (cause,) = causes(loss, gradient, a=V, b=V[::-1].copy())
    assert cause.kind == "upstream gradient unused"
    assert cause.gradients == ("a",)


def test_every_backward_step_uses_what_another_iteration_computed() -> None:
    data = RNG.standard_normal((4, 3, 2))

    def states(U: Any, R: Any) -> list[Any]:
        h = [np.zeros((3, 2))]
        for x in data:
            h.append(np.tanh(x @ U + h[-1] @ R))
        return h

    def loss(U: Any, R: Any) -> Any:
        h = np.zeros((3, 2))
        total = 0.0
        for x in data:
            h = np.tanh(x @ U + h @ R)
            total = total + np.sum(h * h * h)
        return total

    def gradient(U: Any, R: Any) -> Any:
        h, dU, dR, dh = states(U, R), 0 * U, 0 * R, np.zeros((3, 2))
        for t in reversed(range(4)):
            dh = dh + 3 * h[t + 1] ** 2
            s = (t - 1) % 4
            dz = dh * (1 - h[s + 1] ** 2)
            dU, dR, dh = dU + data[s].T @ dz, dR + h[s].T @ dz, dz @ R.T
        return {"U": dU, "R": dR}

    found = diagnosed(loss, gradient, {"U": W[:2, :2], "R": W[2:4, :2]}, budget=200.0)
    kinds = {cause.kind for some in found.explanations for cause in some}
    assert kinds <= {"another iteration's values"}, str(found)


def test_the_constant_that_is_added_is_left_out_of_one_derivative() -> None:
    def loss(a: Any) -> Any:
        v = np.sum(a * a, axis=0)
        return np.sum(a[0] / np.sqrt(v + 0.01) * V[0]) + np.sum(np.sin(v))

    def gradient(a: Any) -> Any:
        v = np.sum(a * a, axis=0)
        s = np.sqrt(v + 0.01)
        dv = -0.5 * a[0] * V[0] / s**2 / np.sqrt(v) + np.cos(v)
        da = 2 * a * dv
        da[0] += V[0] / s
        return {"a": da}

    (cause,) = causes(loss, gradient, a=V)
    assert (cause.kind, "0.01" in cause.sentence) == ("derivative at another value", True)


def test_an_operand_may_be_another_one_transposed() -> None:
    def loss(Q: Any, K: Any, C: Any) -> Any:
        return np.sum(np.sin(Q @ K.T) @ C)

    def gradient(Q: Any, K: Any, C: Any) -> Any:
        d = np.cos(Q @ K.T) * C.sum(axis=1)
        return {"Q": d @ Q, "K": d.T @ Q, "C": np.tile(np.sin(Q @ K.T).sum(0)[:, None], 3)}

    C = RNG.standard_normal((4, 3))
    (cause,) = causes(loss, gradient, Q=V, K=V[::-1].copy(), C=C)
    assert "`Q` instead of an operand" in cause.sentence


def penalised(W: Any, b: Any) -> Any:
    return np.sum(np.sin(X @ W + b)) / 4 + 0.3 * np.sum(W**2)


def test_two_terms_of_one_gradient_have_a_mistake_each() -> None:
    def gradient(W: Any, b: Any) -> Any:
        d = np.cos(X @ W + b)
        return {"W": X.T @ d + 0.3 * W, "b": d.sum(axis=0) / 4}

    found = causes(penalised, gradient, W=W, b=W[0].copy())
    assert {(cause.kind, round(cause.size + 1, 9)) for cause in found} == {
        ("scaled", 4.0),
        ("scaled", 0.5),
    }


def test_two_entries_of_one_vector_have_a_mistake_each() -> None:
    def loss(theta: Any) -> Any:
        a, b = theta[:3], theta[3:]
        return np.sum(np.sin(a)) + np.sum(np.exp(b)) + np.sum(a * b)

    def gradient(theta: Any) -> Any:
        a, b = theta[:3], theta[3:]
        return {"theta": 3 * np.concatenate([np.cos(a) + b, np.exp(b) + a])}

    def apart(theta: Any) -> Any:
        right = gradient(theta)["theta"] / 3
        return {"theta": right * np.repeat([5.0, 7.0], 3)}

    (cause,) = causes(loss, gradient, theta=V[0])
    assert cause.size == 2.0
    found = causes(loss, apart, theta=V[0])
    assert sorted(round(cause.size + 1, 9) for cause in found) == [5.0, 7.0]


def test_a_mistake_that_would_make_a_right_gradient_wrong_is_the_worse_explanation() -> None:
    def loss(U: Any, b: Any, R: Any, c: Any) -> Any:
        return np.sum(np.tanh(X @ U + b) @ R + c) ** 2 / 4

    def gradient(U: Any, b: Any, R: Any, c: Any) -> Any:
        a = np.tanh(X @ U + b)
        d = np.full((4, 2), np.sum(a @ R + c) / 2)
        dz = d @ R.T * (1 - a**2)
        return {"U": X.T @ dz, "b": dz.mean(axis=0), "R": a.T @ d, "c": d.mean(axis=0)}

    found = causes(loss, gradient, U=W[:, :3], b=W[0, :3], R=W[:3, :2], c=W[0, :2])
    assert all("averaged, not summed, over axis 0" in cause.sentence for cause in found)


def test_one_function_of_two_is_differentiated_wrongly_everywhere() -> None:
    def loss(U: Any, R: Any, T: Any) -> Any:
        return np.sum(np.exp(np.tanh(np.tanh(X @ U) @ R) @ T))

    def gradient(U: Any, R: Any, T: Any) -> Any:
        a = np.tanh(X @ U)
        b = np.tanh(a @ R)
        d = np.exp(b @ T)
        db = d @ T.T * (1 - b)
        da = db @ R.T * (1 - a)
        return {"U": X.T @ da, "R": a.T @ db, "T": b.T @ d}

    found = causes(loss, gradient, U=W[:, :3], R=W[:3, :4], T=W[:4, :2])
    assert {cause.kind for cause in found} == {"wrong derivative"}
    assert len(found) == 2


def test_gates_that_are_read_transposed_are_put_back_in_another_order() -> None:
    def loss(U: Any) -> Any:
        q, k = np.split(X @ U, 2, axis=1)
        return np.sum(np.sin(q @ k.T))

    def gradient(U: Any) -> Any:
        q, k = np.split(X @ U, 2, axis=1)
        d = np.cos(q @ k.T)
        return {"U": X.T @ np.concatenate([d.T @ q, d @ k], axis=1)}

    (cause,) = causes(loss, gradient, U=W)
    assert cause.kind == "gates exchanged"


def test_two_gradients_are_exchanged() -> None:
    def loss(g: Any, b: Any) -> Any:
        return np.sum(np.sin(V * g + b))

    def gradient(g: Any, b: Any) -> Any:
        d = np.cos(V * g + b)
        return {"g": d.sum(axis=0), "b": (d * V).sum(axis=0)}

    (cause,) = causes(loss, gradient, g=V[0], b=V[1])
    assert (cause.kind, set(cause.gradients)) == ("gradients exchanged", {"g", "b"})


def test_the_parts_of_a_gradient() -> None:
    right, one = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0])
    assert list(parts.sizes(right, right, one, 1e-9)) == []
    assert list(parts.sizes(right, one, np.array([5.0, 5.0, 9.0]), 1e-9)) == [2.0]
    assert list(parts.sizes(right, one, np.zeros(3), 1e-9)) == [-1.0]
    two = np.array([2.0, 3.0, 3.5])
    (size,) = parts.sizes(right, two, 3 * (2 * right - two) + 5 * (two - right), 1e-9)
    assert round(size, 9) == 4.0
    assert list(parts.sizes(right, two, np.array([5.0, 5.0, 6.0]), 1e-9)) == []
    assert parts.is_part(right, one, np.array([5.0, 5.0, 6.0]), 1e-9)
    assert not parts.is_part(right, one, np.array([5.0, 5.0, 5.0]), 1e-9)
    assert not parts.is_part(right, right, one, 1e-9)
    assert parts.is_part(right, one, 2 * one, 1e-9)
    assert not parts.is_part(right, np.zeros(3), one, 1e-9)
