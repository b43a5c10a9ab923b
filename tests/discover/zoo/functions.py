"""Functions and their derivatives, by name."""

import numpy as np


def mse(w, X, y):
    return np.mean((X @ w - y) ** 2)


def mse_grad(w, X, y):
    return 2 * X.T @ (X @ w - y) / y.size


def huber(w, X, y):
    r = X @ w - y
    return np.sum(np.sqrt(1 + r**2) - 1)


def grad_huber(w, X, y):
    r = X @ w - y
    return X.T @ (r / (1 + r**2))  # wrong: no root


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(s):
    return s * (1 - s)


def softplus(x):
    return np.log1p(np.exp(x))


def dsoftplus(x):
    return 1 / (1 + np.exp(-x))


def swish(x):
    return x * sigmoid(x)


def swish_prime(x):
    return sigmoid(x)  # wrong: a term is missing


def elu(x, alpha=1.3):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def elu_deriv(x, alpha=1.3):
    return np.where(x > 0, 1.0, np.exp(x))  # wrong: no alpha


def model(theta, t):
    return theta[0] * np.exp(-theta[1] * t) + theta[2]


def model_jacobian(theta, t):
    e = np.exp(-theta[1] * t)
    return np.stack([e, -theta[0] * t * e, np.ones_like(t)], axis=1)


def circle(p):
    return np.array([p[0] * np.cos(p[1]), p[0] * np.sin(p[1])])


def jac_circle(p):
    c, s = np.cos(p[1]), np.sin(p[1])
    return np.array([[c, s], [-p[0] * s, p[0] * c]])  # wrong: transposed


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_der(x):
    d = np.zeros_like(x)
    d[:-1] = -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    d[1:] += 200 * (x[1:] - x[:-1] ** 2)
    return d


def rosenbrock_hess(x):
    H = np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)
    d = np.zeros_like(x)
    d[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    d[1:] += 200
    return H + np.diag(d)


def rosenbrock_hess_prod(x, p):
    return rosenbrock_hess(x) @ p


def entropy(q):
    return -np.sum(q * np.log(q))


def entropy_gradient(q):
    return -np.log(q)  # wrong: −1 is missing


def cubic(x: float) -> float:
    return x**3 - 2 * x


def cubic_prime(x: float) -> float:
    return 3 * x**2 - 2


def affine_loss(W, b, x):
    return np.sum((x @ W + b) ** 3)


def affine_loss_gradients(W, b, x):
    g = 3 * (x @ W + b) ** 2
    return x.T @ g, g.sum(axis=0)


def bilinear(A, u, v):
    return u @ A @ v


def bilinear_grad(A, u, v):
    return {"A": np.outer(u, v), "u": A @ v, "v": A @ u}  # wrong: A is not transposed


def computeCost(weights, inputs):
    return 0.5 * np.sum(np.tanh(inputs @ weights) ** 2)


def computeGradient(weights, inputs):
    a = np.tanh(inputs @ weights)
    return inputs.T @ (a * (1 - a**2))
