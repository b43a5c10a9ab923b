"""Sequences: recurrence through time, attention, and a small GPT."""
