"""The cost of a gradient: statistics, contenders, targets, the page. No test asserts a time."""

from __future__ import annotations

import importlib
import io
import itertools
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax as framework
import numpy as np
import pytest

import reference
from benchmarks.machine import describe, environment, pinned
from benchmarks.speed import command as whole
from benchmarks.speed.clock import Effort, Ratio, filling, in_turn, ratio, seconds
from benchmarks.speed.gradients import __main__ as command
from benchmarks.speed.gradients import measurement, memory, turns, worker
from benchmarks.speed.gradients.cases import NETWORK, Case, differing, digest
from benchmarks.speed.gradients.contenders import (
    AGAIN,
    COMPILED,
    CONTENDERS,
    EAGER,
    HAND_WRITTEN,
    JIT,
    LIMIT,
    SCANNED,
    Contender,
    prepared,
    widened,
)
from benchmarks.speed.gradients.measurement import LARGE, LARGEST, SMALL, Plan
from benchmarks.speed.gradients.page import __main__ as page
from benchmarks.speed.gradients.page.plots import draw
from benchmarks.speed.gradients.page.reading import best_rate, rows
from benchmarks.speed.gradients.page.tables import sections
from benchmarks.speed.gradients.page.targets import MET, MISSED, NOISY, targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

jax: Any = framework  # parts of it have no types
TINY = Case(NETWORK, sizes=(4, 3, 2), batch=5)
CASES = [
    *(Case(name) for name in ("square", "chain_rule", "numerical_gradient")),
    *itertools.starmap(
        Case,
        itertools.product(
            ("sigmoid_neuron", "relu_network", "guess_number"), ("gradient", "update")
        ),
    ),
    Case("guess_number", "descent"),
    *(replace(TINY, what=what) for what in ("gradient", "update", "training")),
    replace(TINY, dtype="float32"),
    Case(NETWORK, sizes=(2, 2, 1)),
]


@pytest.fixture
def jax_in_float64() -> Iterator[None]:
    with jax.enable_x64(True):  # noqa: FBT003 - JAX's own signature
        yield


@pytest.fixture(autouse=True)
def checked_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore the input checks that `hand_written.job` removes, as it may in its own process."""
    for name in (*reference.NAMES, NETWORK):
        module = importlib.import_module(f"reference.{name}")
        monkeypatch.setattr(module, "forward", module.forward)


@pytest.mark.usefixtures("jax_in_float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name} {case.what} {case.dtype}")
def test_all_contenders_compute_the_same(case: Case) -> None:
    actual = digest(prepared("hand_written.job", case)())
    scanned = [CONTENDERS[SCANNED].function] if case.what == "descent" else []
    for function in ("hand_written.checked", "pytorch.eager", "jax_jit.job", "hips.job", *scanned):
        assert differing(case, actual, digest(prepared(function, case)())) == [], function


@pytest.mark.usefixtures("jax_in_float64")
def test_training_goes_on_from_where_it_was() -> None:
    case = replace(TINY, what="training")
    for function in ("hand_written.job", "pytorch.eager", "jax_jit.job", "hips.job"):
        step = prepared(function, case)
        once = digest(step())
        assert differing(case, once, digest(step())), function


def test_the_limit_computes_nothing_that_is_compared() -> None:
    assert prepared("limit.job", TINY)() == {}
    assert prepared("limit.job", Case("relu_network"))() == {}


@pytest.mark.parametrize("mistake", [{"W": [2.0, 4.0]}, {"W": [1.0, 2.1]}, {"W": [np.nan, 1]}, {}])
def test_a_wrong_gradient_has_another_digest(mistake: dict[str, Any]) -> None:
    right, case = digest({"W": np.array([1.0, 2.0])}), Case("sigmoid_neuron")
    assert differing(case, right, right) == []
    assert differing(case, right, digest(mistake)) == ["W"]


def test_the_size_of_a_network() -> None:
    case = Case(NETWORK, sizes=(784, 256, 10), batch=64, dtype="float32")
    forward = 64 * (784 * 256 + 256 * 10)
    assert case.multiplications == 2 * forward + 64 * 256 * 10
    parameters = 785 * 256 + 257 * 10
    outputs = 64 * (784 + 256 + 10 + 10)
    assert case.bytes == 4 * (2 * parameters + outputs + 64 * 256)
    assert Case("square").multiplications == 0
    assert Case.of(json.loads(json.dumps({**vars(case)}))) == case


def test_the_median_of_paired_ratios() -> None:
    assert ratio([2, 4, 6, 8, 10], [1, 1, 2, 2, 5]) == Ratio(2, 3, 4)
    drifting = [1.0, 10.0, 100.0]  # the machine slows down: both contenders do
    assert ratio([2 * t for t in drifting], drifting) == Ratio(2, 2, 2)


def test_a_ratio_within_the_noise_is_equal() -> None:
    noise = Ratio(0.97, 1.0, 1.04)
    assert Ratio(0.9, 1.02, 1.1).within(noise)
    assert not Ratio(0.9, 1.05, 1.1).within(noise)


def test_contenders_have_their_turn() -> None:
    order = []

    def contender(name: str, takes: float) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return takes

        return measure

    times = in_turn({"A": contender("A", 1.0), "B": contender("B", 3.0)}, Effort(3))
    assert order == ["A", "B"] * 3
    assert ratio(times["B"], times["A"]).middle == 3  # the slow one is found to be slow


def test_patience_ends_the_rounds_but_not_the_least() -> None:
    effort = Effort(rounds=9, least=2, patience=-1.0)
    assert len(in_turn({"A": lambda: 1.0}, effort)["A"]) == 2


def test_seconds_are_of_one_call() -> None:
    calls = []
    assert seconds(lambda: calls.append(1), 5) >= 0
    assert len(calls) == 5
    assert filling(lambda: None, 0.0) == 1


def test_threads_are_pinned() -> None:
    assert pinned(1)["XLA_FLAGS"].endswith("eigen=false intra_op_parallelism_threads=1")
    assert pinned(4)["XLA_FLAGS"].endswith("eigen=true intra_op_parallelism_threads=4")
    assert {pinned(4)[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "MKL")} == {"4"}
    assert describe(["numpy", "no such package"])["numpy"] == np.__version__


def test_a_worker_replies(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    request = json.dumps({"case": vars(TINY), "seconds": 1e-4})
    large = json.dumps({"case": vars(TINY), "seconds": 0.0})
    monkeypatch.setattr(sys, "argv", ["worker", "hand_written.job"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{request}\n{request}\n{large}\n"))
    monkeypatch.setattr("os.dup2", lambda *_: None)  # this process's stdout stays what it is
    worker.main()
    first, then, again = map(json.loads, capfd.readouterr().out.splitlines())
    assert first["digest"].keys() == {"W1", "b1", "W2", "b2"}
    assert any("openblas" in library for library in first["libraries"])
    assert then["seconds"] > 0
    assert again["seconds"] > 0


def test_a_contender_that_fails_or_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    contenders = {
        HAND_WRITTEN: CONTENDERS[HAND_WRITTEN],
        AGAIN: CONTENDERS[AGAIN],
        LIMIT: CONTENDERS[LIMIT],
    }
    contenders["failing"] = Contender("no_such_module.job")
    contenders["absent"] = Contender("hand_written.job", package="no_such_package")
    with turns.workers(contenders, environment(1)) as started:
        assert "absent" not in started
        found = turns.measured(TINY, started, Effort(2, filled=1e-4))
        assert "stopped at" in found["failed"]["failing"]
        assert found["seconds"].keys() == {HAND_WRITTEN, AGAIN, LIMIT}

        def ask(self: turns.Worker, *_: object) -> dict[str, Any]:
            number = 2.0 if self.name == AGAIN else 1.0
            reply = {"first call": 0.0, "libraries": [], "seconds": 1.0}
            return {**reply, "digest": {"W1": (number, 1.0)}}

        monkeypatch.setattr(turns.Worker, "ask", ask)
        found = turns.measured(TINY, started, Effort(2))
        assert "has another W1 than hand-written NumPy" in found["failed"][AGAIN]
        assert AGAIN not in found["seconds"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own account")
def test_the_peak_is_that_of_the_steps() -> None:
    megabytes = 64

    def step() -> None:
        np.ones(megabytes << 17)

    before = memory.resident("VmRSS")
    assert memory.peak(step, 2) - before > 0.9 * megabytes * 2**20
    assert memory.peak(lambda: None, 1) - before < 0.5 * megabytes * 2**20  # it is freed
    with pytest.raises(LookupError, match="has no VmNothing"):
        memory.resident("VmNothing")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own account")
def test_memory_is_measured_in_a_process_of_its_own() -> None:
    contenders = {
        HAND_WRITTEN: CONTENDERS[HAND_WRITTEN],
        "absent": Contender("hand_written.job", package="no_such_package"),
    }
    case = Case(NETWORK, "training", (300, 400, 10), 64)
    found = memory.measured(case, contenders, environment(1))
    assert found["must exist"] == case.bytes
    assert found["bytes"].keys() == {HAND_WRITTEN}
    assert found["bytes"][HAND_WRITTEN]["later"] > 0.5 * case.bytes


def timed(
    case: Case, slower: Mapping[str, float] | None = None, threads: int = 1
) -> dict[str, Any]:
    """Return a record of a case as if measured: hand-written a second, the others as given."""
    factors = {HAND_WRITTEN: 1.0, AGAIN: 1.0, LIMIT: 0.9, EAGER: 9.0, JIT: 2.0, **(slower or {})}
    if case.what != "gradient":
        del factors[LIMIT]
    rounds = (1.0, 1.1, 1.2)
    return {
        "case": vars(case),
        "threads": threads,
        "failed": {},
        "first call": dict.fromkeys(factors, 0.5),
        "libraries": {name: ["openblas 0.3 Haswell, 1 threads"] for name in factors},
        "seconds": {name: [t * factor for t in rounds] for name, factor in factors.items()},
    }


def recorded(**changed: Any) -> dict[str, Any]:
    networks = [
        timed(Case(NETWORK, "gradient", sizes, batch, dtype), threads=threads)
        for threads in (1, 2)
        for dtype in ("float32", "float64")
        for sizes, batch in (SMALL, LARGE, LARGEST)
    ]
    taken = {"import": 30, "first": 70e6, "later": 72e6}
    other = {"import": 30, "first": 99e6, "later": 90e6}
    usual = {
        "schema_version": 1,
        "machine": {"cores": "2", "cpu": "A CPU", "vectors": 256, "python": "3.11", "numpy": "2.4"},
        "wider kernel": None,
        "examples": [timed(Case("square")), timed(Case("guess_number", "descent"))],
        "networks": networks,
        "rates": [
            {"threads": threads, "dtype": dtype, "Gflop/s": {LIMIT: 50.0}}
            for threads in (1, 2)
            for dtype in ("float32", "float64")
        ],
        "memory": [
            {
                "case": vars(Case(NETWORK, "training", *LARGEST, "float32")),
                "must exist": 60e6,
                "bytes": {HAND_WRITTEN: taken, EAGER: other, JIT: other},
            }
        ],
        "command": {
            "seconds": {"import": 2.0, "crosscheck": 1.9},
            "ratios": {"crosscheck": [0.9, 0.95, 1.0], "import again": [0.98, 1.0, 1.02]},
        },
    }
    return {**usual, **changed}


def test_targets_that_are_met() -> None:
    found = list(targets(recorded()))
    assert {target.outcome for target in found} == {MET}
    assert len(found) == 2 + 2 * 2 * 2 * 3 + 2 + 1


# fmt: off
MISSES = [  # what is planted, which target is missed, and why
    ({"examples": [timed(Case("square"), {EAGER: 7.9})]}, "PyTorch eager takes 8 times", "NumPy"),
    ({"examples": [timed(Case("square"), {JIT: 0.99})]}, "faster than jax.jit", "NumPy calls"),
    ({"examples": [timed(Case("guess_number", "update"), {JIT: 0.5})]}, "faster than jax.jit",
     "one call of a compiled function"),
    ({"networks": [timed(Case(NETWORK, "gradient", *SMALL), {EAGER: 0.95})]},
     "no slower than PyTorch eager", "stands between them"),
    ({"networks": [timed(Case(NETWORK, "gradient", *SMALL), {JIT: 0.5})]},
     "no slower than jax.jit", "multiplies faster here"),
    ({"networks": [timed(Case(NETWORK, "gradient", *SMALL), {COMPILED: 0.5})]},
     "no slower than torch.compile", "multiplies faster here"),
    ({"networks": [timed(Case(NETWORK, "gradient", *SMALL), {LIMIT: 0.8})]},
     "at most 1.15 times its own matrix products", "memory"),
    ({"command": {"seconds": {"import": 1.0, "crosscheck": 1.1}, "ratios":
      {"crosscheck": [1.0, 1.1, 1.2], "import again": [0.98, 1.0, 1.02]}}},
     "no slower than importing both", "two cores"),
    ({"memory": [{**recorded()["memory"][0], "must exist": 50e6}]}, "at most 25%", "buffers"),
    ({"memory": [{**recorded()["memory"][0], "bytes":
      {HAND_WRITTEN: {"first": 1e6, "later": 99e6}, EAGER: {"first": 200e6, "later": 60e6}}}]},
     "below both frameworks", "PyTorch eager gives its memory back"),
]
# fmt: on


@pytest.mark.parametrize(("planted", "wanted", "why"), MISSES)
def test_a_missed_target_is_reported(planted: dict[str, Any], wanted: str, why: str) -> None:
    record = recorded(**planted)
    missed = [target for target in targets(record) if target.outcome == MISSED]
    assert any(target.wanted.startswith(wanted) and why in target.why for target in missed)
    text = {name: text for name, _, text in sections(record)}["targets"]
    assert "**missed**" in text
    assert missed[0].why in text


@pytest.mark.parametrize(
    ("other", "again", "outcome"),
    [
        (0.98, [0.95, 1.1, 1.3], MET),  # 2 % slower, and so is the same against itself
        (0.98, [1.0, 1.1, 1.2], MISSED),  # no more than 2 % slower, without noise
        (0.80, [0.5, 1.1, 2.4], NOISY),  # a machine that is not quiet hides a quarter
        (0.80, [0.95, 1.1, 1.3], MISSED),
    ],
)
def test_what_the_noise_explains(other: float, again: list[float], outcome: str) -> None:
    noisy = timed(Case(NETWORK, "gradient", *SMALL), {EAGER: other})
    noisy["seconds"][AGAIN] = again
    found = [t for t in targets(recorded(networks=[noisy])) if t.wanted.endswith("eager")]
    assert [target.outcome for target in found] == [outcome]


def test_faster_within_the_noise_is_inconclusive() -> None:
    noisy = timed(Case("square"), {JIT: 1.3})
    noisy["seconds"][AGAIN] = [0.5, 1.1, 2.4]
    found = [t for t in targets(recorded(examples=[noisy])) if t.wanted.endswith("jax.jit")]
    assert found[0].outcome == NOISY


def test_nothing_is_faster_than_its_own_products() -> None:
    noisy = timed(Case(NETWORK, "gradient", *SMALL), {LIMIT: 20.0})
    found = [t for t in targets(recorded(networks=[noisy])) if t.wanted.endswith("products")]
    assert [target.outcome for target in found] == [NOISY]


def test_another_kernel_is_judged_beside() -> None:
    wide = timed(Case(NETWORK, "gradient", *SMALL))
    for name in widened(CONTENDERS, "SkylakeX"):
        wide["seconds"][name] = [0.5 * t for t in wide["seconds"][HAND_WRITTEN]]
        wide["first call"][name], wide["libraries"][name] = 0.1, []
    record = recorded(networks=[wide])
    assert any("SkylakeX kernel" in target.case for target in targets(record))
    text = {name: text for name, _, text in sections(record)}["networks"]
    assert "hand-written NumPy, SkylakeX kernel" in text
    environment = widened(CONTENDERS, "SkylakeX")[f"{HAND_WRITTEN}, SkylakeX kernel"].environment
    assert environment == {"OPENBLAS_CORETYPE": "SkylakeX"}


def test_the_page_shows_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = timed(Case("square"))
    failing["failed"] = {"HIPS autograd": "HIPS autograd stopped at square"}
    record = recorded(examples=[failing])
    kept = tmp_path / "benchmarks.json"
    kept.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["page", str(kept), "--folder", str(tmp_path)])
    page.main()
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    for part in (
        "| square, gradient | 1.1 s | 1.00 – 1.00 | 1.11 | 9 (9 – 9) | 2 (2 – 2) |",
        "### float64, threads: 2, best rate 50 Gflop/s",
        "| arrays that must exist | 60 | 60 |",
        "0.95 times as long (quartiles 0.90 – 1.00",
        "openblas 0.3 Haswell, 1 threads",
        "Failed: HIPS autograd stopped at square",
        "![Peak memory of a training step](memory.svg)",
    ):
        assert part in text
    plots = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert plots == ["examples.svg", "memory.svg", "ratios.svg", "time.svg"]
    again = (tmp_path / "time.svg").read_bytes()
    page.main()
    assert (tmp_path / "time.svg").read_bytes() == again


def test_what_was_not_measured_is_not_shown(tmp_path: Path) -> None:
    record = recorded(examples=[], networks=[timed(TINY)], memory=[])
    del record["command"]
    assert {name for name, _, _ in sections(record)}.isdisjoint({"memory", "command"})
    assert draw(record, tmp_path).keys() == {"time.svg"}
    assert rows(record, "networks")[0].case == TINY
    assert best_rate(record, "float64", 2) == 50.0
    assert draw(recorded(networks=[]), tmp_path).keys() == {"examples.svg", "memory.svg"}


def test_a_run_from_its_options_to_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(
        examples=("square",),
        sizes=(((4, 3, 2), 2),),
        compiled=False,
        threads=(1,),
        effort=Effort(2, filled=1e-4),
        memory=False,
        command=2,
    )
    monkeypatch.setattr(command, "QUICK", plan)
    monkeypatch.setattr(measurement, "SQUARE", ((8, 8), 8))
    monkeypatch.setattr(
        whole, "CONTENDERS", {name: [sys.executable, "-V"] for name in whole.CONTENDERS}
    )
    file = tmp_path / "record.json"
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "--json", str(file)])
    command.main()
    assert "## Networks" in capsys.readouterr().out
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["schema_version"] == 1
    assert [one["case"]["example"] for one in record["examples"]] == ["square"]
    assert {one["case"]["dtype"] for one in record["networks"]} == {"float32", "float64"}
    assert not any(one["failed"] for one in record["networks"])
    assert record["rates"][0]["Gflop/s"][LIMIT] > 0
