"""A cell's tree with code added after every statement: a probe, or a given value."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

PROBE = "__crosscheck_probe__"
BLOCKS = ("body", "orelse", "finalbody")


@dataclass(frozen=True)
class Step:
    """What one statement does to names.

    Attributes:
        line: its line.
        sets: the places that it assigns, as source text.
        reads: the names on its right side, or in an expression statement.
        builds: whether it changes the former value, as `+=` does.
        imports: whether it is an import.

    """

    line: int
    sets: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    builds: bool = False
    imports: bool = False

    def assigns(self, place: str) -> bool:
        """Return whether it assigns the place, or something that the place is a part of."""
        return any(place == text or is_part(place, text) for text in self.sets)

    def completes(self, place: str) -> bool:
        """Return whether the new value depends on the former one: `+=`, `a[i] = …`, `a = a / n`."""
        partly = any(is_part(text, place) for text in self.sets)
        return partly or (self.assigns(place) and (self.builds or root(place) in self.reads))

    def makes(self, one: str, other: str) -> bool:
        """Return whether it assigns, anew, something that both places are parts of."""
        return not self.completes(one) and any(
            is_part(one, text) and is_part(other, text) for text in self.sets
        )

    @property
    def touched(self) -> frozenset[str]:
        """The names whose values it may change."""
        return self.reads if not self.sets else frozenset(map(root, self.sets))


def made_from(place: str, variable: str, steps: Sequence[Step]) -> bool:
    """Return whether a new value of a place is computed from a variable, as an activation is.

    An update of its former value is no new value: in a loop every weight depends on all others.
    """
    reached, before = {root(variable)}, 0
    while len(reached) > before:
        before = len(reached)
        for step in steps:
            if step.reads & reached:
                reached |= set(map(root, step.sets))
    return any(
        step.assigns(place) and not step.completes(place) and step.reads & reached for step in steps
    )


def is_part(place: str, whole: str) -> bool:
    """Return whether a place is within another, as `a.b` and `a[0]` are within `a`."""
    return place.startswith((f"{whole}.", f"{whole}["))


def root(place: str) -> str:
    """Return the name that a place begins with."""
    return place.partition(".")[0].partition("[")[0]


def probed(tree: ast.Module) -> tuple[ast.Module, list[Step]]:
    """Return the tree with a call of PROBE after each statement, and the statements by number.

    Its asserts are left out: what they say of values and types holds in the book's own run, and is
    not what a claim is about.
    """
    steps: list[Step] = []

    def call(step: Step) -> list[ast.stmt]:
        steps.append(step)
        return [ast.Expr(_call(ast.Name(PROBE, ast.Load()), ast.Constant(len(steps) - 1)))]

    return _followed(_WithoutAsserts().visit(copy.deepcopy(tree)), call), steps


class _WithoutAsserts(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        return ast.copy_location(ast.Pass(), node)


def pinned(tree: ast.Module, given: Mapping[str, Any]) -> tuple[ast.Module, set[str]]:
    """Return the tree with given values assigned after each new value of their names, and these."""
    applied: set[str] = set()

    def pins(step: Step) -> list[ast.stmt]:
        found = [n for n in given if step.assigns(n) and not step.completes(n)]
        applied.update(found)
        return [ast.Assign([ast.Name(name, ast.Store())], _constant(given[name])) for name in found]

    return _followed(tree, pins), applied


def _constant(value: Any) -> ast.expr:
    """Return a given value as an expression; a list becomes an array."""
    tree = ast.parse(repr(value), mode="eval").body
    if not isinstance(value, list):
        return tree
    numpy = _call(ast.Name("__import__", ast.Load()), ast.Constant("numpy"))
    return _call(ast.Attribute(numpy, "array", ast.Load()), tree)


def _call(function: ast.expr, argument: ast.expr) -> ast.expr:
    return ast.Call(function, [argument], [])


def _followed(tree: ast.Module, by: Callable[[Step], list[ast.stmt]]) -> ast.Module:
    """Return the tree with statements added after each of its own, at their lines.

    Functions and classes stay as they are: their names are local.
    """
    tree = copy.deepcopy(tree)
    tree.body = _block(tree.body, by)
    return ast.fix_missing_locations(tree)


def _block(statements: Iterable[ast.stmt], by: Callable[[Step], list[ast.stmt]]) -> list[ast.stmt]:
    result: list[ast.stmt] = []

    def following(statement: ast.stmt, step: Step) -> list[ast.stmt]:
        return [ast.copy_location(new, statement) for new in by(step)]

    for statement in statements:
        result.append(statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        first: list[ast.stmt] = []
        if isinstance(statement, ast.For):
            step = Step(statement.lineno, _texts([statement.target]), _names(statement.iter))
            first = following(statement, step)
        for name in BLOCKS:
            if block := getattr(statement, name, None):
                setattr(statement, name, _block(block, by))
        for part in [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]:
            part.body = _block(part.body, by)
        if isinstance(statement, ast.For):
            statement.body[:0] = first
        elif not isinstance(statement, ast.Return | ast.Break | ast.Continue | ast.Raise):
            result += following(statement, step_of(statement))
    return result


def step_of(statement: ast.stmt) -> Step:
    """Return what a statement itself does to names."""
    match statement:
        case ast.Assign(targets, value) if value is not None:
            return Step(statement.lineno, _texts(targets), _names(value))
        case ast.AnnAssign(target, _, ast.expr() as value):
            return Step(statement.lineno, _texts([target]), _names(value))
        case ast.AugAssign(target, _, value):
            return Step(statement.lineno, _texts([target]), _names(value), builds=True)
        case ast.Expr(value):
            return Step(statement.lineno, reads=_names(value))
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
    return frozenset(node.id for node in ast.walk(value) if isinstance(node, ast.Name))
