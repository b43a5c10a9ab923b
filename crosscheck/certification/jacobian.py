"""Certify a hand-written Jacobian: a random cotangent turns it into the gradient of a loss.

The loss is Σ c·f(x), and its gradient Jᵀc. The entries of c are ±1 to ±2 and continuous, so that no
error cancels: an error E of the Jacobian is invisible only where Eᵀc is 0, which has probability 0.
Each entry is divided by the size of its row, so that a small row is judged beside a large one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crosscheck.certification.gradient import certified
from crosscheck.certification.hints import told
from crosscheck.certification.jacobian_errors import located
from crosscheck.certification.options import Options, check_functions
from crosscheck.certification.projection import projection
from crosscheck.certification.user_loss import name_of
from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import by_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.certificate import Certificate
    from crosscheck.certification.projection import Projection
    from crosscheck.results import Finding


def certify_jacobian(
    f: Callable[..., Any], jac: Callable[..., Any], x: Any, args: tuple[Any, ...] = (), **how: Any
) -> Certificate:
    """Judge a hand-written Jacobian against PyTorch and JAX, at `x` and at points around it.

    Args:
        f: plain NumPy; `f(x, *args)` returns a float array of any shape.
        jac: `jac(x, *args)` returns ∂f/∂x: an array of shape `f(x).shape + x.shape`, or of shape
            (f(x).size, x.size); a SciPy sparse matrix or array of the latter; or what has
            `rmatvec`, as SciPy's LinearOperator: Jᵀc is all that is asked of it.
        x: float array of any shape; what is differentiated.
        args: further arguments of both, which are data.
        **how: points, seed, oracles, zero, structure, sample, dtype, strict, diagnose and hint, as
            for `certify`; the parameter is called "x".

    Returns:
        The certificate of Jᵀc for a random cotangent c. Where it disagrees, the reason says which
        entry differs most, and what the Jacobian is instead: transposed, a block missing.

    Raises:
        TypeError: `f` returns no floats, `x` is none, or an option is unknown.
        ValueError: what `certify` raises.

    >>> import numpy as np
    >>> from crosscheck import certify_jacobian
    >>> bool(certify_jacobian(lambda x: x**2, lambda x: np.diag(2 * x), np.array([1.0, 2.0])))
    True

    """
    check_functions(f=f, jac=jac)
    options = Options.of(how)
    subject = f"{name_of(jac)}, the Jacobian of {name_of(f)}, times a random cotangent,"
    projected = projection(f, jac, x, args, options.seed)
    return told(certify_projection(projected, subject, options), options.hint)


def certify_projection(
    projected: Projection, subject: str, options: Options, what: str = "Jacobian"
) -> Certificate:
    """Return the certificate of a derivative by its projection; where it disagrees, located."""
    user_loss = projected.user_loss()
    try:
        certificate = certified(user_loss, subject, options)
        if certificate.verdict is not Verdict.DISAGREE or not certificate.oracles:
            return certificate
        reason = located(projected, by_name(certificate.oracles[0]).key, options.seed, what)
    finally:
        user_loss.state.restore()

    def explained(finding: Finding) -> Finding:
        wrong = finding.verdict is Verdict.DISAGREE and finding.quantity == "grad x"
        return replace(finding, reason=finding.reason or reason) if wrong else finding

    diagnoses = {} if reason else certificate.diagnoses
    named = {name: one for name, one in certificate.diagnoses.items() if one.is_named}
    findings = tuple(map(explained, certificate.findings))
    return replace(certificate, findings=findings, diagnoses=named or diagnoses)
