"""What people call a function and its derivative: pairs by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FIRST = frozenset(
    "grad grads gradient gradients der deriv derivative derivatives prime jac jacobian".split()
)
SECOND = frozenset("hess hessian deriv2 der2 prime2 derivative2 hessp".split())
# What a derivative without a name of its own belongs to.
GENERIC = (
    *"loss cost objective objective_function fun func function f value energy potential".split(),
    *"loglike loglikelihood log_likelihood logpdf log_pdf log_prob nll negloglike".split(),
    *"evaluate eval call forward activate __call__".split(),
)
LIKELIHOODS = ("loglike", "loglikelihood", "log_likelihood", "llf")
VERBS = frozenset("compute calc calculate get eval evaluate of the".split())
NUMERICAL = frozenset("numerical numeric num approx approximate fd finite check numdiff cs".split())
TESTS = frozenset(["test"])
BOTH = re.compile(
    r"(loss|cost|value|val|fun|func|f|objective|obj|nll|loglike|likelihood|error|energy|score)s?"
    r"_?(and|with)?_?(grad|gradient|jac|der|deriv|derivative|prime)s?$"
)
SUFFIXES = frozenset("lbfgs bfgs cg sgd flat packed raw".split())
FLAGS = re.compile(
    r"^(eval|return|compute|with|need|want|calc|ret)_?(the_)?"
    r"(grad|gradient|gradients|jac|jacobian|deriv|derivative|derivatives|der)s?$"
)


@dataclass(frozen=True)
class Pair:
    """A derivative in a namespace, and what it may be the derivative of.

    Attributes:
        derivative: its name.
        functions: the names of what it may belong to.
        kind: "first", "second", "layer", "both" (one function returns value and gradient), or the
            name of an argument that asks for the gradient.

    """

    derivative: str
    functions: tuple[str, ...]
    kind: str = "first"


def words(name: str) -> list[str]:
    """Return the words of a name: `computeGrad_f` -> compute, grad, f."""
    return [w.lower() for w in re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).split("_") if w]


def canonical(name: str) -> str:
    """Return a name without what says nothing: underscores, capitals, verbs."""
    if name.startswith("__"):
        return name
    said = words(name)
    return "_".join([w for w in said if w not in VERBS] or said)


def pairs(names: Collection[str], table: Mapping[str, str]) -> Iterator[Pair]:
    """Yield the pairs among the names of one namespace; `table` has derivatives of other names."""
    known: dict[str, list[str]] = {}
    for name in names:
        known.setdefault(canonical(name), []).append(name)
    for name in names:
        if name in table:
            if table[name] in names:
                second = bool(SECOND & set(words(name)))
                yield Pair(name, (table[name],), "second" if second else "first")
        elif not name.startswith("__") and not (NUMERICAL | TESTS) & set(words(name)):
            yield from _pairs(name, known)


def is_first(name: str) -> bool:
    """Return whether a name is that of a gradient, of which a Hessian may be the derivative."""
    return bool((FIRST | {"score"}) & set(words(name)))


def looks_like_one(name: str) -> bool:
    """Return whether a name is that of a derivative, whether or not its function is found."""
    said = set(words(name))
    return bool(said & (FIRST | SECOND)) and not said & (NUMERICAL | TESTS)


def _pairs(name: str, known: Mapping[str, list[str]]) -> Iterator[Pair]:
    for kind, stems in _stems(name):
        found = [n for stem in stems for n in known.get(stem, ()) if n != name]
        if found:
            yield Pair(name, tuple(dict.fromkeys(found)), kind)
            return
    said = words(name)
    while said and said[-1] in SUFFIXES:
        said.pop()
    if BOTH.search("_".join(said)):
        yield Pair(name, (name,), "both")


def _stems(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a name says: the kind of derivative, and the possible names of the function."""
    said = words(name)
    whole = canonical(name)
    if said[:1] == ["backward"] or said[-1:] == ["backward"]:
        yield "layer", (whole.replace("backward", "forward"),)
        rest = "_".join(w for w in said if w != "backward")
        yield "layer", (rest,) if rest else ()
    if whole == "score":
        yield "first", LIKELIHOODS
    if whole in {"score_obs", "scoreobs"}:
        yield "first", ("loglikeobs", "loglike_obs")
    for kind, marks in (("second", SECOND), ("first", FIRST)):
        yield from _marked(kind, said, marks)
    if said and said[-1] == "fprime":
        yield "first", ("_".join([*said[:-1], "f"]), "_".join([*said[:-1], "fun"]), "func")
    if said and said[-1] == "fprime2":
        yield "second", ("f", "fun", "func")
    if len(said) > 1 and said[0] == "d":
        yield "first", ("_".join(said[1:]),)
    if re.match(r"d[a-z]", whole):
        yield "first", (re.sub(r"_?d[a-z]+$", "", whole[1:]) or whole[1:], whole[1:])


def _marked(
    kind: str, said: list[str], marks: frozenset[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the stems of a name with a word for a derivative at its start or end."""
    said = [w for w in said if w not in VERBS]
    if kind == "second" and said[-2:] in (["hess", "prod"], ["hess", "p"]):
        said = [*said[:-2], "hessp"]
    if not said or not {said[0], said[-1]} & marks:
        return
    rest = said[:-1] if said[-1] in marks else said[1:]
    stem = "_".join(rest)
    first = [f"{stem}_{mark}".strip("_") for mark in ("deriv", "der", "prime", "derivative")]
    # The second derivative of a function that is named beside its first one.
    numbered = kind == "second" and said[-1].endswith("2")
    if numbered:
        yield "first", tuple(first)
    yield kind, (stem,) if stem else GENERIC
    if not stem and kind == "first":
        yield kind, LIKELIHOODS
