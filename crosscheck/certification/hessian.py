"""Certify a hand-written Hessian, against a hand-written gradient or against the loss itself.

The Hessian is the Jacobian of the gradient. Where the gradient is given, it is differentiated by
the frameworks; where the loss is given, they differentiate it twice.
"""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.hints import told
from crosscheck.certification.jacobian import certify_projection
from crosscheck.certification.loss_twice import TwiceProjection, numpy_gradient
from crosscheck.certification.merge import merged
from crosscheck.certification.options import Options, check_functions
from crosscheck.certification.projection import data_of, float_array, projection
from crosscheck.certification.user_loss import UserLoss, call_with_note, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.certificate import Certificate
    from crosscheck.certification.projection import Projection
    from crosscheck.core.types import Array


def certify_hessian(
    f: Callable[..., Any],
    hess: Callable[..., Any] | None = None,
    x: Any = None,
    args: tuple[Any, ...] = (),
    *,
    hessp: Callable[..., Any] | None = None,
    **how: Any,
) -> Certificate:
    """Judge a hand-written Hessian, or Hessian-vector product, against PyTorch and JAX.

    Args:
        f: plain NumPy; `f(x, *args)` returns the loss, one float, which is differentiated twice; or
            the gradient, of the shape of `x`.
        hess: `hess(x, *args)` returns the matrix of second derivatives, of shape (x.size, x.size)
            or `x.shape + x.shape`, a SciPy sparse matrix, or a LinearOperator.
        x: float array; where the Hessian is judged, and around it.
        args: further arguments of all functions, which are data.
        hessp: `hessp(x, v, *args)` returns the Hessian times v, of the shape of `x`.
        **how: points, seed, oracles, structure, sample, dtype, strict, diagnose and hint, as for
            `certify`.

    Returns:
        The certificate of the Hessian times a random vector; of `hess` and `hessp`, if both are
        given. Where `hess` disagrees, the reason says which entry differs most, whether it is
        symmetric, and what it is instead: half of it, the diagonal alone.

    Raises:
        TypeError: neither `hess` nor `hessp` is given; `f` returns no floats.
        ValueError: `f` may be either, with one parameter; what `certify` raises.

    >>> import numpy as np
    >>> from crosscheck import certify_hessian
    >>> w = np.array([1.0, 2.0])
    >>> bool(certify_hessian(lambda x: np.sum(x**3), lambda x: np.diag(6 * x), w))
    True

    """
    written = {"hess": hess, "hessp": hessp}
    given = {what: function for what, function in written.items() if function is not None}
    if not given:
        msg = "hess and hessp are None; pass the Hessian, or its product with a vector"
        raise TypeError(msg)
    check_functions(f=f, **given)
    options = Options.of(how)
    certificates = []
    x = float_array(x)
    for what, function in given.items():
        matrix = function if what == "hess" else products(function)
        projected = _projection(f, matrix, x, args, options.seed)
        subject = f"{name_of(function)}, the Hessian of {name_of(f)}, times a random vector,"
        # What is recorded of a loss that is differentiated twice says nothing of its Hessian.
        twice = isinstance(projected, TwiceProjection)
        named = replace(options, diagnose=0) if twice else options
        certificates.append(certify_projection(projected, subject, named, "Hessian"))
    return told(merged(certificates), options.hint)


@dataclass(frozen=True)
class Products:
    """A Hessian of which only products with vectors are known."""

    times: Callable[[Array], Any]
    shape: tuple[int, ...]

    def rmatvec(self, v: Array) -> Any:
        """Return the Hessian, which is symmetric, times a vector."""
        return self.times(v.reshape(self.shape))


def products(hessp: Callable[..., Any]) -> Callable[..., Any]:
    """Return a Hessian as an operator, from `hessp(x, v, *args)`."""

    def hess(x: Array, *args: Any) -> Products:
        return Products(lambda v: hessp(x, v, *args), x.shape)

    hess.__qualname__ = name_of(hessp)
    return hess


def _projection(
    f: Callable[..., Any], hess: Callable[..., Any], x: Array, args: tuple[Any, ...], seed: int
) -> Projection:
    """Return the Hessian times a random vector, as the gradient of a loss."""
    output = np.shape(call_with_note(f, x.copy(), *copy.deepcopy(args)))
    if output == x.shape == (1,) * x.ndim and x.ndim:
        msg = (
            f"{name_of(f)} returned shape {output}, which may be a loss or the gradient of one "
            "parameter; pass a loss that returns a number, shape ()"
        )
        raise ValueError(msg)
    if output == x.shape and x.ndim:
        return projection(f, hess, x, args, seed)
    if int(np.prod(output)) != 1:
        msg = f"{name_of(f)} returned shape {output}; expected a loss (), or a gradient {x.shape}"
        raise ValueError(msg)
    once = UserLoss(
        lambda x, args=(): f(x, *args), f, {"x": x}, data_of(args), name_of(hess), name_of(f)
    )
    plain = projection(functools.partial(numpy_gradient, once), hess, x, args, seed)
    return TwiceProjection(plain.f, plain.jac, plain.x, args, plain.cotangent, once)
