import numpy as np

from crosscheck import certify_layer


def forward(z, V):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p @ V, (p, V)


def backward(dout, cache):
    p, V = cache
    dp = dout @ V.T
    dz = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    return dz, p.T @ dout


rng = np.random.default_rng(0)
inputs = [rng.standard_normal((4, 5)), rng.standard_normal((5, 3))]
certificate = certify_layer(forward, backward, inputs)
print(certificate)
