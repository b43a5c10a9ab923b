"""One run of the user's function: what it recorded, and what left the recording."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from crosscheck.ir.program import Array, Node, Program, prune
from crosscheck.ir.recording import BRANCHING, ORDER, Escape, Expression, Note, Origin, Switch
from crosscheck.tracing.source_locations import Origins, expression, site
from crosscheck.tracing.ties import Side


class Session:
    """The recording of one run.

    `disturb` says which escapes are handed out with other values than the true ones: a run whose
    program does not change then has not used them (see `escapes`). `origins` tells where each node
    comes from; that takes as long as recording it, so it is asked for only by who needs it. `side`
    decides comparisons of equal numbers (see `ties`).
    """

    def __init__(
        self,
        disturb: Callable[[Escape], bool] = lambda _: False,
        origins: Origins | None = None,
        side: Side = 0,
    ) -> None:
        """Start an empty recording."""
        self.side = side
        self.nodes: list[Node] = []
        self.origins: list[Origin] = []
        self.constants: list[Array] = []
        self.masks: dict[int, int] = {}
        self.escapes: list[Escape] = []
        self.switches: list[tuple[Switch, int, int]] = []  # and the nodes of its operands
        self.orders: list[tuple[Expression, int]] = []  # a hash of what was chosen there
        self.notes: dict[Note, None] = {}  # in their order
        self.decides = False  # whether a number became something that has no gradient
        self.open = True
        self._disturb = disturb
        self._origins = origins
        self._lock = threading.Lock()
        # by id; the float itself is kept, so that its id is not given to another
        self._handed: dict[int, tuple[float, Any]] = {}

    def node(
        self,
        operation: str,
        *inputs: int,
        static: tuple[Any, ...] = (),
        origin: Origin | None = None,
    ) -> int:
        """Record a primitive; its number. `origin`: where it comes from, if not from here."""
        if operation in BRANCHING:
            for other in inputs[1:]:
                self.switch(operation, inputs[0], other)
        with self._lock:
            return self._append(Node(operation, inputs, static), origin)

    def switch(self, operation: str, left: int, right: int) -> None:
        """Note that what is computed depends on which of two operands is larger."""
        self.switches.append((Switch(operation, expression()), left, right))

    def order(self, chosen: Array, node: int, left: Array, right: Array) -> None:
        """Note which entries were chosen; others are, where a left one is larger than a right one.

        `left` and `right` are places in the node's elements.
        """
        places = (self.constant(np.asarray(index)) for index in (left, right))
        self.switch(ORDER, *(self.node("gather", node, place) for place in places))
        self.orders.append((self.switches[-1][0].place, hash(chosen.tobytes())))

    def note(self, text: str, *, is_convention: bool = False) -> None:
        """Note what the user's expression does that no point can tell."""
        self.notes[Note(expression(), text, is_convention)] = None

    def margins(self) -> Program | None:
        """Return a program that computes left − right of every switch."""
        outputs = [self.node("subtract", left, right) for _, left, right in self.switches]
        return self.program(outputs)[0] if outputs else None

    def constant(self, array: Any, among: int = 0) -> int:
        """Record numbers that no parameter changes; they are copied.

        `among`: they are places that a mask chose among so many.
        """
        with self._lock:
            if among:
                self.masks[len(self.constants)] = among
            self.constants.append(np.array(array, order="C"))
            return self._append(Node("constant", (), (len(self.constants) - 1,)))

    def here(self) -> Origin | None:
        """Where the user's code is; None where that was not asked for."""
        return None if self._origins is None else self._origins.here()

    def _append(self, node: Node, origin: Origin | None = None) -> int:
        self.nodes.append(node)
        if self._origins is not None:
            self.origins.append(origin or self._origins.here())
        return len(self.nodes) - 1

    def program(self, outputs: Sequence[int]) -> tuple[Program, tuple[Origin, ...]]:
        """What was recorded, as far as `outputs` need it, and where each node comes from."""
        program, kept = prune(self.nodes, self.constants, outputs, self.masks)
        return program, tuple(self.origins[n] for n in kept) if self.origins else ()

    def escape(self, value: Array, how: str) -> Array:
        """A plain copy of `value`, noted down; another value where the run disturbs it."""
        escape = Escape(site(), how)
        self.escapes.append(escape)
        if not self._disturb(escape):
            return value.copy()
        # equal numbers stay equal, different ones are changed differently and do not cancel
        factor = 1 + 1e-3 * np.cos(1e4 * np.nan_to_num(value.real.astype(float)) + 1)
        disturbed: Array = np.where(value == 0, 1e-6 * factor, value * factor)
        return disturbed.astype(value.dtype)

    def hand_out(self, number: float, source: Any) -> float:
        """Remember which traced scalar a Python float came from."""
        self._handed[id(number)] = (number, source)
        return number

    def source_of(self, number: object) -> Any:
        """The traced scalar that this very float came from, else None."""
        return self._handed.get(id(number), (None, None))[1]

    def successor(self) -> Session:
        """A session of the same recording: its nodes, constants and escapes are these."""
        other = Session(self._disturb)
        vars(other).update({**vars(self), "open": True})
        return other


_current: ContextVar[Session | None] = ContextVar("session", default=None)


def current() -> Session | None:
    """The run that this thread is in."""
    return _current.get()


def renewed(root: Session, former: Session | None) -> Session:
    """Go on in a new session of the recording `root`, in which what was computed is constants.

    For a run that has a leaf anew, such as a loop over steps of descent: what depends on the
    former leaf does not depend on the new one, and need not be recorded again with every pass.
    """
    if former is not None:
        former.open = False
    session = root.successor()
    _current.set(session)
    return session


class recording:  # noqa: N801  # reads as what it is: `with recording() as session`
    """Open a session for this thread; it is closed, whatever happens."""

    def __init__(self, session: Session) -> None:
        """Take the session to open."""
        self.session = session

    def __enter__(self) -> Session:
        """Make the session the current one."""
        self._token = _current.set(self.session)
        return self.session

    def __exit__(self, *_: object) -> None:
        """Close it: arrays that outlive the run are constants from now on."""
        self.session.open = False
        _current.reset(self._token)
