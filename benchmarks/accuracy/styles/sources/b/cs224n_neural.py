import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def sigmoid_grad(f):
    return f * (1.0 - f)


def softmax(x):
    x = np.exp(x - np.max(x, axis=1, keepdims=True))
    return x / np.sum(x, axis=1, keepdims=True)


def forward_backward_prop(data, labels, params, dimensions):
    ofs = 0
    Dx, H, Dy = dimensions
    W1 = np.reshape(params[ofs:ofs + Dx * H], (Dx, H))
    ofs += Dx * H
    b1 = np.reshape(params[ofs:ofs + H], (1, H))
    ofs += H
    W2 = np.reshape(params[ofs:ofs + H * Dy], (H, Dy))
    ofs += H * Dy
    b2 = np.reshape(params[ofs:ofs + Dy], (1, Dy))

    h = sigmoid(np.dot(data, W1) + b1)
    yhat = softmax(np.dot(h, W2) + b2)
    cost = -np.sum(labels * np.log(yhat))

    d1 = yhat - labels
    gradW2 = np.dot(h.T, d1)
    gradb2 = np.sum(d1, axis=0, keepdims=True)
    d2 = np.dot(d1, W2.T)
    d3 = d2 * sigmoid_grad(h)
    gradW1 = np.dot(data.T, d3)
    gradb1 = np.sum(d3, axis=0, keepdims=True)

    grad = np.concatenate((gradW1.flatten(), gradb1.flatten(), gradW2.flatten(), gradb2.flatten()))
    return cost, grad


def check(**options):
    from crosscheck import certify

    dims = (4, 5, 3)

    def loss(params, data, labels):
        return forward_backward_prop(data, labels, params, dims)[0]

    def gradient(params, data, labels):
        return forward_backward_prop(data, labels, params, dims)[1]

    n = np.random.default_rng(38).standard_normal
    data = {'data': n((6, 4)), 'labels': np.eye(3)[[0, 2, 1, 1, 0, 2]]}
    return certify(loss, gradient, {'params': n(5 * 5 + 6 * 3)}, data, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    data = {'data': n((6, 4)), 'labels': np.eye(3)[[0, 2, 1, 1, 0, 2]], 'dimensions': (4, 5, 3)}
    return certify(forward_backward_prop, None, {'params': n(43)}, data, **options)
