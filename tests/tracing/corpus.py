"""The corpus: names and losses, the registry's examples among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crosscheck.tracing import examples
from tests.tracing import functions, images, networks, python_numbers, sequences, writing

CORPUS: dict[str, Callable[..., Any]] = {
    **{names: loss for names, (loss, _) in examples.losses().items()},
    **{name: examples.weighted(f) for name, f in functions.FUNCTIONS.items()},
    **networks.NETWORKS,
    **sequences.SEQUENCES,
    **images.IMAGES,
    **writing.WRITING,
    **python_numbers.PYTHON_NUMBERS,
}
