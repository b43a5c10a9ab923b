"""Stand-ins for functions of SciPy and `math`, and for types: what they are, and when."""

from __future__ import annotations

import builtins
import math
import sys
import threading
import types
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import scipy.stats
from scipy.special import logsumexp

from crosscheck.ir import numpy_backend, torch_backend
from crosscheck.ir.program import Node, Program, Structure
from crosscheck.tracing import (
    LostGradientError,
    TracingError,
    record,
    registry,
    value_and_grad,
    values,
)
from crosscheck.tracing import monkeypatch as replacing
from crosscheck.tracing.optional_functions import replacements
from crosscheck.tracing.registry import COMPOSED
from tests.tracing.checks import check

W = {"w": np.array([0.5, 0.7, 0.6])}


def originals() -> list[Any]:
    """What a run replaces, as it is now."""
    return [vars(place)[name] for place, name, _, _ in replacements()]


def test_nothing_is_left_replaced() -> None:
    seen: list[Any] = []

    def loss(w: Any) -> Any:
        seen.append((math.exp, scipy.special.logsumexp, float, type))
        return logsumexp(w) + math.exp(w[0])

    before = originals()
    value_and_grad(loss, "torch")(W, {})
    assert originals() == before == [original for _, _, original, _ in replacements()]
    traced, plain = seen
    assert plain == (math.exp, scipy.special.logsumexp, builtins.float, builtins.type)
    assert all(a is not b for a, b in zip(traced, plain, strict=True))
    assert "float" not in globals()
    assert logsumexp is scipy.special.logsumexp


def test_what_is_imported_during_a_run_is_replaced_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = object(), object()
    place = types.SimpleNamespace(first=first, second=second)
    one = ((place, "first", first, "stand-in"),)
    both = (*one, (place, "second", second, "another"))
    namespaces: dict[int, Any] = {}
    monkeypatch.setattr("crosscheck.tracing.monkeypatch.IN_NAMESPACES", namespaces)
    elsewhere = replacing._Elsewhere()
    for known in (one, both):
        monkeypatch.setattr(replacing, "replacements", lambda known=known: known)
        elsewhere.enter()
    assert (place.first, place.second) == ("stand-in", "another")
    assert namespaces[id(first)] == "stand-in"
    assert namespaces[id(second)] == "another"
    elsewhere.leave()
    assert place.first == "stand-in"
    elsewhere.leave()
    assert (place.first, place.second) == (first, second)


def test_other_threads_have_the_originals() -> None:
    inside, leave = threading.Event(), threading.Event()

    def slow(w: Any) -> Any:
        inside.set()
        assert leave.wait(30)
        return math.exp(w[0]) * float(w[1])

    found: dict[str, Any] = {}

    def trace() -> None:
        found["value"] = value_and_grad(slow, "torch")(W, {})[0]

    thread = threading.Thread(target=trace)
    thread.start()
    assert inside.wait(30)
    assert type(math.exp(1.0)) is builtins.float
    assert type(scipy.special.softmax(np.ones(2))) is np.ndarray
    assert scipy.stats.norm.pdf(0.0) == pytest.approx(1 / math.sqrt(2 * math.pi))
    leave.set()
    thread.join()
    assert found["value"] == pytest.approx(math.exp(0.5) * 0.7)


def test_arrays_of_scipys_take_traced_values() -> None:
    def loss(w: Any) -> Any:
        h = scipy.special.softmax(np.zeros(3))
        h[0] = w[0] ** 2
        return np.sum(h * scipy.special.softmax(w * 0))

    _, gradients = value_and_grad(loss, "torch")(W, {})
    np.testing.assert_allclose(gradients["w"], [2 * 0.5 / 3, 0, 0])


class Column:
    """What a column of pandas is to NumPy."""

    def to_numpy(self) -> Any:
        """Return the numbers."""
        return np.array([1.0, 2.0, 3.0])

    def __array_ufunc__(self, *_: Any, **__: Any) -> Any:
        """Refuse what pandas would make of a traced array."""
        raise NotImplementedError


def test_columns_are_arrays() -> None:
    column: Any = Column()

    def loss(w: Any) -> Any:
        return np.sum(np.multiply(w, column)) + np.dot(w, column) if w.size else w

    recording = record(loss, W, {}, known=np.array(7.4))
    assert recording.value == pytest.approx(7.4)


def test_a_table_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0.5, 0.1, 0.2]})

    def loss(w: Any) -> Any:
        return np.sum((w[0] * table["x"] - table["y"] * w[1]) ** 2) + (table @ w[:2]).sum()

    _, gradients = value_and_grad(loss, "torch")(W, {})
    residual = 0.5 * table["x"] - table["y"] * 0.7
    assert gradients["w"][0] == pytest.approx(2 * residual @ table["x"] + 6)


def test_complex_parts_are_read_only() -> None:
    def loss(w: Any) -> Any:
        z = w * 1j
        z.imag[0] = 1.0
        return np.sum(np.abs(z))

    with pytest.raises(TracingError, match="read-only"):
        value_and_grad(loss, "torch")(W, {})


def test_a_rule_in_which_a_number_escapes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def escaping(x: Any, weights: Any) -> Any:
        return np.zeros(3) + weights * builtins.float(weights[0])

    entry = registry.Entry(np.bincount, "np.bincount", COMPOSED, escaping, lambda u: u)
    monkeypatch.setitem(registry._entries, np.bincount, entry)
    with pytest.raises(LostGradientError, match=r"np\.bincount with these arguments"):
        value_and_grad(lambda w: np.bincount([0, 1, 2], w).sum(), "torch")(W, {})


def test_lists_of_traced_numbers_are_no_constants() -> None:
    def loss(w: Any) -> Any:
        session = w.buffer.session
        with pytest.raises(LostGradientError, match="make an array"):
            values.node_of([w[0], 1.0], session)
        with pytest.raises(LostGradientError, match="real numbers of complex"):
            values.node_of(w * 1j, session, np.dtype(np.float64))
        ragged = np.linalg.multi_dot([np.outer(w, w), np.ones((3, 2)), [[w[0]], [1.0]]])
        return np.sum(w) * ragged.sum()

    record(loss, W, {}, known=np.array(1.8 * 3.24 * 1.5))


def test_only_tracing_fails() -> None:
    def loss(w: Any) -> Any:
        if builtins.type(w) is not np.ndarray:
            raise TypeError
        return np.sum(w)

    with pytest.raises(TracingError, match=r"raise TypeError\nraises TypeError .*isinstance"):
        value_and_grad(loss, "torch")(W, {})


def test_an_error_that_comes_at_the_second_call_is_the_users() -> None:
    calls: list[int] = []

    def loss(w: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise ArithmeticError
        return np.sum(w)

    with pytest.raises(ArithmeticError):
        value_and_grad(loss, "torch")(W, {})


@pytest.mark.skipif(
    np.lib.NumpyVersion(scipy.__version__) < "1.15.0", reason="such matrices have no name before"
)
def test_triangular_matrices() -> None:
    def loss(S: Any, c: Any) -> Any:
        upper = scipy.linalg.solve(S, c, assume_a="upper triangular")
        return np.sum(upper * scipy.linalg.solve(S, c, assume_a="lower triangular"))

    check(loss, "torch")


def test_psi_has_an_exact_slope() -> None:
    x = np.concatenate([np.linspace(0.1, 9, 50), [-0.5, -1.3]])
    program = Program(
        Structure((Node("leaf", (), (0,)), Node("psi", (0,)), Node("sum", (1,), ((0,),))), (2,)), ()
    )
    _, (gradient,) = torch_backend.run(program, [x])
    np.testing.assert_allclose(gradient[:-2], scipy.special.polygamma(1, x[:-2]), rtol=1e-14)
    np.testing.assert_allclose(gradient[-2:], np.pi**2, rtol=0.7)


def test_the_error_function_needs_no_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.array([0.3, 1.5])
    exact = numpy_backend.kernels()["erf"](x)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    np.testing.assert_allclose(numpy_backend.kernels()["erf"](x), exact, rtol=1e-15)
