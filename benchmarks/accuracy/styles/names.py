"""Whether a diagnosis states a name: one of its patterns in names.toml, or a factor.

A name "×2" or "not divided 5" is a factor: the sentence must have that number, or its reciprocal.
"""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
FACTOR = re.compile(r"(×|not divided )([\d.]+)$")
CLOSE = 1e-3  # a factor is printed with six digits, and may be written with fewer

PATTERNS: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("names.toml").read_text(encoding="utf-8")
)


def states(sentence: str, name: str) -> bool:
    """Return whether a sentence of a diagnosis states a name.

    >>> states("multiplied by 0.25: averaged, not summed, over axis 0", "averaged")
    True
    >>> states("multiplied by 5: not divided by 5", "not divided 5")
    True
    >>> states("multiplied by 3", "×2")
    False

    """
    said = sentence.lower()
    factor = FACTOR.match(name)
    if factor:
        return any(_close(float(factor[2]), number) for number in numbers(said))
    return re.search(PATTERNS[name], said) is not None


def numbers(sentence: str) -> list[float]:
    """Return the numbers of a sentence; a half that it mentions is one."""
    found = [float(one.replace("−", "-")) for one in NUMBER.findall(sentence)]
    return [*found, *([0.5] if "½" in sentence or "half" in sentence else [])]


def _close(wanted: float, number: float) -> bool:
    """Return whether a number is the wanted factor, or divides where that multiplies."""
    return any(
        math.isclose(wanted, one, rel_tol=CLOSE)
        for one in (number, 1 / number if number else math.inf)
    )
