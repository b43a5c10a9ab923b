"""What a certificate says of the user's objects: parameters, and what was not judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.results import CertificateData


def found_in_objects(certificate: CertificateData) -> Iterator[Text]:
    """Yield the parameters with the places of their gradients, and the arrays without one."""
    if certificate.parameters:
        yield Text(f"\nparameters found: {', '.join(certificate.parameters)}")
    for sentence in without_gradient(certificate):
        yield Text(f"\n{sentence}")


def without_gradient(certificate: CertificateData) -> list[str]:
    """Return the sentence on arrays that are read and got no gradient, if there are any."""
    listed = ", ".join(certificate.unjudged)
    return [f"not judged, for no gradient was found: {listed}"] if listed else []
