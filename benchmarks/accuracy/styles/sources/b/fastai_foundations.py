import numpy as np


class Module:
    def __call__(self, *args):
        self.args = args
        self.out = self.forward(*args)
        return self.out

    def backward(self):
        self.bwd(self.out, *self.args)


class Arr:
    """A tensor that can carry a gradient in .g"""

    def __init__(self, data):
        self.data = data
        self.g = None


class Relu(Module):
    def forward(self, inp):
        return Arr(inp.data.clip(min=0.0) - 0.5)

    def bwd(self, out, inp):
        inp.g = (inp.data > 0) * out.g


class Lin(Module):
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, inp):
        return Arr(inp.data @ self.w.data + self.b.data)

    def bwd(self, out, inp):
        inp.g = out.g @ self.w.data.T
        self.w.g = inp.data.T @ out.g
        self.b.g = out.g.sum(0)


class Mse(Module):
    def forward(self, inp, targ):
        return Arr(((inp.data[:, 0] - targ) ** 2).mean())

    def bwd(self, out, inp, targ):
        inp.g = 2 * (inp.data[:, 0] - targ)[:, None] / targ.shape[0]


class Model:
    def __init__(self, w1, b1, w2, b2):
        self.layers = [Lin(w1, b1), Relu(), Lin(w2, b2)]
        self.loss = Mse()

    def __call__(self, x, targ):
        for l in self.layers:
            x = l(x)
        return self.loss(x, targ)

    def backward(self):
        self.loss.backward()
        for l in reversed(self.layers):
            l.backward()


def check(**options):
    from crosscheck import certify

    def loss(w1, b1, w2, b2, x, targ):
        return Model(Arr(w1), Arr(b1), Arr(w2), Arr(b2))(Arr(x), targ).data

    def gradient(w1, b1, w2, b2, x, targ):
        parameters = [Arr(w1), Arr(b1), Arr(w2), Arr(b2)]
        model = Model(*parameters)
        model(Arr(x), targ)
        model.backward()
        return [p.g for p in parameters]

    n = np.random.default_rng(40).standard_normal
    params = {'w1': n((4, 6)), 'b1': n(6) * 0.1, 'w2': n((6, 1)), 'b2': n(1)}
    return certify(loss, gradient, params, {'x': n((5, 4)), 'targ': n(5)}, **options)


def one_line(**options):
    from crosscheck import certify_network

    n = np.random.default_rng(0).standard_normal
    net = Model(Arr(n((4, 6))), Arr(n(6)), Arr(n((6, 1))), Arr(n(1)))
    return certify_network(net, Arr(n((5, 4))), n(5), **options)
