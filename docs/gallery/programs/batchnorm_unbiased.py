import numpy as np

from crosscheck import certify_layer


def forward(z):
    c = z - z.mean(axis=0)
    std = np.sqrt(z.var(axis=0, ddof=1) + 0.01)
    return c / std, (c, std)


def backward(dout, cache):
    c, std = cache
    n = c / std
    spread = n * np.sum(dout * n, axis=0) / (len(n) - 1)
    return (dout - dout.mean(axis=0) - spread) / std


rng = np.random.default_rng(0)
certificate = certify_layer(forward, backward, [rng.standard_normal((6, 3))])
print(certificate)
