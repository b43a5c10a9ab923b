"""PyTorch behind the recorded program: one line a primitive, and one reverse pass."""

from __future__ import annotations

import contextlib
import functools
import math
from typing import TYPE_CHECKING, Any

from crosscheck.ir.factor_signs import factors
from crosscheck.ir.program import Array, Arrays, Kernels, Program, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ONE_THREAD = 2**22  # entries of all that goes in


@functools.cache
def kernels() -> Kernels:
    """Every primitive in PyTorch; the names are NumPy's where NumPy has one."""
    import torch
    from torch import special

    def gather(x: Any, index: Any) -> Any:
        return x.reshape(-1).index_select(0, index.reshape(-1)).reshape(index.shape)

    def product(x: Any, axes: Sequence[int]) -> Any:
        for axis in sorted(axes, reverse=True):
            x = torch.prod(x, axis)
        return x

    def polygamma(x: Any, order: int) -> Any:
        return (-1) ** (order + 1) * math.factorial(order) * special.zeta(order + 1.0, x)

    def psi(x: Any) -> Any:
        """Digamma. The derivative that PyTorch has for it is right to 5e-10 only, zeta to 1e-16."""
        at = x.detach()
        slope = torch.where(at > 0, polygamma(at, 1), torch.polygamma(1, at))
        return torch.digamma(at) + slope * (x - at)

    same_names = """
        add subtract multiply exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal negative
        positive absolute sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh
        arctan2 maximum minimum fmax fmin hypot logaddexp logaddexp2 matmul einsum where sinc
    """.split()
    special_names = "erf erfc erfinv ndtr log_ndtr ndtri i0 i1 i0e i1e gammainc gammaincc".split()
    return {
        **{name: getattr(torch, name) for name in same_names if name != "einsum"},
        "divide": torch.true_divide,
        "power": torch.pow,
        "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
        "clip": torch.clamp,
        **{name: getattr(special, name) for name in special_names},
        "expit": torch.sigmoid,
        "logit": torch.logit,
        "gammaln": torch.lgamma,
        "psi": psi,
        "xlogy": torch.xlogy,
        "polygamma": polygamma,
        "cast": lambda x, dtype: x.to(getattr(torch, dtype)),
        "reshape": torch.reshape,
        "transpose": torch.permute,
        "broadcast": torch.broadcast_to,
        "gather": gather,
        "join": lambda *parts: torch.cat([part.reshape(-1) for part in parts]),
        "put": lambda x, index, v: x.reshape(-1).index_copy(0, index, v.reshape(-1)),
        "put_add": lambda x, index, v: x.reshape(-1).index_add(0, index, v.reshape(-1)),
        "sum": lambda x, axes: torch.sum(x, axes) if axes else x,
        "prod": product,
        "max": lambda x, axes: torch.amax(x, axes) if axes else x,
        "min": lambda x, axes: torch.amin(x, axes) if axes else x,
        "cumsum": torch.cumsum,
        "cumprod": torch.cumprod,
        "einsum": lambda *args: torch.einsum(args[-1], *args[:-1]),
        "inv": torch.linalg.inv,
        "det": torch.linalg.det,
        "logabsdet": lambda x: torch.linalg.slogdet(x).logabsdet,
        "solve": torch.linalg.solve,
        "cholesky": torch.linalg.cholesky,
        "eigenvalues": lambda x, lower: torch.linalg.eigvalsh(x, UPLO=lower),
        "singular_values": torch.linalg.svdvals,
        "pinv": torch.linalg.pinv,
        **{name: getattr(torch, name) for name in ("real", "conj")},
        "imag": lambda x: torch.imag(x.resolve_conj()),
        "modulus": torch.abs,
        **{name: getattr(torch.fft, name) for name in ("fft", "ifft", "rfft", "irfft")},
        "expm": torch.linalg.matrix_exp,
        "lu": lambda x: torch.linalg.lu_factor(x).LU,
        **factors(torch),
    }


def run(program: Program, leaves: Arrays) -> tuple[Array, list[Array]]:
    """The program's value, shape (), and its gradients."""
    import torch

    with torch.inference_mode(mode=False), torch.enable_grad(), torch_pinned(program, leaves):
        # In the arrays' own memory: no primitive writes, and nothing is kept.
        tensors = [torch.from_numpy(leaf).requires_grad_() for leaf in leaves]
        constants = [torch.from_numpy(constant) for constant in program.constants]
        (output,) = evaluate(program.structure, tensors, constants, kernels())
        value = output.reshape(())
        if value.requires_grad:
            gradients: Any = torch.autograd.grad(
                value, tensors, allow_unused=True, materialize_grads=True
            )
        else:
            gradients = [torch.zeros_like(leaf) for leaf in tensors]
    return value.detach().numpy(), [g.numpy() for g in gradients]


def values(program: Program, leaves: Arrays) -> list[Array]:
    """The program's outputs, whatever their shapes."""
    import torch

    with torch.inference_mode(), torch_pinned(program, leaves):
        tensors, constants = (map(torch.from_numpy, a) for a in (leaves, program.constants))
        outputs = evaluate(program.structure, [*tensors], [*constants], kernels())
        return [output.numpy() for output in outputs]


@contextlib.contextmanager
def torch_pinned(program: Program, leaves: Arrays) -> Iterator[None]:
    """float32 products in float32, small ones in one thread; what is global is put back.

    Threads that wait for a busy core make a small product a thousand times slower.
    """
    import torch

    precision, threads = torch.get_float32_matmul_precision(), torch.get_num_threads()
    torch.set_float32_matmul_precision("highest")
    if sum(array.size for array in (*leaves, *program.constants)) <= ONE_THREAD:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(threads)
