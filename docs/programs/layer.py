import numpy as np

from crosscheck import certify_layer


def forward(x, gamma, beta):  # layer normalisation
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return gamma * centred / std + beta, (centred / std, std, gamma)


def backward(dout, cache):
    n, std, gamma = cache
    dn = dout * gamma
    dx = (dn - dn.mean(axis=1, keepdims=True) - n * (dn * n).mean(axis=1, keepdims=True)) / std
    return dx, (dout * n).sum(axis=0), dout.sum(axis=0)


rng = np.random.default_rng(0)
inputs = [rng.standard_normal((4, 5)), rng.standard_normal(5), rng.standard_normal(5)]
certify_layer(forward, backward, inputs).assert_agrees()
