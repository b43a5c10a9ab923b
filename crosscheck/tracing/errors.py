"""What can go wrong while a reader's NumPy runs under a framework."""


class LostGradientError(TypeError):
    """A line of the reader's code would silently cut the gradient, or is not understood.

    The message names file, line and source text, and says what to write instead.
    """


class TracingError(RuntimeError):
    """Two runs that must give one value do not: the traced one cannot be trusted."""
