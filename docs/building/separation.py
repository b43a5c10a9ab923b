"""The figure of rounding and mistakes: all that the certificates of the gallery measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from docs.building.picture import histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosscheck import Certificate

SMALLEST = 1e-18  # an error of zero has no logarithm
TITLE = "Relative sizes of gradients at every point of the gallery"


class Sizes(NamedTuple):
    """Sizes at each point, relative to the gradient.

    `noise`: float32 rounding. `rounding`: the error of what agrees. `tolerance`: the largest error
    that is taken for rounding. `wrong`: the error of what disagrees.
    """

    noise: tuple[float, ...]
    rounding: tuple[float, ...]
    tolerance: tuple[float, ...]
    wrong: tuple[float, ...]


def sizes(certificate: Certificate) -> Sizes:
    """Return the sizes of every judgement of a certificate that decided."""
    judged = [
        (j.verdict, max(j.errors.values()) / j.size, j.noise / j.size, j.tolerance / j.size)
        for finding in certificate.findings
        if finding.quantity.startswith("grad")
        for j in finding.judgements
        if j.size > 0 and j.verdict != "INCONCLUSIVE"
    ]
    return Sizes(
        noise=tuple(noise for _, _, noise, _ in judged),
        rounding=tuple(max(e, SMALLEST) for verdict, e, _, _ in judged if verdict == "AGREE"),
        tolerance=tuple(tolerance for _, _, _, tolerance in judged),
        wrong=tuple(e for verdict, e, _, _ in judged if verdict == "DISAGREE"),
    )


def page(measured: Iterable[Sizes]) -> str:
    """Return the page with the figure, and with its numbers in words."""
    noise, rounding, tolerance, wrong = (
        [size for one in group for size in one] for group in zip(*measured, strict=True)
    )
    figure = histogram(
        TITLE,
        [
            (f"float64 error of {len(rounding):,} correct gradients", "rounding", rounding),
            ("tolerance", "tolerance", tolerance),
            ("float32 rounding", "noise", noise),
            (f"error of {len(wrong):,} incorrect gradients", "wrong", wrong),
        ],
    )
    return f"""# Rounding and mistakes

Every program of the [gallery](../gallery.md) was certified while this page was built: each correct,
and with each of its mistakes, at the given point and at those around it. The figure has all
gradients of all these points:

<figure>{figure}</figure>

* Correct gradients differ from the oracles by rounding in float64, at most by
  {max(rounding):.0e} of their size. Those that do not differ at all stand at the left edge.
* In float32 the oracles differ from their own float64 results by
  {min(noise):.0e} to {max(noise):.0e}. That is measured, for every gradient at every point.
* The tolerance is that, reduced by a factor of 23,000:
  {min(tolerance):.0e} to {max(tolerance):.0e}. It lies in the gap, with a margin on both sides.
  Nothing in it is tuned: [the verdict](../verdict.md) derives it.
* Mistakes do not shrink with the precision. The smallest error of the gallery at any point is
  {min(wrong):.0e}, the largest {max(wrong):.0e}.

A gradient that loses digits on its way has more noise, and a larger tolerance with it. That is why
one number cannot serve all gradients: it would be too strict for some, and miss mistakes in others.
"""
