import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sparse_autoencoder_cost(theta, visible_size, hidden_size, lambda_, sparsity_param, beta, data):
    W1 = theta[0:hidden_size * visible_size].reshape(hidden_size, visible_size)
    W2 = theta[hidden_size * visible_size:2 * hidden_size * visible_size].reshape(visible_size, hidden_size)
    b1 = theta[2 * hidden_size * visible_size:2 * hidden_size * visible_size + hidden_size]
    b2 = theta[2 * hidden_size * visible_size + hidden_size:]
    m = data.shape[1]

    z2 = W1.dot(data) + np.tile(b1, (m, 1)).transpose()
    a2 = sigmoid(z2)
    z3 = W2.dot(a2) + np.tile(b2, (m, 1)).transpose()
    h = sigmoid(z3)

    rho_hat = np.sum(a2, axis=1) / m
    rho = sparsity_param
    kl = np.sum(rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat)))
    cost = np.sum((h - data) ** 2) / (2 * m)
    cost = cost + (lambda_ / 2) * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    cost = cost + beta * kl

    sparsity_delta = np.tile(-rho / rho_hat + (1 - rho) / (1 - rho_hat), (m, 1)).transpose()
    delta3 = -(data - h) * h * (1 - h)
    delta2 = (W2.transpose().dot(delta3) + beta * sparsity_delta) * a2 * (1 - a2)
    W1grad = delta2.dot(data.transpose()) / m + lambda_ * W1
    W2grad = delta3.dot(a2.transpose()) / m + lambda_ * W2
    b1grad = np.sum(delta2, axis=1) / m
    b2grad = np.sum(delta3, axis=1) / m
    grad = np.concatenate((W1grad.reshape(-1), W2grad.reshape(-1), b1grad, b2grad))
    return cost, grad


def check(**options):
    from crosscheck import certify

    def loss(theta, data):
        return sparse_autoencoder_cost(theta, 4, 3, 0.01, 0.1, 0.5, data)[0]

    def gradient(theta, data):
        return sparse_autoencoder_cost(theta, 4, 3, 0.01, 0.1, 0.5, data)[1]

    rng = np.random.default_rng(26)
    params = {'theta': rng.standard_normal(2 * 4 * 3 + 3 + 4)}
    return certify(loss, gradient, params, {'data': rng.uniform(0.1, 0.9, (4, 6))}, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    data = {'visible_size': 4, 'hidden_size': 3, 'lambda_': 0.01, 'sparsity_param': 0.1, 'beta': 0.5}
    data['data'] = np.random.default_rng(1).uniform(0.1, 0.9, (4, 6))
    return certify(sparse_autoencoder_cost, None, {'theta': n(31)}, data, **options)
