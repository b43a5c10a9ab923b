"""Mistakes planted in the backward passes of layers: the name of each, and its place."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from tests.diagnosis import layers
from tests.diagnosis.asking import layer_diagnosed
from tests.diagnosis.layers import (
    Affine,
    BatchNorm,
    Branch,
    Cell,
    Conv,
    Gelu,
    Gru,
    LayerNorm,
    Long,
    Lstm,
    Padded,
    Pool,
    Rnn,
    Sigmoid,
)

if TYPE_CHECKING:
    from crosscheck.diagnosis import Diagnosis

ALL = (*(v for v in vars(layers).values() if inspect.isclass(v) and hasattr(v, "backward")),)


class Planted(NamedTuple):
    """What stands in a backward pass, what is put there, what its name says, and where it is."""

    layer: Any
    right: str
    wrong: str
    name: str
    place: str


RNN = "np.tanh(x[:, t] @ Wx + h @ Wh + b)"
NORM, NORMALISED = "(z - mu) / np.sqrt(var + 0.01)", "c * s"
STD = "std = np.sqrt(var + 0.01)"
WINDOWS = "x[:, :, i : i + 2, j : j + 2]"
POOL = f"np.max({WINDOWS}, axis=(2, 3))"
ARGMAX = "dx[n, c, i + k, j + m] += dout[n, c, i, j]"
CROP, WINDOW = "dp[:, :, 1:-1, 1:-1]", "2 * i : 2 * i + 3, 2 * j : 2 * j + 3"
DH = "dh = dout[:, t] + dprev"
GATES = "(dai, daf, dao, dag)"
PREV = "h[t - 1] if t > 0 else h0"
LEAKY = "du = dout * np.where(u > 0, 1.0, 0.1)"
GELU = "dz = du @ w.T * (cdf + z * pdf)"
APPROXIMATE = """k = np.sqrt(2 / np.pi)
    r = np.tanh(k * (z + 0.044715 * z**3))
    dz = du @ w.T * (0.5 * (1 + r) + 0.5 * z * (1 - r * r) * k * (1 + 3 * 0.044715 * z * z))"""
MISTAKES = (
    # the upstream gradient
    Planted(layers.Loss, "dx * dout / 4", "dx / 4", "gradient ignored", "np.mean(np.log("),
    Planted(layers.Loss, "* dout", "* (dout * 0 + 1)", "gradient ignored", "np.mean(np.log("),
    Planted(layers.Loss, "dx * dout", "dx * dout**2", "multiplied twice", "np.mean(np.log("),
    Planted(Branch, "d = dnext", "dh = 1 + 0 * dh; d = dnext", "of output 1 ignored", "np.tanh"),
    Planted(Branch, "dnext + dh *", "1 + dh *", "of output 2 ignored", "np.sin(x) * c"),
    Planted(Branch, "dnext + dh *", "dh *", "of output 2 not used", "np.sin(x) * c"),
    Planted(Branch, "d = dnext + dh", "dh = dh; d = dh", "output 2 not used", "np.sin(x) * c"),
    Planted(Branch, "dnext + dh *", "dnext**2 + dh *", "2 multiplied twice", "np.sin(x) * c"),
    Planted(Branch, "dh *", "abs(dh) *", "by its absolute value", "np.tanh(nxt)"),
    Planted(Branch, "dh *", "dh[0] *", "first entry along axis 0 is used, for", "np.tanh(nxt)"),
    Planted(Branch, "dh *", "dh[:1] *", "first entry along axis 0 is used, for", "np.tanh(nxt)"),
    Planted(Branch, "dh *", "dh.mean(axis=1, keepdims=True) *", "averaged over axis 1", "tanh"),
    Planted(Branch, "dh *", "dh.sum() *", "replaced by its sum", "np.tanh(nxt)"),
    Planted(Branch, "dnext + dh *", "dh + dnext *", "1 and 2 exchanged", "np.tanh(nxt)"),
    Planted(Branch, "dnext + dh *", "1 + 1 *", "upstream gradients ignored", "np.tanh(nxt)"),
    Planted(Pool, "+= dout[n, c, i, j]", "+= 1", "upstream gradient ignored", "out[:, :, i, j]"),
    Planted(Affine, "d = dout * mask", "d = dout.T * mask", "gradient transposed", "out * mask"),
    Planted(Rnn, DH, "dh = dprev + dout[:, t] * (t == 3)", "only its last entry along", "np.stack"),
    Planted(Rnn, DH, "dh = dprev + (dout[:, -1] if t == 3 else 0)", "only its last", "np.stack"),
    Planted(Rnn, "dout[:, t] +", "dout[:, 3 - t] +", "flipped along axis 1", "np.stack"),
    Planted(Rnn, DH, "dh = dout[:, ::-1][:, t] + dprev", "flipped along axis 1", "np.stack"),
    Planted(Rnn, "dout[:, t] +", "dout[:, t - 1] +", "off by 1 along axis 1", "np.stack"),
    Planted(Rnn, "dout[:, t] +", "dout[:, t - 1] * (t > 0) +", "with zeros", "np.stack"),
    Planted(Affine, "x.T @ dz", "x.T @ d", "not set to zero", "out[out < 0]"),
    Planted(Affine, "dz.sum(axis=0)", "dout.sum(axis=0)", "upstream gradient taken", "x @ W + b"),
    # recurrence
    Planted(Rnn, DH, "dh = dout[:, t]", "not carried from one iteration", "h @ Wh"),
    Planted(Rnn, DH, "dprev = 0; dh = dout[:, t]", "not carried from one iteration", "h @ Wh"),
    Planted(Rnn, "dprev = dz @ Wh.T", "dprev = 0 * dz", "nothing is propagated", "h @ Wh"),
    Planted(Rnn, DH, "dh = dout[:, t] + dprev * (t != 1)", "one iteration of the loop", "h @ Wh"),
    Planted(Rnn, DH, "dh = dout[:, t] + (dprev if t != 1 else 0)", "one iteration", "h @ Wh"),
    Planted(Rnn, "dprev = dz", "dprev = dh", "upstream gradient taken from `np.tanh", "h @ Wh"),
    Planted(Rnn, PREV, "h[t - 1]", "at the first one, as an index of -1", "h @ Wh"),
    Planted(Rnn, PREV, "[*h[:-1], h[-1]][t - 1]", "at the first one, as an index", "h @ Wh"),
    Planted(Rnn, "+= x[:, t].T", "+= x[:, t - 1].T", "operand off by one", "x[:, t] @ Wx"),
    Planted(Rnn, "+= x[:, t].T", "+= x[:, max(t - 1, 0)].T", "off by one", "x[:, t] @ Wx"),
    Planted(Rnn, "+= x[:, t].T", "+= x[:, 3 - t].T", "in reversed order", "x[:, t] @ Wx"),
    Planted(Rnn, "+= x[:, t].T", "+= x[:, ::-1][:, t].T", "reversed order", "x[:, t] @ Wx"),
    Planted(Rnn, "dWh +=", "dWh =", "only the first iteration", "h @ Wh"),
    Planted(Rnn, "(1 - h[t] ** 2)", "(1 - h[t])", "1 - a, with a the output", RNN),
    Planted(Lstm, "dc = dc + dh * o", "dc = dh * o", "not carried from", "f * c"),
    Planted(Lstm, "dc = dc * f", "dc = 0", "not carried from", "f * c"),
    Planted(Lstm, "dh = dh + dout[t]", "dh = dout[t]", "not carried from", "h @ Wh"),
    Planted(Lstm, GATES, "(dai, dao, daf, dag)", "another order (0, 2, 1, 3)", "a[:, :n]"),
    Planted(Lstm, GATES, "(dag, daf, dao, dai)", "another order (3, 1, 2, 0)", "a[:, :n]"),
    Planted(Lstm, "di * i * (1 - i)", "di * f * (1 - f)", "derivative computed from", "1 / (1 + "),
    Planted(Lstm, " * (1 - np.tanh(c) ** 2)", "", "derivative missing", "np.tanh(c)"),
    Planted(Lstm, "(1 - np.tanh(c) ** 2)", "(1 - c**2)", "1 - z**2, with z its", "np.tanh(c)"),
    Planted(Lstm, "do = dh * np.tanh(c)", "do = dh * c", "instead of an operand", "o * np.tanh"),
    Planted(Lstm, "(1 - g**2)", "(1 - g)", "1 - a, with a the output", "np.tanh(a[:, 3 * n :])"),
    Planted(Lstm, "i * (1 - i)", "i", "a, with a the output", "1 / (1 + np.exp(-a[:, :n]))"),
    Planted(Gru, "dh * (1 - z) + dboth", "dboth", "nothing is propagated", "(1 - z) * h"),
    Planted(Gru, "(1 - n * n)", "(1 - n)", "1 - a, with a the output", "np.tanh(inner @ Wn)"),
    Planted(Gru, "dh * (1 - z) +", "dh * z +", "instead of an operand", "(1 - z) * h"),
    Planted(Gru, "dinner[:, k:] * r\n", "dinner[:, k:]\n", "operand missing", "r * h"),
    Planted(Long, DH, "dh = dout[:, t] + dprev * (t not in (1, 3))", "every 2 iter", "h @ Wh"),
    Planted(Long, DH, "dh = dout[:, t] + (dprev if t % 2 == 0 or t == 5 else 0)", "every 2", "h"),
    # convolution and pooling
    Planted(Padded, "dp[1:-1, 1:-1]", "dp[:4, :4]", "cropped 1 too early", "padded[1:-1, 1:-1]"),
    Planted(Padded, "dp[1:-1, 1:-1]", "dp[2:, 2:]", "cropped 1 too late", "padded[1:-1, 1:-1]"),
    Planted(Padded, "d[:, None]", "d[None, :]", "spread over axis 0", "left.sum(axis=1)"),
    Planted(Padded, "d[:, None]", "d", "spread over axis 0", "left.sum(axis=1)"),
    Planted(Conv, CROP, "dp[:, :, :5, :5]", "cropped 1 too early", "np.pad("),
    Planted(Conv, CROP, "dp[..., :-2, :-2]", "cropped 1 too early", "np.pad("),
    Planted(Conv, CROP, "dp[:, :, 2:, 2:]", "cropped 1 too late", "np.pad("),
    Planted(Conv, f"dp[:, :, {WINDOW}]", "dp[:, :, i : i + 3, j : j + 3]", "put them back", "*"),
    Planted(Conv, f"None, :, {WINDOW}]", "None, :, i : i + 3, j : j + 3]", "to read them", "*"),
    Planted(Conv, "d * w,", "d * w[..., ::-1, ::-1],", "flipped along its last two", "window * w"),
    Planted(Conv, "d * w,", "d * np.flip(w, (2, 3)),", "flipped along its last two", "window * w"),
    Planted(
        Conv, "] += np.sum(d * w", "] = np.sum(d * w", "overwrite each other", "padded[:, None"
    ),
    Planted(Conv, "dw +=", "dw =", "only the last iteration", "window * w"),
    Planted(Pool, "] += dout", "] = dout", "overwrite each other's gradients, at", WINDOWS),
    Planted(
        Pool,
        ARGMAX,
        "dx[n, c].ravel()[4 * (i + k) + j + m] = dout[n, c, i, j]",
        ", at the",
        WINDOWS,
    ),
    Planted(Pool, "argmax", "argmin", "as the opposite extreme", POOL),
    Planted(Pool, ARGMAX, "dx[n, c, i : i + 2, j : j + 2] += dout[n, c, i, j]", "every", POOL),
    Planted(
        Pool, ARGMAX, "dx[n, c, i:i + 2, j:j + 2] += window**0 * dout[n, c, i, j]", "every", POOL
    ),
    Planted(Pool, "i + k, j + m", "i + 1, j + 1", "as the last entry", POOL),
    # normalisations
    Planted(BatchNorm, " + dmu / N", "", "through the mean missing", NORM),
    Planted(BatchNorm, " + dvar * 2 * (z - mu) / N", "", "through the variance missing", NORM),
    Planted(BatchNorm, "+ dvar * 2 * (z - mu) / N + dmu / N", "", "mean and variance", NORM),
    Planted(BatchNorm, "std**-3", "std**-2", "divided by the wrong power", NORM),
    Planted(BatchNorm, "std**-3", "std**-1", "uses the centred values", NORM),
    Planted(BatchNorm, "std**-3", "std**-1.5", "power -3/2 of the deviation", NORM),
    Planted(BatchNorm, "* -0.5", "* 0.5", "sign flipped", "np.var(z, axis=0)"),
    Planted(BatchNorm, "dmu = -", "dmu = ", "sign flipped", "np.mean(z, axis=0)"),
    Planted(BatchNorm, "(z - mu) / N", "(z - mu)", "not divided by 6", "np.var(z, axis=0)"),
    Planted(BatchNorm, "+ dmu / N", "+ dmu", "not divided by 6", "np.mean(z, axis=0)"),
    Planted(BatchNorm, "(z - mu) / N", "(z - mu) / (N - 1)", "n - 1 instead of n", NORM),
    Planted(BatchNorm, STD, "std = np.sqrt(var) + 0.01", "outside of the root, in all", NORM),
    Planted(BatchNorm, STD, "std = np.sqrt(var)", "without ε in all parts", NORM),
    Planted(BatchNorm, STD, "std = var + 0.01", "the variance used as the deviation", NORM),
    Planted(BatchNorm, "dz = dn / std", "dz = dn", "direct part not divided", NORM),
    Planted(BatchNorm, "np.sum(dout * n", "np.sum(dout * (z - mu)", "`z - mu` instead", "g * n"),
    Planted(BatchNorm, "dn = dout * g", "dn = dout", "operand missing", "g * n"),
    Planted(LayerNorm, "- mean - var", "- var", "through the mean missing", NORMALISED),
    Planted(LayerNorm, "- mean - var", "- mean", "through the variance missing", NORMALISED),
    Planted(LayerNorm, "D * dn", "dn", "not multiplied by n", NORMALISED),
    Planted(LayerNorm, "s / D * (D * dn", "s * (dn", "sums instead of means", NORMALISED),
    Planted(LayerNorm, "s / D", "s * s / D", "by the variance, not by the deviation", NORMALISED),
    Planted(LayerNorm, "s / D", "1 / s / D", "multiplied by the deviation", NORMALISED),
    Planted(LayerNorm, "s / D", "1 / D", "division by the deviation missing", NORMALISED),
    Planted(LayerNorm, "- mean", "+ mean", "sign flipped", "x.sum(axis=1, keepdims=True)"),
    Planted(LayerNorm, "- var)", "+ var)", "sign flipped", 'np.einsum("nd,nd->n", c, c)'),
    Planted(LayerNorm, "var = n * (", "var = (", "not multiplied by the values", NORMALISED),
    Planted(LayerNorm, "(dn * n)", "dn", "sums up g, not g * n", NORMALISED),
    Planted(LayerNorm, "(dn * n)", "(dn * c)", "divided by the wrong power", NORMALISED),
    Planted(LayerNorm, "mean = dn", "mean = dout", "the mean without the gain", NORMALISED),
    Planted(LayerNorm, "(dn * n)", "(dout * n)", "the variance without the gain", NORMALISED),
    Planted(LayerNorm, "(D * dn", "(D * dout", "gain missing from the direct part", NORMALISED),
    Planted(
        LayerNorm,
        "mean = dn.sum(axis=1, keepdims=True)\n    var = n * (dn *",
        "mean = dout.sum(axis=1, keepdims=True)\n    var = n * (dout *",
        "mean and variance without the gain",
        NORMALISED,
    ),
    Planted(LayerNorm, "dn = dout * g", "dn, s = dout, s * g", "gain after the sums", NORMALISED),
    Planted(
        LayerNorm,
        "s / D",
        "1 / np.sqrt((c**2).mean(axis=1, keepdims=True)) / D",
        "deviation without ε in the gradient",
        NORMALISED,
    ),
    Planted(
        LayerNorm,
        "s / D",
        "1 / (np.sqrt((c**2).mean(axis=1, keepdims=True)) + 0.05) / D",
        "ε outside of the root in the gradient",
        NORMALISED,
    ),
    # activations
    Planted(Sigmoid, "s * (1 - s)", "1", "derivative missing", "top / (1 + e)"),
    Planted(Sigmoid, "s * (1 - s)", "s", "a, with a the output", "top / (1 + e)"),
    Planted(Sigmoid, "s * (1 - s)", "(1 - s)", "1 - a, with a the", "top / (1 + e)"),
    Planted(Sigmoid, "s * (1 - s)", "(1 - s**2)", "1 - a**2, with a the", "top / (1 + e)"),
    Planted(Sigmoid, "s * (1 - s)", "z * (1 - z)", "z * (1 - z), with z its", "top / (1 + e)"),
    Planted(Gelu, GELU, APPROXIMATE, "GELU's tanh approximation at z", "/ 2"),
    Planted(Gelu, LEAKY, "du = dout", "derivative missing", "u * np.where("),
    Planted(Gelu, LEAKY, "du = dout * (u > 0)", "(a > 0), with a", "u * np.where("),
    Planted(Gelu, "u > 0, 1.0, 0.1", "u > 0, 0.1, 1.0", "slope of the other", "u * np.where("),
    Planted(Gelu, "u > 0, 1.0", "dout > 0, 1.0", "the sign of the upstream", "u * np.where("),
    Planted(Affine, "d * (z > 0)", "d", "not set to zero", "out[out < 0]"),
    Planted(Affine, "d * (z > 0)", "d * (d > 0)", "the sign of the upstream", "out * mask"),
    Planted(Affine, "d * (z > 0)", "d * (z < 0)", "slope of the other side", "out * mask"),
    Planted(Affine, "d = dout * mask", "d = dout", "operand missing", "out * mask"),
    Planted(Affine, "d = dout * mask", "d = dout * 2", "its scale is there", "out * mask"),
    Planted(Affine, "dout * mask", "dout * (2 - mask)", "complement of the mask", "out * mask"),
    Planted(Cell, "[dleft, dright]", "[dright, dleft]", "another order (1, 0)", "sigmoid(left)"),
    Planted(Cell, "f * (1 - f)", "f", "a, with a the output", "sigmoid(right)"),
    Planted(Cell, " * f * (1 - f)", "", "derivative missing", "sigmoid(right)"),
    # sums
    Planted(Affine, "dz.sum(axis=0)", "dz.sum(axis=1)", "over axis 1 instead of", "x @ W + b"),
    Planted(Affine, "dz.sum(axis=0)", "dz @ np.ones(4)", "over axis 1 instead of", "x @ W + b"),
)


@pytest.mark.parametrize("planted", MISTAKES, ids=lambda p: f"{p.layer.__name__}: {p.wrong[:40]}")
def test_a_mistake_has_a_name_and_a_place(planted: Planted) -> None:
    found = diagnosis_of(planted.layer, backward_with(planted.layer, planted.right, planted.wrong))
    assert found is not None
    assert found.is_named, str(found)
    ((cause,),) = found.explanations
    assert planted.name in cause.sentence
    assert planted.place in cause.places[0].text


NEIGHBOURS = (
    # a neighbour of each: what it must not be called
    (Rnn, DH, "dh = dout[:, t] + 0.5 * dprev", "not carried"),
    (Rnn, DH, "dh = dout[:, t] + dprev * (t < 2) * (t > 0) + 0.1 * dprev", "cut at one"),
    (Rnn, "(1 - h[t] ** 2)", "(1 - 0.9 * h[t])", "1 - a"),
    (Rnn, "dout[:, t] +", "1.01 * dout[:, t - 1] +", "off by"),
    (Lstm, GATES, "(dai, 1.1 * dao, daf, dag)", "another order"),
    (Conv, CROP, "dp[:, :, :5, :5] + 0.01", "cropped"),
    (Conv, "d * w,", "d * w[..., ::-1, :],", "flipped along its last two"),
    (Pool, "] += dout", "] = 1.1 * dout", "overwrite"),
    (Pool, ARGMAX, "dx[n, c, i : i + 2, j : j + 2] += dout[n, c, i, j] + 0.01", "every"),
    (BatchNorm, " + dmu / N", " + 0.1 * dmu / N", "missing"),
    (BatchNorm, STD, "std = np.sqrt(var) + 0.02", "ε"),
    (LayerNorm, "mean = dn", "mean = 1.1 * dout", "gain"),
    (Sigmoid, "s * (1 - s)", "s * (1 - 0.9 * s)", "with a"),
    (Gelu, GELU, APPROXIMATE.replace("0.0447", "0.0448"), "GELU"),
    (Branch, "dh *", "(dh + 0.01) *", "upstream"),
    (Branch, "dnext + dh *", "1.1 + 1 *", "ignored"),
    (Affine, "d * (z > 0)", "d * (z > 0.5)", "(z > 0)"),
    (Affine, "dz.sum(axis=0)", "dz.sum(axis=1) * [1, 1, 1, 2]", "axis 1"),
)


@pytest.mark.parametrize(("layer", "right", "wrong", "name"), NEIGHBOURS)
def test_a_neighbour_of_a_mistake_has_not_its_name(
    layer: Any, right: str, wrong: str, name: str
) -> None:
    found = diagnosis_of(layer, backward_with(layer, right, wrong))
    assert found is not None
    assert name not in " ".join(cause.sentence for e in found.explanations for cause in e)


@pytest.mark.parametrize("layer", ALL)
def test_the_right_backward_pass_has_no_mistake(layer: Any) -> None:
    assert diagnosis_of(layer, layer.backward) is None


def backward_with(layer: Any, right: str, wrong: str) -> Any:
    """Return a layer's backward pass with a mistake in it."""
    source = textwrap.dedent(inspect.getsource(layer.backward)).replace("@staticmethod", "")
    assert right in source
    namespace: dict[str, Any] = {"np": np, "Any": Any, "Array": Any}
    code = f"from __future__ import annotations\n{source.replace(right, wrong)}"
    exec(compile(code, "<planted>", "exec"), namespace)  # noqa: S102 - our own source
    return namespace["backward"]


def diagnosis_of(layer: Any, backward: Any) -> Diagnosis | None:
    """Return the diagnosis of a backward pass at some points; None if it is right at all."""
    rng = np.random.default_rng([0, 9])
    inputs = [
        rng.standard_normal(shape).astype(np.float32).astype(float)
        for shape in layer.shapes.values()
    ]
    return layer_diagnosed(layer.forward, backward, inputs, outputs=2 if layer is Branch else 1)
