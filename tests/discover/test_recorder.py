"""What is kept of calls: few, bounded, and nothing that the watched code could see."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.optimize

from crosscheck.discover import recorder as module
from crosscheck.discover.candidates import place_of
from crosscheck.discover.merge import join, unique
from crosscheck.discover.recorder import Recorder
from crosscheck.discover.results import IDLE, RIGHT, UNKNOWN, WRONG, Result
from crosscheck.discover.settings import Settings
from tests.discover import toy

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.discover.candidates import Candidate

TOY = "tests.discover.toy"


def recorded(run: Callable[[], Any], **settings: Any) -> dict[str, Candidate]:
    recorder = Recorder(Settings((TOY,), **settings))
    recorder.scan()
    recorder.scan()
    try:
        run()
    finally:
        found = recorder.finish()
    assert toy.loss_grad.__code__.co_consts == (None, 3, 2)  # its own code again
    return {candidate.qualname: candidate for candidate in found}


def test_calls_that_differ_in_shape_are_kept() -> None:
    def run() -> None:
        for size in (2, 2, 3, 4, 5):
            toy.loss_grad(np.ones(size))
        toy.loss_grad(np.ones(9), s=1.0)

    found = recorded(run)
    assert len(found["loss_grad"].calls) == 3
    assert not found["idle_grad"].calls
    assert str(found["loss_grad"].place).endswith("toy.py:16")


def test_a_call_goes_to_the_class_of_its_object() -> None:
    class Local(toy.Square):
        pass

    def run() -> None:
        toy.Other(1.0).gradient(np.ones(2))
        Local(1.0).gradient(np.ones(2))

    found = recorded(run)
    assert len(found["Other.gradient"].calls) == 1
    assert not found["Square.gradient"].calls
    assert any("Local" in name and one.calls for name, one in found.items())


def test_a_method_of_something_else_is_left_alone() -> None:
    class Stranger:
        k = 1.0

    def run() -> None:
        toy.Square.gradient(Stranger(), np.ones(2))  # type: ignore[arg-type]

    assert not any(one.calls for one in recorded(run).values())


def test_a_copy_that_is_too_large_or_cannot_be_made_is_said() -> None:
    def run() -> None:
        toy.loss_grad(np.ones(2000))
        toy.cost_grad(np.ones(2000))

    found = recorded(run, largest=1000)
    assert "larger than" in found["loss_grad"].problem
    assert not found["loss_grad"].calls
    total = recorded(lambda: [toy.loss_grad(np.ones(n)) for n in (20, 30)], total=600)
    assert len(total["loss_grad"].calls) == 1


def test_a_function_with_nothing_new_is_no_longer_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET", 2)
    recorder = Recorder(Settings((TOY,)))
    recorder.scan()
    for _ in range(5):
        toy.loss_grad(np.ones(2))
    assert toy.loss_grad not in recorder.watched.codes
    recorder.finish()


def test_what_fails_in_recording_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise KeyError

    monkeypatch.setattr(module, "signature", broken)

    def run() -> None:
        assert toy.loss_grad(np.ones(2)).tolist() == [6, 6]
        scipy.optimize.minimize(toy.loss, np.ones(2), jac=toy.loss_grad, options={"maxiter": 1})

    assert not recorded(run)["loss_grad"].calls


def test_a_call_while_a_copy_is_made_is_not_recorded() -> None:
    recorder = Recorder(Settings((TOY,)))
    recorder.scan()
    with recorder._lock:  # noqa: SLF001 - as another thread would
        thread = threading.Thread(target=toy.loss_grad, args=(np.ones(2),))
        thread.start()
        thread.join()
        scipy.optimize.minimize(toy.loss, np.ones(2), jac=toy.loss_grad, options={"maxiter": 1})
    assert not any(candidate.calls for candidate in recorder.finish())


def test_what_is_passed_to_an_optimiser_is_kept() -> None:
    def other(w: Any) -> Any:  # of this module, which is not watched
        return 4 * w**3

    def run() -> None:
        for size in (2, 2, 3, 4, 5):
            scipy.optimize.minimize(
                toy.loss, np.ones(size), args=2.0, jac=toy.loss_grad, options={"maxiter": 1}
            )
        scipy.optimize.minimize(toy.cost, np.ones(2), jac=other, options={"maxiter": 1})
        scipy.optimize.minimize(toy.cost, np.ones(2), options={"maxiter": 1})
        square = toy.Square(1.0)
        scipy.optimize.fmin_l_bfgs_b(square.loss, np.ones(2), fprime=square.gradient, maxiter=1)
        scipy.optimize.fmin_l_bfgs_b(lambda w: (toy.cost(w), other(w)), np.ones(2), maxiter=1)

    recorder = Recorder(Settings((TOY,)))
    recorder.scan()
    run()
    passed = [c for c in recorder.finish() if c.pair.kind.startswith("optimize")]
    assert {c.qualname: len(c.calls) for c in passed} == {"loss_grad": 3, "Square.gradient": 1}


def test_an_optimiser_with_what_cannot_be_copied() -> None:
    def run() -> None:
        scipy.optimize.minimize(
            lambda w, _: toy.cost(w), np.ones(2), args=(sys.stdin,), jac=None, method="BFGS"
        )
        scipy.optimize.minimize(
            lambda w, _: toy.cost(w),
            np.ones(2),
            args=(np.ones(10),),
            jac=lambda w, _: toy.cost_grad(w),
            options={"maxiter": 1},
        )
        scipy.optimize.fmin_cg(toy.cost, np.ones(200), fprime=toy.cost_grad, disp=False, maxiter=1)

    recorder = Recorder(Settings((TOY,), largest=500))
    recorder.scan()
    run()
    (passed,) = [c for c in recorder.finish() if c.pair.kind.startswith("optimize")]
    assert "larger than" in passed.problem


def test_functions_of_a_module_that_cannot_be_imported_are_kept() -> None:
    made = ModuleType("made_up_module")
    exec("def f(x):\n    return x\ndef f_grad(x):\n    return 1", vars(made))  # noqa: S102 - ours
    exec("class C:\n    f = f\n    f_grad = f_grad\n", vars(made))  # noqa: S102 - our own source
    sys.modules["made_up_module"] = made
    try:
        recorder = Recorder(Settings(("made_up_module",)))
        recorder.scan()
        made.f_grad(np.ones(2))
        recorder.store_main(made)
        found = recorder.finish()
    finally:
        del sys.modules["made_up_module"]
    assert all(candidate.functions for candidate in found)


def test_what_is_skipped_is_not_found_and_what_has_no_place_has_none() -> None:
    assert "loss_grad" not in recorded(lambda: None, skip=(f"{TOY}:loss_grad",))
    assert place_of(len).line == 0
    recorder = Recorder(Settings((TOY,)))
    recorder._optimizers(ModuleType("empty"))  # noqa: SLF001 - of a SciPy without them
    assert not recorder.watched.codes


def test_functions_that_cannot_be_stored_are_left_to_their_calls() -> None:
    made = ModuleType("made_up_module")
    source = "import sys\ndef f(x, y=sys.stdin):\n    return x\ndef f_grad(x):\n    return 1"
    exec(source, vars(made))  # noqa: S102 - our own source
    recorder = Recorder(Settings(("made_up_module",)))
    recorder.take(made)
    made.f_grad(np.ones(2))
    assert [candidate.functions for candidate in recorder.finish()] == [b""]


def result(verdict: str, name: str = "m:f", line: int = 1) -> Result:
    return Result(name, "g", "f.py", line, 1, verdict)


def test_what_several_processes_recorded_is_joined() -> None:
    one, two = (
        recorded(lambda sizes=sizes: [*map(toy.loss_grad, map(np.ones, sizes))])["loss_grad"]  # type: ignore[misc]
        for sizes in ((2, 3), (3, 4))
    )
    known: dict[tuple[str, ...], Candidate] = {}
    join(known, [one], 3)
    join(known, [two], 3)
    join(known, [two], 3)
    (joined,) = known.values()
    assert len(joined.calls) == 3


@pytest.mark.parametrize(
    ("by_name", "passed", "verdict"),
    [
        (WRONG, RIGHT, RIGHT),
        (RIGHT, WRONG, WRONG),
        (RIGHT, UNKNOWN, RIGHT),
        (WRONG, UNKNOWN, WRONG),
        (UNKNOWN, IDLE, UNKNOWN),
    ],
)
def test_what_an_optimiser_was_given_decides(by_name: str, passed: str, verdict: str) -> None:
    recorder = Recorder(Settings((TOY,)))
    recorder.scan()
    scipy.optimize.minimize(toy.loss, np.ones(2), jac=toy.loss_grad, options={"maxiter": 1})
    both = [c for c in recorder.finish() if c.pair.derivative == "loss_grad"]
    verdicts = [passed if c.pair.kind.startswith("optimize") else by_name for c in both]
    ((_, found),) = unique(both, [result(v) for v in verdicts])
    assert found.verdict == verdict
