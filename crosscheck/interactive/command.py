"""`crosscheck certify`: a gradient in a file, certified from a shell."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosscheck.errors import CrosscheckError, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

EPILOG = """\
SPEC is inline JSON (a string such as "4x3" is a shape, numbers are values), an .npz
or .json file, or FILE.py:name, a mapping or a function that returns one:

  crosscheck certify net.py:loss net.py:gradient --params '{"W": "4x3"}' --data data.npz

exit status:
  0  AGREE
  1  DISAGREE
  2  wrong usage, or the code cannot be run
  3  INCONCLUSIVE or incomplete
  4  AGREE by NumPy alone: no framework is installed
"""


def add(
    commands: argparse._SubParsersAction[Any],
    whole: Callable[..., int],
    writable: Callable[[str], Path],
) -> None:
    """Add the command to the parser; `whole` and `writable` convert its arguments."""
    parser = commands.add_parser(
        "certify",
        help="certify one gradient: FILE.py:loss FILE.py:gradient --params SPEC",
        description="Certify a hand-written gradient of a NumPy loss.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("loss", metavar="FILE.py:loss", help="the loss, a NumPy function")
    parser.add_argument("gradient", metavar="FILE.py:gradient", help="its gradient")
    parser.add_argument("--params", required=True, metavar="SPEC", help="what is differentiated")
    parser.add_argument("--data", default="{}", metavar="SPEC", help="further arguments of both")
    parser.add_argument(
        "--points",
        type=lambda text: whole(text, 8, "fewer may miss a mistake"),
        metavar="N",
        help="how many points to sample (default 8)",
    )
    parser.add_argument(
        "--seed",
        type=lambda text: whole(text, 0, "as NumPy requires"),
        default=0,
        metavar="N",
        help="seed of the points and of the arrays given by shape (default 0)",
    )
    parser.add_argument(
        "--oracle",
        action="append",
        choices=("torch", "jax", "numpy"),
        metavar="NAME",
        help="check against this one alone: torch, jax or numpy (may be given again)",
    )
    parser.add_argument(
        "--zero",
        action="append",
        default=[],
        metavar="NAME",
        help="a parameter whose gradient may be zero everywhere (may be given again)",
    )
    parser.add_argument(
        "--hint",
        choices=("none", "kind", "line", "full"),
        default="full",
        help="how much is told of a mistake (default full)",
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="time for all of it (default: no limit)"
    )
    parser.add_argument(
        "--strict", action="store_true", help="take what no point tests for inconclusive"
    )
    parser.add_argument(
        "--json",
        type=writable,
        nargs="?",
        const=Path("-"),
        metavar="FILE",
        help="write the certificate as JSON to FILE; without FILE to stdout, in place of the table",
    )
    parser.add_argument("--html", type=writable, metavar="FILE", help="write one HTML page to FILE")
    parser.add_argument("--sarif", type=writable, metavar="FILE", help="write SARIF to FILE")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Certify the gradient, show the certificate, write the files; return the exit status."""
    import numpy as np

    from crosscheck.certification.gradient import certify
    from crosscheck.interactive.outcome import shown
    from crosscheck.interactive.specs import arrays, function_at, place_of

    loss, gradient = function_at(options.loss), function_at(options.gradient)
    rng = np.random.default_rng(options.seed)
    params, data = (arrays(getattr(options, o), f"--{o}", rng) for o in ("params", "data"))
    try:
        certificate = certify(
            loss,
            gradient,
            params,
            data,
            points=options.points,
            seed=options.seed,
            oracles=options.oracle,
            zero=options.zero,
            strict=options.strict,
            seconds=options.seconds,
            hint=options.hint,
        )
    except CrosscheckError:
        raise
    except Exception as error:
        notes = getattr(error, "__notes__", [])
        msg = "; ".join([f"{type(error).__name__}: {error}", *notes])
        raise SpecError(msg) from error
    return shown(certificate, options, place_of(gradient))
