"""Which array is whose gradient, by what people call them: `W` and `dW`, `params` and `grads`.

Two paths belong together if they differ by nothing but a name and that of its gradient. What no
convention knows is nobody's gradient: it is for the caller to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from crosscheck.objects.walk import Path

# Names of a gradient, in small letters and without underscores; {} is the name of its parameter.
FORMS = (
    "d{} grad{} {}grad g{} {}gradient gradient{} {}diff diff{} {}deriv deriv{} nabla{} {}bar "
    "{}grads grads{} {}gradients gradients{} {}derivative derivative{} dld{} ded{} djd{} dcd{} "
    "dlossd{} dcostd{} del{}"
).split()
SHORT = {"weights": "w", "weight": "w", "bias": "b", "biases": "b"}
VALUES = frozenset(["data", "value", "values", "val", "tensor", "array"])
CONTAINERS = frozenset(["params", "parameters", "param", "parameter", "theta"])
GRADIENTS = frozenset(
    ["grads", "gradients", "grad", "gradient", "diff", "deriv", "derivative", "dparams"]
)


def plain(key: Any) -> str:
    """Return a key in small letters, without underscores."""
    return str(key).replace("_", "").lower()


def is_gradient_of(key: Any, gradient: Any) -> bool:
    """Return whether one key is what people call the gradient of another.

    >>> is_gradient_of("weights", "dW"), is_gradient_of("W", "W_diff"), is_gradient_of("W", "db")
    (True, True, False)
    >>> is_gradient_of("s", "grad")
    False
    """
    name, said = plain(key), plain(gradient)
    if not isinstance(key, str) or not isinstance(gradient, str) or not name:
        return False
    names = {name, SHORT.get(name, name), name.removesuffix("s") or name}
    return any(form.format(one) == said for one in names for form in FORMS)


def _goes(key: Any, gradient: Any) -> bool:
    """Return whether a step of a path goes over into another one."""
    if is_gradient_of(key, gradient):
        return True
    return plain(key) in VALUES | CONTAINERS and plain(gradient) in GRADIENTS


def changes(parameter: Path, gradient: Path) -> int:
    """Return in how many steps a gradient's path differs from its parameter's; 0 if it is none.

    >>> changes(("layers", 1, "W"), ("layers", 1, "dW")), changes(("W",), ("grads", "dW"))
    (1, 2)
    """
    if len(parameter) == len(gradient):
        pairs = [(a, b) for a, b in zip(parameter, gradient, strict=True) if a != b]
        return len(pairs) if all(_goes(a, b) for a, b in pairs) else 0
    if len(gradient) == len(parameter) + 1:
        return max((_beyond(parameter, rest) for rest in _without(gradient, GRADIENTS)), default=0)
    if len(gradient) == len(parameter) - 1:
        return max((changes(rest, gradient) for rest in _without(parameter, CONTAINERS)), default=0)
    return 0


def _beyond(parameter: Path, rest: Path) -> int:
    """Return the changes of a path from which a container of gradients has been taken."""
    if parameter == rest:
        return 1
    further = changes(parameter, rest)
    return further and 1 + further


def _without(path: Path, words: frozenset[str]) -> Iterator[Path]:
    """Yield the path without one of its steps, if that is one of the words."""
    for i, key in enumerate(path):
        if plain(key) in words:
            yield path[:i] + path[i + 1 :]


def gradients_of(parameter: Path, written: Iterable[Path]) -> list[Path]:
    """Return the paths that are called like a parameter's gradient, the most alike ones."""
    found = {path: n for path in written if (n := changes(parameter, path))}
    fewest = min(found.values(), default=0)
    alike = [path for path, n in found.items() if n == fewest]
    # `w` and `W` may be two parameters: then case tells their gradients apart.
    exact = [path for path in alike if any(str(k) in str(path[-1]) for k in parameter[-1:])]
    return exact or alike


def shortened(paths: Iterable[Path]) -> dict[Path, str]:
    """Return a name for each path: without `params` before it and `data` behind it, if unique."""
    all_paths = list(paths)
    short = {path: _short(path) for path in all_paths}
    names = list(short.values())
    return {
        path: ".".join(map(str, short[path] if names.count(short[path]) == 1 else path))
        for path in all_paths
    }


def _short(path: Path) -> Path:
    if len(path) > 1 and plain(path[-1]) in VALUES:
        path = path[:-1]
    if len(path) > 1 and plain(path[0]) in CONTAINERS and isinstance(path[1], str):
        path = path[1:]
    return path


def named_alike(result: Mapping[Any, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return parameter -> the key of a mapping under which its gradient stands.

    The key is the parameter's name, or that of its gradient: `W1`, `dW1`; with its path or without.

    >>> named_alike({"dW1": 1.0, "dA0": 2.0}, ["W1"])
    {'W1': 'dW1'}
    """
    found: dict[str, Any] = {}
    full = list(names)
    last = [name.rpartition(".")[2] for name in full]
    for name, short in zip(full, last, strict=True):
        said = (name, short) if last.count(short) == 1 else (name,)
        exact = [key for key in result if key in said]
        called = [key for key in result if any(is_gradient_of(one, key) for one in said)]
        for key in (*exact, *called)[:1]:
            found[name] = key
    return found
