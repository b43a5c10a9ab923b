import numpy as np

from crosscheck import certify_hessian, certify_jacobian, certify_jvp, check_minimize

rng = np.random.default_rng(0)
X, y = rng.standard_normal((6, 3)), np.array([1.0, 0, 1, 1, 0, 1])
w = rng.standard_normal(3)


def loss(w, X, y):
    z = X @ w
    return np.sum(np.logaddexp(0, z) - y * z)


def gradient(w, X, y):
    return X.T @ (1 / (1 + np.exp(-X @ w)) - y)


def hessian(w, X, _):
    p = 1 / (1 + np.exp(-X @ w))
    return (X.T * (p * (1 - p))) @ X


def model(w, X):
    return np.tanh(X @ w)


def jacobian(w, X):
    return (1 - np.tanh(X @ w) ** 2)[:, None] * X


certify_jacobian(model, jacobian, w, (X,)).assert_agrees()
certify_jvp(model, lambda w, v, X: jacobian(w, X) @ v, w, (X,)).assert_agrees()
certify_hessian(loss, hessian, w, (X, y)).assert_agrees()
print(check_minimize(loss, w, (X, y), jac=gradient, hess=hessian))
