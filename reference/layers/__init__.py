"""Layers: what stands between two activations."""
