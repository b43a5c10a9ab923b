"""Runs of pytest and of the command that discover: what is reported, written and returned."""

from __future__ import annotations

import contextlib
import json
import pickle
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from crosscheck.cli import main
from crosscheck.discover import run as run_module
from crosscheck.discover.child import outcomes
from crosscheck.discover.command import NothingToRunError, targets
from crosscheck.discover.jobs import How
from crosscheck.discover.pinned import assert_agrees
from crosscheck.discover.processes import job_of, result_of
from crosscheck.discover.recorder import Recorder
from crosscheck.discover.report.files import to_json, to_junit
from crosscheck.discover.report.terminal import text
from crosscheck.discover.report.test_module import write
from crosscheck.discover.results import DIFFERENCES, IDLE, RIGHT, UNKNOWN, WRONG, Report, Result
from crosscheck.discover.scripts import neighbours
from crosscheck.discover.settings import Settings
from crosscheck.pytest_plugin import discover as plugin
from tests.discover import toy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.discover.candidates import Candidate

ROOT = Path(toy.__file__).parents[2]
# Loaded by name, so that it makes no difference whether the entry point is installed.
PLUGIN = ("-p", "no:crosscheck", "-p", "crosscheck.pytest_plugin", "--crosscheck-oracles=numpy")
TESTS = """
    import numpy as np
    from tests.discover import toy
    from tests.discover.toy import cost_grad

    def test_it():
        print("not seen")
        assert toy.loss_grad(np.ones(2)).tolist() == [6, 6]
        cost_grad(np.ones(2))
        toy.Square(2.0).gradient(np.ones(2))
"""


def here(
    candidates: Sequence[Candidate], how: How, progress: Callable[[str], None]
) -> list[Result]:
    """Judge in this process, by NumPy's own pass: which frameworks there are is not the point."""
    results = []
    for one in candidates:
        progress(one.name)
        job = job_of(one, How(how.seconds, ("numpy",)))
        results.append(result_of(one, [asdict(o) for o in outcomes(job)], 0.0))
    return results


@pytest.fixture(autouse=True)
def judging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "judge_all", here)


def test_a_run_reports_writes_and_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(TESTS)
    files = ["--crosscheck-discover-json=d.json", "--crosscheck-discover-junit=d.xml"]
    files += ["--crosscheck-discover-write=test_written.py", "--crosscheck-calls=2"]
    options = ["--crosscheck-discover=tests.discover.toy", "--crosscheck-discover-fail"]
    result = pytester.runpytest_subprocess(*PLUGIN, *options, *files)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*loss_grad*AGREE*", "*1 DISAGREE, 2 AGREE, 0 unknown*"])
    content = json.loads((pytester.path / "d.json").read_text())
    verdicts = {r["name"].partition(":")[2]: r["verdict"] for r in content["results"]}
    assert verdicts["cost_grad"] == WRONG
    assert verdicts["idle_grad"] == IDLE
    assert content["unpaired"] == ["tests.discover.toy:bare_gradient_of_nothing"]
    suite = ET.parse(pytester.path / "d.xml").getroot()[0]  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    again = pytester.runpytest_subprocess(*PLUGIN, "test_written.py")
    again.assert_outcomes(passed=2, xfailed=1)


def fake(folder: Path, **options: Any) -> Any:
    """Return what configuring reads of a run."""
    return SimpleNamespace(
        rootpath=folder, getoption=lambda name: options.get(name.removeprefix("crosscheck_"))
    )


def test_a_bad_option_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="0"):
        plugin._above_zero(float)("0")  # noqa: SLF001 - argparse calls it
    assert plugin._above_zero(int)("2") == 2  # noqa: SLF001 - argparse calls it
    plugin.configure(fake(tmp_path))
    (tmp_path / "pyproject.toml").write_text("[tool.crosscheck.discover]\ncall = 1\n")
    with pytest.raises(pytest.UsageError, match="has 'call'"):
        plugin.configure(fake(tmp_path, discover=("p",)))
    monkeypatch.setitem(sys.modules, "crosscheck.discover.recorder", None)
    with pytest.raises(pytest.UsageError, match=r"backprop-crosscheck\[discover\]"):
        plugin.configure(fake(tmp_path, discover=("p",)))


def test_workers_record_and_the_run_judges(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Any = pytester.parseconfig("--crosscheck-discover-fail")
    worker = plugin.Discovery(config, Recorder(Settings(("tests.discover.toy",))))
    toy.cost_grad(np.ones(2))
    output: dict[str, Any] = {}
    config.workeroutput = output
    finish(worker, SimpleNamespace())
    del config.workeroutput
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    controller = plugin.Discovery(config, Recorder(Settings(("tests.discover.toy",))))
    controller.pytest_testnodedown(SimpleNamespace(workeroutput=output))
    controller.pytest_testnodedown(SimpleNamespace())
    session = SimpleNamespace(exitstatus=pytest.ExitCode.OK)
    finish(controller, session)
    assert session.exitstatus == pytest.ExitCode.TESTS_FAILED
    assert controller.report is not None
    assert [r.name for r in controller.report.of(WRONG)] == ["tests.discover.toy:cost_grad"]
    plugin.Discovery(config, Recorder(Settings(("p",)))).pytest_terminal_summary(None)


def finish(discovery: plugin.Discovery, session: Any) -> None:
    steps = discovery.pytest_sessionfinish(session)
    next(steps)
    with contextlib.suppress(StopIteration):
        next(steps)


@pytest.mark.slow
def test_it_works_under_xdist(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(TESTS)
    options = ["--crosscheck-discover=tests.discover.toy", "-n2"]
    result = pytester.runpytest_subprocess(*PLUGIN, *options)
    result.stdout.fnmatch_lines(["*1 DISAGREE, 2 AGREE, 0 unknown*"])


SCRIPT = '''"""A script.

>>> float(loss_gradient(np.ones(1))[0])
3.0
"""
from __future__ import annotations
import sys
import numpy as np
from tests.discover import toy

def loss(w):
    return np.sum(w**3)

def loss_gradient(w):
    return 3 * w**2

if __name__ == "__main__":
    print(sys.argv[1:])
    toy.cost_grad(np.ones(2))
    loss_gradient(np.ones(3))
'''


def test_a_script_is_run_with_its_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    written = tmp_path / "test_script.py"
    words = ["discover", "--fail", "--package", "tests.discover.toy"]
    status = main([*words, "--write", str(written), "--", "python", str(script), "--flag"])
    out = capsys.readouterr().out
    assert status == 1
    assert "['--flag']" in out
    assert "__main__:loss_gradient" in out
    assert "1 DISAGREE, 1 AGREE" in out
    assert_agrees(next((tmp_path / "test_script_inputs").iterdir()))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise KeyError(1)", "not run to its end: script.py: KeyError: 1"),
        ("import sys\nsys.exit(3)", "0 DISAGREE"),
    ],
)
def test_a_script_that_does_not_come_to_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    (tmp_path / "script.py").write_text(source)
    files = ["--json", str(tmp_path / "a.json"), "--junitxml", str(tmp_path / "a.xml")]
    assert main(["discover", str(tmp_path), *files]) == 0
    assert said in capsys.readouterr().out
    assert not json.loads((tmp_path / "a.json").read_text())["results"]


def test_the_examples_of_a_package_are_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "made_up_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("raise SystemExit")
    (package / "broken.py").write_text("import no_such_module")
    example = '"""\n>>> import numpy as np\n>>> f_grad(np.ones(2))\n0\n"""\n'
    (package / "part.py").write_text(
        f"import numpy as np\n\ndef f(x):\n    return np.sum(x**2)\n\ndef f_grad(x):\n    {example}"
        "    return 2 * x\n"
    )
    try:
        assert main(["discover", str(package)]) == 0
    finally:
        for name in [name for name in sys.modules if name.startswith("made_up_package")]:
            del sys.modules[name]
    out = capsys.readouterr().out
    assert "made_up_package.broken: ModuleNotFoundError" in out
    assert neighbours(tmp_path) == ["made_up_package"]


@pytest.mark.parametrize("word", ["nowhere.py", "notes.txt"])
def test_a_path_that_leads_nowhere_is_refused(word: str) -> None:
    with pytest.raises(NothingToRunError, match=word):
        targets([word])


def test_an_empty_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", str(tmp_path)]) == 2
    assert "has no scripts" in capsys.readouterr().err


def results() -> list[Result]:
    place = {"file": "/x/site-packages/pack/mod.py", "line": 3, "calls": 2}
    return [
        Result("m:right", "f", verdict=RIGHT, by=DIFFERENCES, reading="gradient by w", **place),  # type: ignore[arg-type]
        Result("m:wrong", "g", verdict=WRONG, reading="gradient by w", reason="2×", **place),  # type: ignore[arg-type]
        Result("m:dark", "h", verdict=UNKNOWN, reason="no \x00", **place),  # type: ignore[arg-type]
        *(Result(f"m:idle{i}", "h", verdict=IDLE, **place) for i in range(12)),  # type: ignore[arg-type]
    ]


def test_a_report_says_what_matters_first(tmp_path: Path) -> None:
    said = text(Report(tuple(results()), ("m:odd_grad",)), tmp_path)
    assert said.splitlines()[1].split()[:2] == ["m:wrong", "pack/mod.py:3"]
    in_a_line = " ".join(said.split())
    assert "m:wrong: DISAGREE: gradient by w, of g: 2×" in in_a_line
    assert "and 2 more" in in_a_line
    assert "1 AGREE (1 by central differences)" in in_a_line.rpartition("hand-written")[2]
    assert "\x00" not in to_junit(Report(tuple(results())))
    assert json.loads(to_json(Report(())))["schema_version"] == 1
    assert "0 DISAGREE" in text(Report(()), tmp_path)


def test_what_is_written_out_is_small_and_plain(tmp_path: Path) -> None:
    recorder = Recorder(Settings(("tests.discover.toy",)))
    recorder.scan()
    toy.loss_grad(np.ones(100))
    toy.cost_grad(np.ones(3))
    toy.bend_prime(np.ones(3), 0.5)
    candidates = recorder.finish()
    report = Report(tuple(here(candidates, How(9.0), lambda _: None)))
    write(report, candidates, tmp_path / "test_it.py")
    written = (tmp_path / "test_it.py").read_text()
    assert 'assert_agrees(INPUTS / "tests_discover_toy_loss_grad.pickle")' in written
    assert "w = np.array([1.0, 1.0, 1.0]" in written
    assert '"k": np.float64(0.5)' in written
    assert "np.sum(tests.discover.toy.bend(x=x, k=k))" in written


def test_a_pinned_derivative_that_is_wrong_fails(tmp_path: Path) -> None:
    recorder = Recorder(Settings(("tests.discover.toy",)))
    recorder.scan()
    toy.cost_grad(np.ones(3))
    (one,) = [c for c in recorder.finish() if c.calls]
    kept = tmp_path / "kept.pickle"
    for job, message in (
        (job_of(one, How(9.0, ("numpy",))), "DISAGREE"),
        (job_of(one, How(0.0)), "no call was judged"),
    ):
        kept.write_bytes(pickle.dumps(job))
        with pytest.raises(AssertionError, match=message):
            assert_agrees(kept)
