"""The gallery of mistakes: programs that are right, and the edits that make each of them wrong.

`docs/gallery/programs/` has the programs, `docs/gallery/mistakes/` the edits, one TOML file a
family. A mistake is one edit of one program, so its page shows that difference and no other, and
both are run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import io
import linecache
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosscheck import Certificate

    Array = np.ndarray[Any, Any]

GALLERY = Path(__file__).parents[1] / "gallery"


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One edit of a program.

    Attributes:
        kind: What the diagnosis has to call it: the `kind` of a `Cause`.
        program: The file of `docs/gallery/programs/`, without its suffix.
        right: What stands there.
        wrong: What is put in its place.
        why: What goes wrong, and how it comes about.
        family: The file of `docs/gallery/mistakes/` that has it.
        also: Kinds that come to the same numbers in this program, or are beside it.

    """

    kind: str
    program: str
    right: str
    wrong: str
    why: str
    family: str
    also: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The name of its page."""
        words = self.kind.replace("ε", "epsilon").replace("-1", "minus 1").lower()
        return "-".join(re.findall("[a-z0-9]+", words))

    @property
    def source(self) -> str:
        """The correct program."""
        return (GALLERY / "programs" / f"{self.program}.py").read_text(encoding="utf-8")

    @property
    def planted(self) -> str:
        """The program with the mistake.

        Raises:
            ValueError: the program does not have what is right exactly once.

        """
        if (count := self.source.count(self.right)) != 1:
            msg = f"{self.program}.py has {self.right!r} {count} times, expected once ({self.kind})"
            raise ValueError(msg)
        return self.source.replace(self.right, self.wrong)


def mistakes() -> list[Mistake]:
    """Return the mistakes of the gallery, family after family."""
    return [
        mistake
        for family in sorted((GALLERY / "mistakes").glob("*.toml"))
        for mistake in _of(family)
    ]


def _of(family: Path) -> Iterator[Mistake]:
    for entry in tomllib.loads(family.read_text(encoding="utf-8"))["mistake"]:
        yield Mistake(**{**entry, "also": tuple(entry.get("also", ()))}, family=family.stem)


@dataclasses.dataclass(frozen=True)
class Call:
    """What a program of the gallery certifies: the arguments of its one call."""

    function: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def certificate(self, **options: Any) -> Certificate:
        """Return the certificate; `options` are further arguments, such as `oracles`."""
        import crosscheck

        made: Certificate = getattr(crosscheck, self.function)(*self.args, **self.kwargs, **options)
        return made

    def gradients(self) -> dict[str, Array]:
        """Return the hand-written gradients at the given point; a layer's for a random `dout`."""
        if self.function == "certify":
            _, gradient, *given = self.args
            values = {name: array for one in given for name, array in one.items()}
            return {name: np.asarray(g) for name, g in gradient(**values).items()}
        forward, backward, inputs = self.args
        out, cache = forward(*inputs)
        found = backward(np.random.default_rng(1).standard_normal(out.shape), cache)
        each = found if isinstance(found, tuple) else (found,)
        return dict(zip(inspect.signature(forward).parameters, map(np.asarray, each), strict=True))


def call_of(source: str, name: str) -> Call:
    """Return the call that a program makes, without making it.

    Args:
        source: The program, right or with a mistake.
        name: The name of its file: the certificate quotes its lines.

    """
    function = next(f for f in ("certify_layer", "certify") if f"import {f}\n" in source)
    calls: list[Call] = []
    given = {function: lambda *args, **kwargs: calls.append(Call(function, args, kwargs))}
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    code = compile(source.replace(f"from crosscheck import {function}\n", "\n"), name, "exec")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, {"__name__": "__main__", **given})  # noqa: S102 - our own program
    return calls[0]
