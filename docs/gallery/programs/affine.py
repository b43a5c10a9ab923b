import numpy as np

from crosscheck import certify_layer


def forward(x, W, b):
    z = x @ W + b
    out = z.copy()
    out[out < 0] = 0
    return out, (x, W, z)


def backward(dout, cache):
    x, W, z = cache
    dz = dout * (z > 0)
    dx = dz @ W.T
    dW = x.T @ dz
    db = dz.sum(axis=0)
    return dx, dW, db


rng = np.random.default_rng(0)
inputs = [rng.standard_normal(shape) for shape in [(4, 4), (4, 4), (4,)]]
certificate = certify_layer(forward, backward, inputs)
print(certificate)
