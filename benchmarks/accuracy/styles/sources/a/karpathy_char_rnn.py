import numpy as np


def lossFun(inputs, targets, hprev, Wxh, Whh, Why, bh, by):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    vocab_size = Wxh.shape[1]
    loss = 0
    # forward pass
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    # backward pass
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t-1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs)-1]


def check(**options):
    from crosscheck import certify

    def loss(Wxh, Whh, Why, bh, by, inputs, targets, hprev):
        return lossFun(inputs, targets, hprev, Wxh, Whh, Why, bh, by)[0]

    def gradient(Wxh, Whh, Why, bh, by, inputs, targets, hprev):
        return lossFun(inputs, targets, hprev, Wxh, Whh, Why, bh, by)[1:6]

    n = np.random.default_rng(22).standard_normal
    params = {'Wxh': n((5, 4)), 'Whh': n((5, 5)) * 0.5, 'Why': n((4, 5)), 'bh': n((5, 1)) * 0.1, 'by': n((4, 1)) * 0.1}
    data = {'inputs': [0, 2, 1], 'targets': [2, 1, 3], 'hprev': n((5, 1)) * 0.1}
    return certify(loss, gradient, params, data, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    params = {'Wxh': n((5, 4)), 'Whh': n((5, 5)), 'Why': n((4, 5)), 'bh': n((5, 1)), 'by': n((4, 1))}
    data = {'inputs': [0, 2, 1], 'targets': [2, 1, 3], 'hprev': np.zeros((5, 1))}
    return certify(lossFun, None, params, data, **options)
