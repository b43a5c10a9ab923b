"""A case: a loss, a gradient that somebody could write, and what has to be said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True)
class Case:
    """One gradient, or one backward pass, to be certified.

    `mistake`: what is wrong, "" where the gradient is meant to be right. `exact`: the same loss for
    extended precision (numpy.longdouble or mpmath), where the loss itself has not the precision.
    `at`: further points that belong to the question, beside the given one and those around it.
    `tolerance`: the relative error up to which a gradient is right. `limit`: a pattern for the
    sentence of a certificate that excuses an AGREE. `called`: a pattern for the names that fit the
    mistake. `is_layer`: loss and gradient are a forward and a backward pass, params its inputs.
    `effect`: numbers are right, and this side effect is wrong. `is_kink`: the given point is a
    kink; there, a gradient is right if it lies in Clarke's set.
    """

    name: str
    loss: Callable[..., Any]
    gradient: Callable[..., Any]
    params: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)
    mistake: str = ""
    exact: Callable[..., Any] | None = None
    at: Sequence[Mapping[str, Any]] = ()
    around: float = 0.05
    scale: float | None = None
    tolerance: float = 1e-9
    limit: str = ""
    called: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    is_layer: bool = False
    is_easy: bool = True
    effect: str = ""
    is_kink: bool = False
    kind: str = ""


def family(  # noqa: PLR0913 - a loss with both kinds of gradients
    name: str,
    loss: Callable[..., Any],
    params: Mapping[str, Any],
    right: Callable[..., Any] | None = None,
    wrong: Mapping[str, Callable[..., Any]] | None = None,
    *,
    called: Mapping[str, str] | None = None,
    **rest: Any,
) -> Iterator[Case]:
    """Yield one case for the right gradient of a loss, and one for each mistake in it."""
    if right is not None:
        yield Case(name, loss, right, params, **rest)
    for mistake, gradient in (wrong or {}).items():
        pattern = (called or {}).get(mistake, "")
        yield Case(
            f"{name}: {mistake}", loss, gradient, params, mistake=mistake, called=pattern, **rest
        )
