"""A page for every mistake of the gallery: both lines, the certificate, why, a picture."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

from crosscheck.workers.executors import processes
from docs.building import separation
from docs.building.gallery import GALLERY, Mistake, call_of, mistakes
from docs.building.picture import scatter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosscheck import Cause, Certificate
    from docs.building.gallery import Array
    from docs.building.separation import Sizes

# A certificate needs the width of the contents of so short a page.
WIDE = "---\nhtml_theme.sidebar_secondary.remove: true\n---"


class WrongNameError(ValueError):
    """A program of the gallery whose certificate does not say what its page says."""


class Shown(NamedTuple):
    """The page of a mistake, and the sizes of its certificate."""

    name: str
    text: str
    sizes: Sizes


def pages() -> Mapping[str, str]:
    """Return the pages by name, each from a certificate that is made now; and the figure of all.

    Raises:
        WrongNameError: a correct program does not agree, or a mistake gets another name.

    """
    every = mistakes()
    programs = sorted({mistake.program for mistake in every})
    with processes(None) as pool:
        shown = [*pool.map(shown_of, every)]
        correct = [*pool.map(correct_sizes, programs)]
    texts = {f"gallery/{one.name}": one.text for one in shown}
    return {**texts, "separation": separation.page([*(one.sizes for one in shown), *correct])}


def correct_sizes(program: str) -> Sizes:
    """Return the sizes of the certificate of a correct program.

    Raises:
        WrongNameError: it does not agree.

    """
    source = (GALLERY / "programs" / f"{program}.py").read_text(encoding="utf-8")
    if not (certificate := call_of(source, f"{program}.py").certificate()):
        msg = f"docs/gallery/programs/{program}.py is {certificate.verdict}"
        raise WrongNameError(msg)
    return separation.sizes(certificate)


def shown_of(mistake: Mistake, **options: Any) -> Shown:
    """Return one page, and the sizes of its certificate; `options` are further arguments of it."""
    call = call_of(mistake.planted, f"{mistake.program}.py")
    certificate = call.certificate(**options)
    causes = named(mistake, certificate)
    wrong, right = call.gradients(), call_of(mistake.source, "right.py").gradients()
    fixes = dict.fromkeys(cause.fix for cause in causes if cause.fix and cause.kind == mistake.kind)
    text = "\n\n".join(
        [
            WIDE,
            f"# {mistake.kind[0].upper()}{mistake.kind[1:]}",
            mistake.why.strip(),
            "## The wrong line, and the right one",
            f"```diff\n{_difference(mistake)}\n```",
            *(f"Fix: {fix}." for fix in fixes),
            "## What the certificate says",
            f"```text\n{_explained(str(certificate))}\n```",
            *_pictures(right, wrong),
            "## The program",
            f"`{mistake.program}.py`, with the mistake:",
            f"{_marked(mistake)}",
            "",
        ]
    )
    return Shown(mistake.slug, text, separation.sizes(certificate))


def _pictures(right: Mapping[str, Array], wrong: Mapping[str, Array]) -> list[str]:
    """Return the section with a picture of each gradient that differs; nothing if none can be."""
    drawn = [scatter(f"grad {name}", right[name], wrong[name]) for name in wrong]
    figures = [f"<figure>{picture}</figure>" for picture in drawn if picture]
    said = "Each point is an entry of a gradient. Correct entries lie on the line."
    return ["## Hand-written against correct", said, *figures] if figures else []


def named(mistake: Mistake, certificate: Certificate) -> list[Cause]:
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
