"""What each NumPy function records; every module registers its own."""

from crosscheck.tracing.rules import (
    callbacks,
    complex_numbers,
    dispatch,
    distance,
    indexing,
    linalg,
    linear,
    methods,
    pandas_operators,
    products,
    python_math,
    quantiles,
    rearrange,
    reductions,
    scipy_linalg,
    signal,
    sparse,
    special,
    statistics,
    stats,
    ufunc_methods,
    ufuncs,
    writers,
)

# Imported for what they register: whoever traces has all rules.
REGISTERED = (
    callbacks, complex_numbers, dispatch, distance, indexing, linalg, linear, methods,
    pandas_operators, products, python_math, quantiles, rearrange, reductions, scipy_linalg,
    signal, sparse, special, statistics, stats, ufunc_methods, ufuncs, writers,
)  # fmt: skip
