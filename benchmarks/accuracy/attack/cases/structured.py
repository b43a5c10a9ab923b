"""Parameters that live on a structure, by nature or by chance."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "structured parameters"
R = np.random.default_rng(16).standard_normal
M = R((4, 4))
S = M @ M.T + 4 * np.eye(4)
Q = np.linalg.qr(R((4, 4)))[0]
LOW = np.tril(R((4, 4))) + 3 * np.eye(4)
A, B, X, Y = R((4, 4)), R((4, 4)), R((6, 4)), R((6, 4))
SIMPLEX = np.exp(R((5, 3))) / np.exp(R((5, 3))).sum()
SIMPLEX /= SIMPLEX.sum(axis=1, keepdims=True)
ONE_HOT = np.eye(3)[[0, 1, 2, 0, 2]]


def logdet(S):
    # by elimination, so that extended precision can run it
    S, total = S.copy(), S[0, 0] * 0
    for k in range(len(S)):
        total = total + np.log(np.abs(S[k, k]))
        for i in range(k + 1, len(S)):
            S[i] = S[i] - S[k] * (S[i, k] / S[k, k])
    return total


def inverse(S):
    n = len(S)
    T = np.hstack([S, np.eye(n, dtype=S.dtype)])
    for k in range(n):
        T[k] = T[k] / T[k, k]
        for i in range(n):
            if i != k:
                T[i] = T[i] - T[k] * T[i, k]
    return T[:, n:]


def general(*around):
    """Return a general point near each matrix."""
    return [{"S": a + 0.3 * R(a.shape)} for a in around]


def cases():
    sym = {"S": S}
    yield from family(
        "log det of a definite S, general gradient",
        lambda S: np.linalg.slogdet(S)[1],
        sym,
        lambda S: np.linalg.inv(S).T,
        {
            "inverse without its transpose": lambda S: np.linalg.inv(S),
            "half": lambda S: np.linalg.inv(S).T / 2,
            "symmetric convention 2G − diag": lambda S: (
                2 * np.linalg.inv(S) - np.diag(np.diag(np.linalg.inv(S)))
            ),
        },
        exact=logdet,
        limit="symmetric",
    )
    yield from family(
        "trace of the inverse",
        lambda S: np.trace(A @ np.linalg.inv(S)),
        sym,
        lambda S: -(np.linalg.inv(S) @ A @ np.linalg.inv(S)).T,
        {
            "not transposed": lambda S: -(np.linalg.inv(S) @ A @ np.linalg.inv(S)),
            "sign": lambda S: (np.linalg.inv(S) @ A @ np.linalg.inv(S)).T,
        },
        exact=lambda S: np.trace(A @ inverse(S)),
    )
    yield from family(
        "quadratic form in S, by chance symmetric",
        lambda S: np.sum((X @ S) * X) + np.sum(S * B),
        sym,
        lambda S: X.T @ X + B,
        {"B transposed": lambda S: X.T @ X + B.T},
    )
    yield from family(
        "square of a symmetric W",
        lambda S: np.trace(S @ S @ A),
        sym,
        lambda S: (S @ A + A @ S).T,
        {
            "not transposed": lambda S: S @ A + A @ S,
            "2 S A": lambda S: 2 * (S @ A).T,
        },
    )
    yield from family(
        "identity weights",
        lambda S: np.sum((X @ S @ S.T - Y) ** 2),
        {"S": np.eye(4)},
        lambda S: 2 * (X.T @ (X @ S @ S.T - Y) + (X.T @ (X @ S @ S.T - Y)).T) @ S,
        {
            "S transposed": lambda S: (
                2 * (X.T @ (X @ S @ S.T - Y) + (X.T @ (X @ S @ S.T - Y)).T) @ S.T
            ),
            "one factor": lambda S: 2 * (X.T @ (X @ S @ S.T - Y)) @ S,
        },
    )
    yield from family(
        "orthogonal Q",
        lambda S: np.sum((X @ S - Y) ** 2),
        {"S": Q},
        lambda S: 2 * X.T @ (X @ S - Y),
        {
            "X S taken as an isometry": lambda S: (
                2 * (X.T @ X - X.T @ Y @ S.T) @ S + 2 * X.T @ Y @ (S.T @ S - np.eye(4)) + 1e-3
            ),
        },
    )
    yield from family(
        "inverse by transpose, right on rotations alone",
        lambda S: np.sum(np.linalg.inv(S) * A),
        {"S": Q},
        lambda S: -(np.linalg.inv(S) @ A.T @ np.linalg.inv(S)).T,
        {"S⁻¹ = Sᵀ assumed": lambda S: -(S.T @ A.T @ S.T).T},
        exact=lambda S: np.sum(inverse(S) * A),
        at=general(Q),
    )
    yield from family(
        "triangular L",
        lambda S: np.sum((X @ S) ** 2) / 2,
        {"S": LOW},
        lambda S: X.T @ X @ S,
        {"upper part cut": lambda S: np.tril(X.T @ X @ S)},
        limit="triangular",
    )
    yield from family(
        "triangular by np.tril in the loss",
        lambda S: np.sum((X @ np.tril(S)) ** 2) / 2,
        {"S": LOW},
        lambda S: np.tril(X.T @ X @ np.tril(S)),
        {
            "upper part kept": lambda S: X.T @ X @ np.tril(S),
            "diagonal cut": lambda S: np.tril(X.T @ X @ np.tril(S), -1),
        },
    )
    yield from family(
        "Cholesky factor, triangular",
        lambda S: np.sum(np.log(np.diag(S))) + np.sum((S @ S.T) * A),
        {"S": LOW},
        lambda S: np.diag(1 / np.diag(S)) + (A + A.T) @ S,
        {"A not symmetrised": lambda S: np.diag(1 / np.diag(S)) + 2 * A @ S},
    )
    p = {"p": np.array([0.2, 0.5, 0.9, 0.03])}
    t = np.array([0.0, 1.0, 1.0, 0.0])
    yield from family(
        "binary cross-entropy of probabilities",
        lambda p: -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p)),
        p,
        lambda p: (p - t) / (p * (1 - p)),
        {
            "p − t": lambda p: p - t,
            "second term's sign": lambda p: -t / p - (1 - t) / (1 - p),
        },
        around=0.005,
    )
    yield from family(
        "entropy of a simplex",
        lambda P: -np.sum(P * np.log(P)),
        {"P": SIMPLEX},
        lambda P: -(np.log(P) + 1),
        {
            "1 forgotten": lambda P: -np.log(P),
            "1 taken away": lambda P: -(np.log(P) - 1),
        },
        around=0.002,
        limit="sum to one",
    )
    yield from family(
        "cross-entropy of rows that sum to one",
        lambda P: -np.sum(ONE_HOT * np.log(P / P.sum(axis=1, keepdims=True))),
        {"P": SIMPLEX},
        lambda P: -ONE_HOT / P + ONE_HOT.sum(axis=1, keepdims=True) / P.sum(axis=1, keepdims=True),
        {"normalisation forgotten": lambda P: -ONE_HOT / P},
        around=0.01,
    )
    pos = {"x": np.abs(R(5)) + 0.1}
    yield from family(
        "power of a positive base",
        lambda x: np.sum(x**2.5),
        pos,
        lambda x: 2.5 * x**1.5,
        {"exponent": lambda x: 2.5 * x**2.5},
        around=0.01,
    )
    yield from family(
        "absolute value of positives",
        lambda x: np.sum(np.abs(x) ** 1.5),
        pos,
        lambda x: 1.5 * np.sqrt(np.abs(x)) * np.sign(x),
        {"sign forgotten": lambda x: 1.5 * np.sqrt(np.abs(x))},
        at=[{"x": R(5)}],
        limit="positive",
    )
    yield from family(
        "sqrt of x² for positive x",
        lambda x: np.sum(np.sqrt(x * x) * Y[:5, 0]),
        pos,
        lambda x: np.sign(x) * Y[:5, 0],
        {"x > 0 assumed": lambda x: Y[:5, 0] + 0 * x},
        at=[{"x": -np.abs(R(5))}],
        limit="positive",
    )
    yield from family(
        "sorted thresholds",
        lambda x: np.sum(np.log(np.diff(x))),
        {"x": np.array([0.1, 0.4, 1.1, 2.0])},
        lambda x: np.concatenate([[0], 1 / np.diff(x)]) - np.concatenate([1 / np.diff(x), [0]]),
        {"ends": lambda x: np.concatenate([[0], 1 / np.diff(x)])},
        around=0.005,
    )
    yield from family(
        "log-odds of p near 1",
        lambda p: np.sum(np.log(p / (1 - p)) * Y[:4, 0]),
        {"p": np.array([0.999, 0.5, 0.001, 0.99])},
        lambda p: Y[:4, 0] / (p * (1 - p)),
        {"1 − p forgotten": lambda p: Y[:4, 0] / p},
        around=0.00002,
    )
    yield from family(
        "unit vector",
        lambda u: u @ A @ u,
        {"u": Q[0]},
        lambda u: (A + A.T) @ u,
        {
            "projected to the sphere": lambda u: (A + A.T) @ u - u * (u @ (A + A.T) @ u),
            "not symmetrised": lambda u: 2 * A @ u,
        },
    )
    yield from family(
        "eigenvalues of a symmetric S, declared",
        lambda S: np.sum(np.linalg.eigvalsh(S) ** 3),
        sym,
        lambda S: 3 * S @ S,
        {"2 S S": lambda S: 2 * S @ S},
        options={"structure": {"S": "symmetric"}},
        exact=lambda S: np.trace((S + S.T) @ (S + S.T) @ (S + S.T)) / 8,
        around=0,
    )
    yield from family(
        "inverse of a symmetric S, declared",
        lambda S: np.linalg.slogdet(S)[1],
        sym,
        lambda S: np.linalg.inv(S),
        {"doubled": lambda S: 2 * np.linalg.inv(S)},
        options={"structure": {"S": "symmetric"}},
        exact=logdet,
        around=0,
    )
    yield from family(
        "probabilities, declared",
        lambda p: -np.sum(np.log(np.clip(p, 0, 1))),
        p,
        lambda p: -1 / p,
        {"sign": lambda p: 1 / p},
        options={"structure": {"p": "between 0 and 1"}},
        around=0.005,
    )
    yield from family(
        "simplex by a sample of its own",
        lambda P: -np.sum(P * np.log(P)),
        {"P": SIMPLEX},
        lambda P: -(np.log(P) + 1),
        {"half": lambda P: -(np.log(P) + 1) / 2},
        options={"sample": lambda params, rng: {"P": rng.dirichlet(np.ones(3), 5)}},
        around=0.002,
    )
    yield from family(
        "zeros that are symmetric by chance",
        lambda S: np.sum((X @ S - Y) ** 2) + np.sum(S * A),
        {"S": np.zeros((4, 4))},
        lambda S: 2 * X.T @ (X @ S - Y) + A,
        {
            "A transposed": lambda S: 2 * X.T @ (X @ S - Y) + A.T,
            "S dropped": lambda S: 2 * X.T @ -Y + A,
            "S transposed": lambda S: 2 * X.T @ (X @ S.T - Y) + A,
        },
        at=[{"S": R((4, 4))}],
    )
    yield from family(
        "integers by chance",
        lambda x: np.sum(np.sin(np.pi * x) * x),
        {"x": np.array([1.0, 2.0, 3.0])},
        lambda x: np.sin(np.pi * x) + np.pi * x * np.cos(np.pi * x),
        {"sine of integers is 0": lambda x: np.pi * x * np.cos(np.pi * x)},
    )
    yield from family(
        "equal entries by chance",
        lambda x: np.var(x) * 5 + np.sum(x),
        {"x": np.full(5, 1.7)},
        lambda x: 2 * (x - x.mean()) + 1,
        {"variance of equals is 0": lambda x: 1 + 0 * x},
    )
