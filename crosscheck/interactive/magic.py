"""`%%certify`: a notebook's cell that defines a loss and its gradient is certified when it runs."""

from __future__ import annotations

import argparse
import inspect
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError

from crosscheck.certification.gradient import certify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.certificate import Certificate

USAGE = "%%certify [--loss loss] [--gradient gradient] --params W,b [--points N] [--seed N]"


class Parser(argparse.ArgumentParser):
    """A parser that leaves the kernel running."""

    def error(self, message: str) -> NoReturn:
        """Raise, with the usage in a line."""
        msg = f"{message}; usage: {USAGE}"
        raise UsageError(msg)


def _parser() -> Parser:
    parser = Parser(prog="%%certify", add_help=False, allow_abbrev=False)
    parser.add_argument("--loss", default="loss")
    parser.add_argument("--gradient", default="gradient")
    parser.add_argument("--params", required=True)
    parser.add_argument("--points", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hint", default="full")
    return parser


def register(shell: Any) -> None:  # IPython's own functions have no types
    """Add `%%certify` to a shell.

    `%%certify --params W,b` runs its cell, and certifies the notebook's `gradient` of its `loss`
    at the values that its variables have. The parameters are named; every other argument of the
    loss is data.
    """

    def magic(line: str, cell: str) -> Certificate:
        options = _parser().parse_args(shlex.split(line))
        source = shell.transform_cell(cell)
        # Under a name that IPython knows, so that a diagnosis finds the lines.
        name = shell.compile.cache(source, shell.execution_count)
        exec(compile(source, name, "exec"), shell.user_ns)  # noqa: S102 - the reader's own cell
        return _certified(shell.user_ns, options)

    shell.register_magic_function(magic, "cell", "certify")


def _certified(names: Mapping[str, Any], options: argparse.Namespace) -> Certificate:
    """Return the certificate of a notebook's functions and variables."""
    loss, gradient = (_named(names, name) for name in (options.loss, options.gradient))
    wanted = [name for name in options.params.split(",") if name]
    params = {name: _named(names, name) for name in wanted}
    data = {name: _named(names, name) for name in _arguments(loss) if name not in params}
    how = {"points": options.points, "seed": options.seed, "hint": options.hint}
    return certify(loss, gradient, params, data, **how)


def _named(names: Mapping[str, Any], name: str) -> Any:
    """Return what the notebook calls so; raise UsageError for what it does not have."""
    if name not in names:
        msg = f"%%certify: the notebook has no {name!r}; define it, or name another: {USAGE}"
        raise UsageError(msg)
    return names[name]


def _arguments(loss: Any) -> Sequence[str]:
    """Return the arguments that a call has to pass."""
    parameters = inspect.signature(loss).parameters.values()
    kinds = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]
