"""What the cells of a book assign, define and call, in the book's order, read and not run."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from crosscheck.objects.pairs import CONTAINERS, GRADIENTS, plain
from crosscheck.textbook.child.instrument import BLOCKS, step_of
from crosscheck.textbook.formats.script import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crosscheck.textbook.formats.book import Book

REDUCTIONS = frozenset("sum mean dot vdot inner norm average item float trace".split())


class Call(NamedTuple):
    """A call of a function of the book's, all as source text."""

    text: str
    name: str
    arguments: tuple[str, ...]


@dataclass
class Story:
    """What is known after a cell.

    Attributes:
        cell: its number.
        new: the places that it assigns, in order.
        calls: the calls in it whose result is kept whole.
        made_by: place -> the call of a function of the book's that gave it its value.
        made: place -> the number of the statement that gave it a value of its own.
        last: place -> the number of the statement that changed it last.
        sums: places that hold what was summed or averaged.
        ones: places that hold the number 1, as the derivative of a loss by itself.
        updated_with: name -> the places that are updated with it, as by `w -= rate * name`.
        functions: function -> its parameters.
        numpy: what NumPy is called; "" if it is not imported.

    """

    cell: int = 0
    new: dict[str, None] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    made_by: dict[str, Call] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    sums: set[str] = field(default_factory=set)
    ones: set[str] = field(default_factory=set)
    updated_with: dict[str, list[str]] = field(default_factory=dict)
    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    numpy: str = ""
    _items: dict[str, list[str]] = field(default_factory=dict)  # function -> ['key'] of its dicts
    _classes: dict[str, dict[str, ast.FunctionDef]] = field(default_factory=dict)
    _instances: dict[str, str] = field(default_factory=dict)  # place -> class
    _number: int = 0

    def read(self, number: int, tree: ast.Module) -> None:
        """Take in a cell."""
        self.cell, self.new, self.calls = number, {}, []
        for statement in _statements(tree.body):
            self._number += 1
            match statement:
                case ast.FunctionDef(name):
                    self.functions.pop(name, None)  # the last one defined comes last
                    self.functions[name] = _parameters(statement)
                    self._items[name] = _keys(statement)
                case ast.ClassDef(name, body=body):
                    methods = (node for node in body if isinstance(node, ast.FunctionDef))
                    self._classes[name] = {method.name: method for method in methods}
                case ast.Import(names):
                    called = [a.asname or a.name for a in names if a.name == "numpy"]
                    self.numpy = (called or [self.numpy])[-1]
                case _:
                    self._follow(statement)

    def _follow(self, statement: ast.stmt) -> None:
        """Take in what a simple statement assigns and calls."""
        step = step_of(statement)
        for place in sorted(step.sets):
            self._assign(place, anew=not step.completes(place))
            self._value(place, getattr(statement, "value", None))
            for name in step.reads - {place} if _is_update(statement, place) else ():
                self.updated_with.setdefault(name, []).append(place)
        for call in _calls(statement):
            match call.func:
                case ast.Name(name) if name in self._classes:
                    self._instances |= dict.fromkeys(step.sets, name)
                    for place in sorted(step.sets):
                        self._method(place, "__init__")
                case ast.Name(name) if name in self.functions:
                    self._call(call, name, step.sets)
                case ast.Attribute(owner, name) if ast.unparse(owner) in self._instances:
                    self._method(ast.unparse(owner), name, step.sets)

    def _value(self, place: str, value: ast.expr | None) -> None:
        """Take in what is to be known of a value that is assigned."""
        match value:
            case ast.Dict():
                self._hold(place, _items(value))
            case ast.Constant(1):
                self.ones.add(place)
            case ast.expr() if _is_sum(value):
                self.sums.add(place)

    def _hold(self, place: str, items: Sequence[str]) -> None:
        """Take it that a place holds others, and has no gradient itself."""
        self.new.pop(place, None)
        self.made.pop(place, None)
        for item in items:
            self._assign(f"{place}{item}", anew=True)

    def _return(self, items: Sequence[str], places: frozenset[str]) -> None:
        """Take in the dict that a function returns: all of its result, or what is called so."""
        for place in sorted(places):
            if items and (len(places) == 1 or plain(place) in GRADIENTS | CONTAINERS):
                self._hold(place, items)

    def _call(self, call: ast.Call, name: str, places: frozenset[str]) -> None:
        """Take in a call of one of the book's functions."""
        self._return(self._items[name], places)
        if call.args and not call.keywords:
            arguments = tuple(ast.unparse(argument) for argument in call.args)
            found = Call(ast.unparse(call), name, arguments)
            self.made_by |= dict.fromkeys(places, found)
            is_pair = len(places) > 1
            self.calls += [] if is_pair or self._items[name] else [found]

    def _assign(self, place: str, *, anew: bool) -> None:
        self.new[place] = None
        self.last[place] = self._number
        if anew:
            self.made[place] = self._number

    def _method(self, place: str, name: str, places: frozenset[str] = frozenset()) -> None:
        """Take in what a method of an instance assigns to its attributes, and returns."""
        method = self._classes[self._instances[place]].get(name)
        if method is None or not method.args.args:
            return
        own = f"{method.args.args[0].arg}."
        for statement in _statements(method.body):
            step = step_of(statement)
            for text in sorted(step.sets):
                if text.startswith(own):
                    self._assign(f"{place}.{text.removeprefix(own)}", anew=not step.completes(text))
        self._return(_keys(method), places)


def told(book: Book) -> Iterator[Story]:
    """Yield what is known after each cell; one and the same value, which goes on growing."""
    story = Story()
    for cell in book.cells:
        if (tree := parsed(cell.source)) is not None:
            story.read(cell.number, tree)
            yield story


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of blocks, those within functions and classes left out."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in BLOCKS:
                yield from _statements(getattr(statement, name, ()))


def _calls(statement: ast.stmt) -> list[ast.Call]:
    """Return the calls in a statement itself, not in the statements of its block."""
    if hasattr(statement, "body"):
        return []
    return [node for node in ast.walk(statement) if isinstance(node, ast.Call)]


def _parameters(function: ast.FunctionDef) -> tuple[str, ...]:
    """Return the parameters of a function that have no default."""
    arguments = function.args.args
    return tuple(a.arg for a in arguments[: len(arguments) - len(function.args.defaults)])


def _keys(function: ast.FunctionDef) -> list[str]:
    """Return the items that a function gives to dicts, as `['W1']`."""
    keys: dict[str, None] = {}
    for node in ast.walk(function):
        match node:
            case ast.Dict():
                keys |= dict.fromkeys(_items(node))
            case ast.Subscript(_, ast.Constant(str(name)), ast.Store()):
                keys[f"[{name!r}]"] = None
    return list(keys)


def _items(literal: ast.Dict) -> list[str]:
    """Return the items of a dict that is written out, as `['W1']`."""
    keys = (key.value for key in literal.keys if isinstance(key, ast.Constant))
    return [f"[{key!r}]" for key in keys if isinstance(key, str)]


def _is_update(statement: ast.stmt, place: str) -> bool:
    """Return whether a statement adds something to a place, or takes it away."""
    match statement:
        case ast.AugAssign(_, ast.Add() | ast.Sub(), _):
            return True
        case ast.Assign(_, ast.BinOp(left, ast.Add() | ast.Sub(), _)):
            return ast.unparse(left) == place
    return False


def _is_sum(value: ast.expr) -> bool:
    """Return whether an expression sums or averages somewhere."""
    called = (node.func for node in ast.walk(value) if isinstance(node, ast.Call))
    names = (getattr(f, "attr", getattr(f, "id", "")) for f in called)
    return any(name in REDUCTIONS for name in names)
