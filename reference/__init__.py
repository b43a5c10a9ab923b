"""The six examples of the document, by hand, in NumPy.

>>> from reference import EXAMPLES, sigmoid_neuron
>>> loss, residuals = sigmoid_neuron.forward(W=[0.2, 0.4], X=[0.5, 0.8], y=1)
>>> sigmoid_neuron.backward(*residuals)
{'W': array([-0.04744149, -0.07590638])}
>>> [example.__name__.removeprefix("reference.") for example in EXAMPLES] == list(NAMES)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference.example import Example

# The document's order. The one list of the examples: everything else asks it.
NAMES = (
    "square",
    "chain_rule",
    "sigmoid_neuron",
    "relu_network",
    "numerical_gradient",
    "guess_number",
)
EXAMPLES: tuple[Example, ...]

__all__ = ["EXAMPLES", "NAMES"]


def __getattr__(name: str) -> tuple[Example, ...]:
    # Imported when asked for: the names alone cost no NumPy, and `python -m reference.square`
    # finds its module not imported yet, as runpy wants it.
    if name != "EXAMPLES":
        msg = f"module 'reference' has no attribute {name!r}"
        raise AttributeError(msg)
    return tuple(import_module(f"reference.{example}") for example in NAMES)
