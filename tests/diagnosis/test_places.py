"""A mistake is on the right line, of the right file, at the operation that has it."""

from __future__ import annotations

import functools
import linecache
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.diagnosis.asking import diagnosed

if TYPE_CHECKING:
    from crosscheck.diagnosis.wording import Cause

RNG = np.random.default_rng(8)
X = RNG.standard_normal((5, 3))
PARAMS = {"W": RNG.standard_normal((3, 4))}
DATA = {"X": X}


def only(found: Any) -> Cause:
    ((cause,),) = found.explanations
    return cause  # type: ignore[no-any-return]


def module(name: str, source: str) -> dict[str, Any]:
    """Return the names of a module whose source is known under a name, as a notebook's cell is."""
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    namespace: dict[str, Any] = {"np": np, "__name__": name}
    exec(compile(source, name, "exec"), namespace)  # noqa: S102 - our own source
    return namespace


FIRST = "def act(z):\n    return np.tanh(z)\n"


def test_equal_functions_of_two_files_are_two_places() -> None:
    one, other = module("<cell 1>", FIRST)["act"], module("<cell 2>", FIRST)["act"]

    def loss(W: Any, X: Any) -> Any:
        first = one(X @ W)
        return np.sum(other(2 * first) ** 2)

    def gradient(W: Any, X: Any) -> Any:
        a = np.tanh(X @ W)
        b = np.tanh(2 * a)
        return {"W": X.T @ (4 * b * (1 - a**2))}

    cause = only(diagnosed(loss, gradient, PARAMS, DATA))
    assert cause.kind == "derivative left out"
    assert [place.file for place in (*cause.places, *cause.within)] == [__file__, "<cell 2>"]
    assert cause.within[0].text == "np.tanh(z)"


def test_code_without_a_source_has_a_line() -> None:
    namespace: dict[str, Any] = {"np": np}
    source = "def loss(W, X):\n    z = X @ W\n    return np.sum(np.sin(z)) / len(X)\n"
    exec(source, namespace)  # noqa: S102 - our own source
    found = diagnosed(namespace["loss"], lambda W, X: {"W": X.T @ np.cos(X @ W)}, PARAMS, DATA)
    cause = only(found)
    assert (cause.places[0].file, cause.places[0].line) == ("<string>", 3)
    assert cause.sentence == "multiplied by 5: not divided by 5, the batch size (axis 0 of X)"


def test_lambdas_on_one_line_are_told_apart() -> None:
    both: list[Any] = [lambda z: np.tanh(z + 0), lambda z: np.tanh(z + 0)]
    f, g = both

    def loss(W: Any, X: Any) -> Any:
        return np.sum(g(f(X @ W) + 1))

    def gradient(W: Any, X: Any) -> Any:
        return {"W": X.T @ (1 - np.tanh(X @ W) ** 2)}

    cause = only(diagnosed(loss, gradient, PARAMS, DATA))
    assert cause.places[0].text == "g(f(X @ W) + 1)"


def test_a_decorator_that_converts_its_arguments_is_no_place() -> None:
    def checked(function: Any) -> Any:
        @functools.wraps(function)
        def inner(**given: Any) -> Any:
            return function(**{name: np.asarray(value) for name, value in given.items()})

        return inner

    @checked
    def loss(W: Any, X: Any) -> Any:
        z = X @ W
        return np.sum(z**2)

    cause = only(diagnosed(loss, lambda W, X: {"W": X.T @ (X @ W)}, PARAMS, DATA))
    assert cause.places[0].text == "z**2"
    assert "the 2 of the derivative of the square is left out" in cause.sentence


def test_a_factor_is_at_the_operation_that_has_one() -> None:
    def loss(W: Any, X: Any) -> Any:
        z = X @ W
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        return -np.sum(np.log(p[:, 0])) / 5

    def gradient(W: Any, X: Any) -> Any:
        p = np.exp(X @ W)
        p /= p.sum(axis=1, keepdims=True)
        p[:, 0] -= 1
        return {"W": X.T @ p / 20}

    cause = only(diagnosed(loss, gradient, PARAMS, DATA))
    assert cause.places[0].text == "-np.sum(np.log(p[:, 0])) / 5"
    assert cause.sentence.startswith("multiplied by 0.25, equivalent to a division by 4")


def test_a_constant_with_a_sign_and_a_reciprocal_length_are_reasons() -> None:
    def loss(W: Any, X: Any) -> Any:
        return -1 / len(X) * np.sum(np.sin(X @ W))

    cause = only(diagnosed(loss, lambda W, X: {"W": -X.T @ np.cos(X @ W)}, PARAMS, DATA))
    assert cause.sentence == "multiplied by 5: not divided by 5, the batch size (axis 0 of X)"


def test_each_axis_of_a_mean_may_be_forgotten() -> None:
    def loss(W: Any, X: Any) -> Any:
        return np.mean(np.sin(X @ W))

    def times(factor: float) -> str:
        return only(
            diagnosed(loss, lambda W, X: {"W": factor * X.T @ np.cos(X @ W)}, PARAMS, DATA)
        ).sentence

    assert times(1) == "multiplied by 20: not divided by 20, the n of np.mean over axes 0 and 1"
    assert "by 4, the n of np.mean over axis 1 (the length of axis 1 of W)" in times(1 / 5)
    assert times(1 / 4).endswith("not divided by 5, the batch size (np.mean over axis 0 of X)")
