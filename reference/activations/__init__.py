"""Activations: a function of each entry, or of a row."""
