"""The messages from the child to its parent, as JSON: reading them runs no code.

A book is not trusted with the parent's process: arrays are bytes of a known dtype, a program is the
names of primitives and the numbers of their inputs, and all of it is checked.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.program import Node, Program, Structure
from crosscheck.ir.recording import Expression, Origin, Recording

if TYPE_CHECKING:
    from crosscheck.ir.program import Array

KINDS = "biuf"
LARGEST = 2**28  # bytes of an array


class GarbledError(ValueError):
    """A message that the child cannot have written."""


@dataclass(frozen=True)
class Recorded:
    """A snapshot of a claim in one run of the book.

    Attributes:
        run: 0 with the book's own values, otherwise the number of the sampled ones.
        number: its number among the run's snapshots, from 1.
        line: the line of the gradient's assignment; 0 for the end of the cell.
        leaf: the value of the variable.
        actual: the value of the hand-written gradient.
        loss: the value of the loss.
        program: the loss as a function of leaf 0.
        origins: the source of each of its nodes.

    """

    run: int
    number: int
    line: int
    leaf: Array
    actual: Array
    loss: Array
    program: Program
    origins: tuple[Origin, ...] = ()

    @property
    def depends(self) -> bool:
        """Whether the loss depends on the variable."""
        return any(node.operation == "leaf" for node in self.program.structure.nodes)

    @property
    def recording(self) -> Recording:
        """The snapshot as a recording."""
        return Recording(self.program, (self.leaf,), self.loss, (), self.origins)


def to_wire(recorded: Recorded) -> dict[str, Any]:
    """Return a snapshot as values that JSON has."""
    structure = recorded.program.structure
    return {
        **{name: getattr(recorded, name) for name in ("run", "number", "line")},
        **{name: _packed(getattr(recorded, name)) for name in ("leaf", "actual", "loss")},
        "nodes": [[node.operation, node.inputs, node.static] for node in structure.nodes],
        "output": structure.outputs[0],
        "constants": [_packed(constant) for constant in recorded.program.constants],
        "origins": [
            [origin.call, [list(vars(place).values()) for place in origin.stack]]
            for origin in recorded.origins
        ],
    }


def from_wire(message: Any) -> Recorded:
    """Return the snapshot of a message; raise GarbledError if it is not one."""
    try:
        constants = tuple(_unpacked(packed) for packed in message["constants"])
        nodes = [
            Node(operation, tuple(inputs), _static(static))
            for operation, inputs, static in message["nodes"]
        ]
        for number, node in enumerate(nodes):
            _check(node, number, len(constants))
        recorded = Recorded(
            int(message["run"]),
            int(message["number"]),
            int(message["line"]),
            _unpacked(message["leaf"]),
            _unpacked(message["actual"]),
            _unpacked(message["loss"]),
            Program(Structure(tuple(nodes), (range(len(nodes))[message["output"]],)), constants),
            tuple(_origin(call, stack) for call, stack in message["origins"]),
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        msg = f"not a snapshot: {type(error).__name__}: {error}"
        raise GarbledError(msg) from None
    return recorded


def _check(node: Node, number: int, constants: int) -> None:
    """Raise ValueError for a node that no recording has; backends check the operation."""
    operation: object = node.operation
    if not isinstance(operation, str) or any(i not in range(number) for i in node.inputs):
        msg = f"node {number} is {node.operation!r} of {node.inputs!r}"
        raise ValueError(msg)
    known = {"leaf": 1, "constant": constants}.get(node.operation)
    if known is not None and node.static[0] not in range(known):
        msg = f"there is no {node.operation} {node.static[0]}"
        raise ValueError(msg)


def _origin(call: Any, stack: Any) -> Origin:
    places = (Expression(str(f), int(line), int(c), str(text)) for f, line, c, text in stack)
    return Origin(tuple(places), int(call))


def _packed(array: Array) -> list[Any]:
    array = np.ascontiguousarray(array).reshape(np.shape(array))
    return [array.dtype.str, array.shape, base64.b64encode(array.tobytes()).decode()]


def _unpacked(packed: Any) -> Array:
    kind, shape, text = packed
    dtype = np.dtype(str(kind))
    if dtype.kind not in KINDS or math.prod(shape) * dtype.itemsize > LARGEST:
        msg = f"an array of {dtype} and shape {shape}"
        raise ValueError(msg)
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy()


def _static(value: Any) -> Any:
    return tuple(_static(part) for part in value) if isinstance(value, list) else value
