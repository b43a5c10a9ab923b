"""A function with the arguments of a recorded call, of which some are exchanged."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.discover.storing import stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosscheck.core.types import Array

ATTRIBUTE = "self."
LARGEST = 2**32  # bytes: it has been stored before
EMPTY = inspect.Parameter.empty


class MissingArgumentError(TypeError):
    """A function needs an argument that its derivative was not given."""


def copied(value: Any) -> Any:
    """Return a copy; of what `copy` does not know, such as modules, by way of bytes."""
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 - whatever a class's own copying raises
        return pickle.loads(stored(value, LARGEST))  # noqa: S301 - our own


@dataclass(frozen=True)
class Bound:
    """A function, its object, and its arguments by name.

    Attributes:
        function: takes the object first, if there is one.
        holder: the object of a method; None for a function.
        arguments: by name; those of `*args` under its name, as a tuple.
        select: what of the result counts.
        own: name of an argument of the recorded call -> what this function calls it.

    """

    function: Callable[..., Any]
    holder: Any
    arguments: Mapping[str, Any]
    select: Callable[[Any], Any] = field(default=lambda result: result)
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        """The arguments by the names of the recorded call."""
        called = {own: name for name, own in self.own.items()}
        return {called.get(name, name): value for name, value in self.arguments.items()}

    def __call__(self, **changed: Any) -> Any:
        """Return what the function returns for copies of its arguments, some of them exchanged.

        `self.theta` is the attribute theta of the object.
        """
        holder, arguments = copied((self.holder, dict(self.arguments)))
        for name, value in changed.items():
            if name.startswith(ATTRIBUTE):
                setattr(holder, name.removeprefix(ATTRIBUTE), value)
            else:
                arguments[self.own.get(name, name)] = value
        return self.select(self._called(holder, arguments))

    def _called(self, holder: Any, arguments: dict[str, Any]) -> Any:
        positional = [] if holder is None else [holder]
        keywords: dict[str, Any] = {}
        for parameter in parameters(self.function, has_holder=holder is not None):
            if parameter.name not in arguments:
                continue
            value = arguments[parameter.name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += value
            elif parameter.kind is parameter.VAR_KEYWORD:
                keywords |= value
            elif parameter.kind is parameter.KEYWORD_ONLY:
                keywords[parameter.name] = value
            else:
                positional.append(value)
        return self.function(*positional, **keywords)


def parameters(function: Callable[..., Any], *, has_holder: bool) -> list[inspect.Parameter]:
    """Return the parameters of a function but for its object."""
    return list(inspect.signature(function).parameters.values())[int(has_holder) :]


def bind(function: Callable[..., Any], holder: Any, args: Any, kwargs: Any) -> Bound:
    """Return a function with the arguments that it was called with, and its defaults."""
    signature = inspect.signature(function)
    given = signature.bind(*([] if holder is None else [holder]), *args, **kwargs)
    given.apply_defaults()
    names = [p.name for p in parameters(function, has_holder=holder is not None)]
    return Bound(function, holder, {name: given.arguments[name] for name in names})


def like(other: Bound, function: Callable[..., Any]) -> Bound:
    """Return a function with the arguments of another one: by name, or all of them by position.

    Raises:
        MissingArgumentError: it needs more than the other one was given.

    """
    wanted = parameters(function, has_holder=other.holder is not None)
    given = dict(other.arguments)
    found = {p.name: given[p.name] for p in wanted if p.name in given}
    missing = [p for p in wanted if p.name not in given and not has_default(p) and _is_one(p)]
    own: dict[str, str] = {}
    for parameter in missing:
        place = wanted.index(parameter)
        name = list(given)[place] if place < len(given) else ""
        if not name or name in found:
            msg = f"{function.__qualname__} needs {parameter.name}, which the call does not have"
            raise MissingArgumentError(msg)
        own[name] = parameter.name
        found[parameter.name] = given[name]
    defaults = {p.name: p.default for p in wanted if p.name not in found and has_default(p)}
    return Bound(function, other.holder, {**defaults, **found}, own=own)


def has_default(parameter: inspect.Parameter) -> bool:
    """Return whether an argument may be left out."""
    return parameter.default is not EMPTY


def _is_one(parameter: inspect.Parameter) -> bool:
    return parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}


def floats(arguments: Mapping[str, Any]) -> dict[str, Array]:
    """Return the arguments that are differentiable: float arrays and float numbers."""
    return {
        name: np.asarray(value, dtype=np.float64)
        for name, value in arguments.items()
        if isinstance(value, float | np.floating)
        or (type(value) is np.ndarray and value.dtype.kind == "f")
        or getattr(getattr(value, "values", None), "dtype", np.dtype(int)).kind == "f"  # pandas
    }


def settable(holder: Any) -> dict[str, Array]:
    """Return the float arrays that an object has as attributes, or as properties with a setter."""
    kind = type(holder)
    properties = {
        name
        for base in kind.__mro__
        for name, value in vars(base).items()
        if isinstance(value, property) and value.fset is not None
    }
    found: dict[str, Array] = {}
    for name in sorted({*properties, *vars(holder)} if hasattr(holder, "__dict__") else properties):
        try:
            value = getattr(holder, name)
        except Exception:  # noqa: BLE001, S112 - a property may raise what it likes
            continue
        if type(value) is np.ndarray and value.dtype.kind == "f" and value.size:
            found[f"{ATTRIBUTE}{name}"] = np.array(value, dtype=np.float64)
    return found
