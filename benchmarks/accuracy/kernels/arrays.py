"""What a kernel is written with: PyTorch, JAX or NumPy under the same names.

PyTorch takes NumPy's `axis` and `keepdims`, so that little has another name.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from scipy import special

SHARED = """
    abs amax concatenate cos einsum exp log mean ones_like sin sqrt stack sum swapaxes tanh tril
    where zeros_like
""".split()
NAMES = {"float64": "float64", "float32": "float32", "bfloat16": "float32"}  # in which is summed


def torch_wide(x: torch.Tensor) -> torch.Tensor:
    """Return a tensor in the precision in which a kernel accumulates."""
    return x if x.dtype == torch.float64 else x.float()


def jax_wide(x: Any) -> Any:
    """Return an array in the precision in which a kernel accumulates."""
    return x.astype(NAMES[x.dtype.name])


TORCH = SimpleNamespace(
    **{name: getattr(torch, name) for name in SHARED},
    name="torch",
    sigmoid=torch.sigmoid,
    logsumexp=lambda x: torch.logsumexp(x, -1, keepdim=True),
    wide=torch_wide,
    as_like=lambda x, like: x.to(like.dtype),
    constant=lambda x, like: torch.as_tensor(x, dtype=like.dtype, device=like.device),
    flip=lambda x, axis: torch.flip(x, (axis,)),
)
JAX = SimpleNamespace(
    **{name: getattr(jnp, name) for name in SHARED},
    name="jax",
    sigmoid=jax.nn.sigmoid,
    logsumexp=lambda x: jax.nn.logsumexp(x, -1, keepdims=True),
    wide=jax_wide,
    as_like=lambda x, like: x.astype(like.dtype),
    constant=lambda x, like: jnp.asarray(x, dtype=like.dtype),
    flip=jnp.flip,
)
NUMPY = SimpleNamespace(
    **{name: getattr(np, name) for name in SHARED},
    name="numpy",
    sigmoid=special.expit,
    logsumexp=lambda x: special.logsumexp(x, axis=-1, keepdims=True),
    constant=lambda x, like: np.asarray(x, dtype=like.dtype),
    flip=np.flip,
)
