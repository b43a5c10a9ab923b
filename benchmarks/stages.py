"""Where the time of one call of `certify` goes."""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contenders import certify
from benchmarks.network import gradient

if TYPE_CHECKING:
    from benchmarks.network import Case

# What is shown -> the function whose time, with all that it calls, it is.
STAGES = {
    "the loss by hand": ("crosscheck/written.py", "loss_at"),
    "the gradient by hand": ("crosscheck/written.py", "gradient_at"),
    "finding the loss's names": ("crosscheck/tracing/reader.py", "world"),
    "recording the loss": ("crosscheck/tracing/escapes.py", "record_safely"),
    "PyTorch and JAX, side by side": ("crosscheck/gathering.py", "_answers"),
    "judging": ("crosscheck/evidence.py", "judgement"),
    "drawing numbers": ("crosscheck/gathering.py", "_moved"),
}


def stages(case: Case) -> dict[str, dict[str, float]]:
    """Return for each stage its seconds, its share of the call and how often it ran.

    The profiler's own time is in it: little where arrays are large, most where they are small.
    Raises LookupError for a stage whose function never ran: it has another name by now.
    """
    profile = cProfile.Profile()
    profile.enable()
    certify(case, gradient)
    profile.disable()
    table = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in the stubs
    total = pstats.Stats(profile).total_tt  # type: ignore[attr-defined]  # not in the stubs
    result = {}
    for stage, (file, function) in STAGES.items():
        rows = [
            (calls, cumulative)
            for (path, _, name), (calls, _, _, cumulative, _) in table.items()
            if name == function and Path(path).as_posix().endswith(file)
        ]
        if not rows:
            msg = f"{stage!r} is {function} of {file}, which did not run; correct STAGES"
            raise LookupError(msg)
        seconds = sum(cumulative for _, cumulative in rows)
        result[stage] = {
            "seconds": seconds,
            "share": seconds / total,
            "calls": sum(calls for calls, _ in rows),
        }
    rest = total - sum(row["seconds"] for row in result.values())
    result["the rest"] = {"seconds": rest, "share": rest / total, "calls": 1}
    return result
