"""A reader's NumPy code under PyTorch and JAX, unchanged.

>>> import numpy as np
>>> from crosscheck.tracing import value_and_grad
>>> def loss(w, x):
...     h = np.zeros(3)
...     for t in range(3):
...         h[t] = np.tanh(w * x[t])
...     return 0.5 * np.sum(h**2)
>>> value, gradients = value_and_grad(loss, "torch")({"w": 0.5}, {"x": np.arange(3.0)})
>>> print(value.round(6), gradients["w"].round(6))
0.396789 1.003131
"""

# The array class and what it can do know each other; the class comes first.
from crosscheck.tracing import array as _array  # noqa: F401  # isort: skip
from crosscheck.tracing.errors import LostGradientError, TracingError
from crosscheck.tracing.escapes import Recording
from crosscheck.tracing.gradients import differentiate, record, value_and_grad
from crosscheck.tracing.reader import World, world

__all__ = [
    "LostGradientError",
    "Recording",
    "TracingError",
    "World",
    "differentiate",
    "record",
    "value_and_grad",
    "world",
]
