"""Which argument of a network's method gets what: inputs, targets, or a prediction."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from crosscheck.objects.methods import PREDICTIONS, RATES, TARGETS
from crosscheck.objects.pairs import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PREDICTION = "prediction"  # in place of the name of a datum


def arguments(
    function: Callable[..., Any], data: Sequence[str], *, has_forward: bool
) -> dict[str, str] | None:
    """Return argument -> the datum that it gets, or PREDICTION; None if it cannot be told.

    Args:
        function: a method, or a function.
        data: names of the data, in the order in which the user passed them: inputs first, targets
            last.
        has_forward: whether predictions can be had.

    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    variadic = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    parameters = [p for p in parameters if p.kind not in variadic and plain(p.name) not in RATES]
    names = [plain(p.name) for p in parameters]
    rest = list(data)
    found: dict[str, str] = {}
    for parameter, name in zip(parameters, names, strict=True):
        optional = parameter.default is not parameter.empty
        role = _role(name, names)
        if parameter.name in rest:
            found[parameter.name] = parameter.name
        elif role == "prediction" and has_forward:
            found[parameter.name] = PREDICTION
            continue
        elif role == "target" and len(data) > 1 and data[-1] in rest:
            found[parameter.name] = data[-1]
        elif optional:
            continue
        elif rest:
            found[parameter.name] = rest[0]
        else:
            return None
        rest.remove(found[parameter.name])
    return found


def _role(name: str, names: Sequence[str]) -> str:
    """Return what an argument is for, as its name tells among the others."""
    others = [other for other in names if other != name]
    if name in PREDICTIONS:
        return "prediction"
    if name == "y" and any(other in TARGETS for other in others):
        return "prediction"  # beside t, y is what the network says
    return "target" if name in TARGETS else ""
