import numpy as np


class Network(object):

    def __init__(self, sizes, weights, biases):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = biases
        self.weights = weights

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def cost(self, training_data):
        total = 0.0
        for x, y in training_data:
            a = self.feedforward(x)
            total += 0.5 * np.sum((a - y) ** 2)
        return total / len(training_data)

    def batch_gradient(self, training_data):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in training_data:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        n = len(training_data)
        return [nw / n for nw in nabla_w], [nb / n for nb in nabla_b]

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = sigmoid_prime(z)
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return nabla_b, nabla_w

    def cost_derivative(self, output_activations, y):
        return output_activations - y


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def check(**options):
    from crosscheck import certify

    sizes = [3, 4, 5, 2]

    def loss(weights, biases, training_data):
        return Network(sizes, weights, biases).cost(training_data)

    def gradient(weights, biases, training_data):
        return Network(sizes, weights, biases).batch_gradient(training_data)

    n = np.random.default_rng(21).standard_normal
    params = {'weights': [n((4, 3)), n((5, 4)), n((2, 5))], 'biases': [n((4, 1)), n((5, 1)), n((2, 1))]}
    data = [(n((3, 1)), np.array([[1.0], [0.0]])), (n((3, 1)), np.array([[0.0], [1.0]])),
            (n((3, 1)), np.array([[0.0], [1.0]]))]
    return certify(loss, gradient, params, {'training_data': data}, **options)


def one_line(**options):
    from crosscheck import certify_network

    n = np.random.default_rng(0).standard_normal
    net = Network([3, 4, 2], [n((4, 3)), n((2, 4))], [n((4, 1)), n((2, 1))])
    return certify_network(net, [(n((3, 1)), n((2, 1))), (n((3, 1)), n((2, 1)))], loss='cost', gradient='batch_gradient', **options)
