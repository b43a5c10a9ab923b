"""Twenty steps of training by hand: the small GPT with AdamW, against PyTorch's losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from crosscheck.examples.rebuilt.torch_autograd import sequences
from reference.losses import softmax_cross_entropy
from reference.optimisers import adamw
from reference.sequences import gpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

STEPS = 20
RATE, BETA1, BETA2, EPS, DECAY = 0.01, 0.9, 0.999, 1e-8, 0.01
SIZE = {"V": 11, "M": 8, "D": 12, "A": 8, "F": 24, "L": 2}


def batches() -> Iterator[tuple[Any, Any]]:
    rng = np.random.default_rng(1)
    for _ in range(STEPS):
        start = rng.integers(SIZE["V"], size=(4, 1))
        text = (start + 3 * np.arange(8)) % SIZE["V"]
        yield text[:, :-1], text[:, 1:]


def by_hand(params: dict[str, Any]) -> Iterator[Any]:
    means: dict[str, Any] = {
        name: (np.zeros_like(w), np.zeros_like(w)) for name, w in params.items()
    }
    for t, (tokens, targets) in enumerate(batches(), start=1):
        loss, residuals = gpt.forward(tokens=tokens, targets=targets, **params)
        yield loss
        grads = gpt.backward(*residuals)
        for name, w in params.items():
            m, s = means[name]
            params[name], m, s = adamw.update(
                w, grads[name], m, s, t, RATE, BETA1, BETA2, EPS, DECAY
            )
            means[name] = m, s


def by_pytorch(arrays: dict[str, Any]) -> Iterator[float]:
    params: dict[str, Any] = {
        name: torch.tensor(w, requires_grad=True) for name, w in arrays.items()
    }
    optimiser = torch.optim.AdamW(
        params.values(), lr=RATE, betas=(BETA1, BETA2), eps=EPS, weight_decay=DECAY
    )
    for tokens, targets in batches():
        optimiser.zero_grad()
        loss = sequences.gpt(torch.tensor(tokens), torch.tensor(targets), **params)
        loss.backward()  # type: ignore[no-untyped-call]
        yield loss.item()
        optimiser.step()


def losses(train: Callable[[dict[str, Any]], Iterator[Any]]) -> Any:
    return np.array(list(train(gpt.initial(np.random.default_rng(0), SIZE))))


def test_twenty_steps_by_hand_follow_the_losses_of_pytorch() -> None:
    hand_written = losses(by_hand)
    assert hand_written[-1] < 0.8 * hand_written[0]
    np.testing.assert_allclose(hand_written, losses(by_pytorch), rtol=1e-10)


def test_a_wrong_gradient_leaves_the_losses_of_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    right = gpt.backward

    def without_the_input(*residuals: Any) -> dict[str, Any]:
        grads = right(*residuals)
        _, _, _, _, H, outcome, _ = residuals
        return {**grads, "E": softmax_cross_entropy.backward(*outcome)["Z"].T @ H}

    monkeypatch.setattr(gpt, "backward", without_the_input)
    assert not np.allclose(losses(by_hand), losses(by_pytorch), rtol=1e-3)
