import numpy as np

from crosscheck import certify


def loss(W, X):
    return np.sum(np.tanh(X @ W) ** 2)


def gradient(W, X):
    a = np.tanh(X @ W)
    return X.T @ (2 * a)  # the derivative of tanh is missing


rng = np.random.default_rng(0)
params, data = {"W": rng.standard_normal((4, 3))}, {"X": rng.standard_normal((5, 4))}
certificate = certify(loss, gradient, params, data)
certificate.plot().savefig("certificate.png")
