"""Certify a Jacobian-vector product: forward mode by hand.

Along a line x + t·v the loss Σ c·f(x + t·v) has the derivative c·Jv. Several lines, each with its
own start, direction and cotangent, make a loss of a vector t, whose gradient is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.gradient import certified
from crosscheck.certification.hints import told
from crosscheck.certification.options import Options, check_functions
from crosscheck.certification.projection import (
    data_of,
    float_array,
    float_output,
    random_cotangent,
    stacked,
)
from crosscheck.certification.user_loss import UserLoss, call_with_note, name_of
from crosscheck.core.norms import norm
from crosscheck.core.sampling import COTANGENT, moved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Array

LINES = 8


def certify_jvp(
    f: Callable[..., Any], jvp: Callable[..., Any], x: Any, args: tuple[Any, ...] = (), **how: Any
) -> Certificate:
    """Judge a hand-written Jacobian-vector product against PyTorch and JAX, at `x` and around it.

    Args:
        f: plain NumPy; `f(x, *args)` returns a float array of any shape.
        jvp: `jvp(x, v, *args)` returns ∂f/∂x · v, of the shape of `f(x)`; v has the shape of `x`.
        x: float array of any shape.
        args: further arguments of both, which are data.
        **how: points, seed, oracles, sample, dtype, strict and hint, as for `certify`.

    Returns:
        The certificate of c·Jv along 8 random lines, one of them through `x`.

    Raises:
        TypeError: `f` returns no floats, `x` is none, or an option is unknown.
        ValueError: what `certify` raises.

    >>> import numpy as np
    >>> from crosscheck import certify_jvp
    >>> bool(certify_jvp(np.sin, lambda x, v: np.cos(x) * v, np.array([1.0, 2.0])))
    True

    """
    check_functions(f=f, jvp=jvp)
    options = Options.of({"diagnose": 0, **how})
    lines = _lines(f, jvp, float_array(x), args, options.seed)
    subject = f"{name_of(jvp)}, the Jacobian-vector product of {name_of(f)}, along random lines,"
    names = name_of(jvp), name_of(f)
    user_loss = UserLoss(lines.loss, lines.gradient, {"t": np.zeros(LINES)}, data_of(args), *names)
    try:
        return told(certified(user_loss, subject, options), options.hint)
    finally:
        user_loss.state.restore()


@dataclass(frozen=True)
class Lines:
    """A function and its Jacobian-vector product along lines."""

    f: Callable[..., Any]
    jvp: Callable[..., Any]
    starts: Sequence[Array]
    directions: Sequence[Array]
    cotangents: Sequence[Array]

    def loss(self, t: Any, args: Any = ()) -> Any:
        """Return the sum over the lines of c·f(x + t·v)."""
        total = 0.0
        for k, c in enumerate(self.cotangents):
            where = self.starts[k] + t[k] * self.directions[k]
            total = total + np.sum(c * stacked(call_with_note(self.f, where, *args)))
        return total

    def gradient(self, t: Array, args: Any = ()) -> Array:
        """Return c·Jv of each line."""
        found = []
        for k, c in enumerate(self.cotangents):
            where = np.asarray(self.starts[k] + t[k] * self.directions[k])
            along = np.asarray(call_with_note(self.jvp, where, self.directions[k].copy(), *args))
            if along.shape != c.shape:
                msg = f"{name_of(self.jvp)} returned shape {along.shape}; expected f(x)'s {c.shape}"
                raise ValueError(msg)
            found.append(np.sum(c * along))
        return np.array(found)


def _lines(
    f: Callable[..., Any], jvp: Callable[..., Any], x: Array, args: tuple[Any, ...], seed: int
) -> Lines:
    """Return random lines, the first of them through x."""
    rng = np.random.default_rng([seed, COTANGENT])
    output = float_output(f, x, args)
    starts = [x, *(moved(x, rng) for _ in range(LINES - 1))]
    directions = [np.asarray(rng.standard_normal(x.shape) * (norm(x) or 1.0)) for _ in starts]
    cotangents = [random_cotangent(rng, output.shape) for _ in starts]
    return Lines(f, jvp, starts, directions, cotangents)
