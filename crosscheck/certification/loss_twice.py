"""A loss that the frameworks differentiate twice: the oracle of a Hessian.

What is judged as a gradient is Hv, the Hessian times a random vector. It is the gradient of v·∇L;
the plain values of that come from NumPy's own reverse pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.projection import Projection
from crosscheck.certification.user_loss import UserLoss
from crosscheck.core.types import Point, named
from crosscheck.errors import TracingError

if TYPE_CHECKING:
    from crosscheck.core.types import Array, Quantities
    from crosscheck.ir.recording import Recording


def numpy_gradient(once: UserLoss, x: Array, *_: Any) -> Array:
    """Return the gradient of a loss of x by NumPy's own reverse pass, in x's precision.

    Further arguments are those of the loss, which has them as its data.
    """
    from crosscheck.ir.reverse_pass import run

    x = np.asarray(x)
    recording = once.record(Point({"x": x.astype(np.float64)}, {}))
    return run(recording.program.in_precision(x.dtype.name), [x])[1][0]


@dataclass(frozen=True)
class TwiceProjection(Projection):
    """A Hessian times a vector, beside the loss that it is the Hessian of."""

    once: UserLoss

    def user_loss(self) -> UserLoss:
        """Return it as what `certify` judges."""
        plain = super().user_loss()
        return LossTwice(
            plain.loss,
            plain.gradient,
            plain.params,
            plain.data,
            plain.gradient_name,
            self.once.name,
            once=self.once,
            vector=self.cotangent,
        )


@dataclass(frozen=True)
class LossTwice(UserLoss):
    """v·∇L as a loss, which is recorded as L and differentiated twice."""

    once: UserLoss | None = None
    vector: Any = None

    def recorded(self, point: Point) -> Recording:
        """Return the recording of L at a point."""
        assert self.once is not None  # noqa: S101 - for the type checker
        return self.once.recorded(point)

    def follow(self, point: Point, near: tuple[Point, ...]) -> None:
        """Take the recording at a point for points near it."""
        assert self.once is not None  # noqa: S101 - for the type checker
        self.once.follow(point, near)

    def record(self, point: Point, **_: Any) -> Recording:
        """Refuse: no recording of v·∇L is made, so that nothing is said of its kinks."""
        msg = f"v·∇{self.name} is not recorded at {point}"
        raise TracingError(msg)

    def _answer(self, framework: str, point: Point, dtype: str) -> Quantities:
        """Return v·∇L and Hv at a point, in one precision."""
        from crosscheck.ir.second_order import twice

        recording = self.recorded(point)
        leaves = [leaf.astype(dtype, copy=False) for leaf in recording.leaves]
        vector = np.asarray(self.vector, dtype=dtype).reshape(leaves[0].shape)
        program = recording.program.in_precision(dtype)
        (first,), (second,) = twice(framework, program, leaves, [vector])
        return named(np.sum(vector * first), {"x": second}, {})
