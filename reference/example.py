"""What a page is: arrays in, a loss or a layer's output and its gradients out."""

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


class Page(Protocol):
    """One page beyond the document, as a module.

    Of a loss, `forward(**PARAMS, **DATA)` returns the loss, shape (), and the residuals, and
    `backward(*residuals)` one gradient for every parameter. Of a layer, `forward` returns its
    output, or a tuple of outputs, and `backward(dout, *residuals)` takes d loss / d output, shape
    of the output. PARAMS are the inputs that get a gradient, DATA the others; `forward.shapes` has
    the shapes of both. An update has, in place of both functions,
    `trajectory(**PARAMS, **DATA)`: each parameter after every step, (steps, *its own shape).

    A layer also has DOUT, the upstream gradient of its own numbers. A page may have OPTIONS,
    further keyword arguments with which it is judged, too, and `sample(rng, **lengths)`, which
    draws the inputs that are not any numbers: labels, masks, probabilities.
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
    def main(self) -> Callable[[], None]: ...


def arrays(**values: npt.ArrayLike) -> dict[str, Array]:
    """Return each value as a float64 array that nobody can write to.

    >>> arrays(W=[0.2, 0.4])
    {'W': array([0.2, 0.4])}
    """
    return {name: frozen(value) for name, value in values.items()}


def whole(**values: npt.ArrayLike) -> dict[str, Any]:
    """Return each value as an array of integers or booleans that nobody can write to.

    >>> whole(labels=[2, 0])
    {'labels': array([2, 0])}
    """
    return {name: frozen(value, None) for name, value in values.items()}


def frozen(value: npt.ArrayLike, dtype: npt.DTypeLike | None = np.float64) -> Any:
    """Return a value as an array that nobody can write to; dtype None leaves it its own."""
    array = np.array(value, dtype=dtype)
    array.flags.writeable = False
    return array


def report(**values: Any) -> None:
    """Print each value under its name, with four digits after the point.

    >>> report(loss=np.float64(0.125), W=np.array([1 / 3, 2]))
    loss = 0.125
    W = [0.3333 2.    ]
    """
    with np.printoptions(precision=4, suppress=True):
        for name, value in values.items():
            # Rounded first: -0.00001 would print as -0.
            text = str(np.round(value, 4) + 0.0)
            print(f"{name} =\n{text}" if "\n" in text else f"{name} = {text}")


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
