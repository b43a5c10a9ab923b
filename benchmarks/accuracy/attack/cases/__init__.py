"""The cases, a module for each kind. Each has KIND, its name, and `cases`, which yields them."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.accuracy.attack.case import Case


@functools.cache
def all_cases() -> tuple[Case, ...]:
    """Return every case, in the order of modules and lines."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(
        dataclasses.replace(case, kind=module.KIND) for module in modules for case in module.cases()
    )
