import numpy as np

from crosscheck import certify


def loss(W1, b1, W2, b2, X, Y):
    z = X @ W1 + b1
    a = np.tanh(z)
    y = a @ W2 + b2
    return 0.5 * np.sum((y - Y) ** 2) / len(X)


def gradient(W1, b1, W2, b2, X, Y):
    z = X @ W1 + b1
    a = np.tanh(z)
    dy = (a @ W2 + b2 - Y) / len(X)
    dW2 = a.T @ dy
    db2 = dy.sum(axis=0)
    da = dy @ W2.T
    dz = da * (1 - a**2)
    dW1 = X.T @ dz
    db1 = dz.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


rng = np.random.default_rng(0)
params = {"W1": rng.standard_normal((3, 4)), "b1": rng.standard_normal(4)}
params |= {"W2": rng.standard_normal((4, 4)), "b2": rng.standard_normal(4)}
data = {"X": rng.standard_normal((6, 3)), "Y": rng.standard_normal((6, 4))}
certificate = certify(loss, gradient, params, data)
print(certificate)
