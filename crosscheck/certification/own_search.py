"""Search an object for its parameters, and for what backward leaves as their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.own_parameters import Gradient, Own, is_float
from crosscheck.certification.reads import reads
from crosscheck.certification.returned import in_returned
from crosscheck.certification.side_effects import attempt
from crosscheck.certification.state import State, state_of
from crosscheck.certification.swap import Swap, numbers_in
from crosscheck.objects.pairs import CONTAINERS, changes, gradients_of, plain, shortened
from crosscheck.objects.walk import Found, places, written

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from crosscheck.objects.walk import Path


def find(  # noqa: PLR0913, PLR0917 - what is known of an object
    roots: Sequence[Any],
    forward: Callable[[], Any],
    backward: Callable[[], Any],
    params: Iterable[str] | None = None,
    grads: Mapping[str, str | None] | Sequence[str] | None = None,
    taken: Collection[str] = (),
    rate: float = 0.0,
) -> Own:
    """Return the parameters that functions keep in what they reach, and their gradients.

    Args:
        roots: the user's functions.
        forward: runs the forward pass, returns what it computes.
        backward: runs the backward pass after it; returns what may hold gradients of parameters
            that it was not given.
        params: the names or paths of the parameters, where not all are meant.
        grads: name or path of a parameter -> path of its gradient, None where there is none; or
            the names in the order in which their gradients are returned.
        taken: names that are others'.
        rate: the learning rate with which backward updates the parameters, 0 if it does not.

    Raises:
        ValueError: it is not clear which array is whose gradient, or a path leads nowhere.

    """
    state = state_of(*roots)
    before = _values(roots)
    if not before:
        return Own(Swap(state, {}))
    try:
        state.restore()
        out = forward()
        between = _values(roots)
        copies = {path: np.copy(found.thing) for path, found in between.items()}
        returned = attempt(backward)[0]
        after = _values(roots)
        updated = {
            path for path, found in after.items() if _is_new(found, between.get(path), copies)
        }
        contents = {path: np.copy(found.thing) for path, found in after.items()}
        empty = tuple(place.path for place in places(*roots) if place.thing is None)
    finally:
        state.restore()
    search = _Search(state, before, after, updated, contents, forward, out, returned, empty)
    return search.own(params, {} if grads is None else grads, taken, rate)


def _values(roots: Sequence[Any]) -> dict[Path, Found]:
    """Return every place of a float array, or of a number, by its path."""
    found: dict[Path, Found] = {}
    for place in places(*roots):
        if is_float(place.thing) or isinstance(place.thing, float | np.floating):
            found.setdefault(place.path, place)
    return found


def _is_new(now: Found, former: Found | None, copies: Mapping[Path, Any]) -> bool:
    """Return whether something was written here."""
    if former is None or former.thing is not now.thing:
        return True
    return not np.array_equal(now.thing, copies[now.path], equal_nan=True)


@dataclass(frozen=True)
class _Search:
    """What was seen of a forward and a backward pass."""

    state: State
    before: Mapping[Path, Found]
    after: Mapping[Path, Found]
    updated: set[Path]  # by backward
    contents: Mapping[Path, Any]
    forward: Callable[[], Any]
    out: Any
    returned: Any
    empty: tuple[Path, ...]  # places where nothing is

    def own(
        self,
        params: Any,
        grads: Mapping[str, str | None] | Sequence[str],
        taken: Collection[str],
        rate: float,
    ) -> Own:
        """Return the pairs, after asking about each array whether forward reads it."""
        places = self._places()
        names = _unlike(shortened(places), taken, self.before)
        said = grads if isinstance(grads, Mapping) else {}
        settled = {_named(name, names): place for name, place in said.items()}
        chosen = list(names) if params is None else [_named(name, names) for name in params]
        meant = () if params is None else chosen
        read = [path for path in places if path in meant or self._reads(path)]
        things = {id(self.before[path].thing) for path in read if self._is_array(path)}
        candidates = [path for path, found in self.after.items() if id(found.thing) not in things]
        pairs: dict[Path, Gradient] = {}
        for path in chosen:
            where: Path | None = None
            if path in settled:
                where = None if (place := settled[path]) is None else self._place(place)
            elif path in read:
                where = self._gradient(places[path], candidates)
            if where is not None:
                pairs[path] = Gradient(self.after[where].start, where)
            elif rate and path in read and path in self.updated and path not in settled:
                pairs[path] = Gradient(self.after[path].start, path, rate)
        silent = [path for path in chosen if path in read and self._is_array(path)]
        asked = {
            names[path]: (path, self.before[path].thing) for path in silent if path not in settled
        }
        order = None if isinstance(grads, Mapping) else grads
        returned = {
            _named(name, names): Gradient(None, key)
            for name, key in in_returned(self.returned, asked, order).items()
        }
        # Where the gradients of some are returned, those of others beside them should be, too.
        lost = [path for path in pairs if path not in returned and _has_siblings(path, returned)]
        pairs = {path: pair for path, pair in pairs.items() if path not in lost} | returned
        silent = [path for path in silent if path not in pairs]
        self._refuse_doubt([path for path in silent if path not in lost], pairs, names, settled)
        return self._made(pairs, silent, names, settled)

    def _places(self) -> dict[Path, list[Path]]:
        """Return every array and number by its best path, with all of its paths."""
        by_thing: dict[Any, list[Path]] = {}
        for path, found in self.before.items():
            by_thing.setdefault(id(found.thing) if is_float(found.thing) else path, []).append(path)
        return {_best(paths): paths for paths in by_thing.values()}

    def _is_array(self, path: Path) -> bool:
        return is_float(self.before[path].thing)

    def _made(
        self,
        pairs: Mapping[Path, Gradient],
        silent: Sequence[Path],
        names: Mapping[Path, str],
        settled: Mapping[Path, str | None],
    ) -> Own:
        numbers = numbers_in(self.state)
        in_object = [p.path for p in pairs.values() if p.start is not None and not p.rate]
        swap = Swap(
            self.state,
            {names[path]: self.before[path].thing for path in pairs if self._is_array(path)},
            {names[path]: numbers[path] for path in pairs if not self._is_array(path)},
            tuple(
                self.before[path].thing
                for path in in_object
                if path in self.before and self._is_array(path)
            ),
        )
        text = {path: f"{names[path]} {self.before[path].thing.shape}" for path in silent}
        missing = [
            path
            for path in silent
            if path not in settled and (self._is_empty(path) or _has_siblings(path, pairs))
        ]
        return Own(
            swap,
            {names[path]: self.before[path].thing for path in pairs},
            {names[path]: pair for path, pair in pairs.items()},
            tuple(text.values()),
            tuple(names[path] for path in missing),
        )

    def _is_empty(self, path: Path) -> bool:
        """Return whether there is a place for a parameter's gradient, and nothing new in it."""
        return bool(gradients_of(path, (*self.empty, *self.after)))

    def _is_zero(self, path: Path) -> bool:
        return not np.any(self.contents[path])

    def _gradient(self, paths: Sequence[Path], candidates: Sequence[Path]) -> Path | None:
        """Return the path of a parameter's gradient, given all places of the parameter."""
        found = {
            gradient: changes(path, gradient)
            for path in paths
            for gradient in gradients_of(path, candidates)
        }
        # What backward did not write is no gradient, unless it is to be added to: all zero.
        recent = [path for path in found if path in self.updated or self._is_zero(path)]
        recent = [path for path in recent if path in self.updated] or recent
        if not recent:
            return None
        fewest = min(found[path] for path in recent)
        alike = [path for path in recent if found[path] == fewest]
        values = [self.contents[path] for path in alike]
        if any(not np.array_equal(values[0], other, equal_nan=True) for other in values):
            msg = (
                f"{written(paths[0])} has several gradients: {', '.join(map(written, alike))}; "
                f"grads={{{written(paths[0])!r}: {written(alike[0])!r}}} says which one counts"
            )
            raise ValueError(msg)
        return alike[0]

    def _reads(self, path: Path) -> bool:
        """Return whether the forward pass reads an array, or a number that may have a gradient."""
        if self._is_array(path):
            swap = Swap(self.state, {"": self.before[path].thing})
        else:
            place = numbers_in(self.state).get(path)
            if place is None or not gradients_of(path, self.after):
                return False
            swap = Swap(self.state, {}, {"": place})
        return reads(swap, self.forward, self.out, self.before[path].thing)

    def _place(self, said: str) -> Path:
        for path in self.after:
            if written(path) == said:
                return path
        msg = f"grads: there is no array at {said!r} after backward; there are {_all(self.after)}"
        raise ValueError(msg)

    def _refuse_doubt(
        self,
        silent: Sequence[Path],
        pairs: Mapping[Path, Gradient],
        names: Mapping[Path, str],
        settled: Mapping[Path, str | None],
    ) -> None:
        """Raise where backward leaves an array that may well be the gradient of one without."""
        taken = {pair.path for pair in pairs.values()}
        own = {id(self.before[path].thing) for path in self.before}
        for path in silent:
            shape, name = self.before[path].thing.shape, names[path]
            like = [
                other
                for other in self.updated - taken
                if is_float(self.after[other].thing)
                and self.after[other].thing.shape == shape
                and id(self.after[other].thing) not in own
            ]
            if like and path not in settled and shape:
                msg = (
                    f"backward leaves {', '.join(sorted(map(written, like)))} of the shape of "
                    f"{name}, {shape}; say what its gradient is: "
                    f"grads={{{name!r}: {written(like[0])!r}}}, or {{{name!r}: None}} for none"
                )
                raise ValueError(msg)


def _has_siblings(path: Path, pairs: Iterable[Path]) -> bool:
    """Return whether others of the same list or dict have gradients."""
    return len(path) > 1 and any(
        len(other) == len(path)
        and other[:-1] == path[:-1]
        and (isinstance(path[-1], int) or plain(path[-2]) in CONTAINERS)
        for other in pairs
    )


def _unlike(
    names: Mapping[Path, str], taken: Collection[str], before: Mapping[Path, Found]
) -> dict[Path, str]:
    """Return the names, those that are taken with the name of their object before them."""
    return {
        path: f"{before[path].root}.{name}" if name in taken else name
        for path, name in names.items()
    }


def _best(paths: Sequence[Path]) -> Path:
    """Return the path that names an array best: one that ends in a word, the shortest."""
    return min(paths, key=lambda path: (not isinstance(path[-1], str), len(path)))


def _named(name: str, names: Mapping[Path, str]) -> Path:
    for path, short in names.items():
        if name in {short, written(path)}:
            return path
    msg = f"params and grads name {name!r}; the float arrays are {_all(names)}"
    raise ValueError(msg)


def _all(paths: Iterable[Path]) -> str:
    return ", ".join(map(written, paths)) or "none"
