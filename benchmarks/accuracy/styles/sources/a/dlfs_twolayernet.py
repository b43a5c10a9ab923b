from collections import OrderedDict

import numpy as np


def softmax(x):
    x = x - np.max(x, axis=-1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def cross_entropy_error(y, t):
    batch_size = y.shape[0]
    return -np.sum(t * np.log(y + 1e-7)) / batch_size


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Sigmoid:
    def forward(self, x):
        out = 1 / (1 + np.exp(-x))
        self.out = out
        return out

    def backward(self, dout):
        dx = dout * (1.0 - self.out) * self.out
        return dx


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = -np.sum(t * np.log(self.y)) / x.shape[0]
        return self.loss

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        dx = dout * (self.y - self.t) / batch_size
        return dx


class TwoLayerNet:
    def __init__(self, params):
        self.params = params
        self.layers = OrderedDict()
        self.layers['Affine1'] = Affine(self.params['W1'], self.params['b1'])
        self.layers['Sigmoid1'] = Sigmoid()
        self.layers['Affine2'] = Affine(self.params['W2'], self.params['b2'])
        self.lastLayer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        y = self.predict(x)
        return self.lastLayer.forward(y, t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = 1
        dout = self.lastLayer.backward(dout)
        layers = list(self.layers.values())
        layers.reverse()
        for layer in layers:
            dout = layer.backward(dout)
        grads = {}
        grads['W1'] = self.layers['Affine1'].dW
        grads['b1'] = self.layers['Affine1'].db
        grads['W2'] = self.layers['Affine2'].dW
        grads['b2'] = self.layers['Affine2'].db
        return grads


def check(**options):
    from crosscheck import certify

    def loss(W1, b1, W2, b2, x, t):
        return TwoLayerNet({'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}).loss(x, t)

    def gradient(W1, b1, W2, b2, x, t):
        return TwoLayerNet({'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}).gradient(x, t)

    rng = np.random.default_rng(2)
    params = {'W1': rng.standard_normal((4, 6)), 'b1': rng.standard_normal(6) * 0.1,
              'W2': rng.standard_normal((6, 3)), 'b2': np.zeros(3)}
    data = {'x': rng.standard_normal((5, 4)), 't': np.eye(3)[rng.integers(0, 3, 5)]}
    return certify(loss, gradient, params, data, **options)


def one_line(**options):
    from crosscheck import certify_network

    n = np.random.default_rng(0).standard_normal
    net = TwoLayerNet({'W1': n((4, 6)), 'b1': n(6), 'W2': n((6, 3)), 'b2': n(3)})
    return certify_network(net, n((5, 4)), np.eye(3)[[0, 1, 2, 1, 0]], **options)
