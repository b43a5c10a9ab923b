"""PyTorch and JAX functions with backward passes of their own, right and wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
import torch

from crosscheck import certify_custom_vjp, certify_function
from crosscheck.certification.kernels.rule import judge_low
from crosscheck.core.verdict import Verdict
from tests.certification.kernels import torch_kernels as kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck import Certificate

R = np.random.default_rng(5)
X, W, B = R.standard_normal((6, 16)), R.standard_normal(16), R.standard_normal((6, 16))
LABELS = np.array([0, 3, 5, 1, 15, 7])
SQUARE = R.standard_normal((6, 6))
KERNELS: dict[str, Any] = {
    "rms_norm": (kernels.make_rms_norm, kernels.rms_norm, [X, W]),
    "swiglu": (kernels.make_swiglu, kernels.swiglu, [X, B]),
    "cross_entropy": (kernels.make_cross_entropy, kernels.cross_entropy, [X, LABELS]),
    "linear": (kernels.make_linear, kernels.linear, [X[:, :6], SQUARE]),
}


def certificate(kernel: str, wrong: str = "") -> Certificate:
    make, reference, inputs = KERNELS[kernel]
    return certify_function(make(wrong), reference, inputs)


def said(certificate: Certificate) -> str:
    return " | ".join(
        f"{f.example} {f.quantity}: {f.reason}"
        for f in certificate.findings
        if f.verdict is Verdict.DISAGREE
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_right_kernel_agrees_in_three_precisions(kernel: str) -> None:
    found = certificate(kernel)
    assert found.verdict is Verdict.AGREE, str(found)
    assert {f.example for f in found.findings} == {"float64", "float32", "bfloat16"}


@pytest.mark.parametrize(
    ("kernel", "wrong", "says"),
    [
        ("rms_norm", "factor", "bfloat16 grad x: multiplied by 1.05"),
        ("rms_norm", "mean", "bfloat16 grad x"),
        ("rms_norm", "weight", "float32 grad x"),
        ("rms_norm", "none", "float64 grad w: None is returned where there should be a result"),
        ("rms_norm", "upstream", "the upstream gradient is modified in place"),
        ("swiglu", "derivative", "bfloat16 grad a"),
        ("swiglu", "swapped", "bfloat16 grad a: it is the gradient of b"),
        ("swiglu", "zero", "float64 grad b: it is zero"),
        ("swiglu", "layout", "wrong for an upstream gradient that is not contiguous"),
        ("swiglu", "alone", "wrong where input 0 alone needs a gradient"),
        ("cross_entropy", "smoothing", "bfloat16 grad z"),
        ("cross_entropy", "mean", "grad z: multiplied by 6"),
        ("cross_entropy", "sign", "bfloat16 grad z: its sign is wrong"),
        ("cross_entropy", "upstream ignored", "float64 grad z"),
        ("linear", "transposed", "grad w: it is transposed"),
        ("linear", "in place", "an input is modified in place"),
        ("linear", "random", "two passes over the same inputs give two gradients"),
        ("linear", "raises", "it fails where the reference does not: RuntimeError: raises"),
        ("linear", "output dtype", "an output is torch.float32 for bfloat16 inputs"),
    ],
)
def test_a_mistake_is_found(kernel: str, wrong: str, says: str) -> None:
    found = certificate(kernel, wrong)
    assert found.verdict is Verdict.DISAGREE
    assert says in said(found) or says in str(found).replace("\n    ", " "), said(found)


def test_a_wrong_second_derivative_is_a_remark() -> None:
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(w)
            ctx.twice, ctx.square = 2 * x.detach(), x.detach() ** 2
            return x**2 * w

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> Any:
            (w,) = ctx.saved_tensors
            return g * ctx.twice * w, g * ctx.square

    found = certify_function(Scaled, lambda x, w: x**2 * w, [X, B])
    assert found.verdict is Verdict.AGREE
    (side,) = (f for f in found.findings if f.quantity == "side effects")
    assert "second derivative is wrong" in side.reason


def test_a_result_of_another_shape_is_refused() -> None:
    found = certify_function(lambda x: x[:3], lambda x: x, [W], dtypes=["float64"])
    assert found.verdict is Verdict.DISAGREE


def test_integers_other_arguments_and_jax_arrays() -> None:
    inputs = [jax.numpy.asarray(X, dtype="bfloat16"), 2]
    found = certify_custom_vjp(lambda x, k: k * x, lambda x, k: x * k, inputs, ["bfloat16"])
    assert found.verdict is Verdict.AGREE
    assert certify_function(torch.mul, lambda x, k: x * k, [X, 2.0], ["float32"])
    labels = torch.tensor(LABELS)
    assert certify_function(kernels.make_cross_entropy(), kernels.cross_entropy, [X, labels])


def test_several_outputs_functions_and_tensors() -> None:
    def both(x: torch.Tensor) -> Any:
        return torch.sin(x), torch.cos(x)

    found = certify_function(both, both, [torch.tensor(X)], dtypes=["float64", "float16"])
    assert found.verdict is Verdict.AGREE
    assert [f.quantity for f in found.findings][:3] == ["output 0", "output 1", "grad x"]


def test_a_gradient_of_zero_certifies_nothing() -> None:
    def rounding(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.round(x) + y

    found = certify_function(rounding, rounding, [X, X], dtypes=["float64"])
    assert found.verdict is Verdict.INCONCLUSIVE


def test_an_input_without_a_gradient_has_none() -> None:
    def unused(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y.detach()

    assert certify_function(unused, unused, [X, X], dtypes=["float64"])
    found = certify_function(torch.add, unused, [X, X], dtypes=["float64"])
    assert [f.verdict for f in found.findings if f.quantity == "grad y"] == [Verdict.DISAGREE]


def test_a_gradient_where_there_is_none_has_no_name() -> None:
    class Doubling(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.x = x
            return torch.round(x)

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> Any:
            return torch.round(ctx.x) + 0 * g

    found = certify_function(Doubling, torch.round, [X], dtypes=["float64"])
    (finding,) = (f for f in found.findings if f.quantity == "grad input0")
    assert finding.verdict is Verdict.DISAGREE
    assert finding.reason == ""  # it has the numbers of the output, which is no gradient


def test_a_precision_that_the_reference_does_not_know_is_inconclusive() -> None:
    found = certify_function(torch.linalg.inv, torch.linalg.inv, [SQUARE], dtypes=["bfloat16"])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "the reference does not run in bfloat16" in str(found)


def test_what_is_not_finite_is_wrong_or_inconclusive() -> None:
    t = np.array([1.0, 2.0])
    broken = judge_low([(np.array([np.nan, 2.0]), t, t)], "bfloat16", "PyTorch")
    assert broken.verdict is Verdict.DISAGREE
    unknown = judge_low([(t, t, np.array([np.inf, 2.0]))], "bfloat16", "PyTorch")
    assert unknown.verdict is Verdict.INCONCLUSIVE
    empty = judge_low([(np.zeros(0), np.zeros(0), np.zeros(0))], "bfloat16", "PyTorch")
    assert empty.verdict is Verdict.AGREE


def test_between_four_and_eight_times_the_noise_is_inconclusive() -> None:
    t = np.linspace(1, 2, 50)
    noisy = t * (1 + 2.0**-8)
    verdicts = [
        judge_low([(t * (1 + k * 2.0**-8), t, noisy)], "bfloat16", "PyTorch").verdict
        for k in (3.9, 6, 8.1)
    ]
    assert verdicts == [Verdict.AGREE, Verdict.INCONCLUSIVE, Verdict.DISAGREE]


@jax.custom_vjp
def glu(a: Any, b: Any) -> Any:
    return jax.nn.silu(a) * b


def glu_backward(residuals: Any, g: Any) -> Any:
    a, b = residuals
    s = jax.nn.sigmoid(a)
    return g * b * s * (1 + a * (1 - s)), g * a * s


glu.defvjp(lambda a, b: (glu(a, b), (a, b)), glu_backward)


def test_a_jax_rule_is_judged_against_the_function_without_it() -> None:
    assert certify_custom_vjp(glu, inputs=[X, B])
    wrong = jax.custom_vjp(lambda a, b: jax.nn.silu(a) * b)
    wrong.defvjp(lambda a, b: (wrong(a, b), (a, b)), lambda r, g: glu_backward(r, g)[::-1])
    found = certify_custom_vjp(wrong, inputs=[X, B], dtypes=["float32", "bfloat16"])
    assert "grad a: it is the gradient of b" in said(found)
    assert not certify_custom_vjp(glu, lambda a, b: jax.nn.gelu(a) * b, [X, B], ["float32"])


def test_a_jax_output_in_another_precision_is_a_fault() -> None:
    def narrow(x: Any) -> Any:
        return x.astype("float32")

    found = certify_custom_vjp(narrow, lambda x: x, [X], ["float64"])
    assert "an output is float32 for float64 inputs" in said(found)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: certify_function(torch.tanh, torch.tanh, [X], ["int8"]), ValueError, "int8"),
        (
            lambda: certify_function(torch.tanh, torch.tanh, [X], points=1),
            ValueError,
            "points is 1",
        ),
        (lambda: certify_function(torch.tanh, torch.tanh, [3]), TypeError, "none of"),
        (lambda: certify_custom_vjp(jax.numpy.tanh, inputs=[X]), TypeError, "pass reference="),
        (lambda: certify_function(None, torch.tanh, [X]), TypeError, "function is None"),
    ],
)
def test_bad_input_is_refused_in_words(
    call: Callable[[], Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        call()
