"""Every exception that a user can meet."""

from __future__ import annotations


class CrosscheckError(Exception):
    """Base class of the package's own exceptions; each is a ValueError, TypeError … as well."""


class LostGradientError(CrosscheckError, TypeError):
    """A line of the loss would silently cut the gradient, or calls what is not supported.

    The message names file, line and source text, and says what to write instead.
    """


class TracingError(CrosscheckError, RuntimeError):
    """Two runs that must give one value do not: the recorded one cannot be trusted."""


class DomainError(CrosscheckError, ValueError):
    """The loss cannot be evaluated at enough points around the given one: declare where it can."""


class NotGenericError(CrosscheckError, ValueError):
    """No set of generic points was found for an example."""


class UnreachableError(CrosscheckError, RuntimeError):
    """There is no cluster at an address, or nothing here to reach one with. Says what to do."""


class BookError(CrosscheckError, ValueError):
    """A book that cannot be read: names the file, what is wrong with it, and the cure."""


class OracleUnavailableError(CrosscheckError, RuntimeError):
    """An oracle cannot answer: its framework is missing, or failed. Says what to do."""


class MissingPackageError(CrosscheckError, ImportError):
    """An optional package is not installed. Says how to install it."""


class SpecError(CrosscheckError, ValueError):
    """A shell's words that name no function or no array: says what to write instead."""
