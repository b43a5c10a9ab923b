"""Scripts that measure, contenders in turn, and print ratios. Nothing here is asserted in a test."""
