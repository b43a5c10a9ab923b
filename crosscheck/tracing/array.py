"""The one array class: real NumPy in front, a recorded program behind.

A `Traced` stands where the user's code expects an array or a NumPy scalar. Its shadow is the
value that the user's own run would have there; it answers `if`, `print`, comparisons, masks
and shapes. What NumPy would compute from it goes through NumPy's protocols to `dispatch`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from crosscheck.errors import LostGradientError
from crosscheck.tracing.buffers import Buffer, positions
from crosscheck.tracing.handlers import handle
from crosscheck.tracing.python_float import PythonFloat, shown
from crosscheck.tracing.registry import public_name
from crosscheck.tracing.source_locations import library_call, site

if TYPE_CHECKING:
    from crosscheck.ir.recording import Origin

Shadow = Any  # np.ndarray, or a NumPy scalar


class Traced(NDArrayOperatorsMixin):
    """An array (or scalar) that may depend on a parameter."""

    __slots__ = ("_node", "_version", "buffer", "origin", "primal")
    __array_priority__ = 1000

    def __init__(self, primal: Shadow, buffer: Buffer, node: int | None = None) -> None:
        """Show `primal`, which lies in the buffer's memory; `node` holds its elements, if known."""
        self.primal = primal
        self.buffer = buffer
        self._node = node
        self._version = buffer.version
        self.origin: Origin | None = None  # of a view: where it was made

    # -- what the value is made of --------------------------------------------------------------

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # isinstance(x, np.ndarray) holds
        """What the user's own run would have here."""
        return float if type(self.primal) is PythonFloat else type(self.primal)

    def cached_node(self) -> int | None:
        """The node of the elements, unless they were written since."""
        return self._node if self._version == self.buffer.version else None

    def cache_node(self, node: int) -> None:
        """Remember the node until the next write."""
        self._node, self._version = node, self.buffer.version

    def positions(self) -> np.ndarray[Any, Any]:
        """Where in the buffer the elements lie; int64, of the value's shape."""
        if isinstance(self.primal, np.generic):
            return np.zeros((), dtype=np.int64)
        return positions(self.primal, self.buffer.memory)

    # -- NumPy's protocols ----------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        """Every ufunc and its methods."""
        return handle("ufunc", ufunc, method, args, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Every other NumPy function."""
        return handle("function", func, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """Plain memory: lent if constant, elements as objects if asked, else an escape."""
        if dtype is not None and np.dtype(dtype) == object:
            return self._elements()
        if self.buffer.tracked:
            maker = library_call()
            by = f" by {public_name(*maker)}" if maker else ""
            array = self._leave(f"a plain NumPy array is made{by}")
        else:
            array = np.asarray(self.primal)
            if isinstance(self.primal, np.ndarray) and not copy:
                array = self.buffer.borrow(self.primal)
        return np.array(array, dtype=dtype, copy=copy)

    def _elements(self) -> np.ndarray[Any, Any]:
        elements = np.empty(self.primal.shape, dtype=object)
        for index in np.ndindex(self.primal.shape):
            elements[index] = self[index]
        return elements

    def _leave(self, how: str) -> np.ndarray[Any, Any]:
        """The shadow as plain numbers; the session decides at the end whether that was harmless."""
        session = self.buffer.session
        if session is None or not self.buffer.tracked:
            return np.array(self.primal)
        copy = session.escape(np.asarray(self.primal), how)
        copy.flags.writeable = False  # what is written there would not reach this array
        return copy

    # -- Python numbers -------------------------------------------------------------------------

    def item(self, *index: Any) -> Any:
        """A Python number, which goes on being traced."""
        if not index:
            return handle("item", self)
        place = np.unravel_index(index[0], self.shape) if len(index) == 1 else index
        return self[tuple(place)].item()

    def _number(self, how: str) -> float:
        number: float = self._leave(how).item()
        session = self.buffer.session
        if session is not None and self.buffer.tracked:
            scalar = self if isinstance(self.primal, np.generic) else self.reshape(-1)[0]
            session.hand_out(number, scalar)
        return number

    def __float__(self) -> float:
        """As NumPy; recorded as an escape."""
        if self.primal.size != 1:
            float(self.primal)  # NumPy's own error
        return self._number("a plain Python float is taken")

    def __complex__(self) -> complex:
        """As NumPy; recorded as an escape."""
        return complex(float(self))

    def tolist(self) -> Any:
        """Nested lists of Python floats, each of them traced."""
        if self.ndim == 0:
            return self.item()
        return [part.tolist() for part in self]

    def _stepped(self) -> Shadow:
        """The shadow, for a step function: nothing is lost, but it may decide what is done."""
        if self.buffer.session is not None and self.buffer.tracked:
            self.buffer.session.decides = True
        return self.primal

    def __int__(self) -> int:
        """As NumPy: a step function, so nothing is lost."""
        return int(self._stepped())

    def __index__(self) -> int:
        """As NumPy: refused for floats."""
        return operator.index(self.primal)

    def __bool__(self) -> bool:
        """As NumPy."""
        return bool(self._stepped())

    def __round__(self, digits: int | None = None) -> Any:
        """As NumPy: a step function."""
        return round(shown(self._stepped()), *([] if digits is None else [digits]))

    # -- text -----------------------------------------------------------------------------------

    def _for_text(self) -> Shadow:
        left = self._leave("text is made of it")
        return left if isinstance(self.primal, np.ndarray) else type(self.primal)(left)

    def __repr__(self) -> str:
        """As NumPy; text can be read back, so it is recorded as an escape."""
        return repr(self._for_text())

    def __str__(self) -> str:
        """As NumPy; recorded as an escape."""
        return str(self._for_text())

    def __format__(self, spec: str) -> str:
        """As NumPy; recorded as an escape."""
        return format(self._for_text(), spec)

    # -- container ------------------------------------------------------------------------------

    def __len__(self) -> int:
        """As NumPy."""
        return len(self.primal)

    def __iter__(self) -> Iterator[Any]:
        """As NumPy: rows are views."""
        iter(self.primal)  # NumPy's own error for scalars
        return (self[i] for i in range(len(self)))

    def __contains__(self, element: Any) -> bool:
        """As NumPy."""
        return bool((self._stepped() == getattr(element, "primal", element)).any())

    def __getitem__(self, key: Any) -> Any:
        """As NumPy: a view for a basic index, a copy for masks and index arrays."""
        return handle("read", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        """As NumPy: seen by every view of the same memory."""
        handle("write", self, key, value)

    def __hash__(self) -> int:
        """As NumPy: scalars only."""
        return hash(self._stepped())

    def __pow__(self, other: Any) -> Any:
        """As NumPy, which squares for `** 2`."""
        return handle("power", self, other)

    def __copy__(self) -> Any:
        """As NumPy: new memory."""
        return np.copy(self)

    def __deepcopy__(self, memo: Any) -> Any:
        """As NumPy: new memory."""
        return np.copy(self)

    def __reduce__(self) -> Any:
        """Refused: a pickle has no gradient."""
        msg = f"{site()}\npickles an array that is being traced; keep it as it is, or copy it."
        raise LostGradientError(msg)

    def __getattr__(self, name: str) -> Any:
        """Shape, dtype and such from the shadow; methods as the NumPy function of that name."""
        return handle("attribute", self, name)


def _binary(name: str) -> Any:
    """An operator that leaves a sparse matrix to itself, as an array's does."""
    mixin = getattr(NDArrayOperatorsMixin, f"__{name}__")

    def operate(self: Traced, other: Any) -> Any:
        kind = type(other)
        if hasattr(kind, "__array_priority__") and not hasattr(kind, "__array_ufunc__"):
            return NotImplemented
        return mixin(self, other)

    return operate


for _name in ("add", "sub", "mul", "truediv", "matmul"):
    setattr(Traced, f"__{_name}__", _binary(_name))


def _in_place(name: str) -> Any:
    """An in-place operator: a new value for a scalar, a write through all views for an array."""
    mixin = getattr(NDArrayOperatorsMixin, f"__i{name}__")
    outwards = getattr(Traced, f"__{name}__")

    def operate(self: Traced, other: Any) -> Any:
        return (outwards if isinstance(self.primal, np.generic) else mixin)(self, other)

    return operate


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Traced, f"__i{_name}__", _in_place(_name))
