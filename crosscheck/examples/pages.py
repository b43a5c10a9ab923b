"""The hand-written results of the pages, under the names that the oracles give them, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.types import HandWritten, named
from crosscheck.examples.page_points import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.core.types import Array, Dtype, Point, Quantities


def hand_written_page(
    page: Any, options: Mapping[str, Any], point: Point, dtype: Dtype = "float64"
) -> HandWritten:
    """Return the quantities as the page computes them, as far as it gets."""
    params, data = point.cast(dtype)
    given, douts = split(data)
    done: Quantities = {}
    try:
        if hasattr(page, "trajectory"):
            return HandWritten(updates(page.trajectory(**params, **given, **options)))
        out, residuals = page.forward(**params, **given, **options)
        done |= outputs(out, douts)
        grads = page.backward(*upstream(out, douts), *residuals)
        done |= {f"grad {name}": np.asarray(grad) for name, grad in grads.items()}
    except Exception as error:  # noqa: BLE001 - a finding, not a crash
        return HandWritten(done, f"{type(error).__name__}: {error}")
    return HandWritten(done)


def updates(trajectory: Mapping[str, Array]) -> Quantities:
    """Return each parameter after every step by its name."""
    return {f"step {name}": np.asarray(steps) for name, steps in trajectory.items()}


def outputs(out: Any, douts: Sequence[Array]) -> Quantities:
    """Return a loss, or a layer's outputs, by name: `loss`, `out`; `out 1` is the second of two."""
    if not douts:
        return named(out, {}, {})
    outs = out if isinstance(out, tuple) else (out,)
    return {f"out {i}" if i else "out": np.asarray(array) for i, array in enumerate(outs)}


def upstream(out: Any, douts: Sequence[Array]) -> tuple[Any, ...]:
    """Return what `backward` takes before the residuals: nothing for a loss."""
    if not douts:
        return ()
    return (tuple(douts),) if isinstance(out, tuple) else (douts[0],)
