"""What a kernel is judged against: a function of its own framework, of NumPy, or of the other one.

A NumPy function is traced at each point. What is recorded is the loss Σ c·f(x), with the upstream
gradients c among the parameters: its gradient by c is f(x), and by x the gradient that is wanted.
The other framework runs it, if that is installed, so that the two share no line.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.kernels.runner import Pass, is_float
from crosscheck.certification.side_effects import attempt
from crosscheck.core.sampling import COTANGENT
from crosscheck.frameworks import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.certification.kernels.runner import Runner

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Reference:
    """A reference, and how it is run.

    Attributes:
        run: as a runner's, for this function.
        framework: the name of what differentiates it.
        plain: the function itself, where it is of the kernel's own framework.
        how: what is said of it in a certificate.

    """

    run: Callable[..., Pass]
    framework: str
    plain: Callable[..., Any] | None = None
    how: str = ""


def reference_of(
    runner: Runner, others: Sequence[Runner], function: Callable[..., Any], inputs: Sequence[Any]
) -> Reference:
    """Return how a reference is run: by the first way in which it runs at all.

    Args:
        runner: of the kernel's own framework.
        others: further frameworks that are installed.
        function: the reference.
        inputs: of the given point.

    Raises:
        Exception: what it raises in the kernel's own framework, with the other ways as notes.

    """
    own = FRAMEWORKS[runner.key].name
    by = [*others, runner][0]
    name = FRAMEWORKS[by.key].name
    ways = [
        Reference(functools.partial(runner.run, function), own, function),
        Reference(functools.partial(_traced, by, function), name, None, ", traced from NumPy"),
        *(
            Reference(functools.partial(each.run, function), FRAMEWORKS[each.key].name)
            for each in others
        ),
    ]
    raised = []
    for way in ways:
        found, why = attempt(functools.partial(_tried, way, inputs))
        if found:
            return way
        raised.append(why)
    ways[0].run(inputs, "float64")  # raises
    msg = f"reference: none of its outputs depends on a float input ({'; '.join(raised)})"
    raise TypeError(msg)


def _tried(way: Reference, inputs: Sequence[Any]) -> bool:
    """Return whether a reference runs, and gives some gradient."""
    outputs = way.run(inputs, "float64").outputs
    rng = np.random.default_rng(COTANGENT)
    cotangents = [np.asarray(rng.standard_normal(o.shape)) for o in outputs]
    return any(g is not None for g in way.run(inputs, "float64", cotangents).gradients)


def _traced(
    runner: Runner,
    function: Callable[..., Any],
    inputs: Sequence[Any],
    dtype: str,
    cotangents: Sequence[Array] | None = None,
) -> Pass:
    """Run a NumPy function forward and backward; without cotangents forward alone, in NumPy."""
    if cotangents is None:
        plain = _float_outputs(function(*(np.copy(v) if is_float(v) else v for v in inputs)))
        return Pass(tuple(np.asarray(o, dtype=np.float64) for o in plain), ())
    from crosscheck.tracing import record

    leaves = {f"x{i}": value for i, value in enumerate(inputs) if is_float(value)}
    upstream = {f"c{i}": cotangent for i, cotangent in enumerate(cotangents)}

    def loss(**given: Any) -> Any:
        arguments = [given.get(f"x{i}", value) for i, value in enumerate(inputs)]
        outputs = _float_outputs(function(*arguments))
        return sum(np.sum(given[f"c{i}"] * output) for i, output in enumerate(outputs))

    recorded = record(loss, {**leaves, **upstream}, {})
    found = runner.gradients(recorded.program, recorded.leaves, dtype)
    return Pass(tuple(found[len(leaves) :]), tuple(found[: len(leaves)]))


def _float_outputs(result: Any) -> list[Any]:
    """Return the outputs that are floats."""
    outputs = result if isinstance(result, tuple | list) else (result,)
    return [o for o in outputs if getattr(o, "dtype", np.dtype(type(o))).kind == "f"]
