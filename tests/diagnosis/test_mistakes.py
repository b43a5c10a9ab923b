"""Every kind of mistake, planted in a small network: its name, and its line."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest

from crosscheck.core.types import Point
from crosscheck.diagnosis import Diagnosis, Observation, PointData, diagnose
from crosscheck.diagnosis.backward import run
from crosscheck.tracing import record
from tests.diagnosis.networks import Attention, Dense, Norm, Pooled, Recurrent, Swish, draw


class Planted(NamedTuple):
    """What stands in a gradient, what is put there, what that is called, and where in the loss."""

    network: Any
    right: str
    wrong: str
    name: str
    line: str = ""


A, DZ, DB1 = "a = np.tanh(X @ W1 + b1)", "np.sum(dp * p, axis=1, keepdims=True)", "(1 - a**2)).sum("
ABSOLUTE = "(abs(part) == abs(part).max(axis=(2, 3), keepdims=True))"
BESIDE = "np.roll((part == pool[..., None, None]).reshape(3, 2, 4), 1, 2).reshape(part.shape)"
KEYS = "dk = ds.T @ q\n        dWk = dk.T @ q\n        dq = ds @ k + dk"
MISTAKES = (
    Planted(Dense, "dz @ W2.T * (1 - a**2)", "dz @ W2.T", "derivative missing", A),
    Planted(Dense, "(1 - a**2)", "(1 - np.tanh(a) ** 2)", "evaluated at the output", A),
    Planted(Dense, "(1 - a**2)", "(1 - a**2) ** 2", "derivative applied twice", A),
    Planted(Dense, "(1 - a**2)", "(1 - np.tanh(z) ** 2)[:, :4]", "evaluated at `a @ W2 + b2`", A),
    Planted(Dense, '"W2": dW2', '"W2": dW2.T', "transposed (grad W2)"),
    Planted(Dense, '"W2": dW2', '"W2": np.abs(dW2)', "absolute value"),
    Planted(Dense, '"W2": dW2', '"W2": dW2 + 0.3 * W2', "0.3 times the parameter added"),
    Planted(Dense, " + 0.1 * W2", "", "nothing is propagated", "decay = 0.05 * np.sum(W2**2)"),
    Planted(Dense, " + 0.1 * W2", " + 0.05 * W2", "the 2 of the derivative", "decay = 0.05"),
    Planted(Dense, '"b1": db1', '"b1": -db1', "sign flipped", A),
    Planted(Dense, '"b1": db1', '"b1": db1 / 5', "averaged, not summed, over axis 0", A),
    Planted(Dense, '"b1": db1', '"b1": 0 * db1', "gradient is zero", A),
    Planted(Dense, '"b1": db1', '"b1": 0.731 * db1', "multiplied by 0.731", A),
    Planted(Dense, '"b1": db1', '"b1": 0.01 * db1', "equivalent to a learning rate of 0.01", A),
    Planted(Dense, "(1 - a**2)).sum(axis=0)", "(1 - a**2))[0]", "only the first entry", A),
    Planted(Dense, "(1 - a**2)).sum(axis=0)", "(1 - a**2))", "broadcast here; sum", A),
    Planted(Dense, "(1 - a**2)).sum(axis=0)", "(1 - a**2)).sum() + 0 * b1", "over all axes", A),
    Planted(Dense, "X.T @ (dz @ W2.T *", "X.T.round() @ (dz @ W2.T *", "unknown"),
    Planted(Dense, "X.T @ (dz @ W2.T *", "X.T.astype(int) @ (dz @ W2.T *", "whole numbers", A),
    Planted(Dense, "dz @ W2.T", "dz @ W2", "operand not transposed", "z = a @ W2 + b2"),
    Planted(
        Dense, "dz @ W2.T", "dz @ (W2 - 0.2 * dW2).T", "learning rate 0.2", "z = a @ W2 + b2"
    ),
    Planted(Dense, "a.T @ dz", "z1.T @ dz", "`X @ W1 + b1` instead", "z = a @ W2 + b2"),
    Planted(Dense, f"(dp - {DZ})", "(1 - p) * dp", "only the diagonal", "p = e / np.sum(e"),
    Planted(Dense, f"p * (dp - {DZ})", "dp", "Jacobian missing", "p = e / np.sum(e"),
    Planted(Dense, DZ, "np.sum(dp * p, axis=0)", "sum over the wrong axis", "p = e / np.sum(e"),
    Planted(Dense, "-Y / (p + 1e-3)", "-Y / p", "without this step", "np.log(p + 1e-3)"),
    Planted(Dense, "a = np.tanh(z1)", "a = np.tanh(z1.astype('f4').astype(float))", "float32", A),
    Planted(Dense, '"W2": dW2', '"W2": dW2.astype("f4").astype(float)', "rounded to float32"),
    Planted(Recurrent, '"Wh": dWh', '"Wh": np.trunc(dWh)', "whole numbers"),
    Planted(Dense, '"W2": dW2', '"W2": np.clip(dW2, -0.2, 0.2)', "clipped"),
    Planted(Dense, '"W2": dW2', '"W2": dW2[:, [1, 3, 0, 2]]', "entries in another order"),
    Planted(Dense, "dz @ W2.T * (1 - a**2)", "(dz @ W2.T * (1 - a**2)).clip(-0.1, 0.1)", "±0.1", A),
    Planted(Dense, '"W1": dW1', '"W1": np.sin(dW1)', "unknown"),
    Planted(Dense, '"W2": dW2', '"W2": dW2 * (1 + 1e-5 * (np.arange(4) == 2))', "unknown"),
    Planted(Swish, "slope = s + a * (1 - s)", "slope = 1", "derivative missing", "a = z / (1"),
    Planted(Swish, "(p - y)", "(a @ w2 - y)", "logits used instead of their sigmoid", "p = 1 / (1"),
    Planted(Swish, "(p - y)", "(p + y)", "p + y instead of p - y", "p = 1 / (1"),
    Planted(Swish, "(p - y) / len(y)", "(p - y)", "the batch size (np.mean over axis 0 of X)",
            "return -np.mean("),
    Planted(Swish, "(p - y) / len(y)", "(p - y) * p * (1 - p) / len(y)", "twice", "p = 1 / (1"),
    Planted(Recurrent, "dWh += h[t].T", "dWh += h[t + 1].T", "`np.tanh(", "h = np.tanh("),
    Planted(Recurrent, "dWh += h[t].T", "dWh += h[-2].T", "of the last iteration", "np.tanh("),
    Planted(Recurrent, "(1 - h[t + 1] ** 2)", "(1 - h[-1] ** 2)", "the last iteration", "np.tanh("),
    Planted(Recurrent, "dWh +=", "dWh[...] =", "only the first iteration", "h = np.tanh("),
    Planted(Recurrent, "dh = dz @ Wh.T", "dh = dz @ Wh.T * (t != 2)", "one iteration", "np.tanh("),
    Planted(Recurrent, "dh = dz @ Wh.T", "dh = 0 * dz", "nothing is propagated", "h = np.tanh("),
    Planted(Recurrent, "dWx += X[t].T", "dWx += X[max(t - 1, 0)].T", "off by one", "np.tanh("),
    Planted(Norm, "- m1 - m2", "- m2", "through the mean missing", "n = c / np.sqrt("),
    Planted(Norm, "- m1 - m2", "- m1", "through the variance missing", "n = c / np.sqrt("),
    Planted(Norm, "dz = s * (", "dz = (", "division by the deviation missing", "n = c / np.sqrt("),
    Planted(Norm, "(dn * n).mean(axis=1,", "(dn * n).mean(axis=0,", "over the wrong", "n = c / "),
    Planted(Norm, "+ 0.01)\n        n", "+ 0.04)\n        n", "unknown"),
    Planted(Norm, "da = dout[:, None] * v * mask", "da = dout[:, None] * v", "missing", "out = ("),
    Planted(Norm, "s = 1 / np.sqrt((c**2).mean(axis=1, keepdims=True) + 0.01)",
            "s = 1 / (np.sqrt((c**2).mean(axis=1, keepdims=True)) + 0.01)", "outside", "n = c / "),
    Planted(Norm, "s = 1 / np.sqrt((c**2).mean(axis=1, keepdims=True) + 0.01)",
            "s = 1 / np.sqrt((c**2).sum(axis=1, keepdims=True) / 3 + 0.01)", "3 instead of 4",
            "n = c"),
    Planted(Pooled, "+= (part", "= (part", "overwrite each other", "pool = np.max("),
    Planted(Pooled, "(part == pool[:, :, None, None])", "0.25", "as the mean", "pool = np.max("),
    Planted(Pooled, 'dz), "V"', 'dz)[..., ::-1, ::-1], "V"', "flipped along the last two"),
    Planted(Attention, "dq = ds @ k", "dq = ds @ C", "with another value", "t = q @ k.T"),
    Planted(Attention, "dq = ds @ k + dk @ Wk", "dq = ds @ k + dk @ image[:4, :4]", "unknown"),
    Planted(Attention, "dk = ds.T", "dk = ds", "upstream gradient not transposed", "t = q @ k.T"),
    Planted(Attention, " * np.where(q @ k.T < 0, 0.25, 1.0)", "", "missing", "scores = np.where"),
    Planted(Attention, "dk @ Wk", "dk @ (Wk - 0.1 * dWk)", "learning rate 0.1", "k = q @ Wk.T"),
    Planted(Attention, "+= np.exp(s)", "= np.exp(s)", "overwrite each other", "windows"),
    Planted(Dense, '"W2": dW2', '"W2": 0.7316293847 * dW2', "multiplied by 0.731629"),
    Planted(Dense, "(1 - a**2)).sum(axis=0)", "(1 - a**2)).sum(axis=1)", "axis 1 instead of", A),
    Planted(Dense, "(1 - a**2)", "(1 - (dz @ W2.T) ** 2)", "from the upstream gradient", A),
    Planted(Dense, "(1 - a**2)", "(1 - p**2)", "computed from `e / np.sum(", A),
    Planted(Dense, "(1 - a**2)", "(1 - p[:1] ** 2)", "unknown"),
    Planted(Dense, '"b1": db1', '"b1": dz.sum(axis=0)', "with respect to `b2` returned", ""),
    Planted(Dense, f"p * (dp - {DZ})", "p * dp", "sum of the Jacobian is missing", "p = e /"),
    Planted(Dense, f"(dp - {DZ})", f"(dp + {DZ})", "Jacobian has the wrong sign", "p = e /"),
    Planted(Recurrent, "(1 - h[t + 1] ** 2)", "(1 - h[t] ** 2)", "iteration before", "np.tanh("),
    Planted(Recurrent, "(1 - h[t + 1]", "(1 - h[(t + 1) % 4 + 1]", "iteration after", "np.tanh("),
    Planted(Recurrent, '"h0": dh', '"h0": dz', "another value returned", ""),
    Planted(Pooled, "(part == pool[:, :, None, None])", ABSOLUTE, "greatest absolute", "np.max("),
    Planted(Pooled, "(part == pool[:, :, None, None])", BESIDE, "entry after", "np.max("),
    Planted(Norm, "dn - m1 - m2", "dn - 0.8 * (m1 + m2)", "both averages, of g and of g * n,",
            "n = c / np.sqrt("),
    Planted(Attention, KEYS, "dk = ds.T @ k\n        dWk = dk.T @ q\n        dq = ds @ q + dk",
            "each computed with itself", "t = q @ k.T"),
    Planted(Dense, '"W2": dW2', '"W2": dW2 + 0.0123456 * W1[:, 1:].sum()', "unknown"),
)  # fmt: skip


@pytest.mark.parametrize("planted", MISTAKES, ids=lambda p: f"{p.network.__name__}: {p.wrong}")
def test_a_mistake_has_a_name_and_a_line(planted: Planted) -> None:
    found = diagnosis_of(planted.network, gradient_with(planted))
    assert found is not None
    said = str(found)
    assert planted.name in said.partition("\n")[0], said
    assert found.is_named == (planted.name != "unknown"), said
    assert planted.line in lines(planted.network, said), said


def test_two_mistakes_are_both_named() -> None:
    planted = Planted(Dense, "dz @ W2.T * (1 - a**2)", "dz @ W2.T", "")
    gradient = gradient_with(planted)
    found = diagnosis_of(Dense, lambda **given: {**(g := gradient(**given)), "b2": -g["b2"]})
    assert found is not None
    assert found.is_named
    assert {cause.kind for cause in found.explanations[0]} == {"scaled", "derivative left out"}
    assert "sign flipped (grad b2)\n    and " in str(found)
    assert "; " in found.headline


def test_two_mistakes_that_nearly_explain_a_gradient_have_no_name() -> None:
    planted = Planted(Dense, "dz @ W2.T * (1 - a**2)", "dz @ W2.T", "")
    gradient = gradient_with(planted)
    off = 1 + 1e-5 * np.arange(4)
    found = diagnosis_of(Dense, lambda **given: {**(g := gradient(**given)), "b2": -g["b2"] * off})
    assert found is not None
    assert found.explanations == ()


def test_a_mistake_that_is_made_in_every_layer_is_named_in_each() -> None:
    def loss(U: Any, V: Any, w: Any, X: Any) -> Any:
        return np.sum(np.tanh(np.tanh(X @ U) @ V) @ w)

    def gradient(U: Any, V: Any, w: Any, X: Any) -> Any:
        a = np.tanh(X @ U)
        b = np.tanh(a @ V)
        db = np.broadcast_to(w, b.shape)
        da = db @ V.T
        return {"U": X.T @ da, "V": a.T @ db, "w": b.sum(axis=0)}

    class Forgetful:
        shapes: ClassVar = {"U": (3, 4), "V": (4, 4), "w": (4,)}
        data: ClassVar = {"X": (5, 3)}

    Forgetful.loss = staticmethod(loss)  # type: ignore[attr-defined]
    found = diagnosis_of(Forgetful, gradient)
    assert found is not None
    assert found.is_named
    texts = [cause.places[0].text for cause in found.explanations[0]]
    assert texts == ["np.tanh(X @ U)", "np.tanh(np.tanh(X @ U) @ V)"]


def test_weights_that_were_updated_need_not_be_a_parameter() -> None:
    def loss(U: Any, X: Any, V: Any) -> Any:
        return np.sum(np.sin(np.tanh(X @ U) @ V))

    def gradient(U: Any, X: Any, V: Any) -> Any:
        a = np.tanh(X @ U)
        dz = np.cos(a @ V)
        V = V - 0.25 * a.T @ dz
        return {"U": X.T @ (dz @ V.T * (1 - a**2))}

    class Alone:
        shapes: ClassVar = {"U": (3, 4)}
        data: ClassVar = {"X": (5, 3), "V": (4, 2)}

    Alone.loss = staticmethod(loss)  # type: ignore[attr-defined]
    said = str(diagnosis_of(Alone, gradient))
    assert "np.tanh(X @ U) @ V: weights already updated (learning rate 0.25) (grad U)" in said


def test_a_parameter_in_the_place_of_another_is_named() -> None:
    def loss(U: Any, V: Any, X: Any) -> Any:
        return np.sum(np.sin(np.tanh(X @ U) @ V))

    def gradient(U: Any, V: Any, X: Any) -> Any:
        a = np.tanh(X @ U)
        dz = np.cos(a @ V)
        return {"U": X.T @ (dz @ U.T * (1 - a**2)), "V": a.T @ dz}

    class Square:
        shapes: ClassVar = {"U": (3, 3), "V": (3, 3)}
        data: ClassVar = {"X": (5, 3)}

    Square.loss = staticmethod(loss)  # type: ignore[attr-defined]
    said = str(diagnosis_of(Square, gradient))
    assert "np.tanh(X @ U) @ V: gradient computed with `U` instead" in said


def test_what_no_point_tells_apart_is_all_named() -> None:
    def loss(W: Any, X: Any) -> Any:
        h = np.zeros((2, 3))
        for x in X:
            h = np.tanh(x + h @ W)
        return np.sum(h)

    class Short:
        shapes: ClassVar = {"W": (3, 3)}
        data: ClassVar = {"X": (3, 2, 3)}

    Short.loss = staticmethod(loss)  # type: ignore[attr-defined]
    found = diagnosis_of(Short, lambda W, X: {"W": 0 * W})
    assert found is not None
    assert not found.is_named
    assert {cause.kind for (cause,) in found.explanations} == {"scaled", "one pass"}
    assert "indistinguishable at every sampled point\n    - " in str(found)
    assert found.headline.endswith("(one of 2 indistinguishable)")


@pytest.mark.parametrize("network", [Dense, Swish, Recurrent, Norm, Pooled, Attention])
def test_the_right_gradient_has_no_mistake(network: Any) -> None:
    assert diagnosis_of(network, network.gradient) is None


def gradient_with(planted: Planted) -> Any:
    """Return a network's gradient with the mistake in it."""
    source = textwrap.dedent(inspect.getsource(planted.network.gradient))
    right, wrong = textwrap.dedent(planted.right), textwrap.dedent(planted.wrong)
    right, wrong = (s.replace("\n        ", "\n    ") for s in (right, wrong))
    assert right in source
    namespace: dict[str, Any] = {"np": np, "Any": Any, "Array": Any}
    code = source.replace(right, wrong).replace("@staticmethod", "")
    exec(compile(code, "<planted>", "exec"), namespace)  # noqa: S102 - our own source
    return namespace["gradient"]


def diagnosis_of(network: Any, gradient: Any) -> Diagnosis | None:
    """Return the diagnosis of a gradient at some points; None if it is right at all of them."""
    params, data = draw(network)
    rng = np.random.default_rng(1)
    observations: list[Observation] = []
    wrong: dict[str, None] = {}
    for k in range(8):
        spread = 0.2 if k % 2 else 1.0
        moved = {n: p + spread * rng.standard_normal(p.shape) for n, p in params.items()}
        point = Point(moved, {}).representable()
        recording = record(network.loss, point.params, data, origins=not observations)
        actual = gradient(**point.params, **data)
        right = run(recording.program, recording.leaves).correct.cotangents
        leaves = run(recording.program, recording.leaves).leaves
        for i, (name, grad) in enumerate(actual.items()):
            true = right[leaves[i]]
            if grad.shape != true.shape or np.abs(grad - true).max() > 1e-9 * np.abs(true).max():
                wrong[name] = None
        observations.append(Observation(PointData(recording), actual))
    lengths = {n: [f"axis {a} of X"] for a, n in enumerate(np.shape(data["X"])) if n > 1}
    return diagnose(observations, list(wrong), lengths, 60.0) if wrong else None


def lines(network: Any, said: str) -> str:
    """Return the source of the line that a diagnosis begins with; nothing if there is none."""
    file, _, rest = said.partition(":")
    number = rest.partition(":")[0]
    if not number.isdigit():
        return ""
    source, start = inspect.getsourcelines(network.loss)
    assert file.endswith("networks.py")
    return source[int(number) - start]
