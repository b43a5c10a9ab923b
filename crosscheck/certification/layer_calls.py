"""How a forward and a backward pass are called, and where they leave what they compute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.user_loss import call_with_note, name_of
from crosscheck.objects.methods import RATES, TARGETS, positional, required, takes
from crosscheck.objects.pairs import is_gradient_of, named_alike, plain
from crosscheck.objects.walk import attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OUTPUTS = ("output", "outputs", "out")  # attributes of a layer whose forward returns nothing
INPUT_GRADIENTS = frozenset(["dinputs", "dinput", "dx", "gradinput", "inputgrad", "inputgradient"])
# A gradient is read back as (old − new) / rate: a large power of two, and its rounding is small.
RATE = 2.0**20
UPSTREAM_NAME = re.compile(
    r"(d|grad|g|delta|upstream)_?[A-Za-z]\w{0,5}|grad\w*|delta\w*|upstream\w*"
)
NO_UPSTREAM = frozenset(
    ("data", "dim", "dims", "dtype", "dropout", "dilation", "drop", "gamma", "grid", "group")
)


@dataclass(frozen=True)
class Calls:
    """The two passes: how many outputs there are, and what backward takes.

    `owner` is the object whose methods they are, if they are. `has_cache`: forward returns more
    than outputs. `upstream`: backward takes upstream gradients; that of a loss layer need not.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    owner: Any = None
    outputs: int = 1
    has_cache: bool = True
    upstream: bool = True
    targets: frozenset[str] = frozenset()  # inputs that are labels
    rate: str = ""  # backward's argument that is a learning rate: it updates the parameters
    derivative: bool = False  # backward is the derivative of each entry, without an upstream one

    def run_forward(self, inputs: Sequence[Any]) -> tuple[list[Any], tuple[Any, ...]]:
        """Return the outputs, and what backward gets beside their gradients: cache or inputs."""
        result = self._results(inputs)
        if len(result) < self.outputs:
            msg = f"{name_of(self.forward)} returned {len(result)} outputs, expected {self.outputs}"
            raise ValueError(msg)
        return list(result[: self.outputs]), result[self.outputs :] or tuple(inputs)

    def _results(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """Return what forward returns, or leaves in its object, as a tuple."""
        result = call_with_note(self.forward, *inputs)
        if result is None and self.owner is not None:
            held = attributes(self.owner)
            result = next((held[name] for name in OUTPUTS if name in held), None)
        return result if isinstance(result, tuple) else (result,)

    def run_backward(self, douts: Sequence[Any], kept: tuple[Any, ...]) -> Any:
        """Return what backward returns, given upstream gradients and a cache or inputs."""
        given = tuple(douts) if self.upstream else ()
        if self.derivative:
            return douts[0] * call_with_note(self.backward, *kept)
        more = kept if self._wants(len(given)) else ()
        rates = dict.fromkeys(self._rates, RATE)
        return call_with_note(self.backward, *given, *more, **rates)

    @property
    def _rates(self) -> tuple[str, ...]:
        return (self.rate,) if self.rate else ()

    def _wants(self, count: int) -> bool:
        """Return whether backward wants more than so many upstream gradients.

        What it may be given, it is given if forward returned it: other options have defaults.
        """
        if not takes(self.backward, count, *self._rates):
            return True
        more = takes(self.backward, count + 1, *self._rates)
        return more and (self.has_cache or self.owner is None)

    def settled(self, inputs: Sequence[Any], outputs: int | None) -> Calls:
        """Return the calls with what forward's results say of them; it is run once."""
        result = self._results(inputs)
        count = outputs or outputs_of(self.backward, result)
        alone = count == 1 and np.size(result[0]) == 1 and not required(self.backward)
        upstream = not (alone and takes(self.backward, 0))
        if self._is_of_inputs(inputs, result):
            is_loss = np.size(result[0]) == 1
            return replace(self, has_cache=False, upstream=not is_loss, derivative=not is_loss)
        rates = [name for name in positional(self.backward) if plain(name) in RATES]
        rate = rates[0] if rates and self.owner is not None else ""
        return replace(
            self, outputs=count, has_cache=len(result) > count, upstream=upstream, rate=rate
        )

    def _is_of_inputs(self, inputs: Sequence[Any], result: tuple[Any, ...]) -> bool:
        """Return whether backward takes what forward takes, and no upstream gradient.

        So does the gradient of a loss, `mse_prime(y_true, y_pred)`, and the derivative of an
        activation, `tanh_prime(x)`; but `backward(x)` of an object may call its upstream gradient
        so, and gets it.
        """
        names, others = positional(self.forward), required(self.backward)
        if len(result) > 1 or len(others) != len(inputs):
            return False
        same = names[: len(others)] == others
        if len(inputs) == 1:
            alike = np.shape(result[0]) == np.shape(inputs[0])
            return same and alike and self.owner is None and not _has_closure(self.backward)
        ends = {plain(names[-1]), plain(others[-1])} if names else set()
        values = others[0] == "dvalues" and ends <= TARGETS
        return (same or values) and np.size(result[0]) == 1

    def split(self, result: Any, names: Sequence[str], inputs: Sequence[str]) -> tuple[Any, Any]:
        """Return the gradients of the inputs, and what may hold those of an object's parameters.

        Args:
            result: what backward returned; None where it leaves everything in its object.
            names: of all inputs.
            inputs: names of those that are differentiated.

        """
        if result is None and self.owner is not None:
            return self._left(inputs), None
        if isinstance(result, Mapping):
            return {key: value for key, value in result.items() if value is not None}, result
        if not isinstance(result, list | tuple):
            return (result, None) if inputs else ({}, result)
        if len(result) == len(names) > len(inputs):
            return [result[names.index(name)] for name in inputs], None
        if len(result) > len(inputs) and self.owner is not None:
            mine = result[: len(inputs)]
            return (mine[0] if len(inputs) == 1 else mine), result[len(inputs) :]
        return result, None

    def _left(self, inputs: Sequence[str]) -> Any:
        """Return the gradients of the inputs that backward left in its object."""
        held = attributes(self.owner)
        found = {}
        for name in inputs:
            called = [key for key in held if is_gradient_of(name, key)]
            if len(inputs) == 1:
                called += [key for key in held if plain(key) in INPUT_GRADIENTS]
            if called:
                found[name] = held[called[0]]
        return found or None

    def targets_among(
        self, result: Any, names: Sequence[str], inputs: Sequence[str]
    ) -> frozenset[str]:
        """Return the inputs that are labels: backward returns no gradient for them."""
        mine, _ = self.split(result, names, inputs)
        if isinstance(mine, Mapping):
            silent = [name for name in inputs if name not in named_alike(mine, inputs)]
            return frozenset(name for name in silent if plain(name) in TARGETS)
        if isinstance(mine, list | tuple) and len(mine) == len(inputs):
            pairs = zip(inputs, mine, strict=True)
            return frozenset(name for name, gradient in pairs if gradient is None)
        count = len(mine) if isinstance(mine, list | tuple) else 1
        targets = frozenset(name for name in inputs if plain(name) in TARGETS)
        return targets if count == len(inputs) - len(targets) else frozenset()


def outputs_of(backward: Callable[..., Any], result: tuple[Any, ...]) -> int:
    """Return how many outputs a forward pass has, given what it returned.

    One, unless backward names the gradients of several as its first arguments, and what is left of
    the result is what it takes beside them.
    """
    count = 0
    for name, part in zip(positional(backward), result, strict=False):
        if not is_upstream(name) or not _floats(part):
            break
        count += 1
    rest = len(required(backward)) - count
    return count if count > 1 and rest == len(result) - count else 1


def _has_closure(function: Callable[..., Any]) -> bool:
    return getattr(function, "__closure__", None) is not None


def is_upstream(name: str) -> bool:
    """Return whether an argument is called like the gradient of an output: `dout`, `grad_h`."""
    return bool(UPSTREAM_NAME.fullmatch(name)) and name not in NO_UPSTREAM


def _floats(part: Any) -> bool:
    return isinstance(part, np.ndarray | np.floating | float) and np.asarray(part).dtype.kind == "f"
