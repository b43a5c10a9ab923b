"""Kernels of PyTorch and JAX with backward passes by hand: right ones, and the mistakes of each."""
