"""SciPy's modules for rules that need them: who calls such a rule has imported SciPy."""

from __future__ import annotations

import importlib
from typing import Any


class Imported:
    """A module that is imported when one of its names is asked for."""

    def __init__(self, module: str) -> None:
        """Note the module's name."""
        self._module = module

    def __getattr__(self, name: str) -> Any:
        """Return what the module has by that name."""
        return getattr(importlib.import_module(self._module), name)


special: Any = Imported("scipy.special")
