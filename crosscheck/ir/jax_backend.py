"""JAX behind the recorded program: one line a primitive, compiled in blocks.

A short program is compiled as a whole, with `jax.value_and_grad`. A longer one is walked block by
block: JAX differentiates each block (`jax.vjp`), and the chain from block to block is written here.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.watch import check
from crosscheck.ir.blocks import INPUTS, Block, blocks, dependent
from crosscheck.ir.factor_signs import factors
from crosscheck.ir.masks import of_one_shape
from crosscheck.ir.program import Array, Arrays, Kernels, Program, Structure, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST_WHOLE = 200  # nodes; compiling grows faster than a program does
KEPT = 256  # compiled functions; each is some 100 kB, and of one step of a loop or more
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


@functools.lru_cache(maxsize=KEPT)
def _whole(structure: Structure) -> Callable[..., Any]:
    """Return a program's value and gradients, compiled; the constants stay arguments."""
    import jax

    def value(leaves: Any, constants: Any) -> Any:
        arrays = [jax.numpy.asarray(constant) for constant in constants]
        (output,) = evaluate(structure, leaves, arrays, kernels())
        return jax.numpy.reshape(output, ())

    return jax.jit(jax.value_and_grad(value), compiler_options=QUICK_COMPILATION)


@functools.lru_cache(maxsize=KEPT)
def _forward(structure: Structure) -> Callable[..., Any]:
    """Return what computes a block's outputs, compiled."""
    import jax

    def outputs(inputs: Any) -> Any:
        return evaluate(structure, inputs, (), kernels())

    return jax.jit(outputs, compiler_options=QUICK_COMPILATION)


@functools.lru_cache(maxsize=KEPT)
def _backward(structure: Structure, moving: tuple[int, ...]) -> Callable[..., Any]:
    """Return what adds a block's cotangents to those of its inputs `moving`, compiled."""
    import jax

    def cotangents(inputs: Any, of_outputs: Any, of_inputs: Any) -> Any:
        def outputs(*moved: Any) -> Any:
            given = list(inputs)
            for k, value in zip(moving, moved, strict=True):
                given[k] = value
            return evaluate(structure, given, (), kernels())

        _, vjp = jax.vjp(outputs, *(inputs[k] for k in moving))
        return [a + b for a, b in zip(of_inputs, vjp(of_outputs), strict=True)]

    return jax.jit(cotangents, compiler_options=QUICK_COMPILATION)


@dataclass(frozen=True)
class Step:
    """A block, and what of it depends on the leaves: some inputs, by place, and some outputs."""

    block: Block
    moving: tuple[int, ...]
    moved: Block


@functools.lru_cache(maxsize=16)  # a long program's are some MB
def _steps(structure: Structure) -> tuple[Step, ...]:
    """Return the blocks of a program."""
    moves = dependent(structure)
    steps = []
    for block in blocks(structure):
        places = tuple(k for k, i in enumerate(block.inputs) if i in moves)
        steps.append(Step(block, places, block.only(moves)))
    return tuple(steps)


def run(program: Program, leaves: Arrays) -> tuple[Array, list[Array]]:
    """The program's value, shape (), and its gradients."""
    with jax_pinned():
        # JAX may read the arrays where they are; it is done when its results are arrays again.
        program = of_one_shape(program, leaves)
        if len(program.structure.nodes) <= LARGEST_WHOLE:
            both = _whole(program.structure)
            value, gradients = both(list(leaves), list(program.constants))
        else:
            value, gradients = _walk(program, leaves)
        return np.asarray(value), [np.asarray(gradient) for gradient in gradients]


def _walk(program: Program, leaves: Arrays) -> tuple[Array, list[Array]]:
    """Return the value and the gradients: forward through the blocks, and back."""
    values = _computed(program, leaves)
    (output,) = program.structure.outputs
    cotangents: dict[int, Any] = {output: np.ones(values[output].shape, values[output].dtype)}

    def at(i: int) -> Any:
        return cotangents[i] if i in cotangents else np.zeros(values[i].shape, values[i].dtype)

    for step in reversed(_steps(program.structure)):
        check()
        moving = [step.block.inputs[k] for k in step.moving]
        inputs = [values[i] for i in step.block.inputs]
        backward = _backward(step.moved.structure, step.moving)
        douts = [at(i) for i in step.moved.outputs]
        found = backward(inputs, douts, [at(i) for i in moving]) if moving else []
        cotangents.update(zip(moving, found, strict=True))
        for i in step.block.outputs:
            cotangents.pop(i, None)
    gradients = [np.zeros_like(leaf) for leaf in leaves]
    for i, node in enumerate(program.structure.nodes):
        if node.operation == "leaf" and i in cotangents:
            gradients[node.static[0]] += np.asarray(cotangents[i])
    return np.reshape(values[output], ()), gradients


def _computed(program: Program, leaves: Arrays) -> dict[int, Any]:
    """Return the leaves, the constants and every block's outputs, by node."""
    import jax

    given = {"leaf": leaves, "constant": program.constants}
    numbers = [i for i, node in enumerate(program.structure.nodes) if node.operation in INPUTS]
    nodes = [program.structure.nodes[i] for i in numbers]
    arrays = jax.device_put([given[node.operation][node.static[0]] for node in nodes])
    values: dict[int, Any] = dict(zip(numbers, arrays, strict=True))
    for step in _steps(program.structure):
        check()
        forward = _forward(step.block.structure)
        found = forward([values[i] for i in step.block.inputs])
        values.update(zip(step.block.outputs, found, strict=True))
    return values


def values(program: Program, leaves: Arrays) -> list[Array]:
    """The program's outputs, whatever their shapes."""
    with jax_pinned():
        computed = _computed(program, leaves)
        return [np.asarray(computed[i]) for i in program.structure.outputs]


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
