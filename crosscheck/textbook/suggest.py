"""Claims proposed for a book that makes none, by what people call gradients, losses and variables.

Names alone prove nothing. So each gradient gets several claims, with other variables and losses;
all are judged, and the one that holds is proposed.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict
from crosscheck.objects.pairs import GRADIENTS, changes, plain
from crosscheck.textbook.child.instrument import is_part
from crosscheck.textbook.claims import Claim
from crosscheck.textbook.names import is_loss, pairs_up, path_of
from crosscheck.textbook.story import Story, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crosscheck.objects.walk import Path
    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.formats.book import Book
    from crosscheck.textbook.story import Call

DATA = frozenset("xyt")  # what data begin with; a gradient of theirs is seldom meant
VARIABLES, LOSSES = 3, 3  # candidates for one gradient
DELTA = re.compile(r"\bdelta(?=_?[A-Za-z])")  # a change, or a gradient: that is tried
PREFIX = re.compile(r"^(tmp|temp|my|manual|hand|analytic|analytical|numpy|np|our)_(?=\w)")
ITEM = re.compile(r"\[-?\d+\]$")
MOST = 200  # claims that are tried in a book
NO_GRADIENT = (
    "no gradient recognised: call it as in grad_W, dW, dL_dW or grads['dW'], beside a variable W "
    "and a loss such as loss, cost or L; or add `# crosscheck: GRADIENT = d(LOSS) / d(VARIABLE)`"
)
ORDER = (Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE)


def suggest(book: Book) -> tuple[Claim, ...]:
    """Return the claims that a book seems to make, the likeliest of each gradient first."""
    found = (claim for story in told(book) for claim in (*_assigned(story), *_called(story)))
    return tuple(itertools.islice(dict.fromkeys(found), MOST))


def chosen(certified: Iterable[Certified]) -> tuple[Certified, ...]:
    """Return one claim for each gradient of a cell: that which holds, or else says most."""
    best: dict[tuple[int, str], Certified] = {}
    for each in certified:
        key = each.claim.cell, each.claim.left
        if key not in best or _rank(each) < _rank(best[key]):
            best[key] = each
    return tuple(best.values())


def _rank(certified: Certified) -> int:
    return ORDER.index(certified.finding.verdict)


def _assigned(story: Story) -> Iterator[Claim]:
    """Yield the claims on what a cell assigns and on what its calls leave in objects and dicts."""
    for left in story.new:
        if any(is_part(other, left) for other in story.new):
            continue  # its items have gradients
        for variable, loss in itertools.product(_variables(story, left), _losses(story, left)):
            if loss not in story.made or _made(story, variable) < story.last[loss]:
                yield Claim(left, loss, variable, story.cell, "")


def _made(story: Story, place: str) -> int:
    """Return when a place, or what it is an item of, was made; 0 where no cell shows it."""
    return story.made.get(place, story.made.get(ITEM.sub("", place), 0))


def _variables(story: Story, left: str) -> list[str]:
    """Return what a place may be the gradient of, the likeliest first."""
    item = found[0] if (found := ITEM.search(left)) else ""
    gradient = path_of(DELTA.sub("d", PREFIX.sub("", left)))
    known = {place: path_of(place) for place in story.made if place != left}
    alike = {place: n for place, path in known.items() if (n := _changes(path, gradient))}
    if item and not alike:  # of a list of gradients, beside one of variables
        alike = {
            f"{place}{item}": n
            for place, path in known.items()
            if (n := _changes((*path, gradient[-1]), gradient))
        }
    exact = sorted(alike, key=lambda place: (place.lower() not in left.lower(), alike[place]))
    return (exact or story.updated_with.get(left, []))[:VARIABLES]


def _changes(variable: Path, gradient: Path) -> int:
    """Return in how much two places differ that may be a variable and its gradient; 0: in more."""
    in_grads = len(gradient) > 1 and plain(gradient[0]) in GRADIENTS
    return changes(variable, gradient) or 3 * (in_grads and variable[-1] == gradient[-1])


def _losses(story: Story, left: str) -> list[str]:
    """Return what may be the loss of a gradient, the likeliest first."""
    assigned = sorted((p for p in story.last if p != left), key=story.last.__getitem__)[::-1]
    named = [place for place in assigned if is_loss(path_of(place)[-1])]
    seeds = [p for p in assigned if any(changes(path_of(p), path_of(one)) for one in story.ones)]
    computed = [
        value
        for name in story.functions
        if is_loss(name)
        for value in _calls(story, name, story.made_by.get(left))
    ]
    sums = [place for place in assigned if place in story.sums]
    return (named[:2] + seeds[:1] + computed[:1] or sums)[:LOSSES]


def _called(story: Story) -> Iterator[Claim]:
    """Yield the claims on each call of a function that is called like another's derivative."""
    for call in story.calls:
        for name in reversed(story.functions):  # what was defined last is the likeliest
            if pairs_up(name, call.name):
                yield from _of_call(story, name, call)


def _of_call(story: Story, function: str, call: Call) -> Iterator[Claim]:
    """Yield the claims that a call is the derivative of a function of the same arguments."""
    variables = [place for place in call.arguments if place in story.made]
    variables.sort(key=lambda place: plain(place)[:1] in DATA)
    for value in _calls(story, function, call):
        for variable in variables[:VARIABLES]:
            for loss in (value, f"{story.numpy}.sum({value})") if story.numpy else (value,):
                yield Claim(call.text, loss, variable, story.cell, "")


def _calls(story: Story, function: str, beside: Call | None) -> Iterator[str]:
    """Yield a call of a function with the arguments of another call, or with names that there are.

    Both may have the same arguments, or this one takes some of the other's, by their names.
    """
    parameters = story.functions[function]
    given = {name: name for name in story.last}
    if beside is not None:
        given |= dict(zip(story.functions[beside.name], beside.arguments, strict=False))
        if len(parameters) == len(beside.arguments):
            given |= dict(zip(parameters, beside.arguments, strict=True))
    if parameters and set(parameters) <= given.keys():
        yield f"{function}({', '.join(given[name] for name in parameters)})"


def as_toml(certified: Sequence[Certified]) -> str:
    """Return claims as the text of a claims file, those that do not AGREE as comments."""
    parts = []
    for verdict in ORDER:
        those = [each for each in certified if each.finding.verdict is verdict]
        parts += [_entry(each) for each in those]
    return "\n".join(parts) or f"# {NO_GRADIENT}\n"


def _entry(each: Certified) -> str:
    claim = f"[[claim]]\ncell = {each.claim.cell}\nclaim = '''{each.claim}'''\n"
    if each.finding.verdict is Verdict.AGREE:
        return claim
    reason = each.finding.reason or "the gradients differ"
    named = [each.claim.readable(str(each.diagnosis))] if each.diagnosis else []
    lines = [f"{each.finding.verdict}: {reason}", *named, *claim.splitlines()]
    return "".join(f"# {line}\n" for line in "\n".join(lines).splitlines())
