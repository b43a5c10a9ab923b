"""The distance of arrays that are longer than a block."""

from __future__ import annotations

import numpy as np
import pytest

from crosscheck.core.norms import BLOCK, blocks, distance, furthest

LONG = 2 * BLOCK + 3


@pytest.mark.parametrize("place", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK, LONG - 1])
def test_the_furthest_entry_is_found_in_every_block(place: int) -> None:
    a, b = np.ones(LONG), np.ones(LONG)
    b[place] = 3.5
    assert furthest(a, b) == furthest(b, a) == (2.5, place)
    assert distance(a, b) == 2.5


def test_the_first_of_equals_is_named() -> None:
    a = np.zeros((2, LONG))
    assert furthest(a, a) == (0.0, 0)
    b = a.copy()
    b[0, 7] = b[0, 9] = b[1, 0] = -1.0
    assert furthest(a, b) == (1.0, 7)


@pytest.mark.parametrize("place", [2, BLOCK + 2])
def test_what_is_not_a_number_is_furthest(place: int) -> None:
    a, b = np.zeros(LONG), np.zeros(LONG)
    a[place], b[0], b[-1] = np.nan, 1.0, 2.0
    away, where = furthest(a, b)
    assert np.isnan(away)
    assert where == place


def test_float32_is_compared_in_float64() -> None:
    assert distance(np.array([1.0], np.float32), np.array([1 + 1e-12])) == pytest.approx(
        1e-12, 1e-3
    )


def test_other_layouts_and_empty_arrays() -> None:
    a = np.arange(6.0).reshape(2, 3)
    assert furthest(a, np.asfortranarray(a) + np.eye(2, 3)) == (1.0, 0)
    assert furthest(np.array(2.0), np.array(-1.0)) == (3.0, 0)
    assert furthest(np.zeros((0, 3)), np.zeros((0, 3))) == (0.0, 0)
    assert [x.size for (x,) in blocks(np.zeros(LONG))] == [BLOCK, BLOCK, 3]
