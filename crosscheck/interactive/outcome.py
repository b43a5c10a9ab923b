"""What a command does with a certificate: it is shown, written to files, and announced."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crosscheck.ci.github import announce
from crosscheck.ci.problems import of_certificate
from crosscheck.ci.sarif import to_sarif
from crosscheck.report.console import stdout
from crosscheck.report.files import write
from crosscheck.report.html import page
from crosscheck.report.terminal import headline, show, summary

if TYPE_CHECKING:
    import argparse

    from crosscheck.certificate import Certificate

STDOUT = Path("-")


def shown(
    certificate: Certificate, options: argparse.Namespace, place: tuple[str, int] = ("", 0)
) -> int:
    """Show a certificate, write the files that are asked for, and return the exit status.

    Args:
        certificate: the certificate.
        options: `json`, `sarif` and `html`, paths or None, as far as the command has them.
        place: file and line of the gradient, for what has no line of its own.

    """
    wanted = {name: getattr(options, name, None) for name in ("json", "sarif", "html")}
    if wanted["json"] == STDOUT:
        print(certificate.to_json(), end="")
    else:
        show(certificate, stdout())
    problems = of_certificate(certificate, place)
    overall = summary(certificate).plain.splitlines()[-1]
    announce(problems, headline(certificate) if problems else overall)
    for name, render in (
        ("json", certificate.to_json),
        ("sarif", lambda: to_sarif(problems)),
        ("html", lambda: page(certificate)),
    ):
        path = wanted[name]
        if path is None or path == STDOUT:
            continue
        try:
            write(path, render())
        except OSError as error:
            print(f"crosscheck: --{name} {path}: {error.strerror}", file=sys.stderr)
            return 2
    return certificate.exit_status
