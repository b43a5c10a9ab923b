import numpy as np


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def forward(X, syn0, syn1):
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    return l0, l1, l2


def error(syn0, syn1, X, y):
    l0, l1, l2 = forward(X, syn0, syn1)
    return np.sum((y - l2) ** 2) / 2


def deltas(syn0, syn1, X, y):
    l0, l1, l2 = forward(X, syn0, syn1)
    l2_error = y - l2
    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)
    return -l0.T.dot(l1_delta), -l1.T.dot(l2_delta)


def check(**options):
    from crosscheck import certify

    n = np.random.default_rng(48).standard_normal
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0], [1], [1], [0]])
    return certify(error, deltas, {'syn0': n((3, 4)), 'syn1': n((4, 1))}, {'X': X, 'y': y}, **options)
