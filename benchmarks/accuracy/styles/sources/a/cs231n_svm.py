import numpy as np


def svm_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    correct_class_score = scores[np.arange(num_train), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct_class_score + 1.0)
    margins[np.arange(num_train), y] = 0
    loss = np.sum(margins) / num_train
    loss += reg * np.sum(W * W)

    binary = np.zeros_like(margins)
    binary[margins > 0] = 1
    binary[np.arange(num_train), y] -= np.sum(binary, axis=1)
    dW = X.T.dot(binary) / num_train
    dW += 2 * reg * W
    return loss, dW


def check(**options):
    from crosscheck import certify

    def loss(W, X, y, reg):
        return svm_loss_vectorized(W, X, y, reg)[0]

    def gradient(W, X, y, reg):
        return svm_loss_vectorized(W, X, y, reg)[1]

    rng = np.random.default_rng(17)
    data = {'X': rng.standard_normal((7, 5)), 'y': rng.integers(0, 4, 7), 'reg': 0.05}
    return certify(loss, gradient, {'W': rng.standard_normal((5, 4))}, data, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    data = {'X': n((7, 5)), 'y': np.array([0, 1, 2, 3, 0, 1, 2]), 'reg': 0.05}
    return certify(svm_loss_vectorized, None, {'W': n((5, 4))}, data, **options)
