"""5. The numerical gradient beside the analytic one.

    f(x) = x²             df/dx = 2x
                          df/dx ≈ (f(x + h) − f(x − h)) / 2h,  h = 10⁻⁵

>>> main()
6.000000000039306
6.0

Beyond the document: the central difference takes a parameter of any shape, one entry at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.example import Array, Grads

PARAMS = arrays(x=3.0)
DATA = arrays()
H = 1e-5
PRINTS = {"difference x": 1, "grad x": 1}


@checked(params={"x": ""})
def forward(x: Array) -> tuple[Array, tuple[Array]]:
    """Return f(x) and what its derivative needs."""
    y = x**2  # ()
    return y, (x,)


def backward(x: Array) -> Grads:
    """Return df/dx."""
    return {"x": 2 * x}  # ()


@checked(params={"x": "..."}, data={"h": ""})
def central_difference(f: Callable[[Array], Array], x: Array, h: float = H) -> Array:
    """Return (f(x + h) − f(x − h)) / 2h for each entry of x, shape of x, float64.

    `f` takes an array of x's shape and returns a scalar; x itself is never written to. Its error
    is h²/6 · |f'''| for the step and about u·|f| / h for the rounding, u = 2⁻⁵³: near 10⁻¹⁰ of f
    at h = 10⁻⁵. At a kink it returns the mean of both slopes.

    Raises ValueError where h vanishes beside an entry of x, or f returns more than one number.
    """
    x = x.astype(np.float64)
    grad = np.empty_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        if not down[index] < x[index] < up[index]:
            msg = f"central_difference: h = {h} does not move x = {x[index]}; pass a larger h"
            raise ValueError(msg)
        rise = np.asarray(f(up) - f(down))
        if rise.ndim:
            msg = f"central_difference: f returns shape {rise.shape}, expected (); return a scalar"
            raise ValueError(msg)
        grad[index] = rise / (2 * h)
    return grad


def main() -> None:
    """Print the numerical and the analytic gradient at x = 3."""
    print(central_difference(lambda x: forward(x)[0], PARAMS["x"]))
    _, residuals = forward(**PARAMS, **DATA)
    print(backward(*residuals)["x"])


if __name__ == "__main__":
    main()
