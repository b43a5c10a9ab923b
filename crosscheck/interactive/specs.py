"""What a shell can say of functions and arrays: `FILE.py:name`, JSON, .npz and .json files."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import inspect
import json
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.errors import SpecError

if TYPE_CHECKING:
    from types import ModuleType

SHAPE = re.compile(r"\d+(x\d+)*")
FORMS = (
    'inline JSON such as {"W": "4x3", "b": [0.1, 0.2]} (a string is a shape, numbers are values), '
    "an .npz or .json file, or FILE.py:name"
)


def function_at(spec: str) -> Any:
    """Return what `FILE.py:name` names; the file is run as a module of its own.

    Args:
        spec: a path and a name in it, which may have dots: `net.py:Net.loss`.

    Raises:
        SpecError: there is no such file or name, or the file raises.

    """
    file, colon, name = spec.rpartition(":")
    if not colon or not file or not name:
        msg = f"{spec!r} names no function; write FILE.py:name"
        raise SpecError(msg)
    found: Any = module_of(Path(file))
    for part in name.split("."):
        if not hasattr(found, part):
            names = [each for each in vars(found) if not each.startswith("_")]
            near = difflib.get_close_matches(part, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names) or 'nothing'}"
            msg = f"{file} has no {name}; {hint}"
            raise SpecError(msg)
        found = getattr(found, part)
    return found


def module_of(path: Path) -> ModuleType:
    """Return a file as a module, run now; files beside it can be imported by it.

    Raises:
        SpecError: there is no such file, or it raises.

    """
    if not path.is_file():
        msg = f"{path} is no file; write the path of a Python file, then a colon and a name"
        raise SpecError(msg)
    full = path.resolve()
    name = f"crosscheck_{full.stem}_{hashlib.sha256(str(full).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, full)
    if spec is None or spec.loader is None:
        msg = f"{path} is no Python file; its name ends in .py"
        raise SpecError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up
    sys.path.insert(0, str(full.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(name)
        line = _line_in(error, full)
        msg = f"{path}{f':{line}' if line else ''} raised {type(error).__name__}: {error}"
        raise SpecError(msg) from error
    finally:
        sys.path.remove(str(full.parent))
    return module


def place_of(function: Any) -> tuple[str, int]:
    """Return file and first line of a function; ("", 0) where it has none."""
    try:
        code = inspect.unwrap(function)
        return inspect.getsourcefile(code) or "", inspect.getsourcelines(code)[1]
    except (TypeError, OSError, ValueError):
        return "", 0


def arrays(spec: str, option: str, rng: np.random.Generator) -> dict[str, Any]:
    """Return name -> array, from what an option says.

    Args:
        spec: inline JSON, a file, or `FILE.py:name`: a mapping, or a function that returns one.
        option: the option's name, for messages; parameters are floats.
        rng: what a shape is filled from, with standard normal numbers.

    Raises:
        SpecError: it is none of these, or an entry is no array.

    """
    given = _read(spec, option)
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given):
        msg = (
            f"{option}: {spec!r} gives {type(given).__name__}; expected a mapping by name: {FORMS}"
        )
        raise SpecError(msg)
    return {name: _array(name, value, option, rng) for name, value in given.items()}


def _read(spec: str, option: str) -> Any:
    """Return what a spec holds: plain JSON, or arrays."""
    if spec.lstrip().startswith("{"):
        return _json(spec, f"{option}: {spec!r}")
    if spec.endswith((".npz", ".json")):
        path = Path(spec)
        if not path.is_file():
            msg = f"{option}: {spec!r} is no file; write {FORMS}"
            raise SpecError(msg)
        if spec.endswith(".json"):
            return _json(path.read_text(encoding="utf-8"), f"{option}: {spec}")
        try:
            with np.load(path, allow_pickle=False) as archive:
                return dict(archive)
        except (OSError, ValueError) as error:
            msg = f"{option}: {spec} cannot be read as .npz: {error}"
            raise SpecError(msg) from None
    if ":" in spec:
        found = function_at(spec)
        return found() if callable(found) else found
    msg = f"{option}: {spec!r} is not understood; write {FORMS}"
    raise SpecError(msg)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        msg = f"{where} is no JSON: {error}; write {FORMS}"
        raise SpecError(msg) from None


def _array(name: str, value: Any, option: str, rng: np.random.Generator) -> Any:
    """Return one entry: of a shape random numbers, of a list its values, else what it is."""
    if isinstance(value, str) and SHAPE.fullmatch(value):
        return rng.standard_normal([int(n) for n in value.split("x")])
    is_parameter = option == "--params"
    if isinstance(value, list):
        return _values(f"{option}: {name} is {value!r}", value, is_parameter=is_parameter)
    if is_parameter and isinstance(value, str | bool | None):
        msg = f'{option}: {name} is {value!r}; write a shape such as "4x3", or numbers'
        raise SpecError(msg)
    return np.float64(value) if is_parameter and isinstance(value, int) else value


def _values(what: str, value: list[Any], *, is_parameter: bool) -> Any:
    """Return a list as an array; whole numbers are no parameter, and may be meant as a shape."""
    try:
        array = np.array(value)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        msg = f"{what}; write numbers, in lists of one length"
        raise SpecError(msg)
    if is_parameter and array.dtype.kind != "f":
        shape = "x".join(map(str, array.ravel().tolist()))
        msg = f'{what}; write "{shape}" for a shape, or a decimal point for values: 1.0'
        raise SpecError(msg)
    return array


def _line_in(error: BaseException, path: Path) -> int:
    """Return the line of a file at which an error arose; 0 if it arose elsewhere."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if f.filename == str(path)), 0)
