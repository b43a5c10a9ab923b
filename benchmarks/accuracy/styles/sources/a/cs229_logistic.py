import numpy as np


def logistic_loss(theta, x, y):
    """J(theta) = -1/n sum y log h + (1-y) log(1-h)."""
    n = x.shape[0]
    h = 1 / (1 + np.exp(-x.dot(theta)))
    return -1 / n * np.sum(y * np.log(h) + (1 - y) * np.log(1 - h))


def gradient(theta, x, y):
    n = x.shape[0]
    h = 1 / (1 + np.exp(-x.dot(theta)))
    return 1 / n * x.T.dot(h - y)


def check(**options):
    from crosscheck import certify

    rng = np.random.default_rng(25)
    data = {'x': rng.standard_normal((8, 3)), 'y': rng.integers(0, 2, 8)}
    return certify(logistic_loss, gradient, {'theta': rng.standard_normal(3)}, data, **options)
