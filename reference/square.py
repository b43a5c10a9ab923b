"""1. The basic formula: a square and its derivative.

    y = x²                dy/dx = 2x

>>> main()
9.0
6.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.checks import checked
from reference.example import arrays

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(x=3.0)
DATA = arrays()
PRINTS = {"loss": 1, "grad x": 1}


@checked(params={"x": ""})
def forward(x: Array) -> tuple[Array, tuple[Array]]:
    """Return y and what its derivative needs."""
    y = x**2  # ()
    return y, (x,)


def backward(x: Array) -> Grads:
    """Return dy/dx."""
    dy_dx = 2 * x  # ()
    return {"x": dy_dx}


def main() -> None:
    """Print y and dy/dx at x = 3."""
    y, residuals = forward(**PARAMS, **DATA)
    print(y)
    print(backward(*residuals)["x"])


if __name__ == "__main__":
    main()
