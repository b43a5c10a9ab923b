import numpy as np


class TwoLayerNet:
    def __init__(self, W1, b1, W2, b2):
        self.params = {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N, D = X.shape

        hidden = np.maximum(0, X.dot(W1) + b1)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores

        shifted = scores - np.max(scores, axis=1, keepdims=True)
        exp_scores = np.exp(shifted)
        probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
        correct_logprobs = -np.log(probs[np.arange(N), y])
        loss = np.sum(correct_logprobs) / N
        loss += 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        grads = {}
        dscores = probs.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        grads['W2'] = hidden.T.dot(dscores) + reg * W2
        grads['b2'] = np.sum(dscores, axis=0)
        dhidden = dscores.dot(W2.T)
        dhidden[hidden <= 0] = 0
        grads['W1'] = X.T.dot(dhidden) + reg * W1
        grads['b1'] = np.sum(dhidden, axis=0)
        return loss, grads


def check(**options):
    from crosscheck import certify

    def loss(W1, b1, W2, b2, X, y, reg):
        return TwoLayerNet(W1, b1, W2, b2).loss(X, y, reg)[0]

    def gradient(W1, b1, W2, b2, X, y, reg):
        return TwoLayerNet(W1, b1, W2, b2).loss(X, y, reg)[1]

    rng = np.random.default_rng(16)
    params = {'W1': rng.standard_normal((4, 6)), 'b1': rng.standard_normal(6) * 0.1,
              'W2': rng.standard_normal((6, 3)), 'b2': rng.standard_normal(3) * 0.1}
    data = {'X': rng.standard_normal((5, 4)), 'y': np.array([0, 2, 1, 2, 0]), 'reg': 0.1}
    return certify(loss, gradient, params, data, **options)


def one_line(**options):
    from crosscheck import certify_network

    n = np.random.default_rng(0).standard_normal
    net = TwoLayerNet(n((4, 6)), n(6), n((6, 3)), n(3))
    return certify_network(net, n((5, 4)), np.array([0, 2, 1, 2, 0]), **options)
