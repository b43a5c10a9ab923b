"""What each planted mistake must be called, written down independently of the diagnosis.

An answer is a kind of `Cause`, the number that belongs to it, and words that its sentence contains.
Where a network is so small that two descriptions are one (the last of two rows, all but the first),
both are accepted; nothing else is.
"""

from __future__ import annotations

from math import isclose, isnan, nan, prod, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crosscheck.diagnosis.hypotheses import (
    activations,
    loss_variants,
    paths,
    products,
    recurrence,
    softmax,
    sums,
    whole_gradient,
    windows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.accuracy.networks.architectures import Net
    from crosscheck.diagnosis.wording import Cause

    Rule = Callable[["Facts"], tuple["Answer", ...]]

CLOSE = 1e-6  # of a number that is fitted
OPERAND = products.EXCHANGED.name


class Answer(NamedTuple):
    """A kind of cause, its size (nan for any), and what its sentence must contain."""

    kind: str
    size: float = nan
    words: str = ""

    def meets(self, cause: Cause) -> bool:
        """Return whether a cause says so."""
        close = isnan(self.size) or isclose(cause.size, self.size, rel_tol=CLOSE)
        return cause.kind == self.kind and close and self.words in cause.sentence


class Facts(NamedTuple):
    """What an answer depends on: a network's shapes and settings, and the mistake's number.

    `wholes`: whether anything is left of its inputs when they are cut to whole numbers.
    """

    params: Mapping[str, tuple[int, ...]]
    data: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, Any]
    size: float
    wholes: bool

    @property
    def rows(self) -> int:
        """How many examples there are."""
        return self.data["X"][0]


def facts(net: Net, size: float = nan) -> Facts:
    """Return the facts of a network and a mistake in it."""
    shapes = net.architecture
    wholes = bool(np.trunc(net.data["X"]).any())
    return Facts(shapes.params, shapes.data, shapes.settings, size, wholes)


def factor(number: float) -> Answer:
    """Return the answer that a gradient has this factor too much; 0 for one that is cut."""
    return Answer(paths.SCALED.name, number - 1)


def one_of(kept: str) -> Rule:
    """Return the rule for a loop of which one pass counts, or one that counted for all."""
    return lambda _: (Answer(paths.ONE_PASS.name, words=f"only the {kept} iteration"),)


def _first_missing(facts: Facts) -> tuple[Answer, ...]:
    """Return the answers for a sum without its first row."""
    if facts.rows == 1:
        return (factor(0),)
    left = "the first entry along axis 0 is left out"
    two = (Answer(sums.ROWS.name, words="only the last entry along axis 0"),)
    return (Answer(sums.ROWS.name, words=left), *(two if facts.rows == 2 else ()))  # noqa: PLR2004


def _averaged(facts: Facts) -> tuple[Answer, ...]:
    """Return the answer for a bias that is averaged over all that it was added to."""
    return (factor(1 / (facts.rows * _pixels(facts))),)


def _pixels(facts: Facts) -> int:
    """Return how many pixels of an image share a bias whose gradient is averaged over them."""
    if "step" not in facts.settings:
        return 1
    sides = zip(facts.data["X"][2:], facts.params["K"][2:], strict=True)
    return prod((image - kernel) // facts.settings["stride"] + 1 for image, kernel in sides)


def _unbiased(_: Facts) -> tuple[Answer, ...]:
    """Return the answer for n/(n − 1) times the path through the variance."""
    return (Answer("normalisation, variance path over n - 1"),)


def _step_off(facts: Facts) -> tuple[Answer, ...]:
    """Return the answers for the state after a step in the place of that before it."""
    state = "h @ Wh" if "every" not in facts.settings else "h[:, t] @ Wh"
    inputs = "E[:, t] @ Wx" if "every" not in facts.settings else "X[:, t] @ Wx"
    return (Answer(OPERAND, words=f"with `act({inputs} + {state} + b)` instead"),)


def _other_layer(facts: Facts) -> str:
    """Return the words for the value that is used instead of the correct one."""
    if "causal" in facts.settings:
        return "with `softmax(scores) @ v` instead"
    return f"with `act({'h1' if 'noise1' in facts.data else 'a1'} @ W2 + b2)` instead"


def _truncated(_: Facts) -> tuple[Answer, ...]:
    """Return the answers for a way back that ends early, or that is not gone at all."""
    return Answer(recurrence.TRUNCATED.name), Answer(recurrence.NEVER.name), factor(0)


def _counted_once(facts: Facts) -> tuple[Answer, ...]:
    """Return the answers for one use of a shared weight; in a loop, the first state may be 0."""
    if "X" in facts.data and len(facts.data["X"]) < 3:  # noqa: PLR2004 - no sequence
        return (factor(0),)
    return (*one_of("first")(facts), factor(0))


def _clipped(facts: Facts) -> tuple[Answer, ...]:
    """Return the answers for a gradient clipped at half the largest entry of the first point.

    The gradient of a bias of two classes is (d, −d): clipped so, it has one length.
    """
    of_two = facts.data.get("Y", ())[-1:] == (2,)
    return (Answer("clipped"), *((Answer("clipped by norm"),) if of_two else ()))


# The kind of a mistake -> what it may be called.
ANSWERS: dict[str, Rule] = {
    "×2": lambda _: (factor(2),),
    "×½": lambda _: (factor(1 / 2),),
    "sign": lambda _: (factor(-1),),
    "1/N": lambda _: (factor(1 / 3),),
    "zero": lambda _: (factor(0),),
    "learning rate inside": lambda _: (factor(0.01),),
    "clipped": _clipped,
    "clipped by norm": lambda _: (Answer("clipped by norm"),),
    "coarse difference": lambda _: (Answer("numerical derivative", words="(forward)"),),
    "absolute value": lambda _: (Answer(whole_gradient.ABSOLUTE.name),),
    "rolled by one": lambda _: (
        Answer(whole_gradient.TURNED.name, words="rolled by 1"),
        Answer(
            whole_gradient.TURNED.name, words="flipped along axis 0"
        ),  # of two entries it is the same
    ),
    "rounded to float32": lambda _: (
        Answer("rounded to float32"),
        Answer(loss_variants.ROUNDED.name),
    ),
    "weight decay added": lambda _: (Answer(whole_gradient.DECAY.name, 0.01),),
    "gradient transposed": lambda _: (
        Answer(whole_gradient.TURNED.name, words="transposed"),
        Answer(whole_gradient.TURNED.name, words="(1, 0, 2, 3)"),
        Answer(OPERAND, words="upstream gradient not transposed"),
    ),
    "derivative missing": lambda _: (Answer(activations.LEFT_OUT.name),),
    "derivative at the output": lambda _: (Answer(activations.AT_OUTPUT.name),),
    "derivative of another layer": lambda _: (Answer(activations.ELSEWHERE.name, words="a1 @ W2"),),
    "weight already updated": lambda facts: (Answer(products.UPDATED.name, facts.size),),
    "weight not transposed": lambda _: (Answer(OPERAND, words="not transposed"),),
    "bias averaged": _averaged,
    "bias of the first row": lambda _: (
        Answer(sums.ROWS.name, words="only the first entry along axis 0"),
    ),
    "bias summed over everything": lambda _: (Answer(sums.SUMMED.name),),
    "bias zero": lambda _: (factor(0),),
    "detached path": lambda _: (factor(0),),
    "skip path twice": lambda _: (factor(2),),
    "last example only": lambda _: (
        Answer(sums.ROWS.name, words="only the last entry along axis 0"),
    ),
    "first example missing": _first_missing,
    "z in place of a": lambda _: (Answer(OPERAND, words="with `a1 @ W2 + b2` instead"),),
    "a of another layer": lambda facts: (Answer(OPERAND, words=_other_layer(facts)),),
    "1/N missing": lambda facts: (factor(facts.rows),),
    "divided by N·K": lambda facts: (factor(1 / facts.data["Y"][1]),),
    "target's sign": lambda _: (
        Answer(loss_variants.NEGATED.name),
        Answer("softmax, the sign of its target"),
        Answer("sigmoid, the sign of its target"),
    ),
    "float32 inside": lambda _: (Answer(loss_variants.ROUNDED.name),),
    "delta clipped": lambda _: (Answer(whole_gradient.CLIPPED.name, words="±0.01"),),
    "integer truncation": lambda facts: (
        Answer(OPERAND, words="truncated to whole numbers") if facts.wholes else factor(0),
    ),
    "softmax differentiated twice": lambda _: (Answer("softmax, differentiated twice"),),
    "softmax diagonal only": lambda _: (Answer("softmax, diagonal of its Jacobian only"),),
    "softmax over the wrong axis": lambda facts: (
        Answer(
            softmax.WRONG_SUM.name if "causal" in facts.settings else "softmax, over the wrong axis"
        ),
    ),
    "softmax forgotten": lambda facts: (
        Answer(
            "softmax, its Jacobian left out" if "causal" in facts.settings else "softmax, forgotten"
        ),
    ),
    "sigmoid forgotten": lambda _: (Answer("sigmoid, forgotten"),),
    "shared weight counted once": _counted_once,
    "shared bias counted once": one_of("first"),
    "only one step of the output": one_of("first"),
    "kernel flipped": lambda _: (Answer(OPERAND, words="flipped"),),
    "kernel's gradient flipped": lambda _: (
        Answer(whole_gradient.TURNED.name, words="flipped along the last two axes"),
    ),
    "kernel's sides exchanged": lambda _: (
        Answer(whole_gradient.TURNED.name, words="(0, 1, 3, 2)"),
    ),
    "overlaps overwritten": lambda _: (Answer(windows.OVERWRITTEN.name),),
    "average in place of max": lambda _: (Answer(sums.MAXIMUM.name, words="mean"),),
    "first pixel in place of max": lambda _: (Answer(sums.MAXIMUM.name, words="first"),),
    "only the last pixel": one_of("last"),
    "mean path missing": lambda _: (Answer("normalisation, mean path left out"), factor(0)),
    "variance path missing": lambda _: (Answer("normalisation, variance path left out"), factor(0)),
    "eps outside the root": lambda _: (Answer(loss_variants.OUTSIDE.name),),
    "unbiased variance": _unbiased,
    "normalised over the wrong axis": lambda _: (
        Answer("normalisation, mean path over the wrong axis"),
    ),
    "scale missing": lambda _: (Answer(OPERAND, words="operand missing"),),
    "scale's gradient not normalised": lambda _: (
        Answer(OPERAND, words="with `z - np.mean(z, axis=axis, keepdims=True)` instead"),
    ),
    "inverse deviation missing": lambda _: (
        Answer("normalisation, its inverse deviation left out"),
    ),
    "off by one step": _step_off,
    "truncated": _truncated,
    "upstream overwritten": _truncated,
    "1/√d missing": lambda facts: (factor(sqrt(facts.params["Wq"][1])),),
    "1/√d twice": lambda facts: (factor(1 / sqrt(facts.params["Wq"][1])),),
    "dropout mask missing": lambda _: (Answer(OPERAND, words="operand missing"),),
    "dropout mask of another layer": lambda _: (Answer(OPERAND, words="another value instead"),),
    "dropout not scaled": lambda facts: (factor(facts.size),),
    "dropout scaled twice": lambda facts: (factor(1 / facts.size),),
    "derivative after dropout": lambda _: (
        Answer(activations.AT_OUTPUT.name),
        Answer(activations.ELSEWHERE.name, words="(noise1 > 0) / KEEP`"),
    ),
    "weight decay left out": lambda _: (factor(0),),
    "weight decay twice": lambda _: (factor(2),),
    "½ left out": lambda _: (factor(2),),
    "mean in place of a sum": lambda facts: (factor(1 / facts.rows),),
    "ε of the logarithm left out": lambda _: (Answer(loss_variants.WITHOUT.name),),
    "input's gradient missing": lambda _: (factor(0),),
    "stale cache": lambda _: (Answer(activations.ELSEWHERE.name, words="of the last iteration"),),
    "stale operand": lambda _: (Answer(OPERAND, words="of the last iteration"),),
    "attention not transposed": lambda _: (Answer(OPERAND, words="not transposed"),),
}
