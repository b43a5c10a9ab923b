"""NumPy behind the recorded program: one line a primitive."""

from __future__ import annotations

import functools
import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.factor_signs import factors

if TYPE_CHECKING:
    from crosscheck.ir.program import Kernels

SAME_NAMES = """
    add subtract multiply divide exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal negative
    positive absolute sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh
    arctan2 maximum minimum fmax fmin hypot logaddexp logaddexp2 matmul where sinc power cbrt clip
    reshape transpose cumsum cumprod sum prod max min
""".split()
SCIPYS = """
    erf erfc erfinv expit logit gammaln psi xlogy ndtr log_ndtr ndtri i0 i1 i0e i1e gammainc
    gammaincc
""".split()

IN_MATH: dict[str, Any] = {"erf": math.erf, "erfc": math.erfc, "gammaln": math.lgamma, "i0": np.i0}


@functools.cache
def kernels() -> Kernels:
    """Every primitive in NumPy; the names are NumPy's where NumPy has one."""
    return {
        **{name: getattr(np, name) for name in SAME_NAMES},
        **{name: functools.partial(_scipy, "special", name) for name in SCIPYS},
        "polygamma": lambda x, order: _scipy("special", "polygamma", order, x),
        "expm": functools.partial(_scipy, "linalg", "expm"),
        "lu": lambda x: _scipy("linalg", "lu_factor", x)[0],
        **{name: getattr(np, name) for name in ("real", "imag", "conj")},
        "modulus": np.abs,
        **{name: getattr(np.fft, name) for name in ("fft", "ifft", "rfft", "irfft")},
        "cast": lambda x, dtype: x.astype(dtype),
        "rounded": lambda x: x.astype(np.float32).astype(x.dtype),  # only ever a hypothesis
        "broadcast": np.broadcast_to,
        "gather": lambda x, index: x.reshape(-1)[index],
        "join": lambda *parts: np.concatenate([part.reshape(-1) for part in parts]),
        "put": put,
        "put_add": put_add,
        "einsum": lambda *args: np.einsum(args[-1], *args[:-1]),
        "inv": np.linalg.inv,
        "det": np.linalg.det,
        "logabsdet": lambda x: np.linalg.slogdet(x).logabsdet,
        "solve": np.linalg.solve,
        "cholesky": np.linalg.cholesky,
        "eigenvalues": np.linalg.eigvalsh,
        "singular_values": np.linalg.svdvals,
        "pinv": np.linalg.pinv,
        **factors(np),
    }


def put(x: Any, index: Any, v: Any) -> Any:
    """Return x, flat, with v's entries at the index."""
    out = x.reshape(-1).copy()
    out[index] = v.reshape(-1)
    return out


def put_add(x: Any, index: Any, v: Any) -> Any:
    """Return x, flat, with v's entries added at the index, repeatedly where it repeats."""
    out = x.reshape(-1).copy()
    np.add.at(out, index, v.reshape(-1))
    return out


def _scipy(module: str, name: str, *args: Any) -> Any:
    """Call a function of SciPy; the user has it who uses it, or uses that of `math`."""
    try:
        function = getattr(importlib.import_module(f"scipy.{module}"), name)
    except ImportError:
        function = np.vectorize(IN_MATH[name], otypes=[args[0].dtype])
    return function(*args)
