import numpy as np

from crosscheck import certify_layer


def forward(x, c, W, b):
    a = x @ W + b
    n = c.shape[1]
    i = 1 / (1 + np.exp(-a[:, :n]))
    f = 1 / (1 + np.exp(-a[:, n : 2 * n]))
    g = np.tanh(a[:, 2 * n :])
    return f * c + i * g, (x, c, W, i, f, g)


def backward(dout, cache):
    x, c, W, i, f, g = cache
    di = dout * g * i * (1 - i)
    df = dout * c * f * (1 - f)
    dg = dout * i * (1 - g**2)
    da = np.hstack((di, df, dg))
    return da @ W.T, dout * f, x.T @ da, da.sum(axis=0)


rng = np.random.default_rng(0)
inputs = [rng.standard_normal(shape) for shape in [(3, 2), (3, 2), (2, 6), (6,)]]
certificate = certify_layer(forward, backward, inputs)
print(certificate)
