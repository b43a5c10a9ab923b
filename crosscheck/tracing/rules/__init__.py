"""What each NumPy function records; every module registers its own."""

from crosscheck.tracing.rules import (
    callbacks,
    dispatch,
    indexing,
    linalg,
    methods,
    products,
    rearrange,
    reductions,
    statistics,
    ufunc_methods,
    ufuncs,
    writers,
)

# Imported for what they register: whoever traces has all rules.
REGISTERED = (
    callbacks, dispatch, indexing, linalg, methods, products, rearrange, reductions, statistics,
    ufunc_methods, ufuncs, writers,
)  # fmt: skip
