"""Which configurations of a layer are worth a certificate, and the smallest that still fail."""

from __future__ import annotations

import copy
import itertools
import warnings
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from crosscheck.conduct import attempt
from crosscheck.configurations import smallest, suggested
from crosscheck.doubts import doubt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from crosscheck.configurations import Given
    from crosscheck.passes import Layer

    Shapes = list[tuple[int, ...]]  # of the outputs

T = TypeVar("T")


def doubtful(layer: Layer, own: Given) -> Iterator[tuple[str, Given, str]]:
    """Yield what the layer's own inputs suggest, its forward takes, and differences doubt.

    In words, the inputs, and what the doubt is.
    """
    before = _shapes(layer, own)
    for ways in suggested(own):
        taken = (way for way in ways if _follow(before, _shapes(layer, way.given), way.cut))
        for what, given, _ in itertools.islice(taken, 1):
            if why := _doubt(layer, given):
                yield what, given, why


def _follow(before: Shapes, after: Shapes, cut: Mapping[int, int]) -> bool:
    """Return whether outputs have the lengths that they had, or what those were cut to.

    If not, forward takes the inputs for something that nobody meant. A narrower image or another
    stride may give any length.
    """
    return list(map(len, before)) == list(map(len, after)) and all(
        length in {old, cut.get(old, old)} or not cut
        for shapes in zip(before, after, strict=True)
        for old, length in zip(*shapes, strict=True)
    )


def shrunk(layer: Layer, given: Given) -> Given:
    """Return the smallest inputs, cut from the given ones, of which there is the same doubt."""
    why = _doubt(layer, given)
    return smallest(given, lambda less: _doubt(layer, less) == why) if why else given


def _doubt(layer: Layer, given: Given) -> str:
    """Return what seems wrong with the gradient for these inputs; "" if forward refuses them."""
    if not _shapes(layer, given):
        return ""
    found, refused = attempt(lambda: _quietly(lambda: doubt(layer.written(given))))
    return "" if refused else found


def _shapes(layer: Layer, given: Given) -> Shapes:
    """Return the shapes of the outputs; none where forward raises, or they are not finite."""
    out, raised = attempt(lambda: _quietly(lambda: layer.forwards(copy.deepcopy(given))[0]))
    if raised or not all(np.isfinite(o).all() for o in out):
        return []
    return [np.shape(o) for o in out]


def _quietly(function: Callable[[], T]) -> T:
    """Return what the reader's functions do with inputs that nobody gave them, without warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function()
