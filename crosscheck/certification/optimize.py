"""Certify what is passed to scipy.optimize, and to boosting: their arguments, as they are."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.by_position import gradient_by_position, part
from crosscheck.certification.hessian import certify_hessian
from crosscheck.certification.hints import told
from crosscheck.certification.jacobian import certify_jacobian
from crosscheck.certification.merge import merged
from crosscheck.certification.options import Options, check_functions
from crosscheck.certification.projection import (
    float_array,
    float_output,
    random_cotangent,
    stacked,
)
from crosscheck.certification.user_loss import name_of
from crosscheck.core.sampling import COTANGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Array


def check_minimize(  # noqa: PLR0913 - the signature is SciPy's
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    *,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    constraints: Any = (),
    **how: Any,
) -> Certificate:
    """Judge the derivatives that a call of `scipy.optimize.minimize` would be given.

    Args:
        fun: `fun(x, *args)` returns the objective, or the objective and its gradient if `jac` is
            True.
        x0: float array, shape (n,).
        args: further arguments of `fun`, `jac`, `hess` and `hessp`.
        jac: `jac(x, *args)`, or True. Strings and None, as for SciPy, mean that there is none.
        hess: `hess(x, *args)`; what is not callable means that there is none.
        hessp: `hessp(x, p, *args)`.
        constraints: as for SciPy: dicts with "fun", "jac" and "args", or NonlinearConstraint
            objects. Their Jacobians are judged, and the Hessians `hess(x, v)`.
        **how: points, seed, oracles, structure, sample, dtype, strict, diagnose and hint, as for
            `certify`.

    Returns:
        One certificate for all. A Hessian is judged against `fun`, which the frameworks
        differentiate twice, so that a mistake of `jac` is no mistake of `hess`.

    Raises:
        ValueError: nothing is given that could be judged; what `certify` raises.

    >>> import numpy as np
    >>> from crosscheck import check_minimize
    >>> bool(check_minimize(lambda x: np.sum(x**4), np.ones(2), jac=lambda x: 4 * x**3))
    True

    """
    check_functions(fun=fun)
    x, args = _start(x0), _tuple(args)
    objective, gradient = fun, jac if callable(jac) else None
    if jac is True:
        objective, gradient = part(fun, 0), part(fun, 1)
    certificates = []
    if gradient is not None:
        certificates.append(gradient_by_position(objective, gradient, x, args, Options.of(how)))
    second = {"hess": hess if callable(hess) else None, "hessp": hessp}
    if any(second.values()):
        certificates.append(certify_hessian(_number(objective), x=x, args=args, **second, **how))
    certificates += [
        certificate
        for constraint in _listed(constraints)
        for certificate in _constraint(constraint, x, how)
    ]
    if not certificates:
        msg = f"jac is {jac!r}, hess is {hess!r}; pass a function that computes a derivative"
        raise ValueError(msg)
    certificate = merged(certificates, f"the derivatives of {name_of(fun)},")
    return told(certificate, Options.of(how).hint)


def check_least_squares(
    fun: Callable[..., Any],
    x0: Any,
    jac: Any,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    **how: Any,
) -> Certificate:
    """Judge the Jacobian that a call of `scipy.optimize.least_squares` would be given.

    Args:
        fun: `fun(x, *args, **kwargs)` returns the residuals, shape (m,).
        x0: float array, shape (n,).
        jac: `jac(x, *args, **kwargs)` returns the Jacobian, shape (m, n): an array, a sparse
            matrix or a LinearOperator.
        args: further arguments of both.
        kwargs: keyword arguments of both.
        **how: as for `certify_jacobian`.

    Returns:
        The certificate of the Jacobian.

    Raises:
        TypeError: `jac` is no function.
        ValueError: what `certify` raises.

    >>> import numpy as np
    >>> from crosscheck import check_least_squares
    >>> bool(check_least_squares(lambda x: x**2, np.ones(2), lambda x: np.diag(2 * x)))
    True

    """
    check_functions(fun=fun, jac=jac)
    known = dict(kwargs or {})
    f, j = (_with(function, known) for function in (fun, jac))
    return certify_jacobian(f, j, _start(x0), _tuple(args), **how)


def _constraint(constraint: Any, x: Array, how: Mapping[str, Any]) -> Iterator[Certificate]:
    """Yield the certificates of one constraint's derivatives."""
    if isinstance(constraint, Mapping):
        args = _tuple(constraint.get("args", ()))
        if callable(constraint.get("jac")):
            yield certify_jacobian(constraint["fun"], constraint["jac"], x, args, **how)
        return
    fun, jac, hess = (getattr(constraint, name, None) for name in ("fun", "jac", "hess"))
    if fun is not None and callable(jac):
        yield certify_jacobian(fun, jac, x, **how)
        if callable(hess):
            yield _multiplied(fun, hess, x, how)


def _multiplied(
    fun: Callable[..., Any], hess: Callable[..., Any], x: Array, how: Mapping[str, Any]
) -> Certificate:
    """Return the certificate of `hess(x, v)`, the Hessian of v·fun(x), for random v."""
    output = float_output(fun, x, ())
    v = random_cotangent(np.random.default_rng(COTANGENT), output.shape)
    loss = functools.wraps(fun)(lambda x: np.sum(v * stacked(fun(x))))
    second = functools.wraps(hess)(lambda x: hess(x, np.atleast_1d(v)))
    return certify_hessian(loss, second, x, **how)


def _number(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return an objective as a loss: SciPy takes an array of one number for a number, too."""
    return functools.wraps(fun)(lambda *args: np.reshape(fun(*args), ()))


def _with(function: Callable[..., Any], known: dict[str, Any]) -> Callable[..., Any]:
    """Return a function with keyword arguments, under its own name."""
    return functools.wraps(function)(functools.partial(function, **known)) if known else function


def _start(x0: Any) -> Array:
    """Return the start of a minimisation, which SciPy takes in integers, too."""
    array = np.asarray(x0)
    return float_array(array.astype(float) if array.dtype.kind in "iu" else array)


def _tuple(args: Any) -> tuple[Any, ...]:
    """Return further arguments as SciPy takes them: one that is no tuple stands alone."""
    return args if isinstance(args, tuple) else (args,)


def _listed(constraints: Any) -> Sequence[Any]:
    """Return constraints, of which one may come without a list."""
    return constraints if isinstance(constraints, list | tuple) else [constraints]
