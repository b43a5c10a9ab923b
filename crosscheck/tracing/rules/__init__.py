"""What each NumPy function records: one registry."""

from crosscheck.tracing.rules import dispatch, indexing, methods

# Imported for what they register: whoever traces has all rules.
REGISTERED = (dispatch, indexing, methods)
