"""The campaign: the rule holds, a broken one is detected, and every chunk is counted once."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.accuracy.campaign import certified
from benchmarks.accuracy.campaign.__main__ import main
from benchmarks.accuracy.campaign.chunk import judge_chunk
from benchmarks.accuracy.campaign.mutants import mutants
from benchmarks.accuracy.campaign.outcomes import deviation
from benchmarks.accuracy.campaign.summary import Summary
from benchmarks.accuracy.chunked import run
from benchmarks.accuracy.diagnosis.networks import NETWORKS
from benchmarks.accuracy.networks import variants
from benchmarks.accuracy.networks.architectures import ARCHITECTURES, draw
from benchmarks.accuracy.networks.mistakes import MISTAKES, planted
from benchmarks.accuracy.networks.zoo import branching, structured
from crosscheck import certify
from crosscheck.core import verdict
from crosscheck.workers import executors
from tests.cluster import until

ROOT = Path(__file__).parents[2]
HERE = functools.partial(ThreadPoolExecutor, 1)


def counted(path: Path) -> list[tuple[int, int]]:
    """Return the chunks that a ledger has, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return sorted((line["first"], line["last"]) for line in map(json.loads, lines))


def test_the_rule_holds_on_a_few_networks(tmp_path: Path) -> None:
    kept = tmp_path / "campaign.json"
    assert main(["--nets", "4", "--seed", "3", "--json", str(kept)], executor=HERE) == 0
    record = json.loads(kept.read_text(encoding="utf-8"))
    assert record["judged"] == 4
    assert record["mutants judged"] >= 80
    assert record["breaches"] == []


@pytest.mark.slow
def test_the_rule_holds_on_every_architecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "campaign.json"
    nets = 200
    status = main(
        ["--nets", str(nets), "--seed", "3", "--chunk", "20", "--json", str(kept)], executor=HERE
    )
    record = json.loads(kept.read_text(encoding="utf-8"))
    assert status == 0, capsys.readouterr().out
    assert record["judged"] == nets
    assert record["breaches"] == []
    families = {architecture.family for architecture in ARCHITECTURES}
    assert set(record["correct"]) == {*families, *variants.VARIANTS}
    agreed = sum(row.get("AGREE", 0) for row in record["correct"].values())
    assert agreed >= 0.9 * nets
    modules = {architecture.module for architecture in ARCHITECTURES}
    kinds = {mistake.kind for module in modules for mistake in MISTAKES[module]}
    assert kinds <= set(record["mutants"])
    detected = sum(row.get("DISAGREE", 0) for row in record["mutants"].values())
    assert detected >= 0.85 * record["mutants judged"]
    assert "No DISAGREE on a correct network" in capsys.readouterr().out


@pytest.mark.parametrize("settings", [{"MIDPOINT": 1e-30, "FLOOR": 0.0}, {"_decide": None}])
def test_a_broken_rule_is_detected(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, Any],
) -> None:
    for name, value in settings.items():
        # either the tolerance is far too small, or everything agrees
        anything = lambda *_: (verdict.Verdict.AGREE, 1e-12)  # noqa: E731
        monkeypatch.setattr(verdict, name, anything if value is None else value)
    kept = tmp_path / "campaign.json"
    assert main(["--nets", "2", "--json", str(kept)], executor=HERE) == 1
    breaches = json.loads(kept.read_text(encoding="utf-8"))["breaches"]
    assert {breach["mistake"] == "" for breach in breaches} == {"MIDPOINT" in settings}
    assert "BROKEN" in capsys.readouterr().out


def test_a_network_is_a_function_of_its_number() -> None:
    one, other = draw(1, 7), draw(1, 7)
    for name, array in one.params.items():
        assert array.tobytes() == other.params[name].tobytes()
        assert array.tobytes() == array.astype("f4").astype("f8").tobytes()
    assert one.params["W1"].tobytes() != draw(2, 7).params["W1"].tobytes()
    assert judge_chunk(1, 7, 8) == judge_chunk(1, 7, 8)


@pytest.mark.parametrize(
    ("module", "mistake"), [(module, m) for module, table in MISTAKES.items() for m in table]
)
def test_every_mistake_can_be_planted_and_shows(module: Any, mistake: Any) -> None:
    gradient = planted(module, mistake)
    shown = 0.0
    rare = {branching: (variants.BRANCHING, 1000), structured: (variants.STRUCTURED, 4)}
    among, draws = rare.get(module, (NETWORKS, len(NETWORKS)))
    for index in range(draws):
        net = draw(0, index, among=among)
        if net.architecture.module is not module or mistake.cost not in {"", net.data.get("cost")}:
            continue
        right = module.gradient(**net.params, **net.data)
        try:
            wrong = gradient(**net.params, **net.data)
        except ValueError:  # here the shapes stop it
            continue
        shown = max(shown, *(deviation(wrong[name], right[name]) for name in right))
    assert shown > 1e-9


@pytest.mark.parametrize("place", range(variants.PERIOD))
def test_half_of_the_networks_are_variants(place: int) -> None:
    kinds = [variants.kind_of(index) for index in range(place, place + variants.PERIOD)]
    assert sorted(kinds) == sorted([*variants.VARIANTS, *[""] * 5])


@pytest.mark.parametrize("index", [5, 7, 8, 9, 18, 28])
def test_a_variant_computes_what_its_network_does(index: int) -> None:
    one = variants.draw(0, index)
    module, net = one.net.architecture.module, one.net
    right, built = module.gradient(**net.params, **net.data), one.build(module.gradient)
    for name, array in built(**net.params).items():
        np.testing.assert_allclose(array, right[name], rtol=1e-3, atol=1e-3)
    cost = one.build(module.loss)(**net.params)
    np.testing.assert_allclose(cost, module.loss(**net.params, **net.data), rtol=1e-3)
    assert (np.asarray(cost).dtype == np.float32) == (one.kind == "float32")


def test_a_variant_is_judged_by_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certified, "MUTANTS", 1)
    one = variants.draw(0, 7)
    said, outcomes, breaches = certified.judge_variant(one, 0)
    assert said != "DISAGREE"
    assert len(outcomes) == 1
    assert breaches == []


def test_a_certificate_that_agrees_with_anything_is_a_breach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = variants.draw(0, 7)
    right = certify(lambda x: x**2, lambda x: 2 * x, {"x": np.array(3.0)}, diagnose=0)
    finding = dataclasses.replace(right.findings[0], quantity="grad W1")
    names = list(one.net.params)
    findings = tuple(dataclasses.replace(finding, quantity=f"grad {name}") for name in names)
    always = dataclasses.replace(right, findings=findings)
    monkeypatch.setattr(certified, "_certified", lambda *_: always)
    _, outcomes, breaches = certified.judge_variant(one, 0)
    missed = [kind for kind, what in outcomes if what == "MISSED"]
    assert missed
    assert len(breaches) == len(missed)


def test_a_mutant_spoils_a_copy() -> None:
    net = draw(0, 0)
    right = net.architecture.module.gradient(**net.params, **net.data)
    kept = {name: array.copy() for name, array in right.items()}
    kinds = {mutant.kind for mutant in mutants(net, right, 0)}
    assert {"×2", "sign", "1/N", "one entry × (1+1e-5)", "gradient transposed"} <= kinds
    for name, array in kept.items():
        np.testing.assert_array_equal(array, right[name])


def empty(_: int, first: int, last: int) -> Summary:
    """Return a summary without judging its chunk."""
    return Summary(first, last, {"none": {"AGREE": last - first}}, {}, ())


def test_stopping_and_resuming_counts_every_chunk_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, kept = tmp_path / "ledger.jsonl", tmp_path / "campaign.json"
    arguments = ["--nets", "10", "--chunk", "3", "--resume", str(ledger), "--json", str(kept)]
    asked: list[int] = []

    def interrupted(seed: int, first: int, last: int) -> Summary:
        asked.append(first)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return empty(seed, first, last)

    monkeypatch.setattr("benchmarks.accuracy.campaign.__main__.judge_chunk", interrupted)
    assert main(arguments, executor=HERE) == 130
    assert "stopped at 2 of 4 chunks; resume with --resume" in capsys.readouterr().err
    assert counted(ledger) == [(0, 3), (3, 6)]
    with ledger.open("a", encoding="utf-8") as file:
        file.write('{"first": 6, "la')  # the machine stopped
    asked.clear()
    asked += [0] * 3
    assert main(arguments, executor=HERE) == 0
    assert asked[3:] == [6, 9]
    assert counted(ledger) == run.chunks(10, 3)
    assert json.loads(kept.read_text(encoding="utf-8"))["judged"] == 10
    assert main(arguments, executor=HERE) == 0
    assert len(asked) == 5
    assert main([*arguments, "--seed", "1"], executor=HERE) == 2
    assert "not" in capsys.readouterr().err


def dying(seed: int, first: int, last: int) -> Summary:
    """End the process, the first time."""
    try:
        Path(os.environ["DIED"]).touch(exist_ok=False)
    except FileExistsError:
        return empty(seed, first, last)
    os._exit(1)


def fatal(*_: int) -> Summary:
    """End every process."""
    os._exit(1)


def test_a_process_that_dies_costs_a_retry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DIED", str(tmp_path / "died"))
    parts = run.chunks(5, 1)
    executor = functools.partial(executors.processes, 2)
    done = [(s.first, s.last) for s in run.results(functools.partial(dying, 0), parts, executor)]
    assert sorted(done) == parts
    with pytest.raises(BrokenExecutor):
        list(run.results(functools.partial(fatal, 0), parts, executor))


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_counts_every_chunk_once(
    tmp_path: Path, dask: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, (first_worker, _) = dask
    ledger, kept = tmp_path / "ledger.jsonl", tmp_path / "campaign.json"
    command = [sys.executable, "-m", "benchmarks.accuracy.campaign", "--nets", "24", "--chunk", "2"]
    campaign = subprocess.Popen(
        [*command, "--scheduler", address, "--resume", str(ledger), "--json", str(kept)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    killer = threading.Thread(target=kill_midway, args=(ledger, first_worker), daemon=True)
    killer.start()
    assert campaign.wait(timeout=600) == 0
    killer.join(timeout=1)
    assert first_worker.wait(timeout=10) == -signal.SIGKILL
    assert counted(ledger) == run.chunks(24, 2)
    record = json.loads(kept.read_text(encoding="utf-8"))
    assert record["judged"] == 24
    assert record["breaches"] == []


def kill_midway(ledger: Path, worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker when three chunks are done."""
    until(lambda: ledger.exists() and len(counted(ledger)) >= 3)
    worker.kill()
