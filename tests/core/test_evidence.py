"""What is known of a loss, and what is asked again where that decides."""

from __future__ import annotations

from typing import Any

import numpy as np

from crosscheck.core.evidence import Evidence
from crosscheck.core.types import HandWritten, Point
from crosscheck.errors import OracleUnavailableError


def test_where_an_oracle_is_gone_nothing_is_known_along_a_line() -> None:
    def gone(_: Any) -> Any:
        msg = "its process ended"
        raise OracleUnavailableError(msg)

    def rerun(at: Point, _: Any) -> HandWritten:
        return HandWritten({"grad x": 2 * at.params["x"]})

    point = Point({"x": np.ones(2)}, {})
    evidence = Evidence("f", (point,), [rerun(point, "float64")], {}, {}, {"A": gone}, rerun)
    assert evidence.closer.short_line(point, 2.0**-9) == {}
