"""The plan of the package: every module stands alone, and imports point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import crosscheck

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(crosscheck.__file__).parents[1]
# A bare interpreter forks once for each module: what another one imported is not there.
EACH_ALONE = """
import os, sys
for name in sys.argv[1:]:
    pid = os.fork()
    if not pid:
        __import__(name)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        print(name)
"""


def modules(root: Path = ROOT, package: str = "crosscheck") -> dict[str, Path]:
    """Return every module of a package, by its dotted name."""
    found = {}
    for path in (root / package).rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what a file imports, anywhere in it and for types alone, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def graph(known: dict[str, Path]) -> dict[str, set[str]]:
    """Return module -> the modules of the package that it imports."""
    return {
        name: {
            target
            for module, attribute in imported(path)
            if (target := f"{module}.{attribute}" if f"{module}.{attribute}" in known else module)
            in known
        }
        - {name}
        for name, path in known.items()
    }


def test_no_import_goes_in_a_circle() -> None:
    TopologicalSorter(graph(modules())).prepare()


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "a.py").write_text("import house.b")
    (tmp_path / "house" / "b.py").write_text("def late():\n    from house import a")
    with pytest.raises(CycleError):
        TopologicalSorter(graph(modules(tmp_path, "house"))).prepare()


@pytest.mark.slow
def test_every_module_can_be_imported_alone() -> None:
    names = [name for name in modules() if not name.endswith("__main__")]
    command = [sys.executable, "-c", EACH_ALONE, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "", done.stderr


def test_there_are_few_flat_modules() -> None:
    flat = {path.stem for path in (ROOT / "crosscheck").glob("*.py")} - {"__init__"}
    assert len(flat) <= 6, flat


@pytest.mark.parametrize(
    ("room", "unknown"),
    [
        ("crosscheck.core", {"torch", "jax", "crosscheck.certification", "crosscheck.tracing"}),
        ("crosscheck.results", {"crosscheck.report", "crosscheck.certificate"}),
        ("crosscheck.report", {"crosscheck.certificate", "crosscheck.textbook"}),
        ("crosscheck.ir", {"crosscheck.tracing", "crosscheck.certification"}),
        ("crosscheck.tracing", {"crosscheck.certification", "crosscheck.diagnosis"}),
        ("crosscheck.diagnosis", {"crosscheck.certification", "crosscheck.report"}),
    ],
)
def test_a_lower_room_knows_no_higher_one(room: str, unknown: set[str]) -> None:
    for name, path in modules().items():
        if name == room or name.startswith(f"{room}."):
            for module, attribute in imported(path):
                full = f"{module}.{attribute}"
                assert not any(full == no or full.startswith(f"{no}.") for no in unknown), name


def test_only_the_examples_and_the_command_know_the_reference() -> None:
    for name, path in modules().items():
        if name != "crosscheck.cli" and not name.startswith("crosscheck.examples"):
            assert all(module.partition(".")[0] != "reference" for module, _ in imported(path)), (
                name
            )


def test_the_public_names_are_listed_and_there() -> None:
    import crosscheck

    assert set(crosscheck.__all__) <= set(dir(crosscheck))
    assert all(getattr(crosscheck, name) is not None for name in crosscheck.__all__)
    assert set(crosscheck._WHERE) == set(crosscheck.__all__) - {"__version__"}  # noqa: SLF001
