"""The verdicts under other numbers of threads and instruction sets."""
