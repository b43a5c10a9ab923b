"""`--crosscheck-discover`: watch the calls of the tests, judge afterwards, report."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crosscheck.errors import CrosscheckError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.discover.candidates import Candidate
    from crosscheck.discover.results import Report

FAILED = pytest.ExitCode.TESTS_FAILED
OUTPUT = "crosscheck_discovered"  # what a worker of pytest-xdist sends


def add_options(group: pytest.OptionGroup) -> None:
    """Add the options of discovery."""
    group.addoption(
        "--crosscheck-discover",
        metavar="PACKAGES",
        type=lambda text: tuple(filter(None, text.split(","))),
        help="watch the hand-written derivatives of PACKAGE[,PACKAGE] while the tests run, and "
        "judge them afterwards",
    )
    group.addoption(
        "--crosscheck-calls",
        type=_above_zero(int),
        metavar="N",
        help="how many calls of each derivative are kept, that differ in shapes (default 3)",
    )
    group.addoption(
        "--crosscheck-seconds",
        type=_above_zero(float),
        metavar="S",
        help="time limit for judging each derivative (default 30)",
    )
    group.addoption(
        "--crosscheck-discover-json", metavar="FILE", help="write what was found to FILE"
    )
    group.addoption(
        "--crosscheck-discover-junit", metavar="FILE", help="the same as JUnit XML, for a CI server"
    )
    group.addoption(
        "--crosscheck-discover-write",
        metavar="FILE",
        help="write a test module that pins what was found",
    )
    group.addoption(
        "--crosscheck-discover-fail",
        action="store_true",
        help="fail the run where a derivative is wrong",
    )


def _above_zero(kind: Any) -> Any:
    def number(text: str) -> Any:
        value = kind(text)
        if not value > 0:
            raise ValueError(text)
        return value

    number.__name__ = "number above 0"
    return number


def configure(config: pytest.Config) -> None:
    """Begin to watch, where the run asks for it."""
    packages = config.getoption("crosscheck_discover")
    if not packages:
        return
    try:
        from crosscheck.discover.recorder import Recorder
        from crosscheck.discover.settings import settings
    except ImportError as error:
        msg = (
            f'--crosscheck-discover: {error}; python -m pip install "backprop-crosscheck[discover]"'
        )
        raise pytest.UsageError(msg) from None
    try:
        found = settings(
            packages,
            config.rootpath,
            calls=config.getoption("crosscheck_calls"),
            seconds=config.getoption("crosscheck_seconds"),
            oracles=config.getoption("crosscheck_oracles"),
        )
    except CrosscheckError as error:
        msg = f"--crosscheck-discover: {error}"
        raise pytest.UsageError(msg) from None
    config.pluginmanager.register(Discovery(config, Recorder(found)), "crosscheck-discovery")


class Discovery:
    """The hooks of a run that discovers. Under pytest-xdist, workers record and the run judges."""

    def __init__(self, config: pytest.Config, recorder: Any) -> None:
        """Watch what has been imported already."""
        self.config = config
        self.recorder = recorder
        self.candidates: dict[tuple[str, ...], Candidate] = {}
        self.unpaired: set[str] = set()
        self.report: Report | None = None
        recorder.scan()

    def pytest_collection_finish(self) -> None:
        """Watch what the test modules import."""
        self.recorder.scan()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """Watch what has been imported since."""
        self.recorder.scan()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of pytest-xdist recorded."""
        import pickle

        sent = getattr(node, "workeroutput", {}).get(OUTPUT)
        if sent is not None:
            candidates, unpaired = pickle.loads(sent)  # noqa: S301 - our own
            self._add(candidates, unpaired)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Judge when all tests have run; in a worker, send what was recorded."""
        import pickle

        candidates, unpaired = self.recorder.finish(), set(self.recorder.unpaired)
        output = getattr(self.config, "workeroutput", None)
        if output is not None:  # it is sent when the other hooks are done
            output[OUTPUT] = pickle.dumps((candidates, unpaired))
        yield
        if output is not None:
            return
        self._add(candidates, unpaired)
        self.report = self._judged()
        fails = self.config.getoption("crosscheck_discover_fail")
        if self.report.failed and fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table."""
        if self.report is not None:
            from crosscheck.discover.report.terminal import text

            terminalreporter.section("crosscheck: hand-written derivatives")
            terminalreporter.write_line(text(self.report, self.config.rootpath))

    def _add(self, candidates: list[Candidate], unpaired: set[str]) -> None:
        """Join what one process recorded with what others did."""
        from crosscheck.discover.merge import join

        self.unpaired |= unpaired
        join(self.candidates, candidates, self.recorder.settings.calls)

    def _judged(self) -> Report:
        """Judge, and write the files that the run asks for."""
        from crosscheck.discover.report.files import write_files
        from crosscheck.discover.run import judged

        capture = self.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            found = list(self.candidates.values())
            report = judged(found, self.unpaired, self.recorder.settings)
            folder = self.config.invocation_params.dir
            files = {
                kind: Path(folder, given)
                for kind in ("json", "junit", "write")
                if (given := self.config.getoption(f"crosscheck_discover_{kind}")) is not None
            }
            write_files(report, found, files)
        return report
