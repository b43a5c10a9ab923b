"""A loss whose parameters stand in objects, a closure or globals: called as if it took them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.convention import (
    REFERENCES,
    call_of,
    described,
    gradient_call_of,
    gradients_in,
    loss_in,
    returned_by,
)
from crosscheck.certification.own_parameters import Gradient, Own, is_float
from crosscheck.certification.own_search import find
from crosscheck.certification.reads import reads
from crosscheck.certification.side_effects import attempt
from crosscheck.certification.state import state_of
from crosscheck.certification.swap import Swap
from crosscheck.certification.user_loss import UserLoss
from crosscheck.certification.views import refuse_views
from crosscheck.core.pytree import flatten, leaves_of, rebuild
from crosscheck.objects.pairs import named_alike
from crosscheck.objects.walk import written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.certification.convention import Call


@dataclass(frozen=True)
class Reference:
    """A loss and its gradient that find their parameters by themselves.

    `kept`: leaf of `params` by path -> where the gradient leaves its gradient, where it returns
    none. `unjudged`: what the loss reads beside them.
    """

    loss_call: Call
    gradient_call: Call
    params: Mapping[str, Any]
    data: Mapping[str, Any]
    swap: Swap
    kept: Mapping[str, Gradient]
    unjudged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def loss(self, **given: Any) -> Any:
        """Return the loss."""
        params = self._enter(given)
        return loss_in(self.loss_call(params, given))

    def gradient(self, **given: Any) -> Any:
        """Return the gradients, as they are returned or left in an object."""
        params = self._enter(given)
        if not self._both:
            self.loss_call(params, copy.deepcopy(given))
        return self._gradients(params, given)

    def _gradients(self, params: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
        if not self._both:
            self.swap.state.randomness.restore()  # a mask that is drawn again is the same
        result = self.gradient_call(params, given)
        if self.kept:
            returned = returned_by(result, both=self._both)
            old = flatten(params)
            leaves = iter([self.kept[path].read(returned, old[path]) for path in old])
            return rebuild(dict(self.params), leaves)
        return gradients_in(result, self.params, both=self._both)

    @property
    def _both(self) -> bool:
        return self.gradient_call.function is self.loss_call.function

    def exchanged(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the loss and the gradients at other parameters."""
        given = rebuild(dict(self.params), iter(values.values()))
        given |= copy.deepcopy(dict(self.data))
        return [self.loss(**copy.deepcopy(given)), *leaves_of(self.gradient(**given))]

    def as_is(self) -> list[Any]:
        """Return the loss and the gradients of what is in the objects now."""
        data = copy.deepcopy(dict(self.data))
        loss = loss_in(self.loss_call(self.params, copy.deepcopy(data)))
        return [loss, *leaves_of(self._gradients(self.params, data))]

    def _enter(self, given: Mapping[str, Any]) -> dict[str, Any]:
        params = {name: given[name] for name in self.params}
        updated = {path for path, gradient in self.kept.items() if gradient.rate}
        self.swap.enter(
            {
                path: np.copy(leaf) if path in updated else leaf
                for path, leaf in flatten(params).items()
            }
        )
        return params

    @property
    def pairs(self) -> tuple[str, ...]:
        """Each parameter with the place of its gradient, as text."""
        return tuple(
            f"{path} ({self.kept.get(path, 'returned')})" for path in flatten(dict(self.params))
        )


def reference(
    loss_call: Call,
    gradient_call: Call,
    params: Mapping[str, Any],
    data: Mapping[str, Any],
    grads: Any = None,
) -> Reference:
    """Return a loss and its gradient that are called with the parameters which they keep.

    Raises:
        ValueError: a parameter is not kept where the functions find it, or a view of it is.

    """
    roots = tuple(dict.fromkeys((*loss_call.roots, *gradient_call.roots)))
    state = state_of(*roots)
    leaves = flatten(dict(params))
    swap = Swap(state, {path: leaf for path, leaf in leaves.items() if is_float(leaf)})
    _refuse_strangers(leaves, swap, roots)
    first = Reference(loss_call, gradient_call, params, data, swap, {})

    def forward() -> Any:
        return loss_in(loss_call(params, copy.deepcopy(dict(data))))

    def backward() -> Any:
        state.randomness.restore()
        both = gradient_call.function is loss_call.function
        return returned_by(gradient_call(params, copy.deepcopy(dict(data))), both=both)

    try:
        out = forward()
        state.restore()
        found, kept = None, {}
        returned = _unlike_gradients(first)
        if grads is not None or returned:
            found = find(roots, forward, backward, None, grads)
            kept = _kept(leaves, found, first, returned)
        zeroed = found.swap.zeroed if found is not None and kept else ()
        complete = Swap(state, swap.arrays, {}, zeroed)
        own = {id(leaf) for leaf in (*leaves.values(), *zeroed)}
        others = {
            one.path: one.thing
            for one in state.found
            if is_float(one.thing) and id(one.thing) not in own and one.path
        }
        unjudged = tuple(
            f"{written(path)} {array.shape}"
            for path, array in others.items()
            if reads(Swap(state, {"": array}), forward, out, array)
        )
        ready = Reference(loss_call, gradient_call, params, data, complete, kept, unjudged)
        refuse_views(complete, ready.exchanged, ready.as_is)
    finally:
        state.restore()
    return ready


def _refuse_strangers(leaves: Mapping[str, Any], swap: Swap, roots: Sequence[Any]) -> None:
    """Raise for a parameter that the functions neither take nor keep, and for one named twice."""
    seen: dict[int, str] = {}
    for path, leaf in leaves.items():
        if id(leaf) in seen:
            msg = f"params: {path} and {seen[id(leaf)]} are the same array; name it once"
            raise ValueError(msg)
        seen[id(leaf)] = path
        if id(leaf) not in swap.referenced:
            msg = (
                f"params: {path} is no argument of {described(*roots)}, and they keep no reference "
                "to it: pass the very array that they use, not a copy or a number"
            )
            raise ValueError(msg)


def _unlike_gradients(call: Reference) -> str:
    """Return why what the gradient returns is no gradients; "" if it is."""
    result = attempt(lambda: call.gradient(**_copies(call)))[0]
    call.swap.leave()
    if result is None:
        return "nothing"
    if isinstance(result, Mapping):
        return "" if named_alike(result, call.params) else "others"
    if isinstance(result, list | tuple):
        return "" if len(result) == len(call.params) else "others"
    (first, *others) = flatten(dict(call.params)).values()
    return "others" if others or np.shape(result) != np.shape(first) else ""


def _kept(
    leaves: Mapping[str, Any], found: Own, call: Reference, returned: str
) -> dict[str, Gradient]:
    """Return where the gradient of each leaf is; none if those that are returned will do.

    Raises:
        ValueError: one is nowhere.

    """
    by_id = {id(value): name for name, value in found.swap.arrays.items()}
    missing = [path for path, leaf in leaves.items() if id(leaf) not in by_id]
    if not missing:
        return {path: found.gradients[by_id[id(leaf)]] for path, leaf in leaves.items()}
    if returned != "nothing":
        return {}
    said = ", ".join(found.pairs) or "none"
    msg = (
        f"{call.gradient_call.name} returns no gradients, and leaves none that is called like that "
        f"of {', '.join(missing)}; found: {said}; grads= names others"
    )
    raise ValueError(msg)


def _copies(call: Reference) -> dict[str, Any]:
    params = rebuild(dict(call.params), iter(map(np.copy, flatten(dict(call.params)).values())))
    return {**params, **copy.deepcopy(dict(call.data))}


@dataclass(frozen=True)
class Arguments:
    """A loss and its gradient that take their parameters, one by one or all in one mapping."""

    loss_call: Call
    gradient_call: Call
    params: Mapping[str, Any]

    def loss(self, **given: Any) -> Any:
        """Return the loss."""
        return loss_in(self.loss_call({name: given[name] for name in self.params}, given))

    def gradient(self, **given: Any) -> Any:
        """Return the gradients."""
        result = self.gradient_call({name: given[name] for name in self.params}, given)
        both = self.gradient_call.function is self.loss_call.function
        return gradients_in(result, self.params, both=both)


def user_loss_of(
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    params: Mapping[str, Any],
    data: Mapping[str, Any],
    grads: Any = None,
) -> UserLoss:
    """Return a loss and its gradient, however they take their parameters."""
    loss_call = call_of(loss, params, data)
    gradient_call = gradient_call_of(gradient, loss_call, params, data)
    made: Arguments | Reference
    if REFERENCES in {loss_call.how, gradient_call.how}:
        made = reference(loss_call, gradient_call, params, data, grads)
        return user_loss_from(made, params, data, made.pairs, made.unjudged)
    return user_loss_from(Arguments(loss_call, gradient_call, params), params, data)


def user_loss_from(  # noqa: PLR0913, PLR0917 - what is known of an object
    made: Arguments | Reference,
    params: Mapping[str, Any],
    data: Mapping[str, Any],
    parameters: tuple[str, ...] = (),
    unjudged: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
) -> UserLoss:
    """Return what is certified, made of a loss and its gradient."""
    loss, gradient = made.loss_call, made.gradient_call
    return UserLoss(
        made.loss,
        made.gradient,
        params,
        data,
        gradient.name,
        loss.name,
        roots=tuple(dict.fromkeys((*loss.roots, *gradient.roots))),
        parameters=parameters,
        unjudged=unjudged,
        missing=missing,
        own=frozenset(flatten(dict(params)) if isinstance(made, Reference) else ()),
    )
