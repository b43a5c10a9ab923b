"""The parts of the book's process, one by one."""

from __future__ import annotations

import ast
import copy
import ctypes
import json
import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import crosscheck
from crosscheck.core.verdict import Verdict
from crosscheck.ir.program import Node, Program, Structure
from crosscheck.ir.recording import Expression, Origin
from crosscheck.textbook.check_claim import certify, installed
from crosscheck.textbook.child import execute, limits
from crosscheck.textbook.child.instrument import pinned, probed
from crosscheck.textbook.child.protocol import GarbledError, Recorded, from_wire, to_wire
from crosscheck.textbook.child.snapshot import duplicate
from crosscheck.textbook.claims import Claim
from crosscheck.textbook.runner import Limits, Trial
from tests.processes import is_running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Layer:
    """An instance that a book could make."""

    def __init__(self, W: Any) -> None:
        self.W = W


class Single:
    """A class that makes its instances itself."""

    def __new__(cls) -> Single:  # noqa: PYI034 - any would do
        return object.__new__(cls)


def test_a_copy_has_the_same_names_for_the_same_things() -> None:
    array = np.ones(2)
    layer = Layer(array)
    names: dict[str, Any] = {
        "W": array, "layers": [layer, (array, 1)], "all": {"W": array}, "f": len, "one": Single(),
        "kinds": {1, 2},
    }  # fmt: skip
    names["self"] = names
    found = duplicate(names, np.copy)
    assert found["W"] is found["layers"][0].W is found["layers"][1][0] is found["all"]["W"]
    assert found["W"] is not array
    assert found["layers"][0] is not layer
    assert found["self"] is found
    assert found["f"] is len
    assert found["one"] is names["one"]
    assert found["kinds"] == {1, 2}
    layer.W[0] = 5
    assert found["W"][0] == 1


SOURCE = """\
import math
a, (b, *c) = 1, (2, 3)
d: float = 1.0
e: int
for x, y in [(1, 2)]:
    if x:
        a += 1
    else:
        continue
try:
    w.v["k"] = a
except ValueError:
    raise
finally:
    u = 1
match a:
    case 1:
        s = t = 2
def f():
    hidden = 1
with open("x") as g:
    z = g
while False:
    break
"""


def test_every_statement_is_followed() -> None:
    tree = ast.parse(SOURCE)
    before = ast.dump(tree)
    _, steps = probed(tree)
    assert ast.dump(tree) == before
    found = [(step.line, sorted(step.sets)) for step in steps if step.sets]
    assert found == [
        (2, ["a", "b", "c"]), (3, ["d"]), (5, ["x", "y"]), (7, ["a"]), (11, ["w.v['k']"]),
        (15, ["u"]), (18, ["s", "t"]), (22, ["z"]),
    ]  # fmt: skip
    assert [step.line for step in steps if step.imports] == [1]
    assert [step.line for step in steps if step.builds] == [7]


def test_what_a_statement_does_to_a_place() -> None:
    def step(source: str) -> Any:
        return probed(ast.parse(source))[1][0]

    assert step("net = Net()").assigns("net.W1")
    assert not step("network = Net()").assigns("net.W1")
    assert step("W[i] = 1").completes("W")
    assert step("W = W / n").completes("W")
    assert step("W -= g").completes("W")
    assert not step("W = g").completes("W")


def test_given_values_are_put_where_names_are_assigned_anew() -> None:
    tree, applied = pinned(ast.parse("x = f()\nx += 1\nW = g()"), {"x": -1.5, "W": [1, 2], "q": 0})
    namespace: dict[str, Any] = {"f": lambda: 9, "g": lambda: 9}
    exec(compile(tree, "<pinned>", "exec"), namespace)  # noqa: S102 - our own
    assert namespace["x"] == -0.5
    assert namespace["W"].tolist() == [1, 2]
    assert applied == {"x", "W"}


def recorded() -> Recorded:
    nodes = (Node("leaf", (), (0,)), Node("constant", (), (0,)), Node("multiply", (0, 1)),
             Node("sum", (2,), ((0,),)))  # fmt: skip
    program = Program(Structure(nodes, (3,)), (np.array([2.0, 3.0]),))
    here = Origin((Expression("<b.md>", 3, 0, "x * y"),), 1)
    return Recorded(
        0, 1, 3, np.ones(2), np.array([2.0, 3.0]), np.array(5.0), program, (here,) * len(nodes)
    )


def test_what_is_sent_comes_back() -> None:
    sent = recorded()
    back = from_wire(json.loads(json.dumps(to_wire(sent))))
    assert back.program.same_as(sent.program)
    assert back.origins == sent.origins
    assert (back.run, back.number, back.line) == (0, 1, 3)
    assert all(
        np.array_equal(getattr(back, name), getattr(sent, name))
        for name in ("leaf", "actual", "loss")
    )
    assert back.leaf.flags.writeable


GARBLED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no list": lambda _: [],
    "nothing": lambda m: m.clear(),
    "objects": lambda m: m.update(leaf=["|O", [1], "AAAAAAAAAAA="]),
    "too large": lambda m: m.update(leaf=["<f8", [2**40], ""]),
    "too short": lambda m: m.update(leaf=["<f8", [2], "AAAAAAAAAAA="]),
    "no base64": lambda m: m.update(leaf=["<f8", [1], "é"]),
    "no output": lambda m: m.update(output=4),
    "forward": lambda m: m["nodes"][2].__setitem__(1, [0, 2]),
    "no operation": lambda m: m["nodes"][2].__setitem__(0, ["exp"]),
    "no leaf": lambda m: m["nodes"][0].__setitem__(2, [1]),
    "no constant": lambda m: m["nodes"][1].__setitem__(2, [1]),
    "no origin": lambda m: m.update(origins=[[1, [["f"]]]]),
}


@pytest.mark.parametrize("how", GARBLED)
def test_a_garbled_message_is_refused(how: str) -> None:
    message = copy.deepcopy(json.loads(json.dumps(to_wire(recorded()))))
    changed = GARBLED[how](message)
    with pytest.raises(GarbledError, match="not a snapshot"):
        from_wire(message if changed is None else changed)


def test_a_loss_that_is_not_the_books_is_no_evidence() -> None:
    snapshot = recorded()
    forged = Recorded(**{**vars(snapshot), "loss": np.array(6.0)})
    claim = Claim("g", "L", "x", 1, "b.md:1")
    frameworks, _ = installed()
    found = certify(claim, [Trial((forged,))], frameworks, lambda line: f"b.md:{line}")
    assert found.finding.verdict is Verdict.INCONCLUSIVE
    assert "computes the loss" in found.finding.reason
    unknown = Program(Structure((Node("leaf", (), (0,)), Node("mine", (0,))), (1,)), ())
    found = certify(
        claim,
        [Trial((Recorded(**{**vars(snapshot), "program": unknown}),))],
        frameworks,
        lambda line: f"b.md:{line}",
    )
    assert found.finding.verdict is Verdict.INCONCLUSIVE
    assert "KeyError: 'mine'" in found.finding.reason


def test_a_diagnosis_that_fails_does_not_cost_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        msg = "no idea"
        raise RuntimeError(msg)

    monkeypatch.setattr("crosscheck.diagnosis.diagnose", failing)
    snapshot = Recorded(**{**vars(recorded()), "actual": np.array([2.0, 4.0])})
    moved = Recorded(**{**vars(snapshot), "run": 1})
    claim = Claim("g", "L", "x", 1, "b.md:1")
    found = certify(claim, [Trial((snapshot,)), Trial((moved,))], installed()[0], str)
    assert found.finding.verdict is Verdict.DISAGREE
    assert "the diagnosis failed: RuntimeError: no idea" in str(found.diagnosis)


def test_the_network_is_left_by_the_kernel_or_refused_by_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hooks: list[Any] = []
    monkeypatch.setattr(sys, "addaudithook", hooks.append)
    answers = {"kernel": 0, "python": -1}
    for name, status in answers.items():
        library = SimpleNamespace(unshare=lambda _, status=status: status)
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, library=library, **__: library)
        assert limits.without_network() == name
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace())
    assert limits.without_network() == "python"
    assert len(hooks) == 2
    hooks[0]("open", ())
    with pytest.raises(OSError, match="without a network"):
        hooks[0]("socket.connect", ())


@pytest.mark.parametrize("network", [True, False])
@pytest.mark.parametrize("granted", [True, False])
def test_the_processes_are_left_where_the_system_can(
    monkeypatch: pytest.MonkeyPatch, *, network: bool, granted: bool
) -> None:
    forks = iter([0, 0])
    monkeypatch.setattr(limits, "_unshare", lambda _: granted)
    monkeypatch.setattr(limits, "without_network", lambda: "python")
    monkeypatch.setattr(limits, "die_with_parent", lambda: None)
    monkeypatch.setattr(os, "fork", lambda: next(forks))
    found = limits.leave(network=network)
    assert found == ("" if network else "kernel" if granted else "python")
    assert len(list(forks)) == 2 * (not granted)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system has no namespaces")
@pytest.mark.parametrize("end", ["pass", "os.kill(os.getpid(), 9)", "os._exit(3)"])
def test_nothing_that_a_cell_starts_survives_it(tmp_path: Path, end: str) -> None:
    base = 3000 + len(end)  # tests side by side see each other's processes
    ways = {"Popen": base + 0.125, "setsid": base + 0.25, "forks": base + 0.5}
    cells = f"""
import os, subprocess, time
subprocess.Popen(["sleep", "{ways["Popen"]}"], start_new_session=True)
os.system("setsid sleep {ways["setsid"]} &")
if os.fork() == 0:
    os.setsid()
    os.execvp("sleep", ["sleep", "{ways["forks"]}"])
from pathlib import Path
def is_ours(place):
    try:
        return place.read_bytes().startswith(b"sleep\\x00{base}.")
    except OSError:
        return False
def running():
    return sum(map(is_ours, Path("/proc").glob("[0-9]*/cmdline")))
while running() < 3:
    time.sleep(0.01)
print("all")
# %%
{end}
"""
    path = tmp_path / "book.py"
    path.write_text("# %%" + cells, encoding="utf-8")
    report = crosscheck.verify_textbook(path).books[0]
    ran = report.cells[0].ran
    assert ran is not None
    assert "".join(piece.text for piece in ran.pieces) == "all\n"
    assert not any(is_running(f"sleep {seconds}") for seconds in ways.values())
    ended = {"pass": "", "os._exit(3)": "status 3"}.get(end, "killed by signal 9")
    assert ended in "".join(report.errors)


def test_a_cell_that_asks_finds_the_end(tmp_path: Path) -> None:
    path = tmp_path / "book.py"
    path.write_text("x = input()\n", encoding="utf-8")
    (cell,) = crosscheck.verify_textbook(path, limits=Limits(cell=20)).books[0].cells
    assert "EOFError" in cell.note


def test_memory_is_limited_where_the_system_can(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from crosscheck.textbook.child.limits import limit_memory\nlimit_memory(2**30)\n"
        "import resource, contextlib\n"
        "with contextlib.suppress(ValueError, OSError):\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))\n"
        "limit_memory(2**29)\nbytearray(2**31)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr
    monkeypatch.setitem(sys.modules, "resource", None)
    limits.limit_memory(1)


def test_figures_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    pyplot = ModuleType("matplotlib.pyplot")
    pyplot.close = closed.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", pyplot)
    execute.close_figures()
    assert closed == ["all"]


def test_a_stream_is_a_stream() -> None:
    output = execute.Output()
    with output.capturing():
        assert sys.stdout.writable()
        print("a", end="")
        print("b", end="")
        print("c", file=sys.stderr)
        print(end="")
    assert output.pieces == [("stdout", "ab"), ("stderr", "c\n")]
