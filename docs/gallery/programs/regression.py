import numpy as np

from crosscheck import certify


def loss(A, X, T):
    residual = X @ A - T
    smooth = np.sqrt(residual**2 + 0.25)
    return np.sum(np.log(smooth)) / 5


def gradient(A, X, T):
    residual = X @ A - T
    smooth = np.sqrt(residual**2 + 0.25)
    dresidual = residual / smooth**2 / 5
    return {"A": X.T @ dresidual}


rng = np.random.default_rng(0)
data = {"X": rng.standard_normal((5, 3)), "T": rng.standard_normal((5, 4))}
certificate = certify(loss, gradient, {"A": rng.standard_normal((3, 4))}, data)
print(certificate)
