"""Gradients that a function returns for parameters that it was not given: by name, or by shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.objects.pairs import named_alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.objects.walk import Path

    Shape = tuple[int, ...]


def in_returned(
    result: Any, parameters: Mapping[str, tuple[Path, Any]], order: Sequence[str] | None = None
) -> dict[str, Path]:
    """Return parameter -> the path of its gradient in what was returned; {} where there is none.

    Args:
        result: a mapping, whose keys tell; or a sequence, whose shapes do.
        parameters: name -> its path in its object, and its array.
        order: the names in the order of the sequence, where somebody has said so.

    Raises:
        ValueError: several parameters have the shape of a gradient.

    """
    if isinstance(result, Mapping):
        return {name: (key,) for name, key in named_alike(result, parameters).items()}
    if isinstance(result, np.ndarray):
        return dict.fromkeys(in_returned((result,), parameters, order), ())
    if not isinstance(result, list | tuple):
        return {}
    if order is not None:
        return {name: (i,) for i, name in enumerate(order)}
    groups = _groups(parameters)
    found: dict[str, Path] = {}
    for i, part in enumerate(result):
        shapes = _shapes(part)
        fitting = [members for members in groups if _group_shapes(members, parameters) == shapes]
        if len(fitting) > 1:
            names = ", ".join(members[0] for members in fitting)
            msg = (
                f"gradient {i} of those that were returned has the shape of {names}; say in which "
                f"order they come: grads={list(parameters)}, in that order"
            )
            raise ValueError(msg)
        if not fitting:
            return {}  # these are not, or not all, gradients of parameters
        is_list = isinstance(part, list | tuple)
        found |= {name: (i, j) if is_list else (i,) for j, name in enumerate(fitting[0])}
    return found


def _groups(parameters: Mapping[str, tuple[Path, Any]]) -> list[list[str]]:
    """Return the names, those of one list together."""
    found: dict[Any, list[str]] = {}
    for name, (path, _) in parameters.items():
        in_list = len(path) > 1 and isinstance(path[-1], int)
        found.setdefault(path[:-1] if in_list else (path,), []).append(name)
    return list(found.values())


def _group_shapes(members: Sequence[str], parameters: Mapping[str, tuple[Path, Any]]) -> Any:
    shapes = [np.shape(parameters[name][1]) for name in members]
    in_list = len(parameters[members[0]][0]) > 1 and isinstance(parameters[members[0]][0][-1], int)
    return shapes if in_list else shapes[0]


def _shapes(part: Any) -> Any:
    """Return the shape of an array, or those of a list of them; None for anything else."""
    if isinstance(part, list | tuple):
        return [np.shape(array) for array in part]
    return np.shape(part) if isinstance(part, np.ndarray | np.floating) else None
