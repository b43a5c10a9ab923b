"""Ratios of times and of memory, contenders in turn in one run."""
