import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def vae_loss(W_mu, W_lv, W_dec, b_dec, x, eps):
    """Negative ELBO with the reparametrisation trick; eps is the noise that was drawn."""
    mu = x @ W_mu
    logvar = x @ W_lv
    z = mu + np.exp(0.5 * logvar) * eps
    x_hat = sigmoid(z @ W_dec + b_dec)
    bce = -np.sum(x * np.log(x_hat) + (1 - x) * np.log(1 - x_hat))
    kl = -0.5 * np.sum(1 + logvar - mu ** 2 - np.exp(logvar))
    return (bce + kl) / len(x)


def vae_grad(W_mu, W_lv, W_dec, b_dec, x, eps):
    n = len(x)
    mu = x @ W_mu
    logvar = x @ W_lv
    std = np.exp(0.5 * logvar)
    z = mu + std * eps
    x_hat = sigmoid(z @ W_dec + b_dec)
    dlogits = (x_hat - x) / n
    dW_dec = z.T @ dlogits
    db_dec = dlogits.sum(axis=0)
    dz = dlogits @ W_dec.T
    dmu = dz + mu / n
    dlogvar = dz * eps * 0.5 * std + 0.5 * (np.exp(logvar) - 1) / n
    return {'W_mu': x.T @ dmu, 'W_lv': x.T @ dlogvar, 'W_dec': dW_dec, 'b_dec': db_dec}


def check(**options):
    from crosscheck import certify

    rng = np.random.default_rng(51)
    n = rng.standard_normal
    params = {'W_mu': n((5, 2)) * 0.5, 'W_lv': n((5, 2)) * 0.5, 'W_dec': n((2, 5)), 'b_dec': n(5)}
    return certify(vae_loss, vae_grad, params, {'x': rng.uniform(0.05, 0.95, (4, 5)), 'eps': n((4, 2))}, **options)
