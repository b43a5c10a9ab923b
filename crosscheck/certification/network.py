"""Certify a network that is an object: its loss, its gradient and its parameters by convention."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.convention import REFERENCES, Call, is_number, loss_in, returned_by
from crosscheck.certification.diagnose import BUDGET
from crosscheck.certification.gradient import certified
from crosscheck.certification.hints import told
from crosscheck.certification.layer_calls import RATE, is_upstream
from crosscheck.certification.options import Options
from crosscheck.certification.own_search import find
from crosscheck.certification.reference import Reference, user_loss_from
from crosscheck.certification.state import state_of
from crosscheck.certification.user_loss import call_with_note, name_of
from crosscheck.certification.views import refuse_views
from crosscheck.frameworks import usual
from crosscheck.objects.methods import (
    BACKWARD,
    FORWARD,
    GRADIENT,
    LOSS,
    RATES,
    method,
    methods_of,
    positional,
)
from crosscheck.objects.pairs import plain
from crosscheck.objects.roles import PREDICTION, arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from crosscheck.certificate import Certificate
    from crosscheck.certification.hints import Hint


@dataclass(frozen=True, eq=False)
class Method:
    """A method with what each of its arguments gets; `forward` makes the prediction."""

    function: Callable[..., Any]
    arguments: Mapping[str, str]
    forward: Callable[..., Any] | None = None
    names: tuple[str, ...] = ()  # of the data; the first one is what forward takes
    rate: str = ""  # the argument that is a learning rate: the method updates the parameters

    def __call__(self, **data: Any) -> Any:
        """Return what the method returns."""
        given: dict[str, Any] = {self.rate: RATE} if self.rate else {}
        for name, datum in self.arguments.items():
            if datum == PREDICTION and self.forward is not None:
                given[name] = self.forward(copy.deepcopy(data[self.names[0]]))
            else:
                given[name] = data[datum]
        return call_with_note(self.function, **given)


def certify_network(  # noqa: PLR0913 - what is certified, and how hard
    net: Any,
    /,
    *data: Any,
    loss: Callable[..., Any] | str | None = None,
    gradient: Callable[..., Any] | str | None = None,
    forward: Callable[..., Any] | str | None = None,
    params: Iterable[str] | None = None,
    grads: Mapping[str, str | None] | Sequence[str] | None = None,
    points: int | None = None,
    seed: int = 0,
    oracles: Sequence[str] | None = None,
    zero: Collection[str] = (),
    dtype: str = "own",
    strict: bool = False,
    diagnose: float = BUDGET,
    hint: Hint = "full",
) -> Certificate:
    """Judge the hand-written gradient of a network, an object that keeps its parameters.

    Args:
        net: the object. It is as it was afterwards.
        data: what its loss takes: inputs first, targets last.
        loss: the name of its loss, or a function of prediction and target, where it is not called
            `loss`, `compute_loss`, `cost` or alike; `forward` may return the loss, too. It returns
            one float, or a tuple of the loss and the gradients.
        gradient: the name of its gradient, where it is not called `gradient`, `backward`,
            `backprop` or alike. It returns gradients by name, or leaves them in the object.
        forward: the name of what predicts, where the loss takes a prediction.
        params: names or paths of the parameters. By default every float array that the loss reads
            and whose gradient is found by its name.
        grads: parameter -> path where its gradient is left, None where it has none; or the names
            in the order in which gradients are returned.
        points: as for `certify`, as are `seed`, `oracles`, `zero`, `dtype` and `diagnose`.
        seed: of the sampled points.
        oracles: "torch", "jax", "numpy", or several; by default both frameworks.
        zero: names of parameters whose gradient may be zero everywhere.
        dtype: "own" or "strict".
        strict: whether uncovered branches and unjudged arrays make it inconclusive.
        diagnose: seconds for naming a mistake.
        hint: how much is told of a mistake: "none", "kind", "line" or "full"; see
            `Certificate.with_hint`.

    Returns:
        The certificate. It lists the parameters that were found, and each array that the loss reads
        and that got no gradient.

    Raises:
        TypeError: the object has no method that is called like a loss or a gradient, or one takes
            arguments that nothing tells; the message says which argument settles it.
        ValueError: no parameter is found, or it is not clear which array is whose gradient; and
            what `certify` raises.

    >>> import numpy as np
    >>> from crosscheck import certify_network
    >>> class Line:
    ...     def __init__(self):
    ...         self.w = np.array([0.5, -1.0])
    ...     def loss(self, x, t):
    ...         return np.mean((x @ self.w - t) ** 2)
    ...     def gradient(self, x, t):
    ...         return {"w": 2 * x.T @ (x @ self.w - t) / len(t)}
    >>> x = np.random.default_rng(0).standard_normal((4, 2))
    >>> bool(certify_network(Line(), x, np.ones(4)))
    True

    """
    methods = _methods(net, data, loss, gradient, forward)
    given = dict(zip(methods[0].names, data, strict=True))
    calls = [
        Call(one, REFERENCES, tuple(given), of=(net, one.function), called=name_of(one.function))
        for one in methods
    ]
    asked = usual() if oracles is None else oracles
    options = Options(
        points, seed, asked, zero=zero, dtype=dtype, strict=strict, diagnose=diagnose, hint=hint
    )
    made = _reference(calls[0], calls[1], given, params, grads)
    found = made.pairs, made.unjudged, made.missing
    user_loss = user_loss_from(made, dict(made.params), given, *found)
    subject = f"{user_loss.gradient_name}, the gradient of {user_loss.name},"
    try:
        return told(certified(user_loss, subject, options), hint)
    finally:
        user_loss.state.restore()


def _methods(
    net: Any, data: Sequence[Any], loss: Any, gradient: Any, forward: Any
) -> tuple[Method, Method]:
    """Return the loss and the gradient; twice the same where one method returns both."""
    predict = method(net, [*FORWARD, "predict"], forward, "forward")
    names = tuple(f"data{i}" for i in range(len(data)))
    one = _loss(net, names, loss, predict)
    names = _nicer(one, names)
    one = _loss(net, names, loss, predict)
    result = _once(net, one, data)
    if not is_number(loss_in(result)):
        msg = (
            f"{name_of(one.function)} returned {type(result).__name__} of shape {np.shape(result)},"
            f" which is no loss; pass loss= a method's name, or a function of prediction and target"
        )
        raise TypeError(msg)
    if gradient is None and isinstance(result, tuple):
        return one, one
    back = method(net, [*GRADIENT, *BACKWARD], gradient, "gradient")
    return one, _bound(net, back, names, predict, "gradient")


def _loss(net: Any, names: Sequence[str], loss: Any, predict: Any) -> Method:
    """Return the loss: a method that is called so, a function of predictions, or forward itself."""
    found = method(net, LOSS, loss, "loss")
    if callable(loss) and getattr(loss, "__self__", None) is not net and predict is not None:
        said = dict(zip(positional(loss), [PREDICTION, *names[1:]], strict=False))
        return Method(loss, said, predict, tuple(names))
    if found is None and predict is not None:
        return _bound(net, predict, names, None, "loss")
    return _bound(net, found, names, predict, "loss")


def _nicer(loss: Method, names: Sequence[str]) -> tuple[str, ...]:
    """Return names for the data: those of the arguments that get them."""
    said = {datum: name for name, datum in loss.arguments.items()}
    first = positional(loss.forward)[:1] if loss.forward is not None else []
    said |= {name: own for name, own in zip(names[:1], first, strict=False) if name not in said}
    return tuple(said.get(name, name) for name in names)


def _once(net: Any, loss: Method, data: Sequence[Any]) -> Any:
    """Return what the loss returns; the object stays as it is."""
    state = state_of(net, loss.function)
    try:
        return loss(**dict(zip(loss.names, copy.deepcopy(list(data)), strict=True)))
    finally:
        state.restore()


def _bound(
    net: Any,
    function: Callable[..., Any] | None,
    names: Sequence[str],
    predict: Callable[..., Any] | None,
    what: str,
) -> Method:
    """Return a method with what its arguments get; raise TypeError where nothing tells."""
    has = f"{type(net).__name__} has the methods {', '.join(methods_of(net)) or 'none'}"
    if function is None:
        msg = f'{has}; {what}="name" says which one is its {what}'
        raise TypeError(msg)
    found = arguments(function, names, has_forward=predict is not None)
    if found is None:
        msg = (
            f"{name_of(function)}({', '.join(positional(function))}) takes arguments that nothing "
            f"tells for {len(names)} data; {has}; {what}= names another one"
        )
        raise TypeError(msg)
    upstream = [name for name in found if is_upstream(name)]
    if upstream:
        msg = (
            f"{name_of(function)} takes an upstream gradient, {upstream[0]}: certify_layer(net, x) "
            f"judges it; {what}= names another method"
        )
        raise TypeError(msg)
    rates = [name for name in positional(function) if plain(name) in RATES]
    return Method(function, found, predict, tuple(names), rates[0] if rates else "")


def _reference(
    loss: Call, gradient: Call, data: Mapping[str, Any], params: Any, grads: Any
) -> Reference:
    """Return the loss and its gradient with the parameters that the object keeps."""

    def forward() -> Any:
        return loss_in(loss({}, copy.deepcopy(dict(data))))

    def backward() -> Any:
        state.randomness.restore()
        both = loss.function is gradient.function
        result = returned_by(gradient({}, copy.deepcopy(dict(data))), both=both)
        first = next(iter(data.values()), None)
        # One array of the shape of the inputs is their gradient.
        return None if _is_array_like(result, first) else result

    roots = tuple(dict.fromkeys((*loss.roots, *gradient.roots)))
    state = state_of(*roots)
    rate = RATE if getattr(gradient.function, "rate", "") else 0.0
    own = find(roots, forward, backward, params, grads, tuple(data), rate)
    if not own.values:
        msg = (
            f"no parameter with a gradient is found in {type(loss.roots[0]).__name__}; arrays that "
            f"{loss.name} reads: {', '.join(own.unjudged) or 'none'}; grads={{'W': 'path of its "
            "gradient'} names pairs"
        )
        raise ValueError(msg)
    made = Reference(
        loss, gradient, own.values, data, own.swap, own.gradients, own.unjudged, own.missing
    )
    try:
        if not own.updates:
            refuse_views(own.swap, made.exchanged, made.as_is)
    finally:
        state.restore()
    return made


def _is_array_like(result: Any, other: Any) -> bool:
    """Return whether a result is an array of another one's shape."""
    return isinstance(result, np.ndarray) and result.shape == np.shape(other)
