"""A loss and a gradient whose first argument is what is differentiated, by position."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from crosscheck.certification.gradient import certified
from crosscheck.certification.projection import data_of
from crosscheck.certification.user_loss import UserLoss, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.certificate import Certificate
    from crosscheck.certification.options import Options
    from crosscheck.core.types import Array


def gradient_by_position(
    fun: Callable[..., Any],
    jac: Callable[..., Any],
    x: Array,
    args: tuple[Any, ...],
    options: Options,
) -> Certificate:
    """Return the certificate of a gradient; both functions take x first, by position."""
    user_loss = UserLoss(
        lambda x, args=(): fun(x, *args),
        lambda x, args=(): jac(x, *args),
        {"x": x},
        data_of(args),
        name_of(jac),
        name_of(fun),
    )
    try:
        return certified(user_loss, f"{name_of(jac)}, the gradient of {name_of(fun)},", options)
    finally:
        user_loss.state.restore()


def part(function: Callable[..., Any], k: int) -> Callable[..., Any]:
    """Return a function that returns one of the two results of another."""
    return functools.wraps(function)(lambda *args: function(*args)[k])
