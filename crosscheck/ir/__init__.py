"""The recorded program and its backends: PyTorch, JAX and NumPy."""
