"""Functions that return value and gradient, and what is passed to optimisers."""

import numpy as np
from scipy.optimize import fmin_bfgs, least_squares, minimize, newton


def loss_and_grad(w, X):
    a = np.sin(X @ w)
    return np.sum(a**2), X.T @ (2 * a * np.cos(X @ w))


def cost_gradient(w, lam=0.3):
    return np.sum(w**4) + lam * np.sum(w**2), 4 * w**3 + lam * w  # wrong: 2 lam


def energy(x, return_grad=False):
    value = np.sum(np.cosh(x))
    return (value, np.sinh(x)) if return_grad else value


def run_minimize(start):
    def objective(x, c):
        return np.sum((x - c) ** 4 + x**2)

    def slope(x, c):
        return 4 * (x - c) ** 3 + 2 * x

    def curvature(x, c):
        return np.diag(12 * (x - c) ** 2)  # wrong: + 2

    minimize(objective, start, args=(0.5,), jac=slope, hess=curvature, method="trust-exact")


def run_fit(start, t):
    fit = Fit(t)
    least_squares(fit.residual, start, jac=fit.partials)


class Fit:
    def __init__(self, t):
        self.t = t

    def residual(self, p):
        return p[0] * np.exp(p[1] * self.t) - 1

    def partials(self, p):
        e = np.exp(p[1] * self.t)
        return np.stack([e, p[0] * self.t * e], axis=1)


def run_root(start):
    newton(lambda x: x**3 - 2, start, fprime=lambda x: 3 * x**2)


def run_bfgs(start):
    fmin_bfgs(lambda x: np.sum(np.exp(x) - x), start, fprime=lambda x: np.exp(x) - 2, disp=False)
