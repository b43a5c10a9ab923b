"""Nested parameters as flat, named arrays, and back: dicts, lists, tuples, dataclasses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def flatten(tree: Any, name: str = "") -> dict[str, Any]:
    """Return the leaves of a tree by the path to each, as one would write it.

    >>> flatten({"W": 1, "layers": [{"b": 2}, {"b": 3}]})
    {'W': 1, 'layers[0].b': 2, 'layers[1].b': 3}
    """
    children = _children(tree)
    if children is None:
        return {name: tree}
    leaves: dict[str, Any] = {}
    for key, child in children:
        path = f"{name}[{key}]" if isinstance(key, int) else f"{name}.{key}" if name else str(key)
        leaves |= flatten(child, path)
    return leaves


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return a tree of the same structure with its leaves replaced, in the order of flatten."""
    children = _children(tree)
    if children is None:
        return next(leaves)
    changed = {key: rebuild(child, leaves) for key, child in children}
    if isinstance(tree, Mapping):
        return changed
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return dataclasses.replace(tree, **changed)
    if hasattr(tree, "_fields"):  # a named tuple
        return type(tree)(*changed.values())
    return type(tree)(changed.values())


def _children(tree: Any) -> list[tuple[Any, Any]] | None:
    """Return the keys and children of a node; None for a leaf."""
    if isinstance(tree, Mapping):
        return list(tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return list(zip(tree._fields, tree, strict=True))
    if isinstance(tree, list | tuple):
        return list(enumerate(tree))
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [(field.name, getattr(tree, field.name)) for field in dataclasses.fields(tree)]
    return None
