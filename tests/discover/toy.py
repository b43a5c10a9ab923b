"""A small module with derivatives, one of them wrong, for runs of the plugin and the command."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np


def loss(w: Any, s: float = 2.0) -> Any:
    return s * np.sum(w**3)


def loss_grad(w: Any, s: float = 2.0) -> Any:
    return 3 * s * w**2


def cost(w: Any) -> Any:
    return np.sum(w**4)


def cost_grad(w: Any) -> Any:
    return 3 * w**3


def bare_gradient_of_nothing(w: Any) -> Any:
    return w


class Square:
    """Has a value.

    >>> float(Square(2.0).gradient(np.ones(2))[0])
    4.0
    """

    def __init__(self, k: float) -> None:
        self.k = k

    def loss(self, w: Any) -> Any:
        return self.k * np.sum(w**2)

    def gradient(self, w: Any) -> Any:
        return 2 * self.k * w


class Other(Square):
    pass


def idle(x: Any) -> Any:
    return np.sum(x)


def idle_grad(x: Any) -> Any:
    return np.ones_like(x)


def hang(w: Any) -> Any:
    time.sleep(60)
    return w


def die(w: Any) -> Any:
    os._exit(7 if len(w) else 8)


def bend(x: Any, k: float) -> Any:
    return k * np.tanh(x)


def bend_prime(x: Any, k: float) -> Any:
    return k * (1 - np.tanh(x) ** 2)
