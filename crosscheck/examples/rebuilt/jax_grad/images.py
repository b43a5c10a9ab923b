"""The image layers as a JAX user writes them: jax.lax and jax.image."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax


def conv2d(
    X: Array, W: Array, b: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Array:
    out = lax.conv_general_dilated(
        X,
        W,
        window_strides=(stride, stride),
        padding=[(padding, padding)] * 2,
        rhs_dilation=(dilation, dilation),
        feature_group_count=X.shape[1] // W.shape[1],
    )
    return out + b[:, None, None]


conv2d_im2col = conv2d


def conv_transpose2d(
    X: Array, W: Array, b: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Array:
    frame = [dilation * (length - 1) - padding for length in W.shape[2:]]
    out = lax.conv_general_dilated(
        X,
        jnp.flip(W, (2, 3)).swapaxes(0, 1),
        window_strides=(1, 1),
        padding=[(n, n) for n in frame],
        lhs_dilation=(stride, stride),
        rhs_dilation=(dilation, dilation),
    )
    return out + b[:, None, None]


def _over_windows(X: Array, start: float, join: Any, size: int, stride: int | None) -> Array:
    step = (1, 1, stride or size, stride or size)
    out: Array = lax.reduce_window(X, start, join, (1, 1, size, size), step, "VALID")
    return out


def max_pool2d(X: Array, size: int = 2, stride: int | None = None) -> Array:
    return _over_windows(X, -jnp.inf, lax.max, size, stride)


def avg_pool2d(X: Array, size: int = 2, stride: int | None = None) -> Array:
    return _over_windows(X, 0.0, lax.add, size, stride) / size**2


def global_avg_pool(X: Array) -> Array:
    return jnp.mean(X, axis=(-2, -1))


def upsample(X: Array, factor: int = 2, mode: str = "nearest") -> Array:
    N, C, H, W = X.shape
    out: Array = jax.image.resize(X, (N, C, factor * H, factor * W), mode)
    return out
