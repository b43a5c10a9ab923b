"""Pairs by name: what belongs together, and what does not."""

from __future__ import annotations

import pytest

from crosscheck.discover.names import looks_like_one, pairs


@pytest.mark.parametrize(
    ("derivative", "function", "kind"),
    [
        ("f_grad", "f", "first"),
        ("grad_f", "f", "first"),
        ("df", "f", "first"),
        ("d_tanh", "tanh", "first"),
        ("dtanh_dx", "tanh", "first"),
        ("f_prime", "f", "first"),
        ("fprime", "f", "first"),
        ("fprime2", "f", "second"),
        ("f_deriv", "f", "first"),
        ("jac", "fun", "first"),
        ("jacobian", "func", "first"),
        ("hess", "fun", "second"),
        ("hessp", "fun", "second"),
        ("rosen_hess_prod", "rosen", "second"),
        ("backward", "forward", "layer"),
        ("relu_backward", "relu_forward", "layer"),
        ("relu_backward", "relu", "layer"),
        ("gradient", "loss", "first"),
        ("score", "loglike", "first"),
        ("score_obs", "loglikeobs", "first"),
        ("hessian", "loglike", "second"),
        ("deriv", "__call__", "first"),
        ("inverse_deriv", "inverse", "first"),
        ("inverse_deriv2", "inverse_deriv", "first"),
        ("computeGradient", "computeCost", "first"),
        ("_loss_grad_lbfgs", "_loss_grad_lbfgs", "both"),
        ("_huber_loss_and_gradient", "_huber_loss_and_gradient", "both"),
        ("Grad", "loss", "first"),
    ],
)
def test_a_pair_is_found(derivative: str, function: str, kind: str) -> None:
    (pair,) = pairs(dict.fromkeys([derivative, function, "other"]), {})
    assert (pair.derivative, pair.kind) == (derivative, kind)
    assert function in pair.functions


@pytest.mark.parametrize(
    "names",
    [
        ["score", "predict"],  # of a classifier
        ["numerical_grad", "numerical"],
        ["test_f_grad", "test_f"],
        ["degree", "egree_x"],
        ["__init__", "__call__"],
        ["gradient", "transform"],
        ["backward", "push"],
        ["df_by_dx", "g"],
    ],
)
def test_what_is_no_pair_is_none(names: list[str]) -> None:
    assert not list(pairs(names, {}))


def test_a_project_adds_pairs() -> None:
    table = {"slope": "height", "curvature_hess": "height", "lost": "gone"}
    found = {p.derivative: p for p in pairs(["slope", "height", "curvature_hess", "lost"], table)}
    assert found["slope"].functions == ("height",)
    assert found["curvature_hess"].kind == "second"
    assert "lost" not in found


def test_names_of_derivatives_are_known() -> None:
    assert looks_like_one("update_hess")
    assert not looks_like_one("approx_grad")
    assert not looks_like_one("update")
