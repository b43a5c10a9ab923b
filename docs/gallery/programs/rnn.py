import numpy as np

from crosscheck import certify_layer


def forward(x, h0, Wx, Wh, b):
    h, states = h0, []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        states.append(h)
    return np.stack(states, axis=1), (x, h0, Wx, Wh, states)


def backward(dout, cache):
    x, h0, Wx, Wh, h = cache
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), 0
    dprev = np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        dh = dout[:, t] + dprev
        dz = dh * (1 - h[t] ** 2)
        before = h[t - 1] if t > 0 else h0
        dx[:, t] = dz @ Wx.T
        dWx += x[:, t].T @ dz
        dWh += before.T @ dz
        db += dz.sum(axis=0)
        dprev = dz @ Wh.T
    return dx, dprev, dWx, dWh, db


rng = np.random.default_rng(0)
inputs = [rng.standard_normal(shape) for shape in [(2, 6, 3), (2, 3), (3, 3), (3, 3), (3,)]]
certificate = certify_layer(forward, backward, inputs)
print(certificate)
