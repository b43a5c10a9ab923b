"""What the document prints, beside what the example prints: no framework is needed for that."""

from __future__ import annotations

import pytest

import reference
from crosscheck.examples.recorded_output import published
from tests.conftest import example, planted


@pytest.mark.parametrize("name", reference.NAMES)
def test_every_line_is_reproduced(name: str) -> None:
    for quantity, shown in published(example(name)).items():
        assert quantity.split()[0] in {"loss", "grad", "step", "difference"}
        assert shown.recorded
        assert shown.reproduced


def test_an_example_must_record_what_it_prints() -> None:
    with pytest.raises(ValueError, match=r"square: its docstring records no `>>> main.*-OO"):
        published(planted("square", ">>> main()\n9.0\n6.0\n", ""))
    with pytest.raises(ValueError, match="PRINTS names other lines than the 2 recorded"):
        published(planted("square", '"grad x": 1', '"grad x": 2'))
    first = ">>> 1 + 1\n2\n\n>>> main()\n"
    assert published(planted("square", ">>> main()\n", first)) == published(example("square"))
