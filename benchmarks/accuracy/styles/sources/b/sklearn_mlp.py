import numpy as np


def _relu(X):
    return np.maximum(X, 0)


def _tanh(X):
    return np.tanh(X)


def _inplace_tanh_derivative(Z, delta):
    delta *= 1 - Z ** 2


class MLPClassifier:
    def __init__(self, coefs, intercepts, alpha=0.0001):
        self.coefs_ = coefs
        self.intercepts_ = intercepts
        self.alpha = alpha
        self.n_layers_ = len(coefs) + 1

    def _forward_pass(self, activations):
        for i in range(self.n_layers_ - 1):
            activations[i + 1] = activations[i] @ self.coefs_[i]
            activations[i + 1] = activations[i + 1] + self.intercepts_[i]
            if (i + 1) != (self.n_layers_ - 1):
                activations[i + 1] = _tanh(activations[i + 1])
        logits = activations[-1]
        tmp = logits - logits.max(axis=1)[:, np.newaxis]
        prob = np.exp(tmp)
        activations[-1] = prob / prob.sum(axis=1)[:, np.newaxis]
        return activations

    def _loss(self, X, y):
        activations = self._forward_pass([X] + [None] * (self.n_layers_ - 1))
        loss = -(y * np.log(activations[-1])).sum() / y.shape[0]
        values = 0
        for s in self.coefs_:
            s = s.ravel()
            values += np.dot(s, s)
        loss += (0.5 * self.alpha) * values / X.shape[0]
        return loss

    def _backprop(self, X, y):
        n_samples = X.shape[0]
        activations = self._forward_pass([X] + [None] * (self.n_layers_ - 1))
        deltas = [None] * (self.n_layers_ - 1)
        coef_grads = [None] * (self.n_layers_ - 1)
        intercept_grads = [None] * (self.n_layers_ - 1)
        last = self.n_layers_ - 2
        deltas[last] = activations[-1] - y
        self._compute_loss_grad(last, n_samples, activations, deltas, coef_grads, intercept_grads)
        for i in range(last, 0, -1):
            deltas[i - 1] = deltas[i] @ self.coefs_[i].T
            _inplace_tanh_derivative(activations[i], deltas[i - 1])
            self._compute_loss_grad(i - 1, n_samples, activations, deltas, coef_grads, intercept_grads)
        return coef_grads, intercept_grads

    def _compute_loss_grad(self, layer, n_samples, activations, deltas, coef_grads, intercept_grads):
        coef_grads[layer] = activations[layer].T @ deltas[layer]
        coef_grads[layer] += self.alpha * self.coefs_[layer]
        coef_grads[layer] /= n_samples
        intercept_grads[layer] = np.mean(deltas[layer], 0)


def check(**options):
    from crosscheck import certify

    def loss(coefs, intercepts, X, y):
        return MLPClassifier(coefs, intercepts, alpha=0.3)._loss(X, y)

    def gradient(coefs, intercepts, X, y):
        return MLPClassifier(coefs, intercepts, alpha=0.3)._backprop(X, y)

    n = np.random.default_rng(41).standard_normal
    params = {'coefs': [n((4, 5)), n((5, 4)), n((4, 3))], 'intercepts': [n(5), n(4), n(3)]}
    return certify(loss, gradient, params, {'X': n((6, 4)), 'y': np.eye(3)[[0, 1, 2, 2, 0, 1]]}, **options)


def one_line(**options):
    from crosscheck import certify_network

    n = np.random.default_rng(0).standard_normal
    net = MLPClassifier([n((4, 5)), n((5, 3))], [n(5), n(3)])
    return certify_network(net, n((6, 4)), np.eye(3)[[0, 1, 2, 2, 0, 1]], loss='_loss', gradient='_backprop', **options)
