"""PyTorch on one thread: its pool costs more than it brings on small arrays."""

import torch

torch.set_num_threads(1)
