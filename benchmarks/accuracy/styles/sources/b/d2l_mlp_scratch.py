import numpy as np


def relu(X):
    return np.maximum(X, 0)


def net(X, params):
    W1, b1, W2, b2 = params
    X = X.reshape((-1, W1.shape[0]))
    H = relu(X @ W1 + b1)
    return H @ W2 + b2


def cross_entropy(y_hat, y):
    z = y_hat - y_hat.max(axis=1, keepdims=True)
    log_softmax = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_softmax[range(len(y_hat)), y]


def l2_penalty(w):
    return (w ** 2).sum() / 2


def train_loss(params, X, y, lambd):
    return cross_entropy(net(X, params), y).mean() + lambd * l2_penalty(params[2])


def grad(params, X, y, lambd):
    W1, b1, W2, b2 = params
    X = X.reshape((-1, W1.shape[0]))
    Z = X @ W1 + b1
    H = relu(Z)
    O = H @ W2 + b2
    P = np.exp(O - O.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    dO = P
    dO[range(len(y)), y] -= 1
    dO /= len(y)
    dW2 = H.T @ dO + lambd * W2
    db2 = dO.sum(axis=0)
    dH = dO @ W2.T
    dZ = dH * (Z > 0)
    dW1 = X.T @ dZ
    db1 = dZ.sum(axis=0)
    return [dW1, db1, dW2, db2]


def check(**options):
    from crosscheck import certify

    n = np.random.default_rng(39).standard_normal
    params = {'params': [n((6, 5)), n(5) * 0.1, n((5, 4)), np.zeros(4)]}
    data = {'X': n((3, 2, 3)), 'y': np.array([3, 0, 1]), 'lambd': 0.3}
    return certify(train_loss, lambda params, X, y, lambd: {'params': grad(params, X, y, lambd)},
                   params, data, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    params = {'params': [n((6, 5)), n(5), n((5, 4)), n(4)]}
    data = {'X': n((3, 2, 3)), 'y': np.array([3, 0, 1]), 'lambd': 0.3}
    return certify(train_loss, grad, params, data, **options)
