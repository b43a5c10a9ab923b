"""What stands in for `float`, `type`, `np.float64` and `np.float32` in the user's modules.

`float(w)` of a traced number goes on being traced, and `type(w)` is what it is without tracing.
As a dtype, in `isinstance` and in comparisons each is the type that it stands for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crosscheck.tracing import values
from crosscheck.tracing.session import current


class StandIn:
    """A type, as the user's code sees it during a run."""

    def __init__(self, original: type, dtype: Any = None) -> None:
        """Stand for `original`, which NumPy takes for `dtype`."""
        self.original = original
        if dtype is not None:
            self.dtype = np.dtype(dtype)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Convert one traced number, or ask it for its type; else what the type itself does."""
        if current() is not None and len(args) == 1 and not kwargs:
            if self.original is type:
                return OF_TYPES.get(args[0].__class__, args[0].__class__)
            (number,) = values.with_sources(args)
            if values.is_tracked(number) and number.size == 1:
                self.original(number.primal)  # NumPy's own errors
                return values.as_number(number, self.original)
        return self.original(*args, **kwargs)

    def __instancecheck__(self, instance: Any) -> bool:
        """As of the type."""
        return isinstance(instance, self.original)

    def __subclasscheck__(self, subclass: Any) -> bool:
        """As of the type."""
        return issubclass(getattr(subclass, "original", subclass), self.original)

    def __eq__(self, other: object) -> bool:
        """As of the type."""
        return getattr(other, "original", other) is self.original

    def __hash__(self) -> int:
        """As of the type."""
        return hash(self.original)

    def __or__(self, other: Any) -> Any:
        """A union of types."""
        return self.original | getattr(other, "original", other)

    def __ror__(self, other: Any) -> Any:
        """A union of types."""
        return other | self.original

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        """A class that is made of the type."""
        return (self.original,)

    def __repr__(self) -> str:
        """As of the type."""
        return repr(self.original)

    def __getattr__(self, name: str) -> Any:
        """As of the type."""
        if name == "dtype":
            raise AttributeError(name)
        return getattr(self.original, name)


FLOAT = StandIn(float, float)
OF_NUMPY = {name: StandIn(getattr(np, name), name) for name in ("float64", "float32")}
OF_TYPES: dict[Any, StandIn] = {one.original: one for one in (FLOAT, *OF_NUMPY.values())}
# Names of Python's own, which a module finds without having them; they are added to it.
BUILTINS = {"float": FLOAT, "type": StandIn(type)}
