"""Memory that arrays share: NumPy's own, and beside it the node that holds the same elements.

NumPy decides what is a view and what is a copy: the shadow of every traced array is a real NumPy
array over the buffer's memory, and where its elements lie says which elements of the node it
shows. So a write through any view reaches every other view, as it does without tracing.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from crosscheck.errors import LostGradientError
from crosscheck.ir.recording import Site
from crosscheck.tracing.source_locations import site

if TYPE_CHECKING:
    from crosscheck.ir.program import Array
    from crosscheck.tracing.session import Session


class BorrowedView:
    """What a plain array over a buffer's memory keeps alive, so that one sees when it is gone."""

    def __init__(self, array: Array) -> None:
        """Offer the memory of `array`, which NumPy finds by `__array_interface__`."""
        self.array = array
        self.__array_interface__ = array.__array_interface__


class Buffer:
    """One allocation.

    `memory` is 1-D, in memory order. `node`, when an element depends on a parameter, is the
    number of a node that has the same elements when it is flattened; else None.
    """

    __slots__ = ("_borrowed", "_node", "memory", "session", "version")

    def __init__(self, memory: Array, session: Session | None, node: int | None) -> None:
        """Memory that no one else writes."""
        self.memory = memory
        self.session = session
        self.version = 0
        self._node = node
        self._borrowed: list[tuple[weakref.ref[BorrowedView], Site]] = []

    @property
    def tracked(self) -> bool:
        """Whether an element depends on a parameter of a run that is going on."""
        return self._node is not None and self.session is not None and self.session.open

    def node_in(self, session: Session) -> int:
        """The node that holds the memory; a constant while nothing depends on a parameter."""
        if self.tracked and self._node is not None:
            return self._node
        return session.constant(self.memory)

    def refuse_while_lent(self) -> None:
        """Stop a traced write that a plain array over this memory would show without gradient.

        Raises:
            LostGradientError: such an array is still in use.

        """
        for loan, where in self._borrowed:
            if loan() is not None:
                msg = (
                    f"{site()}\nwrites a traced value into an array that plain NumPy still holds, "
                    f"since\n{where}\nUse a copy there, or make the array anew before writing."
                )
                raise LostGradientError(msg)

    def rebind(self, session: Session, node: int) -> None:
        """Hold another node from now on."""
        self.session, self._node = session, node
        self.version += 1

    def borrow(self, view: Array) -> Array:
        """A plain array over `view`; no traced value can be written while it is in use."""
        loan = BorrowedView(view)
        self._borrowed = [pair for pair in self._borrowed if pair[0]() is not None]
        self._borrowed.append((weakref.ref(loan), site()))
        return np.asarray(loan)


def memory_order(array: Array) -> tuple[int, ...]:
    """The axes from the slowest to the fastest in memory."""
    return tuple(sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis])))


def flat_memory(array: Array) -> tuple[Array, Array]:
    """The array, copied if it has gaps or repeats, and its memory as one dimension."""
    transposed = array.transpose(memory_order(array))
    if not (transposed.flags.c_contiguous and transposed.flags.writeable):
        array = array.copy(order="K")
        transposed = array.transpose(memory_order(array))
    return array, transposed.reshape(-1)


def address(array: Array) -> int:
    """Where the first element lies."""
    return int(array.__array_interface__["data"][0])


def positions(view: Array, memory: Array, numbers: Array | None = None) -> Array:
    """The number of each of the view's elements in `memory`; int64, laid out as the view is.

    The layout matters where NumPy looks at it, as in `ravel(order="K")`. `numbers` are those of
    the memory's elements, by default 0, 1, 2, ….
    """
    if numbers is None:
        numbers = np.arange(memory.size)
    start = (address(view) - address(memory)) // memory.itemsize
    strides = [stride * numbers.itemsize // memory.itemsize for stride in view.strides]
    return as_strided(numbers[start:], view.shape, strides)


def shares(array: Any, buffer: Buffer) -> bool:
    """Whether a result lies in a buffer's memory (allocations do not overlap)."""
    return (
        isinstance(array, np.ndarray)
        and array.size > 0
        and bool(np.may_share_memory(array, buffer.memory))
    )
