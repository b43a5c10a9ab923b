"""A reader's unchanged NumPy function: its value and gradient by PyTorch or JAX."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from crosscheck.tracing import trees, values
from crosscheck.tracing.errors import TracingError
from crosscheck.tracing.escapes import Disturb, Recording, record_safely, same_value
from crosscheck.tracing.patching import stand_ins
from crosscheck.tracing.program import Array
from crosscheck.tracing.reader import World, world
from crosscheck.tracing.session import Session, recording
from crosscheck.tracing.ties import Side

BACKENDS = {"torch": "torch_backend", "jax": "jax_backend"}
AsLeaf = Callable[[Any, str], Any]
AsDatum = Callable[[Any], Any]
Cotangents = Sequence[Any] | Callable[[tuple[Array, ...]], Sequence[Any]]


def record(
    loss: Callable[..., Any], params: Mapping[str, Any], data: Mapping[str, Any], side: Side = 0
) -> Recording:
    """Run `loss(**params, **data)` once and return what it computed, as a program.

    `loss` is plain NumPy and returns a number or an array of size 1. Nothing the caller owns is
    written into, whatever `loss` does with its arguments. `side` decides comparisons of equal
    numbers: 0 as NumPy does, ±1 as if the left one were larger or smaller.

    Raises:
        LostGradientError: a line of the reader's would lose a gradient, or is not understood.
        TracingError: a plain run computed another value.
        TypeError: a parameter is not floating point, or the loss returns no number.
        ValueError: the loss returns more than one number.

    """

    def call(as_leaf: AsLeaf, as_datum: AsDatum) -> list[Any]:
        leaves = {name: as_leaf(value, f"parameter {name!r}") for name, value in params.items()}
        return [_one_number(loss(**leaves, **as_datum(dict(data))), loss)]

    return _recorded(call, world(loss, dict(data)), side)


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
    if dtype == "float64":
        outputs, gradients = _differentiate(backend, recording, [_ones(recording.outputs[0])])
    else:
        run = importlib.import_module(backend).run
        leaves = [leaf.astype(dtype) for leaf in recording.leaves]
        program = recording.program.in_precision(dtype)
        outputs, gradients = run(program, leaves, [_ones(recording.outputs[0]).astype(dtype)])
    return outputs[0].reshape(()), gradients


def _ones(output: Any) -> Array:
    """The cotangent of a loss."""
    return np.ones_like(np.asarray(output))


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


def vjp(
    function: Callable[..., Any], framework: str, *, outputs: int = 1
) -> Callable[[Sequence[Any], Sequence[int], Cotangents], tuple[tuple[Array, ...], list[Any]]]:
    """`(inputs, differentiable, cotangents) -> (outputs, gradients)`, by `framework`.

    `function(*inputs)` returns an array, or a tuple whose first `outputs` entries are arrays;
    what follows (a cache) receives no cotangent. `differentiable` numbers the inputs to
    differentiate; the others are data. `cotangents` has one array for each output, or makes them
    from the outputs. The gradients come in the order of `differentiable`.

    Raises:
        LostGradientError: a line of the reader's would lose a gradient, or is not understood.
        TracingError: the framework, or a plain run, computed another value.
        TypeError: an input is not floating point, or an output no array.
        ValueError: unknown framework; wrong number or shape of cotangents.

    """
    backend = _backend_name(framework)

    def run(
        inputs: Sequence[Any], differentiable: Sequence[int], cotangents: Cotangents
    ) -> tuple[tuple[Array, ...], list[Any]]:
        around = world(function, list(inputs))

        def call(as_leaf: AsLeaf, as_datum: AsDatum) -> list[Any]:
            given = [as_datum(value) for value in inputs]
            for k in differentiable:
                given[k] = as_leaf(inputs[k], f"input {k}")
            result = function(*given)
            parts = result if type(result) in {tuple, list} else (result,)
            return [_array(part, function) for part in parts[:outputs]]

        recorded = _recorded(call, around)
        given = cotangents(recorded.outputs) if callable(cotangents) else cotangents
        upstream = _checked(given, recorded.outputs)
        results, gradients = _differentiate(backend, recorded, upstream)
        return tuple(results), trees.filled([inputs[k] for k in differentiable], gradients)

    return run


def _backend_name(framework: str) -> str:
    if framework not in BACKENDS:
        msg = f"framework is {framework!r}; it is one of {', '.join(map(repr, BACKENDS))}."
        raise ValueError(msg)
    return f"crosscheck.tracing.{BACKENDS[framework]}"


def _recorded(
    call: Callable[[AsLeaf, AsDatum], list[Any]], around: World, side: Side = 0
) -> Recording:
    """The reader's function run in NumPy, its arguments traced; and plain, to see the same."""

    def record(disturb: Disturb) -> Recording:
        session = Session(disturb, side)
        leaves: list[Array] = []

        def as_leaf(value: Any, name: str) -> Any:
            return trees.traced_leaves(value, name, session, leaves)

        with stand_ins(around.namespaces), recording(session):
            results = call(as_leaf, trees.traced_data)
            nodes = [values.node_of(result, session) for result in results]
            exact = tuple(np.array(values.plain(result)) for result in results)
        return Recording(session.program(nodes), tuple(leaves), exact, tuple(session.escapes))

    def plainly() -> list[Any]:
        return call(lambda value, _: trees.copied(value), trees.copied)

    return record_safely(record, plainly, around)


def _one_number(result: Any, loss: Callable[..., Any]) -> Any:
    """The loss, if it is one number."""
    number = _array(result, loss)
    if np.size(number) != 1:
        msg = f"{_name(loss)} returned shape {np.shape(number)}; a loss is one number."
        raise ValueError(msg)
    return number


def _array(result: Any, function: Callable[..., Any]) -> Any:
    """An output, if it is of floating point."""
    output = values.with_sources(result)
    if isinstance(output, (float, np.ndarray, np.generic)):
        exact = np.asarray(values.plain(output))
        if exact.dtype.char in values.FLOATS:
            return output
    msg = f"{_name(function)} returned {output!r}; expected float32 or float64."
    raise TypeError(msg)


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", function))


def _checked(cotangents: Sequence[Any], outputs: Sequence[Array]) -> list[Array]:
    """The cotangents in their outputs' dtypes, if number and shapes are right."""
    shapes = [np.shape(cotangent) for cotangent in cotangents]
    if shapes != [output.shape for output in outputs]:
        msg = f"cotangents of shapes {shapes} for outputs of {[o.shape for o in outputs]}."
        raise ValueError(msg)
    pairs = zip(cotangents, outputs, strict=True)
    return [np.array(c, dtype=output.dtype) for c, output in pairs]


def _differentiate(
    backend: str, recorded: Recording, cotangents: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """Run the recorded program in the framework; values and dtypes must be NumPy's."""
    run = importlib.import_module(backend).run
    outputs, gradients = run(recorded.program, recorded.leaves, cotangents)
    for output, exact in zip(outputs, recorded.outputs, strict=True):
        if not same_value(output, exact):
            msg = f"{backend} computed {output!r} where NumPy computed {exact!r}."
            raise TracingError(msg)
    for gradient, leaf in zip(gradients, recorded.leaves, strict=True):
        if gradient.dtype != leaf.dtype or gradient.shape != leaf.shape:
            kinds = f"{gradient.dtype}{gradient.shape} for {leaf.dtype}{leaf.shape}"
            msg = f"{backend} gave a gradient {kinds}."
            raise TracingError(msg)
    return outputs, gradients
