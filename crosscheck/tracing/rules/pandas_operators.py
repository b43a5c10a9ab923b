"""`pandas`: a column or a table of data beside a traced array is the array of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.tracing.registry import REPLACED, register_all
from crosscheck.tracing.rules.rearrange import as_numbers

if TYPE_CHECKING:
    import pandas as pd  # imported by the user's code or not at all


def _operator(function: Callable[..., Any]) -> Callable[..., Any]:
    """The operator of arrays; it is asked only if the other operand is traced."""
    return lambda self, other: function(as_numbers(self), other)


def _tables(u: Any, c: Any) -> Any:
    column, table = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0]), pd.DataFrame(np.eye(5)[:, :4])
    return (
        column * u + (column + u) ** 2 + (column - u) / 2 + column / u + column**u,
        (table @ c) ** 2 + table.dot(c) + (table + 1).to_numpy() @ c,
        (column @ u) * column.dot(u) + u * column + np.sum(np.exp(-u[0] * column)),
    )


OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": np.add,
    "__sub__": np.subtract,
    "__mul__": np.multiply,
    "__truediv__": np.divide,
    "__pow__": np.power,
}
PRODUCTS: dict[str, Callable[..., Any]] = {"__matmul__": np.matmul, "dot": np.dot}

for _kind, _table in {"Series": {**OPERATORS, **PRODUCTS}, "DataFrame": PRODUCTS}.items():
    register_all(
        f"pandas.{_kind}",
        REPLACED,
        {name: _operator(function) for name, function in _table.items()},
        _tables,
    )
