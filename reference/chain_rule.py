"""2. The chain rule through two layers.

    y = x²                dy/dx = 2x
    z = 2y                dz/dy = 2
                          dz/dx = dz/dy · dy/dx

>>> main()
18.0
12.0
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
    """Return z and what its derivative needs."""
    y = x**2  # ()
    z = 2 * y  # ()
    return z, (x,)


def backward(x: Array) -> Grads:
    """Return dz/dx."""
    dy_dx = 2 * x  # ()
    dz_dy = 2
    dz_dx = dz_dy * dy_dx  # ()
    return {"x": dz_dx}


def main() -> None:
    """Print z and dz/dx at x = 3."""
    z, residuals = forward(**PARAMS, **DATA)
    print(z)
    print(backward(*residuals)["x"])


if __name__ == "__main__":
    main()
