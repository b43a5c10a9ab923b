"""A user's NumPy code under PyTorch and JAX, unchanged.

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

from crosscheck.errors import LostGradientError, TracingError
from crosscheck.ir.recording import Recording
from crosscheck.ir.run import differentiate
from crosscheck.tracing import rules  # imported for what they register
from crosscheck.tracing.reachable import Reachable, reachable
from crosscheck.tracing.record import record, value_and_grad

__all__ = [
    "LostGradientError",
    "Reachable",
    "Recording",
    "TracingError",
    "differentiate",
    "reachable",
    "record",
    "rules",
    "value_and_grad",
]
