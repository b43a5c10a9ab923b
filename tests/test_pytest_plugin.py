"""The pytest plugin, in runs of its own: what passes, how a failure reads, what is written."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import crosscheck
from crosscheck import pytest_plugin
from crosscheck.core import sampling
from crosscheck.pytest_plugin import filename

ROOT = Path(crosscheck.__file__).parents[1]
NETWORK = """
    import numpy as np, pytest

    W, X = np.array([0.2, 0.4]), np.array([0.5, 0.8])

    def loss(W, X):
        return np.sum(np.tanh(W * X) ** 2)

    def right(W, X):
        t = np.tanh(W * X)
        return {"W": 2 * t * (1 - t**2) * X}

    def wrong(W, X):
        return {"W": 2 * right(W, X)["W"]}

    def broken(W, X):
        raise KeyError("a mistake of the user's own")

    BOTH = {"W": W}, {"X": X}
    ONE = {"oracles": ("torch",)}
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(pytester, monkeypatch)


class Runner:
    """Runs tests in a process of their own: a framework cannot be imported twice in one."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setenv("COLUMNS", "200")  # pytest's summary is cut to the terminal

    def __call__(self, tests: str, *options: str) -> pytest.RunResult:
        self.pytester.makepyfile(NETWORK + tests)
        # Loaded by name, so that it makes no difference whether the entry point is installed.
        plugin = ["-p", "no:crosscheck", "-p", "crosscheck.pytest_plugin"]
        return self.pytester.runpytest_subprocess(*plugin, *options)


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"crosscheck": pytest_plugin.__name__}
    assert pytest_plugin.FEWEST == sampling.FEWEST


def test_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import crosscheck.pytest_plugin, sys\n"
        "print(set(sys.modules) & {'numpy', 'torch', 'jax', 'rich', 'reference'})"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
    assert out.stdout.decode().strip() == "set()"


def test_right_passes_and_wrong_fails(run: Runner) -> None:
    result = run("""
    def test_right(certify):
        assert certify(loss, right, *BOTH, **ONE).verdict == "AGREE"

    def test_wrong(certify):
        certify(loss, wrong, *BOTH, **ONE)

    def test_cannot_tell(certify):
        certify(lambda W, X: np.sum(0 * W), lambda W, X: 0 * W, *BOTH, **ONE)

    def test_only_asked(certify):
        assert certify(loss, wrong, *BOTH, check=False, **ONE).verdict == "DISAGREE"

    def test_raises(certify):
        with pytest.raises(AssertionError, match="DISAGREE"):
            certify(loss, wrong, *BOTH, **ONE)
    """)
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        [
            ">*certify(loss, wrong, *BOTH, **ONE)",
            "E *AssertionError: crosscheck: DISAGREE: *multiplied by 2*(grad W)",
            "E *grad W *DISAGREE*",
            "E *worst entry [[]*]*: actual *, PyTorch *",
            "E *DISAGREE: wrong, the gradient of loss, against PyTorch *",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "FAILED *::test_wrong - AssertionError: crosscheck: DISAGREE: *multiplied by 2*",
            "FAILED *::test_cannot_tell - AssertionError: crosscheck: INCONCLUSIVE: *",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin*:*")
    result.stdout.no_fnmatch_line("*\x1b*")


RAISING = """
    def test_broken(certify):
        certify(loss, broken, *BOTH, **ONE)

    def test_misused(certify):
        certify(loss, right, {"W": np.array([1, 2])}, {"X": X})
"""


def test_an_error_shows_the_readers_own_lines_only(run: Runner) -> None:
    result = run(RAISING)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            ">*certify(loss, broken, *BOTH, **ONE)",
            '>*raise KeyError("a mistake of the user\'s own")',
            "E *raised by broken, called with arrays of shapes *",
            "E *TypeError: params: W is int64; *",
        ]
    )
    result.stdout.no_fnmatch_line("*crosscheck/*.py:*")
    run(RAISING, "--full-trace").stdout.fnmatch_lines(["*crosscheck/certification/gradient.py:*"])


def test_the_number_of_points_is_the_tests_or_the_runs(run: Runner) -> None:
    result = run(
        """
    def test_run(certify):
        assert certify(loss, right, *BOTH, **ONE).points == 9

    def test_test(certify):
        assert certify(loss, right, *BOTH, points=10, **ONE).points == 10
    """,
        "--crosscheck-points=9",
    )
    result.assert_outcomes(passed=2)


def test_the_oracles_can_be_chosen_for_a_run(run: Runner) -> None:
    result = run(
        """
    def test_option(certify):
        assert list(certify(loss, right, *BOTH).oracles) == ["PyTorch"]
    """,
        "--crosscheck-oracles=torch",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("text", ["7", "-8", "many"])
def test_a_bad_number_of_points_is_wrong_usage(run: Runner, text: str) -> None:
    result = run("def test(): pass", f"--crosscheck-points={text}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--crosscheck-points*{text}*whole number of 8 or more*"])


LAYER = """
    def forward(x):
        return np.tanh(x), np.tanh(x)

    def test_both(certify, certify_layer):
        certify(loss, right, *BOTH, **ONE)
        certify_layer(forward, lambda dout, t: [dout * (1 - t**2)], [W], **ONE)

    def test_wrong(certify_layer):
        certify_layer(forward, lambda dout, t: [dout * (1 - t)], [W], **ONE)
"""


def test_layers_are_certified_too(run: Runner) -> None:
    result = run(LAYER, "--crosscheck-json=.")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *crosscheck: DISAGREE: *grad x*"])
    assert len(list(run.pytester.path.glob("*.json"))) == 3


OBJECT = """
    class Net:
        def __init__(self, factor=1.0):
            self.w, self.factor = np.array([0.2, 0.4]), factor

        def loss(self, x):
            return np.sum(np.tanh(self.w * x))

        def gradient(self, x):
            return {"w": self.factor * (1 - np.tanh(self.w * x) ** 2) * x}

    def step(w, dw):
        return w - 0.1 * dw

    def test_both(certify_network, certify_update):
        certify_network(Net(), X, **ONE)
        certify_update(step, W, X, like="sgd", lr=0.1)

    def test_network(certify_network):
        certify_network(Net(2.0), X, **ONE)

    def test_update(certify_update):
        certify_update(step, W, X, like="sgd", lr=0.2)
"""


def test_objects_and_optimisers_are_certified_too(run: Runner) -> None:
    result = run(OBJECT, "--crosscheck-json=.", "--crosscheck-points=9")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["E *crosscheck: DISAGREE: *grad w*"])
    assert len(list(run.pytester.path.glob("*.json"))) == 4


WRITTEN = """
    @pytest.mark.parametrize("scale", ["a/b", "a:b", "A/b"])
    def test_each(certify, scale, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        certify(loss, right, *BOTH, **ONE)
        certify(loss, wrong, *BOTH, check=False, **ONE)

    def test_wrong(certify):
        certify(loss, wrong, *BOTH, **ONE)
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_every_certificate_is_written(run: Runner, workers: tuple[str, ...]) -> None:
    result = run(WRITTEN, "--crosscheck-json=kept/here", "--crosscheck-points=9", *workers)
    result.assert_outcomes(passed=3, failed=1)
    files = sorted((run.pytester.path / "kept" / "here").iterdir())
    assert len(files) == 7
    assert {path.suffix for path in files} == {".json"}
    certificates = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    assert [c["verdict"] for c in certificates].count("DISAGREE") == 4
    assert {c["points"] for c in certificates} == {9}
    result.stdout.fnmatch_lines(["E *grad W *DISAGREE*"])


def test_a_bad_folder_is_wrong_usage(run: Runner) -> None:
    (run.pytester.path / "file").touch()
    result = run("def test(): print('started')", "--crosscheck-json=file", "-s")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--crosscheck-json: cannot write to 'file': File exists*"])
    result.stdout.no_fnmatch_line("*started*")


def test_file_names_are_safe_short_and_never_the_same() -> None:
    nodeids = ["t.py::a[x/y]", "t.py::a[x:y]", "t.py::A[x:y]", "t.py::" + "가" * 99, "t" * 500]
    names = [filename(nodeid, number) for nodeid in nodeids for number in (1, 2)]
    assert len({name.lower() for name in names}) == len(names)
    assert all(name.isascii() and len(name) < 150 and not set(name) & set('/\\:*?"<>|[] ')
               for name in names)  # fmt: skip
    assert filename("t.py::a[x/y]", 2).startswith("t.py_a_x_y")
