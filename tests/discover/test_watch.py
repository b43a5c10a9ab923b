"""Watched code sees no difference: the functions are the same objects and do the same."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from crosscheck.discover.watch import Watched

if TYPE_CHECKING:
    from collections.abc import Iterator


def plain(x: int, /, y: int = 2, *, z: int = 3, **more: int) -> tuple[int, ...]:
    """Return what it was given."""
    return x, y, z, *more.values()


def starred(*parts: int) -> int:
    if not parts:
        msg = "nothing"
        raise KeyError(msg)
    return sum(parts)


def generator(n: int) -> Iterator[int]:
    yield from range(n)


class Base:
    def value(self, x: int) -> int:
        return x


class Derived(Base):
    def value(self, x: int) -> int:
        return super().value(x) + 1  # reads a cell


def closure(k: int) -> Any:
    def inner(x: int) -> int:
        return k * x

    return inner


@pytest.fixture
def seen() -> Iterator[list[Any]]:
    watched, notes = Watched(), []
    inner = closure(5)
    function: Any
    for function in (plain, starred, generator, Base.value, Derived.value, inner):
        watched.watch(function, lambda args, kwargs: notes.append((args, kwargs)))
        watched.watch(function, lambda *_: None)  # again: it stays as it is
    assert inner(2) == 10
    assert notes.pop() == ((2,), {})
    yield notes
    watched.leave_all()
    notes.clear()
    assert plain(1) == (1, 2, 3)
    assert not notes


def test_arguments_are_noted_with_their_defaults(seen: list[Any]) -> None:
    assert plain(1, z=5, w=6) == (1, 2, 5, 6)
    assert starred(1, 2) == 3
    assert seen == [((1, 2), {"z": 5, "w": 6}), ((1, 2), {})]


def test_methods_and_super_work(seen: list[Any]) -> None:
    derived = Derived()
    assert derived.value(3) == 4
    assert seen == [((derived, 3), {}), ((derived, 3), {})]


def test_nothing_can_be_seen(seen: list[Any]) -> None:
    assert str(inspect.signature(plain)).startswith("(x: 'int', /, y: 'int' = 2, *, z: 'int' = 3")
    assert pickle.loads(pickle.dumps(plain)) is plain
    assert copy.deepcopy(plain) is plain
    assert "Return what it was given" in inspect.getsource(plain)
    assert plain.__code__.co_name == "plain"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        plain()
    with pytest.raises(KeyError, match="nothing"):
        starred()
    assert len(seen) == 1


def test_a_generator_is_left_alone(seen: list[Any]) -> None:
    assert list(generator(2)) == [0, 1]
    assert not seen


def test_watching_can_be_suspended() -> None:
    watched, notes = Watched(), []
    one: Any = starred
    watched.watch(one, lambda *given: notes.append(given))
    with watched.suspended():
        starred(1)
    assert not notes
    starred(1)
    watched.leave(one)
    starred(1)
    assert len(notes) == 1
