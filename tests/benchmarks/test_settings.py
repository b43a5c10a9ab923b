"""The table of settings: a verdict that differs, or a setting that fails, is no success."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.accuracy.settings import __main__ as settings


def computed(verdict: str = "AGREE", kernel: str = "old", bits: str = "00") -> dict[str, Any]:
    libraries = [library for _, library in settings.SETTINGS.values()]
    return {
        "verdicts": {"square: loss": verdict},
        "kernels": dict.fromkeys(libraries, kernel),
        "bits": {"NumPy": bits},
    }


@pytest.mark.parametrize(
    ("other", "status", "printed"),
    [
        (computed(), 0, "no evidence"),
        (computed(kernel="new"), 0, "yes: not old"),
        (computed(bits="01"), 0, "yes: other bits in NumPy"),
        (computed("DISAGREE"), 1, "square: loss: DISAGREE, on 1 thread AGREE"),
        ({**computed(), "verdicts": {}}, 1, "square: loss: None, on 1 thread AGREE"),
        ({"failed": "status 2: no such flag"}, 1, "no such flag"),
    ],
)
def test_the_exit_status(
    other: dict[str, Any],
    status: int,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(settings, "_run", lambda environment: other if environment else computed())
    assert settings.main() == status
    assert printed in capsys.readouterr().out
