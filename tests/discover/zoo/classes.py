"""Classes with a value and its derivatives."""

import numpy as np


class Logit:
    def __init__(self, y, X):
        self.y, self.X = y, X

    def loglike(self, params):
        z = self.X @ params
        return np.sum(self.y * z - np.logaddexp(0, z))

    def score(self, params):
        return self.X.T @ (self.y - 1 / (1 + np.exp(-self.X @ params)))

    def hessian(self, params):
        p = 1 / (1 + np.exp(-self.X @ params))
        return -(self.X.T * (p * (1 - p))) @ self.X


class Poisson(Logit):
    def loglike(self, params):
        z = self.X @ params
        return np.sum(self.y * z - np.exp(z))

    def score(self, params):
        return self.X.T @ (self.y - np.exp(self.X @ params))

    def hessian(self, params):
        return -(self.X.T * np.exp(self.X @ params)) @ self.X / 2  # wrong: half of it


class LogLink:
    def __call__(self, p):
        return np.log(p)

    def inverse(self, z):
        return np.exp(z)

    def deriv(self, p):
        return 1 / p

    def deriv2(self, p):
        return 1 / p**2  # wrong: sign

    def inverse_deriv(self, z):
        return np.exp(z)


class Activations:
    @staticmethod
    def tanh(x):
        return np.tanh(x)

    @staticmethod
    def tanh_grad(x):
        return 1 - np.tanh(x) ** 2

    @classmethod
    def gelu(cls, x):
        return x * 0.5 * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))

    @classmethod
    def gelu_grad(cls, x):
        t = np.tanh(0.7978845608 * (x + 0.044715 * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * 0.7978845608  # wrong: inner derivative


class RBF:
    """A kernel: its gradient is that by the logarithm of its length scale."""

    def __init__(self, scale):
        self.scale = scale

    @property
    def theta(self):
        return np.log(np.array([self.scale]))

    @theta.setter
    def theta(self, theta):
        self.scale = np.exp(theta[0])

    def __call__(self, X, eval_gradient=False):
        d = ((X[:, None] - X[None]) ** 2).sum(axis=2) / self.scale**2
        K = np.exp(-0.5 * d)
        return (K, (K * d)[:, :, None]) if eval_gradient else K


class Network:
    """Keeps its parameters in itself."""

    def __init__(self, rng):
        self.params = {"W": rng.standard_normal((3, 2)), "b": np.zeros(2)}

    def loss(self, x, t):
        a = np.tanh(x @ self.params["W"] + self.params["b"])
        return np.mean((a - t) ** 2)

    def gradient(self, x, t):
        a = np.tanh(x @ self.params["W"] + self.params["b"])
        dz = 2 * (a - t) / t.size * (1 - a**2)
        return {"W": x.T @ dz, "b": dz.sum(axis=0)}


class Potential:
    def __init__(self, k):
        self.k = k

    def energy(self, r):
        return np.sum(self.k * (r - 1) ** 4)

    def gradient(self, r):
        return 3 * self.k * (r - 1) ** 3  # wrong: 3 for 4
