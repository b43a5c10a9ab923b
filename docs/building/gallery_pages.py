"""A page for every mistake of the gallery: both lines, what the certificate says, why, a picture."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from docs.building.gallery import Mistake, call_of, mistakes
from docs.building.picture import scatter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosscheck import Certificate


class WrongNameError(ValueError):
    """A program of the gallery whose certificate does not say what its page says."""


def pages() -> Mapping[str, str]:
    """Return the pages by name, each from a certificate that is made now.

    Raises:
        WrongNameError: a correct program does not agree, or a mistake gets another name.

    """
    every = mistakes()
    for program, source in {m.program: m.source for m in every}.items():
        if not (certificate := call_of(source, f"{program}.py").certificate()):
            msg = f"docs/gallery/programs/{program}.py is {certificate.verdict}"
            raise WrongNameError(msg)
    return {f"gallery/{mistake.slug}": page(mistake) for mistake in every}


def page(mistake: Mistake) -> str:
    """Return one page."""
    call = call_of(mistake.planted, f"{mistake.program}.py")
    certificate = call.certificate()
    causes = named(mistake, certificate)
    wrong, right = call.gradients(), call_of(mistake.source, "right.py").gradients()
    fixes = dict.fromkeys(cause.fix for cause in causes if cause.fix and cause.kind == mistake.kind)
    return "\n\n".join(
        [
            f"# {mistake.kind[0].upper()}{mistake.kind[1:]}",
            mistake.why.strip(),
            "## The wrong line, and the right one",
            f"```diff\n{_difference(mistake)}\n```",
            *(f"Fix: `{fix}`" for fix in fixes),
            "## What the certificate says",
            f"```text\n{_explained(str(certificate))}\n```",
            "## Hand-written against correct",
            "Each point is an entry of a gradient. Correct entries lie on the line.",
            *(
                f"<figure>{picture}</figure>"
                for name in wrong
                if (picture := scatter(f"grad {name}", right[name], wrong[name]))
            ),
            "## The program",
            f"`{mistake.program}.py`, with the mistake:",
            f"{_marked(mistake)}",
            "",
        ]
    )


def named(mistake: Mistake, certificate: Certificate) -> list[object]:
    """Return the causes of a certificate.

    Raises:
        WrongNameError: they are not called what the mistake is called.

    """
    diagnosis = certificate.diagnosis
    causes = [c for e in (diagnosis.explanations if diagnosis else ()) for c in e]
    if {cause.kind for cause in causes} != {mistake.kind, *mistake.also}:
        found = diagnosis.headline if diagnosis else f"no name, but {certificate.verdict}"
        msg = f"docs/gallery/mistakes/{mistake.family}.toml: {mistake.kind!r} gets {found}"
        raise WrongNameError(msg)
    return causes


def _explained(printed: str) -> str:
    """Return a printout without the legend of its table."""
    paragraphs = printed.strip().split("\n\n")
    return "\n\n".join(p for p in paragraphs if not p.startswith("PyTorch, JAX:"))


def _difference(mistake: Mistake) -> str:
    before, after = mistake.planted.splitlines(), mistake.source.splitlines()
    lines = [*difflib.unified_diff(before, after, n=0, lineterm="")][2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


def _marked(mistake: Mistake) -> str:
    correct = mistake.source.splitlines()
    lines = mistake.planted.splitlines()
    blocks = difflib.SequenceMatcher(a=correct, b=lines, autojunk=False).get_opcodes()
    changed = [str(k + 1) for tag, _, _, a, b in blocks if tag != "equal" for k in range(a, b)]
    emphasis = [f":emphasize-lines: {','.join(changed)}"] if changed else []
    return "\n".join(["```{code-block} python", *emphasis, "", *lines, "```"])
