"""Mistakes planted in hand-written networks, and how often the diagnosis names them rightly.

    python -m benchmarks.accuracy.diagnosis --nets N --seed S

The claim: a mistake of the catalogue is named, uniquely and with its line, in 95 of 100 cases, one
that no hypothesis describes gets no name, and no name is ever wrong.
"""
