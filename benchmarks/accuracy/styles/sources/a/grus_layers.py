import numpy as np


class Layer:
    def forward(self, input):
        raise NotImplementedError

    def backward(self, gradient):
        raise NotImplementedError

    def params(self):
        return ()

    def grads(self):
        return ()


class Linear(Layer):
    def __init__(self, w, b):
        self.w = w
        self.b = b

    def forward(self, input):
        self.input = input
        return np.array([self.w[o] @ self.input + self.b[o] for o in range(len(self.b))])

    def backward(self, gradient):
        self.b_grad = gradient
        self.w_grad = np.array([[self.input[i] * gradient[o] for i in range(len(self.input))]
                                for o in range(len(gradient))])
        return np.array([sum(self.w[o][i] * gradient[o] for o in range(len(gradient)))
                         for i in range(len(self.input))])

    def params(self):
        return [self.w, self.b]

    def grads(self):
        return [self.w_grad, self.b_grad]


class Tanh(Layer):
    def forward(self, input):
        self.tanh = np.tanh(input)
        return self.tanh

    def backward(self, gradient):
        return (1 - self.tanh ** 2) * gradient


class Sequential(Layer):
    def __init__(self, layers):
        self.layers = layers

    def forward(self, input):
        for layer in self.layers:
            input = layer.forward(input)
        return input

    def backward(self, gradient):
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient

    def grads(self):
        return [grad for layer in self.layers for grad in layer.grads()]


class SSE:
    def loss(self, predicted, actual):
        squared_errors = (predicted - actual) ** 2
        return np.sum(squared_errors)

    def gradient(self, predicted, actual):
        return 2 * (predicted - actual)


def check(**options):
    from crosscheck import certify

    def loss(w1, b1, w2, b2, x, y):
        net = Sequential([Linear(w1, b1), Tanh(), Linear(w2, b2)])
        return SSE().loss(net.forward(x), y)

    def gradient(w1, b1, w2, b2, x, y):
        net = Sequential([Linear(w1, b1), Tanh(), Linear(w2, b2)])
        predicted = net.forward(x)
        net.backward(SSE().gradient(predicted, y))
        return net.grads()

    n = np.random.default_rng(23).standard_normal
    params = {'w1': n((4, 3)), 'b1': n(4), 'w2': n((2, 4)), 'b2': n(2)}
    return certify(loss, gradient, params, {'x': n(3), 'y': n(2)}, **options)


def one_line(**options):
    from crosscheck import certify_layer

    n = np.random.default_rng(0).standard_normal
    return certify_layer(Sequential([Linear(n((4, 3)), n(4)), Tanh(), Linear(n((2, 4)), n(2))]), n(3), **options)
