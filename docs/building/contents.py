"""The contents of the site: what stands under what.

A page that is not there yet is passed over, and one that nobody lists stands at the end of How-to,
so that a page can be added without an entry here.
"""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1]
GENERATED = "_generated"
EXAMPLES = (
    "square",
    "chain_rule",
    "sigmoid_neuron",
    "relu_network",
    "numerical_gradient",
    "guess_number",
)
CONTENTS: dict[str, tuple[str, ...]] = {
    "index": ("tutorial", "examples", "howto", "gallery", "explanation", "reference"),
    "examples": (
        *(f"examples/{name}" for name in EXAMPLES),
        *(f"examples/ko/{name}" for name in EXAMPLES),
    ),
    "howto": (
        "functions",
        "layers",
        "objects",
        "derivatives",
        "kernels",
        "scipy",
        "pytest",
        "books",
        "pictures",
        "ci",
        "classrooms",
        "agents",
        "publishing",
    ),
    "gallery": (f"{GENERATED}/gallery/*",),
    "explanation": (
        "verdict",
        f"{GENERATED}/separation",
        "kinks",
        "how-it-runs",
        "diagnosis",
        "comparison",
        "benchmarks",
    ),
    "reference": (
        f"{GENERATED}/api",
        "command",
        f"{GENERATED}/schemas",
        f"{GENERATED}/supported",
        "troubleshooting",
        "glossary",
        f"{GENERATED}/changelog",
        f"{GENERATED}/contributing",
        "adding-an-example",
    ),
}
REST = "howto"  # where a page stands that is not listed


def pages(docs: Path = DOCS) -> list[str]:
    """Return the names of the committed pages, without their suffix."""
    found = (page.relative_to(docs).with_suffix("") for page in docs.rglob("*.md"))
    return sorted(str(page) for page in found if not page.parts[0].startswith("_"))


def children(page: str, docs: Path = DOCS) -> list[str]:
    """Return what stands under a page: names of pages, or patterns of generated ones."""
    there = set(pages(docs))
    listed = {name for names in CONTENTS.values() for name in names} | {"index"}
    rest = sorted(there - listed) if page == REST else []
    names = CONTENTS.get(page, ())
    return [name for name in names if name in there or name.startswith(GENERATED)] + rest
