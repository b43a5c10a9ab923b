"""Nested parameters: every walk over dicts, lists, tuples and dataclasses of arrays."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def flatten(tree: Any, name: str = "") -> dict[str, Any]:
    """Return the leaves of a tree by the path to each, as one would write it.

    >>> flatten({"W": 1, "layers": [{"b": 2}, {"b": 3}]})
    {'W': 1, 'layers[0].b': 2, 'layers[1].b': 3}
    """
    children = _children(tree)
    if children is None:
        return {name: tree}
    found: dict[str, Any] = {}
    for key, child in children:
        path = f"{name}[{key}]" if isinstance(key, int) else f"{name}.{key}" if name else str(key)
        found |= flatten(child, path)
    return found


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return a tree of the same structure with its leaves replaced, in the order of flatten."""
    return tree_map(lambda _: next(leaves), tree)


def leaves_of(tree: Any) -> Iterator[Any]:
    """Yield the leaves of a tree, in the order of flatten."""
    children = _children(tree)
    if children is None:
        yield tree
    else:
        for _, child in children:
            yield from leaves_of(child)


def tree_map(change: Callable[[Any], Any], tree: Any) -> Any:
    """Return a tree of the same structure with each leaf changed, in the order of flatten.

    >>> tree_map(lambda x: 2 * x, {"W": 1, "layers": [{"b": 2}, (3, 4)]})
    {'W': 2, 'layers': [{'b': 4}, (6, 8)]}
    """
    kind = type(tree)
    if kind is tuple or kind is list:  # most nodes are, and need no list of their children
        return kind([tree_map(change, child) for child in tree])
    if kind is dict:
        return {key: tree_map(change, child) for key, child in tree.items()}
    children = _children(tree)
    if children is None:
        return change(tree)
    changed = {key: tree_map(change, child) for key, child in children}
    if issubclass(kind, Mapping):
        return changed
    if dataclasses.is_dataclass(kind):
        return dataclasses.replace(tree, **changed)
    named = hasattr(kind, "_fields")  # a named tuple
    return kind(*changed.values()) if named else kind(changed.values())


def _children(tree: Any) -> list[tuple[Any, Any]] | None:
    """Return the keys and children of a node; None for a leaf."""
    kind: Any = type(tree)
    walk = _walk(kind)
    return None if walk is None else walk(tree)


@functools.lru_cache(maxsize=1024)
def _walk(kind: Any) -> Callable[[Any], list[tuple[Any, Any]]] | None:
    """Return what lists the children of a node of this type; None if it is a leaf's."""
    if issubclass(kind, Mapping):
        return lambda tree: list(tree.items())
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return lambda tree: list(zip(tree._fields, tree, strict=True))
    if issubclass(kind, list | tuple):
        return lambda tree: list(enumerate(tree))
    if dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind) if field.init]
        return lambda tree: [(name, getattr(tree, name)) for name in names]
    return None
