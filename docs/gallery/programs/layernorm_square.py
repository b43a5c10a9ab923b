import numpy as np

from crosscheck import certify_layer


def forward(x):
    c = x - x.mean(axis=1, keepdims=True)
    s = 1 / np.sqrt((c**2).mean(axis=1, keepdims=True) + 0.05)
    return c * s, (s, c * s)


def backward(dout, cache):
    s, n = cache
    g = dout
    mean = g.mean(axis=1, keepdims=True)
    spread = (g * n).mean(axis=1, keepdims=True)
    return s * (g - mean - n * spread)


certificate = certify_layer(forward, backward, [np.random.default_rng(0).standard_normal((4, 4))])
print(certificate)
