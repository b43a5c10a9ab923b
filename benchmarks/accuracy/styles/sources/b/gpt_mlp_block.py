import numpy as np

GELU_SCALE = np.sqrt(2.0 / np.pi)


def layernorm_forward(x, weight, bias, eps=1e-5):
    mean = x.mean(axis=-1, keepdims=True)
    xshift = x - mean
    var = (xshift ** 2).mean(axis=-1, keepdims=True)
    rstd = (var + eps) ** -0.5
    norm = xshift * rstd
    return norm * weight + bias, (norm, rstd, weight)


def layernorm_backward(dout, cache):
    norm, rstd, weight = cache
    dbias = dout.sum(axis=(0, 1))
    dweight = (dout * norm).sum(axis=(0, 1))
    dnorm = dout * weight
    dx = dnorm - dnorm.mean(axis=-1, keepdims=True) - norm * (dnorm * norm).mean(axis=-1, keepdims=True)
    dx = dx * rstd
    return dx, dweight, dbias


def gelu_forward(x):
    cube = 0.044715 * x ** 3
    return 0.5 * x * (1.0 + np.tanh(GELU_SCALE * (x + cube)))


def gelu_backward(dout, x):
    cube = 0.044715 * x ** 3
    tanh_out = np.tanh(GELU_SCALE * (x + cube))
    sech_out = 1.0 - tanh_out ** 2
    local = 0.5 * (1.0 + tanh_out) + 0.5 * x * sech_out * GELU_SCALE * (1.0 + 3.0 * 0.044715 * x ** 2)
    return dout * local


def block_forward(x, ln_w, ln_b, fc_w, fc_b, proj_w, proj_b):
    ln, ln_cache = layernorm_forward(x, ln_w, ln_b)
    fch = ln @ fc_w + fc_b
    act = gelu_forward(fch)
    proj = act @ proj_w + proj_b
    out = x + proj
    return out, (ln, ln_cache, fch, act, fc_w, proj_w)


def block_backward(dout, cache):
    ln, ln_cache, fch, act, fc_w, proj_w = cache
    dproj_b = dout.sum(axis=(0, 1))
    dproj_w = np.einsum('bti,btj->ij', act, dout)
    dact = dout @ proj_w.T
    dfch = gelu_backward(dact, fch)
    dfc_b = dfch.sum(axis=(0, 1))
    dfc_w = np.einsum('bti,btj->ij', ln, dfch)
    dln = dfch @ fc_w.T
    dx, dln_w, dln_b = layernorm_backward(dln, ln_cache)
    dx = dx + dout
    return dx, dln_w, dln_b, dfc_w, dfc_b, dproj_w, dproj_b


def check(**options):
    from crosscheck import certify_layer

    n = np.random.default_rng(32).standard_normal
    inputs = [n((2, 3, 4)), 1 + 0.1 * n(4), n(4), n((4, 7)) * 0.5, n(7), n((7, 4)) * 0.5, n(4)]
    return certify_layer(block_forward, block_backward, inputs, **options)
