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

from crosscheck.core.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from crosscheck.certificate import Certificate
    from crosscheck.certification.gradient import certify
    from crosscheck.certification.hessian import certify_hessian
    from crosscheck.certification.jacobian import certify_jacobian
    from crosscheck.certification.jvp import certify_jvp
    from crosscheck.certification.kernels.certify import certify_custom_vjp, certify_function
    from crosscheck.certification.layer import certify_layer
    from crosscheck.certification.network import certify_network
    from crosscheck.certification.objective import check_objective
    from crosscheck.certification.optimize import check_least_squares, check_minimize
    from crosscheck.certification.update import certify_update
    from crosscheck.core.verdict import Judgement, Verdict, float32_noise, judge
    from crosscheck.diagnosis.diagnosis import Diagnosis
    from crosscheck.diagnosis.wording import Cause
    from crosscheck.errors import (
        BookError,
        CrosscheckError,
        DomainError,
        LostGradientError,
        MissingPackageError,
        NotGenericError,
        OracleUnavailableError,
        SpecError,
        TracingError,
        UnreachableError,
    )
    from crosscheck.examples.certify import certify_examples
    from crosscheck.examples.oracle_process import oracle_processes
    from crosscheck.results import Difference, Finding, Published
    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.results import BookReport, CellReport
    from crosscheck.textbook.runner import Limits
    from crosscheck.textbook.verification import Verification
    from crosscheck.textbook.verify import verify_textbook

# Imported when asked for: the command's --help needs none of them, and an oracle's process few.
_WHERE = {
    "BookError": "errors",
    "BookReport": "textbook.results",
    "Cause": "diagnosis.wording",
    "CellReport": "textbook.results",
    "Certificate": "certificate",
    "Certified": "textbook.check_claim",
    "CrosscheckError": "errors",
    "DomainError": "errors",
    "Diagnosis": "diagnosis.diagnosis",
    "Difference": "results",
    "Finding": "results",
    "Judgement": "core.verdict",
    "Limits": "textbook.runner",
    "LostGradientError": "errors",
    "MissingPackageError": "errors",
    "NotGenericError": "errors",
    "OracleUnavailableError": "errors",
    "Published": "results",
    "SpecError": "errors",
    "TracingError": "errors",
    "UnreachableError": "errors",
    "Verdict": "core.verdict",
    "Verification": "textbook.verification",
    "certify": "certification.gradient",
    "certify_examples": "examples.certify",
    "certify_jacobian": "certification.jacobian",
    "certify_hessian": "certification.hessian",
    "certify_jvp": "certification.jvp",
    "certify_custom_vjp": "certification.kernels.certify",
    "certify_function": "certification.kernels.certify",
    "certify_layer": "certification.layer",
    "check_least_squares": "certification.optimize",
    "check_minimize": "certification.optimize",
    "check_objective": "certification.objective",
    "certify_network": "certification.network",
    "certify_update": "certification.update",
    "float32_noise": "core.verdict",
    "judge": "core.verdict",
    "oracle_processes": "examples.oracle_process",
    "verify_textbook": "textbook.verify",
}

__all__ = [
    "BookError",
    "BookReport",
    "Cause",
    "CellReport",
    "Certificate",
    "Certified",
    "CrosscheckError",
    "Diagnosis",
    "Difference",
    "DomainError",
    "Finding",
    "Judgement",
    "Limits",
    "LostGradientError",
    "MissingPackageError",
    "NotGenericError",
    "OracleUnavailableError",
    "Published",
    "SpecError",
    "TracingError",
    "UnreachableError",
    "Verdict",
    "Verification",
    "__version__",
    "certify",
    "certify_custom_vjp",
    "certify_examples",
    "certify_function",
    "certify_hessian",
    "certify_jacobian",
    "certify_jvp",
    "certify_layer",
    "certify_network",
    "certify_update",
    "check_least_squares",
    "check_minimize",
    "check_objective",
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


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add `%%certify` to a notebook: what `%load_ext crosscheck` calls."""
    import_module("crosscheck.interactive.magic").register(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
