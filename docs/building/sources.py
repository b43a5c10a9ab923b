"""The numbers of one of the six examples, hand-written and of both frameworks, side by side."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from crosscheck.core.types import Point, Request
from crosscheck.examples.oracles import ORACLES

TITLES = ("", "NumPy, hand-written", "PyTorch", "JAX")


def side_by_side(name: str) -> None:
    """Print loss and gradients of an example at the notebook's own numbers, to ten digits."""
    example: Any = importlib.import_module(f"reference.{name}")
    loss, residuals = example.forward(**example.PARAMS, **example.DATA)
    grads = example.backward(*residuals)
    own = {"loss": loss, **{f"grad {parameter}": grad for parameter, grad in grads.items()}}
    request = Request(name, (Point(example.PARAMS, example.DATA),), "float64")
    found = [oracle([request])[0][0] for oracle in ORACLES.values()]
    rows = [TITLES]
    for quantity, value in own.items():
        each = (value, *(quantities[quantity] for quantities in found))
        texts = [np.array2string(np.asarray(v), precision=10).splitlines() for v in each]
        for k, cells in enumerate(zip(*texts, strict=True)):
            rows.append((quantity if k == 0 else "", *cells))
    widths = [max(len(row[k]) for row in rows) for k in range(len(TITLES))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
