"""What a test suite would call."""

import contextlib

import numpy as np

from tests.discover.zoo import classes, functions, layers, together
from tests.discover.zoo.functions import mse_grad  # a copy of the name, in another module

WRONG = frozenset(
    "grad_huber swish_prime elu_deriv jac_circle entropy_gradient bilinear_grad Poisson.hessian "
    "LogLink.deriv2 Activations.gelu_grad Potential.gradient Softmax.backward norm_backward "
    "cost_gradient run_minimize.<locals>.curvature run_bfgs.<locals>.<lambda>".split()
)
COUNT = 40


def exercise():
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((5, 3)), rng.standard_normal(3)
    y = (rng.random(5) > 0.5).astype(float)
    f = functions
    mse_grad(w, X, y)
    f.grad_huber(w, X, y)
    f.sigmoid_derivative(f.sigmoid(X))
    for name in ("dsoftplus", "swish_prime", "elu_deriv"):
        getattr(f, name)(X)
    t = np.linspace(0.1, 1, 6)
    f.model_jacobian(np.array([1.0, 0.7, 0.2]), t)
    f.jac_circle(np.array([1.5, 0.4]))
    x = np.array([0.3, -0.8, 1.2, 0.5])
    f.rosenbrock_der(x)
    f.rosenbrock_hess(x)
    f.rosenbrock_hess_prod(x, x[::-1].copy())
    f.entropy_gradient(np.array([0.2, 0.3, 0.5]))
    f.cubic_prime(0.7)
    f.affine_loss_gradients(X[:3, :2], w[:2], X)
    f.bilinear_grad(X[:3], w, w + 1)
    f.computeGradient(w, X)
    for kind in (classes.Logit, classes.Poisson):
        model = kind(y, X)
        model.score(w)
        model.hessian(w)
    link = classes.LogLink()
    link.deriv(np.array([0.4, 1.5]))
    link.deriv2(np.array([0.4, 1.5]))
    link.inverse_deriv(w)
    classes.Activations.tanh_grad(X)
    classes.Activations.gelu_grad(X)
    classes.RBF(0.8)(X, eval_gradient=True)
    classes.Network(rng).gradient(X, X[:, :2].copy())
    classes.Potential(2.0).gradient(w)
    for layer in (layers.Affine(rng.standard_normal((3, 2)), np.zeros(2)), layers.Softmax()):
        layer.backward(layer.forward(X))
    layers.scale_backward(*layers.scale_forward(X, w))
    layers.norm_backward(*layers.norm_forward(X))
    together.loss_and_grad(w, X)
    together.cost_gradient(w)
    together.energy(w, return_grad=True)
    together.run_minimize(w)
    together.run_fit(np.array([1.0, 0.3]), t)
    together.run_root(1.0)
    with contextlib.suppress(Exception):
        together.run_bfgs(w)
