"""What is said of a mistake: headlines, reasons for a factor, and every kind's own words."""

from __future__ import annotations

import string
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck import certify
from crosscheck.diagnosis import Diagnosis, hypotheses, undiagnosed
from crosscheck.diagnosis.hypotheses.base import Kind
from crosscheck.diagnosis.unbroadcast import broadcast_axes
from crosscheck.diagnosis.wording import Cause, Facts, operation
from crosscheck.ir.recording import Expression

if TYPE_CHECKING:
    from collections.abc import Iterator

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((6, 3)), RNG.standard_normal(6)
W = {"w": RNG.standard_normal(3)}


def kinds() -> Iterator[Kind]:
    """Yield every kind of mistake that a family of hypotheses has."""
    for module in iter_modules(hypotheses.__path__, f"{hypotheses.__name__}."):
        for value in vars(import_module(module.name)).values():
            for one in value if isinstance(value, dict) else (value,):
                if isinstance(one, Kind):
                    yield one


def test_a_kind_implies_kinds_and_names_facts() -> None:
    found = set(kinds())
    names = {kind.name for kind in found}
    assert len(names) > 30
    for kind in found:
        assert kind.implies <= names
        for text in (kind.sentence, kind.fix):
            fields = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            assert all(hasattr(Facts, name) for name in fields), text


def cause(*names: str, line: int = 6, fix: str = "") -> Cause:
    places = (Expression("network.py", line, 0, "np.tanh(X @ W1 + b1)"),)
    return Cause("derivative left out", "derivative missing", places, 1.0, (), fix, names)


def diagnosis(*explanations: tuple[Cause, ...], complete: bool = True) -> Diagnosis:
    return Diagnosis(explanations, "b1", "all", 14, complete, wrong=("b1", "W1"))


def test_a_headline_has_the_place_the_mistake_and_all_gradients() -> None:
    line = "network.py:6: np.tanh: derivative missing (grad W1, grad b1)"
    one = cause("W1", "b1")
    assert diagnosis((one,)).headline == line
    assert diagnosis((one,), (one,)).headline == f"{line} (one of 2 indistinguishable)"
    both = diagnosis((one, cause("b2", line=7))).headline
    assert both == f"{line}; network.py:7: np.tanh: derivative missing (grad b2)"
    assert diagnosis().headline == "unknown mistake in grad b1, grad W1"
    assert undiagnosed(["W"], "why").headline == "unknown mistake in grad W"
    assert str(undiagnosed(["W"], "why")) == "unknown mistake in grad W: why"
    nowhere = Cause("clipped", "clipped", (), 1.0, gradients=("W",))
    assert diagnosis((nowhere,)).headline == str(nowhere) == "clipped (grad W)"


def test_each_fix_is_said_once() -> None:
    said = str(diagnosis((cause("W1", fix="do"), cause("b1", fix="do"))))
    assert said.count("fix: do") == 1
    assert "together they reproduce your gradient at all 14 points" in said
    said = str(diagnosis((cause("W1", fix="do"),)))
    assert "this mistake reproduces your gradient at all 14 points" in said
    assert "fix" not in str(diagnosis((cause("W1", fix="do"),), (cause("b1"),)))


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("np.tanh(X @ W)", "np.tanh"),
        ("(a ** 2).mean(axis=0)", "(a ** 2).mean"),
        ("X @ W\n  + b", "X @ W + b"),
        ("return a", "return a"),
        ("a + " * 20 + "a", f"{'a + ' * 9}a +…"),
        ("", ""),
    ],
)
def test_an_operation_is_short(text: str, short: str) -> None:
    assert operation(text) == short


def named(loss: Any, gradient: Any, params: Any = W, data: Any = None) -> str:
    """Return the sentence of the only cause."""
    found = certify(loss, gradient, params, data or {}, oracles=("torch",)).diagnosis
    assert found is not None
    ((one,),) = found.explanations
    return str(one.sentence)


def residual(w: Any) -> Any:
    return X.T @ (X @ w - Y)


def test_a_mean_that_is_not_divided_says_so() -> None:
    said = named(lambda w: np.mean((X @ w - Y) ** 2), lambda w: {"w": 2 * residual(w)})
    assert said == "multiplied by 6: not divided by 6, the n of np.mean over axis 0"


def test_all_constants_that_fit_are_said() -> None:
    x, y = X[:2], Y[:2]
    said = named(lambda w: 0.5 * np.mean((x @ w - y) ** 2), lambda w: {"w": x.T @ (x @ w - y)})
    assert "not divided by 2, the n of np.mean over axis 0" in said
    assert "or the constant 0.5 is left out" in said


def test_two_constants_may_be_missing() -> None:
    said = named(lambda w: 0.3 * np.mean((X @ w - Y) ** 2), lambda w: {"w": 2 * residual(w)})
    assert "multiplied by 20, equivalent to: " in said
    assert "not divided by 6" in said
    assert " and the constant 0.3 is left out" in said


def test_a_constant_may_be_applied_twice() -> None:
    said = named(lambda w: 3 * np.sum(np.sin(w)), lambda w: {"w": 9 * np.cos(w)})
    assert said == "multiplied by 3: the constant 3 is applied twice"


def test_a_square_has_a_two_that_may_be_missing() -> None:
    def loss(w: Any) -> Any:
        r = X @ w - Y
        return np.sum(r * r)

    said = named(loss, lambda w: {"w": residual(w)})
    assert said == "multiplied by 0.5: the 2 of the derivative of the square is left out"


def test_a_factor_without_a_reason_stands_alone() -> None:
    assert named(lambda w: np.sum(np.sin(w)), lambda w: {"w": 2 * np.cos(w)}) == "multiplied by 2"


def test_a_factor_may_be_equivalent_to_something() -> None:
    def loss(w: Any) -> Any:
        return np.sum(np.sin(w))

    def times(factor: float) -> str:
        return named(loss, lambda w: {"w": factor * np.cos(w)})

    assert times(0.01).endswith("equivalent to a learning rate of 0.01 inside the gradient")
    assert times(3).endswith("by the length of the summed axis 0 and axis 0 of w")
    assert "equivalent to a division by 3, the length of the summed axis 0 and" in times(1 / 3)


def test_a_divisor_is_a_length_where_it_is_one() -> None:
    said = named(
        lambda w, X: np.sum(np.sin(X @ w)) / len(X),
        lambda w, X: {"w": X.T @ np.cos(X @ w)},
        data={"X": X},
    )
    assert said == "multiplied by 6: not divided by 6, the batch size (axis 0 of X)"
    said = named(
        lambda w, X: np.sum(np.sin(X @ w) / len(X)),
        lambda w, X: {"w": X.T @ np.cos(X @ w)},
        data={"X": X},
    )
    assert said == "multiplied by 6: not divided by 6, the batch size (axis 0 of X)"
    said = named(lambda w: np.sum(np.sin(w) / 7), lambda w: {"w": np.cos(w)})
    assert said == "multiplied by 7: not divided by 7"


def test_the_base_of_a_power_is_no_factor() -> None:
    said = named(lambda w: np.sum(5.0**w), lambda w: {"w": 5.0**w * np.log(5.0) / 5})
    assert said == "multiplied by 0.2"


def test_a_mask_has_a_scale() -> None:
    mask = np.array([0.0, 4.0, 4.0])
    said = named(lambda w: np.sum(np.sin(w * mask)), lambda w: {"w": np.cos(w * mask) * (mask > 0)})
    assert said == "multiplied by 0.25: the constant 4 is left out"


def test_weights_are_not_updated_at_a_negative_rate() -> None:
    V = {"U": RNG.standard_normal((3, 4)), "V": RNG.standard_normal((4, 2))}

    def gradient(rate: float) -> Any:
        def of(U: Any, V: Any) -> Any:
            a = np.tanh(X @ U)
            dz = np.cos(a @ V)
            dV = a.T @ dz
            return {"U": X.T @ (dz @ (V - rate * dV).T * (1 - a**2)), "V": dV}

        return of

    def loss(U: Any, V: Any) -> Any:
        return np.sum(np.sin(np.tanh(X @ U) @ V))

    assert named(loss, gradient(0.5), V) == "weights already updated (learning rate 0.5)"
    found = certify(loss, gradient(-0.5), V, oracles=("torch",)).diagnosis
    assert found is not None
    assert not found.explanations


@pytest.mark.parametrize(
    ("bias", "over", "fix"),
    [
        ((3,), "over axis 0", "np.sum(…, axis=0)"),
        ((1, 3), "over axis 0", "np.sum(…, axis=0, keepdims=True)"),
        ((), "over axes 0 and 1", "np.sum(…, axis=(0, 1))"),
    ],
)
def test_what_is_broadcast_is_summed_over_its_axes(
    bias: tuple[int, ...], over: str, fix: str
) -> None:
    def loss(b: Any) -> Any:
        return np.sum(np.sin(X + b))

    params = {"b": RNG.standard_normal(bias)}
    found = certify(loss, lambda b: {"b": np.cos(X + b)}, params, oracles=("torch",)).diagnosis
    assert found is not None
    ((one,),) = found.explanations
    assert one.sentence == f"broadcast here; sum its gradient {over}"
    assert one.fix == fix


def test_the_axes_of_a_broadcast() -> None:
    assert broadcast_axes((3, 1), (2, 3, 4)) == (0, 2)
    assert broadcast_axes((1, 3), (1, 3)) == ()


def test_a_reason_is_at_its_constant_or_behind_it() -> None:
    def loss(W: Any) -> Any:
        z = X @ W
        z = z / 2.5
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        return -np.mean(np.log(p[:, 0]))

    def gradient(T: float, n: float) -> Any:
        def of(W: Any) -> Any:
            p = np.exp(X @ W / 2.5)
            p /= p.sum(axis=1, keepdims=True)
            p[:, 0] -= 1
            return {"W": X.T @ p / T / n}

        return of

    params = {"W": RNG.standard_normal((3, 3))}
    found = certify(loss, gradient(1, 6), params, oracles=("torch",)).diagnosis
    assert found is not None
    ((one,),) = found.explanations
    assert (one.places[0].text, one.sentence) == (
        "z / 2.5",
        "multiplied by 2.5: not divided by 2.5",
    )
    said = named(loss, gradient(1, 1), params)
    assert "not divided by 2.5 and not divided by 6, the n of np.mean over axis 0" in said
    # no gradient of a broadcast is averaged, though the loss has one over an axis of that length
    said = named(loss, gradient(2.5, 18), params)
    assert said.startswith("multiplied by 0.333333, equivalent to a division by 3")


def test_a_constant_that_all_paths_pass_through_is_a_reason() -> None:
    def loss(W: Any, b: Any) -> Any:
        return np.sum(np.sin(X @ W + b)) / 8

    def gradient(W: Any, b: Any) -> Any:
        dz = np.cos(X @ W + b)
        return {"W": X.T @ dz, "b": dz.sum(axis=0) / 8}

    params = {"W": RNG.standard_normal((3, 4)), "b": RNG.standard_normal(4)}
    assert named(loss, gradient, params) == "multiplied by 8: not divided by 8"


def test_the_path_through_the_variance_is_told_from_that_through_the_mean() -> None:
    def loss(W: Any) -> Any:
        x = X @ W
        n = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 0.01)
        return np.sum(np.sin(n))

    def gradient(W: Any) -> Any:
        x = X @ W
        s = 1 / np.sqrt(x.var(axis=1, keepdims=True) + 0.01)
        g = np.cos((x - x.mean(axis=1, keepdims=True)) * s)
        return {"W": X.T @ (s * (g - g.mean(axis=1, keepdims=True)))}

    said = named(loss, gradient, {"W": RNG.standard_normal((3, 4))})
    assert said == "normalisation: gradient through the variance missing"


def test_an_assignment_to_entries_stops_their_gradient() -> None:
    def loss(W: Any) -> Any:
        out = X @ W
        out[out < 0] = 0
        return np.sum(np.sin(out))

    found = certify(
        loss,
        lambda W: {"W": X.T @ np.cos(np.maximum(X @ W, 0))},
        {"W": RNG.standard_normal((3, 4))},
        oracles=("torch",),
    ).diagnosis
    assert found is not None
    ((one,),) = found.explanations
    assert one.kind == "assignment left out"
    assert one.places[0].line == loss.__code__.co_firstlineno + 2


def test_correct_values_in_another_shape_are_told() -> None:
    def loss(b: Any) -> Any:
        return np.sum(np.sin(X + b))

    params = {"b": RNG.standard_normal((1, 3))}
    found = certify(loss, lambda b: {"b": np.cos(X + b).sum(axis=0)}, params, oracles=("torch",))
    assert found.diagnosis is not None
    ((one,),) = found.diagnosis.explanations
    assert (one.kind, one.gradients) == ("reshaped", ("b",))
    assert found.diagnosis.differs == "expected shape (1, 3), got (3,)"
