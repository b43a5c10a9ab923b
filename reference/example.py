"""What an example of the document is: arrays in, a loss and its gradient out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.floating[Any]]
    Params: TypeAlias = Mapping[str, Array]  # what is learned, by name
    Data: TypeAlias = Mapping[str, Array]  # what is given, by name
    Grads: TypeAlias = dict[str, Array]  # d loss / d parameter, under the parameter's name
    ValueAndGrad: TypeAlias = Callable[[Params], tuple[Array, Grads]]


class Example(Protocol):
    """One example of the document, as a module.

    `forward(**params, **data)` returns the loss, shape (), and the residuals;
    `backward(*residuals)` spends them and returns one gradient for every parameter.
    PRINTS says which quantity each line of `main()` shows, in order: quantity -> lines.

    Where the document updates, the module also has `step(params, data) -> (loss, params)`, and
    where it repeats the step, `descent(params, data)`, an iterator of (loss, params after it).
    Where it has a ReLU, `preactivations(**params, **data)` returns what goes into each.
    """

    @property
    def __name__(self) -> str: ...
    @property
    def __doc__(self) -> str | None: ...  # type: ignore[override]
    @property
    def PARAMS(self) -> Params: ...
    @property
    def DATA(self) -> Data: ...
    @property
    def PRINTS(self) -> Mapping[str, int]: ...
    @property
    def forward(self) -> Callable[..., tuple[Array, tuple[Array, ...]]]: ...
    @property
    def backward(self) -> Callable[..., Grads]: ...
    @property
    def main(self) -> Callable[[], None]: ...


def arrays(**values: npt.ArrayLike) -> dict[str, Array]:
    """Return each value as a float64 array that nobody can write to.

    >>> arrays(W=[0.2, 0.4])
    {'W': array([0.2, 0.4])}
    """
    frozen: dict[str, Array] = {
        name: np.array(value, dtype=np.float64) for name, value in values.items()
    }
    for array in frozen.values():
        array.flags.writeable = False
    return frozen


def value_and_grad(example: Example, data: Data) -> ValueAndGrad:
    """Return the hand-written example as a function: parameters in, loss and gradients out."""

    def hand_written(params: Params) -> tuple[Array, Grads]:
        loss, residuals = example.forward(**params, **data)
        return loss, example.backward(*residuals)

    return hand_written


def lenient_stdout() -> None:
    """Let a stdout that cannot encode Korean print a `?` in its place instead of failing."""
    if hasattr(sys.stdout, "reconfigure"):  # a notebook's stdout has no encoding to relax
        sys.stdout.reconfigure(errors="replace")
