"""A forward and a backward pass, as a loss and its gradient: the upstream gradient is random."""

from __future__ import annotations

import copy
import functools
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.own_parameters import by_name, holder, own_parameters
from crosscheck.certification.side_effects import SideEffects, alike, attempt, changed, drifts
from crosscheck.certification.state import State, state_of
from crosscheck.certification.user_loss import UserLoss, call_with_note, name_of
from crosscheck.core.norms import norm
from crosscheck.core.pytree import flatten
from crosscheck.core.sampling import COTANGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.core.types import Given

UPSTREAM = "dout"  # what the cotangent is called among the arguments


@dataclass(frozen=True)
class Layer:
    """A forward and a backward pass, as a loss and its gradient, given the cotangents."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    names: tuple[str, ...]
    outputs: int
    seed: int
    _own: dict[str, str] | None = field(default=None, repr=False, compare=False)

    def user_loss(self, given: Given) -> UserLoss:
        """Return the layer as a loss and its gradient; the upstream gradient is random."""
        params = {name: value for name, value in given.items() if _differentiable(value)}
        params |= {name: getattr(self.holder, name) for name in self.own(given)}
        if not params:
            msg = f"inputs: none of {[type(v).__name__ for v in given.values()]} is a float array"
            raise ValueError(msg)
        data = {name: value for name, value in given.items() if name not in params}
        # A stream of its own: inputs are often drawn from default_rng(0), and a cotangent that
        # repeats them hides mistakes (a normalisation has no gradient along its own input).
        rng = np.random.default_rng([self.seed, COTANGENT])
        out, _ = self.forwards(copy.deepcopy(given))
        self.state.restore()
        for output in out:
            if isinstance(output, list) or np.asarray(output).dtype.kind != "f":
                msg = (
                    f"{name_of(self.forward)} returned {output!r} as an output; an output is an "
                    "array of floats. Several come in a tuple, and outputs= says how many"
                )
                raise TypeError(msg)
        redraw = functools.partial(_cotangents, [np.shape(output) for output in out])
        data |= redraw(rng)
        return UserLoss(
            self.loss,
            self.gradient,
            params,
            data,
            name_of(self.backward),
            name_of(self.forward),
            is_layer=True,
            redraw=redraw,
        )

    def subject(self, given: Given, note: str) -> str:
        """Return what is certified, in words."""
        params = {name: value for name, value in given.items() if _differentiable(value)}
        shapes = ", ".join(f"{path} {leaf.shape}" for path, leaf in flatten(params).items())
        names = f"{name_of(self.backward)}, the backward pass of {name_of(self.forward)}"
        return f"{names} for {shapes}{note},"

    @functools.cached_property
    def state(self) -> State:
        """What the layer keeps in itself and elsewhere, as it was handed over."""
        return state_of(self.forward, self.backward)

    def forwards(self, given: dict[str, Any]) -> tuple[list[Any], tuple[Any, ...]]:
        """Return the outputs, and what backward gets beside the cotangents: cache or inputs."""
        self.state.restore()
        for name in given.keys() - {*self.names, UPSTREAM}:  # a parameter of its own
            setattr(self.holder, name, given[name])
        inputs = tuple(given[name] for name in self.names)
        result = call_with_note(self.forward, *inputs)
        if not isinstance(result, tuple):
            result = (result,)
        if len(result) < self.outputs:
            msg = f"{name_of(self.forward)} returned {len(result)} outputs, expected {self.outputs}"
            raise ValueError(msg)
        return list(result[: self.outputs]), result[self.outputs :] or inputs

    def loss(self, **given: Any) -> Any:
        """Return Σ cotangent · output."""
        out, _ = self.forwards(given)
        total = 0.0
        for cotangent, output in zip(given[UPSTREAM], out, strict=True):
            total = total + np.sum(cotangent * output)
        return total

    def gradient(self, **given: Any) -> Any:
        """Return what backward makes of the cotangents and of what forward kept."""
        _, kept = self.forwards(given)
        result = self.backwards(given[UPSTREAM], kept)
        own = given.keys() - {*self.names, UPSTREAM}
        if not own:
            return result
        inputs = [name for name in self.names if _differentiable(given[name])]
        kept_in = self._own or {}
        return by_name(result, inputs) | {
            name: getattr(self.holder, kept_in[name]) for name in sorted(own)
        }

    @functools.cached_property
    def holder(self) -> Any:
        """The object whose methods both passes are, if they are."""
        return holder(self.forward, self.backward)

    def own(self, given: Given) -> dict[str, str]:
        """Return the layer's own parameters, and where backward leaves their gradients."""
        if self._own is None:
            object.__setattr__(self, "_own", self._find_own(given))
        return self._own or {}

    def _find_own(self, given: Given) -> dict[str, str]:
        if not isinstance(getattr(self.holder, "__dict__", None), dict):
            return {}

        def passes() -> None:
            out, kept = self.forwards(copy.deepcopy(given))
            self.backwards([np.ones(np.shape(o)) for o in out], kept)

        self.state.restore()
        before = dict(vars(self.holder))
        attempt(passes)  # what it raises it raises again where it counts
        found = own_parameters(before, vars(self.holder))
        self.state.restore()
        return {name: grad for name, grad in found.items() if name not in self.names}

    def backwards(self, douts: list[Any], kept: tuple[Any, ...]) -> Any:
        """Return what backward returns; one that takes nothing but cotangents keeps its own."""
        alone = _takes(self.backward, len(douts)) and not _takes(self.backward, len(douts) + 1)
        return call_with_note(self.backward, *douts, *(() if alone else kept))

    def side_effects(self, given: dict[str, Any]) -> SideEffects:
        """Return how backward treats its cache and cotangent, of whatever memory layout."""
        given = copy.deepcopy(given)
        name = name_of(self.backward)
        _, kept = self.forwards(given)
        arguments = {UPSTREAM: given[UPSTREAM], "cache": kept}
        before = copy.deepcopy(kept)
        result = self.backwards(given[UPSTREAM], kept)
        faults = [f"{name} writes into its cache {path}" for path in changed(before, kept)]
        shared = [
            f"{name} returns memory of {path} as its gradient {own}"
            for own, gradient in flatten(_listed(result)).items()
            for path, leaf in flatten(arguments).items()
            if isinstance(leaf, np.ndarray) and np.shares_memory(leaf, gradient)
        ]
        faults += [
            f"{name} is wrong for a cotangent that is {layout}: {why}"
            for layout, douts in _layouts(given[UPSTREAM])
            if (why := self._unlike(douts, before))
        ]
        inputs = functools.partial(copy.deepcopy, [given[name] for name in self.names])
        drift = drifts(name_of(self.forward), self.state, lambda: self.forward(*inputs()))
        return SideEffects(tuple(faults), (*shared, *drift))

    def _unlike(self, douts: list[Any], kept: tuple[Any, ...]) -> str:
        """Return how backward fails for these cotangents, beside contiguous copies; "" if not."""
        plain = [np.array(dout, order="C") for dout in douts]
        expected = self.backwards(plain, copy.deepcopy(kept))
        result, raised = attempt(lambda: self.backwards(douts, copy.deepcopy(kept)))
        if raised:
            return raised
        pairs = zip(
            flatten(_listed(expected)).values(), flatten(_listed(result)).values(), strict=True
        )
        # A gradient may be analytically zero, and rounding of what goes in.
        size = max(map(norm, plain))
        return "" if all(alike(a, b, size) for a, b in pairs) else "other gradients come out"


def _cotangents(
    shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
) -> dict[str, list[Any]]:
    """Return random upstream gradients, exact in float32."""
    drawn = [rng.standard_normal(shape).astype(np.float32).astype(float) for shape in shapes]
    return {UPSTREAM: drawn}


def _layouts(douts: list[Any]) -> list[tuple[str, list[Any]]]:
    """Return the cotangents in other memory layouts."""
    strided = [
        np.repeat(np.atleast_1d(d), 2, axis=-1)[..., ::2].reshape(np.shape(d)) for d in douts
    ]
    spread = [np.broadcast_to(d[:1] if np.ndim(d) > 1 else 0.75, np.shape(d)) for d in douts]
    return [
        ("not contiguous", strided),
        ("in Fortran order", [np.asfortranarray(d) for d in douts]),
        ("broadcast", spread),
    ]


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Return whether a function takes so many arguments, as far as its signature tells."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _listed(result: Any) -> Any:
    """Return backward's result as a tree, one array too."""
    return [result] if isinstance(result, np.ndarray) else result


def _differentiable(value: Any) -> bool:
    """Return whether an input is a float array, or holds float arrays and nothing else."""
    leaves = list(flatten(value).values())
    return bool(leaves) and all(
        isinstance(leaf, np.ndarray | np.floating) and leaf.dtype.kind == "f" for leaf in leaves
    )
