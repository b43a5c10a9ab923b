import numpy as np

from crosscheck import certify_layer


def forward(x, W, gain, bias):
    z = x @ W
    mu = np.mean(z, axis=0)
    var = np.var(z, axis=0)
    n = (z - mu) / np.sqrt(var + 0.01)
    return gain * n + bias, (x, W, gain, z, mu, var, n)


def backward(dout, cache):
    x, W, gain, z, mu, var, n = cache
    N = len(x)
    g = dout * gain
    std = np.sqrt(var + 0.01)
    dvar = np.sum(g * (z - mu), axis=0) * -0.5 * std**-3
    dmu = -np.sum(g / std, axis=0)
    dz = g / std + dvar * 2 * (z - mu) / N + dmu / N
    return dz @ W.T, x.T @ dz, np.sum(dout * n, axis=0), dout.sum(axis=0)


rng = np.random.default_rng(0)
inputs = [rng.standard_normal(shape) for shape in [(6, 3), (3, 3), (3,), (3,)]]
certificate = certify_layer(forward, backward, inputs)
print(certificate)
