"""A package with 40 hand-written derivatives in mixed styles, 15 of them wrong."""
