"""`crosscheck certify`: what a shell may say, what it gets, and what it is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from crosscheck.cli import main
from crosscheck.errors import SpecError
from crosscheck.interactive.specs import arrays, function_at, place_of

if TYPE_CHECKING:
    from pathlib import Path

NET = """
import statistics
import numpy as np
from beside import two

def loss(W, b, X):
    return np.sum((X @ W + b) ** 2)

def right(W, b, X):
    d = two * (X @ W + b)
    return {"W": X.T @ d, "b": d.sum(axis=0)}

def wrong(W, b, X):
    return {k: v / 2 for k, v in right(W, b, X).items()}

def broken(W, b, X):
    return 1 / 0

def lossy(W, b, X):
    return np.sum(np.exp(statistics.fmean(b)) * b)

PARAMS = {"W": np.ones((4, 3)), "b": np.zeros(3)}

def data():
    return {"X": np.eye(4)}
"""
SPECS = ["--params", '{"W": "4x3", "b": "3"}', "--data", '{"X": "5x4"}']


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "beside.py").write_text("two = 2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def certify(gradient: str, *more: str) -> int:
    given = more if "--params" in more else (*SPECS, *more)
    return main(["certify", "net.py:loss", f"net.py:{gradient}", "--oracle", "torch", *given])


@pytest.mark.usefixtures("folder")
def test_a_right_gradient_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    assert certify("right", "--params", "net.py:PARAMS", "--data", "net.py:data") == 0
    assert "AGREE: right, the gradient of loss" in capsys.readouterr().out


def test_a_mistake_is_named_and_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: folder / f"out.{name}" for name in ("sarif", "html", "json")}
    options = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    assert certify("wrong", *options) == 1
    out = capsys.readouterr().out
    assert out.startswith("crosscheck: DISAGREE: net.py:7: ")
    document = json.loads(files["json"].read_text(encoding="utf-8"))
    [[[cause]]] = [each["explanations"] for each in document["diagnoses"].values()]
    assert cause["places"][0]["line"] == 7
    assert document["score"] == 0
    page = files["html"].read_text(encoding="utf-8")
    assert page.count("<svg") == 5
    assert "script" not in page
    [result] = json.loads(files["sarif"].read_text(encoding="utf-8"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "net.py"}, "region": {"startLine": 7}}


def test_json_without_a_file_goes_to_stdout(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(folder / "p.npz", W=np.ones((4, 3)), b=np.ones(3))
    (folder / "d.json").write_text('{"X": [[1.0, 2.0, 3.0, 4.0]]}')
    given = ["--params", "p.npz", "--data", "d.json", "--json", "--hint", "kind"]
    assert certify("wrong", *given) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "DISAGREE"
    assert document["hint"] == "kind"
    assert not (folder / "-").exists()


@pytest.mark.usefixtures("folder")
def test_a_file_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert certify("right", "--json", "/dev/full") == 2
    assert "--json /dev/full: No space left" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_line_that_loses_the_gradient_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["net.py:lossy", "net.py:right", *SPECS, "--oracle", "torch"]
    assert main(["certify", *given]) == 2
    assert "net.py:20: " in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("gradient", "params", "said"),
    [
        ("rigth", "{}", "net.py has no rigth; did you mean right?"),
        ("data", '{"W": [4, 3]}', 'W is [4, 3]; write "4x3" for a shape, or a decimal point'),
        ("data", '{"W": [[1.0], []]}', "in lists of one length"),
        ("data", '{"W": ["a"]}', "write numbers"),
        ("data", '{"W": true}', 'W is True; write a shape such as "4x3"'),
        ("data", '{"W": "four"}', "W is 'four'; write a shape"),
        ("data", "{W: 1}", "is no JSON"),
        ("data", "none.npz", "'none.npz' is no file"),
        ("data", "4x3", "'4x3' is not understood; write inline JSON"),
        ("data", "net.py:loss.__name__", "gives str; expected a mapping by name"),
        ("data", "bad.npz", "cannot be read as .npz"),
        ("broken", '{"W": "4x3", "b": 1}', "ZeroDivisionError: division by zero"),
        ("right", '{"W": "4x3"}', "missing 1 required positional argument: 'b'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    gradient: str, params: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.npz").write_text("no archive")
    assert certify(gradient, "--params", params, "--data", '{"X": "5x4"}') == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert line.startswith("crosscheck: ")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("none.py", None, "none.py is no file"),
        ("a.txt", "", "a.txt is no Python file"),
        ("a.py", "\n\nx = 1 / 0\n", "a.py:3 raised ZeroDivisionError"),
        ("a.py", "def f(:\n", "a.py:1 raised SyntaxError"),
        ("a.py", "import json\njson.loads('')\n", "a.py:2 raised JSONDecodeError"),
        ("a.py", "import sys\nsys.exit(3)\n", "a.py:2 raised SystemExit"),
        ("a.py", "", "a.py has no f; it has nothing"),
    ],
)
def test_a_file_that_cannot_be_run_is_named(
    tmp_path: Path, file: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / file).write_text(text)
    with pytest.raises(SpecError) as raised:
        function_at(f"{tmp_path / file}:f")
    assert said in str(raised.value)


def test_names_may_have_dots_and_places_are_known(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class A:\n    def f(self):\n        return 1\n")
    found = function_at(f"{tmp_path / 'a.py'}:A.f")
    assert place_of(found) == (str(tmp_path / "a.py"), 2)
    assert place_of(len) == ("", 0)
    with pytest.raises(SpecError, match=r"names no function; write FILE\.py:name"):
        function_at("a.py")


def test_data_may_be_anything_and_shapes_follow_the_seed() -> None:
    spec = '{"X": "2x2", "y": [0, 1], "mode": "same", "n": 3, "flag": true, "none": null}'
    found, again = (arrays(spec, "--data", np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(found["X"], again["X"])
    assert found["X"].shape == (2, 2)
    assert found["y"].dtype.kind == "i"
    assert (found["mode"], found["n"], found["flag"], found["none"]) == ("same", 3, True, None)
    assert arrays('{"w": 3}', "--params", np.random.default_rng(0))["w"].dtype == np.float64
