import numpy as np


def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


class SelfAttention:
    def __init__(self, Wq, Wk, Wv):
        self.Wq, self.Wk, self.Wv = Wq, Wk, Wv
        self.d_k = Wq.shape[1]

    def forward(self, X):
        self.X = X
        self.Q, self.K, self.V = X @ self.Wq, X @ self.Wk, X @ self.Wv
        self.scores = self.Q @ self.K.T / np.sqrt(self.d_k)
        self.weights = softmax(self.scores)
        return self.weights @ self.V

    def backward(self, grad_output):
        grad_weights = grad_output @ self.V.T
        grad_V = self.weights.T @ grad_output
        grad_scores = np.zeros_like(grad_weights)
        for i in range(grad_weights.shape[0]):
            s = self.weights[i].reshape(-1, 1)
            jacobian = np.diagflat(s) - s @ s.T
            grad_scores[i] = jacobian @ grad_weights[i]
        grad_scores /= np.sqrt(self.d_k)
        grad_Q = grad_scores @ self.K
        grad_K = grad_scores.T @ self.Q
        self.dWq = self.X.T @ grad_Q
        self.dWk = self.X.T @ grad_K
        self.dWv = self.X.T @ grad_V
        grad_X = grad_Q @ self.Wq.T
        grad_X += grad_K @ self.Wk.T
        grad_X += grad_V @ self.Wv.T
        return grad_X


def check(**options):
    from crosscheck import certify_layer

    def forward(X, Wq, Wk, Wv):
        layer = SelfAttention(Wq, Wk, Wv)
        return layer.forward(X), layer

    def backward(dout, layer):
        grad_X = layer.backward(dout)
        return grad_X, layer.dWq, layer.dWk, layer.dWv

    n = np.random.default_rng(35).standard_normal
    return certify_layer(forward, backward, [n((4, 5)), n((5, 3)), n((5, 3)), n((5, 2))], **options)


def one_line(**options):
    from crosscheck import certify_layer

    n = np.random.default_rng(0).standard_normal
    return certify_layer(SelfAttention(n((5, 3)), n((5, 3)), n((5, 2))), n((4, 5)), **options)
