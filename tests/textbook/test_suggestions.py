"""Claims are proposed for books that make none, and those that hold are told from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import crosscheck
from crosscheck.core.verdict import Verdict
from crosscheck.textbook.formats import load
from crosscheck.textbook.names import is_loss, pairs_up
from crosscheck.textbook.suggest import NO_GRADIENT, as_toml, suggest
from tests.textbook.unclaimed import BOOKS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", BOOKS)
def test_gradients_are_recognised_as_people_name_them(tmp_path: Path, name: str) -> None:
    source, claims = BOOKS[name]
    path = tmp_path / "book.py"
    path.write_text(source, encoding="utf-8")
    found = [str(claim) for claim in suggest(load.read(path))]
    assert set(claims) <= set(found)
    assert {claim.split(" = ")[0] for claim in found} == {c.split(" = ")[0] for c in claims}


def test_what_holds_is_proposed_and_what_does_not_is_shown_apart(tmp_path: Path) -> None:
    path = tmp_path / "book.py"
    sources = [BOOKS[name][0] for name in ("one is wrong", "layers by hand", "로지스틱 회귀")]
    last = "# %%\nresult = 2.0\nloss = result * 3\ndresult = open('no file')\n"
    path.write_text("".join([*sources, last]), encoding="utf-8")
    report = crosscheck.verify_textbook(path, suggest=True).books[0]
    verdicts = {c.claim.left: c.finding.verdict for c in report.claims}
    assert verdicts.pop("dW") is Verdict.DISAGREE
    assert verdicts.pop("dresult") is Verdict.INCONCLUSIVE
    assert set(verdicts.values()) == {Verdict.AGREE}
    assert len(verdicts) == 12
    text = as_toml(report.claims)
    assert text.index("\nclaim = '''gradient") < text.index("# DISAGREE") < text.index("# INCONCL")
    assert "book.py:8: np.mean((A - Y) ** 2): multiplied by 0.166667" in text


def test_a_book_without_a_gradient(tmp_path: Path) -> None:
    path = tmp_path / "book.py"
    path.write_text("x = 1\nprint(x)\n", encoding="utf-8")
    report = crosscheck.verify_textbook(path, suggest=True).books[0]
    assert report.errors == (f"book.py: {NO_GRADIENT}",)
    assert as_toml(report.claims) == f"# {NO_GRADIENT}\n"


def test_a_variable_that_no_cell_makes(tmp_path: Path) -> None:
    path = tmp_path / "book.py"
    path.write_text("loss = f(m.W)\ngrad = 2 * m.W\nm.W -= 0.1 * grad\n", encoding="utf-8")
    assert [str(claim) for claim in suggest(load.read(path))] == ["grad = d(loss) / d(m.W)"]


def test_what_no_name_tells(tmp_path: Path) -> None:
    source = """
class Model:
    scale = 2.0
    @staticmethod
    def about():
        return {}
    def step(self, W):
        self.W = W
model, k = Model(), 0
model.about()
model.other = 1
model.step(W=2.0)
def g(x, y): return x * y
def g_prime(x, y): return x
V = [[1.0, 2.0]]
cost = V[0][k] ** 2
dV = {"a": 1.0}
V[0][k], (f := 2)
dV[0][k] = 2 * V[0][k]
g_prime(1.0, y=2.0)
(lambda: cost)()
model.about().dq = 3.0
grads = g_prime(cost, 3.0)
def h(x): return x ** 2
def dh(x, y): return 2 * x
dh(cost, 3.0)
"""
    path = tmp_path / "book.py"
    path.write_text(source, encoding="utf-8")
    found = [str(claim) for claim in suggest(load.read(path))]
    assert found == [
        "g_prime(cost, 3.0) = d(g(cost, 3.0)) / d(cost)",
        "dh(cost, 3.0) = d(h(cost)) / d(cost)",
    ]


@pytest.mark.parametrize(
    ("function", "derivative", "alike"),
    [
        ("f", "df", True),
        ("mse", "mse_prime", True),
        ("mse", "grad_mse", True),
        ("crossEntropy", "crossEntropyDerivative", True),
        ("forward", "backward", True),
        ("relu", "backward", False),
        ("sigmoid", "softmax_derivative", False),
        ("loss_gradient", "gradient", False),
        ("f_prime", "f_prime", False),
    ],
)
def test_functions_and_their_derivatives(function: str, derivative: str, *, alike: bool) -> None:
    assert pairs_up(function, derivative) is alike


def test_what_a_loss_is_called() -> None:
    assert all(map(is_loss, ("loss", "J", "L1", "total_cost", "testError", "get_loss")))
    assert not any(map(is_loss, ("closs", "W", "costly", 3)))
