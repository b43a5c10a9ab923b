import numpy as np

from crosscheck import certify_layer


def forward(z):  # softmax
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p, p


def backward(dout, p):
    return p * (dout - (dout * p).sum(axis=1, keepdims=True))


certify_layer(forward, backward, [np.random.default_rng(0).standard_normal((4, 3))]).assert_agrees()
