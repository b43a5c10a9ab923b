"""A certificate as a table, a paragraph for whatever is wrong, and one overall line."""

from __future__ import annotations

import functools
from collections import Counter
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import by_name
from crosscheck.report.console import print_paragraph, render_text, stdout
from crosscheck.report.objects import found_in_objects, without_gradient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from crosscheck.core.verdict import Judgement
    from crosscheck.results import CertificateData, Finding

ALONE = (
    "no independent framework took part: the oracle is the reverse pass of this package, beside "
    'central differences of the loss; python -m pip install "backprop-crosscheck[all]" adds two'
)
STYLES = {Verdict.AGREE: "green", Verdict.DISAGREE: "bold red", Verdict.INCONCLUSIVE: "yellow"}


def show(certificate: CertificateData, console: Console | None = None) -> None:
    """Print the certificate to the console, stdout by default."""
    console = console or stdout()
    if certificate.verdict is not Verdict.AGREE:
        # One line, however long: it is all that a summary or an annotation shows.
        first = Text(headline(certificate), style=STYLES[certificate.verdict])
        console.print(first, "\n", sep="", soft_wrap=True)
    console.print(table(certificate, console.width), soft_wrap=False)
    for paragraph in explanations(certificate):
        print_paragraph(console, paragraph)
    print_paragraph(console, summary(certificate), further=0)


def as_text(certificate: CertificateData) -> str:
    """Return what `show` prints, without colours."""
    return render_text(functools.partial(show, certificate))


def headline(certificate: CertificateData) -> str:
    """Return the most useful line: the verdict, and the mistake with its place."""
    return f"crosscheck: {heading(certificate)}: {_what(certificate)}"


def heading(certificate: CertificateData) -> str:
    """Return the verdict; `incomplete` where it is a framework alone that is missing."""
    verdicts = {finding.verdict for finding in certificate.findings} - {None}
    is_open = certificate.verdict is Verdict.INCONCLUSIVE
    if is_open and certificate.unavailable and verdicts == {Verdict.AGREE}:
        return "incomplete"
    alone = " by NumPy alone" if certificate.by_numpy_alone else ""
    return f"{certificate.verdict}{alone}"


def _what(certificate: CertificateData) -> str:
    """Return what is wrong first: a named mistake, a quantity, a printed line, a framework."""
    if certificate.diagnosis is not None:
        return certificate.diagnosis.headline
    for verdict in (Verdict.DISAGREE, Verdict.INCONCLUSIVE):
        for finding in certificate.findings:
            if finding.verdict is verdict:
                return f"{finding.quantity} of {finding.example}: {cause(finding)}".rstrip(": ")
    for finding in certificate.findings:
        if finding.published and not finding.published.reproduced:
            return f"{finding.quantity} of {finding.example}: printed line not reproduced"
    if certificate.unavailable:
        return "; ".join(certificate.unavailable.values())
    limits = (*certificate.uncovered, *certificate.untested, *without_gradient(certificate))
    return f"strict: {limits[0]}"


def cause(finding: Finding) -> str:
    """Return why a finding does not agree: its reason, or by how much it is off."""
    if finding.reason or finding.worst is None:
        return finding.reason
    judgement = finding.worst[1]
    return "; ".join(filter(None, (judgement.reason, size_of(judgement))))


def size_of(judgement: Judgement) -> str:
    """Return how large an error is, beside what rounding explains."""
    errors = [error for error in judgement.errors.values() if isfinite(error)]
    if errors and judgement.size:
        error, limit = max(errors) / judgement.size, judgement.tolerance / judgement.size
        return f"relative error {error:.2g} (rounding limit {limit:.1e})"
    return f"error {max(errors):.2g} where the oracles give zero" if errors else ""


def table(certificate: CertificateData, width: int) -> Table:
    """Return one row per example and quantity, in as many columns as fit in `width`."""
    shown = {h: cells for h, cells in columns(certificate).items() if any(map(str, cells))}
    widths = {
        header: max(map(cell_len, map(str, [header, *cells]))) for header, cells in shown.items()
    }
    for leaving in [
        (),
        ("central difference",),
        ("value",),
        certificate.oracles,
        ("printed", "resolution"),
    ]:
        shown = {header: cells for header, cells in shown.items() if header not in leaving}
        room = width - len(shown) + 1 - sum(widths[h] for h in shown if h != "value")
        least = 0 if "value" not in shown else 17 if "central difference" in shown else 8
        if room >= least:
            break
    result = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    left = {"example", "quantity", "value", "result", "printed"}
    for header in shown:
        result.add_column(
            header,
            justify="left" if header in left else "right",
            overflow="ellipsis" if header == "value" else "fold",
            no_wrap=header == "value",
            max_width=room if header == "value" else None,
        )
    for row in zip(*shown.values(), strict=True):
        result.add_row(*row)
    return result


def columns(certificate: CertificateData) -> dict[str, list[str | Text]]:
    """Return every column there is, header -> a cell per finding."""
    findings = certificate.findings
    return {
        "example": [finding.example for finding in findings],
        "quantity": [finding.quantity for finding in findings],
        "value": [_value(finding) for finding in findings],
        "result": [_verdict(finding) for finding in findings],
        **{
            oracle: [number(finding.errors.get(oracle)) for finding in findings]
            for oracle in certificate.oracles
        },
        "resolution": [_resolution(finding) for finding in findings],
        "central difference": [_difference(finding) for finding in findings],
        "printed": [_printed(finding) for finding in findings],
    }


def explanations(certificate: CertificateData) -> Iterator[Text]:
    """Yield a paragraph for everything that keeps the certificate from saying AGREE."""
    for finding in certificate.findings:
        if certificate.oracles and finding.verdict not in {None, Verdict.AGREE}:
            yield why(finding, functools.partial(_place, certificate.start))
        elif finding.verdict and finding.reason:
            yield Text(f"\n{finding.example}  {finding.quantity}: {finding.reason}")
        if finding.published and not finding.published.reproduced:
            yield Text(
                f"\n{finding.example}  {finding.quantity}  NOT REPRODUCED\n"
                f"    the document prints\n{_indented(finding.published.recorded)}\n"
                f"    the example prints\n{_indented(finding.published.printed)}",
                style=STYLES[Verdict.DISAGREE],
            )
    for name, diagnosis in certificate.diagnoses.items():
        yield Text.assemble(f"\n{name}  ", ("diagnosis", "bold"), f": {diagnosis}")
    yield from _limits(certificate)
    yield from found_in_objects(certificate)
    for reason in certificate.unavailable.values():
        yield Text(f"\n{reason}", style=STYLES[Verdict.INCONCLUSIVE])


def _limits(certificate: CertificateData) -> Iterator[Text]:
    """Yield a paragraph for everything that the certificate does not claim."""
    for title, sentences in (
        ("not covered: no point took these branches", certificate.uncovered),
        ("not tested:", certificate.untested),
        ("conventions:", certificate.conventions),
    ):
        if sentences:
            listed = "".join(f"\n    {sentence}" for sentence in sentences)
            yield Text(f"\n{title}{listed}")
    if certificate.hint != "full" and certificate.verdict is not Verdict.AGREE:
        yield Text(f"\nhint={certificate.hint!r}: what tells more of the mistake is withheld")
    if certificate.by_numpy_alone:
        yield Text(f"\n{ALONE}", style=STYLES[Verdict.INCONCLUSIVE])


def summary(certificate: CertificateData) -> Text:
    """Return the legend, and the overall line."""
    points = f"{certificate.points} sampled points (seed {certificate.seed})"
    published = [f.published for f in certificate.findings if f.published]
    text = Text("\n")
    if certificate.oracles:
        text.append(
            f"{', '.join(certificate.oracles)}: largest relative error at {certificate.start} and "
            f"{points}. resolution: the smallest relative error this check can detect."
        )
    if published:
        text.append(" printed: yes where it is printed as in the document.")
    if any(finding.difference for finding in certificate.findings):
        text.append(f"\n{_differences(certificate)}")
    verdict = certificate.verdict
    text.append(f"\n\n{heading(certificate)}", style=STYLES[verdict])
    if certificate.uncovered:
        text.append(", with uncovered branches")
    elif certificate.untested:
        text.append(", with limits")
    if certificate.unjudged:
        text.append(f", not judged: {', '.join(certificate.unjudged)}")
    text.append(f": {_counts(certificate)}")
    if certificate.domain:
        text.append(f", for {certificate.domain}")
    if published:
        lines = sum(len(p.recorded.splitlines()) for p in published)
        good = sum(len(p.recorded.splitlines()) for p in published if p.reproduced)
        text.append(f"; {good} of {lines} printed lines reproduced")
    if verdict is Verdict.AGREE:
        worst = max(f.resolution for f in certificate.findings if isfinite(f.resolution))
        text.append(f"; resolution {worst:.1e}")
    return text


def _counts(certificate: CertificateData) -> str:
    """Return what was compared with whom, and how many findings came out how."""
    counts = Counter(finding.verdict for finding in certificate.findings if finding.verdict)
    oracles = [f"{name} {_version(certificate, name)}" for name in certificate.oracles]
    against = f"against {' and '.join(oracles)}" if oracles else "no framework is installed"
    return f"{certificate.subject} {against}: " + ", ".join(
        f"{n} {verdict}" for verdict, n in sorted(counts.items())
    )


def _place(start: str, point: int) -> str:
    """Return what a point is called."""
    return f"sampled point {point}" if point else start


def why(finding: Finding, place: Callable[[int], str]) -> Text:
    """Return a paragraph on one finding: its error, the rounding limit, and the worst entry."""
    assert finding.verdict is not None  # noqa: S101 - for the type checker
    style = STYLES[finding.verdict]
    text = Text(f"\n{finding.example}  {finding.quantity}  {finding.verdict}", style=style)
    if finding.reason:
        text.append(f": {finding.reason}")
    if finding.worst is None:
        return text
    point, judgement = finding.worst
    where = place(point)
    if judgement.reason:
        text.append(f": at {where}: {judgement.reason}")
    if size := size_of(judgement):
        text.append(f": {size}")
    if judgement.entries:
        entry = (
            f"worst entry [{', '.join(map(str, judgement.worst))}] of " if judgement.worst else ""
        )
        numbers = ", ".join(f"{who} {value:.6g}" for who, value in judgement.entries.items())
        text.append(f"\n    {entry or 'worst at '}{where}: {numbers}")
    if finding.verdict is Verdict.INCONCLUSIVE and judgement.entries:
        text.append("\n    inconclusive for these inputs; try another seed")
    return text


def _differences(certificate: CertificateData) -> str:
    """Return a sentence on the central differences."""
    found = [f for f in certificate.findings if f.difference]
    beyond = [
        f"{f.example} {f.quantity}" for f in found if f.difference and not f.difference.is_explained
    ]
    step = max((f.difference.step for f in found if f.difference), default=0.0)
    worst = max((f.difference.error for f in found if f.difference), default=0.0)
    explained = f"not explained for {', '.join(beyond)}" if beyond else "each explained by its step"
    gradients = f"{len(found)} gradient{'s' * (len(found) != 1)}"
    return (
        f"Central differences, h = {step:g}: {gradients}, largest error {worst:.1e}, {explained}; "
        "reported, not judged."
    )


def _value(finding: Finding) -> str:
    """Return the hand-written value at the document's point, of a descent the last.

    Of what is only reported and has no value: what is said.
    """
    value = finding.value
    if value is None:
        return (finding.reason if finding.verdict is None else "") or "-"
    trained = finding.quantity.startswith("step ") and value.ndim > 0
    last = np.asarray(value[-1] if trained else value)
    return str(last) if last.ndim == 0 else np.array2string(last, precision=6).replace("\n", "")


def _verdict(finding: Finding) -> Text:
    """Return the verdict in its colour; what decides nothing is only reported."""
    if finding.verdict is None:
        return Text("-")
    return Text(str(finding.verdict), style=STYLES[finding.verdict])


def number(value: float | None) -> str:
    """Return a relative number, short."""
    return "-" if value is None or not isfinite(value) else "0" if value == 0 else f"{value:.1e}"


def _resolution(finding: Finding) -> str:
    """Return the resolution, and the precision if that is a lower one."""
    if finding.verdict is None:
        return "-"
    low = {j.precision for j in finding.judgements} - {"float64"}
    return " ".join([number(finding.resolution), *sorted(low)])


def _difference(finding: Finding) -> str:
    """Return the error of the central difference, and how much of it its step explains."""
    near = finding.difference
    return "" if near is None else f"{near.error:.1e} of {near.explained:.1e}"


def _printed(finding: Finding) -> Text:
    """Return whether the document's print is reproduced; nothing where it prints nothing."""
    if finding.published is None:
        return Text("")
    good = finding.published.reproduced
    return Text("yes" if good else "NO", style=STYLES[Verdict.AGREE if good else Verdict.DISAGREE])


def _indented(text: str) -> str:
    """Return the text, further in."""
    return "\n".join(f"        {line}" for line in text.splitlines())


def _version(certificate: CertificateData, oracle: str) -> str:
    """Return the version of an oracle's framework."""
    return certificate.versions[by_name(oracle).module]
