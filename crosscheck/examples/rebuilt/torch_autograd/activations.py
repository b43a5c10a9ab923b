"""The activations as a PyTorch user writes them: torch.nn.functional."""

from torch import Tensor
from torch.nn import functional as F


def relu(X: Tensor) -> Tensor:
    return F.relu(X)


def leaky_relu(X: Tensor, slope: float = 0.01) -> Tensor:
    return F.leaky_relu(X, slope)


def elu(X: Tensor, alpha: float = 1.0) -> Tensor:
    return F.elu(X, alpha)


def sigmoid(X: Tensor) -> Tensor:
    return X.sigmoid()


def tanh(X: Tensor) -> Tensor:
    return X.tanh()


def softplus(X: Tensor) -> Tensor:
    return F.softplus(X, threshold=40)  # beyond it PyTorch returns X itself


def gelu(X: Tensor, approximate: str = "none") -> Tensor:
    return F.gelu(X, approximate=approximate)


def silu(X: Tensor) -> Tensor:
    return F.silu(X)


def softmax(X: Tensor, axis: int = -1) -> Tensor:
    return F.softmax(X, dim=axis)


def log_softmax(X: Tensor, axis: int = -1) -> Tensor:
    return F.log_softmax(X, dim=axis)


def glu(X: Tensor) -> Tensor:
    return F.glu(X)


def swiglu(X: Tensor, W: Tensor, V: Tensor) -> Tensor:
    return F.silu(F.linear(X, W.T)) * F.linear(X, V.T)
