"""Reference pages that a program can write: the API, the JSON schemas, supported functions."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib import resources
from typing import TYPE_CHECKING, Any

import crosscheck
from crosscheck.tracing import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Headings for the public names, by how a name begins; what is left are values and errors.
FUNCTIONS = {
    "Gradients": ("certify", "certify_layer", "certify_network", "certify_update"),
    "Other derivatives": (
        "certify_jacobian",
        "certify_jvp",
        "certify_hessian",
        "check_minimize",
        "check_least_squares",
        "check_objective",
    ),
    "Kernels": ("certify_function", "certify_custom_vjp"),
    "Books and examples": ("verify_textbook", "certify_examples", "oracle_processes"),
    "The rule": ("judge", "float32_noise"),
}
SUPPORTED = """\
A loss may call these {count} functions and methods on what depends on its parameters; anything else
is refused by name and line. On data alone it may call whatever it likes. In a clone,
`python -m crosscheck.tracing.supported` measures the gradient of each in both frameworks."""
SCHEMAS = {
    "Certificate": ("crosscheck.report", "certificate.schema.json"),
    "Report on books": ("crosscheck.textbook.report", "textbook.schema.json"),
}


def pages() -> Mapping[str, str]:
    """Return the pages by name."""
    return {write.__name__: write() for write in (api, schemas, supported)}


def sections() -> dict[str, list[str]]:
    """Return the public names under headings; every one of `crosscheck.__all__` under one."""
    found = {title: list(names) for title, names in FUNCTIONS.items()}
    placed = {name for names in found.values() for name in names} | {"__version__"}
    for name in crosscheck.__all__:
        if name not in placed:
            value = getattr(crosscheck, name)
            is_error = isinstance(value, type) and issubclass(value, Exception)
            is_value = isinstance(value, type)
            title = "Errors" if is_error else "Results" if is_value else "More functions"
            found.setdefault(title, []).append(name)
    return found


def api() -> str:
    """Return every public name with its docstring, by autodoc."""
    lines = ["# Python", "", "Everything here is imported from `crosscheck` itself.", ""]
    for title, names in sections().items():
        lines += [f"## {title}", ""]
        for name in names:
            is_class = isinstance(getattr(crosscheck, name), type)
            directive = "autoclass" if is_class else "autofunction"
            lines += ["```{eval-rst}", f".. {directive}:: crosscheck.{name}"]
            lines += ["   :members:", "   :show-inheritance:"] if is_class else []
            lines += ["```", ""]
    return "\n".join(lines)


def schemas() -> str:
    """Return the keys of both JSON documents, each with its type and what it says."""
    lines = [
        "# JSON",
        "",
        "A reader should check `schema_version`: it rises with every change that could break one.",
        "",
    ]
    for title, (package, file) in SCHEMAS.items():
        schema = json.loads((resources.files(package) / file).read_text(encoding="utf-8"))
        lines += [
            f"## {title}",
            "",
            f"`{file}` of `{package}`. {schema.get('description', '')}",
            "",
        ]
        for name, part in {"": schema, **schema.get("$defs", {})}.items():
            rows = list(_rows(part))
            if rows:
                lines += [f"### `{name}`", ""] if name else []
                lines += ["| key | type | |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _rows(schema: Mapping[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for key, value in schema.get("properties", {}).items():
        said = value.get("description", "").replace("|", "\\|").replace("\n", " ")
        optional = "" if key in required else " (optional)"
        yield f"| `{key}`{optional} | {_type(value)} | {said} |"


def _type(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        return f"`{value['$ref'].rpartition('/')[2]}`"
    if "enum" in value:
        return ", ".join(f"`{json.dumps(v, ensure_ascii=False)}`" for v in value["enum"])
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    either = value.get("anyOf") or value.get("oneOf")
    if either:
        return " or ".join(_type(one) for one in either)
    kind = value.get("type", "any")
    said = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{said} of {_type(value['items'])}" if "items" in value else said


def supported() -> str:
    """Return the functions that a traced loss may call, by module, from the registry."""
    by_module: dict[str, set[str]] = defaultdict(set)
    for name in _names():
        module, _, function = name.rpartition(".")
        by_module[module].add(function)
    count = sum(map(len, by_module.values()))
    lines = ["# Supported functions", "", SUPPORTED.format(count=count), ""]
    for module in sorted(by_module):
        names = ", ".join(f"`{name}`" for name in sorted(by_module[module], key=str.lower))
        lines += [f"## `{module}`" if module else "## Built in", "", names, ""]
    return "\n".join(lines)


def _names() -> Iterable[str]:
    return {entry.name for _, users in examples.losses().values() for entry in users}
