"""What a traced array does when it is asked: filled in by the rules, which know the array.

The array class knows no rule, and every rule knows the array class: imports point one way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_HANDLERS: dict[str, Callable[..., Any]] = {}


def handles(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the one that answers `handle(name, …)`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _HANDLERS[name] = function
        return function

    return register


def handle(name: str, *args: Any) -> Any:
    """Answer by the registered function."""
    return _HANDLERS[name](*args)
