"""Kernels in the manner of the libraries that people train with, written afresh."""

from benchmarks.accuracy.kernels.corpus.attention import ATTENTION
from benchmarks.accuracy.kernels.corpus.gates import GATES
from benchmarks.accuracy.kernels.corpus.losses import LOSSES
from benchmarks.accuracy.kernels.corpus.norms import NORMS
from benchmarks.accuracy.kernels.corpus.sequences import SEQUENCES

KERNELS = {kernel.name: kernel for kernel in (*NORMS, *GATES, *LOSSES, *ATTENTION, *SEQUENCES)}
