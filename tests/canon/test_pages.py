"""Every page of the list: certified by both frameworks, its mistakes found, its door checked."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from crosscheck.core.verdict import Verdict
from crosscheck.errors import NotGenericError, OracleUnavailableError
from crosscheck.examples.certify_pages import certify_pages
from crosscheck.examples.page_points import cases, entry, shapes, split
from crosscheck.examples.pages import hand_written_page
from tests.conftest import planted

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Oracle

PAGES = list(reference.PAGES)
MISTAKES = [
    (f"{group}.{page}", right, wrong)
    for group, names in reference.GROUPS.items()
    if names and group != "document"
    for page, right, wrong in importlib.import_module(f"tests.canon.mistakes.{group}").MISTAKES
]


@pytest.fixture(scope="session")
def certificate(oracles: dict[str, Oracle]) -> Certificate:
    return certify_pages([reference.page(name) for name in PAGES], oracles)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_certified(certificate: Certificate, name: str) -> None:
    page = reference.page(name)
    findings = [f for f in certificate.findings if f.example == name]
    kind = "step" if hasattr(page, "trajectory") else "grad"
    assert {f.quantity for f in findings} >= {f"{kind} {parameter}" for parameter in page.PARAMS}
    for finding in findings:
        assert finding.verdict is Verdict.AGREE, (finding.quantity, finding.reason)
        assert set(finding.errors) == {"PyTorch", "JAX"}
        assert sum(j.resolved for j in finding.judgements[1:]) >= 8


@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_a_planted_mistake_is_found(
    oracles: dict[str, Oracle], name: str, right: str, wrong: str
) -> None:
    torch = {"PyTorch": oracles["PyTorch"]}
    found = certify_pages([planted(name, right, wrong)], torch, budget=0)
    assert found.verdict is Verdict.DISAGREE


def test_each_page_has_two_planted_mistakes() -> None:
    count = Counter(name.rpartition(".")[2] for name, _, _ in MISTAKES)
    assert {name for name in PAGES if count[name] < 2} == set()


@pytest.mark.parametrize("name", PAGES)
def test_float32_stays_float32(name: str) -> None:
    for case in cases(reference.page(name), 8, seed=1):
        options = dict(case.options)
        found = hand_written_page(reference.page(name), options, case.points[0], "float32")
        assert not found.raised
        assert {array.dtype for array in found.quantities.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", PAGES)
def test_a_wrong_shape_is_an_error_at_the_door(name: str) -> None:
    page = reference.page(name)
    for argument in page.PARAMS:
        wrong = {**page.PARAMS, **page.DATA, argument: page.PARAMS[argument].astype(int)}
        with pytest.raises(TypeError, match=f"{argument} is int64"):
            entry(page)(**wrong)
        if shapes(page)[argument] != "...":
            wrong[argument] = page.PARAMS[argument][..., np.newaxis]
            with pytest.raises(ValueError, match=f": {argument} has shape"):
                entry(page)(**wrong)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(PAGES), seed=st.integers(0, 2**31))
def test_a_gradient_has_the_shape_of_its_parameter_at_any_shape(name: str, seed: int) -> None:
    page = reference.page(name)
    for case in cases(page, 8, seed):
        point = case.points[-1]
        found = hand_written_page(page, dict(case.options), point)
        assert not found.raised
        for parameter, array in point.params.items():
            own = found.quantities.get(f"grad {parameter}")
            assert own is None or own.shape == array.shape
        given_, douts = split(point.data)
        assert given_.keys() == page.DATA.keys()
        assert bool(douts) == hasattr(page, "DOUT")


def test_the_names_are_unique_and_a_page_is_found_by_its_name() -> None:
    names = [name for group in reference.GROUPS.values() for name in group]
    assert len(set(names)) == len(names)


def test_what_forward_raises_is_a_finding() -> None:
    broken = planted("layers.affine", "out = X @ W + b", "out = X @ W.T.T[:-1] + b")
    found = certify_pages([broken], {}, budget=0)
    assert found.verdict is Verdict.DISAGREE
    assert "ValueError" in found.findings[0].reason


def test_an_output_of_another_shape_disagrees(oracles: dict[str, Oracle]) -> None:
    broken = planted("layers.affine", "return out, (X, W)", "return out[:, :1], (X, W[:, :1])")
    found = certify_pages([broken], oracles, budget=0)
    verdicts = {f.quantity: f.verdict for f in found.findings}
    assert verdicts["out"] is Verdict.DISAGREE


def test_a_door_that_refuses_everything_is_said() -> None:
    closed = planted("activations.glu", "if X.shape[1] % 2:", "if True:")
    with pytest.raises(NotGenericError, match="refused all"):
        list(cases(closed, 8, 0))


def test_an_oracle_that_is_gone_is_named(oracles: dict[str, Oracle]) -> None:
    def gone(_: Any) -> Any:
        msg = "JAX is not installed"
        raise OracleUnavailableError(msg)

    both = {"PyTorch": oracles["PyTorch"], "JAX": gone}
    found = certify_pages([reference.page("relu")], both)
    assert found.unavailable == {"JAX": "JAX is not installed"}
    assert found.exit_status == 3


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="points is 7"):
        certify_pages([], {}, points=7)


def test_a_mistake_in_a_page_gets_its_name(oracles: dict[str, Oracle]) -> None:
    wrong = planted("layers.bias", "dout.sum(axis=0)", "dout.mean(axis=0)")
    found = certify_pages([wrong], {"PyTorch": oracles["PyTorch"]})
    assert found.diagnosis is not None
    assert found.diagnosis.headline


def test_code_that_computes_in_float32_is_found(oracles: dict[str, Oracle]) -> None:
    low = planted("activations.tanh", "np.tanh(X)", "np.tanh(X.astype(np.float32))")
    found = certify_pages([low], {"PyTorch": oracles["PyTorch"]}, budget=0)
    assert found.verdict is Verdict.DISAGREE
    assert "computed in float32" in found.findings[0].reason
