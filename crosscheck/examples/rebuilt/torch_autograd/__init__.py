"""The twins in PyTorch, one module for each group of pages: forward passes, for autograd."""
