"""The gradients of `reference/`, as they stand, with and without the check of their input."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from benchmarks.speed.gradients.cases import RATE

if TYPE_CHECKING:
    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job
    from reference.example import Params


def job(case: Case) -> Job:
    """Without the check of `forward`'s input, as for arrays that were checked before.

    The module itself is changed, so that its `step` does without, too: the process is the
    contender's own.
    """
    module: Any = importlib.import_module(f"reference.{case.example}")
    module.forward = inspect.unwrap(module.forward)
    return checked(case)


def checked(case: Case) -> Job:
    """With the check, as users call it."""
    module: Any = importlib.import_module(f"reference.{case.example}")
    params, data = case.point()
    given = {**data, **case.options}
    if case.what == "gradient":
        return lambda: module.backward(*module.forward(**params, **given)[1])
    if case.what == "descent":
        return lambda: [moved for _, moved in module.descent(params, given)][-1]
    rate = (RATE,) if case.sizes else ()  # an example knows its own
    if case.what == "update":
        return lambda: module.step(params, given, *rate)[1]
    state = [params]

    def training() -> Params:
        state[0] = module.step(state[0], given, *rate)[1]
        return state[0]

    return training
