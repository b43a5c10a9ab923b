"""Further inputs for a layer: those that its given ones suggest, and the smallest that fail.

A backward pass is often right for the shapes it was tried with alone: not for a batch of one, where
something is squeezed away, nor for a length of one, for images that are not square, or for windows
that overlap. Whether a layer is meant for such inputs, its forward pass says: where it raises, or
gives something not finite, or of an unexpected shape, it is not.
"""

from __future__ import annotations

import copy
import warnings
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from crosscheck.certification.side_effects import attempt
from crosscheck.core.finite_differences import is_doubtful
from crosscheck.core.pytree import flatten, rebuild

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from crosscheck.certification.layer_adapter import Layer
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.types import Given

    Shape = tuple[int, ...]
    Shapes = list[Shape]  # of the outputs

T = TypeVar("T")

SHAPE, NUMBERS = "its shape", "its numbers"  # what seems wrong with a gradient
SEQUENCE, IMAGES = 3, 4  # dimensions: (batch, length, features), (batch, channels, height, width)
SCORES = 2  # dimensions: (batch, classes)
SIZES = {"stride": (1, 2), "pad": (0, 1, 2)}
WINDOWS = ("window", "pool_h", "pool_w", "pool_size", "kernel_size", "filter_size")
MODES = (("train", "test"), ("max", "average"), ("max", "mean"), ("same", "valid"))


class Suggestion(NamedTuple):
    """Inputs, what is new about them, and the lengths that were cut: what each was -> is."""

    what: str
    given: Given
    cut: Mapping[int, int]
    is_mode: bool = False  # forward may be all there is of it: backward may refuse


def suggested(given: Given) -> Iterator[list[Suggestion]]:
    """Yield what is worth a try, each in one or several ways, of which one will do."""
    first: Shape = next((shape for shape in _shapes(given) if shape), ())
    yield from _of_one("a batch of one", given, first, 0)
    if len(first) == SEQUENCE:
        yield from _of_one("a length of one", given, first, 1)
    yield from _one_class(given, first)
    yield from _apart(given)
    yield from _options(given)


def _of_one(what: str, given: Given, first: Shape, axis: int) -> Iterator[list[Suggestion]]:
    """Yield the inputs with an axis of the first array cut to 1, and all axes that go with it.

    Nothing where another axis has this length, too (a batch of 4 with 4 features): nobody could
    tell which of them go together, and what no longer does might broadcast.
    """
    length = first[axis : axis + 1]
    elsewhere = (shape[:axis] + shape[axis + 1 :] for shape in _shapes(given))
    if length and length[0] > 1 and not {*length} & {*chain.from_iterable(elsewhere)}:
        yield [Suggestion(what, _cut(given, length[0], 1), {length[0]: 1})]


def _one_class(given: Given, first: Shape) -> Iterator[list[Suggestion]]:
    """Yield scores of one class, where whole numbers label the rows."""
    labels = [leaf for leaf in flatten(given).values() if _are_labels(leaf, first)]
    if len(first) == SCORES and labels:
        for (way,) in _of_one("one class", given, first, 1):
            zeros = _changed(way.given, lambda a: 0 * a if _are_labels(a, first) else a)
            yield [Suggestion(way.what, zeros, way.cut)]


def _are_labels(leaf: Any, first: Shape) -> bool:
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iu" and leaf.shape == first[:1]


def _apart(given: Given) -> Iterator[list[Suggestion]]:
    """Yield the inputs with their square images, and kernels, cut: in width, and in height."""
    shapes = [shape for shape in _shapes(given) if len(shape) == IMAGES]
    for side in sorted({width for *_, height, width in shapes if height == width}, reverse=True):
        lengths = dict.fromkeys((side - 1, side - 2, side // 2))  # a stride takes some of them
        for what, axis in (("narrower", -1), ("shorter", -2)):
            name = f"{side} × {side} made {what}"
            yield [Suggestion(name, _less(given, side, n, axis), {}) for n in lengths if n > 1]


def _options(given: Given) -> Iterator[list[Suggestion]]:
    """Yield the inputs with other strides, padding, windows and modes.

    Windows overlap at a stride of 1, and do not touch at 2; without padding a slice up to `-pad` is
    empty.
    """
    leaves = flatten(given)
    for path, value in leaves.items():
        name = path.rpartition(".")[2].lower()
        for other in _others(name, value):
            changed = rebuild(given, iter({**leaves, path: other}.values()))
            yield [Suggestion(f"{path} {other}", changed, {}, is_mode=isinstance(other, str))]


def _others(name: str, value: Any) -> list[Any]:
    """Return other values for an option, as its name tells what it is."""
    if isinstance(value, str):
        modes = next((modes for modes in MODES if value in modes), ())
        return [mode for mode in modes if mode != value and "mode" in name]
    if type(value) is not int:
        return []
    if any(word in name for word in WINDOWS):
        return [size for size in (value - 1, value + 1) if size > 0]
    return [n for word, sizes in SIZES.items() if word in name for n in sizes if n != value]


def smallest(given: Given, fails: Callable[[Given], bool]) -> Given:
    """Return inputs that still fail, with as few numbers as halving their lengths gets to."""
    for length in sorted(set(chain.from_iterable(_shapes(given))), reverse=True):
        for less in dict.fromkeys((1, length // 2, length - 1)):
            if 0 < less < length and fails(smaller := _cut(given, length, less)):
                return smallest(smaller, fails)
    return given


def size(given: Any) -> int:
    """Return how many numbers the inputs have."""
    return sum(np.size(leaf) for leaf in flatten(given).values())


def _shapes(given: Given) -> list[Shape]:
    """Return the shapes of the arrays among the inputs."""
    return [leaf.shape for leaf in flatten(given).values() if isinstance(leaf, np.ndarray)]


def _changed(given: Given, change: Callable[[Any], Any]) -> Given:
    """Return the inputs with every array changed."""
    leaves = flatten(given).values()
    arrays = (change(leaf).copy() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves)
    changed: Given = rebuild(given, iter(arrays))
    return changed


def _cut(given: Given, length: int, less: int) -> Given:
    """Return the inputs with every axis of one length cut to less."""
    return _changed(given, lambda a: a[tuple(slice(less if n == length else n) for n in a.shape)])


def _less(given: Given, side: int, length: int, axis: int) -> Given:
    """Return the inputs with one of the last two axes of their square images cut."""

    def change(a: Any) -> Any:
        if a.ndim != IMAGES or a.shape[-2:] != (side, side):
            return a
        return a[..., :length] if axis == -1 else a[..., :length, :]

    return _changed(given, change)


def doubtful(layer: Layer, own: Given) -> Iterator[tuple[str, Given, str]]:
    """Yield what the layer's own inputs suggest, its forward takes, and differences doubt.

    In words, the inputs, and what the doubt is.
    """
    before = _outputs(layer, own)
    for ways in suggested(own):
        taken = (way for way in ways if _follow(before, _outputs(layer, way.given), way.cut))
        for what, given, _, is_mode in islice(taken, 1):
            why = seeming(layer, given)
            if why and (why == NUMBERS or not is_mode):
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
    why = seeming(layer, given)
    return smallest(given, lambda less: seeming(layer, less) == why) if why else given


def seeming(layer: Layer, given: Given) -> str:
    """Return what seems wrong with the gradient for these inputs; "" if forward refuses them."""
    if not _outputs(layer, given):
        return ""
    found, refused = attempt(lambda: _quietly(lambda: doubt(layer.user_loss(given))))
    return "" if refused else str(found)


def doubt(user_loss: UserLoss) -> str:
    """Return what seems wrong with a gradient: what it raises, its shape or its numbers; or "".

    The loss has been run at these parameters and does not raise.
    """
    point = user_loss.given
    gradient, raised = attempt(lambda: user_loss.gradient_at(user_loss.arguments(point)))
    if raised:
        return raised
    if any(gradient[path].shape != leaf.shape for path, leaf in point.params.items()):
        return SHAPE
    return NUMBERS if is_doubtful(user_loss.loss_at, point, gradient) else ""


def _outputs(layer: Layer, given: Given) -> Shapes:
    """Return the shapes of the outputs; none where forward raises, or they are not finite."""
    out, raised = attempt(lambda: _quietly(lambda: layer.forwards(copy.deepcopy(given))[0]))
    if raised or not all(np.isfinite(o).all() for o in out):
        return []
    return [np.shape(o) for o in out]


def _quietly(function: Callable[[], T]) -> T:
    """Return what the user's functions do with inputs that nobody gave them, without warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function()
