# ruff: noqa: E501 - tables, a case a line
"""What a recording notes beside its program: choices by order, and what no point can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.ir.numpy_backend import kernels
from crosscheck.ir.program import evaluate
from crosscheck.ir.recording import ORDER
from crosscheck.tracing import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.ir.program import Array
    from crosscheck.ir.recording import Recording

W = np.array([3.0, 1.0, 2.0])


def recorded(loss: Callable[..., Any], w: Any = W, **data: Any) -> Recording:
    return record(loss, {"w": w}, data)


def margins(recording: Recording, w: Array) -> Array:
    assert recording.margins is not None
    values = evaluate(recording.margins.structure, [w], recording.margins.constants, kernels())
    return np.concatenate(
        [
            np.ravel(value)
            for switch, value in zip(recording.switches, values, strict=True)
            if switch.operation == ORDER
        ]
    )


CHOICES: dict[str, tuple[Callable[..., Any], Array, Array]] = {  # the same choice, another one
    "max": (lambda w: np.max(w), np.array([9.0, 8, 1]), np.array([1.0, 2, 0])),
    "min": (lambda w: w.min(), np.array([9.0, 1, 8]), np.array([1.0, 2, 0])),
    "argmax": (lambda w: w[np.argmax(w)], np.array([9.0, 8, 1]), np.array([1.0, 2, 0])),
    "argmin": (lambda w: w[w.argmin()], np.array([9.0, 1, 8]), np.array([1.0, 2, 0])),
    "sort": (lambda w: np.sort(w) @ W, np.array([9.0, 1, 2]), np.array([9.0, 3, 2])),
    "sort, in place": (
        lambda w: (z := 1 * w, z.sort(), z @ W)[-1], np.array([9.0, 1, 2]), np.array([9.0, 3, 2]),
    ),
    "argsort": (lambda w: w[np.argsort(w)] @ W, np.array([9.0, 1, 2]), np.array([9.0, 3, 2])),
    "median": (lambda w: np.median(w), np.array([9.0, 0, 2]), np.array([1.0, 2, 9])),
    "partition": (lambda w: np.partition(w, 1)[0], np.array([2.5, 1, 2]), np.array([9.0, 3, 2])),
    "argpartition": (
        lambda w: w[np.argpartition(w, 1)[0]], np.array([2.5, 1, 2]), np.array([9.0, 3, 2]),
    ),
    "searchsorted": (
        lambda w: np.sum(w * W[np.searchsorted([1.5, 2.5], w)]), np.array([9.0, 0, 2]), np.array([9.0, 2, 2]),
    ),
    "digitize": (
        lambda w: np.sum(w * W[np.digitize(w, [1.5, 2.5])]), np.array([9.0, 0, 2]), np.array([9.0, 2, 2]),
    ),
    "interp": (
        lambda w: np.sum(np.interp(w, [0.0, 1.5, 2.5, 9.0], [0.0, 1, 4, 5])), np.array([4.0, 0.5, 2]), np.array([4.0, 2, 2]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_has_margins_that_say_where_it_changes(name: str) -> None:
    loss, same, other = CHOICES[name]
    recording = recorded(loss)
    assert recording.orders
    assert not (margins(recording, W) > 0).any()
    assert not (margins(recording, same) > 0).any()
    assert (margins(recording, other) > 0).any()
    assert recorded(loss, same).orders == recording.orders
    assert recorded(loss, other).orders != recording.orders


def test_where_there_is_no_choice_there_is_no_order() -> None:
    one = np.ones((3, 1))
    assert recorded(lambda w: np.sum(np.max(w, axis=1)), one).orders == ()
    assert recorded(lambda w: np.sum(np.sort(w, axis=1)), one).orders == ()
    assert recorded(lambda w: np.median(w, axis=1).sum(), one).orders == ()
    assert recorded(lambda w: np.linalg.norm(w, 2), np.eye(3)).orders == ()
    assert recorded(lambda w, x: np.sum(w * np.max(x)), x=W).orders == ()
    assert recorded(lambda w, q: np.sum(w) * np.quantile(q, 0.5), q=W).orders == ()
    assert recorded(lambda w: np.quantile(W, w[1] / 9)).orders == ()
    assert recorded(lambda w, x: np.sum(w) * np.argmax(x), x=W).orders == ()


def test_large_tables_are_left_out() -> None:
    edges = np.linspace(0, 1, 2**19)
    found = recorded(lambda w: np.sum(w * np.searchsorted(edges, w)))
    assert found.orders == ()


def texts(recording: Recording) -> list[str]:
    return [note.text for note in recording.notes]


NOTES: dict[str, tuple[Callable[..., Any], Any, str]] = {
    "a class": (lambda w: np.sum(w[np.arange(2), [0, 1]]), np.eye(3), "never chooses index 2 of axis 1"),
    "many classes": (
        lambda w: np.sum(w[[1, 1], np.arange(2)]), np.ones((9, 2)), "never chooses index 0, 2, 3, 4, 5 and 3 more of axis 0",
    ),
    "after an ellipsis": (
        lambda w: np.sum(w[..., np.arange(2), [0, 1]]), np.ones((4, 2, 3)), "never chooses index 2 of axis 2",
    ),
    "rows": (lambda w: np.sum(w[[2, 0, 3]]), np.ones((5, 2)), "chooses no index twice"),
    "nothing": (lambda w: np.sum(w) + np.sum(w[np.zeros(3, bool)]), W, "selects nothing"),
    "everything": (lambda w: np.sum(w[np.ones((2, 2), bool), 0]), np.ones((2, 2, 2)), "leaves nothing out"),
    "where": (lambda w: np.sum(np.where([True] * 3, w, 1.0)), W, "is true everywhere"),
    "one": (lambda w: np.mean(w[:1]), W, "averages one number"),
    "a triangle": (lambda w: np.sum(np.linalg.eigvalsh(w, "U")), np.eye(3), "reads the upper triangle alone"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_what_no_point_can_tell_is_noted(name: str) -> None:
    loss, w, text = NOTES[name]
    found = recorded(loss, w)
    assert any(note.startswith(text) for note in texts(found))
    assert str(found.notes[0]).endswith(found.notes[0].text)
    assert "test_notes.py" in str(found.notes[0])


@pytest.mark.parametrize(
    "loss",
    [
        lambda w: np.sum(w[np.arange(3), [2, 1, 0]]),
        lambda w: np.sum(w[[2, 0, 1]]),
        lambda w: np.sum(w[np.arange(2)]),
        lambda w: np.sum(w[[1, 1]]),
        lambda w: np.sum(w[[1, 2], [0, 0]]),
        lambda w: np.sum(w[:, None, [1]]) + w[0, 1] + np.sum(w[1:][np.array([True, False])]),
        lambda w: np.mean(w) + np.sum(np.where([True, False, True], w, 0.0)),
        lambda w: np.sum(np.where(np.zeros((0, 3), bool), w[:0], 1.0)) + np.sum(w),
    ],
)
def test_nothing_is_noted_where_points_can_tell(loss: Callable[..., Any]) -> None:
    assert texts(recorded(loss, np.arange(9.0).reshape(3, 3))) == []
