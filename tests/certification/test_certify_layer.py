"""A layer's forward and backward pass, in the shape that courses and kernels give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crosscheck import certify_layer
from crosscheck.core.verdict import Verdict
from tests.conftest import flowing

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
RNG = np.random.default_rng(0)
X = RNG.standard_normal((6, 4))


def verdicts(certificate: Any) -> dict[str, Verdict]:
    return {finding.quantity: finding.verdict for finding in certificate.findings}


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b, (x, w)


def affine_back(dout: Any, cache: Any) -> Any:
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def test_a_right_layer_is_certified() -> None:
    certificate = certify_layer(affine, affine_back, (X, RNG.standard_normal((4, 3)), np.zeros(3)))
    assert verdicts(certificate) == dict.fromkeys(
        ["loss", "grad x", "grad w", "grad b", "side effects"], AGREE
    )
    said = " ".join(str(certificate).split())
    assert (
        "AGREE: affine_back, the backward pass of affine for x (6, 4), w (4, 3), b (3,), against"
        in said
    )


def test_the_gradients_may_come_by_name() -> None:
    def named(dout: Any, cache: Any) -> Any:
        dx, dw, db = affine_back(dout, cache)
        return {"b": db, "w": dw, "x": dx}

    inputs = (X, RNG.standard_normal((4, 3)), np.zeros(3))
    assert certify_layer(affine, named, inputs).verdict is AGREE


def batchnorm(x: Any, gamma: Any, beta: Any, options: Any) -> Any:
    centred = x - x.mean(axis=0)
    inverse = 1 / np.sqrt((centred**2).mean(axis=0) + options["eps"])
    normal = centred * inverse
    return gamma * normal + beta, (normal, gamma, inverse)


def batchnorm_back(dout: Any, cache: Any, path: str = "both") -> Any:
    normal, gamma, inverse = cache
    d = dout * gamma
    mean = d.mean(axis=0) if path != "no mean" else 0
    variance = normal * (d * normal).mean(axis=0) if path != "no variance" else 0
    return (d - mean - variance) * inverse, (dout * normal).sum(axis=0), dout.sum(axis=0)


def test_what_is_no_float_array_is_data() -> None:
    inputs = (X, np.ones(4), np.zeros(4), {"eps": 1e-5})
    assert certify_layer(batchnorm, batchnorm_back, inputs).verdict is AGREE


@pytest.mark.parametrize("path", ["no mean", "no variance"])
def test_a_normalisation_without_one_of_its_paths_is_found(path: str) -> None:
    inputs = (X, np.ones(4), np.zeros(4), {"eps": 1e-5})
    certificate = certify_layer(batchnorm, lambda d, c: batchnorm_back(d, c, path), inputs)
    assert [q for q, v in verdicts(certificate).items() if v is DISAGREE] == ["grad x"]


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


@pytest.mark.parametrize("factor", [-1.0, 2.0, 0.0])
def test_a_factor_that_a_cotangent_of_ones_would_hide_is_found(factor: float) -> None:
    def back(dout: Any, p: Any) -> Any:
        return factor * p * (dout - (dout * p).sum(axis=-1, keepdims=True))

    np.testing.assert_allclose(back(np.ones((6, 4)), softmax(X)[1]), 0, atol=1e-15)
    assert verdicts(certify_layer(softmax, back, (X,)))["grad z"] is DISAGREE


def test_the_cotangent_does_not_repeat_the_input() -> None:
    same = np.random.default_rng(0).standard_normal((6, 4))
    inputs = (same, np.ones(4), np.zeros(4), {"eps": 1e-5})
    certificate = certify_layer(batchnorm, batchnorm_back, inputs, seed=0)
    assert all(f.resolution < 1e-9 for f in certificate.findings if f.quantity != "side effects")


def embedding(table: Any, words: Any) -> Any:
    return table[words], (table.shape, words)


def test_overlapping_writes_are_found() -> None:
    def right(dout: Any, cache: Any) -> Any:
        shape, words = cache
        d = np.zeros(shape, dtype=dout.dtype)
        np.add.at(d, words, dout)
        return d

    def wrong(dout: Any, cache: Any) -> Any:
        shape, words = cache
        d = np.zeros(shape, dtype=dout.dtype)
        d[words] += dout  # the last of several wins
        return d

    inputs = (RNG.standard_normal((4, 3)), np.array([[0, 1, 1], [3, 2, 0]]))
    assert certify_layer(embedding, right, inputs).verdict is AGREE
    assert certify_layer(embedding, wrong, inputs).verdict is DISAGREE


def test_a_forward_without_a_cache_hands_its_inputs_on() -> None:
    certificate = certify_layer(np.tanh, lambda dout, x: dout * (1 - np.tanh(x) ** 2), (X,))
    assert certificate.verdict is AGREE
    assert set(verdicts(certificate)) == {"loss", "grad x", "side effects"} or set(
        verdicts(certificate)
    ) == {"loss", "grad input0", "side effects"}


def test_several_outputs_have_a_cotangent_each() -> None:
    def lstm_like(x: Any, dout: Any) -> Any:
        c = np.tanh(x) * dout
        return np.sin(c), c, (x, dout, c)

    def back(dh: Any, dc: Any, cache: Any) -> Any:
        x, gate, c = cache
        dc = dc + dh * np.cos(c)
        return dc * gate * (1 - np.tanh(x) ** 2), dc * np.tanh(x)

    certificate = certify_layer(lstm_like, back, (X, X[::-1] + 1.0), outputs=2)
    assert certificate.verdict is AGREE
    assert "grad dout_" in verdicts(certificate)  # the name is taken by the cotangent


def relu(x: Any) -> Any:
    return np.maximum(0, x), x


def fault(back: Any) -> str:
    certificate = certify_layer(relu, back, (X,))
    assert verdicts(certificate)["side effects"] is DISAGREE
    return certificate.findings[-1].reason


def test_a_backward_that_writes_where_it_must_not_is_found() -> None:
    def into_dout(dout: Any, x: Any) -> Any:
        dout *= x > 0
        return dout.copy()

    def into_cache(dout: Any, x: Any) -> Any:
        x[...] = x > 0
        return dout * x

    assert "into_dout writes into its argument dout[0]" in fault(into_dout)
    assert "into_dout is wrong for a cotangent that is broadcast: ValueError" in fault(into_dout)
    assert "into_cache writes into its cache [0]" in fault(into_cache)


def test_a_backward_that_reads_memory_and_not_values_is_found() -> None:
    def flat(dout: Any, x: Any) -> Any:
        base = dout if dout.base is None else dout.base
        return np.resize(base, x.shape) * (x > 0)

    assert "wrong for a cotangent that is" in fault(flat)


def test_memory_that_is_handed_on_is_remarked_on() -> None:
    certificate = certify_layer(lambda x: (x + 1, None), lambda dout, _: dout, (X,))
    assert certificate.verdict is AGREE
    assert "returns memory of dout[0] as its gradient" in certificate.findings[-1].reason
    assert "side effects: " in flowing(certificate)


def test_a_forward_without_a_signature_gets_names() -> None:
    def odd(x: Any) -> Any:
        return 2 * x, None

    odd.__signature__ = "none"  # type: ignore[attr-defined]
    certificate = certify_layer(odd, lambda dout, _: 2 * dout, (X,))
    assert set(verdicts(certificate)) == {"loss", "grad input0", "side effects"}


def test_a_number_in_the_cache_that_changes_is_found() -> None:
    def counting(x: Any) -> Any:
        return 2 * x, {"calls": 0, "tag": object()}

    def back(dout: Any, cache: Any) -> Any:
        cache["calls"] += 1
        return 2 * dout

    certificate = certify_layer(counting, back, (X,))
    assert "back writes into its cache [0].calls" in certificate.findings[-1].reason


class Tanh:
    """A layer as many courses write it: it keeps what backward needs in itself."""

    factor = 1.0

    def forward(self, x: Any) -> Any:
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout: Any) -> Any:
        return self.factor * dout * (1 - self.out**2)


def test_a_layer_may_keep_its_cache_in_itself() -> None:
    layer = Tanh()
    assert certify_layer(layer.forward, layer.backward, (X,)).verdict is AGREE
    layer.factor = 2.0
    assert certify_layer(layer.forward, layer.backward, (X,)).verdict is DISAGREE


def test_a_forward_that_writes_into_its_input_is_found() -> None:
    def in_place(x: Any) -> Any:
        kept = x.copy()
        x[x < 0] = 0
        return x, kept

    certificate = certify_layer(in_place, lambda dout, x: dout * (x > 0), (X,))
    assert verdicts(certificate) == {"loss": AGREE, "grad x": AGREE, "side effects": DISAGREE}
    assert "in_place writes into its argument x" in certificate.findings[-1].reason
    assert "<lambda> writes" not in certificate.findings[-1].reason
