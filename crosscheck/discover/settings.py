"""What is discovered, and how far: options, and `[tool.crosscheck.discover]` of a project."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosscheck.errors import CrosscheckError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MEBIBYTE = 2**20


class SettingsError(CrosscheckError, ValueError):
    """A setting that cannot be meant; names it, its value and the cure."""


@dataclass(frozen=True)
class Settings:
    """What is watched, and the bounds.

    Attributes:
        packages: names of packages and modules; what is below them is watched, too.
        calls: how many calls that differ in shapes or dtypes are kept of each derivative.
        seconds: the time limit of each derivative that is judged.
        largest: bytes of the copy of one call.
        total: bytes of all copies.
        pairs: derivative -> function, for names that the conventions do not have.
        oracles: the frameworks that judge; () for those that are there.
        skip: `module:name` of derivatives that are left out.

    """

    packages: tuple[str, ...]
    calls: int = 3
    seconds: float = 30.0
    largest: int = 8 * MEBIBYTE
    total: int = 256 * MEBIBYTE
    pairs: Mapping[str, str] = field(default_factory=dict)
    skip: tuple[str, ...] = ()
    oracles: tuple[str, ...] = ()

    def watches(self, module: str | None) -> bool:
        """Return whether a module is one of the packages, or below one."""
        return module is not None and any(
            module == package or module.startswith(f"{package}.") for package in self.packages
        )


KINDS: Mapping[str, tuple[type, ...]] = {
    "calls": (int,),
    "seconds": (int, float),
    "megabytes": (int, float),
    "total-megabytes": (int, float),
    "pairs": (dict,),
    "skip": (list,),
}


def settings(packages: tuple[str, ...], folder: Path, **options: Any) -> Settings:
    """Return the settings of a run: those of its options, else of the project, else the usual.

    Args:
        packages: what is watched.
        folder: of the project, whose pyproject.toml is read if there is one.
        **options: `calls`, `seconds`; None where nothing was said.

    Returns:
        The settings.

    Raises:
        SettingsError: an option or the table has an unknown key, or a value that cannot be meant.

    """
    found: dict[str, Any] = _table(folder / "pyproject.toml")
    for name in ("megabytes", "total-megabytes"):
        if name in found:
            target = "largest" if name == "megabytes" else "total"
            found[target] = int(found.pop(name) * MEBIBYTE)
    if "skip" in found:
        found["skip"] = tuple(found["skip"])
    said = {name: value for name, value in options.items() if value is not None}
    for name in {"calls", "seconds"} & said.keys():
        if not said[name] > 0:
            msg = f"{name} is {said[name]!r}; pass a number above 0"
            raise SettingsError(msg)
    found |= said
    return Settings(packages, **found)


def _table(file: Path) -> dict[str, Any]:
    """Return the project's table, checked; {} where there is none."""
    if not file.is_file():
        return {}
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{file.name} cannot be read: {error}"
        raise SettingsError(msg) from None
    table: dict[str, Any] = project.get("tool", {}).get("crosscheck", {}).get("discover", {})
    for name, value in table.items():
        if name not in KINDS:
            msg = f"[tool.crosscheck.discover] has {name!r}; it takes {', '.join(KINDS)}"
            raise SettingsError(msg)
        if not isinstance(value, KINDS[name]) or isinstance(value, bool):
            msg = f"[tool.crosscheck.discover] {name} is {value!r}; pass {KINDS[name][0].__name__}"
            raise SettingsError(msg)
        if isinstance(value, int | float) and not value > 0:
            msg = f"[tool.crosscheck.discover] {name} is {value!r}; pass a number above 0"
            raise SettingsError(msg)
    return dict(table)
