"""A forward and a backward pass, as a loss and its gradient: the upstream gradient is random."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.layer_calls import RATE
from crosscheck.certification.own_parameters import Own, by_name
from crosscheck.certification.own_search import find
from crosscheck.certification.side_effects import SideEffects, alike, attempt, changed, drifts
from crosscheck.certification.state import State, state_of
from crosscheck.certification.user_loss import UserLoss, name_of
from crosscheck.certification.views import refuse_views
from crosscheck.core.norms import norm
from crosscheck.core.pytree import flatten, leaves_of
from crosscheck.core.sampling import COTANGENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.certification.layer_calls import Calls
    from crosscheck.core.types import Given

UPSTREAM = "dout"  # what the cotangent is called among the arguments


@dataclass(frozen=True)
class Layer:
    """A forward and a backward pass, as a loss and its gradient, given the cotangents.

    `params` and `grads` say which of an object's arrays are parameters, and where backward leaves
    their gradients, where names do not tell.
    """

    calls: Calls
    names: tuple[str, ...]
    seed: int
    params: Any = None
    grads: Any = None
    _own: dict[str, Own] = field(default_factory=dict, repr=False, compare=False)

    def user_loss(self, given: Given) -> UserLoss:
        """Return the layer as a loss and its gradient; the upstream gradient is random."""
        if not self.judged(given) and not self.own(given).values:
            msg = f"inputs: none of {[type(v).__name__ for v in given.values()]} is a float array"
            raise ValueError(msg)
        # A stream of its own: inputs are often drawn from default_rng(0), and a cotangent that
        # repeats them hides mistakes (a normalisation has no gradient along its own input).
        rng = np.random.default_rng([self.seed, COTANGENT])
        out, _ = self.forwards(copy.deepcopy(given))
        self.state.restore()
        for output in out:
            if isinstance(output, list) or np.asarray(output).dtype.kind != "f":
                msg = (
                    f"{name_of(self.calls.forward)} returned {output!r} as an output; an output is "
                    "an array of floats. Several come in a tuple, and outputs= says how many"
                )
                raise TypeError(msg)
        own = self.own(given)
        params = {name: given[name] for name in self.judged(given)} | dict(own.values)
        data = {name: value for name, value in given.items() if name not in params}
        draw = _cotangents if self.calls.upstream else _ones
        redraw = functools.partial(draw, [np.shape(output) for output in out])
        data |= redraw(rng)
        return UserLoss(
            self.loss,
            self.gradient,
            params,
            data,
            name_of(self.calls.backward),
            name_of(self.calls.forward),
            is_layer=True,
            redraw=redraw,
            roots=self.roots,
            parameters=own.pairs,
            unjudged=own.unjudged,
            missing=own.missing,
            own=frozenset(own.values),
        )

    def subject(self, given: Given, note: str) -> str:
        """Return what is certified, in words."""
        params = {name: given[name] for name in self.judged(given)} | dict(self.own(given).values)
        shapes = ", ".join(f"{path} {np.shape(leaf)}" for path, leaf in flatten(params).items())
        names = f"{name_of(self.calls.backward)}, the backward pass of "
        return f"{names}{name_of(self.calls.forward)} for {shapes}{note},"

    @property
    def roots(self) -> tuple[Any, ...]:
        """The user's functions."""
        return self.calls.forward, self.calls.backward

    @functools.cached_property
    def state(self) -> State:
        """What the layer keeps in itself and elsewhere, as it was handed over."""
        return state_of(*self.roots)

    def forwards(self, given: Given) -> tuple[list[Any], tuple[Any, ...]]:
        """Return the outputs, and what backward gets beside the cotangents: cache or inputs."""
        if self._own:
            self._own[""].enter(given)
        else:
            self.state.restore()
        return self.calls.run_forward(self._inputs(given))

    def _inputs(self, given: Given) -> list[Any]:
        return [given[name] for name in self.names]

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
        return self._gradients(given, given[UPSTREAM], kept)

    def _gradients(self, given: Given, douts: list[Any], kept: tuple[Any, ...]) -> Any:
        """Return the gradients of the inputs, and of the layer's own parameters."""
        result = self.calls.run_backward(douts, kept)
        inputs, own = self.judged(given), self.own(given)
        mine, rest = self.calls.split(result, self.names, inputs)
        return {**by_name(mine, inputs), **own.read(rest, given)} if own.values else mine

    def judged(self, given: Given) -> list[str]:
        """Return the inputs that are differentiated: those that are float arrays."""
        return [
            name
            for name in self.names
            if name not in self.calls.targets and differentiable(given[name])
        ]

    def own(self, given: Given) -> Own:
        """Return the layer's own parameters, and where backward leaves their gradients."""
        if not self._own:
            inputs = functools.partial(copy.deepcopy, self._inputs(given))
            rng = np.random.default_rng([self.seed, COTANGENT])
            passed: list[Any] = []

            def forward() -> Any:
                passed[:] = self.calls.run_forward(inputs())
                return passed[0]

            def backward() -> Any:
                douts = [rng.standard_normal(np.shape(out)) for out in passed[0]]
                result = self.calls.run_backward(douts, passed[1])
                return self.calls.split(result, self.names, self.judged(given))[1]

            rate = RATE if self.calls.rate else 0.0
            own = find(self.roots, forward, backward, self.params, self.grads, self.names, rate)
            self._own[""] = own
            douts = [rng.standard_normal(np.shape(out)) for out in passed[0]] if passed else []
            everything = functools.partial(self._everything, given, douts)
            if not own.updates:
                refuse_views(own.swap, everything, functools.partial(everything, None))
        return self._own[""]

    def _everything(
        self, given: Given, douts: list[Any], values: Mapping[str, Any] | None
    ) -> list[Any]:
        """Return outputs and gradients at other parameters, or with what is in the object now."""
        given = copy.deepcopy(given)
        if values is None:
            out, kept = self.calls.run_forward(self._inputs(given))
        else:
            out, kept = self.forwards({**given, **values})
        return [*out, *leaves_of(self._gradients(given, douts, kept))]

    def side_effects(self, given: Given) -> SideEffects:
        """Return how backward treats its cache and cotangent, of whatever memory layout."""
        given = copy.deepcopy(given)
        name = name_of(self.calls.backward)
        _, kept = self.forwards(given)
        arguments = {UPSTREAM: given[UPSTREAM], "cache": kept}
        before = copy.deepcopy(kept)
        result = self._gradients(given, given[UPSTREAM], kept)
        faults = [f"{name} writes into its cache {path}" for path in changed(before, kept)]
        shared = [
            f"{name} returns memory of {path} as its gradient {own}"
            for own, gradient in flatten(_listed(result)).items()
            for path, leaf in flatten(arguments).items()
            if isinstance(leaf, np.ndarray) and np.shares_memory(leaf, gradient)
        ]
        faults += [
            f"{name} is wrong for a cotangent that is {layout}: {why}"
            for layout, douts in _layouts(given[UPSTREAM] if self.calls.upstream else [])
            if (why := self._unlike(given, douts, before))
        ]
        inputs = functools.partial(copy.deepcopy, self._inputs(given))
        forward = self.calls.forward
        drift = drifts(name_of(forward), self.state, lambda: forward(*inputs()))
        return SideEffects(tuple(faults), (*shared, *drift))

    def _unlike(self, given: Given, douts: list[Any], kept: tuple[Any, ...]) -> str:
        """Return how backward fails for these cotangents, beside contiguous copies; "" if not."""
        plain = [np.array(dout, order="C") for dout in douts]

        def gradients(of: list[Any]) -> list[Any]:
            self.forwards(copy.deepcopy(given))
            result = self._gradients(given, of, copy.deepcopy(kept))
            return [np.array(leaf) for leaf in flatten(_listed(result)).values()]

        expected = gradients(plain)
        result, raised = attempt(lambda: gradients(douts))
        if raised:
            return raised
        # A gradient may be analytically zero, and rounding of what goes in.
        size = max(map(norm, plain))
        pairs = zip(expected, result, strict=True)
        return "" if all(alike(a, b, size) for a, b in pairs) else "other gradients come out"


def _cotangents(
    shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
) -> dict[str, list[Any]]:
    """Return random upstream gradients, exact in float32."""
    drawn = [rng.standard_normal(shape).astype(np.float32).astype(float) for shape in shapes]
    return {UPSTREAM: drawn}


def _ones(shapes: Sequence[tuple[int, ...]], _: np.random.Generator) -> dict[str, list[Any]]:
    """Return the upstream gradients of a loss, which backward does not take."""
    return {UPSTREAM: [np.ones(shape) for shape in shapes]}


def _layouts(douts: list[Any]) -> list[tuple[str, list[Any]]]:
    """Return the cotangents in other memory layouts."""
    if not douts:
        return []
    strided = [
        np.repeat(np.atleast_1d(d), 2, axis=-1)[..., ::2].reshape(np.shape(d)) for d in douts
    ]
    spread = [np.broadcast_to(d[:1] if np.ndim(d) > 1 else 0.75, np.shape(d)) for d in douts]
    return [
        ("not contiguous", strided),
        ("in Fortran order", [np.asfortranarray(d) for d in douts]),
        ("broadcast", spread),
    ]


def _listed(result: Any) -> Any:
    """Return backward's result as a tree, one array too."""
    return [result] if isinstance(result, np.ndarray) else result


def differentiable(value: Any) -> bool:
    """Return whether an input is a float array, or holds float arrays and nothing else."""
    leaves = list(flatten(value).values())
    return bool(leaves) and all(
        isinstance(leaf, np.ndarray | np.floating) and leaf.dtype.kind == "f" for leaf in leaves
    )
