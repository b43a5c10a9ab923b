import numpy as np

from crosscheck import certify


def loss(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return -np.mean(y * np.log(p + 1e-3) + (1 - y) * np.log(1 - p + 1e-3))


def gradient(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    dp = (1 - y) / (1 - p + 1e-3) - y / (p + 1e-3)
    dz = dp * p * (1 - p)
    return {"w": X.T @ dz / len(y)}


rng = np.random.default_rng(0)
data = {"X": rng.standard_normal((6, 3)), "y": np.array([0.0, 1, 1, 0, 1, 0])}
certificate = certify(loss, gradient, {"w": rng.standard_normal(3)}, data)
print(certificate)
