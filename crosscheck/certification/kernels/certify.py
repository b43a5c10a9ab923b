"""Certify a backward pass written for PyTorch or JAX against autograd of a plain reference."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certificate import Certificate
from crosscheck.certification.kernels.judging import DTYPES, Kernel, findings
from crosscheck.certification.kernels.reference import reference_of
from crosscheck.certification.kernels.runner import is_float
from crosscheck.certification.options import check_functions
from crosscheck.certification.user_loss import name_of
from crosscheck.core.versions import versions
from crosscheck.frameworks import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.certification.kernels.runner import Runner

POINTS = 4


def certify_function(  # noqa: PLR0913 - what is certified, and how hard
    function: Any,
    reference: Callable[..., Any],
    inputs: Sequence[Any],
    dtypes: Sequence[str] = ("float64", "float32", "bfloat16"),
    *,
    points: int = POINTS,
    seed: int = 0,
    device: str = "cpu",
) -> Certificate:
    """Judge a PyTorch function with a backward pass of its own against autograd of a reference.

    Args:
        function: a subclass of `torch.autograd.Function`, or a function of tensors.
        reference: the same outputs, plainly: of PyTorch, differentiated by autograd; of NumPy,
            traced and run by JAX, or by PyTorch where JAX is missing; or of JAX, another kernel
            with a rule of its own among them. Which of them it is, is found by calling it.
        inputs: the arguments of both: float arrays or tensors are differentiated, everything else
            is data.
        dtypes: in which both are run: "float64", "float32", "float16", "bfloat16".
        points: how many points are judged, the given one and others around it; 2 or more.
        seed: of the points and of the upstream gradients.
        device: "cpu", or "cuda" where the function runs there; the reference runs beside it.

    Returns:
        The certificate: in each precision the outputs and the gradient of each float input, judged
        by the rounding that the reference shows in that precision; and side effects: inputs or
        upstream gradients modified in place, a wrong result for an upstream gradient that is not
        contiguous or expanded, for inputs that are not contiguous, for a single input that needs a
        gradient, for a batch of one, an empty one or odd sizes; other gradients at a second pass
        over the same graph. A second derivative that is computed and wrong, and what is refused,
        is a remark. What gradcheck says, and opcheck of an operator, stands below and decides
        nothing.

    Raises:
        TypeError: no input is a float array; what is no function.
        ValueError: an unknown precision, too few points.
        Exception: what the reference raises in float64.

    >>> import numpy as np, torch
    >>> from crosscheck import certify_function
    >>> x = np.array([0.5, -1.0, 2.0])
    >>> bool(certify_function(torch.tanh, lambda x: 2 * torch.sigmoid(2 * x) - 1, [x]))
    True

    """
    from crosscheck.certification.kernels.torch_runner import TorchRunner

    runner = TorchRunner(device)
    return _certified(runner, _other("jax"), function, reference, inputs, dtypes, points, seed)


def certify_custom_vjp(  # noqa: PLR0913 - what is certified, and how hard
    f: Any,
    reference: Callable[..., Any] | None = None,
    inputs: Sequence[Any] = (),
    dtypes: Sequence[str] = ("float64", "float32", "bfloat16"),
    *,
    points: int = POINTS,
    seed: int = 0,
) -> Certificate:
    """Judge a JAX function with a rule of its own, `custom_vjp` or `custom_jvp`.

    Args:
        f: the function with its rule.
        reference: plain JAX, NumPy or PyTorch, as for `certify_function`; by default the function
            that `f` decorates, without its rule.
        inputs: the arguments: float arrays are differentiated, everything else is data.
        dtypes: in which both are run.
        points: how many points are judged, the given one and others around it; 2 or more.
        seed: of the points and of the upstream gradients.

    Returns:
        The certificate, as of `certify_function`.

    Raises:
        TypeError: `f` has no rule and no reference is given; no input is a float array.
        ValueError: an unknown precision, too few points.

    >>> import jax, numpy as np
    >>> from crosscheck import certify_custom_vjp
    >>> f = jax.custom_vjp(lambda x: x**2)
    >>> f.defvjp(lambda x: (x**2, x), lambda x, g: (2 * x * g,))
    >>> bool(certify_custom_vjp(f, inputs=[np.array([0.5, 2.0])]))
    True

    """
    from crosscheck.certification.kernels.jax_runner import JaxRunner

    plain = reference if reference is not None else getattr(f, "fun", None)
    if plain is None:
        msg = f"{name_of(f)} has no custom_vjp or custom_jvp rule; pass reference="
        raise TypeError(msg)
    return _certified(JaxRunner(), _other("torch"), f, plain, inputs, dtypes, points, seed)


def _other(key: str) -> list[Runner]:
    """Return the other framework, if it is installed."""
    if not FRAMEWORKS[key].is_installed:
        return []
    if key == "jax":
        from crosscheck.certification.kernels.jax_runner import JaxRunner

        return [JaxRunner()]
    from crosscheck.certification.kernels.torch_runner import TorchRunner

    return [TorchRunner()]


def _certified(  # noqa: PLR0913, PLR0917 - what is certified, and how hard
    runner: Runner,
    others: Sequence[Runner],
    function: Any,
    reference: Callable[..., Any],
    inputs: Sequence[Any],
    dtypes: Sequence[str],
    points: int,
    seed: int,
) -> Certificate:
    check_functions(function=function, reference=reference)
    if unknown := sorted(set(dtypes) - set(DTYPES)):
        msg = f"dtypes has {unknown}; they are among {DTYPES}"
        raise ValueError(msg)
    if points < 2:  # noqa: PLR2004 - the given point, and one more
        msg = f"points is {points}; pass 2 or more"
        raise ValueError(msg)
    arrays = [_array(value) for value in inputs]
    if not any(map(is_float, arrays)):
        msg = f"inputs: none of {[type(v).__name__ for v in inputs]} is a float array"
        raise TypeError(msg)
    known = reference_of(runner, others, reference, arrays)
    kernel = Kernel(runner, function, known, arrays, _names(reference, arrays), points, seed)
    title = name_of(function).removesuffix(".apply")
    return Certificate(
        subject=f"{title}, against autograd of {name_of(reference)}{known.how},",
        start="the given point",
        findings=findings(kernel, dtypes),
        points=points - 1,
        seed=seed,
        oracles=(known.framework,),
        unavailable={},
        versions=versions([known.framework]),
        arguments={
            name: f"{value.dtype} {value.shape}"
            for name, value in zip(kernel.names, filter(is_float, arrays), strict=True)
        },
    )


def _array(value: Any) -> Any:
    """Return a float tensor or array in float64, an integer one as an array, others as they are."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.double().numpy() if value.is_floating_point() else value.numpy()
    if hasattr(value, "__jax_array__") or type(value).__module__.startswith("jax"):
        value = np.asarray(value)
    floats = isinstance(value, np.ndarray) and value.dtype.kind in "fV"  # V: bfloat16
    return value.astype(np.float64) if floats else value


def _names(reference: Callable[..., Any], inputs: Sequence[Any]) -> list[str]:
    """Return the names of the float inputs: the signature's, as far as it has them."""
    try:
        known = list(inspect.signature(reference).parameters)
    except (TypeError, ValueError):  # a builtin has none
        known = []
    places = [i for i, value in enumerate(inputs) if is_float(value)]
    return [known[i] if i < len(known) else f"input{i}" for i in places]
