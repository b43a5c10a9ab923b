import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.original_x_shape = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.original_x_shape = x.shape
        x = x.reshape(x.shape[0], -1)
        self.x = x
        out = np.dot(self.x, self.W) + self.b
        return out

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        dx = dx.reshape(*self.original_x_shape)
        return dx


def check(**options):
    from crosscheck import certify_layer

    def forward(x, W, b):
        layer = Affine(W, b)
        return layer.forward(x), layer

    def backward(dout, layer):
        dx = layer.backward(dout)
        return dx, layer.dW, layer.db

    rng = np.random.default_rng(1)
    inputs = [rng.standard_normal((4, 2, 3)), rng.standard_normal((6, 5)), rng.standard_normal(5)]
    return certify_layer(forward, backward, inputs, **options)


def one_line(**options):
    from crosscheck import certify_layer

    n = np.random.default_rng(0).standard_normal
    return certify_layer(Affine(n((6, 5)), n(5)), n((4, 2, 3)), **options)
