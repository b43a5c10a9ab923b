"""The package's own `reference`, whatever folder of that name stands in the way."""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crosscheck.errors import CrosscheckError

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
# The list of `reference`, read as a file: --help must not need the package, which may be shadowed.
GROUPS: dict[str, tuple[str, ...]] = runpy.run_path(str(ROOT / "reference" / "names.py"))["GROUPS"]
NAMES = GROUPS["document"]
PAGES = tuple(name for group in GROUPS for name in GROUPS[group] if group != "document")


class ShadowedError(CrosscheckError, ImportError):
    """Another package named `reference` is imported already."""


def own_reference() -> ModuleType:
    """Return the package's own `reference`.

    Raises:
        ShadowedError: another package of that name is imported already.

    """
    sys.path.insert(0, str(ROOT))
    try:
        module = importlib.import_module("reference")
    finally:
        sys.path.remove(str(ROOT))
    found = Path(str(module.__file__)).parent
    if found != ROOT / "reference":
        msg = f"another package named reference is imported, {found}; run the examples without it"
        raise ShadowedError(msg)
    return module
