"""Certify a layer: a forward pass with its hand-written backward pass, as courses and kernels do.

The upstream gradient is random, never of ones: for a softmax or a normalisation the gradient of
the plain sum is zero, and −1×, 2× and 0× of zero are all the same. With a cotangent the layer
becomes a loss, Σ cotangent · output, and its backward pass the gradient of that loss.
"""

from __future__ import annotations

import functools
import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crosscheck.certification.diagnose import BUDGET
from crosscheck.certification.gradient import certified
from crosscheck.certification.layer_adapter import UPSTREAM, Layer
from crosscheck.certification.options import Options, check_functions
from crosscheck.certification.shape_variants import NUMBERS, SHAPE, doubtful, shrunk, size
from crosscheck.certification.side_effects import attempt
from crosscheck.certification.user_loss import name_of
from crosscheck.core.verdict import Verdict
from crosscheck.core.watch import TimeLimitError, check, watched
from crosscheck.frameworks import usual
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Given


def certify_layer(  # noqa: PLR0913 - what is certified, and how hard
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    outputs: int = 1,
    points: int | None = None,
    seed: int = 0,
    oracles: Sequence[str] | None = None,
    zero: Collection[str] = (),
    configurations: Sequence[Sequence[Any]] | None = None,
    structure: Mapping[str, str] | None = None,
    sample: Callable[..., Mapping[str, Any]] | None = None,
    dtype: str = "own",
    strict: bool = False,
    diagnose: float = BUDGET,
    seconds: float | None = None,
) -> Certificate:
    """Judge a hand-written backward pass against PyTorch and JAX, at `inputs` and around them.

    Args:
        forward: plain NumPy; `forward(*inputs)` returns the output, or a tuple of `outputs` outputs
            and then the cache.
        backward: plain NumPy; `backward(dout, cache)` returns the gradients of the differentiable
            inputs, in their order, or in a mapping by name. With several outputs it is called as
            `backward(*douts, cache)`, without a cache as `backward(dout, *inputs)`, or as
            `backward(dout)` where a layer keeps what it needs in itself. `dout` is an upstream
            gradient of the output's shape, drawn at random.
        inputs: the arguments of `forward`. Float arrays, and what holds float arrays alone, are
            differentiable; everything else (labels, indices, a stride in a dict) is data. The
            certificate, and `zero`, name an input as forward's signature does.
        outputs: how many outputs come before the cache.
        points: as for `certify`, as are `oracles`, `zero`, `structure`, `sample`, `dtype`,
            `strict`, `diagnose` and `seconds`.
        seed: of the sampled points and of the upstream gradient.
        oracles: "torch", "jax", "numpy", or several; by default both frameworks.
        zero: names of inputs whose gradient may be zero everywhere.
        configurations: further inputs to judge (other strides, images that are not square, windows
            that overlap). By default the inputs suggest some, as far as forward takes them: a batch
            of one, a length of one, images and kernels that are not square, strides of 1 and 2;
            they are judged where central differences differ, and only a DISAGREE counts. `()` is
            for none. What fails is halved as long as it does.
        structure: name of an input -> its structure.
        sample: returns inputs to judge at.
        dtype: "own" or "strict".
        strict: whether uncovered branches make the certificate inconclusive.
        diagnose: the work of naming a mistake, in seconds of one core.
        seconds: a limit for the whole call.

    Returns:
        The certificate of the smallest configuration that fails, or of `inputs`. Beside the numbers
        it says whether backward leaves upstream gradient and cache as they are, and gives the same
        gradients for an upstream gradient that is not contiguous, or is broadcast.

    Raises:
        ValueError: forward has fewer outputs, or no input is float; and what `certify` raises.
        TypeError: an output is no array of floats, or inputs are no sequence.

    >>> import numpy as np
    >>> from crosscheck import certify_layer
    >>> def forward(x, w):
    ...     return x @ w, (x, w)
    >>> def backward(dout, cache):
    ...     x, w = cache
    ...     return dout @ w.T, x.T @ dout
    >>> bool(certify_layer(forward, backward, [np.ones((4, 3)), np.eye(3)[:, :2]]))
    True

    """
    _checked(forward, backward, [inputs, *(configurations or ())], outputs)
    names = _names(forward, len(inputs))
    layer = Layer(forward, backward, names, outputs, seed)
    options = Options(
        points,
        seed,
        usual() if oracles is None else oracles,
        {},
        zero,
        structure or {},
        sample,
        dtype,
        strict,
        diagnose,
        seconds,
    )
    judge = functools.partial(_one, layer, options)
    own = dict(zip(names, inputs, strict=True))
    further = [dict(zip(names, other, strict=True)) for other in configurations or ()]
    try:
        layer.state.restore()  # it is noted before anything is called
        with watched(seconds):
            return _certified(layer, judge, own, further, suggest=configurations is None)
    finally:
        layer.state.restore()


def _certified(
    layer: Layer,
    judge: Callable[..., Certificate],
    own: Given,
    further: Sequence[Given],
    *,
    suggest: bool,
) -> Certificate:
    """Return the certificate for the layer's own inputs, or for the smallest ones that fail."""
    certificates: list[Certificate] = []
    for given in sorted([own, *further], key=size):
        certificate = judge(given)
        if certificate.verdict is Verdict.DISAGREE and given is not own:
            smaller = _smallest(layer, judge, given)
            return certificate if smaller is None else smaller
        if certificate.verdict is not Verdict.AGREE:
            return certificate
        certificates.insert(0 if given is own else len(certificates), certificate)
    try:
        failing = _failing(layer, judge, own, certificates[0]) if suggest else None
        check()
    except TimeLimitError:
        reason = "the time limit was reached before other shapes of the inputs were tried"
        finding = Finding(
            name_of(layer.backward), "other shapes", Verdict.INCONCLUSIVE, None, reason=reason
        )
        return replace(certificates[0], findings=(*certificates[0].findings, finding))
    return certificates[0] if failing is None else failing


def _failing(
    layer: Layer, judge: Callable[..., Certificate], own: Given, certificate: Certificate
) -> Certificate | None:
    """Return the certificate of suggested inputs that fail; None if there are none.

    `certificate` is that of the layer's own inputs.
    """
    forward, backward = name_of(layer.forward), name_of(layer.backward)
    for what, given, why in doubtful(layer, own):
        check(f"{backward}: other shapes")
        note = f" ({what})"
        if why in {SHAPE, NUMBERS}:
            failing: Certificate | None = _smallest(layer, judge, given, note)
        else:
            reason = f"{backward} fails where {forward} does not: {why}"
            finding = Finding(backward, "side effects", Verdict.DISAGREE, None, reason=reason)
            subject = layer.subject(given, note)
            failing = replace(certificate, subject=subject, findings=(finding,))
        if failing is not None:
            return failing
    return None


def _smallest(
    layer: Layer, judge: Callable[..., Certificate], given: Given, note: str = ""
) -> Certificate | None:
    """Return the certificate of the smallest inputs that DISAGREE, if any do."""
    for inputs in (shrunk(layer, given), given):
        certificate: Certificate | None = attempt(functools.partial(judge, inputs, note))[0]
        if certificate is not None and certificate.verdict is Verdict.DISAGREE:
            return certificate
    return None


def _one(layer: Layer, options: Options, given: Given, note: str = "") -> Certificate:
    """Return the certificate for one configuration of the inputs."""
    user_loss = layer.user_loss(given)
    look = functools.partial(layer.side_effects, {**given, UPSTREAM: user_loss.data[UPSTREAM]})
    return certified(user_loss, layer.subject(given, note), options, look)


def _checked(forward: Any, backward: Any, inputs: list[Any], outputs: int) -> None:
    """Raise TypeError for what is no function or no sequence, ValueError for bad numbers."""
    check_functions(forward=forward, backward=backward)
    for given in inputs:
        if not isinstance(given, list | tuple):
            msg = f"inputs is {type(given).__name__}; pass a list of {name_of(forward)}'s arguments"
            raise TypeError(msg)
        if len(given) != len(inputs[0]):
            msg = f"configurations has one of {len(given)} inputs; each has {len(inputs[0])}"
            raise ValueError(msg)
    if outputs < 1:
        msg = f"outputs is {outputs}; a layer has 1 or more"
        raise ValueError(msg)


def _names(forward: Callable[..., Any], count: int) -> tuple[str, ...]:
    """Return names for the inputs: the signature's, as far as it has them."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):  # a builtin has none
        parameters = []
    named = [p.name for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    names = [named[i] if i < len(named) else f"input{i}" for i in range(count)]
    return tuple(f"{name}_" if name == UPSTREAM else name for name in names)
