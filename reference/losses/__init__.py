"""Losses: numbers in, one number out."""
