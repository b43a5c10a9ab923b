"""The image layers as a PyTorch user writes them: torch.nn.functional."""

from torch import Tensor
from torch.nn import functional as F


def conv2d(
    X: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    return F.conv2d(X, W, b, stride, padding, dilation, groups=X.shape[1] // W.shape[1])


conv2d_im2col = conv2d


def conv_transpose2d(
    X: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    return F.conv_transpose2d(X, W, b, stride, padding, dilation=dilation)


def max_pool2d(X: Tensor, size: int = 2, stride: int | None = None) -> Tensor:
    return F.max_pool2d(X, size, stride)


def avg_pool2d(X: Tensor, size: int = 2, stride: int | None = None) -> Tensor:
    return F.avg_pool2d(X, size, stride)


def global_avg_pool(X: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(X, 1).flatten(start_dim=1)


def upsample(X: Tensor, factor: int = 2, mode: str = "nearest") -> Tensor:
    return F.interpolate(X, scale_factor=factor, mode=mode)
