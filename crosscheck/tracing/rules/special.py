"""`scipy.special`: what both frameworks have, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.errors import LostGradientError
from crosscheck.tracing.registry import COMPOSED, NODE, register, register_all
from crosscheck.tracing.rules.imported import special
from crosscheck.tracing.rules.ufuncs import primitive
from crosscheck.tracing.session import Session
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array, is_tracked, node_of, plain

if TYPE_CHECKING:
    import scipy.special  # imported by the user's code or not at all

SMALL = 0.02  # where expm1(x) / x would round worse than its series


def _primitives(names: str, example: Any) -> None:
    for name in names.split():
        register(f"scipy.special.{name}", NODE, primitive(name), example)


def shift(a: Any, axis: Any) -> Any:
    """The largest entry along an axis, or 0 where that is not finite; a constant."""
    largest = np.max(plain(a), axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(largest), largest, 0.0)


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: Any = False) -> Any:
    """Logarithm of a sum of exponentials, which `b` weights."""
    a = as_array(a)
    if b is not None:
        a, b = np.broadcast_arrays(a, as_array(b))
    largest = shift(a, axis)
    terms = np.exp(a - largest) * (1.0 if b is None else b)
    total = np.log(np.sum(terms, axis=axis, keepdims=True)) + largest
    return total if keepdims else np.squeeze(total, axis=axis)


def softmax(x: Any, axis: Any = None) -> Any:
    """Exponentials that sum up to 1."""
    powers = np.exp(x - shift(x, axis))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Logarithm of softmax."""
    below = x - shift(x, axis)
    return below - np.log(np.sum(np.exp(below), axis=axis, keepdims=True))


def gamma(x: Any) -> Any:
    """The gamma function; its sign changes only where it has poles."""
    return special.gammasgn(plain(x)) * np.exp(special.gammaln(x))


def beta(a: Any, b: Any) -> Any:
    """The beta function."""
    return gamma(a) * gamma(b) / gamma(as_array(a) + b)


def betaln(a: Any, b: Any) -> Any:
    """Logarithm of the beta function."""
    return special.gammaln(a) + special.gammaln(b) - special.gammaln(as_array(a) + b)


def exprel(x: Any) -> Any:
    """Return (eˣ − 1) / x, by its series where x is small."""
    near = np.abs(plain(x)) < SMALL
    apart = np.where(near, 1.0, x)
    series = 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6 * (1 + x / 7)))))
    return np.where(near, series, np.expm1(apart) / apart)


def boxcox(x: Any, lmbda: Any) -> Any:
    """Return (x^λ − 1) / λ; log x for λ = 0."""
    return np.log(x) * exprel(lmbda * np.log(x))


def inv_boxcox(x: Any, lmbda: Any) -> Any:
    """Return (λx + 1)^(1/λ); exp x for λ = 0."""
    product = as_array(lmbda) * x
    near = np.abs(plain(product)) < 1e-5  # noqa: PLR2004  # the series' error is its cube
    apart = np.where(near, 1.0, product)
    series = 1 - product / 2 + product**2 / 3
    return np.exp(x * np.where(near, series, np.log1p(apart) / apart))


def erfcx(x: Any) -> Any:
    """Return exp(x²) erfc(x), as erfc(x) is twice the normal distribution's tail."""
    return 2 * np.exp(x * x + special.log_ndtr(-np.sqrt(2.0) * x))


def huber(delta: Any, r: Any) -> Any:
    """A square near 0, and straight lines outside."""
    size = np.abs(r)
    return np.where(size <= plain(delta), 0.5 * as_array(r) ** 2, delta * (size - 0.5 * delta))


def polygamma(session: Session, exact: Any, n: Any, x: Any) -> int:
    """Derivatives of psi, of one constant order that is 1 or more."""
    orders = np.unique(plain(n))
    if orders.size != 1 or orders[0] < 1:
        msg = (
            f"{site()}\nscipy.special.polygamma is traced for one order n >= 1 at a time; "
            "for n = 0 use scipy.special.psi."
        )
        raise LostGradientError(msg)
    node = node_of(np.broadcast_to(x, np.shape(exact)), session, exact.dtype)
    return session.node("polygamma", node, static=(int(orders[0]),))


def incomplete(name: str) -> Any:
    """The incomplete gamma functions: PyTorch has no derivative by the first argument."""
    record = primitive(name)

    def rule(session: Session, exact: Any, a: Any, x: Any) -> int:
        if is_tracked(a):
            msg = (
                f"{site()}\nscipy.special.{name} has no gradient by its first argument; hold that "
                "constant, or hand in the loss as rebuilt={'torch': …, 'jax': …}."
            )
            raise LostGradientError(msg)
        node: int = record(session, exact, a, x)
        return node

    return rule


_primitives(
    "erf expit gammaln",
    lambda a: scipy.special.erf(a) + scipy.special.expit(a) + scipy.special.gammaln(a),
)
_primitives(
    "erfc logit psi xlogy",
    lambda a, b: (
        scipy.special.erfc(a)
        + scipy.special.logit(a)
        + scipy.special.psi(a)
        + scipy.special.xlogy(a, b)
    ),
)
_primitives("ndtr log_ndtr", lambda a: scipy.special.ndtr(a) + scipy.special.log_ndtr(a))
_primitives(
    "erfinv ndtri",
    lambda a: scipy.special.erfinv(a - 0.4) ** 2 + scipy.special.ndtri(a),
)
_primitives(
    "i0 i1 i0e i1e",
    lambda a: (
        scipy.special.i0(3 * a) * scipy.special.i1(-a)
        + scipy.special.i0e(a) * scipy.special.i1e(2 * a)
    ),
)
for _name in ("gammainc", "gammaincc"):
    register(
        f"scipy.special.{_name}",
        NODE,
        incomplete(_name),
        lambda a: scipy.special.gammainc(1.5, a) * scipy.special.gammaincc(0.5, 2 * a),
    )

register(
    "scipy.special.polygamma",
    NODE,
    polygamma,
    lambda a: scipy.special.polygamma(1, a) + 0.1 * scipy.special.polygamma([2], a + 1),
)


def _sums(a: Any, b: Any, u: Any) -> Any:
    special = scipy.special
    return (
        special.logsumexp(a, axis=1, keepdims=True) ** 2
        + special.logsumexp(u) * special.logsumexp(a, axis=0, b=b),
        special.softmax(a, axis=1) ** 2 + special.log_softmax(a, 0) ** 2,
        special.softmax(u) * special.log_softmax(u),
    )


def _gammas(a: Any, b: Any) -> Any:
    special = scipy.special
    return (
        special.gamma(a) * special.rgamma(b) + special.loggamma(a) * special.factorial(b),
        special.beta(a, b) + special.betaln(a, b) * special.poch(a, b),
        special.binom(4.5, a) * special.multigammaln(a + 1, 2),
        special.gamma(-a) * special.erfcinv(a) + special.erfcx(5 * a),
    )


def _logarithms(a: Any, b: Any) -> Any:
    special = scipy.special
    return (
        special.log1p(a) * special.expm1(a) + special.exp2(a) * special.exp10(a),
        special.cbrt(a) * special.sinc(a) + special.cosm1(a),
        special.xlog1py(a, b) + special.log_expit(a),
        special.entr(a) + special.rel_entr(a, b) * special.kl_div(a, b),
        special.huber(0.5, a) ** 2 + special.pseudo_huber(0.5, a) * special.exprel(a),
    )


def _transforms(a: Any, b: Any) -> Any:
    special = scipy.special
    return (
        special.boxcox(a, b) * special.boxcox1p(a, 0.0) + special.exprel(a / 100),
        special.inv_boxcox(a, b) * special.inv_boxcox1p(a, b) + special.inv_boxcox(a, 0.0),
    )


register_all(
    "scipy.special",
    COMPOSED,
    {
        "logsumexp": logsumexp,
        "softmax": softmax,
        "log_softmax": log_softmax,
    },
    _sums,
)
register_all(
    "scipy.special",
    COMPOSED,
    {
        "gamma": gamma,
        "rgamma": lambda x: 1 / gamma(x),
        "loggamma": lambda z: special.gammaln(z),
        "factorial": lambda n, exact=False: gamma(n + 1),
        "beta": beta,
        "betaln": betaln,
        "poch": lambda z, m: gamma(as_array(z) + m) / gamma(z),
        "binom": lambda n, k: (
            gamma(as_array(n) + 1) / gamma(as_array(k) + 1) / gamma(as_array(n) - k + 1)
        ),
        "multigammaln": lambda a, d: (
            d * (d - 1) / 4 * np.log(np.pi) + sum(special.gammaln(a - k / 2) for k in range(d))
        ),
        "erfcinv": lambda y: -special.ndtri(y / 2) / np.sqrt(2.0),
        "erfcx": erfcx,
    },
    _gammas,
)
register_all(
    "scipy.special",
    COMPOSED,
    {
        "log1p": np.log1p,
        "expm1": np.expm1,
        "exp2": np.exp2,
        "exp10": lambda x: np.power(10.0, x),
        "cbrt": np.cbrt,
        "cosm1": lambda x: -2 * np.sin(x / 2) ** 2,
        "xlog1py": lambda x, y: x * np.log1p(y),
        "log_expit": lambda x: -np.logaddexp(0.0, -x),
        "entr": lambda x: -special.xlogy(x, x),
        "rel_entr": lambda x, y: special.xlogy(x, x) - special.xlogy(x, y),
        "kl_div": lambda x, y: special.xlogy(x, x) - special.xlogy(x, y) - x + y,
        "huber": huber,
        "pseudo_huber": lambda delta, r: delta**2 * (np.sqrt(1 + (as_array(r) / delta) ** 2) - 1),
        "exprel": exprel,
    },
    _logarithms,
)
register_all(
    "scipy.special",
    COMPOSED,
    {
        "boxcox": boxcox,
        "boxcox1p": lambda x, lmbda: boxcox(1 + as_array(x), lmbda),
        "inv_boxcox": inv_boxcox,
        "inv_boxcox1p": lambda x, lmbda: inv_boxcox(x, lmbda) - 1,
    },
    _transforms,
)
