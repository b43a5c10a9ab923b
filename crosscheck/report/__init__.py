"""Renderings of one certificate: for a terminal, and for a machine."""
