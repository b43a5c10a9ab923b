"""The examples once more, in each framework's own idiom, written from the mathematics alone.

Each function is a loss; its name, and the names of its parameters and data, are all that it shares
with the example in `reference`. The two files share no line with that example or each other, so
that a mistake in one author's forward pass shows as well as one in a backward pass.
"""

from typing import NamedTuple


class Training(NamedTuple):
    """How an example is trained: which parameters move, by what learning rate, how often."""

    updated: tuple[str, ...]
    learning_rate: float
    steps: int
