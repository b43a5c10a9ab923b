import numpy as np

from crosscheck import certify


def loss(W1, b1, W2, b2, X, Y):
    a = np.tanh(X @ W1 + b1)
    y = a @ W2 + b2
    return 0.5 * np.sum((y - Y) ** 2) / len(X)


def gradient(W1, b1, W2, b2, X, Y):
    a = np.tanh(X @ W1 + b1)
    d2 = (a @ W2 + b2 - Y) / len(X)
    dW2 = a.T @ d2
    d1 = d2 @ W2.T * (1 - a**2)
    return {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": dW2, "b2": d2.sum(axis=0)}


rng = np.random.default_rng(3)
params = {"W1": rng.standard_normal((4, 5)), "W2": rng.standard_normal((5, 3))}
params |= {"b1": np.zeros(5), "b2": np.zeros(3)}
data = {"X": rng.standard_normal((6, 4)), "Y": rng.standard_normal((6, 3))}
print(certify(loss, gradient, params, data).diagnosis)
