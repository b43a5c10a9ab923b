"""Several certificates as one: of the derivatives that belong together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.certificate import Certificate


def merged(certificates: Sequence[Certificate], subject: str = "") -> Certificate:
    """Return one certificate with the findings of all; at least one is given."""
    first, *others = certificates
    if not others:
        return first
    uncovered = [sentence for each in certificates for sentence in each.uncovered]
    unavailable = {name: why for each in certificates for name, why in each.unavailable.items()}
    arguments = {path: kind for each in certificates for path, kind in each.arguments.items()}
    return replace(
        first,
        subject=subject or " and ".join(each.subject.rstrip(",") for each in certificates) + ",",
        findings=tuple(finding for each in certificates for finding in each.findings),
        diagnoses={name: found for each in certificates for name, found in each.diagnoses.items()},
        points=max(each.points for each in certificates),
        uncovered=tuple(dict.fromkeys(uncovered)),
        unavailable=unavailable,
        arguments=arguments,
        versions={name: v for each in certificates for name, v in each.versions.items()},
    )
