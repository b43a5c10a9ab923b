"""Certify a layer: a forward pass with its hand-written backward pass, as courses and kernels do.

The upstream gradient is random, never of ones: for a softmax or a normalisation the gradient of
the plain sum is zero, and −1×, 2× and 0× of zero are all the same. With a cotangent the layer
becomes a loss, Σ cotangent · output, and its backward pass the gradient of that loss.
"""

from __future__ import annotations

import copy
import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.diagnose import BUDGET
from crosscheck.certification.gradient import certified
from crosscheck.certification.hints import told
from crosscheck.certification.layer_adapter import UPSTREAM, Layer, differentiable
from crosscheck.certification.layer_calls import Calls
from crosscheck.certification.options import Options, check_functions
from crosscheck.certification.shape_variants import NUMBERS, SHAPE, doubtful, seeming, shrunk, size
from crosscheck.certification.side_effects import attempt
from crosscheck.certification.state import state_of
from crosscheck.certification.user_loss import name_of
from crosscheck.core.verdict import Verdict
from crosscheck.core.watch import TimeLimitError, check, watched
from crosscheck.frameworks import usual
from crosscheck.objects.methods import positional
from crosscheck.objects.passes import holder, passes_of
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from crosscheck.certificate import Certificate
    from crosscheck.certification.hints import Hint
    from crosscheck.certification.state import State
    from crosscheck.core.types import Given


def certify_layer(  # noqa: PLR0913 - what is certified, and how hard
    layer: Any = None,
    /,
    *arguments: Any,
    forward: Callable[..., Any] | str | None = None,
    backward: Callable[..., Any] | str | None = None,
    inputs: Sequence[Any] | None = None,
    outputs: int | None = None,
    params: Iterable[str] | None = None,
    grads: Mapping[str, str | None] | Sequence[str] | None = None,
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
    hint: Hint = "full",
) -> Certificate:
    """Judge a hand-written backward pass against PyTorch and JAX, at its inputs and around them.

    `certify_layer(layer, x)` takes an object, `certify_layer(forward, backward, [x, w])` functions.

    Args:
        layer: an object with a forward and a backward pass, and its own parameters; or the forward
            pass, plain NumPy: `forward(*inputs)` returns the output, or a tuple of outputs and
            then the cache.
        arguments: the inputs of the object's forward pass; or the backward pass and a list of the
            inputs. `backward(dout, cache)` returns the gradients of the differentiable inputs, in
            their order, or in a mapping by name. With several outputs it is called as
            `backward(*douts, cache)`, without a cache as `backward(dout, *inputs)`, or as
            `backward(dout)` where a layer keeps what it needs in itself. `dout` is an upstream
            gradient of the output's shape, drawn at random; the backward pass of a loss may do
            without. Float arrays, and what holds float arrays alone, are differentiable; everything
            else (labels, indices, a stride in a dict) is data. The certificate, and `zero`, name an
            input as forward's signature does.
        forward: the forward pass, or the name of the object's method, where it is not called
            `forward`, `forward_pass`, `fprop` or alike.
        backward: the backward pass, or the name of the object's method.
        inputs: the inputs, by keyword.
        outputs: how many outputs come before the cache, where it takes saying.
        params: names or paths of the object's parameters, such as `"layers.0.W"`. By default every
            float array that forward reads and whose gradient is found by its name.
        grads: name or path of a parameter -> path where backward leaves its gradient, None where
            it has none; or names in the order in which gradients are returned. By default names
            tell: `W` and `dW`, `W_grad`, `params["W"]` and `grads["W"]`, `W.data` and `W.grad`.
        points: as for `certify`, as are `oracles`, `zero`, `structure`, `sample`, `dtype`,
            `strict`, `diagnose` and `seconds`.
        seed: of the sampled points and of the upstream gradient.
        oracles: "torch", "jax", "numpy", or several; by default both frameworks.
        zero: names of inputs and parameters whose gradient may be zero everywhere.
        configurations: further inputs to judge (other strides, images that are not square, windows
            that overlap). By default the inputs suggest some, as far as forward takes them: a batch
            of one, a length of one, images and kernels that are not square, strides of 1 and 2,
            padding of 0, 1 and 2; they are judged where central differences differ, and only a
            DISAGREE counts. `()` is for none. What fails is halved as long as it does.
        structure: name of an input -> its structure.
        sample: returns inputs to judge at.
        dtype: "own" or "strict".
        strict: whether uncovered branches and unjudged parameters make it inconclusive.
        diagnose: the work of naming a mistake, in seconds of one core.
        seconds: a limit for the whole call.
        hint: how much is told of a mistake: "none", "kind", "line" or "full"; see
            `Certificate.with_hint`.

    Returns:
        The certificate of the smallest configuration that fails, or of the inputs. Beside the
        numbers it says whether backward leaves upstream gradient and cache as they are, and gives
        the same gradients for an upstream gradient that is not contiguous, or is broadcast. It
        lists the parameters that were found, and each array that forward reads and that got no
        gradient. The object is as it was.

    Raises:
        ValueError: forward has fewer outputs, no input is float, or it is not clear which array is
            whose gradient; and what `certify` raises.
        TypeError: an output is no array of floats, inputs are no sequence, or an object has no
            forward or backward pass.

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
    passes = passes_of(layer, arguments, forward, backward, inputs)
    check_functions(forward=passes.forward, backward=passes.backward)
    name = name_of(passes.forward)
    own_inputs = passes.inputs
    _check_inputs([own_inputs, *(configurations or ())], name, outputs)
    names = _names(passes.forward, len(own_inputs))
    calls = Calls(passes.forward, passes.backward, holder(passes.forward, passes.backward))
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
        hint,
    )
    own = dict(zip(names, own_inputs, strict=True))
    further = [dict(zip(names, other, strict=True)) for other in configurations or ()]
    state = state_of(calls.forward, calls.backward)  # it is noted before anything is called
    try:
        with watched(seconds):
            settled = _settled(calls, state, own, outputs)
            found = Layer(settled, names, seed, params, grads)
            if settled.derivative:  # unless what it takes is an upstream gradient after all
                upstream = replace(found, calls=replace(settled, derivative=False), _own={})
                found = found if seeming(upstream, own) else upstream
            judge = functools.partial(_one, found, options)
            suggest = configurations is None
            return told(_certified(found, judge, own, further, suggest=suggest), hint)
    finally:
        state.restore()


def _settled(calls: Calls, state: State, given: Given, outputs: int | None) -> Calls:
    """Return the calls with what one forward and one backward pass say of them."""
    fresh = functools.partial(copy.deepcopy, list(given.values()))
    settled: Calls
    settled, raised = attempt(lambda: calls.settled(fresh(), outputs))
    state.restore()
    if raised:  # it raises it again where that counts
        return replace(calls, outputs=outputs or 1)

    def passed() -> Any:
        out, kept = settled.run_forward(fresh())
        return settled.run_backward([np.ones(np.shape(o)) for o in out], kept)

    result, raised = attempt(passed)
    state.restore()
    floats = [name for name, value in given.items() if differentiable(value)]
    if raised:
        return settled
    return replace(settled, targets=settled.targets_among(result, list(given), floats))


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
            name_of(layer.calls.backward), "other shapes", Verdict.INCONCLUSIVE, None, reason=reason
        )
        return replace(certificates[0], findings=(*certificates[0].findings, finding))
    return certificates[0] if failing is None else failing


def _failing(
    layer: Layer, judge: Callable[..., Certificate], own: Given, certificate: Certificate
) -> Certificate | None:
    """Return the certificate of suggested inputs that fail; None if there are none.

    `certificate` is that of the layer's own inputs.
    """
    forward, backward = name_of(layer.calls.forward), name_of(layer.calls.backward)
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


def _check_inputs(inputs: Sequence[Any], name: str, outputs: int | None) -> None:
    """Raise TypeError for what is no sequence, ValueError for bad numbers."""
    for given in inputs:
        if not isinstance(given, list | tuple):
            msg = f"inputs is {type(given).__name__}; pass a list of {name}'s arguments"
            raise TypeError(msg)
        if len(given) != len(inputs[0]):
            msg = f"configurations has one of {len(given)} inputs; each has {len(inputs[0])}"
            raise ValueError(msg)
    if outputs is not None and outputs < 1:
        msg = f"outputs is {outputs}; a layer has 1 or more"
        raise ValueError(msg)


def _names(forward: Callable[..., Any], count: int) -> tuple[str, ...]:
    """Return names for the inputs: the signature's, as far as it has them."""
    named = positional(forward)
    names = [named[i] if i < len(named) else f"input{i}" for i in range(count)]
    return tuple(f"{name}_" if name == UPSTREAM else name for name in names)
