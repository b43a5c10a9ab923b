"""The rule, clause by clause: each test fails when its clause is taken out."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from crosscheck.core.norms import norm
from crosscheck.core.verdict import (
    FLOOR,
    MIDPOINT,
    U32,
    U64,
    Judgement,
    Verdict,
    float32_noise,
    judge,
    overall,
)

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE


def verdict(
    actual: float, torch: float = 1.0, jax: float | None = None, noise: float = U32,
    scale: float = 1.0, again: float | None = None,
) -> Verdict:  # fmt: skip
    oracles = {"PyTorch": np.array([torch]), "JAX": np.array([torch if jax is None else jax])}
    nearby = None if again is None else lambda: again
    return judge(np.array([actual]), oracles, noise, scale, nearby).verdict


def test_the_constants_are_those_of_the_derivation() -> None:
    assert np.finfo(np.float32).eps / 2 == U32
    assert np.finfo(np.float64).eps / 2 == U64
    assert pytest.approx(2**-14.5) == MIDPOINT
    assert FLOOR == 64 * U64


def test_rounding_is_float32_noise_brought_down_to_float64() -> None:
    tolerance = 2**-14.5 * U32  # 2.6e-12
    assert verdict(1 + 0.9 * tolerance) is AGREE
    assert verdict(1 + 1.1 * tolerance) is DISAGREE


def test_a_noisier_computation_gets_more() -> None:
    assert verdict(1 + 1e-11) is DISAGREE
    assert verdict(1 + 1e-11, noise=10 * U32) is AGREE


def test_an_error_equal_to_the_tolerance_agrees() -> None:
    assert verdict(0.0, torch=0.0, noise=0.0, scale=0.0) is AGREE


def test_a_gradient_that_is_zero_but_for_rounding_is_measured_by_the_largest_gradient() -> None:
    actual, oracle = 3e-17, -1e-17
    assert verdict(actual, oracle, noise=1e-17, scale=1.0) is AGREE
    assert verdict(1e4 * actual, 1e4 * oracle, noise=1e-15, scale=1e-17) is DISAGREE
    assert verdict(65 * U64, 0.0, noise=0.0) is DISAGREE
    assert verdict(63 * U64, 0.0, noise=0.0) is AGREE


def test_nobody_is_blamed_for_less_than_what_goes_in_is_rounded_by() -> None:
    assert verdict(0.0, 64 * U64, noise=0.0, scale=0.0) is INCONCLUSIVE
    assert verdict(0.0, 65 * U64, noise=0.0, scale=0.0) is DISAGREE
    one, zero = np.array([65 * U64]), np.zeros(1)
    assert judge(zero, {"PyTorch": one}, 0.0, 0.0, unit=2.0).verdict is INCONCLUSIVE
    assert judge(zero, {"PyTorch": one}, 0.0, 0.0, unit=1.0).verdict is DISAGREE
    both = {"PyTorch": one, "JAX": np.array([1e-3])}  # the oracle that is nearest decides
    assert judge(zero, both, 0.0, 0.0, unit=2.0).verdict is INCONCLUSIVE


def test_where_the_oracles_differ_the_hand_is_not_blamed() -> None:
    assert verdict(1 + 5e-7, jax=1 + 1e-6) is INCONCLUSIVE
    assert verdict(1 + 5e-7, jax=1 + 1e-15) is DISAGREE


def test_an_agreement_with_one_oracle_is_not_an_agreement() -> None:
    assert verdict(1.0, jax=1 + 1e-9) is INCONCLUSIVE


def test_an_error_beyond_both_oracles_differences_is_a_disagreement() -> None:
    assert verdict(2.0, jax=1 + 1e-6) is DISAGREE
    assert verdict(1 + 1.65e-5, jax=1 + 1e-6) is INCONCLUSIVE  # e_min is 15.5 splits
    assert verdict(1 + 1.75e-5, jax=1 + 1e-6) is DISAGREE


def test_each_bound_is_where_the_rule_has_it() -> None:
    split = 2.0**-20
    assert verdict(1 - 16 * split, jax=1 + split) is INCONCLUSIVE  # e_min is 16 splits, not more
    # tol = split, from the floor; the noise is below the split, and above |g|/64
    scale = split / FLOOR
    assert verdict(1 + 3 * split, jax=1 + split, noise=0.0, scale=scale) is DISAGREE
    small = {"torch": 0.0, "jax": split, "noise": split / 32, "scale": scale}
    assert verdict(-16.5 * small["noise"], **small) is DISAGREE
    assert verdict(-16.0 * small["noise"], **small) is INCONCLUSIVE


def test_an_error_beyond_one_oracle_only_is_not() -> None:
    assert verdict(1.0, torch=2.0, jax=1.0) is INCONCLUSIVE


def test_a_noisy_computation_is_blamed_only_beyond_its_noise() -> None:
    assert verdict(1.05, noise=1 / 60) is INCONCLUSIVE
    assert verdict(1.05, noise=1 / 63.5) is INCONCLUSIVE
    assert verdict(1.05, noise=1 / 64) is DISAGREE
    assert verdict(1 + 15.9 / 60, noise=1 / 60) is INCONCLUSIVE
    assert verdict(1 + 16.1 / 60, noise=1 / 60) is DISAGREE
    assert verdict(1.05, torch=1.0, noise=1 / 60, jax=1 + 1e-7) is INCONCLUSIVE


def test_the_noise_counts_where_the_oracles_differ_too() -> None:
    assert verdict(1.3, jax=1.001, noise=0.1) is INCONCLUSIVE


def test_the_noise_is_measured_again_before_a_disagreement_is_said() -> None:
    assert verdict(1 + 1e-9, noise=U32, again=U32) is DISAGREE
    assert verdict(1 + 1e-9, noise=U32, again=1e-2) is AGREE
    assert verdict(1 + 1e-3, noise=U32, again=0.1) is INCONCLUSIVE
    assert verdict(1 + 1e-9, noise=U32, again=0.0) is DISAGREE  # the larger one counts
    assert verdict(1 + 1e-9, noise=U32, again=np.nan) is INCONCLUSIVE


def test_the_noise_is_not_measured_again_for_anything_else() -> None:
    def never() -> float:
        raise AssertionError

    one = np.array([1.0])
    assert judge(one, {"PyTorch": one}, U32, 1.0, never).verdict is AGREE
    assert judge(one, {"PyTorch": one, "JAX": 2 * one}, U32, 1.0, never).verdict is INCONCLUSIVE


def test_the_judgement_keeps_the_larger_noise() -> None:
    one = np.array([1.0])
    judgement = judge(one + 1e-9, {"PyTorch": one}, U32, 1.0, lambda: 1e-2)
    assert judgement.noise == 1e-2
    assert judgement.tolerance == MIDPOINT * 1e-2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_agrees(bad: float) -> None:
    assert verdict(bad) is DISAGREE
    assert verdict(1.0, torch=bad) is INCONCLUSIVE
    assert verdict(1.0, jax=bad) is INCONCLUSIVE
    assert verdict(bad, torch=bad) is INCONCLUSIVE
    judgement = judge(np.array([bad]), {"PyTorch": np.ones(1)}, U32, 1.0)
    assert "not finite" in judgement.reason


def test_noise_that_is_not_finite_allows_no_agreement() -> None:
    assert verdict(1.0, noise=np.inf) is INCONCLUSIVE
    assert verdict(1.0, noise=np.nan) is INCONCLUSIVE


def test_another_shape_disagrees_though_it_would_broadcast() -> None:
    judgement = judge(np.ones((2, 1)), {"PyTorch": np.ones(2)}, U32, 1.0)
    assert judgement.verdict is DISAGREE
    assert {"(2,)", "(2, 1)"} <= set(re.findall(r"\([\d, ]+\)", judgement.reason))
    assert judge(np.ones(()), {"PyTorch": np.ones(2)}, U32, 1.0).verdict is DISAGREE


def test_oracles_of_different_shapes_judge_nothing() -> None:
    oracles = {"PyTorch": np.ones((2, 1)), "JAX": np.ones(2)}
    judgement = judge(np.ones(2), oracles, U32, 1.0)
    assert judgement.verdict is INCONCLUSIVE
    assert "'PyTorch': (2, 1), 'JAX': (2,)" in judgement.reason
    assert judge(np.ones(2), {}, U32, 1.0).verdict is INCONCLUSIVE


def test_every_dtype_is_judged_by_its_numbers() -> None:
    def judged(number: float, dtype: str) -> Judgement:
        return judge(np.array([number], dtype), {"PyTorch": np.ones(1)}, U32, 1.0)

    assert judged(1.0, "float32").verdict is AGREE
    assert 1e-7 < judged(1.0, "float32").resolution < 1e-5
    assert judged(1.001, "float32").verdict is DISAGREE
    assert judged(1.0, "float16").verdict is AGREE
    assert judged(1.1, "float16").verdict is DISAGREE
    assert judged(np.nan, "float32").verdict is DISAGREE
    for exact in ("int64", "bool", "longdouble"):
        assert judged(1, exact).verdict is AGREE
        assert judged(1, exact).precision == "float64"
        assert judged(0, exact).verdict is DISAGREE
    assert judged(1.0, "complex128").verdict is DISAGREE


def test_an_agreement_is_worth_the_mistake_it_would_have_seen() -> None:
    one = np.array([1.0])
    judgement = judge(2 * one, {"PyTorch": 2 * one}, 1e-3, 1.0)
    assert judgement.resolution == MIDPOINT * 1e-3 / 2
    assert judgement.resolved
    assert not judge(one, {"PyTorch": one}, 0.1, 1.0).resolved


def test_a_gradient_of_zero_resolves_nothing() -> None:
    zero = np.zeros(3)
    judgement = judge(zero, {"PyTorch": zero, "JAX": zero}, 0.0, 1.0)
    assert judgement.verdict is AGREE
    assert not judgement.resolved


def test_the_bound_of_a_resolved_agreement_is_one_in_a_million() -> None:
    def at(tolerance: float) -> Judgement:
        return Judgement(AGREE, {}, tolerance, 0.0, 1.0)

    assert at(1e-6).resolved
    assert not at(1.01e-6).resolved
    assert not at(np.nan).resolved
    assert not at(np.inf).resolved
    assert Judgement(AGREE, {}, 1e-9, 0.0, np.nan).resolution == np.inf


def test_a_judgement_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Judgement(AGREE, {}, 0.0, 0.0, 1.0).noise = 1.0  # type: ignore[misc]


def test_the_worst_entry_is_found_with_every_authors_number() -> None:
    actual = np.array([[1.0, 2.0], [3.0, 4.0]])
    torch, jax = actual.copy(), actual.copy()
    torch[0, 1], jax[1, 0] = 2.5, -3.0
    judgement = judge(actual, {"PyTorch": torch, "JAX": jax}, U32, 4.0)
    assert judgement.worst == (1, 0)
    assert judgement.entries == {"actual": 3.0, "PyTorch": 3.0, "JAX": -3.0}
    assert judgement.errors == {"PyTorch": 0.5, "JAX": 6.0}


def test_the_worst_entry_is_the_one_that_is_not_a_number() -> None:
    actual = np.array([5.0, np.nan])
    judgement = judge(actual, {"PyTorch": np.array([1.0, 1.0])}, U32, 4.0)
    assert judgement.worst == (1,)


def test_nothing_in_an_empty_array_is_wrong() -> None:
    empty = np.zeros((0, 3))
    judgement = judge(empty, {"PyTorch": empty}, 0.0, 0.0)
    assert judgement.verdict is AGREE
    assert judgement.entries == {}
    assert not judgement.resolved


def test_the_noise_is_that_of_the_noisiest_oracle() -> None:
    double = {"PyTorch": np.array([1.0, -2.0]), "JAX": np.array([1.0, -2.0])}
    single = {k: v.astype(np.float32) for k, v in double.items()}
    single["JAX"][0] = 1.25
    assert float32_noise(single, double) == 0.25


def test_the_noise_is_at_least_half_a_unit_in_the_last_place() -> None:
    double = {"PyTorch": np.array([1.0, -2.0])}
    assert float32_noise({"PyTorch": double["PyTorch"].astype(np.float32)}, double) == 2 * U32


def test_an_overflow_in_float32_is_noise_without_bound() -> None:
    double = {"PyTorch": np.array([1e300])}
    assert float32_noise({"PyTorch": np.array([np.inf], np.float32)}, double) == np.inf
    assert np.isnan(float32_noise({"PyTorch": np.array([np.nan], np.float32)}, double))


def test_the_norm_is_the_largest_entry() -> None:
    assert norm(np.array([[1.0, -3.0], [2.0, 0.0]])) == 3.0
    assert norm(np.zeros(0)) == 0.0
    assert np.isnan(norm(np.array([1.0, np.nan])))


def test_one_that_disagrees_decides_and_nothing_agrees_with_nothing() -> None:
    assert overall([AGREE, INCONCLUSIVE, DISAGREE]) is DISAGREE
    assert overall([AGREE, INCONCLUSIVE]) is INCONCLUSIVE
    assert overall([AGREE, AGREE]) is AGREE
    assert overall([]) is INCONCLUSIVE


def test_where_a_lower_precision_overflows_nothing_is_decided() -> None:
    found = judge(np.array([1.5]), {"A": np.array([1.0])}, np.inf, 1.0, precision="float32")
    assert found.verdict is INCONCLUSIVE
