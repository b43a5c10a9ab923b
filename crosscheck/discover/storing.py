"""Copies of what watched functions are called with: pickled, and never larger than a limit."""

from __future__ import annotations

import io
import sys
import threading
import warnings
from collections import ChainMap
from types import CodeType
from typing import TYPE_CHECKING, Any, ClassVar

import cloudpickle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

PROTOCOL = 5
DYNAMIC = "<dynamic-code>"  # what cloudpickle puts in the place of a file
ATTRIBUTES = 32  # of an object that are looked at


class TooLargeError(ValueError):
    """A copy would be larger than the limit."""


class _Bounded(io.BytesIO):
    """Memory that refuses to grow beyond a limit: a large array is refused before it is copied."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def write(self, data: Any) -> int:
        if self.tell() + len(memoryview(data).cast("B")) > self.limit:
            msg = f"larger than {self.limit / 2**20:g} MiB"
            raise TooLargeError(msg)
        return super().write(data)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
    """Keeps the file of code that comes by value: a mistake is named by its line."""

    dispatch_table: ClassVar[Any] = ChainMap(
        {
            CodeType: lambda code: _with_file(code),  # noqa: PLW0108 - it is defined below
            # What belongs to threads of this process is made anew.
            threading.local: lambda local: (threading.local, (), dict(vars(local))),
            type(threading.Lock()): lambda _: (threading.Lock, ()),
            type(threading.RLock()): lambda _: (threading.RLock, ()),
        },
        cloudpickle.Pickler.dispatch_table,
    )


def _with_file(code: CodeType) -> Any:
    make, parts = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return make, tuple(code.co_filename if part == DYNAMIC else part for part in parts)


def stored(values: Any, limit: int, modules: Iterable[ModuleType] = ()) -> bytes:
    """Return a copy of values as bytes.

    Args:
        values: anything that can be pickled; functions that no module has come by value.
        limit: bytes.
        modules: those that another process cannot import; what they define comes by value, too.

    Returns:
        What `pickle.loads` reads.

    Raises:
        TooLargeError: it is larger than the limit.
        Exception: what pickling raises.

    """
    memory = _Bounded(limit)
    listed = [module for module in modules if module.__name__ != "__main__"]
    for module in listed:
        cloudpickle.register_pickle_by_value(module)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _Pickler(memory, PROTOCOL).dump(values)
    finally:
        for module in listed:
            cloudpickle.unregister_pickle_by_value(module)
    return memory.getvalue()


def shapes(value: Any, depth: int = 2) -> Any:
    """Return the shapes and dtypes of arrays; of anything else the type."""
    return _described(value, depth, switches=False)


def signature(value: Any, depth: int = 2) -> Any:
    """Return what tells calls apart: the shapes and dtypes of arrays, the values of switches."""
    return _described(value, depth, switches=True)


def _described(value: Any, depth: int, *, switches: bool) -> Any:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return (*shape, str(getattr(value, "dtype", "")))
    if switches and (value is None or isinstance(value, bool | str)):
        return value[:40] if isinstance(value, str) else value
    if depth and isinstance(value, list | tuple):
        return (
            type(value).__name__,
            len(value),
            *(_described(v, depth - 1, switches=switches) for v in value[:8]),
        )
    if depth and isinstance(value, dict):
        return tuple(
            (str(k), _described(v, depth - 1, switches=switches))
            for k, v in list(value.items())[:16]
        )
    return type(value).__qualname__


def state(holder: Any) -> Any:
    """Return what tells two objects of one class apart: switches, and shapes of arrays."""
    found = list(getattr(holder, "__dict__", {}).items())[:ATTRIBUTES]
    return tuple(
        (name, signature(value, 0))
        for name, value in found
        if value is None or isinstance(value, bool | str) or hasattr(value, "shape")
    )


def importable(module: ModuleType | None) -> bool:
    """Return whether another process with the same path can import a module by its name."""
    if module is None or module.__name__ == "__main__":
        return False
    file = getattr(module, "__file__", None)
    if file is None:
        return module.__spec__ is not None
    top = module.__name__.count(".") + (file.endswith("__init__.py"))
    folder = file.replace("\\", "/").rsplit("/", top + 1)[0]
    return folder in {path.replace("\\", "/").rstrip("/") for path in sys.path}
