"""Parameters that a layer keeps in itself: `W`, with its gradient in `dW`, `grad_W` or `W_grad`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONVENTIONS = ("d{}", "d_{}", "grad_{}", "{}_grad", "g_{}", "{}_gradient", "gradient_{}")


def holder(forward: Callable[..., Any], backward: Callable[..., Any]) -> Any:
    """Return the object whose methods both passes are; None if they are not of one object."""
    owner = getattr(forward, "__self__", None)
    return owner if owner is getattr(backward, "__self__", None) else None


def own_parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Return attribute of a parameter -> attribute of its gradient.

    Args:
        before: the attributes of a layer before anything was called.
        after: its attributes after a forward and a backward pass.

    """
    return {
        name: gradient
        for name, value in before.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        for gradient in (form.format(name) for form in CONVENTIONS)
        if isinstance(after.get(gradient), np.ndarray | np.floating)
        and after.get(gradient) is not before.get(gradient)
    }


def conventional(gradients: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return gradients by the names of their parameters where all follow a convention: `dw`, `w`.

    What does not is returned as it is.
    """
    forms = {form.format(name): name for name in names for form in CONVENTIONS}
    named = {forms.get(key, key): gradient for key, gradient in gradients.items()}
    return named if set(named) == set(names) else dict(gradients)


def by_name(result: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return what backward returned, by the names of the differentiable inputs."""
    if isinstance(result, Mapping):
        return dict(result)
    if len(names) == 1 and not isinstance(result, list | tuple):
        return {names[0]: result}
    return dict(zip(names, result, strict=False)) if isinstance(result, list | tuple) else {}
