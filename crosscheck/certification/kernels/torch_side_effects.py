"""What a PyTorch function does wrong beside its numbers, and what PyTorch's own checks say."""

from __future__ import annotations

import contextlib
import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from crosscheck.certification.kernels.runner import is_float
from crosscheck.certification.kernels.torch_calls import as_array, call, grad
from crosscheck.certification.side_effects import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Array = np.ndarray[Any, Any]

CLOSE = 1e-9  # relative: two passes of the same float64 function
OPERATORS = ("CustomOpDef", "OpOverload", "OpOverloadPacket")  # what torch.library makes
LARGEST = 512  # entries of the inputs for which gradcheck takes every one
TWICE = (
    "it can be differentiated twice, and the second derivative is wrong: decorate backward with "
    "torch.autograd.function.once_differentiable"
)
SAVED = "a second backward over the same graph gives other gradients: what is saved is modified"
LAYOUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "not contiguous": lambda d: torch.repeat_interleave(d, 2, -1)[..., ::2] if d.ndim else d,
    "expanded": lambda d: torch.full((), 0.75, dtype=d.dtype, device=d.device).expand(d.shape),
}


@dataclass(frozen=True)
class Subject:
    """A function at one point, in float64, with upstream gradients."""

    runner: Any  # a TorchRunner, which knows this module
    function: Callable[..., Any]
    inputs: Sequence[Any]
    cotangents: Sequence[Array]

    def tensors(self, only: int | None = None) -> list[Any]:
        """Return the inputs; all floats need gradients, or only one of them."""
        tensors: list[Any] = self.runner.tensors(self.inputs, "float64", only=only)
        return tensors

    def douts(self) -> list[torch.Tensor]:
        """Return the upstream gradients."""
        return [self.runner.array(c, "float64") for c in self.cotangents]

    def gradients(self, tensors: list[Any], douts: list[torch.Tensor]) -> list[Array | None]:
        """Return the gradients of the tensors that need one."""
        leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad]
        found = grad(call(self.function, tensors), leaves, douts)
        return [None if g is None else as_array(g) for g in found]


def side_effects(
    subject: Subject, reference: Callable[..., Any] | None
) -> tuple[list[str], list[str]]:
    """Return what a function does wrong beside its numbers, and remarks, in sentences."""
    plain = subject.gradients(subject.tensors(), subject.douts())
    again = subject.gradients(subject.tensors(), subject.douts())
    faults = []
    if not _same(plain, again, 0.0):
        faults.append("two passes over the same inputs give two gradients")
    faults += [*_upstream(subject), *_alone(subject, plain)]
    saved, refused = _second_backward(subject)
    layout, not_taken = _layouts(subject, plain)
    cast = _cast(subject)
    return [*faults, *saved, *layout], [*refused, *not_taken, *cast, *_twice(subject, reference)]


def own_checks(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield what PyTorch's own checks say: their name, and "passes" or what they raised."""
    leaves = [t for t in subject.tensors() if isinstance(t, torch.Tensor) and t.requires_grad]
    fast = sum(leaf.numel() for leaf in leaves) > LARGEST

    def of_floats(*floats: torch.Tensor) -> Any:
        given = iter(floats)
        tensors = [
            next(given) if is_float(v) else t
            for v, t in zip(subject.inputs, subject.tensors(), strict=True)
        ]
        return call(subject.function, tensors)

    with _quiet():
        _, raised = attempt(lambda: torch.autograd.gradcheck(of_floats, leaves, fast_mode=fast))
        yield "gradcheck", _line(raised)
        if type(subject.function).__name__ in OPERATORS:
            operator: Any = subject.function
            _, raised = attempt(lambda: torch.library.opcheck(operator, (*subject.tensors(),)))
            yield "opcheck", _line(raised)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what PyTorch's checks warn of out of the user's terminal: it is in what they raise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _line(raised: str) -> str:
    """Return the first line of an exception, or that there was none."""
    return f"fails: {raised.splitlines()[0]}" if raised else "passes"


def _upstream(subject: Subject) -> list[str]:
    """Return for which layouts of the upstream gradient the gradients are others."""
    faults = []
    for layout, change in LAYOUTS.items():
        changed = [change(dout) for dout in subject.douts()]
        expected = subject.gradients(subject.tensors(), [c.contiguous() for c in changed])
        found, raised = attempt(functools.partial(subject.gradients, subject.tensors(), changed))
        if raised or not _same(expected, found, CLOSE):
            why = raised or "other gradients come out"
            faults.append(f"wrong for an upstream gradient that is {layout}: {why}")
    return faults


def _layouts(subject: Subject, plain: Sequence[Any]) -> tuple[list[str], list[str]]:
    """Return whether inputs that are not contiguous give other gradients, or are refused."""
    change = LAYOUTS["not contiguous"]
    tensors = [
        change(t.detach()).requires_grad_()
        if isinstance(t, torch.Tensor) and t.requires_grad
        else t
        for t in subject.tensors()
    ]
    found, raised = attempt(lambda: subject.gradients(tensors, subject.douts()))
    if raised:
        return [], [f"it refuses inputs that are not contiguous: {raised}"]
    if _same(plain, found, CLOSE):
        return [], []
    return ["wrong for inputs that are not contiguous: other gradients come out"], []


def _alone(subject: Subject, plain: Sequence[Array | None]) -> list[str]:
    """Return for which inputs the gradient is another one if they alone need one."""
    faults = []
    for k in range(len(plain) if len(plain) > 1 else 0):
        got, raised = attempt(
            functools.partial(subject.gradients, subject.tensors(only=k), subject.douts())
        )
        if raised or not _same((plain[k],), got, CLOSE):
            why = raised or "another gradient comes out"
            faults.append(f"wrong where input {k} alone needs a gradient: {why}")
    return faults


def _second_backward(subject: Subject) -> tuple[list[str], list[str]]:
    """Return whether a second backward over one graph gives other gradients, or is refused."""
    tensors, douts = subject.tensors(), subject.douts()
    leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad]
    outputs = call(subject.function, tensors)
    found = grad(outputs, leaves, douts, keep=True)
    first = [None if g is None else as_array(g).copy() for g in found]  # it may be what is saved
    second, raised = attempt(lambda: grad(outputs, leaves, douts, keep=True))
    if raised:
        modified = "inplace operation" in raised
        said = f"a second backward over the same graph fails: {raised.splitlines()[0]}"
        return ([said], []) if modified else ([], [said])
    again = [None if g is None else as_array(g) for g in second]
    return ([], []) if _same(first, again, 0.0) else ([SAVED], [])


def _cast(subject: Subject) -> list[str]:
    """Return which gradients come in another precision, and are cast by PyTorch."""
    function = subject.function
    if not (isinstance(function, type) and issubclass(function, torch.autograd.Function)):
        return []
    returned: list[Any] = []

    def backward(ctx: Any, *douts: Any) -> Any:
        result = function.backward(ctx, *douts)
        returned[:] = result if isinstance(result, tuple) else (result,)
        return result

    watched = type(function.__name__, (function,), {"backward": staticmethod(backward)})
    tensors = subject.runner.tensors(subject.inputs, "bfloat16")
    leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad]

    def run() -> None:
        outputs = call(watched, tensors)
        grad(outputs, leaves, [torch.ones_like(o) for o in outputs])

    attempt(run)  # what fails in bfloat16 has a finding of its own
    return [
        f"the gradient of input {k} is {g.dtype} for {t.dtype}; PyTorch casts it"
        for k, (g, t) in enumerate(zip(returned, tensors, strict=False))
        if isinstance(g, torch.Tensor) and g.dtype != t.dtype
    ]


def _twice(subject: Subject, reference: Callable[..., Any] | None) -> list[str]:
    """Return whether a second derivative is computed, and is wrong."""
    if reference is None:
        return []
    second, refused = attempt(lambda: _second(subject, subject.function))
    expected, unknown = attempt(lambda: _second(subject, reference))
    if refused or unknown or second is None or expected is None:
        return []
    return [] if _same(expected, second, CLOSE) else [TWICE]


def _second(subject: Subject, function: Callable[..., Any]) -> list[Array] | None:
    """Return the gradient of the sum of the gradients' squares; None if it has none."""
    tensors = subject.tensors()
    leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad]
    first = grad(call(function, tensors), leaves, subject.douts(), create_graph=True)
    total = sum((torch.sum(g**2) for g in first if g is not None), start=torch.zeros(()))
    if not total.requires_grad:
        return None
    found = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
    return [as_array(g) for g in found]


def _same(expected: Sequence[Any], found: Sequence[Any], close: float) -> bool:
    """Return whether gradients are the same up to a relative error; one that is None is zero."""
    for one, other in zip(expected, found, strict=True):
        if one is None and other is None:
            continue
        a, b = (np.zeros(()) if each is None else each for each in (one, other))
        size = max(np.max(np.abs(a), initial=0.0), 1e-300)
        if not np.allclose(a, b, rtol=0, atol=close * size, equal_nan=True):
            return False
    return True
