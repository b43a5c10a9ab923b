"""From what explains each gradient to the fewest causes that explain all of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.diagnosis.equivalence import distinct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.reproduction import Fit, Fits

    Chosen = frozenset["Group"]

MOST = 3  # causes at once


@dataclass(frozen=True, eq=False)
class Group:
    """Fits that are one mistake, described at several places, and the leaves it can explain."""

    fits: tuple[Fit, ...]
    leaves: frozenset[int]


@dataclass(frozen=True)
class Part:
    """A mistake of an explanation, and the leaves that it is part of the explanation of."""

    fits: tuple[Fit, ...]
    leaves: tuple[int, ...]


def joined(
    options: Mapping[int, Sequence[Fits]], conflicts: Mapping[Fit, frozenset[int]]
) -> list[list[Part]]:
    """Return the smallest sets of mistakes that explain all gradients.

    Args:
        options: By leaf, what explains its gradient: one fit, or some that act together.
        conflicts: The leaves whose gradients a fit alone would change otherwise. Mistakes that
            explain everything they change are better.

    """
    groups = _groups(options)
    known = {
        k: [
            *dict.fromkeys(
                frozenset(groups[fit] for fit in fits)
                for fits in each
                if all(fit in groups for fit in fits)
            )
        ]
        for k, each in options.items()
    }
    best: dict[int, list[list[Part]]] = {}
    for count in range(1, MOST + 1):
        found = defaultdict(list)
        for chosen in dict.fromkeys(_covers([*known.values()], frozenset(), count)):
            disturbing, explained = _parts(chosen, known, conflicts)
            found[disturbing].append(explained)
        # Causes that make no right gradient wrong are worth one more cause.
        if best or 0 in found:
            best = found if 0 in found else best
            break
        best = found
    return best[min(best)] if best else []


def _groups(options: Mapping[int, Sequence[Fits]]) -> dict[Fit, Group]:
    """Return the group of each fit that is not implied by another one."""
    leaves: dict[Fit, set[int]] = defaultdict(set)
    for k, each in options.items():
        for fit in (fit for fits in each for fit in fits):
            leaves[fit].add(k)
    alike: dict[frozenset[int], list[Fit]] = defaultdict(list)
    for fit, those in leaves.items():
        alike[frozenset(those)].append(fit)
    acting = {fits for each in options.values() for fits in each if len(fits) > 1}
    return {
        fit: group
        for those, fits in alike.items()
        for one in distinct(fits)
        for some in _apart(one, acting)
        for group in [Group(tuple(some), those)]
        for fit in some
    }


def _apart(fits: Iterable[Fit], acting: Collection[Fits]) -> list[list[Fit]]:
    """Return fits that look like one mistake, those that act together apart: they are two."""
    found: list[list[Fit]] = []
    for fit in fits:
        beside = {other for some in acting if fit in some for other in some}
        free = (some for some in found if beside.isdisjoint(some))
        some = next(free, None)
        if some is None:
            found.append([fit])
        else:
            some.append(fit)
    return found


def _covers(choices: Sequence[Sequence[Chosen]], chosen: Chosen, count: int) -> Iterator[Chosen]:
    """Yield the sets of so many groups, or fewer, that contain a choice for every leaf."""
    if not choices:
        yield chosen
        return
    first, *rest = choices
    enough = [choice for choice in first if choice <= chosen]
    for choice in enough[:1] or [c for c in first if len(c | chosen) <= count]:
        yield from _covers(rest, chosen | choice, count)


def _parts(
    chosen: Chosen,
    choices: Mapping[int, Sequence[Chosen]],
    conflicts: Mapping[Fit, frozenset[int]],
) -> tuple[int, list[Part]]:
    """Return the chosen groups, the one of the first gradient first, each with its leaves.

    And how many of them change another gradient otherwise than it is, at every place.
    """
    used: dict[Group, list[int]] = defaultdict(list)
    for k, each in choices.items():
        fewest = min(len(c) for c in each if c <= chosen)
        some = next(c for c in each if c <= chosen and len(c) == fewest)
        for group in _ordered(some):
            used[group].append(k)
    disturbing, parts = 0, []
    for group, leaves in used.items():
        quiet = tuple(f for f in group.fits if conflicts.get(f, frozenset()).issubset(leaves))
        disturbing += not quiet
        parts.append(Part(quiet or group.fits, tuple(leaves)))
    return disturbing, parts


def _ordered(groups: Iterable[Group]) -> list[Group]:
    """Return groups in an order that is the same in every process; most leaves first."""
    return sorted(groups, key=lambda g: (-len(g.leaves), g.fits[0].hypothesis.nodes))
