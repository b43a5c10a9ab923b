"""Discovery on released packages, unmodified, with parts of their own test suites."""
