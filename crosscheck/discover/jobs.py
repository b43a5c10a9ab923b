"""What a process is asked to judge."""

from __future__ import annotations

import functools
import pickle
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class How:
    """How a call is judged.

    Attributes:
        seconds: the time limit.
        oracles: the frameworks; () for those that are there.

    """

    seconds: float
    oracles: tuple[str, ...] = ()

    def options(self) -> dict[str, Any]:
        """Return it as options of `certify`."""
        return {"oracles": self.oracles} if self.oracles else {}


@dataclass(frozen=True)
class Job:
    """What is to be judged, in a form that any process can read.

    Attributes:
        module: name of the module of the functions.
        owner: of the class, "" for a module.
        derivative: name of the derivative.
        functions: names of what it may belong to.
        kind: of the pair.
        calls: the function that was called, and the stored arguments.
        own: the stored functions or class, where the module cannot be imported.
        how: how it is judged.

    """

    module: str
    owner: str
    derivative: str
    functions: tuple[str, ...]
    kind: str
    calls: tuple[tuple[str, bytes], ...]
    own: bytes
    how: How


def found(job: Job, name: str) -> Any:
    """Return an attribute of the class or module of a job."""
    if job.own and not job.owner:
        return pickle.loads(job.own)[name]  # noqa: S301 - our own
    return getattr(owner_of(job), name)


def owner_of(job: Job) -> Any:
    """Return the class of a job, or its module."""
    if job.own:
        return pickle.loads(job.own)  # noqa: S301 - our own
    path = filter(None, job.owner.split("."))
    return functools.reduce(getattr, path, import_module(job.module))
