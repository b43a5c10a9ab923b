"""From the hypotheses that fit to causes: the sentence of each, and its place in the source."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crosscheck.diagnosis.factors import Factors, described, equivalent, scales
from crosscheck.diagnosis.shapes import over
from crosscheck.ir.unbroadcast import broadcast_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.backward import Run
    from crosscheck.diagnosis.factors import Lengths, Reason
    from crosscheck.diagnosis.reproduction import Fit
    from crosscheck.diagnosis.source_steps import Step
    from crosscheck.ir.recording import Expression

SCALED = "scaled"  # the kind that is a factor
SHORT = 40  # characters of source that a headline quotes


@dataclass(frozen=True)
class Cause:
    """One mistake.

    Attributes:
        kind: What the mistake is: a key that stays the same from version to version.
        sentence: What it is, in words.
        places: Where in the user's source; the first is where the mistake shows.
        size: A factor less one, a learning rate, a rate of weight decay; 1 where there is none.
        within: Where in a helper function that the first of the `places` calls, if it is there.
        fix: What to do; "" where the sentence says it.
        gradients: The parameters whose gradients it makes wrong.
        reproduces: Whether it gives those gradients, or is seen in them beside something else.

    """

    kind: str
    sentence: str
    places: tuple[Expression, ...]
    size: float
    within: tuple[Expression, ...] = ()
    fix: str = ""
    gradients: tuple[str, ...] = ()
    reproduces: bool = True

    @property
    def headline(self) -> str:
        """The place, the operation, the sentence, and the gradients that it is about."""
        where = [f"{location(p)}: {operation(p.text)}".rstrip(": ") for p in self.places[:1]]
        return ": ".join([*where, self._said()])

    def __str__(self) -> str:
        """Return `file:line: source: sentence (grad a, grad b)`."""
        inner = "".join(f" ({place(p)})" for p in self.within)
        return ": ".join([*(f"{place(p)}{inner}" for p in self.places[:1]), self._said()])

    def _said(self) -> str:
        return f"{self.sentence} ({gradients(self.gradients)})" if self.gradients else self.sentence


def gradients(names: Sequence[str]) -> str:
    """Return `grad a, grad b`."""
    return ", ".join(f"grad {name}" for name in names)


def location(expression: Expression) -> str:
    """Return `file:line`, the file relative to the working directory where it is below that."""
    path = Path(expression.file)
    here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return f"{here}:{expression.line}"


def place(expression: Expression) -> str:
    """Return `file:line: source`."""
    return f"{location(expression)}: {expression.text}".rstrip(": ")


def operation(text: str) -> str:
    """Return the function that an expression calls; of any other expression its source, short."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        tree = None
    if isinstance(tree, ast.Call):
        text = ast.get_source_segment(text, tree.func) or text
    flat = " ".join(text.split())
    return flat if len(flat) <= SHORT else f"{flat[: SHORT - 1]}…"


@dataclass(frozen=True)
class Context:
    """What it takes to put a mistake into words.

    `names` are those of the parameters, in the order of the leaves. `lengths` says which axes have
    a length.
    """

    run: Run
    steps: Sequence[Step]
    names: Sequence[str]
    lengths: Lengths

    def causes(self, fits: Sequence[Fit], leaves: Sequence[int]) -> tuple[Cause, ...]:
        """Return one mistake as a cause, or as one for each of the places it is made at.

        `fits` describe it at several places. `leaves` are those whose gradients it explains.
        """
        fit = max(fits, key=self._rank)
        nodes = tuple(dict.fromkeys(n for other in fits for n in other.hypothesis.nodes))
        explaining: Sequence[int] = ()
        if fit.hypothesis.kind.name == SCALED:
            explaining, fit = self._at_its_operation(fit, nodes, leaves)
        return tuple(
            self._cause(replace(fit, hypothesis=one), explaining, nodes, leaves)
            for one in fit.hypothesis.members or (fit.hypothesis,)
        )

    def _cause(
        self, fit: Fit, explaining: Sequence[int], nodes: Sequence[int], leaves: Sequence[int]
    ) -> Cause:
        each = [self.place_of(n) for n in fit.hypothesis.nodes]
        places = tuple(dict.fromkeys(p for outer in each for p in outer[:1]))
        facts = Facts(self, fit, places, nodes, leaves)
        kind = fit.hypothesis.kind
        inner = [both[1:] for both in each if both[:1] == places[:1]]
        within = dict.fromkeys(p for some in inner[: max(len(explaining), 1)] for p in some)
        return Cause(
            kind.name,
            kind.sentence.format_map(facts),
            places,
            fit.size,
            tuple(within),
            kind.fix.format_map(facts),
            self._gradients(fit, leaves),
        )

    def _rank(self, fit: Fit) -> bool:
        """Rank the descriptions of one mistake: one that has a line is better."""
        return any(map(self.place_of, fit.hypothesis.nodes))

    def _at_its_operation(
        self, fit: Fit, nodes: Sequence[int], leaves: Sequence[int]
    ) -> tuple[Sequence[int], Fit]:
        """Return a factor at the operation that has one, of all at which it would do.

        And the nodes that are the reason for it.
        """
        factor = fit.size + 1
        reasons = self.reasons(factor, nodes, leaves)
        here = [reason for reason in reasons if not {*reason.nodes}.isdisjoint(nodes)]
        explaining = [n for reason in here for n in reason.nodes]
        own = [n for n in fit.hypothesis.nodes if self.place_of(n)] or [*fit.hypothesis.nodes]
        if factor and not explaining:
            scaling = [n for n in nodes if self.place_of(n) and scales(self.run, n)]
            own = [*scaling[-1:], *own]
        links = tuple(dict.fromkeys((*explaining, *own)))
        return explaining, replace(fit, hypothesis=replace(fit.hypothesis, nodes=links))

    def reasons(self, factor: float, nodes: Sequence[int], leaves: Sequence[int]) -> list[Reason]:
        """Return the reasons for a factor at any of some nodes."""
        factors = Factors(self.run, self.lengths, self.names, self.text_of)
        return factors.reasons(factor, nodes, leaves)

    @cached_property
    def results(self) -> frozenset[int]:
        """The nodes whose values are those of the expressions that they come from."""
        last = {step.place: step for step in self.steps}
        return frozenset(n for step in last.values() for n in step.nodes)

    def place_of(self, n: int) -> tuple[Expression, ...]:
        """Return the user's expressions that a node comes from."""
        return next((step.place for step in self.steps if n in step.nodes), ())

    def text_of(self, n: int) -> str | None:
        """Return a node's function, or its source; None if it is not the user's."""
        place = self.place_of(n)
        return operation(place[-1].text) if place else None

    def _gradients(self, fit: Fit, leaves: Sequence[int]) -> tuple[str, ...]:
        reached = self.run.reached(fit.change)
        return tuple(self.names[k] for k in leaves if fit.mutates or k in reached)


@dataclass(frozen=True)
class Facts:
    """What a kind's sentence may name, by the name of the property; computed when it does."""

    context: Context
    fit: Fit
    places: Sequence[Expression]
    nodes: Sequence[int]
    leaves: Sequence[int]

    def __getitem__(self, name: str) -> object:
        """Return a property by its name."""
        return getattr(self, name)

    @property
    def detail(self) -> str:
        """The hypothesis's own."""
        return self.fit.hypothesis.detail

    @property
    def size(self) -> float:
        """The size that was fitted."""
        return self.fit.size

    @property
    def operation(self) -> str:
        """The primitive at the mistake's first node."""
        return self.context.run.nodes[self.fit.hypothesis.nodes[0]].operation

    @property
    def other(self) -> str:
        """The value that is used instead of the correct one."""
        n = self.fit.hypothesis.nodes[-1]
        node = self.context.run.nodes[n]
        if node.operation == "leaf":
            return f"`{self.context.names[node.static[0]]}`"
        is_known = len(self.places) > 1 and n in self.context.results
        return f"`{self.places[-1].text}`" if is_known else "another value"

    @property
    def factor(self) -> str:
        """A factor, and what it means at any of the places of this mistake."""
        factor = float(f"{self.fit.size + 1:.9g}")
        run, lengths = self.context.run, self.context.lengths
        reasons = self.context.reasons(factor, self.nodes, self.leaves)
        others = equivalent(factor, self.nodes, run, lengths) if factor else []
        return described(factor, reasons, others, self.nodes)

    @cached_property
    def _broadcast(self) -> tuple[tuple[int, ...], bool]:
        """The axes of the first broadcast at this place, and whether the input had them."""
        run, n = self.context.run, self.fit.hypothesis.nodes[0]
        shape = run.values[n].shape
        inputs = [run.values[i].shape for i in run.nodes[n].inputs if run.tracked[i]]
        own = next(s for s in inputs if s != shape)
        return broadcast_axes(own, shape), len(own) == len(shape)

    @property
    def over(self) -> str:
        """The broadcast axes: `axis 0`, `axes 0 and 2`."""
        return over(self._broadcast[0])

    @property
    def axes(self) -> str:
        """The broadcast axes as arguments of np.sum."""
        axes, keeps = self._broadcast
        value = axes if len(axes) > 1 else axes[0]
        return f"axis={value}{', keepdims=True' if keeps else ''}"
