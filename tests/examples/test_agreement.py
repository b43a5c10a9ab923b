"""The six examples agree with both frameworks, quantity by quantity, point by point."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import reference
from crosscheck.core.evidence import Evidence, requests
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import Verdict
from crosscheck.examples.certify import certify_examples
from crosscheck.examples.hand_written import hand_written
from crosscheck.examples.oracles import ORACLES
from crosscheck.examples.points import documented, draw
from tests.conftest import example

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Oracle


def quantities(name: str) -> list[str]:
    """Return what must be judged: loss, gradients, and the parameters that are trained."""
    module = example(name)
    kinds = ["grad", "step"] if hasattr(module, "step") else ["grad"]
    return ["loss", *(f"{kind} {parameter}" for kind in kinds for parameter in module.PARAMS)]


@functools.cache
def points(name: str) -> tuple[Point, ...]:
    return (documented(example(name)), *draw(example(name), 8, seed=0))


@pytest.mark.parametrize("point", range(9))
@pytest.mark.parametrize(
    ("name", "quantity"), [(name, q) for name in reference.NAMES for q in quantities(name)]
)
@pytest.mark.parametrize("oracle", ORACLES)
def test_the_hand_is_the_oracle(
    oracles: dict[str, Oracle], oracle: str, name: str, quantity: str, point: int
) -> None:
    actual = hand_written(example(name), points(name)[point]).quantities[quantity]
    double = oracles[oracle]([Request(name, points(name), "float64")])[0][point]
    # What these six computations may differ by: a few roundings of their largest number.
    atol = 1e-14 * np.max(np.abs(double[quantity]), initial=0.0)
    np.testing.assert_allclose(actual, double[quantity], rtol=0, atol=atol)
    assert actual.shape == double[quantity].shape


@pytest.fixture(scope="module")
def certificate(oracles: dict[str, Oracle]) -> Certificate:
    return certify_examples(reference.EXAMPLES, oracles)


@pytest.mark.parametrize("name", reference.NAMES)
def test_every_quantity_is_certified(certificate: Certificate, name: str) -> None:
    judged = [f for f in certificate.findings if f.example == name and f.verdict is not None]
    assert [f.quantity for f in judged] == quantities(name)
    for finding in judged:
        assert finding.verdict is Verdict.AGREE
        assert set(finding.errors) == {"PyTorch", "JAX"}
        assert len(finding.judgements) == 9
        assert sum(j.resolved for j in finding.judgements[1:]) >= 4
        assert finding.resolution < 1e-7
        if finding.quantity.startswith("grad"):
            assert finding.difference is not None
            assert finding.difference.is_explained


def test_every_printed_number_is_reproduced(certificate: Certificate) -> None:
    printed = {(f.example, f.quantity): f.published for f in certificate.findings if f.published}
    assert sum(len(p.recorded.splitlines()) for p in printed.values()) == 22
    assert all(p.reproduced for p in printed.values())
    assert printed["numerical_gradient", "difference x"].recorded == "6.000000000039306"


def test_the_certificate_can_be_repeated(
    certificate: Certificate, oracles: dict[str, Oracle]
) -> None:
    again = certify_examples(reference.EXAMPLES, oracles, points=8, seed=0)
    assert [f.judgements for f in again.findings] == [f.judgements for f in certificate.findings]
    other = certify_examples(reference.EXAMPLES[:1], oracles, points=9, seed=1)
    assert other.verdict is Verdict.AGREE
    assert len(other.findings[0].judgements) == 10
    assert other.findings[0].judgements[1] != certificate.findings[0].judgements[1]


def test_the_guess_is_compared_at_each_of_its_steps(oracles: dict[str, Oracle]) -> None:
    for oracle in oracles.values():
        steps = oracle([Request("guess_number", points("guess_number")[:1], "float64")])[0][0]
        assert steps["step guess"].shape == (500,)


def correct_at(name: str, point: Point, oracles: dict[str, Oracle]) -> list[Verdict]:
    """Return the verdicts on the example as it is, at a point of any shape."""
    asked = requests(name, (point,))
    answers = {oracle: ask(asked) for oracle, ask in oracles.items()}
    evidence = Evidence(
        name,
        (point,),
        [hand_written(example(name), point)],
        {oracle: answer[0] for oracle, answer in answers.items()},
        {oracle: answer[1] for oracle, answer in answers.items()},
        oracles,
        functools.partial(hand_written, example(name)),
    )
    return [evidence.judgement(0, quantity).verdict for quantity in evidence.quantities()]


# Few shapes, for JAX compiles each; small integers among the values, to hit kinks and ties.
VALUES = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(-4, 4, allow_subnormal=False, width=32),
    st.floats(-100, 100, allow_subnormal=False),
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[str, Point]:
    n, h, m = draw(st.sampled_from([(2, 2, 1), (1, 1, 1), (3, 4, 2), (2, 5, 3)]))
    shapes = {"W1": (n, h), "b1": (h,), "W2": (h, m), "b2": (m,), "X": (n,), "y": (m,)}
    arrays = {
        name: np.array(draw(st.lists(VALUES, min_size=size, max_size=size))).reshape(shape)
        for name, shape in shapes.items()
        for size in [int(np.prod(shape))]
    }
    data = {name: arrays.pop(name) for name in ("X", "y")}
    return "relu_network", Point(arrays, data)


@st.composite
def neurons(draw: st.DrawFn) -> tuple[str, Point]:
    n = draw(st.sampled_from([1, 2, 6]))
    W, X = (np.array(draw(st.lists(VALUES, min_size=n, max_size=n))) for _ in range(2))
    return "sigmoid_neuron", Point({"W": W}, {"X": X, "y": np.array(draw(VALUES))})


@st.composite
def scalars(draw: st.DrawFn) -> tuple[str, Point]:
    name = draw(st.sampled_from(["square", "chain_rule", "numerical_gradient"]))
    return name, Point({"x": np.array(draw(VALUES))}, {})


def test_no_correct_example_disagrees() -> None:
    at_points(200)


@pytest.mark.slow
def test_no_correct_example_disagrees_at_many_points() -> None:
    at_points(2000)


def at_points(count: int) -> None:
    """Judge correct examples at `count` points that hypothesis chooses."""

    @settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(case=st.one_of(networks(), networks(), neurons(), scalars()))
    def judged(case: tuple[str, Point]) -> None:
        name, point = case
        with np.errstate(over="ignore"):  # a saturated neuron must not disagree, either
            verdicts = correct_at(name, point, dict(ORACLES))
        event(f"{name}: {'inconclusive' if Verdict.INCONCLUSIVE in verdicts else 'agrees'}")
        assert Verdict.DISAGREE not in verdicts

    judged()
