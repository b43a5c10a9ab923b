"""The table of supported functions."""

from __future__ import annotations

import runpy
import sys

import numpy as np
import pytest

from crosscheck.frameworks import JAX, TORCH
from crosscheck.tracing import examples, supported


def test_the_table() -> None:
    losses = [
        (("np.tanh", "np.square"), lambda a: np.sum(np.tanh(a) + np.square(a))),
        (("np.spacing",), lambda a: np.sum(np.spacing(a))),
    ]
    head, rule, refused, *shared = supported.table(losses, [TORCH, JAX])
    assert head == "| function | PyTorch | JAX |"
    assert rule == "|---|---|---|"
    assert refused == "| `np.spacing` | refused | refused |"
    names, errors = zip(*[(row.split("|")[1], row.split("|")[2:4]) for row in shared], strict=True)
    assert names == (" `np.square` ", " `np.tanh` ")
    assert all(float(error) < 1e-9 for row in errors for error in row)


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    names = "np.sin np.cos np.tan"
    chosen = {names: examples.losses()[names]}
    monkeypatch.setattr(examples, "losses", lambda: chosen)
    runpy.run_path(supported.__file__, run_name="__main__")
    rows = capsys.readouterr().out.splitlines()
    assert [row.split("|")[1].strip() for row in rows[2:]] == ["`np.cos`", "`np.sin`", "`np.tan`"]


def test_scipy_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.delitem(sys.modules, "scipy.special", raising=False)
    assert any("np.sin" in names.split() for names in examples.losses())
