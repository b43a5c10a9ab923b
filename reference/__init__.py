"""The canon by hand, in NumPy: the document's six examples, and the pages of each group.

>>> from reference import EXAMPLES, sigmoid_neuron
>>> loss, residuals = sigmoid_neuron.forward(W=[0.2, 0.4], X=[0.5, 0.8], y=1)
>>> sigmoid_neuron.backward(*residuals)
{'W': array([-0.04744149, -0.07590638])}
>>> [example.__name__.removeprefix("reference.") for example in EXAMPLES] == list(NAMES)
True
>>> page("affine").__name__
'reference.layers.affine'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reference.names import GROUPS

if TYPE_CHECKING:
    from reference.example import Example

NAMES = GROUPS["document"]  # the document's order
PAGES = {name: group for group, names in GROUPS.items() if group != "document" for name in names}
EXAMPLES: tuple[Example, ...]

__all__ = ["EXAMPLES", "GROUPS", "NAMES", "PAGES", "page"]


def __getattr__(name: str) -> tuple[Example, ...]:
    # Imported when asked for: the names alone cost no NumPy, and `python -m reference.square`
    # finds its module not imported yet, as runpy wants it.
    if name != "EXAMPLES":
        msg = f"module 'reference' has no attribute {name!r}"
        raise AttributeError(msg)
    return tuple(import_module(f"reference.{example}") for example in NAMES)


def page(name: str) -> Any:
    """Return the module of a page by its name alone; the protocol is `reference.example.Page`."""
    return import_module(f"reference.{PAGES[name]}.{name}")
