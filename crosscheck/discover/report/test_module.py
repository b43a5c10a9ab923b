"""A test module that pins what was found: one test for each derivative that was judged."""

from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.discover.jobs import How
from crosscheck.discover.processes import job_of
from crosscheck.discover.results import RIGHT, WRONG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crosscheck.discover.candidates import Candidate
    from crosscheck.discover.results import Report, Result

MOST = 64  # numbers of an argument that is written out
HOW = How(60.0)
HEADER = '''\
"""Hand-written derivatives and whether they are right; written by crosscheck, to be kept.

Each test judges one derivative with arguments that it got when this file was written.{stored}
A test of a derivative that was wrong is expected to fail until that is mended.
"""

{imports}
'''
STORED = """ Those that
are objects, or large, are in the folder `{folder}`: read it from your own repository alone."""


def write(report: Report, candidates: Sequence[Candidate], file: Path) -> None:
    """Write a test module and, beside it, the arguments that are no literals.

    Args:
        report: what was found.
        candidates: what was recorded.
        file: the test module.

    """
    folder = file.with_name(f"{file.stem}_inputs")
    by_name = {(c.name, " or ".join(c.pair.functions)): c for c in candidates}
    tests, imports = [], {"import pytest"}
    for result in report.of(WRONG) + report.of(RIGHT):
        candidate = by_name[result.name, result.function]
        body = _literal(candidate, result)
        if body is None:
            name = f"{_identifier(result.name)}.pickle"
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(pickle.dumps(job_of(candidate, HOW)))
            imports |= {
                "from pathlib import Path",
                "from crosscheck.discover.pinned import assert_agrees",
            }
            body = f'    assert_agrees(INPUTS / "{name}")\n'
            argument = ""
        else:
            imports |= {"import numpy as np", f"import {candidate.module}"}
            argument = "certify"
        tests.append(_test(result, argument, body))
    stored = any("INPUTS" in test for test in tests)
    constants = f'\nINPUTS = Path(__file__).with_name("{folder.name}")\n' if stored else ""
    text = HEADER.format(
        stored=STORED.format(folder=folder.name) if stored else "",
        imports="\n".join(sorted(imports, key=lambda line: (line.startswith("from"), line))),
    )
    file.write_text(text + constants + "".join(tests), encoding="utf-8")


def _test(result: Result, argument: str, body: str) -> str:
    """Return one test."""
    mark = ""
    if result.verdict == WRONG:
        mark = f"@pytest.mark.xfail(strict=True, reason={result.reason!r})\n"
    said = f'    """{result.name}: {result.reading}, of {result.function}."""\n'
    return f"\n\n{mark}def test_{_identifier(result.name)}({argument}):\n{said}{body}"


def _literal(candidate: Candidate, result: Result) -> str | None:
    """Return the body of a test that writes its arguments out; None where they are no literals."""
    kind, _, names = result.reading.partition(" by ")
    simple = kind in {"gradient", "elementwise"} and "," not in names
    if candidate.owner or candidate.functions or not simple or candidate.pair.kind != "first":
        return None
    args, kwargs = pickle.loads(candidate.calls[0].stored)  # noqa: S301 - our own
    job = job_of(candidate, HOW)
    from crosscheck.discover.bound import bind
    from crosscheck.discover.jobs import found
    from crosscheck.discover.subjects import plain_of

    function, derivative = (plain_of(found(job, n)) for n in (result.function, job.derivative))
    called = plain_of(found(job, candidate.calls[0].function))
    given = bind(called, None, args, kwargs).arguments
    texts = {name: _text(value) for name, value in given.items()}
    same = {*given} == {*_names(function)} == {*_names(derivative)}
    if not same or None in texts.values() or names not in given:
        return None
    f, g = (f"{candidate.module}.{one.__name__}" for one in (function, derivative))
    loss = f
    if kind == "elementwise":
        every = ", ".join(given)
        loss = f"lambda {every}: np.sum({f}({', '.join(f'{n}={n}' for n in given)}))"
    data = ", ".join(f'"{name}": {text}' for name, text in texts.items() if name != names)
    return (
        f"    {names} = {texts[names]}\n"
        f"    data = {{{data}}}\n"
        f'    certify({loss}, {g}, {{"{names}": {names}}}, data)\n'
    )


def _names(function: Any) -> tuple[str, ...]:
    code = function.__code__
    return tuple(code.co_varnames[: code.co_argcount])


def _text(value: Any) -> str | None:
    """Return a value as Python has it; None where it is too large, or no literal."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fib" and value.size <= MOST:
        return f"np.array({value.tolist()!r}, dtype={str(value.dtype)!r})"
    if isinstance(value, bool | int | str) or value is None:
        return repr(value)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return f"np.float64({float(value)!r})"
    return None


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")
