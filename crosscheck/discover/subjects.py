"""From a recorded call to what `certify` and its relatives take, for every kind of pair."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.discover.bound import Bound, bind, copied, has_default, like, parameters
from crosscheck.discover.candidates import plain
from crosscheck.discover.jobs import found, owner_of
from crosscheck.discover.judge import Outcome, first_line, judge_readings, outcome_of
from crosscheck.discover.readings import readings
from crosscheck.discover.results import UNKNOWN, UNRELATED, WRONG

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.discover.jobs import How, Job
    from crosscheck.discover.optimizers import Passed
    from crosscheck.discover.readings import Reading


def judged(job: Job, name: str, kept: bytes, how: How) -> Outcome:
    """Return what a call shows.

    Args:
        job: the candidate.
        name: of the function that was called.
        kept: what it was called with, stored.
        how: how it is judged.

    Returns:
        The outcome.

    Raises:
        Exception: whatever the functions raise for their own arguments.

    """
    kind, _, detail = job.kind.partition(" ")
    if kind == "optimize":
        return _optimized(job, pickle.loads(kept), detail, how)  # noqa: S301 - our own
    args, kwargs = pickle.loads(kept)  # noqa: S301 - our own
    if kind in {"torch", "jax"}:
        return _kernel(job, args)
    holder, args = _holder(job, args)
    if kind == "layer":
        return _layer(job, name, holder, args, how)
    called = bind(_function(job, holder, name), holder, args, kwargs)
    labels = _qualified(job, job.derivative), _qualified(job, job.functions[0])
    if kind in {"both", "flag"}:
        both = _of_both(called, detail)
        if both is None:
            return Outcome(UNRELATED, reason="it does not return a value and a gradient")
        return judge_readings(both, labels, how)
    return _pair(job, called, kind, how)


def _pair(job: Job, called: Bound, kind: str, how: How) -> Outcome:
    """Judge a derivative and the functions that it may belong to."""
    g = like(called, _function(job, called.holder, job.derivative))
    if g.holder is None and g() is None:
        return Outcome(UNRELATED, reason="it returns nothing: it works in place")
    listed: list[tuple[str, Reading]] = []
    problem = ""
    for name in job.functions:
        try:
            f = like(called, _function(job, called.holder, name))
            listed += [(name, one) for one in readings(f, g, kind)]
        except Exception as error:  # noqa: BLE001 - another function may do
            problem = f"{type(error).__name__}: {first_line(error)}"
    if not listed:
        network = _network(job, called, how) if called.holder is not None else None
        if network is not None and network.verdict != UNKNOWN:
            return network
        if problem:
            return Outcome(UNKNOWN, reason=problem)
    name = listed[0][0] if listed else job.functions[0]
    labels = _qualified(job, job.derivative), _qualified(job, name)
    outcome = judge_readings([one for _, one in listed], labels, how)
    f = like(called, _function(job, called.holder, name))
    extra = "" if outcome.reading.startswith("hessp") else _meaning(f, g)
    if outcome.verdict == WRONG and extra:
        reason = f"the argument {extra} of one of the two may change what it returns"
        return Outcome(UNKNOWN, reason=reason)
    if outcome.verdict == WRONG and len({name for name, _ in listed}) > 1:
        names = ", ".join(dict.fromkeys(name for name, _ in listed))
        return Outcome(UNKNOWN, reason=f"ambiguous: it may belong to {names}")
    return outcome


def _meaning(*both: Bound) -> str:
    """Return an argument that is set and that one of two functions alone has; "" if there is none.

    It may change what the one returns: `which="variance"`, or the multipliers of a Hessian.
    """
    for one, other in (both, both[::-1]):
        known = {*inspect.signature(other.function).parameters, *other.own, *one.own.values()}
        for parameter in parameters(one.function, has_holder=one.holder is not None):
            value = one.arguments.get(parameter.name)
            is_left_out = has_default(parameter) and _same(value, parameter.default)
            if parameter.name not in known and not is_left_out:
                return parameter.name
    return ""


def _same(value: Any, default: Any) -> bool:
    same = value is default
    return same or (type(value) is type(default) and bool(np.all(value == default)))


def _of_both(called: Bound, flag: str) -> list[Reading] | None:
    """Return the readings of a function that returns value and gradient; None if it does not."""
    if flag:
        called = replace(called, arguments={**called.arguments, flag: True})
    result = called()
    if not isinstance(result, tuple) or len(result) < 2:  # noqa: PLR2004 - value and gradient
        return None
    f, g = (replace(called, select=itemgetter(i)) for i in (0, 1))
    return readings(f, g, "first")


def _network(job: Job, called: Bound, how: How) -> Outcome | None:
    """Judge a network that keeps its parameters in itself; None where it is none."""
    from crosscheck.certification.network import certify_network

    data = [value for value in called.arguments.values() if value is not None]
    try:
        certificate = certify_network(
            called.holder, *data, loss=job.functions[0], gradient=job.derivative, **how.options()
        )
    except Exception:  # noqa: BLE001 - it is none that its conventions know
        return None
    return outcome_of(certificate, "gradient by its own parameters")


def _layer(job: Job, name: str, holder: Any, args: Sequence[Any], how: How) -> Outcome:
    """Judge a forward and a backward pass."""
    from crosscheck.certification.layer import certify_layer

    if name == job.derivative:
        return Outcome(UNKNOWN, reason="only its backward pass was called")
    options: Any = {**how.options(), "seconds": how.seconds}
    if holder is not None:
        certificate = certify_layer(holder, *args, forward=name, backward=job.derivative, **options)
    else:
        forward, backward = (plain_of(found(job, one)) for one in (name, job.derivative))
        certificate = certify_layer(forward, backward, list(args), **options)
    return outcome_of(certificate, "backward pass")


def _kernel(job: Job, args: Sequence[Any]) -> Outcome:
    """Judge a torch.autograd.Function or a JAX function with a rule of its own."""
    if job.kind == "jax":
        from crosscheck.certification.kernels.certify import certify_custom_vjp

        return outcome_of(certify_custom_vjp(found(job, job.derivative), inputs=args), "rule")
    from crosscheck.discover.kernels import judge_function

    return judge_function(owner_of(job), args[1:])


def _optimized(job: Job, problem: Passed, what: str, how: How) -> Outcome:
    """Judge what an optimiser was given: its first argument is what is differentiated."""
    scalar = what in {"slope", "slope2"}
    x = np.array(problem.x0, dtype=np.float64)
    x = x if scalar else np.atleast_1d(x)
    derivative = problem.derivatives_[what]
    fun, both = problem.fun, problem.derivatives_.get("jac") is True

    def f(x: Any) -> Any:
        result = fun(x, *copied(problem.args), **copied(problem.kwargs))
        value = result[0] if both else result
        return np.reshape(value, ()) if what in {"jac", "hess", "hessp"} else value

    def g(x: Any, **more: Any) -> Any:
        if derivative is True:
            return fun(x, *copied(problem.args), **copied(problem.kwargs))[1]
        return derivative(x, *more.values(), *copied(problem.args), **copied(problem.kwargs))

    names = job.derivative, _name(fun)
    if what == "hessp":
        from crosscheck.discover.readings import VECTOR, Reading

        product = Reading("hessp", {"x": x}, f, lambda **p: g(p["x"], v=p[VECTOR]))
        return judge_readings([product], names, how)
    kind = {"hess": "second", "slope2": "second"}.get(what, "first")
    bound = [Bound(one, None, {"x": x if x.ndim else float(x)}) for one in (f, g)]
    return judge_readings(readings(bound[0], bound[1], kind), names, how)


def _holder(job: Job, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Return the object of a method and its other arguments; None for a function."""
    if not job.owner:
        return None, args
    if isinstance(inspect.getattr_static(owner_of(job), job.derivative), staticmethod):
        return None, args
    return args[0], args[1:]


def _function(job: Job, holder: Any, name: str) -> Callable[..., Any]:
    """Return a function that takes its object, if there is one, as its first argument."""
    if holder is None:
        return plain_of(found(job, name))
    kind = holder if isinstance(holder, type) else type(holder)
    return plain_of(inspect.getattr_static(kind, name))


def plain_of(value: Any) -> Callable[..., Any]:
    """Return the function that is behind a staticmethod, or what is callable itself."""
    function = plain(value)
    result: Callable[..., Any] = value if function is None else function
    return result


def _qualified(job: Job, name: str) -> str:
    return f"{job.owner}.{name}".lstrip(".")


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__qualname__))
