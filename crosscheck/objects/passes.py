"""The forward and the backward pass of what is handed in: an object, or two functions."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from crosscheck.objects.methods import BACKWARD, FORWARD, method, methods_of, positional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Passes(NamedTuple):
    """Two functions, and the inputs of the first."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: Any


def passes_of(
    layer: Any, arguments: Sequence[Any], forward: Any, backward: Any, inputs: Any
) -> Passes:
    """Return the passes, and the inputs.

    Args:
        layer: an object, or the forward pass.
        arguments: what follows it: inputs of an object, or the backward pass and a list of inputs.
        forward: a function or the name of a method, by keyword.
        backward: the same.
        inputs: the inputs, by keyword.

    Raises:
        TypeError: something is missing, or a class came for an object.

    """
    named = isinstance(forward, str) or isinstance(backward, str)
    if inspect.isclass(layer):
        msg = f"layer is the class {layer.__name__}; pass an object: {layer.__name__}(…)"
        raise TypeError(msg)
    if named or (backward is None and method(layer, BACKWARD, None, "backward") is not None):
        return _of_object(layer, arguments, forward, backward, inputs)
    functions = [f for f in (layer, forward, backward) if f is not None]
    rest = [*functions, *arguments, *([] if inputs is None else [inputs])]
    if len(rest) == 3:  # noqa: PLR2004 - two functions, and inputs
        return Passes(*rest)
    if callable(layer) and not hasattr(layer, "__self__") and len(methods_of(layer)) == 0:
        msg = "pass certify_layer(forward, backward, [x, …]), or an object and its inputs"
        raise TypeError(msg)
    msg = (
        f"layer is {layer!r}, with the methods {', '.join(methods_of(layer)) or 'none'}: none is "
        'called as a backward pass is; pass backward="name", or forward, backward and a list of '
        "inputs"
    )
    raise TypeError(msg)


def _of_object(
    layer: Any, arguments: Sequence[Any], forward: Any, backward: Any, inputs: Any
) -> Passes:
    found = method(layer, FORWARD, forward, "forward")
    back = method(layer, BACKWARD, backward, "backward")
    if found is None or back is None:
        missing = "forward" if found is None else "backward"
        msg = (
            f"{type(layer).__name__} has the methods {', '.join(methods_of(layer))}; "
            f'{missing}="name" says which one is its {missing} pass'
        )
        raise TypeError(msg)
    if forward is None and positional(back)[:1] == ["dvalues"] and len(positional(back)) > 1:
        # A loss of each sample; what its gradient belongs to is their mean.
        found = getattr(layer, "calculate", found)
    if inputs is None:
        inputs = list(arguments)
        names = positional(found)
        if (
            len(inputs) == 1
            and isinstance(inputs[0], list | tuple)
            and len(inputs[0]) == len(names)
        ):
            inputs = list(inputs[0])
    return Passes(found, back, inputs)


def holder(forward: Callable[..., Any], backward: Callable[..., Any]) -> Any:
    """Return the object whose methods both passes are; None if they are not of one object."""
    owner = getattr(forward, "__self__", None)
    return owner if owner is getattr(backward, "__self__", None) else None
