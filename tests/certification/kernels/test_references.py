"""What a kernel is judged against, the shapes that it is tried with, and what it does besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from benchmarks.accuracy.kernels.__main__ import NUMPY, certified, main
from benchmarks.accuracy.kernels.arrays import JAX, TORCH
from benchmarks.accuracy.kernels.corpus import KERNELS
from benchmarks.accuracy.kernels.kernel import BFLOAT16, FLOAT32
from crosscheck import certify_custom_vjp, certify_function
from crosscheck.core.verdict import Verdict
from tests.missing import without

if TYPE_CHECKING:
    from pathlib import Path

    from crosscheck import Certificate

R = np.random.default_rng(3)
X, W = R.standard_normal((4, 6)), R.standard_normal(6)
RMS = KERNELS["rms_norm"]
INPUTS = RMS.inputs(np.random.default_rng(0))


def side(certificate: Certificate) -> str:
    """Return what is said beside the numbers."""
    return next(f.reason for f in certificate.findings if f.quantity == "side effects")


def wrong_at(certificate: Certificate) -> set[str]:
    return {f.example for f in certificate.findings if f.verdict is Verdict.DISAGREE}


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize(
    ("name", "what", "dtypes"),
    [
        ("swiglu", "", set()),
        ("swiglu", NUMPY, set()),
        ("rms_norm", BFLOAT16, {"bfloat16"}),
        ("rms_norm", FLOAT32, {"float32"}),
        ("added_rms_norm", "second output ignored", {"float64", "float32", "bfloat16"}),
        ("layer_norm", "halves", {"float64", "float32", "bfloat16"}),
    ],
)
def test_kernels_in_the_manner_of_libraries(
    framework: str, name: str, what: str, dtypes: set[str]
) -> None:
    found = certified(KERNELS[name], framework, what)
    assert wrong_at(found) == dtypes, str(found)
    assert found.verdict is (Verdict.DISAGREE if dtypes else Verdict.AGREE)


def test_the_corpus_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "found.json"
    assert main(["--only", "rms_norm", "--framework", "torch", "--json", str(path)]) == 0
    assert '"kernels": 1' in path.read_text(encoding="utf-8")
    assert "<-" not in capsys.readouterr().out


def test_a_reference_is_numpy_or_of_either_framework() -> None:
    numpy_one = RMS.numpy()
    for function, certify in (("torch", certify_function), ("jax", certify_custom_vjp)):
        kernel = RMS.written(function)
        for reference, oracle in (
            (numpy_one, "JAX" if function == "torch" else "PyTorch"),
            (RMS.plain(JAX), "JAX"),
            (RMS.plain(TORCH), "PyTorch"),
        ):
            found = certify(kernel, reference, INPUTS, ["float64", "bfloat16"])
            assert found.verdict is Verdict.AGREE, str(found)
            assert found.oracles == (oracle,)
        wrong = RMS.written(function, "mean left out")
        assert not certify(wrong, numpy_one, INPUTS, ["float64"])


def test_a_numpy_reference_without_the_other_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "jax")
    found = certify_function(RMS.written("torch"), RMS.numpy(), INPUTS, ["float64"])
    assert (found.verdict, found.oracles) == (Verdict.AGREE, ("PyTorch",))


def test_a_numpy_reference_with_several_outputs_and_a_cast() -> None:
    def both(x: Any, k: Any) -> Any:
        return np.sin(x).astype(np.float64) * k, np.argmax(x), x.sum(dtype=np.float64)

    def kernel(x: Any, k: Any) -> Any:
        return torch.sin(x) * k, torch.argmax(x), x.sum()

    found = certify_function(kernel, both, [X, 3], ["float64", "float32"])
    assert found.verdict is Verdict.AGREE, str(found)


def test_a_reference_that_depends_on_nothing_or_fails() -> None:
    with pytest.raises(TypeError, match="none of its outputs depends on a float input"):
        certify_function(torch.tanh, lambda _: torch.ones(3), [X])

    def failing(_: Any) -> Any:
        msg = "out of order"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="out of order"):
        certify_function(torch.tanh, failing, [X])


class Twice(torch.autograd.Function):
    """2 x, with a wrong gradient where `Twice.wrong` says so of its input."""

    @staticmethod
    def wrong(_: torch.Tensor) -> bool:
        return False

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.is_wrong = Twice.wrong(x)
        return 2 * x

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        return (3 if ctx.is_wrong else 2) * g


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (lambda x: x.shape[0] == 1, "wrong for a batch of one"),
        (lambda x: x.shape[0] % 2 == 1, "wrong for a first axis of 5"),
        (lambda x: x.shape[-1] % 2 == 1, "wrong for a last axis of 7"),
        (lambda x: not x.is_contiguous(), "wrong for inputs that are not contiguous"),
    ],
)
def test_other_shapes_and_layouts(monkeypatch: pytest.MonkeyPatch, where: Any, says: str) -> None:
    monkeypatch.setattr(Twice, "wrong", staticmethod(where))
    found = certify_function(Twice, lambda x: 2 * x, [X], ["float64"])
    assert found.verdict is Verdict.DISAGREE
    assert says in side(found)


def test_what_a_kernel_refuses_is_a_remark() -> None:
    def strict(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if not x.is_contiguous():
            msg = "pass a contiguous tensor"
            raise ValueError(msg)
        if x.shape[-1] % 2:
            msg = "pass an even length"
            raise ValueError(msg)
        return x[torch.arange(len(x)), labels] ** 2

    def plain(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return x[torch.arange(len(x)), labels] ** 2

    found = certify_function(strict, plain, [X, np.array([0, 5, 1, 3])], ["float64"])
    assert found.verdict is Verdict.AGREE, str(found)
    assert "it does not take a last axis of 7: ValueError: pass an even" in side(found)
    assert "it refuses inputs that are not contiguous" in side(found)


def test_a_number_and_what_the_reference_cannot_do_suggest_no_shapes() -> None:
    found = certify_function(torch.tanh, torch.tanh, [np.array(0.5)], ["float64"])
    assert found.verdict is Verdict.AGREE
    assert certify_function(torch.tanh, torch.tanh, [X[:1]], ["float64"])  # is a batch of one
    square = R.standard_normal((3, 3))

    def inverse(x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.inv(x) if len(x) == 3 else torch.log(-torch.ones(2) * x.sum() ** 2)

    assert certify_function(torch.linalg.inv, inverse, [square], ["float64"])


def test_saved_tensors_that_backward_modifies() -> None:
    class Consuming(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.cosine = torch.cos(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> Any:
            return ctx.cosine.mul_(g)

    found = certify_function(Consuming, torch.sin, [X], ["float64"])
    assert found.verdict is Verdict.DISAGREE
    assert "what is saved is modified" in side(found)

    class Saved(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(torch.cos(x))
            return torch.sin(x)

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> Any:
            return ctx.saved_tensors[0].mul_(g)

    found = certify_function(Saved, torch.sin, [X], ["float64"])
    assert "a second backward over the same graph fails" in side(found)
    assert found.verdict is Verdict.DISAGREE


def test_a_second_backward_that_is_refused_is_a_remark() -> None:
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.kept = [torch.cos(x)]
            return torch.sin(x)

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> Any:
            return ctx.kept.pop() * g

    found = certify_function(Once, torch.sin, [X], ["float64"])
    assert found.verdict is Verdict.AGREE, str(found)
    assert "a second backward over the same graph fails: IndexError" in side(found)


def test_a_gradient_in_another_precision_is_a_remark() -> None:
    class Wide(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> Any:
            x, w = ctx.saved_tensors
            wide = g.double() if g.dtype == torch.float64 else g.float()
            return wide * w, g * x

    found = certify_function(Wide, torch.mul, [X, R.standard_normal((4, 6))], ["bfloat16"])
    assert "the gradient of input 0 is torch.float32 for torch.bfloat16" in side(found)


def test_the_checks_of_pytorch_stand_beside() -> None:
    @torch.library.custom_op("crosscheck_tests::twice", mutates_args=())
    def twice(x: torch.Tensor) -> torch.Tensor:
        return 2 * x

    twice.register_fake(torch.empty_like)
    twice.register_autograd(lambda _, g: 2 * g)
    big = R.standard_normal((40, 20))
    found = certify_function(twice, lambda x: 2 * x, [big], ["float64"])
    assert found.verdict is Verdict.AGREE, str(found)
    said = {f.quantity: (f.verdict, f.reason) for f in found.findings[-2:]}
    assert said["gradcheck"] == (None, "passes")
    assert said["opcheck"][0] is None
    wrong = certify_function(RMS.written("torch", "sign"), RMS.plain(TORCH), INPUTS, ["float64"])
    assert wrong.findings[-1].reason.startswith("fails: ")
