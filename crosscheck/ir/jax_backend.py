"""JAX behind the recorded program: one line a primitive, compiled once per structure."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.factor_signs import factors
from crosscheck.ir.program import Array, Arrays, Kernels, Program, Structure, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Compiling grows faster than a program does; beyond this many nodes running each primitive on
# its own is quicker.
LARGEST_COMPILED = 1500
QUICK_COMPILATION = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}


@functools.cache
def kernels() -> Kernels:
    """Every primitive in JAX; the names are NumPy's where NumPy has one."""
    import jax.numpy as jnp
    from jax.scipy import linalg, special

    def flat(x: Any) -> Any:
        return jnp.reshape(x, -1)

    def gather(x: Any, index: Any) -> Any:
        return flat(x).at[index].get(mode="promise_in_bounds")

    same_names = """
        add subtract multiply divide exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal
        negative positive absolute sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh
        arctanh arctan2 maximum minimum fmax fmin hypot logaddexp logaddexp2 matmul where sinc
        power cbrt clip transpose cumsum cumprod max min sum prod
    """.split()
    special_names = """
        erf erfc erfinv expit logit gammaln xlogy ndtr log_ndtr ndtri i0 i1 i0e i1e gammainc
        gammaincc
    """.split()
    return {
        **{name: getattr(jnp, name) for name in same_names},
        **{name: getattr(special, name) for name in special_names},
        "psi": special.digamma,
        "polygamma": lambda x, order: special.polygamma(order, x),
        "cast": lambda x, dtype: x.astype(dtype),
        "reshape": jnp.reshape,
        "broadcast": jnp.broadcast_to,
        "gather": gather,
        "join": lambda *parts: jnp.concatenate([flat(part) for part in parts]),
        "put": lambda x, index, v: flat(x).at[index].set(flat(v), unique_indices=True),
        "put_add": lambda x, index, v: flat(x).at[index].add(flat(v)),
        "einsum": lambda *args: jnp.einsum(args[-1], *args[:-1]),
        "inv": jnp.linalg.inv,
        "det": jnp.linalg.det,
        "logabsdet": lambda x: jnp.linalg.slogdet(x).logabsdet,
        "solve": jnp.linalg.solve,
        "cholesky": jnp.linalg.cholesky,
        "eigenvalues": lambda x, lower: jnp.linalg.eigvalsh(x, UPLO=lower),
        "singular_values": lambda x: jnp.linalg.svd(x, compute_uv=False),
        "pinv": jnp.linalg.pinv,
        **{name: getattr(jnp, name) for name in ("real", "imag", "conj")},
        "modulus": jnp.abs,
        **{name: getattr(jnp.fft, name) for name in ("fft", "ifft", "rfft", "irfft")},
        "expm": linalg.expm,
        "lu": lambda x: linalg.lu_factor(x)[0],
        **factors(jnp),
    }


@functools.lru_cache(maxsize=64)
def _value_and_gradients(structure: Structure) -> Callable[..., Any]:
    """One function for both; the constants stay arguments, so that other numbers reuse it."""
    import jax

    def value(leaves: Any, constants: Any) -> Any:
        arrays = [jax.numpy.asarray(constant) for constant in constants]
        (output,) = evaluate(structure, leaves, arrays, kernels())
        return jax.numpy.reshape(output, ())

    both: Callable[..., Any] = jax.value_and_grad(value)
    if len(structure.nodes) > LARGEST_COMPILED:
        return both
    return jax.jit(both, compiler_options=QUICK_COMPILATION)


def run(program: Program, leaves: Arrays) -> tuple[Array, list[Array]]:
    """The program's value, shape (), and its gradients."""
    with jax_pinned():
        # JAX may read the arrays where they are; it is done when its results are arrays again.
        both = _value_and_gradients(program.structure)
        value, gradients = both(list(leaves), list(program.constants))
        return np.asarray(value), [np.asarray(gradient) for gradient in gradients]


def values(program: Program, leaves: Arrays) -> list[Array]:
    """The program's outputs, whatever their shapes."""
    with jax_pinned():
        outputs = evaluate(program.structure, leaves, program.constants, kernels())
        return [np.asarray(output) for output in outputs]


@contextlib.contextmanager
def jax_pinned() -> Iterator[None]:
    """Let JAX compute in float64, exactly and on the CPU, in this thread and block alone.

    Without x64 it would round float64 inputs to float32 and say nothing.
    """
    import jax as framework

    with (
        framework.enable_x64(True),  # noqa: FBT003 - JAX's own signature
        framework.default_device(framework.local_devices(backend="cpu")[0]),
        framework.default_matmul_precision("highest"),
    ):
        yield
