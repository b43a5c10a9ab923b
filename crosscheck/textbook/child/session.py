"""In the child: the book's namespace, its cells run, its claims recorded."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.textbook.child import execute, protocol, record
from crosscheck.textbook.child.instrument import Step, made_from, pinned, probed
from crosscheck.textbook.child.replay import Script, left_of
from crosscheck.textbook.child.snapshot import Snapshot
from crosscheck.textbook.claims import Claim
from crosscheck.tracing import LostGradientError

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence


class Session:
    """The run of a book."""

    def __init__(self, job: dict[str, Any], namespace: dict[str, Any]) -> None:
        """Parse all cells, and find the cell at which each claim's runs begin."""
        self.seed = job["seed"]
        self.namespace = namespace
        self.given = job["given"]
        self.applied: set[str] = set()
        self.trees: dict[int, tuple[ast.Module, str, int]] = {}
        self.broken: dict[int, str] = {}
        self.steps: dict[int, Sequence[Step]] = {}
        for cell in job["cells"]:
            self._parse(cell)
        self.claims = [Claim(**claim) for claim in job["claims"]]
        self.starts = [self._start(claim) for claim in self.claims]
        self.snapshots: dict[int, Snapshot] = {}
        self.raised: set[int] = set()
        self.computed: dict[int, Any] = {}  # what the book computed for each claim
        # plt.show() warns that Agg has no window: that is intended
        warnings.filterwarnings("ignore", message=".*non-interactive.*", category=UserWarning)

    def _parse(self, cell: dict[str, Any]) -> None:
        """Keep a cell's tree, the given values inserted; or why it cannot be parsed."""
        try:
            tree, skipped = execute.parsed(cell["source"], cell["filename"], cell["line"])
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.broken[cell["number"]] = execute.description(error)
            return
        tree, applied = pinned(tree, self.given)
        self.applied |= applied
        self.trees[cell["number"]] = (tree, cell["filename"], skipped)
        self.steps[cell["number"]] = probed(tree)[1]

    def _start(self, claim: Claim) -> int:
        """Return the cell of the last assignment of the variable before the claim's gradient."""
        for number in sorted((n for n in self.steps if n <= claim.cell), reverse=True):
            for step in self.steps[number]:
                if number == claim.cell and step.assigns(claim.left):
                    break
                if step.assigns(claim.variable) and not step.completes(claim.variable):
                    return number
        return claim.cell

    def run(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Run a cell; return its output as what JSON has."""
        number = cell["number"]
        if number in self.starts:
            self.snapshots[number] = Snapshot.of(self.namespace)
        if number in self.broken:
            return {"pieces": [("error", self.broken[number])], "raised": True, "skipped": 0}
        tree, filename, skipped = self.trees[number]
        output, raised = execute.run(execute.displaying(tree), filename, self.namespace)
        for i, claim in enumerate(self.claims):
            if claim.cell == number:
                self.computed[i] = left_of(claim, self.namespace)
        execute.close_figures()
        self.raised |= {number} if raised else set()
        return {"pieces": output.pieces, "raised": raised, "skipped": skipped}

    def record(self, number: int, run: int) -> tuple[list[dict[str, Any]], str]:
        """Return a claim's snapshots in one run as what JSON has, and why there are none."""
        claim, start = self.claims[number], self.starts[number]
        if claim.cell not in self.trees or start not in self.snapshots:
            return [], f"cell {claim.cell} was not run"
        needed = [n for n in self.trees if start <= n <= claim.cell]
        steps = [step for n in needed for step in self.steps[n]]
        # What is computed from the variable stays as it is computed: it would cut the path.
        sampled = {claim.variable} | {
            c.variable
            for c in self.claims
            if c.cell == claim.cell and not made_from(c.variable, claim.variable, steps)
        }
        subject = record.Subject(
            claim,
            Script(tuple((*_compiled(*self.trees[n][:2]), n in self.raised) for n in needed)),
            self.snapshots[start],
            self.namespace,
            sorted(sampled),
        )
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                computed = self.computed.get(number) if not run else None
                recorded = record.record(subject, run, self.seed, computed)
        except (record.ClaimError, LostGradientError) as error:
            return [], claim.readable(str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - reported beside the claim
            return [], claim.readable(execute.description(error))
        finally:
            execute.close_figures()
        return [protocol.to_wire(snapshot) for snapshot in recorded], ""


def _compiled(tree: ast.Module, filename: str) -> tuple[Any, Sequence[Step]]:
    """Return a cell's code with probes, and its statements."""
    changed, steps = probed(tree)
    return compile(changed, filename, "exec"), steps
