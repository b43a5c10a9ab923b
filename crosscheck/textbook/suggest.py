"""Claims proposed for a book that makes none, by the usual names of gradients and losses."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict
from crosscheck.textbook.child.instrument import probed
from crosscheck.textbook.claims import Claim
from crosscheck.textbook.formats.script import parsed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.child.instrument import Step
    from crosscheck.textbook.formats.book import Book

LOSS = re.compile(r"(?i)(?:\w+_)?(?:loss|cost|error|nll|mse|objective|L|J|E)_?\d*")
# the gradient of x: grad_x, x_grad, dL_dx, dx, grads['x']
GRADIENT = re.compile(
    r"(?i)grad(?:ient)?_(\w+)|(\w+)_grad(?:ient)?|d_?(?:L|J|E|loss|cost)_?(?:over_)?d_?(\w+)|"
    r"d_?(\w+)|(?:grads?|gradients?)(\['\w+'\])"
)
BARE = re.compile(r"(?i)grad(?:ient)?")
# a function of this name -> the names of functions that it may be the derivative of
BACKWARD = {
    "backward": ("forward", "f", "loss"),
    "gradient": ("loss", "f", "forward"),
    "grad": ("loss", "f", "forward"),
    "derivative": ("f", "loss", "forward"),
}


def suggest(book: Book) -> tuple[Claim, ...]:
    """Return the claims that a book seems to make: gradients, losses and variables by their names.

    A claim for each gradient that a cell assigns, with the loss that was assigned last, unless the
    variable was made after it; and for each call such as `backward(x)` beside a function `forward`.
    """
    found: list[Claim] = []
    assigned: list[str] = []
    made: dict[str, int] = {}  # where among the assigned
    functions: list[str] = []
    for cell in book.cells:
        if (tree := parsed(cell.source)) is None:
            continue
        steps = probed(tree)[1]
        here: list[str] = []
        for step in steps:
            for text in sorted(step.sets):
                if not step.completes(text):
                    made[text] = len(assigned) + len(here)
                here.append(text)
        assigned += here
        functions += [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        losses = [(k, name) for k, name in enumerate(assigned) if LOSS.fullmatch(name)]
        found += [
            Claim(left, loss, variable, cell.number, "")
            for left in dict.fromkeys(here)
            for variable in _variables(left, assigned, steps)
            for at, loss in losses[-1:]
            if made.get(variable, -1) < at
        ]
        found += _of_functions(tree, functions, cell.number)
    return tuple(dict.fromkeys(found))


def _variables(left: str, assigned: Collection[str], steps: Sequence[Step]) -> Iterator[str]:
    """Yield the variable in a gradient's name; for a bare `grad`, the variables it updates."""
    if BARE.fullmatch(left):
        yield from (
            place
            for step in steps
            for place in sorted(step.sets)
            if left in step.reads and step.completes(place)
        )
    elif found := GRADIENT.fullmatch(left):
        name = next(filter(None, found.groups())).lower()
        for place in dict.fromkeys(assigned):
            named = place.lower() == name or (name[0] == "[" and place.lower().endswith(name))
            if named and place != left:
                yield place
                return


def _of_functions(tree: ast.Module, functions: Sequence[str], cell: int) -> Iterator[Claim]:
    """Yield the claim for each call of a function named backward, gradient or the like."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name(name), [ast.Name(argument)], []) if name in functions:
                stem = next((s for s in (name, name.split("_")[0]) if s in BACKWARD), "")
                # the function that was defined last is the most likely one
                for function in reversed(functions):
                    if function in BACKWARD.get(stem, ()):
                        loss = f"{function}({argument})"
                        yield Claim(f"{name}({argument})", loss, argument, cell, "")
                        break


def as_toml(certified: Iterable[Certified]) -> str:
    """Return claims as the text of a claims file, those that do not AGREE as comments."""
    parts = []
    for each in certified:
        claim = f"[[claim]]\ncell = {each.claim.cell}\nclaim = '''{each.claim}'''\n"
        if each.finding.verdict is not Verdict.AGREE:
            reason = each.finding.reason or "the gradients differ"
            lines = [f"{each.finding.verdict}: {reason}", *claim.splitlines()]
            claim = "".join(f"# {line}\n" for line in "\n".join(lines).splitlines())
        parts.append(claim)
    return "\n".join(parts)
