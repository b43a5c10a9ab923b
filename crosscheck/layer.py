"""Certify a layer: a forward pass with its hand-written backward pass, as courses and kernels do.

The cotangent is drawn at random, never of ones: for a softmax or a normalisation the gradient of
the plain sum is zero, and −1×, 2× and 0× of zero are all the same. With a cotangent the layer
becomes a loss, Σ cotangent · output, and its backward pass the gradient of that loss.
"""

from __future__ import annotations

import copy
import functools
import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certificate import Certificate, Finding
from crosscheck.conduct import Conduct, alike, attempt, changed
from crosscheck.configurations import size
from crosscheck.doubts import NUMBERS, SHAPE
from crosscheck.explained import BUDGET
from crosscheck.function import certified
from crosscheck.trees import flatten
from crosscheck.variants import doubtful, shrunk
from crosscheck.verdict import Verdict
from crosscheck.written import Written, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from crosscheck.configurations import Given

STREAM = 2
UPSTREAM = "dout"  # what the cotangent is called among the arguments


def certify_layer(  # noqa: PLR0913 - what is certified, and how hard
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    outputs: int = 1,
    points: int | None = None,
    seed: int = 0,
    oracles: Sequence[str] = ("torch", "jax"),
    zero: Collection[str] = (),
    configurations: Sequence[Sequence[Any]] | None = None,
    diagnose: float = BUDGET,
) -> Certificate:
    """Judge a hand-written backward pass against PyTorch and JAX, at `inputs` and around them.

    `forward(*inputs)` is plain NumPy and returns the output, or a tuple of `outputs` outputs and
    then the cache. `backward(dout, cache)` returns the gradients of the differentiable inputs, in
    their order, or in a mapping by name; with several outputs it is `backward(*douts, cache)`, and
    without a cache `backward(dout, *inputs)`. Inputs that are or hold float arrays are
    differentiable; everything else (labels, indices, a stride in a dict) is data. The certificate,
    and `zero`, call an input what forward's signature calls it.

    Beside the numbers, backward must leave cotangent and cache as they are, and give the same
    gradients for a cotangent that is not contiguous, or is broadcast. A result that shares memory
    with an argument is remarked on.

    `configurations` are further inputs to judge (other strides, shapes that are not square, windows
    that overlap). Where none are given, the inputs suggest some, as far as forward takes them: a
    batch of one, a length of one, images and kernels that are not square, strides of 1 and 2; they
    are judged where central differences have doubts, and only a DISAGREE counts. `()` is for none.
    What fails is halved as long as it does: the certificate is that of the smallest.

    Raises what `certify` raises, and ValueError if forward has fewer outputs, or no input is float.
    """
    names = _names(forward, len(inputs))
    layer = Layer(forward, backward, names, outputs, seed)
    judge = functools.partial(
        _one, layer, points=points, oracles=oracles, zero=zero, diagnose=diagnose
    )
    own = dict(zip(names, inputs, strict=True))
    further = [dict(zip(names, other, strict=True)) for other in configurations or ()]
    certificates: list[Certificate] = []
    for given in sorted([own, *further], key=size):
        certificate = judge(given)
        if certificate.verdict is Verdict.DISAGREE and given is not own:
            return _smallest(layer, judge, given) or certificate
        if certificate.verdict is not Verdict.AGREE:
            return certificate
        certificates.insert(0 if given is own else len(certificates), certificate)
    for what, given, why in doubtful(layer, own) if configurations is None else ():
        note = f" ({what})"
        if why in {SHAPE, NUMBERS}:
            failing = _smallest(layer, judge, given, note)
        else:
            reason = f"{name_of(backward)} fails where {name_of(forward)} does not: {why}"
            finding = Finding(name_of(backward), "conduct", Verdict.DISAGREE, None, reason=reason)
            subject = layer.subject(given, note)
            failing = replace(certificates[0], subject=subject, findings=(finding,))
        if failing:
            return failing
    return certificates[0]


def _smallest(
    layer: Layer, judge: Callable[..., Certificate], given: Given, note: str = ""
) -> Certificate | None:
    """Return the certificate of the smallest inputs that DISAGREE, if any do."""
    for inputs in (shrunk(layer, given), given):
        certificate: Certificate | None = attempt(functools.partial(judge, inputs, note))[0]
        if certificate and certificate.verdict is Verdict.DISAGREE:
            return certificate
    return None


def _one(  # noqa: PLR0913 - what is certified, and how hard
    layer: Layer,
    given: Given,
    note: str = "",
    *,
    points: int | None,
    oracles: Sequence[str],
    zero: Collection[str],
    diagnose: float,
) -> Certificate:
    """Return the certificate for one configuration of the inputs."""
    written = layer.written(given)
    look = functools.partial(layer.conduct, {**given, UPSTREAM: written.data[UPSTREAM]})
    subject = layer.subject(given, note)
    return certified(written, subject, points, layer.seed, oracles, zero, {}, look, diagnose)


@dataclass(frozen=True)
class Layer:
    """A forward and a backward pass, as a loss and its gradient, given the cotangents."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    names: tuple[str, ...]
    outputs: int
    seed: int

    def written(self, given: Given) -> Written:
        """Return the layer as a loss and its gradient; the cotangent is drawn."""
        params = {name: value for name, value in given.items() if _differentiable(value)}
        if not params:
            msg = f"inputs: none of {[type(v).__name__ for v in given.values()]} is a float array"
            raise ValueError(msg)
        data = {name: value for name, value in given.items() if name not in params}
        # A stream of its own: inputs are often drawn from default_rng(0), and a cotangent that
        # repeats them hides mistakes (a normalisation has no gradient along its own input).
        rng = np.random.default_rng([self.seed, STREAM])
        out, _ = self.forwards(copy.deepcopy(given))
        data[UPSTREAM] = [
            rng.standard_normal(np.shape(o)).astype(np.float32).astype(float) for o in out
        ]
        return Written(self.loss, self.gradient, params, data, name_of(self.backward))

    def subject(self, given: Given, note: str) -> str:
        """Return what is certified, in words."""
        params = {name: value for name, value in given.items() if _differentiable(value)}
        shapes = ", ".join(f"{path} {leaf.shape}" for path, leaf in flatten(params).items())
        names = f"{name_of(self.backward)}, the backward pass of {name_of(self.forward)}"
        return f"{names} for {shapes}{note},"

    def forwards(self, given: dict[str, Any]) -> tuple[list[Any], tuple[Any, ...]]:
        """Return the outputs, and what backward gets beside the cotangents: cache or inputs."""
        inputs = tuple(given[name] for name in self.names)
        result = self.forward(*inputs)
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
        return self.backward(*given[UPSTREAM], *kept)

    def conduct(self, given: dict[str, Any]) -> Conduct:
        """Return how backward treats its cache and cotangent, of whatever memory layout."""
        given = copy.deepcopy(given)
        name = name_of(self.backward)
        _, kept = self.forwards(given)
        arguments = {UPSTREAM: given[UPSTREAM], "cache": kept}
        before = copy.deepcopy(kept)
        result = self.backward(*given[UPSTREAM], *kept)
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
        return Conduct(tuple(faults), tuple(shared))

    def _unlike(self, douts: list[Any], kept: tuple[Any, ...]) -> str:
        """Return how backward fails for these cotangents, beside contiguous copies; "" if not."""
        plain = [np.array(dout, order="C") for dout in douts]
        expected = self.backward(*plain, *copy.deepcopy(kept))
        result, raised = attempt(lambda: self.backward(*douts, *copy.deepcopy(kept)))
        if raised:
            return raised
        pairs = zip(
            flatten(_listed(expected)).values(), flatten(_listed(result)).values(), strict=True
        )
        return "" if all(alike(a, b) for a, b in pairs) else "other gradients come out"


def _layouts(douts: list[Any]) -> list[tuple[str, list[Any]]]:
    """Return the cotangents in other memory layouts."""
    strided = [
        np.repeat(np.atleast_1d(d), 2, axis=-1)[..., ::2].reshape(np.shape(d)) for d in douts
    ]
    spread = [np.broadcast_to(np.float64(0.75), np.shape(d)) for d in douts]
    return [
        ("not contiguous", strided),
        ("in Fortran order", [np.asfortranarray(d) for d in douts]),
        ("broadcast", spread),
    ]


def _listed(result: Any) -> Any:
    """Return backward's result as a tree, one array too."""
    return [result] if isinstance(result, np.ndarray) else result


def _names(forward: Callable[..., Any], count: int) -> tuple[str, ...]:
    """Return names for the inputs: the signature's, as far as it has them."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):  # a builtin has none
        parameters = []
    named = [p.name for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    names = [named[i] if i < len(named) else f"input{i}" for i in range(count)]
    return tuple(f"{name}_" if name == UPSTREAM else name for name in names)


def _differentiable(value: Any) -> bool:
    """Return whether an input is a float array, or holds float arrays and nothing else."""
    leaves = list(flatten(value).values())
    return bool(leaves) and all(
        isinstance(leaf, np.ndarray | np.floating) and leaf.dtype.kind == "f" for leaf in leaves
    )
