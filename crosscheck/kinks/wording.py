"""The conventions for the gradient at a kink, in words, and which the frameworks have."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Convention:
    """How a gradient is defined at an operation's kink, in words.

    `sentence`: with the operation and the choice that was made. `choices`: in the order of
    `Kink.conventions`. `torch`, `jax`: what the frameworks choose.
    """

    sentence: str
    choices: tuple[str, str, str]
    torch: str
    jax: str

    def sentence_for(self, operation: str, choice: int) -> str:
        """Return which choice a gradient makes, and which the frameworks do."""
        same = self.torch == self.jax
        frameworks = (
            f"PyTorch and JAX: {self.jax}" if same else f"PyTorch {self.torch}, JAX {self.jax}"
        )
        return f"{self.sentence.format(operation, self.choices[choice])} ({frameworks})"


EITHER = Convention(
    "where both arguments of {0} are equal your gradient gives {1} to the first",
    ("nothing", "all", "half"),
    "half",
    "half",
)
EXTREME = Convention(
    "where entries tie for the {0} your gradient goes {1}",
    ("to the first", "to the last", "to all in equal shares"),
    "equal shares",
    "equal shares",
)
CONVENTION: dict[str, Convention] = {
    "maximum": EITHER,
    "minimum": EITHER,
    "fmax": replace(EITHER, torch="all", jax="nothing"),
    "fmin": replace(EITHER, torch="all", jax="nothing"),
    "max": EXTREME,
    "min": EXTREME,
    "absolute": Convention("at 0 your gradient uses slope {1} for {0}", ("-1", "1", "0"), "0", "1"),
    "clip": Convention(
        "at its bound your gradient uses slope {1} for {0}", ("0", "1", "0.5"), "1", "0.5"
    ),
    "sqrt": Convention(
        "at 0 your gradient uses slope {1} for {0}", ("0", "1", "0.5"), "infinity", "infinity"
    ),
    "comparison": Convention(
        "your gradient treats the left one of two equal numbers as {1} in a {0}",
        ("the smaller one", "the larger one", "half smaller and half larger"),
        "as NumPy",
        "as NumPy",
    ),
}
