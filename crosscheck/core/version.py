"""The package's own version, alone: whoever asks imports nothing else."""

__version__ = "0.4.0"
