"""Jacobians, their products and Hessians: right ones agree, planted mistakes are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

from crosscheck import certify_hessian, certify_jacobian, certify_jvp
from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck import Certificate

Array = Any
RNG = np.random.default_rng(3)
A, B, X0 = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 4)), RNG.standard_normal(4)
FAST: dict[str, Any] = {"oracles": ("torch",)}


def wide(x: Array) -> Array:
    return np.tanh(A @ x)


def wide_jac(x: Array) -> Array:
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


def square(x: Array) -> Array:
    return np.tanh(B @ x)


def square_jac(x: Array) -> Array:
    return (1 - np.tanh(B @ x) ** 2)[:, None] * B


def reason(certificate: Certificate) -> str:
    assert certificate.verdict is Verdict.DISAGREE
    return " ".join(f.reason for f in certificate.findings if f.verdict is Verdict.DISAGREE)


def test_a_right_jacobian_agrees_with_both_frameworks() -> None:
    certificate = certify_jacobian(wide, wide_jac, X0)
    assert certificate.verdict is Verdict.AGREE
    assert certificate.oracles == ("PyTorch", "JAX")


@pytest.mark.parametrize(
    "jac",
    [
        lambda x: sparse.csr_array(square_jac(x)),
        lambda x: sparse.coo_matrix(square_jac(x)),
        lambda x: aslinearoperator(square_jac(x)),
        lambda x: square_jac(x).tolist(),
    ],
)
def test_every_form_of_a_jacobian_agrees(jac: Callable[..., Any]) -> None:
    assert certify_jacobian(square, jac, X0, **FAST)


def test_any_shapes_and_further_arguments() -> None:
    x = RNG.standard_normal((2, 3))

    def f(x: Array, k: float) -> Array:
        return k * x[:, :2] ** 2

    def jac(x: Array, k: float) -> Array:
        full = np.zeros((2, 2, 2, 3))
        for i in range(2):
            for j in range(2):
                full[i, j, i, j] = 2 * k * x[i, j]
        return full

    assert certify_jacobian(f, jac, x, (3.0,), **FAST)
    assert not certify_jacobian(f, lambda x, k: jac(x, k / 3), x, (3.0,), **FAST)


def one_wrong(x: Array) -> Array:
    jacobian = square_jac(x)
    jacobian[1, 2] *= 1 + 1e-8
    return jacobian


def block_missing(x: Array) -> Array:
    jacobian = square_jac(x)
    jacobian[2:, :2] = 0
    return jacobian


@pytest.mark.parametrize(
    ("jac", "said"),
    [
        (lambda x: square_jac(x).T, "the Jacobian is transposed"),
        (lambda x: -square_jac(x), "the sign of the Jacobian is wrong"),
        (lambda x: 2 * square_jac(x), "the Jacobian is multiplied by 2;"),
        (lambda x: np.diag(np.diag(square_jac(x))), "only the diagonal is filled in"),
        (lambda x: np.tril(square_jac(x)), "only the lower triangle is filled in"),
        (lambda x: (square_jac(x) + square_jac(x).T) / 2, "the Jacobian is symmetrised"),
        (lambda x: 0 * square_jac(x), "the Jacobian is zero"),
        (one_wrong, "1 of 16 entries of the Jacobian differ, most [1, 2]"),
        (block_missing, "the block of rows 2 to 3, columns 0 to 1 is missing"),
        (lambda x: sparse.csr_array(np.triu(square_jac(x))), "only the upper triangle"),
        (lambda x: square_jac(x)[:3], "expected shape (4, 4), got (3, 4)"),
    ],
)
def test_what_a_jacobian_is_instead_is_said(jac: Callable[..., Any], said: str) -> None:
    assert said in reason(certify_jacobian(square, jac, X0, **FAST))


def test_a_transposed_shape_is_said() -> None:
    said = reason(certify_jacobian(wide, lambda x: wide_jac(x).T, X0, **FAST))
    assert "expected shape (3, 4), got (4, 3); its transpose has that shape" in said


def test_wrong_entries_that_are_no_block_are_listed_without_one() -> None:
    mask = np.eye(4)[::-1] + np.eye(4)
    said = reason(certify_jacobian(square, lambda x: square_jac(x) * (1 + mask), X0, **FAST))
    assert said.startswith("8 of 16 entries")
    assert "block" not in said


def test_a_block_that_is_not_zero_is_named() -> None:
    def jac(x: Array) -> Array:
        jacobian = square_jac(x)
        jacobian[[0, 2], 1:3] *= 3
        return jacobian

    said = reason(certify_jacobian(square, jac, X0, **FAST))
    assert said.endswith("what differs is the block of rows 0, 2, columns 1 to 2")


def test_an_operator_and_a_large_output_are_judged_and_not_located() -> None:
    wrong = certify_jacobian(square, lambda x: aslinearoperator(1.001 * square_jac(x)), X0, **FAST)
    assert wrong.verdict is Verdict.DISAGREE
    x = np.linspace(1, 2, 300)
    large = certify_jacobian(lambda x: x**2, lambda x: sparse.diags_array(3 * x), x, **FAST)
    assert large.verdict is Verdict.DISAGREE


def test_a_jacobian_wrong_at_sampled_points_alone_says_so() -> None:
    def jac(x: Array) -> Array:
        return square_jac(x) * (1 if np.array_equal(x, X0) else 1.5)

    assert "at the given point it is right" in reason(certify_jacobian(square, jac, X0, **FAST))


def test_a_small_row_is_judged_beside_a_large_one() -> None:
    sizes = np.array([1e8, 1.0, 1e-4, 1.0])

    def jac(x: Array) -> Array:
        return sizes[:, None] * square_jac(x)

    def wrong(x: Array) -> Array:
        jacobian = jac(x)
        jacobian[2, 1] *= 1 + 1e-5
        return jacobian

    assert certify_jacobian(lambda x: sizes * square(x), jac, X0, **FAST)
    said = reason(certify_jacobian(lambda x: sizes * square(x), wrong, X0, **FAST))
    assert "most [2, 1]" in said


def test_without_an_oracle_nothing_is_located(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.missing import without

    without(monkeypatch, "torch")
    certificate = certify_jacobian(square, lambda x: -square_jac(x), X0, oracles=("torch",))
    assert certificate.verdict is not Verdict.AGREE


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: certify_jacobian(wide, wide_jac, np.arange(4)), "x is int64"),
        (lambda: certify_jacobian(lambda x: x > 0, wide_jac, X0), "returned bool"),
        (lambda: certify_jacobian(wide, wide_jac, X0, point=3), r"unknown options \['point'\]"),
        (lambda: certify_hessian(wide, x=X0), "hess and hessp are None"),
        (lambda: certify_jacobian(wide, None, X0), "jac is None"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_refused_in_words(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        call()


def test_a_right_jvp_agrees_and_a_wrong_one_does_not() -> None:
    assert certify_jvp(wide, lambda x, v: wide_jac(x) @ v, X0)
    wrong = certify_jvp(wide, lambda x, v: (1 - wide(x)) * (A @ v), X0, **FAST)
    assert wrong.verdict is Verdict.DISAGREE
    assert certify_jvp(lambda x, k: k * x, lambda x, v, k: k * v + 0 * x, X0, (2.0,), **FAST)


def test_a_jvp_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"returned shape \(4,\); expected f\(x\)'s \(3,\)"):
        certify_jvp(wide, lambda _, v: v, X0, **FAST)


Y = np.array([1.0, 0.0, 1.0])


def loss(w: Array) -> Any:
    return np.sum(np.logaddexp(0, A @ w) - Y * (A @ w))


def gradient(w: Array) -> Array:
    return A.T @ (1 / (1 + np.exp(-A @ w)) - Y)


def hess(w: Array) -> Array:
    p = 1 / (1 + np.exp(-A @ w))
    return (A.T * (p * (1 - p))) @ A


@pytest.mark.parametrize("f", [loss, gradient])
def test_a_right_hessian_agrees_with_loss_and_gradient(f: Callable[..., Any]) -> None:
    certificate = certify_hessian(f, hess, X0, hessp=lambda w, v: hess(w) @ v)
    assert certificate.verdict is Verdict.AGREE
    assert len(certificate.findings) == 6


def not_symmetric(w: Array) -> Array:
    matrix = hess(w)
    matrix[0, 3] *= 2
    return matrix


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda w: np.diag(np.diag(hess(w))), "only the diagonal is filled in"),
        (lambda w: np.tril(hess(w)), "only the lower triangle is filled in; it is not symmetric"),
        (lambda w: hess(w) / 2, "the Hessian is multiplied by 0.5"),
        (not_symmetric, "it is not symmetric; 1 of 16 entries of the Hessian differ, most [0, 3]"),
    ],
)
@pytest.mark.parametrize("f", [loss, gradient])
def test_what_a_hessian_is_instead_is_said(
    f: Callable[..., Any], wrong: Callable[..., Any], said: str
) -> None:
    assert said in reason(certify_hessian(f, wrong, X0, **FAST))


def test_a_wrong_product_disagrees_and_a_right_matrix_beside_it_agrees() -> None:
    certificate = certify_hessian(loss, hess, X0, hessp=lambda w, v: 2 * (hess(w) @ v), **FAST)
    assert [f.verdict for f in certificate.findings if f.quantity == "grad x"] == [
        Verdict.AGREE,
        Verdict.DISAGREE,
    ]


def test_a_linear_loss_and_an_unused_parameter_have_no_hessian() -> None:
    zero = certify_hessian(np.sum, lambda _: np.zeros((4, 4)), X0, zero=("x",))
    assert zero.verdict is Verdict.AGREE
    constant = certify_hessian(
        lambda _: 0.0 * np.sum(A), lambda _: np.zeros((4, 4)), X0, zero=("x",), **FAST
    )
    assert constant.verdict is not Verdict.DISAGREE


def test_a_loss_of_several_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"returned shape \(3,\); expected a loss \(\)"):
        certify_hessian(wide, hess, X0)


def test_numpy_alone_does_not_differentiate_twice() -> None:
    with pytest.raises(ValueError, match="numpy does not differentiate twice"):
        certify_hessian(loss, hess, X0, oracles=("numpy",))


def test_a_loss_with_branches_and_kinks_has_a_hessian() -> None:
    def hinge(w: Array) -> Any:
        z = A @ w
        return np.sum(np.where(z > 0, z**2, 0.0)) + np.sum(np.abs(w) ** 3)

    def second(w: Array) -> Array:
        return 2 * A.T @ ((A @ w > 0)[:, None] * A) + np.diag(6 * np.abs(w))

    assert certify_hessian(hinge, second, X0)
    assert not certify_hessian(hinge, lambda w: 2 * A.T @ A + np.diag(6 * np.abs(w)), X0, **FAST)
