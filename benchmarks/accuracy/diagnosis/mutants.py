"""The mutants of one network: the catalogue's, and those that no hypothesis describes."""

from __future__ import annotations

import functools
import inspect
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.accuracy.campaign.mutants import CHANGES, DECAYED, is_square
from benchmarks.accuracy.diagnosis.answers import ANSWERS, facts
from benchmarks.accuracy.networks.mistakes import MISTAKES, Mistake, planted
from benchmarks.accuracy.networks.zoo import (
    attention,
    convolution,
    dense,
    dropout,
    embedded,
    loops,
    normalised,
    penalised,
    recurrent,
    residual,
    tied,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from benchmarks.accuracy.diagnosis.answers import Answer
    from benchmarks.accuracy.networks.architectures import Net
    from reference.example import Array, Grads

    Gradient = Callable[..., Grads]
    Line = tuple[str, int]  # a file and a number


class Mutant(NamedTuple):
    """A wrong gradient, and what must be said of it: no `answers` where it must have no name.

    `lines` of the loss, by file and number, are where it may be said to be.
    """

    kind: str
    gradient: Gradient
    answers: tuple[Answer, ...]
    lines: frozenset[Line]


# What no hypothesis describes: (gradient, parameter, fixed random numbers) -> wrong gradient.
OUTSIDE: dict[str, Callable[[Array, Array], Array]] = {
    "one entry × (1+1e-5)": lambda g, r: g * np.where(r == np.max(r), 1 + 1e-5, 1.0),
    "cubed": lambda g, _: g**3,
    "its sine": lambda g, _: np.sin(g),
    "root of its size": lambda g, _: np.sign(g) * np.sqrt(np.abs(g)),
    "noise of 1e-4": lambda g, r: g * (1 + 1e-4 * r),
    "one row × 1.1": lambda g, _: (
        g * np.where(np.arange(len(g)) == 0, 1.1, 1.0).reshape(-1, *(1,) * (g.ndim - 1))
    ),
    "0.1 of its neighbour added": lambda g, _: g + 0.1 * np.roll(g, 1),
}
# What is done to any gradient, given the size of its largest entry at the first point.
OF_ONE: dict[str, Callable[[Array, Any], Array]] = {
    "clipped": lambda g, largest: np.clip(g, -0.5 * largest, 0.5 * largest),
    "clipped by norm": lambda g, largest: g * min(1.0, 0.5 * largest / np.linalg.norm(g)),
}
EMPTY: frozenset[Line] = frozenset()
PAIR = 2
STEP = 1e-4
OTHERS = 6  # of them, drawn for each network: a fifth of what the catalogue has for it
# Where a parameter's value goes on one way alone, without a bias: what is done to its gradient at
# the end of the way back is done on the way. The lines of the other end.
ONE_WAY = {
    (attention, "Wq"): ("scores = q @",),
    (attention, "Wk"): ("scores = q @",),
    (attention, "Wv"): ("return 0.5",),
}
OTHER_SLOPE, OTHER_INPUT = "slope of another function", "stale activations of another input"
OUTSIDE_PLANTED: dict[ModuleType, tuple[Mistake, ...]] = {
    dense: (
        Mistake(OTHER_SLOPE, "slope(z2)", "np.cos(z2)"),
        Mistake(OTHER_SLOPE, "slope(z1)", "np.cos(z1)"),
        Mistake(OTHER_INPUT, "a1.T @ d2", "act((X + 0.5) @ W1 + b1).T @ d2"),
    ),
    dropout: (Mistake(OTHER_SLOPE, "slope(z2)", "np.cos(z2)"),),
    residual: (
        Mistake(OTHER_SLOPE, "slope(z)", "np.cos(z)"),
        Mistake(OTHER_INPUT, "a.T @ dr", "act((h + 0.5) @ W1 + b1).T @ dr"),
    ),
    normalised: (
        Mistake(OTHER_SLOPE, "slope(s)", "np.cos(s)"),
        Mistake(OTHER_INPUT, "a.T @ dout", "act(s + 0.5).T @ dout"),
    ),
    recurrent: (Mistake(OTHER_SLOPE, "slope(z[:, t])", "np.cos(z[:, t])"),),
    attention: (Mistake(OTHER_INPUT, "o, dout", "o + 0.5, dout"),),
    tied: (Mistake(OTHER_SLOPE, "slope(z)", "np.cos(z)"),),
    penalised: (
        Mistake(OTHER_SLOPE, "slope(z)", "np.cos(z)"),
        Mistake(OTHER_INPUT, "a.T @ dout", "act(z + 0.5).T @ dout"),
    ),
    embedded: (Mistake(OTHER_SLOPE, "np.cos(X @ We)", "np.cos(2 * (X @ We))"),),
    convolution: (Mistake(OTHER_SLOPE, "slope(s)", "np.cos(s)"),),
    loops: (Mistake(OTHER_SLOPE, "* slope(z)", "* np.cos(z)"),),
}


def mutants(net: Net, seed: int) -> list[Mutant]:
    """Return every mutant of a network that is of the catalogue, and some of the others."""
    rng = np.random.default_rng([seed, net.index, 2])
    others = list(_outside(net, rng))
    some = sorted(rng.permutation(len(others))[:OTHERS])
    return [*_catalogue(net, rng), *(others[k] for k in some)]


def _catalogue(net: Net, rng: np.random.Generator) -> Iterator[Mutant]:
    """Yield what must be named; what can be done to any gradient spoils one parameter's."""
    names = list(net.params)
    for kind, change in {**CHANGES, **OF_ONE}.items():
        if kind in ANSWERS:
            name = names[rng.integers(len(names))]
            spoil = functools.partial(_changed, change, _largest(net, name))
            yield _spoiled(net, kind, name, spoil)
    yield Mutant("coarse difference", _coarse(net), ANSWERS["coarse difference"](facts(net)), EMPTY)
    yield _spoiled(net, DECAYED, names[rng.integers(len(names))], lambda g, p: g + 0.01 * p)
    for name in names:
        if is_square(net.params[name]):
            yield _spoiled(net, "gradient transposed", name, lambda g, _: g.T)
    yield from _planted(net, [mistake for mistake in MISTAKES[_module(net)] if mistake.lines])


def _largest(net: Net, name: str) -> Any:
    """Return the size of a gradient's largest entry, at the parameters of the network; 1 for 0.

    Clipped at zero it would be zero, which has another name.
    """
    return np.max(np.abs(_module(net).gradient(**net.params, **net.data)[name])) or 1.0


def _outside(net: Net, rng: np.random.Generator) -> Iterator[Mutant]:
    """Yield what must not be named."""
    # One row is all of it, and where two entries are opposite every odd function is a factor.
    names = [name for name, array in net.params.items() if len(array) > 1 and array.size > PAIR]
    for kind, change in OUTSIDE.items():
        name = names[rng.integers(len(names))]
        numbers = rng.standard_normal(net.params[name].shape)
        yield _spoiled(net, kind, name, functools.partial(_changed, change, numbers))
    unnamed = [mistake for mistake in MISTAKES[_module(net)] if not mistake.lines]
    yield from _planted(net, [*unnamed, *OUTSIDE_PLANTED[_module(net)]])


def _planted(net: Net, mistakes: Sequence[Mistake]) -> Iterator[Mutant]:
    """Yield the mistakes that can be made in a network, in its source."""
    module = _module(net)
    for mistake in mistakes:
        if mistake.cost in {"", net.data.get("cost")}:
            answers = ANSWERS[mistake.kind](facts(net, mistake.size)) if mistake.lines else ()
            lines = frozenset(_line(module, piece) for piece in mistake.lines)
            yield Mutant(mistake.kind, planted(module, mistake), answers, lines)


def _module(net: Net) -> ModuleType:
    """Return the module that a network is written in."""
    return net.architecture.module


def _changed(change: Callable[[Array, Any], Array], random: Any, g: Array, _: Array) -> Array:
    """Return what a change makes of a gradient, with the random numbers that it takes."""
    return change(g, random)


def _spoiled(net: Net, kind: str, name: str, change: Callable[[Array, Array], Array]) -> Mutant:
    """Return the mutant in which one parameter's gradient is changed afterwards."""
    module = _module(net)

    def gradient(**given: Any) -> Grads:
        grads = module.gradient(**given)
        return {**grads, name: change(grads[name], given[name])}

    answers = ANSWERS[kind](facts(net)) if kind in ANSWERS else ()
    # where the parameter itself is read, not its shape
    used = re.compile(rf"(?<!len\()\b{name}\b(?!\.shape|: )")
    lines = {where for where, line in _body(module) if used.search(line)}
    further = {_line(module, piece) for piece in ONE_WAY.get((module, name), ())}
    return Mutant(kind, gradient, answers, frozenset(lines | further))


def _body(module: ModuleType) -> list[tuple[Line, str]]:
    """Return where the lines of a module's loss stand, after its docstring, and what they say."""
    source, first = inspect.getsourcelines(module.loss)
    (documented,) = (k for k, line in enumerate(source) if line.strip().endswith('"""'))
    file = inspect.getfile(module)
    return [((file, first + k), line) for k, line in enumerate(source) if k > documented]


def _line(module: ModuleType, piece: str) -> Line:
    """Return where the line of a module's loss is on which a piece of source stands."""
    (found,) = (where for where, line in _body(module) if piece in line)
    return found


def _coarse(net: Net) -> Gradient:
    """Return the forward differences of a network's loss, of a step that is far too large."""
    loss, names = _module(net).loss, list(net.params)

    def gradient(**given: Any) -> Grads:
        start = loss(**given)
        grads = {name: np.zeros_like(given[name]) for name in names}
        for name in names:
            for index in np.ndindex(given[name].shape):
                moved = given[name].copy()
                moved[index] += STEP
                grads[name][index] = (loss(**{**given, name: moved}) - start) / STEP
        return grads

    return gradient
