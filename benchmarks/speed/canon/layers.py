"""Which layers are measured, at which lengths, and their arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import reference
from benchmarks.speed.gradients.cases import Case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reference.example import Array

TINY, COURSE = "tiny", "course"
DTYPES = ("float32", "float64")
# A page, and the lengths of the letters in its shapes, in the order of its inputs.
LENGTHS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "affine": {TINY: (8, 16, 16), COURSE: (64, 784, 256)},
    "conv2d_im2col": {TINY: (1, 3, 8, 8, 4, 3, 3, 3), COURSE: (32, 16, 14, 14, 32, 16, 3, 3)},
    "layer_norm": {TINY: (8, 16), COURSE: (512, 256)},
    "attention": {TINY: (1, 8, 8, 8, 8), COURSE: (8, 128, 64, 128, 64)},
    "lstm": {TINY: (1, 4, 4, 8, 32), COURSE: (32, 32, 64, 128, 512)},
    "transformer_block": {TINY: (1, 8, 16, 16, 32), COURSE: (8, 64, 128, 128, 512)},
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "conv2d_im2col": {"padding": 1},
    "transformer_block": {"heads": 4},
}


def cases(sizes: tuple[str, ...], dtypes: tuple[str, ...]) -> Iterator[tuple[str, Case]]:
    """Yield each case with the name of its size."""
    for page, lengths in LENGTHS.items():
        for size in sizes:
            for dtype in dtypes:
                yield size, Case(page, "layer", lengths[size], dtype=dtype)


def named_lengths(case: Case) -> dict[str, int]:
    """Return the length of each letter in the shapes of the page."""
    shapes = reference.page(case.example).forward.shapes
    letters = dict.fromkeys(" ".join(shapes.values()).split())
    return dict(zip(letters, case.sizes, strict=True))


def arrays(case: Case) -> tuple[dict[str, Array], Any]:
    """Return the inputs of a layer, and the upstream gradient: one, or a tuple of several."""
    page = reference.page(case.example)
    lengths = named_lengths(case)
    rng = np.random.default_rng(0)

    def draw(shape: Any) -> Array:
        scale = 1 / math.sqrt(shape[0]) if len(shape) == 2 else 1.0  # noqa: PLR2004 - a matrix
        drawn: Array = (scale * rng.standard_normal(shape)).astype(case.dtype)
        return drawn

    params = {
        name: draw([lengths[letter] for letter in letters.split()])
        for name, letters in page.forward.shapes.items()
    }
    out, _ = page.forward(**params, **OPTIONS.get(case.example, {}))
    douts = tuple(map(draw, (a.shape for a in out))) if isinstance(out, tuple) else draw(out.shape)
    return params, douts
