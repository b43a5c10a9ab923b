"""How much longer tests take while calls are recorded: paired runs, with and without."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
ROUNDS = 7
TESTS = ("sklearn.neighbors.tests.test_nca", "sklearn.gaussian_process.tests.test_gpr")
RUN = """
import sys, time
import pytest
import crosscheck.pytest_plugin
import crosscheck.discover.run as run
from crosscheck.discover.results import Report
run.judged = lambda *_: Report(())  # what is judged afterwards does not count
sys.exit(pytest.main(sys.argv[1:]))
"""


def overhead() -> dict[str, Any]:
    """Return the ratio of the times with and without recording: median and quartiles."""
    ratios = []
    watched = "--crosscheck-discover=sklearn.neighbors,sklearn.gaussian_process"
    _seconds(())
    for _ in range(ROUNDS):
        without = _seconds(())
        ratios.append(_seconds((watched,)) / without)
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {"rounds": ROUNDS, "tests": list(TESTS), "ratio": middle, "quartiles": [low, high]}


def _seconds(options: tuple[str, ...]) -> float:
    """Return the time that the tests themselves take."""
    with tempfile.TemporaryDirectory() as folder:
        plugin = ("-p", "no:crosscheck", "-p", "crosscheck.pytest_plugin")
        quiet = ("-q", "-W", "ignore", "-p", "no:cacheprovider")
        words = [sys.executable, "-c", RUN, *quiet, *plugin, *options, "--pyargs", *TESTS]
        start = time.process_time_ns(), time.perf_counter()
        before = _children()
        subprocess.run(  # noqa: S603 - this interpreter
            words,
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": ""},
            check=True,
            capture_output=True,
        )
        del start
        return _children() - before


def _children() -> float:
    """Return the processor time of the processes that have ended: others do not disturb it."""
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
