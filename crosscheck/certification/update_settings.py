"""The settings of an optimiser: what they are called, and where they are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from crosscheck.objects.walk import attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "torch's default"

# Optimiser -> its class in torch.optim, and its settings: torch's name, the value where nothing
# tells, and what people call it.
LR = ("lr", None, ("lr", "learning_rate", "eta", "step_size"))
EPS = ("eps", 1e-8, ("eps", "epsilon"))
BETAS = (("beta1", 0.9, ("beta1", "beta_1", "b1")), ("beta2", 0.999, ("beta2", "beta_2", "b2")))
DECAY = ("weight_decay", 0.0, ("weight_decay", "wd"))
MOMENTUM = ("momentum", 0.9, ("momentum", "mu", "beta", "rho"))
KINDS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "sgd": ("SGD", (LR, DECAY)),
    "momentum": ("SGD", (LR, MOMENTUM, DECAY)),
    "nesterov": ("SGD", (LR, MOMENTUM, DECAY)),
    "adagrad": ("Adagrad", (LR, ("eps", 1e-10, EPS[2]), DECAY)),
    "rmsprop": (
        "RMSprop",
        (LR, ("alpha", 0.99, ("alpha", "decay_rate", "rho", "beta", "decay")), EPS, DECAY),
    ),
    "adam": ("Adam", (LR, *BETAS, EPS, DECAY)),
    "adamw": ("AdamW", (LR, *BETAS, EPS, ("weight_decay", 0.01, DECAY[2]))),
}


class Setting(NamedTuple):
    """A setting of an optimiser, and where it is from."""

    value: float
    how: str


def settings_of(
    like: str, given: Mapping[str, float], config: Any, step: Any, after: Any
) -> dict[str, Setting]:
    """Return the settings of the twin."""
    _, known = KINDS[like]
    unknown = sorted(given.keys() - {name for name, _, _ in known})
    if unknown:
        names = ", ".join(name for name, _, _ in known)
        msg = f"settings: {', '.join(unknown)}; {like} has {names}"
        raise ValueError(msg)
    kept = {**_attributes_of(step), **(after or {}), **(config or {})}
    used: dict[str, Setting] = {}
    for name, default, called in known:
        source = next((one for one in called if isinstance(kept.get(one), float | int)), None)
        if name in given:
            used[name] = Setting(given[name], "given")
        elif source is not None:
            used[name] = Setting(float(kept[source]), f"from {source}")
        elif default is None:
            msg = f"no learning rate is found; pass {name}=, which torch.optim calls it"
            raise ValueError(msg)
        else:
            used[name] = Setting(default, DEFAULT)
    return used


def _attributes_of(step: Any) -> dict[str, Any]:
    """Return the attributes of an optimiser, those of its class too."""
    owner = getattr(step, "__self__", step)
    kinds = type(owner).__mro__ if not isinstance(owner, type) else ()
    found = {key: value for kind in reversed(kinds) for key, value in vars(kind).items()}
    return found | attributes(owner)
