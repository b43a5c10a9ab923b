import numpy as np


def init(sizes, rng):
    return [(rng.standard_normal((m, n)), rng.standard_normal(n)) for m, n in zip(sizes[:-1], sizes[1:])]


def softplus(x):
    return np.log(1 + np.exp(x))


def predict(params, x):
    for W, b in params[:-1]:
        x = softplus(np.dot(x, W) + b)
    W, b = params[-1]
    return np.dot(x, W) + b


def loss(params, x, y):
    return np.mean(np.sum((predict(params, x) - y) ** 2, axis=1)) / 2


def grad_loss(params, x, y):
    inputs, pre = [x], []
    for W, b in params[:-1]:
        pre.append(np.dot(inputs[-1], W) + b)
        inputs.append(softplus(pre[-1]))
    W, b = params[-1]
    delta = (np.dot(inputs[-1], W) + b - y) / x.shape[0]
    grads = [(np.dot(inputs[-1].T, delta), delta.sum(axis=0))]
    for i in range(len(params) - 2, -1, -1):
        delta = np.dot(delta, params[i + 1][0].T)
        delta = delta / (1 + np.exp(-pre[i]))
        grads.insert(0, (np.dot(inputs[i].T, delta), delta.sum(axis=0)))
    return grads


def check(**options):
    from crosscheck import certify

    rng = np.random.default_rng(42)
    params = init([3, 4, 5, 2], rng)
    data = {'x': rng.standard_normal((6, 3)), 'y': rng.standard_normal((6, 2))}
    return certify(loss, lambda params, x, y: {'params': grad_loss(params, x, y)}, {'params': params}, data, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    params = {'params': init([3, 4, 5, 2], np.random.default_rng(0))}
    return certify(loss, grad_loss, params, {'x': n((6, 3)), 'y': n((6, 2))}, **options)
