"""The stand-ins in place while some thread records, the originals back when none does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from crosscheck.tracing.array_creation import IN_NAMESPACES, IN_NUMPY
from crosscheck.tracing.builtin_types import BUILTINS
from crosscheck.tracing.optional_functions import Replacement, replacements

_lock = threading.RLock()
# place and name: (original, how many runs need the stand-in)
_installed: dict[tuple[int, Any], tuple[Any, Any, int]] = {}


class _Elsewhere:
    """Functions of other packages, replaced all together: there are many, and a run is short."""

    def __init__(self) -> None:
        self._users = 0
        self._replaced: tuple[Replacement, ...] = ()
        self._known: tuple[Replacement, ...] = ()

    def enter(self) -> None:
        """Replace what has been imported by now."""
        self._users += 1
        known = replacements()
        if known is not self._known:
            self._known = known
            IN_NAMESPACES.update({id(original): answer for _, _, original, answer in known})
        if known is not self._replaced:
            for place, name, _, answer in known:
                setattr(place, name, answer)
            self._replaced = known

    def leave(self) -> None:
        """Put the originals back, if nobody else needs the stand-ins."""
        self._users -= 1
        if not self._users:
            for place, name, original, _ in self._replaced:
                setattr(place, name, original)
            self._replaced = ()


_elsewhere = _Elsewhere()


_ABSENT = object()


def _get(place: Any, name: Any) -> Any:
    if isinstance(place, dict):
        return place.get(name, _ABSENT)
    return getattr(place, name)


def _set(place: Any, name: Any, value: Any) -> None:
    if value is _ABSENT:
        place.pop(name, None)  # a namespace may have been restored by who runs its code
    elif isinstance(place, dict):
        place[name] = value
    else:
        setattr(place, name, value)


def _install(place: Any, name: Any, answer: Any) -> None:
    _, original, users = _installed.get((id(place), name), (place, _get(place, name), 0))
    _installed[id(place), name] = (place, original, users + 1)
    if not users:
        _set(place, name, answer)


def _remove(place: Any, name: Any) -> None:
    place, original, users = _installed.pop((id(place), name))
    if users > 1:
        _installed[id(place), name] = (place, original, users - 1)
    else:
        _set(place, name, original)


def _imported(namespaces: Iterable[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Names in the user's own namespaces that mean one of the originals."""
    for place in namespaces:
        if isinstance(place, dict):
            for name, answer in BUILTINS.items():
                known = _installed.get((id(place), name))
                if name not in place or (known and known[1] is _ABSENT):
                    yield place, name, answer
        for name in list(place) if isinstance(place, dict) else ["cell_contents"]:
            known = _installed.get((id(place), name))
            try:
                value = known[1] if known else _get(place, name)
            except ValueError:  # an empty cell
                continue
            if id(value) in IN_NAMESPACES:
                yield place, name, IN_NAMESPACES[id(value)]


def stand_in(namespace: dict[str, Any]) -> None:
    """Replace what was imported into a namespace since the run began.

    For code that is run again and imports for itself; whoever does that restores the namespace.
    """
    for name, value in list(namespace.items()):
        namespace[name] = IN_NAMESPACES.get(id(value), value)


@contextlib.contextmanager
def stand_ins(namespaces: Iterable[Any]) -> Iterator[None]:
    """NumPy, and what was imported from it by name, replaced in `namespaces`.

    Several threads may be inside; the last one out restores the originals. The stand-ins look at
    the thread they are called in, so that others see no difference.
    """
    done: list[tuple[Any, Any]] = []
    try:
        with _lock:
            _elsewhere.enter()
            for place, name, answer in (*IN_NUMPY, *_imported(namespaces)):
                _install(place, name, answer)
                done.append((place, name))
        yield
    finally:
        with _lock:
            for place, name in done:
                _remove(place, name)
            _elsewhere.leave()
