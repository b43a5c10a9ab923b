"""From the hypotheses that fit to names: which of them are the same, and how to say it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypotheses import (
    activations,
    loss_variants,
    paths,
    products,
    sums,
    whole_gradient,
)
from crosscheck.diagnosis.hypotheses.products import EXCHANGED, LAST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.diagnosis.backward import Run
    from crosscheck.diagnosis.search import Fit
    from crosscheck.diagnosis.source_steps import Step
    from crosscheck.ir.recording import Expression

    Sizes = Mapping[int, Sequence[str]]  # a length -> the axes that have it

CLOSE = 1e-8  # of a factor: it is fitted
SCALING = {"multiply", "divide", "power"}
USUAL = {
    2.0: "the ½ of a square left out",
    0.5: "the 2 of a square's derivative left out",
    **dict.fromkeys((0.1, 0.01, 0.001, 0.0001), "a learning rate inside the gradient"),
}

# Where the first fits, the others are nothing else: they are the same change, said of another place
# (a path that is cut, and an upstream gradient that lacks what came along it), or one that is the
# same as soon as the first is (a derivative of 1, and the derivative at a value that is positive).
SAME: dict[str, set[str]] = {
    "normalisation": {
        paths.SCALED,
        activations.LEFT_OUT,
        activations.AT_OUTPUT,
        activations.TWICE,
        sums.UPSTREAM,
        paths.TRUNCATED,
    },
    "softmax": {sums.UPSTREAM},
    paths.SCALED: {
        loss_variants.WITHOUT,
        loss_variants.COUNTED,
        loss_variants.NEGATED,
        sums.UPSTREAM,
        paths.TRUNCATED,
        paths.OVERWRITTEN,
    },
    activations.LEFT_OUT: {activations.ELSEWHERE, sums.UPSTREAM},
    activations.AT_OUTPUT: {activations.ELSEWHERE},
    activations.TWICE: {sums.UPSTREAM},
    whole_gradient.TURNED: {products.OPERAND},
    paths.ONE_PASS: {paths.TRUNCATED},
    paths.TRUNCATED: {paths.OVERWRITTEN, sums.UPSTREAM},
}


# What to do, where the name does not say it.
CURES = {
    activations.LEFT_OUT: "multiply the gradient that comes back by this derivative",
    activations.AT_OUTPUT: "take the derivative at what went in, or rewrite it for what came out",
    activations.TWICE: "multiply the gradient that comes back by this derivative once",
    products.UPDATED: "compute every gradient before any weight is updated",
    sums.ROWS: "add up all of them",
    sums.SUMMED: "sum only over the axes along which it was broadcast",
    sums.NOT_SUMMED: "sum over the axes along which it was broadcast: np.sum(…, axis=…)",
    loss_variants.ROUNDED: "look for astype, a dtype= or an array that was made in float32",
}


def place(expression: Expression) -> str:
    """Return `file:line: source`, the file as it is seen from here."""
    path = Path(expression.file)
    here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return f"{here}:{expression.line}: {expression.text}".rstrip(": ")


def family(kind: str) -> str:
    """Return what a kind is a case of: `softmax, forgotten` of softmax."""
    return kind.partition(",")[0]


def distinct(fits: Sequence[Fit]) -> list[list[Fit]]:
    """Return the fits in classes: what is the same mistake, wherever it may have been made."""
    kinds = {family(fit.hypothesis.kind) for fit in fits}
    gone = set[str]().union(*(SAME.get(kind, set()) for kind in kinds))
    if {whole_gradient.DECAY, paths.SCALED} <= kinds:  # of a decay that the loss has
        sizes = {fit.size for fit in fits if fit.hypothesis.kind == paths.SCALED}
        gone.add(whole_gradient.DECAY if sizes & {-1.0, -0.5, -2.0, 1.0} else paths.SCALED)
    factors = any(fit.hypothesis.kind == paths.SCALED and fit.size != -1 for fit in fits)
    within = {
        n
        for fit in fits
        if fit.hypothesis.kind == activations.LEFT_OUT
        for n in fit.hypothesis.nodes[1:]
    }
    kept = [
        fit
        for fit in fits
        if family(fit.hypothesis.kind) not in gone
        # an operand that is a multiple of the right one
        and not (factors and fit.hypothesis.detail == EXCHANGED)
        # a factor inside a function whose derivative is left out makes that derivative 1
        and not (fit.hypothesis.kind == paths.SCALED and within.intersection(fit.hypothesis.nodes))
    ]

    def key(fit: Fit) -> tuple[str, str, float]:
        return fit.hypothesis.kind, fit.hypothesis.detail, round(fit.size, 9)

    return [list(group) for _, group in groupby(sorted(kept, key=key), key=key)]


@dataclass(frozen=True)
class Cause:
    """One mistake: what it is in words, of what kind and size, and where in the user's source.

    `within`: where in a helper that the first of the `places` calls, if it is there.
    """

    kind: str
    sentence: str
    places: tuple[Expression, ...]
    size: float
    within: tuple[Expression, ...] = ()

    @property
    def cure(self) -> str:
        """What to do, where the sentence does not say it."""
        return CURES.get(self.kind, "")

    def __str__(self) -> str:
        """Return `file:line: source: what it is`."""
        if not self.places:
            return self.sentence
        within = "".join(f" ({place(inner)})" for inner in self.within)
        return f"{place(self.places[0])}{within}: {self.sentence}"


@dataclass(frozen=True)
class Words:
    """What it takes to put a mistake into words.

    `names` are those of the parameters, in the order of the leaves, `wrong` those that are wrong.
    `sizes` says which axes have a length.
    """

    run: Run
    steps: Sequence[Step]
    names: Sequence[str]
    wrong: Sequence[str]
    sizes: Sizes

    def causes(self, group: Sequence[Fit]) -> tuple[Cause, ...]:
        """Return the name of a class of fits: one cause, or one for each place of it."""
        fit = max(group, key=self._told)
        return tuple(
            self._cause(replace(fit, hypothesis=one))
            for one in fit.hypothesis.members or (fit.hypothesis,)
        )

    def _cause(self, fit: Fit) -> Cause:
        each = [self._place(n) for n in fit.hypothesis.nodes]
        places = tuple(dict.fromkeys(p for outer in each for p in outer[:1]))
        sentence = self._sentence(fit, places)
        if len(self.wrong) == 1 or not places:
            sentence = f"grad {', '.join(self.wrong)}: {sentence.removeprefix('its gradient is ')}"
        within = next((both[1:] for both in each if both[:1] == places[:1]), ())
        return Cause(fit.hypothesis.kind, sentence, places, fit.size, within)

    def _told(self, fit: Fit) -> tuple[bool, bool]:
        """Rank the places of one mistake: where a constant explains it, or any line."""
        nodes = fit.hypothesis.nodes
        return bool(_constant(fit.size + 1, nodes, self.run)), any(map(self._place, nodes))

    def _place(self, n: int) -> tuple[Expression, ...]:
        """Return the user's expressions that a node comes from."""
        return next((step.place for step in self.steps if n in step.nodes), ())

    def _other(self, fit: Fit, places: Sequence[Expression]) -> str:
        """Return what stands in the place of something else."""
        if fit.hypothesis.detail == LAST:
            return "its value in the last pass"
        node = self.run.nodes[fit.hypothesis.nodes[-1]]
        if node.operation == "leaf":
            return f"`{self.names[node.static[0]]}`"
        return f"`{places[-1].text}`" if len(places) > 1 else "another value"

    def _sentence(self, fit: Fit, places: Sequence[Expression]) -> str:
        """Return what the mistake is, and what to do where that is not the same."""
        kind, detail, size = fit.hypothesis.kind, fit.hypothesis.detail, fit.size
        if kind == paths.SCALED:
            return _factor(float(f"{size + 1:.9g}"), fit, self.run, self.sizes)
        other = self._other(fit, places)
        told = {
            whole_gradient.DECAY: f"{size:g} times the parameter is added, as weight decay would",
            whole_gradient.TURNED: f"it is {detail}",
            whole_gradient.ABSOLUTE: "only its absolute value is left",
            whole_gradient.CLIPPED_INSIDE: f"its gradient is clipped to ±{detail} here",
            activations.LEFT_OUT: "its derivative is missing",
            activations.AT_OUTPUT: "its derivative is taken at its output, not at its input",
            activations.ELSEWHERE: f"its derivative is taken at {other}",
            activations.TWICE: "its derivative is there twice",
            products.UPDATED: (
                f"the gradient went through weights already updated (learning rate {size:g})"
            ),
            sums.ROWS: f"in the sum that is its gradient {detail}",
            sums.SUMMED: "its gradient is summed over everything",
            sums.NOT_SUMMED: "it was broadcast here, and its gradient is not summed up again",
            sums.MAXIMUM: f"the maximum is differentiated as if it were the {detail}",
            sums.UPSTREAM: f"the gradient that arrives there is taken from {other}",
            paths.ONE_PASS: f"only the {detail} pass of the loop is counted (= for +=)",
            paths.OVERWRITTEN: "where windows overlap one overwrites the other (= for +=)",
            paths.TRUNCATED: "the way back is cut at one pass of the loop",
            loss_variants.WITHOUT: "this is the gradient of a loss without this step",
            loss_variants.COUNTED: f"this is the gradient of a loss with {detail} here",
            loss_variants.NEGATED: "this is the gradient of a loss with the other sign here",
            loss_variants.ROUNDED: "it passes through float32 here",
            loss_variants.OUTSIDE: "this is the gradient with ε added outside the root",
            products.OPERAND: {
                EXCHANGED: f"its gradient is computed with {other} in the place of an operand",
                LAST: "an operand of its gradient is that of the last pass, at every pass",
                "one step off": "an operand is that of the pass before or after: one step off",
                "left out": "an operand is left out of its gradient",
            }.get(detail, f"an operand of its gradient is {detail}"),
        }
        return told.get(kind, kind)


def _constant(factor: float, nodes: Sequence[int], run: Run) -> float | None:
    """Return the constant that a factor is, if one of the nodes multiplies or divides by it."""
    for n in nodes:
        for i in run.nodes[n].inputs if run.nodes[n].operation in SCALING else ():
            value = run.values[i]
            if not run.tracked[i] and value.size == 1 and factor:
                number = float(value.reshape(()))
                left_out = number if run.nodes[n].operation == "divide" else 1 / number
                if np.isclose(factor, left_out, rtol=1e-9):
                    return number
    return None


def _factor(factor: float, fit: Fit, run: Run, sizes: Sizes) -> str:
    """Return what a factor means."""
    if factor == 0:
        return "its gradient is cut off: nothing flows back"
    if factor == -1:
        return "the sign is flipped"
    text = f"its gradient is multiplied by {factor:.6g}"
    constant = _constant(factor, fit.hypothesis.nodes, run)
    if constant is not None:
        return f"{text}: the constant {constant:.6g} is left out of the derivative"
    reasons = []
    for number, said in ((factor, "not divided by"), (1 / factor, "divided once more by")):
        length = round(number)
        if abs(number - length) <= CLOSE * length and length in sizes:
            reasons.append(f"{said} {length}, the length of {' or '.join(sizes[length][:2])}")
    reasons += [said for number, said in USUAL.items() if abs(factor - number) <= CLOSE * number]
    return f"{text}: {', or '.join(reasons)}" if reasons else text
