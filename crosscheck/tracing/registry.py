"""One registry: how each function of NumPy and SciPy is traced.

A function is one entry: its name, the kind of its rule, the rule, and an example that tests it.

    register("np.trapezoid", COMPOSED, trapezoid, lambda u: np.trapezoid(u, dx=0.5))

A function without an entry is fine where its result is no float: a mask, an index, a shape. Any
other result would lose its gradient, and is refused.
"""

from __future__ import annotations

import enum
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Example: TypeAlias = Callable[..., Any]


class Kind(enum.Enum):
    """What the rule of an entry is."""

    NODE = "rule(session, exact, *arguments) records a primitive and returns its node"
    COMPOSED = "rule(*arguments) computes the same with other functions; NumPy's values stay"
    REPLACED = "rule(*arguments) is called instead; of a method, with the array first"
    ATTRIBUTE = "rule(array) is the value of an attribute"
    MOVE = "the parameters whose elements the function moves"
    WRITE = "the parameters between which elements move; the first one is written into"
    CONSTANT = "None: the result has no gradient, or is constant between jumps"
    TEXT = "None: it makes text or a file, which can be read back"


NODE, COMPOSED, REPLACED, ATTRIBUTE = Kind.NODE, Kind.COMPOSED, Kind.REPLACED, Kind.ATTRIBUTE
MOVE, WRITE, CONSTANT, TEXT = Kind.MOVE, Kind.WRITE, Kind.CONSTANT, Kind.TEXT


@dataclass(frozen=True)
class Entry:
    """A function, and how it is traced.

    `function` may be a ufunc, a ufunc's method such as `np.add.reduce`, or what `np.ndarray` has.
    `name` is how a user's code writes it. `example` calls it with some of the inputs of
    `crosscheck.tracing.examples`, which its parameters name. `owner` has the function as an
    attribute: a module, or what a method is of.
    """

    function: Any
    name: str
    kind: Kind
    rule: Any
    example: Example
    owner: Any = None


# Modules that are imported by the user's code or not at all.
OPTIONAL = (
    "pandas",
    *(
        f"scipy.{name}"
        for name in """
            special linalg stats spatial.distance signal sparse optimize fft integrate ndimage
        """.split()
    ),
)

_entries: dict[Any, Entry] = {}
_waiting: dict[str, list[tuple[str, Kind, Any, Example]]] = {}  # by optional module
_lock = threading.Lock()


def register(names: str, kind: Kind, rule: Any, example: Example) -> None:
    """Add one entry for each of some functions; those the installed NumPy lacks are skipped.

    Args:
        names: one or more names with spaces between, such as `np.linalg.norm`.
        kind: what the rule is.
        rule: as the kind says.
        example: calls every one of the functions.

    Raises:
        ValueError: one of them has an entry already.

    """
    for name in names.split():
        module = next((m for m in OPTIONAL if name.startswith(f"{m}.")), None)
        if module is None:
            _add(name, kind, rule, example)
        else:
            _waiting.setdefault(module, []).append((name, kind, rule, example))


def register_all(module: str, kind: Kind, rules: Mapping[str, Any], example: Example) -> None:
    """Add one entry for each of some functions of a module, by name, each with its own rule."""
    for name, rule in rules.items():
        register(f"{module}.{name}", kind, rule, example)


def _add(name: str, kind: Kind, rule: Any, example: Example) -> bool:
    """Add an entry, unless there is no such function."""
    root, *path = name.split(".")
    function: Any = sys.modules["numpy" if root == "np" else root]
    owner: Any = None
    for part in path:
        owner, function = function, getattr(function, part, None)
    if function in _entries and rule is not None and _entries[function].rule is rule:
        return True  # one function by two names, in some versions
    if function in _entries:
        msg = f"{name} is registered as {_entries[function].name} already; remove one of the two"
        raise ValueError(msg)
    if function is not None:
        _entries[function] = Entry(function, name, kind, rule, example, owner)
    return function is not None


def _add_waiting() -> None:
    """Add those whose modules have been imported; another thread may be importing one."""
    with _lock:
        for module in [m for m in _waiting if m in sys.modules]:
            _waiting[module] = [one for one in _waiting[module] if not _add(*one)]
            if not _waiting[module]:
                del _waiting[module]


def find(function: Any) -> Entry | None:
    """The entry of a function, if it has one."""
    entry = _entries.get(function)
    if entry is None and any(module in sys.modules for module in _waiting):
        _add_waiting()
        entry = _entries.get(function)
    return entry


def entries() -> Iterator[Entry]:
    """Every entry; those of an optional module if it has been imported."""
    _add_waiting()
    yield from _entries.values()


def how_many() -> int:
    """The number of entries, which only grows."""
    _add_waiting()
    return len(_entries)


def qualified_name(function: Any) -> str:
    """A function as a user's code names it: `np.fft.fft`, `.tobytes of an array`."""
    name: str = function.__name__
    if hasattr(function, "__objclass__"):
        return f".{name} of an array"
    entry = find(function)
    if entry is not None:
        return entry.name
    if hasattr(getattr(function, "__self__", None), "shapes"):  # a distribution of scipy.stats
        return f"scipy.stats.{function.__self__.name}.{name}"
    module = getattr(function, "__module__", None) or _where(function)
    return public_name(module, name) if module.startswith(("numpy", "scipy")) else name


def public_name(module: str, name: str) -> str:
    """Where a library's name is public.

    >>> public_name("scipy.special._logsumexp", "logsumexp")
    'scipy.special.logsumexp'
    """
    root, *path = module.split(".")
    public = [part for part in path if not part.startswith("_")]
    return ".".join(["np" if root == "numpy" else root, *public, name])


def _where(ufunc: Any) -> str:
    """The module of a ufunc, which does not know it."""
    modules = ("numpy", "scipy.special")
    holds = (getattr(sys.modules.get(m), ufunc.__name__, None) is ufunc for m in modules)
    return next((m for m, found in zip(modules, holds, strict=True) if found), "")
