"""What the doors of the pages refuse beyond shapes, and how they say it."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("images.conv2d", {"stride": 0}, "stride is 0"),
    ("images.conv2d", {"padding": -1}, "padding is -1"),
    ("images.conv2d", {"dilation": 1.5}, "dilation is 1.5"),
    ("images.conv2d", {"X": np.ones((1, 1, 1, 4))}, "X has shape"),
    ("images.conv2d", {"X": np.ones((1, 3, 4, 4))}, "W has shape"),
    ("images.conv2d_im2col", {"W": np.ones((1, 2, 2, 2))}, "W has shape"),
    ("images.conv_transpose2d", {"padding": 2}, "padding is 2"),
    ("images.max_pool2d", {"size": 4}, "X has shape"),
    ("images.avg_pool2d", {"stride": 0}, "stride is 0"),
    ("images.upsample", {"mode": "cubic"}, "mode is 'cubic'"),
    ("images.upsample", {"factor": 0}, "factor is 0"),
    ("sequences.rnn_truncated", {"length": 0}, "length is 0"),
    (
        "sequences.lstm",
        {"h0": np.ones((1, 2)), "c0": np.ones((1, 2)), "Wh": np.ones((2, 4))},
        "Wh has",
    ),
    ("sequences.gru", {"h0": np.ones((1, 2)), "Wh": np.ones((2, 3))}, "Wh has shape"),
    ("sequences.multi_head_attention", {"heads": 3}, "heads is 3"),
    ("sequences.learned_positions", {"P": np.ones((1, 2))}, "P has 1 rows"),
    ("sequences.rope", {"X": np.ones((1, 2, 3))}, "X has shape"),
    ("sequences.transformer_block", {"heads": 0}, "heads is 0"),
    ("sequences.gpt", {"tokens": np.full((2, 3), 5)}, "tokens are"),
    ("sequences.gpt", {"targets": np.full((2, 3), -1)}, "targets are"),
    ("sequences.gpt", {"P": np.ones((2, 6))}, "P has 2 rows"),
    ("optimisers.schedules", {"schedule": "cyclic"}, "schedule is 'cyclic'"),
    ("optimisers.schedules", {"every": 0}, "every is 0"),
    ("losses.info_nce", {"temperature": 0.0}, "temperature is 0"),
    ("losses.info_nce", {"X": np.zeros((1, 2)), "Y": np.ones((1, 2))}, "row 0 of X is zero"),
    (
        "losses.softmax_cross_entropy",
        {"Z": np.ones((1, 2)), "labels": [2], "mask": [1]},
        r"labels\[0\] is 2",
    ),
    (
        "losses.softmax_cross_entropy",
        {"Z": np.ones((1, 2)), "labels": [1], "mask": [0]},
        "mask has no row",
    ),
    ("losses.kl_divergence", {"Z": np.ones((1, 2)), "P": -np.ones((1, 2))}, "P has -1"),
    (
        "layers.group_norm",
        {"X": np.ones((1, 2, 1)), "gamma": np.ones(2), "beta": np.ones(2), "groups": 2},
        "is its own mean",
    ),
    (
        "layers.batch_norm",
        {"X": np.ones((1, 2)), **dict.fromkeys(("gamma", "beta", "mean", "variance"), np.ones(2))},
        "X has 1 row",
    ),
    ("layers.embedding", {"W": np.ones((2, 2)), "indices": [2]}, r"indices\[0\] is 2"),
    ("losses.huber", {"threshold": 0.0}, "threshold is 0"),
    ("losses.softmax_cross_entropy", {"smoothing": 1.5}, "smoothing is 1.5"),
    ("activations.log_softmax", {"axis": 5}, "axis is 5"),
    ("activations.softmax", {"axis": -4}, "axis is -4"),
    ("activations.gelu", {"approximate": "fast"}, "approximate is 'fast'"),
    ("activations.glu", {"X": np.ones((1, 3))}, "X has 3 columns"),
    ("layers.group_norm", {"groups": 0}, "groups is 0"),
    ("layers.group_norm", {"epsilon": 0.0}, "epsilon is 0"),
    ("layers.batch_norm", {"epsilon": 0.0}, "epsilon is 0"),
    ("layers.batch_norm", {"mode": "eval"}, "mode is 'eval'"),
    ("layers.rms_norm", {"epsilon": -1.0}, "epsilon is -1"),
    ("layers.layer_norm", {"epsilon": 0.0}, "epsilon is 0"),
    ("layers.dropout", {"rate": 1.0}, "rate is 1"),
    ("models.crf_forward", {"y": [0, 2, 0]}, "y has labels from 0 to 2"),
    ("models.tsne", {"Y": np.ones((2, 2)), "P": np.full((2, 2), 0.25)}, "pass 3 points"),
    ("models.tsne", {"P": np.full((3, 3), 1 / 9)}, "P is not symmetric with zeros"),
]


@pytest.mark.parametrize(("page", "changed", "message"), REFUSED)
def test_a_setting_out_of_range_is_named(page: str, changed: dict[str, Any], message: str) -> None:
    module: Any = importlib.import_module(f"reference.{page}")
    enter = module.forward if hasattr(module, "forward") else module.trajectory
    with pytest.raises(ValueError, match=message):
        enter(**{**module.PARAMS, **module.DATA, **changed})
