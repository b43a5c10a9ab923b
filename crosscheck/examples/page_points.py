"""Where a page is judged: its own numbers, and points of several shapes for each of its options.

The lengths of the letters in a page's shapes are drawn: another length for each letter, so that no
transposition and no sum over the wrong axis fits by accident; a batch of one; and every other
length one. What the page's door refuses is drawn again.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.types import Point
from crosscheck.errors import NotGenericError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosscheck.core.types import Array
    from reference.example import Page

TRIES = 1000
# An input of any shape has in turn another number of axes.
ANY_SHAPE = ((2, 4, 3), (1, 3), (5,))
UPSTREAM = "dout"  # among the data; "dout 1" for the second output of a layer, and so on


@dataclass(frozen=True)
class Case:
    """Some points of one shape, judged with the same options.

    `where` says in words which shape and options these are. `is_degenerate`: a length is 1, and a
    gradient may be zero for every input, as the softmax of one number is 1. There, an agreement
    need not be resolved.
    """

    points: tuple[Point, ...]
    options: tuple[tuple[str, Any], ...] = ()
    where: str = "its own numbers"
    is_degenerate: bool = False


def cases(page: Page, count: int, seed: int) -> Iterator[Case]:
    """Yield the page's own point, and its cases of `count` sampled points each.

    The default options are judged at three shapes, each entry of OPTIONS at one.

    Raises NotGenericError where the door refuses whatever is drawn, and what `forward` raises.
    """
    rng = np.random.default_rng([seed, zlib.crc32(page.__name__.encode())])
    dout = getattr(page, "DOUT", None)
    douts = [] if dout is None else dout if isinstance(dout, tuple) else [dout]
    yield Case((Point(page.PARAMS, {**page.DATA, **_upstream(douts)}),))
    letters = list(dict.fromkeys(" ".join(shapes(page).values()).replace("...", "").split()))
    for variant in ({}, *getattr(page, "OPTIONS", ())):
        for k, ones in enumerate(([],) if variant else ([], letters[:1], letters[1:])):
            try:
                yield _case(page, letters, ones, variant, ANY_SHAPE[k], count, rng)
            except NotGenericError:
                if not ones:
                    raise
                # This page has no length of one there: another shape in its place.
                yield _case(page, letters, [], variant, ANY_SHAPE[k], count, rng)


def _case(  # noqa: PLR0913, PLR0917 - all that decides what is drawn
    page: Page,
    letters: list[str],
    ones: list[str],
    variant: Mapping[str, Any],
    shape: tuple[int, ...],
    count: int,
    rng: np.random.Generator,
) -> Case:
    """Return points with a length of 1 for each letter in `ones`, and another for every other."""
    options = tuple(sorted(variant.items()))
    others = [letter for letter in letters if letter not in ones]
    refused: Exception | None = None
    for _ in range(TRIES):
        lengths = dict.fromkeys(ones, 1)
        lengths |= zip(others, map(int, rng.permutation(len(others)) + 2), strict=True)
        try:
            points = tuple(_point(page, lengths, shape, variant, rng) for _ in range(count))
        except ValueError as error:
            if not str(error).startswith(f"{entry(page).__name__}: "):
                raise
            refused = error
            continue
        said = [f"{name} = {value}" for name, value in (*lengths.items(), *options)]
        if "..." in shapes(page).values():
            said.append(f"shape {shape}")
        return Case(points, options, ", ".join(said) or "scalars", bool(ones))
    msg = f"{page.__name__} refused all of {TRIES} shapes; the last: {refused}"
    raise NotGenericError(msg)


def _point(
    page: Any,
    lengths: Mapping[str, int],
    shape: tuple[int, ...],
    variant: Mapping[str, Any],
    rng: np.random.Generator,
) -> Point:
    """Return a point of these lengths, standard normal where the page does not sample itself."""
    drawn = page.sample(rng, shape=shape, **lengths) if hasattr(page, "sample") else {}
    for name, letters in shapes(page).items():
        if name in {**page.PARAMS, **page.DATA} and name not in drawn:
            of = shape if letters == "..." else tuple(lengths[x] for x in letters.split())
            drawn[name] = rng.standard_normal(of)
    given: dict[str, Any] = {**page.PARAMS, **page.DATA, **drawn}
    params = {name: np.asarray(given[name]) for name in page.PARAMS}
    data = {name: np.asarray(given[name]) for name in page.DATA}
    point = Point(params, data).representable()
    outs = entry(page)(**point.params, **point.data, **variant)
    if not hasattr(page, "DOUT"):
        return point
    out = outs[0] if isinstance(outs[0], tuple) else [outs[0]]
    douts = [rng.standard_normal(array.shape) for array in out]
    return Point(point.params, {**point.data, **_upstream(douts)}).representable()


def shapes(page: Any) -> Mapping[str, str]:
    """Return the shape of each input of a page, in letters."""
    declared: Mapping[str, str] = entry(page).shapes
    return declared


def entry(page: Any) -> Any:
    """Return the function of a page that takes its inputs."""
    return page.forward if hasattr(page, "forward") else page.trajectory


def _upstream(douts: Any) -> dict[str, Array]:
    """Return upstream gradients under their names among the data."""
    return {f"{UPSTREAM} {i}": dout for i, dout in enumerate(douts)}


def split(data: Mapping[str, Array]) -> tuple[dict[str, Array], list[Array]]:
    """Return the data of a point without the upstream gradients, and these."""
    given = {name: array for name, array in data.items() if not name.startswith(f"{UPSTREAM} ")}
    return given, [array for name, array in data.items() if name.startswith(f"{UPSTREAM} ")]
