# ruff: noqa: ARG005, PLW0108 - tables of losses, each with its gradients, as users write them
"""Further members of each kind that could fool the verdict: right gradients, and mistakes.

A right gradient never disagrees, and a wrong one never agrees without a sentence that says so.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from crosscheck import certify
from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosscheck import Certificate

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
R = np.random.default_rng(5).standard_normal
X, Y, W = R((6, 3)), R(6), R(3)
EYE = np.eye(3)


class Member(NamedTuple):
    """A loss with a right and a wrong gradient, and what each must get."""

    loss: Callable[..., Any]
    right: Callable[..., Any]
    wrong: Callable[..., Any]
    w: Any
    rights: frozenset[Verdict] = frozenset({AGREE})
    wrongs: frozenset[Verdict] = frozenset({DISAGREE})
    options: Mapping[str, Any] = MappingProxyType({})


SAID = frozenset({INCONCLUSIVE})  # with a reason
OPEN = frozenset({AGREE, INCONCLUSIVE})
SEEN = frozenset({DISAGREE, INCONCLUSIVE})


def check(member: Member, which: str) -> Certificate:
    gradient = member.right if which == "right" else member.wrong
    with np.errstate(all="ignore"):
        found = certify(member.loss, gradient, {"w": member.w}, diagnose=0, **member.options)
    verdict = next(f.verdict for f in found.findings if f.quantity == "grad w")
    assert verdict in (member.rights if which == "right" else member.wrongs)
    return found


def table(members: Mapping[str, Member]) -> pytest.MarkDecorator:
    pairs = [(name, which) for name in members for which in ("right", "wrong")]
    return pytest.mark.parametrize(("name", "which"), pairs)


# -- 1: a loss that reads a parameter unseen -------------------------------------------------------


def sought(f: Callable[[float], float]) -> Callable[[Any], float]:
    """Return the inverse of an increasing function, by bisection."""

    def root(w: Any) -> float:
        low, high = -30.0, 30.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if f(middle) < w else (low, middle)
        return low

    return root


cube, expo, arc = sought(lambda t: t**3 + t), sought(lambda t: t + math.exp(t)), sought(math.sinh)


def halving(w: Any) -> Any:
    """Return about exp(w), from a table that is searched by comparisons."""
    low, high = 0.0, 100.0
    while high - low > 1e-13:
        middle = (low + high) / 2
        if math.log(middle) < w:
            low = middle
        else:
            high = middle
    return low


UNSEEN = {
    "a millionth of the gradient": Member(
        lambda w: w**2 + 1e-6 * expo(w),
        lambda w: 2 * w + 1e-6 / (1 + np.exp(expo(w))),
        lambda w: 2 * w,
        np.array(1.3),
        SAID,
        SAID,
    ),
    "a root in a product": Member(
        lambda w: w * cube(w),
        lambda w: cube(w) + w / (3 * cube(w) ** 2 + 1),
        lambda w: cube(w) + 0 * w,
        np.array(0.7),
        SAID,
        SAID,
    ),
    "one entry of several": Member(
        lambda w: np.sum(w**2) + arc(w[1]),
        lambda w: 2 * w + EYE[1] / np.sqrt(1 + w[1] ** 2),
        lambda w: 2 * w,
        W,
        SAID,
        SAID,
    ),
    "until it is close enough": Member(
        lambda w: w**2 + halving(w),
        lambda w: 2 * w + np.exp(w),
        lambda w: 2 * w,
        np.array(0.4),
        SAID,
        SAID,
    ),
    "beside a term a million times larger": Member(
        lambda w: 1e6 * np.sum((X @ w) ** 2) + cube(w[0]),
        lambda w: 2e6 * X.T @ (X @ w) + EYE[0] / (3 * cube(w[0]) ** 2 + 1),
        lambda w: 2e6 * X.T @ (X @ w),
        W,
        SAID,
        SAID,
    ),
}


@table(UNSEEN)
def test_what_is_read_unseen_is_not_judged(name: str, which: str) -> None:
    found = check(UNSEEN[name], which)
    reason = next(f.reason for f in found.findings if f.quantity == "grad w")
    assert "test_members.py" in reason


def test_comparisons_that_span_many_orders_are_no_search() -> None:
    weights = 10.0 ** -np.arange(18)

    def loss(w: Any) -> Any:
        return sum(w[i] * weights[i] for i in range(18) if w[i] * weights[i] > 0)

    w = np.random.default_rng(3).random(18) + 0.5
    found = certify(loss, lambda w: weights * (w > 0), {"w": w})
    assert found.findings[1].verdict is AGREE


# -- 2 and 6: rounding -----------------------------------------------------------------------------


def wide(w: Any) -> Any:
    return np.asarray(w, dtype=float)


OFFSET = 1e5 + R(20)


def one_pass(w: Any) -> Any:
    z = OFFSET * float(w)
    return np.asarray(2 * (np.mean(z * z) - np.mean(z) ** 2) / float(w))


ROUNDING = {
    "sigmoid − 1, saturated": Member(
        lambda w: 1e6 * np.sum(np.log1p(np.exp(-w))),
        lambda w: 1e6 * (1 / (1 + np.exp(-wide(w))) - 1),
        lambda w: 2e6 * (1 / (1 + np.exp(-wide(w))) - 1),
        np.array([36.0, 33.0]),
        OPEN,
        SEEN,
    ),
    "one-pass variance": Member(
        lambda w: np.var(OFFSET * w),
        one_pass,
        lambda w: 1.1 * one_pass(w),
        np.array(1.5),
        OPEN,
    ),
    "1 − tanh²": Member(
        lambda w: np.sum(1e4 * np.tanh(w)),
        lambda w: 1e4 * (1 - np.tanh(wide(w)) ** 2),
        lambda w: 2e4 * (1 - np.tanh(wide(w)) ** 2),
        np.array([14.0, 16.0, 18.0]),
        OPEN,
        SEEN,
    ),
    "a constant that is added and taken away": Member(
        lambda w: np.sum(((w + 1e8) - 1e8) ** 3),
        lambda w: 3 * w**2,
        lambda w: 3.3 * w**2,
        W,
        OPEN,
        SEEN,
    ),
    "expm1 by hand": Member(
        lambda w: 1e12 * np.sum((np.exp(1e-8 * w) - 1) ** 2),
        lambda w: 2e4 * np.expm1(1e-8 * w) * np.exp(1e-8 * w),
        lambda w: 2.2e4 * np.expm1(1e-8 * w) * np.exp(1e-8 * w),
        W,
        OPEN,
        SEEN,
    ),
    "masked scores of −1e9 and −1e38": Member(
        lambda w: np.log(np.exp(w + np.array([0, -1e9, -1e38])).sum() + np.exp(2 * w[0])),
        lambda w: (
            EYE[0] * (np.exp(w[0]) + 2 * np.exp(2 * w[0])) / (np.exp(w[0]) + np.exp(2 * w[0]))
        ),
        lambda w: 0 * w,
        W,
    ),
}


@table(ROUNDING)
def test_rounding_is_told_from_mistakes(name: str, which: str) -> None:
    check(ROUNDING[name], which)


# -- 3 and 4: precisions ---------------------------------------------------------------------------


def low(w: Any) -> Any:
    return w.astype(np.float32)


def buffered(w: Any) -> Any:
    kept = np.empty(6, np.float32)
    kept[...] = X @ w
    return kept


PRECISIONS = {
    "weights rounded in a helper": Member(
        lambda w: np.sum(np.sin(X @ w)),
        lambda w: X.T @ np.cos(X @ low(w)),
        lambda w: 1.01 * X.T @ np.cos(X @ low(w)),
        W,
    ),
    "a float32 buffer in the gradient": Member(
        lambda w: np.sum((X @ w) ** 3),
        lambda w: X.T @ (3 * buffered(w) ** 2),
        lambda w: X.T @ (2 * buffered(w) ** 2),
        W,
    ),
    "a float32 buffer in the loss": Member(
        lambda w: np.sum((X @ w).astype(np.float32) ** 2),
        lambda w: 2 * X.T @ (X @ w),
        lambda w: 2.002 * X.T @ (X @ w),
        W,
    ),
    "float32 data": Member(
        lambda w: np.sum(np.tanh(X.astype(np.float32) @ w)),
        lambda w: X.astype(np.float32).T @ (1 - np.tanh(X.astype(np.float32) @ w) ** 2),
        lambda w: X.astype(np.float32).T @ (1 - np.tanh(X.astype(np.float32) @ w)),
        W,
    ),
    "a float32 result": Member(
        lambda w: np.sum(np.exp(w)),
        lambda w: np.exp(w).astype(np.float32),
        lambda w: (1.001 * np.exp(w)).astype(np.float32),
        W,
    ),
    "an integer gradient": Member(
        lambda w: 3 * np.sum(w), lambda w: np.full(3, 3), lambda w: np.full(3, 2), W
    ),
    "a longdouble gradient": Member(
        lambda w: np.sum(w**3),
        lambda w: 3 * w.astype(np.longdouble) ** 2,
        lambda w: 2 * w.astype(np.longdouble) ** 2,
        W,
    ),
}


@table(PRECISIONS)
def test_each_precision_is_judged_by_its_own_rounding(name: str, which: str) -> None:
    check(PRECISIONS[name], which)


# -- 5: branches and orders ------------------------------------------------------------------------

FAR = np.array([100.0, 0.1, 0.2])
STEPS = np.arange(1.0, 4.0)


def ranks(w: Any) -> Any:
    found = np.empty(3)
    found[np.argsort(w)] = STEPS
    return found


def leaky(w: Any, at: float = 0.0) -> Any:
    return np.where(w > at, 1.0, 0.01)


SIZES = R(8)
BRANCHES = {
    "leaky relu's threshold": Member(
        lambda w: np.sum(np.where(w > 0, w, 0.01 * w) * SIZES),
        lambda w: leaky(w) * SIZES,
        lambda w: leaky(w, 0.01) * SIZES,
        R(8),
    ),
    "soft threshold": Member(
        lambda w: np.sum(np.maximum(np.abs(w) - 0.3, 0) ** 2),
        lambda w: 2 * np.sign(w) * np.maximum(np.abs(w) - 0.3, 0),
        lambda w: 2 * np.sign(w) * np.maximum(np.abs(w) - 0.3, 0) * (np.abs(w) > 0.32),
        W,
    ),
    "max": Member(
        lambda w: np.max(w) ** 2,
        lambda w: 2 * w * EYE[np.argmax(w)],
        lambda w: 2 * w * EYE[0],
        FAR,
    ),
    "argmin": Member(
        lambda w: w[w.argmin()] ** 3,
        lambda w: 3 * w**2 * EYE[np.argmin(w)],
        lambda w: 3 * w**2 * EYE[1],
        np.array([50.0, 0.1, 90.0]),
    ),
    "sort": Member(
        lambda w: np.sort(w) @ STEPS, ranks, lambda w: STEPS + 0 * w, np.array([1.0, 20.0, 400.0])
    ),
    "argsort": Member(
        lambda w: w[np.argsort(w)] @ STEPS,
        ranks,
        lambda w: STEPS + 0 * w,
        np.array([1.0, 20.0, 400.0]),
    ),
    "median": Member(
        lambda w: np.median(w) ** 2,
        lambda w: 2 * w * EYE[np.argsort(w)[1]],
        lambda w: 2 * w * EYE[1],
        np.array([1.0, 200.0, 4000.0]),
    ),
    "the two largest": Member(
        lambda w: np.sum(np.partition(w, 1)[1:] ** 2),
        lambda w: 2 * w * (w > w.min()),
        lambda w: 2 * w * [0, 1, 1],
        np.array([1.0, 200.0, 4000.0]),
    ),
    "argpartition": Member(
        lambda w: np.sum(w[np.argpartition(w, 1)[1:]] ** 2),
        lambda w: 2 * w * (w > w.min()),
        lambda w: 2 * w * [0, 1, 1],
        np.array([1.0, 200.0, 4000.0]),
    ),
    "a table that is searched": Member(
        lambda w: np.sum(w * STEPS[np.searchsorted([-50.0, 500.0], w)]),
        lambda w: STEPS[np.searchsorted([-50.0, 500.0], w)],
        lambda w: 2.0 + 0 * w,
        FAR,
    ),
    "a table of bins": Member(
        lambda w: np.sum(w * STEPS[np.digitize(w, [-50.0, 500.0])]),
        lambda w: STEPS[np.digitize(w, [-50.0, 500.0])],
        lambda w: 2.0 + 0 * w,
        FAR,
    ),
    "a polyline": Member(
        lambda w: np.sum(np.interp(w, [-500.0, 0, 500.0, 900.0], [0.0, 1, 3, 9])),
        lambda w: np.select(
            [w < -500, w < 0, w < 500, w < 900], [0, 1 / 500, 2 / 500, 6 / 400], 0.0
        ),
        lambda w: 2 / 500 + 0 * w,
        FAR,
    ),
    "a branch inside of a branch": Member(
        lambda w: w**2 if abs(w) < 1 else (2 * w - 1 if w > 0 else -3 * w - 2),
        lambda w: 2 * w if abs(w) < 1 else (2.0 if w > 0 else -3.0) + 0 * w,
        lambda w: 2 * w if abs(w) < 1 else (2.0 if w > 0 else -2.0) + 0 * w,
        np.array(0.2),
        wrongs=SEEN,
    ),
}


@table(BRANCHES)
def test_every_side_and_order_is_taken(name: str, which: str) -> None:
    found = check(BRANCHES[name], which)
    assert found.uncovered == ()


def test_an_order_that_never_changes_is_listed() -> None:
    def loss(w: Any) -> Any:
        return np.max(np.tanh(w) + np.array([0.0, 5.0, 0.0]))

    found = certify(loss, lambda w: (1 - np.tanh(w) ** 2) * EYE[1], {"w": W})
    assert found.verdict is AGREE
    assert [s.partition("np.max")[2].rpartition(") ")[2] for s in found.uncovered] == [
        "chose the same entries at every point"
    ]


# -- 7: domains and conventions --------------------------------------------------------------------

A = R((3, 3))
S = A @ A.T + 2 * EYE
ORTHOGONAL = np.linalg.qr(A)[0]


def half(w: Any) -> Any:
    """Return the sum of the logarithms of a Cholesky factor: half of log det."""
    return np.sum(np.log(np.diag(np.linalg.cholesky(w))))


def by_triangle(w: Any) -> Any:
    g = np.linalg.inv(np.tril(w) + np.tril(w, -1).T) / 2
    return np.tril(2 * g) - np.diag(np.diag(g))


def spectral(w: Any) -> Any:
    values, vectors = np.linalg.eigh(w)
    return vectors @ np.diag(3 * values**2) @ vectors.T


DOMAINS = {
    "cholesky, symmetrised": Member(
        half, lambda w: np.linalg.inv(w) / 2, lambda w: np.linalg.inv(w), S, SAID
    ),
    "cholesky, by its triangle": Member(half, by_triangle, lambda w: 2 * by_triangle(w), S),
    "cholesky, upper": Member(
        lambda w: np.sum(np.log(np.diag(np.linalg.cholesky(w.T)))),
        lambda w: by_triangle(w.T).T,
        lambda w: by_triangle(w),
        S,
        wrongs=SAID,
    ),
    "eigenvalues of any matrix": Member(
        lambda w: np.sum(np.linalg.eigvalsh(w) ** 3),
        spectral,
        lambda w: 2 * spectral(w),
        A + 3 * EYE,
        SAID,
    ),
    "eigenvalues, declared": Member(
        lambda w: np.sum(np.linalg.eigh(w)[0] ** 3),
        spectral,
        lambda w: 1.01 * spectral(w),
        A + 3 * EYE,
        options={"structure": {"w": "read by one triangle"}},
    ),
    "log det of a definite matrix": Member(
        lambda w: np.log(np.linalg.det(w)),
        lambda w: np.linalg.inv(w),
        lambda w: -np.linalg.inv(w),
        S,
        SAID,
    ),
    "log of probabilities": Member(
        lambda w: -np.sum(np.log(np.clip(w, 1e-9, 1 - 1e-9))),
        lambda w: -1 / w,
        lambda w: -2 / w,
        np.array([0.04, 0.5, 0.9]),
        OPEN,
    ),
    "a root of what is positive": Member(
        lambda w: np.sum(np.sqrt(w)),
        lambda w: 0.5 / np.sqrt(w),
        lambda w: 0.25 / np.sqrt(w),
        np.array([1e-3, 1.0, 4.0]),
    ),
    "a transposed gradient at the identity": Member(
        lambda w: np.sum((X @ w) ** 2 * STEPS),
        lambda w: 2 * X.T @ ((X @ w) * STEPS),
        lambda w: (2 * X.T @ ((X @ w) * STEPS)).T,
        np.eye(3),
        wrongs=SAID,  # it is right for symmetric w, and that is said
    ),
    "a transposed gradient at zero": Member(
        lambda w: np.sum((X @ w - 1) ** 2 * STEPS),
        lambda w: 2 * X.T @ ((X @ w - 1) * STEPS),
        lambda w: (2 * X.T @ ((X @ w - 1) * STEPS)).T,
        np.zeros((3, 3)),
        wrongs=SAID,
    ),
}


@table(DOMAINS)
def test_a_gradient_is_right_where_it_is_said_to_be(name: str, which: str) -> None:
    found = check(DOMAINS[name], which)
    reads = "cholesky" in name or "eigenvalues" in name
    assert bool(found.conventions) is reads
    assert all("triangle alone" in sentence for sentence in found.conventions)


# -- 8: entries of many sizes ----------------------------------------------------------------------


def scaled(*sizes: float) -> tuple[Any, Any, Any]:
    """Return a loss whose gradient has entries of these sizes, and a wrong last entry."""
    size = np.array(sizes)

    def last(w: Any) -> Any:
        return size * np.cos(w) * np.append(np.ones(len(size) - 1), 2)

    return lambda w: np.sum(size * np.sin(w)), lambda w: size * np.cos(w), last


# a column of large inputs beside the intercept's, and residuals that are small beside both
LARGE = np.column_stack([1e8 * R(20), np.ones(20)])
FITTED = np.array([1e-8, 0.5])
TARGETS = LARGE @ FITTED + 0.1 * R(20)


def regression(w: Any) -> Any:
    return np.sum((LARGE @ w - TARGETS) ** 2) / 2


def regression_gradient(w: Any) -> Any:
    return LARGE.T @ (LARGE @ w - TARGETS)


ENTRIES = {
    "an intercept": Member(
        regression, regression_gradient, lambda w: regression_gradient(w) * [1, 2], FITTED
    ),
    "a billionth": Member(*scaled(1e8, 1e-1), np.array([0.3, 0.4])),
    "a trillionth": Member(*scaled(1e8, 1e8, 1e-4), np.array([0.3, 0.1, 0.4])),
    "of three sizes": Member(*scaled(1e8, 1.0, 1e-4), np.array([0.3, 0.1, 0.4])),
    "lost": Member(
        lambda w: 1e9 * np.sin(w[0]) + np.sin(w[1]),
        lambda w: np.array([1e9 * np.cos(w[0]), np.cos(w[1])]),
        lambda w: np.array([1e9 * np.cos(w[0]), 0.0]),
        np.array([0.3, 0.4]),
    ),
    "below rounding": Member(*scaled(1e8, 1e-12), np.array([0.3, 0.4]), wrongs=frozenset({AGREE})),
}


@table(ENTRIES)
def test_a_small_entry_is_judged_or_listed(name: str, which: str) -> None:
    found = check(ENTRIES[name], which)
    limited = name == "below rounding" and which == "wrong"
    assert bool(found.untested) is limited
    if limited:
        assert found.untested[0].startswith("grad w: 1 of 2 entries, [1] first")
        assert ", with limits" in str(found)
        gradient = ENTRIES[name].wrong
        strict = certify(ENTRIES[name].loss, gradient, {"w": ENTRIES[name].w}, strict=True)
        assert strict.verdict is INCONCLUSIVE


def test_noise_of_a_small_entry_blames_nobody() -> None:
    def loss(w: Any) -> Any:
        return 1e3 * np.sum(np.log1p(np.exp(-w)))

    def right(w: Any) -> Any:  # cancels where w is large, in float64 alone
        return 1e3 * (1 / (1 + np.exp(-wide(w))) - 1)

    found = certify(loss, right, {"w": np.array([0.5, 30.0])})
    assert found.verdict is AGREE


def test_small_tensors_beside_large_ones() -> None:
    def loss(w: Any, v: Any) -> Any:
        return 1e16 * np.sum(np.sin(w)) + np.sum(np.sin(v))

    def gradient(w: Any, v: Any, by: float = 1.0) -> Any:
        return 1e16 * np.cos(w), by * np.cos(v)

    params = {"w": R(3), "v": R(3)}
    assert certify(loss, gradient, params).verdict is AGREE
    found = certify(loss, lambda w, v: gradient(w, v, 2.0), params)
    assert next(f.verdict for f in found.findings if f.quantity == "grad v") is INCONCLUSIVE


# -- 9: what stays from one call to the next -------------------------------------------------------


class Keeping:
    """A cache that is filled once, a counter, a list."""

    def __init__(self, kind: str) -> None:
        self.kind, self.calls = kind, 0
        self.kept: dict[Any, Any] = {}
        self.seen: list[Any] = []

    def gradient(self, w: Any) -> Any:
        self.calls += 1
        self.seen.append(w)
        if self.kind == "stale cache":
            self.kept.setdefault("a", np.cos(w))
            return self.kept["a"]
        if self.kind == "rounded memo":
            key = tuple(np.round(w, 0))
            return self.kept.setdefault(key, np.cos(w))
        if self.kind == "fails later" and self.calls > 2:
            msg = "used up"
            raise RuntimeError(msg)
        if self.kind == "memo":
            return self.kept.setdefault(w.tobytes(), np.cos(w))
        if self.kind == "adds to itself":
            self.kept["g"] = self.kept.get("g", 0) + np.cos(w)
            return self.kept["g"].copy()
        return np.cos(w)


KINDS = ["stale cache", "rounded memo", "memo", "adds to itself", "fails later", "none"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_depends_on_its_arguments_alone(kind: str) -> None:
    layer = Keeping(kind)
    found = certify(lambda w: np.sum(np.sin(w)), layer.gradient, {"w": 0.01 * np.ones(3)})
    right = kind in {"memo", "none"}
    assert (found.verdict is AGREE) is right
    assert (found.verdict is DISAGREE) is not right
    assert "calls at every call" in found.findings[-1].reason
    assert (layer.calls, layer.kept, layer.seen) == (0, {}, [])


# -- what no point can tell ------------------------------------------------------------------------

LABELS = np.array([0, 1, 1, 0, 1, 0])
IMAGES = R((6, 3))


def likelihood(w: Any, x: Any, t: Any) -> Any:
    z = x @ w
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(x)), t])


def likelihood_gradient(w: Any, x: Any, t: Any) -> Any:
    z = x @ w
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(x)), t] -= 1
    return x.T @ p / len(x)


def rows_added(w: Any, rows: Any) -> Any:
    found = np.zeros_like(w)
    np.add.at(found, rows, 2 * w[rows])
    return found


LIMITS: dict[str, tuple[Any, Any, Any, dict[str, Any], str]] = {
    "an absent class": (
        likelihood,
        likelihood_gradient,
        R((3, 3)),
        {"x": IMAGES, "t": LABELS},
        "never chooses index 2",
    ),
    "a batch of one": (
        likelihood,
        likelihood_gradient,
        R((3, 3)),
        {"x": IMAGES[:1], "t": LABELS[:1]},
        "axis 0 of x has length 1",
    ),
    "a mean of one": (
        lambda w, x: np.mean((x @ w) ** 2),
        lambda w, x: 2 * x.T @ (x @ w),
        W,
        {"x": IMAGES[:1]},
        "averages one number",
    ),
    "a one-hot class": (
        lambda w, x, t: np.sum(t * (x @ w)),
        lambda w, x, t: x.T @ t,
        R((3, 3)),
        {"x": IMAGES, "t": EYE[LABELS]},
        "class 2 is in no row of t",
    ),
    "rows that are not repeated": (
        lambda w, rows: np.sum(w[rows] ** 2),
        rows_added,
        R((9, 2)),
        {"rows": np.array([4, 1, 7])},
        "chooses no index twice",
    ),
    "an empty mask": (
        lambda w, m: np.sum(w**2) + np.sum(w[m] ** 3),
        lambda w, m: 2 * w,
        W,
        {"m": np.zeros(3, bool)},
        "selects nothing",
    ),
    "a full mask": (
        lambda w, m: np.sum(w[m] ** 2),
        lambda w, m: 2 * w,
        W,
        {"m": np.ones(3, bool)},
        "leaves nothing out",
    ),
    "a mask of where": (
        lambda w, m: np.sum(np.where(m, w**3, w**2)),
        lambda w, m: 2 * w,
        W,
        {"m": np.zeros(3, bool)},
        "is false everywhere",
    ),
    "one stride": (
        lambda w, stride: np.sum(w[::stride] ** 2),
        lambda w, stride: 2 * w,
        W,
        {"stride": 1},
        "stride is 1",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_no_point_can_tell_is_listed(name: str) -> None:
    loss, gradient, w, data, sentence = LIMITS[name]
    found = certify(loss, gradient, {"w": w}, data)
    assert found.verdict is AGREE
    assert any(sentence in limit for limit in found.untested)
    assert ", with limits" in str(found)


NOTHING: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "every class": (
        likelihood,
        likelihood_gradient,
        R((3, 3)),
        {"x": IMAGES, "t": np.array([0, 1, 2, 0, 1, 2])},
    ),
    "rows that repeat": (
        lambda w, rows: np.sum(w[rows] ** 2),
        rows_added,
        R((9, 2)),
        {"rows": np.array([4, 1, 4])},
    ),
    "all rows": (
        lambda w, rows: np.sum(w[rows] * X),
        lambda w, rows: X[np.argsort(rows)],
        R((6, 3)),
        {"rows": np.array([4, 1, 0, 2, 5, 3])},
    ),
    "other indices": (
        lambda w: np.sum(w[..., 0, None] ** 2) + w[2, 1] + np.sum(w[None, :, [1, 2]] ** 2),
        lambda w: 2 * w + np.outer(EYE[2], EYE[1]),
        R((3, 3)),
        {},
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_listed_where_there_is_nothing(name: str) -> None:
    loss, gradient, w, data = NOTHING[name]
    found = certify(loss, gradient, {"w": w}, data)
    assert found.verdict is AGREE
    assert found.untested == ()


class Counting:
    """A gradient that counts its calls; right at the first ones, or at all."""

    def __init__(self, right_until: float) -> None:
        self.calls, self.right_until = 0, right_until

    def __call__(self, w: Any) -> Any:
        self.calls += 1
        return {"w": 3 * w**2 * (1 if self.calls <= self.right_until else 2)}


@pytest.mark.parametrize(
    ("right_until", "verdict"),
    [(2, "DISAGREE"), (3, "DISAGREE"), (10, "DISAGREE"), (np.inf, "AGREE")],
)
def test_a_gradient_that_is_another_one_later(right_until: float, verdict: str) -> None:
    gradient = Counting(right_until)
    params = {"w": np.array([0.3, -1.2])}
    found = certify(lambda w: np.sum(w**3), gradient, params, oracles=["torch"])
    side = next(f for f in found.findings if f.quantity == "side effects")
    assert (str(found.verdict), str(side.verdict)) == (verdict, verdict)
    assert "Counting.calls" in str(found)
    assert gradient.calls == 0
