import numpy as np

from crosscheck import certify


def loss(W, b, X, Y):
    return np.mean((np.tanh(X @ W + b) - Y) ** 2)


def gradient(W, b, X, Y):
    a = np.tanh(X @ W + b)
    dz = 2 * (a - Y) / Y.size * (1 - a**2)
    return {"W": X.T @ dz, "b": dz.sum(axis=0)}


rng = np.random.default_rng(0)
params = {"W": rng.standard_normal((4, 3)), "b": np.zeros(3)}
data = {"X": rng.standard_normal((5, 4)), "Y": rng.standard_normal((5, 3))}
print(certify(loss, gradient, params, data))
