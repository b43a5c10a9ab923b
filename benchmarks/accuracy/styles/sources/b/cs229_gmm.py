import numpy as np


def neg_log_likelihood(logits, mu, log_sigma, x):
    """Mixture of diagonal Gaussians; logits (K,), mu and log_sigma (K, D), x (n, D)."""
    logphi = logits - np.log(np.sum(np.exp(logits)))
    sigma = np.exp(log_sigma)
    z = (x[:, None, :] - mu) / sigma
    logpdf = -0.5 * np.sum(z ** 2, axis=2) - np.sum(log_sigma, axis=1) - 0.5 * x.shape[1] * np.log(2 * np.pi)
    joint = logphi + logpdf
    top = joint.max(axis=1, keepdims=True)
    ll = top[:, 0] + np.log(np.sum(np.exp(joint - top), axis=1))
    return -np.sum(ll)


def gradients(logits, mu, log_sigma, x):
    phi = np.exp(logits) / np.sum(np.exp(logits))
    sigma = np.exp(log_sigma)
    z = (x[:, None, :] - mu) / sigma
    joint = np.log(phi) - 0.5 * np.sum(z ** 2, axis=2) - np.sum(log_sigma, axis=1)
    w = np.exp(joint - joint.max(axis=1, keepdims=True))
    w = w / w.sum(axis=1, keepdims=True)
    n = x.shape[0]
    g_logits = n * phi - w.sum(axis=0)
    g_mu = -np.sum(w[:, :, None] * z / sigma, axis=0)
    g_log_sigma = np.sum(w[:, :, None] * (1 - z ** 2), axis=0)
    return {'logits': g_logits, 'mu': g_mu, 'log_sigma': g_log_sigma}


def check(**options):
    from crosscheck import certify

    n = np.random.default_rng(43).standard_normal
    params = {'logits': n(3), 'mu': n((3, 2)), 'log_sigma': 0.3 * n((3, 2))}
    return certify(neg_log_likelihood, gradients, params, {'x': n((7, 2))}, **options)
