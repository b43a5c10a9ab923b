"""What people call losses, and functions that compute the derivative of others."""

from __future__ import annotations

import ast
import functools
import re
from typing import TYPE_CHECKING

from crosscheck.objects.methods import BACKWARD, GRADIENT, LOSS
from crosscheck.objects.pairs import is_gradient_of

if TYPE_CHECKING:
    from crosscheck.objects.walk import Path

WORDS = frozenset("loss cost error err nll mse objective energy criterion".split())
LETTERS = frozenset("L J E C l".split())
DERIVATIVES = frozenset(
    "gradient gradients grad grads backward backprop derivative deriv prime d der".split()
)
FUNCTIONS = frozenset("f loss cost error objective forward forwardprop".split())
IDLE = frozenset("compute calculate calc get function func fn of the value".split())


def is_loss(name: object) -> bool:
    """Return whether a name is what people call a loss.

    >>> [is_loss(name) for name in ("train_loss", "J", "L2", "compute_cost", "losses", "lost")]
    [True, True, True, True, False, False]
    """
    if not isinstance(name, str):
        return False
    parts = _parts(name)
    return name.rstrip("_0123456789") in LETTERS or name in LOSS or bool(WORDS & set(parts))


def pairs_up(function: str, derivative: str) -> bool:
    """Return whether one function is called like the derivative of another.

    >>> pairs_up("cost_function", "compute_gradient"), pairs_up("sigmoid", "sigmoid_prime")
    (True, True)
    >>> pairs_up("sigmoid", "tanh_prime"), pairs_up("gradient", "gradient")
    (False, False)
    """
    if is_gradient_of(function, derivative):
        return True
    if derivative in {*BACKWARD, *GRADIENT}:
        words = set(_parts(function))
        return bool(words & FUNCTIONS) and not words & DERIVATIVES
    theirs, ours = set(_parts(derivative)) - IDLE, set(_parts(function)) - IDLE
    if not theirs & DERIVATIVES or ours & DERIVATIVES:
        return False
    return (theirs - DERIVATIVES) - FUNCTIONS == ours - FUNCTIONS


@functools.lru_cache(maxsize=8192)
def path_of(place: str) -> Path:
    """Return the keys of a place of the source, those that are known.

    >>> path_of("grads['dW1']"), path_of("net.layers[0].W")
    (('grads', 'dW1'), ('net', 'layers', 0, 'W'))
    """
    node: ast.expr = ast.parse(place, mode="eval").body
    found: list[object] = []
    while not isinstance(node, ast.Name):
        match node:
            case ast.Attribute(value, name):
                found.append(name)
            case ast.Subscript(value, ast.Constant(key)):
                found.append(key)
            case ast.Subscript(value, key):
                found.append(ast.unparse(key))
            case _:
                return (place,)
        node = value
    return (node.id, *found[::-1])


def _parts(name: str) -> list[str]:
    """Return the words of a name, in small letters."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().split("_")
    return [word for word in words if word]
