"""Schedules: the rate of each step t = 0, 1, …, as a factor of the rate at the start.

    constant       1
    step           γ^⌊t / every⌋            every `every` steps a drop to γ of it
    exponential    γᵗ
    cosine         ½ (1 + cos(π t / S))     down to 0 after all S steps
    warm-up        min(1, (t + 1) / every)  up in equal parts, then constant

w: (n,), G: (S, n), the gradients of S steps of gradient descent. The sources: I. Loshchilov and
F. Hutter, SGDR: stochastic gradient descent with warm restarts (2017), for the cosine; P. Goyal et
al., Accurate, large minibatch SGD (2017), for the warm-up.

The usual mistake: the first step has t = 1, and the warm-up starts late or the decay early.

>>> main()
w =
[[ 0.95   -1.9     0.3   ]
 [ 0.8375 -1.9375  0.3375]
 [ 0.8375 -1.9625  0.3625]]
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array

PARAMS = arrays(w=[1.0, -2.0, 0.5])
NAMES = ("constant", "step", "exponential", "cosine", "warm-up")
DATA = arrays(G=[[0.5, -1.0, 2.0], [1.5, 0.5, -0.5], [0.0, 1.0, -1.0]])
OPTIONS = (
    {"schedule": "step", "every": 2},
    {"schedule": "exponential", "gamma": 0.9},
    {"schedule": "cosine"},
    {"schedule": "warm-up", "every": 3},
)


def settings(schedule: str = "constant", every: int = 1, **_: object) -> None:
    """Raise ValueError for a schedule that is not there, and for a drop every 0 steps."""
    if schedule not in NAMES:
        msg = f"trajectory: schedule is {schedule!r}; pass one of {list(NAMES)}"
        raise ValueError(msg)
    if every < 1:
        msg = f"trajectory: every is {every}; pass a number of steps, 1 or more"
        raise ValueError(msg)


def factor(schedule: str, t: int, S: int, gamma: float, every: int) -> float:
    """Return the factor of the rate in step t of S.

    >>> factor("step", t=4, S=8, gamma=0.5, every=2)
    0.25
    """
    factors = {
        "constant": 1.0,
        "step": gamma ** (t // every),
        "exponential": gamma**t,
        "cosine": (1 + math.cos(math.pi * t / S)) / 2,
        "warm-up": min(1.0, (t + 1) / every),
    }
    return factors[schedule]


@checked(params={"w": "n"}, data={"G": "S n"}, further=settings)
def trajectory(  # noqa: PLR0913, PLR0917 - the settings of all schedules
    w: Array,
    G: Array,
    rate: float = 0.1,
    schedule: str = "constant",
    gamma: float = 0.5,
    every: int = 1,
) -> dict[str, Array]:
    """Return w after each step, one for each gradient in G."""
    steps = []
    for t, g in enumerate(G):
        w = w - rate * factor(schedule, t, len(G), gamma, every) * g
        steps.append(w)
    return {"w": np.stack(steps)}


def main() -> None:
    """Print the parameters after each step at the page's own numbers, with the cosine."""
    report(**trajectory(**PARAMS, **DATA, schedule="cosine"))


if __name__ == "__main__":
    main()
