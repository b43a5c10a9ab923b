"""Networks as others write them: all mistakes can be planted, and what is said is graded."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.accuracy.styles.__main__ import main
from benchmarks.accuracy.styles.cases import MistakesError, cases, parsed
from benchmarks.accuracy.styles.judging import (
    EQUIVALENT,
    NO_NAME,
    REFUSED,
    RIGHT,
    SEVERAL,
    UNKNOWN,
    UNSEEN,
    WRONG,
    graded,
)
from benchmarks.accuracy.styles.names import FACTOR, PATTERNS, states
from benchmarks.accuracy.styles.running import ERROR, Answer, Cause, answer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.accuracy.styles.cases import Case

ALL = cases()
SOURCE = "def loss(x, w):\n    z = x @ w\n    return np.mean(z ** 2)\n"
MISTAKE = "sign | ×2 @ x @ w\n- z ** 2\n+ z ** 3\n"
BOTH = "sign @ x @ w\nnot divided 5 @ np.mean\n- z ** 2\n+ z ** 3\n"


def cause(sentence: str = "sign flipped", *lines: int) -> Cause:
    return Cause(sentence, frozenset(lines), ("w",))


def grade(text: str, *explanations: tuple[Cause, ...], verdict: str = "DISAGREE") -> str:
    (mistake,) = parsed(text)
    return graded(mistake, SOURCE, Answer(verdict, "", explanations, 0.0))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_every_mistake_can_be_planted_and_has_names_and_lines(case: Case) -> None:
    for mistake in case.mistakes:
        planted = mistake.planted(case.source)
        assert planted != case.source
        ast.parse(planted)
        for expected in mistake.expected:
            assert expected.lines(planted) != frozenset()
            assert all(n in PATTERNS or n == NO_NAME or FACTOR.match(n) for n in expected.names)


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 40
    assert len({case.style for case in ALL}) >= 15
    assert sum(len(case.mistakes) for case in ALL) >= 600


@pytest.mark.parametrize(
    ("text", "explanations", "expected"),
    [
        (MISTAKE, [(cause("sign flipped", 2),)], RIGHT),
        (MISTAKE, [(cause("multiplied by 2", 2),)], RIGHT),
        (MISTAKE, [(cause("sign flipped"),)], RIGHT),  # of a whole gradient, which has no line
        (MISTAKE, [(cause("sign flipped", 3),)], WRONG),
        (MISTAKE, [(cause("multiplied by 3", 2),)], WRONG),
        (MISTAKE, [(cause("sign flipped", 2), cause("clipped", 2))], WRONG),
        (MISTAKE, [(cause("clipped", 2),), (cause("sign flipped", 2),)], SEVERAL),
        (MISTAKE, [], UNKNOWN),
        (BOTH, [(cause("sign flipped", 2), cause("multiplied by 5: not divided by 5", 3))], RIGHT),
        (BOTH, [(cause("sign flipped", 2),)], WRONG),
    ],
)
def test_a_diagnosis_is_graded(
    text: str, explanations: list[tuple[Cause, ...]], expected: str
) -> None:
    assert grade(text, *explanations) == expected


def test_a_certificate_without_a_diagnosis_is_graded() -> None:
    harmless = MISTAKE.replace("sign", NO_NAME)
    assert grade(MISTAKE, verdict="AGREE") == UNSEEN
    assert grade(harmless, verdict="AGREE") == EQUIVALENT
    assert grade(MISTAKE, verdict="INCONCLUSIVE") == "INCONCLUSIVE"
    assert grade(MISTAKE, verdict=ERROR) == REFUSED


def test_a_factor_is_a_number_of_the_sentence() -> None:
    assert states("multiplied by 0.2: averaged, not summed", "not divided 5")
    assert states("the ½ of a square left out", "×0.5")
    assert not states("the second of 10 terms is missing", "×5")


def test_a_mistake_that_does_not_fit_is_found() -> None:
    (mistake,) = parsed(MISTAKE)
    with pytest.raises(MistakesError, match="is found 0 times"):
        mistake.planted("z")
    with pytest.raises(MistakesError, match="no line has"):
        mistake.expected[0].lines("z = 1")
    with pytest.raises(MistakesError, match="as many"):
        parsed("sign @ x\n- y")


def test_a_source_that_raises_or_takes_too_long_is_refused() -> None:
    raised = answer("source", "def check(**options):\n    raise ValueError('no')", (), 9)
    assert (raised.verdict, raised.said) == (ERROR, "ValueError: no")
    slow = answer("source", "import time\ndef check(**options):\n    time.sleep(9)", (), 1)
    assert (slow.verdict, slow.explanations) == (ERROR, ())


def test_the_count_is_made_once_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, result = tmp_path / "kept", tmp_path / "result"
    arguments = ["--style", "dlfs_affine", "--limit", "1", "--resume", str(kept)]
    assert main([*arguments, "--json", str(result)]) == 0
    first = capsys.readouterr().out
    assert len(kept.read_text().splitlines()) == 3  # the network twice, and a mistake
    assert main(arguments) == 0
    assert capsys.readouterr().out == first
    record = json.loads(result.read_text())
    assert [one["verdict"] for one in record["correct"]] == ["AGREE"]
    assert {one["result"] for one in record["mistakes"]} == {RIGHT}
    assert all(one["explanations"] for one in record["mistakes"])


def test_a_mistake_can_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "dlfs_affine:1"]) == 0
    printed = capsys.readouterr().out
    assert "+ self.db = dout\n" in printed
    assert "DISAGREE" in printed


@pytest.mark.parametrize(
    "arguments", [["--style", "nobody"], ["--only", "dlfs_affine:99"], ["--only", "nobody:1"]]
)
def test_what_is_not_there_is_refused(arguments: list[str]) -> None:
    assert main(arguments) == 2
