"""A reader's unchanged NumPy function: its value and gradient by PyTorch or JAX."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from crosscheck.tracing import trees, values
from crosscheck.tracing.errors import TracingError
from crosscheck.tracing.escapes import Disturb, Recording, record_safely, same_value
from crosscheck.tracing.patching import stand_ins
from crosscheck.tracing.program import Array
from crosscheck.tracing.reader import World, world
from crosscheck.tracing.session import Session, recording
from crosscheck.tracing.sites import Origins
from crosscheck.tracing.ties import Side

BACKENDS = {"torch": "torch_backend", "jax": "jax_backend"}
AsLeaf = Callable[[Any, str], Any]
AsDatum = Callable[[Any], Any]


def record(
    loss: Callable[..., Any],
    params: Mapping[str, Any],
    data: Mapping[str, Any],
    *,
    reached: World | None = None,
    known: Array | None = None,
    origins: bool = False,
    side: Side = 0,
) -> Recording:
    """Run `loss(**params, **data)` once and return what it computed, as a program.

    `loss` is plain NumPy and returns a number or an array of size 1. Nothing the caller owns is
    written into, whatever `loss` does with its arguments; what is recorded refers to `params`.
    `reached` is `world(loss)`, for who records often: the walk takes longer than a small loss.
    `known` is what plain NumPy gave here, if it is known: then it is not run again. `origins` asks
    where each primitive comes from. `side` decides comparisons of equal numbers: 0 as NumPy does,
    ±1 as if the left one were larger or smaller.

    Raises:
        LostGradientError: a line of the reader's would lose a gradient, or is not understood.
        TracingError: a plain run computed another value.
        TypeError: a parameter is not floating point, or the loss returns no number.
        ValueError: the loss returns more than one number.

    """

    def call(as_leaf: AsLeaf, as_datum: AsDatum) -> Any:
        leaves = {name: as_leaf(value, f"parameter {name!r}") for name, value in params.items()}
        return _one_number(loss(**leaves, **as_datum(dict(data))), loss)

    def traced(disturb: Disturb) -> Recording:
        session = Session(disturb, Origins() if origins else None, side)
        leaves: list[Array] = []

        def as_leaf(value: Any, name: str) -> Any:
            return trees.traced_leaves(value, name, session, leaves)

        with stand_ins(around.namespaces), recording(session):
            number = call(as_leaf, trees.traced_data)
            node = values.node_of(number, session)
            exact = np.array(values.plain(number))
        program, where = session.program([node])
        return Recording(program, tuple(leaves), exact, tuple(session.escapes), where)

    def plainly() -> Any:
        return call(lambda value, _: trees.copied(value), trees.copied) if known is None else known

    around = (reached or world(loss)) + world(dict(data))
    return record_safely(traced, plainly, around)


def differentiate(
    recording: Recording, framework: str, dtype: str = "float64"
) -> tuple[Array, list[Array]]:
    """Return a recorded loss and the gradients of its parameters, computed in one precision.

    In float32 all of the program runs in float32, also where the reader's code made float64 arrays
    of its own: what comes out is the rounding of this very computation.

    Raises:
        TracingError: the framework computed another value.
        ValueError: unknown framework.

    """
    backend = _backend_name(framework)
    run = importlib.import_module(backend).run
    if dtype == "float64":
        value, gradients = run(recording.program, recording.leaves)
        _same(value, gradients, recording, backend)
    else:
        leaves = [leaf.astype(dtype) for leaf in recording.leaves]
        value, gradients = run(recording.program.in_precision(dtype), leaves)
    return value, gradients


def prepare(framework: str) -> None:
    """Import what a framework needs, before threads run: imports in two of them may collide.

    Raises ValueError for an unknown framework.
    """
    importlib.import_module(_backend_name(framework)).kernels()


def value_and_grad(
    loss: Callable[..., Any], framework: str
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[Array, dict[str, Any]]]:
    """`(params, data) -> (loss, gradients)`, differentiated by `framework`.

    The gradients have the structure, shapes and dtypes of `params`; one that the loss does not use
    is zero. Raises what `record` and `differentiate` raise.
    """
    _backend_name(framework)

    def run(params: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[Array, dict[str, Any]]:
        value, gradients = differentiate(record(loss, params, data), framework)
        return value, trees.filled(dict(params), gradients)

    return run


def _backend_name(framework: str) -> str:
    if framework not in BACKENDS:
        msg = f"framework is {framework!r}; it is one of {', '.join(map(repr, BACKENDS))}."
        raise ValueError(msg)
    return f"crosscheck.tracing.{BACKENDS[framework]}"


def _one_number(result: Any, loss: Callable[..., Any]) -> Any:
    """The loss, if it is one number."""
    name = getattr(loss, "__qualname__", loss)
    number = values.with_sources(result)
    if not isinstance(number, (float, np.ndarray, np.generic)) or (
        np.asarray(values.plain(number)).dtype.char not in values.FLOATS
    ):
        msg = f"{name} returned {number!r}; expected float32 or float64."
        raise TypeError(msg)
    if np.size(number) != 1:
        msg = f"{name} returned shape {np.shape(number)}; a loss is one number."
        raise ValueError(msg)
    return number


def _same(value: Array, gradients: list[Array], recorded: Recording, backend: str) -> None:
    """Raise TracingError unless value and dtypes are NumPy's."""
    if not same_value(value, recorded.value):
        msg = f"{backend} computed {value!r} where NumPy computed {recorded.value!r}."
        raise TracingError(msg)
    for gradient, leaf in zip(gradients, recorded.leaves, strict=True):
        if gradient.dtype != leaf.dtype or gradient.shape != leaf.shape:
            kinds = f"{gradient.dtype}{gradient.shape} for {leaf.dtype}{leaf.shape}"
            msg = f"{backend} gave a gradient {kinds}."
            raise TracingError(msg)
