"""Certify gradients that were derived by hand, with PyTorch and JAX as independent oracles.

>>> import crosscheck, reference
>>> with crosscheck.oracle_processes() as oracles:
...     certificate = crosscheck.certify_examples(reference.EXAMPLES, oracles)
>>> print(certificate.verdict)
AGREE
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate, Finding
    from crosscheck.document import certify_examples
    from crosscheck.function import certify
    from crosscheck.layer import certify_layer
    from crosscheck.processes import OracleUnavailableError, oracle_processes
    from crosscheck.textbook.reports import Verification
    from crosscheck.textbook.verify import verify_textbook
    from crosscheck.verdict import Judgement, Verdict, float32_noise, judge

__version__ = "0.1.0"

# Imported when asked for: the command's --help needs none of them, and an oracle's process few.
_WHERE = {
    "Certificate": "certificate",
    "Finding": "certificate",
    "Judgement": "verdict",
    "OracleUnavailableError": "processes",
    "Verdict": "verdict",
    "Verification": "textbook.reports",
    "certify": "function",
    "certify_examples": "document",
    "certify_layer": "layer",
    "float32_noise": "verdict",
    "judge": "verdict",
    "oracle_processes": "processes",
    "verify_textbook": "textbook.verify",
}

__all__ = [
    "Certificate",
    "Finding",
    "Judgement",
    "OracleUnavailableError",
    "Verdict",
    "Verification",
    "__version__",
    "certify",
    "certify_examples",
    "certify_layer",
    "float32_noise",
    "judge",
    "oracle_processes",
    "verify_textbook",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        msg = f"module 'crosscheck' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"crosscheck.{_WHERE[name]}"), name)
