"""The catalogue of mistakes, one family a file.

To add one, write its `Kind` and a function that yields its hypotheses beside each other, and the
function's name into `catalogue.SOURCES`.
"""
