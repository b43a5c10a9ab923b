"""What a test module that was written by discovery calls."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from crosscheck.discover.results import RIGHT, WRONG

if TYPE_CHECKING:
    from pathlib import Path


def assert_agrees(inputs: Path) -> None:
    """Judge a derivative again with the arguments that were kept.

    Args:
        inputs: a file that `--crosscheck-discover-write` wrote.

    Raises:
        AssertionError: it is wrong, or cannot be judged any more.

    """
    __tracebackhide__ = True
    from crosscheck.discover.child import outcomes

    job = pickle.loads(inputs.read_bytes())  # noqa: S301 - the user's own file
    shown = list(outcomes(job))
    wrong = [one for one in shown if one.verdict == WRONG]
    if wrong or not any(one.verdict == RIGHT for one in shown):
        said = (wrong or shown)[0] if shown else None
        reason = "no call was judged" if said is None else f"{said.verdict}: {said.reason}"
        msg = f"{job.module}:{job.owner}.{job.derivative}: {reason}"
        raise AssertionError(msg)
