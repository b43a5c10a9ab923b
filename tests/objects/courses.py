"""Networks in the styles of well-known courses and books, written afresh.

Each has a `slip`: the mistake that is planted if it is not empty. Names of methods and attributes,
caches and dicts are as the courses have them; the lines are not theirs.
"""


# mypy: ignore-errors

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import numpy as np

RNG = np.random.default_rng(7)
N = RNG.standard_normal


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# -- Deep Learning from Scratch -------------------------------------------------------------------


class Affine:
    def __init__(self, W, b, slip=""):
        self.W, self.b, self.slip = W, b, slip
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        if self.slip == "mean":
            self.db = np.mean(dout, axis=0)
        return dx


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class SoftmaxWithLoss:
    def __init__(self, slip=""):
        self.loss = None
        self.y = None
        self.t = None
        self.slip = slip

    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = -np.sum(t * np.log(self.y + 1e-300)) / len(t)
        return self.loss

    def backward(self, dout=1):
        batch_size = 1 if self.slip == "batch" else self.t.shape[0]
        return (self.y - self.t) / batch_size


class TwoLayerNet:
    def __init__(self, slip=""):
        self.params = {"W1": N((4, 5)), "b1": N(5), "W2": N((5, 3)), "b2": N(3)}
        self.layers = OrderedDict()
        self.layers["Affine1"] = Affine(self.params["W1"], self.params["b1"])
        self.layers["Relu1"] = Relu()
        self.layers["Affine2"] = Affine(self.params["W2"], self.params["b2"], slip)
        self.lastLayer = SoftmaxWithLoss(slip)

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.lastLayer.forward(self.predict(x), t)

    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(axis=1) == t.argmax(axis=1))

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.lastLayer.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        return {
            "W1": self.layers["Affine1"].dW,
            "b1": self.layers["Affine1"].db,
            "W2": self.layers["Affine2"].dW,
            "b2": self.layers["Affine2"].db,
        }


# Its second volume: `params` and `grads` are lists, and gradients are written in place.


class MatMul:
    def __init__(self, W, slip=""):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.x = None
        self.slip = slip

    def forward(self, x):
        (W,) = self.params
        self.x = x
        return np.dot(x, W)

    def backward(self, dout):
        (W,) = self.params
        self.grads[0][...] = np.dot(self.x.T, dout) * (2 if self.slip else 1)
        return np.dot(dout, W.T)


class Sigmoid:
    def __init__(self):
        self.params, self.grads = [], []
        self.out = None

    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * (1.0 - self.out) * self.out


class ListNet:
    def __init__(self, slip=""):
        self.layers = [MatMul(N((4, 5))), Sigmoid(), MatMul(N((5, 3)), slip)]
        self.loss_layer = SoftmaxWithLoss()
        self.params, self.grads = [], []
        for layer in self.layers:
            self.params += layer.params
            self.grads += layer.grads

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x, t):
        return self.loss_layer.forward(self.predict(x), t)

    def backward(self, dout=1):
        dout = self.loss_layer.backward(dout)
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


# -- CS231n ---------------------------------------------------------------------------------------


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, _ = cache
    dx = dout.dot(w.T).reshape(x.shape)
    return dx, x.reshape(x.shape[0], -1).T.dot(dout), dout.sum(axis=0)


class LossNet:
    """`loss(X, y)` returns the loss and a dict of gradients."""

    def __init__(self, slip=""):
        self.reg = 0.1
        self.slip = slip
        self.params = {"W1": N((4, 5)), "b1": N(5), "W2": N((5, 3)), "b2": N(3)}

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        hidden, cache1 = affine_forward(X, W1, b1)
        relu = np.maximum(0, hidden)
        scores, cache2 = affine_forward(relu, W2, b2)
        if y is None:
            return scores
        probs = softmax(scores)
        loss = -np.mean(np.log(probs[np.arange(len(y)), y]))
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        dscores = probs.copy()
        dscores[np.arange(len(y)), y] -= 1
        dscores /= len(y)
        drelu, grads["W2"], grads["b2"] = affine_backward(dscores, cache2)
        _, grads["W1"], grads["b1"] = affine_backward(drelu * (hidden > 0), cache1)
        grads["W1"] += self.reg * W1
        if not self.slip:
            grads["W2"] += self.reg * W2
        return loss, grads


def svm_loss(W, X, y, reg, slip=""):
    """A function `f(W, X, y, reg) -> loss, dW`."""
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(len(y)), y][:, None] + 1.0)
    margins[np.arange(len(y)), y] = 0
    loss = margins.sum() / len(y) + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(len(y)), y] = -counts.sum(axis=1)
    dW = X.T.dot(counts) / len(y) + (1 if slip else 2) * reg * W
    return loss, dW


# -- Neural Networks from Scratch -----------------------------------------------------------------


class Layer_Dense:  # noqa: N801 - the book's name
    def __init__(self, n_inputs, n_neurons, slip=""):
        self.weights = 0.1 * N((n_inputs, n_neurons))
        self.biases = np.zeros((1, n_neurons))
        self.slip = slip

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=not self.slip)
        self.dinputs = np.dot(dvalues, self.weights.T)


# -- Deep Learning Specialization -----------------------------------------------------------------


def ng_parameters():
    return {"W1": N((5, 4)), "b1": N((5, 1)), "W2": N((1, 5)), "b2": N((1, 1))}


def forward_propagation(X, parameters):
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = 1 / (1 + np.exp(-Z2))
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(parameters, X, Y):
    A2, _ = forward_propagation(X, parameters)
    m = Y.shape[1]
    return -np.sum(np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)) / m


def backward_propagation(parameters, X, Y, slip=""):
    A2, cache = forward_propagation(X, parameters)
    m = X.shape[1]
    A1 = cache["A1"]
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(parameters["W2"].T, dZ2) * (1 - (A1 if slip else A1**2))
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {"dZ1": dZ1, "dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


# -- Neural Networks and Deep Learning ------------------------------------------------------------


class Network:
    def __init__(self, sizes, slip=""):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [N((y, 1)) for y in sizes[1:]]
        self.weights = [N((y, x)) for x, y in pairwise(sizes)]
        self.slip = slip

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights, strict=True):
            a = 1 / (1 + np.exp(-(np.dot(w, a) + b)))
        return a

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation, activations = x, [x]
        for b, w in zip(self.biases, self.weights, strict=True):
            activation = 1 / (1 + np.exp(-(np.dot(w, activation) + b)))
            activations.append(activation)
        slopes = [a * (1 - a) for a in activations]
        delta = (activations[-1] - y) * (1 if self.slip else slopes[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for i in range(2, self.num_layers):
            delta = np.dot(self.weights[-i + 1].transpose(), delta) * slopes[-i]
            nabla_b[-i] = delta
            nabla_w[-i] = np.dot(delta, activations[-i - 1].transpose())
        return (nabla_b, nabla_w)


# -- min-char-rnn: globals, and a function that returns everything --------------------------------

vocab_size, hidden_size = 4, 5
Wxh = 0.5 * N((hidden_size, vocab_size))
Whh = 0.5 * N((hidden_size, hidden_size))
Why = 0.5 * N((vocab_size, hidden_size))
bh = np.zeros((hidden_size, 1))
by = np.zeros((vocab_size, 1))
SLIP = [""]


def lossFun(inputs, targets, hprev):  # noqa: N802 - the gist's name
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw) if not SLIP[0] else 0 * dhraw
    for dparam in [dWxh, dWhh, dWhy, dbh, dby]:
        np.clip(dparam, -50, 50, out=dparam)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


# -- Dive into Deep Learning, without automatic differentiation -----------------------------------


class LinearRegressionScratch:
    def __init__(self, num_inputs, slip=""):
        self.w = 0.1 * N((num_inputs, 1))
        self.b = np.zeros(1)
        self.slip = slip

    def forward(self, X):
        return np.matmul(X, self.w) + self.b

    def loss(self, y_hat, y):
        return np.mean((y_hat - y) ** 2 / 2)

    def backward(self, X, y):
        error = (self.forward(X) - y) / len(y)
        self.w_grad = np.matmul(X.T, error)
        self.b_grad = np.sum(error, axis=0) * (2 if self.slip else 1)


# -- Data Science from Scratch --------------------------------------------------------------------


class Linear:
    def __init__(self, input_dim, output_dim, slip=""):
        self.w = N((output_dim, input_dim))
        self.b = N(output_dim)
        self.slip = slip

    def forward(self, input):  # noqa: A002 - the book's name
        self.input = input
        return np.array([np.dot(input, self.w[o]) + self.b[o] for o in range(len(self.b))])

    def backward(self, gradient):
        self.b_grad = gradient
        self.w_grad = np.array(
            [
                [self.input[i] * gradient[o] for i in range(len(self.input))]
                for o in range(len(self.b))
            ]
        )
        w = self.w.T if not self.slip else np.abs(self.w.T)
        return np.array([np.sum(w[i] * gradient) for i in range(len(self.input))])

    def params(self):
        return [self.w, self.b]

    def grads(self):
        return [self.w_grad, self.b_grad]


# -- CS224n: everything in one vector -------------------------------------------------------------


def forward_backward_prop(X, labels, params, dimensions, slip=""):
    Dx, H, Dy = dimensions
    ofs = 0
    W1 = np.reshape(params[ofs : ofs + Dx * H], (Dx, H))
    ofs += Dx * H
    b1 = np.reshape(params[ofs : ofs + H], (1, H))
    ofs += H
    W2 = np.reshape(params[ofs : ofs + H * Dy], (H, Dy))
    ofs += H * Dy
    b2 = np.reshape(params[ofs : ofs + Dy], (1, Dy))
    h = 1 / (1 + np.exp(-(np.dot(X, W1) + b1)))
    probs = softmax(np.dot(h, W2) + b2)
    cost = -np.sum(np.log(probs[labels == 1]))
    delta = probs - labels
    dh = np.dot(delta, W2.T) * h * (1 - h)
    if slip:
        dh = np.dot(delta, W2.T) * h
    grad = np.concatenate(
        (
            np.dot(X.T, dh).flatten(),
            dh.sum(axis=0).flatten(),
            np.dot(h.T, delta).flatten(),
            delta.sum(axis=0).flatten(),
        )
    )
    return cost, grad


# -- UFLDL: a cost of theta, and a struct of options ----------------------------------------------


def softmax_cost(theta, num_classes, input_size, lambda_, data, labels, slip=""):
    m = data.shape[1]
    theta = theta.reshape(num_classes, input_size)
    scores = theta.dot(data)
    scores = scores - np.max(scores, axis=0)
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=0)
    indicator = np.zeros((num_classes, m))
    indicator[labels, np.arange(m)] = 1
    cost = -np.sum(indicator * np.log(probs)) / m + lambda_ / 2 * np.sum(theta * theta)
    grad = -(indicator - probs).dot(data.T) / m + (0 if slip else lambda_) * theta
    return cost, grad.flatten()


# -- A framework of modules and parameters --------------------------------------------------------


class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)

    def zero_grad(self):
        self.grad = np.zeros_like(self.data)


class Module:
    def __call__(self, *args):
        return self.forward(*args)

    def parameters(self):
        found = []
        for value in vars(self).values():
            if isinstance(value, Parameter):
                found.append(value)
            elif isinstance(value, Module):
                found += value.parameters()
            elif isinstance(value, list):
                found += [p for m in value if isinstance(m, Module) for p in m.parameters()]
        return found

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.zero_grad()


class Dense(Module):
    def __init__(self, n, m, slip=""):
        self.weight = Parameter(N((n, m)))
        self.bias = Parameter(np.zeros(m))
        self.slip = slip

    def forward(self, x):
        self.x = x
        return x @ self.weight.data + self.bias.data

    def backward(self, grad_output):
        self.weight.grad += self.x.T @ grad_output
        if self.slip:
            self.weight.grad += 0.01 * self.weight.data
        self.bias.grad += grad_output.sum(axis=0)
        return grad_output @ self.weight.data.T


class Tanh(Module):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad_output):
        return grad_output * (1 - self.y**2)


class Sequential(Module):
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, grad_output):
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
        return grad_output
