"""Child processes: what they are given, how they end, and that nothing of them is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crosscheck.workers.child import child
from tests.cluster import until

if TYPE_CHECKING:
    from crosscheck.workers.child import Child

PATIENCE = 30.0


LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


def answer(process: Child) -> str:
    return process.answers.read().decode().strip()


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has waited for yet does not."""
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_child_calls_a_function_with_its_arguments() -> None:
    with child("builtins:print", "one", "two") as process:
        assert answer(process) == "one two"
        assert process.ended(PATIENCE) == "status 0"


def test_a_child_hears_its_stdin_and_has_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "kept")
    code = "import os, sys; print(sys.stdin.readline(), os.environ['KEPT'], os.environ['ADDED'])"
    with child("builtins:exec", code, environment={"ADDED": "added"}) as process:
        process.requests.write(b"asked")
        process.requests.close()
        assert answer(process).split() == ["asked", "kept", "added"]


def test_a_child_imports_this_package_and_nothing_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crosscheck").mkdir()
    (tmp_path / "crosscheck" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "json.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with child("builtins:exec", "import json, crosscheck; print(crosscheck.__file__)") as process:
        assert Path(answer(process)) == Path(__file__).parents[2] / "crosscheck" / "__init__.py"


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("import sys; sys.exit(3)", "status 3"),
        ("import sys; print('why', file=sys.stderr); sys.exit(3)", "status 3: why"),
        ("1 / 0", "status 1: ZeroDivisionError: division by zero"),
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("import sys; sys.stderr.buffer.write(b'\\xff'); sys.exit(1)", "status 1: \ufffd"),
    ],
)
def test_the_end_of_a_child_is_told(code: str, end: str) -> None:
    with child("builtins:exec", code) as process:
        assert process.ended(PATIENCE) == end


def test_a_child_that_does_not_end_is_ended() -> None:
    with child("time:sleep", "99") as process:  # a text, at which sleep raises
        assert process.ended(PATIENCE).startswith("status 1: TypeError")
    start = time.monotonic()
    with child("builtins:exec", "import time; print(flush=True); time.sleep(99)") as process:
        process.answers.readline()
        assert process.ended(0.1) == "still running"
    assert process.process.poll() is not None
    assert time.monotonic() - start < PATIENCE


def test_a_child_is_ended_when_its_context_raises() -> None:
    with pytest.raises(RuntimeError), child("builtins:exec", "input()") as process:
        raise RuntimeError
    assert process.process.poll() is not None
    assert process.requests.closed
    assert process.answers.closed


STARTS = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']); "
    "print(other.pid, flush=True); time.sleep(99)"
)


@LINUX
def test_a_group_is_ended_with_all_that_it_started() -> None:
    with child("builtins:exec", STARTS, own_group=True) as process:
        other = int(process.answers.readline())
        assert is_alive(other)
    until(lambda: not is_alive(other))


def test_a_group_that_has_ended_is_no_error() -> None:
    with child("builtins:print", own_group=True) as process:
        assert process.ended(PATIENCE) == "status 0"


def test_a_stream_that_cannot_be_flushed_is_no_error() -> None:
    with child("builtins:print") as process:
        assert process.ended(PATIENCE) == "status 0"
        process.requests.write(b"nobody reads this")  # closing it flushes into a broken pipe


def test_without_groups_the_process_alone_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "killpg", raising=False)
    with child("builtins:exec", "import time; time.sleep(99)", own_group=True) as process:
        pass
    assert process.process.poll() is not None


@LINUX
def test_the_tests_own_check_of_a_process() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert is_alive(process.pid)
    process.kill()
    process.communicate()
    assert not is_alive(process.pid)
