"""Every kind of the diagnosis has its example, or a reason for none; examples get their names."""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from crosscheck.diagnosis import hypotheses
from crosscheck.diagnosis.hypotheses.base import Kind
from docs.building.gallery import GALLERY, Mistake, call_of, mistakes
from docs.building.gallery_pages import WrongNameError, named, shown_of
from tests.diagnosis.asking import diagnosed, layer_diagnosed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.diagnosis import Diagnosis

EVERY = mistakes()
PROGRAMS = {mistake.program: mistake.source for mistake in EVERY}
WITHOUT = tomllib.loads((GALLERY / "without.toml").read_text(encoding="utf-8"))
OF_A_SHAPE = {
    "reshaped"
}  # kinds that crosscheck.diagnosis.shapes has beside those of the catalogue


def kinds() -> set[str]:
    """Return the names of all kinds of the catalogue."""
    modules = (m.name for m in pkgutil.iter_modules(hypotheses.__path__))
    each = (importlib.import_module(f"{hypotheses.__name__}.{name}") for name in modules)
    return {kind.name for module in each for value in vars(module).values() for kind in of(value)}


def of(value: object) -> Iterator[Kind]:
    """Yield the kinds that a value is, or is made of."""
    if isinstance(value, Kind):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset, dict)):
        for one in value:
            yield from of(one)


def diagnosis_of(source: str, program: str) -> Diagnosis | None:
    """Return the diagnosis of a program, by the recorded loss alone; None of a correct layer."""
    call = call_of(source, f"{program}.py")
    if call.function == "certify":
        loss, gradient, *given = call.args
        return diagnosed(loss, gradient, *given)
    forward, backward, inputs = call.args
    return layer_diagnosed(forward, backward, inputs)


def test_every_kind_has_an_example_or_a_reason() -> None:
    shown = [mistake.kind for mistake in EVERY]
    assert len(shown) == len(set(shown))
    assert kinds() | OF_A_SHAPE == {*shown, *WITHOUT}
    assert not {*shown} & {*WITHOUT}
    assert all(WITHOUT.values())
    assert len({mistake.slug for mistake in EVERY}) == len(EVERY)


def test_every_program_is_one_that_a_mistake_is_planted_in() -> None:
    assert {file.stem for file in (GALLERY / "programs").glob("*.py")} == set(PROGRAMS)


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_program_is_correct(program: str) -> None:
    call = call_of(PROGRAMS[program], f"{program}.py")
    if call.function == "certify":
        assert call.certificate(oracles=("numpy",))
    else:
        assert diagnosis_of(PROGRAMS[program], program) is None


@pytest.mark.parametrize("mistake", EVERY, ids=lambda m: m.slug)
def test_a_mistake_gets_its_name(mistake: Mistake) -> None:
    found = diagnosis_of(mistake.planted, mistake.program)
    assert found is not None
    assert {c.kind for e in found.explanations for c in e} == {mistake.kind, *mistake.also}
    assert found.is_named or mistake.also


def test_a_page_shows_both_lines_and_what_the_certificate_says() -> None:
    (mistake,) = (m for m in EVERY if m.kind == "derivative left out")
    _, text, sizes = shown_of(mistake, oracles=("numpy",))
    assert min(sizes.wrong) > 1e-3 > max(sizes.tolerance)
    assert "-    dz = da\n+    dz = da * (1 - a**2)\n" in text
    assert "network.py:8: np.tanh(z): derivative missing" in text
    assert ":emphasize-lines: 20" in text
    assert text.count("<svg") == 2  # grad W1 and grad b1


def test_a_mistake_with_another_name_fails_the_build() -> None:
    mistake = EVERY[0]
    other = Mistake("other", mistake.program, mistake.right, mistake.wrong, "", "family")
    certificate = call_of(other.planted, "x.py").certificate(oracles=("numpy",))
    with pytest.raises(WrongNameError, match=r"family.toml: 'other' gets x.py:8"):
        named(other, certificate)
    right = call_of(other.source, "x.py").certificate(oracles=("numpy",))
    with pytest.raises(WrongNameError, match="no name, but AGREE"):
        named(other, right)


def test_an_edit_that_fits_nowhere_is_an_error() -> None:
    mistake: Any = Mistake("k", "network", "no such text", "", "", "family")
    with pytest.raises(ValueError, match="has 'no such text' 0 times"):
        _ = mistake.planted
