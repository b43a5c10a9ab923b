import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get('eps', 1e-5)
    x_T = x.T
    sample_mean = np.mean(x_T, axis=0)
    sample_var = np.var(x_T, axis=0)
    x_norm_T = (x_T - sample_mean) / np.sqrt(sample_var + eps)
    x_norm = x_norm_T.T
    out = x_norm * gamma + beta
    cache = [x, sample_mean, sample_var, x_norm, eps, gamma]
    return out, cache


def layernorm_backward(dout, cache):
    x, sample_mean, sample_var, x_norm, eps, gamma = cache
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(x_norm * dout, axis=0)
    dx_norm = dout * gamma
    x_T = x.T
    dx_norm_T = dx_norm.T
    M = x_T.shape[0]
    inv_std = 1 / np.sqrt(sample_var + eps)
    x_mu = x_T - sample_mean
    dvar = np.sum(dx_norm_T * x_mu * -0.5 * inv_std ** 3, axis=0)
    dmu = np.sum(-dx_norm_T * inv_std, axis=0) + dvar * np.mean(-2.0 * x_mu, axis=0)
    dx_T = dx_norm_T * inv_std + dvar * 2.0 * x_mu / M + dmu / M
    dx = dx_T.T
    return dx, dgamma, dbeta


def check(**options):
    from crosscheck import certify_layer

    rng = np.random.default_rng(11)
    inputs = [rng.standard_normal((3, 5)) * 3, rng.uniform(0.5, 2, 5), rng.standard_normal(5), {}]
    return certify_layer(layernorm_forward, layernorm_backward, inputs, **options)
