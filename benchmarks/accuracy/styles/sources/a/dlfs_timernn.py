import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        t = np.dot(h_prev, Wh) + np.dot(x, Wx) + b
        h_next = np.tanh(t)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next ** 2)
        db = np.sum(dt, axis=0)
        dWh = np.dot(h_prev.T, dt)
        dh_prev = np.dot(dt, Wh.T)
        dWx = np.dot(x.T, dt)
        dx = np.dot(dt, Wx.T)
        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        return dx, dh_prev


class TimeRNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(b.shape)]
        self.layers = None
        self.h, self.dh = None, None

    def forward(self, xs):
        Wx, Wh, b = self.params
        N, T, D = xs.shape
        D, H = Wx.shape
        self.layers = []
        hs = np.empty((N, T, H), dtype='f8')
        self.h = np.zeros((N, H))
        for t in range(T):
            layer = RNN(*self.params)
            self.h = layer.forward(xs[:, t, :], self.h)
            hs[:, t, :] = self.h
            self.layers.append(layer)
        return hs

    def backward(self, dhs):
        Wx, Wh, b = self.params
        N, T, H = dhs.shape
        D, H = Wx.shape
        dxs = np.empty((N, T, D))
        dh = 0
        grads = [0, 0, 0]
        for t in reversed(range(T)):
            layer = self.layers[t]
            dx, dh = layer.backward(dhs[:, t, :] + dh)
            dxs[:, t, :] = dx
            for i, grad in enumerate(layer.grads):
                grads[i] += grad
        for i, grad in enumerate(grads):
            self.grads[i][...] = grad
        self.dh = dh
        return dxs


def check(**options):
    from crosscheck import certify

    def forward(Wx, Wh, b, xs):
        layer = TimeRNN(Wx, Wh, b)
        return layer, layer.forward(xs)

    def loss(Wx, Wh, b, xs, weights):
        _, hs = forward(Wx, Wh, b, xs)
        return np.sum(hs * weights)

    def gradient(Wx, Wh, b, xs, weights):
        layer, _ = forward(Wx, Wh, b, xs)
        dxs = layer.backward(weights)
        return {'Wx': layer.grads[0], 'Wh': layer.grads[1], 'b': layer.grads[2], 'xs': dxs}

    rng = np.random.default_rng(6)
    params = {'Wx': rng.standard_normal((3, 5)), 'Wh': rng.standard_normal((5, 5)) * 0.5,
              'b': rng.standard_normal(5) * 0.1, 'xs': rng.standard_normal((2, 4, 3))}
    return certify(loss, gradient, params, {'weights': rng.standard_normal((2, 4, 5))}, **options)


def one_line(**options):
    from crosscheck import certify_layer

    n = np.random.default_rng(0).standard_normal
    return certify_layer(TimeRNN(n((3, 5)), n((5, 5)) * 0.5, n(5)), n((2, 4, 3)), **options)
