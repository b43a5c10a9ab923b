"""The diagnosis as users meet it: on a certificate, within a budget, and where none can be made."""

from __future__ import annotations

import json
import statistics
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import crosscheck
from crosscheck import certify, certify_layer
from crosscheck.diagnosis import Observation, PointData, diagnose
from crosscheck.diagnosis.hypotheses import activations, catalogue, paths
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind
from crosscheck.tracing import record, source_locations
from tests.conftest import flowing, planted

PARAMS = {"W": np.array([[0.5, -1.0], [0.25, 2.0]]), "b": np.array([0.5, 0.125])}
DATA = {"X": np.array([[1.0, 2.0], [-1.0, 0.5], [0.75, -0.5]])}


def loss(W: Any, b: Any, X: Any) -> Any:
    return 0.5 * np.sum(np.tanh(X @ W + b) ** 2)


def right(W: Any, b: Any, X: Any) -> Any:
    a = np.tanh(X @ W + b)
    dz = a * (1 - a**2)
    return {"W": X.T @ dz, "b": dz.sum(axis=0)}


def forgetful(W: Any, b: Any, X: Any) -> Any:
    a = np.tanh(X @ W + b)
    return {"W": X.T @ a, "b": a.sum(axis=0)}


def sine(W: Any, b: Any, X: Any) -> Any:
    return {name: np.sin(g) for name, g in right(W, b, X).items()}


def test_a_certificate_names_the_mistake_and_its_line() -> None:
    certificate = certify(loss, forgetful, PARAMS, DATA, oracles=("torch",))
    assert certificate.diagnosis is not None
    (cause,) = certificate.diagnosis.explanations[0]
    line = loss.__code__.co_firstlineno + 1
    assert (cause.places[0].line, cause.places[0].text) == (line, "np.tanh(X @ W + b)")
    said = f"test_certificates.py:{line}: np.tanh(X @ W + b): derivative missing (grad b, grad W)"
    assert said in flowing(certificate)
    assert "derivative missing" in flowing(certificate._repr_html_())
    document = json.loads(certificate.to_json())
    schema = resources.files("crosscheck.report") / "certificate.schema.json"
    jsonschema.validate(document, json.loads(schema.read_text(encoding="utf-8")))
    assert document["diagnoses"]["forgetful"]["explanations"][0][0]["places"][0]["line"] == line


def test_a_layer_is_diagnosed_in_its_forward_pass() -> None:
    def forward(x: Any, w: Any) -> Any:
        z = x * w
        return np.exp(z), (x, w, z)

    def backward(dout: Any, cache: Any) -> Any:
        _, w, z = cache
        return dout * np.exp(z) * w, dout * np.exp(z)

    certificate = certify_layer(forward, backward, [np.arange(1.0, 4), np.arange(3.0) - 1])
    assert certificate.diagnosis is not None
    (cause,) = certificate.diagnosis.explanations[0]
    assert cause.places[0].text == "x * w"
    assert "operand missing" in cause.sentence


def test_a_way_that_a_loop_goes_several_times_may_be_cut() -> None:
    def unrolled(b: Any, x: Any) -> Any:
        h, total = np.zeros(()), np.zeros(())
        for t in range(4):
            h = np.tanh(0.7 * h + x[t] + b)
            total = total + 0.5 * h * h
        return total

    def without_time(b: Any, x: Any) -> Any:
        h, grad = np.zeros(()), np.zeros(())
        for t in range(4):
            h = np.tanh(0.7 * h + x[t] + b)
            grad = grad + h * (1 - h * h)
        return grad

    x = np.array([0.5, -0.25, 1.0, 0.125])
    certificate = certify(unrolled, without_time, {"b": np.array(0.3)}, {"x": x}, oracles=("jax",))
    assert (
        "gradient not carried from one iteration of the loop to the one before (grad b)"
        in flowing(certificate)
    )


def test_an_example_is_diagnosed(oracles: Any) -> None:
    example = planted("relu_network", "(W2 @ delta2) * relu_d(z1)", "W2 @ delta2")
    certificate = crosscheck.certify_examples([example], oracles)
    (name, found), *rest = certificate.diagnoses.items()
    assert (name, rest) == ("relu_network", [])
    source = Path(str(example.__file__)).read_text(encoding="utf-8").splitlines()
    (cause,) = found.explanations[0]
    assert "r1 = relu(z1)" in source[cause.places[0].line - 1]
    assert f":{cause.places[0].line} (" in str(cause)
    assert "np.maximum(0, z)" in source[cause.within[0].line - 1]


def test_what_agrees_is_not_diagnosed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscheck.diagnosis.diagnose", None)  # would be called
    assert certify(loss, right, PARAMS, DATA, oracles=("torch",)).diagnoses == {}


def test_the_budget_turns_it_off() -> None:
    assert certify(loss, forgetful, PARAMS, DATA, oracles=("torch",), diagnose=0).diagnosis is None
    with pytest.raises(ValueError, match="diagnose is -1"):
        certify(loss, forgetful, PARAMS, DATA, diagnose=-1)


def test_a_budget_that_is_spent_leaves_it_unknown() -> None:
    certificate = certify(loss, forgetful, PARAMS, DATA, oracles=("torch",), diagnose=1e-9)
    assert certificate.diagnosis is not None
    assert not certificate.diagnosis.complete
    assert "unknown mistake in grad b, grad W: the budget" in flowing(certificate)
    assert "first incorrect gradient: grad b" in flowing(certificate)


def test_another_loss_has_no_diagnosis() -> None:
    def other(W: Any, b: Any, X: Any) -> Any:
        return 3 * loss(W, b, X)

    rebuilt = {"torch": lambda W, b, X: 0.5 * (X @ W + b).tanh().square().sum()}
    given: dict[str, Any] = {"oracles": ("torch",), "rebuilt": rebuilt}
    assert certify(other, forgetful, PARAMS, DATA, **given).diagnoses == {}


def test_a_diagnosis_that_fails_leaves_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscheck.diagnosis.diagnose", None)
    certificate = certify(loss, forgetful, PARAMS, DATA, oracles=("torch",))
    assert certificate.verdict == "DISAGREE"
    assert "the diagnosis failed: TypeError" in flowing(certificate)


def broken(*_: Any) -> Any:
    """A source of hypotheses that fails, after one that fails when it is tried."""

    def fail(_: float) -> Any:
        msg = "planted"
        raise RuntimeError(msg)

    yield Hypothesis(Kind("broken", "broken"), (0,), fail)
    fail(1.0)


def test_a_hypothesis_that_fails_is_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "SOURCES", (broken, *catalogue.SOURCES))
    params, data = ({k: a.copy() for k, a in given.items()} for given in (PARAMS, DATA))
    certificate = certify(loss, forgetful, params, data, oracles=("torch",))
    found = certificate.diagnosis
    assert found is not None
    assert (found.is_named, found.failed) == (True, 2)
    assert "known mistakes that could not be tried: 2" in flowing(certificate)
    assert certificate.verdict == "DISAGREE"
    before = {**PARAMS, **DATA}
    assert all(np.array_equal(a, before[k]) for k, a in {**params, **data}.items())


def test_what_fits_is_said_when_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(run: Any, _: Any) -> Any:
        run.meter.spent += 1e9
        yield from ()

    monkeypatch.setattr(catalogue, "SOURCES", (activations.activations, late, paths.factors))
    found = diagnose([observation(forgetful, 1.0, origins=True)], ["W", "b"], {}, 1.0)
    assert (found.is_named, found.complete, len(found.explanations)) == (False, False, 1)
    assert "the budget ended the search" in str(found)


def test_a_point_where_the_code_fails_is_passed_over() -> None:
    def picky(W: Any, b: Any, X: Any) -> Any:
        if np.abs(W).max() > 3:
            msg = "too large"
            raise ValueError(msg)
        return forgetful(W, b, X)

    certificate = certify(loss, picky, PARAMS, DATA, oracles=("torch",))
    assert certificate.diagnosis is not None
    assert certificate.diagnosis.is_named
    assert certificate.diagnosis.points < 14


def observation(gradient: Any, scale: float, *, origins: bool = False) -> Observation:
    """Return the observation at parameters of a size."""
    params = {name: scale * p for name, p in PARAMS.items()}
    recording = record(loss, params, DATA, origins=origins)
    with np.errstate(all="ignore"):
        return Observation(PointData(recording), gradient(**params, **DATA))


def test_a_large_gradient_is_explained_as_well() -> None:
    def squares(W: Any, X: Any) -> Any:
        a = np.sin(X @ W)
        return np.sum(a * a)

    def flipped(W: Any, X: Any) -> Any:
        z = X @ W
        return {"W": -X.T @ (2 * np.sin(z) * np.cos(z))}

    rng = np.random.default_rng(0)
    params, data = {"W": rng.standard_normal((40, 30))}, {"X": rng.standard_normal((5, 40))}
    found = certify(squares, flipped, params, data, oracles=("torch",)).diagnosis
    assert found is not None
    assert found.is_named
    assert "sign flipped" in str(found)


def test_no_reading_is_no_diagnosis() -> None:
    found = diagnose([], ["W"], {}, 1.0)
    assert str(found).endswith("grad W: the loss is finite at no point")


def test_points_where_the_gradient_overflows_tell_nothing() -> None:
    def overflowing(W: Any, b: Any, X: Any) -> Any:
        grads = forgetful(W, b, X)
        return {**grads, "b": grads["b"] * (np.inf if np.abs(W).max() > 2 else 1)}

    scales = (0.5, 0.6, 0.7, 0.8, 1.5)
    observations = [observation(overflowing, s, origins=s == scales[0]) for s in scales]
    found = diagnose(observations, ["W", "b"], {}, 60.0)
    assert (found.is_named, found.points) == (True, 4)


def test_points_whose_branches_went_elsewhere_are_left_aside() -> None:
    def branching(W: Any, b: Any, X: Any) -> Any:
        return loss(W, b, X) if np.abs(W).max() < 2 else np.sum(np.cos(W)) + np.sum(b**2)

    def one(scale: float) -> Observation:
        params = {name: scale * p for name, p in PARAMS.items()}
        return Observation(
            PointData(record(branching, params, DATA, origins=True)), forgetful(**params, **DATA)
        )

    found = diagnose([one(s) for s in (0.5, 1.5, 0.6, 0.7)], ["W", "b"], {}, 60.0)
    assert (found.is_named, found.points) == (True, 3)


def test_a_parameter_that_the_loss_does_not_use_has_no_name() -> None:
    params = {"w": np.array([1.0, 2.0]), "v": np.array([3.0])}
    observations = [
        Observation(
            PointData(record(lambda w, v: np.sum(w**3), params, {}, origins=True)),
            {"w": 3 * params["w"] ** 2, "v": params["v"]},
        )
    ]
    found = diagnose(observations, ["v"], {}, 60.0)
    assert found.explanations == ()
    assert found.differs.startswith("1 of 1 entries differ")


def test_a_right_gradient_that_is_called_wrong_has_no_name() -> None:
    found = diagnose([observation(right, 1.0, origins=True)], ["W", "b"], {}, 60.0)
    assert found.explanations == ()
    assert found.differs.startswith("relative error 0.0e+00")


def test_a_loss_that_cannot_be_read_leaves_it_unknown() -> None:
    def scalar(w: Any) -> Any:
        return np.exp(statistics.fmean([w])) ** 2

    def half(w: Any) -> Any:
        return np.exp(2 * w)

    rebuilt = {"torch": lambda w: (2 * w).exp()}
    given: dict[str, Any] = {"oracles": ("torch",), "rebuilt": rebuilt}
    certificate = certify(scalar, half, {"w": np.array(0.5)}, **given)
    assert certificate.diagnosis is not None
    assert "the diagnosis failed: LostGradientError" in certificate.diagnosis.differs


def test_what_looks_like_a_function_of_the_readers_is_none() -> None:
    def odd(W: Any, X: Any) -> Any:
        z = X @ W
        twice = 2 * (z - z.mean(axis=0))  # centred and scaled, but by no deviation
        spread = np.sqrt(np.exp(z).sum(axis=1) + (z**2).sum(axis=1))
        return np.sum(np.sin(twice)) + np.sum(np.log(np.exp(z).sum(axis=1))) + spread.sum()

    observations: list[Observation] = []
    for scale in (1.0, 0.5, 0.25):
        params = {"W": scale * PARAMS["W"]}
        recording = record(odd, params, DATA, origins=not observations)
        observations.append(Observation(PointData(recording), {"W": np.sin(params["W"])}))
    assert diagnose(observations, ["W"], {}, 60.0).explanations == ()


def test_without_columns_the_whole_line_is_the_place() -> None:
    class Code:  # as `python -X no_debug_ranges` has it
        co_filename = __file__
        co_firstlineno = 1

        def co_positions(self) -> Any:
            yield 1, None, None, None

    found = source_locations._expression(__file__, Code(), 0)  # noqa: SLF001
    assert found.text == f'"""{__doc__}"""'
