"""Notebooks, Markdown and scripts, read as books and written back."""
