"""The pictures: they show the mistake, are small, and hold no script."""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from crosscheck import MissingPackageError, certify
from crosscheck.certification.entries import compared
from crosscheck.core.judgement import Judgement, Verdict
from crosscheck.report.pictures import reduced, svg
from crosscheck.results import Entries, Finding

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Array

EXPECTED = np.random.default_rng(0).standard_normal((12, 12))
JUDGED = Judgement(Verdict.DISAGREE, {"JAX": 1.0}, 1e-12, 1e-6, 2.0)


def entries(actual: Array, expected: Array = EXPECTED) -> Entries:
    return Entries(actual, expected, "JAX", 1e-12, 2.0)


def levels(actual: Array, expected: Array = EXPECTED) -> Array:
    return reduced.entry_map(entries(actual, expected)).levels


@pytest.fixture(scope="module")
def wrong() -> Certificate:
    def loss(w: Array, v: Array, b: Array, x: Array) -> Any:
        return np.sum(np.tanh(x @ w @ v) + b)

    def gradient(w: Array, v: Array, b: Array, x: Array) -> dict[str, Array]:
        d = 1 - np.tanh(x @ w @ v) ** 2
        return {"w": (x.T @ d @ v.T).T.copy(), "v": 3 * (x @ w).T @ d, "b": len(x) + 0 * b}

    rng = np.random.default_rng(0)
    w, v, x = (rng.standard_normal(shape) for shape in ((4, 4), (4, 3), (5, 4)))
    given = {"w": w, "v": v, "b": np.ones(3)}
    return certify(loss, gradient, given, {"x": x}, oracles=["torch"], diagnose=0)


def test_a_mistake_has_its_own_look() -> None:
    scaled, zero, sign = (levels(factor * EXPECTED) for factor in (2.0, 0.0, -1.0))
    assert np.ptp(scaled) == np.ptp(zero) == np.ptp(sign) == 0  # a factor is one colour
    assert scaled[0, 0] > 0 > zero[0, 0] > sign[0, 0]
    transposed = levels(EXPECTED.T)
    assert not transposed.diagonal().any()
    assert transposed.min() < 0 < transposed.max()
    half = EXPECTED.copy()
    half[:, 6:] = 0
    assert not levels(half)[:, :6].any()
    assert (levels(half)[:, 6:] < 0).all()


def test_what_is_no_number_or_expected_zero_is_drawn() -> None:
    actual, expected = np.array([np.nan, 1.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0, 0.0])
    found = levels(actual, expected)[0]
    assert np.isnan(found[0])
    assert list(found[1:]) == [1, -1, 0]
    assert "currentColor" in "".join(svg._cells(levels(actual, expected)))  # noqa: SLF001 - a shade


def test_one_wrong_entry_of_a_large_tensor_stays_visible() -> None:
    expected = np.random.default_rng(1).standard_normal((1500, 7, 100))
    actual = expected.copy()
    actual[777, 3, 31] *= 1 + 1e-9
    actual[3, 3, 3] *= -1
    shown = reduced.entry_map(entries(actual, expected))
    assert shown.levels.shape == (reduced.CELLS, reduced.CELLS)
    assert np.count_nonzero(shown.levels) == 2
    assert shown.block == (38, 18)
    xs, ys = reduced.marks(entries(actual, expected))
    assert len(xs) <= reduced.MARKS
    assert (xs != ys).sum() == 2


def test_a_picture_is_below_50_kb_without_a_script() -> None:
    expected = np.random.default_rng(1).standard_normal((300, 200))
    noise = expected * np.random.default_rng(2).lognormal(0, 3, expected.shape)
    findings = [
        Finding(f"<{i}>", "grad W & co", Verdict.DISAGREE, None, (JUDGED,), entries=shown)
        for i, shown in enumerate([entries(noise, expected)] * 40)
    ]
    drawn = svg.pictures(findings)
    pictures = re.findall(r"<svg.*?</svg>", drawn)
    assert len(pictures) == 2 * reduced.GRADIENTS + 1
    assert max(map(len, pictures)) < 50_000
    assert "script" not in drawn
    for picture in pictures:
        ET.fromstring(picture)  # noqa: S314 - our own
    assert "and 10 more that agree" in drawn


def test_a_certificate_draws_what_is_wrong(wrong: Certificate) -> None:
    assert [f.quantity for f, _ in reduced.wrong(wrong.findings)] == ["grad w", "grad v"]
    html = wrong._repr_html_()
    assert html.count("actual against expected</text>") == 2
    assert html.count("<details>") == 1
    shown, more = reduced.rows(wrong.findings)
    assert [row.name for row in shown] == ["grad w", "grad v", "loss", "grad b"]
    assert more == 0
    assert all(row.tolerance < row.error for row in shown[:2])
    assert all(row.error <= row.tolerance < row.noise + 1e-9 for row in shown[2:])


def test_a_figure_needs_no_display(wrong: Certificate) -> None:
    figure = wrong.plot()
    titles = [axes.get_title() for axes in figure.axes]
    assert sum("actual / expected" in title for title in titles) == 2
    assert sum("against" in title for title in titles) == 2
    assert [t.get_text() for t in figure.axes[-3].get_yticklabels()][:1]
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )
    right = dataclasses.replace(wrong, findings=wrong.findings[-2:])
    assert len(right.plot().axes) == 1


def test_without_matplotlib_the_cure_is_said(
    wrong: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackageError, match=r"backprop-crosscheck\[plot\]"):
        wrong.plot()


def test_what_cannot_be_compared_has_no_picture() -> None:
    assert compared(np.ones((2, 3)), np.ones((3, 2)), "JAX", JUDGED) is None
    assert compared(np.ones(2, dtype=object), np.ones(2), "JAX", JUDGED) is None
    long = Finding("a", "grad of a long name indeed", Verdict.AGREE, None, (JUDGED,))
    assert "…" in svg.pictures([long])
    assert svg.pictures([Finding("a", "loss", Verdict.AGREE, None)]) == ""
    several = [long, dataclasses.replace(long, example="b")]
    assert [row.name[:2] for row in reduced.rows(several)[0]] == ["a ", "b "]
    assert reduced.entry_map(Entries(np.ones(2), np.zeros(2), "JAX", 0.0, 0.0)).floor == 1e-16
