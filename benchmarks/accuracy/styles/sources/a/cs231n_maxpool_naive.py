import numpy as np


def max_pool_forward_naive(x, pool_param):
    N, C, H, W = x.shape
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    H_out = 1 + (H - ph) // s
    W_out = 1 + (W - pw) // s
    out = np.zeros((N, C, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            window = x[:, :, i * s:i * s + ph, j * s:j * s + pw]
            out[:, :, i, j] = np.max(window, axis=(2, 3))
    cache = (x, pool_param)
    return out, cache


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    N, C, H, W = x.shape
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    _, _, H_out, W_out = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    window = x[n, c, i * s:i * s + ph, j * s:j * s + pw]
                    r, k = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * s + r, j * s + k] += dout[n, c, i, j]
    return dx


def check(**options):
    from crosscheck import certify_layer

    rng = np.random.default_rng(13)
    inputs = [rng.standard_normal((2, 3, 5, 4)), {'pool_height': 3, 'pool_width': 2, 'stride': 1}]
    return certify_layer(max_pool_forward_naive, max_pool_backward_naive,
                         inputs, **options)
