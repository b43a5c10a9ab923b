import numpy as np

from crosscheck import certify


def loss(A, X, T):
    rows = np.sum(np.sin(A) - X, axis=1)
    return 0.5 * np.sum((rows - T) ** 2)


def gradient(A, X, T):
    d = np.sum(np.sin(A) - X, axis=1) - T
    dterms = d[:, None]
    return {"A": dterms * np.cos(A)}


rng = np.random.default_rng(0)
data = {"X": rng.standard_normal((4, 4)), "T": rng.standard_normal(4)}
certificate = certify(loss, gradient, {"A": rng.standard_normal((4, 4))}, data)
print(certificate)
