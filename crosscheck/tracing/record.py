"""A user's unchanged NumPy function: its value and gradient by PyTorch or JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from crosscheck.core.pytree import rebuild
from crosscheck.errors import CrosscheckError
from crosscheck.ir.program import Array
from crosscheck.ir.recording import Recording
from crosscheck.ir.run import backend, differentiate
from crosscheck.tracing import rules, values  # noqa: F401 - rules: registered by the import
from crosscheck.tracing.arguments import copied, traced_data, traced_leaves
from crosscheck.tracing.concretization import Disturb, Raised, record_safely
from crosscheck.tracing.monkeypatch import stand_ins
from crosscheck.tracing.reachable import Reachable, reachable
from crosscheck.tracing.session import Session
from crosscheck.tracing.session import recording as recording_in
from crosscheck.tracing.source_locations import Origins
from crosscheck.tracing.ties import Side

AsLeaf = Callable[[Any, str], Any]
AsDatum = Callable[[Any], Any]


def record(
    loss: Callable[..., Any],
    params: Mapping[str, Any],
    data: Mapping[str, Any],
    *,
    reached: Reachable | None = None,
    known: Array | None = None,
    origins: bool = False,
    side: Side = 0,
    fresh: Callable[[], None] = lambda: None,
) -> Recording:
    """Run `loss(**params, **data)` once and return what it computed, as a program.

    `loss` is plain NumPy and returns a number or an array of size 1. Nothing the caller owns is
    written into, whatever `loss` does with its arguments; what is recorded refers to `params`.
    `reached` is `world(loss)`, for who records often: the walk takes longer than a small loss.
    `known` is what plain NumPy gave here, if it is known: then it is not run again. `origins` asks
    where each primitive comes from. `side` decides comparisons of equal numbers: 0 as NumPy does,
    ±1 as if the left one were larger or smaller. `fresh` is called before each run: it puts back
    what `loss` keeps outside of its arguments.

    Raises:
        LostGradientError: a line of the user's would lose a gradient, or is not understood.
        TracingError: a plain run computed another value.
        TypeError: a parameter is not floating point, or the loss returns no number.
        ValueError: the loss returns more than one number.

    """

    def call(as_leaf: AsLeaf, as_datum: AsDatum) -> Any:
        fresh()
        leaves = {name: as_leaf(value, f"parameter {name!r}") for name, value in params.items()}
        try:
            result = loss(**leaves, **as_datum(dict(data)))
        except CrosscheckError:
            raise
        except Exception as error:
            raise Raised(error) from error
        return _one_number(result, loss)

    def traced(disturb: Disturb) -> Recording:
        session = Session(disturb, Origins() if origins else None, side)
        leaves: list[Array] = []

        def as_leaf(value: Any, name: str) -> Any:
            return traced_leaves(value, name, session, leaves)

        with stand_ins(around.namespaces), recording_in(session):
            number = call(as_leaf, traced_data)
            node = values.node_of(number, session)
            exact = np.array(values.plain(number))
            margins = session.margins()
        program, where = session.program([node])
        return Recording(
            program,
            tuple(leaves),
            exact,
            tuple(session.escapes),
            where,
            switches=tuple(switch for switch, _, _ in session.switches),
            margins=margins,
            orders=tuple(session.orders),
            notes=tuple(session.notes),
            decides=session.decides,
        )

    def plainly() -> Any:
        return call(lambda value, _: copied(value), copied) if known is None else known

    around = (reached or reachable(loss)) + reachable(dict(data))
    return record_safely(traced, plainly, around)


def value_and_grad(
    loss: Callable[..., Any], framework: str
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[Array, dict[str, Any]]]:
    """`(params, data) -> (loss, gradients)`, differentiated by `framework`.

    The gradients have the structure, shapes and dtypes of `params`; one that the loss does not use
    is zero. Raises what `record` and `differentiate` raise.
    """
    backend(framework)

    def run(params: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[Array, dict[str, Any]]:
        recording = record(loss, params, data)
        value, gradients = differentiate(recording, framework)
        value = value.astype(recording.value.dtype)
        pairs = zip(gradients, recording.leaves, strict=True)
        gradients = [gradient.astype(leaf.dtype) for gradient, leaf in pairs]
        return value, rebuild(dict(params), iter(gradients))

    return run


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
