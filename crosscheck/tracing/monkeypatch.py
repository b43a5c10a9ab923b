"""The stand-ins in place while some thread records, the originals back when none does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from crosscheck.tracing.array_creation import IN_NAMESPACES, IN_NUMPY

_lock = threading.RLock()
# place and name: (original, how many runs need the stand-in)
_installed: dict[tuple[int, Any], tuple[Any, Any, int]] = {}


def _get(place: Any, name: Any) -> Any:
    if isinstance(place, dict):
        return place[name]
    return getattr(place, name)


def _set(place: Any, name: Any, value: Any) -> None:
    if isinstance(place, dict):
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
            for place, name, answer in (*IN_NUMPY, *_imported(namespaces)):
                _install(place, name, answer)
                done.append((place, name))
        yield
    finally:
        with _lock:
            for place, name in done:
                _remove(place, name)
