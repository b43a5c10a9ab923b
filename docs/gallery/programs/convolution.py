import numpy as np

from crosscheck import certify_layer


def forward(x, w):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    H, W = (x.shape[2] + 1) // 2, (x.shape[3] + 1) // 2
    out = np.zeros((len(x), len(w), H, W))
    for i in range(H):
        for j in range(W):
            window = padded[:, None, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            out[:, :, i, j] = np.sum(window * w, axis=(2, 3, 4))
    return out, (padded, w)


def backward(dout, cache):
    padded, w = cache
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            d = dout[:, :, i, j][:, :, None, None, None]
            window = padded[:, None, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            dpadded[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += np.sum(d * w, axis=1)
            dw += np.sum(d * window, axis=0)
    return dpadded[:, :, 1:-1, 1:-1], dw


rng = np.random.default_rng(0)
inputs = [rng.standard_normal((2, 2, 5, 5)), rng.standard_normal((3, 2, 3, 3))]
certificate = certify_layer(forward, backward, inputs)
print(certificate)
