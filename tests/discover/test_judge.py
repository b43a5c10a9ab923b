"""What a call shows: ambiguous, not traced, wrong elsewhere; never a guess."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

from crosscheck.core.differences import along
from crosscheck.discover import judge, subjects
from crosscheck.discover.bound import bind, copied, like, settable
from crosscheck.discover.child import outcomes
from crosscheck.discover.jobs import How, Job
from crosscheck.discover.optimizers import Passed
from crosscheck.discover.readings import Reading
from crosscheck.discover.results import DIFFERENCES, FRAMEWORKS, RIGHT, UNKNOWN, UNRELATED, WRONG
from crosscheck.discover.storing import stored
from crosscheck.discover.subjects import judged
from crosscheck.discover.trial import tried

HOW = How(30.0, ("torch",))
x3 = np.array([0.5, -1.0, 2.0])


def judged_pair(*functions: Any, args: Any, kind: str = "first", called: int = 0) -> Any:
    """Return what a call shows of a derivative and its functions, all handed in."""
    own = {f.__name__: f for f in functions}
    names = tuple(own)
    job = Job("none", "", names[0], names[1:] or names, kind, (), b"", HOW)
    return _judged(job, own, names[called], args)


def _judged(job: Job, own: dict[str, Any], name: str, args: Any) -> Any:
    patch = pytest.MonkeyPatch()
    patch.setattr(subjects, "found", lambda _, one: own[one])
    try:
        return judged(job, name, pickle.dumps((args, {})), HOW)
    finally:
        patch.undo()


def cube(x: Any) -> Any:
    return np.sum(x**3)


def test_a_derivative_is_judged_by_the_frameworks() -> None:
    def cube_grad(x: Any) -> Any:
        return 3 * x**2

    outcome = judged_pair(cube_grad, cube, args=(x3,))
    assert (outcome.verdict, outcome.by, outcome.reading) == (RIGHT, FRAMEWORKS, "gradient by x")
    assert outcome.resolution < 1e-9
    assert judged_pair(cube_grad, cube, args=(x3,), called=1).verdict == RIGHT


def test_a_shape_that_two_arguments_have_is_settled_by_trying_or_not_at_all() -> None:
    def mix(a: Any, b: Any) -> Any:
        return np.sum(a * b**2)

    def mix_grad(a: Any, b: Any) -> Any:
        return 2 * a * b

    def wrong_grad(a: Any, b: Any) -> Any:
        return a * b

    assert judged_pair(mix_grad, mix, args=(x3, x3 + 1)).reading == "gradient by b"
    outcome = judged_pair(wrong_grad, mix, args=(x3, x3 + 1))
    assert outcome.verdict == UNKNOWN
    assert outcome.reason.startswith("ambiguous")


def test_a_target_is_no_parameter_and_an_option_is_one_only_if_it_fits() -> None:
    def half(pred: Any, y: Any, scale: float = 1.5) -> Any:
        return scale * np.sum((pred - y) ** 2)

    def half_grad(pred: Any, y: Any, scale: float = 1.5) -> Any:
        return scale * (pred - y)  # wrong: 2

    outcome = judged_pair(half_grad, half, args=(x3, x3 + 1))
    assert (outcome.verdict, outcome.reading) == (WRONG, "gradient by pred")


def test_two_functions_and_a_wrong_derivative_are_ambiguous() -> None:
    def cost(x: Any) -> Any:
        return np.sum(x**4)

    def gradient(x: Any) -> Any:
        return 5 * x

    outcome = judged_pair(gradient, cost, cube, args=(x3,))
    assert (outcome.verdict, outcome.reason) == (UNKNOWN, "ambiguous: it may belong to cost, cube")


def test_an_argument_of_the_derivative_alone_may_change_its_meaning() -> None:
    def cube_grad(x: Any, scaled: bool = False) -> Any:  # noqa: FBT001, FBT002 - as people write
        return 3 * x**3 if scaled else 3 * x**2

    assert judged_pair(cube_grad, cube, args=(x3,)).verdict == RIGHT
    assert judged_pair(cube_grad, cube, args=(x3, False)).verdict == RIGHT
    outcome = judged_pair(cube_grad, cube, args=(x3, True))
    assert (outcome.verdict, outcome.reason) == (
        UNKNOWN,
        "the argument scaled of one of the two may change what it returns",
    )


def test_a_hessian_of_several_functions_is_not_that_of_one() -> None:
    def fun(x: Any) -> Any:
        return x**2

    def hess(x: Any, v: Any) -> Any:
        return np.diag(2 * v + 0 * x)

    def cube_grad(x: Any, v: Any) -> Any:
        return 2 * x * v

    assert judged_pair(hess, fun, args=(x3, x3), kind="second").verdict == UNKNOWN
    assert "argument v" in judged_pair(cube_grad, cube, args=(x3, [1.0, 2.0, 3.0])).reason


def test_arguments_of_other_names_go_by_place_and_missing_ones_are_said() -> None:
    def other_grad(w: Any) -> Any:
        return 3 * w**2

    def more(x: Any, y: Any) -> Any:
        return np.sum(x * y)

    assert judged_pair(other_grad, cube, args=(x3,)).verdict == RIGHT
    assert "needs" in judged_pair(other_grad, more, args=(x3,)).reason


def test_what_cannot_be_traced_is_judged_by_differences() -> None:
    def compiled(x: Any) -> Any:
        return math.fsum(float(v) ** 3 for v in bytes_of(x))

    def right_grad(x: Any) -> Any:
        return 3 * x**2

    def wrong_grad(x: Any) -> Any:
        return 3 * x**2 * [1, 1, 1.01]

    def bytes_of(x: Any) -> Any:
        plain: Any = np.asarray(x, dtype=float)
        return np.frombuffer(bytes(memoryview(plain)))

    right = judged_pair(right_grad, compiled, args=(x3,))
    assert (right.verdict, right.by) == (RIGHT, DIFFERENCES)
    assert right.reason.startswith("not traced")
    wrong = judged_pair(wrong_grad, compiled, args=(x3,))
    assert (wrong.verdict, wrong.by) == (WRONG, DIFFERENCES)
    assert wrong.error == pytest.approx(0.01, rel=0.1)


def test_what_is_not_finite_or_not_steady_is_unknown() -> None:
    rng = np.random.default_rng(0)

    def nan(x: Any) -> Any:
        return x[0] * np.nan

    def noisy(x: Any) -> Any:
        return float(np.sum(x) + rng.random())

    def raising(x: Any) -> Any:
        if x[0] != x3[0]:
            raise ValueError
        return float(np.sum(x))

    def some_grad(x: Any) -> Any:
        return 0 * x

    for function in (nan, noisy, raising):
        assert judged_pair(some_grad, function, args=(x3,)).verdict == UNKNOWN


def test_what_is_wrong_in_another_branch_alone_is_said() -> None:
    def clipped(x: Any) -> Any:
        return np.sum(np.log(np.clip(x, 1e-3, 10)))

    def clipped_grad(x: Any) -> Any:
        return 1 / x

    outcome = judged_pair(clipped_grad, clipped, args=(np.array([1.0, 2.0]),))
    assert outcome.verdict == UNKNOWN
    assert "another branch" in outcome.reason


def test_side_effects_alone_leave_the_numbers_right() -> None:
    def cube_grad(x: Any) -> Any:
        x *= x
        return 3 * x

    assert "its numbers are right" in judged_pair(cube_grad, cube, args=(x3,)).reason


def test_a_domain_is_kept() -> None:
    def entropy(p: Any) -> Any:
        if not ((p > 0) & (p < 1)).all():
            return np.nan
        return np.sum(np.log(p / (1 - p)))

    def entropy_grad(p: Any) -> Any:
        return 1 / p + 1 / (1 - p)

    assert judged_pair(entropy_grad, entropy, args=(np.array([0.99, 0.5, 0.01]),)).verdict == RIGHT


def test_matrices_may_be_flat_in_either_order() -> None:
    A = np.arange(6.0).reshape(2, 3) + 1

    def square(W: Any) -> Any:
        return np.sum(A * W**3) / 3

    def square_grad(W: Any) -> Any:
        return (A * W**2).ravel(order="F")

    def square_hess(W: Any) -> Any:
        return np.diag((2 * A * W).ravel(order="F"))

    def scaled(W: Any) -> Any:
        return W**2

    def scaled_jac(W: Any) -> Any:
        return np.diag(2 * W.ravel())[:, [0, 3, 1, 4, 2, 5]]

    W = A / 7
    assert "column by column" in judged_pair(square_grad, square, args=(W,)).reading
    assert judged_pair(square_hess, square, args=(W,), kind="second").verdict == RIGHT
    assert judged_pair(scaled_jac, scaled, args=(W,)).verdict == RIGHT


def test_second_derivatives_of_losses_and_of_gradients() -> None:
    def gradient(x: Any) -> Any:
        return x**3

    def hess(x: Any) -> Any:
        return np.diag(3 * x**2)

    def one(x: Any) -> Any:
        return x**2

    def one_hess(_: Any) -> Any:
        return np.full((1, 1), 2.0)

    def logs(x: Any) -> Any:
        return np.log(x)

    def logs_hess(x: Any) -> Any:
        return -1 / x**2

    assert judged_pair(hess, gradient, args=(x3,), kind="second").reading == "jacobian by x"
    assert judged_pair(one_hess, one, args=(np.array([0.7]),), kind="second").verdict == RIGHT
    curvature = judged_pair(logs_hess, logs, args=(np.abs(x3),), kind="second")
    assert (curvature.verdict, curvature.reading) == (RIGHT, "curvature by x")


def test_gradients_by_name_and_of_one_mapping() -> None:
    def loss(params: Any, x: Any) -> Any:
        return np.sum((x @ params["W"] + params["b"]) ** 2)

    def grads(params: Any, x: Any) -> Any:
        r = 2 * (x @ params["W"] + params["b"])
        return {"dW": x.T @ r, "db": r.sum(axis=0)}

    def other(a: Any, b: Any) -> Any:
        return np.sum(a * b)

    def other_grads(a: Any, b: Any) -> Any:
        return {"a": b, "c": a}

    params = {"W": np.ones((2, 3)), "b": x3}
    outcome = judged_pair(grads, loss, args=(params, np.eye(2)))
    assert (outcome.verdict, outcome.reading) == (RIGHT, "gradient by W, b")
    wrong = {"a": np.ones(2), "b": np.ones(2)}
    assert judged_pair(other_grads, other, args=tuple(wrong.values())).reading == "gradient by a"


def test_a_value_in_front_of_a_cache_is_the_value() -> None:
    def pair(x: Any) -> Any:
        return np.sum(x**2), {"cache": x}

    def pair_grad(x: Any) -> Any:
        return 2 * x

    assert judged_pair(pair_grad, pair, args=(x3,)).verdict == RIGHT


def test_what_returns_no_gradient_is_no_pair() -> None:
    def loss_and_grad(x: Any) -> Any:
        return float(x[0])

    def flagged(x: Any, return_grad: bool = False) -> Any:  # noqa: FBT001, FBT002 - as people write
        return (cube(x), 3 * x**2) if return_grad else cube(x)

    def inplace_grad(x: Any) -> None:
        x *= 2

    assert judged_pair(inplace_grad, cube, args=(x3,)).verdict == UNRELATED
    assert judged_pair(loss_and_grad, args=(x3,), kind="both").verdict == UNRELATED
    assert judged_pair(flagged, args=(x3,), kind="flag return_grad").verdict == RIGHT


def test_no_shape_that_fits_is_said() -> None:
    def strange_grad(_: Any) -> Any:
        return np.array(["a"])

    def short_grad(x: Any) -> Any:
        return x[:2]

    def empty_grad(_: Any) -> Any:
        return np.zeros(0)

    for function in (strange_grad, short_grad, empty_grad):
        assert "no argument has a shape" in judged_pair(function, cube, args=(x3,)).reason
    assert "no argument" in judged_pair(short_grad, cube, args=(np.zeros(0),)).reason


def test_only_a_backward_pass_is_not_judged() -> None:
    def f_backward(dout: Any, _: Any) -> Any:
        return dout

    def f_forward(x: Any) -> Any:
        return x, x

    assert judged_pair(f_backward, f_forward, args=(x3, x3), kind="layer").verdict == UNKNOWN


def test_what_a_function_raises_is_the_reason() -> None:
    job = Job(
        "no_such_module", "", "f", ("g",), "first", (("f", pickle.dumps(((), {}))),), b"", HOW
    )
    (outcome,) = outcomes(job)
    assert outcome.reason.startswith("ModuleNotFoundError")
    assert not list(outcomes(Job(**{**vars(job), "how": How(0.0)})))


def test_objects_have_arrays_that_can_be_set() -> None:
    class Holder:
        __slots__ = ("_theta",)

        def __init__(self) -> None:
            self._theta = x3

        @property
        def theta(self) -> Any:
            return self._theta

        @theta.setter
        def theta(self, value: Any) -> None:
            self._theta = value

        @property
        def broken(self) -> Any:
            raise ValueError

        @broken.setter
        def broken(self, value: Any) -> None:
            raise ValueError(value)

    assert [*settable(Holder())] == ["self.theta"]


def test_arguments_are_bound_as_python_does() -> None:
    def f(a: Any, *rest: Any, key: Any = 1, **more: Any) -> Any:
        return a, rest, key, more

    bound = bind(f, None, (1, 2, 3), {"key": 4, "z": 5})
    assert bound() == (1, (2, 3), 4, {"z": 5})
    assert like(bound, lambda a, extra=7: (a, extra))() == (1, 7)
    module = copied([np, {"a": 1}])
    assert module[0] is np


def test_a_difference_says_how_good_it_is() -> None:
    assert along(lambda t: np.array([np.sin(t), t**2]), 2).value == pytest.approx([0, 2])
    assert along(lambda _: np.nan).gap == np.inf
    sizes = iter(range(1, 1000))
    assert along(lambda _: np.zeros(next(sizes))[:1]).gap == 0


def test_a_certificate_is_said_in_a_line() -> None:
    assert judge.reasons(None) == ""


def reading(f: Any, g: Any, kind: str = "gradient") -> Reading:
    return Reading(kind, {"x": x3}, f, g)


def test_a_reading_that_cannot_be_tried_leaves_it_ambiguous() -> None:
    def broken(x: Any) -> Any:
        raise KeyError(x)

    wrong = reading(lambda x: np.sum(x**2), lambda x: {"x": x})
    both = [wrong, reading(broken, broken)]
    assert judge.judge_readings(both, ("g", "f"), HOW).reason.startswith("ambiguous")
    assert not judge._contradicts(both[1], None)  # noqa: SLF001 - what it needs is rare
    assert tried(reading(lambda x: x, lambda x: {"x": x})).error == np.inf


def test_differences_at_one_point_are_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    one = reading(lambda x: np.sum(x**2), lambda x: {"x": 2 * x})
    monkeypatch.setattr(judge, "_nearby", lambda _: [])
    assert judge._by_differences(one, tried(one), "").verdict == UNKNOWN  # noqa: SLF001 - rare


def test_a_jacobian_keeps_its_domain() -> None:
    def logit(p: Any) -> Any:
        if not ((p > 0) & (p < 1)).all():
            return np.nan * p
        return np.log(p[1:] / (1 - p[:-1]))

    def logit_jac(p: Any) -> Any:
        return np.array([[1 / (1 - p[0]), 1 / p[1], 0], [0, 1 / (1 - p[1]), 1 / p[2]]])

    assert judged_pair(logit_jac, logit, args=(np.array([0.99, 0.5, 0.01]),)).verdict == RIGHT


def test_shapes_that_say_nothing_are_passed_over() -> None:
    def scan(x: Any) -> Any:
        return np.cumsum(x**2)

    def scan_hess(x: Any) -> Any:
        return 2 * x

    def cube_grad(x: Any, empty: Any) -> Any:
        return 3 * x**2 + np.sum(empty)

    def cubes(x: Any, empty: Any) -> Any:
        return np.sum(x**3) + np.sum(empty)

    def power(x: float) -> float:
        return x**3

    def power_hess(x: float) -> float:
        return 6 * x

    def tree(params: Any) -> Any:
        return np.sum(params["W"])

    def tree_grad(params: Any) -> Any:
        return {"zzz": params["W"]}

    assert judged_pair(scan_hess, scan, args=(x3,), kind="second").verdict == UNKNOWN
    assert judged_pair(cube_grad, cubes, args=(x3, np.zeros(0))).verdict == RIGHT
    assert judged_pair(power_hess, power, args=(0.7,), kind="second").verdict == RIGHT
    assert judged_pair(tree_grad, tree, args=({"W": x3},)).verdict == UNKNOWN


def test_what_an_optimiser_was_given_is_judged_by_its_first_argument() -> None:
    def both(x: Any) -> Any:
        return np.sum(x**3), 3 * x**2

    def hessp(x: Any, v: Any) -> Any:
        return 6 * x * v

    for what, kept in (
        ("jac", Passed("minimize", both, x3, (), {}, {"jac": True})),
        ("hessp", Passed("minimize", cube, x3, (), {}, {"hessp": hessp})),
    ):
        job = Job("m", "", "g", ("minimize",), f"optimize {what}", (), b"", HOW)
        assert judged(job, "minimize", stored(kept, 10**6), HOW).verdict == RIGHT


def test_an_object_that_is_no_network_is_none() -> None:
    job = Job("m", "C", "gradient", ("loss",), "first", (), b"", HOW)
    bound = bind(cube, None, (x3,), {})
    assert subjects._network(job, bound, HOW) is None  # noqa: SLF001 - its errors are many
