import numpy as np

from crosscheck import certify


def loss(W, X, T):
    z = X @ W
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(T * np.log(p)) / len(X)


def gradient(W, X, T):
    z = X @ W
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    dz = (p - T) / len(X)
    return {"W": X.T @ dz}


rng = np.random.default_rng(0)
labels = rng.integers(4, size=5)
data = {"X": rng.standard_normal((5, 3)), "T": 0.9 * np.eye(4)[labels] + 0.025}  # smoothed
certificate = certify(loss, gradient, {"W": rng.standard_normal((3, 4))}, data)
print(certificate)
