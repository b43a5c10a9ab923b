"""Certify a hand-written optimiser: its steps beside those of `torch.optim`, by the same rule."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certificate import Certificate
from crosscheck.certification.hints import check_hint, told
from crosscheck.certification.state import state_of
from crosscheck.certification.update_settings import DEFAULT, KINDS, Setting, settings_of
from crosscheck.certification.user_loss import call_with_note, name_of
from crosscheck.core.norms import norm
from crosscheck.core.pytree import flatten, rebuild
from crosscheck.core.sampling import moved
from crosscheck.core.verdict import Verdict, float32_noise, judge, overall
from crosscheck.core.versions import versions
from crosscheck.errors import OracleUnavailableError
from crosscheck.frameworks import FRAMEWORKS
from crosscheck.objects.methods import method, methods_of
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.certification.hints import Hint
    from crosscheck.core.types import Array
    from crosscheck.core.verdict import Judgement

    Trajectory = dict[str, Array]  # parameter -> its values after each step, less the first ones

UPDATE = ("update", "step", "update_params", "apply_gradients", "apply")
POINTS = 8  # sampled parameters and gradients
ORACLE = "PyTorch"


@dataclass(frozen=True)
class Start:
    """Where an optimiser starts, and the gradients that it is given, a dict for each step."""

    params: Mapping[str, Array]
    grads: Sequence[Mapping[str, Array]]


def certify_update(  # noqa: PLR0913 - what is certified, and how hard
    step: Any,
    params: Any,
    grads: Any,
    *,
    like: str,
    steps: int = 5,
    seed: int = 0,
    config: Mapping[str, Any] | None = None,
    update: str | None = None,
    hint: Hint = "full",
    **settings: float,
) -> Certificate:
    """Judge a hand-written optimiser against `torch.optim`, over several steps.

    Args:
        step: an optimiser with a method `update(params, grads)` or `step(params, grads)`, or a
            function of the two. It writes into the parameters, or returns new ones. With `config`
            it is a function of one array, `step(w, dw, config)`, that returns the new array and the
            new config.
        params: a float array, or a mapping or a sequence of them, as `step` takes it.
        grads: gradients of the same structure, for the first step; further ones are sampled.
        like: "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam" or "adamw".
        steps: how many steps are compared, 2 or more.
        seed: of the gradients, and of the sampled parameters.
        config: what the first step gets as its config; a copy for each parameter.
        update: the name of the optimiser's method, where it has another one.
        hint: how much is told of a mistake: "none", "kind", "line" or "full"; see
            `Certificate.with_hint`.
        settings: those of the optimiser: lr, momentum, alpha, beta1, beta2, eps, weight_decay. What
            is not passed is read from `config` or the optimiser's attributes, under the names that
            people use (learning_rate, decay_rate, epsilon …), else it is torch's default. The
            certificate says which ones were used.

    Returns:
        The certificate; a finding for each parameter: all of its steps.

    Raises:
        ValueError: `like` is unknown, there is no learning rate, or numbers are bad.
        TypeError: `step` is neither a function nor an object with a method that updates.
        OracleUnavailableError: PyTorch is not installed.

    >>> import numpy as np
    >>> from crosscheck import certify_update
    >>> class Momentum:
    ...     lr, momentum, v = 0.1, 0.9, 0.0
    ...     def update(self, params, grads):
    ...         self.v = self.momentum * self.v - self.lr * grads["w"]
    ...         params["w"] += self.v
    >>> bool(certify_update(Momentum(), {"w": np.ones(3)}, {"w": np.arange(3.0)}, like="momentum"))
    True

    The update rules are those of torch.optim's documentation.

    """
    if like not in KINDS:
        msg = f"like is {like!r}; it is one of {', '.join(map(repr, KINDS))}"
        raise ValueError(msg)
    if steps < 2:  # noqa: PLR2004 - the first step does not show a state
        msg = f"steps is {steps}; pass 2 or more"
        raise ValueError(msg)
    check_hint(hint)
    if not FRAMEWORKS["torch"].is_installed:
        raise OracleUnavailableError(FRAMEWORKS["torch"].missing)
    function = step if config is not None else method(step, UPDATE, update, "update") or step
    if not callable(function):
        names = ", ".join(methods_of(step)) or "no methods"
        msg = f'step is {type(step).__name__} with {names}; update="name" says which one updates'
        raise TypeError(msg)
    state = state_of(function)
    tree, slopes = {"w": params}, {"w": grads}  # one array or a structure of them
    starts = _starts(flatten(tree), flatten(slopes), steps, seed)
    try:
        runs = []
        for start in starts:
            state.restore()
            runs.append(_by_hand(function, params, start, config))
        used = settings_of(like, settings, config, step, runs[0][1])
    finally:
        state.restore()
    made = _certificate(name_of(function), like, starts, [run for run, _ in runs], used, seed)
    return told(made, hint)


def _starts(
    params: Mapping[str, Any], grads: Mapping[str, Any], steps: int, seed: int
) -> list[Start]:
    """Return the given parameters and gradients, and sampled ones."""
    for path, leaf in params.items():
        if np.asarray(leaf).dtype.kind != "f" or not np.isfinite(leaf).all():
            msg = f"params: {_name(path)} is {leaf!r}; an optimiser updates finite floats"
            raise ValueError(msg)
    shapes = {path: np.shape(leaf) for path, leaf in params.items()}
    if {path: np.shape(leaf) for path, leaf in grads.items()} != shapes:
        msg = f"grads has other names or shapes than params, {shapes}"
        raise ValueError(msg)
    rng = np.random.default_rng([seed, 0x5E])
    found: list[Start] = []
    for i in range(POINTS + 1):
        where = {
            p: np.array(a, dtype=float) if i == 0 else moved(a, rng) for p, a in params.items()
        }
        each = [
            {
                path: np.array(leaf, dtype=float)
                if i == 0 and k == 0
                else (norm(np.asarray(leaf)) or 1.0) * rng.standard_normal(np.shape(leaf))
                for path, leaf in grads.items()
            }
            for k in range(steps)
        ]
        found.append(Start(where, each))
    return found


def _by_hand(
    function: Callable[..., Any], params: Any, start: Start, config: Mapping[str, Any] | None
) -> tuple[Trajectory, Any]:
    """Return what the optimiser does, and the config that it ends with."""
    now = rebuild({"w": params}, iter([array.copy() for array in start.params.values()]))["w"]
    configs = {path: copy.deepcopy(dict(config or {})) for path in start.params}
    seen: list[dict[str, Array]] = []
    for each in start.grads:
        grads = rebuild({"w": params}, iter([array.copy() for array in each.values()]))["w"]
        if config is None:
            result = call_with_note(function, now, grads)
            now = now if result is None else result
        else:
            leaves, slopes = flatten({"w": now}), flatten({"w": grads})
            for path in leaves:
                result = call_with_note(function, leaves[path], slopes[path], configs[path])
                leaves[path], configs[path] = result
            now = rebuild({"w": params}, iter(leaves.values()))["w"]
        seen.append({path: np.array(leaf) for path, leaf in flatten({"w": now}).items()})
    moves = {
        path: np.array([after[path] - first for after in seen])
        for path, first in start.params.items()
    }
    return moves, next(iter(configs.values()))


def _twin(
    like: str, start: Start, used: Mapping[str, Setting], dtype: str, form: str
) -> Trajectory:
    """Return what torch.optim does from the same start, with the same gradients."""
    import torch

    kind, _ = KINDS[like]
    options: dict[str, Any] = {name: setting.value for name, setting in used.items()}
    if "beta1" in options:
        options["betas"] = (options.pop("beta1"), options.pop("beta2"))
    if like == "nesterov":
        options["nesterov"] = True
    precision = getattr(torch, dtype)
    leaves = {p: torch.tensor(a, dtype=precision) for p, a in start.params.items()}
    optimiser = getattr(torch.optim, kind)(list(leaves.values()), **options)
    seen: list[dict[str, Array]] = []
    for t, each in enumerate(start.grads, 1):
        for path, leaf in leaves.items():
            leaf.grad = torch.tensor(each[path], dtype=precision)
        if form == EPSILON_HAT:
            optimiser.param_groups[0]["eps"] = used["eps"].value / np.sqrt(
                1 - used["beta2"].value ** t
            )
        optimiser.step()
        seen.append({path: leaf.numpy().astype(float) for path, leaf in leaves.items()})
    first = {p: leaf.astype(dtype).astype(float) for p, leaf in start.params.items()}
    return {path: np.array([after[path] - first[path] for after in seen]) for path in leaves}


EPSILON_HAT = "with ε added before the bias of the second moment is corrected"


def _certificate(  # noqa: PLR0913, PLR0917 - what was found
    name: str,
    like: str,
    starts: Sequence[Start],
    runs: Sequence[Trajectory],
    used: Mapping[str, Setting],
    seed: int,
) -> Certificate:
    """Return the judgement on every parameter, in the form of the algorithm that fits."""
    forms = ["", EPSILON_HAT] if like in {"adam", "adamw"} and used["eps"].value else [""]
    for form in forms:
        judged = _judged(like, starts, runs, used, form)
        if all(overall([j.verdict for j in each]) is Verdict.AGREE for each in judged.values()):
            break
    else:
        form = ""
        judged = _judged(like, starts, runs, used, form)
    verdicts = {path: overall([j.verdict for j in each]) for path, each in judged.items()}
    guessed = [n for n, setting in used.items() if setting.how == DEFAULT and n != "weight_decay"]
    reason = ""
    if guessed and Verdict.DISAGREE in verdicts.values():
        # It may well be right, with another number.
        reason = f"it has no {' and no '.join(guessed)} that could be read; pass {guessed[0]}=…"
        verdicts = dict.fromkeys(verdicts, Verdict.INCONCLUSIVE)
    findings = tuple(
        Finding(name, f"step {_name(path)}", verdicts[path], runs[0][path], each, reason=reason)
        for path, each in judged.items()
    )
    told = ", ".join(f"{n}={setting.value:g} ({setting.how})" for n, setting in used.items())
    return Certificate(
        subject=f"{name}, {len(starts[0].grads)} steps of {like} with {told}{form and ', '}{form},",
        start="the given point",
        findings=findings,
        points=POINTS,
        seed=seed,
        oracles=(ORACLE,),
        unavailable={},
        versions=versions([ORACLE]),
        arguments={_name(p): f"{a.dtype} {a.shape}" for p, a in starts[0].params.items()},
    )


def _judged(
    like: str,
    starts: Sequence[Start],
    runs: Sequence[Trajectory],
    used: Mapping[str, Setting],
    form: str,
) -> dict[str, tuple[Judgement, ...]]:
    """Return the judgements on every parameter, one a start."""
    found: dict[str, list[Judgement]] = {path: [] for path in starts[0].params}
    for start, run in zip(starts, runs, strict=True):
        double = _twin(like, start, used, "float64", form)
        single = _twin(like, start, used, "float32", form)
        for path, actual in run.items():
            oracle = {ORACLE: double[path]}
            noise = float32_noise({ORACLE: single[path]}, oracle)
            scale = norm(start.params[path])
            found[path].append(judge(actual, oracle, noise, scale))
    return {path: tuple(each) for path, each in found.items()}


def _name(path: str) -> str:
    """Return what the user calls a parameter."""
    return path.removeprefix("w").removeprefix(".") or "w"
