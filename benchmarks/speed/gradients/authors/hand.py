"""The gradients of `reference/`, as they stand, with and without the check of what comes in."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from benchmarks.speed.gradients.cases import RATE

if TYPE_CHECKING:
    from benchmarks.speed.gradients.authors import Job
    from benchmarks.speed.gradients.cases import Case
    from reference.example import Params


def job(case: Case) -> Job:
    """Forward without the check at its door, as for arrays that were checked before.

    The door is taken off the module itself, for its `step` to do without, too: this is a process
    of its own.
    """
    module: Any = importlib.import_module(f"reference.{case.example}")
    module.forward = inspect.unwrap(module.forward)
    return checked(case)


def checked(case: Case) -> Job:
    """Everything as a reader calls it."""
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
