"""A certificate in Jupyter: shown once, as a table, and its text is there."""

from __future__ import annotations

import subprocess
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = [
    (
        "import numpy as np\nfrom crosscheck import certify\n"
        "def loss(w):\n    return np.sum(w**3)\n"
        "right = certify(loss, lambda w: 3 * w**2, {'w': np.ones(2)}, oracles=['torch'])\n"
        "wrong = certify(loss, lambda w: w**2, {'w': np.ones(2)}, oracles=['torch'], diagnose=0)"
    ),
    "right",
    "print(right)",
    "len(str(wrong)) > 200, str(wrong).splitlines()[0]",
    "wrong.assert_agrees()",
]


@pytest.fixture(scope="module")
def outputs() -> list[list[Any]]:
    """Run the cells in a kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    client = NotebookClient(notebook, timeout=120, allow_errors=True, kernel_name="python3")
    with client.setup_kernel(stderr=subprocess.DEVNULL):
        for place, cell in enumerate(notebook.cells):
            client.execute_cell(cell, place)
    return [cell.outputs for cell in notebook.cells]


def test_the_bare_value_is_one_table(outputs: list[list[Any]]) -> None:
    (shown,) = outputs[1]
    html = shown.data["text/html"]
    assert html.count("<table>") == 1
    assert "<pre" not in html
    assert html.count("<tr>") == 4  # a head, the loss, a gradient, side effects
    assert "resolution" in html


def test_its_text_is_there_once(outputs: list[list[Any]]) -> None:
    (printed,) = outputs[2]
    assert printed.output_type == "stream"
    assert printed.text.count("AGREE: ") == 1
    (value,) = outputs[3]
    text = "".join(value.data["text/plain"].split())  # IPython may wrap a tuple
    assert text.startswith("(True,'crosscheck:DISAGREE:")


def test_a_failing_assertion_shows_it_once(outputs: list[list[Any]]) -> None:
    (raised,) = outputs[4]
    assert raised.output_type == "error"
    assert raised.evalue.startswith("crosscheck: DISAGREE: ")
    assert raised.evalue.count("worst entry") == 1
