"""What each NumPy function records: one registry."""

# Imported for what they register: whoever traces has all rules.
from crosscheck.tracing.rules import dispatch, indexing, methods

__all__ = ["dispatch", "indexing", "methods"]
