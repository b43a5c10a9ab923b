"""What no evaluation of the given functions can tell, by name, derived from what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.pytree import flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.types import Array, Point

ENOUGH = 2  # numbers from which a mean, or rows from which a batch can be told
FEW = 10**6  # entries of a constant that is looked at
SETTINGS = frozenset({"stride", "strides", "pad", "padding", "dilation"})


def limits(
    user_loss: UserLoss, points: Sequence[Point], uncovered: Sequence[str]
) -> tuple[str, ...]:
    """Return what the points cannot tell, a sentence each.

    A note of the recording counts where it holds at every point, and where no branch of the same
    line is listed as uncovered.
    """
    recordings = [user_loss.recorded(point) for point in points]
    common = [
        note
        for note in recordings[0].notes
        if not note.is_convention and all(note in other.notes for other in recordings)
    ]
    lines = {tuple(sentence.split(": ")[:1]) for sentence in uncovered}
    noted = [
        f"{note} was not tested" if " whether " in note.text else f"{note} at every point"
        for note in common
        if (f"{note.place.file}:{note.place.line}",) not in lines
    ]
    return tuple(dict.fromkeys((*noted, *_of_arguments(user_loss), *_of_classes(user_loss))))


def conventions(user_loss: UserLoss) -> tuple[str, ...]:
    """Return by which conventions functions of the loss read their arguments, a sentence each."""
    notes = user_loss.recorded(user_loss.given).notes
    return tuple(str(note) for note in notes if note.is_convention)


def _of_arguments(user_loss: UserLoss) -> Iterator[str]:
    """Yield what the arguments have but once."""
    arguments = dict(user_loss.data)
    if user_loss.is_layer:  # the batch is its first input
        arguments |= dict(list(user_loss.params.items())[:1])
    for path, leaf in flatten(arguments).items():
        if isinstance(leaf, np.ndarray) and leaf.ndim >= ENOUGH and len(leaf) < ENOUGH <= leaf.size:
            yield (
                f"axis 0 of {path} has length 1: whether the gradient is summed over it, or "
                "divided by its length, was not tested"
            )
        if path.rpartition(".")[2] in SETTINGS and isinstance(leaf, int) and not user_loss.is_layer:
            yield f"{path} is {leaf}: no other value was tested"


def _of_classes(user_loss: UserLoss) -> Iterator[str]:
    """Yield the classes that no row of a one-hot array is of."""
    data = flatten(dict(user_loss.data))
    for constant in user_loss.recorded(user_loss.given).program.constants:
        if _is_one_hot(constant):
            missing = np.flatnonzero(~constant.any(axis=0))
            alike = (path for path, leaf in data.items() if _equal(leaf, constant))
            name = next(alike, f"a one-hot array of shape {constant.shape}")
            yield from (f"class {k} is in no row of {name}: it was not tested" for k in missing[:5])


def _equal(leaf: Any, constant: Array) -> bool:
    return isinstance(leaf, np.ndarray) and np.array_equal(leaf, constant)


def _is_one_hot(array: Array) -> bool:
    if array.ndim != ENOUGH or min(array.shape) < ENOUGH or not 0 < array.size <= FEW:
        return False
    return bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())
