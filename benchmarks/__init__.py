"""Scripts that measure, contenders in turn, and print ratios. No test asserts a time."""

from pathlib import Path

ROOT = Path(__file__).parents[1]  # of the checkout
RESULTS = ROOT / "benchmarks" / "results"
