"""The catalogue of mistakes, one family a file."""
