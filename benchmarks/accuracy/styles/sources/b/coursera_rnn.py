import numpy as np


def softmax(x):
    e_x = np.exp(x - np.max(x, axis=0))
    return e_x / e_x.sum(axis=0)


def rnn_cell_forward(xt, a_prev, parameters):
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    ba, by = parameters["ba"], parameters["by"]
    a_next = np.tanh(np.dot(Waa, a_prev) + np.dot(Wax, xt) + ba)
    yt_pred = softmax(np.dot(Wya, a_next) + by)
    cache = (a_next, a_prev, xt, parameters)
    return a_next, yt_pred, cache


def rnn_forward(x, a0, parameters):
    n_x, m, T_x = x.shape
    n_y, n_a = parameters["Wya"].shape
    caches = []
    y_pred = np.zeros((n_y, m, T_x))
    a_next = a0
    for t in range(T_x):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)
        y_pred[:, :, t] = yt_pred
        caches.append(cache)
    return y_pred, caches


def rnn_cost(x, a0, y, parameters):
    y_pred, _ = rnn_forward(x, a0, parameters)
    return -np.sum(y * np.log(y_pred)) / x.shape[1]


def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache
    dtanh = (1 - a_next ** 2) * da_next
    dWax = np.dot(dtanh, xt.T)
    da_prev = np.dot(parameters["Waa"].T, dtanh)
    dWaa = np.dot(dtanh, a_prev.T)
    dba = np.sum(dtanh, axis=1, keepdims=True)
    return da_prev, dWax, dWaa, dba


def rnn_backward(x, a0, y, parameters):
    y_pred, caches = rnn_forward(x, a0, parameters)
    n_x, m, T_x = x.shape
    gradients = {key: np.zeros_like(value) for key, value in parameters.items()}
    da_prevt = np.zeros_like(a0)
    for t in reversed(range(T_x)):
        a_next = caches[t][0]
        dy = (y_pred[:, :, t] - y[:, :, t]) / m
        gradients["Wya"] += np.dot(dy, a_next.T)
        gradients["by"] += np.sum(dy, axis=1, keepdims=True)
        da = np.dot(parameters["Wya"].T, dy) + da_prevt
        da_prevt, dWaxt, dWaat, dbat = rnn_cell_backward(da, caches[t])
        gradients["Wax"] += dWaxt
        gradients["Waa"] += dWaat
        gradients["ba"] += dbat
    return gradients


def check(**options):
    from crosscheck import certify

    def loss(Wax, Waa, Wya, ba, by, x, a0, y):
        return rnn_cost(x, a0, y, {'Wax': Wax, 'Waa': Waa, 'Wya': Wya, 'ba': ba, 'by': by})

    def gradient(Wax, Waa, Wya, ba, by, x, a0, y):
        return rnn_backward(x, a0, y, {'Wax': Wax, 'Waa': Waa, 'Wya': Wya, 'ba': ba, 'by': by})

    rng = np.random.default_rng(45)
    n = rng.standard_normal
    params = {'Wax': n((5, 3)), 'Waa': n((5, 5)) * 0.5, 'Wya': n((2, 5)), 'ba': n((5, 1)), 'by': n((2, 1))}
    y = np.eye(2)[rng.integers(0, 2, (4, 3))].transpose(2, 0, 1)
    return certify(loss, gradient, params, {'x': n((3, 4, 3)), 'a0': n((5, 4)), 'y': y}, **options)
