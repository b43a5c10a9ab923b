"""How a loss and a gradient take their parameters, and how they return what they compute.

By name, as `loss(W=…, b=…, x=…)`; all in one mapping, as `loss(params, x)`; or not at all: a method
that uses the arrays which its object keeps. One function may return the loss and its gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.user_loss import call_with_note, name_of
from crosscheck.core.pytree import flatten
from crosscheck.objects.methods import positional, required, takes_names
from crosscheck.objects.pairs import CONTAINERS, plain

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES, MAPPING, REFERENCES = "by name", "in one mapping", "by reference"


@dataclass(frozen=True)
class Call:
    """A function and how it takes parameters; `data` are the names of what else it takes."""

    function: Callable[..., Any]
    how: str
    data: tuple[str, ...]
    mapping: str = ""  # the argument that takes all parameters
    of: tuple[Any, ...] = ()  # the user's objects and functions, if the function is made of them
    called: str = ""

    @property
    def roots(self) -> tuple[Any, ...]:
        """What the user handed over."""
        return self.of or (self.function,)

    @property
    def name(self) -> str:
        """What the user calls the function."""
        return self.called or name_of(self.function)

    def __call__(self, params: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
        """Return what the function returns for these parameters and data."""
        given = {name: data[name] for name in self.data}
        if self.how == NAMES:
            return call_with_note(self.function, **params, **given)
        if self.how == MAPPING:
            return call_with_note(self.function, **{self.mapping: dict(params)}, **given)
        return self.function(**given) if self.of else call_with_note(self.function, **given)


def call_of(
    function: Callable[..., Any], params: Mapping[str, Any], data: Mapping[str, Any]
) -> Call:
    """Return how a function takes parameters and data, as its signature tells.

    Where it tells nothing, or nothing fits, they are passed by name: Python says what is wrong.
    """
    names = tuple(data)
    if takes_names(function, [*params, *data]):
        return Call(function, NAMES, names)
    if takes_names(function, names):
        return Call(function, REFERENCES, names)
    others = [name for name in required(function) if name not in data]
    alone = len(others) == 1 and (len(params) > 1 or plain(others[0]) in CONTAINERS)
    if alone and takes_names(function, [*others, *names]):
        return Call(function, MAPPING, names, others[0])
    return Call(function, NAMES, names)


def gradient_call_of(
    function: Callable[..., Any], loss: Call, params: Mapping[str, Any], data: Mapping[str, Any]
) -> Call:
    """Return how a gradient takes parameters and data.

    Beside a loss that finds its parameters by itself it may take less: `backward()`.
    """
    if function is loss.function:
        return loss
    found = call_of(function, params, data)
    if found.how == NAMES and loss.how == REFERENCES:
        some = tuple(name for name in positional(function) if name in data)
        if takes_names(function, some):
            return Call(function, REFERENCES, some)
    return found


def is_number(value: Any) -> bool:
    """Return whether a value is one number, as a loss is."""
    if isinstance(value, np.ndarray | np.floating):
        return bool(np.size(value) == 1 and value.dtype.kind == "f")
    return isinstance(value, float)


def loss_in(result: Any) -> Any:
    """Return the loss of what a function returned: its first part, if it returned more."""
    if isinstance(result, tuple) and len(result) > 1 and is_number(result[0]):
        return result[0]
    return result


def gradients_in(result: Any, params: Mapping[str, Any], *, both: bool) -> Any:
    """Return the gradients of what a function returned, which may be the loss and they.

    Args:
        result: what was returned.
        params: what is differentiated.
        both: whether the same function returns the loss.

    """
    if not isinstance(result, tuple) or len(result) < 2 or not is_number(result[0]):  # noqa: PLR2004
        return result
    rest = result[1:]
    if both or (len(result) != len(params) and (len(rest) == 1 or _fit(rest, params))):
        if len(rest) == 1 or isinstance(rest[0], Mapping):
            return rest[0]
        return rest[: len(params)] if _fit(rest, params) else rest
    return result


def returned_by(result: Any, *, both: bool) -> Any:
    """Return what may hold gradients of what was returned, where nothing is known of them."""
    if isinstance(result, tuple) and len(result) > 1 and is_number(result[0]):
        rest = result[1:]
        if isinstance(rest[0], Mapping):
            return rest[0]
        if both:
            return rest[0] if len(rest) == 1 else rest
    return result


def _fit(parts: tuple[Any, ...], params: Mapping[str, Any]) -> bool:
    """Return whether the first parts have the shapes of the parameters, in their order."""
    shapes = [{p: np.shape(leaf) for p, leaf in flatten(tree).items()} for tree in params.values()]
    found = [{p: np.shape(leaf) for p, leaf in flatten(tree).items()} for tree in parts]
    return found[: len(shapes)] == shapes


def described(*functions: Callable[..., Any]) -> str:
    """Return functions with their arguments, as text."""
    return " and ".join(
        f"{name_of(function)}({', '.join(positional(function))})"
        for function in dict.fromkeys(functions)
    )
