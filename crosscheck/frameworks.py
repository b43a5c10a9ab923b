"""The oracles: one record for each framework, and for NumPy; nothing is imported."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass


@dataclass(frozen=True)
class Framework:
    """What is to be known of a framework before it is imported.

    `key` names it in arguments such as `oracles=`, `name` in sentences. `module` is what Python
    imports, `backend` the module of ours that runs recorded programs with it. `install` says how to
    get it.
    """

    key: str
    name: str
    module: str
    backend: str
    install: str

    @property
    def is_installed(self) -> bool:
        """Whether Python would find it."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def missing(self) -> str:
        """Say that it is not installed, and what to do."""
        others = tuple(key for key in FRAMEWORKS if key != self.key)
        return f"{self.name} is not installed; {self.install}, or pass oracles={others}"


TORCH = Framework(
    "torch",
    "PyTorch",
    "torch",
    "crosscheck.ir.torch_backend",
    "python -m pip install torch (the README: without CUDA)",
)
JAX = Framework("jax", "JAX", "jax", "crosscheck.ir.jax_backend", "python -m pip install jax")

FRAMEWORKS = {framework.key: framework for framework in (TORCH, JAX)}

# Not independent of this package, as the frameworks are: the reverse pass is its own.
NUMPY = Framework("numpy", "NumPy", "numpy", "crosscheck.ir.reverse_pass", "")
ORACLES = {**FRAMEWORKS, NUMPY.key: NUMPY}


def usual() -> tuple[str, ...]:
    """Return the keys of the oracles that are asked by default.

    Both frameworks, whether installed or not; NumPy alone where neither is.
    """
    present = any(framework.is_installed for framework in FRAMEWORKS.values())
    return tuple(FRAMEWORKS) if present else (NUMPY.key,)


def by_name(name: str) -> Framework:
    """Return the oracle that a sentence calls `name`."""
    return next(oracle for oracle in ORACLES.values() if oracle.name == name)


def framework(key: str) -> Framework:
    """Return the framework of a key, or NumPy.

    Raises:
        ValueError: there is none of that key.

    """
    if key not in ORACLES:
        msg = f"framework is {key!r}; it is one of {', '.join(map(repr, ORACLES))}"
        raise ValueError(msg)
    return ORACLES[key]
