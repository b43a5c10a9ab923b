"""Programs drawn at random: views of views, writes through them, everything aliased.

The snippets of the corpus are what people write; these are what nobody would, to find a view that
does not write through or a copy that does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.tracing.checks import check

N = 3
VIEWS: tuple[Callable[[Any], Any], ...] = (
    lambda x: x.T,
    lambda x: x[::-1],
    lambda x: x[:, ::-1],
    lambda x: x.reshape(-1).reshape(N, N),
    lambda x: np.ravel(x, order="K").reshape(N, N),
    lambda x: x.swapaxes(0, 1)[:, :],
    lambda x: np.rot90(x),
    lambda x: x[None, ..., None][0, :, :, 0],
    lambda x: np.squeeze(np.expand_dims(x, 1)),
    lambda x: np.lib.stride_tricks.sliding_window_view(x, (N, N))[0, 0].copy(),
    lambda x: np.asarray(x),
    lambda x: np.split(x, [N], axis=1)[0],
)
COPIES: tuple[Callable[[Any], Any], ...] = (
    lambda x: np.tanh(x),
    lambda x: np.sin(x.T),
    lambda x: x.copy("F"),
    lambda x: np.array(x),
    lambda x: x[[2, 0, 1]],
    lambda x: x[:, np.array([True, False, True])][:, [0, 1, 0]],
    lambda x: np.concatenate([x[1:], x[:1]]),
    lambda x: np.roll(x, 1, axis=1) * 0.5,
    lambda x: x.flatten("F").reshape(N, N),
    lambda x: x / (1 + np.sum(x**2)),
    lambda x: np.outer(x[0], x[:, 1]),
    lambda x: np.cumsum(x, axis=0) - x.mean(),
    lambda x: np.einsum("ij,kj->ik", x, np.cos(x)),
    lambda x: np.zeros_like(x),
)


def set_row(x: Any, y: Any) -> None:
    """A row from a column."""
    x[1] = y[:, 2]


def set_part(x: Any, y: Any) -> None:
    """A part from a part, perhaps of the same memory."""
    x[:2, 1:] = y[1:, :2]


def set_fancy(x: Any, y: Any) -> None:
    """An index array, repeated."""
    x[[0, 2, 0], [1, 1, 1]] = y[0]


def set_mask(x: Any, y: Any) -> None:
    """A mask of its own."""
    x[np.eye(N, dtype=bool)] = np.sin(y[1])


def set_all(x: Any, y: Any) -> None:
    """Everything, by a view of the destination."""
    x.T[...] = np.cos(y)


def add(x: Any, y: Any) -> None:
    """In place, perhaps onto itself turned round."""
    x += 0.5 * y


def scale(x: Any, y: Any) -> None:
    """In place, by one number."""
    x[::2] *= y[1, 1]


def add_at(x: Any, y: Any) -> None:
    """Repeated places."""
    np.add.at(x, ([0, 0, 1], 2), y[:, 0])


def into(x: Any, y: Any) -> None:
    """A ufunc's destination."""
    np.multiply(y, 0.3, out=x)


def diagonal(x: Any, y: Any) -> None:
    """A function that writes."""
    np.fill_diagonal(x, y[0].copy())


WRITES = (set_row, set_part, set_fancy, set_mask, set_all, add, scale, add_at, into, diagonal)


def random_program(seed: int) -> Callable[..., Any]:
    """A loss of a 4 by 4 matrix, the same at every call."""

    def loss(S: Any) -> Any:
        draw = random.Random(seed)  # noqa: S311  # no secrets
        pool = [S[:N, :N], S[1:, 1:], np.zeros((N, N))]
        for _ in range(12):
            kind = draw.choice([VIEWS, COPIES, WRITES])
            x, y = draw.choice(pool), draw.choice(pool)
            if kind is WRITES:
                draw.choice(WRITES)(x, y)
            elif kind is VIEWS:
                pool.append(draw.choice(VIEWS)(x))
            else:
                pool.append(draw.choice(COPIES)(x))
        weights = np.cos(np.arange(N * N)).reshape(N, N)
        return sum(np.sum(weights * np.tanh(x)) for x in pool) + np.sum(S**2)

    return loss


@pytest.mark.parametrize("block", range(6))
def test_random_programs(block: int) -> None:
    for seed in range(16 * block, 16 * (block + 1)):
        check(random_program(seed), "torch")


def test_a_random_program_in_jax() -> None:
    check(random_program(7), "jax")
