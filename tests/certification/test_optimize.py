"""SciPy's arguments as they are, and boosting objectives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import BFGS, LinearConstraint, NonlinearConstraint, rosen_der, rosen_hess

from crosscheck import certify_hessian, check_least_squares, check_minimize, check_objective
from crosscheck.certification.merge import merged
from crosscheck.core.verdict import Verdict

Array = Any
X0 = np.array([1.3, 0.7, 0.8, 1.9])
FAST: dict[str, Any] = {"oracles": ("torch",)}


def rosenbrock(x: Array) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_scipys_own_derivatives_of_its_test_function_agree() -> None:
    assert check_minimize(rosenbrock, X0, jac=rosen_der, hess=rosen_hess, **FAST)
    assert not check_minimize(rosenbrock, X0, jac=rosen_der, hess=lambda x: -rosen_hess(x), **FAST)
    assert not check_minimize(rosenbrock, X0, jac=lambda x: 2 * rosen_der(x), **FAST)


def test_a_mistake_of_the_gradient_is_none_of_the_hessian() -> None:
    certificate = check_minimize(
        rosenbrock, X0, jac=lambda x: 2 * rosen_der(x), hess=rosen_hess, **FAST
    )
    assert [f.verdict for f in certificate.findings if f.quantity == "grad x"] == [
        Verdict.DISAGREE,
        Verdict.AGREE,
    ]


def test_value_and_gradient_together_further_arguments_and_integers() -> None:
    def both(x: Array, a: float) -> Any:
        return a * np.sum(x**2), 2 * a * x

    assert check_minimize(both, [1, 2], 3.0, jac=True, hess=BFGS(), **FAST)
    assert not check_minimize(lambda x, a: (both(x, a)[0], a * x), [1, 2], (3.0,), jac=True, **FAST)


def test_the_jacobians_and_hessians_of_constraints() -> None:
    def fun(x: Array) -> Any:
        return [x[0] ** 2 + x[1], x[2] ** 3]

    def jac(x: Array) -> Any:
        return [[2 * x[0], 1, 0, 0], [0, 0, 3 * x[2] ** 2, 0]]

    def hess(x: Array, v: Array) -> Any:
        return np.diag([2 * v[0], 0, 6 * x[2] * v[1], 0])

    def judged(**changed: Any) -> Any:
        pieces = {"jac": jac, "hess": hess, **changed}
        constraint = NonlinearConstraint(fun, -1, 1, **pieces)
        return check_minimize(rosenbrock, X0, jac=rosen_der, constraints=constraint, **FAST)

    assert judged()
    assert not judged(hess=lambda x, v: hess(x, -v))
    assert not judged(jac=lambda x: [[2 * x[0], 1, 0, 0], [0, 0, x[2] ** 2, 0]])
    assert judged(hess=BFGS())
    old = {"type": "eq", "fun": lambda x, k: k * x[0] * x[1], "args": (2.0,)}
    right = {**old, "jac": lambda x, k: k * np.array([x[1], x[0], 0, 0])}
    wrong = {**old, "jac": lambda x, k: np.array([x[1], x[0], 0 * k, 0])}
    linear = LinearConstraint(np.eye(4))
    for constraint, agrees in ((right, True), (wrong, False), (old, True)):
        certificate = check_minimize(
            rosenbrock, X0, jac=rosen_der, constraints=[constraint, linear], **FAST
        )
        assert bool(certificate) is agrees


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(ValueError, match="jac is '2-point', hess is None; pass a function"):
        check_minimize(rosenbrock, X0, jac="2-point")


def decay(x: Array, t: Array, *, offset: float = 0.0) -> Array:
    return x[0] * np.exp(-x[1] * t) + offset


def decay_jac(x: Array, t: Array, *, offset: float = 0.0) -> Array:
    e = np.exp(-x[1] * t)
    return np.stack([e, -t * x[0] * e], axis=1) + 0 * offset


def test_least_squares() -> None:
    t = np.linspace(0, 1, 7)
    x = np.array([1.0, 2.0])
    assert check_least_squares(decay, x, decay_jac, (t,), {"offset": 1.0}, **FAST)
    assert check_least_squares(decay, x, decay_jac, t, **FAST)
    wrong = check_least_squares(decay, x, lambda x, t: -decay_jac(x, t), t, **FAST)
    assert "the sign of the Jacobian is wrong" in " ".join(str(wrong).split())


def logistic(p: Array, y: Array) -> Any:
    s = 1 / (1 + np.exp(-p))
    return s - y, s * (1 - s)


def test_a_boosting_objective() -> None:
    p, y = np.array([0.3, -1.0, 2.0]), np.array([1.0, 0.0, 1.0])

    def loss(p: Array, y: Array) -> Any:
        return np.sum(np.logaddexp(0, p) - y * p)

    assert check_objective(logistic, p, y, loss=loss, **FAST)
    assert check_objective(logistic, p, y, **FAST)
    assert not check_objective(lambda p, y: (logistic(p, y)[0], p**2), p, y, **FAST)
    assert not check_objective(
        lambda p, y: (2 * logistic(p, y)[0], 2 * logistic(p, y)[1]), p, y, loss=loss, **FAST
    )


def test_an_upper_bound_is_said_to_be_one() -> None:
    p, y = np.array([0.3, -1.0, 2.0]), np.array([1.0, 0.0, 1.0])

    def bounded(p: Array, y: Array) -> Any:
        return logistic(p, y)[0], np.full_like(p, 0.25)

    certificate = check_objective(bounded, p, y, **FAST)
    assert certificate.verdict is Verdict.DISAGREE
    said = " ".join(str(certificate).split())
    assert "an upper bound of the second derivative at every point" in said
    assert check_objective(bounded, p, y, upper_bound=True, **FAST)
    low = check_objective(
        lambda p, y: (logistic(p, y)[0], np.zeros_like(p)), p, y, upper_bound=True, **FAST
    )
    assert low.verdict is Verdict.DISAGREE


def test_a_mistake_of_a_constraints_jacobian_is_none_of_its_hessian() -> None:
    def fun(x: Array) -> Any:
        return [x[0] ** 3, x[1] ** 2]

    wrong = NonlinearConstraint(
        fun,
        -1,
        1,
        jac=lambda x: np.array([[x[0] ** 2, 0, 0, 0], [0, 2 * x[1], 0, 0]]),
        hess=lambda x, v: np.diag([6 * x[0] * v[0], 2 * v[1], 0, 0]),
    )
    certificate = check_minimize(np.sum, X0, constraints=wrong, **FAST)
    assert [f.verdict for f in certificate.findings if f.quantity == "grad x"] == [
        Verdict.DISAGREE,
        Verdict.AGREE,
    ]


def test_an_objective_of_one_number_in_an_array_is_no_gradient() -> None:
    x = np.array([1.5])
    assert check_minimize(lambda x: x**4, x, hess=lambda x: np.diag(12 * x**2), **FAST)
    assert not check_minimize(lambda x: x**4, x, hess=lambda x: np.diag(4 * x**3), **FAST)
    with pytest.raises(ValueError, match="may be a loss or the gradient of one parameter"):
        certify_hessian(lambda x: x**4, lambda x: np.diag(12 * x**2), x, **FAST)


def test_limits_of_every_part_are_kept() -> None:
    def rare(x: Array) -> Any:
        return np.sum(np.where(np.abs(x) > 1e6, x, x**2))

    def jac(x: Array) -> Array:
        return 2 * x

    one = check_minimize(rare, X0, jac=jac, **FAST)
    assert one.uncovered
    both = merged([check_minimize(np.sum, X0, jac=np.ones_like, **FAST), one])
    limited = merged([both, replace(one, untested=("u",), unjudged=("W",), conventions=("c",))])
    assert limited.uncovered == one.uncovered
    assert (limited.untested, limited.unjudged, limited.conventions) == (("u",), ("W",), ("c",))
