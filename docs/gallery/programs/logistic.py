import numpy as np

from crosscheck import certify


def loss(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def gradient(w, X, y):
    z = X @ w
    p = 1 / (1 + np.exp(-z))
    return {"w": X.T @ (p - y) / len(y)}


rng = np.random.default_rng(0)
data = {"X": rng.standard_normal((6, 3)), "y": rng.uniform(size=6)}
certificate = certify(loss, gradient, {"w": rng.standard_normal(3)}, data)
print(certificate)
