import numpy as np


def network(x, w1, b1, w2, b2):
    """A mixture density network with tanh hidden units and one-dimensional target."""
    h = np.tanh(x @ w1 + b1)
    a = h @ w2 + b2
    K = a.shape[1] // 3
    a_pi, a_sigma, mu = a[:, :K], a[:, K:2 * K], a[:, 2 * K:]
    e = np.exp(a_pi - np.max(a_pi, axis=1, keepdims=True))
    pi = e / np.sum(e, axis=1, keepdims=True)
    sigma = np.exp(a_sigma)
    return h, pi, sigma, mu


def error(w1, b1, w2, b2, x, t):
    h, pi, sigma, mu = network(x, w1, b1, w2, b2)
    phi = np.exp(-(t - mu) ** 2 / (2 * sigma ** 2)) / (np.sqrt(2 * np.pi) * sigma)
    return -np.sum(np.log(np.sum(pi * phi, axis=1)))


def error_gradient(w1, b1, w2, b2, x, t):
    h, pi, sigma, mu = network(x, w1, b1, w2, b2)
    phi = np.exp(-(t - mu) ** 2 / (2 * sigma ** 2)) / (np.sqrt(2 * np.pi) * sigma)
    gamma = pi * phi / np.sum(pi * phi, axis=1, keepdims=True)
    d_pi = pi - gamma
    d_mu = gamma * (mu - t) / sigma ** 2
    d_sigma = gamma * (1 - (t - mu) ** 2 / sigma ** 2)
    delta_out = np.concatenate([d_pi, d_sigma, d_mu], axis=1)
    delta_hid = (1 - h ** 2) * (delta_out @ w2.T)
    return {'w1': x.T @ delta_hid, 'b1': delta_hid.sum(axis=0), 'w2': h.T @ delta_out, 'b2': delta_out.sum(axis=0)}


def check(**options):
    from crosscheck import certify

    n = np.random.default_rng(44).standard_normal
    params = {'w1': n((2, 5)), 'b1': n(5), 'w2': n((5, 9)) * 0.3, 'b2': n(9) * 0.3}
    return certify(error, error_gradient, params, {'x': n((4, 2)), 't': n((4, 1))}, **options)
