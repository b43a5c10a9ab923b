"""The layers of `reference/` as they stand, without the check of their input."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import reference
from benchmarks.speed.canon.layers import OPTIONS, arrays

if TYPE_CHECKING:
    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job


def job(case: Case) -> Job:
    """Forward and backward."""
    page = reference.page(case.example)
    forward, options = inspect.unwrap(page.forward), OPTIONS.get(case.example, {})
    params, dout = arrays(case)
    return lambda: page.backward(dout, *forward(**params, **options)[1])
