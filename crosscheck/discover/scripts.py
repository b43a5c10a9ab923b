"""Run scripts and docstring examples, so that the derivatives in them get arguments."""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import io
import pkgutil
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from crosscheck.discover.recorder import Recorder

SCAN = "__crosscheck_scan__"
BODIES = ("body", "orelse", "finalbody")
BLOCKS = (ast.Module, ast.If, ast.Try, ast.With, ast.For, ast.While)


def neighbours(folder: Path) -> list[str]:
    """Return the names of the modules and packages of a folder."""
    found = {file.stem for file in folder.glob("*.py")}
    found |= {file.parent.name for file in folder.glob("*/__init__.py")}
    return sorted(name for name in found if name.isidentifier() and name != "setup")


def run_script(path: Path, arguments: Sequence[str], recorder: Recorder) -> str:
    """Run a script as `__main__`, and watch what it defines and imports as it does so.

    Args:
        path: the script.
        arguments: its command line.
        recorder: watches.

    Returns:
        What it raised, in a line; "" if it came to its end.

    """
    module = ModuleType("__main__")
    module.__file__ = str(path)

    def scan() -> None:
        recorder.scan()
        recorder.take(module)

    vars(module)[SCAN] = scan
    with _main(module, path, arguments):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            exec(compile(scanning(tree), str(path), "exec"), vars(module))  # noqa: S102 - asked for
            docstrings(module, recorder)
        except SystemExit:
            return ""
        except Exception as error:  # noqa: BLE001 - a script may raise what it likes
            return f"{path.name}: {type(error).__name__}: {error}"
        finally:
            recorder.store_main(module)
    return ""


def scanning(tree: ast.Module) -> ast.Module:
    """Return a script that looks for new functions after each of its outer statements."""
    call = ast.parse(f"{SCAN}()").body[0]

    def put(node: Any) -> None:
        for name in BODIES:
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                for child in body:
                    if isinstance(child, BLOCKS):
                        put(child)
                setattr(node, name, list(_after_each(body, call)))

    put(tree)
    return ast.fix_missing_locations(tree)


def _after_each(body: Sequence[ast.stmt], call: ast.stmt) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_future and not is_text:
            yield ast.copy_location(ast.Expr(call.value), node)  # type: ignore[attr-defined]


def run_package(folder: Path, recorder: Recorder) -> list[str]:
    """Import a package and all modules below it, and run the examples in their docstrings.

    Args:
        folder: of the package.
        recorder: watches.

    Returns:
        What could not be imported, a line each.

    """
    failed: list[str] = []
    sys.path.insert(0, str(folder.parent))
    try:
        names = [folder.name]
        package = importlib.import_module(folder.name)
        walk = pkgutil.walk_packages(package.__path__, f"{folder.name}.", onerror=failed.append)
        names += [found.name for found in walk if not found.name.endswith("__main__")]
        for name in names:
            try:
                module = importlib.import_module(name)
            except Exception as error:  # noqa: BLE001 - a module may raise what it likes
                failed.append(f"{name}: {type(error).__name__}: {error}")
                continue
            recorder.scan()
            docstrings(module, recorder)
    finally:
        sys.path.remove(str(folder.parent))
    return failed


def docstrings(module: ModuleType, recorder: Recorder) -> None:
    """Run the examples in a module's docstrings; whether they are right is not asked."""
    recorder.scan()
    runner = doctest.DocTestRunner(verbose=False)
    with contextlib.redirect_stdout(io.StringIO()):
        for test in doctest.DocTestFinder(exclude_empty=True).find(module, module.__name__):
            runner.run(test, out=lambda _: None)


@contextlib.contextmanager
def _main(module: ModuleType, path: Path, arguments: Sequence[str]) -> Iterator[None]:
    """Let a module be `__main__` for a while, with its command line and its folder."""
    before, argv = sys.modules["__main__"], sys.argv
    sys.modules["__main__"] = module
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent))
    try:
        yield
    finally:
        sys.modules["__main__"], sys.argv = before, argv
        sys.path.remove(str(path.parent))
