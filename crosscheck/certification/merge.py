"""Several certificates as one: of the derivatives that belong together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosscheck.certificate import Certificate


# What a certificate does not claim is said of all of them.
LISTED = ("uncovered", "untested", "conventions", "parameters", "unjudged")
NAMED = ("unavailable", "versions", "diagnoses", "arguments")


def merged(certificates: Sequence[Certificate], subject: str = "") -> Certificate:
    """Return one certificate with the findings of all; at least one is given."""
    first, *others = certificates
    if not others:
        return first
    joined: dict[str, Any] = {
        **{name: _listed(getattr(each, name) for each in certificates) for name in LISTED},
        **{name: _named(getattr(each, name) for each in certificates) for name in NAMED},
    }
    return replace(
        first,
        subject=subject or " and ".join(each.subject.rstrip(",") for each in certificates) + ",",
        points=max(each.points for each in certificates),
        **joined,
        findings=tuple(finding for each in certificates for finding in each.findings),
    )


def _listed(several: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return the sentences of all, each once."""
    return tuple(dict.fromkeys(sentence for one in several for sentence in one))


def _named(several: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the entries of all; of two by one name the first."""
    found: dict[str, Any] = {}
    for one in several:
        found = {**one, **found}
    return found
