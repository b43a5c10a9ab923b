import numpy as np

from crosscheck import certify


def loss(x):
    c = x - np.sum(x) / 5
    return np.sqrt(np.sum(c**2) / 5 + 0.1)


def gradient(x):
    c = x - np.sum(x) / 5
    std = np.sqrt(np.sum(c**2) / 5 + 0.1)
    return {"x": c / 5 / std}


certificate = certify(loss, gradient, {"x": np.random.default_rng(0).standard_normal(5)})
print(certificate)
