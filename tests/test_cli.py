"""The command, from its arguments to its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import reference
from crosscheck import cli
from crosscheck.cli import main
from crosscheck.examples.own_reference import NAMES
from tests.conftest import planted
from tests.missing import without

if TYPE_CHECKING:
    from crosscheck.core.types import Oracle

ROOT = Path(cli.__file__).parents[1]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "crosscheck", *arguments],
        check=False,
        capture_output=True,
        env={**os.environ, **environment},
        encoding="utf-8",
    )


def test_the_main_job(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    result = command("--json", str(file))
    assert result.stderr == ""
    assert result.returncode == 0
    assert "22 of 22 printed lines reproduced" in " ".join(result.stdout.split())
    assert "\x1b" not in result.stdout
    assert json.loads(file.read_text(encoding="utf-8"))["exit_status"] == 0


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch, oracles: dict[str, Oracle]) -> None:
    """Let the command ask the oracles in this process: started already, and remembering."""

    class Started:
        def __init__(self, names: Any) -> None:
            self.names = names

        def __enter__(self) -> dict[str, Oracle]:
            return oracles

        def __exit__(self, *_: object) -> None:
            return None

    monkeypatch.setattr(cli, "oracle_processes", Started)


@pytest.mark.usefixtures("in_this_process")
def test_examples_are_picked_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--example", "guess_number", "--example", "square", "--points", "9"]) == 0
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if line.startswith(reference.NAMES)]
    assert rows == ["square"] * 2 + ["guess_number"] * 3
    assert "9 sampled points (seed 0)" in out


@pytest.mark.usefixtures("in_this_process")
def test_pages_are_picked_by_name_and_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--example", "relu"]) == 0
    assert "1 hand-written page against" in capsys.readouterr().out
    assert main(["--example", "bias", "--example", "square"]) == 0
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if line.startswith(("square", "bias"))]
    assert rows == ["square"] * 2 + ["bias"] * 3
    assert "1 hand-written example and 1 hand-written page" in out


def test_the_options_pick_groups() -> None:
    def wanted(*options: str) -> set[str]:
        return cli._wanted(cli.parser().parse_args(options))  # noqa: SLF001 - which, without work

    assert wanted() == {*NAMES} == wanted("--group", "document")
    assert wanted("--group", "layers") == {*reference.GROUPS["layers"]}
    assert wanted("--all") == {*NAMES, *reference.PAGES}


@pytest.mark.usefixtures("in_this_process")
def test_a_disagreement_is_status_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = planted("square", "2 * x ", "-2 * x ")
    monkeypatch.setattr(reference, "EXAMPLES", (wrong, *reference.EXAMPLES[1:]), raising=False)
    assert main(["--example", "square"]) == 1
    assert "DISAGREE" in capsys.readouterr().out


def test_a_missing_framework_is_status_three(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "torch")
    assert main(["--example", "square"]) == 3
    out = " ".join(capsys.readouterr().out.split())
    assert "PyTorch is not installed; python -m pip install torch" in out
    assert "AGREE" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--example", "sigmoids"], "argument --example: invalid choice: 'sigmoids'"),
        (["--points", "3"], "argument --points: '3' is not a whole number of 8 or more (fewer"),
        (["--points", "ten"], "argument --points: 'ten' is not a whole number"),
        (["--seed", "-1"], "argument --seed: '-1' is not a whole number of 0 or more"),
        (["--seed", "0.5"], "argument --seed: '0.5' is not a whole number"),
        (["--json", "/"], "argument --json: cannot write '/': it is a folder"),
        (["--json", "no/such/folder/x.json"], "argument --json: cannot write"),
        (["--exam=square"], "unrecognized arguments: --exam=square"),
        (["square"], "invalid choice: 'square'"),
    ],
)
def test_wrong_usage_is_status_two(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.usefixtures("in_this_process")
def test_a_file_that_cannot_be_written_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert main(["--example", "square", "--json", str(tmp_path / "x.json")]) == 2
    said = capsys.readouterr()
    assert "AGREE: 1 hand-written example" in said.out
    assert said.err.endswith("x.json: No space left on device\n")


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for option, says in [("--help", "exit status:"), ("--version", "crosscheck 0.")]:
        with pytest.raises(SystemExit) as exit_:
            main([option])
        assert exit_.value.code == 0
        assert says in capsys.readouterr().out


def test_an_interrupted_command_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run", interrupted)
    assert main([]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    # It has ended before anything is written: how much of it would fit into the pipe is chance.
    line = f"{sys.executable} -m crosscheck --example square | true; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(["/bin/bash", "-c", line], check=False, capture_output=True)
    assert result.returncode == cli.CLOSED_PIPE
    assert result.stderr == b""


@pytest.mark.parametrize("options", [[], ["--json", "/dev/full"]])
def test_a_full_disk_is_one_line(options: list[str]) -> None:
    command_ = [sys.executable, "-m", "crosscheck", "--example", "square", *options]
    with Path("/dev/full").open("w") as full:
        out = subprocess.DEVNULL if options else full
        result = subprocess.run(command_, stdout=out, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert b"No space left on device" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["--exmaple", "square"], "--example"),
        (["--example", "sqare"], "square"),
        (["verfy", "book.md"], "verify"),
        (["verify", "book.md", "--jsn=x"], "--json"),
        (["--oracle", "trch"], "torch"),
    ],
)
def test_what_was_meant_is_said(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert capsys.readouterr().err.endswith(f"; did you mean {meant}?\n")
    with pytest.raises(SystemExit):
        main(["--zzzz"])
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.usefixtures("in_this_process")
def test_one_oracle_will_do_if_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--example", "square", "--oracle", "torch"]) == 0
    assert "AGREE" in capsys.readouterr().out


def test_another_folder_named_reference_stands_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "__init__.py").write_text("raise SystemExit('a trap')")
    for arguments in (["--example", "square"], ["--help"], ["doctor"]):
        done = subprocess.run(
            [sys.executable, "-m", "crosscheck", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_another_reference_that_is_imported_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ModuleType("reference")
    other.__file__ = str(tmp_path / "reference" / "__init__.py")
    monkeypatch.setitem(sys.modules, "reference", other)
    assert main(["--example", "square"]) == 2
    assert "another package named reference" in capsys.readouterr().err
    assert reference.NAMES == NAMES


def test_an_ascii_terminal_crashes_nothing() -> None:
    result = command("--example", "guess_number", PYTHONIOENCODING="ascii", COLUMNS="80")
    assert result.returncode == 0
    assert result.stdout.isascii()
    assert result.stderr == ""
