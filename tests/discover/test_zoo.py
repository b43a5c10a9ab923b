"""A package with 40 hand-written derivatives in mixed styles: all found, 15 of them wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from crosscheck.discover.child import outcomes
from crosscheck.discover.jobs import How
from crosscheck.discover.merge import unique
from crosscheck.discover.processes import job_of, result_of
from crosscheck.discover.recorder import Recorder
from crosscheck.discover.results import RIGHT, WRONG
from crosscheck.discover.settings import Settings
from tests.discover.zoo.exercise import COUNT
from tests.discover.zoo.exercise import WRONG as MISTAKES
from tests.discover.zoo.exercise import exercise as untyped

HOW = How(60.0, ("torch",))  # JAX would compile every one of them

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.discover.results import Result


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    recorder = Recorder(Settings(("tests.discover.zoo",)))
    recorder.scan()
    exercise: Callable[[], None] = untyped
    exercise()
    candidates = recorder.finish()
    judged = [
        result_of(one, [asdict(o) for o in outcomes(job_of(one, HOW))], 0.0) for one in candidates
    ]
    return {result.name.partition(":")[2]: result for _, result in unique(candidates, judged)}


def test_every_derivative_is_found_and_judged(results: dict[str, Result]) -> None:
    verdicts = Counter(result.verdict for result in results.values())
    assert verdicts == {RIGHT: COUNT - len(MISTAKES), WRONG: len(MISTAKES)}, [
        result for result in results.values() if result.verdict not in {RIGHT, WRONG}
    ]


def test_the_wrong_ones_are_those_that_were_planted(results: dict[str, Result]) -> None:
    assert {name for name, result in results.items() if result.verdict == WRONG} == MISTAKES
    assert all(result.reason for name, result in results.items() if name in MISTAKES)


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("mse_grad", "gradient by w"),
        ("sigmoid_derivative", "elementwise by s, from the function's value"),
        ("model_jacobian", "jacobian by theta"),
        ("rosenbrock_hess_prod", "hessp by x"),
        ("affine_loss_gradients", "gradient by W, b"),
        ("RBF.__call__", "jacobian by theta"),
        ("Network.gradient", "gradient by its own parameters"),
    ],
)
def test_it_is_said_what_was_judged(results: dict[str, Result], name: str, reading: str) -> None:
    assert results[name].reading == reading


def test_a_mistake_is_named_with_its_line(results: dict[str, Result]) -> None:
    assert "together.py" in results["cost_gradient"].reason
    assert "transposed" in results["jac_circle"].reason
    assert "together.py" in results["run_bfgs.<locals>.<lambda>"].reason  # it came by value
