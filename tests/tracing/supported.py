"""The table of supported functions, as the corpus finds it: `python -m tests.tracing.supported`."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crosscheck.tracing import LostGradientError
from tests.tracing.checks import check
from tests.tracing.corpus import CORPUS

FRAMEWORKS = {"torch": "PyTorch", "jax": "JAX"}


def table(corpus: Mapping[str, Callable[..., Any]], frameworks: Sequence[str]) -> list[str]:
    """Lines of Markdown: for each snippet and framework the error of the gradient's slopes."""
    titles = " | ".join(FRAMEWORKS[framework] for framework in frameworks)
    lines = [f"| NumPy | {titles} |", "|---|" + "---|" * len(frameworks)]
    for name, loss in corpus.items():
        cells = " | ".join(_cell(loss, framework) for framework in frameworks)
        lines.append(f"| `{name}` | {cells} |")
    return lines


def _cell(loss: Callable[..., Any], framework: str) -> str:
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # some snippets print
            return f"✓ {check(loss, framework):.0e}"
    except LostGradientError:
        return "refused"
    except AssertionError as error:
        return f"wrong {error}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(CORPUS, list(FRAMEWORKS))) + "\n")
