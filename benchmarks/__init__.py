"""Scripts that measure, contenders in turn, and print ratios. No test asserts a time."""
