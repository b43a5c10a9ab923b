"""What stands in for functions of SciPy, pandas and `math`, which do not ask their arguments.

They are replaced where they are, in their modules and classes, for the time of a run: a user's
code gets at them in many ways. They ask who calls, so that nobody else sees a difference.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of
from crosscheck.tracing.array import Traced
from crosscheck.tracing.handlers import handle
from crosscheck.tracing.registry import entries, how_many
from crosscheck.tracing.session import current
from crosscheck.tracing.source_locations import is_users

REPLACED_PACKAGES = frozenset({"scipy", "math", "pandas"})
Replacement = tuple[Any, str, Any, Any]  # where it is, its name, the original, what stands in


def replacements() -> tuple[Replacement, ...]:
    """Return what stands in for every function with an entry that is imported by now."""
    return _replacements(how_many())


@functools.lru_cache(maxsize=1)
def _replacements(count: int) -> tuple[Replacement, ...]:
    """Return them for a registry of so many entries."""
    made: dict[tuple[int, str], Replacement] = {}
    for entry in entries():
        package, _, name = entry.name.partition(".")
        if package not in REPLACED_PACKAGES or isinstance(entry.function, np.ufunc):
            continue  # a ufunc asks its arguments
        name = name.rpartition(".")[2] or name
        place = _place(entry.owner, name)
        original = getattr(entry.function, "__func__", entry.function)
        is_bound, keeps = original is not entry.function, package == "pandas"
        answer = _stand_in(original, is_bound=is_bound, keeps_results=keeps)
        made.setdefault((id(place), name), (place, name, original, answer))
    return tuple(made.values())


def _place(owner: Any, name: str) -> Any:
    """The module, or the class that has the method."""
    if isinstance(owner, types.ModuleType):
        return owner
    kind = owner if isinstance(owner, type) else type(owner)
    return next(c for c in kind.__mro__ if name in vars(c))


def _stand_in(
    original: Callable[..., Any], *, is_bound: bool, keeps_results: bool
) -> Callable[..., Any]:
    """Answer the user's calls, and those with traced arguments.

    What SciPy makes of plain arrays may be written into later; what pandas makes stays as it is.
    """

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if current() is None:
            return original(*args, **kwargs)
        caller = sys._getframe(1).f_globals.get("__name__", "")  # noqa: SLF001
        traced = any(type(leaf) is Traced for leaf in leaves_of((args, kwargs)))
        if not traced and (keeps_results or not is_users(caller)):
            return original(*args, **kwargs)
        if is_bound:
            function = types.MethodType(original, _canonical(args[0]))
            return handle("function", function, args[1:], kwargs)
        return handle("function", original, args, kwargs)

    return call


def _canonical(distribution: Any) -> Any:
    """The distribution as `scipy.stats` has it; a frozen one has a copy of its own."""
    name = getattr(distribution, "name", "")
    known = getattr(sys.modules["scipy.stats"], name, None)
    return known if type(known) is type(distribution) else distribution
