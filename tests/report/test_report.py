"""What is printed and written: readable at any width, in any encoding, and by programs."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest
from rich.console import Console

import reference
from crosscheck.core.verdict import Verdict
from crosscheck.errors import OracleUnavailableError
from crosscheck.examples.certify import certify_examples
from crosscheck.report.console import stdout
from crosscheck.report.json import to_json
from crosscheck.report.terminal import show
from tests.conftest import example, planted

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Oracle


@pytest.fixture(scope="module")
def agreeing(oracles: dict[str, Oracle]) -> Certificate:
    return certify_examples(reference.EXAMPLES, oracles)


def certificate(oracles: dict[str, Oracle], name: str, right: str, wrong: str) -> Certificate:
    return certify_examples([planted(name, right, wrong)], oracles)


def text(certificate: Certificate, width: int = 132, **options: Any) -> str:
    out = io.StringIO()
    show(certificate, Console(file=out, width=width, highlight=False, **options))
    return out.getvalue()


def flowing(certificate: Certificate) -> str:
    """Return the text with its lines joined, to look for sentences in."""
    return " ".join(text(certificate).split())


def test_the_table_has_a_row_for_each_quantity(agreeing: Certificate) -> None:
    lines = text(agreeing).splitlines()
    assert lines[0].split()[:8] == [
        "example", "quantity", "value", "result", "PyTorch", "JAX", "resolution", "central",
    ]  # fmt: skip
    rows = lines[1 : 1 + len(agreeing.findings)]
    for finding, row in zip(agreeing.findings, rows, strict=True):
        assert row.startswith(finding.example)
        assert finding.quantity in row
        assert ("yes" in row) is (finding.published is not None)
        assert ("AGREE" in row) is (finding.verdict is not None)
    assert "6.000000000039306" in rows[18]
    assert "41.99999999999997" in rows[-1]


def test_the_overall_line_says_what_was_done(agreeing: Certificate) -> None:
    said = flowing(agreeing)
    assert "AGREE: 6 hand-written examples against PyTorch 2." in said
    assert "21 AGREE; 22 of 22 printed lines reproduced; resolution " in said
    assert "9 gradients, largest error 4.4e-10, each explained by its step" in said


@pytest.mark.parametrize("width", [20, 40, 60, 72, 80, 99, 132, 300])
def test_no_line_is_wider_than_the_terminal(agreeing: Certificate, width: int) -> None:
    lines = text(agreeing, width).splitlines()
    assert max(map(len, lines)) <= width
    if width >= 40:
        assert sum("AGREE" in line for line in lines) >= 21


def test_at_eighty_columns_nothing_but_the_value_is_shortened(agreeing: Certificate) -> None:
    row = next(line for line in text(agreeing, 80).splitlines() if "grad W1" in line)
    assert row.split()[:3] == ["relu_network", "grad", "W1"]
    assert row.split()[-4] == "AGREE"
    assert all(len(line) <= 80 for line in text(agreeing, 80).splitlines())


def test_colour_only_for_a_terminal_that_wants_it(
    agreeing: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" not in text(agreeing)
    assert "\x1b[32m" in text(agreeing, force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in text(agreeing, force_terminal=True, color_system="standard")


def test_a_pipe_gets_the_whole_width_and_a_terminal_its_own(
    agreeing: Certificate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show(agreeing)
    assert "central difference" in capsys.readouterr().out.splitlines()[0]
    monkeypatch.setenv("FORCE_COLOR", "1")  # what makes rich take anything for a terminal
    show(agreeing)
    assert "central difference" not in capsys.readouterr().out.splitlines()[0]


def test_a_long_line_goes_on_further_in_and_a_pipe_keeps_it_whole(
    oracles: dict[str, Oracle],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = certificate(oracles, "square", "2 * x ", "4 * x ")
    lines = text(wrong, 60).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("    worst at"))
    assert lines[first + 1].startswith("        ")
    assert all(len(line) <= 60 for line in lines[1:])  # the first one stays whole
    show(wrong)
    assert re.search(r"\n    worst at .*, JAX \S+\n", capsys.readouterr().out)
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, str(wrong).splitlines()[1:])) <= 60
    monkeypatch.setenv("COLUMNS", "200")
    assert 60 < max(map(len, str(wrong).splitlines()[1:])) <= 100


def test_a_disagreement_is_explained_with_every_authors_number(oracles: dict[str, Oracle]) -> None:
    said = flowing(certificate(oracles, "square", "2 * x ", "4 * x "))
    assert said.startswith("crosscheck: DISAGREE: <square with a mistake>:")
    assert "multiplied by 2" in said.partition(" example quantity ")[0]
    assert "square grad x DISAGREE: relative error 1 (rounding limit 2.6e-12)" in said
    assert re.search(r"worst at [^:]*point[^:]*: actual \S+, PyTorch \S+, JAX \S+", said)
    assert "DISAGREE: 1 hand-written example against PyTorch" in said


def test_the_worst_entry_is_named(oracles: dict[str, Oracle]) -> None:
    said = flowing(
        certificate(oracles, "relu_network", "(W2 @ delta2) * relu_d(z1)", "W2 @ delta2")
    )
    assert "relu_network grad W1 DISAGREE: " in said
    assert "] of sampled point " in said


def test_zero_and_raised_and_misshapen_are_said_in_words(oracles: dict[str, Oracle]) -> None:
    missing = certificate(oracles, "relu_network", "(r2 - y) * relu_d(z2)", "r2 - y")
    assert "where the oracles give zero" in flowing(missing)
    raised = certificate(oracles, "sigmoid_neuron", "return loss, (X, y, r)", "raise KeyError(1)")
    assert "at the document's point: the hand-written code raised KeyError: 1" in flowing(raised)
    assert " - " in text(raised)
    shape = certificate(oracles, "sigmoid_neuron", "delta * X ", "(delta * X)[:, None] ")
    assert "expected shape (2,), got (2, 1)" in flowing(shape)
    unknown = certificate(oracles, "square", '{"x": dy_dx}', '{"x": dy_dx, "y": dy_dx}')
    assert "no oracle computes it" in flowing(unknown)


def test_a_number_that_is_not_reproduced_is_shown_beside_the_printed_one(
    oracles: dict[str, Oracle],
) -> None:
    lost = certificate(oracles, "numerical_gradient", "H = 1e-5", "H = 1e-6")
    said = flowing(lost)
    assert (
        "numerical_gradient difference x NOT REPRODUCED the document prints 6.00000000003930"
        in said
    )
    assert "1 of 2 printed lines reproduced" in said
    assert "NO" in text(lost)


def test_a_difference_that_its_step_does_not_explain_is_named(oracles: dict[str, Oracle]) -> None:
    certificate_ = certificate(oracles, "square", "2 * x ", "2 * x * (1 + 1e-6) ")
    assert "not explained for square grad x; reported, not judged" in flowing(certificate_)


def test_a_missing_oracle_is_named_and_the_rest_is_shown(oracles: dict[str, Oracle]) -> None:
    def missing(_: object) -> Any:
        msg = "JAX is not installed: python -m pip install jax"
        raise OracleUnavailableError(msg)

    one = certify_examples([example("square")], {"PyTorch": oracles["PyTorch"], "JAX": missing})
    said = flowing(one)
    assert one.exit_status == 3
    assert "JAX is not installed: python -m pip install jax" in said
    assert "incomplete: 1 hand-written example against PyTorch 2" in said
    assert [f.verdict for f in one.findings] == [Verdict.AGREE, Verdict.AGREE]
    none = certify_examples([example("square")], {"JAX": missing})
    assert none.exit_status == 3
    assert [f.judgements[0].reason for f in none.findings] == ["no oracle has a result"] * 2
    assert "no framework is installed" in flowing(none)
    assert "draw others" not in flowing(none)


def test_inputs_that_cannot_tell_are_to_be_drawn_again(oracles: dict[str, Oracle]) -> None:
    def different(requests: Any) -> Any:
        answers = oracles["JAX"](requests)
        return [
            [{k: v * (1 + 1e-4) for k, v in point.items()} for point in each] for each in answers
        ]

    torn = certify_examples([example("square")], {"PyTorch": oracles["PyTorch"], "JAX": different})
    assert torn.exit_status == 3
    assert "inconclusive for these inputs; try another seed" in flowing(torn)


def valid(certificate: Certificate) -> dict[str, Any]:
    """Return the certificate as it comes back from JSON, after the schema has seen it."""
    schema = json.loads(files("crosscheck.report").joinpath("certificate.schema.json").read_text())
    user_loss = to_json(certificate)
    document: dict[str, Any] = json.loads(user_loss, parse_constant=pytest.fail)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert user_loss.isascii()
    return document


def test_the_json_keeps_the_whole_certificate(agreeing: Certificate) -> None:
    document = valid(agreeing)
    assert document["verdict"] == "AGREE"
    assert document["exit_status"] == 0
    assert set(document["versions"]) == {"backprop-crosscheck", "python", "numpy", "torch", "jax"}
    last = document["findings"][-1]
    assert last["quantity"] == "step guess"
    assert len(last["value"]) == 500
    assert len(last["judgements"]) == 9
    assert "예측값" in last["published"]["recorded"]
    assert document["findings"][5]["difference"]["value"] is not None


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("delta * X ", "delta * X * np.nan "),
        ("delta * X ", "delta * X * np.inf "),
        ("delta * X ", "(delta * X)[:, None] "),
        ("return loss, (X, y, r)", "raise ZeroDivisionError"),
    ],
)
def test_what_json_has_no_number_for_is_written_as_a_word(
    oracles: dict[str, Oracle], right: str, wrong: str
) -> None:
    document = valid(certificate(oracles, "sigmoid_neuron", right, wrong))
    assert document["exit_status"] == 1
    assert "'nan'" in str(document) or "'inf'" in str(document)


def test_a_certificate_cannot_be_changed(agreeing: Certificate) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        agreeing.seed = 1  # type: ignore[misc]
    assert isinstance(agreeing.findings[0].value, np.ndarray)


def test_a_stdout_that_has_no_encoding_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert not stdout().is_terminal
