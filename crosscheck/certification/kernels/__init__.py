"""Backward passes written for PyTorch or JAX, in float64, float32, float16 and bfloat16."""
