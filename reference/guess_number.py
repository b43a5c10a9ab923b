"""6. Guess the number: five hundred steps of gradient descent towards 42.

    loss = ½ (target − guess)²     grad = guess − target
                                   guess ← guess − 0.1 grad

>>> main()
epoch 0 | 예측값: 3.2544197693172947 , 손실: 926.6790045754756
epoch 50 | 예측값: 41.80031398921388 , 손실: 0.024613890681280226
epoch 100 | 예측값: 41.99897086318836 , 손실: 6.53779368557667e-07
epoch 150 | 예측값: 41.99999469606021 , 손실: 1.7365294583741053e-11
epoch 200 | 예측값: 41.99999997266468 , 손실: 4.612466732472891e-16
epoch 250 | 예측값: 41.99999999985913 , 손실: 1.2250109698369697e-20
epoch 300 | 예측값: 41.99999999999927 , 손실: 3.280651623760726e-25
epoch 350 | 예측값: 41.99999999999997 , 손실: 4.0389678347315804e-28
epoch 400 | 예측값: 41.99999999999997 , 손실: 4.0389678347315804e-28
epoch 450 | 예측값: 41.99999999999997 , 손실: 4.0389678347315804e-28
최종 예측값: 41.99999999999997

The document draws its first guess from an unseeded normal and does not record it. START is
recovered from what it prints: the first line alone leaves a handful of doubles, and of those START
and its two neighbours, one on each side, reproduce every number of every line.

The guess never arrives. At 41.99999999999997 a tenth of the gradient is less than half the
distance between neighbouring doubles there, so the update rounds back to where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference import sgd
from reference.checks import checked
from reference.example import arrays, lenient_stdout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference.example import Array, Data, Grads, Params

START = -1.0506447007585615
PARAMS = arrays(guess=START)
DATA = arrays(target=42)
LEARNING_RATE = 0.1
STEPS = 500
PRINT_EVERY = 50
PRINTS = {"step guess": 11}


@checked(params={"guess": ""}, data={"target": ""})
def forward(guess: Array, target: Array) -> tuple[Array, tuple[Array, ...]]:
    """Return the loss and the residuals."""
    loss = 0.5 * (target - guess) ** 2  # ()
    return loss, (guess, target)


def backward(guess: Array, target: Array) -> Grads:
    """Return d loss / d guess."""
    return {"guess": guess - target}  # ()


def step(params: Params, data: Data) -> tuple[Array, Params]:
    """Return the loss, and the guess after one step."""
    loss, residuals = forward(**params, **data)
    return loss, sgd.step(params, backward(*residuals), LEARNING_RATE, updated=("guess",))


def descent(params: Params, data: Data) -> Iterator[tuple[Array, Params]]:
    """Yield, for each of the 500 steps, the loss before it and the guess after it."""
    return sgd.descent(step, params, data, STEPS)


def main(start: float = START) -> None:
    """Print every fiftieth step of the descent from `start`, and where it ends."""
    params: Params = arrays(guess=start)
    for i, (loss, params) in enumerate(descent(params, DATA)):  # noqa: B020 - one step after another
        if i % PRINT_EVERY == 0:
            print(f"epoch {i} | 예측값: {params['guess']} , 손실: {loss}")
    print(f"최종 예측값: {params['guess']}")


if __name__ == "__main__":
    lenient_stdout()
    main()
