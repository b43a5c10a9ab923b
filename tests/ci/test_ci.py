"""What a build server gets, of sample repositories: annotations, a summary, SARIF, hooks."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import nbformat
import numpy as np
import pytest
import yaml

import crosscheck
from crosscheck import Verdict, certify, verify_textbook
from crosscheck.ci import github, problems, sarif
from crosscheck.ci.problems import Problem
from crosscheck.cli import main
from crosscheck.textbook.results import VerificationData

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate
    from crosscheck.textbook.check_claim import Certified

ROOT = Path(crosscheck.__file__).parents[1]
CHAPTER = """# A chapter

```python
import numpy as np
w, x = np.array([0.5, 2.0]), np.array([1.0, 3.0])
loss = np.sum(w**2 * x)
# crosscheck: dw = d(loss) / d(w)
dw = w * x
print(round(loss, 2))
```

```text
12.26
```
"""
MISTAKE = 6  # the line of the chapter that the wrong gradient belongs to
NO = Verdict.DISAGREE
# The rules of SARIF 2.1.0 for what is written here: section 3 of the standard.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "semanticVersion": {"pattern": r"^\d+\.\d+\.\d+"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {"type": "object", "required": ["id"]},
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"type": "object", "required": ["text"]},
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "required": ["uri"],
                                                        "properties": {
                                                            "uri": {"pattern": r"^[^\s\\|<>]+$"}
                                                        },
                                                    },
                                                    "region": {
                                                        "properties": {"startLine": {"minimum": 1}}
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a chapter that has a mistake, as a step of GitHub Actions."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "one.md").write_text(CHAPTER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path


def valid(text: str) -> list[dict[str, Any]]:
    """Return the results of a SARIF log that keeps the rules."""
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    [run] = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    results: list[dict[str, Any]] = run["results"]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in results)
    return results


def test_what_a_command_must_not_contain_is_escaped() -> None:
    found = github.annotation(Problem("k", NO, "50 %\r\nof, it: all", "a,b:c%.py", 7))
    assert found == (
        "::error file=a%2Cb%3Ac%25.py,line=7,title=crosscheck%3A DISAGREE::50 %25%0D%0Aof, it: all"
    )
    open_ = github.annotation(Problem("k", Verdict.INCONCLUSIVE, "why"))
    assert open_ == "::warning title=crosscheck%3A INCONCLUSIVE::why"
    assert github.annotation(Problem("k", NO, "why", "a.py")).startswith("::error file=a.py,title=")


def test_at_most_ten_are_shown_and_all_are_listed(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = [Problem("k", NO, f"mistake <{i}> | `x`", "a.py", i) for i in range(1, 112)]
    lines: list[str] = []
    github.announce(many, "title", lines.append)
    assert len(lines) == github.SHOWN
    summary = (repository / "summary.md").read_text()
    assert summary.startswith("### title\n\n| place | mistake |\n|---|---|\n")
    assert summary.count("\n| a.py:") == 100
    assert "| a.py:1 | mistake &lt;1> &#124; &#96;x&#96; |" in summary
    assert summary.endswith("and 11 more\n\n")
    assert capsys.readouterr().err == ""


def test_elsewhere_nothing_is_written(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.announce([Problem("k", NO, "why")], "title")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    github.announce([Problem("k", NO, "why")], "title")
    assert capsys.readouterr().err.count("::error title=") == 2
    (repository / "summary.md").unlink()
    monkeypatch.delenv("GITHUB_ACTIONS")
    github.announce([Problem("k", NO, "why")], "title")
    assert capsys.readouterr().err == ""
    assert not (repository / "summary.md").exists()


def test_a_chapter_is_annotated_at_the_line_of_the_mistake(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [nbformat.v4.new_code_cell(part) for part in CHAPTER.split("```")[1][7:].split("# ")]
    cells[1].source = f"# {cells[1].source}"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), repository / "chapters" / "two.ipynb")
    given = ["--sarif", "found.sarif", "--html", "page.html", "chapters"]
    assert main(["verify", *given]) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("::error ")]
    assert len(errors) == 3  # an output of the chapter, two gradients
    of_chapter = [line for line in errors if f"file=chapters/one.md,line={MISTAKE}," in line]
    assert len(of_chapter) == 1
    notebook = (repository / "chapters" / "two.ipynb").read_text().splitlines()
    [place] = re.findall(r"file=chapters/two.ipynb,line=(\d+),", "".join(errors))
    assert "np.sum(w**2 * x)" in notebook[int(place) - 1]
    assert "| chapters/one.md:6 |" in (repository / "summary.md").read_text()
    results = valid((repository / "found.sarif").read_text())
    assert {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results} == {
        "chapters/one.md",
        "chapters/two.ipynb",
    }
    page = (repository / "page.html").read_text()
    assert page.count("actual against expected</text>") == 2
    assert "<script" not in page


def test_the_examples_write_sarif_too(repository: Path) -> None:
    assert main(["--example", "square", "--oracle", "torch", "--sarif", "found.sarif"]) == 0
    assert valid((repository / "found.sarif").read_text()) == []
    assert (repository / "summary.md").read_text().startswith("### AGREE: 1 hand-written example")


def loss(w: Any, b: Any) -> Any:
    return np.sum(w**2) + np.sum(b**3)


@pytest.fixture(scope="module")
def wrong() -> Certificate:
    given = {"w": np.array([0.5, 2.0]), "b": np.ones(2)}
    return certify(loss, lambda w, b: {"w": w, "b": 3 * b**2}, given, oracles=["torch"])


def test_every_way_not_to_agree_is_a_problem(wrong: Certificate) -> None:
    [found] = problems.of_certificate(wrong)
    assert found.kind == "scaled"
    assert (Path(found.file).name, found.line) == ("test_ci.py", loss.__code__.co_firstlineno + 1)
    place = ("grad.py", 3)

    def kinds(**changed: Any) -> list[tuple[str, str, int]]:
        changed_ = replace(wrong, **changed)
        return [(p.kind, p.file, p.line) for p in problems.of_certificate(changed_, place)]

    nameless = {n: replace(d, explanations=()) for n, d in wrong.diagnoses.items()}
    assert kinds(diagnoses=nameless) == [(problems.UNKNOWN, *place)]
    assert kinds(diagnoses={}) == [(problems.WRONG, *place)]
    assert wrong.diagnosis is not None
    cause = wrong.diagnosis.explanations[0][0]
    lost = {"f": replace(wrong.diagnosis, explanations=((replace(cause, places=()),),))}
    assert kinds(diagnoses=lost)[0] == ("scaled", *place)
    right = tuple(f for f in wrong.findings if f.quantity != "grad w")
    agreeing = {"diagnoses": {}, "findings": right}
    assert kinds(**agreeing) == []
    assert kinds(**agreeing, unavailable={"JAX": "JAX is missing"}) == [
        (problems.UNDECIDED, *place)
    ]
    assert kinds(**agreeing, is_strict=True, untested=("a batch of one",)) == [
        (problems.UNDECIDED, *place)
    ]
    published = crosscheck.Published("1", "2")
    printed = (replace(right[0], published=published),)
    assert kinds(diagnoses={}, findings=printed) == [(problems.OUTPUT, *place)]


def test_every_finding_of_a_book_has_its_place(repository: Path) -> None:
    path = repository / "chapters" / "one.md"
    [report] = verify_textbook(path).books
    [claim] = report.claims
    assert claim.diagnosis is not None
    cause = claim.diagnosis.explanations[0][0]

    def found(claim: Certified = claim, **changed: Any) -> list[tuple[str, str, int]]:
        book = replace(report, claims=(claim,), cells=(), **changed)
        problems_ = problems.of_verification(VerificationData((book,)))
        return [(p.kind, Path(p.file).name, p.line) for p in problems_]

    assert found() == [(cause.kind, "one.md", MISTAKE)]
    assert found(errors=("why",))[0] == (problems.UNDECIDED, "one.md", 0)
    assert found(replace(claim, diagnosis=None)) == [(problems.WRONG, "one.md", MISTAKE + 2)]
    elsewhere = replace(cause, places=(replace(cause.places[0], file="help.py", line=3),))
    moved = replace(claim.diagnosis, explanations=((elsewhere,),))
    assert found(replace(claim, diagnosis=moved)) == [(cause.kind, "help.py", 3)]
    lost = replace(claim.diagnosis, explanations=((replace(cause, places=()),),))
    assert found(replace(claim, diagnosis=lost)) == [(cause.kind, "one.md", MISTAKE + 2)]
    right = replace(claim, finding=replace(claim.finding, verdict=Verdict.AGREE))
    assert found(right) == []
    cells = tuple(replace(cell, line=0) for cell in report.book.cells)
    gone = replace(report.book, path=path.with_suffix(".ipynb"), cells=cells)
    assert found(replace(claim, diagnosis=None), book=gone) == [(problems.WRONG, "one.ipynb", 0)]


def test_sarif_keeps_its_rules() -> None:
    found = [
        Problem("a, b", NO, "with a space", "some folder/a.py", 3),
        Problem("a, b", NO, "elsewhere", "/nowhere/else.py"),
        Problem("c", Verdict.INCONCLUSIVE, "nowhere"),
    ]
    first, second, third = valid(sarif.to_sarif(found))
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "some%20folder/a.py"}
    assert second["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "file:///nowhere/else.py"}
    }
    assert "locations" not in third
    assert third["level"] == "warning"
    with pytest.raises(jsonschema.ValidationError):
        valid(sarif.to_sarif([replace(found[0], line=-1)]))


def test_a_failing_test_is_annotated(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        """
        import numpy as np

        def loss(w):
            return np.sum(w**2)

        def test_gradient(certify):
            certify(loss, lambda w: w, {"w": np.array([0.5, 2.0])}, oracles=["torch"])

        def test_other():
            assert False
        """
    )
    (pytester.path / "chapter.md").write_text(CHAPTER)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    plugin = ["-p", "no:crosscheck", "-p", "crosscheck.pytest_plugin", "-n", "1"]
    result = pytester.runpytest_subprocess(*plugin, "--crosscheck-textbook")
    name = "test_a_failing_test_is_annotated"
    result.stdout.re_match_lines_random(
        [rf"::error file={name}\.py,line=4,title=.*", r"::error file=chapter\.md,line=6,title=.*"]
    )
    assert "failed tests" in (pytester.path / "summary.md").read_text()


def test_the_action_runs_what_it_is_told(repository: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = {step["name"]: step for step in action["runs"]["steps"]}
    assert action["runs"]["using"] == "composite"
    assert all(step["shell"] == "bash" for step in steps.values())
    verify = steps["Verify books"]
    wanted = re.findall(r"inputs\.(\w+)", json.dumps(steps))
    assert set(wanted) == set(action["inputs"])
    inputs = {"BOOKS": "chapters", "OPTIONS": "--junitxml out.xml"}
    assert set(verify["env"]) == set(inputs)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, **inputs, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", verify["run"]],  # noqa: S607 - as the runner does
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert f"::error file=chapters/one.md,line={MISTAKE}," in done.stderr
    assert (repository / "out.xml").exists()


def test_the_hook_verifies_changed_books(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["language"] == "system"
    command, *options = shlex.split(hook["entry"])
    assert command == "crosscheck"
    (repository / "README.md").write_text("```python\nraise SystemExit\n```\n")
    (repository / "code.py").write_text("x = 1\n")
    (repository / "broken.md").write_text("```python\nx = 1\n# crosscheck: none\n```\n")
    changed = ["README.md", "code.py", "data.csv"]
    files = [name for name in changed if re.search(hook["files"], name)]
    assert files == ["README.md", "code.py"]
    assert main([*options, *files]) == 0
    assert main([*options, *files, "chapters/one.md"]) == 1
    assert main([*options, "broken.md"]) == 2
    assert main([*options, "missing.md"]) == 2
    capsys.readouterr()


def test_the_recipe_for_gitlab_writes_a_report(repository: Path) -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    [job] = [block["gradients"] for block in blocks if "gradients" in block]
    commands = [shlex.split(line) for line in job["script"]]
    [(_, *arguments)] = [command for command in commands if command[0] == "crosscheck"]
    assert main(arguments) == 1
    assert (repository / job["artifacts"]["reports"]["junit"]).exists()
    assert job["artifacts"]["when"] == "always"
