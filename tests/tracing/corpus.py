"""The corpus: names and losses. Each is plain NumPy as a textbook has it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tests.tracing import functions, images, networks, sequences, writing
from tests.tracing.inputs import weighted


def _named(table: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    return {name: functools.wraps(f)(weighted(f)) for name, f in table.items()}


CORPUS: dict[str, Callable[..., Any]] = {
    **_named(functions.FUNCTIONS),
    **networks.NETWORKS,
    **sequences.SEQUENCES,
    **images.IMAGES,
    **writing.WRITING,
}
