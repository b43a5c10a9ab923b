"""A user's NumPy under PyTorch and JAX: the corpus and its tests."""
