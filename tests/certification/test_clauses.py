"""Each clause of the verdict with losses that need it: right ones, and the mistakes it must see."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck import DomainError, certify, certify_layer
from crosscheck.certification.own_parameters import by_name
from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck import Certificate

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
RNG = np.random.default_rng(0)
X, Y, V = RNG.standard_normal((6, 3)), RNG.standard_normal(6), RNG.standard_normal(3)


def judged(loss: Any, gradient: Any, **params: Any) -> Certificate:
    return certify(loss, gradient, params, diagnose=0)


def verdict(certificate: Certificate, quantity: str = "grad w") -> Verdict | None:
    return next(f.verdict for f in certificate.findings if f.quantity == quantity)


# -- a loss that reads a parameter unseen ----------------------------------------------------------


def root(w: Any) -> float:
    """Return t with t³ + t = w, by bisection: w is only compared."""
    low, high = -9.0, 9.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle**3 + middle < w else (low, middle)
    return low


def steps(w: Any) -> float:
    """Return about w², by counting."""
    total = 0.0
    while total < w:
        total += 1e-3
    return total**2


LOST: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "bisection": (lambda w: w * w / 2 + root(w) ** 2, lambda w: w),
    "bisection, a small part": (lambda w: w * w / 2 + 1e-5 * root(w), lambda w: w),
    "at some points only": (lambda w: w * w + (root(w) if w > 1.3 else 0.0), lambda w: 2 * w),
    "beside a large parameter": (
        lambda w: w * w / 2 + root(w) ** 2 + 1e2 * np.sum((X @ V - Y) ** 2),
        lambda w: w,
    ),
    "digits": (lambda w: w * w + round(float(f"{float(w):.15e}"), 14), lambda w: 2 * w),
}


@pytest.mark.parametrize("kind", ["bisection", "bisection, a small part", "at some points only",
                                  "beside a large parameter"])  # fmt: skip
def test_a_loss_that_reads_a_parameter_unseen_is_not_judged(kind: str) -> None:
    loss, wrong = LOST[kind]
    certificate = judged(loss, wrong, w=np.array(1.3))
    assert verdict(certificate) is INCONCLUSIVE
    reason = next(f.reason for f in certificate.findings if f.quantity == "grad w")
    assert "central differences" in reason
    assert "test_clauses.py" in reason  # where it is only compared


def test_what_is_lost_in_one_parameter_costs_no_other_its_verdict() -> None:
    def loss(w: Any, v: Any) -> Any:
        return w * w / 2 + root(w) ** 2 / 2 + 100 * np.sum((X @ v - Y) ** 2)

    def gradient(w: Any, v: Any) -> Any:
        return w, 200 * X.T @ (X @ v - Y)

    certificate = judged(loss, gradient, w=np.array(1.3), v=V)
    assert verdict(certificate) is INCONCLUSIVE
    assert verdict(certificate, "grad v") is AGREE
    wrong = judged(loss, lambda w, v: (w, 2 * gradient(w, v)[1]), w=np.array(1.3), v=V)
    assert verdict(wrong, "grad v") is DISAGREE


# -- rounding that float32 does not show -----------------------------------------------------------

LABELS = np.array([0, 1, 2, 0])
SURE = np.eye(3)[LABELS] + 0.1 * RNG.standard_normal((4, 3))


def confident(w: Any, t: Any = 1.0) -> Any:
    z = SURE @ w / t
    z = z - z.max(axis=1, keepdims=True)
    return 1e6 * np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(4), LABELS])


def cancelling(w: Any, t: Any = 1.0) -> Any:
    z = SURE @ w / t
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(4), LABELS] -= 1
    return 1e6 * SURE.T @ p / 4 / t


def tiny_logs(w: Any) -> Any:
    return np.sum(w) + 1e20 * np.sum(np.log(1 + 1e-12 * w) ** 2)


def exact_logs(w: Any) -> Any:
    return 1 + 2e8 * np.log1p(1e-12 * w) / (1 + 1e-12 * w)


def offset(w: Any) -> Any:
    return np.sum((w + 1e9 - 1e9) ** 2)


NOISY: dict[str, tuple[Any, Any, Any]] = {
    "p − y of a confident softmax": (confident, cancelling, 20 * np.eye(3)),
    "with float64 scalars": (
        lambda w: confident(w, np.float64(1.0)),
        lambda w: cancelling(w, np.float64(1.0)),
        20 * np.eye(3),
    ),
    "astype(float)": (confident, lambda w: cancelling(w.astype(float)), 20 * np.eye(3)),
    "an oracle that cancels": (tiny_logs, exact_logs, RNG.standard_normal(3)),
    "a large constant": (offset, lambda w: 2 * w, RNG.standard_normal(3)),
}


@pytest.mark.parametrize("kind", NOISY)
def test_rounding_is_no_mistake(kind: str) -> None:
    loss, gradient, w = NOISY[kind]
    assert verdict(judged(loss, gradient, w=w)) is not DISAGREE
    assert verdict(judged(loss, lambda w: 1.1 * gradient(w), w=w)) is not AGREE


def test_a_mistake_beside_noise_is_seen() -> None:
    certificate = judged(tiny_logs, lambda w: 1.001 * exact_logs(w), w=RNG.standard_normal(3))
    assert verdict(certificate) is DISAGREE


# -- lower precisions ------------------------------------------------------------------------------


def low(dtype: str, at: str) -> tuple[Any, Any]:
    """Return a loss and its gradient, one of which computes in a lower precision."""

    def loss(w: Any) -> Any:
        z = X @ w
        z = z.astype(dtype) if at == "loss" else z
        if at == "buffer":
            kept = np.zeros(len(X), dtype)
            kept[:] = z
            z = kept
        return np.sum(np.tanh(z) ** 2)

    def gradient(w: Any) -> Any:
        w = w.astype(dtype) if at in {"weights", "result"} else w
        a = np.tanh(X.astype(dtype) @ w if at == "result" else X @ w)
        g = X.T @ (2 * a * (1 - a * a))
        return g.astype(dtype) if at == "result" else g

    return loss, gradient


@pytest.mark.parametrize("at", ["loss", "buffer", "weights", "result"])
def test_float32_by_design_is_judged_in_float32(at: str) -> None:
    loss, gradient = low("float32", at)
    certificate = judged(loss, gradient, w=V)
    assert certificate.verdict is AGREE
    finding = certificate.findings[1]
    own = {j.precision for j in finding.judgements}
    if at in {"weights", "result"}:
        assert "float32" in own
        assert 1e-8 < finding.resolution < 1e-3
    for factor in (1.001, 2, 0, -1):
        wrong = judged(loss, lambda w, by=factor: by * gradient(w), w=V)
        assert verdict(wrong) is DISAGREE, factor


def test_float32_can_be_made_a_mistake() -> None:
    loss, gradient = low("float32", "result")
    strict = certify(loss, gradient, {"w": V}, dtype="strict", diagnose=0)
    assert strict.verdict is DISAGREE
    assert "float32" in strict.findings[-1].reason
    with pytest.raises(ValueError, match="dtype is 'strickt'"):
        certify(loss, gradient, {"w": V}, dtype="strickt")


def test_noisy_float32_is_inconclusive() -> None:
    data = (1e3 + RNG.standard_normal(50)).astype(np.float32)

    def loss(w: Any) -> Any:
        z = data.astype(float) * w
        return np.mean((z - np.mean(z)) ** 2)

    def one_pass(w: Any) -> Any:
        z = data * np.float32(w)
        return np.asarray(2 * (np.mean(z * z) - np.mean(z) ** 2) / np.float32(w))

    assert verdict(judged(loss, one_pass, w=np.array(1.5))) is not AGREE


def test_half_precision_has_its_own_resolution() -> None:
    certificate = judged(
        lambda w: np.sum(np.sin(w)), lambda w: np.cos(w).astype(np.float16), w=np.array(V)
    )
    assert certificate.verdict is AGREE
    assert 1e-4 < certificate.findings[1].resolution < 1e-1
    wrong = judged(
        lambda w: np.sum(np.sin(w)), lambda w: (1.2 * np.cos(w)).astype(np.float16), w=np.array(V)
    )
    assert verdict(wrong) is DISAGREE


@pytest.mark.parametrize("dtype", ["int64", "bool", "longdouble"])
def test_exact_dtypes_are_judged_by_their_numbers(dtype: str) -> None:
    def loss(w: Any) -> Any:
        return np.sum(np.maximum(w, 0))

    w = RNG.standard_normal((3, 4))
    assert judged(loss, lambda w: (w > 0).astype(dtype), w=w).verdict is AGREE
    assert judged(loss, lambda w: (w < 0).astype(dtype), w=w).verdict is DISAGREE


def test_where_float32_overflows_float64_is_measured() -> None:
    def loss(w: Any) -> Any:
        return np.sum(np.exp(w))

    assert judged(loss, lambda w: np.exp(w), w=np.array([100.0, 120.0])).verdict is AGREE
    assert judged(loss, lambda w: 1.001 * np.exp(w), w=np.array([100.0, 120.0])).verdict is DISAGREE


# -- branches -------------------------------------------------------------------------------------


def residual(w: Any) -> Any:
    return X @ w - Y


BRANCHES: dict[str, tuple[Any, Any, Any, Any]] = {  # loss, right, wrong, w
    "huber": (
        lambda w: np.sum(
            np.where(np.abs(residual(w)) <= 9, residual(w) ** 2 / 2, 9 * np.abs(residual(w)) - 40.5)
        ),
        lambda w: X.T @ np.clip(residual(w), -9, 9),
        lambda w: X.T @ residual(w),
        V,
    ),
    "huber's threshold": (
        lambda w: np.sum(
            np.where(np.abs(residual(w)) <= 1, residual(w) ** 2 / 2, np.abs(residual(w)) - 0.5)
        ),
        lambda w: X.T @ np.clip(residual(w), -1, 1),
        lambda w: X.T @ np.where(np.abs(residual(w)) <= 1.05, residual(w), np.sign(residual(w))),
        V,
    ),
    "elu": (
        lambda w: np.sum(np.where(w > 0, w, np.exp(np.minimum(w, 0)) - 1)),
        lambda w: np.where(w > 0, 1.0, np.exp(w)),
        lambda w: np.ones_like(w),
        np.array([3.0, 4.0, 5.0]),
    ),
    "relu6": (
        lambda w: np.sum(np.minimum(np.maximum(X @ w, 0), 6) ** 2),
        lambda w: X.T @ (2 * (X @ w) * ((X @ w > 0) & (X @ w < 6))),
        lambda w: X.T @ (2 * np.clip(X @ w, 0, 6) * (X @ w > 0)),
        V,
    ),
    "clip": (
        lambda w: np.sum(np.clip(w, -5, 5) ** 2),
        lambda w: 2 * w * (np.abs(w) < 5),
        lambda w: 2 * np.clip(w, -5, 5),
        V,
    ),
    "hinge's threshold": (
        lambda w: np.sum(np.maximum(0, 1 - Y * (X @ w))),
        lambda w: -X.T @ (Y * (Y * (X @ w) < 1)),
        lambda w: -X.T @ (Y * (Y * (X @ w) < 0.96)),
        V,
    ),
    "if": (
        lambda w: np.sum(w**2) if np.sum(w) < 30 else np.sum(w**3),
        lambda w: 2 * w if np.sum(w) < 30 else 3 * w**2,
        lambda w: 2 * w,
        V,
    ),
    "abs": (
        lambda w: np.sum(np.abs(w) * w),
        lambda w: 2 * np.abs(w),
        lambda w: 2 * w,
        np.array([30.0, 40.0]),
    ),
    "sign": (
        lambda w: np.sum(np.sign(w) * w**2),
        lambda w: 2 * np.abs(w),
        lambda w: 2 * w,
        np.array([30.0, 40.0]),
    ),
}


@pytest.mark.parametrize("kind", BRANCHES)
def test_a_branch_that_no_given_point_takes_is_taken(kind: str) -> None:
    loss, right, wrong, w = BRANCHES[kind]
    certificate = judged(loss, right, w=w)
    assert certificate.verdict is AGREE
    assert certificate.uncovered == ()
    assert verdict(judged(loss, wrong, w=w)) in {DISAGREE, INCONCLUSIVE}


@pytest.mark.parametrize("kind", ["huber", "huber's threshold", "relu6", "clip", "if"])
def test_the_mistake_in_it_is_found(kind: str) -> None:
    loss, _, wrong, w = BRANCHES[kind]
    assert verdict(judged(loss, wrong, w=w)) is DISAGREE


def test_a_branch_that_cannot_be_reached_is_named() -> None:
    def loss(w: Any) -> Any:
        if np.sum(w**2) < -1:
            return np.sum(w**3)
        return np.sum(np.clip(w**2, -1, None))

    certificate = judged(loss, lambda w: 2 * w, w=V)
    assert certificate.verdict is AGREE
    assert sorted(sentence.rpartition(": ")[2] for sentence in certificate.uncovered) == [
        "np.clip(w**2, -1, None) was never below its lower bound",
        "np.sum(w**2) < -1 was never true",
    ]
    strict = certify(loss, lambda w: 2 * w, {"w": V}, strict=True)
    assert strict.verdict is INCONCLUSIVE


def test_a_branch_where_no_oracle_can_judge_stays_uncovered() -> None:
    def loss(w: Any) -> Any:
        return np.sum(np.where(w < 9, w**2, np.sqrt(9 - w)))

    with np.errstate(invalid="ignore"):
        certificate = judged(loss, lambda w: 2 * w, w=V)
    assert any("w < 9" in sentence for sentence in certificate.uncovered)


# -- domains --------------------------------------------------------------------------------------

A = RNG.standard_normal((3, 3))
DEFINITE = A @ A.T + 3 * np.eye(3)
P = np.array([0.02, 0.97, 0.5, 0.3])
T = np.array([0.0, 1, 1, 0])


def binary(w: Any) -> Any:
    c = np.clip(w, 1e-12, 1 - 1e-12)
    return -np.sum(T * np.log(c) + (1 - T) * np.log(1 - c))


def binary_gradient(w: Any) -> Any:
    c = np.clip(w, 1e-12, 1 - 1e-12)
    return (c - T) / (c * (1 - c))


def entropy(w: Any) -> Any:
    return -np.sum(w * np.log(w))


DOMAINS: dict[str, tuple[Any, Any, Any]] = {
    "symmetric": (lambda w: np.linalg.slogdet(w)[1], lambda w: np.linalg.inv(w), DEFINITE),
    "between 0 and 1": (binary, binary_gradient, P),
    "rows that sum to one": (
        entropy,
        lambda w: -np.log(w) + np.sum(w * np.log(w)),
        np.array([0.2, 0.3, 0.5]),
    ),
    "positive": (lambda w: np.sum(np.abs(w) ** 1.5), lambda w: 1.5 * w**0.5, np.abs(V) + 0.1),
    "lower triangular": (
        lambda w: np.sum(np.tril(w) ** 2) + np.sum(np.triu(w, 1)),
        lambda w: 2 * w,
        np.tril(A),
    ),
    "upper triangular": (
        lambda w: np.sum(np.triu(w) ** 2) + np.sum(np.tril(w, -1)),
        lambda w: 2 * w,
        np.triu(A),
    ),
    "orthogonal": (
        lambda w: np.sum(A * w) + np.sum((w.T @ w) ** 2),
        lambda w: A,
        np.linalg.qr(A)[0],
    ),
}


@pytest.mark.parametrize("structure", DOMAINS)
def test_the_domain_of_a_gradient_is_said(structure: str) -> None:
    loss, gradient, w = DOMAINS[structure]
    with np.errstate(invalid="ignore"):
        certificate = judged(loss, gradient, w=w)
        assert verdict(certificate) is INCONCLUSIVE
        reason = certificate.findings[1].reason
        assert f"right for {structure} w" in reason
        assert "structure={'w': " in reason
        declared = certify(loss, gradient, {"w": w}, structure={"w": structure})
        assert declared.verdict is AGREE
        assert declared.domain == f"{structure} w"
        wrong = certify(loss, lambda w: 1.01 * gradient(w), {"w": w}, structure={"w": structure})
        assert verdict(wrong) is DISAGREE
        assert verdict(judged(loss, lambda w: 1.01 * gradient(w), w=w)) is DISAGREE


def test_a_structure_by_chance_certifies_no_transposed_gradient() -> None:
    weights = np.arange(3.0)

    def loss(w: Any) -> Any:
        return np.sum((w @ A - 1) ** 2 * weights)

    def transposed(w: Any) -> Any:
        return (2 * (w @ A - 1) * weights @ A.T).T

    for start in (np.eye(3), np.zeros((3, 3)), np.ones((3, 3))):
        assert verdict(judged(loss, transposed, w=start)) in {DISAGREE, INCONCLUSIVE}
        assert judged(loss, lambda w: transposed(w).T, w=start).verdict is AGREE


def picky(w: Any) -> Any:
    if (w <= 0).any():
        msg = "positive, please"
        raise ValueError(msg)
    return np.sum(np.log(w))


def test_points_where_the_loss_raises_are_sampled_again() -> None:
    w = np.array([0.5, 1.0, 2.0])
    assert judged(picky, lambda w: 1 / w, w=w).verdict is AGREE
    assert judged(picky, lambda w: 2 / w, w=w).verdict is DISAGREE


def definite(w: Any) -> Any:
    np.linalg.cholesky(np.asarray(w) if isinstance(w, np.ndarray) else w)
    if not np.array_equal(w, w.T):
        msg = "symmetric, please"
        raise ValueError(msg)
    return np.linalg.slogdet(w)[1]


def test_where_no_general_point_can_be_evaluated_a_structure_is_tried() -> None:
    certificate = judged(definite, lambda w: np.linalg.inv(w), w=DEFINITE)
    assert verdict(certificate) is INCONCLUSIVE
    assert "right for symmetric w" in certificate.findings[1].reason
    with pytest.raises(DomainError, match="can be evaluated at only 0 of"):
        judged(definite, lambda w: 2 * np.linalg.inv(w), w=DEFINITE)


def test_points_can_be_sampled_by_the_user() -> None:
    def sample(params: Any, rng: np.random.Generator) -> Any:
        return {"w": rng.random(params["w"].shape) + 0.1}

    w = np.array([1e-6, 1.0, 2.0])
    assert certify(picky, lambda w: 1 / w, {"w": w}, sample=sample).verdict is AGREE
    assert certify(picky, lambda w: 3 / w, {"w": w}, sample=sample).verdict is DISAGREE
    with pytest.raises(ValueError, match=r"sample returned arrays of shapes .*expected"):
        certify(picky, lambda w: 1 / w, {"w": w}, sample=lambda *_: {"w": np.ones(2)})


@pytest.mark.parametrize(
    ("structure", "message"),
    [
        ({"v": "symmetric"}, "structure names 'v'; the parameters are"),
        ({"w": "lopsided"}, r"structure\['w'\] is 'lopsided'; it is one of 'positive'"),
        ({"w": "symmetric"}, r"structure\['w'\] is 'symmetric', and the given w is not"),
    ],
)
def test_a_structure_that_cannot_be_is_refused(structure: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        certify(lambda w: np.sum(w**2), lambda w: 2 * w, {"w": A}, structure=structure)


# -- state ----------------------------------------------------------------------------------------


class Running:
    """A normalisation that keeps statistics, a counter and what it saw."""

    def __init__(self) -> None:
        self.mean: Any = np.zeros(3)
        self.calls = 0
        self.seen: list[Any] = []
        self.kinds: set[str] = set()

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.seen.append(x)
        self.kinds.add(type(x).__name__)
        self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
        self.x = x
        return np.tanh(x)

    def backward(self, dout: Any) -> Any:
        return dout * (1 - np.tanh(self.x) ** 2)


def test_a_layer_is_as_it_was_and_its_drift_is_remarked_on() -> None:
    layer = Running()
    before = pickle.dumps(layer)
    certificate = certify_layer(layer.forward, layer.backward, [RNG.standard_normal((4, 3))])
    assert certificate.verdict is AGREE
    assert pickle.dumps(layer) == before
    assert "Running.mean" in certificate.findings[-1].reason


MEMO: dict[Any, Any] = {}


def remembering(w: Any) -> Any:
    key = tuple(w)
    if key not in MEMO:
        MEMO[key] = np.sum(np.cos(w))
    return MEMO[key] + np.sum(w**2)


def test_a_memo_is_as_it_was() -> None:
    assert judged(remembering, lambda w: 2 * w - np.sin(w), w=V).verdict is AGREE
    assert MEMO == {}
    assert judged(remembering, lambda w: 2 * w, w=V).verdict is not AGREE
    assert MEMO == {}


class Dropout:
    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def forward(self, x: Any) -> Any:
        self.mask = self.draw(x.shape) > 0.5
        return x * self.mask

    def backward(self, dout: Any) -> Any:
        return dout * self.mask


@pytest.mark.parametrize(
    "draw",
    [
        lambda shape: np.random.rand(*shape),  # noqa: NPY002 - as people write it
        np.random.default_rng(3).random,
        np.random.RandomState(3).random_sample,
    ],
)
def test_random_masks_are_the_same_in_every_pass(draw: Callable[..., Any]) -> None:
    layer = Dropout(draw)
    x = RNG.standard_normal((3, 4))
    certificate = certify_layer(layer.forward, layer.backward, [x])
    assert certificate.verdict is AGREE
    assert "draws from a random generator" in certificate.findings[-1].reason
    wrong = certify_layer(layer.forward, lambda dout: dout, [x])
    assert wrong.verdict is DISAGREE


class Affine:
    def __init__(self, factor: float = 1.0, name: str = "dW") -> None:
        self.W, self.b = RNG.standard_normal((4, 3)), RNG.standard_normal(3)
        self.factor, self.name = factor, name

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Any) -> Any:
        setattr(self, self.name, self.factor * self.x.T @ dout)
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


@pytest.mark.parametrize("name", ["dW", "grad_W", "W_grad"])
def test_a_layers_own_parameters_are_judged(name: str) -> None:
    x = RNG.standard_normal((2, 4))
    for factor, expected in ((1.0, AGREE), (999.0, DISAGREE)):
        layer = Affine(factor, name)
        certificate = certify_layer(layer.forward, layer.backward, [x])
        assert verdict(certificate, "grad W") is expected
        assert verdict(certificate, "grad b") is AGREE
        assert verdict(certificate, "grad x") is AGREE
        assert not hasattr(layer, name)


def test_gradients_by_conventional_names_are_taken() -> None:
    params = {"w": V, "b": np.array(0.5)}

    def loss(w: Any, b: Any) -> Any:
        return np.sum(w**2) + b**2

    certificate = certify(loss, lambda w, b: {"dw": 2 * w, "grad_b": 2 * b}, params)
    assert certificate.verdict is AGREE
    with pytest.raises(ValueError, match="no gradient for"):
        certify(loss, lambda w, b: {"dw": 2 * w, "other": 2 * b}, params)


def test_a_gradient_that_is_a_row_of_constants_may_be_broadcast() -> None:
    def softmax(x: Any) -> Any:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        return y, y

    def rows(dout: Any, y: Any) -> Any:
        return np.array([d @ (np.diagflat(p) - np.outer(p, p)) for p, d in zip(y, dout)])  # noqa: B905

    assert certify_layer(softmax, rows, [RNG.standard_normal((4, 5))]).verdict is AGREE


def test_the_report_names_the_domain_and_what_is_not_covered() -> None:
    loss, gradient, w = DOMAINS["symmetric"]
    declared = certify(loss, gradient, {"w": w}, structure={"w": "symmetric"})
    assert ", for symmetric w" in " ".join(str(declared).split())

    def branching(w: Any) -> Any:
        return np.sum(w**3) if np.sum(w**2) < -1 else np.sum(w**2)

    strict = certify(branching, lambda w: 2 * w, {"w": V}, strict=True)
    text = str(strict)
    assert text.startswith("crosscheck: INCONCLUSIVE: strict: ")
    assert "not covered: no point took these branches\n" in text
    assert "INCONCLUSIVE, with uncovered branches" in text


# -- state ----------------------------------------------------------------------------------------


class Slotted:
    """A user's object without a `__dict__`."""

    __slots__ = ("factor",)

    def __init__(self) -> None:
        self.factor = 2.0


def test_objects_with_slots_sets_and_read_only_arrays_are_looked_into() -> None:
    scale, seen, fixed, buffer = Slotted(), {1}, np.ones(3), np.zeros(3)
    fixed.flags.writeable = False

    def gradient(w: Any) -> Any:
        seen.add(len(seen) + 1)
        buffer[...] = w
        return scale.factor * w * fixed

    certificate = judged(lambda w: np.sum(w**2 * fixed), gradient, w=V)
    assert verdict(certificate) is AGREE
    assert seen == {1}
    assert not buffer.any()


@pytest.mark.parametrize(
    ("result", "names", "expected"),
    [
        ({"w": 1.0}, ["w"], {"w": 1.0}),
        (2.0, ["w"], {"w": 2.0}),
        ((1.0, 2.0), ["w", "b"], {"w": 1.0, "b": 2.0}),
        ([1.0], ["w"], {"w": 1.0}),
        (None, ["w", "b"], {}),
    ],
)
def test_what_backward_returned_gets_the_names_of_the_inputs(
    result: Any, names: list[str], expected: dict[str, Any]
) -> None:
    assert by_name(result, names) == expected
