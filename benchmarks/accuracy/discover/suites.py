"""The packages whose derivatives are watched, and the parts of their test suites that are run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """A part of a package's own tests. `only` is pytest's -k: what else there is does not end."""

    distribution: str
    watched: tuple[str, ...]
    tests: tuple[str, ...]
    only: str = ""


SUITES = (
    Suite(
        "scikit-learn",
        ("sklearn.neural_network", "sklearn.neighbors"),
        ("sklearn.neural_network.tests.test_mlp", "sklearn.neighbors.tests.test_nca"),
    ),
    Suite(
        "scikit-learn",
        ("sklearn.gaussian_process",),
        (
            "sklearn.gaussian_process.tests.test_kernels",
            "sklearn.gaussian_process.tests.test_gpr",
            "sklearn.gaussian_process.tests.test_gpc",
        ),
    ),
    Suite(
        "scikit-learn",
        ("sklearn.linear_model",),
        ("sklearn.linear_model.tests.test_huber", "sklearn.linear_model.tests.test_linear_loss"),
    ),
    Suite(
        "statsmodels",
        ("statsmodels.discrete", "statsmodels.genmod"),
        ("statsmodels.discrete.tests.test_discrete", "statsmodels.genmod.tests.test_glm"),
        "(Logit or Poisson or Probit or NegBin or GenPoisson or MNLogit or TestGlm) and not MLE",
    ),
    Suite(
        "statsmodels",
        ("statsmodels.discrete",),
        ("statsmodels.discrete.tests.test_count_model",),
        "ZeroInflated and not Predict and not predict",
    ),
    Suite(
        "scipy",
        ("scipy.optimize",),
        (
            "scipy.optimize.tests.test_optimize",
            "scipy.optimize.tests.test_least_squares",
            "scipy.optimize.tests.test_slsqp",
        ),
        "not Brute and not brute",
    ),
)
