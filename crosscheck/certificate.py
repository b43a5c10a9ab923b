"""The certificate: the results, and how they show themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict
from crosscheck.results import CertificateData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from crosscheck.certification.hints import Hint


@dataclass(frozen=True, repr=False)
class Certificate(CertificateData):
    """What was found, and what it takes to repeat it.

    `bool(certificate)` is whether it agrees, so that `assert certify(…)` means what it says.
    """

    def __bool__(self) -> bool:
        return self.verdict is Verdict.AGREE

    def assert_agrees(self) -> None:
        """Raise AssertionError unless it agrees; the message's first line is the mistake."""
        __tracebackhide__ = True  # pytest shows the test's own line
        if self.verdict is not Verdict.AGREE:
            raise AssertionError(str(self))

    def __repr__(self) -> str:
        """Return it in a line: an interactive session shows what it says, not its parts."""
        said = ", ".join(f"{f.quantity} {f.verdict}" for f in self.findings if f.verdict)
        return f"<Certificate {self.verdict} for {self.subject.rstrip(',')}: {said}>"

    def __str__(self) -> str:
        from crosscheck.report.terminal import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from crosscheck.report.html import as_html

        return as_html(self)

    def to_json(self) -> str:
        """Return the certificate as JSON text: schema in report/certificate.schema.json."""
        from crosscheck.report.json import to_json

        return to_json(self)

    def with_hint(self, hint: Hint) -> Certificate:
        """Return the certificate without what a student is not told.

        Args:
            hint: "none": which quantities agree; "kind": also the kind of the mistake; "line": also
                its line; "full": everything. What is withheld is not in the certificate any more.

        Raises:
            ValueError: `hint` is none of these.

        """
        from crosscheck.certification.hints import told

        return told(self, hint)

    def plot(self) -> Figure:
        """Return the pictures as a matplotlib figure; no display is needed.

        Of each wrong gradient a map of its relative errors, and its entries against the oracle's;
        below, error, tolerance and float32 noise of every tensor.

        Raises:
            MissingPackageError: matplotlib is not installed; the extra `plot` has it.

        Example:
            certify(loss, gradient, params).plot().savefig("certificate.png")

        """
        from crosscheck.report.pictures.figure import figure

        return figure(self.findings)
