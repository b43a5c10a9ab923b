"""The versions of everything that takes part."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from typing import TYPE_CHECKING

from crosscheck.core.version import __version__
from crosscheck.frameworks import by_name

if TYPE_CHECKING:
    from collections.abc import Iterable


def versions(oracles: Iterable[str]) -> dict[str, str]:
    """Return the versions of everything that takes part, the named oracles' frameworks included."""
    packages = ["numpy", *(by_name(oracle).module for oracle in oracles)]
    return {
        "backprop-crosscheck": __version__,
        "python": platform.python_version(),
        **{package: _version(package) for package in packages},
    }


@functools.cache
def _version(package: str) -> str:
    """Return the version of an installed package; its metadata is a file, read once."""
    return importlib.metadata.version(package)
