import numpy as np


def softmax(x):
    x = x - np.max(x, axis=1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward_prop(data, one_hot_labels, params):
    hidden = sigmoid(data @ params['W1'] + params['b1'])
    output = softmax(hidden @ params['W2'] + params['b2'])
    loss = -np.mean(np.sum(one_hot_labels * np.log(output), axis=1))
    return hidden, output, loss


def backward_prop_regularized(data, one_hot_labels, params, reg):
    n = data.shape[0]
    hidden, output, loss = forward_prop(data, one_hot_labels, params)
    dz2 = (output - one_hot_labels) / n
    grads = {}
    grads['W2'] = hidden.T @ dz2 + 2 * reg * params['W2']
    grads['b2'] = dz2.sum(axis=0)
    dz1 = (dz2 @ params['W2'].T) * hidden * (1 - hidden)
    grads['W1'] = data.T @ dz1 + 2 * reg * params['W1']
    grads['b1'] = dz1.sum(axis=0)
    return grads


def regularized_loss(data, one_hot_labels, params, reg):
    _, _, loss = forward_prop(data, one_hot_labels, params)
    return loss + reg * (np.sum(params['W1'] ** 2) + np.sum(params['W2'] ** 2))


def check(**options):
    from crosscheck import certify

    def loss(W1, b1, W2, b2, data, one_hot_labels, reg):
        return regularized_loss(data, one_hot_labels, {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}, reg)

    def gradient(W1, b1, W2, b2, data, one_hot_labels, reg):
        return backward_prop_regularized(data, one_hot_labels, {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}, reg)

    n = np.random.default_rng(24).standard_normal
    params = {'W1': n((4, 6)), 'b1': np.zeros(6), 'W2': n((6, 3)), 'b2': np.zeros(3)}
    data = {'data': n((5, 4)), 'one_hot_labels': np.eye(3)[[2, 0, 1, 1, 0]], 'reg': 0.01}
    return certify(loss, gradient, params, data, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    params = {'W1': n((4, 6)), 'b1': n(6), 'W2': n((6, 3)), 'b2': n(3)}
    data = {'data': n((5, 4)), 'one_hot_labels': np.eye(3)[[2, 0, 1, 1, 0]], 'reg': 0.01}
    return certify(regularized_loss, backward_prop_regularized, {'params': params}, data, **options)
