"""A claim's cells, run again: the variable a leaf, the loss evaluated at each gradient.

The left side of a claim is read after every statement that assigns it, or changes it without an
assignment, as a method may. There the loss, any expression, is evaluated, and both are kept: a
snapshot. A None or zeros that make room for a gradient are not kept. The variable becomes a new
leaf whenever it is assigned or changed, so that a loss that was computed before an update does not
depend on the updated weights.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.textbook.child.instrument import PROBE, Step, root
from crosscheck.textbook.child.snapshot import replaced
from crosscheck.textbook.claims import EXPRESSION
from crosscheck.tracing import LostGradientError, values
from crosscheck.tracing.monkeypatch import stand_in
from crosscheck.tracing.session import Session, current, renewed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from types import CodeType

    from crosscheck.ir.program import Array
    from crosscheck.textbook.claims import Claim

MISSING = object()


class EnoughError(BaseException):
    """There are as many snapshots as the limit; `except Exception` in a book does not catch it."""


@dataclass(frozen=True)
class Script:
    """Compiled cells with probes, the probed statements, and whether the cell may raise.

    A cell that raised when the book was run may raise again.
    """

    parts: tuple[tuple[CodeType, Sequence[Step], bool], ...]


@dataclass(frozen=True)
class ClaimSnapshot:
    """The values of a claim at one statement.

    Attributes:
        line: the line of the left side's assignment; 0 for the end of the cell.
        actual: the value of the left side.
        loss: the loss, traced or plain.
        turn: how often the variable has been assigned or changed so far.
        leaf: how many leaves it has been so far.
        error: why there is no loss.

    """

    line: int
    actual: Array
    loss: Any
    turn: int
    leaf: int
    error: str = ""

    @property
    def blank(self) -> bool:
        """Whether the left side has no gradient yet: None, or zeros."""
        return self.actual.dtype.kind == "O" or not self.actual.any()


@dataclass
class Replay:
    """One run for one claim.

    Attributes:
        claim: the claim.
        namespace: the book's names; the run changes them.
        sampled: the places whose values are sampled.
        leaf: makes a leaf of the variable's value; None leaves it as it is.
        datum: makes traced data of other arrays; None leaves them as they are.
        sample: returns other values for the places in `sampled`; None leaves them as they are.
        limit: the largest number of snapshots.
        renew: whether the variable is a new leaf after each snapshot, too.
        relevant: the numbers of the escapes from the trace between a leaf and a snapshot; a number
            that leaves the trace later cannot come back into that loss.

    """

    claim: Claim
    namespace: dict[str, Any]
    sampled: Collection[str] = ()
    leaf: Callable[[Array], Any] | None = None
    datum: Callable[[Array], Any] | None = None
    sample: Callable[[Array], Array] | None = None
    limit: int = 1000
    renew: bool = False
    snapshots: list[ClaimSnapshot] = field(default_factory=list)
    turns: int = 0
    leaves: int = 0
    relevant: set[int] = field(default_factory=set)
    root: Session | None = None
    live: Session | None = None

    def run(self, script: Script) -> list[ClaimSnapshot]:
        """Run the cells; return the snapshots of the last one."""
        self.fingerprints: dict[str, bytes] = {}
        self.former: Any = MISSING
        self.root = current()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                if current() is not None:
                    stand_in(self.namespace)
                for place in dict.fromkeys((*self.sampled, self.claim.variable)):
                    self._update(place, None)
                for number, (code, steps, raises) in enumerate(script.parts, 1):
                    self.snapshots.clear()
                    self.steps, self.claimed = steps, number == len(script.parts)
                    self._remember_left()
                    self.namespace[PROBE] = self._probe
                    try:
                        exec(code, self.namespace)  # noqa: S102 - the book's own code
                    except LostGradientError:
                        raise
                    except Exception:
                        # What follows the gradient may not stand other values, or traced arrays.
                        if not raises and not self.snapshots:
                            raise
            except EnoughError:
                return self.snapshots
            finally:
                self.namespace.pop(PROBE, None)
            if not self.snapshots:
                self._take_snapshot(0)
        return self.snapshots

    def _probe(self, number: int) -> None:
        """Update after a statement: the left side first, which has the former values."""
        step = self.steps[number]
        if step.imports and current() is not None:
            stand_in(self.namespace)
        if self.datum is not None:  # a class or a generator may have made plain arrays
            for name in step.touched & self.namespace.keys():
                self.namespace[name] = replaced(self.namespace[name], self.datum)
        before = len(self.snapshots)
        if self.claimed:
            self._read_left(step)
        for place in dict.fromkeys((*self.sampled, self.claim.variable)):
            self._update(place, step, again=self.renew and len(self.snapshots) > before)

    # -- the variables ----------------------------------------------------------------------------

    def _update(self, place: str, step: Step | None, *, again: bool = False) -> None:
        """Replace a variable's value where it has just been assigned or changed, or once more."""
        value = self._value(place)
        if value is MISSING or (array := numbers(value)) is None:
            return
        assigned = step is not None and (step.assigns(place) or step.completes(place))
        turned = assigned or self.fingerprints.get(place) != fingerprint(array)
        if not (turned or again):
            return
        fresh = step is None or (step.assigns(place) and not step.completes(place))
        new: Any = array
        if self.sample is not None and fresh and place in self.sampled:
            new = self.sample(array)
        if self.leaf is not None and place == self.claim.variable:
            if self.root is not None:
                self.live = renewed(self.root, self.live)
                self.escaped = len(self.root.escapes)
            new = self.leaf(np.asarray(new, dtype=np.float64))
        if place == self.claim.variable:
            self.turns += turned
            self.leaves += 1
        if new is not array:
            self._put(place, value, new)
        self.fingerprints[place] = fingerprint(numbers(self._value(place)))

    def _put(self, place: str, value: Any, new: Any) -> None:
        """Give a variable another value; in place where it is an array: it may have two names."""
        same = np.shape(value) == np.shape(new) and np.result_type(value) == np.result_type(new)
        traced = values.is_traced(new) and not values.is_traced(value)
        if isinstance(value, np.ndarray) and same and not traced and value.flags.writeable:
            value[...] = new
            return
        if isinstance(new, np.ndarray) and new.ndim == 0 and not isinstance(value, np.ndarray):
            new = new[()]
        self.namespace["__crosscheck_value__"] = new
        exec(f"{place} = __crosscheck_value__", self.namespace)  # noqa: S102 - a checked name
        del self.namespace["__crosscheck_value__"]

    # -- the left side ----------------------------------------------------------------------------

    def _read_left(self, step: Step) -> None:
        """Keep a snapshot where the left side has just been assigned or changed."""
        left = self.claim.left
        if not is_place(left) or (value := self._value(left)) is MISSING:
            return
        if step.makes(left, self.claim.variable):  # a network with room for its gradients
            return
        completes, former = step.completes(left), self.former
        if not (step.assigns(left) or completes) and self._fingerprint_of(value) == former:
            return
        self.former = self._fingerprint_of(value)
        last = self.snapshots[-1] if self.snapshots else None
        same = last is not None and last.turn == self.turns
        if last and ((same and completes) or (last.blank and (same or last.error))):
            self.snapshots.pop()  # it was not complete yet
        elif len(self.snapshots) >= self.limit:
            raise EnoughError
        self._take_snapshot(step.line)

    def _remember_left(self) -> None:
        """Remember the left side before the cell: that value is not the cell's."""
        value = self._value(self.claim.left) if is_place(self.claim.left) else MISSING
        self.former = MISSING if value is MISSING else self._fingerprint_of(value)

    @staticmethod
    def _fingerprint_of(value: Any) -> Any:
        array = numbers(value)
        return None if array is None else fingerprint(array)

    def _take_snapshot(self, line: int) -> None:
        """Evaluate the loss and the left side, and keep both."""
        actual, loss, error = np.empty(0), None, ""
        try:
            side = self._evaluated(self.claim.left)
            actual = np.array(values.plain(values.as_array(side)))
            if actual.dtype.kind not in "fiub":
                error = f"{self.claim.left} is {side!r}; a gradient is an array of numbers"
            loss = self._evaluated(self.claim.loss)
            error = error or _not_one_number(loss, self.claim.loss)
            loss = self._kept(loss)
        except LostGradientError:
            raise
        except Exception as raised:  # noqa: BLE001 - reported beside the claim
            error = f"cannot be evaluated: {type(raised).__name__}: {raised}"
        if self.live is not None:
            self.relevant |= set(range(self.escaped, len(self.live.escapes)))
        if not self.leaves:
            error = f"{self.claim.variable} has no number there; assign it above the gradient"
        self.snapshots.append(ClaimSnapshot(line, actual, loss, self.turns, self.leaves, error))

    def _evaluated(self, expression: str) -> Any:
        """Return the value of a side of the claim in the book's namespace."""
        return eval(compile(expression, EXPRESSION, "eval"), self.namespace)  # noqa: S307

    def _kept(self, loss: Any) -> Any:
        """Return a traced loss that stays traced when the variable becomes a new leaf."""
        loss = values.with_sources(loss)
        if self.root is None or self.live is None or not values.is_tracked(loss):
            return loss
        return values.fresh(values.plain(loss), self.root, values.node_of(loss, self.live))

    def _value(self, place: str) -> Any:
        """Return the present value of a place, or MISSING."""
        if root(place) not in self.namespace:
            return MISSING
        try:
            return eval(place, self.namespace)  # noqa: S307 - a name, an attribute or an item
        except Exception:  # noqa: BLE001 - not yet there
            return MISSING


def left_of(claim: Claim, namespace: dict[str, Any]) -> Array | None:
    """Return the present value of a claim's left side; None if it is no place with numbers."""
    if not is_place(claim.left) or root(claim.left) not in namespace:
        return None
    try:
        array = numbers(eval(claim.left, namespace))  # noqa: S307 - a name, an attribute or an item
    except Exception:  # noqa: BLE001 - not there
        return None
    return None if array is None else np.array(array)


def numbers(value: Any) -> Array | None:
    """Return a value as plain numbers; None for text, lists, objects and booleans."""
    if not isinstance(value, np.ndarray | np.generic | float | int) or isinstance(value, bool):
        return None
    array = np.asarray(values.plain(value))
    return array if array.dtype.kind in "fiu" else None


def _not_one_number(loss: Any, expression: str) -> str:
    """Return why a value is not a loss; "" if it is one."""
    array = numbers(values.with_sources(loss))
    if array is not None and array.size == 1:
        return ""
    what = repr(loss) if array is None else f"of shape {array.shape}"
    return f"{expression} is {what}; a loss is one number: sum it, d(np.sum({expression}))"


def fingerprint(array: Array | None) -> bytes:
    """Return bytes that differ between different arrays."""
    return (
        b"" if array is None else repr((array.shape, array.dtype.kind)).encode() + array.tobytes()
    )


def is_place(text: str) -> bool:
    """Return whether an expression can be assigned to: a name, a.b, a['b']."""
    try:
        compile(f"{text} = 0", "<claim>", "exec")
    except SyntaxError:
        return False
    return True
