"""What people call the methods of a layer and of a network, and what those are called with."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FORWARD = (
    "forward forward_pass forward_propagation forward_prop forwardprop fprop feedforward "
    "feed_forward forwards propagate __call__ call"
).split()
BACKWARD = (
    "backward backward_pass backward_propagation back_propagation backward_prop backpropagation "
    "backprop back_prop bprop backpropagate back_propagate backwards"
).split()
LOSS = (
    "loss compute_loss calculate_loss calc_loss get_loss loss_function cost compute_cost "
    "calculate_cost cost_function objective criterion"
).split()
GRADIENT = (
    "gradient gradients compute_gradient compute_gradients calculate_gradients get_gradients "
    "grad grads compute_grads loss_gradient cost_gradient gradient_of_loss"
).split()
TARGETS = frozenset(
    "y t target targets label labels ytrue truth groundtruth yt expected desired tgt".split()
)
RATES = frozenset("lr learningrate eta alpha stepsize rate".split())
PREDICTIONS = frozenset(
    "yhat ypred pred preds prediction predictions output outputs out al a2 a3 scores logits probs "
    "yp o".split()
)


def method(thing: Any, names: Sequence[str], given: Any, what: str) -> Callable[..., Any] | None:
    """Return a method by the name that is given, or the first of these; None if it has none.

    Raises:
        TypeError: what is given is neither the name of a method nor a function.

    """
    if given is not None and not isinstance(given, str):
        if not callable(given):
            msg = f"{what} is {given!r}; pass a function, or the name of a method"
            raise TypeError(msg)
        return given  # type: ignore[no-any-return]
    for name in [given] if given is not None else names:
        found = getattr(thing, name, None)
        if callable(found) and (name != "__call__" or not inspect.isclass(thing)):
            return found  # type: ignore[no-any-return]
    if given is not None:
        msg = (
            f"{what} is {given!r}, which is no method of {type(thing).__name__}; it has "
            f"{', '.join(methods_of(thing))}"
        )
        raise TypeError(msg)
    return None


def methods_of(thing: Any) -> list[str]:
    """Return the public methods of an object."""
    return [
        name
        for name in dir(thing)
        if not name.startswith("_") and callable(getattr(thing, name, None))
    ]


def takes(function: Callable[..., Any], count: int, *names: str) -> bool:
    """Return whether a function takes so many arguments, and these by name, as far as it tells."""
    try:
        inspect.signature(function).bind(*range(count), **dict.fromkeys(names))
    except (TypeError, ValueError):
        return False
    return True


def takes_names(function: Callable[..., Any], names: Sequence[str]) -> bool:
    """Return whether a function takes these keyword arguments, and needs no others.

    One without a signature takes them, as far as anybody knows.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(**dict.fromkeys(names))
    except TypeError:
        return False
    return True


def required(function: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments that a function has to be given; none if it has no list."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}
    ]


def positional(function: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments that a function takes by position."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return [p.name for p in parameters if p.kind in kinds]
