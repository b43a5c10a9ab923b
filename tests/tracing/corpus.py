"""The corpus: names and losses. Each is plain NumPy as a textbook has it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.tracing import functions, images, networks, sequences, writing
from tests.tracing.inputs import weighted

LATER = frozenset("cumulative_prod cumulative_sum matvec unstack vecmat".split())  # than NumPy 2.0


def available(snippet: Callable[..., Any]) -> bool:
    """Whether the installed NumPy has the functions that a snippet calls."""
    return not (LATER & {*snippet.__code__.co_names}) - {*dir(np)}


def _named(table: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    return {name: functools.wraps(f)(weighted(f)) for name, f in table.items() if available(f)}


CORPUS: dict[str, Callable[..., Any]] = {
    **_named(functions.FUNCTIONS),
    **networks.NETWORKS,
    **sequences.SEQUENCES,
    **images.IMAGES,
    **writing.WRITING,
}
