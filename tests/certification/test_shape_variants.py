"""Configurations of a layer: suggested by its inputs or given, and the smallest that fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crosscheck import certify_layer
from crosscheck.certification.shape_variants import smallest, suggested
from crosscheck.core.verdict import Verdict

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
RNG = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape)


def pool(x: Any, options: Any) -> Any:
    width, stride = options["width"], options["stride"]
    starts = range(0, len(x) - width + 1, stride)
    return np.array([x[i : i + width].max() for i in starts]), (x, options)


def pool_back(dout: Any, cache: Any, *, add: bool = True) -> Any:
    x, options = cache
    dx = np.zeros_like(x)
    for k, d in enumerate(dout):
        window = dx[k * options["stride"] :][: options["width"]]
        place = np.argmax(x[k * options["stride"] :][: options["width"]])
        window[place] = window[place] + d if add else d
    return dx


def overwriting(dout: Any, cache: Any) -> Any:
    return pool_back(dout, cache, add=False)  # = for +=: right while windows do not overlap


LINE = np.array([0.1, 0.9, 2.0, 0.4, 0.3, 0.2, 0.8, 0.6])
APART, OVERLAPPING = {"width": 2, "stride": 2}, {"width": 3, "stride": 1}


def test_windows_that_overlap_are_suggested() -> None:
    assert certify_layer(pool, pool_back, (LINE, APART)).verdict is AGREE
    assert certify_layer(pool, overwriting, (LINE, APART), configurations=()).verdict is AGREE
    certificate = certify_layer(pool, overwriting, (LINE, APART))
    assert certificate.verdict is DISAGREE
    assert "for x (4,) (options.stride 1)" in certificate.subject


def test_the_smallest_configuration_that_fails_is_reported() -> None:
    larger = (np.concatenate([LINE, LINE + 0.05]), OVERLAPPING)
    further = [larger, (LINE, OVERLAPPING), (LINE[:1], {"width": 1, "stride": 1})]
    certificate = certify_layer(pool, overwriting, (LINE, APART), configurations=further)
    assert certificate.verdict is DISAGREE
    assert "for x (4,)," in certificate.subject
    right = certify_layer(pool, pool_back, (LINE, APART), configurations=further)
    assert right.verdict is AGREE
    assert "for x (8,)," in right.subject


def test_what_is_off_by_too_little_for_differences_is_not_made_smaller() -> None:
    def nearly(dout: Any, cache: Any) -> Any:
        return pool_back(dout, cache) * (1 + 1e-7 * (cache[1]["stride"] == 1))

    further = [(LINE, OVERLAPPING)]
    certificate = certify_layer(pool, nearly, (LINE, APART), configurations=further)
    assert certificate.verdict is DISAGREE
    assert "for x (8,)," in certificate.subject
    assert certify_layer(pool, nearly, (LINE, APART)).verdict is AGREE  # as it says


def conv(x: Any, kernel: Any, stride: int = 1) -> Any:
    (_, _, height, width), (_, _, high, wide) = x.shape, kernel.shape
    rows = range(0, height - high + 1, stride)
    columns = range(0, width - wide + 1, stride)
    windows = [[x[:, :, i : i + high, j : j + wide] for j in columns] for i in rows]
    return np.einsum("ijnchw,fchw->nfij", np.array(windows), kernel), (x, kernel, stride)


def conv_back(dout: Any, cache: Any, mistake: str = "") -> Any:
    x, kernel, stride = cache
    dx, dkernel = np.zeros_like(x), np.zeros_like(kernel)
    (_, _, high, wide), (_, _, rows, columns) = kernel.shape, dout.shape
    for i in range(rows):
        for j in range(columns - (mistake == "square image" and rows != columns)):
            step = 1 if mistake == "stride" else stride
            patch = dout[:, :, i, j]
            place = np.s_[:, :, i * step : i * step + high, j * step : j * step + wide]
            back = np.einsum("nf,fchw->nchw", patch, kernel)
            if mistake == "square kernel" and high != wide:
                back = back[..., ::-1]
            dx[place] += back
            dkernel += np.einsum(
                "nf,nchw->fchw",
                patch,
                x[:, :, i * stride : i * stride + high, j * stride : j * stride + wide],
            )
    return dx, dkernel


IMAGE, KERNEL = normal(2, 1, 4, 4), normal(1, 1, 2, 2)


@pytest.mark.parametrize(
    ("mistake", "note"),
    [
        ("square image", "(4 × 4 made narrower)"),
        ("square kernel", "(3 × 3 made narrower)"),
        ("stride", "(stride 2)"),
    ],
)
def test_what_a_convolution_is_wrong_for_is_suggested(mistake: str, note: str) -> None:
    kernel = normal(1, 1, 3, 3) if "kernel" in mistake else KERNEL
    inputs = (IMAGE, kernel, 1)

    def wrong(dout: Any, cache: Any) -> Any:
        return conv_back(dout, cache, mistake)

    assert certify_layer(conv, wrong, inputs, configurations=()).verdict is AGREE
    certificate = certify_layer(conv, wrong, inputs)
    assert certificate.verdict is DISAGREE
    assert note in certificate.subject


def test_a_right_convolution_agrees_in_every_configuration() -> None:
    assert certify_layer(conv, conv_back, (IMAGE, KERNEL, 1)).verdict is AGREE


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b, (x, w)


def affine_back(dout: Any, cache: Any) -> Any:
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def test_a_batch_of_one_is_suggested() -> None:
    def squeezed(dout: Any, cache: Any) -> Any:
        return affine_back(np.squeeze(dout), cache)

    def lost(dout: Any, cache: Any) -> Any:
        dx, dw, db = affine_back(dout, cache)
        return np.squeeze(dx), dw, db

    def first(dout: Any, cache: Any) -> Any:
        dx, dw, db = affine_back(dout, cache)
        return dx, dw, db * (1 + (len(dout) == 1))

    inputs = (normal(6, 4), normal(4, 3), normal(3))
    certificate = certify_layer(affine, squeezed, inputs)
    assert certificate.verdict is DISAGREE
    assert "for x (1, 4), w (4, 3), b (3,) (a batch of one)" in certificate.subject
    assert "squeezed fails where affine does not: " in certificate.findings[0].reason
    assert "DISAGREE" in str(certificate)
    for wrong in (lost, first):
        certificate = certify_layer(affine, wrong, inputs)
        assert certificate.verdict is DISAGREE
        assert "(a batch of one)" in certificate.subject
        assert certify_layer(affine, wrong, inputs, configurations=()).verdict is AGREE


def test_a_length_of_one_is_suggested() -> None:
    def running(x: Any) -> Any:
        return np.cumsum(x, axis=1), x.shape

    def back(dout: Any, shape: Any) -> Any:
        if shape[1] == 1:
            return 2 * dout
        return np.cumsum(dout[:, ::-1], axis=1)[:, ::-1].copy()

    certificate = certify_layer(running, back, (normal(2, 5, 3),))
    assert certificate.verdict is DISAGREE
    assert "(a length of one)" in certificate.subject


def refused(x: Any) -> Any:
    if len(x) == 1:
        msg = "two rows or more"
        raise ValueError(msg)
    return x**2, x


def refused_back(dout: Any, x: Any) -> Any:
    assert len(x) > 1
    return 2 * dout * x


def unbiased(x: Any) -> Any:
    return x.var(axis=0, ddof=1), x  # nan for one row


def unbiased_back(dout: Any, x: Any) -> Any:
    return 2 * dout * (x - x.mean(axis=0)) / (len(x) - 1)


def centred(x: Any) -> Any:
    return x - x.mean(axis=0), None  # all zero for one row


def centred_back(dout: Any, _: Any) -> Any:
    return dout - dout.mean(axis=0)


def picky(x: Any) -> Any:  # beside its own inputs it refuses one row
    if len(x) == 1 and x[0, 0] != 1:
        msg = "not normalised"
        raise ValueError(msg)
    return x**2, x


def picky_back(dout: Any, x: Any) -> Any:
    return 2 * dout * x


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (refused, refused_back),
        (unbiased, unbiased_back),
        (centred, centred_back),
        (picky, picky_back),
    ],
)
def test_a_right_layer_is_not_blamed_for_inputs_that_nobody_meant(
    forward: Any, backward: Any
) -> None:
    x = normal(5, 4)
    x[0, 0] = 1.0
    assert certify_layer(forward, backward, (x,)).verdict is AGREE


def test_an_output_of_unexpected_length_is_not_meant() -> None:
    def fixed(x: Any) -> Any:  # takes rows in pairs where it can
        return (x.reshape(-1, 2, 4) if len(x) > 1 else np.broadcast_to(x, (3, 1, 4))) * 1.0, x

    def back(dout: Any, x: Any) -> Any:
        return dout.reshape(x.shape)

    assert certify_layer(fixed, back, (normal(6, 4),)).verdict is AGREE


def test_what_a_kink_makes_doubtful_is_settled_by_the_oracles() -> None:
    def relu(x: Any) -> Any:
        return np.maximum(x, 0), x

    x = np.array([[0.0, 1.0, -1.0], [1.0, 2.0, 3.0]])
    assert certify_layer(relu, lambda d, x: d * (x > 0), (x,)).verdict is AGREE


def test_suggestions_keep_together_what_fits_together() -> None:
    def said(**given: Any) -> dict[str, Any]:
        ways = {w.what: w.given for each in suggested(given) for w in each[:1]}
        return {
            what: {k: np.shape(v) if isinstance(v, np.ndarray) else v for k, v in each.items()}
            for what, each in ways.items()
        }

    labels = np.zeros(6, dtype=int)
    assert said(x=normal(6, 4), w=normal(4, 3), y=labels, n=3) == {
        "a batch of one": {"x": (1, 4), "w": (4, 3), "y": (1,), "n": 3}
    }
    assert not said(x=normal(4, 4), gamma=normal(4))
    assert not said(x=normal(1, 4), scale=2.0)
    assert not said(n=3)
    assert said(x=normal(2, 5, 3), h=normal(2, 4), y=normal(2, 5))["a length of one"] == {
        "x": (2, 1, 3), "h": (2, 4), "y": (2, 1)
    }  # fmt: skip
    assert not said(x=normal(1, 5, 5))
    images = said(x=normal(1, 2, 8, 8), kernel=normal(3, 2, 3, 3), skip=normal(1, 2, 8, 8))
    assert images == {
        "8 × 8 made narrower": {"x": (1, 2, 8, 7), "kernel": (3, 2, 3, 3), "skip": (1, 2, 8, 7)},
        "8 × 8 made shorter": {"x": (1, 2, 7, 8), "kernel": (3, 2, 3, 3), "skip": (1, 2, 7, 8)},
        "3 × 3 made narrower": {"x": (1, 2, 8, 8), "kernel": (3, 2, 3, 2), "skip": (1, 2, 8, 8)},
        "3 × 3 made shorter": {"x": (1, 2, 8, 8), "kernel": (3, 2, 2, 3), "skip": (1, 2, 8, 8)},
    }
    assert said(x=normal(6, 4), y=labels)["one class"] == {"x": (6, 1), "y": (6,)}
    assert said(x=normal(1), o={"stride": 3, "pad": 0}) == {
        "o.stride 1": {"x": (1,), "o": {"stride": 1, "pad": 0}},
        "o.stride 2": {"x": (1,), "o": {"stride": 2, "pad": 0}},
        "o.pad 1": {"x": (1,), "o": {"stride": 3, "pad": 1}},
        "o.pad 2": {"x": (1,), "o": {"stride": 3, "pad": 2}},
    }
    assert list(said(x=normal(1), pool_size=2)) == ["pool_size 1", "pool_size 3"]
    assert list(said(x=normal(1), mode="train", name="train")) == ["mode test"]
    assert not said(x=normal(1), stride=True, n=2, mode="other")


def padded(x: Any, kernel: Any, options: Any) -> Any:
    pad = options["pad"]
    out, cache = conv(np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))), kernel)
    return out, (cache, options)


def padded_back(dout: Any, cache: Any) -> Any:
    inner, options = cache
    dx, dkernel = conv_back(dout, inner)
    pad = options["pad"]
    return dx[:, :, pad:-pad, pad:-pad], dkernel  # nothing is left where pad is 0


def test_padding_is_varied_and_named() -> None:
    inputs = (IMAGE, KERNEL, {"pad": 1})
    assert certify_layer(padded, padded_back, inputs, configurations=()).verdict is AGREE
    certificate = certify_layer(padded, padded_back, inputs)
    assert certificate.verdict is DISAGREE
    assert "(options.pad 0)" in certificate.subject


def moded(x: Any, options: Any) -> Any:
    if options["mode"] == "test":
        return 2 * x, None
    return 3 * x, (x, options)


def test_a_mode_may_have_no_backward_pass_but_not_a_wrong_one() -> None:
    inputs = (normal(3, 4), {"mode": "train"})
    assert certify_layer(moded, lambda d, c: 3 * d + 0 * c[0], inputs).verdict is AGREE
    certificate = certify_layer(moded, lambda d, _: 3 * d, inputs)
    assert certificate.verdict is DISAGREE
    assert "(options.mode test)" in certificate.subject


def test_the_smallest_is_found_by_halving() -> None:
    given = {"x": normal(8, 6), "w": normal(6, 5)}
    least = smallest(given, lambda g: g["x"].shape[0] >= 3 and g["w"].shape[1] >= 2)
    assert (least["x"].shape, least["w"].shape) == ((3, 1), (1, 2))
    assert smallest(given, lambda _: False) is given
