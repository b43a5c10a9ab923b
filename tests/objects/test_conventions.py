"""What people call things: gradients, methods, arguments; and how functions are called."""

# mypy: ignore-errors

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from crosscheck.certification.convention import (
    MAPPING,
    NAMES,
    REFERENCES,
    call_of,
    described,
    gradient_call_of,
    gradients_in,
    loss_in,
    returned_by,
)
from crosscheck.certification.own_parameters import Gradient
from crosscheck.certification.returned import in_returned
from crosscheck.certification.state import state_of
from crosscheck.certification.swap import Swap
from crosscheck.certification.views import refuse_views
from crosscheck.objects.methods import method, positional, required, takes, takes_names
from crosscheck.objects.pairs import changes, gradients_of, is_gradient_of, named_alike, shortened
from crosscheck.objects.roles import PREDICTION, arguments
from crosscheck.objects.walk import Found, attributes, entries, follow, places, variables, walk
from tests.objects.courses import N


@pytest.mark.parametrize(
    ("parameter", "gradient", "expected"),
    [
        (("W",), ("dW",), 1),
        (("W",), ("grad_W",), 1),
        (("weights",), ("dW",), 1),
        (("weights", 0), ("nabla_w", 0), 1),
        (("layers", 1, "b"), ("layers", 1, "db"), 1),
        (("layers", 1, "b"), ("layers", 2, "db"), 0),
        (("params", "W1"), ("grads", "W1"), 1),
        (("params", "W1"), ("grads", "dW1"), 2),
        (("params", "W1"), ("dW1",), 1),
        (("params", "W1"), ("W1",), 0),
        (("W1",), ("grads", "W1"), 1),
        (("W1",), ("grads", "dW1"), 2),
        (("W1",), ("grads", "dW2"), 0),
        (("W1",), ("cache", "dW1"), 0),
        (("w", "data"), ("w", "grad"), 1),
        (("W",), ("W",), 0),
        (("W",), ("a", "b", "dW"), 0),
        ((0,), (1,), 0),
    ],
)
def test_paths_of_gradients(parameter: Any, gradient: Any, expected: int) -> None:
    assert changes(parameter, gradient) == expected


def test_case_tells_two_parameters_apart() -> None:
    written = [("dw",), ("dW",), ("other",)]
    assert gradients_of(("W",), written) == [("dW",)]
    assert gradients_of(("w",), written) == [("dw",)]
    assert gradients_of(("weights",), [("dW",)]) == [("dW",)]
    assert gradients_of(("b",), written) == []
    assert not is_gradient_of("_", "d_")


def test_names_are_as_short_as_they_are_unique() -> None:
    paths = [("params", "W"), ("a", "data"), ("params", 0), ("b", "value"), ("b", "val")]
    assert list(shortened(paths).values()) == ["W", "a", "params.0", "b.value", "b.val"]


def test_keys_of_a_result() -> None:
    assert named_alike({"W": 1, "dW": 2}, ["W"]) == {"W": "W"}
    assert named_alike({"dW": 2}, ["layers.0.W"]) == {"layers.0.W": "dW"}
    assert named_alike({"W": 2}, ["a.W", "b.W"]) == {}


# -- what is returned -----------------------------------------------------------------------------

A, B, C = np.ones((2, 3)), np.ones(3), np.ones((2, 3))
LISTS = {
    "b.0": (("b", 0), B),
    "b.1": (("b", 1), B),
    "w.0": (("w", 0), A),
    "w.1": (("w", 1), A),
}


def test_gradients_that_are_returned_in_structures() -> None:
    assert in_returned([[A, C], [B, B]], LISTS) == {
        "w.0": (0, 0), "w.1": (0, 1), "b.0": (1, 0), "b.1": (1, 1)
    }  # fmt: skip
    single = {"W": (("W",), A), "b": (("b",), B)}
    assert in_returned((B, A), single) == {"W": (1,), "b": (0,)}
    assert in_returned(A, single) == {"W": ()}
    assert in_returned({"dW": A}, single) == {"W": ("dW",)}
    assert in_returned((A, np.ones(7)), single) == {}
    assert in_returned((A, "text"), single) == {}
    assert in_returned(None, single) == {}
    assert in_returned((A, B), single, ["b", "W"]) == {"b": (0,), "W": (1,)}
    with pytest.raises(ValueError, match=r"gradient 0 .* has the shape of W, V; .* grads="):
        in_returned((A, B), {"W": (("W",), A), "V": (("V",), C), "b": (("b",), B)})


# -- how functions are called ---------------------------------------------------------------------


def by_name(w: Any, x: Any) -> Any: ...


def by_mapping(params: Any, x: Any) -> Any: ...


def by_reference(x: Any) -> Any: ...


def nothing() -> Any: ...


def unnamed(v: Any, x: Any) -> Any: ...


def test_how_a_function_takes_its_parameters() -> None:
    one, two, data = {"w": A}, {"w": A, "b": B}, {"x": 1}
    assert call_of(by_name, one, data).how == NAMES
    assert call_of(by_mapping, one, data).how == MAPPING
    assert call_of(by_reference, one, data).how == REFERENCES
    assert call_of(unnamed, one, data).how == NAMES  # Python says what is wrong
    assert call_of(unnamed, two, data).mapping == "v"
    assert call_of(by_name, one, {"y": 1}).how == NAMES
    loss = call_of(by_reference, one, data)
    assert gradient_call_of(by_reference, loss, one, data) is loss
    assert gradient_call_of(nothing, loss, one, data).data == ()
    assert gradient_call_of(by_name, loss, one, data).how == NAMES
    assert gradient_call_of(unnamed, loss, one, data).how == NAMES
    assert described(by_name, by_name, nothing) == "by_name(w, x) and nothing()"


def test_a_loss_and_its_gradients_in_one_result() -> None:
    one, two = {"w": A}, {"w": A, "b": B}
    assert loss_in((1.0, {"w": A})) == 1.0
    assert loss_in(2.0) == 2.0
    assert loss_in((A, B)) == (A, B)
    assert gradients_in((1.0, {"w": A}), one, both=True) == {"w": A}
    assert gradients_in((1.0, {"w": A}), one, both=False) == {"w": A}
    assert gradients_in((1.0, A), one, both=True) is A
    assert gradients_in((np.float64(1), A, B, "state"), two, both=True) == (A, B)
    assert gradients_in((np.ones((1, 1)), A, B), two, both=True) == (A, B)
    assert gradients_in((1.0, B, A), two, both=True) == (B, A)  # its shapes are judged
    assert gradients_in((1.0, B), {"s": 1.0, "b": B}, both=False) == (1.0, B)
    assert gradients_in({"w": A}, one, both=True) == {"w": A}
    assert returned_by((1.0, {"w": A}), both=False) == {"w": A}
    assert returned_by((1.0, A), both=True) is A
    assert returned_by((1.0, A, B), both=True) == (A, B)
    assert returned_by((1.0, A), both=False) == (1.0, A)
    assert returned_by(A, both=True) is A


class Odd:
    __signature__ = "none"

    def __call__(self, x: Any) -> Any: ...


def test_functions_that_tell_nothing() -> None:
    odd = Odd()
    assert not takes(odd, 1)
    assert takes_names(odd, ["x"])
    assert required(odd) == positional(odd) == []
    assert arguments(odd, ["x"], has_forward=False) is None
    assert method(odd, ["other", "__call__"], None, "forward") == odd.__call__
    assert method(Odd, ["__call__"], None, "forward") is None
    assert method(odd, [], len, "forward") is len
    with pytest.raises(TypeError, match="forward is 3; pass a function, or the name of a method"):
        method(odd, [], 3, "forward")


def target_first(y: Any, x: Any) -> Any: ...


def predicted(y_hat: Any, y: Any) -> Any: ...


def letters(y: Any, t: Any) -> Any: ...


def options(x: Any, y: Any = None, training: Any = True, *more: Any) -> Any: ...


def plain(a: Any, b: Any) -> Any: ...


def three(a: Any, b: Any, c: Any) -> Any: ...


@pytest.mark.parametrize(
    ("function", "has_forward", "expected"),
    [
        (target_first, False, {"y": "d1", "x": "d0"}),
        (predicted, True, {"y_hat": PREDICTION, "y": "d1"}),
        (predicted, False, {"y_hat": "d0", "y": "d1"}),
        (letters, True, {"y": PREDICTION, "t": "d1"}),
        (options, True, {"x": "d0", "y": "d1"}),
        (plain, True, {"a": "d0", "b": "d1"}),
        (three, True, None),
        (nothing, True, {}),
    ],
)
def test_which_argument_gets_what(function: Any, has_forward: bool, expected: Any) -> None:  # noqa: FBT001 - a parameter of the test
    assert arguments(function, ["d0", "d1"], has_forward=has_forward) == expected


def test_a_datum_goes_to_the_argument_of_its_name() -> None:
    assert arguments(plain, ["b", "a"], has_forward=False) == {"a": "a", "b": "b"}


# -- what things hold -----------------------------------------------------------------------------


class Slotted:
    __slots__ = "only"  # noqa: PLC0205 - it may be a string

    def __init__(self):
        self.only = {"deep": (A, [B])}


class Holder:
    def __init__(self):
        self.inner, self.things = Slotted(), frozenset([3])


def unbound() -> Any:
    def inner() -> Any:
        return late

    if inner.__closure__:
        return inner
    late = 1
    return late


def test_everything_is_found_by_its_path() -> None:
    holder = Holder()
    found = {one.path: one for one in places(holder)}
    assert found["inner", "only", "deep", 0].thing is A
    assert found["inner", "only", "deep", 1, 0].name == "Holder.inner.only.deep.1.0"
    assert follow(holder, ("inner", "only", "deep", 0)) is A
    with pytest.raises(KeyError):
        follow(holder, ("inner", "gone"))
    assert attributes(holder.inner) == {"only": holder.inner.only}
    assert entries(holder.things) == {0: 3}
    assert Found("", ("a", 1), 0).name == "a.1"


def test_a_gradient_may_be_gone() -> None:
    assert Gradient(Holder(), ("gone",)).read(None) is None
    assert Gradient(None, ("W",)).read({"W": 2.0}) == 2.0


def test_what_raises_at_other_parameters_is_for_others_to_say() -> None:
    def raises(_: Any) -> Any:
        raise ArithmeticError

    array = N(3)
    swap = Swap(state_of([array]), {"w": array})
    refuse_views(swap, raises, lambda: [array])
    with pytest.raises(ValueError, match="a reference is hidden"):
        refuse_views(swap, lambda values: [2 * values["w"]], lambda: [array])


def test_long_lists_come_last() -> None:
    data = [(i, np.zeros(1)) for i in range(20_000)]
    found = list(walk({"data": data, "deep": [[[[A]]]]}))
    assert len(found) == 10_000
    assert any(one.thing is A for one in found)


def test_functions_hold_their_variables() -> None:
    kept = [A]
    bound = functools.partial(lambda x: (kept, x), x=B)
    found = list(walk(bound))
    assert any(one.thing is A for one in found)
    assert any(one.thing is B for one in found)
    assert variables(np.linalg.norm.__wrapped__) == {}
    assert variables(unbound()) == {}
