"""Complex numbers on the way to a real loss: their parts, and Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.tracing.array import Traced
from crosscheck.tracing.registry import ATTRIBUTE, COMPOSED, MOVE, NODE, register, register_all
from crosscheck.tracing.rules.ufuncs import is_complex
from crosscheck.tracing.session import Session
from crosscheck.tracing.values import as_array, fresh, is_tracked, node_of, plain

if TYPE_CHECKING:
    import scipy.fft  # imported by the user's code or not at all


def part(name: str) -> Callable[[Traced], Any]:
    """`.real` or `.imag` of complex numbers: a copy, which cannot be written into."""

    def rule(self: Traced) -> Any:
        exact = np.array(getattr(self.primal, name))[()]
        session = self.buffer.session
        if not is_complex(self):
            return self if name == "real" else np.zeros_like(plain(self))
        if session is None or not is_tracked(self):
            result = fresh(exact)
        else:
            result = fresh(exact, session, session.node(name, node_of(self, session)))
        if isinstance(result.primal, np.ndarray):
            result.primal.flags.writeable = False
        return result

    return rule


def conjugate(session: Session, exact: Any, x: Any) -> int:
    """The conjugate; of real numbers they themselves."""
    operation = "conj" if is_complex(x) else "positive"
    return session.node(operation, node_of(x, session, exact.dtype))


def angle(z: Any, deg: bool = False) -> Any:
    """The argument of complex numbers."""
    found = np.arctan2(z.imag, z.real)
    return found * (180 / np.pi) if deg else found


def transform(name: str) -> Callable[..., int]:
    """A transform along one axis."""

    def rule(
        session: Session, exact: Any, a: Any, n: Any = None, axis: Any = -1, norm: Any = None
    ) -> int:
        default = a.shape[axis] if name != "irfft" else 2 * (a.shape[axis] - 1)
        x = a
        if name == "irfft" and not is_complex(a):
            x = a.astype(np.result_type(a, 1j))
        static = (default if n is None else int(n), int(axis), norm)
        return session.node(name, node_of(x, session), static=static)

    return rule


def of_several(name: str, last: str, axes_of: Callable[[int], Any]) -> Callable[..., Any]:
    """A transform along several axes: one after the other."""
    first = {"rfft": "fft", "irfft": "ifft"}.get(last, last)

    def rule(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
        a = as_array(a)
        chosen = list(axes_of(a.ndim) if axes is None else axes)
        lengths = [None] * len(chosen) if s is None else list(s)
        steps = [(first, k, n) for k, n in zip(chosen, lengths, strict=True)]
        steps[-1] = (last, *steps[-1][1:])
        for one, axis, n in steps[::-1] if last == "rfft" else steps:
            a = getattr(np.fft, one)(a, n, axis, norm)
        return a

    return rule


def of_scipy(name: str) -> Callable[..., Any]:
    """A transform of `scipy.fft`, with arguments that change nothing."""

    def rule(
        x: Any,
        *args: Any,
        overwrite_x: Any = False,
        workers: Any = None,
        plan: Any = None,
        **more: Any,
    ) -> Any:
        return getattr(np.fft, name)(x, *args, **more)

    return rule


def _parts(a: Any, b: Any, u: Any) -> Any:
    z = a * np.exp(1j * b) + (1 - 2j) * b
    z[0] = 1j * u[:4]
    return (
        z.real * z.imag + np.real(z * z) + np.imag(z**2) + a.real * a.imag,
        np.angle(z) * np.angle(z[1], deg=True) + np.abs(z) ** 3 + np.abs(u[:4] + 1j),
        (np.conj(z) * z.conj() * z.conjugate()).imag + np.conj(a),
        np.abs(np.vdot(z, z[::-1])) * np.abs(np.sum(z @ z.T) / np.mean(z)),
        np.abs(np.sqrt(z)) + np.log(z).imag + np.cumsum(z, 0).real,
    )


def _transforms(q: Any, k: Any, a: Any) -> Any:
    f, z = np.fft, np.fft.fft(q) * (1 + 2j)
    return (
        np.abs(z) ** 2 + np.fft.ifft(z * np.arange(7)).real,
        (f.rfft(q, norm="ortho") ** 2).real * f.rfft(q).imag + f.rfft(a, 7, axis=1)[0].real,
        f.irfft(f.rfft(q) * f.rfft(k, 7), 7) * f.irfft(f.rfft(q, 6), 7, norm="forward"),
        f.irfft(a, axis=1) + f.fft(a, 6).imag + f.ifft(a, 2, axis=0, norm="ortho").imag[0, 0],
        (f.fftshift(z) * f.ifftshift(f.ifft(q))).imag,
    )


def _planes(a: Any, T: Any) -> Any:
    f = np.fft
    return (
        np.abs(f.fft2(a)) ** 2 * f.ifft2(a * 1j).imag + f.fftn(a, (3, 4), (0, 1)).imag,
        f.fftn(T, axes=(0, 2)).imag + f.ifftn(T).real ** 2,
        f.rfft2(a)[:, :3].imag + f.rfftn(T, (2, 3, 5), (0, 1, 2))[0].real,
        f.irfft2(f.rfft2(a) ** 2, (3, 5), (0, 1)) ** 2,
        f.irfftn(f.rfftn(T)) ** 3,
    )


def _of_scipy(q: Any, a: Any) -> Any:
    f = scipy.fft
    return (
        f.fft(q).imag * f.ifft(f.fft(q, workers=1) ** 2).real + f.irfft(f.rfft(q), 7) ** 2,
        f.fft2(a).real * f.ifft2(a * 1j).imag * f.fftn(a).imag + f.ifftn(a).real,
        f.irfft2(f.rfft2(a)) * f.irfftn(f.rfftn(a)) + f.fftshift(f.ifftshift(a)),
    )


ONE_AXIS = "fft ifft rfft irfft".split()
SEVERAL = {
    f"{name}{end}": of_several(f"{name}{end}", name, axes)
    for name in ONE_AXIS
    for end, axes in (("2", lambda ndim: (-2, -1)), ("n", lambda ndim: range(ndim)))
}
register("np.ndarray.real", ATTRIBUTE, part("real"), _parts)
register("np.ndarray.imag", ATTRIBUTE, part("imag"), _parts)
register("np.conjugate", NODE, conjugate, _parts)
register_all(
    "np",
    COMPOSED,
    {"real": lambda val: val.real, "imag": lambda val: val.imag, "angle": angle},
    _parts,
)
register_all("np.fft", NODE, {name: transform(name) for name in ONE_AXIS}, _transforms)
register("np.fft.fftshift np.fft.ifftshift", MOVE, ("x",), _transforms)
register_all("np.fft", COMPOSED, SEVERAL, _planes)
register_all(
    "scipy.fft",
    COMPOSED,
    {name: of_scipy(name) for name in (*ONE_AXIS, *SEVERAL)},
    _of_scipy,
)
register("scipy.fft.fftshift scipy.fft.ifftshift", MOVE, ("x",), _of_scipy)
