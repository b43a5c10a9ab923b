"""Parameters that an object keeps in itself, found by what people call them and their gradients.

A parameter is a float array that the forward pass reads, as a change of it shows. Its gradient is
what the backward pass leaves under a name that belongs to it: `W` and `dW`, `params["W1"]` and
`grads["W1"]`, `weight.data` and `weight.grad`. What no convention tells is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.returned import in_returned
from crosscheck.certification.side_effects import attempt
from crosscheck.certification.state import State, state_of
from crosscheck.certification.swap import Swap, numbers_in
from crosscheck.core.sampling import moved
from crosscheck.objects.pairs import changes, gradients_of, shortened
from crosscheck.objects.walk import Found, follow, places, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crosscheck.objects.walk import Path


@dataclass(frozen=True)
class Gradient:
    """Where backward leaves a gradient: at a path from an object, or in what it returns."""

    start: Any
    path: Path

    def read(self, returned: Any) -> Any:
        """Return what is there now; None if nothing is."""
        try:
            return follow(returned if self.start is None else self.start, self.path)
        except (KeyError, TypeError):
            return None

    def __str__(self) -> str:
        """Return where it is."""
        if self.start is None:
            return f"returned {written(self.path)}"
        return written(self.path)


@dataclass(frozen=True)
class Own:
    """An object's own parameters by name, and where their gradients are.

    `unjudged`: what forward reads and backward leaves no gradient for, as text.
    """

    swap: Swap
    values: Mapping[str, Any] = field(default_factory=dict)
    gradients: Mapping[str, Gradient] = field(default_factory=dict)
    unjudged: tuple[str, ...] = ()

    @property
    def pairs(self) -> tuple[str, ...]:
        """Each parameter with the place of its gradient, as text."""
        return tuple(f"{name} ({gradient})" for name, gradient in self.gradients.items())

    def enter(self, given: Mapping[str, Any]) -> None:
        """Start from the state as it was, with the parameters exchanged for what is given."""
        self.swap.enter({name: given.get(name, own) for name, own in self.values.items()})

    def read(self, returned: Any) -> dict[str, Any]:
        """Return the gradients as they are now; `returned` may hold some."""
        return {name: gradient.read(returned) for name, gradient in self.gradients.items()}


def is_float(thing: Any) -> bool:
    """Return whether a thing is an array of floats."""
    return isinstance(thing, np.ndarray) and thing.dtype.kind == "f"


def find(
    roots: Sequence[Any],
    forward: Callable[[], Any],
    backward: Callable[[], Any],
    params: Iterable[str] | None = None,
    grads: Mapping[str, str | None] | Sequence[str] | None = None,
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

    Raises:
        ValueError: it is not clear which array is whose gradient, or a path leads nowhere.

    """
    state = state_of(*roots)
    before = _values(roots)
    try:
        state.restore()
        out, raised = attempt(forward)
        if raised:  # it raises it again where that counts
            return Own(Swap(state, {}))
        between = _values(roots)
        copies = {path: np.copy(found.thing) for path, found in between.items()}
        returned = attempt(backward)[0]
        after = _values(roots)
        updated = {
            path for path, found in after.items() if _is_new(found, between.get(path), copies)
        }
        contents = {path: np.copy(found.thing) for path, found in after.items()}
    finally:
        state.restore()
    search = _Search(state, before, after, updated, contents, forward, out, returned)
    return search.own(params, {} if grads is None else grads)


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

    def own(self, params: Any, grads: Mapping[str, str | None] | Sequence[str]) -> Own:
        """Return the pairs, after asking about each array whether forward reads it."""
        arrays = {path: found.thing for path, found in self.before.items() if is_float(found.thing)}
        aliases: dict[int, list[Path]] = {}
        for path, array in arrays.items():
            aliases.setdefault(id(array), []).append(path)
        first = {_best(paths): paths for paths in aliases.values()}
        numbers = {
            path: place for path, place in numbers_in(self.state).items() if path not in arrays
        }
        names = shortened([*first, *numbers])
        said = grads if isinstance(grads, Mapping) else {}
        settled = {_named(name, names): place for name, place in said.items()}
        pairs = {
            path: gradient
            for path, paths in (first | {path: [path] for path in numbers}).items()
            if path not in settled
            and (gradient := self._gradient(paths)) is not None
            and not self._is_gradient(paths, first)
        }
        pairs |= {path: self._place(place) for path, place in settled.items() if place is not None}
        chosen = list(names) if params is None else [_named(name, names) for name in params]
        used = [
            path
            for path in chosen
            if path in first
            and path not in pairs.values()
            and (params is not None or self._reads(arrays[path]))
        ]
        by_name = {names[path]: (path, arrays[path]) for path in used if path not in settled}
        order = None if isinstance(grads, Mapping) else grads
        found = {
            names[path]: Gradient(self.after[pairs[path]].start, pairs[path])
            for path in chosen
            if path in pairs and (path in used or path in numbers)
        }
        returned = in_returned(self.returned, by_name, order)
        found |= {name: Gradient(None, path) for name, path in returned.items()}
        silent = {names[path]: path for path in used if names[path] not in found}
        self._refuse_doubt(silent, arrays, set(pairs.values()), said)
        kept = {names[path]: path for path in chosen if names[path] in found}
        zeroed = tuple(
            self.before[pairs[path]].thing
            for name, path in kept.items()
            if found[name].start is not None
            and pairs[path] in self.before
            and is_float(self.before[pairs[path]].thing)
        )
        swap = Swap(
            self.state,
            {name: arrays[path] for name, path in kept.items() if path in arrays},
            {name: numbers[path] for name, path in kept.items() if path in numbers},
            zeroed,
        )
        return Own(
            swap,
            {name: self.before[path].thing for name, path in kept.items()},
            found,
            tuple(f"{name} {arrays[path].shape}" for name, path in silent.items()),
        )

    def _gradient(self, paths: Sequence[Path]) -> Path | None:
        """Return the path of a parameter's gradient, given all places of the parameter."""
        candidates = [path for path in self.after if path not in paths]
        found = {
            gradient: changes(path, gradient)
            for path in paths
            for gradient in gradients_of(path, candidates)
        }
        if not found:
            return None
        recent = [path for path in found if path in self.updated] or list(found)
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

    def _is_gradient(self, paths: Sequence[Path], first: Mapping[Path, Any]) -> bool:
        """Return whether an array is the gradient of another one."""
        return any(changes(other, path) for path in paths for other in first if other not in paths)

    def _reads(self, array: Any) -> bool:
        return reads(self.state, self.forward, self.out, array)

    def _place(self, said: str) -> Path:
        for path in self.after:
            if written(path) == said:
                return path
        msg = f"grads: there is no array at {said!r} after backward; there are {_all(self.after)}"
        raise ValueError(msg)

    def _refuse_doubt(
        self,
        silent: Mapping[str, Path],
        arrays: Mapping[Path, Any],
        taken: set[Path],
        grads: Mapping[str, Any],
    ) -> None:
        """Raise where backward leaves an array that may well be the gradient of one without."""
        for name, path in silent.items():
            like = [
                other
                for other in self.updated - taken
                if np.shape(self.contents[other]) == arrays[path].shape
                and is_float(self.after[other].thing)
                and not any(self.after[other].thing is array for array in arrays.values())
            ]
            if like and name not in grads and arrays[path].ndim:
                msg = (
                    f"backward leaves {', '.join(sorted(map(written, like)))} of the shape of "
                    f"{name}, {arrays[path].shape}; say what its gradient is: "
                    f"grads={{{name!r}: {written(like[0])!r}}}, or {{{name!r}: None}} for none"
                )
                raise ValueError(msg)


def reads(state: State, forward: Callable[[], Any], out: Any, array: Any) -> bool:
    """Return whether the forward pass computes something else if an array is another one."""
    swap = Swap(state, {"": array})
    try:
        swap.enter({"": moved(array, np.random.default_rng(0)).astype(array.dtype)})
        with np.errstate(all="ignore"):
            now, raised = attempt(forward)
    finally:
        swap.leave()
    return bool(raised) or not _equal(now, out)


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


def _equal(a: Any, b: Any) -> bool:
    """Return whether two results are the same, whatever they are made of."""
    if isinstance(a, np.ndarray | np.generic | float):
        return np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    return a is b or type(a) is type(b)


def by_name(result: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return what backward returned, by the names of the differentiable inputs."""
    if isinstance(result, Mapping):
        return dict(result)
    if len(names) == 1 and not isinstance(result, list | tuple):
        return {names[0]: result}
    return dict(zip(names, result, strict=False)) if isinstance(result, list | tuple) else {}
