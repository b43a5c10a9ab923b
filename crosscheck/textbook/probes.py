"""A cell's source with a call after every statement, from which one can look at the namespace."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PROBE = "__crosscheck_probe__"
BLOCKS = ("body", "orelse", "finalbody")


@dataclass(frozen=True)
class Step:
    """One statement that has just run: what it assigned, as source text, and at which line.

    `reads`: the names on its right side. `builds`: whether it changes what was there (`+=`).
    """

    line: int
    sets: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    builds: bool = False
    imports: bool = False

    def assigns(self, place: str) -> bool:
        """Return whether it assigned the place, or something that the place is a part of."""
        return any(place == text or place.startswith((f"{text}.", f"{text}[")) for text in self.sets)

    def completes(self, place: str) -> bool:
        """Return whether it goes on from the place's former value: `+=`, `a[i] = …`, `a = a / n`."""
        partly = any(text.startswith((f"{place}.", f"{place}[")) for text in self.sets)
        return partly or (self.assigns(place) and (self.builds or root(place) in self.reads))


def root(place: str) -> str:
    """Return the name that a place begins with."""
    return place.partition(".")[0].partition("[")[0]


def probed(tree: ast.Module) -> tuple[ast.Module, list[Step]]:
    """Return the tree with a call of PROBE after each statement, and the statements by number.

    Functions and classes stay as they are: their names are their own.
    """
    steps: list[Step] = []
    tree = copy.deepcopy(tree)
    tree.body = _block(tree.body, steps)
    return ast.fix_missing_locations(tree), steps


def _block(statements: Iterable[ast.stmt], steps: list[Step]) -> list[ast.stmt]:
    """Return a block with its probes."""
    result: list[ast.stmt] = []
    for statement in statements:
        result.append(statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in BLOCKS:
            if block := getattr(statement, name, None):
                setattr(statement, name, _block(block, steps))
        for part in [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]:
            part.body = _block(part.body, steps)
        if isinstance(statement, ast.For):
            step = Step(statement.lineno, _texts([statement.target]), _names(statement.iter))
            statement.body.insert(0, _call(statement, step, steps))
        elif not isinstance(statement, ast.Return | ast.Break | ast.Continue | ast.Raise):
            result.append(_call(statement, _step(statement), steps))
    return result


def _step(statement: ast.stmt) -> Step:
    """Return what a statement does to names."""
    match statement:
        case ast.Assign(targets, value) if value is not None:
            return Step(statement.lineno, _texts(targets), _names(value))
        case ast.AnnAssign(target, _, ast.expr() as value):
            return Step(statement.lineno, _texts([target]), _names(value))
        case ast.AugAssign(target, _, value):
            return Step(statement.lineno, _texts([target]), _names(value), builds=True)
    return Step(statement.lineno, imports=isinstance(statement, ast.Import | ast.ImportFrom))


def _texts(targets: Iterable[ast.expr]) -> frozenset[str]:
    """Return the source text of every place among the targets, those in tuples included."""
    texts: set[str] = set()
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            texts |= _texts(target.elts)
        else:
            texts.add(ast.unparse(target.value if isinstance(target, ast.Starred) else target))
    return frozenset(texts)


def _names(value: ast.expr) -> frozenset[str]:
    """Return the names in an expression."""
    return frozenset(node.id for node in ast.walk(value) if isinstance(node, ast.Name))


def _call(statement: ast.stmt, step: Step, steps: list[Step]) -> ast.stmt:
    """Return the call that reports a step, where the statement stands."""
    steps.append(step)
    function = ast.Name(PROBE, ast.Load())
    call = ast.Expr(ast.Call(function, [ast.Constant(len(steps) - 1)], []))
    return ast.copy_location(call, statement)
