"""Optimisers: what a step does with a gradient."""
