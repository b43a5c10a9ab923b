import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def leaky_relu_forward(x):
    out = np.where(x > 0, x, 0.1 * x)
    cache = x
    return out, cache


def leaky_relu_backward(dout, cache):
    x = cache
    dx = dout * np.where(x > 0, 1, 0.1)
    return dx


def affine_leaky_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = leaky_relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_leaky_backward(dout, cache):
    fc_cache, relu_cache = cache
    da = leaky_relu_backward(dout, relu_cache)
    dx, dw, db = affine_backward(da, fc_cache)
    return dx, dw, db


def check(**options):
    from crosscheck import certify_layer

    rng = np.random.default_rng(8)
    inputs = [rng.standard_normal((4, 3, 2)), rng.standard_normal((6, 5)), rng.standard_normal(5)]
    return certify_layer(affine_leaky_forward, affine_leaky_backward, inputs, **options)
