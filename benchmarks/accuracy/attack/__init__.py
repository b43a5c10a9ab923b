"""Losses with right and wrong gradients that try to make a verdict wrong, and the truth of each.

The cases were written from the public promises alone. Whether a gradient is right is decided by
differences of high order in extended precision, never by what a case says of itself.
"""
