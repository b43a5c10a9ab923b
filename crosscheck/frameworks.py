"""The frameworks that serve as oracles: one record for each, and nothing imported."""

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


def by_name(name: str) -> Framework:
    """Return the framework that a sentence calls `name`."""
    return next(framework for framework in FRAMEWORKS.values() if framework.name == name)


def framework(key: str) -> Framework:
    """Return the framework of a key.

    Raises:
        ValueError: there is none of that key.

    """
    if key not in FRAMEWORKS:
        msg = f"framework is {key!r}; it is one of {', '.join(map(repr, FRAMEWORKS))}"
        raise ValueError(msg)
    return FRAMEWORKS[key]
